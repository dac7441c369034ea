//! What an edit changed, for the record: whoever reads it later must see where a client's answers went from that day on.
use super::{
    model::Client,
    settings::{Settings, split_lines},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The members that differ, each as it was and as it is. Key sets stand as their digest: they are long.
pub(super) fn between(before: &Client, after: &Client) -> Map<String, Value> {
    let pairs = members(before).into_iter().zip(members(after));
    pairs
        .filter(|((_, was), (_, is))| was != is)
        .map(|((name, was), (_, is))| (name.to_owned(), json!({ "before": was, "after": is })))
        .collect()
}

/// Everything that an edit may change but the secret, which the record tells apart. Taken apart member by member, so that
/// a new one cannot be forgotten.
fn members(client: &Client) -> Vec<(&'static str, Value)> {
    let Settings {
        profile,
        auth_method,
        auth_algorithm,
        jwks,
        jwks_uri,
        grant_types,
        access_token_format,
        access_token_seconds,
        dpop_bound,
        require_par,
        subject_type,
        sector_identifier_uri,
        request_object_algorithm,
        backchannel_logout_uri,
        backchannel_logout_session_required,
        resources,
        refresh_idle_seconds,
        refresh_absolute_seconds,
        id_token_claims,
    } = &client.settings;
    let digest =
        jwks.as_ref().map(|text| data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes())));
    let grants: Vec<&str> = grant_types.iter().map(|grant| grant.as_str()).collect();
    vec![
        ("name", json!(client.name)),
        ("redirect_uris", json!(split_lines(&client.redirect_uris))),
        ("post_logout_redirect_uris", json!(split_lines(&client.post_logout_redirect_uris))),
        ("initiate_login_uri", json!(client.initiate_login_uri)),
        ("id_token_algorithm", json!(client.id_token_algorithm.as_str())),
        ("profile", json!(profile.as_str())),
        ("auth_method", json!(auth_method.as_str())),
        ("auth_algorithm", json!(auth_algorithm.map(|algorithm| algorithm.as_str()))),
        ("jwks_sha256", json!(digest)),
        ("jwks_uri", json!(jwks_uri)),
        ("grant_types", json!(grants)),
        ("access_token_format", json!(access_token_format.as_str())),
        ("access_token_seconds", json!(access_token_seconds)),
        ("dpop_bound", json!(dpop_bound)),
        ("require_par", json!(require_par)),
        ("subject_type", json!(subject_type.as_str())),
        ("sector_identifier_uri", json!(sector_identifier_uri)),
        ("request_object_algorithm", json!(request_object_algorithm.map(|algorithm| algorithm.as_str()))),
        ("backchannel_logout_uri", json!(backchannel_logout_uri)),
        ("backchannel_logout_session_required", json!(backchannel_logout_session_required)),
        ("resources", json!(resources)),
        ("refresh_idle_seconds", json!(refresh_idle_seconds)),
        ("refresh_absolute_seconds", json!(refresh_absolute_seconds)),
        ("id_token_claims", json!(id_token_claims)),
    ]
}
