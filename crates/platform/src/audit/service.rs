//! The operation record of an organization, of one request, and what was done to an account.
use super::{
    model::{Before, Entry, Filter},
    store,
};
use db::{Db, Tx};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

/// Newest first, `before` exclusive; at most 200.
pub async fn of_organization(
    db: &Db,
    organization: OrganizationId,
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    db.read(move |tx| store::list_of_organization(tx, organization, before, limit.clamp(1, 200))).await
}
/// As [`of_organization`], in the transaction of a page.
pub fn of_organization_in(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    store::list_of_organization(tx, organization, before, limit.clamp(1, 200))
}
/// As [`of_organization`], of those that the filter wants. What products' servers do after each sign-in is left out.
pub async fn of_organization_filtered(
    db: &Db,
    organization: OrganizationId,
    filter: Filter,
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    db.read(move |tx| store::list_filtered(tx, organization, &filter, before, limit.clamp(1, 200))).await
}
/// Everything, newest first.
pub async fn recent(db: &Db, before: Before, limit: i64) -> Result<Vec<Entry>> {
    db.read(move |tx| store::list_recent(tx, before, limit.clamp(1, 200))).await
}
/// What one request did, in order.
pub async fn of_request(db: &Db, request_id: String) -> Result<Vec<Entry>> {
    db.read(move |tx| store::list_of_request(tx, &request_id)).await
}
/// What anybody did or tried to one account, its holder too. Newest first, of these actions alone: all of them have the account as
/// their object, so that nobody's page walks through what they do all day.
pub async fn concerning(
    db: &Db,
    account: AccountId,
    actions: &'static [&'static str],
    before: Before,
    limit: i64,
) -> Result<Vec<Entry>> {
    db.read(move |tx| store::list_about_account(tx, account, actions, before, limit.clamp(1, 1000))).await
}
