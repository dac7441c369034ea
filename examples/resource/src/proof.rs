//! The proof of possession that comes with a request (RFC 9449 §4.3). Pure: the time is a parameter.
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, ThumbprintHash},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use url::Url;

/// How long after it was made a proof is taken.
const PAST_SECONDS: i64 = 300;
/// Clocks differ.
const FUTURE_SECONDS: i64 = 10;
const MOST_PROOF: usize = 8192;
const MOST_IDENTIFIER: usize = 256;
/// Proofs that are remembered at a time.
const MOST_SEEN: usize = 100_000;
/// Members of a JSON Web Key that are nobody's but its holder's.
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What this request must be.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub method: &'a str,
    /// The address of the endpoint as clients know it.
    pub uri: &'a str,
    pub access_token: &'a str,
    /// The thumbprint of the key that the token is bound to.
    pub jkt: &'a str,
    pub now: i64,
}

#[derive(Deserialize)]
struct Head {
    typ: String,
    alg: String,
    jwk: Value,
    #[serde(default)]
    crit: Option<Value>,
}
#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    ath: String,
}

/// The identifier of a proof that fits; whether it is new is for [`Seen`]. Error: what is wrong, for the client's developer.
pub fn check(text: &str, expected: &Expected<'_>) -> Result<String, &'static str> {
    if text.len() > MOST_PROOF {
        return Err("the proof is too long");
    }
    let head = head(text).ok_or("the proof is no signed JWT with typ, alg and jwk")?;
    if !head.typ.eq_ignore_ascii_case("dpop+jwt") {
        return Err("typ of the proof must be dpop+jwt");
    }
    if head.crit.is_some() {
        return Err("the proof demands an extension");
    }
    let algorithm = match head.alg.as_str() {
        "ES256" => Algorithm::ES256,
        "PS256" => Algorithm::PS256,
        "EdDSA" => Algorithm::EdDSA,
        _ => return Err("the proof must be signed with ES256, PS256 or EdDSA"),
    };
    if SECRET.iter().any(|name| head.jwk.get(name).is_some()) {
        return Err("jwk of the proof holds a secret");
    }
    let unusable = "jwk of the proof is no public key for its algorithm";
    let jwk: Jwk = serde_json::from_value(head.jwk).map_err(|_| unusable)?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| unusable)?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| unusable)?;
    let mut rules = Validation::new(algorithm);
    // A proof has neither; what bounds it is `iat`.
    (rules.validate_exp, rules.validate_aud) = (false, false);
    rules.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(text, &key, &rules)
        .map_err(|_| "the proof is not signed by its key, or lacks jti, htm, htu, iat or ath")?
        .claims;
    if claims.htm != expected.method {
        return Err("htm of the proof is another method");
    }
    if !same_address(&claims.htu, expected.uri) {
        return Err("htu of the proof is another address");
    }
    let age = expected.now as f64 - claims.iat;
    if !(age <= PAST_SECONDS as f64 && age >= -FUTURE_SECONDS as f64) {
        return Err("iat of the proof is not now");
    }
    if claims.jti.is_empty() || claims.jti.len() > MOST_IDENTIFIER {
        return Err("jti of the proof must have 1 to 256 bytes");
    }
    if claims.ath != BASE64URL_NOPAD.encode(&Sha256::digest(expected.access_token)) {
        return Err("ath of the proof is not the hash of the access token");
    }
    if thumbprint != expected.jkt {
        return Err("the access token is bound to another key");
    }
    Ok(claims.jti)
}

