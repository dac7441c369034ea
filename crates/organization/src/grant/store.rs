use super::model::{Cell, Held};
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, GrantId, MembershipId, OrganizationId, ProductId},
};

struct HeldRow {
    id: GrantId,
    membership: MembershipId,
    product: ProductId,
    from: Timestamp,
    until: Timestamp,
    by: Option<AccountId>,
}
row!(HeldRow { id, membership, product, from, until, by });
impl From<HeldRow> for Held {
    fn from(row: HeldRow) -> Self {
        let cell = Cell { membership: row.membership, product: row.product };
        Self { id: row.id, cell, from: row.from, until: row.until, by: row.by }
    }
}
/// The live grants of these members, expired ones left out: what the matrix shows as ticked.
pub(super) fn list_of_members(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    members: &[MembershipId],
    now: Timestamp,
) -> Result<Vec<Held>> {
    let query = Query::new(
        "SELECT g.id, g.membership_id, g.product_id, g.valid_from, g.valid_until, g.granted_by
        FROM product_grant g JOIN membership m ON m.id = g.membership_id",
    )
    .bind(
        " WHERE m.organization_id = ? AND m.state <> 'ended' AND g.state = 'active' AND g.state <> 'ended'",
        &organization,
    )
    .bind(" AND g.valid_until > ?", &now)
    .list(" AND g.membership_id IN (?)", members);
    Ok(tx.all::<HeldRow>(query.sql(), query.params())?.into_iter().map(Held::from).collect())
}
/// Whether anybody in the organization still has a grant of the product.
pub(super) fn is_granted(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<bool> {
    let found: Option<GrantId> = tx.opt(
        sql!(
            "SELECT g.id FROM membership m JOIN product_grant g ON g.membership_id = m.id AND g.product_id = $2
                AND g.state = 'active' AND g.state <> 'ended' AND g.valid_until > $3
             WHERE m.organization_id = $1 AND m.state <> 'ended' LIMIT 1"
        ),
        &[&organization, &product, &now],
    )?;
    Ok(found.is_some())
}
/// Who changed a cell last, and when.
pub(super) fn find_last_change(
    tx: &mut Tx<'_>,
    cell: Cell,
) -> Result<Option<(Option<AccountId>, Option<Timestamp>)>> {
    tx.opt(
        sql!(
            "SELECT changed_by, changed_at FROM product_grant WHERE membership_id = $1 AND product_id = $2
             ORDER BY id DESC LIMIT 1"
        ),
        &[&cell.membership, &cell.product],
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
            "INSERT INTO product_grant (id, membership_id, product_id, state, valid_from, valid_until, granted_by,
                changed_by, changed_at, created_at)
            VALUES ($1, $2, $3, 'active', $4, $5, $6, $6, $4, $4) ON CONFLICT DO NOTHING"
        ),
        &[&id, &cell.membership, &cell.product, &now, &valid_until, &granted_by],
    )?;
    Ok(inserted == 1)
}
/// Another end, of which nobody was warned yet. False if the grant ended meanwhile.
pub(super) fn set_until(
    tx: &mut Tx<'_>,
    id: GrantId,
    until: Timestamp,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE product_grant SET valid_until = $2, changed_by = $3, changed_at = $4, warned_days = NULL
            WHERE id = $1 AND state = 'active'"
        ),
        &[&id, &until, &by, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn end(
    tx: &mut Tx<'_>,
    cell: Cell,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<Option<GrantId>> {
    tx.opt(
        sql!(
            "UPDATE product_grant SET state = 'ended', ended_at = $3, changed_by = $4, changed_at = $3
            WHERE membership_id = $1 AND product_id = $2 AND state <> 'ended' RETURNING id"
        ),
        &[&cell.membership, &cell.product, &now, &by],
    )
}
pub(super) fn end_all(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<Vec<(GrantId, ProductId)>> {
    tx.all(
        sql!(
            "UPDATE product_grant SET state = 'ended', ended_at = $2, changed_by = $3, changed_at = $2
            WHERE membership_id = $1 AND state <> 'ended' RETURNING id, product_id"
        ),
        &[&membership, &now, &by],
    )
}

pub(super) fn list_defaults(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<ProductId>> {
    tx.all(
        sql!("SELECT product_id FROM default_grant WHERE organization_id = $1 ORDER BY product_id"),
        &[&organization],
    )
}
pub(super) fn insert_default(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO default_grant (organization_id, product_id, set_by, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING"
        ),
        &[&organization, &product, &by, &now],
    )
}
pub(super) fn delete_default(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
) -> Result<u64> {
    tx.run(
        sql!("DELETE FROM default_grant WHERE organization_id = $1 AND product_id = $2"),
        &[&organization, &product],
    )
}

/// A grant that ends soon and was not warned of at this distance.
pub(super) struct Ending {
    pub id: GrantId,
    pub organization: OrganizationId,
    pub account: AccountId,
    pub product: ProductId,
    pub valid_until: Timestamp,
}
row!(Ending { id, organization, account, product, valid_until });
/// Those that end within so many days from `now` while the membership goes on, the soonest first.
pub(super) fn list_ending(tx: &mut Tx<'_>, days: i64, now: Timestamp, limit: i64) -> Result<Vec<Ending>> {
    tx.all(
        sql!(
            "SELECT g.id, m.organization_id, m.account_id, g.product_id, g.valid_until FROM product_grant g
            JOIN membership m ON m.id = g.membership_id AND m.state = 'active' AND m.valid_until > g.valid_until
            JOIN organization o ON o.id = m.organization_id AND o.state = 'active'
            WHERE g.state = 'active' AND g.valid_until < 9223372036854775807 AND g.valid_until > $1
                AND g.valid_until <= $2 AND (g.warned_days IS NULL OR g.warned_days > $3)
            ORDER BY g.valid_until, g.id LIMIT $4"
        ),
        &[&now, &now.plus_days(days), &days, &limit],
    )
}
/// False if another node warned meanwhile, or the end was moved.
pub(super) fn mark_warned(tx: &mut Tx<'_>, ending: &Ending, days: i64) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE product_grant SET warned_days = $3 WHERE id = $1 AND state = 'active' AND valid_until = $2
                AND (warned_days IS NULL OR warned_days > $3)"
        ),
        &[&ending.id, &ending.valid_until, &days],
    )?;
    Ok(changed == 1)
}
