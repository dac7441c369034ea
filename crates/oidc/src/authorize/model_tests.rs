use super::model::*;
use crate::parameters::Parameters;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const URI: &str = "https://rp.test/callback";

fn parsed(query: &str) -> Result<Request, Refused> {
    parse(&Parameters::parse(query.as_bytes()).unwrap(), URI)
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
        (with("").replace("openid+profile", "profile"), "invalid_scope"),
        (with("").replace("openid+profile", "openid%22"), "invalid_scope"),
        (with("").replace("openid+profile", "openid++profile"), "invalid_scope"),
        (with("").replace("openid+profile", "openid+organization:nonsense"), "invalid_scope"),
        (with("&response_mode=fragment"), "invalid_request"),
        (with("&response_mode=form_post"), "invalid_request"),
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
fn answers_carry_issuer_and_state_and_keep_the_registered_query() {
    let refused = Refused::new(ErrorCode::AccessDenied, "grant.missing");
    assert_eq!(
        error_answer("https://rp.test/cb?tenant=1", "https://op.test", Some("a b&c"), &refused),
        "https://rp.test/cb?tenant=1&error=access_denied&error_description=grant.missing&state=a+b%26c&iss=https%3A%2F%2Fop.test"
    );
    assert_eq!(
        answer(URI, "https://op.test", None, &[("code", "x")]),
        format!("{URI}?code=x&iss=https%3A%2F%2Fop.test")
    );
}
#[test]
fn consent_to_more_covers_less() {
    let (less, more) = (Scope::of_text("openid"), Scope::of_text("openid profile phone nonsense"));
    assert!(more.covers(less) && !less.covers(more) && more.covers(more));
    assert_eq!(more.text(), "openid profile phone");
}
