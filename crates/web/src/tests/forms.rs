use super::*;
use crate::{Failure, Fields, urlencoded};

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, &'static str> {
    urlencoded::parse(text.as_bytes())
        .and_then(urlencoded::deserialize)
        .map_err(|failure: Failure| failure.error().unwrap().code)
}

#[test]
fn text_numbers_ticks_and_lists_arrive() {
    let typed: Typed = parse("name=%E9%99%88+x&age=7&agreed=on&grants%5B%5D=a&grants[]=b&other=1").unwrap();
    assert_eq!((typed.name.as_str(), typed.age, typed.agreed), ("陈 x", Some(7), true));
    assert_eq!(typed.grants, ["a", "b"]);
    let typed: Typed = parse("age=&grants[]=").unwrap();
    assert_eq!((typed.age, typed.agreed, typed.grants.len()), (None, false, 1));
    let Fields(pairs) = parse("b=1&a[]=2&a[]=3").unwrap();
    assert_eq!(pairs.len(), 3);
}
#[test]
fn what_is_malformed_is_refused_and_never_mended() {
    for (text, code) in [
        ("name=a&name=b", "request.duplicate_member"),
        ("name=a&%6eame=b", "request.duplicate_member"),
        ("name=%00", "request.nul"),
        ("name=%FF", "request.encoding"),
        ("name=%E9%99", "request.encoding"),
        ("name=%4", "request.encoding"),
        ("name=%zz", "request.encoding"),
        ("age=seven", "request.member_type"),
        ("age=-1", "request.member_type"),
        ("agreed=perhaps", "request.member_type"),
    ] {
        assert_eq!(parse::<Typed>(text).unwrap_err(), code, "{text}");
    }
}
#[test]
fn a_missing_or_wrong_member_is_named() {
    #[derive(serde::Deserialize, Debug)]
    struct Needed {
        #[expect(dead_code, reason = "only its presence matters")]
        phone: u32,
    }
    for (text, code) in [("", "request.member_missing"), ("phone=x", "request.member_type")] {
        let pairs = urlencoded::parse(text.as_bytes()).unwrap();
        let failure = urlencoded::deserialize::<Needed>(pairs).unwrap_err();
        let error = failure.error().unwrap();
        assert_eq!((error.code, error.field), (code, Some("phone")));
    }
}

/// A browser that has seen a page: its cookie and the token of its forms.
async fn visit(router: &Router) -> (String, String) {
    let shown = send(router, get("/show").body(Body::empty()).unwrap()).await;
    let cookie = shown.cookies()[0].split(';').next().unwrap().to_owned();
    (cookie, shown.text.replace("<p>shown</p>", ""))
}

