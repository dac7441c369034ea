use crate::client::Algorithm;
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use bytes::Bytes;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use kernel::{Error, Result, Secret, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

/// A new key is published this long before it signs, well beyond the time for which clients may keep the key set.
pub const LEAD_SECONDS: i64 = 3600;
/// A key that has stopped signing stays published this long: longer than any ID token lives.
pub const OVERLAP_SECONDS: i64 = 86_400;
/// A retired key still proves an `id_token_hint` for this long.
pub const HINT_DAYS: i64 = 30;

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

/// A key, decoded and ready to sign.
pub struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub signs_from: Timestamp,
    pub signs_until: Timestamp,
    pub published_until: Timestamp,
    pub public_jwk: serde_json::Value,
    header: String,
    pair: Pair,
    verifier: jsonwebtoken::DecodingKey,
}

/// A key fresh from the generator: what is stored of it.
pub struct Generated {
    pub kid: String,
    pub private_key: Secret,
    pub public_jwk: String,
}

fn unusable(_: impl std::fmt::Debug) -> Error {
    Error::internal("key.unusable")
}

/// RSA takes tenths of a second: not for an async thread.
pub fn generate(algorithm: Algorithm) -> Result<Generated> {
    let (der, members) = match algorithm {
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
            (pair.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec(), ec_members(&pair)?)
        }
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(unusable)?;
            let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'static>>::as_der(&pair).map_err(unusable)?;
            (der.as_ref().to_vec(), rsa_members(&pair)?)
        }
    };
    // RFC 7638: the thumbprint covers the required members alone, in the order of their names; serde_json keeps that order.
    let kid = BASE64URL_NOPAD.encode(&Sha256::digest(members.to_string().as_bytes()));
    let mut jwk = members;
    for (name, value) in [("kid", kid.as_str()), ("alg", algorithm.as_str()), ("use", "sig")] {
        if let Some(object) = jwk.as_object_mut() {
            object.insert(name.to_owned(), json!(value));
        }
    }
    Ok(Generated { kid, private_key: Secret::new(BASE64.encode(&der)), public_jwk: jwk.to_string() })
}

fn ec_members(pair: &EcdsaKeyPair) -> Result<serde_json::Value> {
    // 0x04, then both coordinates of 32 bytes (SEC 1 §2.3.3).
    let point = pair.public_key().as_ref();
    let (Some([4]), Some(x), Some(y), 65) =
        (point.get(..1), point.get(1..33), point.get(33..65), point.len())
    else {
        return Err(Error::internal("key.unusable"));
    };
    Ok(json!({ "crv": "P-256", "kty": "EC", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y) }))
}
fn rsa_members(pair: &RsaKeyPair) -> Result<serde_json::Value> {
    let parts = aws_lc_rs::signature::RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    Ok(json!({ "e": BASE64URL_NOPAD.encode(&parts.e), "kty": "RSA", "n": BASE64URL_NOPAD.encode(&parts.n) }))
}

/// A stored key with its private half opened.
pub struct Stored {
    pub kid: String,
    pub algorithm: Algorithm,
    pub private_key: Secret,
    pub public_jwk: String,
    pub signs_from: Timestamp,
    pub signs_until: Timestamp,
    pub published_until: Timestamp,
}

impl SigningKey {
    pub fn decode(stored: &Stored) -> Result<Self> {
        let der = BASE64.decode(stored.private_key.expose().as_bytes()).map_err(unusable)?;
        let pair = match stored.algorithm {
            Algorithm::Es256 => Pair::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map_err(unusable)?,
            ),
            Algorithm::Rs256 => Pair::Rs256(Box::new(RsaKeyPair::from_pkcs8(&der).map_err(unusable)?)),
        };
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&stored.public_jwk).map_err(unusable)?;
        let header = json!({ "alg": stored.algorithm.as_str(), "kid": stored.kid, "typ": "JWT" }).to_string();
        Ok(Self {
            kid: stored.kid.clone(),
            algorithm: stored.algorithm,
            signs_from: stored.signs_from,
            signs_until: stored.signs_until,
            published_until: stored.published_until,
            public_jwk: serde_json::from_str(&stored.public_jwk).map_err(unusable)?,
            header: BASE64URL_NOPAD.encode(header.as_bytes()),
            pair,
            verifier: jsonwebtoken::DecodingKey::from_jwk(&jwk).map_err(unusable)?,
        })
    }
    /// A compact JWS over the claims (RFC 7515 §7.1).
    pub fn sign(&self, claims: &[u8]) -> Result<String> {
        let mut out = format!("{}.{}", self.header, BASE64URL_NOPAD.encode(claims));
        let rng = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&rng, out.as_bytes()).map_err(unusable)?.as_ref().to_vec(),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, out.as_bytes(), &mut signature).map_err(unusable)?;
                signature
            }
        };
        out.push('.');
        out.push_str(&BASE64URL_NOPAD.encode(&signature));
        Ok(out)
    }
}

/// All keys of one moment.
pub struct KeySet {
    keys: Vec<SigningKey>,
    jwks: Bytes,
    pub loaded_at: Timestamp,
}

impl KeySet {
    pub fn new(keys: Vec<SigningKey>, now: Timestamp) -> Self {
        let published: Vec<_> =
            keys.iter().filter(|key| now < key.published_until).map(|key| &key.public_jwk).collect();
        let jwks = Bytes::from(json!({ "keys": published }).to_string());
        Self { keys, jwks, loaded_at: now }
    }
    /// The key set document (RFC 7517 §5).
    pub fn jwks(&self) -> Bytes {
        self.jwks.clone()
    }
    /// The newest key whose time to sign has come. Error: `key.missing`.
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Result<&SigningKey> {
        self.keys
            .iter()
            .filter(|key| key.algorithm == algorithm && key.signs_from <= now && now < key.signs_until)
            .max_by_key(|key| key.signs_from)
            .ok_or_else(|| Error::unavailable("key.missing"))
    }
    /// The claims of an ID token that one of our keys signed for this issuer, expired or not: an `id_token_hint`.
    pub fn read_hint(&self, token: &str, issuer: &str) -> Option<HintClaims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.keys.iter().find(|key| Some(key.kid.as_str()) == header.kid.as_deref())?;
        // The algorithm is the key's, never the header's choice.
        let mut rules = jsonwebtoken::Validation::new(match key.algorithm {
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        });
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["iss", "sub", "aud"]);
        rules.set_issuer(&[issuer]);
        jsonwebtoken::decode::<HintClaims>(token, &key.verifier, &rules).ok().map(|data| data.claims)
    }
}

/// What a hint tells: whose session, at which client.
#[derive(Debug, serde::Deserialize)]
pub struct HintClaims {
    pub sub: String,
    pub aud: String,
    #[serde(default)]
    pub sid: Option<String>,
}
