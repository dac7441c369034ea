//! Asking a register over HTTP, within ten seconds, through the guarded way out.
use super::{
    model::{Answer, Config, Fault},
    protocol::{self, Asked, Direction, Head},
};
use kernel::{Clock, Error, Result, Rng, clock::Zone};
use serde_json::json;
use std::time::{Duration, Instant};
use web::{
    Outbound,
    outbound::{Call, OutboundError},
};

/// The whole of one exchange.
pub const TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 256 * 1024;

/// What a question is asked with.
pub struct Asking<'a> {
    pub outbound: &'a Outbound,
    pub clock: &'a Clock,
    pub rng: &'a Rng,
    pub zone: &'a Zone,
}

/// An `Err` is a fault of ours; whatever the register does is an [`Answer`].
pub async fn look_up(with: &Asking<'_>, config: &Config, uscc: &str) -> Result<Answer> {
    let request_id = with.rng.short_token();
    let body = json!({ "request_id": request_id, "uscc": uscc });
    let (nonce, answer) = match send(with, config, "organizations", &body).await? {
        Ok(sent) => sent,
        Err(fault) => return Ok(Answer::Fault(fault)),
    };
    let asked = asked(config, &nonce, &request_id, uscc);
    let now = with.clock.now();
    Ok(protocol::read(&asked, answer.status, &answer.headers, &answer.body, with.zone, now))
}
/// Whether it is there, knows our key and signs with it; how long it took in milliseconds.
pub async fn ping(with: &Asking<'_>, config: &Config) -> Result<std::result::Result<u128, Fault>> {
    let (began, request_id) = (Instant::now(), with.rng.short_token());
    let (nonce, answer) = match send(with, config, "ping", &json!({ "request_id": request_id })).await? {
        Ok(sent) => sent,
        Err(fault) => return Ok(Err(fault)),
    };
    let asked = asked(config, &nonce, &request_id, "");
    let authentic =
        protocol::authentic(&asked, answer.status, &answer.headers, &answer.body, with.clock.now());
    Ok(match authentic {
        Ok(()) if answer.status.is_success() => Ok(began.elapsed().as_millis()),
        Ok(()) => Err(Fault::Status),
        Err(_) if answer.status.is_server_error() => Err(Fault::Status),
        Err(_) if answer.status == http::StatusCode::UNAUTHORIZED => Err(Fault::Key),
        Err(fault) => Err(fault),
    })
}
fn asked<'a>(config: &'a Config, nonce: &'a str, request_id: &'a str, uscc: &'a str) -> Asked<'a> {
    Asked { key_id: &config.key_id, secret: config.secret.as_bytes(), nonce, request_id, uscc }
}

async fn send(
    with: &Asking<'_>,
    config: &Config,
    endpoint: &str,
    body: &serde_json::Value,
) -> Result<std::result::Result<(String, web::outbound::Answer), Fault>> {
    let body = serde_json::to_vec(body).map_err(|e| Error::internal("registry.json").because(e))?;
    let (url, nonce) = (config.endpoint(endpoint), with.rng.token());
    let head = Head {
        direction: Direction::Request("POST", url.path()),
        key_id: &config.key_id,
        timestamp: with.clock.now().as_seconds(),
        nonce: &nonce,
    };
    let headers = protocol::headers(&head, config.secret.as_bytes(), &body)?;
    let mut call = Call::post(url, body).within(TIMEOUT);
    call.most_bytes = MOST_BYTES;
    call.headers = headers;
    Ok(match with.outbound.send(call).await {
        Ok(answer) => Ok((nonce, answer)),
        Err(error) => {
            tracing::warn!(%error, "a register was not reached");
            Err(match error {
                OutboundError::Refused(_) => Fault::Address,
                OutboundError::Timeout => Fault::Timeout,
                OutboundError::TooLarge => Fault::Shape,
                OutboundError::Failed(_) => Fault::Connection,
            })
        }
    })
}
