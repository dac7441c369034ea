use super::model::{self, Expected, ProofError};
use crate::{client::Algorithm, testing::Key};
use db::Keyring;
use kernel::{Rng, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const TOKEN: &str = "https://op.test/oauth2/token";

fn expected(access_token: Option<&'static str>) -> Expected<'static> {
    Expected { method: "POST", uri: TOKEN, access_token, now: NOW }
}
fn claims() -> Value {
    json!({ "jti": "one", "htm": "POST", "htu": TOKEN, "iat": NOW.as_seconds() })
}
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[test]
fn a_proof_of_each_algorithm_is_read() {
    for algorithm in Algorithm::ALL {
        let key = Key::new(*algorithm);
        let proof = model::read(&key.proof(&claims()), &expected(None)).unwrap();
        assert_eq!((proof.jkt.as_str(), proof.jti.as_str()), (key.thumbprint().as_str(), "one"));
    }
}
#[test]
fn each_fault_of_a_proof_is_refused() {
    let key = Key::new(Algorithm::Es256);
    let now = NOW.as_seconds();
    for broken in [
        with("htm", json!("GET")),
        with("htm", json!("post")),
        with("htm", json!(["POST"])),
        with("htu", json!("https://op.test/oauth2/userinfo")),
        with("htu", json!("http://op.test/oauth2/token")),
        with("htu", json!("https://op.test.evil.test/oauth2/token")),
        with("htu", json!("https://op.test/oauth2/token/")),
        with("htu", json!("")),
        with("iat", json!(now - model::PAST_SECONDS - 1)),
        with("iat", json!(now + model::FUTURE_SECONDS + 1)),
        with("nbf", json!(now + model::FUTURE_SECONDS + 1)),
        with("exp", json!(now)),
        with("iat", json!("now")),
        with("iat", json!(null)),
        with("jti", json!("")),
        with("jti", json!("x".repeat(300))),
        with("jti", json!(1)),
        json!({}),
        json!([]),
    ] {
        let read = model::read(&key.proof(&broken), &expected(None));
        assert!(matches!(read, Err(ProofError::Invalid(_))), "{broken}");
    }
    for fine in [
        with("htu", json!("https://op.test:443/oauth2/token?x=1#y")),
        with("htu", json!("HTTPS://OP.test/oauth2/./token")),
        with("nbf", json!(now + model::FUTURE_SECONDS)),
        with("exp", json!(now + 1)),
        with("iat", json!(now - model::PAST_SECONDS)),
        with("iat", json!(now as f64 + 0.5)),
    ] {
        assert!(model::read(&key.proof(&fine), &expected(None)).is_ok(), "{fine}");
    }
}
#[test]
fn f18_a_proof_is_remembered_for_as_long_as_any_node_would_take_it() {
    let key = Key::new(Algorithm::Es256);
    // Used at once, though made by a clock that is ahead.
    let proof = key.proof(&with("iat", json!(NOW.as_seconds() + model::FUTURE_SECONDS)));
    let at = |milliseconds: i64| {
        let now = Timestamp::from_millis(NOW.as_millis() + milliseconds);
        model::read(&proof, &Expected { now, ..expected(None) }).is_ok()
    };
    assert!(at((model::PAST_SECONDS + model::FUTURE_SECONDS) * 1000 + 999));
    assert!(!at((model::KEPT_SECONDS - model::FUTURE_SECONDS) * 1000));
}
#[test]
fn f18_headers_that_are_no_proof_are_refused() {
    let (key, other) = (Key::new(Algorithm::Es256), Key::new(Algorithm::Es256));
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public() });
    let change = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    assert!(model::read(&key.signed(&header, &claims()), &expected(None)).is_ok());
    let mut private = key.public();
    private["d"] = json!("AAAA");
    for broken in [
        change("typ", json!("JWT")),
        change("typ", json!(null)),
        change("alg", json!("none")),
        change("alg", json!("HS256")),
        change("alg", json!("RS256")),
        change("jwk", json!(null)),
        change("jwk", private),
        change("jwk", other.public()),
        change("jwk", json!({ "kty": "oct", "k": "AAAA" })),
        change("crit", json!(["exp"])),
    ] {
        let read = model::read(&key.signed(&broken, &claims()), &expected(None));
        assert!(matches!(read, Err(ProofError::Invalid(_))), "{broken}");
    }
    assert!(model::read("", &expected(None)).is_err());
    assert!(model::read("a.b.c", &expected(None)).is_err());
}
#[test]
fn the_proof_at_a_resource_names_its_token() {
    let key = Key::new(Algorithm::EdDsa);
    let hash = data_encoding::BASE64URL_NOPAD.encode(&<sha2::Sha256 as sha2::Digest>::digest(b"token"));
    let good = with("ath", json!(hash));
    assert!(model::read(&key.proof(&good), &expected(Some("token"))).is_ok());
    assert!(model::read(&key.proof(&good), &expected(Some("other"))).is_err());
    assert!(model::read(&key.proof(&claims()), &expected(Some("token"))).is_err());
}
#[test]
fn a_nonce_is_ours_and_recent() {
    let rng = Rng::seeded(1);
    let (keyring, foreign) = (Keyring::ephemeral(&rng).unwrap(), Keyring::ephemeral(&rng).unwrap());
    let nonce = model::nonce(&keyring, NOW);
    assert!(model::nonce_fits(&keyring, &nonce, NOW));
    assert!(model::nonce_fits(&keyring, &nonce, NOW.plus_seconds(240)));
    assert!(!model::nonce_fits(&keyring, &nonce, NOW.plus_seconds(480)));
    assert!(!model::nonce_fits(&keyring, &nonce, NOW.plus_seconds(-480)));
    assert!(!model::nonce_fits(&foreign, &nonce, NOW));
    assert!(!model::nonce_fits(&keyring, "", NOW));
}
proptest! {
    #[test]
    fn any_text_is_a_proof_or_refused(text in "\\PC{0,200}") {
        drop(model::read(&text, &expected(None)));
    }
}
