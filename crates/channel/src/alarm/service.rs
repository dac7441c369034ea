//! Notice when it happens, list what holds.
use super::model::{Alarm, alarms};
use crate::{
    Channels, circuit,
    circuit::model::near,
    gateway::{Failure, Gateway},
    purpose::GATEWAY_ALARM,
};
use kernel::Result;
use platform::{
    Channel, Message,
    connector::{self, Kind},
    outbox,
};
use web::Lang;

/// The gateway failed so often in a row that it rests.
pub(crate) async fn opened(channels: &Channels, gateway: &Gateway, failure: &Failure) {
    tracing::error!(
        gateway = gateway.name,
        reason = failure.reason.as_str(),
        said = failure.said,
        "a gateway fails and rests for a while"
    );
    metrics::counter!("fujie_gateway_alarms_total", "alarm" => "resting").increment(1);
    tell(channels, gateway, "channel-alarm-resting-mail").await;
}
/// `count` messages were handed over today.
pub(crate) async fn counted(channels: &Channels, gateway: &Gateway, count: i64) {
    let cap = gateway.config.daily_cap;
    if cap == 0 || (count != cap && count != near(cap)) {
        return;
    }
    let (alarm, text) = if count == cap {
        ("cap_reached", "channel-alarm-cap-reached-mail")
    } else {
        ("cap_near", "channel-alarm-cap-near-mail")
    };
    tracing::error!(gateway = gateway.name, count, cap, alarm, "the daily cap of a gateway");
    metrics::counter!("fujie_gateway_alarms_total", "alarm" => alarm).increment(1);
    tell(channels, gateway, text).await;
}
/// In both languages, since an address says nothing about who reads it. Staff may write another text for it.
async fn tell(channels: &Channels, gateway: &Gateway, key: &str) {
    let Some(to) = gateway.config.alarm_to.clone() else { return };
    let now = channels.db().clock().now();
    let cap = gateway.config.daily_cap.to_string();
    let said = |lang: Lang| lang.ta(key, &[("gateway", &gateway.name), ("cap", &cap)]);
    let message = Message {
        id: channels.db().draw(),
        channel: Channel::Mail,
        to,
        purpose: GATEWAY_ALARM,
        lang: Lang::Zh.tag(),
        text: format!("{}\n\n{}\n", said(Lang::Zh), said(Lang::En)),
        code: None,
        subject: Some(Lang::Zh.ta("channel-alarm-subject", &[("gateway", &gateway.name)])),
        args: Vec::new(),
        expires_at: now.plus_days(1),
    };
    let queue = channels.0.queue.clone();
    let queued =
        channels.db().write_unaudited("gateway alarm", move |tx| queue.queue_in(tx, &message, now)).await;
    if let Err(error) = queued {
        tracing::error!(%error, "an alarm could not be mailed");
    }
}
/// What holds now.
pub async fn list(channels: &Channels) -> Result<Vec<Alarm>> {
    let db = channels.db();
    let (mut gateways, mut waiting) = (Vec::new(), Vec::new());
    for (kind, channel) in [(Kind::Sms, Channel::Sms), (Kind::Mail, Channel::Mail)] {
        for connector in connector::service::list(db, kind).await? {
            gateways.push(Gateway::of(&connector)?);
        }
        let (count, since) = outbox::service::waiting(db, channel).await?;
        waiting.push((kind, count, since));
    }
    let states = circuit::service::list(db).await?;
    Ok(alarms(&gateways, &states, &waiting, &channels.today(), db.clock().now()))
}
