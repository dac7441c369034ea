use super::model::{Basis, Membership, MembershipState, Role};
use crate::organization::OrganizationState;
use crate::organization_type::TypePolicy;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use std::sync::Arc;

struct MembershipRow {
    id: MembershipId,
    organization: OrganizationId,
    organization_name: String,
    organization_short_name: String,
    organization_state: OrganizationState,
    policy: String,
    role: Role,
    state: MembershipState,
    valid_from: Timestamp,
    valid_until: Timestamp,
}
row!(MembershipRow {
    id,
    organization,
    organization_name,
    organization_short_name,
    organization_state,
    policy,
    role,
    state,
    valid_from,
    valid_until,
});
impl TryFrom<MembershipRow> for Membership {
    type Error = kernel::Error;
    fn try_from(row: MembershipRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            organization: row.organization,
            organization_name: row.organization_name,
            organization_short_name: row.organization_short_name,
            organization_state: row.organization_state,
            policy: Arc::new(TypePolicy::parse(&row.policy)?),
            role: row.role,
            state: row.state,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
        })
    }
}
/// Memberships that did not end, with what a list of spaces shows.
pub(crate) const SPACES: &str =
    "SELECT m.id, o.id, o.name, o.short_name, o.state, t.policy, m.role, m.state, m.valid_from, m.valid_until
    FROM membership m JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'
    JOIN organization_type t ON t.id = o.type_id WHERE m.state <> 'ended'";

/// The account's own memberships, the highest role first, then the newest; at most `limit`, and no more are read.
pub(super) fn list_of_account(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Membership>> {
    let mut found = Vec::new();
    for role in Role::ALL.iter().rev() {
        let left = limit - found.len() as i64;
        let query = Query::new(SPACES)
            .bind(" AND m.account_id = ?", &account)
            .bind(" AND m.role = ?", role)
            .bind(" ORDER BY m.id DESC LIMIT ?", &left);
        found.extend(list_spaces(tx, &query)?);
    }
    Ok(found)
}
/// What a query that begins with [`SPACES`] finds.
pub(crate) fn list_spaces(tx: &mut Tx<'_>, query: &Query<'_>) -> Result<Vec<Membership>> {
    tx.all::<MembershipRow>(query.sql(), query.params())?.into_iter().map(Membership::try_from).collect()
}
pub(super) fn find_of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: OrganizationId,
) -> Result<Option<Membership>> {
    let query = Query::new(SPACES)
        .bind(" AND m.account_id = ?", &account)
        .bind(" AND m.organization_id = ?", &organization);
    tx.opt::<MembershipRow>(query.sql(), query.params())?.map(Membership::try_from).transpose()
}

/// The role with which the account may act in the organization at this instant; None if it may not.
pub(crate) fn find_acting_role(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Role>> {
    tx.opt(
        sql!(
            "SELECT m.role FROM membership m JOIN account a ON a.id = m.account_id
            WHERE m.organization_id = $2 AND m.account_id = $1 AND m.state <> 'ended' AND m.state = 'active'
                AND m.valid_from <= $3 AND m.valid_until > $3 AND a.state IN ('active', 'unactivated')"
        ),
        &[&account, &organization, &now],
    )
}

/// A membership as its organization sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub id: MembershipId,
    pub account: AccountId,
    pub managed: bool,
    pub role: Role,
    pub basis: Basis,
    pub state: MembershipState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub granted_by: Option<AccountId>,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
row!(MemberRow {
    id,
    account,
    managed,
    role,
    basis,
    state,
    valid_from,
    valid_until,
    granted_by,
    scope,
    reason,
    created_at,
    ended_at,
});
impl MemberRow {
    /// The role counts at this instant.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == MembershipState::Active && self.valid_from <= now && now < self.valid_until
    }
}
/// Memberships with their accounts; rows of [`MemberRow`].
pub(crate) const MEMBERS: &str =
    "SELECT m.id, m.account_id, m.managed, m.role, m.basis, m.state, m.valid_from, m.valid_until,
    m.granted_by, m.scope, m.reason, m.created_at, m.ended_at FROM membership m JOIN account a ON a.id = m.account_id";

/// Ended memberships included: a replayed form and the record of a former member lead here.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: MembershipId,
) -> Result<Option<MemberRow>> {
    let query =
        Query::new(MEMBERS).bind(" WHERE m.organization_id = ?", &organization).bind(" AND m.id = ?", &id);
    tx.opt(query.sql(), query.params())
}
/// Of these ids those of the organization, ended ones included.
pub(crate) fn list_of_ids(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    ids: &[MembershipId],
) -> Result<Vec<MemberRow>> {
    let query =
        Query::new(MEMBERS).bind(" WHERE m.organization_id = ?", &organization).list(" AND m.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(crate) fn find_live_by_account(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
) -> Result<Option<MemberRow>> {
    let query = Query::new(MEMBERS)
        .bind(" WHERE m.organization_id = ?", &organization)
        .bind(" AND m.account_id = ? AND m.state <> 'ended'", &account);
    tx.opt(query.sql(), query.params())
}

/// What a list shows and from where it goes on.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<MembershipState>,
    pub role: Option<Role>,
    /// Accounts that a search found; None without one.
    pub accounts: Option<Vec<AccountId>>,
    /// Roles below this one alone.
    pub below: Option<Role>,
    pub before: Option<MembershipId>,
    pub after: Option<MembershipId>,
}
/// Newest first; at most `limit`.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let below: Option<Vec<Role>> =
        filter.below.map(|top| Role::ALL.iter().copied().filter(|role| top.may_grant_to(*role)).collect());
    let mut query = Query::new(MEMBERS)
        .bind(" WHERE m.organization_id = ? AND m.state <> 'ended'", &organization)
        .opt(" AND m.state = ?", &filter.state)
        .opt(" AND m.role = ?", &filter.role)
        .opt(" AND m.id < ?", &filter.before)
        .opt(" AND m.id > ?", &filter.after);
    if let Some(below) = &below {
        query = query.list(" AND m.role IN (?)", below);
    }
    if let Some(accounts) = &filter.accounts {
        query = query.list(" AND m.account_id IN (?)", accounts);
    }
    let query = if filter.after.is_some() {
        query.bind(" ORDER BY m.id LIMIT ?", &limit)
    } else {
        query.bind(" ORDER BY m.id DESC LIMIT ?", &limit)
    };
    let mut rows: Vec<MemberRow> = tx.all(query.sql(), query.params())?;
    if filter.after.is_some() {
        rows.reverse();
    }
    Ok(rows)
}

