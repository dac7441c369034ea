use super::model::{StaffMember, StaffRole, StaffState};
use db::{Tx, sql};
use kernel::{Result, id::AccountId};

pub(super) fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<StaffMember>> {
    tx.opt(
        sql!("SELECT account_id, role, state, phone_shown, created_at FROM staff WHERE account_id = $1"),
        &[&account],
    )
}
/// False if the account is staff already.
pub(super) fn insert(tx: &mut Tx<'_>, member: &StaffMember) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO staff (account_id, role, state, phone_shown, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account_id) DO NOTHING"
        ),
        &[&member.account, &member.role, &member.state, &member.phone_shown, &member.created_at],
    )?;
    Ok(inserted == 1)
}
pub(super) fn list(tx: &mut Tx<'_>, role: Option<StaffRole>) -> Result<Vec<StaffMember>> {
    let state = StaffState::Active;
    let query =
        db::Query::new("SELECT account_id, role, state, phone_shown, created_at FROM staff WHERE 1 = 1")
            .bind(" AND state = ?", &state)
            .opt(" AND role = ?", &role)
            .add(" ORDER BY created_at, account_id LIMIT 500");
    tx.all(query.sql(), query.params())
}
pub(super) fn forget_phone(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE staff SET phone_shown = NULL WHERE account_id = $1"), &[&account])
}
