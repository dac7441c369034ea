//! What a request may ask for beyond a sign-in: another way of answering, an organization, strength, names of its own.
use crate::{
    client::Client,
    decision::{About, Asked},
    house::{Answer, CALLBACK, House, ISSUER, houses},
    jose::Jws,
};
use http::StatusCode;
use kernel::id::AccountId;
use organization::{decision::Space, entitlement};
use serde_json::Value;

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
        let address = house.get(&wants("urn:fujie:aal:2"), true).await.location();
        assert!(address.starts_with("/me/verify?need=strong&return_to=%2Foauth2%2Fauthorize%3Fhandle%3D"));
        let handle = address.rsplit_once("%3D").unwrap().1.to_owned();
        let consent = format!("/consent?flow={handle}");
        assert!(house.get(&consent, true).await.location().starts_with("/me/verify?"), "no way around");
        house.change("UPDATE session SET methods = 'pwd otp mfa'").await;
        let answer = house.get(&format!("/oauth2/authorize?handle={handle}"), true).await;
        let claims = claims_of(&tokens(&house, &answer).await);
        assert_eq!(claims["acr"], "urn:fujie:aal:2");
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        // Hardware proves itself at sign-in; whoever comes back without it is told what was reached.
        let address = house.get(&wants("urn:fujie:aal:3"), true).await;
        assert!(address.location().starts_with("/login?"));
        let back = address.query("return_to").unwrap();
        house.change("UPDATE session SET authenticated_at = authenticated_at + 60000").await;
        let reached = house.get(&back, true).await;
        assert_eq!(claims_of(&tokens(&house, &reached).await)["acr"], "urn:fujie:aal:2");
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
        // A hint that cannot be believed names nobody, and neither does one that another client was given.
        for hint in ["nonsense", "eyJhbGciOiJub25lIn0.e30."] {
            let answer = house.get(&house.request(&format!("&prompt=none&id_token_hint={hint}")), true).await;
            assert_eq!(answer.query("error").as_deref(), Some("login_required"), "{hint}");
        }
        let given = tokens(&house, &house.get(&house.request(""), true).await).await;
        house.change("UPDATE client SET client_id = 'renamed'").await;
        let again =
            house.request(&format!("&prompt=none&id_token_hint={}", given["id_token"].as_str().unwrap()));
        let answer = house.get(&again.replace(&house.client.client_id, "renamed"), true).await;
        assert_eq!(answer.query("error").as_deref(), Some("login_required"));
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
