use crate::account::AccountState;
use db::{Query, Tx, sql};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

/// What of an account is searched, sealed.
pub(super) struct Searched {
    pub id: AccountId,
    pub owner: Option<OrganizationId>,
    pub state: AccountState,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub document: Option<Vec<u8>>,
}
db::row!(Searched { id, owner, state, name, phone, document });
pub(super) fn list(tx: &mut Tx<'_>, ids: &[AccountId]) -> Result<Vec<Searched>> {
    let query = Query::new("SELECT id, owner_organization_id, state, name, phone, document FROM account")
        .list(" WHERE id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
/// (scope, term, account), each once.
pub(super) fn insert(tx: &mut Tx<'_>, terms: &[(i64, i64, AccountId)]) -> Result<()> {
    let mut statement = tx.repeat(sql!(
        "INSERT INTO search_gram (scope, gram, account_id) VALUES ($1, $2, $3)
         ON CONFLICT (scope, gram, account_id) DO NOTHING"
    ))?;
    for (scope, term, account) in terms {
        statement.run(&[scope, term, account])?;
    }
    Ok(())
}
pub(super) fn delete(tx: &mut Tx<'_>, scope: i64, term: i64, account: AccountId) -> Result<u64> {
    tx.run(
        sql!("DELETE FROM search_gram WHERE scope = $1 AND gram = $2 AND account_id = $3"),
        &[&scope, &term, &account],
    )
}
/// Accounts with the term, the newest first.
pub(super) fn list_with(
    tx: &mut Tx<'_>,
    scope: i64,
    term: i64,
    below: AccountId,
    limit: i64,
) -> Result<Vec<AccountId>> {
    tx.all(
        sql!(
            "SELECT account_id FROM search_gram WHERE scope = $1 AND gram = $2 AND account_id < $3
             ORDER BY account_id DESC LIMIT $4"
        ),
        &[&scope, &term, &below, &limit],
    )
}
/// Of the newest accounts with the first term those that have the others too.
pub(super) fn list_with_all(
    tx: &mut Tx<'_>,
    scope: i64,
    (first, others): (i64, &[i64]),
    below: AccountId,
    scanned: i64,
) -> Result<Vec<AccountId>> {
    let mut query = Query::new("SELECT s.account_id FROM (SELECT account_id FROM search_gram")
        .bind(" WHERE scope = ?", &scope)
        .bind(" AND gram = ?", &first)
        .bind(" AND account_id < ?", &below)
        .bind(" ORDER BY account_id DESC LIMIT ?) s", &scanned);
    for (place, other) in others.iter().enumerate() {
        query = query
            .add(if place == 0 { " WHERE" } else { " AND" })
            .add(" EXISTS (SELECT 1 FROM search_gram g WHERE g.account_id = s.account_id")
            .bind(" AND g.scope = ?", &scope)
            .bind(" AND g.gram = ?)", other);
    }
    let query = query.add(" ORDER BY s.account_id DESC");
    tx.all(query.sql(), query.params())
}
/// How many have the term; at most `limit`.
pub(super) fn count(tx: &mut Tx<'_>, scope: i64, term: i64, limit: i64) -> Result<i64> {
    tx.one(
        sql!("SELECT COUNT(*) FROM (SELECT 1 FROM search_gram WHERE scope = $1 AND gram = $2 LIMIT $3) s"),
        &[&scope, &term, &limit],
    )
}
/// Where a scan of so many accounts with the term ends; None if it reaches the last.
pub(super) fn find_end(
    tx: &mut Tx<'_>,
    scope: i64,
    term: i64,
    below: AccountId,
    scanned: i64,
) -> Result<Option<AccountId>> {
    tx.opt(
        sql!(
            "SELECT account_id FROM search_gram WHERE scope = $1 AND gram = $2 AND account_id < $3
             ORDER BY account_id DESC LIMIT 1 OFFSET $4"
        ),
        &[&scope, &term, &below, &(scanned - 1)],
    )
}
/// Open accounts whose login name begins so, in the order of the alphabet.
pub(super) fn list_by_login_name(tx: &mut Tx<'_>, from: &str, limit: i64) -> Result<Vec<AccountId>> {
    let to = format!("{from}\u{10FFFF}");
    tx.all(
        sql!(
            "SELECT id FROM account WHERE login_name >= $1 AND login_name < $2 AND state <> 'closed'
             ORDER BY login_name LIMIT $3"
        ),
        &[&from, &to, &limit],
    )
}
/// The same among those that the organization owns.
pub(super) fn list_owned_by_login_name(
    tx: &mut Tx<'_>,
    owner: OrganizationId,
    from: &str,
    limit: i64,
) -> Result<Vec<AccountId>> {
    let to = format!("{from}\u{10FFFF}");
    tx.all(
        sql!(
            "SELECT id FROM account WHERE owner_organization_id = $1 AND login_name >= $2 AND login_name < $3
                AND state <> 'closed' ORDER BY login_name LIMIT $4"
        ),
        &[&owner, &from, &to, &limit],
    )
}
