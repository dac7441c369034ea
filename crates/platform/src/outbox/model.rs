//! Messages before, in and after the queue.
use super::Purpose;
use kernel::{Id, Timestamp, id::mark};
use serde::{Deserialize, Serialize};

pub type OutboxId = Id<mark::Outbox>;

db::text_enum!(
    pub enum Channel {
        Sms = "sms",
        Mail = "mail",
    }
);
db::text_enum!(
    pub(super) enum State {
        Queued = "queued",
        Delivered = "delivered",
        /// A gateway said that it will never take it.
        Refused = "refused",
        Expired = "expired",
    }
);

/// What a use case wants to be sent. The text is ready for reading; gateways that fill templates of their own take
/// `purpose`, `lang`, `code` and `args`.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: OutboxId,
    pub channel: Channel,
    /// E.164 number or mail address.
    pub to: String,
    pub purpose: Purpose,
    pub lang: &'static str,
    pub text: String,
    pub code: Option<String>,
    /// Of a mail; None leaves it to the gateway.
    pub subject: Option<String>,
    /// What the text was made of (`minutes` …), for approved and edited texts.
    pub args: Vec<(&'static str, String)>,
    /// A code that is out of date is never sent.
    pub expires_at: Timestamp,
}

/// The sealed body of a row.
#[derive(Serialize, Deserialize)]
pub(super) struct Body {
    pub to: String,
    pub lang: String,
    pub text: String,
    pub code: Option<String>,
    pub subject: Option<String>,
    pub args: Vec<(String, String)>,
}

/// A claimed row.
pub(super) struct Claimed {
    pub id: OutboxId,
    pub channel: Channel,
    pub purpose: String,
    pub body: Option<Vec<u8>>,
    pub attempts: i64,
    pub lease_until: Timestamp,
    pub created_at: Timestamp,
}
db::row!(Claimed { id, channel, purpose, body, attempts, lease_until, created_at });

/// What became of a claimed row, until it is written.
#[derive(Clone)]
pub(super) struct Done {
    pub id: OutboxId,
    pub lease_until: Timestamp,
    pub attempts: i64,
    pub outcome: Result<(), DeliveryError>,
    pub at: Timestamp,
}

/// What a gateway gets. `id` lets it recognize a message that is delivered twice.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub id: OutboxId,
    pub channel: Channel,
    pub to: String,
    pub purpose: String,
    pub lang: String,
    pub text: String,
    pub code: Option<String>,
    pub subject: Option<String>,
    pub args: Vec<(String, String)>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryError {
    /// Worth another try.
    Later(String),
    /// Not worth one before this, unless what messages are sent with changes.
    Held(String, Timestamp),
    /// Never: unknown number, refused text.
    Never(String),
}

/// 1, 2, 4 … at most 60 seconds between attempts.
pub(super) fn backoff_seconds(attempts: i64) -> i64 {
    (1_i64 << attempts.saturating_sub(1).clamp(0, 6)).min(60)
}
