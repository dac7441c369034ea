use crate::testing::House;
use http::StatusCode;
use kernel::Timestamp;

const PHONE: &str = "13800138000";

/// What the app shows for the secret of a page.
fn code(page: &str, at: Timestamp) -> String {
    let (_, rest) = page.split_once("id=\"totp-secret\">").unwrap();
    let secret: String = rest.split('<').next().unwrap().chars().filter(|c| !c.is_whitespace()).collect();
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(u64::try_from(at.as_seconds()).unwrap()).to_string()
}

#[tokio::test]
async fn the_first_app_brings_codes_on_paper_and_the_last_takes_them_along() {
    for house in House::on_engines().await {
        let account = house.person("linzhiyuan", Some(PHONE)).await;
        let mut browser = house.browser(account).await;
        assert!(browser.get("/me/recovery-codes").await.has("No recovery codes yet"));
        let new = browser.get("/me/authenticator/new").await;
        let (id, sealed, right) = (new.value("id"), new.value("sealed"), code(&new.text, house.now()));
        let wrong = if right == "000000" { "111111" } else { "000000" };
        let typed = |name: &'static str, code: &'static str| {
            [("id", id.as_str()), ("sealed", sealed.as_str()), ("name", name), ("code", code)]
        };
        let refused = browser.post(&new, "/me/authenticator/new", &typed("Phone", wrong)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.has("id=\"code-e\"") && refused.value("sealed") == sealed,
            "the scanned secret stays"
        );
        let unnamed = browser.post(&new, "/me/authenticator/new", &typed("", "12")).await;
        assert!(unnamed.has("id=\"name-e\"") && unnamed.has("id=\"code-e\""), "both are told at once");
        assert_eq!(house.events("authenticator.added").await, 0);

        let members =
            [("id", id.as_str()), ("sealed", &sealed), ("name", "Old phone"), ("code", right.as_str())];
        let done = browser.post(&new, "/me/authenticator/new", &members).await;
        assert_eq!(done.text.matches("<code class=\"num\">").count(), 10, "{}", done.text);
        assert_eq!(house.events("authenticator.added").await, 1);
        assert!(house.message(PHONE).await.is_some(), "the holder is told");
        let again = browser.post(&new, "/me/authenticator/new", &members).await;
        assert_eq!(again.location, "/me/authenticator", "the form sent twice");
        // The session has proven the app: it is not asked for it at once.
        let list = browser.get("/me/authenticator").await;
        assert!(list.has("Old phone") && list.has("10 codes are left"));
        let one = format!("/me/authenticator/{id}", id = id.split('.').next().unwrap());
        let page = browser.get(&one).await;
        assert!(page.has("This is your last second factor"), "{}", page.text);
        let renamed = browser.post(&page, &format!("{one}/rename"), &[("name", "New phone")]).await;
        assert_eq!(renamed.location, "/me/authenticator");
        let too_long = "x".repeat(41);
        let long = browser.post(&page, &format!("{one}/rename"), &[("name", &too_long)]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.has("id=\"name-e\"") && browser.get("/me/authenticator").await.has("New phone"));

        // Another session has not proven it, and another account does not have it.
        let mut other = house.browser(account).await;
        assert!(other.get(&one).await.location.starts_with("/me/verify?"));
        assert!(other.post(&page, &format!("{one}/remove"), &[]).await.status != StatusCode::OK);
        let stranger = house.person("chensiqi", None).await;
        let mut stranger = house.browser(stranger).await;
        let theirs = stranger.get("/me/authenticator/new").await;
        assert_eq!(stranger.get(&one).await.status, StatusCode::NOT_FOUND);
        let removed = stranger.post(&theirs, &format!("{one}/remove"), &[]).await;
        assert_eq!(removed.status, StatusCode::NOT_FOUND);

        let replaced = browser.get("/me/recovery-codes").await;
        let replaced = browser.post(&replaced, "/me/recovery-codes", &[]).await;
        assert!(replaced.has("These codes are shown once"));
        house.pass(601);
        assert!(browser.post(&page, &format!("{one}/remove"), &[]).await.location.starts_with("/me/verify?"));
        house.pass(-601);
        house.remember_browser(account).await;
        let removed = browser.post(&page, &format!("{one}/remove"), &[]).await;
        assert_eq!(removed.location, "/me/authenticator");
        assert_eq!(house.remembered_browsers().await, 0, "nothing stands in for what is gone");
        let left = factor::summary(house.db(), account).await.unwrap();
        assert_eq!(left, factor::Factors::default(), "the codes went with it");
        let nothing = browser.get("/me/recovery-codes").await;
        let refused = browser.post(&nothing, "/me/recovery-codes", &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
    }
}

/// Where the form leads on to; the frame's own forms have such a field too.
fn leads_to(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"sealed\"").unwrap();
    let (_, rest) = rest.split_once("name=\"return_to\" value=\"").unwrap();
    rest.split('"').next().unwrap().replace("&#38;", "&")
}
#[tokio::test]
async fn whoever_was_sent_here_to_set_one_up_goes_back_to_where_they_came_from() {
    for house in House::on_engines().await {
        let account = house.person("linzhiyuan", None).await;
        let mut browser = house.browser(account).await;
        let list = browser.get("/me/authenticator?return_to=/desk/products%3Fx%3D1%26y%3D2").await;
        let way = "/me/authenticator/new?return_to=/desk/products%3Fx%3D1%26y%3D2";
        assert!(list.has(&format!("href=\"{way}\"")), "{}", list.text);
        house.pass(601);
        let verify = browser.get(way).await.location;
        assert!(
            verify.contains("&return_to=/me/authenticator/new%3Freturn_to%3D/desk/products%253F"),
            "{verify}"
        );
        house.pass(-601);
        let new = browser.get(way).await;
        let (id, sealed, right) = (new.value("id"), new.value("sealed"), code(&new.text, house.now()));
        let back = leads_to(&new.text);
        assert_eq!(back, "/desk/products?x=1&y=2");
        let mut typed =
            [("id", id.as_str()), ("sealed", &sealed), ("name", "App"), ("code", "12"), ("return_to", &back)];
        let refused = browser.post(&new, "/me/authenticator/new", &typed).await;
        assert_eq!(leads_to(&refused.text), back, "after a slip too");
        typed[3].1 = &right;
        let done = browser.post(&new, "/me/authenticator/new", &typed).await;
        assert!(done.has("id=\"codes-kept\" href=\"/desk/products?x=1&#38;y=2\""), "{}", done.text);
        assert_eq!(browser.post(&new, "/me/authenticator/new", &typed).await.location, back, "sent twice");
        // Nobody is led away, nor out.
        for elsewhere in ["https://evil.test/", "//evil.test", ""] {
            let new = browser.get(&format!("/me/authenticator/new?return_to={elsewhere}")).await;
            assert_eq!(leads_to(&new.text), "");
            assert!(new.has("<a class=\"btn\" href=\"/me/authenticator\">"), "{elsewhere}");
        }
    }
}
