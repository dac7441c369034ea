use super::model::{self, Expected, KEPT_SECONDS, ProofError};
use crate::{OpenId, client::Algorithm, once};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kernel::{Result, Timestamp};

/// The header in which the proof comes.
pub const PROOF: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

impl OpenId {
    /// The thumbprint of the key that the client proved to hold; None if it brought no proof. `path` is the endpoint's,
    /// `algorithms` those that the client's profile takes.
    pub async fn prove(
        &self,
        headers: &HeaderMap,
        method: &Method,
        path: &str,
        access_token: Option<&str>,
        algorithms: &[Algorithm],
        now: Timestamp,
    ) -> Result<std::result::Result<Option<String>, ProofError>> {
        let mut lines = headers.get_all(PROOF).iter();
        let Some(line) = lines.next() else { return Ok(Ok(None)) };
        if lines.next().is_some() {
            return Ok(Err(ProofError::Invalid("there is more than one DPoP header")));
        }
        let Ok(text) = line.to_str() else {
            return Ok(Err(ProofError::Invalid("the DPoP proof is no signed JWT")));
        };
        let uri = format!("{}{path}", self.issuer());
        let expected = Expected { method: method.as_str(), uri: &uri, access_token, now };
        let proof = match model::read(text, &expected) {
            Ok(proof) => proof,
            Err(error) => return Ok(Err(error)),
        };
        if !algorithms.contains(&proof.algorithm) {
            return Ok(Err(ProofError::Invalid("the client's profile takes no proof with this algorithm")));
        }
        let fresh = proof.nonce.is_some_and(|nonce| model::nonce_fits(self.db().keyring(), &nonce, now));
        if !fresh {
            return Ok(Err(ProofError::UseNonce));
        }
        let until = now.plus_seconds(KEPT_SECONDS);
        if !self.use_once(once::Kind::Proof, &proof.jkt, &proof.jti, until).await? {
            return Ok(Err(ProofError::Invalid("the DPoP proof was used before")));
        }
        Ok(Ok(Some(proof.jkt)))
    }
    /// Whether a proof came that has no nonce of ours, whatever else is wrong with it.
    pub fn lacks_nonce(&self, headers: &HeaderMap, now: Timestamp) -> bool {
        let text = headers.get(PROOF).and_then(|line| line.to_str().ok());
        text.and_then(model::nonce_in).is_some_and(|nonce| {
            nonce.is_none_or(|nonce| !model::nonce_fits(self.db().keyring(), &nonce, now))
        })
    }
    /// The nonce for the next proof; it goes with every answer to a request that brought one or should have.
    pub fn add_nonce(&self, headers: &mut HeaderMap, now: Timestamp) {
        if let Ok(value) = HeaderValue::from_str(&model::nonce(self.db().keyring(), now)) {
            headers.insert(NONCE, value);
        }
    }
}
