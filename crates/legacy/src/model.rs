//! An account of an earlier system as it was brought over, and whose it is by what is on record.
use kernel::{
    LoginName, Mobile, ResidentId, Timestamp, Uscc,
    id::{AccountId, Id, MembershipId, OrganizationId, OrganizationTypeId},
};
use serde::{Deserialize, Serialize};

pub type LegacyAccountId = Id<kernel::id::mark::LegacyAccount>;
pub type ImportId = Id<kernel::id::mark::ImportJob>;
pub type MergeId = Id<kernel::id::mark::Merge>;

/// Days within which staff can take a merge back.
pub const UNDO_DAYS: i64 = 30;

db::text_enum!(
    pub enum LegacyState {
        /// Its merge has not been tried yet.
        Waiting = "waiting",
        Merged = "merged",
        /// No natural person is on record: whoever signs in with it first says whose it is.
        Asks = "asks",
        /// Several accounts claim to be its holder: staff decide.
        Several = "several",
        /// It could not be taken over; `why` says what to mend in the file.
        Refused = "refused",
    }
);
db::text_enum!(
    pub enum How {
        /// By the proven document on record.
        Automatic = "automatic",
        /// By whoever knew its password and signed in to the own account.
        Claimed = "claimed",
        Staff = "staff",
    }
);

/// What the earlier system knew; sealed at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    pub organization: String,
    pub code: Option<String>,
    pub holder: Option<String>,
    pub document: Option<String>,
    pub phone: Option<String>,
    /// As the earlier system called it; kept for the record. Whoever merges becomes an agent.
    pub role: Option<String>,
}

/// A line of the file that can be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub login_name: String,
    /// The stored form of [`identity::former::FormerHash`].
    pub hash: String,
    pub organization: String,
    pub code: Option<Uscc>,
    pub holder: Option<String>,
    pub document: Option<ResidentId>,
    pub phone: Option<Mobile>,
    pub role: Option<String>,
}
impl Line {
    pub fn known(&self) -> Known {
        Known {
            organization: self.organization.clone(),
            code: self.code.as_ref().map(|code| code.as_str().to_owned()),
            holder: self.holder.clone(),
            document: self.document.as_ref().map(|document| document.as_str().to_owned()),
            phone: self.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            role: self.role.clone(),
        }
    }
}
/// A line that cannot, with the code of what to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: i64,
    /// Empty where there was none.
    pub login_name: String,
    pub code: &'static str,
}

/// An account that has the document on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimant {
    pub account: AccountId,
    pub proven: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A natural person with a proven document.
    Theirs(AccountId),
    /// A person is on record who has no account: one is made.
    Nobodys,
    /// Nobody is on record.
    Unknown,
    /// Accounts that typed the number without proving it, however many: none of them is believed.
    Several,
}
/// A proof decides; a number that was merely typed never hands a firm's account to whoever typed it.
pub fn whose(holder_on_record: bool, claimants: &[Claimant]) -> Whose {
    let mut proven = claimants.iter().filter(|claimant| claimant.proven);
    match (proven.next(), proven.next()) {
        (Some(one), None) => Whose::Theirs(one.account),
        (Some(_), Some(_)) => Whose::Several,
        (None, _) if !holder_on_record => Whose::Unknown,
        (None, _) if claimants.is_empty() => Whose::Nobodys,
        (None, _) => Whose::Several,
    }
}

/// A former login name that can be a login name of ours as it stands.
pub fn usable_name(login_name: &str) -> Option<LoginName> {
    LoginName::parse(login_name).ok()
}

#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub source: String,
    pub type_id: OrganizationTypeId,
    pub made_by: Option<AccountId>,
    pub total: i64,
    pub created_at: Timestamp,
}
#[derive(Clone, Debug)]
pub struct LegacyAccount {
    pub id: LegacyAccountId,
    pub import: ImportId,
    pub line: i64,
    pub login_name: String,
    pub organization: Option<OrganizationId>,
    pub former_login: Option<LegacyAccountId>,
    pub state: LegacyState,
    pub why: Option<String>,
}
#[derive(Clone, Debug)]
pub struct Merge {
    pub id: MergeId,
    pub legacy: LegacyAccountId,
    pub account: AccountId,
    pub membership: MembershipId,
    pub made_account: bool,
    pub made_membership: bool,
    pub how: How,
    pub merged_by: Option<AccountId>,
    pub merged_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}
impl Merge {
    pub fn may_undo(&self, now: Timestamp) -> bool {
        self.undone_at.is_none() && now < self.merged_at.plus_days(UNDO_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn m42_a_proof_decides_and_what_was_typed_does_not() {
        let at = |n: i64, proven| Claimant { account: AccountId::from_i64(n), proven };
        let theirs = Whose::Theirs(AccountId::from_i64(1));
        for (holder, claimants, expected) in [
            (true, vec![], Whose::Nobodys),
            (false, vec![], Whose::Unknown),
            (true, vec![at(1, true)], theirs),
            (true, vec![at(1, true), at(2, false)], theirs),
            (true, vec![at(2, false), at(1, true), at(3, false)], theirs),
            (true, vec![at(1, false)], Whose::Several),
            (true, vec![at(1, false), at(2, false)], Whose::Several),
            (true, vec![at(1, true), at(2, true)], Whose::Several),
        ] {
            assert_eq!(whose(holder, &claimants), expected, "{claimants:?}");
        }
    }
}
