//! Use cases of the authorization endpoint: keep a request, survey the spaces, decline.
pub(crate) use super::store::FlowKind;
use super::{
    answer::Answer,
    model::{self, Request},
    next::{Choice, Consent},
    store::{self, Flow, FlowId, NewFlow},
};
use crate::{OpenId, client::Client};
use kernel::{
    Actor, Error, Event, Result, Timestamp, TokenHash,
    id::{AccountId, OrganizationId, SessionId},
};
use organization::decision::{InSpace, SessionFacts, Space};
use organization::refusal::Refused;
use platform::counter::{self, Limit};
use serde_json::json;
use std::sync::Arc;

/// How long a request waits for its person to sign in, register or agree.
pub const FLOW_SECONDS: i64 = 1800;

/// Requests that one source may leave to be kept: nobody has to be signed in to make one, and each is a row for a while.
pub(crate) const FLOWS: Limit = Limit { scope: "oidc.flow", most: 1200, seconds: 60 };

/// Who asks: the signed-in account, as far as an authorization depends on it.
#[derive(Clone, Debug)]
pub struct Asking {
    pub account: AccountId,
    pub session: SessionId,
    pub authenticated_at: Timestamp,
    pub facts: SessionFacts,
    pub actor: Actor,
}

/// A request that is to be kept.
pub(crate) struct Keep<'a> {
    pub kind: FlowKind,
    pub client: Option<kernel::id::ClientId>,
    pub parameters: String,
    /// None: the first browser to bring it.
    pub browser: Option<[u8; 32]>,
    pub pushed: Option<FlowId>,
    /// Whose requests are counted.
    pub source: &'a str,
    pub limit: Limit,
    pub seconds: i64,
}

/// A stored request that was found again.
pub struct Kept {
    pub flow: FlowId,
    pub handle: String,
    pub client: Arc<Client>,
    pub request: Request,
    pub pushed: Option<FlowId>,
    pub created_at: Timestamp,
}

/// Every space of the account with its decision, and what was agreed to before.
pub struct Survey {
    pub spaces: Vec<InSpace>,
    pub consents: Vec<Consent>,
}
impl Survey {
    pub fn choices(&self) -> Vec<Choice> {
        let choice = |found: &InSpace| Choice {
            space: found.space,
            allow: found.decision.allow,
            code: found.decision.code(),
        };
        self.spaces.iter().map(choice).collect()
    }
    pub fn find(&self, space: Space) -> Option<&InSpace> {
        self.spaces.iter().find(|found| found.space == space)
    }
}

/// A request as its row holds it.
pub(crate) fn stored(request: &Request) -> Result<String> {
    serde_json::to_string(request).map_err(|error| Error::internal("internal").because(error))
}

