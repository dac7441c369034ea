use db::{Tx, sql};
use kernel::{
    Result,
    id::{ApplicationId, OrganizationId},
};

/// The live organization that has the code as one of its identifiers.
pub(super) fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<OrganizationId>> {
    tx.one(
        sql!(
            "SELECT MIN(f.id) FROM (SELECT id FROM organization WHERE state <> 'closed' AND uscc = $1
                UNION ALL SELECT id FROM organization WHERE state <> 'closed' AND member_number = $1
                UNION ALL SELECT id FROM organization WHERE state <> 'closed' AND registration_number = $1) f"
        ),
        &[&code],
    )
}
/// Where the type asks for two approvals of what is no organization yet.
pub(super) fn set_two_steps(tx: &mut Tx<'_>, id: ApplicationId) -> Result<()> {
    tx.run(sql!("UPDATE application SET two_steps = TRUE WHERE id = $1 AND state = 'submitted'"), &[&id])
        .map(drop)
}
