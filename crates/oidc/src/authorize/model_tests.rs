use super::model::*;
use crate::{
    client::{Algorithm, Client, ClientState, Profile, Settings},
    parameters::Parameters,
};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const URI: &str = "https://rp.test/callback";
const ISSUER: &str = "https://op.test";

fn client(settings: Settings) -> Client {
    Client {
        id: kernel::Id::from_i64(1),
        client_id: "c".into(),
        product: kernel::Id::from_i64(2),
        name: "Client".into(),
        secret_mac: None,
        secret_sealed: None,
        redirect_uris: URI.into(),
        post_logout_redirect_uris: String::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        keeping: crate::client::Keeping::default(),
        state: ClientState::Active,
        service: false,
        owner: None,
        settings,
    }
}
fn parsed_by(settings: Settings, query: &str) -> Result<Request, Refused> {
    parse(&Parameters::parse(query.as_bytes()).unwrap(), URI, &client(settings), ISSUER)
}
fn parsed(query: &str) -> Result<Request, Refused> {
    let resources = vec!["https://api.test".to_owned(), "https://data.test/v1".to_owned()];
    parsed_by(Settings { resources, ..Settings::default() }, query)
}
fn with(more: &str) -> String {
    format!(
        "response_type=code&client_id=c&scope=openid+profile&code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
    )
}
fn error(query: &str) -> &'static str {
    parsed(query).map(|_| "accepted").unwrap_or_else(|refused| refused.error.as_str())
}

