//! Find, appoint, list. Capability values are built from a signed-in account one room above.
use super::{
    model::{StaffMember, StaffRole, StaffState},
    store,
};
use db::{Db, Tx};
use kernel::{Actor, Error, Event, Result, Timestamp, id::AccountId};
use serde_json::json;

pub async fn find(db: &Db, account: AccountId) -> Result<Option<StaffMember>> {
    db.read_few(move |tx| store::find(tx, account)).await
}
pub fn find_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<StaffMember>> {
    store::find(tx, account)
}
/// The staff in service, of one role or all.
pub async fn list(db: &Db, role: Option<StaffRole>) -> Result<Vec<StaffMember>> {
    db.read(move |tx| store::list(tx, role)).await
}
/// As [`list`], within the transaction of a change.
pub fn list_in(tx: &mut Tx<'_>, role: Option<StaffRole>) -> Result<Vec<StaffMember>> {
    store::list(tx, role)
}
/// Makes an account staff. The caller's transaction commits the event. Error: `staff.already`.
pub fn appoint_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: AccountId,
    role: StaffRole,
    phone_shown: Option<String>,
    now: Timestamp,
) -> Result<Event> {
    let member = StaffMember { account, role, state: StaffState::Active, phone_shown, created_at: now };
    if !store::insert(tx, &member)? {
        return Err(Error::conflict("staff.already"));
    }
    tx.changed("account", account);
    Ok(Event::done(actor, "staff.appointed").on("account", account).with(json!({ "role": role })))
}
/// Inside the transaction of a change: the account is still staff in one of these roles. Error: `staff.role_required`.
pub fn require_in(tx: &mut Tx<'_>, account: AccountId, roles: &[StaffRole]) -> Result<()> {
    let member = store::find(tx, account)?.filter(|m| m.state == StaffState::Active);
    match member {
        Some(member) if roles.contains(&member.role) => Ok(()),
        _ => Err(Error::forbidden("staff.role_required")),
    }
}
/// With an account that was staff once goes the number that was shown for it.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::forget_phone(tx, account).map(drop)
}
