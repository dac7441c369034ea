use super::model::*;
use kernel::Id;

pub(super) fn client(uris: &[&str]) -> Client {
    Client {
        id: Id::from_i64(1),
        client_id: "c".into(),
        product: Id::from_i64(2),
        name: "Client".into(),
        secret_mac: None,
        secret_sealed: None,
        redirect_uris: join(&parse_list(uris, true).unwrap()),
        post_logout_redirect_uris: String::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        state: ClientState::Active,
        service: false,
        owner: None,
        settings: crate::client::Settings::default(),
        keeping: crate::client::Keeping::default(),
    }
}

#[test]
fn f01_only_the_exact_registered_address_matches() {
    let client = client(&["https://rp.test/callback", "https://rp.test/second?tenant=1"]);
    assert!(client.allows_redirect("https://rp.test/callback"));
    assert!(client.allows_redirect("https://rp.test/second?tenant=1"));
    for other in [
        "",
        "https://rp.test",
        "https://rp.test/",
        "https://rp.test/callback/",
        "https://rp.test/callback.evil.test",
        "https://rp.test/callback/../admin",
        "https://rp.test/callback/..;/admin",
        "https://rp.test/..;/callback",
        "https://rp.test/callback;jsessionid=1",
        "https://rp.test/callback?x=1",
        "https://rp.test/callback#",
        "https://rp.test/callback#x",
        "https://rp.test/%63allback",
        "https://rp.test/%2563allback",
        "https://rp.test/callback%00",
        "https://rp.test/callback%2f..",
        "https://rp.test//callback",
        "https://rp.test:443/callback",
        "https://rp.test:8443/callback",
        "HTTPS://rp.test/callback",
        "https://RP.test/callback",
        "https://rp.test/Callback",
        "http://rp.test/callback",
        "https://rp.test.evil.test/callback",
        "https://evil.test/https://rp.test/callback",
        "https://rp.test@evil.test/callback",
        "https://user@rp.test/callback",
        "https://evil.test\\@rp.test/callback",
        "https://rpxtest/callback",
        "https://rp.test/callback\nhttps://evil.test",
        "https://rp.test/callback\nhttps://rp.test/second?tenant=1",
        " https://rp.test/callback",
        "https://rp.test/callback ",
        "//rp.test/callback",
        "https://rp.test/second",
        "https://rp.test/second?tenant=1&tenant=2",
    ] {
        assert!(!client.allows_redirect(other), "{other:?}");
    }
}
#[test]
fn f01_what_is_unsafe_cannot_be_registered() {
    for bad in [
        "",
        "rp.test/callback",
        "http://rp.test/callback",
        "https://*.rp.test/callback",
        "https://rp.test/*",
        "https://rp.test/callback#fragment",
        "https://user@rp.test/callback",
        "https://user:pw@rp.test/callback",
        "https://rp.test/a/../callback",
        "https://rp.test/a/..;/callback",
        "https://rp.test/a;x=1",
        "https://rp.test//callback",
        "https://rp.test/a%2fb",
        "https://rp.test/a%252fb",
        "https://RP.test/callback",
        "https://rp.test:443/callback",
        "https:/rp.test/callback",
        "https:\\\\rp.test\\callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "myapp:/callback",
        "com.example.app:///callback",
        "com.example.app://",
        "https://rp.test/call back",
        "https://rp.test/回调",
        "https://rp.test/a\nb",
    ] {
        assert!(RedirectUri::parse(bad).is_err(), "{bad:?}");
    }
    for good in [
        "https://rp.test/callback",
        "https://rp.test",
        "https://rp.test:8443/callback?tenant=1",
        "http://127.0.0.1:8090/callback",
        "http://[::1]:8090/callback",
        "http://localhost:8090/callback",
        "com.example.app:/callback",
    ] {
        assert!(RedirectUri::parse(good).is_ok(), "{good:?}");
    }
}
