use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};

/// A sign-in, or a browser that is known: what it called itself, where, from when to when.
pub(super) struct Seen {
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub methods: Option<String>,
    pub begun_at: Timestamp,
    pub last_at: Timestamp,
    pub trusted_until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}
row!(Seen { user_agent, address, methods, begun_at, last_at, trusted_until, ended_at });
/// The newest of all sessions, those that ended too.
pub(super) fn list_sessions(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Seen>> {
    tx.all(
        sql!(
            "SELECT user_agent, address, methods, created_at, last_seen_at, CAST(NULL AS BIGINT), ended_at FROM session
             WHERE account_id = $1 ORDER BY id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
pub(super) fn list_devices(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Seen>> {
    tx.all(
        sql!(
            "SELECT user_agent, address, CAST(NULL AS TEXT), created_at, last_used_at, trusted_until, ended_at FROM device
             WHERE account_id = $1 ORDER BY id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
/// A thing by its code and name, in an organization (0: the personal space), at a time.
pub(super) struct Used {
    pub code: String,
    pub name: String,
    pub organization: OrganizationId,
    pub at: Timestamp,
}
row!(Used { code, name, organization, at });
pub(super) fn list_product_uses(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Used>> {
    tx.all(
        sql!(
            "SELECT p.code, p.name_zh, u.organization_id, u.at FROM product_use u JOIN product p ON p.id = u.product_id
             WHERE u.account_id = $1 ORDER BY u.at"
        ),
        &[&account],
    )
}
/// Sectors, with the name by which each knows the person.
pub(super) fn list_pairwise(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(String, String)>> {
    tx.all(
        sql!("SELECT sector, subject FROM pairwise_subject WHERE account_id = $1 ORDER BY sector"),
        &[&account],
    )
}
/// A product that did not open, under the number that the person was told.
pub(super) struct Refused {
    pub number: String,
    pub code: String,
    pub name: String,
    pub organization: Option<OrganizationId>,
    pub reason: String,
    pub times: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
row!(Refused { number, code, name, organization, reason, times, first_at, last_at });
pub(super) fn list_refusals(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Refused>> {
    tx.all(
        sql!(
            "SELECT r.number, p.code, p.name_zh, r.organization_id, r.code, r.times, r.created_at, r.last_at
             FROM refusal r JOIN product p ON p.id = r.product_id WHERE r.account_id = $1 ORDER BY r.id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
/// A product that the person put on a console or opened from one.
pub(super) struct AtHand {
    pub code: String,
    pub organization: OrganizationId,
    pub place: Option<i64>,
    pub opened_at: Option<Timestamp>,
}
row!(AtHand { code, organization, place, opened_at });
pub(super) fn list_at_hand(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<AtHand>> {
    tx.all(
        sql!(
            "SELECT p.code, t.organization_id, t.place, t.opened_at FROM product_tile t
             JOIN product p ON p.id = t.product_id WHERE t.account_id = $1 ORDER BY t.organization_id, t.place, p.code"
        ),
        &[&account],
    )
}
pub(super) fn list_favourites(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(String, Timestamp)>> {
    tx.all(
        sql!(
            "SELECT i.name_zh, f.at FROM favourite f JOIN item i ON i.id = f.item_id WHERE f.account_id = $1 ORDER BY f.at"
        ),
        &[&account],
    )
}
pub(super) fn list_visits(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(OrganizationId, Timestamp)>> {
    tx.all(sql!("SELECT organization_id, at FROM space_visit WHERE account_id = $1 ORDER BY at"), &[&account])
}
/// Name at the earlier system, taken over, last used, ended.
pub(super) struct Former {
    pub login_name: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}
row!(Former { login_name, created_at, used_at, ended_at });
pub(super) fn list_former_logins(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Former>> {
    tx.all(
        sql!(
            "SELECT login_name, created_at, used_at, ended_at FROM former_login WHERE account_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) fn list_merges(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(String, Timestamp)>> {
    tx.all(
        sql!(
            "SELECT how, merged_at FROM legacy_merge WHERE account_id = $1 AND undone_at IS NULL ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) fn find_language(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>> {
    tx.opt(sql!("SELECT lang FROM reminder_language WHERE account_id = $1"), &[&account])
}
