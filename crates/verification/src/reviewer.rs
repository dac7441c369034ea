//! Who reviews documents and decides disputes: account managers, who meet the people, and security administrators, who
//! answer for the accounts. System administrators set up verifiers and do not look at documents.
use db::Tx;
use identity::{SignedIn, staff::Staff};
use kernel::{Actor, Result, id::AccountId};
use platform::StaffRole;

pub const ROLES: &[StaffRole] = &[StaffRole::AccountManager, StaffRole::SecurityAdministrator];

/// Holding one proves that the signed-in account is staff in one of [`ROLES`].
#[derive(Clone, Debug)]
pub struct Reviewer(Staff);
impl Reviewer {
    /// None for everybody else.
    pub fn of(signed_in: &SignedIn) -> Option<Self> {
        Staff::of(signed_in).filter(|staff| ROLES.contains(&staff.role())).map(Self)
    }
    pub fn account(&self) -> AccountId {
        self.0.account()
    }
    pub fn actor(&self) -> &Actor {
        self.0.actor()
    }
    /// Inside the transaction of a change. Error: `staff.role_required`.
    pub fn recheck_in(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.0.recheck_in(tx)
    }
}
