//! Asking, within ten seconds, through the guarded way out.
use super::{Direction, Fault, Head, Party, authentic, headers};
use bytes::Bytes;
use http::StatusCode;
use kernel::{Clock, Error, Result, Rng};
use serde_json::json;
use std::time::{Duration, Instant};
use url::Url;
use web::{
    Outbound,
    outbound::{Call, OutboundError},
};

/// The whole of one exchange.
const TIMEOUT: Duration = Duration::from_secs(10);
const PONG_BYTES: usize = 16 * 1024;

/// What is asked with.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub outbound: &'a Outbound,
    pub clock: &'a Clock,
    pub rng: &'a Rng,
}
/// An answer that is the service's own.
pub struct Signed {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Asking<'_> {
    /// An `Err` outside is a fault of ours; whatever the service does is inside.
    pub async fn post(
        &self,
        party: &Party<'_>,
        url: Url,
        body: Vec<u8>,
        most_bytes: usize,
    ) -> Result<Result<Signed, Fault>> {
        let nonce = self.rng.token();
        let head = Head {
            direction: Direction::Request(url.path()),
            timestamp: self.clock.now().as_seconds(),
            nonce: &nonce,
        };
        let headers = headers(&head, party, &body)?;
        let mut call = Call::post(url, body).within(TIMEOUT);
        call.most_bytes = most_bytes;
        call.headers = headers;
        Ok(match self.outbound.send(call).await {
            Ok(answer) => {
                let heard = (answer.status, &answer.headers, answer.body.as_ref());
                authentic(party, &nonce, heard, self.clock.now())
                    .map(|()| Signed { status: answer.status, body: answer.body })
            }
            Err(error) => {
                tracing::warn!(%error, protocol = party.protocol, "a service was not reached");
                Err(match error {
                    OutboundError::Refused(_) => Fault::Address,
                    OutboundError::Timeout => Fault::Timeout,
                    OutboundError::TooLarge => Fault::Shape,
                    OutboundError::Failed(_) => Fault::Connection,
                })
            }
        })
    }
    /// Whether the service is there, knows our key and signs with it; how long it took in milliseconds.
    pub async fn ping(&self, party: &Party<'_>, url: Url) -> Result<Result<u128, Fault>> {
        let began = Instant::now();
        let question = json!({ "request_id": self.rng.short_token() });
        let body = serde_json::to_vec(&question).map_err(|e| Error::internal("exchange.json").because(e))?;
        Ok(match self.post(party, url, body, PONG_BYTES).await? {
            Ok(answer) if answer.status.is_success() => Ok(began.elapsed().as_millis()),
            Ok(_) => Err(Fault::Status),
            Err(fault) => Err(fault),
        })
    }
}
