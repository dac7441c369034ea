//! Every parameter of an authorization request in every way that it can be wrong, at each of the three places that take one:
//! GET, POST and the pushed request endpoint.
use crate::house::{Answer, CALLBACK, House, VERIFIER, houses};
use http::StatusCode;
use sha2::{Digest, Sha256};

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Out {
    /// The request is good.
    Taken,
    /// Told to the client at the proven address.
    Client(&'static str),
    /// Shown to the person, with this code; the client that pushes hears `invalid_request`.
    Page(&'static str),
}
use Out::{Client, Page, Taken};

struct Row {
    name: &'static str,
    /// A value that is taken; None: there is none.
    good: Option<String>,
    absent: Out,
    duplicated: Out,
    /// 9000 characters.
    long: Out,
    wrong: Vec<(&'static str, Out)>,
}

const INVALID: Out = Client("invalid_request");

fn rows(house: &House) -> Vec<Row> {
    let challenge = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER));
    let row = |name, good: Option<&str>, absent, long, wrong: &[(&'static str, Out)]| Row {
        name,
        good: good.map(str::to_owned),
        absent,
        duplicated: INVALID,
        long,
        wrong: wrong.to_vec(),
    };
    let uri = "client.redirect_uri_unknown";
    vec![
        Row {
            duplicated: Page("client.unknown"),
            ..row(
                "client_id",
                Some(&house.client.client_id),
                Page("client.unknown"),
                Page("client.unknown"),
                &[("nobody", Page("client.unknown")), ("a b", Page("client.unknown"))],
            )
        },
        Row {
            duplicated: Page(uri),
            ..row(
                "redirect_uri",
                Some(CALLBACK),
                Page(uri),
                Page(uri),
                &[
                    ("https://rp.test/callback/", Page(uri)),
                    ("https://rp.test.evil.test/callback", Page(uri)),
                    ("https://rp.test/bye", Page(uri)),
                    ("javascript:alert(1)", Page(uri)),
                ],
            )
        },
        row(
            "response_type",
            Some("code"),
            INVALID,
            Client("unsupported_response_type"),
            &[
                ("token", Client("unsupported_response_type")),
                ("code id_token", Client("unsupported_response_type")),
                ("CODE", Client("unsupported_response_type")),
            ],
        ),
        row("response_mode", Some("query"), Taken, INVALID, &[("fragment", INVALID), ("query.jwt", INVALID)]),
        row(
            "scope",
            Some("openid"),
            Client("invalid_scope"),
            INVALID,
            &[
                ("profile", Taken),
                ("openid \"", Client("invalid_scope")),
                ("openid organization:x", Client("invalid_scope")),
                ("openid unknown", Taken),
            ],
        ),
        row("state", Some("st"), Taken, INVALID, &[]),
        row("nonce", Some("no"), Taken, INVALID, &[]),
        row(
            "code_challenge",
            Some(&challenge),
            INVALID,
            INVALID,
            &[
                ("short", INVALID),
                (VERIFIER, Taken),
                ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", INVALID),
            ],
        ),
        row(
            "code_challenge_method",
            Some("S256"),
            INVALID,
            INVALID,
            &[("plain", INVALID), ("s256", INVALID)],
        ),
        row(
            "prompt",
            None,
            Taken,
            INVALID,
            &[("none login", INVALID), ("create", INVALID), ("None", INVALID)],
        ),
        row(
            "max_age",
            Some("86400"),
            Taken,
            INVALID,
            &[("-1", INVALID), ("1.5", INVALID), ("soon", INVALID), ("9999999999", INVALID)],
        ),
        row("acr_values", Some("urn:fujie:aal:1"), Taken, INVALID, &[("gold", Taken)]),
        row(
            "claims",
            Some(r#"{"userinfo":{"name":null}}"#),
            Taken,
            INVALID,
            &[
                ("name", INVALID),
                ("[]", INVALID),
                (r#"{"userinfo":1}"#, INVALID),
                (r#"{"userinfo":{},"userinfo":{}}"#, INVALID),
                (
                    r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#,
                    Client("unmet_authentication_requirements"),
                ),
            ],
        ),
        row("ui_locales", Some("en zh-CN"), Taken, INVALID, &[("xx", Taken)]),
        row("login_hint", Some("chensq"), Taken, INVALID, &[]),
        row("id_token_hint", None, Taken, INVALID, &[("nonsense", INVALID), ("e30.e30.e30", INVALID)]),
        Row {
            duplicated: Client("invalid_target"),
            ..row(
                "resource",
                None,
                Taken,
                Client("invalid_target"),
                &[("https://api.test", Client("invalid_target")), ("x", Client("invalid_target"))],
            )
        },
        row("dpop_jkt", Some(&challenge), Taken, INVALID, &[("short", INVALID)]),
        row(
            "request",
            None,
            Taken,
            Client("request_not_supported"),
            &[("eyJhbGciOiJub25lIn0.e30.", Client("request_not_supported"))],
        ),
        row(
            "registration",
            None,
            Taken,
            Client("registration_not_supported"),
            &[("{}", Client("registration_not_supported"))],
        ),
    ]
}

/// One way to be wrong.
struct Case {
    what: String,
    /// As it is sent.
    query: String,
    expected: Out,
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn cases(house: &House) -> Vec<Case> {
    let rows = rows(house);
    // What is there besides must be good, and ask for nothing: no optional parameter but these.
    let usual = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    let base = |without: &str| -> String {
        rows.iter()
            .filter(|row| row.name != without && usual.contains(&row.name))
            .filter_map(|row| row.good.as_ref().map(|good| format!("{}={}&", row.name, encoded(good))))
            .collect()
    };
    let mut cases = Vec::new();
    for row in &rows {
        let name = row.name;
        let rest = base(name);
        let mut add = |what: &str, more: String, expected| {
            cases.push(Case { what: format!("{name} {what}"), query: format!("{rest}{more}"), expected });
        };
        add("absent", String::new(), row.absent);
        add("empty", format!("{name}="), row.absent);
        if let Some(good) = &row.good {
            let good = encoded(good);
            add("good", format!("{name}={good}"), Taken);
            add("duplicated", format!("{name}={good}&{name}={good}"), row.duplicated);
        } else {
            add("duplicated", format!("{name}=x&{name}=x"), row.duplicated);
        }
        add("over-long", format!("{name}={}", "x".repeat(9000)), row.long);
        add("wrongly encoded", format!("{name}=%ff"), Page("authorize.malformed"));
        add("with a line feed", format!("{name}=a%0ab"), Page("authorize.malformed"));
        for (value, expected) in &row.wrong {
            add(&format!("{value:?}"), format!("{name}={}", encoded(value)), *expected);
        }
    }
    cases
}

fn judge(answer: &Answer) -> Out {
    if answer.status == StatusCode::BAD_REQUEST {
        let code = answer.error_code();
        let known = ["client.unknown", "client.redirect_uri_unknown", "authorize.malformed"];
        return Page(known.into_iter().find(|known| *known == code).unwrap_or("another"));
    }
    assert!(answer.location().starts_with(CALLBACK), "{answer:?}");
    match answer.query("error") {
        None => {
            assert!(answer.query("code").is_some(), "{answer:?}");
            Taken
        }
        Some(error) => Client(ERRORS.into_iter().find(|known| *known == error).unwrap_or("another")),
    }
}
const ERRORS: [&str; 7] = [
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unsupported_response_type",
    "unmet_authentication_requirements",
    "request_not_supported",
    "registration_not_supported",
];

#[tokio::test]
async fn every_parameter_in_every_wrong_way_at_the_authorization_endpoint() {
    for house in houses(true).await {
        for case in cases(&house) {
            let answer = house.get(&format!("/oauth2/authorize?{}", case.query), true).await;
            assert_eq!(judge(&answer), case.expected, "GET, {}", case.what);
            // A body in which a parameter occurs twice is not read any further.
            let twice = case.what.ends_with("duplicated") && !case.what.starts_with("resource");
            let expected = if twice { Page("authorize.malformed") } else { case.expected };
            let mut answer = house.post("/oauth2/authorize", None, &case.query).await;
            if expected == Taken {
                let kept = answer.location();
                assert!(kept.starts_with("/oauth2/authorize?handle="), "{}: {kept}", case.what);
                answer = house.get(&kept, true).await;
            }
            assert_eq!(judge(&answer), expected, "POST, {}", case.what);
        }
    }
}

#[tokio::test]
async fn every_parameter_in_every_wrong_way_at_the_pushed_request_endpoint() {
    for house in houses(true).await {
        let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
        for case in cases(&house) {
            let answer = house.post("/oauth2/par", credentials, &case.query).await;
            assert_eq!(answer.headers["cache-control"], "no-store", "{}", case.what);
            let told = match answer.status {
                StatusCode::CREATED => "taken".to_owned(),
                _ => answer.error(),
            };
            let expected = match case.expected {
                // Basic names the client as well.
                _ if matches!(case.what.as_str(), "client_id absent" | "client_id empty") => "taken",
                Taken => "taken",
                Page(_) => "invalid_request",
                // A parameter that occurs twice is refused before anything is read.
                Client(_) if case.what.ends_with("duplicated") && !case.what.starts_with("resource") => {
                    "invalid_request"
                }
                Client(error) => error,
            };
            assert_eq!(told, expected, "{}: {answer:?}", case.what);
        }
    }
}

#[tokio::test]
async fn a_body_of_another_kind_is_no_request() {
    let house = houses(true).await.remove(0);
    for kind in ["application/json", "text/plain", "multipart/form-data"] {
        let request = http::Request::post("/oauth2/authorize")
            .header("host", "127.0.0.1:8080")
            .header("accept", "text/html")
            .header("content-type", kind);
        let answer = house.send(request.body("{}".into()).unwrap()).await;
        assert_eq!(answer.error_code(), "authorize.malformed", "{kind}");
    }
    let large = format!("client_id={}", "x".repeat(70_000));
    assert_eq!(house.post("/oauth2/authorize", None, &large).await.error_code(), "authorize.malformed");
}
