//! Everything that can be wrong with what is brought in a header, and with tokens that are somebody else's, spent or over.
use super::bad_input::{Fault, NEVER, Table, with_secret};
use crate::{
    client::{AuthMethod, Settings, TokenFormat},
    house::{Answer, House, houses},
    testing::{Caller, refreshing},
};
use axum::body::Body;
use http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::{Value, json};

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

#[tokio::test]
async fn f02_the_token_endpoint_with_the_clients_own_credentials() {
    use Fault::{Absent, Empty, Is, Long, Twice};
    for house in houses(true).await {
        let settings = Settings {
            auth_method: AuthMethod::SecretPost,
            resources: vec!["https://a.test/".into()],
            ..Settings::machine()
        };
        let caller = Caller::machine(&house, settings.clone()).await;
        let other = Caller::machine(&house, settings).await;
        let table = Table {
            path: "/oauth2/token",
            caller: &caller,
            good: with_secret(&caller, &[("grant_type", "client_credentials")]),
        };
        for name in ["grant_type", "scope", "client_id", "client_secret", "unknown"] {
            for fault in NEVER {
                table.check(name, fault, "invalid_request").await;
            }
        }
        let foreign: &'static str = Box::leak(other.secret.clone().unwrap().into_boxed_str());
        for (name, fault, expected) in [
            ("grant_type", Absent, "invalid_request"),
            ("grant_type", Empty, "invalid_request"),
            ("grant_type", Long, "unsupported_grant_type"),
            ("grant_type", Is("client_credentials "), "unsupported_grant_type"),
            ("grant_type", Is("authorization_code"), "unauthorized_client"),
            ("grant_type", Is("refresh_token"), "unauthorized_client"),
            ("scope", Empty, "ok"),
            ("scope", Long, "invalid_scope"),
            ("scope", Is("openid"), "invalid_scope"),
            ("scope", Is("organization \"x"), "invalid_scope"),
            ("scope", Is("organization:x"), "invalid_scope"),
            ("resource", Empty, "ok"),
            ("resource", Is("https://a.test/"), "ok"),
            ("resource", Is("https://a.test"), "invalid_target"),
            ("resource", Is("relative"), "invalid_target"),
            ("resource", Is("https://foreign.test/"), "invalid_target"),
            ("resource", Long, "invalid_target"),
            ("resource", Twice, "invalid_target"),
            ("client_id", Absent, "invalid_client"),
            ("client_id", Empty, "invalid_client"),
            ("client_id", Long, "invalid_client"),
            ("client_id", Is("nobody"), "invalid_client"),
            ("client_secret", Absent, "invalid_client"),
            ("client_secret", Empty, "invalid_client"),
            ("client_secret", Long, "invalid_client"),
            ("client_secret", Is("wrong"), "invalid_client"),
            ("client_secret", Is(foreign), "invalid_client"),
            // Of other grants: without a meaning here.
            ("code", Is("x"), "ok"),
            ("refresh_token", Long, "ok"),
        ] {
            table.check(name, fault, expected).await;
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_a_client_and_reads_what_it_is_told() {
    for house in houses(true).await {
        let send = async |method: Method, path: &str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::HOST, "127.0.0.1:8080")
                .header(header::ORIGIN, "https://page.test")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
                .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "dpop")
                .body(Body::empty())
                .unwrap();
            let answer = house.send(request).await;
            let any = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|any| any == "*");
            (answer.status, any)
        };
        for path in ["/oauth2/token", "/oauth2/par", "/oauth2/revoke", "/oauth2/userinfo"] {
            assert_eq!(send(Method::OPTIONS, path).await, (StatusCode::OK, true), "{path}");
            let (status, any) = send(Method::POST, path).await;
            assert!(status.is_client_error() && any, "{path}: the refusal can be read too");
        }
        for path in ["/oauth2/authorize", "/oauth2/logout", "/oauth2/introspect", "/consent"] {
            assert!(!send(Method::OPTIONS, path).await.1, "{path}");
        }
    }
}

