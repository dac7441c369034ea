use crate::client::ClientState;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{ClientId, OrganizationId, ProductId},
};

pub(super) struct MachineRow {
    pub id: ClientId,
    pub client_id: String,
    pub name: String,
    pub state: ClientState,
    pub product: ProductId,
    pub product_zh: String,
    pub product_en: String,
    pub since: Timestamp,
}
row!(MachineRow { id, client_id, name, state, product, product_zh, product_en, since });

pub(super) fn list_of(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    after: Option<ClientId>,
    limit: i64,
) -> Result<Vec<MachineRow>> {
    let after = after.unwrap_or(ClientId::from_i64(0));
    tx.all(
        sql!(
            "SELECT c.id, c.client_id, c.name, c.state, c.product_id, p.name_zh, p.name_en, c.created_at
            FROM client c JOIN product p ON p.id = c.product_id
            WHERE c.owner_organization_id = $1 AND c.service = TRUE AND c.id > $2 ORDER BY c.id LIMIT $3"
        ),
        &[&organization, &after, &limit],
    )
}

/// Active machines of a product that act for an organization, or for the platform; after one of them.
pub(super) fn list_at(
    tx: &mut Tx<'_>,
    product: ProductId,
    owner: Option<OrganizationId>,
    after: Option<ClientId>,
    limit: i64,
) -> Result<Vec<(ClientId, String)>> {
    let after = after.unwrap_or(ClientId::from_i64(0));
    let query = Query::new("SELECT id, client_id FROM client WHERE service = TRUE AND state = 'active'")
        .bind(" AND product_id = ?", &product)
        .bind(" AND id > ?", &after);
    let query = match &owner {
        Some(owner) => query.bind(" AND owner_organization_id = ?", owner),
        None => query.add(" AND owner_organization_id IS NULL"),
    };
    let query = query.bind(" ORDER BY id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}

pub(super) struct OwnedRow {
    pub product: ProductId,
    pub owner: Option<OrganizationId>,
}
row!(OwnedRow { product, owner });
pub(super) fn find(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<OwnedRow>> {
    tx.opt(
        sql!("SELECT product_id, owner_organization_id FROM client WHERE id = $1 AND service = TRUE"),
        &[&id],
    )
}
/// False if it is another's by now. Whoever had it knows its secret and its key: both go.
pub(super) fn set_owner(
    tx: &mut Tx<'_>,
    id: ClientId,
    (from, to): (Option<OrganizationId>, Option<OrganizationId>),
) -> Result<bool> {
    // No organization has the number nought; the platform stands for it here.
    let from = from.unwrap_or(OrganizationId::from_i64(0));
    let changed = tx.run(
        sql!(
            "UPDATE client SET owner_organization_id = $1, rev = rev + 1, secret_mac = NULL, secret_sealed = NULL,
                jwks = NULL, jwks_uri = NULL
            WHERE id = $2 AND service = TRUE AND COALESCE(owner_organization_id, 0) = $3"
        ),
        &[&to, &id, &from],
    )?;
    tx.changed("client", id);
    Ok(changed == 1)
}
