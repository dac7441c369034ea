//! An attempt and its outcome.
use crate::{
    account::{AccountCard, Identifier},
    captcha,
    challenge::ChallengeId,
    credential::Password,
};
use kernel::{Timestamp, id::AccountId, text::normalize};

pub(super) const CHOICE: &str = "sign_in.choice";

#[derive(Clone, Debug)]
pub struct Attempt {
    /// As typed, at most 64 characters count.
    pub identifier: String,
    pub password: Password,
    pub captcha: captcha::Input,
}
impl Attempt {
    pub(super) fn parsed(&self, now: Timestamp) -> Option<Identifier> {
        Identifier::parse(&self.identifier, now)
    }
}
/// One spelling of what was typed, for counters; what can name no account is counted as it stands.
pub(super) fn counted_as(typed: &str, parsed: Option<&Identifier>) -> String {
    match parsed {
        Some(identifier) => identifier.normalized().to_owned(),
        None => normalize(typed).to_lowercase().chars().take(64).collect(),
    }
}

/// A session that began: its token goes into the cookie.
#[derive(Clone, Debug)]
pub struct Begun {
    pub token: String,
    pub account: AccountId,
    pub must_change_password: bool,
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Done(Begun),
    /// Identifier or password: which, is not said.
    Wrong {
        left: i64,
    },
    /// Too many wrong passwords for this identifier from here.
    Locked {
        minutes: i64,
    },
    /// A captcha is wanted first.
    Captcha(captcha::model::Checked),
    /// The password fits several accounts.
    Choose(ChallengeId),
    /// The password is right, the account suspended.
    Disabled,
    /// The password is right, but what was handed out waited too long.
    TemporaryExpired,
}

/// A choice between accounts that the same identifier and password fit.
#[derive(Clone, Debug)]
pub struct Choice {
    pub id: ChallengeId,
    pub accounts: Vec<AccountCard>,
}
