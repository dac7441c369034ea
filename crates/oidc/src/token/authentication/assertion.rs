//! What an assertion must say (RFC 7523 §3): pure, and before its signature is looked at.
use crate::jose::Jws;
use kernel::Timestamp;
use serde::Deserialize;

/// An assertion that is good for longer could be replayed for too long, and its identifier would be kept for as long.
const MOST_SECONDS: f64 = 3600.0;
/// Clocks differ.
const LEEWAY: f64 = 10.0;
const MOST_IDENTIFIER: usize = 256;

pub enum Audience<'a> {
    /// The issuer as the one text, not in a list (FAPI 2.0 §5.3.2.1).
    Issuer(&'a str),
    /// The issuer, or one of its endpoints.
    Endpoints(&'a str, &'a [&'static str]),
}

/// What counts once, and until when.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    pub jti: String,
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Names,
    jti: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
}
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

/// The client that an assertion names, not believed yet: for requests without `client_id`.
pub fn subject(message: &Jws<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    message.claims::<Subject>().map(|claims| claims.sub)
}

/// Error: what is wrong, for the log.
pub fn check(
    message: &Jws<'_>,
    client_id: &str,
    audience: &Audience<'_>,
    now: Timestamp,
) -> Result<Checked, &'static str> {
    let header = &message.header;
    if header.typ.is_some() && !header.is_type("jwt") && !header.is_type("client-authentication+jwt") {
        return Err("typ is of another kind of token");
    }
    let claims: Claims = message.claims().ok_or("iss, sub, aud, jti and exp are needed")?;
    if claims.iss != client_id || claims.sub != client_id {
        return Err("iss and sub must be the client");
    }
    if !meant(&claims.aud, audience) {
        return Err("aud is another server");
    }
    if claims.jti.is_empty() || claims.jti.len() > MOST_IDENTIFIER {
        return Err("jti must have 1 to 256 bytes");
    }
    let seconds = now.as_seconds() as f64;
    if claims.exp.is_nan() || claims.exp <= seconds {
        return Err("exp has passed");
    }
    if claims.exp > seconds + MOST_SECONDS + LEEWAY {
        return Err("exp is more than an hour away");
    }
    if [claims.nbf, claims.iat].into_iter().flatten().any(|from| from > seconds + LEEWAY) {
        return Err("nbf or iat lies ahead");
    }
    if claims.iat.is_some_and(|at| at < seconds - MOST_SECONDS) {
        return Err("iat is more than an hour ago");
    }
    let left = (claims.exp - seconds).ceil() as i64;
    Ok(Checked { jti: claims.jti, expires_at: now.plus_seconds(left + 1) })
}

fn meant(names: &Names, audience: &Audience<'_>) -> bool {
    match (names, audience) {
        (Names::One(name), Audience::Issuer(issuer)) => name == issuer,
        (Names::Many(_), Audience::Issuer(_)) => false,
        (Names::One(name), Audience::Endpoints(issuer, paths)) => own(name, issuer, paths),
        // Whoever is named besides could show the assertion here.
        (Names::Many(names), Audience::Endpoints(issuer, paths)) => {
            !names.is_empty() && names.iter().all(|name| own(name, issuer, paths))
        }
    }
}
fn own(name: &str, issuer: &str, paths: &[&str]) -> bool {
    name.strip_prefix(issuer).is_some_and(|path| path.is_empty() || paths.contains(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const ISSUER: &str = "https://op.test";
    const BROAD: Audience<'static> = Audience::Endpoints(ISSUER, &["/oauth2/token"]);

    fn text(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}.AAAA", part(header), part(claims))
    }
    fn checked(claims: &Value, audience: &Audience<'_>) -> bool {
        let text = text(&json!({ "alg": "ES256" }), claims);
        check(&Jws::parse(&text).unwrap(), "c", audience, NOW).is_ok()
    }
    fn with(name: &str, value: Value) -> Value {
        let mut claims = json!({ "iss": "c", "sub": "c", "aud": ISSUER, "jti": "1", "exp": 1_800_000_060 });
        claims[name] = value;
        claims
    }

    #[test]
    fn each_fault_of_an_assertion_is_refused() {
        assert!(checked(&with("iat", json!(1_800_000_000)), &BROAD));
        for broken in [
            with("iss", json!("d")),
            with("sub", json!("d")),
            with("iss", json!(null)),
            with("aud", json!("https://op.test.evil.test")),
            with("aud", json!("https://op.test/")),
            with("aud", json!("https://op.test/oauth2/authorize")),
            with("aud", json!("https://other.test")),
            with("aud", json!([])),
            with("aud", json!([ISSUER, "https://other.test"])),
            with("aud", json!(null)),
            with("jti", json!("")),
            with("jti", json!("x".repeat(257))),
            with("jti", json!(null)),
            with("exp", json!(1_800_000_000)),
            with("exp", json!(1_800_003_700)),
            with("exp", json!("1800000060")),
            with("exp", json!(null)),
            with("nbf", json!(1_800_000_020)),
            with("iat", json!(1_800_000_020)),
            with("iat", json!(1_799_990_000)),
            json!([]),
        ] {
            assert!(!checked(&broken, &BROAD), "{broken}");
        }
    }
    #[test]
    fn the_strict_audience_is_the_issuer_alone() {
        let strict = Audience::Issuer(ISSUER);
        assert!(checked(&with("aud", json!(ISSUER)), &strict));
        for aud in [json!([ISSUER]), json!("https://op.test/oauth2/token")] {
            assert!(checked(&with("aud", aud.clone()), &BROAD), "{aud}");
            assert!(!checked(&with("aud", aud.clone()), &strict), "{aud}");
        }
    }
    #[test]
    fn f18_a_token_of_another_kind_is_no_assertion() {
        let claims = with("iat", json!(1_800_000_000));
        for (typ, good) in [
            ("JWT", true),
            ("client-authentication+jwt", true),
            ("dpop+jwt", false),
            ("at+jwt", false),
            ("oauth-authz-req+jwt", false),
        ] {
            let text = text(&json!({ "alg": "ES256", "typ": typ }), &claims);
            assert_eq!(check(&Jws::parse(&text).unwrap(), "c", &BROAD, NOW).is_ok(), good, "{typ}");
        }
    }
    proptest! {
        #[test]
        fn any_claims_are_checked_or_refused(payload in "\\PC{0,200}", exp in any::<f64>()) {
            let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
            for payload in [payload, with("exp", json!(exp)).to_string()] {
                let text = format!("{}.{}.AAAA", part(r#"{"alg":"ES256"}"#), part(&payload));
                if let Some(message) = Jws::parse(&text) {
                    drop(check(&message, "c", &BROAD, NOW));
                }
            }
        }
    }
}
