//! What an edit takes from a client, its tokens lose for good: given back later, it comes without them.
use super::{Client, GrantType};
use crate::{remembered, token};
use db::Tx;
use kernel::{Result, Timestamp, id::ClientId};
use std::collections::BTreeSet;
use url::Url;

/// Another keeps the client from now on: what was let in before, and what people agreed to, was somebody else's.
pub(super) fn begin_anew_in(tx: &mut Tx<'_>, client: ClientId, now: Timestamp) -> Result<u64> {
    remembered::forget_client_in(tx, client)?;
    token::end_all_of_client(tx, client, now)
}
/// Where the client's addresses lie: what people are told when they agree.
fn places(client: &Client) -> BTreeSet<String> {
    let place = |uri: &str| {
        let url = Url::parse(uri).ok()?;
        Some(format!("{} {}", url.scheme(), url.host_str().unwrap_or_default()))
    };
    client.redirect_uris.split_whitespace().filter_map(place).collect()
}

/// How many tokens ended.
pub(super) fn end_in(tx: &mut Tx<'_>, before: &Client, after: &Client, now: Timestamp) -> Result<u64> {
    if !places(before).is_superset(&places(after)) {
        remembered::forget_client_in(tx, after.id)?;
    }
    let mut ended = 0;
    let refreshes = |client: &Client| client.settings.allows(GrantType::RefreshToken);
    if refreshes(before) && !refreshes(after) {
        ended += token::end_refresh_of_client(tx, after.id, now)?;
    }
    // Whoever found a token that nobody has to prove a key for could use it until it runs out.
    let bound = |client: &Client| client.settings.demands().sender_constrained;
    if !bound(before) && bound(after) {
        ended += token::end_unbound_of_client(tx, after.id, now)?;
    }
    Ok(ended)
}
