use super::model::Client;
use db::{Query, Statement, Tx, sql};
use kernel::{Result, Timestamp, id::ProductId};

pub fn find(statement: Statement<'_, '_>, client_id: &str) -> Result<Option<Client>> {
    statement.opt(
        sql!(
            "SELECT id, client_id, product_id, name, secret_mac, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id
             FROM client WHERE client_id = $1"
        ),
        &[&client_id],
    )
}

pub fn find_all(statement: Statement<'_, '_>, client_ids: &[String]) -> Result<Vec<Client>> {
    let query = Query::new(
        "SELECT id, client_id, product_id, name, secret_mac, redirect_uris, post_logout_redirect_uris,
             initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id
         FROM client",
    )
    .list(" WHERE client_id IN (?)", client_ids);
    statement.all(query.sql(), query.params())
}

pub fn list_of_product(statement: Statement<'_, '_>, product: ProductId) -> Result<Vec<Client>> {
    statement.all(
        sql!(
            "SELECT id, client_id, product_id, name, secret_mac, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id
             FROM client WHERE product_id = $1 ORDER BY id"
        ),
        &[&product],
    )
}

pub fn insert(tx: &mut Tx<'_>, client: &Client, now: Timestamp) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO client (id, client_id, product_id, name, secret_mac, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service,
                 owner_organization_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ),
        &[
            &client.id,
            &client.client_id,
            &client.product,
            &client.name,
            &client.secret_mac,
            &client.redirect_uris,
            &client.post_logout_redirect_uris,
            &client.initiate_login_uri,
            &client.skip_consent,
            &client.id_token_algorithm,
            &client.state,
            &client.service,
            &client.owner,
            &now,
        ],
    )?;
    tx.changed("client", client.id);
    Ok(())
}

/// Whether the row was there and had another state.
pub fn update_state(tx: &mut Tx<'_>, client: &Client) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE client SET state = $1 WHERE id = $2 AND state <> $1"),
        &[&client.state, &client.id],
    )?;
    tx.changed("client", client.id);
    Ok(changed > 0)
}
