use super::{model::Client, settings::join_lines};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{ClientId, ProductId},
};

pub fn find(statement: Statement<'_, '_>, client_id: &str) -> Result<Option<Client>> {
    statement.opt(
        sql!(
            "SELECT id, client_id, product_id, name, secret_mac, secret_sealed, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id,
                 profile, auth_method, auth_algorithm, jwks, jwks_uri, grant_types, access_token_format,
                 access_token_seconds, dpop_bound, require_par, subject_type, sector_identifier_uri,
                 request_object_algorithm, backchannel_logout_uri, backchannel_logout_session_required, resources,
                 refresh_idle_seconds, refresh_absolute_seconds
             FROM client WHERE client_id = $1"
        ),
        &[&client_id],
    )
}

pub fn find_all(statement: Statement<'_, '_>, client_ids: &[String]) -> Result<Vec<Client>> {
    let query = Query::new(
        "SELECT id, client_id, product_id, name, secret_mac, secret_sealed, redirect_uris, post_logout_redirect_uris,
             initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id,
             profile, auth_method, auth_algorithm, jwks, jwks_uri, grant_types, access_token_format,
             access_token_seconds, dpop_bound, require_par, subject_type, sector_identifier_uri,
             request_object_algorithm, backchannel_logout_uri, backchannel_logout_session_required, resources,
             refresh_idle_seconds, refresh_absolute_seconds
         FROM client",
    )
    .list(" WHERE client_id IN (?)", client_ids);
    statement.all(query.sql(), query.params())
}

pub fn list_of_product(statement: Statement<'_, '_>, product: ProductId) -> Result<Vec<Client>> {
    statement.all(
        sql!(
            "SELECT id, client_id, product_id, name, secret_mac, secret_sealed, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id,
                 profile, auth_method, auth_algorithm, jwks, jwks_uri, grant_types, access_token_format,
                 access_token_seconds, dpop_bound, require_par, subject_type, sector_identifier_uri,
                 request_object_algorithm, backchannel_logout_uri, backchannel_logout_session_required, resources,
                 refresh_idle_seconds, refresh_absolute_seconds
             FROM client WHERE product_id = $1 ORDER BY id"
        ),
        &[&product],
    )
}

pub fn find_of_product(tx: &mut Tx<'_>, id: ClientId, product: ProductId) -> Result<Option<Client>> {
    tx.opt(
        sql!(
            "SELECT id, client_id, product_id, name, secret_mac, secret_sealed, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id,
                 profile, auth_method, auth_algorithm, jwks, jwks_uri, grant_types, access_token_format,
                 access_token_seconds, dpop_bound, require_par, subject_type, sector_identifier_uri,
                 request_object_algorithm, backchannel_logout_uri, backchannel_logout_session_required, resources,
                 refresh_idle_seconds, refresh_absolute_seconds
             FROM client WHERE id = $1 AND product_id = $2"
        ),
        &[&id, &product],
    )
}

/// Where other products live, as far as it is registered: lists, one address a line.
pub fn list_addresses_of_others(tx: &mut Tx<'_>, product: ProductId) -> Result<Vec<String>> {
    tx.all(
        sql!(
            "SELECT redirect_uris FROM client WHERE product_id <> $1
             UNION SELECT resources FROM client WHERE product_id <> $1
             UNION SELECT launch_url FROM product WHERE id <> $1 AND launch_url IS NOT NULL"
        ),
        &[&product],
    )
}

pub fn insert(tx: &mut Tx<'_>, client: &Client, now: Timestamp) -> Result<()> {
    let set = &client.settings;
    let (grant_types, resources) = lists(client);
    tx.run(
        sql!(
            "INSERT INTO client (id, client_id, product_id, name, secret_mac, secret_sealed, redirect_uris, post_logout_redirect_uris,
                 initiate_login_uri, skip_consent, id_token_algorithm, state, service, owner_organization_id,
                 profile, auth_method, auth_algorithm, jwks, jwks_uri, grant_types, access_token_format,
                 access_token_seconds, dpop_bound, require_par, subject_type, sector_identifier_uri,
                 request_object_algorithm, backchannel_logout_uri, backchannel_logout_session_required, resources,
                 refresh_idle_seconds, refresh_absolute_seconds, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)"
        ),
        &[
            &client.id,
            &client.client_id,
            &client.product,
            &client.name,
            &client.secret_mac,
            &client.secret_sealed,
            &client.redirect_uris,
            &client.post_logout_redirect_uris,
            &client.initiate_login_uri,
            &client.skip_consent,
            &client.id_token_algorithm,
            &client.state,
            &client.service,
            &client.owner,
            &set.profile,
            &set.auth_method,
            &set.auth_algorithm,
            &set.jwks,
            &set.jwks_uri,
            &grant_types,
            &set.access_token_format,
            &set.access_token_seconds,
            &set.dpop_bound,
            &set.require_par,
            &set.subject_type,
            &set.sector_identifier_uri,
            &set.request_object_algorithm,
            &set.backchannel_logout_uri,
            &set.backchannel_logout_session_required,
            &resources,
            &set.refresh_idle_seconds,
            &set.refresh_absolute_seconds,
            &now,
        ],
    )?;
    tx.changed("client", client.id);
    Ok(())
}
fn lists(client: &Client) -> (String, String) {
    let grants: Vec<&str> = client.settings.grant_types.iter().map(|grant| grant.as_str()).collect();
    (join_lines(&grants), join_lines(&client.settings.resources))
}

/// Everything that whoever registered it may change later; its secret, if it has a new one.
pub fn update(tx: &mut Tx<'_>, client: &Client) -> Result<()> {
    let set = &client.settings;
    let (grant_types, resources) = lists(client);
    tx.run(
        sql!(
            "UPDATE client SET name = $2, secret_mac = $3, secret_sealed = $4, redirect_uris = $5,
                 post_logout_redirect_uris = $6, initiate_login_uri = $7, id_token_algorithm = $8, profile = $9,
                 auth_method = $10, auth_algorithm = $11, jwks = $12, jwks_uri = $13, grant_types = $14,
                 access_token_format = $15, access_token_seconds = $16, dpop_bound = $17, require_par = $18,
                 subject_type = $19, sector_identifier_uri = $20, request_object_algorithm = $21,
                 backchannel_logout_uri = $22, backchannel_logout_session_required = $23, resources = $24,
                 refresh_idle_seconds = $25, refresh_absolute_seconds = $26
             WHERE id = $1"
        ),
        &[
            &client.id,
            &client.name,
            &client.secret_mac,
            &client.secret_sealed,
            &client.redirect_uris,
            &client.post_logout_redirect_uris,
            &client.initiate_login_uri,
            &client.id_token_algorithm,
            &set.profile,
            &set.auth_method,
            &set.auth_algorithm,
            &set.jwks,
            &set.jwks_uri,
            &grant_types,
            &set.access_token_format,
            &set.access_token_seconds,
            &set.dpop_bound,
            &set.require_par,
            &set.subject_type,
            &set.sector_identifier_uri,
            &set.request_object_algorithm,
            &set.backchannel_logout_uri,
            &set.backchannel_logout_session_required,
            &resources,
            &set.refresh_idle_seconds,
            &set.refresh_absolute_seconds,
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
