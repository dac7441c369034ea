use super::model::{
    Field, FieldOrigin, FieldSource, NewOrganization, Organization, OrganizationState, RegistryState, folded,
};
use crate::organization_type::{TypePolicy, Words};
use db::{Query, Statement, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, OrganizationTypeId},
};

/// The row that a transaction holds while it changes who may do what in the organization.
#[derive(Clone, Debug)]
pub struct Locked {
    pub id: OrganizationId,
    pub name: String,
    pub state: OrganizationState,
    pub registry_state: RegistryState,
    pub account_manager: Option<AccountId>,
    administrator_extra_until: Option<Timestamp>,
    pub policy: TypePolicy,
}
impl Locked {
    /// The type's number, and one more while the account manager allows it.
    pub fn administrators_allowed(&self, now: Timestamp) -> i64 {
        let extra = self.administrator_extra_until.is_some_and(|until| now < until);
        i64::from(self.policy.administrators) + i64::from(extra)
    }
}
struct LockedRow {
    id: OrganizationId,
    name: String,
    type_id: OrganizationTypeId,
    state: OrganizationState,
    registry_state: RegistryState,
    account_manager: Option<AccountId>,
    administrator_extra_until: Option<Timestamp>,
}
row!(LockedRow { id, name, type_id, state, registry_state, account_manager, administrator_extra_until });

/// How many administrators there may be now, for pages; a change asks the row that it locked.
pub(crate) fn administrators_allowed(tx: &mut Tx<'_>, id: OrganizationId, now: Timestamp) -> Result<i64> {
    let (policy, extra): (String, Option<Timestamp>) = tx.one(
        sql!(
            "SELECT t.policy, o.administrator_extra_until FROM organization o
            JOIN organization_type t ON t.id = o.type_id WHERE o.id = $1"
        ),
        &[&id],
    )?;
    let extra = extra.is_some_and(|until| now < until);
    Ok(i64::from(TypePolicy::parse(&policy)?.administrators) + i64::from(extra))
}

