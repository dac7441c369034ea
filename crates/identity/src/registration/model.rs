//! What is typed, what is kept until the phone is proven, and what becomes of it.
use kernel::{LoginName, Mobile, ResidentId};
use serde::{Deserialize, Serialize};

pub(super) const PURPOSE: &str = "register";

/// Parsed and bounded.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub login_name: LoginName,
    pub phone: Mobile,
    pub password: crate::credential::Password,
    /// Only with the consent that is asked for it.
    pub document: Option<ResidentId>,
    pub return_to: String,
}
/// Kept sealed in the challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Draft {
    pub name: String,
    pub login_name: String,
    pub phone: String,
    pub document: Option<String>,
    pub password_hash: String,
    pub terms: String,
    pub privacy: String,
    pub return_to: String,
}

/// Of the code.
#[derive(Clone, Debug)]
pub enum Verified {
    Done { begun: crate::signin::Begun, return_to: String },
    Wrong { left: i64 },
    Exhausted,
    Gone,
}
