//! The ID token: only signatures by a published key, and every claim that binds it to this client, this browser and this
//! moment (OpenID Connect Core §3.1.3.7).
use super::cache::Named;
use crate::model::Fault;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use kernel::Timestamp;
use serde::Deserialize;

/// Clocks of two machines differ.
const LEEWAY_SECONDS: i64 = 60;
/// Never a symmetric one: its key would be known to whoever can read ours, and a public key would do as one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub access_token: Option<&'a str>,
    /// The sign-in there may be no older than this.
    pub fresh: Option<Timestamp>,
    pub now: Timestamp,
}
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    auth_time: Option<f64>,
    pub name: Option<String>,
    pub preferred_username: Option<String>,
    pub phone_number: Option<String>,
}
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Which key the token names. `none` and symmetric algorithms end here.
pub(super) fn header(token: &str) -> Result<Named, Fault> {
    let header =
        jsonwebtoken::decode_header(token).map_err(|_| Fault::Untrusted("header of the ID token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Fault::Untrusted("algorithm of the ID token"));
    }
    Ok(Named { kid: header.kid, algorithm: header.alg })
}
/// Whether a key is of the kind that the algorithm uses.
pub(super) fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(
            algorithm,
            Algorithm::RS256
                | Algorithm::RS384
                | Algorithm::RS512
                | Algorithm::PS256
                | Algorithm::PS384
                | Algorithm::PS512
        ),
        AlgorithmParameters::EllipticCurve(parameters) => matches!(
            (&parameters.curve, algorithm),
            (EllipticCurve::P256, Algorithm::ES256) | (EllipticCurve::P384, Algorithm::ES384)
        ),
        AlgorithmParameters::OctetKeyPair(parameters) => {
            parameters.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA
        }
        _ => false,
    }
}

pub(super) fn verify(token: &str, key: &Jwk, expected: &Expected<'_>) -> Result<Claims, Fault> {
    let named = header(token)?;
    let decoding = DecodingKey::from_jwk(key).map_err(|_| Fault::Untrusted("key of the ID token"))?;
    let mut rules = Validation::new(named.algorithm);
    // Issuer, audience and times are compared below, against the request's own clock.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &decoding, &rules)
        .map_err(|_| Fault::Untrusted("signature of the ID token"))?
        .claims;
    check(&claims, named.algorithm, expected)?;
    Ok(claims)
}
fn check(claims: &Claims, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), Fault> {
    let must = |good: bool, what: &'static str| if good { Ok(()) } else { Err(Fault::Untrusted(what)) };
    must(claims.iss == expected.issuer, "iss")?;
    let (mine, alone) = match &claims.aud {
        Audience::One(one) => (one == expected.client_id, true),
        Audience::Many(many) => (many.iter().any(|one| one == expected.client_id), many.len() == 1),
    };
    must(mine, "aud")?;
    must(alone || claims.azp.is_some(), "azp")?;
    must(claims.azp.as_deref().is_none_or(|azp| azp == expected.client_id), "azp")?;
    let now = expected.now.as_seconds() as f64;
    let leeway = LEEWAY_SECONDS as f64;
    must(now < claims.exp + leeway, "exp")?;
    must(claims.iat <= now + leeway, "iat")?;
    must(claims.nbf.is_none_or(|nbf| nbf <= now + leeway), "nbf")?;
    let nonce = claims.nonce.as_deref().unwrap_or("");
    must(kernel::secret::equal(nonce.as_bytes(), expected.nonce.as_bytes()), "nonce")?;
    if let Some(at_hash) = &claims.at_hash {
        let access = expected.access_token.ok_or(Fault::Untrusted("at_hash"))?;
        must(half_hash(algorithm, access).is_none_or(|hash| hash == *at_hash), "at_hash")?;
    }
    if let Some(since) = expected.fresh {
        // Asked for with `max_age`, it has to be there; a provider that kept an old session says so by it.
        let at = claims.auth_time.ok_or(Fault::Untrusted("auth_time"))?;
        must(since.as_seconds() as f64 <= at + leeway && at <= now + leeway, "auth_time")?;
    }
    must(!claims.sub.is_empty() && claims.sub.len() <= 255 && !claims.sub.contains(char::is_control), "sub")
}
/// The left half of the access token's hash by the hash of the algorithm (OpenID Connect Core §3.1.3.6); none for EdDSA,
/// whose hash is not agreed upon.
pub(crate) fn half_hash(algorithm: Algorithm, access_token: &str) -> Option<String> {
    use sha2::{Digest as _, Sha256, Sha384, Sha512};
    let bytes = access_token.as_bytes();
    let hash = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Sha256::digest(bytes).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(bytes).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 => Sha512::digest(bytes).to_vec(),
        _ => return None,
    };
    hash.get(..hash.len() / 2).map(|half| BASE64URL_NOPAD.encode(half))
}