/// First statement of every change: the row lock that lets changes of one organization follow one another.
pub(crate) fn lock(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Option<Locked>> {
    let row: Option<LockedRow> = tx.opt(
        sql!(
            "UPDATE organization SET rev = rev + 1 WHERE id = $1 AND state <> 'closed'
            RETURNING id, name, type_id, state, registry_state, account_manager_id, administrator_extra_until"
        ),
        &[&id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let policy: String =
        tx.one(sql!("SELECT policy FROM organization_type WHERE id = $1"), &[&row.type_id])?;
    Ok(Some(Locked {
        id: row.id,
        name: row.name,
        state: row.state,
        registry_state: row.registry_state,
        account_manager: row.account_manager,
        administrator_extra_until: row.administrator_extra_until,
        policy: TypePolicy::parse(&policy)?,
    }))
}

struct OrganizationRow {
    id: OrganizationId,
    type_id: OrganizationTypeId,
    type_zh: String,
    type_en: String,
    policy: String,
    name: String,
    short_name: String,
    uscc: Option<String>,
    member_number: Option<String>,
    registration_number: Option<String>,
    head_name: Option<String>,
    address: Option<String>,
    phone: Option<String>,
    account_manager: Option<AccountId>,
    state: OrganizationState,
    registry_state: RegistryState,
    registry_at: Option<Timestamp>,
    created_at: Timestamp,
}
row!(OrganizationRow {
    id,
    type_id,
    type_zh,
    type_en,
    policy,
    name,
    short_name,
    uscc,
    member_number,
    registration_number,
    head_name,
    address,
    phone,
    account_manager,
    state,
    registry_state,
    registry_at,
    created_at,
});
impl TryFrom<OrganizationRow> for Organization {
    type Error = kernel::Error;
    fn try_from(row: OrganizationRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            type_id: row.type_id,
            type_name: Words { zh: row.type_zh, en: row.type_en },
            policy: TypePolicy::parse(&row.policy)?,
            name: row.name,
            short_name: row.short_name,
            uscc: row.uscc,
            member_number: row.member_number,
            registration_number: row.registration_number,
            head_name: row.head_name,
            address: row.address,
            phone: row.phone,
            account_manager: row.account_manager,
            state: row.state,
            registry_state: row.registry_state,
            registry_at: row.registry_at,
            created_at: row.created_at,
        })
    }
}
const COLUMNS: &str = "SELECT o.id, o.type_id, t.name_zh, t.name_en, t.policy, o.name, o.short_name, o.uscc,
    o.member_number, o.registration_number, o.head_name, o.address, o.phone, o.account_manager_id, o.state,
    o.registry_state, o.registry_at, o.created_at
    FROM organization o JOIN organization_type t ON t.id = o.type_id";

pub(crate) fn find(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Option<Organization>> {
    let query = Query::new(COLUMNS).bind(" WHERE o.id = ?", &id);
    tx.opt::<OrganizationRow>(query.sql(), query.params())?.map(Organization::try_from).transpose()
}

/// A page of organizations by id, newest first; `before` is the last one of the page before.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account_manager: Option<AccountId>,
    name: Option<&str>,
    before: Option<OrganizationId>,
    limit: i64,
) -> Result<Vec<Organization>> {
    let from = name.map(folded);
    // Everything that begins with the typed name: U+10FFFF sorts behind any other character.
    let to = from.as_ref().map(|from| format!("{from}\u{10FFFF}"));
    let below = before.unwrap_or(OrganizationId::from_i64(i64::MAX));
    let query = Query::new(COLUMNS)
        .add(" WHERE o.state <> 'closed'")
        .opt(" AND o.account_manager_id = ?", &account_manager)
        .opt(" AND o.name_folded >= ?", &from)
        .opt(" AND o.name_folded < ?", &to)
        .bind(" AND o.id < ?", &below)
        .bind(" ORDER BY o.id DESC LIMIT ?", &limit);
    tx.all::<OrganizationRow>(query.sql(), query.params())?.into_iter().map(Organization::try_from).collect()
}

/// False if the id exists already: the form was sent twice.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewOrganization, now: Timestamp) -> Result<bool> {
    let uscc = new.uscc.as_ref().map(kernel::Uscc::as_str);
    let inserted = tx.run(
        sql!(
            "INSERT INTO organization (id, type_id, name, name_folded, short_name, uscc, member_number,
                registration_number, head_name, address, account_manager_id, state, rev, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'active', 0, $12) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &new.id,
            &new.type_id,
            &new.name,
            &folded(&new.name),
            &new.short_name,
            &uscc,
            &new.member_number,
            &new.registration_number,
            &new.head_name,
            &new.address,
            &new.account_manager,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}

/// Which identifier another live organization has already.
pub(super) fn taken(
    tx: &mut Tx<'_>,
    except: OrganizationId,
    uscc: Option<&str>,
    member_number: Option<&str>,
    registration_number: Option<&str>,
) -> Result<Option<&'static str>> {
    if let Some(uscc) = uscc {
        let found: Option<i64> = tx.opt(
            sql!("SELECT id FROM organization WHERE uscc = $1 AND state <> 'closed' AND id <> $2"),
            &[&uscc, &except],
        )?;
        if found.is_some() {
            return Ok(Some("uscc"));
        }
    }
    if let Some(number) = member_number {
        let found: Option<i64> = tx.opt(
            sql!("SELECT id FROM organization WHERE member_number = $1 AND state <> 'closed' AND id <> $2"),
            &[&number, &except],
        )?;
        if found.is_some() {
            return Ok(Some("member_number"));
        }
    }
    if let Some(number) = registration_number {
        let found: Option<i64> = tx.opt(
            sql!(
                "SELECT id FROM organization WHERE registration_number = $1 AND state <> 'closed' AND id <> $2"
            ),
            &[&number, &except],
        )?;
        if found.is_some() {
            return Ok(Some("registration_number"));
        }
    }
    Ok(None)
}

pub(super) fn set_state(tx: &mut Tx<'_>, id: OrganizationId, state: OrganizationState) -> Result<()> {
    tx.run(sql!("UPDATE organization SET state = $2 WHERE id = $1"), &[&id, &state]).map(drop)
}
pub(super) fn set_member_number(tx: &mut Tx<'_>, id: OrganizationId, number: Option<&str>) -> Result<()> {
    tx.run(sql!("UPDATE organization SET member_number = $2 WHERE id = $1"), &[&id, &number]).map(drop)
}
pub(super) fn set_account_manager(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    manager: Option<AccountId>,
) -> Result<()> {
    tx.run(sql!("UPDATE organization SET account_manager_id = $2 WHERE id = $1"), &[&id, &manager]).map(drop)
}
pub(super) fn allow_extra_administrator(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    until: Option<Timestamp>,
    reason: &str,
) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE organization SET administrator_extra_until = $2, administrator_extra_reason = $3 WHERE id = $1"
        ),
        &[&id, &until, &reason],
    )
    .map(drop)
}