/// Lines of the header, and a body if it is a POST.
async fn userinfo(house: &House, lines: &[&[u8]], body: Option<(&str, &str)>) -> Answer {
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let mut request =
        Request::builder().method(method).uri("/oauth2/userinfo").header(header::HOST, "127.0.0.1:8080");
    for line in lines {
        request = request.header(header::AUTHORIZATION, HeaderValue::from_bytes(line).unwrap());
    }
    let text = body.map(|(kind, text)| {
        request = std::mem::take(&mut request).header(header::CONTENT_TYPE, kind);
        text.to_owned()
    });
    house.send(request.body(Body::from(text.unwrap_or_default())).unwrap()).await
}
/// No error code where nothing was brought at all.
fn told(answer: &Answer) -> (u16, String) {
    let challenge = answer.headers.get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
    if answer.status == StatusCode::OK {
        assert_eq!(challenge, None);
    } else {
        let challenge = challenge.unwrap_or_else(|| panic!("no challenge: {answer:?}"));
        assert_eq!(challenge.contains(&answer.error()), challenge.contains("error="), "{challenge}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        if !challenge.contains("error=") {
            return (answer.status.as_u16(), "nothing".into());
        }
    }
    (answer.status.as_u16(), answer.error())
}

#[tokio::test]
async fn every_wrong_way_to_bring_a_token_to_userinfo() {
    const FORM: &str = "application/x-www-form-urlencoded";
    for house in houses(true).await {
        let settings = Settings { resources: vec!["https://a.test/".into()], ..refreshing() };
        let caller = Caller::new(&house, settings).await;
        let tokens = caller.tokens("openid offline_access").await;
        let good = text(&tokens, "access_token");
        let line = |scheme: &str, token: &str| format!("{scheme} {token}").into_bytes();
        let bearer = line("Bearer", &good);
        let elsewhere = caller.code("openid", &[("resource", "https://a.test/")]).await;
        let elsewhere = text(&caller.exchange(&elsewhere).await.json(), "access_token");
        let bound = Caller::new(&house, Settings { dpop_bound: true, ..refreshing() }).await.with_dpop();
        let bound = text(&bound.tokens("openid").await, "access_token");
        let (refresh, id_token) = (text(&tokens, "refresh_token"), text(&tokens, "id_token"));
        let code = caller.code("openid", &[]).await;
        for (lines, expected) in [
            (vec![], (401, "nothing")),
            (vec![bearer.clone()], (200, "")),
            (vec![line("bearer", &good)], (200, "")),
            (vec![b"".to_vec()], (400, "invalid_request")),
            (vec![b"Bearer".to_vec()], (400, "invalid_request")),
            (vec![b"Bearer\xff x".to_vec()], (400, "invalid_request")),
            (vec![bearer.clone(), bearer.clone()], (400, "invalid_request")),
            (vec![line("Bearer", "")], (401, "invalid_token")),
            (vec![line("Bearer ", &good)], (401, "invalid_token")),
            (vec![line("Bearer", &format!("{good} {good}"))], (401, "invalid_token")),
            (vec![line("Bearer", &format!("{good},"))], (401, "invalid_token")),
            (vec![line("Bearer", "nonsense")], (401, "invalid_token")),
            (vec![line("Bearer", &"A".repeat(20_000))], (401, "invalid_token")),
            (vec![line("Bearer", &good.to_lowercase())], (401, "invalid_token")),
            (vec![line("Basic", &good)], (401, "invalid_token")),
            (vec![line("DPoP", &good)], (401, "invalid_token")),
            // Of another kind.
            (vec![line("Bearer", &refresh)], (401, "invalid_token")),
            (vec![line("Bearer", &id_token)], (401, "invalid_token")),
            (vec![line("Bearer", &code)], (401, "invalid_token")),
            // Meant for others, or for whoever holds a key.
            (vec![line("Bearer", &elsewhere)], (401, "invalid_token")),
            (vec![line("Bearer", &bound)], (401, "invalid_token")),
        ] {
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            let answer = userinfo(&house, &lines, None).await;
            let shown: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
            assert_eq!(told(&answer), (expected.0, expected.1.to_owned()), "{shown:?}");
        }
        let long = format!("access_token={}", "A".repeat(20_000));
        let too_much = format!("access_token={good}&x={}", "A".repeat(70_000));
        for (lines, kind, body, expected) in [
            (vec![], FORM, format!("access_token={good}"), (200, "")),
            (vec![], FORM, String::new(), (401, "nothing")),
            (vec![], FORM, "access_token=".into(), (401, "nothing")),
            (vec![], FORM, format!("access_token={good}&access_token={good}"), (400, "invalid_request")),
            (vec![], FORM, format!("access_token={good}&x=1&x=2"), (400, "invalid_request")),
            (vec![], FORM, "access_token=%ff".into(), (400, "invalid_request")),
            (vec![], FORM, format!("access_token={good}%00"), (400, "invalid_request")),
            (vec![], FORM, format!("access_token={good}%20"), (401, "invalid_token")),
            (vec![], FORM, "access_token=nonsense".into(), (401, "invalid_token")),
            (vec![], FORM, long, (401, "invalid_token")),
            (vec![], FORM, too_much, (400, "invalid_request")),
            (vec![], FORM, format!("access_token={refresh}"), (401, "invalid_token")),
            (vec![], FORM, format!("access_token={bound}"), (401, "invalid_token")),
            (
                vec![],
                "application/json",
                json!({ "access_token": good }).to_string(),
                (400, "invalid_request"),
            ),
            (vec![bearer.as_slice()], FORM, format!("access_token={good}"), (400, "invalid_request")),
            (vec![bearer.as_slice()], FORM, String::new(), (200, "")),
        ] {
            let answer = userinfo(&house, &lines, Some((kind, &body))).await;
            let shown: String = body.chars().take(200).collect();
            assert_eq!(told(&answer), (expected.0, expected.1.to_owned()), "{lines:?} {shown}");
        }
        // Given back, and run out.
        assert_eq!(caller.ask("/oauth2/revoke", &[("token", &good)]).await.status, StatusCode::OK);
        assert_eq!(told(&userinfo(&house, &[&bearer], None).await), (401, "invalid_token".into()));
        let other = line("Bearer", &text(&caller.tokens("openid").await, "access_token"));
        house.db.clock().advance_seconds(600);
        assert_eq!(told(&userinfo(&house, &[&other], None).await), (401, "invalid_token".into()));
    }
}

