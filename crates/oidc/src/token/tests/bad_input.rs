//! Every parameter of every endpoint of this side, and everything that can be wrong with it: absent, empty, twice, over-long,
//! wrongly encoded, of the wrong kind, foreign, expired, replayed, of another client.
use crate::{
    client::{AuthMethod, Settings},
    house::{Answer, CALLBACK, House, VERIFIER, houses},
    testing::{Caller, hs256, refreshing},
};
use http::StatusCode;

/// A request that is in order, and what each change of one of its parameters comes to. `None`: it stays in order.
pub(super) struct Table<'a> {
    pub path: &'static str,
    pub caller: &'a Caller<'a>,
    pub good: Vec<(&'static str, String)>,
}
/// How one parameter is changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Absent,
    Empty,
    Twice,
    Long,
    Encoding,
    Nul,
    Is(&'static str),
}
use Fault::{Absent, Empty, Encoding, Is, Long, Nul, Twice};

impl Table<'_> {
    fn body(&self, name: &str, fault: Fault) -> String {
        let mut pairs: Vec<String> = Vec::new();
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut found = false;
        for (other, value) in &self.good {
            if *other != name {
                pairs.push(format!("{other}={}", encode(value)));
                continue;
            }
            found = true;
            let good = encode(value);
            match fault {
                Absent => {}
                Empty => pairs.push(format!("{name}=")),
                Twice => pairs.extend([format!("{name}={good}"), format!("{name}={good}")]),
                Long => pairs.push(format!("{name}={}", "A".repeat(20_000))),
                Encoding => pairs.push(format!("{name}=%ff%fe")),
                Nul => pairs.push(format!("{name}={good}%00")),
                Is(text) => pairs.push(format!("{name}={}", encode(text))),
            }
        }
        if !found {
            match fault {
                Is(text) => pairs.push(format!("{name}={}", encode(text))),
                Twice => pairs.extend([format!("{name}=a"), format!("{name}=b")]),
                Long => pairs.push(format!("{name}={}", "A".repeat(20_000))),
                Encoding => pairs.push(format!("{name}=%zz")),
                Nul => pairs.push(format!("{name}=a%00")),
                Absent | Empty => pairs.push(format!("{name}=")),
            }
        }
        pairs.join("&")
    }
    /// Error: what the answer was instead.
    pub async fn check(&self, name: &str, fault: Fault, expected: &str) {
        let answer = self.caller.send(self.path, &self.body(name, fault), None).await;
        let told = if answer.status == StatusCode::OK { "ok".to_owned() } else { answer.error() };
        assert_eq!(told, expected, "{} {name} {fault:?}: {answer:?}", self.path);
        if answer.status != StatusCode::OK {
            let challenged = expected == "invalid_client";
            let status = if challenged { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            assert_eq!(answer.status, status, "{name} {fault:?}");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
    }
}
/// What no parameter survives, known or not.
pub(super) const NEVER: [Fault; 3] = [Twice, Encoding, Nul];

async fn poster(house: &House) -> Caller<'_> {
    Caller::new(house, Settings { auth_method: AuthMethod::SecretPost, ..refreshing() }).await
}
pub(super) fn with_secret(
    caller: &Caller<'_>,
    members: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let mut good: Vec<_> = members.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    good.push(("client_id", caller.client.client_id.clone()));
    good.push(("client_secret", caller.secret.clone().unwrap()));
    good
}

