use super::*;
use crate::proof::tests::{Key, TOKEN};
use axum::{Form, body::Body, http::Request, routing::post};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::collections::HashMap;
use tower::ServiceExt as _;

pub(crate) const AUDIENCE: &str = "https://api.test/";

pub(crate) fn config(issuer: &str) -> Config {
    Config {
        issuer: issuer.into(),
        client_id: "api".into(),
        client_secret: "secret".into(),
        listen: String::new(),
        base_url: "http://127.0.0.1:8070".into(),
        audience: AUDIENCE.into(),
        ca_file: None,
    }
}

/// A provider that knows a few tokens: `token` is bound to the key.
async fn app(key: &Key) -> Router {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let jkt = key.thumbprint();
    let (named, speaks) = (issuer.clone(), issuer.clone());
    let metadata = json!({ "issuer": named, "introspection_endpoint": format!("{named}/introspect") });
    let introspect = async move |headers: HeaderMap, Form(form): Form<HashMap<String, String>>| {
        if headers.get("authorization").is_none_or(|line| line != "Basic YXBpOnNlY3JldA==") {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let living = json!({ "active": true, "iss": speaks, "aud": [AUDIENCE], "exp": unix_now() + 60, "sub": "subject",
            "client_id": "c", "token_type": "Bearer" });
        let with = |changes: Value| {
            let mut told = living.clone();
            for (name, value) in changes.as_object().unwrap() {
                told[name] = value.clone();
            }
            told
        };
        Json(match form["token"].as_str() {
            TOKEN => with(json!({ "token_type": "DPoP", "cnf": { "jkt": jkt } })),
            "free" => living,
            "elsewhere" => with(json!({ "aud": [speaks] })),
            "refresh" => with(json!({ "token_type": null })),
            _ => json!({ "active": false }),
        })
        .into_response()
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(metadata)))
        .route("/introspect", post(introspect));
    tokio::spawn(async move { axum::serve(listener, router).await });
    App::new(config(&issuer)).unwrap().router()
}

struct Answer {
    status: u16,
    challenges: Vec<String>,
    body: Value,
}
async fn call(app: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let lines = response.headers().get_all("www-authenticate").iter();
    let challenges = lines.map(|line| line.to_str().unwrap().to_owned()).collect();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, challenges, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

#[tokio::test]
async fn whoever_holds_token_and_key_is_answered_once_a_proof() {
    let key = Key::p256();
    let app = app(&key).await;
    let proof = key.proof(&json!({}), unix_now());
    let headers = [("authorization", "DPoP token"), ("dpop", proof.as_str())];
    let answer = call(&app, "GET", "/resource?query=counts#not", &headers).await;
    assert_eq!((answer.status, &answer.body["sub"]), (200, &json!("subject")), "{:?}", answer.challenges);
    let replayed = call(&app, "GET", "/resource", &headers).await;
    assert_eq!((replayed.status, &replayed.body["error"]), (401, &json!("invalid_dpop_proof")));
    let posted = key.proof(&json!({ "jti": "two", "htm": "POST" }), unix_now());
    let headers = [("authorization", "dpop token"), ("dpop", posted.as_str())];
    assert_eq!(call(&app, "POST", "/resource", &headers).await.status, 200);
    let free = call(&app, "GET", "/resource", &[("authorization", "Bearer free")]).await;
    assert_eq!(free.status, 200, "what is bound to nothing needs no proof");
}
/// Headers, then status, scheme and error of the answer.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str, &'a str);

#[tokio::test]
async fn everybody_else_is_told_what_is_missing() {
    let key = Key::p256();
    let app = app(&key).await;
    let now = unix_now();
    let (good, late) = (key.proof(&json!({}), now), key.proof(&json!({}), now - 1000));
    let foreign = Key::p256().proof(&json!({}), now);
    let cases: &[Case<'_>] = &[
        (&[], 401, "DPoP", ""),
        (&[("authorization", "Basic YTpi")], 401, "DPoP", ""),
        (&[("authorization", "DPoP token")], 401, "DPoP", "invalid_dpop_proof"),
        (&[("authorization", "DPoP token"), ("dpop", &late)], 401, "DPoP", "invalid_dpop_proof"),
        (&[("authorization", "DPoP token"), ("dpop", &foreign)], 401, "DPoP", "invalid_dpop_proof"),
        (
            &[("authorization", "DPoP token"), ("dpop", &good), ("dpop", &good)],
            401,
            "DPoP",
            "invalid_dpop_proof",
        ),
        (&[("authorization", "Bearer token"), ("dpop", &good)], 401, "DPoP", "invalid_token"),
        (&[("authorization", "DPoP free"), ("dpop", &good)], 401, "DPoP", "invalid_token"),
        (&[("authorization", "Bearer elsewhere")], 401, "Bearer", "invalid_token"),
        (&[("authorization", "Bearer refresh")], 401, "Bearer", "invalid_token"),
        (&[("authorization", "Bearer unknown")], 401, "Bearer", "invalid_token"),
        (
            &[("authorization", "Bearer free"), ("authorization", "Bearer free")],
            400,
            "DPoP",
            "invalid_request",
        ),
        (&[("authorization", "Bearer fr\"ee")], 400, "DPoP", "invalid_request"),
    ];
    for (headers, status, scheme, error) in cases {
        let answer = call(&app, "GET", "/resource", headers).await;
        assert_eq!(answer.status, *status, "{headers:?}");
        let challenge = answer.challenges.first().unwrap();
        assert!(challenge.starts_with(scheme), "{headers:?} {challenge}");
        let named = challenge.contains(&format!("error=\"{error}\""));
        assert!(
            if error.is_empty() { !challenge.contains("error") } else { named },
            "{headers:?} {challenge}"
        );
    }
    let query = call(&app, "GET", "/resource?access_token=free", &[]).await;
    assert_eq!((query.status, query.challenges.len()), (401, 2), "an address is no place for a token");
    let fine = call(&app, "GET", "/resource", &[("authorization", "DPoP token"), ("dpop", &good)]).await;
    assert_eq!(fine.status, 200, "the refused have not used the proof up");
}
#[tokio::test]
async fn without_its_provider_the_api_answers_nobody() {
    let app = App::new(config("http://127.0.0.1:1")).unwrap().router();
    assert_eq!(call(&app, "GET", "/resource", &[("authorization", "Bearer free")]).await.status, 503);
}
