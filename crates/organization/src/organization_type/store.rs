use super::input::ParsedType;
use super::model::{EditedType, Identifier, OrganizationType, TypePolicy, Words};
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::OrganizationTypeId};

struct TypeRow {
    id: OrganizationTypeId,
    code: String,
    name_zh: String,
    name_en: String,
    policy: String,
}
row!(TypeRow { id, code, name_zh, name_en, policy });
impl TryFrom<TypeRow> for OrganizationType {
    type Error = kernel::Error;
    fn try_from(row: TypeRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            policy: TypePolicy::parse(&row.policy)?,
        })
    }
}

pub(crate) fn list(tx: &mut Tx<'_>) -> Result<Vec<OrganizationType>> {
    tx.all::<TypeRow>(
        sql!("SELECT id, code, name_zh, name_en, policy FROM organization_type ORDER BY id"),
        &[],
    )?
    .into_iter()
    .map(OrganizationType::try_from)
    .collect()
}
pub(crate) fn find(tx: &mut Tx<'_>, id: OrganizationTypeId) -> Result<Option<OrganizationType>> {
    tx.opt::<TypeRow>(
        sql!("SELECT id, code, name_zh, name_en, policy FROM organization_type WHERE id = $1"),
        &[&id],
    )?
    .map(OrganizationType::try_from)
    .transpose()
}
/// False if the id or code exists already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &OrganizationType, policy: &str, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO organization_type (id, code, name_zh, name_en, policy, rev, created_at)
            VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.code, &new.name.zh, &new.name.en, &policy, &now],
    )?;
    Ok(inserted == 1)
}

pub(super) fn find_edited(tx: &mut Tx<'_>, id: OrganizationTypeId) -> Result<Option<EditedType>> {
    let Some(kind) = find(tx, id)? else { return Ok(None) };
    let rev: i64 = tx.one(sql!("SELECT rev FROM organization_type WHERE id = $1"), &[&id])?;
    Ok(Some(EditedType { kind, rev }))
}
pub(super) fn is_code_taken(tx: &mut Tx<'_>, except: OrganizationTypeId, code: &str) -> Result<bool> {
    let found: Option<i64> =
        tx.opt(sql!("SELECT id FROM organization_type WHERE code = $1 AND id <> $2"), &[&code, &except])?;
    Ok(found.is_some())
}
/// Whether a live organization of the type has one.
pub(super) fn is_in_use(tx: &mut Tx<'_>, id: OrganizationTypeId, identifier: Identifier) -> Result<bool> {
    let statement = match identifier {
        Identifier::Uscc => sql!(
            "SELECT id FROM organization WHERE type_id = $1 AND state <> 'closed' AND uscc IS NOT NULL LIMIT 1"
        ),
        Identifier::MemberNumber => sql!(
            "SELECT id FROM organization WHERE type_id = $1 AND state <> 'closed' AND member_number IS NOT NULL LIMIT 1"
        ),
        Identifier::RegistrationNumber => sql!(
            "SELECT id FROM organization
            WHERE type_id = $1 AND state <> 'closed' AND registration_number IS NOT NULL LIMIT 1"
        ),
    };
    let found: Option<i64> = tx.opt(statement, &[&id])?;
    Ok(found.is_some())
}
/// False if it was changed since `rev`.
pub(super) fn update(
    tx: &mut Tx<'_>,
    id: OrganizationTypeId,
    rev: i64,
    new: &ParsedType,
    policy: &str,
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE organization_type SET code = $3, name_zh = $4, name_en = $5, policy = $6, rev = rev + 1
            WHERE id = $1 AND rev = $2"
        ),
        &[&id, &rev, &new.code, &new.name.zh, &new.name.en, &policy],
    )?;
    Ok(updated == 1)
}
