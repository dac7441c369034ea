use crate::testing::House;

#[tokio::test]
async fn everything_about_the_account_is_reached_from_the_center_and_leads_back_to_it() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let mut browser = house.browser(account).await;
        let center = browser.get("/me/security").await;
        for page in [
            "/me/profile",
            "/me/login-name",
            "/me/phone",
            "/me/email",
            "/me/password",
            "/me/security-questions",
            "/me/authenticator",
            "/me/passkeys",
            "/me/linked",
            "/me/sessions",
            "/me/devices",
            "/me/history",
            "/me/reminders",
            "/me/addresses",
            "/me/data",
            "/me/close",
        ] {
            // Nothing is offered to link where no provider is switched on.
            assert!(center.has(&format!("href=\"{page}\"")) || page == "/me/linked", "{page}");
        }
        assert!(center.has("<b>Name</b><small>林知远</small>") && center.has("<small>linzy</small>"));
        for (page, entry) in [
            ("/me/phone", "/me/security"),
            ("/me/email", "/me/security"),
            ("/me/authenticator", "/me/security"),
            ("/me/passkeys", "/me/security"),
            ("/me/linked", "/me/security"),
            ("/me/devices", "/me/security"),
            ("/me/history", "/me/security"),
            ("/me/close", "/me/security"),
            ("/me/login-name", "/me/profile"),
            ("/me/data", "/me/profile"),
            ("/me/addresses", "/me/addresses"),
        ] {
            let shown = browser.get(page).await;
            for at in ["/me/profile", "/me/security", "/me/addresses"] {
                let marked = shown.has(&format!("href=\"{at}\" aria-current=\"page\""));
                assert_eq!(marked, at == entry, "{page}: {at}");
            }
        }
    }
}
