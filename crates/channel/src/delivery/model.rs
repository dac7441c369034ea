//! One handing-over.
use crate::gateway::Reason;
use kernel::{Id, Timestamp, id::mark};
use platform::{Channel, connector::ConnectorId};

pub type DeliveryId = Id<mark::Delivery>;
type OutboxId = Id<mark::Outbox>;

db::text_enum!(
    pub enum DeliveryState {
        /// The gateway has it.
        Taken = "taken",
        /// A receipt says that it arrived.
        Arrived = "arrived",
        /// A receipt says that it did not.
        Lost = "lost",
        Failed = "failed",
        /// The gateway was not asked.
        Skipped = "skipped",
    }
);

#[derive(Clone, Debug)]
pub struct Delivered {
    pub id: DeliveryId,
    pub outbox_id: OutboxId,
    pub connector_id: ConnectorId,
    /// Its name at that time.
    pub gateway: String,
    pub channel: Channel,
    /// Masked.
    pub recipient: String,
    pub purpose: String,
    pub lang: String,
    pub state: DeliveryState,
    pub reason: Option<Reason>,
    pub said: Option<String>,
    pub provider_id: Option<String>,
    pub at: Timestamp,
    pub receipt_at: Option<Timestamp>,
}
db::row!(Delivered {
    id,
    outbox_id,
    connector_id,
    gateway,
    channel,
    recipient,
    purpose,
    lang,
    state,
    reason,
    said,
    provider_id,
    at,
    receipt_at
});

/// Operators write the id of one message here in decimal, there in hexadecimal, in upper case or lower.
pub fn spellings(id: &str) -> Vec<String> {
    let mut all = vec![id.to_owned(), id.to_lowercase(), id.to_uppercase()];
    let trimmed = id.trim_start_matches('0');
    if let Ok(number) = trimmed.parse::<u64>() {
        all.extend([
            number.to_string(),
            format!("{number:x}"),
            format!("{number:X}"),
            format!("{number:08X}"),
        ]);
    }
    if let Ok(number) = u64::from_str_radix(trimmed, 16) {
        all.extend([number.to_string(), format!("{number:x}"), format!("{number:010}")]);
    }
    all.sort();
    all.dedup();
    all
}
