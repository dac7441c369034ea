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
    pub lang: String,
    /// The number has an account: its holder was told so, and no code will be right.
    pub taken: bool,
}

/// Of the first step and of "send again".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Sent(crate::challenge::ChallengeId),
    /// The pause between two messages to one number.
    Wait {
        seconds: i64,
    },
    /// A limit of the number or of the source.
    TooMany {
        minutes: i64,
    },
    Gone,
}
/// Of the code.
#[derive(Clone, Debug)]
pub enum Verified {
    Done { begun: crate::signin::Begun, return_to: String },
    Wrong { left: i64 },
    Exhausted,
    Gone,
}
/// What the page of the code shows.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub phone_masked: String,
    /// Until "send again" works.
    pub seconds: i64,
    pub exhausted: bool,
}
