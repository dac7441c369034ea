//! Removes requests, codes and tokens that ran out. They stay for a day, so that a code that comes twice is recognized.
use crate::{OpenId, authorize::store};
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
    /// Removes everything that ran out a day ago, in slices behind urgent work.
    pub async fn sweep(&self) -> kernel::Result<()> {
        let before = self.db().clock().now().plus_days(-KEPT_DAYS);
        while self.db().write_bulk(move |tx| Ok((store::delete_expired(tx, before)?, Vec::new()))).await? > 0
        {
        }
        Ok(())
    }
}
