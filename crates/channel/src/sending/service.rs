//! Deliver.
use super::{scrub::scrubbed, verdict};
use crate::{
    Channels, alarm, circuit,
    circuit::Entry,
    delivery::{self, Delivered, DeliveryState, model::index_of},
    gateway::{Failure, Gateway, Letter, Reason, Way, model::Taken},
    purpose,
    template::{self, Template},
    text::{self, MailText},
};
use kernel::{Error, Result, Timestamp};
use platform::{
    Channel, Delivery,
    connector::{self, Kind},
    outbox::{DeliveryError, Outgoing},
};
use std::{collections::BTreeMap, pin::Pin, sync::Arc};
use web::Lang;

/// Everything that one delivery reads.
pub(super) struct Plan {
    gateways: Vec<Gateway>,
    pub(super) templates: Vec<Template>,
    pub(super) mail_text: Option<MailText>,
    taken: bool,
}

pub(super) fn kind_of(channel: Channel) -> Kind {
    match channel {
        Channel::Sms => Kind::Sms,
        Channel::Mail => Kind::Mail,
    }
}

impl Delivery for Channels {
    fn deliver<'a>(
        &'a self,
        message: &'a Outgoing,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(self.send(message))
    }
}

impl Channels {
    async fn send(&self, message: &Outgoing) -> std::result::Result<(), DeliveryError> {
        let later = |error: Error| DeliveryError::Later(error.to_string());
        let purpose = purpose::of_message(&message.purpose, message.code.is_some());
        let plan = self.plan(message, &purpose).await.map_err(later)?;
        if plan.taken {
            // This process, or another, ended between the gateway's answer and the outbox's note of it.
            return Ok(());
        }
        if plan.gateways.is_empty() {
            tracing::warn!(channel = %message.channel, purpose, "no gateway is set up for this channel");
        }
        let mut letter = self.letter(message, purpose, plan.mail_text.as_ref());
        let (mut refusals, mut passed) = (Vec::new(), Vec::new());
        for gateway in &plan.gateways {
            letter.template = self.template(&plan.templates, gateway, &letter, true);
            letter.nonce = self.db().rng().short_token();
            match self.by_one(gateway, &letter, message.channel, &mut passed).await.map_err(later)? {
                Ok(_) => return Ok(()),
                Err(failure) => refusals.push(failure.reason),
            }
        }
        if refusals.iter().any(|reason| reason.was_asked()) {
            self.pass_over(passed).await.map_err(later)?;
        } else {
            let (place, reason) = verdict::hindrance(&refusals);
            let gateway = place.and_then(|place| plan.gateways.get(place));
            let row = self.unsent(message, gateway, DeliveryState::Waiting, reason);
            let waits = move |tx: &mut db::Tx<'_>| delivery::service::wait_in(tx, &row);
            self.db().write_unaudited("delivery", waits).await.map_err(later)?;
        }
        Err(verdict::of(&refusals, self.held_until(&refusals)))
    }
    /// Gateways that were passed over, where another one was asked.
    async fn pass_over(&self, passed: Vec<Delivered>) -> Result<()> {
        if passed.is_empty() {
            return Ok(());
        }
        self.db()
            .write_unaudited("delivery", move |tx| {
                passed.iter().try_for_each(|row| delivery::service::pass_over_in(tx, row))
            })
            .await
    }
    pub(super) async fn plan(&self, message: &Outgoing, purpose: &str) -> Result<Plan> {
        let keyring = Arc::clone(self.db().keyring());
        let (channel, purpose, lang, id) =
            (message.channel, purpose.to_owned(), message.lang.clone(), message.id);
        let (plan, connectors) = self
            .db()
            .read(move |tx| {
                let connectors = connector::service::list_in(tx, &keyring, kind_of(channel))?;
                let mail_text = match channel {
                    Channel::Mail => text::service::find_in(tx, &purpose, &lang)?,
                    Channel::Sms => None,
                };
                let templates = match channel {
                    Channel::Sms => template::service::list_in(tx)?,
                    Channel::Mail => Vec::new(),
                };
                let taken = delivery::service::taken_in(tx, id)?;
                Ok((Plan { gateways: Vec::new(), templates, mail_text, taken }, connectors))
            })
            .await?;
        let mut gateways = Vec::new();
        for connector in connectors.iter().filter(|connector| connector.enabled) {
            match Gateway::of(connector) {
                Ok(gateway) => gateways.push(gateway),
                Err(error) => tracing::error!(%error, connector = %connector.id, "a gateway cannot be read"),
            }
        }
        if channel == Channel::Sms {
            self.tools().smpp.keep(&gateways);
        }
        Ok(Plan { gateways, ..plan })
    }
    pub(super) fn letter(&self, message: &Outgoing, purpose: String, mail_text: Option<&MailText>) -> Letter {
        let brand = self.brand(&message.lang).to_owned();
        let lang = Lang::from_tag(&message.lang).unwrap_or(Lang::Zh);
        let subject = message.subject.clone().unwrap_or_else(|| {
            let key =
                if message.code.is_some() { "channel-mail-subject-code" } else { "channel-mail-subject" };
            lang.ta(key, &[("brand", &brand)])
        });
        let mut values: BTreeMap<String, String> = message.args.iter().cloned().collect();
        if let Some(code) = &message.code {
            values.insert("code".into(), code.clone());
        }
        values.insert("brand".into(), brand);
        values.insert("text".into(), message.text.clone());
        values.insert("subject".into(), subject.clone());
        if message.code.is_none() {
            // A template for any notice carries words that are none: what is said in place of a code, an alarm.
            values.entry("title".into()).or_insert_with(|| subject.clone());
            values.entry("notice".into()).or_insert_with(|| message.text.clone());
        }
        let mut letter = Letter {
            id: message.id,
            to: message.to.clone(),
            purpose,
            lang: message.lang.clone(),
            text: message.text.clone(),
            subject,
            code: message.code.clone(),
            values,
            template: None,
            now: self.db().clock().now(),
            nonce: String::new(),
        };
        match mail_text.map(|text| text.render(&letter.values)) {
            Some(Ok((subject, text))) => (letter.subject, letter.text) = (subject, text),
            // It names what this message has not; the program's own words serve.
            Some(Err((field, error))) => {
                tracing::warn!(
                    purpose = letter.purpose,
                    field,
                    error = error.0,
                    "a mail text cannot be used"
                );
            }
            None => {}
        }
        letter
    }
    pub(super) fn template(
        &self,
        templates: &[Template],
        gateway: &Gateway,
        letter: &Letter,
        approved: bool,
    ) -> Option<Template> {
        let wanted = (letter.purpose.as_str(), letter.lang.as_str(), letter.code.is_some());
        template::model::choose(templates, gateway.id, wanted, approved).cloned()
    }
    /// The outcome at one gateway, recorded.
    async fn by_one(
        &self,
        gateway: &Gateway,
        letter: &Letter,
        channel: Channel,
        passed: &mut Vec<Delivered>,
    ) -> Result<Taken> {
        let mut pass = |reason, now| {
            let outcome = Err(Failure::new(reason, ""));
            passed.push(self.row(gateway, letter, channel, &outcome, now));
            Ok(outcome)
        };
        let now = self.db().clock().now();
        if gateway.provider.wants_templates() && letter.template.is_none() {
            return pass(Reason::NoTemplate, now);
        }
        let cap = gateway.config.daily_cap;
        match circuit::service::enter(self.db(), gateway.id, self.today(), cap, now).await? {
            Entry::Go(taken) => {
                self.pass_over(std::mem::take(passed)).await?;
                let taken = self.ask(gateway, letter).await.map(|id| (id, taken));
                let outcome = taken.as_ref().map(|(id, _)| id.clone()).map_err(Clone::clone);
                self.record(gateway, letter, channel, &outcome).await?;
                if let Ok((_, count)) = taken {
                    alarm::service::counted(self, gateway, count).await;
                }
                Ok(outcome)
            }
            // Not worth a row for each message.
            Entry::Open => Ok(Err(Failure::new(Reason::Circuit, ""))),
            Entry::Capped => pass(Reason::Cap, now),
        }
    }
    /// Hands the letter over; never takes longer than the tools' patience.
    pub(super) async fn ask(&self, gateway: &Gateway, letter: &Letter) -> Taken {
        let (tools, config) = (self.tools(), &gateway.config);
        let asking = async {
            match &config.way {
                Way::Aliyun(way) => way.send(tools, config, letter).await,
                Way::Tencent(way) => way.send(tools, config, letter).await,
                Way::Http(way) => way.send(tools, config, letter).await,
                Way::Smpp(way) => way.send(tools, gateway, letter).await,
                Way::Smtp(way) => way.send(tools, gateway, letter).await,
            }
        };
        let patience = if gateway.kind == Kind::Mail { tools.mail_patience } else { tools.patience };
        let began = std::time::Instant::now();
        let taken = tokio::time::timeout(patience, asking)
            .await
            .unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "")));
        let taken = scrubbed(taken, &config.way, letter);
        let outcome = taken.as_ref().map_or_else(|failure| failure.reason.as_str(), |_| "taken");
        let provider = gateway.provider.as_str();
        metrics::counter!("fujie_gateway_attempts_total", "provider" => provider, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("fujie_gateway_seconds", "provider" => provider)
            .record(began.elapsed().as_secs_f64());
        taken
    }
    async fn record(
        &self,
        gateway: &Gateway,
        letter: &Letter,
        channel: Channel,
        outcome: &Taken,
    ) -> Result<()> {
        let now = self.db().clock().now();
        let row = self.row(gateway, letter, channel, outcome, now);
        let (id, outcome) = (gateway.id, outcome.clone());
        let opened = self
            .db()
            .write_unaudited("delivery", move |tx| {
                delivery::service::record_in(tx, &row)?;
                match &outcome {
                    Ok(_) => circuit::service::succeeded_in(tx, id, now).map(|()| None),
                    Err(failure) if failure.reason.was_asked() => {
                        let opened = circuit::service::failed_in(tx, id, failure, now)?;
                        Ok(opened.then(|| failure.clone()))
                    }
                    Err(_) => Ok(None),
                }
            })
            .await?;
        if let Some(failure) = opened {
            alarm::service::opened(self, gateway, &failure).await;
        }
        Ok(())
    }
    pub(super) fn row(
        &self,
        gateway: &Gateway,
        letter: &Letter,
        channel: Channel,
        outcome: &Taken,
        now: Timestamp,
    ) -> Delivered {
        let failure = outcome.as_ref().err();
        Delivered {
            id: self.db().draw(),
            outbox_id: letter.id,
            connector_id: Some(gateway.id),
            gateway: gateway.name.clone(),
            channel,
            recipient: masked(channel, &letter.to),
            to_index: index_of(self.db().keyring(), &letter.to),
            purpose: letter.purpose.clone(),
            lang: letter.lang.clone(),
            state: match failure {
                None => DeliveryState::Taken,
                Some(failure) if failure.reason.was_asked() => DeliveryState::Failed,
                Some(_) => DeliveryState::Skipped,
            },
            reason: failure.map(|failure| failure.reason),
            said: failure.map(|failure| failure.said.clone()).filter(|said| !said.is_empty()),
            provider_id: outcome.as_ref().ok().cloned().flatten(),
            at: now,
            receipt_at: None,
        }
    }
}

pub fn masked(channel: Channel, to: &str) -> String {
    match channel {
        Channel::Sms => kernel::mask::mobile(to.strip_prefix("+86").unwrap_or(to)),
        Channel::Mail => kernel::mask::email(to),
    }
}