impl OpenId {
    /// Keeps a request under a one-time handle. `browser` binds it at once; without, the first browser to bring it.
    /// `pushed` is the pushed request that it takes up, `source` where the request comes from. Errors: `flow.too_many`, of a
    /// source that sends them without end, and `flow.answered`.
    pub async fn keep(
        &self,
        client: &Client,
        request: &Request,
        pushed: Option<FlowId>,
        browser: Option<[u8; 32]>,
        source: &str,
        now: Timestamp,
    ) -> Result<String> {
        let parameters = stored(request)?;
        let keep = Keep {
            kind: FlowKind::Authorize,
            client: Some(client.id),
            parameters,
            browser,
            pushed,
            source,
            limit: FLOWS,
            seconds: FLOW_SECONDS,
        };
        self.keep_flow(keep, now).await
    }
    pub(crate) async fn keep_flow(&self, keep: Keep<'_>, now: Timestamp) -> Result<String> {
        let Keep { kind, client, parameters, browser, pushed, source, limit, seconds } = keep;
        let key = self.db().keyring().mac("counter.flow", &[source.as_bytes()]);
        let handle = self.db().rng().token();
        let flow = NewFlow {
            id: self.db().draw(),
            handle: TokenHash::of(&handle),
            kind,
            client,
            parameters,
            browser,
            pushed,
            now,
            expires_at: now.plus_seconds(seconds),
        };
        let kept = self
            .db()
            .write_unaudited("a request on its way", move |tx| {
                if !counter::service::hit_in(tx, limit, &key, now)?.allowed() {
                    return Ok(Err(Error::too_many("flow.too_many")));
                }
                if let Some(pushed) = flow.pushed
                    && !store::prolong(tx, pushed, flow.expires_at)?
                {
                    return Ok(Err(Error::conflict("flow.answered")));
                }
                store::insert_flow(tx, &flow)?;
                Ok(Ok(()))
            })
            .await?;
        kept.map(|()| handle)
    }
    /// Finds a kept request again. `browser` binds it if nobody did; another browser's request does not exist here.
    /// Error: `flow.unknown`, also for one that ran out or was answered.
    pub async fn kept(&self, handle: &str, browser: Option<[u8; 32]>, now: Timestamp) -> Result<Kept> {
        let flow = self.kept_flow(FlowKind::Authorize, handle, browser, now).await?;
        let unknown = || Error::not_found("flow.unknown");
        let client_id = flow.client_id.as_deref().ok_or_else(unknown)?;
        let client = self.clients().find(client_id).await?.ok_or_else(unknown)?;
        let request: Request = serde_json::from_str(&flow.parameters)
            .map_err(|error| Error::internal("internal").because(error))?;
        // An address that was taken from the client while the request waited is sent nothing.
        if !client.allows_redirect(&request.redirect_uri) {
            return Err(unknown());
        }
        let (flow, pushed, created_at) = (flow.id, flow.pushed, flow.created_at);
        Ok(Kept { flow, handle: handle.to_owned(), client, request, pushed, created_at })
    }
    pub(crate) async fn kept_flow(
        &self,
        kind: FlowKind,
        handle: &str,
        browser: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Flow> {
        let unknown = || Error::not_found("flow.unknown");
        let hash = TokenHash::of(handle);
        let flow = self.db().read_one(move |statement| store::find_flow(statement, &hash, kind, now)).await?;
        let flow = flow.filter(|flow| flow.consumed_at.is_none()).ok_or_else(unknown)?;
        let Some(browser) = browser else { return Ok(flow) };
        let bound = match &flow.browser {
            Some(bound) => kernel::secret::equal(bound, &browser),
            None => {
                let id = flow.id;
                self.db()
                    .exec("the browser of a request", move |statement| {
                        store::bind_flow(statement, id, &browser)
                    })
                    .await?
            }
        };
        if bound { Ok(flow) } else { Err(unknown()) }
    }

    /// The subject of an `id_token_hint`; None if it is no ID token that this client was given. One that has expired will do
    /// (Core §3.1.2.1).
    pub async fn hinted(&self, token: &str, client: &Client, now: Timestamp) -> Result<Option<String>> {
        let hint = self.keys().current(now).await?.read_expectation(token, self.issuer());
        Ok(hint.filter(|hint| hint.aud == client.client_id).map(|hint| hint.sub))
    }

    /// The person does without the strength that the client would have liked: nobody asks for it again in this request.
    pub async fn without_strength(&self, kept: &mut Kept) -> Result<()> {
        if kept.request.strength.take().is_none() {
            return Ok(());
        }
        let (flow, text) = (kept.flow, stored(&kept.request)?);
        self.db()
            .exec("a request without strength", move |statement| {
                store::update_parameters(statement, flow, &text)
            })
            .await
    }

    /// The person signs in anew, as the same or another account: the session that begins takes the request up.
    pub async fn release(&self, flow: FlowId) -> Result<()> {
        self.db().exec("the browser of a request", move |statement| store::unbind_flow(statement, flow)).await
    }
    /// The first spaces with their facts, `wished` before others and that of the request among them; then the consents.
    pub async fn survey(
        &self,
        asking: &Asking,
        client: &Client,
        request: &Request,
        wished: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Survey> {
        let rooms = self.organizations();
        let spaces = rooms.decide_spaces(asking.account, &asking.facts, client.product, wished, now).await?;
        let mut spaces = request.spaces(spaces);
        let asked = request.organization.map(Space::Organization);
        if asked.is_some_and(|asked| spaces.iter().all(|found| found.space != asked)) {
            spaces.extend(self.decide_asked(asking, client, request, now).await?);
        }
        Ok(Survey { spaces, consents: self.agreed(asking, client).await? })
    }
    /// As [`Self::survey`] for what a request leads to: if it names an organization of the account, that one alone counts.
    pub async fn survey_asked(
        &self,
        asking: &Asking,
        client: &Client,
        request: &Request,
        now: Timestamp,
    ) -> Result<Survey> {
        match self.decide_asked(asking, client, request, now).await? {
            Some(found) => Ok(Survey { spaces: vec![found], consents: self.agreed(asking, client).await? }),
            None => self.survey(asking, client, request, None, now).await,
        }
    }
    /// None if the request names no organization, or none of the account's.
    async fn decide_asked(
        &self,
        asking: &Asking,
        client: &Client,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<InSpace>> {
        let Some(space) = request.organization.map(Space::Organization) else { return Ok(None) };
        let rooms = self.organizations();
        let found = rooms.decide_one(asking.account, &asking.facts, space, client.product, now).await?;
        Ok(found.filter(|found| found.membership.is_some()))
    }
    async fn agreed(&self, asking: &Asking, client: &Client) -> Result<Vec<Consent>> {
        let (account, id, session) = (asking.account, client.id, asking.session);
        self.db().read_one(move |statement| store::list_consents(statement, account, id, session)).await
    }

    /// The person said no, or goes back without access. False if the request was answered before.
    pub async fn decline(
        &self,
        actor: &Actor,
        client: &Client,
        flows: Vec<FlowId>,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<bool> {
        let (actor, client) = (actor.clone(), client.id);
        self.db()
            .write(move |tx| {
                if !store::consume_flows(tx, &flows, now)? {
                    return Ok((false, Vec::new()));
                }
                let event = Event::refused(&actor, "authorization.declined");
                Ok((true, vec![event.on("client", client).with(json!({ "reason": reason }))]))
            })
            .await
    }

    /// Notes a refusal that was told to the client without a page.
    pub async fn note_refusal(
        &self,
        asking: &Asking,
        client: &Client,
        survey: &Survey,
        space: Space,
        now: Timestamp,
    ) -> Result<()> {
        let Some(found) = survey.find(space) else { return Ok(()) };
        let refused = Refused {
            account: asking.account,
            space,
            product: client.product,
            session: &asking.facts,
            decision: &found.decision,
        };
        self.organizations().note_refusal(&asking.actor, refused, now).await.map(drop)
    }

    /// The code on its way to the client.
    pub fn code_answer(&self, request: &Request, code: &str) -> Answer {
        Answer::code(request, self.issuer(), code)
    }
    pub fn refusal(&self, request: &Request, refused: &model::Refused) -> Answer {
        Answer::refusal(request, self.issuer(), refused)
    }
}
