//! Asking a register over HTTP, and what its answer says.
use super::model::{Answer, Config, Fault, Record};
use http::StatusCode;
use kernel::{Error, Result, clock::Zone};
use platform::exchange::{Asking, Party, Signed};
use serde::Deserialize;
use serde_json::json;

const MOST_BYTES: usize = 256 * 1024;

/// An `Err` is a fault of ours; whatever the register does is an [`Answer`].
pub async fn look_up(with: Asking<'_>, zone: &Zone, config: &Config, uscc: &str) -> Result<Answer> {
    let request_id = with.rng.short_token();
    let body = serde_json::to_vec(&json!({ "request_id": request_id, "uscc": uscc }))
        .map_err(|e| Error::internal("registry.json").because(e))?;
    let heard = with.post(&party(config), config.endpoint("organizations"), body, MOST_BYTES).await?;
    Ok(heard
        .map_or_else(|fault| Answer::Fault(fault.into()), |signed| read(&request_id, uscc, &signed, zone)))
}
/// Whether it is there, knows our key and signs with it; how long it took in milliseconds.
pub async fn ping(with: Asking<'_>, config: &Config) -> Result<Result<u128, Fault>> {
    Ok(with.ping(&party(config), config.endpoint("ping")).await?.map_err(Fault::from))
}
fn party(config: &Config) -> Party<'_> {
    Party { protocol: "FUJIE-REGISTRY-1", key_id: &config.key_id, secret: &config.secret }
}

#[derive(Deserialize)]
struct Body {
    request_id: String,
    record: Option<Record>,
    error: Option<String>,
}
fn read(request_id: &str, uscc: &str, answer: &Signed, zone: &Zone) -> Answer {
    let Ok(read) = serde_json::from_slice::<Body>(&answer.body) else { return Answer::Fault(Fault::Shape) };
    if read.request_id != request_id {
        return Answer::Fault(Fault::Signature);
    }
    match (answer.status, read.record, read.error.as_deref()) {
        (StatusCode::OK, Some(record), None) => match record.checked(uscc, zone) {
            Ok(record) => Answer::Found(Box::new(record)),
            Err(error) => {
                tracing::warn!(%error, "a register answered with a record that breaks the rules");
                Answer::Fault(Fault::Shape)
            }
        },
        (StatusCode::NOT_FOUND, None, Some("not_found")) => Answer::NotFound,
        (_, None, Some("unavailable")) => Answer::Fault(Fault::Status),
        _ => Answer::Fault(Fault::Shape),
    }
}