#[test]
fn an_ordinary_request_is_read_and_unknown_parameters_are_ignored() {
    let request =
        parsed(&with("&state=s%26x&nonce=n&prompt=login+consent&max_age=60&whatever=1&acr_values=x"))
            .unwrap();
    insta::assert_json_snapshot!(request);
}
#[test]
fn f02_duplicates_are_refused_known_or_not() {
    for more in [
        "&state=a&state=b",
        "&scope=openid",
        "&nonce=a&nonce=a",
        "&x=1&x=2",
        "&code_challenge_method=S256",
        "&prompt=none&prompt=",
    ] {
        assert_eq!(error(&with(more)), "invalid_request", "{more}");
    }
    let twice = Parameters::parse(b"state=a&state=b").unwrap();
    assert_eq!(state_of(&twice), None, "an ambiguous state is not repeated to anybody");
}
#[test]
fn each_fault_has_its_error() {
    for (query, expected) in [
        (with("").replace("response_type=code&", ""), "invalid_request"),
        (with("").replace("=code&", "=token&"), "unsupported_response_type"),
        (with("").replace("=code&", "=code+id_token&"), "unsupported_response_type"),
        (with("").replace("openid+profile", "profile"), "accepted"),
        (with("").replace("openid+profile", ""), "invalid_scope"),
        (with("").replace("openid+profile", "openid%22"), "invalid_scope"),
        (with("").replace("openid+profile", "openid++profile"), "invalid_scope"),
        (with("").replace("openid+profile", "openid+organization:nonsense"), "invalid_scope"),
        (with("&response_mode=fragment"), "invalid_request"),
        (with("&response_mode=form_post"), "accepted"),
        (with("&response_mode=jwt"), "invalid_request"),
        (
            with("")
                .replace("openid+profile", "openid+organization:0000000000001+organization:0000000000002"),
            "invalid_scope",
        ),
        (with("&resource=https%3A%2F%2Fapi.test&resource=https%3A%2F%2Fdata.test%2Fv1"), "accepted"),
        (with("&resource=https%3A%2F%2Fapi.test&resource=https%3A%2F%2Fop.test"), "accepted"),
        (with("&resource=https%3A%2F%2Fop.test%2F"), "invalid_target"),
        (with("&resource=https%3A%2F%2Fapi.test%2F"), "invalid_target"),
        (with("&resource=https%3A%2F%2Fother.test"), "invalid_target"),
        (with("&resource=nonsense"), "invalid_target"),
        (with("&dpop_jkt=short"), "invalid_request"),
        (with(&format!("&dpop_jkt={CHALLENGE}")), "accepted"),
        (with("&claims=%5B%5D"), "invalid_request"),
        (with("&claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D"), "accepted"),
        (with(&format!("&acr_values={}", "x".repeat(257))), "invalid_request"),
        (with(&format!("&login_hint={}", "x".repeat(257))), "invalid_request"),
        (with(&format!("&ui_locales={}", "x".repeat(257))), "invalid_request"),
        (with(&format!("&id_token_hint={}", "x".repeat(8193))), "invalid_request"),
        (with("&request=eyJ"), "request_not_supported"),
        (with("&request_uri=https://rp.test/r"), "request_uri_not_supported"),
        (with("&registration=%7B%7D"), "registration_not_supported"),
        (with("&prompt=none+login"), "invalid_request"),
        (with("&prompt=create"), "invalid_request"),
        (with("&max_age=-1"), "invalid_request"),
        (with("&max_age=9999999999"), "invalid_request"),
        (with(&format!("&state={}", "s".repeat(2049))), "invalid_request"),
        (with(&format!("&nonce={}", "s".repeat(513))), "invalid_request"),
        (with("&response_mode=query&state=&prompt="), "accepted"),
    ] {
        assert_eq!(error(&query), expected, "{query}");
    }
}
#[test]
fn f19_pkce_cannot_be_left_out_or_weakened() {
    let bare = format!("response_type=code&scope=openid&code_challenge={CHALLENGE}");
    for query in [
        "response_type=code&scope=openid".to_owned(),
        "response_type=code&scope=openid&code_challenge_method=S256".to_owned(),
        bare.clone(),
        format!("{bare}&code_challenge_method=plain"),
        format!("{bare}&code_challenge_method=s256"),
        format!("{bare}&code_challenge_method="),
        bare.replace(CHALLENGE, "short") + "&code_challenge_method=S256",
        bare.replace(CHALLENGE, &format!("{CHALLENGE}=")) + "&code_challenge_method=S256",
    ] {
        assert_eq!(error(&query), "invalid_request", "{query}");
    }
}
#[test]
fn f19_the_verifier_of_rfc_7636_fits_and_no_other() {
    assert!(verifier_fits(VERIFIER, CHALLENGE));
    for wrong in [
        "",
        CHALLENGE,
        VERIFIER.get(..42).unwrap(),
        &format!("{VERIFIER} "),
        &VERIFIER.to_lowercase(),
        &"a".repeat(129),
    ] {
        assert!(!verifier_fits(wrong, CHALLENGE), "{wrong}");
    }
    assert!(!verifier_fits("", ""), "an empty challenge is no challenge");
}
#[test]
fn f19_a_profile_without_pkce_still_takes_none_that_is_weak() {
    let basic = || Settings { profile: Profile::Basic, ..Settings::default() };
    let bare = "response_type=code&client_id=c&scope=openid".to_owned();
    assert_eq!(parsed_by(basic(), &bare).unwrap().code_challenge, None);
    for query in [
        format!("{bare}&code_challenge_method=S256"),
        format!("{bare}&code_challenge={CHALLENGE}"),
        format!("{bare}&code_challenge={CHALLENGE}&code_challenge_method=plain"),
    ] {
        assert_eq!(parsed_by(basic(), &query).unwrap_err().error, ErrorCode::InvalidRequest, "{query}");
    }
    let public = Settings { profile: Profile::Basic, ..Settings::public() };
    assert_eq!(
        parsed_by(public, &bare).unwrap_err().error,
        ErrorCode::InvalidRequest,
        "nothing else proves it"
    );
}
#[test]
fn the_strength_that_is_wanted_is_the_weakest_that_will_do() {
    let strength = |more: &str| parsed(&with(more)).map(|request| request.strength);
    let wanted = |least, essential| Ok(Some(Strength { least, essential }));
    assert_eq!(strength(""), Ok(None));
    assert_eq!(strength("&acr_values=urn:fujie:aal:3+urn:fujie:aal:2"), wanted(2, false));
    assert_eq!(strength("&acr_values=urn:fujie:aal:9+silver"), Ok(None), "without a meaning here");
    let claims = |text: &str| {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        strength(&format!("&acr_values=urn:fujie:aal:1&claims={text}"))
    };
    let essential =
        r#"{"id_token":{"acr":{"essential":true,"values":["urn:fujie:aal:3","urn:fujie:aal:2"]}}}"#;
    assert_eq!(claims(essential), wanted(2, true));
    assert_eq!(claims(r#"{"id_token":{"acr":{"value":"urn:fujie:aal:3"}}}"#), wanted(3, false));
    let unknown = claims(r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#).unwrap_err();
    assert_eq!(unknown.error, ErrorCode::UnmetAuthenticationRequirements);
}
#[test]
fn a_program_signs_nobody_in() {
    let machine = Client { service: true, ..client(Settings::default()) };
    let parameters = Parameters::parse(with("").as_bytes()).unwrap();
    assert_eq!(parse(&parameters, URI, &machine, ISSUER).unwrap_err().error, ErrorCode::UnauthorizedClient);
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_query_is_a_request_or_a_refusal(query in "[a-z_%&=+0-9 \\.:/{}\"\\[\\]]{0,200}") {
            if let Ok(parameters) = Parameters::parse(query.as_bytes()) {
                drop(parse(&parameters, URI, &client(Settings::default()), ISSUER));
            }
        }
        #[test]
        fn any_value_of_any_parameter_is_read_or_refused(which in 0..13_usize, value in "\\PC{0,60}") {
            let names = ["scope", "state", "nonce", "prompt", "max_age", "claims", "acr_values", "resource", "dpop_jkt",
                "id_token_hint", "ui_locales", "response_mode", "login_hint"];
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let query = with("").replace("scope=openid+profile", "x=1");
            let scope = if names[which] == "scope" { "" } else { "&scope=openid" };
            let text = format!("{query}{scope}&{}={value}", names[which]);
            if let Ok(request) = parsed(&text) {
                // What was taken can be kept and found again.
                let kept: Request = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
                prop_assert_eq!(kept, request);
            }
        }
        #[test]
        fn only_a_registered_address_matches_whatever_it_looks_like(
            address in "(https?://)?(rp|RP|evil)\\.test(:443)?(/|//|/\\.\\./|/;|%2f)?(callback)?[/?#;@]?[a-z%0-9]{0,6}"
        ) {
            let client = client(Settings::default());
            prop_assert_eq!(client.allows_redirect(&address), address == URI);
        }
    }
}
