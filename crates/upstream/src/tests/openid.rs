use super::{
    BEGUN_BEFORE, NOW, flow, query_of,
    stub::{Key, Shared, provider, unsigned, with_public_key_as_secret},
    upstreams,
};
use crate::{
    ClientAuthentication, Connector, Fault, Hidden, OidcConfig, Person, Query, Upstreams,
    oidc::OpenIdProvider,
};
use kernel::Timestamp;
use serde_json::{Value, json};

fn connector(upstreams: &Upstreams, shared: &Shared, authentication: ClientAuthentication) -> OpenIdProvider {
    let config = OidcConfig {
        issuer: shared.lock().unwrap().issuer.clone(),
        client_id: "client-1".into(),
        secret: Hidden::new("s3cr3t%:x"),
        scopes: "profile  openid".into(),
        authentication,
    };
    config.check().unwrap();
    OpenIdProvider::new(upstreams.clone(), config)
}
fn callback(shared: &Shared) -> Query {
    let issuer = shared.lock().unwrap().issuer.clone();
    Query::parse(&format!("code=c1&state=state0123456789&iss={issuer}"))
}
async fn once(shared: &Shared) -> Result<Person, Fault> {
    arrive(shared, &callback(shared), false).await
}
async fn arrive(shared: &Shared, query: &Query, fresh: bool) -> Result<Person, Fault> {
    let upstreams = upstreams();
    let op = connector(&upstreams, shared, ClientAuthentication::ClientSecretBasic);
    op.exchange(query, &flow(fresh), NOW).await
}

#[tokio::test]
async fn the_browser_is_sent_with_everything_that_binds_the_answer() {
    let shared = provider().await;
    let op = connector(&upstreams(), &shared, ClientAuthentication::ClientSecretBasic);
    let url = op.authorize(&flow(false), NOW).await.unwrap();
    let query = query_of(&url);
    assert!(url.as_str().starts_with(&format!("{}/auth?tenant=7&", shared.lock().unwrap().issuer)));
    for (name, value) in [
        ("response_type", "code"),
        ("response_mode", "query"),
        ("client_id", "client-1"),
        ("redirect_uri", "https://id.example/login/upstream/x/callback"),
        ("scope", "openid profile"),
        ("state", "state0123456789"),
        ("nonce", "nonce0123456789"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    assert!(!query.contains_key("prompt"));
    let fresh = query_of(&op.authorize(&flow(true), NOW).await.unwrap());
    assert_eq!((fresh["prompt"].as_str(), fresh["max_age"].as_str()), ("login", "0"));
}

#[tokio::test]
async fn a_person_comes_back_by_either_way_of_authentication() {
    let shared = provider().await;
    let upstreams = upstreams();
    let issuer = shared.lock().unwrap().issuer.clone();
    for authentication in [ClientAuthentication::ClientSecretBasic, ClientAuthentication::ClientSecretPost] {
        let op = connector(&upstreams, &shared, authentication);
        let person = op.exchange(&callback(&shared), &flow(false), NOW).await.unwrap();
        assert_eq!(person.subject, format!("sub {issuer} person-1"));
        assert_eq!(person.display_name.as_deref(), Some("林知远"));
    }
    let mut provider = shared.lock().unwrap();
    let (basic, form) = provider.seen.remove(0);
    assert_eq!(basic.as_deref(), Some("client-1:s3cr3t%25%3Ax"), "form-encoded before Base64");
    assert_eq!(form["code_verifier"], flow(false).verifier);
    assert_eq!(form["redirect_uri"], flow(false).redirect_uri);
    assert!(!form.contains_key("client_secret"));
    let (basic, form) = provider.seen.remove(0);
    assert!(basic.is_none());
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("client-1", "s3cr3t%:x"));
    assert_eq!(provider.jwks_fetched, 1, "keys are kept");
}

#[tokio::test]
async fn every_claim_that_binds_the_token_is_compared() {
    let shared = provider().await;
    let now = NOW.as_seconds();
    for (claims, what) in [
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "nonce": null }), "nonce"),
        (json!({ "iss": "https://evil.example" }), "iss"),
        (json!({ "aud": "client-2" }), "aud"),
        (json!({ "aud": [] }), "aud"),
        (json!({ "aud": ["client-1", "client-2"] }), "azp"),
        (json!({ "aud": ["client-1", "client-2"], "azp": "client-2" }), "azp"),
        (json!({ "azp": "client-2" }), "azp"),
        (json!({ "exp": now - 61 }), "exp"),
        (json!({ "iat": now + 61 }), "iat"),
        (json!({ "nbf": now + 61 }), "nbf"),
        (json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), "at_hash"),
        (json!({ "sub": "" }), "sub"),
    ] {
        shared.lock().unwrap().claims = claims.clone();
        assert_eq!(once(&shared).await, Err(Fault::Untrusted(what)), "{claims}");
    }
    for claims in [
        json!({}),
        json!({ "aud": ["client-1"] }),
        json!({ "aud": ["client-2", "client-1"], "azp": "client-1" }),
        json!({ "at_hash": null }),
        json!({ "exp": now - 30, "iat": now + 30 }),
    ] {
        shared.lock().unwrap().claims = claims.clone();
        assert!(once(&shared).await.is_ok(), "{claims}");
    }
    let begun = now - BEGUN_BEFORE;
    for (claims, good) in [
        (json!({}), true),
        (json!({ "auth_time": begun }), true),
        // A minute for clocks that differ, and no more.
        (json!({ "auth_time": begun - 60 }), true),
        (json!({ "auth_time": begun - 61 }), false),
        (json!({ "auth_time": 0 }), false),
        (json!({ "auth_time": now + 61 }), false),
        (json!({ "auth_time": null }), false),
    ] {
        shared.lock().unwrap().claims = claims.clone();
        let outcome = arrive(&shared, &callback(&shared), true).await;
        assert_eq!(outcome.is_ok(), good, "{claims}: {outcome:?}");
    }
}

