//! Asking a verifier, within ten seconds, through the guarded way out.
use super::{
    model::{Answer, Config, Fault, Question},
    protocol::{self, Asked, Direction, Head},
};
use kernel::{Clock, Error, Result, Rng};
use serde_json::json;
use std::time::{Duration, Instant};
use web::{
    Outbound,
    outbound::{Call, OutboundError},
};

/// The whole of one exchange.
pub const TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 16 * 1024;

/// An `Err` is a fault of ours; whatever the verifier does is an [`Answer`].
pub async fn check(
    outbound: &Outbound,
    clock: &Clock,
    rng: &Rng,
    config: &Config,
    question: &Question,
) -> Result<Answer> {
    let body = serde_json::to_vec(question).map_err(|e| Error::internal("verifier.json").because(e))?;
    let sent = send(outbound, clock, rng, config, "checks", body).await?;
    let (nonce, answer) = match sent {
        Ok(sent) => sent,
        Err(fault) => return Ok(Answer::fault(fault)),
    };
    let asked = Asked {
        key_id: &config.key_id,
        secret: config.secret.as_bytes(),
        nonce: &nonce,
        request_id: &question.request_id,
    };
    Ok(protocol::read(&asked, answer.status, &answer.headers, &answer.body, clock.now()))
}
/// Whether the verifier is there, knows our key and signs with it; how long it took in milliseconds.
pub async fn ping(
    outbound: &Outbound,
    clock: &Clock,
    rng: &Rng,
    config: &Config,
) -> Result<std::result::Result<u128, Fault>> {
    let began = Instant::now();
    let request_id = rng.short_token();
    let body = json!({ "request_id": request_id }).to_string().into_bytes();
    let (nonce, answer) = match send(outbound, clock, rng, config, "ping", body).await? {
        Ok(sent) => sent,
        Err(fault) => return Ok(Err(fault)),
    };
    let asked = Asked {
        key_id: &config.key_id,
        secret: config.secret.as_bytes(),
        nonce: &nonce,
        request_id: &request_id,
    };
    let authentic = protocol::authentic(&asked, answer.status, &answer.headers, &answer.body, clock.now());
    Ok(match authentic {
        Ok(()) if answer.status.is_success() => Ok(began.elapsed().as_millis()),
        Ok(()) => Err(Fault::Status),
        Err(_) if answer.status.is_server_error() => Err(Fault::Status),
        Err(_) if answer.status == http::StatusCode::UNAUTHORIZED => Err(Fault::Key),
        Err(fault) => Err(fault),
    })
}

async fn send(
    outbound: &Outbound,
    clock: &Clock,
    rng: &Rng,
    config: &Config,
    endpoint: &str,
    body: Vec<u8>,
) -> Result<std::result::Result<(String, web::outbound::Answer), Fault>> {
    let (url, nonce) = (config.endpoint(endpoint), rng.token());
    let head = Head {
        direction: Direction::Request(url.path()),
        key_id: &config.key_id,
        timestamp: clock.now().as_seconds(),
        nonce: &nonce,
    };
    let headers = protocol::headers(&head, config.secret.as_bytes(), &body)?;
    let mut call = Call::post(url, body).within(TIMEOUT);
    call.most_bytes = MOST_BYTES;
    call.headers = headers;
    Ok(match outbound.send(call).await {
        Ok(answer) => Ok((nonce, answer)),
        Err(error) => {
            tracing::warn!(%error, "a verifier was not reached");
            Err(match error {
                OutboundError::Refused(_) => Fault::Address,
                OutboundError::Timeout => Fault::Timeout,
                OutboundError::TooLarge => Fault::Shape,
                OutboundError::Failed(_) => Fault::Connection,
            })
        }
    })
}
