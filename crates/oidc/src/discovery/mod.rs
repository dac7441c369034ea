//! What clients read first: the provider's metadata and its public keys. The metadata never changes while the process
//! runs, so its bytes are made once.
use crate::OpenId;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use serde_json::json;

/// Metadata of OpenID Connect Discovery 1.0 §3 and RFC 8414; one document serves both addresses.
pub fn metadata(issuer: &str) -> Bytes {
    let at = |path: &str| format!("{issuer}{path}");
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "end_session_endpoint": at("/oauth2/logout"),
        "scopes_supported": ["openid", "profile", "phone", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": ["urn:fujie:aal:1", "urn:fujie:aal:2", "urn:fujie:aal:3"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "acting_for",
            "organization", "org_id", "role", "real_name_level", "name", "preferred_username", "phone_number",
            "phone_number_verified", "email", "email_verified",
        ],
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    Bytes::from(document.to_string())
}

const JSON: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
const CACHED: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
/// Both documents are public, so a client in a browser may read them too.
const ANY_ORIGIN: (HeaderName, HeaderValue) =
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

pub async fn configuration(Extension(openid): Extension<OpenId>) -> Response {
    ([JSON, CACHED, ANY_ORIGIN], openid.metadata()).into_response()
}

pub async fn jwks(Extension(openid): Extension<OpenId>) -> web::Result {
    let keys = openid.keys().current(openid.db().clock().now()).await?;
    Ok(([JSON, CACHED, ANY_ORIGIN], keys.jwks()).into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_metadata_document() {
        let document: serde_json::Value =
            serde_json::from_slice(&super::metadata("https://op.test")).unwrap();
        // Another crate of the workspace makes JSON objects keep their order.
        insta::with_settings!({ sort_maps => true }, {
            insta::assert_json_snapshot!(document);
        });
    }
}
