use super::model::{Before, Entry, Filter};
use db::{Query, Tx, sql};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

pub(super) fn list_of_organization(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    tx.all(
        sql!(
            "SELECT id, at, actor_kind, actor_account_id, action, outcome, object_kind, object_id, organization_id,
                address, request_id, detail
             FROM audit_event WHERE organization_id = $1 AND (at < $2 OR at = $2 AND id < $3)
             ORDER BY at DESC, id DESC LIMIT $4"
        ),
        &[&organization, &before.at, &before.id, &limit],
    )
}
/// By id, which carries the time at which it was drawn: the primary key serves the whole record without another index.
pub(super) fn list_recent(tx: &mut Tx<'_>, before: Before, limit: i64) -> Result<Vec<Entry>> {
    tx.all(
        sql!(
            "SELECT id, at, actor_kind, actor_account_id, action, outcome, object_kind, object_id, organization_id,
                address, request_id, detail
             FROM audit_event WHERE id < $1 ORDER BY id DESC LIMIT $2"
        ),
        &[&before.id, &limit],
    )
}
pub(super) fn list_of_request(tx: &mut Tx<'_>, request_id: &str) -> Result<Vec<Entry>> {
    tx.all(
        sql!(
            "SELECT id, at, actor_kind, actor_account_id, action, outcome, object_kind, object_id, organization_id,
                address, request_id, detail
             FROM audit_event WHERE request_id = $1 ORDER BY at, id LIMIT 200"
        ),
        &[&request_id],
    )
}
const COLUMNS: &str = "SELECT id, at, actor_kind, actor_account_id, action, outcome, object_kind, object_id,
    organization_id, address, request_id, detail FROM audit_event";
pub(super) fn list_filtered(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    filter: &Filter,
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    let query = filtered(&organization, filter, &before, &limit);
    tx.all(query.sql(), query.params())
}
/// The index of one person's doings holds none of clients' either, so that the kind stands in the statement.
pub(super) fn filtered<'a>(
    organization: &'a OrganizationId,
    filter: &'a Filter,
    before: &'a Before,
    limit: &'a i64,
) -> Query<'a> {
    let mut query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ?", organization)
        .add(" AND actor_kind <> 'client'")
        .bind(" AND (at < ?", &before.at)
        .bind(" OR at = ?", &before.at)
        .bind(" AND id < ?)", &before.id)
        .opt(" AND actor_account_id = ?", &filter.actor)
        .opt(" AND at >= ?", &filter.since)
        .opt(" AND at < ?", &filter.until);
    if !filter.kinds.is_empty() {
        query = query.list(" AND object_kind IN (?)", filter.kinds);
    }
    query.bind(" ORDER BY at DESC, id DESC LIMIT ?", limit)
}
/// The index holds these rows alone, so the kind stands in the statement.
pub(super) fn list_about_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    actions: &[&str],
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE object_kind = 'account' AND object_id = ?", &account)
        .bind(" AND (at < ?", &before.at)
        .bind(" OR at = ?", &before.at)
        .bind(" AND id < ?)", &before.id)
        .list(" AND action IN (?)", actions)
        .bind(" ORDER BY at DESC, id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
