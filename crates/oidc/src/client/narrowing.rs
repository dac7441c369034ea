//! What an edit takes from a client, its tokens lose for good: given back later, it comes without them.
use super::{Client, GrantType};
use crate::token;
use db::Tx;
use kernel::{Result, Timestamp};

/// How many tokens ended.
pub(super) fn end_in(tx: &mut Tx<'_>, before: &Client, after: &Client, now: Timestamp) -> Result<u64> {
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
