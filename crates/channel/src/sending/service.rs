//! Deliver, and try one gateway out.
use super::scrub::scrubbed;
use crate::{
    Channels, alarm, circuit,
    circuit::Entry,
    delivery::{self, Delivered, DeliveryState},
    gateway::{Failure, Gateway, Letter, Reason, Way, model::Taken},
    purpose,
    template::{self, Template},
    text::{self, MailText},
};
use kernel::{Error, Event, Id, Result, Timestamp};
use platform::{
    Channel, Delivery,
    connector::{self, ConnectorId, Kind},
    counter::{self, Limit},
    outbox::{DeliveryError, Outgoing, model::OutboxId},
    staff::PolicyEditor,
};
use serde_json::json;
use std::{collections::BTreeMap, pin::Pin, sync::Arc};
use web::Lang;

const TESTS: Limit = Limit { scope: "gateway.test", most: 30, seconds: 3600 };

/// Everything that one delivery reads.
struct Plan {
    gateways: Vec<Gateway>,
    templates: Vec<Template>,
    mail_text: Option<MailText>,
    taken: bool,
}

fn kind_of(channel: Channel) -> Kind {
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
            return Err(DeliveryError::Later("no gateway is set up".into()));
        }
        let mut letter = self.letter(message, purpose, plan.mail_text.as_ref());
        let mut refusals = Vec::new();
        for gateway in &plan.gateways {
            letter.template = self.template(&plan.templates, gateway, &letter, true);
            letter.nonce = self.db().rng().short_token();
            match self.by_one(gateway, &letter, message.channel).await.map_err(later)? {
                Ok(_) => return Ok(()),
                Err(failure) => refusals.push(failure),
            }
        }
        let said = refusals.last().map_or("", |failure| failure.reason.as_str());
        let mut asked = refusals.iter().filter(|failure| failure.reason.was_asked()).peekable();
        if asked.peek().is_some() && asked.all(|failure| failure.reason.speaks_of_message()) {
            return Err(DeliveryError::Never(said.to_owned()));
        }
        Err(DeliveryError::Later(said.to_owned()))
    }
    async fn plan(&self, message: &Outgoing, purpose: &str) -> Result<Plan> {
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
    fn letter(&self, message: &Outgoing, purpose: String, mail_text: Option<&MailText>) -> Letter {
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
    fn template(
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
    async fn by_one(&self, gateway: &Gateway, letter: &Letter, channel: Channel) -> Result<Taken> {
        if gateway.provider.wants_templates() && letter.template.is_none() {
            let failure = Failure::new(Reason::NoTemplate, "");
            self.record(gateway, letter, channel, &Err(failure.clone())).await?;
            return Ok(Err(failure));
        }
        let now = self.db().clock().now();
        let cap = gateway.config.daily_cap;
        match circuit::service::enter(self.db(), gateway.id, self.today(), cap, now).await? {
            Entry::Go(taken) => {
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
            Entry::Capped => {
                let failure = Failure::new(Reason::Cap, "");
                self.record(gateway, letter, channel, &Err(failure.clone())).await?;
                Ok(Err(failure))
            }
        }
    }
    /// Hands the letter over; never takes longer than the tools' patience.
    async fn ask(&self, gateway: &Gateway, letter: &Letter) -> Taken {
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
    fn row(
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
            connector_id: gateway.id,
            gateway: gateway.name.clone(),
            channel,
            recipient: masked(channel, &letter.to),
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
    /// Hands one sample to one gateway, whatever its circuit and cap: staff wants to know what it says. Templates that are
    /// not approved are used too. Errors: `connector.unknown`, `gateway.tests`.
    pub async fn test(
        &self,
        editor: &PolicyEditor,
        id: ConnectorId,
        to: String,
        purpose: &str,
        lang: Lang,
    ) -> Result<Taken> {
        let now = self.db().clock().now();
        let who = editor.actor().account.map_or(0, Id::as_i64);
        let hit = counter::service::hit(self.db(), TESTS, who.to_be_bytes().to_vec(), now).await?;
        if !hit.allowed() {
            return Err(Error::too_many("gateway.tests").arg("minutes", hit.minutes_left(now).to_string()));
        }
        let connector = connector::service::find(self.db(), id).await?;
        let connector = connector.filter(|c| matches!(c.kind, Kind::Sms | Kind::Mail));
        let gateway = Gateway::of(&connector.ok_or_else(|| Error::not_found("connector.unknown"))?)?;
        let channel = if gateway.kind == Kind::Mail { Channel::Mail } else { Channel::Sms };
        let outgoing = self.sample(channel, to, purpose, lang, now);
        let plan = self.plan(&outgoing, purpose).await?;
        let mut letter = self.letter(&outgoing, purpose.to_owned(), plan.mail_text.as_ref());
        letter.template = self.template(&plan.templates, &gateway, &letter, false);
        letter.nonce = self.db().rng().short_token();
        let outcome = if gateway.provider.wants_templates() && letter.template.is_none() {
            Err(Failure::new(Reason::NoTemplate, ""))
        } else {
            self.ask(&gateway, &letter).await
        };
        let row = self.row(&gateway, &letter, channel, &outcome, now);
        let (editor, taken) = (editor.clone(), outcome.is_ok());
        self.db()
            .write(move |tx| {
                editor.recheck_in(tx)?;
                delivery::service::record_in(tx, &row)?;
                // What answers a test may be asked again.
                if taken {
                    circuit::service::succeeded_in(tx, id, now)?;
                }
                let detail = json!({ "recipient": row.recipient, "purpose": row.purpose, "state": row.state.as_str(),
                    "reason": row.reason.map(Reason::as_str) });
                let event = Event::done(editor.actor(), "gateway.tested").on("connector", id).with(detail);
                Ok(((), vec![event]))
            })
            .await?;
        Ok(outcome)
    }
    fn sample(&self, channel: Channel, to: String, purpose: &str, lang: Lang, now: Timestamp) -> Outgoing {
        let brand = self.brand(lang.tag()).to_owned();
        let text = lang.ta("channel-test-text", &[("brand", &brand), ("code", SAMPLE_CODE)]);
        let of_notice = purpose::is_of_words(purpose);
        let title = lang.t("channel-test-title");
        Outgoing {
            id: self.db().draw::<kernel::id::mark::Outbox>() as OutboxId,
            channel,
            to,
            purpose: purpose.to_owned(),
            lang: lang.tag().to_owned(),
            code: (!of_notice).then(|| SAMPLE_CODE.to_owned()),
            subject: None,
            args: [("minutes", "5"), ("title", &title), ("notice", &text)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            text,
            at: now,
        }
    }
    /// What a mail text is tried out with.
    pub fn samples(&self, lang: Lang) -> BTreeMap<String, String> {
        let sample = self.sample(Channel::Mail, String::new(), "", lang, Timestamp::default());
        self.letter(&sample, String::new(), None).values
    }
}

pub const SAMPLE_CODE: &str = "123456";

pub fn masked(channel: Channel, to: &str) -> String {
    match channel {
        Channel::Sms => kernel::mask::mobile(to.strip_prefix("+86").unwrap_or(to)),
        Channel::Mail => kernel::mask::email(to),
    }
}