#[tokio::test]
async fn f02_the_token_endpoint_with_a_code() {
    for house in houses(true).await {
        let caller = poster(&house).await;
        let other = Caller::new(&house, refreshing()).await;
        let foreign_code = other.code("openid", &[]).await;
        let table = |code: &str| Table {
            path: "/oauth2/token",
            caller: &caller,
            good: with_secret(
                &caller,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", CALLBACK),
                    ("code_verifier", VERIFIER),
                ],
            ),
        };
        // Refused before the code is touched.
        let code = caller.code("openid", &[]).await;
        let same = table(&code);
        for name in [
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "client_id",
            "client_secret",
            "scope",
            "unknown",
        ] {
            for fault in NEVER {
                same.check(name, fault, "invalid_request").await;
            }
        }
        for (name, fault, expected) in [
            ("grant_type", Absent, "invalid_request"),
            ("grant_type", Empty, "invalid_request"),
            ("grant_type", Long, "unsupported_grant_type"),
            ("grant_type", Is("password"), "unsupported_grant_type"),
            ("grant_type", Is("implicit"), "unsupported_grant_type"),
            ("grant_type", Is("Authorization_Code"), "unsupported_grant_type"),
            ("grant_type", Is("client_credentials"), "unauthorized_client"),
            ("code", Absent, "invalid_request"),
            ("code", Empty, "invalid_request"),
            ("code", Long, "invalid_grant"),
            ("code", Is("nonsense"), "invalid_grant"),
            ("code_verifier", Absent, "invalid_grant"),
            ("code_verifier", Empty, "invalid_grant"),
            ("client_id", Absent, "invalid_client"),
            ("client_id", Empty, "invalid_client"),
            ("client_id", Long, "invalid_client"),
            ("client_id", Is("nobody"), "invalid_client"),
            ("client_secret", Absent, "invalid_client"),
            ("client_secret", Empty, "invalid_client"),
            ("client_secret", Long, "invalid_client"),
            ("client_secret", Is("wrong"), "invalid_client"),
            ("client_assertion", Is("a.b.c"), "invalid_request"),
            ("client_assertion_type", Is("nonsense"), "invalid_request"),
            ("resource", Is("relative"), "invalid_target"),
            ("resource", Is("https://a.test/#fragment"), "invalid_target"),
            ("resource", Long, "invalid_target"),
            ("scope", Long, "invalid_scope"),
        ] {
            same.check(name, fault, expected).await;
        }
        same.check("code", Is(Box::leak(foreign_code.into_boxed_str())), "invalid_grant").await;
        same.check("unknown", Is("ignored"), "ok").await;
        same.check("unknown", Is("ignored"), "invalid_grant").await;
        // Whoever brings a code wrongly has spent it.
        for (name, fault, expected) in [
            ("redirect_uri", Is("https://rp.test/callback/"), "invalid_grant"),
            ("redirect_uri", Is("https://rp.test/callback?x=1"), "invalid_grant"),
            ("redirect_uri", Is("https://evil.test/callback"), "invalid_grant"),
            ("redirect_uri", Long, "invalid_grant"),
            ("code_verifier", Is("short"), "invalid_grant"),
            ("code_verifier", Long, "invalid_grant"),
            ("code_verifier", Is("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"), "invalid_grant"),
            ("code_verifier", Is("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), "invalid_grant"),
            ("resource", Is("https://foreign.test/"), "invalid_target"),
        ] {
            let code = caller.code("openid", &[]).await;
            let table = table(&code);
            table.check(name, fault, expected).await;
            table.check("unknown", Empty, "invalid_grant").await;
        }
        let code = caller.code("openid", &[]).await;
        table(&code).check("redirect_uri", Absent, "ok").await;
        let code = caller.code("openid", &[]).await;
        house.db.clock().advance_seconds(60);
        table(&code).check("unknown", Empty, "invalid_grant").await;
    }
}
#[tokio::test]
async fn f02_the_token_endpoint_with_a_refresh_token() {
    for house in houses(true).await {
        let caller = poster(&house).await;
        let other = Caller::new(&house, refreshing()).await;
        let token = |tokens: serde_json::Value| tokens["refresh_token"].as_str().unwrap().to_owned();
        let foreign = token(other.tokens("openid offline_access").await);
        let own = token(caller.tokens("openid offline_access").await);
        let table = Table {
            path: "/oauth2/token",
            caller: &caller,
            good: with_secret(&caller, &[("grant_type", "refresh_token"), ("refresh_token", &own)]),
        };
        for name in ["grant_type", "refresh_token", "scope", "client_id", "client_secret", "unknown"] {
            for fault in NEVER {
                table.check(name, fault, "invalid_request").await;
            }
        }
        for (name, fault, expected) in [
            ("refresh_token", Absent, "invalid_request"),
            ("refresh_token", Empty, "invalid_request"),
            ("refresh_token", Long, "invalid_grant"),
            ("refresh_token", Is("nonsense"), "invalid_grant"),
            ("refresh_token", Is(Box::leak(foreign.into_boxed_str())), "invalid_grant"),
            ("scope", Long, "invalid_scope"),
            ("scope", Is("openid phone"), "invalid_scope"),
            ("scope", Is("openid \"quoted\""), "invalid_scope"),
            ("resource", Is("nonsense"), "invalid_target"),
            ("resource", Is("https://foreign.test/"), "invalid_target"),
            ("resource", Long, "invalid_target"),
            ("client_secret", Is("wrong"), "invalid_client"),
            ("client_id", Is("nobody"), "invalid_client"),
        ] {
            table.check(name, fault, expected).await;
        }
        table.check("scope", Empty, "ok").await;
        table.check("scope", Empty, "invalid_grant").await;
    }
}
#[tokio::test]
async fn f02_introspection_and_revocation() {
    for house in houses(true).await {
        let caller = poster(&house).await;
        let tokens = caller.tokens("openid").await;
        let token = tokens["access_token"].as_str().unwrap();
        for path in ["/oauth2/introspect", "/oauth2/revoke"] {
            let table = Table { path, caller: &caller, good: with_secret(&caller, &[("token", token)]) };
            for name in ["token", "token_type_hint", "client_id", "client_secret", "unknown"] {
                for fault in NEVER {
                    table.check(name, fault, "invalid_request").await;
                }
            }
            for (name, fault, expected) in [
                ("token", Absent, "invalid_request"),
                ("token", Empty, "invalid_request"),
                ("token", Long, "ok"),
                ("token", Is("nonsense"), "ok"),
                ("token", Is("a.b.c"), "ok"),
                ("token_type_hint", Is("nonsense"), "ok"),
                ("token_type_hint", Long, "ok"),
                ("client_secret", Is("wrong"), "invalid_client"),
                ("client_id", Is("nobody"), "invalid_client"),
            ] {
                table.check(name, fault, expected).await;
            }
        }
    }
}
#[tokio::test]
async fn f02_client_assertions() {
    for house in houses(true).await {
        let caller =
            Caller::machine(&house, Settings { auth_method: AuthMethod::SecretJwt, ..Settings::machine() })
                .await;
        let assertion = || hs256(caller.secret.as_ref().unwrap(), &caller.assertion_claims());
        let table = || Table {
            path: "/oauth2/token",
            caller: &caller,
            good: vec![
                ("grant_type", "client_credentials".to_owned()),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                ),
                ("client_assertion", assertion()),
            ],
        };
        for name in ["client_assertion", "client_assertion_type"] {
            for fault in NEVER {
                table().check(name, fault, "invalid_request").await;
            }
        }
        for (name, fault, expected) in [
            ("client_assertion", Absent, "invalid_request"),
            ("client_assertion", Empty, "invalid_request"),
            ("client_assertion", Long, "invalid_client"),
            ("client_assertion", Is("nonsense"), "invalid_client"),
            ("client_assertion", Is("a.b.c"), "invalid_client"),
            ("client_assertion_type", Absent, "invalid_request"),
            ("client_assertion_type", Empty, "invalid_request"),
            (
                "client_assertion_type",
                Is("urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
                "invalid_request",
            ),
            ("client_secret", Is("besides"), "invalid_request"),
            ("client_id", Is("another"), "invalid_request"),
        ] {
            table().check(name, fault, expected).await;
        }
        let once = table();
        once.check("unknown", Empty, "ok").await;
        once.check("unknown", Empty, "invalid_client").await;
    }
}
#[tokio::test]
async fn bodies_of_other_kinds_are_refused_everywhere() {
    let house = houses(true).await.remove(0);
    let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        let large = "a=b&".repeat(20_000);
        for (body, status) in [
            (large.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
            ("%", StatusCode::BAD_REQUEST),
            ("a=%ff", StatusCode::BAD_REQUEST),
            ("=%00", StatusCode::BAD_REQUEST),
        ] {
            let answer: Answer = house.post(path, credentials, body).await;
            assert_eq!((answer.status, answer.error().as_str()), (status, "invalid_request"));
        }
        let json = http::Request::post(path)
            .header("host", "127.0.0.1:8080")
            .header("content-type", "application/json")
            .body(axum::body::Body::from("{}"))
            .unwrap();
        assert_eq!(house.send(json).await.error(), "invalid_request");
        let in_query = house.get(&format!("{path}?grant_type=authorization_code"), false).await;
        assert_eq!(in_query.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
