//! What clients read first: the provider's metadata and its public keys. The metadata never changes while the process
//! runs, so its bytes are made once.
use crate::{
    OpenId,
    authorize::wishes::FRAMEWORK,
    claims::verified,
    client::{Algorithm, AuthMethod, GrantType, SubjectType},
};
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use serde_json::json;
use std::sync::Arc;
use web::{App, Standing};

pub const CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
pub const KEY_SET: &str = "/oauth2/jwks";

/// Members that name an address of this server, with its path: each is a route, and each route for programs is named.
const ENDPOINTS: [(&str, &str); 8] = [
    ("authorization_endpoint", "/oauth2/authorize"),
    ("pushed_authorization_request_endpoint", "/oauth2/par"),
    ("token_endpoint", "/oauth2/token"),
    ("userinfo_endpoint", "/oauth2/userinfo"),
    ("introspection_endpoint", "/oauth2/introspect"),
    ("revocation_endpoint", "/oauth2/revoke"),
    ("jwks_uri", KEY_SET),
    ("end_session_endpoint", "/oauth2/logout"),
];

/// Metadata of OpenID Connect Discovery 1.0 §3, RFC 8414 and the specifications that add to them; one document serves both
/// addresses. It states what is served and nothing else.
pub fn metadata(issuer: &str) -> Bytes {
    let algorithms: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    let assertions: Vec<&str> = std::iter::once("HS256").chain(algorithms.iter().copied()).collect();
    let methods: Vec<&str> = AuthMethod::ALL.iter().map(|method| method.as_str()).collect();
    let confidential: Vec<&str> =
        methods.iter().copied().filter(|method| *method != AuthMethod::None.as_str()).collect();
    let grants: Vec<&str> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
    let subjects: Vec<&str> = SubjectType::ALL.iter().map(|subject| subject.as_str()).collect();
    let mut document = json!({
        "issuer": issuer,
        "scopes_supported": ["openid", "profile", "phone", "email", "organization", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grants,
        "subject_types_supported": subjects,
        "id_token_signing_alg_values_supported": algorithms,
        "request_object_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertions,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": assertions,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": assertions,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": ["urn:fujie:aal:1", "urn:fujie:aal:2", "urn:fujie:aal:3"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "acting_for",
            "organization", "org_id", "role", "grant", "authority", "real_name_level", "name", "preferred_username",
            "phone_number", "phone_number_verified", "email", "email_verified", "verified_claims",
        ],
        "verified_claims_supported": true,
        "trust_frameworks_supported": [FRAMEWORK],
        "claims_in_verified_claims_supported": verified::CLAIMS,
        "evidence_supported": ["document", "electronic_record", "vouch"],
        "documents_supported": ["idcard"],
        "documents_check_methods_supported": ["pvp"],
        "electronic_records_supported": ["population_register", "mobile_account", "bank_account"],
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    if let Some(members) = document.as_object_mut() {
        for (name, path) in ENDPOINTS {
            members.insert(name.to_owned(), json!(format!("{issuer}{path}")));
        }
    }
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

/// Both documents, from memory.
pub fn standing(openid: &OpenId, app: Arc<App>) -> Standing {
    let headers = [JSON, CACHED, ANY_ORIGIN];
    let (said, same, keys) = (openid.metadata(), openid.metadata(), openid.clone());
    Standing::new(app)
        .with(KEY_SET, headers.clone(), move || {
            keys.keys().at_hand(keys.db().clock().now()).map(|set| set.jwks())
        })
        .with(CONFIGURATION, headers.clone(), move || Some(said.clone()))
        .with(SERVER_METADATA, headers, move || Some(same.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        authorize::model::{Scope, parse},
        house::houses,
        parameters::Parameters,
    };
    use serde_json::Value;

    fn document() -> Value {
        serde_json::from_slice(&metadata("https://op.test")).unwrap()
    }

    #[test]
    fn the_metadata_document() {
        // Another crate of the workspace makes JSON objects keep their order.
        insta::with_settings!({ sort_maps => true }, {
            insta::assert_json_snapshot!(document());
        });
    }
    #[test]
    fn every_stated_endpoint_is_a_route_and_every_route_for_programs_is_stated() {
        let routes = crate::routes();
        let paths: Vec<&str> = routes.table().iter().map(|route| route.path).collect();
        for (name, path) in ENDPOINTS {
            assert!(paths.contains(&path), "{name} is not served");
        }
        let pages = [
            "/oauth2/explain",
            "/oauth2/explain/request",
            "/oauth2/explain/verify",
            "/oauth2/explain/back",
            "/oauth2/start/{client}",
        ];
        for path in paths.iter().filter(|path| path.starts_with("/oauth2/") && !pages.contains(*path)) {
            assert!(ENDPOINTS.iter().any(|(_, stated)| stated == path), "{path} is not stated");
        }
    }
    #[tokio::test]
    async fn every_stated_value_is_taken() {
        let house = houses(true).await.remove(0);
        let document = document();
        let list = |name: &str| -> Vec<String> {
            let values = document[name].as_array().unwrap();
            values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
        };
        let query = house.request("").split_once('?').unwrap().1.to_owned();
        let taken = |more: String| {
            let text = format!("{query}{more}");
            let parameters = Parameters::parse(text.as_bytes()).unwrap();
            parse(&parameters, crate::house::CALLBACK, &house.client, crate::house::ISSUER).is_ok()
        };
        for mode in list("response_modes_supported") {
            assert!(taken(format!("&response_mode={mode}")), "{mode}");
        }
        for prompt in list("prompt_values_supported") {
            assert!(taken(format!("&prompt={prompt}")), "{prompt}");
        }
        for acr in list("acr_values_supported") {
            let claims = format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#);
            let claims: String = url::form_urlencoded::byte_serialize(claims.as_bytes()).collect();
            assert!(taken(format!("&claims={claims}")), "{acr}");
        }
        let every = list("scopes_supported").join(" ");
        assert_eq!(Scope::of_text(&every).text(), every, "each scope has a meaning");
        let keys = house.get("/oauth2/jwks", false).await.json();
        let published: Vec<&str> =
            keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap()).collect();
        for algorithm in list("id_token_signing_alg_values_supported") {
            assert!(published.contains(&algorithm.as_str()), "{algorithm}");
        }
    }
    #[tokio::test]
    async fn both_addresses_serve_the_same_to_anybody() {
        let house = houses(true).await.remove(0);
        let openid = house.get("/.well-known/openid-configuration", false).await;
        let oauth = house.get("/.well-known/oauth-authorization-server", false).await;
        assert_eq!(openid.body, oauth.body);
        assert_eq!(openid.headers["cache-control"], "public, max-age=300");
        assert_eq!(openid.headers["access-control-allow-origin"], "*");
        let keys = house.get("/oauth2/jwks", false).await;
        assert_eq!(keys.headers["cache-control"], "public, max-age=300");
        assert_eq!(keys.headers["access-control-allow-origin"], "*");
        assert_eq!(openid.json()["issuer"], crate::house::ISSUER);
    }
}
