use super::*;
use crate::{Network, Peer};
use kernel::Kind;

#[tokio::test]
async fn every_kind_has_its_status() {
    for (kind, status) in [
        (Kind::Invalid, 422),
        (Kind::Unauthenticated, 401),
        (Kind::Forbidden, 403),
        (Kind::NotFound, 404),
        (Kind::Conflict, 409),
        (Kind::TooMany, 429),
        (Kind::Overloaded, 503),
        (Kind::Unavailable, 503),
        (Kind::Internal, 500),
    ] {
        assert_eq!(crate::problem::status(kind).as_u16(), status);
    }
}
#[tokio::test]
async fn errors_are_pages_for_people_and_problems_for_programs() {
    let router = router(&app("https://id.example"));
    for (path, status, code) in [
        ("/nowhere", 404, "page.unknown"),
        ("/save", 405, "request.method"),
        ("/refuse", 403, "form.id_stale"),
        ("/busy", 503, "db.busy"),
        ("/break", 500, "internal"),
        ("/a/0/nothing.css", 404, "page.unknown"),
    ] {
        let answer = send(&router, get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{path}");
        assert!(answer.text.contains(answer.header("x-request-id")));
        assert!(!answer.text.contains("secret") && !answer.text.contains("panicked"));
        let request = get(path).header("accept", "application/json").body(Body::empty()).unwrap();
        let answer = send(&router, request).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(
            (problem["status"].as_u64(), problem["code"].as_str()),
            (Some(u64::from(status)), Some(code))
        );
        assert_eq!(problem["request_id"].as_str(), Some(answer.header("x-request-id")));
    }
    assert_eq!(send(&router, get("/busy").body(Body::empty()).unwrap()).await.header("retry-after"), "2");
    assert_eq!(send(&router, get("/save").body(Body::empty()).unwrap()).await.header("allow"), "POST");
}
#[tokio::test]
async fn another_host_is_refused_except_for_probes() {
    let router = router(&app("https://id.example"));
    for host in ["evil.example", "id.example.evil.example", "id.example:8443", "127.0.0.1", ""] {
        let answer =
            send(&router, Request::get("/show").header("host", host).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (421, "request.host"), "{host}");
        let answer =
            send(&router, Request::get("/healthz").header("host", host).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(send(&router, Request::get("/show").body(Body::empty()).unwrap()).await.status.as_u16(), 421);
    let twice = get("/show").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(send(&router, twice).await.status.as_u16(), 421, "two hosts");
    let answer =
        send(&router, Request::get("/show").header("host", "ID.EXAMPLE").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
}
#[tokio::test]
async fn limits_count_a_network_of_ipv6_as_one_source() {
    let source = |address: &str| {
        let app = app("https://id.example");
        let (mut parts, ()) = get("/show").body(()).unwrap().into_parts();
        parts.extensions.insert(Peer(std::net::SocketAddr::new(address.parse().unwrap(), 1)));
        crate::Ctx::new(&app, &parts).0.source()
    };
    assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
    assert_eq!(source("::ffff:10.1.2.3"), "10.1.2.3");
    assert_ne!(source("10.1.2.3"), source("10.1.2.4"));
}
#[test]
fn a_base_url_is_https_or_loopback_and_nothing_more() {
    let rng = Rng::seeded(1);
    let keyring = Arc::new(db::Keyring::ephemeral(&rng).unwrap());
    let good = |url: &str| App::new(url, Arc::clone(&keyring), Clock::System, rng.clone()).is_ok();
    for url in [
        "https://id.example",
        "https://id.example:8443/",
        "http://127.0.0.1:8080",
        "http://localhost:80",
        "http://[::1]:8080",
    ] {
        assert!(good(url), "{url}");
    }
    for url in [
        "http://id.example",
        "https://id.example/path",
        "https://id.example/?a",
        "https://a@id.example",
        "ftp://localhost",
        "localhost",
    ] {
        assert!(!good(url), "{url}");
    }
}
#[tokio::test]
async fn pages_carry_strict_headers_and_flows_may_end_elsewhere() {
    let secure = router(&app("https://id.example"));
    let page = send(&secure, get("/show").body(Body::empty()).unwrap()).await;
    let csp = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(csp.contains(part), "{csp}");
    }
    assert!(!csp.contains("unsafe"));
    for (name, value) in [
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(page.header(name), value);
    }
    let flow = send(&secure, get("/login").body(Body::empty()).unwrap()).await;
    assert!(!flow.header("content-security-policy").contains("form-action"));
    assert!(flow.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(flow.header("cross-origin-opener-policy"), "");
    let plain = router(&app("http://127.0.0.1:8080"));
    let request = Request::get("/show").header("host", "127.0.0.1:8080").body(Body::empty()).unwrap();
    assert_eq!(send(&plain, request).await.header("strict-transport-security"), "");
}
#[tokio::test]
async fn cookies_are_bound_to_host_and_scheme() {
    let answer = send(&router(&app("https://id.example")), get("/show").body(Body::empty()).unwrap()).await;
    let cookie = answer.cookies()[0];
    assert!(cookie.starts_with("__Host-fujie-pre="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let loopback = app("http://127.0.0.1:8080");
    let request = Request::get("/show").header("host", "127.0.0.1:8080").body(Body::empty()).unwrap();
    let answer = send(&router(&loopback), request).await;
    assert!(answer.cookies()[0].starts_with("fujie-8080-pre="));
    assert!(!answer.cookies()[0].contains("Secure"));
    let set = crate::cookie::set_session(&loopback, "abcdefghijklmnopqrst", Some(60));
    assert_eq!(set, "fujie-8080=abcdefghijklmnopqrst; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    let mut headers = http::HeaderMap::new();
    headers.insert(header::COOKIE, "a=b; fujie-8080=abcdefghijklmnopqrst; fujie-8081=zzz".parse().unwrap());
    assert_eq!(crate::cookie::session_token(&headers, &loopback).as_deref(), Some("abcdefghijklmnopqrst"));
    headers.insert(header::COOKIE, "fujie-8080=\"; short".parse().unwrap());
    assert_eq!(crate::cookie::session_token(&headers, &loopback), None);
}
#[tokio::test]
async fn a_flash_shows_once_and_cannot_be_forged() {
    let app = app("https://id.example");
    let router = router(&app);
    let shown = send(&router, get("/show").body(Body::empty()).unwrap()).await;
    let cookie = shown.cookies()[0].split(';').next().unwrap().to_owned();
    let token = shown.text.replace("<p>shown</p>", "");
    let saved =
        send(&router, post("/save").header("cookie", &cookie).body(format!("csrf={token}").into()).unwrap())
            .await;
    let flash = saved.cookies()[0].split(';').next().unwrap().to_owned();
    assert!(flash.starts_with("__Host-fujie-flash="), "{flash}");
    let with = |flash: &str| {
        get("/nowhere").header("cookie", format!("{cookie}; {flash}")).body(Body::empty()).unwrap()
    };
    let next = send(&router, with(&flash)).await;
    assert!(next.text.contains("<h2>已复制</h2>"), "{}", next.text);
    assert!(next.cookies().iter().any(|cookie| cookie.starts_with("__Host-fujie-flash=;")));
    let forged = flash.replace("flash=e", "flash=f");
    assert!(!send(&router, with(&forged)).await.text.contains("已复制</h2>"));
}
#[test]
fn forwarded_addresses_count_from_trusted_proxies_alone() {
    let rng = Rng::seeded(1);
    let keyring = Arc::new(db::Keyring::ephemeral(&rng).unwrap());
    let mut app = App::new("https://id.example", keyring, Clock::System, rng).unwrap();
    app.trusted_proxies = ["10.0.0.0/8", "fd00::/8"].map(|n| n.parse::<Network>().unwrap()).to_vec();
    let app = Arc::new(app);
    let address = |peer: &str, forwarded: &str| {
        let mut parts =
            Request::get("/").header("x-forwarded-for", forwarded).body(()).unwrap().into_parts().0;
        parts.extensions.insert(Peer(format!("{peer}:1").parse().unwrap()));
        Ctx::new(&app, &parts).0.address.to_string()
    };
    assert_eq!(address("203.0.113.9", "198.51.100.1"), "203.0.113.9");
    assert_eq!(address("10.0.0.1", "198.51.100.1"), "198.51.100.1");
    assert_eq!(address("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
    assert_eq!(address("10.0.0.1", "nonsense"), "10.0.0.1");
    assert_eq!(address("[::ffff:10.0.0.1]", "198.51.100.1"), "198.51.100.1");
    assert_eq!(address("[fd00::1]", "2001:db8::1"), "2001:db8::1");
    for bad in ["10.0.0.0/33", "x", "10.0.0.0/-1", "/8"] {
        assert!(bad.parse::<Network>().is_err(), "{bad}");
    }
    assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
}
#[tokio::test]
async fn static_files_never_change_at_their_address() {
    let router = router(&app("https://id.example"));
    let path = crate::assets::url("fujie.css");
    let plain = send(&router, get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(
        (plain.header("content-type"), plain.header("content-encoding")),
        ("text/css; charset=utf-8", "")
    );
    for coding in ["br", "gzip"] {
        let request = get(&path)
            .header("accept-encoding", format!("{coding};q=1, deflate"))
            .body(Body::empty())
            .unwrap();
        let packed = send(&router, request).await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), (coding, "Accept-Encoding"));
        assert!(packed.text.len() < plain.text.len());
    }
    let request = get(&path).header("if-none-match", plain.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.status, StatusCode::NOT_MODIFIED);
    let old = send(&router, get("/a/0000000000000000/fujie.css").body(Body::empty()).unwrap()).await;
    assert_eq!(old.header("cache-control"), "no-cache");
    let shown =
        send(&router, get("/nowhere").header("accept-encoding", "br").body(Body::empty()).unwrap()).await;
    assert_eq!(shown.header("content-encoding"), "");
    // Every icon, stylesheet and script that the layouts name exists.
    for name in ["icon.svg", "icons.svg", "fujie.js"] {
        assert_eq!(
            send(&router, get(&crate::assets::url(name)).body(Body::empty()).unwrap()).await.status,
            StatusCode::OK
        );
    }
}
#[tokio::test]
async fn metrics_are_for_the_machine_itself_or_a_token() {
    let app = app("https://id.example");
    let probes = Probes {
        ready: Arc::new(|| Box::pin(async { false })),
        metrics: Some(Arc::new(|| "up 1\n".to_owned())),
        metrics_token: Some(kernel::Secret::new("let-me-see")),
    };
    let router = frame(Router::new(), &app, probes);
    let ask = |peer: &str, header: (&str, &str)| {
        let mut request = get("/metrics").header(header.0, header.1).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        request
    };
    assert_eq!(send(&router, ask("127.0.0.1:9", ("a", "b"))).await.text, "up 1\n");
    assert_eq!(
        send(&router, ask("203.0.113.9:9", ("authorization", "Bearer let-me-see"))).await.text,
        "up 1\n"
    );
    for request in [
        ask("203.0.113.9:9", ("a", "b")),
        ask("203.0.113.9:9", ("authorization", "Bearer guess")),
        ask("127.0.0.1:9", ("x-forwarded-for", "203.0.113.9")),
        get("/metrics").body(Body::empty()).unwrap(),
    ] {
        assert_eq!(send(&router, request).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(send(&router, get("/readyz").body(Body::empty()).unwrap()).await.status.as_u16(), 503);
}
#[test]
fn only_paths_of_this_site_are_followed() {
    for good in ["/", "/me?x=1&y=%2F", "/org/0/members#a"] {
        assert_eq!(crate::local_path(good), Some(good));
    }
    for bad in ["", "me", "//evil", "/\\evil", "https://evil", "/a b", "/a\nb", "/符"] {
        assert_eq!(crate::local_path(bad), None, "{bad}");
    }
}
#[test]
fn the_table_tells_every_route_with_its_policy() {
    let routes = routes().merge(Routes::new().get_blind("/oauth2/userinfo", Policy::Client, async || "x"));
    let row = |path: &str| routes.table().iter().find(|route| route.path == path).unwrap();
    assert!(row("/oauth2/userinfo").blind && row("/oauth2/token").blind && !row("/save").blind);
    assert_eq!(row("/refuse").policy, Policy::Member);
}