fn head(text: &str) -> Option<Head> {
    let mut parts = text.split('.');
    let (head, _, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64URL_NOPAD.decode(head.as_bytes()).ok().filter(|_| parts.next().is_none())?;
    serde_json::from_slice(&bytes).ok()
}

/// Query and fragment are no part of `htu`.
fn same_address(given: &str, expected: &str) -> bool {
    let bare = |text: &str| {
        Url::parse(text).ok().map(|mut url| {
            url.set_query(None);
            url.set_fragment(None);
            url
        })
    };
    bare(given).is_some_and(|given| Some(given) == bare(expected))
}

/// Proofs that were taken, each until it would be refused for its age.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<[u8; 32], i64>>);
impl Seen {
    /// Whether a proof of this key is new; None while more are remembered than fit.
    pub fn is_new(&self, jkt: &str, jti: &str, now: i64) -> Option<bool> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SEEN {
            all.retain(|_, until| *until >= now);
        }
        let full = all.len() >= MOST_SEEN;
        let name = Sha256::digest(format!("{jkt}.{jti}")).into();
        match all.get(&name) {
            Some(until) if *until >= now => Some(false),
            None if full => None,
            _ => {
                all.insert(name, now + PAST_SECONDS + FUTURE_SECONDS);
                Some(true)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
    };
    use serde_json::json;

    pub(crate) const TOKEN: &str = "token";
    pub(crate) const URI: &str = "http://127.0.0.1:8070/resource";
    const NOW: i64 = 1_800_000_000;

    /// A client's key.
    pub(crate) enum Key {
        P256(EcdsaKeyPair),
        Ed25519(Ed25519KeyPair),
    }
    impl Key {
        pub(crate) fn p256() -> Self {
            Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }
        fn ed25519() -> Self {
            Self::Ed25519(Ed25519KeyPair::generate().unwrap())
        }
        pub(crate) fn public(&self) -> Value {
            match self {
                Self::P256(key) => {
                    let point = key.public_key().as_ref();
                    let (x, y) =
                        (BASE64URL_NOPAD.encode(&point[1..33]), BASE64URL_NOPAD.encode(&point[33..]));
                    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
                }
                Self::Ed25519(key) => {
                    let x = BASE64URL_NOPAD.encode(key.public_key().as_ref());
                    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
                }
            }
        }
        /// RFC 7638 by hand: members by name, without blanks.
        pub(crate) fn thumbprint(&self) -> String {
            let public = self.public();
            let text = match self {
                Self::P256(_) => {
                    format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, public["x"], public["y"])
                }
                Self::Ed25519(_) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, public["x"]),
            };
            BASE64URL_NOPAD.encode(&Sha256::digest(text))
        }
        fn sign(&self, head: &Value, claims: &Value) -> String {
            let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
            let signed = format!("{}.{}", encode(head), encode(claims));
            let signature = match self {
                Self::P256(key) => {
                    key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
                }
                Self::Ed25519(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
            };
            format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
        }
        fn head(&self) -> Value {
            let algorithm = if matches!(self, Self::P256(_)) { "ES256" } else { "EdDSA" };
            json!({ "typ": "dpop+jwt", "alg": algorithm, "jwk": self.public() })
        }
        pub(crate) fn proof(&self, change: &Value, now: i64) -> String {
            self.changed(&json!({}), change, now)
        }
        /// A proof that is in order but for the changes; null takes a member away.
        fn changed(&self, head_change: &Value, change: &Value, now: i64) -> String {
            let mut head = self.head();
            let ath = BASE64URL_NOPAD.encode(&Sha256::digest(TOKEN));
            let mut claims = json!({ "jti": "one", "htm": "GET", "htu": URI, "iat": now, "ath": ath });
            for (whole, changes) in [(&mut head, head_change), (&mut claims, change)] {
                for (name, value) in changes.as_object().unwrap() {
                    if value.is_null() {
                        whole.as_object_mut().unwrap().remove(name);
                    } else {
                        whole[name] = value.clone();
                    }
                }
            }
            self.sign(&head, &claims)
        }
    }
    fn checked(key: &Key, text: &str) -> Result<String, &'static str> {
        let jkt = key.thumbprint();
        check(text, &Expected { method: "GET", uri: URI, access_token: TOKEN, jkt: &jkt, now: NOW })
    }

    #[test]
    fn a_proof_that_fits_is_taken() {
        for key in [Key::p256(), Key::ed25519()] {
            for change in [
                json!({}),
                json!({ "iat": NOW - PAST_SECONDS }),
                json!({ "iat": NOW + FUTURE_SECONDS }),
                json!({ "iat": NOW as f64 + 0.5 }),
                json!({ "htu": "HTTP://127.0.0.1:8070/resource?x=1#y" }),
                json!({ "nonce": "nobody asked for it" }),
            ] {
                assert_eq!(checked(&key, &key.proof(&change, NOW)).as_deref(), Ok("one"), "{change}");
            }
            let shouted = key.changed(&json!({ "typ": "DPoP+JWT" }), &json!({}), NOW);
            assert!(checked(&key, &shouted).is_ok(), "types of media have no case");
        }
    }
    #[test]
    fn each_fault_of_a_proof_is_refused() {
        let key = Key::p256();
        let none = json!({});
        let mut private = key.public();
        private["d"] = json!("AAAA");
        let mut off_curve = key.public();
        off_curve["y"] = off_curve["x"].clone();
        for head in [
            json!({ "typ": "JWT" }),
            json!({ "typ": "at+jwt" }),
            json!({ "typ": null }),
            json!({ "alg": "none" }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "PS256" }),
            json!({ "alg": null }),
            json!({ "jwk": null }),
            json!({ "jwk": "key" }),
            json!({ "jwk": private }),
            json!({ "jwk": off_curve }),
            json!({ "jwk": { "kty": "oct", "k": "AAAA" } }),
            json!({ "jwk": Key::p256().public() }),
            json!({ "jwk": Key::ed25519().public() }),
            json!({ "crit": ["exp"] }),
        ] {
            let outcome = checked(&key, &key.changed(&head, &none, NOW));
            assert!(outcome.is_err(), "{head}");
        }
        for claims in [
            json!({ "htm": "POST" }),
            json!({ "htm": "get" }),
            json!({ "htm": null }),
            json!({ "htu": "http://127.0.0.1:8070/other" }),
            json!({ "htu": "http://127.0.0.1:8071/resource" }),
            json!({ "htu": "https://127.0.0.1:8070/resource" }),
            json!({ "htu": "http://evil.test/resource" }),
            json!({ "htu": "/resource" }),
            json!({ "htu": null }),
            json!({ "iat": NOW - PAST_SECONDS - 1 }),
            json!({ "iat": NOW + FUTURE_SECONDS + 1 }),
            json!({ "iat": "now" }),
            json!({ "iat": null }),
            json!({ "jti": "" }),
            json!({ "jti": "x".repeat(MOST_IDENTIFIER + 1) }),
            json!({ "jti": null }),
            json!({ "ath": BASE64URL_NOPAD.encode(&Sha256::digest("another token")) }),
            json!({ "ath": "" }),
            json!({ "ath": null }),
        ] {
            assert!(checked(&key, &key.proof(&claims, NOW)).is_err(), "{claims}");
        }
        let good = key.proof(&none, NOW);
        let stranger = Key::p256();
        assert_eq!(
            checked(&key, &stranger.proof(&none, NOW)),
            Err("the access token is bound to another key")
        );
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (_, foreign) =
            stranger.proof(&none, NOW).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        for text in [
            String::new(),
            "nonsense".into(),
            "a.b.c".into(),
            format!("{signed}."),
            format!("{signed}.{foreign}"),
            format!("{good}.more"),
            format!("{good}{}", " ".repeat(MOST_PROOF)),
            good.replacen('.', ".A", 1),
            format!("{signed}.{}", signature.to_lowercase()),
        ] {
            assert!(checked(&key, &text).is_err(), "{text}");
        }
    }
    #[test]
    fn a_proof_is_taken_once_and_remembered_no_longer_than_it_is_good() {
        let seen = Seen::default();
        assert_eq!(seen.is_new("key", "one", NOW), Some(true));
        assert_eq!(seen.is_new("key", "one", NOW), Some(false));
        assert_eq!(seen.is_new("another", "one", NOW), Some(true));
        assert_eq!(seen.is_new("key", "two", NOW), Some(true));
        assert_eq!(seen.is_new("key", "one", NOW + PAST_SECONDS + FUTURE_SECONDS), Some(false));
        assert_eq!(seen.is_new("key", "one", NOW + PAST_SECONDS + FUTURE_SECONDS + 1), Some(true));
        for count in 0..MOST_SEEN {
            seen.is_new("flood", &count.to_string(), NOW);
        }
        assert_eq!(seen.is_new("key", "three", NOW), None, "what cannot be remembered is not taken");
        assert_eq!(seen.is_new("key", "two", NOW), Some(false));
        assert_eq!(seen.is_new("key", "three", NOW + 1000), Some(true));
    }
}
