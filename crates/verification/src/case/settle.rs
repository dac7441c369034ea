//! The end of a case that proved something: a proof, a dispute, or a plain refusal, in the caller's transaction.
use super::{
    model::{Case, CaseState, Subject},
    store::{self, Change},
    words,
};
use crate::{Verification, dispute};
use db::Tx;
use identity::{
    account::{self, AccountState, model::today},
    notice::{self, Kind, Notice},
    realname::{self, Binding, Document, Evidence, Proof},
};
use kernel::{
    Actor, Error, Event, Id, Result, Timestamp,
    id::{AccountId, PersonId, mark},
};
use platform::setting::RealNamePolicy;
use serde_json::json;

/// Drawn and read before the transaction.
#[derive(Clone)]
pub(crate) struct Settling {
    pub room: Verification,
    pub policy: RealNamePolicy,
    pub actor: Actor,
    /// Ids that may be needed.
    pub person: PersonId,
    pub proof: Id<mark::IdentityProof>,
    pub dispute: Id<mark::Dispute>,
    pub now: Timestamp,
}
impl Settling {
    pub(crate) fn new(room: &Verification, policy: &RealNamePolicy, actor: &Actor, now: Timestamp) -> Self {
        let db = room.db();
        Self {
            room: room.clone(),
            policy: policy.clone(),
            actor: actor.clone(),
            person: db.draw(),
            proof: db.draw(),
            dispute: db.draw(),
            now,
        }
    }
}
/// What was proven, and how.
#[derive(Clone)]
pub(crate) struct Proven<'a> {
    pub provider: &'a str,
    /// `match`, `certified`, `approved`.
    pub result: &'a str,
    pub response_hash: Option<&'a [u8]>,
    /// The second reviewer.
    pub by: Option<AccountId>,
}

/// Whoever is too young by the number of the document is refused before anything is asked or kept.
pub(crate) fn too_young(policy: &RealNamePolicy, document: &Document, now: Timestamp) -> bool {
    document.age_on(today(now)).is_some_and(|age| i64::from(age) < policy.least_age)
}

/// `case` is locked and in a state that may end.
pub(crate) fn settle_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    case: &Case,
    subject: &Subject,
    proven: &Proven<'_>,
) -> Result<Vec<Event>> {
    let Settling { room, policy, now, .. } = settling;
    let keyring = room.db().keyring();
    let document = subject.document(today(*now))?;
    let account = account::service::require_in(tx, case.account)?;
    if !matches!(account.state, AccountState::Active | AccountState::Unactivated) {
        return refuse_in(tx, settling, case, proven, "account_closed");
    }
    if too_young(policy, &document, *now) {
        return refuse_in(tx, settling, case, proven, "too_young");
    }
    let person = realname::service::person_in(tx, keyring, settling.person, &document, &subject.name, *now)?;
    match realname::service::bind_in(tx, keyring, case.account, person, &document, &subject.name)? {
        Binding::Bound => prove_in(tx, settling, case, proven),
        Binding::AnotherPerson => refuse_in(tx, settling, case, proven, "another_person"),
        Binding::HeldBy(_) if account.owner.organization().is_some() => {
            refuse_in(tx, settling, case, proven, "owner_has_account")
        }
        Binding::HeldBy(holder) => {
            end_in(tx, case, CaseState::Disputed, proven, None, *now)?;
            dispute::service::open_in(tx, settling, case, person, holder)
        }
    }
}
/// The account is bound to the person: the proof, the end of the case, the word to the holder.
pub(crate) fn prove_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    case: &Case,
    proven: &Proven<'_>,
) -> Result<Vec<Event>> {
    let (policy, now) = (&settling.policy, settling.now);
    let proof = Proof {
        id: settling.proof,
        account: case.account,
        method: case.method.as_str().to_owned(),
        provider: proven.provider.to_owned(),
        level: case.method.level(policy),
        proven_at: now,
        expires_at: case.method.expires_at(policy, now),
    };
    let evidence = Evidence {
        result: Some(proven.result.to_owned()),
        response_hash: proven.response_hash.map(<[u8]>::to_vec),
    };
    realname::service::prove_with_in(tx, &proof, &evidence)?;
    end_in(tx, case, CaseState::Approved, proven, None, now)?;
    // By every way: whoever found an open browser may have bound an identity that is not the holder's.
    let notice = Notice::new(Kind::RealNameProven).key("method", case.method.key()).leads_to("/me/real-name");
    notice::service::tell_all_in(tx, settling.room.identity(), case.account, &notice, now)?;
    let detail =
        json!({ "method": case.method, "provider": proof.provider, "level": proof.level, "case": case.id });
    Ok(vec![Event::done(&settling.actor, "realname.proven").on("account", case.account).with(detail)])
}
fn refuse_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    case: &Case,
    proven: &Proven<'_>,
    result: &'static str,
) -> Result<Vec<Event>> {
    let refused = Proven { result, ..proven.clone() };
    end_in(tx, case, CaseState::Refused, &refused, None, settling.now)?;
    let event = Event::refused(&settling.actor, "verification.refused")
        .on("verification", case.id)
        .with(json!({ "result": result, "method": case.method }));
    // Of a closed account nothing is kept that could be told.
    if result != "account_closed" {
        tell_failed_in(tx, &settling.room, case, result, settling.now)?;
    }
    Ok(vec![event])
}
/// Whoever asked may have left the page, or the counter, long ago.
pub(crate) fn tell_failed_in(
    tx: &mut Tx<'_>,
    room: &Verification,
    case: &Case,
    result: &str,
    now: Timestamp,
) -> Result<()> {
    let notice = Notice::new(Kind::ProofFailed)
        .key("method", case.method.key())
        .key("note", words::told_key(result))
        .leads_to(&format!("/me/real-name/cases/{}", case.id));
    notice::service::tell_in(tx, room.identity(), case.account, &notice, now)
}
/// Error: `verification.decided` if somebody was faster.
pub(crate) fn end_in(
    tx: &mut Tx<'_>,
    case: &Case,
    to: CaseState,
    proven: &Proven<'_>,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let change = Change {
        provider: Some(proven.provider).filter(|provider| !provider.is_empty()),
        result: Some(proven.result),
        response_hash: proven.response_hash,
        reason,
        by: proven.by,
    };
    if !case.state.may_become(to) || !store::update_state(tx, case.id, case.state, to, &change, now)? {
        return Err(Error::conflict("verification.decided"));
    }
    tx.changed("verification", case.id);
    Ok(())
}