/// Whom to ask: those who administer the organization now, the administrators before the legal representative.
pub(crate) fn list_administrators(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<MemberRow>> {
    let query = Query::new(MEMBERS)
        .bind(
            " WHERE m.organization_id = ? AND m.state = 'active' AND m.state <> 'ended'
                AND m.role <> 'agent' AND m.role IN ('administrator', 'legal_representative')
                AND a.state IN ('active', 'unactivated')",
            &organization,
        )
        .bind(" AND m.valid_from <= ?", &now)
        .bind(" AND m.valid_until > ? ORDER BY m.role, m.id LIMIT 20", &now);
    tx.all(query.sql(), query.params())
}
/// Who could still administer if this membership were gone.
pub(super) fn count_other_administrators(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    except: MembershipId,
    now: Timestamp,
) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM membership m JOIN account a ON a.id = m.account_id
            WHERE m.organization_id = $1 AND m.id <> $2 AND m.state <> 'ended' AND m.state = 'active'
                AND m.role <> 'agent' AND m.role IN ('administrator', 'legal_representative') AND m.valid_from <= $3 AND m.valid_until > $3
                AND a.state IN ('active', 'unactivated')"
        ),
        &[&organization, &except, &now],
    )
}
/// Suspended ones count: they come back.
pub(super) fn count_role(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    role: Role,
    now: Timestamp,
) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM membership WHERE organization_id = $1 AND role = $2 AND state <> 'ended'
                AND valid_until > $3"
        ),
        &[&organization, &role, &now],
    )
}

pub(crate) struct NewMembership {
    pub id: MembershipId,
    pub organization: OrganizationId,
    pub account: AccountId,
    pub managed: bool,
    pub role: Role,
    pub basis: Basis,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub granted_by: Option<AccountId>,
    pub scope: Option<String>,
    pub reason: Option<String>,
}
/// False if a unique key says no: the id exists, the pair is live, or a managed account has its one membership already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewMembership, now: Timestamp) -> Result<bool> {
    Ok(insert_all(tx, std::slice::from_ref(new), now)? == 1)
}
/// How many were inserted.
pub(super) fn insert_all(tx: &mut Tx<'_>, all: &[NewMembership], now: Timestamp) -> Result<u64> {
    let mut statement = tx.repeat(sql!(
        "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
            valid_until, granted_by, scope, reason, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING"
    ))?;
    let mut inserted = 0;
    for new in all {
        inserted += statement.run(&[
            &new.id,
            &new.organization,
            &new.account,
            &new.managed,
            &new.role,
            &new.basis,
            &new.valid_from,
            &new.valid_until,
            &new.granted_by,
            &new.scope,
            &new.reason,
            &now,
        ])?;
    }
    Ok(inserted)
}
/// False if the membership was not in the state that the change starts from.
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: MembershipId,
    from: MembershipState,
    to: MembershipState,
) -> Result<bool> {
    let changed =
        tx.run(sql!("UPDATE membership SET state = $3 WHERE id = $1 AND state = $2"), &[&id, &from, &to])?;
    Ok(changed == 1)
}
pub(super) struct OfficeRow {
    pub membership: MembershipId,
    pub organization: OrganizationId,
    pub name: String,
}
db::row!(OfficeRow { membership, organization, name });
/// Where the account is the head by its own proof, in one order for everybody who locks them.
pub(super) fn list_offices(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<OfficeRow>> {
    tx.all(
        sql!(
            "SELECT m.id, o.id, o.name FROM membership m JOIN organization o ON o.id = m.organization_id
             WHERE m.account_id = $1 AND m.role = 'legal_representative' AND m.basis = 'proven' AND m.state = 'active'
             ORDER BY o.id"
        ),
        &[&account],
    )
}
/// False if it had ended before.
pub(super) fn end(tx: &mut Tx<'_>, id: MembershipId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE membership SET state = 'ended', ended_at = $2 WHERE id = $1 AND state <> 'ended'"),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}
/// A new end, of which nobody was warned yet. False if the membership had ended.
pub(super) fn renew(tx: &mut Tx<'_>, id: MembershipId, until: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE membership SET valid_until = $2, warned_days = NULL WHERE id = $1 AND state <> 'ended'"),
        &[&id, &until],
    )?;
    Ok(changed == 1)
}
/// False if the membership has another role by now, or ended.
pub(super) fn change_role(
    tx: &mut Tx<'_>,
    id: MembershipId,
    from: Role,
    to: (Role, Basis),
    by: Option<AccountId>,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE membership SET role = $3, basis = $4, granted_by = $5
            WHERE id = $1 AND role = $2 AND state <> 'ended'"
        ),
        &[&id, &from, &to.0, &to.1, &by],
    )?;
    Ok(changed == 1)
}
