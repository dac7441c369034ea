//! What is kept between the two steps, what answers, and what comes of it.
use crate::{
    challenge::ChallengeId,
    signin::model::{Begun, First, Still},
};
use kernel::{Error, Result, id::AccountId};
use serde::{Deserialize, Serialize};

/// Kept sealed in the challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::signin) struct Kept {
    pub account: AccountId,
    pub methods: Vec<String>,
    pub must_change_password: bool,
    pub still: Still,
    pub return_to: String,
}
impl Kept {
    pub fn of(first: &First) -> Self {
        Self {
            account: first.account,
            methods: first.methods.iter().map(|method| (*method).to_owned()).collect(),
            must_change_password: first.must_change_password,
            still: first.still.clone(),
            return_to: first.return_to.clone(),
        }
    }
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("signin.json").because(error))
    }
    pub fn parse(data: &str) -> Result<Self> {
        serde_json::from_str(data).map_err(|error| Error::internal("signin.json").because(error))
    }
    /// Of the session: those of the first step, those of the second, and that they were two.
    pub fn all_methods(&self, second: &[&'static str]) -> Vec<&'static str> {
        const KNOWN: [&str; 9] = ["pwd", "sms", "fed", "otp", "hwk", "swk", "sc", "user", "scan"];
        let first = self.methods.iter().filter_map(|m| KNOWN.into_iter().find(|known| known == m));
        let mut methods: Vec<&'static str> = first.collect();
        for method in second.iter().copied().chain(["mfa"]) {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        methods
    }
}

/// How the second step may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Totp,
    Passkey,
    Recovery,
}
impl Means {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Recovery => "recovery",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Totp, Self::Passkey, Self::Recovery].into_iter().find(|means| means.as_str() == text)
    }
    /// Key of the link that leads to it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Totp => "identity-second-use-totp",
            Self::Passkey => "identity-second-use-passkey",
            Self::Recovery => "identity-second-use-recovery",
        }
    }
    /// Those of an account, the handiest first.
    pub fn of(factors: factor::Factors) -> Vec<Self> {
        let mut means = Vec::new();
        if factors.totp > 0 {
            means.push(Self::Totp);
        }
        if factors.passkeys > 0 {
            means.push(Self::Passkey);
        }
        if factors.recovery_codes_left > 0 {
            means.push(Self::Recovery);
        }
        means
    }
}

/// The step as it waits, for its page.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: ChallengeId,
    pub account: AccountId,
    pub login_name: String,
    pub means: Vec<Means>,
    pub return_to: String,
}
/// A code that was typed.
#[derive(Clone, Debug)]
pub enum Answer {
    Totp(factor::totp::Code),
    Recovery(factor::recovery_code::Code),
}
/// What a proof was found to be.
#[derive(Debug)]
pub enum Judged {
    /// The methods that it adds (RFC 8176).
    Right(&'static [&'static str]),
    /// What the person is told.
    Wrong(Error),
}
/// What came of a try.
#[derive(Debug)]
pub enum Tried {
    Done {
        begun: Begun,
        return_to: String,
    },
    Wrong(Error),
    /// Used, expired, of another browser, tried too often, or overtaken by a change of the account.
    Gone,
}
