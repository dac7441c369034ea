//! Gateways: how SMS and mail leave the house. Staff sets them up at the desk; they are tried in order, each for a short time;
//! one that keeps failing rests; what became of each message is written down.
pub mod alarm;
pub mod circuit;
pub mod delivery;
pub mod gateway;
pub mod purpose;
pub mod sending;
pub mod template;
pub mod text;

use db::Db;
use gateway::{smpp::Sessions, smtp::Transports};
use kernel::{Result, clock::Zone};
use platform::{Outbox, outbox::Unconfigured};
use std::{sync::Arc, time::Duration};
use web::{Brand, Lang, Outbound};

/// For one gateway and one message, its connection included.
const PATIENCE: Duration = Duration::from_secs(3);
/// Mail servers greet late on purpose.
const MAIL_PATIENCE: Duration = Duration::from_secs(8);

/// What gateways are spoken to with.
#[derive(Clone)]
pub struct Tools {
    pub db: Db,
    pub outbound: Outbound,
    pub patience: Duration,
    pub mail_patience: Duration,
    pub mail: Arc<Transports>,
    pub smpp: Arc<Sessions>,
}

/// The room: cheap to clone, the outbox's way out and an extension of every request.
#[derive(Clone)]
pub struct Channels(Arc<Inner>);
struct Inner {
    tools: Tools,
    brand: Brand,
    zone: Zone,
    /// Alarms are messages too; the outbox that works sends them.
    queue: Outbox,
}
impl Channels {
    pub fn new(db: Db, outbound: Outbound, brand: Brand, zone: Zone) -> Self {
        let queue = Outbox::new(db.clone(), Arc::new(Unconfigured));
        let tools = Tools {
            db,
            outbound,
            patience: PATIENCE,
            mail_patience: MAIL_PATIENCE,
            mail: Arc::default(),
            smpp: Arc::default(),
        };
        Self(Arc::new(Inner { tools, brand, zone, queue }))
    }
    /// With other patience than the product's, for tests.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        let Inner { tools, brand, zone, queue } = &*self.0;
        let tools = Tools { patience, mail_patience: patience, ..tools.clone() };
        Self(Arc::new(Inner { tools, brand: brand.clone(), zone: zone.clone(), queue: queue.clone() }))
    }
    pub fn db(&self) -> &Db {
        &self.0.tools.db
    }
    pub fn tools(&self) -> &Tools {
        &self.0.tools
    }
    pub fn brand(&self, lang: &str) -> &str {
        if Lang::from_tag(lang) == Some(Lang::En) { &self.0.brand.name_en } else { &self.0.brand.name_zh }
    }
    /// Today's date where the platform is, by which daily caps count.
    pub fn today(&self) -> String {
        self.db().clock().now().local_date(&self.0.zone)
    }
}

/// Unaudited work that keeps tables small; the binary calls it every few minutes.
pub async fn tidy_up(channels: &Channels) -> Result<()> {
    let db = channels.db();
    channels.expire().await?;
    delivery::service::forget_old(db).await?;
    template::service::forget_gone(db).await?;
    circuit::service::forget_gone(db).await
}
