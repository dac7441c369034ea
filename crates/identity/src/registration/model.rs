//! What is typed, what is kept until the phone is proven, and what becomes of it.
use crate::external::Visit;
use kernel::{LoginName, Mobile, ResidentId};
use serde::{Deserialize, Serialize};

platform::purpose!(pub(super) const PURPOSE = "register", Code by Sms);
/// The phone is proven, and an account holds it: whoever proved it decides.
pub(super) const HELD: &str = "register.held";

/// Parsed and bounded.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub login_name: LoginName,
    pub phone: Mobile,
    pub password: crate::credential::Password,
    /// Only with the consent that is asked for it.
    pub document: Option<ResidentId>,
    /// The first visit by another provider that the account is made for.
    pub external: Option<Visit>,
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
    pub external: Option<Visit>,
    pub terms: String,
    pub privacy: String,
    pub return_to: String,
    /// When the code was asked for, in milliseconds: whoever proved the number after that keeps it.
    pub since: i64,
}

/// Of the code.
#[derive(Clone, Debug)]
pub enum Verified {
    Done {
        begun: crate::signin::Begun,
        return_to: String,
    },
    /// An account holds the number: a choice that waits.
    Held(crate::challenge::ChallengeId),
    Not(crate::challenge::Attempt),
}
/// What the page of that choice shows.
#[derive(Clone, Debug)]
pub struct Held {
    pub phone: String,
    pub phone_masked: String,
    pub return_to: String,
}
/// What was typed, for a person who wants to change it; a password never comes back.
#[derive(Clone, Debug)]
pub struct Kept {
    pub name: String,
    pub login_name: String,
    pub phone: String,
    pub document: String,
    pub external: Option<Visit>,
    pub return_to: String,
}
