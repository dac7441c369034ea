use super::{Choices, ISSUER, KEYS, NOW, altered, key};
use crate::{
    client::Algorithm,
    jose::{Jwk, JwkSet, Jws, hs256_signs},
    keys::{KeySet, Kind},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

static OURS: LazyLock<KeySet> = LazyLock::new(|| KeySet::new(super::keys(), NOW));
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Five characters that choose, then text: taken for a key, for a key set and for a message as it comes; and as the claims of a
/// message that one of our keys signs, whose copies with one thing changed are believed by nobody.
pub fn jose(data: &[u8]) -> bool {
    let mut choices = Choices(data);
    let (choice, kind, place, value) = (choices.byte(), choices.byte(), choices.place(), choices.byte());
    let Some(text) = choices.text() else { return false };
    let is_key = serde_json::from_str(text).is_ok_and(|value| one_key(&value));
    let is_set = key_set(text);
    message(text);
    let is_token = match kind % 4 {
        0 => signed(choice, Kind::AccessToken, text, place, value),
        1 => signed(choice, Kind::IdToken, text, place, value),
        2 => signed(choice, Kind::LogoutToken, text, place, value),
        _ => under_another_header(choice, text),
    };
    is_key || is_set || is_token
}

fn one_key(value: &Value) -> bool {
    let Some(jwk) = Jwk::parse(value) else { return false };
    let members = value.as_object().unwrap();
    assert!(!SECRETS.iter().any(|name| members.contains_key(*name)), "{value}");
    let with = |name: &str, text: &str| {
        let mut other = value.clone();
        other[name] = json!(text);
        Jwk::parse(&other)
    };
    for name in SECRETS {
        assert!(with(name, "AAAA").is_none(), "{value} with {name}");
    }
    for (name, text) in [("use", "enc"), ("alg", "none"), ("alg", "HS256"), ("kty", "oct")] {
        assert!(with(name, text).is_none(), "{value} with {name} {text}");
    }
    let kinds: &[Algorithm] = match value["kty"].as_str().unwrap() {
        "EC" => &[Algorithm::Es256],
        "RSA" => &[Algorithm::Rs256, Algorithm::Ps256],
        "OKP" => &[Algorithm::EdDsa],
        other => panic!("a key of the kind {other}"),
    };
    let named = value["alg"].as_str().map(|name| Algorithm::of_header(name).unwrap());
    for algorithm in Algorithm::ALL {
        let fits = kinds.contains(algorithm) && named.is_none_or(|named| named == *algorithm);
        assert_eq!(jwk.fits(*algorithm), fits, "{value} {algorithm:?}");
        assert!(!jwk.verifies(*algorithm, b"a message", b""), "{value}: no signature at all");
    }
    // The required members as they were written, unless leading zeros were left out.
    let names: &[&str] = match value["kty"].as_str().unwrap() {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        _ => &["crv", "kty", "x"],
    };
    let zeros = |name| value[name].as_str().is_some_and(|text: &str| text.starts_with('A'));
    if names[0] != "e" || !(zeros("n") || zeros("e")) {
        let written: Vec<String> = names.iter().map(|name| format!("\"{name}\":{}", value[name])).collect();
        let digest = Sha256::digest(format!("{{{}}}", written.join(",")).as_bytes());
        assert_eq!(jwk.thumbprint(), BASE64URL_NOPAD.encode(&digest), "{value}");
    }
    let mut bare = value.clone();
    for name in ["kid", "alg", "use"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(
        Jwk::parse(&bare).unwrap().thumbprint(),
        jwk.thumbprint(),
        "its name is that of the key alone"
    );
    true
}

fn key_set(text: &str) -> bool {
    let Ok(set) = JwkSet::parse(text) else { return false };
    let value: Value = serde_json::from_str(text).unwrap();
    let keys = value["keys"].as_array().unwrap();
    assert!(!keys.iter().any(|key| SECRETS.iter().any(|name| key.get(name).is_some())), "{text}");
    assert!(Algorithm::ALL.iter().any(|algorithm| set.has(*algorithm)), "a set without a use");
    let mut names: Vec<Option<&str>> = keys.iter().map(|key| key["kid"].as_str()).collect();
    names.push(None);
    for (name, algorithm) in names.iter().flat_map(|name| Algorithm::ALL.iter().map(move |a| (*name, *a))) {
        let Some(found) = set.find(name, algorithm) else { continue };
        assert!(found.fits(algorithm) && (name.is_none() || found.kid.as_deref() == name));
        let same = keys
            .iter()
            .filter_map(Jwk::parse)
            .filter(|key| key.fits(algorithm) && (name.is_none() || key.kid.as_deref() == name));
        assert_eq!(same.count(), 1, "one of several was chosen: {text}");
    }
    true
}

/// Whatever a stranger writes is taken apart in one way, and is nobody's word.
fn message(text: &str) {
    let Some(message) = Jws::parse(text) else { return };
    let parts: Vec<&str> = text.split('.').collect();
    assert_eq!(parts.len(), 3, "{text}");
    assert_eq!(parts[1], BASE64URL_NOPAD.encode(&message.payload), "{text}");
    let header = BASE64URL_NOPAD.decode(parts[0].as_bytes()).unwrap();
    if let Some(header) = super::json(&header) {
        assert_eq!(header["alg"].as_str(), Some(message.header.alg.as_str()));
        assert!(header["crit"].is_null(), "an extension that nobody knows");
        assert_eq!(header["kid"].as_str(), message.header.kid.as_deref());
    }
    believed_by_nobody(text);
}

fn believed_by_nobody(text: &str) {
    assert!(OURS.read_access_token::<Value>(text, NOW).is_none(), "believed: {text}");
    assert!(OURS.read_hint(text, ISSUER).is_none(), "believed: {text}");
    let Some(message) = Jws::parse(text) else { return };
    for key in KEYS.iter() {
        let jwk = Jwk::parse(&key.public_jwk).unwrap();
        assert!(!message.is_signed_by(&jwk), "{:?} is said to have signed {text}", key.algorithm);
        for public in ["x", "n"] {
            let secret = key.public_jwk[public].as_str().unwrap_or_default();
            assert!(!hs256_signs(&message, secret), "a public key is no secret");
        }
    }
}

fn signed(choice: u8, kind: Kind, claims: &str, place: usize, value: u8) -> bool {
    let key = key(choice);
    let token = key.sign(kind, claims.as_bytes()).unwrap();
    let Some(message) = Jws::parse(&token) else {
        assert!(token.len() > 16 * 1024, "what we sign can be read");
        return false;
    };
    assert_eq!(message.payload, claims.as_bytes());
    for other in KEYS.iter() {
        let jwk = Jwk::parse(&other.public_jwk).unwrap();
        assert_eq!(message.is_signed_by(&jwk), other.kid == key.kid, "by {:?}", other.algorithm);
    }
    let read = serde_json::from_str::<Value>(claims);
    let lets_in = kind == Kind::AccessToken && read.is_ok();
    assert_eq!(OURS.read_access_token::<Value>(&token, NOW).is_some(), lets_in, "{kind:?} {claims}");
    let hint = OURS.read_hint(&token, ISSUER);
    if let Some(hint) = &hint {
        let read = read.unwrap();
        assert_eq!(kind, Kind::IdToken);
        assert_eq!((read["iss"].as_str(), read["sub"].as_str()), (Some(ISSUER), Some(hint.sub.as_str())));
    }
    if let Some(other) = altered(&token, place, value) {
        believed_by_nobody(&other);
    }
    let parts: Vec<&str> = token.split('.').collect();
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{}"#] {
        let header = BASE64URL_NOPAD.encode(header.as_bytes());
        believed_by_nobody(&format!("{header}.{}.{}", parts[1], parts[2]));
        believed_by_nobody(&format!("{header}.{}.", parts[1]));
    }
    believed_by_nobody(&format!("{}.{}.", parts[0], parts[1]));
    if !claims.is_empty() {
        believed_by_nobody(&format!("{}..{}", parts[0], parts[2]));
    }
    lets_in || hint.is_some()
}

/// A first line as the header, the rest as the claims: signed by us, and still what the header says it is and nothing else.
fn under_another_header(choice: u8, text: &str) -> bool {
    let key = key(choice);
    let (header, claims) = text.split_once('\n').unwrap_or((text, "{}"));
    let token = key.sign_with_header(header, claims.as_bytes()).unwrap();
    let Some(message) = Jws::parse(&token) else { return false };
    let Some(said) = super::json(header.as_bytes()) else { return false };
    let own = said["alg"].as_str().and_then(Algorithm::of_header) == Some(key.algorithm);
    assert_eq!(message.is_signed_by(&Jwk::parse(&key.public_jwk).unwrap()), own, "{header}");
    let named = own && said["kid"].as_str() == Some(key.kid.as_str());
    let typ = said["typ"].as_str().unwrap_or_default().to_ascii_lowercase();
    if OURS.read_access_token::<Value>(&token, NOW).is_some() {
        assert!(named && (typ == "at+jwt" || typ == "application/at+jwt"), "{header}");
    }
    if OURS.read_hint(&token, ISSUER).is_some() {
        assert!(named && (typ == "jwt" || typ == "application/jwt"), "{header}");
    }
    own
}
