//! Opening a case that verifiers decide, and concluding it when one has answered.
use super::{
    model::{Case, CaseId, CaseState, OPEN_DAYS, Subject, Typed},
    settle::{self, Proven, Settling, settle_in},
    store::{self, Change, NewRow},
};
use crate::{
    Method, Verification,
    method::model::Lane,
    verifier::{Answer, Outcome},
};
use db::{Keyring, Tx};
use identity::{
    SignedIn,
    account::{self, model::today},
    realname::{Document, service::index_of},
};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use platform::{
    counter::{self, Limit},
    setting::RealNamePolicy,
};
use serde_json::json;
use web::Ctx;

pub(super) const SUBJECT: &str = "verification.subject";
/// Cases that the own page lists.
const SHOWN: i64 = 20;
const DAY: i64 = 86_400;

/// A case as it was opened, or the one that is open already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Opened(CaseId),
    OpenAlready(CaseId),
}
impl Entry {
    pub const fn id(self) -> CaseId {
        match self {
            Self::Opened(id) | Self::OpenAlready(id) => id,
        }
    }
}

pub(crate) fn seal(keyring: &Keyring, id: CaseId, subject: &Subject) -> Result<Vec<u8>> {
    let text = serde_json::to_string(subject).map_err(|e| Error::internal("verification.json").because(e))?;
    Ok(keyring.seal(SUBJECT, id.as_i64(), &text))
}
/// Error: `verification.decided` once the case was decided and its subject erased.
pub(crate) fn subject_in(tx: &mut Tx<'_>, keyring: &Keyring, id: CaseId) -> Result<Subject> {
    let sealed = store::find_subject(tx, id)?.ok_or_else(|| Error::conflict("verification.decided"))?;
    let text = keyring.open(SUBJECT, id.as_i64(), &sealed)?;
    serde_json::from_str(&text).map_err(|e| Error::internal("verification.json").because(e))
}

/// Attempts of one account and at one document, counted together. Errors: `verification.too_many`, which names neither.
pub(super) fn count_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    policy: &RealNamePolicy,
    account: AccountId,
    document: &Document,
    now: Timestamp,
) -> Result<bool> {
    let limits = [
        (
            Limit { scope: "realname.account.day", most: policy.per_account_day, seconds: DAY },
            account.as_i64().to_be_bytes().to_vec(),
        ),
        (
            Limit { scope: "realname.document.day", most: policy.per_document_day, seconds: DAY },
            keyring.mac("counter.document", &[&index_of(keyring, document)]).to_vec(),
        ),
    ];
    for (limit, key) in &limits {
        if counter::service::peek_in(tx, *limit, key, now)?.exhausted() {
            return Ok(false);
        }
    }
    let mut allowed = true;
    for (limit, key) in &limits {
        allowed &= counter::service::hit_in(tx, *limit, key, now)?.allowed();
    }
    Ok(allowed)
}
pub(super) fn too_many() -> Error {
    Error::too_many("verification.too_many")
}
enum Opening {
    Entry(Entry),
    TooMany,
}

