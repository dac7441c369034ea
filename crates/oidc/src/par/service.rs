use super::{PUSHED_SECONDS, store};
use crate::{
    OpenId,
    authorize::{
        model::Request,
        service::{FlowKind, Keep},
    },
    client::Client,
};
use kernel::{Error, Result, Timestamp, TokenHash};
use platform::counter::Limit;

/// Requests that one client may leave: each is a row for a while.
const PUSHED: Limit = Limit { scope: "oidc.pushed", most: 12_000, seconds: 60 };
/// A client without a secret is whoever writes its name, so its requests are counted by where they come from: a stranger
/// shuts out nobody but whoever shares an address.
pub(super) const PUSHED_FREELY: Limit = Limit { scope: "oidc.pushed_freely", most: 1200, seconds: 60 };
/// A handle is 256 bits; what is longer was not made here.
const MOST_HANDLE: usize = 64;

impl OpenId {
    /// Keeps a request that was examined; the handle by which the browser brings it. `source` is where it comes from.
    /// Error: `flow.too_many`.
    pub async fn keep_pushed(
        &self,
        client: &Client,
        request: &Request,
        source: &str,
        now: Timestamp,
    ) -> Result<String> {
        let (source, limit) = if client.is_confidential() {
            (client.client_id.as_str(), PUSHED)
        } else {
            (source, PUSHED_FREELY)
        };
        let parameters =
            serde_json::to_string(request).map_err(|error| Error::internal("internal").because(error))?;
        let keep = Keep {
            kind: FlowKind::Pushed,
            client: Some(client.id),
            parameters,
            browser: None,
            source,
            limit,
            seconds: PUSHED_SECONDS,
        };
        self.keep_flow(keep, now).await
    }
    /// Exactly once, and for this client. None: unknown, expired, used, another client's, or for an address that was taken from
    /// the client since.
    pub async fn take_pushed(
        &self,
        client: &Client,
        handle: &str,
        now: Timestamp,
    ) -> Result<Option<Request>> {
        if handle.is_empty() || handle.len() > MOST_HANDLE {
            return Ok(None);
        }
        let (hash, id) = (TokenHash::of(handle), client.id);
        let found = self
            .db()
            .write_unaudited("a pushed request taken up", move |tx| store::take(tx, &hash, id, now))
            .await?;
        let read = |text: String| -> Result<Request> {
            serde_json::from_str(&text).map_err(|error| Error::internal("internal").because(error))
        };
        let request = found.map(read).transpose()?;
        Ok(request.filter(|request| client.allows_redirect(&request.redirect_uri)))
    }
}
