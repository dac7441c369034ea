use crate::authorize::service::FlowKind;
use db::{Tx, sql};
use kernel::{Result, Timestamp, TokenHash, id::ClientId};

/// The one winner among all who bring the name; a client takes its own requests alone.
pub(super) fn take(
    tx: &mut Tx<'_>,
    handle: &TokenHash,
    client: ClientId,
    now: Timestamp,
) -> Result<Option<String>> {
    tx.opt(
        sql!(
            "UPDATE flow SET consumed_at = $1
             WHERE handle_hash = $2 AND kind = $3 AND client_id = $4 AND consumed_at IS NULL AND expires_at > $1
             RETURNING parameters"
        ),
        &[&now, handle, &FlowKind::Pushed, &client],
    )
}
