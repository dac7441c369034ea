use crate::{
    client::Algorithm,
    jose::{Jwk, Jws},
};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RSA_PSS_SHA256, RsaKeyPair,
    },
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
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// What is signed. The header says it, so that none passes for another (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    IdToken,
    AccessToken,
    LogoutToken,
}
impl Kind {
    const ALL: [Self; 3] = [Self::IdToken, Self::AccessToken, Self::LogoutToken];
    const fn typ(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::AccessToken => "at+jwt",
            Self::LogoutToken => "logout+jwt",
        }
    }
}

/// A key, decoded and ready to sign.
pub struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub signs_from: Timestamp,
    pub signs_until: Timestamp,
    /// Until when an access token that it signed is taken here, whatever the token says.
    pub believed_until: Timestamp,
    pub published_until: Timestamp,
    pub public_jwk: serde_json::Value,
    /// The encoded header of each kind.
    headers: [String; 3],
    pair: Pair,
    verifier: Jwk,
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
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::generate().map_err(unusable)?;
            let x = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
            let members = json!({ "crv": "Ed25519", "kty": "OKP", "x": x });
            (pair.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec(), members)
        }
        Algorithm::Rs256 | Algorithm::Ps256 => {
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
    /// Until when an access token that it signed is taken here, whatever the token says.
    pub believed_until: Timestamp,
    pub published_until: Timestamp,
}

impl SigningKey {
    pub fn decode(stored: &Stored) -> Result<Self> {
        let der = BASE64.decode(stored.private_key.expose().as_bytes()).map_err(unusable)?;
        let pair = match stored.algorithm {
            Algorithm::Es256 => {
                Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map_err(unusable)?)
            }
            Algorithm::Rs256 | Algorithm::Ps256 => {
                Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(&der).map_err(unusable)?))
            }
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::from_pkcs8(&der).map_err(unusable)?),
        };
        let public_jwk: serde_json::Value = serde_json::from_str(&stored.public_jwk).map_err(unusable)?;
        let headers = Kind::ALL.map(|kind| {
            let header = json!({ "alg": stored.algorithm.as_str(), "kid": stored.kid, "typ": kind.typ() });
            BASE64URL_NOPAD.encode(header.to_string().as_bytes())
        });
        Ok(Self {
            kid: stored.kid.clone(),
            algorithm: stored.algorithm,
            signs_from: stored.signs_from,
            signs_until: stored.signs_until,
            believed_until: stored.believed_until,
            published_until: stored.published_until,
            verifier: Jwk::parse(&public_jwk).ok_or_else(|| Error::internal("key.unusable"))?,
            public_jwk,
            headers,
            pair,
        })
    }
    /// A compact JWS over the claims (RFC 7515 §7.1).
    pub fn sign(&self, kind: Kind, claims: &[u8]) -> Result<String> {
        let [id_token, access_token, logout_token] = &self.headers;
        let header = match kind {
            Kind::IdToken => id_token,
            Kind::AccessToken => access_token,
            Kind::LogoutToken => logout_token,
        };
        self.sign_encoded(header, claims)
    }
    /// Whatever header a test wants.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn sign_with_header(&self, header: &str, claims: &[u8]) -> Result<String> {
        self.sign_encoded(&BASE64URL_NOPAD.encode(header.as_bytes()), claims)
    }
    fn sign_encoded(&self, header: &str, claims: &[u8]) -> Result<String> {
        let mut out = String::with_capacity(header.len() + claims.len() * 4 / 3 + 400);
        out.push_str(header);
        out.push('.');
        BASE64URL_NOPAD.encode_append(claims, &mut out);
        let rng = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&rng, out.as_bytes()).map_err(unusable)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(out.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let rules = match self.algorithm {
                    Algorithm::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                pair.sign(rules, &rng, out.as_bytes(), &mut signature).map_err(unusable)?;
                signature
            }
        };
        out.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut out);
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
    /// A message of ours with the key that signed it, by the algorithm that is the key's own, whatever the message says.
    fn verified<'a>(&self, token: &'a str, typ: &str) -> Option<(&SigningKey, Jws<'a>)> {
        let message = Jws::parse(token)?;
        let key = self.keys.iter().find(|key| Some(key.kid.as_str()) == message.header.kid.as_deref())?;
        let own = message.algorithm() == Some(key.algorithm) && message.header.is_type(typ);
        (own && message.is_signed_by(&key.verifier)).then_some((key, message))
    }
    /// The claims of an ID token that one of our keys signed for this issuer, expired or not: an `id_token_hint`.
    pub fn read_hint(&self, token: &str, issuer: &str) -> Option<HintClaims> {
        let (_, message) = self.verified(token, "jwt")?;
        message.claims::<HintClaims>().filter(|claims| claims.iss == issuer)
    }
    /// As [`Self::read_hint`], of one that only says who is to be there: signed by a key that is no longer known, it is taken at
    /// its word. It can lead to no for others, and to nothing that a request without it would not lead to.
    pub fn read_expectation(&self, token: &str, issuer: &str) -> Option<HintClaims> {
        let message = Jws::parse(token)?;
        let kid = message.header.kid.as_deref()?;
        if self.keys.iter().any(|key| key.kid == kid) {
            return self.read_hint(token, issuer);
        }
        let ours = message.algorithm().is_some() && message.header.is_type("jwt");
        message.claims::<HintClaims>().filter(|claims| ours && claims.iss == issuer)
    }
    /// The claims of an access token of ours (RFC 9068), expired or not. Keys are kept longer than that, for hints: those say
    /// who was here, a token lets somebody in.
    pub fn read_access_token<T: serde::de::DeserializeOwned>(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Option<T> {
        let (key, message) = self.verified(token, "at+jwt")?;
        if now < key.believed_until { message.claims() } else { None }
    }
    /// When the newest key of the algorithm began, or will begin, to sign.
    pub fn newest(&self, algorithm: Algorithm) -> Option<Timestamp> {
        self.keys.iter().filter(|key| key.algorithm == algorithm).map(|key| key.signs_from).max()
    }
    /// For the desk and the command line: what there is, oldest first.
    pub fn list(&self) -> &[SigningKey] {
        &self.keys
    }
}

/// What a hint tells: whose session, at which client.
#[derive(Debug, serde::Deserialize)]
pub struct HintClaims {
    #[serde(default)]
    pub iss: String,
    pub sub: String,
    pub aud: String,
    #[serde(default)]
    pub sid: Option<String>,
}
