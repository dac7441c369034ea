use super::model::{InvitationId, State};
use crate::activation::Way;
use crate::membership::Role;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp, TokenHash,
    id::{AccountId, OrganizationId},
};

/// As stored: phone and name are sealed.
pub(super) struct Row {
    pub id: InvitationId,
    pub organization: OrganizationId,
    pub inviter: Option<AccountId>,
    pub by_staff: bool,
    pub role: Role,
    pub way: Way,
    pub phone: Vec<u8>,
    pub phone_index: Vec<u8>,
    pub name: Option<Vec<u8>>,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub state: State,
    pub sent: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}
row!(Row {
    id,
    organization,
    inviter,
    by_staff,
    role,
    way,
    phone,
    phone_index,
    name,
    scope,
    reason,
    valid_from,
    valid_until,
    state,
    sent,
    created_at,
    expires_at,
    decided_at,
});
const COLUMNS: &str =
    "SELECT id, organization_id, inviter_id, by_staff, role, way, phone, phone_index, name, scope, reason,
    valid_from, valid_until, state, sent, created_at, expires_at, decided_at FROM invitation";

pub(super) fn find(tx: &mut Tx<'_>, organization: OrganizationId, id: InvitationId) -> Result<Option<Row>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE organization_id = ?", &organization).bind(" AND id = ?", &id);
    tx.opt(query.sql(), query.params())
}
pub(super) fn find_by_token(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<Row>> {
    let query = Query::new(COLUMNS).bind(" WHERE token_hash = ?", &token.0);
    tx.opt(query.sql(), query.params())
}
/// Newest first, of these roles alone.
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    roles: &[Role],
    before: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Row>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ?", &organization)
        .list(" AND role IN (?)", roles)
        .opt(" AND id < ?", &before)
        .bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// False if one is open for the number already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &Row, token: &TokenHash) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO invitation (id, organization_id, inviter_id, by_staff, role, way, phone, phone_index, name, scope,
                reason, valid_from, valid_until, token_hash, state, sent, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open', $15, $16, $17)
            ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.organization,
            &new.inviter,
            &new.by_staff,
            &new.role,
            &new.way,
            &new.phone,
            &new.phone_index,
            &new.name,
            &new.scope,
            &new.reason,
            &new.valid_from,
            &new.valid_until,
            &token.0,
            &new.sent,
            &new.created_at,
            &new.expires_at,
        ],
    )?;
    Ok(inserted == 1)
}
/// Expiry is evaluated when read; it is written down when its place in the unique key is needed.
pub(super) fn expire(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    phone_index: &[u8],
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE invitation SET state = 'expired' WHERE organization_id = $1 AND phone_index = $2 AND state = 'open'
                AND expires_at <= $3"
        ),
        &[&organization, &phone_index, &now],
    )
}
/// A new link and new days; the link before opens nothing. False once it was answered or taken back.
pub(super) fn renew(
    tx: &mut Tx<'_>,
    id: InvitationId,
    way: Way,
    token: &TokenHash,
    expires_at: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE invitation SET way = $2, token_hash = $3, expires_at = $4, sent = sent + 1, state = 'open'
            WHERE id = $1 AND state IN ('open', 'expired')"
        ),
        &[&id, &way, &token.0, &expires_at],
    )?;
    Ok(changed == 1)
}
/// False if somebody was faster.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: InvitationId,
    to: State,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE invitation SET state = $2, account_id = $3, decided_at = $4 WHERE id = $1 AND state = 'open'"
        ),
        &[&id, &to, &account, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn list_of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<InvitationId>> {
    tx.all(sql!("SELECT id FROM invitation WHERE account_id = $1"), &[&account])
}
/// Those to a number that no account answered, whatever became of them.
pub(super) fn list_unanswered(tx: &mut Tx<'_>, phone_index: &[u8]) -> Result<Vec<InvitationId>> {
    tx.all(sql!("SELECT id FROM invitation WHERE phone_index = $1 AND account_id IS NULL"), &[&phone_index])
}
/// `phone` is sealed and holds no number, `phone_index` is none of a number.
pub(super) fn erase(tx: &mut Tx<'_>, id: InvitationId, phone: &[u8], phone_index: &[u8]) -> Result<u64> {
    tx.run(
        sql!("UPDATE invitation SET phone = $2, phone_index = $3, name = NULL WHERE id = $1"),
        &[&id, &phone, &phone_index],
    )
}
