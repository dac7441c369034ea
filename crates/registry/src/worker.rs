//! What nobody clicks for: asking registers whose turn it is, warning of what ends soon. And the register as the room below
//! sees it.
use crate::{
    Registry,
    register::{Answer, Fault},
};
use kernel::{Error, Result};
use organization::founding::{HeadDocument, LookUp, Record, RegistryLookup};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(60);

impl Registry {
    /// Works until the process ends. Errors are logged and waited out.
    pub async fn work(self) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "registers and warnings wait for the next round");
            }
        }
    }
    async fn tick(&self) -> Result<()> {
        let now = self.db().clock().now();
        self.warn_of_materials(now).await?;
        self.warn_of_registrations(now).await?;
        self.synchronise_due(now).await.map(drop)
    }
    async fn record_of(&self, uscc: &str) -> Result<Option<Record>> {
        match self.look_up(uscc).await?.1 {
            Answer::Found(record) => Ok(Some(Record {
                name: record.name,
                uscc: record.uscc,
                head_name: record.head_name.unwrap_or_default(),
                head_document: record
                    .head_document
                    .map(|document| HeadDocument { kind: document.kind, number: document.number }),
                state: record.state,
                address: record.address,
            })),
            Answer::NotFound => Ok(None),
            // Nobody was asked, or nobody answered: that is not the same as unknown.
            Answer::Fault(Fault::None) => Err(Error::unavailable("registry.none")),
            Answer::Fault(_) => Err(Error::unavailable("registry.not_reached")),
        }
    }
}
impl RegistryLookup for Registry {
    fn look_up<'a>(&'a self, uscc: &'a str) -> LookUp<'a> {
        Box::pin(self.record_of(uscc))
    }
}
