use db::{Tx, sql};
use kernel::{
    Result,
    id::{OrganizationId, OrganizationTypeId},
};

pub(super) fn lock_type(tx: &mut Tx<'_>, id: OrganizationTypeId) -> Result<u64> {
    tx.run(sql!("UPDATE organization_type SET created_at = created_at WHERE id = $1"), &[&id])
}

pub(super) fn find_by_uscc(tx: &mut Tx<'_>, uscc: &str) -> Result<Option<OrganizationId>> {
    tx.opt(sql!("SELECT id FROM organization WHERE uscc = $1 AND state <> 'closed'"), &[&uscc])
}
/// Two are enough to know that the name does not decide.
pub(super) fn list_by_name(tx: &mut Tx<'_>, folded: &str) -> Result<Vec<(OrganizationId, Option<String>)>> {
    tx.all(
        sql!("SELECT id, uscc FROM organization WHERE name_folded = $1 AND state <> 'closed' ORDER BY id LIMIT 2"),
        &[&folded],
    )
}
