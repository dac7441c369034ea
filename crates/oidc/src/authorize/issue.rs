//! A code is issued: decided about in the transaction that writes it, so that the database has the last word.
use super::{
    model::{Request, Scope},
    next::{Asks, Next, Remember, next},
    service::{Asking, Survey},
    store::{self, FlowId, NewCode},
};
use crate::{
    OpenId,
    claims::{Sector, pairwise},
    client::{Client, settings::join_lines},
    logout::backchannel,
    token::model::join_zones,
};
use db::{Keyring, Tx};
use kernel::{
    Actor, Event, Result, Timestamp, TokenHash,
    id::{MembershipId, ProductId},
};
use organization::decision::{SessionFacts, Space, decide_few_in, decide_in};
use organization::refusal::{self, RefusalId, Refused};
use serde_json::json;
use std::sync::Arc;

/// How long a code waits for its client (FAPI 2.0 §5.3.2.1: no longer than this).
pub const CODE_SECONDS: i64 = 60;

#[derive(Debug, PartialEq, Eq)]
pub enum Issued {
    /// The code, to be handed to the client.
    Code(String),
    /// Decided again in the writing transaction, it no longer fits.
    Refused(&'static str),
    /// The request was answered before: a second click, or another tab.
    AlreadyAnswered,
}

/// For whom a code is, and what comes with it.
pub struct Issue<'a> {
    pub asking: &'a Asking,
    pub client: &'a Client,
    pub request: &'a Request,
    /// The requests that this answers: the one that waited, and the pushed one that it took up.
    pub flows: Vec<FlowId>,
    pub remember: Remember,
    pub now: Timestamp,
}