#[tokio::test]
async fn what_is_no_living_token_is_inactive_and_giving_it_back_changes_nothing() {
    for house in houses(true).await {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            let settings =
                Settings { access_token_format: format, access_token_seconds: 300, ..refreshing() };
            let caller = Caller::new(&house, settings).await;
            let sibling = Caller::new(&house, refreshing()).await;
            let tokens = caller.tokens("openid offline_access").await;
            let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
            let active = async |token: &str| caller.introspect(token).await["active"] == true;
            assert!(active(&access).await && active(&refresh).await);
            // Another client of the same product asks about it, and does not end it.
            assert_eq!(sibling.introspect(&access).await["active"], true);
            for token in [&access, &refresh] {
                assert_eq!(sibling.ask("/oauth2/revoke", &[("token", token)]).await.status, StatusCode::OK);
            }
            assert!(active(&access).await && active(&refresh).await);
            let code = caller.code("openid", &[]).await;
            let (id_token, padded) = (text(&tokens, "id_token"), format!(" {access}"));
            let secret = caller.secret.clone().unwrap();
            for other in [id_token.as_str(), &code, &padded, &access.to_uppercase(), &secret, "."] {
                assert_eq!(caller.introspect(other).await, json!({ "active": false }), "{other}");
                assert_eq!(caller.ask("/oauth2/revoke", &[("token", other)]).await.status, StatusCode::OK);
            }
            assert_eq!(caller.exchange(&code).await.status, StatusCode::OK, "a code is not given back");
            // Spent, given back, run out: inactive, and given back again with the same answer.
            let next = text(&caller.refresh(&refresh).await.json(), "refresh_token");
            assert!(!active(&refresh).await && active(&next).await);
            assert_eq!(caller.ask("/oauth2/revoke", &[("token", &next)]).await.status, StatusCode::OK);
            assert!(!active(&next).await && !active(&access).await, "and everything that came of its code");
            let late = text(&caller.tokens("openid").await, "access_token");
            house.db.clock().advance_seconds(300);
            assert!(!active(&late).await);
            for token in [&next, &refresh, &access, &late] {
                assert_eq!(caller.ask("/oauth2/revoke", &[("token", token)]).await.status, StatusCode::OK);
            }
        }
        // Whoever cannot prove to be itself asks about nothing.
        let public = Caller::new(&house, Settings::public()).await;
        let answer = public.ask("/oauth2/introspect", &[("token", "x")]).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    }
}

