//! Opening, hearing both sides, proposing, confirming. Whoever wins or loses is told; nothing happens silently.
use super::{
    model::{Dispute, DisputeId, DisputeState, REASON_MAX, STATEMENT_MAX, Side, Verdict},
    restoring, store,
};
use crate::{
    Reviewer, Verification,
    case::{
        self, Case, CaseId, CaseState,
        settle::{self, Proven, Settling},
    },
};
use db::{Keyring, Tx};
use identity::{
    SignedIn,
    account::{self, model::today},
    notice::{self, Kind, Notice},
    realname::{self, Binding, ProofRecord},
};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, PersonId},
};
use serde_json::json;
use std::sync::Arc;

pub(crate) const CLAIMANT: &str = "dispute.claimant_statement";
pub(crate) const HOLDER: &str = "dispute.holder_statement";
/// Disputes that the own page lists.
const SHOWN: i64 = 10;

/// In the transaction that ended the claimant's case as disputed.
pub(crate) fn open_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    case: &Case,
    person: PersonId,
    holder: AccountId,
) -> Result<Vec<Event>> {
    let id = settling.dispute;
    let new = store::NewRow { id, case: case.id, person, claimant: case.account, holder, now: settling.now };
    store::insert(tx, &new)?;
    tx.changed("dispute", id);
    // By every way: whoever loses the telephone to a thief still reads the mail.
    let notice = Notice::new(Kind::DisputeOpened).leads_to(&format!("/me/real-name/disputes/{id}"));
    notice::service::tell_all_in(tx, settling.room.identity(), holder, &notice, settling.now)?;
    let notice = Notice::new(Kind::ProofDisputed)
        .key("method", case.method.key())
        .leads_to(&format!("/me/real-name/disputes/{id}"));
    notice::service::tell_in(tx, settling.room.identity(), case.account, &notice, settling.now)?;
    let detail = json!({ "claimant": case.account, "holder": holder, "case": case.id });
    Ok(vec![Event::done(&settling.actor, "dispute.opened").on("dispute", id).with(detail)])
}
/// The claimant takes the case back; the caller ends it. No dispute, no event.
pub(crate) fn withdraw_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case: CaseId,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let Some(found) = store::find_of_case(tx, case)? else { return Ok(Vec::new()) };
    // Before the case is locked: as those who decide do it.
    let dispute = store::lock(tx, found.id)?.unwrap_or(found);
    if actor.account != Some(dispute.claimant) {
        return Err(Error::not_found("verification.unknown"));
    }
    if !dispute.state.is_open() {
        return Err(Error::conflict("verification.decided"));
    }
    store::update_ended(tx, dispute.id, DisputeState::Withdrawn, None, now)?;
    // The holder may have given the person up while it was open.
    realname::service::forget_in(tx, dispute.person)?;
    tx.changed("dispute", dispute.id);
    Ok(vec![Event::done(actor, "dispute.withdrawn").on("dispute", dispute.id)])
}

/// What the two sides said.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    pub claimant: Option<String>,
    pub holder: Option<String>,
}
fn statements_in(tx: &mut Tx<'_>, keyring: &Keyring, id: DisputeId) -> Result<Statements> {
    let store::Sealed { claimant, holder } = store::find_statements(tx, id)?.unwrap_or_default();
    let open = |column, sealed: Option<Vec<u8>>| {
        sealed.map(|sealed| keyring.open(column, id.as_i64(), &sealed)).transpose()
    };
    Ok(Statements { claimant: open(CLAIMANT, claimant)?, holder: open(HOLDER, holder)? })
}
/// One side as the desk sees it.
#[derive(Clone, Debug)]
pub struct SideCard {
    pub account: AccountId,
    pub login_name: String,
    pub name_masked: String,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
    pub statement: Option<String>,
    pub proofs: Vec<ProofRecord>,
}
/// Both sides' evidence.
#[derive(Clone, Debug)]
pub struct File {
    pub dispute: Dispute,
    pub case: Case,
    pub claimant: SideCard,
    pub holder: SideCard,
    /// Whether [`Verdict::Restore`] can be proposed.
    pub restorable: bool,
}
/// What a reviewer's step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Proposed,
    SentBack,
    Decided(Verdict),
    /// The identity is with another account than the file says: the file was brought up to date and begins anew.
    HolderChanged,
    /// Not any more: the claimant is closed, or proven as somebody else; the holder has no factor to remove.
    NotPossible,
}

