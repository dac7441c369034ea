use super::model::{OrganizationType, TypePolicy, Words};
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

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<OrganizationType>> {
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
            "INSERT INTO organization_type (id, code, name_zh, name_en, policy, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.code, &new.name.zh, &new.name.en, &policy, &now],
    )?;
    Ok(inserted == 1)
}