#[tokio::test]
async fn only_signatures_by_a_published_key_are_believed() {
    let shared = provider().await;
    let attempt = async |token: String| {
        shared.lock().unwrap().id_token = Some(token);
        once(&shared).await.unwrap_err()
    };
    let (claims, honest, public) = {
        let provider = shared.lock().unwrap();
        let claims = provider.honest_claims();
        let key = &provider.published[0];
        (claims.clone(), key.sign(&claims), key.public())
    };
    shared.lock().unwrap().id_token = Some(honest.clone());
    assert!(once(&shared).await.is_ok());

    assert_eq!(attempt(unsigned(&claims)).await, Fault::Untrusted("header of the ID token"));
    let (stranger, secret) = (Key::new("k1"), public);
    for secret in [secret.as_slice(), b""] {
        let forged = with_public_key_as_secret(&stranger, secret, &claims);
        assert_eq!(attempt(forged).await, Fault::Untrusted("algorithm of the ID token"));
    }
    assert_eq!(attempt(stranger.sign(&claims)).await, Fault::Untrusted("signature of the ID token"));
    assert_eq!(attempt(Key::new("k9").sign(&claims)).await, Fault::Untrusted("unknown key"));
    // The signature of other claims.
    let other = shared.lock().unwrap().published[0].sign(&json!({ "sub": "somebody else" }));
    let (body, signature) = (other.rsplit_once('.').unwrap().0, honest.rsplit_once('.').unwrap().1);
    assert_eq!(attempt(format!("{body}.{signature}")).await, Fault::Untrusted("signature of the ID token"));
    assert_eq!(attempt("a.b".into()).await, Fault::Untrusted("header of the ID token"));
}

#[tokio::test]
async fn an_answer_of_another_provider_ends_before_the_code_is_shown_to_anybody() {
    let shared = provider().await;
    for raw in ["code=c1&iss=https://evil.example", "code=c1", "code=c1&iss=a&iss=b"] {
        let outcome = arrive(&shared, &Query::parse(raw), false).await;
        assert!(matches!(outcome, Err(Fault::Untrusted(_))), "{raw}: {outcome:?}");
    }
    assert!(shared.lock().unwrap().seen.is_empty());
    // A provider that does not name itself need not.
    shared.lock().unwrap().discovery = json!({ "authorization_response_iss_parameter_supported": false });
    assert!(arrive(&shared, &Query::parse("code=c1"), false).await.is_ok());
    assert!(arrive(&shared, &Query::parse("code=c1&iss=https://evil.example"), false).await.is_err());
}

#[tokio::test]
async fn refusals_are_told_apart_and_say_no_secret() {
    let shared = provider().await;
    let issuer = shared.lock().unwrap().issuer.clone();
    let denied = Query::parse(&format!("error=access_denied&iss={issuer}"));
    assert_eq!(arrive(&shared, &denied, false).await, Err(Fault::Denied));
    let other = Query::parse(&format!("error=server<script>&iss={issuer}"));
    assert_eq!(arrive(&shared, &other, false).await, Err(Fault::Refused("serverscript".into())));
    shared.lock().unwrap().token_error = Some("invalid_grant");
    let fault = once(&shared).await.unwrap_err();
    assert_eq!(fault, Fault::Refused("invalid_grant".into()));
    assert!(!fault.to_string().contains("s3cr3t"));
}