impl Verification {
    /// Where the account is a side, newest first.
    pub async fn own_disputes(&self, account: AccountId) -> Result<Vec<Dispute>> {
        self.db().read_few(move |tx| store::list_of(tx, account, SHOWN)).await
    }
    /// With the own statement. Error `dispute.unknown` for whoever is no side.
    pub async fn own_dispute(
        &self,
        signed_in: &SignedIn,
        id: DisputeId,
    ) -> Result<(Dispute, Side, Option<String>)> {
        let (keyring, account) = (Arc::clone(self.db().keyring()), signed_in.account);
        self.db()
            .read(move |tx| {
                let dispute = store::find(tx, id)?;
                let found = dispute.and_then(|dispute| dispute.side_of(account).map(|side| (dispute, side)));
                let (dispute, side) = found.ok_or_else(unknown)?;
                let said = statements_in(tx, &keyring, id)?;
                let own = match side {
                    Side::Claimant => said.claimant,
                    Side::Holder => said.holder,
                };
                Ok((dispute, side, own))
            })
            .await
    }
    /// Says something, or takes it back; as long as nobody decided. Errors: `dispute.unknown`, `dispute.decided`, at
    /// `statement`.
    pub async fn state(&self, signed_in: &SignedIn, id: DisputeId, statement: &str) -> Result<()> {
        let statement = kernel::text::paragraph("statement", statement, STATEMENT_MAX)?;
        let (keyring, who) = (Arc::clone(self.db().keyring()), signed_in.clone());
        self.db()
            .write(move |tx| {
                let dispute = store::lock(tx, id)?.ok_or_else(unknown)?;
                let side = dispute.side_of(who.account).ok_or_else(unknown)?;
                if !dispute.state.is_open() {
                    return Err(Error::conflict("dispute.decided"));
                }
                let column = match side {
                    Side::Claimant => CLAIMANT,
                    Side::Holder => HOLDER,
                };
                let sealed = statement.as_ref().map(|text| keyring.seal(column, id.as_i64(), text));
                store::update_statement(tx, id, side, sealed.as_deref())?;
                Ok(((), vec![Event::done(&who.actor, "dispute.statement").on("dispute", id)]))
            })
            .await
    }