#[tokio::test]
async fn a_form_needs_its_token_and_its_own_site() {
    let router = router(&app("https://id.example"));
    let (cookie, token) = visit(&router).await;
    let body = format!("name=chen&csrf={token}");
    let good =
        send(&router, post("/save").header("cookie", &cookie).body(body.clone().into()).unwrap()).await;
    assert_eq!((good.status, good.text.as_str()), (StatusCode::OK, "chen None false []"));

    // Another site's form: refused by the browser's word, before the token is looked at.
    for (site, origin) in [("cross-site", "https://evil.example"), ("same-site", "https://www.id.example")] {
        let request = Request::post("/save")
            .header("host", "id.example")
            .header("sec-fetch-site", site)
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie);
        let bad = send(&router, request.body(body.clone().into()).unwrap()).await;
        assert_eq!((bad.status, bad.code()), (StatusCode::FORBIDDEN, "request.cross_site"));
    }
    // Another browser's token, no token, no cookie.
    let (_, strange) = visit(&router).await;
    for (cookie, body) in [
        (cookie.as_str(), format!("name=chen&csrf={strange}")),
        (cookie.as_str(), "name=chen".to_owned()),
        ("a=b", body.clone()),
    ] {
        let bad = send(&router, post("/save").header("cookie", cookie).body(body.into()).unwrap()).await;
        assert_eq!((bad.status, bad.code()), (StatusCode::FORBIDDEN, "form.stale"));
    }
}
#[tokio::test]
async fn m41_a_form_of_one_organizations_space_is_refused_in_another_organizations_space() {
    let router = router(&app("https://id.example"));
    let (cookie, plain) = visit(&router).await;
    let (one, two) = ("000000000001A", "000000000002B");
    let shown = get(&format!("/org/{one}/show")).header("cookie", &cookie).body(Body::empty()).unwrap();
    let token = send(&router, shown).await.text.replace("<p>shown</p>", "");
    assert_eq!(token, format!("{plain}~{one}"), "the token names the space");
    let save = async |path: String, token: &str| {
        let body = format!("name=chen&csrf={token}");
        send(&router, post(&path).header("cookie", &cookie).body(body.into()).unwrap()).await
    };
    assert_eq!(save(format!("/org/{one}/save"), &token).await.status, StatusCode::OK);
    assert_eq!(save(format!("/org/{}/save", one.to_lowercase()), &token).await.status, StatusCode::OK);
    let other = save(format!("/org/{two}/save"), &token).await;
    assert_eq!((other.status, other.code()), (StatusCode::FORBIDDEN, "form.other_space"));
    // The frame's own forms belong to no space; a forged one is no token at all.
    assert_eq!(save("/save".to_owned(), &token).await.status, StatusCode::OK);
    assert_eq!(save(format!("/org/{one}/save"), &format!("x~{one}")).await.code(), "form.stale");
}
#[tokio::test]
async fn a_stale_form_is_offered_again_without_its_secrets() {
    let router = router(&app("https://id.example"));
    let (cookie, _) = visit(&router).await;
    let body = "name=%22%3E%3Cscript%3E&login-password=hunter2&captcha-answer=k7&csrf=old";
    let stale = send(&router, post("/save?x=1").header("cookie", &cookie).body(body.into()).unwrap()).await;
    assert!(stale.text.contains(r#"action="/save?x=1""#), "{}", stale.text);
    assert!(stale.text.contains("&#34;&#62;&#60;script&#62;"), "{}", stale.text);
    assert!(!stale.text.contains("hunter2") && !stale.text.contains("k7"));
    // The fresh token that the page carries works.
    let token = stale.text.split_once(r#"name="csrf" value=""#).unwrap().1.split_once('"').unwrap().0;
    let body = format!("name=chen&csrf={token}");
    let again = send(&router, post("/save").header("cookie", &cookie).body(body.into()).unwrap()).await;
    assert_eq!(again.status, StatusCode::OK);
    // Without the browser's word that our own page sent it, nothing is offered.
    let request = Request::post("/save")
        .header("host", "id.example")
        .header("content-type", "application/x-www-form-urlencoded");
    let stranger = send(&router, request.body("name=evil".into()).unwrap()).await;
    assert_eq!(stranger.code(), "form.stale");
    assert!(!stranger.text.contains("evil"));
}
#[tokio::test]
async fn bodies_are_bounded_and_typed() {
    let router = router(&app("https://id.example"));
    let long = format!("name={}", "a".repeat(70_000));
    let answer = send(&router, post("/save").body(long.into()).unwrap()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "request.too_large"));
    let declared = post("/save").header("content-length", "999999999").body(Body::empty()).unwrap();
    assert_eq!(send(&router, declared).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = Request::post("/save").header("host", "id.example").header("content-type", "text/plain");
    let answer = send(&router, request.body("name=a".into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let json = |body: &'static str| {
        Request::post("/api/v1/save")
            .header("host", "id.example")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    assert_eq!(send(&router, json(r#"{"name":"chen"}"#)).await.text, "chen");
    for (body, code) in [
        (r#"{"name":"a","name":"b"}"#, "request.json"),
        (r#"{"name":5}"#, "request.json"),
        (r#"{"name":"a\u0000"}"#, "request.nul"),
        ("{", "request.json"),
    ] {
        let answer = send(&router, json(body)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::BAD_REQUEST, "application/problem+json")
        );
        assert!(answer.text.contains(code), "{}", answer.text);
    }
}
#[tokio::test]
async fn a_blind_route_sees_no_cookies_and_asks_no_token() {
    let router = router(&app("https://id.example"));
    let request = Request::post("/oauth2/token")
        .header("host", "id.example")
        .header("origin", "https://rp.example")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", "__Host-fujie=aaaaaaaaaaaaaaaaaaaaaaaa")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = send(&router, request.body("name=rp".into()).unwrap()).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "rp false"));
}
#[test]
fn a_form_id_is_good_for_its_browser_kind_and_id_alone() {
    use kernel::id::{AccountId, OrganizationId};
    let app = app("https://id.example");
    let parts = |cookie: &str| Request::get("/").header("cookie", cookie).body(()).unwrap().into_parts().0;
    let (ctx, _) = Ctx::new(&app, &parts("__Host-fujie=aaaaaaaaaaaaaaaaaaaaaaaa"));
    let (other, _) = Ctx::new(&app, &parts("__Host-fujie=bbbbbbbbbbbbbbbbbbbbbbbb"));
    let id = AccountId::from_i64(77);
    let text = ctx.form_id(id);
    assert_eq!(ctx.check_form_id::<kernel::id::mark::Account>(&text).unwrap(), id);
    assert!(other.check_form_id::<kernel::id::mark::Account>(&text).is_err());
    assert!(ctx.check_form_id::<kernel::id::mark::Organization>(&text).is_err());
    let moved = text.replace(&id.to_string(), &OrganizationId::from_i64(78).to_string());
    for bad in ["", "x", ".", moved.as_str(), &id.to_string()] {
        assert_eq!(ctx.check_form_id::<kernel::id::mark::Account>(bad).unwrap_err().code, "form.id_stale");
    }
}
