use crate::client::Algorithm;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Bytes of an RSA modulus: 2048 to 4096 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// Keys that a client publishes.
const MOST_KEYS: usize = 20;
/// Characters of a key set.
pub const MOST_SET: usize = 64 * 1024;
const MOST_KID: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// The uncompressed point on P-256.
    Ec(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

/// A public key that is strong enough to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    pub kid: Option<String>,
    algorithm: Option<Algorithm>,
    key: Key,
}

impl Jwk {
    /// None for anything but a public signature key of a kind that is known here: P-256, RSA from 2048 bits, Ed25519. A key
    /// with a private or symmetric half in it is none.
    pub fn parse(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        if holds_secret(members) {
            return None;
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let key = match (text("kty")?, text("crv")) {
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                Key::Ec([&[4][..], &x, &y].concat())
            }
            ("RSA", _) => {
                let (n, e) = (unsigned(bytes("n")?), unsigned(bytes("e")?));
                let odd = e.last().is_some_and(|byte| byte & 1 == 1) && e != [1];
                if !RSA_BYTES.contains(&n.len()) || e.len() > 8 || !odd {
                    return None;
                }
                Key::Rsa { n, e }
            }
            ("OKP", Some("Ed25519")) => Key::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
            _ => return None,
        };
        let kid = text("kid").filter(|kid| kid.len() <= MOST_KID).map(str::to_owned);
        let algorithm = match text("alg") {
            None => None,
            // A key for another algorithm than those here is none for us.
            Some(name) => Some(Algorithm::of_header(name)?),
        };
        let jwk = Self { kid, algorithm, key };
        algorithm.is_none_or(|algorithm| jwk.fits(algorithm)).then_some(jwk)
    }
    /// Whether the key may be used with the algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = matches!(
            (&self.key, algorithm),
            (Key::Ec(_), Algorithm::Es256)
                | (Key::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Key::Ed25519(_), Algorithm::EdDsa)
        );
        kind && self.algorithm.is_none_or(|own| own == algorithm)
    }
    /// RFC 7638, with SHA-256: the required members in the order of their names, without blanks.
    pub fn thumbprint(&self) -> String {
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let text = match &self.key {
            Key::Ec(point) => {
                let (x, y) = (point.get(1..33).unwrap_or_default(), point.get(33..65).unwrap_or_default());
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
            }
            Key::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n)),
            Key::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x)),
        };
        encode(&Sha256::digest(text.as_bytes()))
    }
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        match &self.key {
            Key::Ec(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Key::Rsa { n, e } => {
                let rules = match algorithm {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    _ => &RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(rules, message, signature).is_ok()
            }
            Key::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
        }
    }
}

/// Members that belong to a private or a symmetric key alone.
fn holds_secret(members: &Map<String, Value>) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| members.contains_key(*name))
}
fn unsigned(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    bytes
}

/// The keys of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet(Vec<Jwk>);

/// Why a set is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetFault {
    /// Not a set, or without a single key that may be used here.
    Unusable,
    /// A private key was published.
    Private,
}

impl JwkSet {
    /// Keys of kinds that are not known here do not spoil the others; a private one spoils all.
    pub fn parse(text: &str) -> Result<Self, SetFault> {
        if text.len() > MOST_SET {
            return Err(SetFault::Unusable);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| SetFault::Unusable)?;
        let keys = value.get("keys").and_then(Value::as_array).ok_or(SetFault::Unusable)?;
        if keys.len() > MOST_KEYS {
            return Err(SetFault::Unusable);
        }
        if keys.iter().filter_map(Value::as_object).any(holds_secret) {
            return Err(SetFault::Private);
        }
        let keys: Vec<Jwk> = keys.iter().filter_map(Jwk::parse).collect();
        if keys.is_empty() { Err(SetFault::Unusable) } else { Ok(Self(keys)) }
    }
    /// The key that a message names; without a name only if there is exactly one that fits.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Jwk> {
        let mut fitting =
            self.0.iter().filter(|key| key.fits(algorithm) && (kid.is_none() || key.kid.as_deref() == kid));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            _ => None,
        }
    }
    /// Whether some key may be used with the algorithm.
    pub fn has(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.fits(algorithm))
    }
}