#[tokio::test]
async fn every_wrong_way_to_bring_a_proof() {
    for house in houses(true).await {
        let caller = Caller::new(&house, Settings { dpop_bound: true, ..refreshing() }).await.with_dpop();
        // Learns the nonce.
        caller.tokens("openid").await;
        let key = caller.dpop.as_ref().unwrap();
        let proof = || key.proof(&caller.proof_claims("POST", "/oauth2/token", None));
        let with = |name: &str, value: Value| {
            let mut claims = caller.proof_claims("POST", "/oauth2/token", None);
            claims[name] = value;
            key.proof(&claims)
        };
        let now = house.db.clock().now().as_seconds();
        let used = proof();
        let body = house.exchange_body("nonsense");
        let spent = caller.send("/oauth2/token", &body, Some(&used)).await;
        assert_eq!(spent.error(), "invalid_grant", "in order but for the code");
        let twice = [proof(), proof()];
        let [one, other] = &twice;
        for (lines, expected) in [
            (vec![], "invalid_request"),
            (vec![b"".to_vec()], "invalid_dpop_proof"),
            (vec![b"nonsense".to_vec()], "invalid_dpop_proof"),
            (vec![b"a.b.c".to_vec()], "invalid_dpop_proof"),
            (vec![b"\xff.\xfe.\xfd".to_vec()], "invalid_dpop_proof"),
            (vec![vec![b'A'; 20_000]], "invalid_dpop_proof"),
            (vec![one.clone().into_bytes(), other.clone().into_bytes()], "invalid_dpop_proof"),
            (vec![format!("{one}, {other}").into_bytes()], "invalid_dpop_proof"),
            (vec![format!("{one}=").into_bytes()], "invalid_dpop_proof"),
            (vec![used.into_bytes()], "invalid_dpop_proof"),
            (vec![with("htm", json!("GET")).into_bytes()], "invalid_dpop_proof"),
            (vec![with("htu", json!("http://127.0.0.1:8080/oauth2/par")).into_bytes()], "invalid_dpop_proof"),
            (vec![with("iat", json!(now - 3600)).into_bytes()], "invalid_dpop_proof"),
            (vec![with("iat", json!(now + 3600)).into_bytes()], "invalid_dpop_proof"),
            (vec![with("jti", json!("")).into_bytes()], "invalid_dpop_proof"),
            (vec![with("jti", json!(7)).into_bytes()], "invalid_dpop_proof"),
            (vec![with("nonce", json!(null)).into_bytes()], "use_dpop_nonce"),
            (vec![with("nonce", json!("")).into_bytes()], "use_dpop_nonce"),
            (vec![with("nonce", json!("foreign")).into_bytes()], "use_dpop_nonce"),
            (vec![with("nonce", json!(7)).into_bytes()], "invalid_dpop_proof"),
            // What was refused before was not counted.
            (vec![one.clone().into_bytes()], "invalid_grant"),
        ] {
            let mut request = Request::post("/oauth2/token")
                .header(header::HOST, "127.0.0.1:8080")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::AUTHORIZATION, {
                    let pair = format!("{}:{}", caller.client.client_id, caller.secret.as_ref().unwrap());
                    format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes()))
                });
            for line in &lines {
                request = request.header("dpop", HeaderValue::from_bytes(line).unwrap());
            }
            let answer = house.send(request.body(Body::from(body.clone())).unwrap()).await;
            let shown: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (StatusCode::BAD_REQUEST, expected),
                "{shown:?}"
            );
        }
    }
}
