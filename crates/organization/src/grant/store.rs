use super::model::Cell;
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, GrantId, MembershipId, OrganizationId, ProductId},
};

/// The live grants of these members, expired ones left out: what the matrix shows as ticked.
pub(super) fn list_of_members(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    members: &[MembershipId],
    now: Timestamp,
) -> Result<Vec<Cell>> {
    let query = Query::new(
        "SELECT g.membership_id, g.product_id FROM product_grant g JOIN membership m ON m.id = g.membership_id",
    )
    .bind(" WHERE m.organization_id = ? AND m.state <> 'ended' AND g.state = 'active'", &organization)
    .bind(" AND g.valid_until > ?", &now)
    .list(" AND g.membership_id IN (?)", members);
    let rows: Vec<(MembershipId, ProductId)> = tx.all(query.sql(), query.params())?;
    Ok(rows.into_iter().map(|(membership, product)| Cell { membership, product }).collect())
}
/// Products that anyone in the organization still has a grant of.
pub(super) fn list_granted_products(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<ProductId>> {
    tx.all(
        sql!(
            "SELECT DISTINCT g.product_id FROM product_grant g JOIN membership m ON m.id = g.membership_id
            WHERE m.organization_id = $1 AND m.state <> 'ended' AND g.state = 'active' AND g.valid_until > $2"
        ),
        &[&organization, &now],
    )
}
/// A row that is live but out of its period would keep the unique key: it ends first.
pub(super) fn end_expired(tx: &mut Tx<'_>, cell: Cell, now: Timestamp) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE product_grant SET state = 'ended', ended_at = $3
            WHERE membership_id = $1 AND product_id = $2 AND state <> 'ended' AND valid_until <= $3"
        ),
        &[&cell.membership, &cell.product, &now],
    )
    .map(drop)
}
/// False if the member has a live grant of the product already.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: GrantId,
    cell: Cell,
    valid_until: Timestamp,
    granted_by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO product_grant (id, membership_id, product_id, state, valid_from, valid_until, granted_by, created_at)
            VALUES ($1, $2, $3, 'active', $4, $5, $6, $4) ON CONFLICT DO NOTHING"
        ),
        &[&id, &cell.membership, &cell.product, &now, &valid_until, &granted_by],
    )?;
    Ok(inserted == 1)
}
pub(super) fn end(tx: &mut Tx<'_>, cell: Cell, now: Timestamp) -> Result<Option<GrantId>> {
    tx.opt(
        sql!(
            "UPDATE product_grant SET state = 'ended', ended_at = $3
            WHERE membership_id = $1 AND product_id = $2 AND state <> 'ended' RETURNING id"
        ),
        &[&cell.membership, &cell.product, &now],
    )
}
pub(super) fn end_all(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    now: Timestamp,
) -> Result<Vec<(GrantId, ProductId)>> {
    tx.all(
        sql!(
            "UPDATE product_grant SET state = 'ended', ended_at = $2
            WHERE membership_id = $1 AND state <> 'ended' RETURNING id, product_id"
        ),
        &[&membership, &now],
    )
}
