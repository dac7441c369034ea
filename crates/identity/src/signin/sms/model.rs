//! What is kept with the code, and what it led to.
use crate::{challenge::Attempt, signin::model::Next};
use kernel::{Error, Result, id::AccountId};
use serde::{Deserialize, Serialize};

/// Kept sealed in the challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// None: nobody signs in with this number, and no code is right.
    pub account: Option<AccountId>,
    pub phone: String,
    pub return_to: String,
}
impl Kept {
    pub fn read(data: &str) -> Result<Self> {
        serde_json::from_str(data).map_err(|e| Error::internal("signin.json").because(e))
    }
}
/// What came of a code.
#[derive(Debug)]
pub enum Verified {
    Next {
        next: Next,
        return_to: String,
    },
    /// Never `Right`.
    Not(Attempt),
    /// The code was right, but the account is suspended.
    Disabled {
        return_to: String,
    },
    /// The code was right, but the number was not confirmed for too long to open this account by itself.
    Unconfirmed {
        return_to: String,
    },
    /// The code was right, but the account is staff's and has no second factor: a number alone opens no desk.
    Staff {
        return_to: String,
    },
}
