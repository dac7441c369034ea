use super::{Recipe, Shows, recipes};
use kernel::Id;
use oidc::client::{Algorithm, AuthMethod, Client, ClientState, GrantType, Keeping, Profile, Settings};

const ISSUER: &str = "https://id.test";
const ID: &str = "client-of-a-test";

fn client(method: AuthMethod) -> Client {
    Client {
        id: Id::from_i64(1),
        client_id: ID.into(),
        product: Id::from_i64(2),
        name: "Quotes".into(),
        secret_mac: None,
        secret_sealed: None,
        redirect_uris: "https://rp.test/signed/in\nhttps://rp.test/login/generic_oauth".into(),
        post_logout_redirect_uris: String::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        state: ClientState::Active,
        service: false,
        owner: None,
        settings: Settings { auth_method: method, ..Settings::default() },
        keeping: Keeping::default(),
    }
}
fn text<'a>(list: &'a [Recipe], title: &str) -> &'a str {
    match &list.iter().find(|recipe| recipe.title.contains(title)).unwrap().shows {
        Shows::Text(text) => text,
        Shows::Need(need) => panic!("{title} needs {need}"),
    }
}

#[test]
fn every_recipe_is_whole_and_holds_no_secret() {
    let mut seen = 0;
    for method in AuthMethod::ALL {
        for recipe in recipes(ISSUER, &client(*method)) {
            let Shows::Text(text) = &recipe.shows else { continue };
            seen += 1;
            let title = recipe.title;
            assert!(text.contains(ISSUER) && text.contains(ID), "{title}: {text}");
            // Where it answers, that it asks for a person, and that it proves to be the one that began.
            assert!(text.contains("https://rp.test") || text.contains("\"/signed/in\""), "{title}: {text}");
            assert!(text.contains("openid"), "{title}: {text}");
            let pkce = ["S256", "pkce", "Pkce"].iter().any(|word| text.contains(word));
            assert!(pkce, "{title}: {text}");
            let named = text.to_lowercase().contains("client_secret") || text.contains("fujie-client-secret");
            assert_eq!(named, method.has_secret(), "{title} with {method:?}: {text}");
            assert!(!text.contains("{{") && !text.contains("}}}"), "{title}: {text}");
        }
    }
    assert!(seen >= 24, "{seen}");
}
#[test]
fn recipes_that_name_the_person_ask_userinfo_where_the_name_is_told() {
    let list = recipes(ISSUER, &client(AuthMethod::SecretPost));
    for (title, asks) in [
        ("openid-client", "client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)"),
        ("Auth.js", "idToken: false"),
        ("ASP.NET", "GetClaimsFromUserInfoEndpoint = true"),
    ] {
        assert!(text(&list, title).contains(asks), "{title}");
    }
}
#[test]
fn a_framework_says_what_it_needs_where_it_does_not_fit() {
    let need = |client: &Client, title: &str| {
        let list = recipes(ISSUER, client);
        match list.iter().find(|recipe| recipe.title.contains(title)).unwrap().shows {
            Shows::Need(need) => Some(need),
            Shows::Text(_) => None,
        }
    };
    let basic = client(AuthMethod::SecretBasic);
    assert_eq!(need(&basic, "ASP.NET"), Some("portal-recipe-needs-post"));
    assert_eq!(need(&client(AuthMethod::SecretPost), "ASP.NET"), None);
    assert_eq!(need(&client(AuthMethod::None), "Grafana"), Some("portal-recipe-needs-secret"));
    assert_eq!(need(&client(AuthMethod::None), "Spring"), None);
    let edwards = Client { id_token_algorithm: Algorithm::EdDsa, ..basic.clone() };
    assert_eq!(need(&edwards, "Spring"), Some("portal-recipe-needs-algorithm"));
    let settings = Settings {
        profile: Profile::Fapi2,
        auth_method: AuthMethod::PrivateKeyJwt,
        grant_types: vec![GrantType::AuthorizationCode],
        ..Settings::default()
    };
    let strict = Client { settings, ..basic };
    for recipe in recipes(ISSUER, &strict) {
        let fits = recipe.title.contains("openid-client");
        assert_eq!(matches!(recipe.shows, Shows::Text(_)), fits, "{}", recipe.title);
    }
    let node = recipes(ISSUER, &strict);
    let node = text(&node, "openid-client");
    for word in ["buildAuthorizationUrlWithPAR", "PrivateKeyJwt(privateKey)", "randomDPoPKeyPair", "{ DPoP }"]
    {
        assert!(node.contains(word), "{word}: {node}");
    }
}
/// The two lists of what a framework verifies: Spring refuses ES256 unless it is told, and answers at one path alone.
#[test]
fn what_a_framework_does_not_guess_is_said() {
    let list = recipes(ISSUER, &client(AuthMethod::SecretBasic));
    let spring = text(&list, "Spring");
    assert!(
        spring.contains("SignatureAlgorithm.ES256") && spring.contains("baseUri(\"/signed/in\")"),
        "{spring}"
    );
    assert!(text(&list, "Grafana").contains("Redirect address: https://rp.test/login/generic_oauth\n"));
    let proxy = text(&list, "oauth2-proxy");
    assert!(
        proxy.contains("Register this redirect address too: https://rp.test/oauth2/callback\n"),
        "{proxy}"
    );
    assert!(text(&list, "Apache").contains("<Location \"/signed\">"));
    assert!(!text(&list, "openid-client").contains("allowInsecureRequests"));
    let plain = recipes("http://127.0.0.1:8080", &client(AuthMethod::SecretPost));
    assert!(text(&plain, "openid-client").contains("allowInsecureRequests"));
    assert!(text(&plain, "ASP.NET").contains("RequireHttpsMetadata = false"));
}
#[test]
fn an_odd_name_does_not_leave_its_quotes() {
    let odd = "价\"}], evil: `${1}` \\ </script>\u{2028}";
    let named = Client { name: odd.into(), ..client(AuthMethod::SecretBasic) };
    let list = recipes(ISSUER, &named);
    let quoted = serde_json::to_string(odd).unwrap();
    for title in ["Auth.js", "Keycloak"] {
        let text = text(&list, title);
        assert!(text.contains(&quoted) && text.matches("evil").count() == 1, "{title}: {text}");
    }
    // What follows the comments is JSON as it stands.
    let keycloak = text(&list, "Keycloak");
    let (_, json) = keycloak.split_once("\n{").unwrap();
    let json: serde_json::Value = serde_json::from_str(&format!("{{{json}")).unwrap();
    assert_eq!((json["displayName"].as_str(), json["config"]["clientId"].as_str()), (Some(odd), Some(ID)));
    for recipe in &list {
        let Shows::Text(text) = &recipe.shows else { continue };
        let shown = recipe.title.contains("Auth.js") || recipe.title.contains("Keycloak");
        assert!(shown || !text.contains("evil"), "{}: {text}", recipe.title);
    }
}
