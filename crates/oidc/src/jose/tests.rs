use super::{Jwk, JwkSet, Jws, SetFault, hs256_signs};
use crate::{
    client::Algorithm,
    keys::{
        KeySet, Kind,
        model::{self, SigningKey, Stored},
    },
};
use data_encoding::BASE64URL_NOPAD;
use kernel::{Secret, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn key(algorithm: Algorithm) -> SigningKey {
    let made = model::generate(algorithm).unwrap();
    SigningKey::decode(&Stored {
        kid: made.kid,
        algorithm,
        private_key: Secret::new(made.private_key.expose()),
        public_jwk: made.public_jwk,
        signs_from: Timestamp::from_millis(0),
        signs_until: Timestamp::FOREVER,
        believed_until: Timestamp::FOREVER,
        published_until: Timestamp::FOREVER,
    })
    .unwrap()
}
fn message(header: &Value, payload: &str, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    format!("{}.{}.{}", part(header.to_string().as_bytes()), part(payload.as_bytes()), part(signature))
}

#[test]
fn what_each_algorithm_signs_is_believed_by_that_key_alone() {
    let keys: Vec<SigningKey> = Algorithm::ALL.iter().map(|algorithm| key(*algorithm)).collect();
    for signer in &keys {
        let token = signer.sign(Kind::IdToken, br#"{"a":1}"#).unwrap();
        let message = Jws::parse(&token).unwrap();
        for other in &keys {
            let jwk = Jwk::parse(&other.public_jwk).unwrap();
            assert_eq!(message.is_signed_by(&jwk), other.kid == signer.kid, "{:?}", signer.algorithm);
        }
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let altered = format!("{rest}.{flipped}{}", signature.split_at(1).1);
        let jwk = Jwk::parse(&signer.public_jwk).unwrap();
        assert!(!Jws::parse(&altered).is_some_and(|message| message.is_signed_by(&jwk)));
        assert_eq!(jwk.thumbprint(), signer.kid, "the key's own name is its thumbprint");
    }
}
#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    // RFC 7638 §3.1.
    let rsa = json!({ "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" });
    assert_eq!(Jwk::parse(&rsa).unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    // RFC 8037 appendix A.3.
    let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    assert_eq!(Jwk::parse(&ed).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
#[test]
fn f18_weak_private_and_foreign_keys_are_none() {
    let good = key(Algorithm::Es256).public_jwk;
    assert!(Jwk::parse(&good).is_some());
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk.as_object_mut().unwrap().insert(name.to_owned(), value);
        jwk
    };
    for broken in [
        with("d", json!("AA")),
        with("k", json!("AA")),
        with("use", json!("enc")),
        with("alg", json!("HS256")),
        with("alg", json!("RS256")),
        with("kty", json!("oct")),
        with("crv", json!("P-384")),
        with("x", json!("AA")),
        with("x", json!(1)),
        json!({ "kty": "RSA", "e": "AQAB", "n": BASE64URL_NOPAD.encode(&[255; 128]) }),
        json!({ "kty": "RSA", "e": "AQ", "n": BASE64URL_NOPAD.encode(&[255; 256]) }),
        json!({ "kty": "oct", "k": "AAAA" }),
        json!([]),
        json!(null),
    ] {
        assert!(Jwk::parse(&broken).is_none(), "{broken}");
    }
    let set = |keys: Value| JwkSet::parse(&json!({ "keys": keys }).to_string());
    assert_eq!(set(json!([with("d", json!("AA"))])), Err(SetFault::Private));
    assert_eq!(set(json!([{ "kty": "oct", "k": "AAAA" }])), Err(SetFault::Private));
    assert_eq!(set(json!([])), Err(SetFault::Unusable));
    assert_eq!(JwkSet::parse("nonsense"), Err(SetFault::Unusable));
    // A key of an unknown kind does not spoil the others.
    assert!(set(json!([{ "kty": "EC", "crv": "P-521" }, good])).unwrap().has(Algorithm::Es256));
}
#[test]
fn f21_what_would_cost_too_much_to_read_or_to_check_is_not() {
    let rsa = |bits: usize, exponent: &[u8]| json!({ "kty": "RSA", "e": BASE64URL_NOPAD.encode(exponent), "n": BASE64URL_NOPAD.encode(&vec![255; bits / 8]) });
    assert!(Jwk::parse(&rsa(4096, &[1, 0, 1])).is_some());
    for costly in
        [rsa(4104, &[1, 0, 1]), rsa(16_384, &[1, 0, 1]), rsa(2048, &[255; 9]), rsa(2048, &[255; 256])]
    {
        assert!(Jwk::parse(&costly).is_none(), "{costly}");
    }
    let good = key(Algorithm::Es256).public_jwk;
    assert_eq!(
        JwkSet::parse(&json!({ "keys": vec![good.clone(); 21] }).to_string()),
        Err(SetFault::Unusable),
        "more than anybody has"
    );
    let padded = json!({ "keys": [good], "x": "A".repeat(super::jwk::MOST_SET) }).to_string();
    assert_eq!(JwkSet::parse(&padded), Err(SetFault::Unusable));
    // Depth is what recursion dies of.
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(JwkSet::parse(&format!("{{\"keys\":{deep}}}")), Err(SetFault::Unusable));
    let message = |header: &str, payload: &str| {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.AAAA", part(header), part(payload))
    };
    assert!(Jws::parse(&message(&format!("{{\"alg\":\"ES256\",\"jwk\":{deep}}}"), "{}")).is_none());
    let nested = message(r#"{"alg":"ES256"}"#, &deep);
    assert!(Jws::parse(&nested).unwrap().claims::<Value>().is_none());
    assert!(Jws::parse(&message(r#"{"alg":"ES256"}"#, &"A".repeat(16 * 1024))).is_none());
}
#[test]
fn a_key_is_found_by_its_name_or_alone() {
    let (a, b) = (key(Algorithm::Es256), key(Algorithm::Es256));
    let both = JwkSet::parse(&json!({ "keys": [a.public_jwk, b.public_jwk] }).to_string()).unwrap();
    assert_eq!(both.find(Some(&a.kid), Algorithm::Es256).unwrap().kid.as_deref(), Some(a.kid.as_str()));
    assert!(both.find(None, Algorithm::Es256).is_none(), "which of the two?");
    assert!(both.find(Some("other"), Algorithm::Es256).is_none());
    assert!(both.find(Some(&a.kid), Algorithm::EdDsa).is_none());
    let one = JwkSet::parse(&json!({ "keys": [a.public_jwk] }).to_string()).unwrap();
    assert!(one.find(None, Algorithm::Es256).is_some());
}
#[test]
fn f18_unsigned_extended_and_misshapen_messages_are_refused() {
    let signer = key(Algorithm::Es256);
    let jwk = Jwk::parse(&signer.public_jwk).unwrap();
    for alg in ["none", "None", "HS256", "ES384", "es256", ""] {
        let unsigned = message(&json!({ "alg": alg }), "{}", b"");
        assert!(!Jws::parse(&unsigned).is_some_and(|message| message.is_signed_by(&jwk)), "{alg}");
    }
    assert!(Jws::parse(&message(&json!({ "alg": "ES256", "crit": ["b64"] }), "{}", b"x")).is_none());
    let good = signer.sign(Kind::IdToken, b"{}").unwrap();
    for broken in [
        format!("{good}."),
        format!("{good}="),
        format!(".{good}"),
        good.replacen('.', "", 1),
        good.replace('.', " ."),
        format!("{}.{}", good, "A".repeat(20_000)),
        String::new(),
        "..".into(),
    ] {
        assert!(Jws::parse(&broken).is_none(), "{broken:.80}");
    }
    // The key set of this very server does not verify another kind's signature with a public key as the secret.
    let public = BASE64URL_NOPAD.decode(signer.public_jwk["x"].as_str().unwrap().as_bytes()).unwrap();
    let token = hs256(&String::from_utf8_lossy(&public), "{}");
    assert!(KeySet::new(vec![signer], Timestamp::from_millis(0)).read_hint(&token, "").is_none());
}
fn hs256(secret: &str, payload: &str) -> String {
    let signed = message(&json!({ "alg": "HS256" }), payload, b"");
    let signed = signed.strip_suffix('.').unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}
#[test]
fn a_shared_secret_signs_by_one_algorithm() {
    let token = hs256("secret", "{}");
    let message = Jws::parse(&token).unwrap();
    assert!(hs256_signs(&message, "secret"));
    assert!(!hs256_signs(&message, "other"));
    assert!(!hs256_signs(&Jws::parse(&token.replacen("eyJ", "eyK", 1)).unwrap_or(message), "other"));
}
proptest! {
    #[test]
    fn any_text_is_a_message_or_none(text in "[A-Za-z0-9_.-]{0,200}", bytes in any::<Vec<u8>>()) {
        drop(Jws::parse(&text));
        drop(Jws::parse(&String::from_utf8_lossy(&bytes)));
        drop(JwkSet::parse(&text));
    }
    #[test]
    fn any_header_is_understood_or_refused(header in "\\PC{0,100}", payload in "\\PC{0,50}") {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        drop(Jws::parse(&format!("{}.{}.AAAA", part(&header), part(&payload))));
    }
}
