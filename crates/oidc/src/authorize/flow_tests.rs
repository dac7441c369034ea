//! What a request may ask for beyond a sign-in: another way of answering, an organization, strength, names of its own.
use crate::{
    client::{Algorithm, Client},
    decision::{About, Asked},
    house::{Answer, CALLBACK, House, ISSUER, houses},
    jose::Jws,
    keys::Kind,
    testing::Key,
};
use http::StatusCode;
use kernel::id::AccountId;
use organization::{decision::Space, entitlement};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
fn claims_of(tokens: &Value) -> Value {
    Jws::parse(tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}"))).unwrap().claims().unwrap()
}
async fn tokens(house: &House, answer: &Answer) -> Value {
    house.exchange(&answer.query("code").unwrap_or_else(|| panic!("{answer:?}"))).await.json()
}

#[tokio::test]
async fn an_answer_by_form_carries_code_state_and_issuer_in_a_page_that_works_without_scripts() {
    for house in houses(true).await {
        let page = house.get(&house.request("&response_mode=form_post"), true).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains(&format!("action=\"{CALLBACK}\"")) && page.body.contains("id=\"send-on\"")
        );
        assert_eq!((page.value_of("state").as_str(), page.value_of("iss").as_str()), ("st", ISSUER));
        assert!(!page.headers["content-security-policy"].to_str().unwrap().contains("form-action"));
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(house.exchange(&page.value_of("code")).await.status, StatusCode::OK);
        let refused = house.get(&house.request("&response_mode=form_post&prompt=none&max_age=1"), true).await;
        assert_eq!(refused.value_of("error"), "login_required");
        let twice = house.get(&house.request("&response_mode=form_post&x=1&x=2"), true).await;
        assert_eq!(twice.value_of("error"), "invalid_request");
        let marked = house
            .get(&house.request("&response_mode=form_post").replace("=st&", "=%22%3E%3Cb%3E&"), true)
            .await;
        assert!(!marked.body.contains("\"><b>"), "what the client sent stays text");
    }
}

#[tokio::test]
async fn a_product_that_wants_an_organization_gets_one_or_nobody() {
    for house in houses(true).await {
        let wants = house.request("").replace("openid+profile", "openid+organization");
        let answer = house.get(&wants, true).await;
        let claims = claims_of(&tokens(&house, &answer).await);
        assert_eq!(claims["org_id"], house.organization.to_string());
        assert_eq!(claims["authority"]["permission"][0]["role"], "agent");
        assert_eq!(claims["grant"]["mode"], "explicit");
        let named =
            wants.replace("openid+organization", &format!("openid+organization%3A{}", house.organization));
        assert!(house.get(&named, true).await.query("code").is_some());
        // The person acts for nobody any more, but the product is open to persons too.
        house.change("UPDATE product SET audience = 'both'").await;
        house.change("UPDATE membership SET state = 'ended'").await;
        let silent = house.get(&format!("{wants}&prompt=none"), true).await;
        assert_eq!(silent.query("error_description").as_deref(), Some("organization.required"));
        let page = house.get(&house.get(&wants, true).await.location(), true).await;
        assert!(page.body.contains("id=\"nowhere-back\""), "{}", page.body);
        let flow = page.value_of("flow");
        let forced = [("flow", flow.as_str()), ("space", "person"), ("decision", "allow")];
        assert_eq!(house.submit(&page, "/consent", &forced).await.error_code(), "decision.space");
        let back = house.submit(&page, "/oauth2/explain/back", &[("flow", &flow), ("space", "person")]).await;
        assert_eq!(back.query("error").as_deref(), Some("access_denied"));
    }
}

