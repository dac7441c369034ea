//! Renews keys that have signed long enough, and removes requests, codes, tokens, identifiers and refusals that ran out. Codes
//! and tokens stay for a day, so that one that comes twice is recognized.
use crate::{OpenId, authorize::store, once};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(600);
const KEPT_DAYS: i64 = 1;

impl OpenId {
    /// Begins the upkeep; it ends with the runtime.
    pub fn start_upkeep(&self) {
        let openid = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                if let Err(error) = openid.sweep().await {
                    tracing::warn!(%error, "expired requests and tokens could not be removed");
                }
            }
        });
    }
    /// Removes what ran out, in slices behind urgent work.
    pub async fn sweep(&self) -> kernel::Result<()> {
        self.sweep_webhooks().await?;
        self.sweep_logouts().await?;
        let policies = self.organizations().identity().settings().policies().await?;
        self.keys().rotate_due(policies.keys.rotate_days).await?;
        let now = self.db().clock().now();
        let before = now.plus_days(-KEPT_DAYS);
        loop {
            let gone = self
                .db()
                .write_bulk(move |tx| {
                    let gone = store::delete_expired(tx, now, before)? + once::delete_expired(tx, now)?;
                    Ok((gone + organization::refusal::forget_old_in(tx, now)?, Vec::new()))
                })
                .await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}
