use super::{Choices, NOW, altered, key};
use crate::{
    client::Algorithm,
    dpop::{
        Expected, Proof,
        model::{FUTURE_SECONDS, PAST_SECONDS, read},
    },
    jose::Jwk,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

const TOKEN_ENDPOINT: &str = "https://op.test/oauth2/token";
const USERINFO: &str = "https://op.test/oauth2/userinfo";
const ACCESS_TOKEN: &str = "an-access-token";

/// Five characters that choose, a line with changes to the header of a good proof (`null` takes a member out), then the claims
/// as they are signed. A proof that is taken is for exactly this request and by exactly this key, and with one thing changed
/// for none. The whole is also taken for a proof as it stands.
pub fn dpop_proof(data: &[u8]) -> bool {
    let mut choices = Choices(data);
    let (choice, request, place, value) = (choices.byte(), choices.byte(), choices.place(), choices.byte());
    let Some(text) = choices.text() else { return false };
    let expected = match request % 3 {
        0 => Expected { method: "POST", uri: TOKEN_ENDPOINT, access_token: None, now: NOW },
        1 => Expected { method: "GET", uri: USERINFO, access_token: Some(ACCESS_TOKEN), now: NOW },
        _ => Expected { method: "POST", uri: USERINFO, access_token: Some(ACCESS_TOKEN), now: NOW },
    };
    if let Ok(proof) = read(text, &expected) {
        is_for(&proof, text, &expected);
    }
    let key = key(choice);
    let (changes, claims) = text.split_once('\n').unwrap_or(("", text));
    let mut header = json!({ "typ": "dpop+jwt", "alg": key.algorithm.as_str(), "jwk": key.public_jwk });
    if let Ok(Value::Object(changes)) = serde_json::from_str(changes) {
        for (name, value) in changes {
            header[&name] = value;
        }
    }
    let text = key.sign_with_header(&header.to_string(), claims.as_bytes()).unwrap();
    let Ok(proof) = read(&text, &expected) else { return false };
    is_for(&proof, &text, &expected);
    assert_eq!((proof.jkt.as_str(), proof.algorithm), (key.kid.as_str(), key.algorithm), "another key");
    if let Some(other) = altered(&text, place, value) {
        assert!(read(&other, &expected).is_err(), "altered and taken: {other}");
    }
    for other in [
        Expected { method: "PUT", ..expected },
        Expected { method: "post", ..expected },
        Expected { uri: "https://op.test/oauth2/par", ..expected },
        Expected { uri: "https://other.test/oauth2/token", ..expected },
        Expected { access_token: Some("another"), ..expected },
        Expected { now: NOW.plus_seconds(PAST_SECONDS + FUTURE_SECONDS + 1), ..expected },
        Expected { now: NOW.plus_seconds(-PAST_SECONDS - FUTURE_SECONDS - 1), ..expected },
    ] {
        assert!(read(&text, &other).is_err(), "taken for {other:?}: {claims}");
    }
    true
}

/// Read once more, as JSON and nothing else.
fn is_for(proof: &Proof, text: &str, expected: &Expected<'_>) {
    let part = |index| {
        let part = text.split('.').nth(index).unwrap();
        super::json(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap())
    };
    let (Some(header), Some(claims)) = (part(0), part(1)) else { return };
    let typ = header["typ"].as_str().unwrap().to_ascii_lowercase();
    assert!(typ == "dpop+jwt" || typ == "application/dpop+jwt", "{header}");
    assert_eq!(header["alg"].as_str().and_then(Algorithm::of_header), Some(proof.algorithm));
    assert_eq!(Jwk::parse(&header["jwk"]).unwrap().thumbprint(), proof.jkt);
    assert_eq!(claims["htm"].as_str(), Some(expected.method));
    let (given, wanted) = (claims["htu"].as_str().unwrap(), Url::parse(expected.uri).unwrap());
    let given = Url::parse(given).unwrap();
    assert_eq!(
        (given.scheme(), given.host_str(), given.port_or_known_default(), given.path()),
        (wanted.scheme(), wanted.host_str(), wanted.port_or_known_default(), wanted.path())
    );
    assert!(given.username().is_empty() && given.password().is_none(), "{given}");
    let (made, now) = (claims["iat"].as_f64().unwrap(), expected.now.as_seconds() as f64);
    assert!(made >= now - PAST_SECONDS as f64 && made <= now + FUTURE_SECONDS as f64, "{made}");
    assert_eq!(claims["jti"].as_str(), Some(proof.jti.as_str()));
    assert!((1..=256).contains(&proof.jti.len()));
    assert_eq!(claims["nonce"].as_str(), proof.nonce.as_deref());
    if let Some(token) = expected.access_token {
        assert_eq!(claims["ath"], json!(BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes()))));
    }
}
