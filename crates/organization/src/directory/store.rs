use super::model::{Expiry, From, Narrow};
use crate::membership::{MEMBERS, MemberRow, MembershipState};
use db::{Query, Tx, sql};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

/// The literal conditions name what the partial indexes name.
fn narrowed<'a>(mut query: Query<'a>, narrow: &'a Narrow) -> Query<'a> {
    query = match narrow.state {
        Some(MembershipState::Active) => query.add(" AND m.state = 'active'"),
        Some(MembershipState::Suspended) => query.add(" AND m.state = 'suspended'"),
        _ => query,
    };
    if narrow.role.is_some_and(|role| role.administers()) {
        query = query.add(" AND m.role <> 'agent'");
    }
    query = query.opt(" AND m.role = ?", &narrow.role);
    if let Some((product, held)) = &narrow.holds {
        query = query.add(match held {
            true => " AND EXISTS (SELECT 1 FROM product_grant g WHERE g.membership_id = m.id",
            false => " AND NOT EXISTS (SELECT 1 FROM product_grant g WHERE g.membership_id = m.id",
        });
        query = query
            .bind(" AND g.product_id = ? AND g.state = 'active' AND g.state <> 'ended'", product)
            .bind(" AND g.valid_until > ?)", &narrow.now);
    }
    match narrow.expiry {
        None => query,
        Some(expiry) => {
            let query = query.add(" AND m.valid_until < 9223372036854775807");
            match expiry {
                Expiry::Over => query.bind(" AND m.valid_until <= ?", &narrow.now),
                Expiry::Soon => query
                    .bind(" AND m.valid_until > ?", &narrow.now)
                    .bind(" AND m.valid_until <= ?", &narrow.soon),
            }
        }
    }
}
/// Newest first; those by expiry in the order of their ends. At most `limit`.
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    narrow: &Narrow,
    from: From,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let by_end = narrow.expiry.is_some();
    let (before, after) = match from {
        From::Before(key) => (Some(key), None),
        From::After(key) => (None, Some(key)),
        From::Start | From::Below(_) => (None, None),
    };
    let mut query =
        Query::new(MEMBERS).bind(" WHERE m.organization_id = ? AND m.state <> 'ended'", &organization);
    query = narrowed(query, narrow);
    query = match (&before, &after) {
        (Some(key), _) if by_end => {
            query.bind(" AND (m.valid_until, m.id) > (?", &key.until).bind(", ?)", &key.id)
        }
        (_, Some(key)) if by_end => {
            query.bind(" AND (m.valid_until, m.id) < (?", &key.until).bind(", ?)", &key.id)
        }
        (Some(key), _) => query.bind(" AND m.id < ?", &key.id),
        (_, Some(key)) => query.bind(" AND m.id > ?", &key.id),
        _ => query,
    };
    let query = match (by_end, after.is_some()) {
        (true, false) => query.bind(" ORDER BY m.valid_until, m.id LIMIT ?", &limit),
        (true, true) => query.bind(" ORDER BY m.valid_until DESC, m.id DESC LIMIT ?", &limit),
        (false, false) => query.bind(" ORDER BY m.id DESC LIMIT ?", &limit),
        (false, true) => query.bind(" ORDER BY m.id LIMIT ?", &limit),
    };
    let mut rows: Vec<MemberRow> = tx.all(query.sql(), query.params())?;
    if after.is_some() {
        rows.reverse();
    }
    Ok(rows)
}
/// Those of the accounts that are live members and fit, the newest account first. `except` is the beginning of login names
/// that were shown before.
pub(super) fn list_among(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    accounts: &[AccountId],
    narrow: &Narrow,
    except: Option<&str>,
) -> Result<Vec<MemberRow>> {
    let bounds = except.map(|from| (from.to_owned(), format!("{from}\u{10FFFF}")));
    let query = Query::new(MEMBERS)
        .bind(" WHERE m.organization_id = ? AND m.state <> 'ended'", &organization)
        .list(" AND m.account_id IN (?)", accounts);
    let mut query = narrowed(query, narrow);
    if let Some((from, to)) = &bounds {
        query = query.bind(" AND NOT (a.login_name >= ?", from).bind(" AND a.login_name < ?)", to);
    }
    let query = query.add(" ORDER BY m.account_id DESC");
    tx.all(query.sql(), query.params())
}

/// How many members came with an account of their own; at most `limit`.
pub(super) fn count_joined(tx: &mut Tx<'_>, organization: OrganizationId, limit: i64) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM membership m WHERE m.organization_id = $1 AND m.state <> 'ended'
                AND NOT m.managed LIMIT $2) j"
        ),
        &[&organization, &limit],
    )
}
/// Of these few those whose account has every term of everybody's scope.
pub(super) fn list_joined_with(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    terms: &[i64],
    below: AccountId,
    limit: i64,
) -> Result<Vec<AccountId>> {
    let mut query = Query::new("SELECT m.account_id FROM membership m")
        .bind(" WHERE m.organization_id = ? AND m.state <> 'ended' AND NOT m.managed", &organization)
        .bind(" AND m.account_id < ?", &below);
    for term in terms {
        query = query
            .add(" AND EXISTS (SELECT 1 FROM search_gram g WHERE g.account_id = m.account_id")
            .bind(" AND g.scope = 0 AND g.gram = ?)", term);
    }
    let query = query.bind(" ORDER BY m.account_id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// Of these few those whose login name begins so.
pub(super) fn list_joined_by_login_name(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    from: &str,
    limit: i64,
) -> Result<Vec<AccountId>> {
    let to = format!("{from}\u{10FFFF}");
    tx.all(
        sql!(
            "SELECT m.account_id FROM membership m JOIN account a ON a.id = m.account_id
             WHERE m.organization_id = $1 AND m.state <> 'ended' AND NOT m.managed
                AND a.login_name >= $2 AND a.login_name < $3 ORDER BY a.login_name LIMIT $4"
        ),
        &[&organization, &from, &to, &limit],
    )
}
