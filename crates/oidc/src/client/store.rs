use super::{model::Client, settings::join_lines};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{ClientId, OrganizationId, ProductId},
};

/// The condition of its developers is read with it: nothing copies it.
const CLIENTS: &str = "SELECT l.id, l.client_id, l.product_id, l.name, l.secret_mac, l.secret_sealed, l.redirect_uris,
         l.post_logout_redirect_uris, l.initiate_login_uri, l.skip_consent, l.id_token_algorithm, l.state, l.service,
         l.owner_organization_id, l.profile, l.auth_method, l.auth_algorithm, l.jwks, l.jwks_uri, l.grant_types,
         l.access_token_format, l.access_token_seconds, l.dpop_bound, l.require_par, l.subject_type,
         l.sector_identifier_uri, l.request_object_algorithm, l.backchannel_logout_uri,
         l.backchannel_logout_session_required, l.resources, l.refresh_idle_seconds, l.refresh_absolute_seconds,
         l.id_token_claims, l.developer_organization_id,
         l.developer_organization_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM organization o
             WHERE o.id = l.developer_organization_id AND o.state = 'active'
                 AND o.registry_state NOT IN ('revoked', 'cancelled')), l.rev
     FROM client l";

pub fn find(statement: Statement<'_, '_>, client_id: &str) -> Result<Option<Client>> {
    let query = Query::new(CLIENTS).bind(" WHERE l.client_id = ?", &client_id);
    statement.opt(query.sql(), query.params())
}

pub fn find_all(statement: Statement<'_, '_>, client_ids: &[String]) -> Result<Vec<Client>> {
    let query = Query::new(CLIENTS).list(" WHERE l.client_id IN (?)", client_ids);
    statement.all(query.sql(), query.params())
}

pub fn list_of_product(statement: Statement<'_, '_>, product: ProductId) -> Result<Vec<Client>> {
    let query = Query::new(CLIENTS).bind(" WHERE l.product_id = ?", &product).add(" ORDER BY l.id");
    statement.all(query.sql(), query.params())
}

/// Those that the developers of an organization keep.
pub fn list_of_developer(
    statement: Statement<'_, '_>,
    developer: OrganizationId,
    limit: i64,
) -> Result<Vec<Client>> {
    let query = Query::new(CLIENTS)
        .bind(" WHERE l.developer_organization_id = ?", &developer)
        .bind(" ORDER BY l.id LIMIT ?", &limit);
    statement.all(query.sql(), query.params())
}

/// With a developer, one that its developers keep.
pub fn find_of_product(
    tx: &mut Tx<'_>,
    id: ClientId,
    product: ProductId,
    developer: Option<OrganizationId>,
) -> Result<Option<Client>> {
    let query = Query::new(CLIENTS)
        .bind(" WHERE l.id = ?", &id)
        .bind(" AND l.product_id = ?", &product)
        .opt(" AND l.developer_organization_id = ?", &developer);
    tx.opt(query.sql(), query.params())
}

/// Whose clients of a product the platform's staff keep from now on. What slept does not wake by it: somebody looks first.
pub fn release_of_product(tx: &mut Tx<'_>, product: ProductId) -> Result<Vec<ClientId>> {
    let released: Vec<ClientId> = tx.all(
        sql!(
            "UPDATE client SET developer_organization_id = NULL, rev = rev + 1,
                 state = CASE WHEN EXISTS (SELECT 1 FROM organization o
                     WHERE o.id = client.developer_organization_id AND o.state = 'active'
                         AND o.registry_state NOT IN ('revoked', 'cancelled')) THEN state ELSE 'disabled' END
             WHERE product_id = $1 AND developer_organization_id IS NOT NULL RETURNING id"
        ),
        &[&product],
    )?;
    for id in &released {
        tx.changed("client", *id);
    }
    Ok(released)
}
/// False if it was changed since `rev`. Nobody but the platform passes over people's consent.
pub fn set_developer(
    tx: &mut Tx<'_>,
    id: ClientId,
    rev: i64,
    developer: Option<OrganizationId>,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE client SET developer_organization_id = $3, rev = rev + 1,
                 skip_consent = CASE WHEN $4 THEN FALSE ELSE skip_consent END
             WHERE id = $1 AND rev = $2 AND service = FALSE"
        ),
        &[&id, &rev, &developer, &developer.is_some()],
    )?;
    tx.changed("client", id);
    Ok(changed == 1)
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
                 refresh_idle_seconds, refresh_absolute_seconds, created_at, developer_organization_id, id_token_claims)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)"
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
            &client.keeping.developer,
            &set.id_token_claims,
        ],
    )?;
    tx.changed("client", client.id);
    Ok(())
}
fn lists(client: &Client) -> (String, String) {
    let grants: Vec<&str> = client.settings.grant_types.iter().map(|grant| grant.as_str()).collect();
    (join_lines(&grants), join_lines(&client.settings.resources))
}

/// Everything that whoever registered it may change later; its secret, if it has a new one. False if it was changed since it
/// was read.
pub fn update(tx: &mut Tx<'_>, client: &Client) -> Result<bool> {
    let set = &client.settings;
    let (grant_types, resources) = lists(client);
    let changed = tx.run(
        sql!(
            "UPDATE client SET name = $2, secret_mac = $3, secret_sealed = $4, redirect_uris = $5,
                 post_logout_redirect_uris = $6, initiate_login_uri = $7, id_token_algorithm = $8, profile = $9,
                 auth_method = $10, auth_algorithm = $11, jwks = $12, jwks_uri = $13, grant_types = $14,
                 access_token_format = $15, access_token_seconds = $16, dpop_bound = $17, require_par = $18,
                 subject_type = $19, sector_identifier_uri = $20, request_object_algorithm = $21,
                 backchannel_logout_uri = $22, backchannel_logout_session_required = $23, resources = $24,
                 refresh_idle_seconds = $25, refresh_absolute_seconds = $26, id_token_claims = $27, rev = rev + 1
             WHERE id = $1 AND rev = $28"
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
            &set.id_token_claims,
            &client.keeping.rev,
        ],
    )?;
    tx.changed("client", client.id);
    Ok(changed == 1)
}

/// False if it was changed since it was read.
pub fn update_state(tx: &mut Tx<'_>, client: &Client) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE client SET state = $1, rev = rev + 1 WHERE id = $2 AND rev = $3"),
        &[&client.state, &client.id, &client.keeping.rev],
    )?;
    tx.changed("client", client.id);
    Ok(changed > 0)
}
