//! Reading a proof: pure.
use crate::{
    client::Algorithm,
    jose::{Jwk, Jws},
};
use db::Keyring;
use kernel::{Timestamp, secret::equal};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

/// How long after it was made a proof is taken; the nonce bounds it besides.
pub const PAST_SECONDS: i64 = 300;
/// Clocks differ.
pub const FUTURE_SECONDS: i64 = 10;
/// How long a proof is remembered after it was used: whole seconds are compared, so that it is taken for up to one more, and
/// the node that forgets may be ahead.
pub const KEPT_SECONDS: i64 = PAST_SECONDS + FUTURE_SECONDS + 1 + FUTURE_SECONDS;
/// A nonce is good for two to three of these.
const NONCE_SECONDS: i64 = 120;
const NONCE_WINDOWS: i64 = 2;
const MOST_IDENTIFIER: usize = 256;
const MOST_PROOF: usize = 8192;

/// What this request must be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub method: &'a str,
    /// The address of the endpoint, without query and fragment.
    pub uri: &'a str,
    /// The access token that comes along.
    pub access_token: Option<&'a str>,
    pub now: Timestamp,
}

/// A proof that fits the request; its nonce and whether it is new are for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key (RFC 7638).
    pub jkt: String,
    pub jti: String,
    pub nonce: Option<String>,
    pub algorithm: Algorithm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// What is wrong, for the client's developer.
    Invalid(&'static str),
    /// Once more, with the nonce that comes with the answer.
    UseNonce,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    #[serde(default)]
    ath: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    exp: Option<f64>,
}

/// RFC 9449 §4.3, but for nonce and replay.
pub fn read(text: &str, expected: &Expected<'_>) -> Result<Proof, ProofError> {
    let invalid = |reason| Err(ProofError::Invalid(reason));
    if text.len() > MOST_PROOF {
        return invalid("the DPoP proof is too long");
    }
    let Some(message) = Jws::parse(text) else {
        return invalid("the DPoP proof is no signed JWT");
    };
    if !message.header.is_type("dpop+jwt") {
        return invalid("typ of the DPoP proof must be dpop+jwt");
    }
    let Some(algorithm) = message.algorithm() else {
        return invalid("the DPoP proof must be signed with ES256, PS256, RS256 or EdDSA");
    };
    let Some(key) = message.header.jwk.as_ref().and_then(Jwk::parse) else {
        return invalid("jwk of the DPoP proof is no public key that is taken");
    };
    if !message.is_signed_by(&key) {
        return invalid("the DPoP proof is not signed by its key");
    }
    let Some(claims) = message.claims::<Claims>() else {
        return invalid("the DPoP proof lacks jti, htm, htu or iat");
    };
    if claims.htm != expected.method {
        return invalid("htm of the DPoP proof is another method");
    }
    if !same_address(&claims.htu, expected.uri) {
        return invalid("htu of the DPoP proof is another address");
    }
    let now = expected.now.as_seconds() as f64;
    if !(claims.iat >= now - PAST_SECONDS as f64 && claims.iat <= now + FUTURE_SECONDS as f64) {
        return invalid("iat of the DPoP proof is not now");
    }
    if claims.nbf.is_some_and(|nbf| nbf > now + FUTURE_SECONDS as f64)
        || claims.exp.is_some_and(|exp| exp <= now)
    {
        return invalid("nbf or exp of the DPoP proof excludes now");
    }
    if claims.jti.is_empty() || claims.jti.len() > MOST_IDENTIFIER {
        return invalid("jti of the DPoP proof must have 1 to 256 bytes");
    }
    if let Some(token) = expected.access_token {
        let hash = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes()));
        if !claims.ath.is_some_and(|ath| equal(ath.as_bytes(), hash.as_bytes())) {
            return invalid("ath of the DPoP proof is not the hash of the access token");
        }
    }
    Ok(Proof { jkt: key.thumbprint(), jti: claims.jti, nonce: claims.nonce, algorithm })
}

/// The nonce that a proof names, before anything of it is believed; None if it is no proof at all.
pub fn nonce_in(text: &str) -> Option<Option<String>> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        nonce: Option<String>,
    }
    let message = Jws::parse(text).filter(|_| text.len() <= MOST_PROOF)?;
    message.claims::<Named>().map(|named| named.nonce)
}

/// After normalization (RFC 3986 §6.2.2 and §6.2.3), query and fragment left out.
fn same_address(given: &str, expected: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    matches!((bare(given), bare(expected)), (Some(given), Some(expected)) if given == expected)
}

/// The nonce of a moment: its window, and a keyed hash over it.
pub fn nonce(keyring: &Keyring, now: Timestamp) -> String {
    nonce_of(keyring, now.as_seconds().div_euclid(NONCE_SECONDS))
}
fn nonce_of(keyring: &Keyring, window: i64) -> String {
    let bytes = window.to_be_bytes();
    let mac = keyring.mac("oidc.dpop_nonce", &[&bytes]);
    let mut all = bytes.to_vec();
    all.extend(mac.iter().take(16));
    data_encoding::BASE64URL_NOPAD.encode(&all)
}
/// Whether a nonce was given out here, lately.
pub fn nonce_fits(keyring: &Keyring, nonce: &str, now: Timestamp) -> bool {
    let current = now.as_seconds().div_euclid(NONCE_SECONDS);
    // The next window too: another node's clock may be ahead.
    (current - NONCE_WINDOWS..=current + 1)
        .any(|window| equal(nonce_of(keyring, window).as_bytes(), nonce.as_bytes()))
}
