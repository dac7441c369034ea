//! One handing-over.
use crate::gateway::Reason;
use db::Keyring;
use kernel::{Error, Id, Mobile, Result, Timestamp, email::Email, id::mark};
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
        /// The gateway was not asked; another one was.
        Skipped = "skipped",
        /// No gateway could be asked yet.
        Waiting = "waiting",
        /// It expired before a gateway took it.
        NotSent = "not_sent",
    }
);

#[derive(Clone, Debug)]
pub struct Delivered {
    pub id: DeliveryId,
    pub outbox_id: OutboxId,
    /// None where there was no gateway at all.
    pub connector_id: Option<ConnectorId>,
    /// Its name at that time.
    pub gateway: String,
    pub channel: Channel,
    /// Masked.
    pub recipient: String,
    /// By which staff finds what somebody got.
    pub to_index: Vec<u8>,
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
    to_index,
    purpose,
    lang,
    state,
    reason,
    said,
    provider_id,
    at,
    receipt_at
});

/// What staff looks for; nothing given looks for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channel: Option<Channel>,
    pub connector: Option<ConnectorId>,
    pub to_index: Option<Vec<u8>>,
    pub state: Option<DeliveryState>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

/// Of a number or address as messages name it; mailboxes are not told apart by case.
pub fn index_of(keyring: &Keyring, to: &str) -> Vec<u8> {
    keyring.blind("delivery.to", &to.to_lowercase())
}
/// A number or address as people type it. Error: `delivery.recipient` at `to`.
pub fn recipient(typed: &str) -> Result<String> {
    let parsed = if typed.contains('@') {
        Email::parse(typed).map(|email| email.as_str().to_owned())
    } else {
        Mobile::parse(typed).map(|phone| phone.as_str().to_owned())
    };
    parsed.map_err(|_| Error::invalid("delivery.recipient").at("to"))
}

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