    /// Oldest first.
    pub async fn disputes(
        &self,
        _: &Reviewer,
        states: Vec<DisputeState>,
        after: Option<DisputeId>,
        limit: i64,
    ) -> Result<Vec<Dispute>> {
        self.db().read(move |tx| store::list(tx, &states, after, limit)).await
    }
    /// Both sides, with names masked; written down. Error: `dispute.unknown`.
    pub async fn dispute(&self, by: &Reviewer, id: DisputeId) -> Result<File> {
        let (keyring, by) = (Arc::clone(self.db().keyring()), by.clone());
        self.db()
            .write(move |tx| {
                by.recheck_in(tx)?;
                let dispute = store::find(tx, id)?.ok_or_else(unknown)?;
                let said = statements_in(tx, &keyring, id)?;
                let case = case::store::find(tx, dispute.case)?.ok_or_else(unknown)?;
                let restorable = restoring::possible_in(tx, &dispute)?;
                let file = File {
                    restorable,
                    claimant: side_in(tx, &keyring, dispute.claimant, said.claimant)?,
                    holder: side_in(tx, &keyring, dispute.holder, said.holder)?,
                    case,
                    dispute,
                };
                Ok((file, vec![Event::done(by.actor(), "dispute.seen").on("dispute", id)]))
            })
            .await
    }
    /// Errors: `dispute.unknown`, `dispute.decided`, `dispute.own`, `field.required` at `reason`; `dispute.nothing_to_restore`
    /// at `verdict`.
    pub async fn propose(
        &self,
        by: &Reviewer,
        id: DisputeId,
        verdict: Verdict,
        reason: &str,
        now: Timestamp,
    ) -> Result<Step> {
        let reason = kernel::text::paragraph("reason", reason, REASON_MAX)?
            .ok_or_else(|| Error::invalid("field.required").at("reason"))?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let dispute = locked_in(tx, &by, id)?;
                if let Some(changed) = holder_changed_in(tx, &by, &dispute)? {
                    return Ok(changed);
                }
                if dispute.state != DisputeState::Open {
                    return Err(Error::conflict("dispute.decided"));
                }
                if verdict == Verdict::Restore && !restoring::possible_in(tx, &dispute)? {
                    return Err(Error::invalid("dispute.nothing_to_restore").at("verdict"));
                }
                store::update_proposed(tx, id, verdict, &reason, by.account(), now)?;
                tx.changed("dispute", id);
                let event = Event::done(by.actor(), "dispute.proposed")
                    .on("dispute", id)
                    .with(json!({ "verdict": verdict }));
                Ok((Step::Proposed, vec![event]))
            })
            .await
    }
    /// By another reviewer than the one who proposed: confirms, or sends back. Errors: `dispute.decided`,
    /// `dispute.reviewed_already`, `dispute.own`.
    pub async fn confirm(&self, by: &Reviewer, id: DisputeId, agreed: bool, now: Timestamp) -> Result<Step> {
        let settling = Settling::new(self, &self.policy().await?, by.actor(), now);
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let dispute = locked_in(tx, &by, id)?;
                if let Some(changed) = holder_changed_in(tx, &by, &dispute)? {
                    return Ok(changed);
                }
                let verdict = dispute
                    .verdict
                    .filter(|_| dispute.state == DisputeState::Proposed)
                    .ok_or_else(|| Error::conflict("dispute.decided"))?;
                if dispute.first_by == Some(by.account()) {
                    return Err(Error::conflict("dispute.reviewed_already"));
                }
                if !agreed {
                    store::update_reopened(tx, id, dispute.holder)?;
                    tx.changed("dispute", id);
                    return Ok((
                        Step::SentBack,
                        vec![Event::done(by.actor(), "dispute.sent_back").on("dispute", id)],
                    ));
                }
                let case = case::store::lock(tx, dispute.case)?.ok_or_else(unknown)?;
                match verdict {
                    Verdict::Keep => keep_in(tx, &settling, &dispute, &case, &by, verdict),
                    Verdict::Restore => restoring::restore_in(tx, &settling, &dispute, &case, &by),
                    Verdict::Move => move_in(tx, &settling, &dispute, &case, &by),
                }
            })
            .await
    }
}
fn unknown() -> Error {
    Error::not_found("dispute.unknown")
}
fn side_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    statement: Option<String>,
) -> Result<SideCard> {
    let card = account::service::cards_in(tx, keyring, &[account])?.pop().ok_or_else(unknown)?;
    Ok(SideCard {
        account,
        login_name: card.login_name,
        name_masked: kernel::mask::name(&card.name),
        created_at: card.created_at,
        last_sign_in_at: card.last_sign_in_at,
        statement,
        proofs: realname::service::records_in(tx, account)?,
    })
}
/// Locked; neither side decides.
fn locked_in(tx: &mut Tx<'_>, by: &Reviewer, id: DisputeId) -> Result<Dispute> {
    by.recheck_in(tx)?;
    let dispute = store::lock(tx, id)?.ok_or_else(unknown)?;
    if dispute.side_of(by.account()).is_some() {
        return Err(Error::forbidden("dispute.own"));
    }
    if !dispute.state.is_open() {
        return Err(Error::conflict("dispute.decided"));
    }
    Ok(dispute)
}
/// The file names who held the identity when it was opened. An account that gave it up meanwhile stays the other side.
fn holder_changed_in(
    tx: &mut Tx<'_>,
    by: &Reviewer,
    dispute: &Dispute,
) -> Result<Option<(Step, Vec<Event>)>> {
    let Some(holder) = realname::service::holder_in(tx, dispute.claimant, dispute.person)? else {
        return Ok(None);
    };
    if holder == dispute.holder {
        return Ok(None);
    }
    store::update_reopened(tx, dispute.id, holder)?;
    tx.changed("dispute", dispute.id);
    let event = Event::done(by.actor(), "dispute.holder_changed")
        .on("dispute", dispute.id)
        .with(json!({ "before": dispute.holder, "after": holder }));
    Ok(Some((Step::HolderChanged, vec![event])))
}
pub(super) fn keep_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    dispute: &Dispute,
    case: &Case,
    by: &Reviewer,
    verdict: Verdict,
) -> Result<(Step, Vec<Event>)> {
    let proven =
        Proven { provider: "", result: "kept_with_holder", response_hash: None, by: Some(by.account()) };
    settle::end_in(tx, case, CaseState::Refused, &proven, dispute.reason.as_deref(), settling.now)?;
    let event = end_in(tx, settling, dispute, verdict, by)?;
    for account in [dispute.claimant, dispute.holder] {
        tell_in(tx, settling, dispute, account)?;
    }
    Ok((Step::Decided(verdict), vec![event]))
}
fn move_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    dispute: &Dispute,
    case: &Case,
    by: &Reviewer,
) -> Result<(Step, Vec<Event>)> {
    let (room, now) = (&settling.room, settling.now);
    let keyring = room.db().keyring();
    let subject = case::service::subject_in(tx, keyring, case.id)?;
    let document = subject.document(today(now))?;
    // The person's row is locked first, as everywhere.
    realname::service::person_in(tx, keyring, settling.person, &document, &subject.name, now)?;
    let claimant = account::service::require_in(tx, dispute.claimant)?;
    let able = claimant.state == account::AccountState::Active
        && claimant.person.is_none_or(|person| person == dispute.person);
    if !able {
        return not_possible_in(tx, dispute, by);
    }
    let mut events = Vec::new();
    if account::service::require_in(tx, dispute.holder)?.person == Some(dispute.person) {
        realname::service::release_in(tx, keyring, dispute.holder, "dispute", now)?;
        let detail = json!({ "because": "dispute", "dispute": dispute.id });
        events.push(Event::done(by.actor(), "realname.revoked").on("account", dispute.holder).with(detail));
        // What the person is in an organization was never the holder's.
        events.extend(room.organizations().suspend_offices_in(tx, by.actor(), dispute.holder, now)?);
    }
    let bound =
        realname::service::bind_in(tx, keyring, dispute.claimant, dispute.person, &document, &subject.name)?;
    if bound != Binding::Bound {
        return Err(Error::conflict("dispute.decided"));
    }
    let (provider, hash) = (case.provider.clone(), case.response_hash.clone());
    let proven = Proven {
        provider: &provider,
        result: case.result.as_deref().unwrap_or("match"),
        response_hash: hash.as_deref(),
        by: Some(by.account()),
    };
    events.extend(settle::prove_in(tx, settling, case, &proven)?);
    events.push(end_in(tx, settling, dispute, Verdict::Move, by)?);
    for account in [dispute.claimant, dispute.holder] {
        tell_in(tx, settling, dispute, account)?;
    }
    Ok((Step::Decided(Verdict::Move), events))
}
/// What was proposed cannot be any more: another proposal is wanted.
pub(super) fn not_possible_in(
    tx: &mut Tx<'_>,
    dispute: &Dispute,
    by: &Reviewer,
) -> Result<(Step, Vec<Event>)> {
    store::update_reopened(tx, dispute.id, dispute.holder)?;
    let event = Event::refused(by.actor(), "dispute.decided").on("dispute", dispute.id);
    Ok((Step::NotPossible, vec![event]))
}
fn end_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    dispute: &Dispute,
    verdict: Verdict,
    by: &Reviewer,
) -> Result<Event> {
    store::update_ended(tx, dispute.id, DisputeState::Decided, Some(by.account()), settling.now)?;
    // The holder may have given the person up while it was open.
    realname::service::forget_in(tx, dispute.person)?;
    tx.changed("dispute", dispute.id);
    let detail = json!({
        "verdict": verdict, "claimant": dispute.claimant, "holder": dispute.holder, "first_by": dispute.first_by,
    });
    Ok(Event::done(by.actor(), "dispute.decided").on("dispute", dispute.id).with(detail))
}
fn tell_in(tx: &mut Tx<'_>, settling: &Settling, dispute: &Dispute, account: AccountId) -> Result<()> {
    let notice =
        Notice::new(Kind::DisputeDecided).leads_to(&format!("/me/real-name/disputes/{}", dispute.id));
    notice::service::tell_all_in(tx, settling.room.identity(), account, &notice, settling.now)
}
