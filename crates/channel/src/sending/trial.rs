//! Try one gateway out.
use crate::{
    Channels, circuit, delivery,
    gateway::{Failure, Gateway, Reason, model::Taken},
    purpose,
};
use kernel::{Error, Event, Id, Result, Timestamp};
use platform::{
    Channel,
    connector::{self, ConnectorId, Kind},
    counter::{self, Limit},
    outbox::{Outgoing, model::OutboxId},
    staff::PolicyEditor,
};
use serde_json::json;
use std::collections::BTreeMap;
use web::Lang;

const TESTS: Limit = Limit { scope: "gateway.test", most: 30, seconds: 3600 };
pub const SAMPLE_CODE: &str = "123456";

impl Channels {
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
