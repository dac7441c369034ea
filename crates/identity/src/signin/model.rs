//! An attempt and its outcome.
use crate::{
    account::{AccountCard, Identifier},
    captcha,
    challenge::ChallengeId,
    credential::Password,
    former::FormerLoginId,
};
use kernel::{Timestamp, id::AccountId, text::normalize};
use serde::{Deserialize, Serialize};

pub(super) const CHOICE: &str = "sign_in.choice";

#[derive(Clone, Debug)]
pub struct Attempt {
    /// As typed, at most 64 characters count.
    pub identifier: String,
    pub password: Password,
    pub captcha: captcha::Input,
    /// Where to go afterwards: a path of this site.
    pub return_to: String,
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
    /// The holder asked for the account to be closed, and can still take that back.
    pub closing: bool,
    /// For the cookie by which the browser is known again, if it changes.
    pub device: Option<String>,
}

/// A first factor that was right, and what the session will need.
#[derive(Clone, Debug)]
pub struct First {
    pub account: AccountId,
    /// RFC 8176.
    pub methods: Vec<&'static str>,
    pub must_change_password: bool,
    /// What made it right; if that changes before the second step is done, the way begins anew.
    pub still: Still,
    pub return_to: String,
}
impl First {
    pub(super) fn password(
        account: AccountId,
        (compared, former): (Option<String>, Option<FormerLoginId>),
        must_change_password: bool,
        return_to: &str,
    ) -> Self {
        let (methods, still) = (vec!["pwd"], Still::Password(compared, former));
        Self { account, methods, must_change_password, still, return_to: return_to.to_owned() }
    }
    /// By something other than a password.
    pub fn by(account: AccountId, method: &'static str, return_to: &str) -> Self {
        Self {
            account,
            methods: vec![method],
            must_change_password: false,
            still: Still::Active,
            return_to: return_to.to_owned(),
        }
    }
}
/// What has to be so still when the second step is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Still {
    /// The account is active and its password is the one that was compared.
    Password(Option<String>, Option<FormerLoginId>),
    /// The account is active.
    Active,
}
/// What a right first factor led to.
#[derive(Clone, Debug)]
pub enum Next {
    Done(Begun),
    /// The second step waits under this id, in this browser.
    Second(ChallengeId),
}
impl From<Next> for Outcome {
    fn from(next: Next) -> Self {
        match next {
            Next::Done(begun) => Self::Done(begun),
            Next::Second(id) => Self::Second(id),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Done(Begun),
    /// The password is right, and the account has a second factor.
    Second(ChallengeId),
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
    /// The password is that of an earlier system's login which belongs to nobody yet: whoever has this token says whose.
    Unclaimed(ChallengeId, String),
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
