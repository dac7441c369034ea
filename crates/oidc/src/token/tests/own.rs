//! A product's client that signs instead of sending a secret, at the provider's own APIs.
use crate::{
    client::{AuthMethod, GrantType, Settings},
    house::{Answer, ISSUER, houses},
    testing::{Caller, fapi, refreshing},
};
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/decisions";

fn with_own(settings: Settings) -> Settings {
    let mut grant_types = settings.grant_types.clone();
    grant_types.push(GrantType::ClientCredentials);
    Settings { grant_types, ..settings }
}
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}
async fn own(caller: &Caller<'_>) -> Value {
    let answer = caller.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}
/// Asks whether the person of the house may, with this line and proof.
async fn decide(caller: &Caller<'_>, line: &str, proof: Option<String>) -> Answer {
    let body = json!({ "subject": "subject-of-chensq", "space": caller.house.organization.to_string() });
    let mut request = Request::post(PATH)
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, line);
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    caller.house.send(request.body(Body::from(body.to_string())).unwrap()).await
}
fn proof(caller: &Caller<'_>, token: &str) -> Option<String> {
    caller.dpop.as_ref().map(|key| key.proof(&caller.proof_claims("POST", PATH, Some(token))))
}

#[tokio::test]
async fn a_client_that_signs_asks_with_a_token_of_its_own() {
    for house in houses(true).await {
        let (strict, key) = fapi();
        let secret = Settings { auth_method: AuthMethod::SecretJwt, ..refreshing() };
        let bound = Caller::new(&house, with_own(strict)).await.with_key(key).with_dpop();
        let free = Caller::new(&house, with_own(secret)).await;
        for (caller, scheme) in [(&bound, "DPoP"), (&free, "Bearer")] {
            let tokens = own(caller).await;
            assert_eq!(tokens["token_type"], scheme);
            assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
            let token = text(&tokens, "access_token");
            assert!(!token.contains('.'), "opaque");
            let said = caller.introspect(&token).await;
            assert_eq!((&said["sub"], &said["aud"]), (&json!(caller.client.client_id), &json!([ISSUER])));
            assert_eq!(said["acting_for"], "product");
            let answer = decide(caller, &format!("{scheme} {token}"), proof(caller, &token)).await;
            assert_eq!(
                (answer.status, answer.json()["allow"].clone()),
                (StatusCode::OK, json!(true)),
                "{answer:?}"
            );
            assert_eq!(caller.userinfo(&token).await.status, StatusCode::FORBIDDEN);
            for (name, value, error) in [
                ("scope", "openid", "invalid_scope"),
                ("scope", "organization", "invalid_scope"),
                ("resource", "https://api.test/", "invalid_target"),
            ] {
                let members = [("grant_type", "client_credentials"), (name, value)];
                assert_eq!(caller.ask("/oauth2/token", &members).await.error(), error, "{value}");
            }
        }
        // A bound token without its key, or with another, is worth nothing.
        let token = text(&own(&bound).await, "access_token");
        let other = Caller::new(&house, refreshing()).await.with_dpop();
        let claims = bound.proof_claims("POST", PATH, Some(&token));
        let foreign = other.dpop.as_ref().unwrap().proof(&claims);
        for (line, proof) in [
            (format!("Bearer {token}"), None),
            (format!("DPoP {token}"), None),
            (format!("DPoP {token}"), Some(foreign)),
        ] {
            assert_eq!(decide(&bound, &line, proof).await.status, StatusCode::UNAUTHORIZED, "{line}");
        }
    }
}
#[tokio::test]
async fn no_other_token_opens_the_providers_own_apis() {
    for house in houses(true).await {
        let secret = Settings { auth_method: AuthMethod::SecretJwt, ..refreshing() };
        let caller = Caller::new(&house, with_own(secret)).await;
        let program = Caller::machine(&house, Settings::machine()).await;
        let person = text(&caller.tokens("openid").await, "access_token");
        let organization = text(&own(&program).await, "access_token");
        for token in [person.as_str(), &organization, "nonsense", ""] {
            let answer = decide(&caller, &format!("Bearer {token}"), None).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
            let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.starts_with("Bearer ") && challenge.contains("invalid_token"), "{challenge}");
        }
        // Neither what was registered for it alone, nor a token of before it was taken away.
        let plain = Caller::new(&house, refreshing()).await;
        let refused = plain.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(refused.error(), "unauthorized_client");
        let token = text(&own(&caller).await, "access_token");
        assert_eq!(decide(&caller, &format!("Bearer {token}"), None).await.status, StatusCode::OK);
        house.change("UPDATE client SET grant_types = 'authorization_code'").await;
        assert_eq!(decide(&caller, &format!("Bearer {token}"), None).await.status, StatusCode::UNAUTHORIZED);
    }
}
