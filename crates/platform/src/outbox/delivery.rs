//! How a message leaves: a gateway, or the local outbox of a demo.
use super::model::{Channel, DeliveryError, Outgoing};
use kernel::Timestamp;
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Mutex, PoisonError},
};

type Delivering<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// A way out for SMS and mail. Called at least once per message.
pub trait Delivery: Send + Sync {
    fn deliver<'a>(&'a self, message: &'a Outgoing) -> Delivering<'a>;
}

/// No gateway is set up: messages wait until they expire, and the log says why.
pub struct Unconfigured;
impl Delivery for Unconfigured {
    fn deliver<'a>(&'a self, message: &'a Outgoing) -> Delivering<'a> {
        Box::pin(async move {
            tracing::warn!(channel = %message.channel, purpose = message.purpose, "no gateway is set up for this channel");
            Err(DeliveryError::Later("no gateway is set up".into()))
        })
    }
}

/// A message as the local outbox shows it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Delivered {
    pub channel: Channel,
    pub to: String,
    pub purpose: String,
    pub text: String,
    pub code: Option<String>,
    pub at: Timestamp,
}

/// Keeps the newest messages in memory instead of sending them.
#[derive(Default)]
pub struct LocalOutbox {
    kept: Mutex<VecDeque<Delivered>>,
}
impl LocalOutbox {
    const MOST: usize = 500;
    /// Newest first.
    pub fn list(&self) -> Vec<Delivered> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
    /// The newest to one number or address.
    pub fn newest(&self, to: &str) -> Option<Delivered> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|message| message.to == to).cloned()
    }
}
impl Delivery for LocalOutbox {
    fn deliver<'a>(&'a self, message: &'a Outgoing) -> Delivering<'a> {
        let delivered = Delivered {
            channel: message.channel,
            // Mainland numbers as people write them, the same as in the list of demo accounts.
            to: message.to.strip_prefix("+86").unwrap_or(&message.to).to_owned(),
            purpose: message.purpose.clone(),
            text: message.text.clone(),
            code: message.code.clone(),
            at: message.at,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(delivered);
        kept.truncate(Self::MOST);
        Box::pin(std::future::ready(Ok(())))
    }
}
