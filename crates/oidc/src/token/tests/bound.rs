//! Tokens that are bound to a key.
use crate::{
    client::{Algorithm, Settings, TokenFormat},
    house::{CALLBACK, VERIFIER, houses},
    testing::{Caller, Key, fapi, refreshing},
};
use http::StatusCode;
use serde_json::{Value, json};

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}
fn bound() -> Settings {
    Settings { dpop_bound: true, ..refreshing() }
}

#[tokio::test]
async fn a_bound_token_works_with_its_key_alone() {
    for house in houses(true).await {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            let settings = Settings { access_token_format: format, access_token_seconds: 300, ..bound() };
            let caller = Caller::new(&house, settings).await.with_dpop();
            let tokens = caller.tokens("openid profile").await;
            assert_eq!(tokens["token_type"], "DPoP");
            let token = text(&tokens, "access_token");
            let jkt = caller.dpop.as_ref().unwrap().thumbprint();
            assert_eq!(caller.introspect(&token).await["cnf"]["jkt"], jkt);
            let answer = caller.userinfo(&token).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            // As a bearer token it is nothing.
            let stolen = house.bearer(&token).await;
            assert_eq!(stolen.status, StatusCode::UNAUTHORIZED);
            let thief = Caller::new(&house, bound()).await.with_dpop();
            let answer = thief.userinfo(&token).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_token"));
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("DPoP "));
        }
        // And one that is not bound is not a bound one.
        let free = Caller::new(&house, refreshing()).await;
        let token = text(&free.tokens("openid").await, "access_token");
        let answer = free.with_dpop().userinfo(&token).await;
        assert_eq!(answer.error(), "invalid_token");
    }
}
#[tokio::test]
async fn a_proof_needs_our_nonce_and_counts_once() {
    for house in houses(true).await {
        let caller = Caller::new(&house, bound()).await.with_dpop();
        let key = caller.dpop.as_ref().unwrap();
        let code = caller.code("openid", &[]).await;
        let body = house.exchange_body(&code);
        let first = caller
            .send(
                "/oauth2/token",
                &body,
                Some(&key.proof(&caller.proof_claims("POST", "/oauth2/token", None))),
            )
            .await;
        assert_eq!((first.status, first.error().as_str()), (StatusCode::BAD_REQUEST, "use_dpop_nonce"));
        assert!(first.headers.contains_key("dpop-nonce"));
        let mut foreign = caller.proof_claims("POST", "/oauth2/token", None);
        foreign["nonce"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let answer = caller.send("/oauth2/token", &body, Some(&key.proof(&foreign))).await;
        assert_eq!(answer.error(), "use_dpop_nonce");
        let none = caller.send("/oauth2/token", &body, None).await;
        assert_eq!(none.error(), "invalid_request", "the client is registered to bring one");
        let proof = key.proof(&caller.proof_claims("POST", "/oauth2/token", None));
        assert_eq!(caller.send("/oauth2/token", &body, Some(&proof)).await.status, StatusCode::OK);
        let again = caller.send("/oauth2/token", &body, Some(&proof)).await;
        assert_eq!(again.error(), "invalid_dpop_proof", "replayed");
        house.db.clock().advance_seconds(600);
        let late = key.proof(&caller.proof_claims("POST", "/oauth2/token", None));
        assert_eq!(caller.send("/oauth2/token", &body, Some(&late)).await.error(), "use_dpop_nonce");
    }
}
/// Libraries send the same request again, with a new proof alone: what counts once is not used up before.
#[tokio::test]
async fn whoever_is_asked_for_a_nonce_may_send_the_same_assertion_again() {
    for house in houses(true).await {
        let (settings, key) = fapi();
        let caller = Caller::new(&house, settings).await.with_key(key).with_dpop();
        let (code, key) = (caller.code("openid", &[]).await, caller.dpop.as_ref().unwrap());
        let mut body = url::form_urlencoded::Serializer::new(house.exchange_body(&code));
        body.extend_pairs(caller.credentials());
        let body = body.finish();
        let mut claims = caller.proof_claims("POST", "/oauth2/token", None);
        claims["nonce"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let asked = caller.send("/oauth2/token", &body, Some(&key.proof(&claims))).await;
        assert_eq!(asked.error(), "use_dpop_nonce");
        let proof = key.proof(&caller.proof_claims("POST", "/oauth2/token", None));
        assert_eq!(caller.send("/oauth2/token", &body, Some(&proof)).await.status, StatusCode::OK);
        let proof = key.proof(&caller.proof_claims("POST", "/oauth2/token", None));
        assert_eq!(
            caller.send("/oauth2/token", &body, Some(&proof)).await.error(),
            "invalid_client",
            "used up"
        );
    }
}
/// What the profile does not take, it does not take at userinfo either.
#[tokio::test]
async fn a_proof_at_userinfo_is_signed_as_the_profile_demands() {
    for house in houses(true).await {
        let (settings, key) = fapi();
        let mut caller = Caller::new(&house, settings).await.with_key(key).with_dpop();
        caller.dpop = Some(Key::new(Algorithm::Ps256));
        let token = text(&caller.tokens("openid").await, "access_token");
        assert_eq!(caller.userinfo(&token).await.status, StatusCode::OK);
        let rs256 = caller.dpop.take().unwrap().used_as(Algorithm::Rs256);
        caller.dpop = Some(rs256);
        assert_eq!(caller.userinfo(&token).await.error(), "invalid_dpop_proof");
    }
}
#[tokio::test]
async fn a_code_may_be_bound_to_a_key_too() {
    for house in houses(true).await {
        let caller = Caller::new(&house, bound()).await.with_dpop();
        let jkt = caller.dpop.as_ref().unwrap().thumbprint();
        let code = caller.code("openid", &[("dpop_jkt", &jkt)]).await;
        assert_eq!(caller.exchange(&code).await.status, StatusCode::OK);
        let code = caller.code("openid", &[("dpop_jkt", &jkt)]).await;
        let other = caller.with_dpop();
        let answer = other.exchange(&code).await;
        assert_eq!(answer.error(), "invalid_grant");
        assert_eq!(answer.json()["error_description"], "code.key_mismatch");
    }
}
#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_and_a_thief_does_not_end_it() {
    for house in houses(true).await {
        let settings = Settings {
            dpop_bound: true,
            ..Settings { auth_method: crate::client::AuthMethod::None, ..refreshing() }
        };
        let caller = Caller::new(&house, settings).await.with_dpop();
        let first = text(&caller.tokens("openid offline_access").await, "refresh_token");
        let mut thief = Caller::new(&house, bound()).await.with_dpop();
        thief.client = caller.client.clone();
        let answer = thief.refresh(&first).await;
        assert_eq!(answer.json()["error_description"], "refresh.key_mismatch");
        let second = caller.refresh(&first).await;
        assert_eq!(second.status, StatusCode::OK, "{second:?}");
    }
}
#[tokio::test]
async fn a_confidential_client_may_change_its_key() {
    for house in houses(true).await {
        let caller = Caller::new(&house, bound()).await.with_dpop();
        let first = text(&caller.tokens("openid offline_access").await, "refresh_token");
        let caller = caller.with_dpop();
        let answer = caller.refresh(&first).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let token = text(&answer.json(), "access_token");
        assert_eq!(caller.userinfo(&token).await.status, StatusCode::OK, "the new key proves the new token");
    }
}
#[tokio::test]
async fn the_strictest_profile_goes_through_and_nothing_less_does() {
    for house in houses(true).await {
        let (settings, key) = fapi();
        let caller = Caller::new(&house, settings).await.with_key(key).with_dpop();
        let code = caller.code("openid", &[]).await;
        // The assertion names the issuer and nothing else.
        let members = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let mut claims = caller.assertion_claims();
        claims["aud"] = json!("http://127.0.0.1:8080/oauth2/token");
        let assertion = caller.key.as_ref().unwrap().assertion(&claims);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(members)
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &assertion)
            .finish();
        let proof = |caller: &Caller<'_>| {
            caller.dpop.as_ref().unwrap().proof(&caller.proof_claims("POST", "/oauth2/token", None))
        };
        assert_eq!(
            caller.send("/oauth2/token", &body, Some(&proof(&caller))).await.error(),
            "invalid_client"
        );
        let answer = caller.exchange(&code).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.json()["token_type"], "DPoP");
        // RS256 proofs are signatures too, but assertions by RS256 are not this profile's.
        let rsa = Key::new(Algorithm::Rs256);
        let (settings, _) = fapi();
        let weak = Settings { jwks: Some(rsa.set()), auth_algorithm: Some(Algorithm::Rs256), ..settings };
        assert_eq!(weak.checked(Algorithm::Es256, &[], false).unwrap_err().code, "client.profile_algorithm");
    }
}
#[tokio::test]
async fn a_profile_takes_no_proof_by_an_algorithm_that_it_refuses() {
    for house in houses(true).await {
        let (settings, key) = fapi();
        let mut caller = Caller::new(&house, settings).await.with_key(key).with_dpop();
        let code = caller.code("openid", &[]).await;
        let good = caller.dpop.replace(Key::new(Algorithm::Rs256));
        let refused = caller.exchange(&code).await;
        assert_eq!(
            (refused.status, refused.error().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_dpop_proof")
        );
        let members = caller.request("openid");
        let members: Vec<(&str, &str)> =
            members.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(caller.ask("/oauth2/par", &members).await.error(), "invalid_dpop_proof");
        caller.dpop = good;
        assert_eq!(caller.exchange(&code).await.status, StatusCode::OK, "what was refused cost nothing");
        // Elsewhere it is an algorithm like any other.
        let mut free = Caller::new(&house, bound()).await;
        free.dpop = Some(Key::new(Algorithm::Rs256));
        let tokens = free.tokens("openid").await;
        assert_eq!(tokens["token_type"], "DPoP");
        assert_eq!(free.userinfo(&text(&tokens, "access_token")).await.status, StatusCode::OK);
    }
}
