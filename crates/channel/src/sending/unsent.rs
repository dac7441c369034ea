//! Messages that no gateway was given: how long they are held, what staff reads of them, and their end.
use super::service::{kind_of, masked};
use crate::{
    Channels,
    delivery::{self, Delivered, DeliveryState, model::index_of},
    gateway::{Gateway, Reason},
    purpose,
};
use kernel::{Id, Result, Timestamp};
use platform::{
    Channel, connector,
    outbox::{self, Outgoing},
};

/// Messages that expired, in one transaction.
const AT_ONCE: i64 = 200;
/// What is held is looked at this often all the same, in case that a change came just before it was held.
const HELD_SECONDS: i64 = 600;

impl Channels {
    /// A cap is a day's; everything else that is waited for is told to the outbox, which looks by itself now and then.
    pub(super) fn held_until(&self, refusals: &[Reason]) -> Timestamp {
        let soon = self.db().clock().now().plus_seconds(HELD_SECONDS);
        let tomorrow = self.0.zone.end_of(&self.today());
        tomorrow.filter(|_| refusals.contains(&Reason::Cap)).map_or(soon, |tomorrow| tomorrow.min(soon))
    }
    /// What expired before a gateway took it, ended and recorded in one transaction.
    pub async fn expire(&self) -> Result<()> {
        loop {
            let overdue = outbox::service::overdue(self.db(), AT_ONCE).await?;
            if overdue.is_empty() {
                return Ok(());
            }
            let last = (overdue.len() as i64) < AT_ONCE;
            let now = self.db().clock().now();
            let mut without = Vec::new();
            for channel in Channel::ALL {
                if connector::service::enabled(self.db(), kind_of(*channel)).await?.is_empty() {
                    without.push(*channel);
                }
            }
            let row = |message: Outgoing| {
                let none = without.contains(&message.channel);
                let reason = if none { Reason::NoGateway } else { Reason::Expired };
                self.unsent(&message, None, DeliveryState::NotSent, reason)
            };
            let rows: Vec<_> = overdue.into_iter().map(|(id, message)| (id, message.map(row))).collect();
            self.db()
                .write_unaudited("outbox expiry", move |tx| {
                    for (id, row) in &rows {
                        if outbox::service::expire_in(tx, *id, now)?
                            && let Some(row) = row
                        {
                            delivery::service::end_in(tx, row)?;
                        }
                    }
                    Ok(())
                })
                .await?;
            if last {
                return Ok(());
            }
        }
    }
    /// The one row of a message that no gateway was given, under the message's own id and time.
    pub(super) fn unsent(
        &self,
        message: &Outgoing,
        gateway: Option<&Gateway>,
        state: DeliveryState,
        reason: Reason,
    ) -> Delivered {
        Delivered {
            id: Id::from_i64(message.id.as_i64()),
            outbox_id: message.id,
            connector_id: gateway.map(|gateway| gateway.id),
            gateway: gateway.map(|gateway| gateway.name.clone()).unwrap_or_default(),
            channel: message.channel,
            recipient: masked(message.channel, &message.to),
            to_index: index_of(self.db().keyring(), &message.to),
            purpose: purpose::of_message(&message.purpose, message.code.is_some()),
            lang: message.lang.clone(),
            state,
            reason: Some(reason),
            said: None,
            provider_id: None,
            at: message.at,
            receipt_at: None,
        }
    }
}
