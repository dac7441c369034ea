use super::{Choices, ISSUER, NOW, altered, json, key};
use crate::{
    jose::{Jws, hs256_signs},
    parameters::{Parameters, decode_component},
    token::authentication::{
        assertion::{Audience, check},
        presented::{Proof, presented},
    },
};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json as object};

const ENDPOINTS: [&str; 2] = ["/oauth2/token", "/oauth2/par"];
const CLIENT: &str = "c";
/// An hour, and the difference between two clocks.
const MOST_SECONDS: i64 = 3610;

/// Five characters that choose, then lines: changes to the header of a good assertion (`null` takes a member out), its claims as
/// they are signed, an `Authorization` header, a body. An assertion that passes says this client to this server, now and for
/// an hour at most; with one thing changed nobody has signed it; a request with two proofs has none.
pub fn client_assertion(data: &[u8]) -> bool {
    let mut choices = Choices(data);
    let (choice, strict, place, value) = (choices.byte(), choices.byte(), choices.place(), choices.byte());
    let Some(text) = choices.text() else { return false };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (changes, claims, authorization, body) = (line(), line(), line(), line());

    let key = key(choice);
    let mut header = object!({ "alg": key.algorithm.as_str(), "kid": key.kid, "typ": "JWT" });
    if let Ok(Value::Object(changes)) = serde_json::from_str(changes) {
        for (name, value) in changes {
            header[&name] = value;
        }
    }
    let strict = strict % 2 == 1;
    let message = key.sign_with_header(&header.to_string(), claims.as_bytes()).unwrap();
    let passes = meant_for_us(&message, strict);
    meant_for_us(text, strict);
    with_a_secret(claims, place, value);
    shown(authorization, body, &message);
    passes
}

fn meant_for_us(text: &str, strict: bool) -> bool {
    let Some(message) = Jws::parse(text) else { return false };
    let audience = if strict { Audience::Issuer(ISSUER) } else { Audience::Endpoints(ISSUER, &ENDPOINTS) };
    let Ok(checked) = check(&message, CLIENT, &audience, NOW) else { return false };
    let typ = message.header.typ.as_deref().map(str::to_ascii_lowercase);
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    assert!(matches!(typ, None | Some("jwt" | "client-authentication+jwt")), "{typ:?}");
    let Some(claims) = json(&message.payload) else { return false };
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(CLIENT), Some(CLIENT)));
    let ours = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        name == ISSUER || ENDPOINTS.iter().any(|path| name == format!("{ISSUER}{path}"))
    };
    match &claims["aud"] {
        Value::Array(names) => assert!(!strict && !names.is_empty() && names.iter().all(ours), "{claims}"),
        name => assert!(if strict { name == ISSUER } else { ours(name) }, "{claims}"),
    }
    assert_eq!(claims["jti"].as_str(), Some(checked.jti.as_str()));
    assert!((1..=256).contains(&checked.jti.len()));
    let (now, expires) = (NOW.as_seconds() as f64, claims["exp"].as_f64().unwrap());
    assert!(expires > now && expires <= now + MOST_SECONDS as f64, "{claims}");
    // Its identifier is kept for as long as it could be shown again, and not much longer.
    let kept = checked.expires_at.as_seconds();
    assert!(kept as f64 >= expires && kept <= NOW.as_seconds() + MOST_SECONDS + 2, "{claims}");
    for name in ["nbf", "iat"] {
        assert!(claims[name].as_f64().is_none_or(|from| from <= now + 10.0), "{claims}");
    }
    assert!(check(&message, "d", &audience, NOW).is_err(), "another client's");
    let other = Audience::Endpoints("https://other.test", &ENDPOINTS);
    assert!(check(&message, CLIENT, &other, NOW).is_err(), "another server's");
    assert!(check(&message, CLIENT, &audience, NOW.plus_seconds(MOST_SECONDS + 1)).is_err(), "much later");
    true
}

/// One that is signed with the secret that both sides know.
fn with_a_secret(claims: &str, place: usize, value: u8) {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let sign = |header: &str| {
        let signed = format!("{}.{}", part(header), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"the secret");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(hmac::sign(&key, signed.as_bytes()).as_ref()))
    };
    let is_signed =
        |text: &str, secret| Jws::parse(text).is_some_and(|message| hs256_signs(&message, secret));
    let good = sign(r#"{"alg":"HS256"}"#);
    if good.len() <= 16 * 1024 {
        assert!(is_signed(&good, "the secret"));
    }
    assert!(!is_signed(&good, "another secret") && !is_signed(&good, ""));
    assert!(!altered(&good, place, value).is_some_and(|other| is_signed(&other, "the secret")), "altered");
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"hs256"}"#, r#"{"alg":"ES256"}"#, r#"{"alg":"HS512"}"#] {
        assert!(!is_signed(&sign(header), "the secret"), "{header}");
    }
}

/// What a request shows: one proof of one client, read once more by other means.
fn shown(authorization: &str, body: &str, message: &str) {
    let mut headers = HeaderMap::new();
    if let Ok(line) = HeaderValue::from_str(authorization)
        && !authorization.is_empty()
    {
        headers.insert(header::AUTHORIZATION, line);
    }
    let body = body.replace("@", message);
    let Ok(parameters) = Parameters::parse(body.as_bytes()) else { return };
    let Ok(found) = presented(&headers, &parameters) else { return };
    let secret = parameters.get("client_secret");
    let assertion = parameters.get("client_assertion");
    let shown = [!headers.is_empty(), secret.is_some(), assertion.is_some()];
    let proofs = shown.iter().filter(|shown| **shown).count();
    assert!(proofs < 2, "two proofs at once: {body}");
    assert_eq!(found.proof == Proof::None, proofs == 0, "{body}");
    assert!(parameters.get("client_id").is_none_or(|id| id == found.client_id), "{body}");
    match &found.proof {
        Proof::None => assert_eq!(parameters.get("client_id"), Some(found.client_id.as_str())),
        Proof::Post(shown) => assert_eq!(Some(shown.as_str()), secret),
        Proof::Assertion(shown) => {
            assert_eq!(Some(shown.as_str()), assertion);
            let message = Jws::parse(shown).unwrap();
            if let Some(claims) = json(&message.payload) {
                assert_eq!(claims["sub"].as_str(), Some(found.client_id.as_str()));
            }
        }
        Proof::Basic(shown) => {
            let (scheme, value) = authorization.split_once(' ').unwrap();
            assert!(scheme.eq_ignore_ascii_case("basic"));
            let pair = String::from_utf8(BASE64.decode(value.trim().as_bytes()).unwrap()).unwrap();
            let (id, secret) = pair.split_once(':').unwrap();
            assert_eq!(decode_component(id).as_ref(), Some(&found.client_id));
            assert_eq!(decode_component(secret).as_ref(), Some(shown));
        }
    }
    let mut twice = headers.clone();
    if let Some(line) = headers.get(header::AUTHORIZATION) {
        twice.append(header::AUTHORIZATION, line.clone());
        assert!(presented(&twice, &parameters).is_err(), "two headers");
    }
}
