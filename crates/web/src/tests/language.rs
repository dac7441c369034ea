use super::*;
use crate::{Lang, i18n::error_key};

#[test]
fn the_best_accepted_language_wins() {
    let accepted = |text: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
        Lang::accepted(&headers)
    };
    assert_eq!(accepted("en-GB,en;q=0.9,zh;q=0.8"), Some(Lang::En));
    assert_eq!(accepted("fr, zh-Hans-CN;q=0.5, en;q=0.4"), Some(Lang::Zh));
    assert_eq!(accepted("en;q=0, zh"), Some(Lang::Zh));
    assert_eq!(accepted("fr"), None);
    assert_eq!(accepted("english"), None);
}
#[test]
fn choice_beats_cookie_beats_client_beats_browser() {
    let app = app("https://id.example");
    let lang = |path: &str, cookie: &str, accept: &str| {
        let parts = Request::get(path).header("cookie", cookie).header("accept-language", accept);
        Ctx::new(&app, &parts.body(()).unwrap().into_parts().0).0.lang
    };
    assert_eq!(lang("/?lang=en&ui_locales=zh", "fujie-lang=zh-CN", "zh"), Lang::En);
    assert_eq!(lang("/?ui_locales=en", "fujie-lang=zh-CN", "en"), Lang::Zh);
    assert_eq!(lang("/?ui_locales=fr+en", "", "zh"), Lang::En);
    assert_eq!(lang("/", "", "en"), Lang::En);
    assert_eq!(lang("/", "", "fr"), Lang::Zh);
}
#[tokio::test]
async fn a_language_in_the_address_lasts_unless_the_person_chose() {
    let router = router(&app("https://id.example"));
    let kept = async |path: &str, cookie: &str| {
        let request = get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        let answer = send(&router, request).await;
        answer
            .cookies()
            .iter()
            .find(|cookie| cookie.starts_with("fujie-lang="))
            .map(|cookie| cookie.chars().skip(11).take(2).collect::<String>())
    };
    assert_eq!(kept("/login?lang=en", "fujie-lang=zh-CN").await.as_deref(), Some("en"));
    assert_eq!(kept("/login?ui_locales=en", "").await.as_deref(), Some("en"));
    assert_eq!(kept("/login?ui_locales=en", "fujie-lang=zh-CN").await, None);
    assert_eq!(kept("/login?lang=en", "fujie-lang=en").await, None);
    assert_eq!(kept("/login", "").await, None);
}
#[test]
fn arguments_are_filled_in_without_invisible_marks() {
    assert_eq!(Lang::En.ta("error-field-too-long", &[("max", "1000")]), "Too long: at most 1000 characters");
    assert_eq!(Lang::Zh.ta("web-copy", &[("text", "0427")]), "复制 0427");
    let error = Error::invalid("field.too_long").arg("max", "12");
    assert_eq!(Lang::Zh.error(&error), "内容过长，最多 12 个字符");
    assert_eq!(Lang::Zh.error(&Error::conflict("nobody.wrote_this")), Lang::Zh.t("error-kind-conflict"));
    assert_eq!(error_key("membership.last_administrator"), "error-membership-last-administrator");
}
#[tokio::test]
async fn preferences_are_kept_by_a_plain_form() {
    let router = router(&app("https://id.example"));
    let shown = send(&router, get("/show").body(Body::empty()).unwrap()).await;
    let cookie = shown.cookies()[0].split(';').next().unwrap().to_owned();
    let token = shown.text.replace("<p>shown</p>", "");
    let save = |body: String| post("/preferences").header("cookie", &cookie).body(Body::from(body)).unwrap();
    let body = format!("csrf={token}&lang=en&theme=dark&text=large&return_to=/show%3Fa=1%26lang=zh");
    let saved = send(&router, save(body)).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/show?a=1"));
    let kept = "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=31536000";
    assert_eq!(
        saved.cookies(),
        [
            format!("fujie-lang=en; {kept}"),
            format!("fujie-theme=dark; {kept}"),
            format!("fujie-text=large; {kept}")
        ]
    );
    for away in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "/a%0d%0ab"] {
        let saved = send(&router, save(format!("csrf={token}&theme=pink&return_to={away}"))).await;
        assert_eq!(saved.header("location"), "/", "{away}");
        assert!(saved.cookies().is_empty());
    }
}

#[test]
fn texts_that_are_remembered_are_those_of_the_files() {
    for lang in crate::Lang::ALL {
        // Plain, over several pieces, and with something to work out.
        assert!(!lang.t("web-skip").contains('{'));
        assert_eq!(lang.t("web-errors-title"), lang.ta("web-errors-title", &[]));
    }
    assert_ne!(crate::Lang::Zh.t("web-skip"), crate::Lang::En.t("web-skip"));
}
