//! Roles, and the right to change policies as a value.
use kernel::{Actor, Timestamp, id::AccountId};

db::text_enum!(
    pub enum StaffRole {
        AccountManager = "account_manager",
        ProductManager = "product_manager",
        SystemAdministrator = "system_administrator",
        SecurityAdministrator = "security_administrator",
        Auditor = "auditor",
    }
);
db::text_enum!(
    pub enum StaffState {
        Active = "active",
        Ended = "ended",
    }
);

#[derive(Clone, Debug)]
pub struct StaffMember {
    pub account: AccountId,
    pub role: StaffRole,
    pub state: StaffState,
    /// The number that organizations may call, for an account manager.
    pub phone_shown: Option<String>,
    pub created_at: Timestamp,
}
db::row!(StaffMember { account, role, state, phone_shown, created_at });

/// Who may change policies: system and security administrators, and the operator at the command line.
#[derive(Clone, Debug)]
pub struct PolicyEditor {
    actor: Actor,
    account: Option<AccountId>,
}
impl PolicyEditor {
    /// The command line and demo data: whoever can run it owns the data folder anyway.
    pub fn command_line() -> Self {
        Self { actor: Actor::system(), account: None }
    }
    /// None for the other roles.
    pub fn of(role: StaffRole, account: AccountId, actor: &Actor) -> Option<Self> {
        matches!(role, StaffRole::SystemAdministrator | StaffRole::SecurityAdministrator)
            .then(|| Self { actor: actor.clone(), account: Some(account) })
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// Inside the transaction of a change. Error: `staff.role_required`.
    pub fn recheck_in(&self, tx: &mut db::Tx<'_>) -> kernel::Result<()> {
        let Some(account) = self.account else { return Ok(()) };
        let roles = [StaffRole::SystemAdministrator, StaffRole::SecurityAdministrator];
        super::service::require_in(tx, account, &roles)
    }
}
