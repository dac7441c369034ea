use super::model::{Request, check};
use crate::{
    client::{Algorithm, Client, ClientState},
    keys::model::HintClaims,
};
use kernel::Id;

fn client() -> Client {
    Client {
        id: Id::from_i64(1),
        client_id: "c".into(),
        product: Id::from_i64(2),
        name: "Client".into(),
        secret_mac: None,
        secret_sealed: None,
        redirect_uris: "https://rp.test/callback".into(),
        post_logout_redirect_uris: "https://rp.test/\nhttps://rp.test/bye?x=1".into(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        keeping: crate::client::Keeping::default(),
        state: ClientState::Active,
        service: false,
        owner: None,
        settings: crate::client::Settings::default(),
    }
}
fn hint(aud: &str) -> HintClaims {
    HintClaims { iss: String::new(), sub: "s".into(), aud: aud.into(), sid: Some("sid".into()) }
}

#[test]
fn f01_after_sign_out_too_only_exact_registered_addresses_are_followed() {
    let client = client();
    for uri in [
        "https://rp.test",
        "https://rp.test/callback",
        "https://rp.test//",
        "https://rp.test/bye",
        "https://evil.test/",
        "javascript:alert(1)",
    ] {
        let refused = check(Some(&client), Some("c"), None, Some(uri), None).unwrap_err();
        assert_eq!(refused.code, "logout.redirect_uri_unknown", "{uri}");
    }
    assert_eq!(
        check(None, None, None, Some("https://rp.test/"), None).unwrap_err().code,
        "logout.redirect_uri_unknown"
    );
    assert!(check(Some(&client), None, Some(&hint("c")), Some("https://rp.test/"), None).is_ok());
}
#[test]
fn a_hint_of_another_client_is_refused() {
    assert_eq!(
        check(Some(&client()), Some("c"), Some(&hint("other")), None, None).unwrap_err().code,
        "logout.client_mismatch"
    );
}
#[test]
fn the_state_comes_back() {
    let request =
        check(Some(&client()), Some("c"), Some(&hint("c")), Some("https://rp.test/bye?x=1"), Some("a&b"))
            .unwrap();
    assert_eq!(request.target().unwrap(), "https://rp.test/bye?x=1&state=a%26b");
    assert_eq!(request.sid.as_deref(), Some("sid"));
    assert_eq!(Request::default().target(), None);
}
