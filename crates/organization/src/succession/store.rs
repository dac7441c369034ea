use db::{Tx, sql};
use kernel::{
    Id, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, mark},
};

pub(super) type SuccessionId = Id<mark::Succession>;

pub(super) fn find_open(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Option<SuccessionId>> {
    tx.opt(
        sql!("SELECT id FROM succession WHERE organization_id = $1 AND closed_at IS NULL"),
        &[&organization],
    )
}
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: SuccessionId,
    organization: OrganizationId,
    (former, source): (Option<AccountId>, &str),
    now: Timestamp,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO succession (id, organization_id, former_account_id, source, created_at)
            VALUES ($1, $2, $3, $4, $5)"
        ),
        &[&id, &organization, &former, &source, &now],
    )
    .map(drop)
}
pub(super) fn close(tx: &mut Tx<'_>, id: SuccessionId, now: Timestamp) -> Result<()> {
    tx.run(sql!("UPDATE succession SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL"), &[&id, &now])
        .map(drop)
}
pub(super) fn insert_member(tx: &mut Tx<'_>, id: SuccessionId, membership: MembershipId) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO succession_member (succession_id, membership_id, state) VALUES ($1, $2, 'waiting')"
        ),
        &[&id, &membership],
    )
    .map(drop)
}
/// Administrators that nobody decided on and whose membership did not end by itself.
pub(super) fn list_waiting(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<MembershipId>> {
    tx.all(
        sql!(
            "SELECT s.membership_id FROM succession_member s JOIN succession c ON c.id = s.succession_id
            JOIN membership m ON m.id = s.membership_id
            WHERE c.organization_id = $1 AND c.closed_at IS NULL AND s.state = 'waiting' AND m.state <> 'ended'
                AND m.role = 'administrator' ORDER BY s.membership_id"
        ),
        &[&organization],
    )
}
/// False if it was decided before.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: SuccessionId,
    membership: MembershipId,
    (state, by): (&str, AccountId),
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE succession_member SET state = $3, decided_by = $4, decided_at = $5
            WHERE succession_id = $1 AND membership_id = $2 AND state = 'waiting'"
        ),
        &[&id, &membership, &state, &by, &now],
    )?;
    Ok(changed == 1)
}
