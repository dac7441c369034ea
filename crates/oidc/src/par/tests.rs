use super::{URN, service::PUSHED_FREELY};
use crate::{
    authorize::model::Request,
    client::{Algorithm, Client, NewClient, Settings, service::create_client},
    house::{CALLBACK, House, houses},
    parameters::Parameters,
    testing::{Caller, Key},
};
use http::StatusCode;
use platform::counter::service::hit_in;
use serde_json::{Value, json};
use std::sync::Arc;

fn query(house: &House) -> String {
    house.request("").split_once('?').unwrap().1.to_owned()
}
async fn push(house: &House, body: &str) -> crate::house::Answer {
    let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
    house.post("/oauth2/par", credentials, body).await
}
fn parameters(house: &House) -> Parameters {
    Parameters::parse(query(house).as_bytes()).unwrap()
}
/// The address to which the browser is sent.
fn address(client_id: &str, pushed: &crate::house::Answer) -> String {
    let uri = pushed.json()["request_uri"].as_str().unwrap_or_else(|| panic!("{pushed:?}")).to_owned();
    let uri: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
    format!("/oauth2/authorize?client_id={client_id}&request_uri={uri}")
}
async fn count(house: &House, sql: &'static str) -> i64 {
    house.db.read(move |tx| tx.one(sql, &[])).await.unwrap()
}
async fn set(house: &House, sql: &'static str, value: String) {
    let id = house.client.id;
    house
        .db
        .write_unaudited("a test's world", move |tx| {
            tx.run(sql, &[&value, &id])?;
            tx.changed("client", id);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pushed_request_is_answered_exactly_once() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
        assert_eq!(pushed.json()["expires_in"], 60);
        assert!(pushed.json()["request_uri"].as_str().unwrap().starts_with(URN));
        let address = address(&house.client.client_id, &pushed);
        let answer = house.get(&address, true).await;
        assert!(answer.location().starts_with(CALLBACK));
        assert_eq!(answer.query("state").as_deref(), Some("st"));
        assert_eq!(house.exchange(&answer.query("code").unwrap()).await.status, StatusCode::OK);
        let again = house.get(&address, true).await;
        assert_eq!(
            (again.status, again.error_code().as_str()),
            (StatusCode::BAD_REQUEST, "authorize.request_uri_unknown")
        );
    }
}
#[tokio::test]
async fn a_pushed_request_that_is_too_large_is_told_so() {
    for house in houses(true).await {
        let padded = format!("{}&state={}", query(&house), "s".repeat(64 * 1024));
        for (path, body) in [("/oauth2/par", &padded), ("/oauth2/token", &padded)] {
            let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
            let answer = house.post(path, credentials, body).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path} {answer:?}");
            assert_eq!(answer.json()["error"], "invalid_request", "{path}");
        }
    }
}
#[tokio::test]
async fn a_pushed_request_waits_for_its_person_to_sign_in() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        let answer = house.get(&address(&house.client.client_id, &pushed), false).await;
        assert!(answer.location().starts_with("/login?return_to="));
        let back = answer.query("return_to").unwrap();
        assert!(house.get(&back, true).await.query("code").is_some());
    }
}
#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_uses_of_one_pushed_request_one_wins() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        let address = address(&house.client.client_id, &pushed);
        let house = Arc::new(house);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (house, address) = (house.clone(), address.clone());
            tasks.spawn(async move { house.get(&address, true).await });
        }
        let answers = tasks.join_all().await;
        let (codes, others): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == StatusCode::SEE_OTHER);
        assert_eq!(codes.len(), 1);
        assert!(codes[0].query("code").is_some());
        for other in others {
            let code = other.error_code();
            assert!(["flow.answered", "authorize.request_uri_unknown"].contains(&code.as_str()), "{code}");
        }
        assert_eq!(count(&house, "SELECT CAST(COUNT(*) AS BIGINT) FROM authorization_code").await, 1);
    }
}
/// A page that is loaded anew, or a program that loads addresses in advance, costs nobody the sign-in (FAPI 2.0 §5.3.2.2 note 3).
#[tokio::test]
async fn a_pushed_request_may_be_looked_at_until_it_is_answered() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        let address = address(&house.client.client_id, &pushed);
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let answer = house.get(&address, false).await;
            assert!(answer.location().starts_with("/login?return_to="), "{answer:?}");
            waiting.push(answer.query("return_to").unwrap());
        }
        // Longer than its name is good, and the pushed request would be swept away if nobody waited for it.
        house.db.clock().advance_seconds(900);
        house.openid.sweep().await.unwrap();
        assert_eq!(house.get(&address, false).await.error_code(), "authorize.request_uri_unknown");
        assert!(house.get(&waiting[1], true).await.query("code").is_some());
        assert_eq!(house.get(&waiting[0], true).await.error_code(), "flow.answered");
        assert_eq!(house.get(&waiting[1], true).await.error_code(), "flow.unknown");
        assert_eq!(count(&house, "SELECT CAST(COUNT(*) AS BIGINT) FROM authorization_code").await, 1);
        house.db.clock().advance_seconds(1800);
        house.openid.sweep().await.unwrap();
        assert_eq!(count(&house, "SELECT CAST(COUNT(*) AS BIGINT) FROM flow").await, 0);
    }
}
#[tokio::test]
async fn a_no_answers_a_pushed_request_for_every_page_that_waits() {
    for house in houses(false).await {
        let pushed = push(&house, &query(&house)).await;
        let address = address(&house.client.client_id, &pushed);
        let mut pages = Vec::new();
        for _ in 0..2 {
            pages.push(house.get(&house.get(&address, true).await.location(), true).await);
        }
        let space = house.organization.to_string();
        let decide = async |page: &crate::house::Answer, decision: &str| {
            let flow = page.value_of("flow");
            let members = [("flow", flow.as_str()), ("space", space.as_str()), ("decision", decision)];
            house.submit(page, "/consent", &members).await
        };
        let denied = decide(&pages[0], "deny").await;
        assert_eq!(denied.query("error").as_deref(), Some("access_denied"));
        assert_eq!(decide(&pages[1], "allow").await.error_code(), "flow.answered");
        assert_eq!(house.get(&address, true).await.error_code(), "authorize.request_uri_unknown");
    }
}
#[tokio::test]
async fn a_strength_that_is_not_there_answers_a_pushed_request() {
    for house in houses(true).await {
        let wish = r#"{"id_token":{"acr":{"essential":true,"value":"urn:fujie:aal:2"}}}"#;
        let wish: String = url::form_urlencoded::byte_serialize(wish.as_bytes()).collect();
        let pushed = push(&house, &format!("{}&prompt=none&claims={wish}", query(&house))).await;
        let address = address(&house.client.client_id, &pushed);
        let unmet = house.get(&address, true).await;
        assert_eq!(unmet.query("error").as_deref(), Some("unmet_authentication_requirements"));
        assert_eq!(house.get(&address, true).await.error_code(), "authorize.request_uri_unknown");
    }
}
#[tokio::test]
async fn a_pushed_request_that_was_answered_meanwhile_is_not_kept() {
    for house in houses(true).await {
        let request = house.openid.examine(&house.client, &parameters(&house), house.db.clock().now()).await;
        let request = request.unwrap().unwrap();
        let now = house.db.clock().now();
        let handle = house.openid.keep_pushed(&house.client, &request, "", now).await.unwrap();
        let (pushed, _) = house.openid.find_pushed(&house.client, &handle, now).await.unwrap().unwrap();
        let keep = async || house.openid.keep(&house.client, &request, Some(pushed), None, "", now).await;
        assert!(keep().await.is_ok());
        house.change("UPDATE flow SET consumed_at = 1 WHERE kind = 'pushed'").await;
        assert_eq!(keep().await.unwrap_err().code, "flow.answered");
        assert_eq!(
            count(&house, "SELECT CAST(COUNT(*) AS BIGINT) FROM flow WHERE kind = 'authorize'").await,
            1
        );
    }
}
#[tokio::test]
async fn f01_a_pushed_request_for_an_address_that_was_taken_away_is_unknown() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        house.change("UPDATE client SET redirect_uris = 'https://rp.test/other'").await;
        let answer = house.get(&address(&house.client.client_id, &pushed), true).await;
        assert_eq!(answer.error_code(), "authorize.request_uri_unknown");
    }
}
#[tokio::test]
async fn a_pushed_request_belongs_to_its_client_and_runs_out() {
    for house in houses(true).await {
        let new = NewClient {
            id: house.db.draw(),
            product: house.client.product,
            name: "Another".into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            skip_consent: true,
            id_token_algorithm: Algorithm::Es256,
            settings: Settings::default(),
        };
        let other =
            create_client(&house.db, &organization::Operator::installation(), new).await.unwrap().client_id;
        let pushed = push(&house, &query(&house)).await;
        let stolen = house.get(&address(&other, &pushed), true).await;
        assert_eq!(stolen.error_code(), "authorize.request_uri_unknown");
        let own = address(&house.client.client_id, &pushed);
        assert!(house.get(&own, true).await.query("code").is_some(), "a stranger's attempt costs nothing");
        let pushed = push(&house, &query(&house)).await;
        house.db.clock().advance_seconds(60);
        let late = house.get(&address(&house.client.client_id, &pushed), true).await;
        assert_eq!(late.error_code(), "authorize.request_uri_unknown");
        // Neither its own secret for another's request, nor a request without a secret.
        let foreign = query(&house).replace(&house.client.client_id, &other);
        assert_eq!(push(&house, &foreign).await.status, StatusCode::BAD_REQUEST);
        let anonymous = house.post("/oauth2/par", None, &query(&house)).await;
        assert_eq!(
            (anonymous.status, anonymous.error().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_client")
        );
    }
}
#[tokio::test]
async fn what_stands_beside_a_pushed_request_counts_for_nothing() {
    for house in houses(true).await {
        let pushed = push(&house, &query(&house)).await;
        let beside = "&redirect_uri=https%3A%2F%2Fevil.test&scope=openid+phone&state=other&prompt=none";
        let answer = house.get(&format!("{}{beside}", address(&house.client.client_id, &pushed)), true).await;
        assert!(answer.location().starts_with(CALLBACK));
        assert_eq!(answer.query("state").as_deref(), Some("st"));
        let tokens = house.exchange(&answer.query("code").unwrap()).await.json();
        assert!(!tokens["scope"].as_str().unwrap().contains("phone"));
    }
}
#[tokio::test]
async fn every_wrong_way_to_bring_a_pushed_request() {
    for house in houses(true).await {
        let id = &house.client.client_id;
        let pushed =
            async || push(&house, &query(&house)).await.json()["request_uri"].as_str().unwrap().to_owned();
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let uri = pushed().await;
        let good = encoded(&uri);
        let handle = uri.strip_prefix(URN).unwrap();
        for (query, code) in [
            (format!("client_id={id}&request_uri="), "client.redirect_uri_unknown"),
            (format!("client_id={id}&request_uri={}", encoded(URN)), "authorize.request_uri_unknown"),
            (format!("client_id={id}&request_uri={good}x"), "authorize.request_uri_unknown"),
            (format!("client_id={id}&request_uri={}", encoded(&uri.to_uppercase())), "authorize.malformed"),
            (format!("client_id={id}&request_uri={}", encoded(handle)), "authorize.malformed"),
            (
                format!("client_id={id}&request_uri={good}{}", "x".repeat(9000)),
                "authorize.request_uri_unknown",
            ),
            (format!("client_id={id}&request_uri=%ff"), "authorize.malformed"),
            (format!("client_id={id}&request_uri={good}%00"), "authorize.malformed"),
            (format!("client_id={id}&request_uri={good}&request_uri={good}"), "client.redirect_uri_unknown"),
            (format!("client_id={id}&request_uri={good}&x=1&x=2"), "authorize.malformed"),
            (format!("client_id={id}&request_uri={good}&request=x"), "authorize.malformed"),
            (format!("request_uri={good}"), "client.unknown"),
            (format!("client_id=nobody&request_uri={good}"), "client.unknown"),
        ] {
            let answer = house.get(&format!("/oauth2/authorize?{query}"), true).await;
            let shown: String = query.chars().take(200).collect();
            assert_eq!(
                (answer.status, answer.error_code().as_str()),
                (StatusCode::BAD_REQUEST, code),
                "{shown}"
            );
        }
        // None of it has spent the request.
        let answer = house.get(&format!("/oauth2/authorize?client_id={id}&request_uri={good}"), true).await;
        assert!(answer.query("code").is_some(), "{answer:?}");
    }
}
#[tokio::test]
async fn f16_a_request_is_never_fetched_from_elsewhere() {
    let house = houses(true).await.remove(0);
    for uri in
        ["https://rp.test/request.jwt", "http://169.254.169.254/latest", "urn:ietf:params:oauth:other:x"]
    {
        let uri: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let answer = house.get(&house.request(&format!("&request_uri={uri}")), true).await;
        assert_eq!(answer.query("error").as_deref(), Some("request_uri_not_supported"), "{uri}");
    }
    let nested = push(&house, &format!("{}&request_uri={URN}x", query(&house))).await;
    assert_eq!(nested.error(), "invalid_request");
}
#[tokio::test]
async fn f19_a_client_that_has_to_push_is_not_served_in_another_way() {
    for house in houses(true).await {
        for change in [
            "UPDATE client SET require_par = TRUE",
            "UPDATE client SET require_par = FALSE, profile = 'fapi2'",
        ] {
            house.change(change).await;
            let answer = house.get(&house.request(""), true).await;
            assert_eq!(answer.query("error").as_deref(), Some("invalid_request"), "{change}");
            let posted = house.post("/oauth2/authorize", None, &query(&house)).await;
            assert_eq!(posted.query("error").as_deref(), Some("invalid_request"), "{change}");
        }
        house.change("UPDATE client SET require_par = TRUE, profile = 'oauth21'").await;
        let pushed = push(&house, &query(&house)).await;
        assert!(house.get(&address(&house.client.client_id, &pushed), true).await.query("code").is_some());
    }
}

/// The parameters of an ordinary request as a signed object.
fn object(house: &House, key: &Key, change: &Value) -> String {
    let mut claims = json!({ "iss": house.client.client_id, "aud": crate::house::ISSUER,
        "exp": house.db.clock().now().as_seconds() + 300 });
    for (name, value) in url::form_urlencoded::parse(query(house).as_bytes()) {
        claims[name.as_ref()] = json!(value);
    }
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let algorithm = key.public()["alg"].clone();
    key.signed(&json!({ "alg": algorithm, "kid": key.kid(), "typ": "oauth-authz-req+jwt" }), &claims)
}

#[tokio::test]
async fn a_signed_request_is_taken_with_what_is_inside_and_by_the_registered_key_alone() {
    for house in houses(true).await {
        let (key, other) = (Key::new(Algorithm::Es256), Key::new(Algorithm::Es256));
        set(
            &house,
            "UPDATE client SET request_object_algorithm = 'ES256', jwks = $1 WHERE id = $2",
            key.set(),
        )
        .await;
        let id = &house.client.client_id;
        let outer = |object: &str| {
            format!(
                "client_id={id}&response_type=code&redirect_uri=https%3A%2F%2Frp.test%2Fcallback&scope=openid&state=outside&request={object}"
            )
        };
        let signed = outer(&object(&house, &key, &json!({ "state": "inside" })));
        let answer = house.get(&format!("/oauth2/authorize?{signed}"), true).await;
        assert_eq!(answer.query("state").as_deref(), Some("inside"));
        assert!(answer.query("code").is_some(), "{answer:?}");
        let pushed = push(&house, &signed).await;
        assert!(house.get(&address(id, &pushed), true).await.query("code").is_some());
        // f18: whatever the header says, the registered algorithm and key count.
        let none = format!(
            "{}.{}.",
            "eyJhbGciOiJub25lIn0",
            object(&house, &key, &json!({})).split('.').nth(1).unwrap()
        );
        let altered = object(&house, &key, &json!({})).replacen('.', ".A", 1);
        let hmac = key.signed(&json!({ "alg": "HS256", "kid": key.kid() }), &json!({}));
        for (object, why) in [
            (object(&house, &other, &json!({})), "another key"),
            (none, "no signature"),
            (altered, "altered"),
            (hmac, "another algorithm"),
            ("nonsense".to_owned(), "nonsense"),
            (object(&house, &key, &json!({ "aud": "https://other.test" })), "another server"),
            (object(&house, &key, &json!({ "iss": "other" })), "another client"),
            (object(&house, &key, &json!({ "exp": 1 })), "expired"),
        ] {
            let answer = house.get(&format!("/oauth2/authorize?{}", outer(&object)), true).await;
            assert_eq!(answer.query("error").as_deref(), Some("invalid_request_object"), "{why}");
            assert_eq!(answer.query("state").as_deref(), Some("outside"), "{why}");
            assert_eq!(push(&house, &outer(&object)).await.error(), "invalid_request_object", "{why}");
        }
        let evil = outer(&object(&house, &key, &json!({ "redirect_uri": "https://evil.test" })));
        let answer = house.get(&format!("/oauth2/authorize?{evil}"), true).await;
        assert_eq!(answer.error_code(), "client.redirect_uri_unknown");
        let unsigned = house.get(&house.request(""), true).await;
        assert_eq!(unsigned.query("error").as_deref(), Some("invalid_request_object"), "it has to sign");
    }
}

#[tokio::test]
async fn whoever_registered_keys_and_no_algorithm_signs_with_any_of_them_or_not_at_all() {
    for house in houses(true).await {
        let keys = Algorithm::ALL.iter().map(|algorithm| Key::new(*algorithm)).collect::<Vec<_>>();
        let id = &house.client.client_id;
        let outer = |object: &str| {
            format!(
                "client_id={id}&response_type=code&redirect_uri=https%3A%2F%2Frp.test%2Fcallback&scope=openid&request={object}"
            )
        };
        // At both doors alike: what the client hears, the code itself aside.
        let both = async |object: &str| {
            let query = outer(object);
            let answer = house.get(&format!("/oauth2/authorize?{query}"), true).await;
            let pushed = push(&house, &query).await;
            let heard = answer.query("error").unwrap_or_else(|| answer.query("state").unwrap_or_default());
            if pushed.status == StatusCode::CREATED {
                let answer = house.get(&address(id, &pushed), true).await;
                assert_eq!(answer.query("state").as_deref(), Some(heard.as_str()));
                assert!(answer.query("code").is_some(), "{answer:?}");
            } else {
                assert_eq!(pushed.error(), heard);
                assert_eq!(pushed.json()["error_description"], answer.query("error_description").unwrap());
            }
            (heard, answer.query("error_description").unwrap_or_default())
        };
        let (refused, why) = both(&object(&house, &keys[0], &json!({}))).await;
        assert_eq!(refused, "request_not_supported", "it has no keys");
        assert!(why.contains("jwks"), "{why}: what to register");

        let published: Vec<Value> = keys.iter().map(Key::public).collect();
        set(&house, "UPDATE client SET jwks = $1 WHERE id = $2", json!({ "keys": published }).to_string())
            .await;
        for key in &keys {
            let (state, why) = both(&object(&house, key, &json!({ "state": "inside" }))).await;
            assert_eq!(state, "inside", "{} {why}", key.public()["alg"]);
        }
        assert!(house.get(&house.request(""), true).await.query("code").is_some(), "it need not sign");

        let claims = object(&house, &keys[0], &json!({}));
        let claims = claims.split('.').nth(1).unwrap();
        let none = format!("{}.{claims}.", data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#));
        let hmac = keys[0].signed(&json!({ "alg": "HS256", "kid": keys[0].kid() }), &json!({}));
        let other_name = keys[0].signed(&json!({ "alg": "RS256", "kid": keys[0].kid() }), &json!({}));
        for (object, why) in [
            (object(&house, &Key::new(Algorithm::Es256), &json!({})), "f18: a key of somebody else"),
            (none, "f18: no signature"),
            (hmac, "f18: a shared secret"),
            (other_name, "f18: a key under the name of another algorithm"),
        ] {
            assert_eq!(both(&object).await.0, "invalid_request_object", "{why}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_proven_with_the_request_is_the_one_that_the_code_is_good_for() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Es256);
        let basic =
            data_encoding::BASE64.encode(format!("{}:{}", house.client.client_id, house.secret).as_bytes());
        let push = async |nonce: Option<&str>, jti: &str, more: &str| {
            let mut claims = json!({ "htm": "POST", "htu": format!("{}/oauth2/par", crate::house::ISSUER),
                "iat": house.db.clock().now().as_seconds(), "jti": jti });
            if let Some(nonce) = nonce {
                claims["nonce"] = json!(nonce);
            }
            let request = http::Request::post("/oauth2/par")
                .header("host", "127.0.0.1:8080")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("authorization", format!("Basic {basic}"))
                .header("dpop", key.proof(&claims));
            house.send(request.body(format!("{}{more}", query(&house)).into()).unwrap()).await
        };
        let first = push(None, "one", "").await;
        assert_eq!((first.status, first.error().as_str()), (StatusCode::BAD_REQUEST, "use_dpop_nonce"));
        let nonce = first.headers["dpop-nonce"].to_str().unwrap().to_owned();
        let other = Key::new(Algorithm::Es256).thumbprint();
        let named = push(Some(&nonce), "two", &format!("&dpop_jkt={other}")).await;
        assert_eq!(named.error(), "invalid_dpop_proof");
        let pushed = push(Some(&nonce), "three", "").await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
        let replayed = push(Some(&nonce), "three", "").await;
        assert_eq!(replayed.error(), "invalid_dpop_proof");
        let answer = house.get(&address(&house.client.client_id, &pushed), true).await;
        let bound: Option<String> =
            house.db.read(|tx| tx.one("SELECT dpop_jkt FROM authorization_code", &[])).await.unwrap();
        assert_eq!(bound, Some(key.thumbprint()));
        // Without that key the code is worth nothing.
        assert_eq!(house.exchange(&answer.query("code").unwrap()).await.error(), "invalid_grant");
    }
}
#[tokio::test]
async fn a_stranger_who_writes_the_name_of_a_public_client_shuts_nobody_out() {
    for house in houses(true).await {
        let now = house.db.clock().now();
        let public = Caller::new(&house, Settings::public()).await;
        let request = async |client: &Client| {
            let query = query(&house).replace(&house.client.client_id, &client.client_id);
            let parameters = Parameters::parse(query.as_bytes()).unwrap();
            house
                .openid
                .examine(client, &parameters, now)
                .await
                .unwrap()
                .unwrap_or_else(|_| panic!("refused"))
        };
        let (theirs, ours) = (request(&public.client).await, request(&house.client).await);
        let key = house.db.keyring().mac("counter.flow", &["192.0.2.1".as_bytes()]);
        house
            .db
            .write_unaudited("a flood", move |tx| {
                (0..PUSHED_FREELY.most).try_for_each(|_| hit_in(tx, PUSHED_FREELY, &key, now).map(drop))
            })
            .await
            .unwrap();
        let keep = async |client: &Client, request: &Request, source: &str| {
            house.openid.keep_pushed(client, request, source, now).await.map(drop).map_err(|error| error.code)
        };
        assert_eq!(keep(&public.client, &theirs, "192.0.2.1").await, Err("flow.too_many"));
        assert_eq!(keep(&public.client, &theirs, "192.0.2.2").await, Ok(()));
        assert_eq!(
            keep(&house.client, &ours, "192.0.2.1").await,
            Ok(()),
            "a client that proved itself is counted alone"
        );
    }
}