#[tokio::test]
async fn userinfo_counts_for_the_same_person_alone() {
    let shared = provider().await;
    shared.lock().unwrap().claims = json!({ "name": null });
    shared.lock().unwrap().userinfo =
        json!({ "sub": "person-1", "name": "Lin", "phone_number": "+8613800138000" });
    let person = once(&shared).await.unwrap();
    assert_eq!(
        (person.display_name.as_deref(), person.phone.as_deref()),
        (Some("Lin"), Some("+8613800138000"))
    );
    shared.lock().unwrap().userinfo = json!({ "sub": "person-2", "name": "Lin" });
    assert_eq!(once(&shared).await, Err(Fault::Untrusted("userinfo of somebody else")));
}

#[tokio::test]
async fn a_rotated_key_is_fetched_once_and_an_invented_one_is_no_flood() {
    let shared = provider().await;
    let upstreams = upstreams();
    let op = connector(&upstreams, &shared, ClientAuthentication::ClientSecretBasic);
    let at = |seconds: i64| NOW.plus_seconds(seconds);
    let fetched = || shared.lock().unwrap().jwks_fetched;
    let go = async |now: Timestamp| {
        let claims = json!({ "iat": now.as_seconds(), "exp": now.as_seconds() + 300 });
        shared.lock().unwrap().claims = claims;
        op.exchange(&callback(&shared), &flow(false), now).await
    };
    go(NOW).await.unwrap();
    shared.lock().unwrap().published.push(Key::new("k2"));
    go(at(5)).await.unwrap();
    assert_eq!(fetched(), 2, "an unknown key makes the set be fetched");
    // Forged names of keys: at most one fetch a minute, however many come.
    let forged = Key::new("k3").sign(&json!({}));
    shared.lock().unwrap().id_token = Some(forged);
    for second in 6..=20 {
        assert_eq!(go(at(second)).await, Err(Fault::Untrusted("unknown key")));
    }
    assert_eq!(fetched(), 2);
    assert_eq!(go(at(66)).await, Err(Fault::Untrusted("unknown key")));
    assert_eq!(fetched(), 3);
    // A key that the provider withdrew stops counting when the set has grown old.
    shared.lock().unwrap().id_token = None;
    let withdrawn = shared.lock().unwrap().published.remove(0);
    shared.lock().unwrap().published.push(Key::new("k4"));
    let now = at(700);
    let claims = {
        let mut provider = shared.lock().unwrap();
        provider.claims = json!({ "iat": now.as_seconds(), "exp": now.as_seconds() + 300 });
        provider.honest_claims()
    };
    shared.lock().unwrap().id_token = Some(withdrawn.sign(&claims));
    let outcome = op.exchange(&callback(&shared), &flow(false), now).await;
    assert_eq!(outcome, Err(Fault::Untrusted("unknown key")));
}

#[tokio::test]
async fn a_discovery_document_speaks_for_its_own_issuer() {
    let shared = provider().await;
    shared.lock().unwrap().discovery = json!({ "issuer": "https://other.example" });
    assert_eq!(once(&shared).await, Err(Fault::Untrusted("issuer of the discovery document")));
    let issuer = shared.lock().unwrap().issuer.clone();
    shared.lock().unwrap().discovery = json!({ "authorization_endpoint": "javascript:alert(1)" });
    assert!(once(&shared).await.is_err());
    shared.lock().unwrap().discovery = Value::Object(serde_json::Map::new());
    let op = connector(&upstreams(), &shared, ClientAuthentication::ClientSecretBasic);
    let findings = op.probe(NOW).await.unwrap();
    assert!(findings.iter().all(|finding| finding.good), "{findings:?}");
    assert!(
        findings
            .iter()
            .any(|finding| finding.what == "token_endpoint" && finding.detail == format!("{issuer}/token"))
    );
    let gone = OidcConfig { issuer: "http://127.0.0.1:9".into(), ..op.config().clone() };
    let findings = OpenIdProvider::new(upstreams(), gone).probe(NOW).await.unwrap();
    assert!(findings.len() == 1 && !findings[0].good, "{findings:?}");
}

#[test]
fn issuers_and_scopes_are_checked_before_they_are_kept() {
    let config = |issuer: &str, scopes: &str| OidcConfig {
        issuer: issuer.into(),
        client_id: "c".into(),
        secret: Hidden::new("s"),
        scopes: scopes.into(),
        authentication: ClientAuthentication::ClientSecretPost,
    };
    for good in ["https://op.example", "https://op.example/realms/a/", "http://127.0.0.1:9000"] {
        config(good, "openid profile").check().unwrap();
    }
    for bad in [
        "",
        "op.example",
        "https://op.example?x=1",
        "https://op.example#a",
        "https://u:p@op.example",
        "ftp://op.example",
    ] {
        assert_eq!(config(bad, "").check().unwrap_err().code, "upstream.issuer", "{bad}");
    }
    assert_eq!(config("https://op.example", "a\"b").check().unwrap_err().code, "upstream.scopes");
    assert!(!format!("{:?}", config("https://op.example", "")).contains("\"s\""));
}
