use crate::house::{CALLBACK, ISSUER, VERIFIER, houses};
use http::StatusCode;
use serde_json::Value;

#[tokio::test]
async fn a_session_leads_to_verified_tokens_that_name_the_organization() {
    for house in houses(true).await {
        let answer = house.get(&house.request(""), true).await;
        assert!(answer.location().starts_with(CALLBACK));
        assert_eq!(answer.query("state").as_deref(), Some("st"));
        assert_eq!(answer.query("iss").as_deref(), Some(ISSUER));
        let tokens = house.exchange(&answer.query("code").unwrap()).await;
        assert_eq!(tokens.headers["cache-control"], "no-store");
        let tokens = tokens.json();
        let jwks: jsonwebtoken::jwk::JwkSet =
            serde_json::from_str(&house.get("/oauth2/jwks", false).await.body).unwrap();
        let id_token = tokens["id_token"].as_str().unwrap();
        let header = jsonwebtoken::decode_header(id_token).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        rules.set_audience(&[&house.client.client_id]);
        rules.set_issuer(&[ISSUER]);
        let claims: Value = jsonwebtoken::decode(id_token, &key, &rules).unwrap().claims;
        assert_eq!(claims["organization"]["name"], "澄江证券股份有限公司");
        assert_eq!(
            (&claims["role"], &claims["nonce"], &claims["name"]),
            (&"agent".into(), &"no".into(), &Value::Null),
            "for whom somebody acts stands in the ID token, who they are at userinfo (Core §5.4)"
        );
        let userinfo = house.bearer(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!((&userinfo["sub"], &userinfo["org_id"]), (&claims["sub"], &claims["org_id"]));
        assert_eq!(userinfo["name"], "陈思齐");
        // A client whose framework asks no userinfo is told at once, if it is registered so.
        house.change("UPDATE client SET id_token_claims = TRUE").await;
        let tokens = house.exchange(&house.code().await).await.json();
        let told = crate::jose::Jws::parse(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(told.claims::<Value>().unwrap()["name"], "陈思齐");
    }
}

#[tokio::test]
async fn nobody_signed_in_is_led_to_sign_in_and_back() {
    for house in houses(true).await {
        let answer = house.get(&house.request("&login_hint=chensq"), false).await;
        assert!(answer.location().starts_with("/login?return_to=%2Fconsent%3Fflow%3D"));
        assert_eq!(answer.query("login_hint").as_deref(), Some("chensq"));
        let back = answer.query("return_to").unwrap();
        let anonymous = house.get(&back, false).await;
        assert!(anonymous.location().starts_with("/login?return_to="));
        assert!(house.get(&back, true).await.query("code").is_some());
        let again = house.get(&back, true).await;
        assert_eq!((again.status, again.error_code().as_str()), (StatusCode::NOT_FOUND, "flow.unknown"));
    }
}

#[tokio::test]
async fn errors_before_the_client_is_proven_are_shown_and_never_sent() {
    let house = houses(true).await.remove(0);
    let good = house.request("");
    for (path, code) in [
        (good.replace(&house.client.client_id, "nobody"), "client.unknown"),
        (good.replace("client_id=", "x="), "client.unknown"),
        (good.replace("redirect_uri=", "x="), "client.redirect_uri_unknown"),
        (good.replace("rp.test", "rp.test.evil.test"), "client.redirect_uri_unknown"),
        (good.replace("callback", "callback%2F..%3B%2F"), "client.redirect_uri_unknown"),
        (format!("{good}&redirect_uri=https%3A%2F%2Fevil.test"), "client.redirect_uri_unknown"),
        (format!("{good}&client_id=x"), "client.unknown"),
        (format!("{good}&x=%ff"), "authorize.malformed"),
    ] {
        let answer = house.get(&path, true).await;
        assert_eq!(answer.error_code(), code, "{path}");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn f15_addresses_that_are_told_come_from_the_configuration_and_never_from_a_request() {
    let house = houses(true).await.remove(0);
    let request = |path: &str, host: &str| {
        http::Request::get(path)
            .header("host", host)
            .header("accept", "text/html")
            .header("x-forwarded-host", "evil.test")
            .header("x-forwarded-proto", "https")
            .header("x-original-url", "/evil")
            .header("forwarded", "host=evil.test;proto=https")
            .body(axum::body::Body::empty())
            .unwrap()
    };
    let authorize = house.request("");
    let started = format!("/oauth2/start/{}", house.client.client_id);
    house.change("UPDATE client SET initiate_login_uri = 'https://rp.test/start'").await;
    for path in
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", &started, &authorize]
    {
        assert_eq!(
            house.send(request(path, "evil.test")).await.status,
            StatusCode::MISDIRECTED_REQUEST,
            "{path}"
        );
        let answer = house.send(request(path, "127.0.0.1:8080")).await;
        let told = format!("{:?} {}", answer.headers, answer.body);
        assert!(!told.contains("evil"), "{path}: {told}");
        if path.starts_with("/.well-known") {
            assert_eq!(answer.json()["issuer"], ISSUER);
        }
    }
}

#[tokio::test]
async fn f22_an_endpoint_has_one_address_and_no_other_way_to_write_it() {
    let house = houses(true).await.remove(0);
    let query = house.request("").split_once('?').unwrap().1.to_owned();
    let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
    for endpoint in ["authorize", "par", "token", "introspect", "revoke", "userinfo", "logout", "jwks"] {
        for path in [
            format!("/oauth2/{endpoint};x=1"),
            format!("/oauth2;x=1/{endpoint}"),
            format!("/oauth2/{endpoint}/"),
            format!("/oauth2//{endpoint}"),
            format!("//oauth2/{endpoint}"),
            format!("/oauth2/..;/oauth2/{endpoint}"),
            format!("/oauth2/../oauth2/{endpoint}"),
            format!("/oauth2/./{endpoint}"),
            format!("/oauth2/%2e%2e/oauth2/{endpoint}"),
            format!("/oauth2%2f{endpoint}"),
            format!("/OAuth2/{endpoint}"),
        ] {
            let got = house.get(&format!("{path}?{query}"), true).await;
            assert_eq!(got.status, StatusCode::NOT_FOUND, "GET {path}");
            let posted = house.post(&path, credentials, &query).await;
            assert_eq!(posted.status, StatusCode::NOT_FOUND, "POST {path}");
        }
    }
}

#[tokio::test]
async fn other_errors_go_back_to_the_client_with_issuer_and_state() {
    let house = houses(true).await.remove(0);
    let plain = house.request("").replace("S256", "plain");
    for (path, error, state) in [
        (plain, "invalid_request", Some("st")),
        (house.request("&state=two"), "invalid_request", None),
        (house.request("&request=x"), "request_not_supported", Some("st")),
        (house.request("").replace("=code&", "=token&"), "unsupported_response_type", Some("st")),
    ] {
        let answer = house.get(&path, true).await;
        assert!(answer.location().starts_with(CALLBACK), "{path}");
        assert_eq!(answer.query("error").as_deref(), Some(error), "{path}");
        assert_eq!(answer.query("state").as_deref(), state, "{path}");
        assert_eq!(answer.query("iss").as_deref(), Some(ISSUER));
        assert_eq!(answer.query("code"), None);
    }
}

#[tokio::test]
async fn consent_is_asked_given_remembered_and_refused() {
    for house in houses(false).await {
        assert_eq!(
            house.get(&house.request("&prompt=none"), true).await.query("error").as_deref(),
            Some("consent_required")
        );
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        assert_eq!(page.status, StatusCode::OK);
        for id in [
            "id=\"space\"",
            "id=\"consent-allow\"",
            "id=\"consent-deny\"",
            "澄江证券股份有限公司",
            "期权做市报价",
        ] {
            assert!(page.body.contains(id), "{id}");
        }
        assert!(!page.headers["content-security-policy"].to_str().unwrap().contains("form-action"));
        let flow = page.value_of("flow");
        let space = house.organization.to_string();
        let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", "on")];
        let allowed = house.submit(&page, "/consent", &members).await;
        assert_eq!(house.exchange(&allowed.query("code").unwrap()).await.status, StatusCode::OK);
        let twice = house.submit(&page, "/consent", &members).await;
        assert_eq!(twice.error_code(), "flow.unknown");
        assert!(house.get(&house.request(""), true).await.query("code").is_some(), "remembered");
        let more =
            house.get(&house.request("").replace("openid+profile", "openid+profile+phone"), true).await;
        assert!(more.location().starts_with("/consent?flow="), "more is asked for again");

        let page =
            house.get(&house.get(&house.request("&prompt=consent"), true).await.location(), true).await;
        let flow = page.value_of("flow");
        let denied = house
            .submit(&page, "/consent", &[("flow", &flow), ("space", &space), ("decision", "deny")])
            .await;
        assert_eq!(denied.query("error").as_deref(), Some("access_denied"));
        assert_eq!(denied.query("error_description").as_deref(), Some("consent.denied"));
        assert_eq!(denied.query("state").as_deref(), Some("st"));
    }
}

#[tokio::test]
async fn what_was_agreed_to_before_goes_on_beside_what_is_agreed_to_now() {
    for house in houses(false).await {
        let space = house.organization.to_string();
        let wants = |scope: &str| house.request("").replace("openid+profile", scope);
        let agree = async |scope: &str, remember: &str| {
            let page = house.get(&house.get(&wants(scope), true).await.location(), true).await;
            let flow = page.value_of("flow");
            let members =
                [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", remember)];
            assert!(house.submit(&page, "/consent", &members).await.query("code").is_some(), "{scope}");
        };
        let agreed = async |scope: &str| {
            let answer = house.get(&format!("{}&prompt=none", wants(scope)), true).await;
            answer.query("code").is_some()
        };
        // Two parts of one product, one after the other: for this session, then for longer.
        for remember in ["false", "on"] {
            for scope in ["openid+phone", "openid+email"] {
                agree(scope, remember).await;
            }
            for scope in ["openid+phone", "openid+email", "openid+phone+email"] {
                assert!(agreed(scope).await, "{scope} {remember}");
            }
            assert!(!agreed("openid+profile").await);
            house.change("DELETE FROM consent WHERE session_id <> 0").await;
        }
        // What has run out does not come back with it.
        assert_eq!(super::next::CONSENT_DAYS * 86_400_000, 7_776_000_000);
        house.change("UPDATE consent SET at = at - 7776000000").await;
        agree("openid+email", "on").await;
        assert!(agreed("openid+email").await && !agreed("openid+phone").await);
    }
}

#[tokio::test]
async fn a_consent_that_is_not_to_be_remembered_counts_until_the_person_signs_out() {
    for house in houses(false).await {
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        let (flow, space) = (page.value_of("flow"), house.organization.to_string());
        let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow")];
        let allowed = house.submit(&page, "/consent", &members).await;
        assert!(allowed.query("code").is_some(), "{allowed:?}");
        let silent = house.get(&house.request("&prompt=none"), true).await;
        assert!(silent.query("code").is_some(), "nobody agrees twice within one session: {silent:?}");
        let more = house.request("&prompt=none").replace("openid+profile", "openid+profile+phone");
        assert_eq!(house.get(&more, true).await.query("error").as_deref(), Some("consent_required"));
        let anew = house.get(&house.request("&prompt=consent"), true).await;
        assert!(
            anew.location().starts_with("/consent?flow="),
            "asked for again where the product wants that"
        );
        // Another session of the same person, as the table sees it.
        house.change("UPDATE consent SET session_id = session_id + 1").await;
        let elsewhere = house.get(&house.request("&prompt=none"), true).await;
        assert_eq!(elsewhere.query("error").as_deref(), Some("consent_required"));
        house.change("UPDATE consent SET session_id = session_id - 1").await;
        house.change("UPDATE session SET ended_at = created_at").await;
        house.db.clock().advance_seconds(92 * 86_400);
        house.openid.sweep().await.unwrap();
        let left: i64 = house.db.read(|tx| tx.one("SELECT COUNT(*) FROM consent", &[])).await.unwrap();
        assert_eq!(left, 0, "nothing is kept of it");
    }
}

#[tokio::test]
async fn a_stranger_leaves_no_trace_in_an_organizations_record() {
    for house in houses(false).await {
        let foreign: kernel::id::OrganizationId = house.db.draw();
        house
            .db
            .write_unaudited("test", move |tx| {
                tx.run(
                    "INSERT INTO organization (id, type_id, name, name_folded, short_name, state, rev, created_at)
                     SELECT $1, type_id, 'Foreign', 'foreign', 'Foreign', 'active', 0, created_at FROM organization",
                    &[&foreign],
                )
            })
            .await
            .unwrap();
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        let (flow, space) = (page.value_of("flow"), foreign.to_string());
        let members = [("flow", flow.as_str()), ("space", space.as_str()), ("decision", "allow")];
        let answer = house.submit(&page, "/consent", &members).await;
        assert!(answer.location().starts_with("/oauth2/explain?flow="));
        let seen: i64 = house
            .db
            .read(move |tx| {
                tx.one(
                    "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE organization_id = $1",
                    &[&foreign],
                )
            })
            .await
            .unwrap();
        assert_eq!(seen, 0);
    }
}

#[tokio::test]
async fn a_foreign_space_cannot_be_posted() {
    for house in houses(false).await {
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        let flow = page.value_of("flow");
        let foreign: kernel::id::OrganizationId = house.db.draw();
        for space in ["person".to_owned(), foreign.to_string()] {
            let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow")];
            let answer = house.submit(&page, "/consent", &members).await;
            assert!(answer.location().starts_with("/oauth2/explain?flow="), "{space}");
        }
        let members = [("flow", flow.as_str()), ("space", "nonsense"), ("decision", "allow")];
        assert_eq!(house.submit(&page, "/consent", &members).await.error_code(), "decision.space");
    }
}

#[tokio::test]
async fn without_the_grant_comes_the_explanation_the_request_and_the_way_back() {
    for house in houses(true).await {
        house.change("UPDATE product_grant SET state = 'ended'").await;
        let silent = house.get(&house.request("&prompt=none"), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("access_denied"));
        assert_eq!(silent.query("error_description").as_deref(), Some("decision.grant_missing"));
        let address = house.get(&house.request(""), true).await.location();
        assert!(address.starts_with("/oauth2/explain?flow="));
        let page = house.get(&address, true).await;
        assert_eq!(page.status, StatusCode::OK);
        for part in [
            "期权做市报价",
            "tally big o",
            "id=\"request-access\"",
            "id=\"request-number\"",
            "id=\"explain-back\"",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        let (flow, space) = (page.value_of("flow"), page.value_of("space"));
        let long = "长".repeat(501);
        let members = [("flow", flow.as_str()), ("space", &space), ("reason", &long)];
        let refused = house.submit(&page, "/oauth2/explain/request", &members).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&long), "what was typed is kept");
        let members = [("flow", flow.as_str()), ("space", &space), ("reason", "夜盘报价需要使用")];
        let sent = house.submit(&page, "/oauth2/explain/request", &members).await;
        let page = house.get(&sent.location(), true).await;
        assert!(
            page.body.contains("id=\"access-requested\"") && !page.body.contains("id=\"request-access\"")
        );

        let members = [("flow", flow.as_str()), ("space", space.as_str())];
        let back = house.submit(&page, "/oauth2/explain/back", &members).await;
        assert_eq!(back.query("error").as_deref(), Some("access_denied"));
        assert_eq!(back.query("error_description").as_deref(), Some("decision.grant_missing"));

        // Granted in the meantime: the explanation leads on by itself.
        let address = house.get(&house.request(""), true).await.location();
        house.change("UPDATE product_grant SET state = 'active'").await;
        let on = house.get(&address, true).await.location();
        assert!(on.starts_with("/consent?flow="));
        assert!(house.get(&on, true).await.query("code").is_some());
    }
}

#[tokio::test]
async fn a_legal_representative_is_led_to_the_own_grant() {
    for house in houses(true).await {
        house.change("UPDATE product_grant SET state = 'ended'").await;
        house.change("UPDATE membership SET role = 'legal_representative'").await;
        house.change("UPDATE product SET roles_allowed = 'agent legal_representative'").await;
        let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
        assert!(page.body.contains(&format!("href=\"/org/{}/grants\"", house.organization)));
        assert!(!page.body.contains("id=\"request-access\""));
    }
}

#[tokio::test]
async fn signing_in_again_is_asked_for_when_the_client_wants_it() {
    for house in houses(true).await {
        for more in ["&prompt=login", "&max_age=59"] {
            let answer = house.get(&house.request(more), true).await;
            assert!(answer.location().starts_with("/login?"), "{more}");
            let back = answer.query("return_to").unwrap();
            assert!(
                house.get(&back, true).await.location().starts_with("/login?"),
                "not before it has happened"
            );
            house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
            assert!(house.get(&back, true).await.query("code").is_some(), "{more}");
            house.change("UPDATE session SET authenticated_at = authenticated_at - 60000").await;
        }
        let silent = house.get(&house.request("&prompt=none&max_age=59"), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("login_required"));
        assert!(house.get(&house.request("&max_age=60"), true).await.query("code").is_some());
    }
}

#[tokio::test]
async fn a_hint_for_somebody_else_asks_who_is_there() {
    for house in houses(true).await {
        let tokens = house.exchange(&house.code().await).await.json();
        let hint = format!("&id_token_hint={}", tokens["id_token"].as_str().unwrap());
        assert!(house.get(&house.request(&hint), true).await.query("code").is_some());
        house.change("UPDATE account SET sub = 'another'").await;
        let silent = house.get(&house.request(&format!("{hint}&prompt=none")), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("login_required"));
        let asked = house.get(&house.request(&format!("{hint}&ui_locales=en")), true).await;
        assert!(asked.location().starts_with("/login?"));
        let back = asked.query("return_to").unwrap();
        assert!(back.ends_with("&ui_locales=en"));
        // Whoever then signs in is compared as well.
        house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
        house.change("UPDATE account SET sub = 'subject-of-chensq'").await;
        assert!(house.get(&back, true).await.query("code").is_some());
    }
}

#[tokio::test]
async fn a_posted_request_is_kept_and_followed_by_get() {
    for house in houses(true).await {
        let body = house.request("").split_once('?').unwrap().1.to_owned();
        let kept = house.post("/oauth2/authorize", None, &body).await.location();
        assert!(kept.starts_with("/oauth2/authorize?handle="));
        assert!(house.get(&kept, true).await.query("code").is_some());
        assert_eq!(house.get(&kept, true).await.error_code(), "flow.unknown", "once");
    }
}

#[tokio::test]
async fn a_product_that_asks_for_two_factors_leads_to_the_missing_one_and_back() {
    for house in houses(true).await {
        house.change("UPDATE product SET minimum_strength = 2").await;
        house.change("UPDATE session SET methods = 'pwd'").await;
        let address = house.get(&house.request(""), true).await.location();
        let page = house.get(&address, true).await;
        assert!(page.body.contains("id=\"explain-verify\""), "{}", page.body);
        let (flow, space) = (page.value_of("flow"), page.value_of("space"));
        let members = [("flow", flow.as_str()), ("space", space.as_str())];
        let verify = house.submit(&page, "/oauth2/explain/verify", &members).await;
        assert!(verify.location().starts_with("/me/verify?need=strong&"));
        assert_eq!(verify.query("return_to").unwrap(), format!("/oauth2/authorize?handle={flow}"));
        let cancel = verify.query("cancel").unwrap();
        assert_eq!(cancel, format!("/oauth2/explain?flow={flow}&space={space}"));
        assert_eq!(house.get(&cancel, true).await.status, StatusCode::OK, "the explanation is there again");
        // The proof gives the session another token, hence another browser to bind to.
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        let on = house.get(&format!("/oauth2/authorize?handle={flow}"), true).await;
        assert!(on.query("code").is_some(), "{} {}", on.status, on.body);
        // Anything else that lacks is not mended by that.
        house.change("UPDATE session SET methods = 'pwd'").await;
        house.change("UPDATE product_grant SET state = 'ended'").await;
        let address = house.get(&house.request(""), true).await.location();
        assert!(!house.get(&address, true).await.body.contains("id=\"explain-verify\""));
    }
}

#[tokio::test]
async fn a_kept_request_belongs_to_one_browser_and_runs_out() {
    for house in houses(false).await {
        let address = house.get(&house.request(""), true).await.location();
        house.change("UPDATE flow SET browser = NULL").await;
        assert_eq!(house.get(&address, true).await.status, StatusCode::OK, "bound at the first visit");
        let handle = address.split_once("flow=").unwrap().1;
        let other = house.openid.kept(handle, Some([9; 32]), house.db.clock().now()).await;
        assert_eq!(other.err().unwrap().code, "flow.unknown");
        house.db.clock().advance_seconds(1800);
        assert_eq!(house.get(&address, true).await.error_code(), "flow.unknown");
        house.db.clock().advance_seconds(1);
        house.openid.sweep().await.unwrap();
        let left: i64 = house.db.read(|tx| tx.one("SELECT COUNT(*) FROM flow", &[])).await.unwrap();
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn a_temporary_password_is_changed_first() {
    for house in houses(true).await {
        house
            .change("INSERT INTO password (account_id, hash, temporary, set_at) SELECT id, 'x', TRUE, 0 FROM account")
            .await;
        let answer = house.get(&house.request(""), true).await;
        let consent = answer.location();
        assert!(consent.starts_with("/consent?flow="));
        assert!(house.get(&consent, true).await.location().starts_with("/me/password?return_to="));
        let silent = house.get(&house.request("&prompt=none"), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("interaction_required"));
    }
}

#[tokio::test]
async fn sign_out_ends_session_and_tokens() {
    for house in houses(true).await {
        let tokens = house.exchange(&house.code().await).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        let id_token = tokens["id_token"].as_str().unwrap();
        let plain = house.get("/oauth2/logout?post_logout_redirect_uri=https%3A%2F%2Fevil.test", true).await;
        assert_eq!(plain.error_code(), "logout.redirect_uri_unknown");
        let asked = house.get(&house.get("/oauth2/logout", true).await.location(), true).await;
        assert!(asked.body.contains("id=\"logout-confirm\""), "without a hint the person is asked");
        assert_eq!(house.bearer(access).await.status, StatusCode::OK);

        let begin =
            format!("id_token_hint={id_token}&post_logout_redirect_uri=https%3A%2F%2Frp.test%2Fbye&state=x");
        let kept = house.post("/oauth2/logout", None, &begin).await.location();
        let ended = house.get(&kept, true).await;
        assert_eq!(ended.location(), "https://rp.test/bye?state=x");
        assert!(ended.headers["set-cookie"].to_str().unwrap().starts_with("fujie-8080=;"));
        assert_eq!(house.bearer(access).await.status, StatusCode::UNAUTHORIZED);
        assert!(house.get(&house.request(""), true).await.location().starts_with("/login?"));
        let done = house.get("/logout", true).await;
        assert_eq!(done.status, StatusCode::OK);
        assert!(!done.body.contains("logout-confirm"));
    }
}
#[tokio::test]
async fn sign_out_is_confirmed_with_the_button() {
    for house in houses(true).await {
        let page = house.get("/logout", true).await;
        let done = house.submit(&page, "/logout", &[]).await;
        assert_eq!(done.location(), "/logout");
        assert!(
            house.get(&house.request("&prompt=none"), true).await.query("error").as_deref()
                == Some("login_required")
        );
    }
}

#[tokio::test]
async fn a_products_server_asks_for_decisions() {
    for house in houses(true).await {
        let send = |body: serde_json::Value| {
            let value = format!("{}:{}", house.client.client_id, house.secret);
            let basic = data_encoding::BASE64.encode(value.as_bytes());
            let body = body.to_string();
            let request = http::Request::post("/api/v1/decisions")
                .header("host", "127.0.0.1:8080")
                .header("content-type", "application/json")
                .header("authorization", format!("Basic {basic}"));
            house.send(request.body(body.into()).unwrap())
        };
        let ask = |subject: &'static str, space: String| {
            send(serde_json::json!({ "subject": subject, "space": space }))
        };
        let granted = ask("subject-of-chensq", house.organization.to_string()).await;
        assert_eq!(granted.json()["allow"], true, "{granted:?}");
        // A machine of the platform acts for no organization, and is none of those who sign in.
        let new = crate::machine::NewMachine {
            id: house.db.draw(),
            product: house.client.product,
            name: "报价机器人".into(),
            owner: None,
            settings: crate::client::Settings::machine(),
            algorithm: crate::client::Algorithm::Es256,
        };
        let installation = organization::Operator::installation();
        let machine = crate::machine::service::create(&house.db, &installation, new).await.unwrap().client_id;
        let of_machine = |kind: &str, space: String| {
            send(serde_json::json!({ "subject": machine, "subject_type": kind, "space": space }))
        };
        assert_eq!(of_machine("machine", "person".into()).await.json()["allow"], true);
        assert_eq!(of_machine("machine", house.organization.to_string()).await.json()["allow"], false);
        assert_eq!(of_machine("user", "person".into()).await.json()["allow"], false);
        assert_eq!(of_machine("spaceship", "person".into()).await.status, StatusCode::BAD_REQUEST);
        house.change("UPDATE product_grant SET state = 'ended'").await;
        let refused = ask("subject-of-chensq", house.organization.to_string()).await.json();
        // Another crate of the workspace makes JSON objects keep their order.
        insta::with_settings!({ sort_maps => true }, {
            insta::assert_json_snapshot!("decision", refused, { ".layers[].until" => "[until]" });
        });
        // Somebody outside is told as one who does not exist: neither is whether the organization is there.
        let nobody = ask("nobody", house.organization.to_string()).await;
        assert_eq!(nobody.json()["code"], "decision.membership_missing");
        house.change("UPDATE membership SET state = 'ended'").await;
        assert_eq!(ask("subject-of-chensq", house.organization.to_string()).await.json(), nobody.json());
        assert_eq!(ask("nobody", house.db.draw::<()>().to_string()).await.json(), nobody.json());
        assert_eq!(ask("nobody", "person".into()).await.json(), nobody.json());
        assert_eq!(ask("nobody", "nonsense".into()).await.json()["code"], "decision.space");
        let anonymous = house.post("/api/v1/decisions", None, "{}").await;
        assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
        let wrong = house.post("/api/v1/decisions", Some((&house.client.client_id, VERIFIER)), "{}").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            serde_json::to_value(crate::decision::description()).unwrap()["paths"]["/api/v1/decisions"]["post"]
                ["security"][0]["client"],
            serde_json::json!([])
        );
    }
}