impl Verification {
    pub(crate) async fn policy(&self) -> Result<RealNamePolicy> {
        Ok(self.identity().settings().policies().await?.real_name.clone())
    }
    /// Whoever is younger is refused.
    pub async fn policy_age(&self) -> Result<i64> {
        Ok(self.policy().await?.least_age)
    }
    /// The methods that work here, in their order: those that a connector is set up for, and the counter.
    pub async fn methods(&self) -> Result<Vec<Method>> {
        let verifiers = self.verifiers().await?;
        let asked = |method: Method| {
            verifiers.iter().any(|(connector, config)| connector.enabled && config.checks.contains(&method))
        };
        let mut methods: Vec<Method> = Method::CHECKS.into_iter().filter(|method| asked(*method)).collect();
        if !self.certifiers().await?.is_empty() {
            methods.push(Method::Certified);
        }
        methods.push(Method::Counter);
        Ok(methods)
    }
    /// Queues a question to the verifiers; `id` is of the form that was filled in. Errors at fields, and
    /// `verification.method_unknown`, `verification.too_young`, `verification.too_many`.
    pub async fn open_check(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        id: CaseId,
        method: Method,
        typed: &Typed,
    ) -> Result<Entry> {
        if !Method::CHECKS.contains(&method) || self.verifiers_for(method).await?.is_empty() {
            return Err(Error::not_found("verification.method_unknown"));
        }
        let entry = self.open(ctx, signed_in, id, method, CaseState::Queued, typed).await?;
        self.wake().notify_one();
        Ok(entry)
    }
    /// Error `verification.too_young` before anything is kept or sent.
    pub(super) async fn open(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        id: CaseId,
        method: Method,
        state: CaseState,
        typed: &Typed,
    ) -> Result<Entry> {
        let (subject, document) = typed.subject(method, today(ctx.now))?;
        let policies = self.identity().settings().policies().await?;
        let (policy, consent) = (policies.real_name.clone(), policies.registration.privacy_version.clone());
        if settle::too_young(&policy, &document, ctx.now) {
            return Err(Error::invalid("verification.too_young")
                .at("number")
                .arg("age", policy.least_age.to_string()));
        }
        let (room, who, now) = (self.clone(), signed_in.clone(), ctx.now);
        let opened = self
            .db()
            .write(move |tx| {
                let keyring = room.db().keyring();
                if let Some(open) = store::find_open(tx, who.account, method.lane())? {
                    if open.state_at(now) != CaseState::Expired {
                        return Ok((Opening::Entry(Entry::OpenAlready(open.id)), Vec::new()));
                    }
                    let change = Change::default();
                    store::update_state(tx, open.id, open.state, CaseState::Expired, &change, now)?;
                    store::erase_documents(tx, open.id, now)?;
                }
                // The form came twice, and what it opened is decided already.
                if store::find(tx, id)?.is_some_and(|case| case.account == who.account) {
                    return Ok((Opening::Entry(Entry::OpenAlready(id)), Vec::new()));
                }
                if !count_in(tx, keyring, &policy, who.account, &document, now)? {
                    let event = Event::refused(&who.actor, "verification.opened").on("account", who.account);
                    return Ok((Opening::TooMany, vec![event]));
                }
                let new = NewRow {
                    id,
                    account: who.account,
                    method,
                    state,
                    provider: "",
                    document_type: document.kind(),
                    document_masked: &document.masked(),
                    subject: &seal(keyring, id, &subject)?,
                    now,
                    expires_at: now.plus_days(OPEN_DAYS),
                };
                if !store::insert(tx, &new)? {
                    let open = store::find_open(tx, who.account, method.lane())?
                        .ok_or_else(|| Error::conflict("verification.decided"))?;
                    return Ok((Opening::Entry(Entry::OpenAlready(open.id)), Vec::new()));
                }
                account::service::accept_in(tx, who.account, "document_number", &consent, now)?;
                let event = Event::done(&who.actor, "verification.opened")
                    .on("verification", id)
                    .with(json!({ "method": method, "document_type": document.kind(), "consent": consent }));
                Ok((Opening::Entry(Entry::Opened(id)), vec![event]))
            })
            .await?;
        match opened {
            Opening::Entry(entry) => Ok(entry),
            Opening::TooMany => Err(too_many()),
        }
    }
    /// The own case. Error: `verification.unknown`.
    pub async fn own_case(&self, signed_in: &SignedIn, id: CaseId) -> Result<Case> {
        let account = signed_in.account;
        let found = self.db().read_few(move |tx| store::find(tx, id)).await?;
        found.filter(|case| case.account == account).ok_or_else(|| Error::not_found("verification.unknown"))
    }
    /// The own cases, newest first.
    pub async fn own_cases(&self, account: AccountId) -> Result<Vec<Case>> {
        self.db().read_few(move |tx| store::list_of(tx, account, SHOWN)).await
    }
    pub async fn open_case(&self, account: AccountId, lane: Lane) -> Result<Option<Case>> {
        self.db().read_few(move |tx| store::find_open(tx, account, lane)).await
    }

    /// A verifier answered, or none did. Another worker may have been faster: then nothing happens.
    pub(crate) async fn conclude(&self, id: CaseId, provider: &str, answer: &Answer) -> Result<()> {
        let now = self.db().clock().now();
        let settling = Settling::new(self, &self.policy().await?, &kernel::Actor::system(), now);
        let (provider, answer) = (provider.to_owned(), answer.clone());
        self.db()
            .write(move |tx| {
                let keyring = settling.room.db().keyring();
                let Some(case) = store::lock(tx, id)?.filter(|case| case.state == CaseState::Queued) else {
                    return Ok(((), Vec::new()));
                };
                let proven = Proven {
                    provider: &provider,
                    result: answer.outcome.code(),
                    response_hash: answer.response_hash.as_deref(),
                    by: None,
                };
                if answer.outcome == Outcome::Match {
                    let subject = subject_in(tx, keyring, id)?;
                    return Ok(((), settle_in(tx, &settling, &case, &subject, &proven)?));
                }
                let to = if answer.outcome.try_another() { CaseState::Failed } else { CaseState::Refused };
                settle::end_in(tx, &case, to, &proven, None, now)?;
                settle::tell_failed_in(tx, &settling.room, &case, proven.result, now)?;
                let event = Event::failed(&settling.actor, "verification.checked")
                    .on("verification", id)
                    .with(json!({ "result": proven.result, "provider": provider, "method": case.method }));
                Ok(((), vec![event]))
            })
            .await
    }
}

/// Whether a case still waits for an answer.
pub fn waits(case: &Case, now: Timestamp) -> bool {
    case.state_at(now) == CaseState::Queued
}
