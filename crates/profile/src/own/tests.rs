use crate::testing::{House, captcha};
use http::StatusCode;
use organization::membership::Role;
use platform::setting::{ProfileField, ProfilePolicy};
use platform::staff::PolicyEditor;

#[tokio::test]
async fn m13_what_is_editable_differs_by_role_and_says_who_changes_the_rest() {
    for house in House::on_engines().await {
        let organization = house.organization().await;
        let administrator = house.managed(organization, Role::Administrator, "zhouyutong", None).await;
        let agent = house.managed(organization, Role::Agent, "chensiqi", None).await;
        let mut browser = house.browser(administrator).await;
        let page = browser.get("/me/profile").await;
        assert!(page.has("name=\"employer\"") && page.has("name=\"name\""));
        let mut browser = house.browser(agent).await;
        let page = browser.get("/me/profile").await;
        assert!(page.has("name=\"name\"") && !page.has("name=\"employer\""));
        assert!(page.has("Changed by an administrator of 澄江证券股份有限公司"));
        // What the page does not offer is not taken either.
        browser.post(&page, "/me/profile", &[("name", "陈小齐"), ("employer", "别处")]).await;
        let page = browser.get("/me/profile").await;
        assert!(page.has("陈小齐") && !page.has("别处"));
        let policy = ProfilePolicy { agent: vec![ProfileField::Employer], ..ProfilePolicy::default() };
        let settings = house.identity().settings();
        settings.change(&PolicyEditor::command_line(), policy).await.unwrap();
        let page = browser.get("/me/profile").await;
        assert!(page.has("name=\"employer\"") && !page.has("name=\"name\"") && !page.has("/me/login-name\""));
        assert_eq!(browser.get("/me/login-name").await.status, StatusCode::FORBIDDEN);
        let refused = browser.post(&page, "/me/login-name", &[("login_name", "siqi2026")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let phone = browser.get("/me/phone").await;
        assert!(phone.has("Changed by an administrator of") && !phone.has("contact-send"));
    }
}

#[tokio::test]
async fn m14_the_login_name_changes_after_a_fresh_proof() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        house.person("taken", None).await;
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/login-name").await;
        let taken = browser.post(&page, "/me/login-name", &[("login_name", "Taken")]).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        let bad = browser.post(&page, "/me/login-name", &[("login_name", "1")]).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = browser.post(&page, "/me/login-name", &[("login_name", "ZhiYuan")]).await;
        assert_eq!(done.location, "/me/profile");
        assert!(browser.get("/me/profile").await.has("zhiyuan"));
        house.pass(601);
        let late = browser.get("/me/login-name").await;
        assert_eq!(late.location, "/me/verify?need=fresh&return_to=/me/login-name");
        let late = browser.post(&page, "/me/login-name", &[("login_name", "another")]).await;
        assert!(late.location.starts_with("/me/verify"));
    }
}

#[tokio::test]
async fn m15_a_phone_that_an_administrator_typed_counts_once_its_holder_proves_it() {
    for house in House::on_engines().await {
        let organization = house.organization().await;
        let phone = "13900139000";
        let account = house.managed(organization, Role::Agent, "chensiqi", Some(phone)).await;
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/phone").await;
        assert!(page.has("139****9000") && page.has("value=\"stored\" checked"));
        let mut members = vec![("which", "stored".to_owned())];
        members.extend(captcha(&page));
        let members: Vec<(&str, &str)> = members.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let sent = browser.post(&page, "/me/phone", &members).await;
        assert!(sent.location.starts_with("/me/phone/verify?challenge="), "{}", sent.text);
        let code = house.message(phone).await.unwrap().code.unwrap();
        let verify = browser.get(&sent.location).await;
        let id = verify.value("challenge");
        let short = browser.post(&verify, "/me/phone/verify", &[("challenge", &id), ("code", "12")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = browser.post(&verify, "/me/phone/verify", &[("challenge", &id), ("code", &code)]).await;
        assert_eq!(done.location, "/me/security");
        let own = identity::account::own::own(house.identity(), account, house.now()).await.unwrap();
        assert!(own.phone_proven);
        let center = browser.get("/me/security").await;
        assert!(center.has("1 of 3 set up"), "{}", center.text);
        let history = browser.get("/me/history").await;
        assert!(history.has("Mobile number bound or changed"));
    }
}