#[tokio::test]
async fn a_wanted_strength_is_asked_for_in_the_flow() {
    for house in houses(true).await {
        let wants = |acr: &str| house.request(&format!("&acr_values={acr}"));
        let address = house.get(&wants("urn:fujie:aal:2"), true).await;
        assert!(address.location().starts_with("/me/verify?need=strong&return_to="));
        let handle =
            address.query("return_to").unwrap().strip_prefix("/oauth2/authorize?handle=").unwrap().to_owned();
        let consent = format!("/consent?flow={handle}");
        assert!(house.get(&consent, true).await.location().starts_with("/me/verify?"), "no way around");
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        let answer = house.get(&format!("/oauth2/authorize?handle={handle}"), true).await;
        let claims = claims_of(&tokens(&house, &answer).await);
        assert_eq!(claims["acr"], "urn:fujie:aal:2");
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        // More than was asked for goes by the name that was asked for.
        let wish = |values: &str| {
            encoded(&format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":[{values}]}}}}}}"#))
        };
        for (values, told) in [
            (r#""urn:fujie:aal:1""#, "urn:fujie:aal:1"),
            (r#""urn:fujie:aal:1","urn:fujie:aal:2","urn:fujie:aal:3""#, "urn:fujie:aal:2"),
        ] {
            let answer = house.get(&house.request(&format!("&claims={}", wish(values))), true).await;
            assert_eq!(claims_of(&tokens(&house, &answer).await)["acr"], told, "{values}");
        }
        // Only methods that have a name of their own are told.
        house.change("UPDATE session SET methods = 'fed otp mfa'").await;
        let claims = claims_of(&tokens(&house, &house.get(&house.request(""), true).await).await);
        assert_eq!(
            (&claims["amr"], &claims["acr"]),
            (&serde_json::json!(["otp", "mfa"]), &"urn:fujie:aal:2".into())
        );
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        // Hardware proves itself at sign-in; whoever comes back without it is told what was reached.
        let address = house.get(&wants("urn:fujie:aal:3"), true).await;
        assert!(address.location().starts_with("/login?"));
        let back = address.query("return_to").unwrap();
        house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
        let reached = house.get(&back, true).await;
        assert_eq!(claims_of(&tokens(&house, &reached).await)["acr"], "urn:fujie:aal:2");
    }
}
/// Who has no second factor is no worse off than where nobody asks for one, and who has one may keep it in the pocket.
#[tokio::test]
async fn a_strength_that_the_client_would_merely_like_is_no_obstacle() {
    for house in houses(false).await {
        let wants = house.request("&acr_values=urn:fujie:aal:2");
        let verify = house.get(&wants, true).await;
        let without = verify.query("without").unwrap();
        assert_eq!(without, format!("{}&as_is=1", verify.query("return_to").unwrap()));
        let consent = house.get(&without, true).await.location();
        assert!(consent.starts_with("/consent?flow="), "{consent}");
        let page = house.get(&consent, true).await;
        assert_eq!(page.status, StatusCode::OK, "not asked for again: {page:?}");
        let (flow, space) = (page.value_of("flow"), house.organization.to_string());
        let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow")];
        let allowed = house.submit(&page, "/consent", &members).await;
        assert_eq!(claims_of(&tokens(&house, &allowed).await)["acr"], "urn:fujie:aal:1");

        house.change("UPDATE account SET phone_proven = FALSE").await;
        let consent = house.get(&format!("{wants}&prompt=consent"), true).await.location();
        assert!(consent.starts_with("/consent?flow="), "nothing to ask for: {consent}");
        assert_eq!(house.get(&consent, true).await.status, StatusCode::OK);
    }
}
#[tokio::test]
async fn whoever_gives_up_an_essential_strength_goes_back_to_the_product() {
    for house in houses(true).await {
        let wish = encoded(r#"{"id_token":{"acr":{"essential":true,"value":"urn:fujie:aal:2"}}}"#);
        for has in [true, false] {
            if !has {
                house.change("UPDATE account SET phone_proven = FALSE").await;
            }
            let verify = house.get(&house.request(&format!("&claims={wish}")), true).await;
            assert!(verify.location().starts_with("/me/verify?"), "{verify:?}");
            let cancel = verify.query("cancel").unwrap();
            assert!(house.get(&cancel, false).await.location().starts_with("/login?"), "not for strangers");
            let back = house.get(&cancel, true).await;
            assert_eq!(back.query("error").as_deref(), Some("unmet_authentication_requirements"));
            assert_eq!(back.query("state").as_deref(), Some("st"));
            assert_eq!(house.get(&cancel, true).await.error_code(), "flow.unknown", "answered");
        }
        // Nothing was missing: the product wants more than its client asked for, or the proof came meanwhile.
        let verify = house.get(&house.request(&format!("&claims={wish}")), true).await;
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        let on = house.get(&verify.query("cancel").unwrap(), true).await;
        assert!(on.query("code").is_some(), "{on:?}");
    }
}
#[tokio::test]
async fn an_essential_strength_that_is_not_reached_is_refused() {
    for house in houses(true).await {
        let wish = r#"{"id_token":{"acr":{"essential":true,"value":"urn:fujie:aal:3"}}}"#;
        let wants = house.request(&format!("&claims={}", encoded(wish)));
        let silent = house.get(&format!("{wants}&prompt=none"), true).await;
        assert_eq!(silent.query("error").as_deref(), Some("unmet_authentication_requirements"));
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        let back = house.get(&wants, true).await.query("return_to").unwrap();
        house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
        let refused = house.get(&back, true).await;
        assert_eq!(refused.query("error").as_deref(), Some("unmet_authentication_requirements"));
        assert_eq!(house.get(&back, true).await.error_code(), "flow.unknown", "answered");
        house.change("UPDATE session SET methods = 'hwk'").await;
        assert!(house.get(&wants, true).await.query("code").is_some());
    }
}

#[tokio::test]
async fn a_client_with_names_of_its_own_learns_no_others() {
    for house in houses(true).await {
        let public = claims_of(&tokens(&house, &house.get(&house.request(""), true).await).await);
        assert_eq!(public["sub"], "subject-of-chensq");
        house.change("UPDATE client SET subject_type = 'pairwise'").await;
        let answer = tokens(&house, &house.get(&house.request(""), true).await).await;
        let own = claims_of(&answer)["sub"].as_str().unwrap().to_owned();
        assert!(own != "subject-of-chensq" && own.len() == 32);
        let userinfo = house.bearer(answer["access_token"].as_str().unwrap()).await.json();
        assert_eq!(userinfo["sub"], own);
        assert_eq!(claims_of(&tokens(&house, &house.get(&house.request(""), true).await).await)["sub"], own);
        let client = house.openid.clients().find(&house.client.client_id).await.unwrap().unwrap();
        let account: AccountId = house
            .db
            .read(|tx| tx.opt("SELECT account_id FROM pairwise_subject", &[]))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(house.openid.subject_of(account, &client).await.unwrap().as_deref(), Some(own.as_str()));
        let may = async |client: &Client, name: &str| {
            let asked = [Asked { about: About::User(name), space: Space::Organization(house.organization) }];
            house.openid.judge(client, &asked, house.db.clock().now()).await.unwrap().remove(0)
        };
        assert_eq!(may(&client, &own).await, entitlement::Answer::Permit);
        for foreign in ["subject-of-chensq", "nobody"] {
            assert_eq!(may(&client, foreign).await, entitlement::Answer::Stranger, "{foreign}");
        }
        let hint = format!("&prompt=none&id_token_hint={}", answer["id_token"].as_str().unwrap());
        assert!(house.get(&house.request(&hint), true).await.query("code").is_some());
        // Another sector has another name, and does not know this one.
        house.change("UPDATE client SET sector_identifier_uri = 'https://sector.test/list'").await;
        let moved = house.openid.clients().find(&house.client.client_id).await.unwrap().unwrap();
        assert_ne!(house.openid.subject_of(account, &moved).await.unwrap(), Some(own.clone()));
        assert_eq!(may(&moved, &own).await, entitlement::Answer::Stranger);
        // Nor does one that uses the names that everybody knows.
        assert_eq!(may(&house.client, &own).await, entitlement::Answer::Stranger);
        assert_eq!(may(&house.client, "subject-of-chensq").await, entitlement::Answer::Permit);
    }
}

#[tokio::test]
async fn a_request_about_somebody_else_asks_who_is_there() {
    for house in houses(true).await {
        let about = |subject: &str| {
            let wish = format!(r#"{{"id_token":{{"sub":{{"value":"{subject}"}}}}}}"#);
            house.request(&format!("&prompt=none&claims={}", encoded(&wish)))
        };
        assert!(house.get(&about("subject-of-chensq"), true).await.query("code").is_some());
        let other = house.get(&about("another"), true).await;
        assert_eq!(other.query("error").as_deref(), Some("login_required"));
    }
}

/// Nobody is sent to a sign-in that could not succeed.
#[tokio::test]
async fn a_hint_that_is_no_id_token_of_the_client_is_answered_at_once() {
    for house in houses(true).await {
        let given = tokens(&house, &house.get(&house.request(""), true).await).await;
        let given = given["id_token"].as_str().unwrap();
        let (signed, _) = given.rsplit_once('.').unwrap();
        let forged = format!("{signed}.AAAA");
        let bare = given.split('.').nth(1).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoieCJ9.{bare}.");
        let faults = async |hint: &str, client: &str| {
            for (more, cookie) in [("", true), ("", false), ("&prompt=none", true)] {
                let request = house.request(&format!("{more}&id_token_hint={hint}"));
                let answer = house.get(&request.replace(&house.client.client_id, client), cookie).await;
                assert_eq!(answer.query("error").as_deref(), Some("invalid_request"), "{hint}");
                assert_eq!(answer.query("state").as_deref(), Some("st"));
            }
        };
        for hint in ["nonsense", "eyJhbGciOiJub25lIn0.e30.", &forged, &unsigned] {
            faults(hint, &house.client.client_id).await;
        }
        house.change("UPDATE client SET client_id = 'renamed'").await;
        faults(given, "renamed").await;
    }
}

#[tokio::test]
async fn a_hint_is_taken_when_it_has_expired_and_when_its_key_is_long_gone() {
    for house in houses(true).await {
        let now = house.db.clock().now();
        let keys = house.openid.keys().current(now).await.unwrap();
        let claims = |subject: &str| {
            let client = house.client.client_id.as_str();
            serde_json::json!({ "iss": ISSUER, "aud": client, "sub": subject, "iat": 1, "exp": 2 })
        };
        let expired = |subject: &str| {
            let signer = keys.signer(house.client.id_token_algorithm, now).unwrap();
            signer.sign(Kind::IdToken, claims(subject).to_string().as_bytes()).unwrap()
        };
        let gone = Key::new(Algorithm::Es256);
        let gone = |subject: &str| {
            let header = serde_json::json!({ "alg": "ES256", "kid": "long-gone", "typ": "JWT" });
            gone.signed(&header, &claims(subject))
        };
        let answer = async |hint: String| {
            let answer = house.get(&house.request(&format!("&prompt=none&id_token_hint={hint}")), true).await;
            answer.query("error").or(answer.query("code").map(|_| "a code".to_owned()))
        };
        for hint in [&expired as &dyn Fn(&str) -> String, &gone] {
            assert_eq!(answer(hint("subject-of-chensq")).await.as_deref(), Some("a code"));
            assert_eq!(answer(hint("another")).await.as_deref(), Some("login_required"));
        }
    }
}

/// The clock of the node that took the sign-in may be behind; a sign-in of before is never the one that was asked for.
#[tokio::test]
async fn f17_a_sign_in_by_a_slower_clock_counts_and_the_one_of_before_does_not() {
    for house in houses(true).await {
        house.change("UPDATE session SET authenticated_at = authenticated_at + 59000").await;
        let asked = house.get(&house.request("&prompt=login"), true).await;
        let back = asked.query("return_to").unwrap();
        assert!(house.get(&back, true).await.location().starts_with("/login?"), "a second ago");
        let body = house.request("&prompt=login").split_once('?').unwrap().1.to_owned();
        let posted = house.post("/oauth2/authorize", None, &body).await.location();
        assert!(house.get(&posted, true).await.location().starts_with("/login?"), "posted");
        house.change("UPDATE session SET authenticated_at = authenticated_at - 9001").await;
        assert!(house.get(&back, true).await.location().starts_with("/login?"), "too far behind");
        house.change("UPDATE session SET authenticated_at = authenticated_at + 1").await;
        assert!(house.get(&back, true).await.query("code").is_some(), "signed in, by a clock that is behind");
    }
}

#[tokio::test]
async fn f17_whoever_signs_in_instead_of_the_person_who_was_meant_gets_no_code() {
    const MEANT: &str = "UPDATE account SET sub = 'subject-of-chensq'";
    const ANOTHER: &str = "UPDATE account SET sub = 'another'";
    for house in houses(true).await {
        let given = tokens(&house, &house.get(&house.request(""), true).await).await;
        let hint = format!("&id_token_hint={}", given["id_token"].as_str().unwrap());
        let wish = r#"{"id_token":{"sub":{"value":"subject-of-chensq"}}}"#;
        let wish = format!("&claims={}", encoded(wish));
        let (hint, wish) = (hint.as_str(), wish.as_str());
        // The request comes to a browser in which nobody is signed in; this person signs in there, and it goes on.
        let goes_on = async |about: &str, person: &'static str| {
            let consent = house.get(&house.request(about), false).await.query("return_to").unwrap();
            let again = consent.replace("/consent?flow=", "/oauth2/authorize?handle=");
            house.change(person).await;
            house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
            let answer = house.get(if about.contains("&claims=") { &again } else { &consent }, true).await;
            for address in [consent, again] {
                assert_eq!(house.get(&address, true).await.error_code(), "flow.unknown", "answered");
            }
            house.change("UPDATE session SET authenticated_at = authenticated_at - 60000").await;
            answer
        };
        for (about, person, error) in [
            (hint, MEANT, None),
            (wish, MEANT, None),
            (hint, ANOTHER, Some("login_required")),
            (wish, ANOTHER, Some("login_required")),
        ] {
            let answer = goes_on(about, person).await;
            assert_eq!(answer.query("error").as_deref(), error, "{about} {person}");
            assert_eq!(answer.query("code").is_some(), error.is_none(), "{about} {person}");
            assert_eq!(answer.query("state").as_deref(), Some("st"));
        }
    }
}

#[tokio::test]
async fn claims_of_one_request_are_told_at_userinfo_and_agreed_to_first() {
    for house in houses(false).await {
        let wish = r#"{"userinfo":{"phone_number":null},"id_token":{"name":null}}"#;
        let wants = house.request(&format!("&claims={}", encoded(wish))).replace("openid+profile", "openid");
        let page = house.get(&house.get(&wants, true).await.location(), true).await;
        for word in ["姓名", "手机号"] {
            assert!(page.body.contains(word), "{word}: {}", page.body);
        }
        let (flow, space) = (page.value_of("flow"), house.organization.to_string());
        let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", "on")];
        let allowed = house.submit(&page, "/consent", &members).await;
        let answer = tokens(&house, &allowed).await;
        let id_token = claims_of(&answer);
        assert_eq!((&id_token["name"], &id_token["phone_number"]), (&Value::from("陈思齐"), &Value::Null));
        let userinfo = house.bearer(answer["access_token"].as_str().unwrap()).await.json();
        assert_eq!(
            (&userinfo["phone_number"], &userinfo["name"]),
            (&Value::from("+8613800138000"), &Value::Null)
        );
        assert!(house.get(&wants, true).await.query("code").is_some(), "remembered");
        let more = r#"{"userinfo":{"verified_claims":{"verification":{"trust_framework":null},"claims":{"name":null}}}}"#;
        let more = house.request(&format!("&claims={}", encoded(more))).replace("openid+profile", "openid");
        assert!(
            house.get(&more, true).await.location().starts_with("/consent?flow="),
            "more is asked for again"
        );
    }
}

#[tokio::test]
async fn f17_a_cancelled_sign_in_changes_nothing_and_answers_nothing() {
    for house in houses(true).await {
        let asked = house.get(&house.request("&prompt=login"), true).await;
        let back = asked.query("return_to").unwrap();
        // The person goes back instead of signing in: the old session does not do, however often it is shown.
        for _ in 0..2 {
            assert!(house.get(&back, true).await.location().starts_with("/login?"));
        }
        let handle = back.split_once("flow=").unwrap().1.to_owned();
        let around = house.get(&format!("/oauth2/authorize?handle={handle}"), true).await;
        assert!(around.location().starts_with("/login?"));
        assert!(
            house.get(&house.request(""), true).await.query("code").is_some(),
            "the session itself goes on"
        );
    }
}

#[tokio::test]
async fn f01_an_address_that_was_taken_from_a_client_is_sent_nothing() {
    for house in houses(false).await {
        let address = house.get(&house.request(""), true).await.location();
        let page = house.get(&address, true).await;
        house.change("UPDATE client SET redirect_uris = 'https://rp.test/other'").await;
        assert_eq!(house.get(&address, true).await.error_code(), "flow.unknown");
        let (flow, space) = (page.value_of("flow"), house.organization.to_string());
        for decision in ["allow", "deny"] {
            let members = [("flow", flow.as_str()), ("space", &space), ("decision", decision)];
            let answer = house.submit(&page, "/consent", &members).await;
            assert_eq!(answer.error_code(), "flow.unknown", "{decision}");
        }
        let codes: i64 =
            house.db.read(|tx| tx.one("SELECT COUNT(*) FROM authorization_code", &[])).await.unwrap();
        assert_eq!(codes, 0);
        house.change("UPDATE client SET redirect_uris = 'https://rp.test/callback'").await;
        assert_eq!(house.get(&address, true).await.status, StatusCode::OK, "nothing else was wrong");
    }
}

#[tokio::test]
async fn f01_a_way_back_that_was_taken_from_a_client_is_not_gone_after_sign_out() {
    for house in houses(true).await {
        let given = tokens(&house, &house.get(&house.request(""), true).await).await;
        let id_token = given["id_token"].as_str().unwrap();
        let begin = format!("id_token_hint={id_token}&post_logout_redirect_uri=https%3A%2F%2Frp.test%2Fbye");
        let kept = house.post("/oauth2/logout", None, &begin).await.location();
        house.change("UPDATE client SET post_logout_redirect_uris = ''").await;
        let ended = house.get(&kept, true).await;
        assert_eq!(ended.location(), "/logout");
        assert!(ended.headers["set-cookie"].to_str().unwrap().starts_with("fujie-8080=;"), "signed out");
    }
}

#[tokio::test]
async fn an_id_token_names_its_access_token_by_the_hash_of_its_algorithm() {
    for house in houses(true).await {
        for (change, bytes) in [
            ("UPDATE client SET id_token_algorithm = 'ES256'", 16),
            ("UPDATE client SET id_token_algorithm = 'RS256'", 16),
            ("UPDATE client SET id_token_algorithm = 'EdDSA'", 32),
        ] {
            house.change(change).await;
            let given = tokens(&house, &house.get(&house.request(""), true).await).await;
            let access = given["access_token"].as_str().unwrap();
            let hash =
                if bytes == 32 { Sha512::digest(access).to_vec() } else { Sha256::digest(access).to_vec() };
            let expected = data_encoding::BASE64URL_NOPAD.encode(&hash[..bytes]);
            assert_eq!(claims_of(&given)["at_hash"], expected, "{change}");
        }
    }
}

#[tokio::test]
async fn the_person_sees_where_this_answer_goes() {
    for house in houses(false).await {
        house
            .change(
                "UPDATE client SET redirect_uris = 'https://rp.test/callback
https://evil.test:8443/in
com.evil.app://bank.example/cb
com.evil.app:/cb'",
            )
            .await;
        let page = async |to: &str| {
            let request = house.request("").replace(&encoded(CALLBACK), &encoded(to));
            house.get(&house.get(&request, true).await.location(), true).await.body
        };
        assert!(page(CALLBACK).await.contains(">rp.test<"));
        // The one that was asked for, not the one that is registered first.
        let other = page("https://evil.test:8443/in").await;
        assert!(other.contains(">evil.test:8443<") && !other.contains("rp.test"), "{other}");
        for app in ["com.evil.app://bank.example/cb", "com.evil.app:/cb"] {
            let seen = page(app).await;
            assert!(seen.contains("com.evil.app") && seen.contains("此设备上的应用"), "{seen}");
            assert!(!seen.contains("bank.example") && !seen.contains("rp.test"), "{seen}");
        }
    }
}
