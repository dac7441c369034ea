use super::{PUSHED_SECONDS, store};
use crate::{
    OpenId,
    authorize::{
        model::Request,
        service::{FlowKind, Keep, stored},
        store::FlowId,
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
        let parameters = stored(request)?;
        let keep = Keep {
            kind: FlowKind::Pushed,
            client: Some(client.id),
            parameters,
            browser: None,
            pushed: None,
            source,
            limit,
            seconds: PUSHED_SECONDS,
        };
        self.keep_flow(keep, now).await
    }
    /// To be answered once, for this client: whoever only looks, as programs that load addresses in advance do, uses nothing up
    /// (FAPI 2.0 §5.3.2.2 note 3). None: unknown, expired, answered, another client's, or for an address that was taken from the
    /// client since.
    pub async fn find_pushed(
        &self,
        client: &Client,
        handle: &str,
        now: Timestamp,
    ) -> Result<Option<(FlowId, Request)>> {
        if handle.is_empty() || handle.len() > MOST_HANDLE {
            return Ok(None);
        }
        let (hash, id) = (TokenHash::of(handle), client.id);
        let since = now.plus_seconds(-PUSHED_SECONDS);
        let found = self.db().read_one(move |statement| store::find(statement, &hash, id, since)).await?;
        let Some((flow, text)) = found else { return Ok(None) };
        let request: Request =
            serde_json::from_str(&text).map_err(|error| Error::internal("internal").because(error))?;
        Ok(client.allows_redirect(&request.redirect_uri).then_some((flow, request)))
    }
}
