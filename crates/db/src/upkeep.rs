//! What a store does by itself while the process lives: polls the change log, keeps its node number, signs checkpoints.
use crate::{Db, audit, node};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(250);
/// In polls: every 10 seconds and every minute.
const HEARTBEAT: u64 = 40;
const CHECKPOINT: u64 = 240;

/// Runs until the last handle of the store is gone.
pub(crate) fn start(db: &Db) {
    let weak = db.downgrade();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(POLL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for round in 0u64.. {
            tick.tick().await;
            let Some(db) = weak.upgrade() else { return };
            if let Err(error) = db.poll().run(&db).await {
                tracing::warn!(%error, "the change log could not be read");
            }
            if round % HEARTBEAT == HEARTBEAT - 1 {
                heartbeat(&db).await;
            }
            if round % CHECKPOINT == CHECKPOINT - 1
                && let Err(error) = audit::checkpoint(&db).await
            {
                tracing::warn!(%error, "no audit checkpoint could be signed");
            }
        }
    });
}

async fn heartbeat(db: &Db) {
    let Some((number, holder)) = db.node() else { return };
    match node::renew(db, number, &holder).await {
        Ok(true) => db.note_renewal(),
        Ok(false) => {
            tracing::error!(node = number, "the node number went to another process; this one stops writing")
        }
        Err(error) => tracing::warn!(%error, "the node number could not be renewed"),
    }
}
