use super::model::{OwnFilter, rank};
use crate::membership::{Membership, Role, SPACES, list_spaces};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};

/// The organizations in whose space the account was, the last one first.
pub(super) fn list_visited(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<OrganizationId>> {
    tx.all(
        sql!("SELECT organization_id FROM space_visit WHERE account_id = $1 ORDER BY at DESC LIMIT $2"),
        &[&account, &limit],
    )
}
pub(super) fn upsert_visit(
    statement: Statement<'_, '_>,
    account: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!(
            "INSERT INTO space_visit (account_id, organization_id, at) VALUES ($1, $2, $3)
             ON CONFLICT (account_id, organization_id) DO UPDATE SET at = $3"
        ),
        &[&account, &organization, &now],
    )
}
pub(super) fn delete_visits(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM space_visit WHERE account_id = $1"), &[&account])
}
/// The newest memberships; a person in a thousand organizations has no more rows read than this.
pub(super) fn list_newest(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Membership>> {
    let query = Query::new(SPACES)
        .bind(" AND m.account_id = ?", &account)
        .bind(" ORDER BY m.id DESC LIMIT ?", &limit);
    list_spaces(tx, &query)
}
pub(super) fn list_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    organizations: &[OrganizationId],
) -> Result<Vec<Membership>> {
    let query = Query::new(SPACES)
        .bind(" AND m.account_id = ?", &account)
        .list(" AND m.organization_id IN (?)", organizations);
    list_spaces(tx, &query)
}

/// The highest role first, then the newest; at most `limit` behind the cursor, and of each role no more are read.
pub(super) fn list_own(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &OwnFilter,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Membership>> {
    let name = filter.name.as_deref().map(crate::organization::containing);
    let mut found = Vec::new();
    for role in Role::ALL.iter().rev().filter(|role| filter.role.is_none_or(|wanted| wanted == **role)) {
        let before = match filter.after {
            Some(after) if after.rank > rank(*role) => continue,
            Some(after) if after.rank == rank(*role) => Some(after.membership),
            _ => None,
        };
        let left = limit - found.len() as i64;
        let mut query = Query::new(SPACES)
            .bind(" AND m.account_id = ?", &account)
            .bind(" AND m.role = ?", role)
            .opt(" AND m.id < ?", &before)
            .opt(" AND o.name_folded LIKE ? ESCAPE '\\'", &name);
        query = match filter.usable {
            Some(true) => query
                .bind(" AND m.state = 'active' AND o.state = 'active' AND m.valid_from <= ?", &now)
                .bind(" AND m.valid_until > ?", &now),
            Some(false) => query
                .bind(" AND (m.state <> 'active' OR o.state <> 'active' OR m.valid_from > ?", &now)
                .bind(" OR m.valid_until <= ?)", &now),
            None => query,
        };
        let query = query.bind(" ORDER BY m.id DESC LIMIT ?", &left);
        found.extend(list_spaces(tx, &query)?);
    }
    Ok(found)
}
