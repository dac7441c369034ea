//! Asking a verifier, and what its answer says.
use super::model::{Answer, Config, Outcome, Question};
use kernel::{Error, Result};
use platform::exchange::{Asking, Fault, Party, Signed};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const MOST_BYTES: usize = 16 * 1024;

/// An `Err` is a fault of ours; whatever the verifier does is an [`Answer`].
pub async fn check(with: Asking<'_>, config: &Config, question: &Question) -> Result<Answer> {
    let body = serde_json::to_vec(question).map_err(|e| Error::internal("verifier.json").because(e))?;
    let heard = with.post(&party(config), config.endpoint("checks"), body, MOST_BYTES).await?;
    Ok(heard.map_or_else(Answer::fault, |signed| read(&question.request_id, &signed)))
}
/// Whether the verifier is there, knows our key and signs with it; how long it took in milliseconds.
pub async fn ping(with: Asking<'_>, config: &Config) -> Result<Result<u128, Fault>> {
    with.ping(&party(config), config.endpoint("ping")).await
}
fn party(config: &Config) -> Party<'_> {
    Party { protocol: "FUJIE-VERIFIER-1", key_id: &config.key_id, secret: &config.secret }
}

#[derive(Deserialize)]
struct Body {
    request_id: String,
    result: Option<String>,
    error: Option<String>,
}
pub(super) fn read(request_id: &str, answer: &Signed) -> Answer {
    let Ok(read) = serde_json::from_slice::<Body>(&answer.body) else { return Answer::fault(Fault::Shape) };
    if read.request_id != request_id {
        return Answer::fault(Fault::Signature);
    }
    let outcome = match (answer.status.is_success(), read.result.as_deref(), read.error.as_deref()) {
        (true, Some("match"), None) => Outcome::Match,
        (true, Some("mismatch"), None) => Outcome::Mismatch,
        (true, Some("not_found"), None) => Outcome::NotFound,
        (false, None, Some("refused")) => Outcome::Refused,
        (false, None, Some("quota")) => Outcome::Quota,
        (false, None, Some("unavailable")) => Outcome::Unavailable(Fault::Status),
        _ => return Answer::fault(Fault::Shape),
    };
    Answer { outcome, response_hash: Some(Sha256::digest(&answer.body).to_vec()) }
}