/// Everything of the record that changes after the creation, at once.
pub(super) fn update_record(tx: &mut Tx<'_>, o: &Organization) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE organization SET name = $2, name_folded = $3, short_name = $4, uscc = $5, member_number = $6,
                registration_number = $7, head_name = $8, address = $9, phone = $10, registry_state = $11,
                registry_at = $12
            WHERE id = $1"
        ),
        &[
            &o.id,
            &o.name,
            &folded(&o.name),
            &o.short_name,
            &o.uscc,
            &o.member_number,
            &o.registration_number,
            &o.head_name,
            &o.address,
            &o.phone,
            &o.registry_state,
            &o.registry_at,
        ],
    )
}
db::row!(FieldOrigin { field, source, source_name, changed_by, changed_at });
pub(super) fn list_origins(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Vec<FieldOrigin>> {
    tx.all(
        sql!(
            "SELECT field, source, source_name, changed_by, changed_at FROM organization_field
            WHERE organization_id = $1"
        ),
        &[&id],
    )
}
pub(super) fn set_origin(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    field: Field,
    (source, source_name): (FieldSource, Option<&str>),
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO organization_field (organization_id, field, source, source_name, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (organization_id, field) DO UPDATE SET source = excluded.source,
                source_name = excluded.source_name, changed_by = excluded.changed_by, changed_at = excluded.changed_at"
        ),
        &[&id, &field, &source, &source_name, &by, &now],
    )
    .map(drop)
}

/// What an administrator's home page counts; a number of a large organization stops at its bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    /// To 1,000.
    pub members: i64,
    /// Products to which the organization is admitted by a row of its own.
    pub admissions: i64,
    /// To 100, as the next one.
    pub open_applications: i64,
    /// Memberships that end within 30 days.
    pub ending: i64,
}
row!(Numbers { members, admissions, open_applications, ending });

pub(super) fn numbers(tx: &mut Tx<'_>, id: OrganizationId, now: Timestamp) -> Result<Numbers> {
    tx.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM membership WHERE organization_id = $1 AND state <> 'ended'
                    LIMIT 1000) m),
                (SELECT COUNT(*) FROM admission WHERE organization_id = $1 AND state <> 'ended' AND state = 'active' AND valid_from <= $2
                    AND valid_until > $2),
                (SELECT COUNT(*) FROM (SELECT id FROM application WHERE organization_id = $1
                    AND state IN ('submitted', 'first_approved') AND kind IN ('product_access', 'agent_authorization')
                    AND expires_at > $2 LIMIT 100) a),
                (SELECT COUNT(*) FROM (SELECT id FROM membership WHERE organization_id = $1 AND state <> 'ended'
                    AND state = 'active' AND valid_until < 9223372036854775807 AND valid_until > $2
                    AND valid_until <= $3 LIMIT 100) e)"
        ),
        &[&id, &now, &now.plus_days(30)],
    )
}

/// Names beside ids, for lists that mention organizations.
pub(super) fn list_names(tx: &mut Tx<'_>, ids: &[OrganizationId]) -> Result<Vec<(OrganizationId, String)>> {
    let query = Query::new("SELECT id, name FROM organization").list(" WHERE id IN (?)", ids);
    tx.all(query.sql(), query.params())
}

/// One line of the operation record.
#[derive(Clone, Debug)]
pub struct Happened {
    pub at: Timestamp,
    pub account: Option<AccountId>,
    pub actor_kind: String,
    pub action: String,
    pub outcome: String,
    pub detail: String,
}
row!(Happened { at, account, actor_kind, action, outcome, detail });

/// Everything that happened to one row since it was made, oldest first.
pub(crate) fn list_happened_to(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    object_kind: &'static str,
    object: i64,
    since: Timestamp,
) -> Result<Vec<Happened>> {
    tx.all(
        sql!(
            "SELECT at, actor_account_id, actor_kind, action, outcome, detail FROM audit_event
            WHERE organization_id = $1 AND at >= $4 AND object_kind = $2 AND object_id = $3 ORDER BY at, id LIMIT 100"
        ),
        &[&organization, &object_kind, &object, &since],
    )
}
pub(super) fn find_by_uscc(statement: Statement<'_, '_>, code: &str) -> Result<Option<OrganizationId>> {
    struct Row {
        id: OrganizationId,
    }
    row!(Row { id });
    let found: Option<Row> =
        statement.opt(sql!("SELECT id FROM organization WHERE uscc = $1 AND state <> 'closed'"), &[&code])?;
    Ok(found.map(|row| row.id))
}
