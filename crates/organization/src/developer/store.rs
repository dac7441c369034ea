use crate::product::ProductState;
use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};

pub(super) struct DevelopedRow {
    pub id: ProductId,
    pub zh: String,
    pub en: String,
    pub icon: String,
    pub state: ProductState,
}
row!(DevelopedRow { id, zh, en, icon, state });

/// Products that the platform entrusted to an organization.
pub(super) fn list_products(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<DevelopedRow>> {
    tx.all(
        sql!(
            "SELECT id, name_zh, name_en, icon, state FROM product
            WHERE developer_organization_id = $1 ORDER BY code LIMIT 200"
        ),
        &[&organization],
    )
}
pub(super) fn develops(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<bool> {
    let found: Option<ProductId> = tx
        .opt(sql!("SELECT id FROM product WHERE developer_organization_id = $1 LIMIT 1"), &[&organization])?;
    Ok(found.is_some())
}
/// None for a product that is not there, or that the platform develops itself.
pub(super) fn find_developer(tx: &mut Tx<'_>, product: ProductId) -> Result<Option<OrganizationId>> {
    let found: Option<Option<OrganizationId>> =
        tx.opt(sql!("SELECT developer_organization_id FROM product WHERE id = $1"), &[&product])?;
    Ok(found.flatten())
}
/// False if it had another developer by now.
pub(super) fn set_developer(
    tx: &mut Tx<'_>,
    product: ProductId,
    from: Option<OrganizationId>,
    to: Option<OrganizationId>,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE product SET developer_organization_id = $3, rev = rev + 1
            WHERE id = $1 AND COALESCE(developer_organization_id, 0) = COALESCE(CAST($2 AS BIGINT), 0)"
        ),
        &[&product, &from, &to],
    )?;
    Ok(changed == 1)
}

/// Whether one of its members was named, and is a member still.
pub(super) fn is_named(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<bool> {
    let found: Option<MembershipId> = tx.opt(
        sql!(
            "SELECT m.id FROM membership m JOIN developer d ON d.membership_id = m.id
            JOIN account a ON a.id = m.account_id
            WHERE m.organization_id = $2 AND m.account_id = $1 AND m.state <> 'ended' AND m.state = 'active'
                AND m.valid_from <= $3 AND m.valid_until > $3 AND a.state IN ('active', 'unactivated')"
        ),
        &[&account, &organization, &now],
    )?;
    Ok(found.is_some())
}

pub(super) struct NamedRow {
    pub membership: MembershipId,
    pub account: AccountId,
    pub since: Timestamp,
}
row!(NamedRow { membership, account, since });
/// Suspended members stay named: they come back.
pub(super) fn list_named(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<NamedRow>> {
    tx.all(
        sql!(
            "SELECT d.membership_id, m.account_id, d.created_at FROM developer d
            JOIN membership m ON m.id = d.membership_id AND m.state <> 'ended'
            WHERE d.organization_id = $1 ORDER BY d.created_at, d.membership_id LIMIT 200"
        ),
        &[&organization],
    )
}
/// False if the member was named already.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO developer (membership_id, organization_id, created_at) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING"
        ),
        &[&membership, &organization, &now],
    )?;
    Ok(inserted == 1)
}
/// False if the member was none.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    organization: OrganizationId,
) -> Result<bool> {
    let deleted = tx.run(
        sql!("DELETE FROM developer WHERE membership_id = $1 AND organization_id = $2"),
        &[&membership, &organization],
    )?;
    Ok(deleted == 1)
}
