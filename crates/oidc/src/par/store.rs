use crate::authorize::{service::FlowKind, store::FlowId};
use db::{Statement, sql};
use kernel::{Result, Timestamp, TokenHash, id::ClientId};

/// What was pushed after `since` and not answered; a client finds its own requests alone.
pub(super) fn find(
    statement: Statement<'_, '_>,
    handle: &TokenHash,
    client: ClientId,
    since: Timestamp,
) -> Result<Option<(FlowId, String)>> {
    statement.opt(
        sql!(
            "SELECT id, parameters FROM flow
             WHERE handle_hash = $1 AND kind = $2 AND client_id = $3 AND consumed_at IS NULL AND created_at > $4"
        ),
        &[handle, &FlowKind::Pushed, &client, &since],
    )
}