/// What the transaction came to.
enum Outcome {
    Issued,
    Refused(&'static str),
    AlreadyAnswered,
}
impl Outcome {
    fn with(self, code: String) -> Issued {
        match self {
            Self::Issued => Issued::Code(code),
            Self::Refused(reason) => Issued::Refused(reason),
            Self::AlreadyAnswered => Issued::AlreadyAnswered,
        }
    }
}

impl OpenId {
    /// In this space, which was chosen or is the only one.
    pub async fn issue(&self, issue: Issue<'_>, space: Space) -> Result<Issued> {
        let (draft, code) = Draft::of(self, &issue);
        let refusal_id = self.db().draw();
        let outcome = self.db().write(move |tx| draft.decide_in(tx, space, refusal_id)).await?;
        Ok(outcome.with(code))
    }
    /// As [`Self::issue`], where a request leads to a code without a question: spaces, consents and the code in one transaction.
    /// None, and nothing is written, if a page has the next word or there is more to look at than others should wait for.
    pub async fn issue_at_once(&self, issue: Issue<'_>) -> Result<Option<Issued>> {
        let (prompt, asks) = (&issue.request.prompt, Asks::of(issue.client, issue.request));
        if prompt.consent || prompt.select_account || asks == Asks::Always {
            return Ok(None);
        }
        let (draft, code) = Draft::of(self, &issue);
        let request = issue.request.clone();
        let outcome = self
            .db()
            .write(move |tx| {
                let Some(survey) = draft.survey_in(tx, &request, asks)? else {
                    return Ok((None, Vec::new()));
                };
                match next(&request, asks, &survey.choices(), &survey.consents, draft.code.now) {
                    Next::Issue(space) => {
                        let membership = survey.find(space).and_then(|found| found.membership);
                        let (outcome, events) = draft.write_in(tx, space, membership)?;
                        Ok((Some(outcome), events))
                    }
                    Next::Ask { .. } | Next::Explain(..) | Next::Nowhere => Ok((None, Vec::new())),
                }
            })
            .await?;
        Ok(outcome.map(|outcome| outcome.with(code)))
    }
}

/// All that is known before the transaction.
struct Draft {
    code: NewCode,
    product: ProductId,
    facts: SessionFacts,
    actor: Actor,
    agreed: Scope,
    flows: Vec<FlowId>,
    remember: Remember,
    sector: Sector,
    hears_of_end: bool,
    keyring: Arc<Keyring>,
}
impl Draft {
    fn of(openid: &OpenId, issue: &Issue<'_>) -> (Self, String) {
        let (id, text) = crate::token::handle::draw(openid.db());
        let Issue { asking, client, request, ref flows, remember, now } = *issue;
        let code = NewCode {
            id,
            hash: TokenHash::of(&text),
            client: client.id,
            account: asking.account,
            session: asking.session,
            redirect_uri: request.redirect_uri.clone(),
            code_challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
            scope: request.scope,
            zones: join_zones(&asking.facts.zones),
            resources: join_lines(&request.resources),
            dpop_jkt: request.dpop_jkt.clone(),
            claims: request.wishes.stored(),
            now,
            expires_at: now.plus_seconds(CODE_SECONDS),
        };
        let draft = Self {
            code,
            product: client.product,
            facts: asking.facts.clone(),
            actor: asking.actor.clone(),
            agreed: request.asked(),
            flows: flows.clone(),
            remember,
            sector: Sector::of(client),
            hears_of_end: client.settings.backchannel_logout_uri.is_some(),
            keyring: openid.db().keyring().clone(),
        };
        (draft, text)
    }
    /// As `OpenId::survey_asked`, of somebody in few organizations.
    fn survey_in(&self, tx: &mut Tx<'_>, request: &Request, asks: Asks) -> Result<Option<Survey>> {
        let (account, now) = (self.code.account, self.code.now);
        let asked = match request.organization.map(Space::Organization) {
            Some(space) => decide_in(tx, account, &self.facts, space, self.product, now)?,
            None => None,
        };
        let spaces = match asked.filter(|found| found.membership.is_some()) {
            Some(found) => vec![found],
            None => match decide_few_in(tx, account, &self.facts, self.product, now)? {
                Some(spaces) => request.spaces(spaces),
                None => return Ok(None),
            },
        };
        let consents = match asks {
            Asks::Never | Asks::Always => Vec::new(),
            Asks::Once => store::list_consents(tx.statement(), account, self.code.client, self.code.session)?,
        };
        Ok(Some(Survey { spaces, consents }))
    }
    /// Decides once more, and writes the code or the refusal.
    fn decide_in(
        &self,
        tx: &mut Tx<'_>,
        space: Space,
        refusal_id: RefusalId,
    ) -> Result<(Outcome, Vec<Event>)> {
        let (account, product, now) = (self.code.account, self.product, self.code.now);
        let Some(found) = decide_in(tx, account, &self.facts, space, product, now)? else {
            // A stranger's attempt is none of that organization's record: it would show them a name.
            let reason = "decision.membership_missing";
            let refused = Event::refused(&self.actor, "authorization.refused").on("client", self.code.client);
            return Ok((Outcome::Refused(reason), vec![refused.with(json!({ "reason": reason }))]));
        };
        if found.decision.allow {
            return self.write_in(tx, space, found.membership);
        }
        let decision = &found.decision;
        let refused = Refused { account, space, product, session: &self.facts, decision };
        let member = found.membership.is_some();
        let (_, events) = refusal::note_in(tx, &self.actor, refusal_id, refused, member, now)?;
        Ok((Outcome::Refused(decision.code()), events))
    }
    /// `membership` is the one that the decision in this transaction found.
    fn write_in(
        &self,
        tx: &mut Tx<'_>,
        space: Space,
        membership: Option<MembershipId>,
    ) -> Result<(Outcome, Vec<Event>)> {
        let code = &self.code;
        if !store::consume_flows(tx, &self.flows, code.now)? {
            return Ok((Outcome::AlreadyAnswered, Vec::new()));
        }
        let counts_for = match self.remember {
            Remember::Nothing => None,
            Remember::Session => Some(Some(code.session)),
            Remember::Days => Some(None),
        };
        if let Some(session) = counts_for {
            let who = (code.account, session);
            store::upsert_consent(tx, who, code.client, space, self.agreed, code.now)?;
        }
        store::insert_code(tx, code, space, membership)?;
        // Whoever was told of the person under a name of its own, and whoever wants to hear of the end.
        pairwise::remember_in(tx, &self.keyring, &self.sector, code.account)?;
        if self.hears_of_end {
            backchannel::remember_in(tx, code.session, code.client)?;
        }
        let detail = json!({ "scope": code.scope.text(), "remembered": self.remember == Remember::Days });
        let granted =
            Event::done(&self.actor, "authorization.granted").on("client", code.client).with(detail);
        let granted = match space.organization() {
            Some(organization) => granted.of(organization),
            None => granted,
        };
        Ok((Outcome::Issued, vec![granted]))
    }
}
