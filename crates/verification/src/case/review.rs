//! The desk's half: a queue, one case with its documents, and two people who decide. Nobody reviews a case of their own, nor
//! the same case twice. What a reviewer sees of a person is written down.
use super::{
    counter::CONTENT,
    model::{Case, CaseId, CaseState, DocumentCard, DocumentId, OPEN_DAYS, REASON_MAX, Subject},
    service,
    settle::{self, Proven, Settling, settle_in},
    store,
};
use crate::{Reviewer, Verification};
use identity::notice::{self, Kind, Notice};
use kernel::{Error, Event, Result, Timestamp};
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first approval, or the second, which decides.
    Approve,
    /// 退回补正.
    Return,
    Refuse,
}
/// What a verdict led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// Another reviewer is to approve it too.
    Once,
    Approved,
    /// Another account holds the person: it is a dispute now.
    Disputed,
    /// It could not be approved after all; the case says why.
    NotPossible,
    Returned,
    Refused,
}

impl Verification {
    /// Counter cases in those states, oldest first.
    pub async fn counter_cases(
        &self,
        _: &Reviewer,
        states: Vec<CaseState>,
        after: Option<CaseId>,
        limit: i64,
    ) -> Result<Vec<Case>> {
        self.db().read(move |tx| store::list_counter(tx, &states, after, limit)).await
    }
    /// Error: `verification.unknown`.
    pub async fn reviewed_case(&self, _: &Reviewer, id: CaseId) -> Result<(Case, Vec<DocumentCard>)> {
        self.db()
            .read(move |tx| {
                let case = store::find(tx, id)?
                    .filter(|case| case.method == crate::Method::Counter && case.state != CaseState::Draft)
                    .ok_or_else(|| Error::not_found("verification.unknown"))?;
                Ok((case, store::list_documents(tx, id)?))
            })
            .await
    }
    /// Name and number in full, for a reviewer who stepped up; written down. None once the case is decided.
    pub async fn open_subject(&self, by: &Reviewer, id: CaseId) -> Result<Option<Subject>> {
        let (case, _) = self.reviewed_case(by, id).await?;
        if !case.state.is_reviewed() {
            return Ok(None);
        }
        let (room, by) = (self.clone(), by.clone());
        self.db()
            .write(move |tx| {
                by.recheck_in(tx)?;
                must_be_another(&by, &case)?;
                let subject = service::subject_in(tx, room.db().keyring(), id)?;
                let event = Event::done(by.actor(), "verification.subject_seen")
                    .on("verification", id)
                    .with(json!({ "account": case.account }));
                Ok((Some(subject), vec![event]))
            })
            .await
    }
    /// Media type and content, for a reviewer who stepped up; each look is written down.
    pub async fn open_document(
        &self,
        by: &Reviewer,
        id: CaseId,
        document: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (case, _) = self.reviewed_case(by, id).await?;
        let by = by.clone();
        let found = self
            .db()
            .write(move |tx| {
                by.recheck_in(tx)?;
                must_be_another(&by, &case)?;
                let found = store::find_content(tx, id, document)?
                    .ok_or_else(|| Error::not_found("verification.document_gone"))?;
                let event = Event::done(by.actor(), "verification.document_seen")
                    .on("verification", id)
                    .with(json!({ "document": document, "account": case.account }));
                Ok((found, vec![event]))
            })
            .await?;
        let (kind, sealed) = found;
        Ok((kind, self.db().keyring().open_bytes(CONTENT, document.as_i64(), &sealed)?))
    }
    /// Errors: `verification.decided`; `verification.reviewed_already` for the same person again, `verification.own_case`;
    /// `field.required` at `reason`, without which nothing is returned or refused.
    pub async fn review(
        &self,
        by: &Reviewer,
        id: CaseId,
        verdict: Verdict,
        reason: &str,
        now: Timestamp,
    ) -> Result<Reviewed> {
        let reason = kernel::text::paragraph("reason", reason, REASON_MAX)?;
        if verdict != Verdict::Approve && reason.is_none() {
            return Err(Error::invalid("field.required").at("reason"));
        }
        let settling = Settling::new(self, &self.policy().await?, by.actor(), now);
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.recheck_in(tx)?;
                let case = store::lock(tx, id)?.ok_or_else(|| Error::not_found("verification.unknown"))?;
                if !case.state.is_reviewed() {
                    return Err(Error::conflict("verification.decided"));
                }
                must_be_another(&by, &case)?;
                let reason = reason.as_deref().unwrap_or("");
                match (verdict, case.state) {
                    (Verdict::Approve, CaseState::Submitted) => {
                        store::update_first(tx, id, by.account(), now)?;
                        tx.changed("verification", id);
                        let event = Event::done(by.actor(), "verification.first_approved")
                            .on("verification", id)
                            .with(json!({ "account": case.account }));
                        Ok((Reviewed::Once, vec![event]))
                    }
                    (Verdict::Approve, _) => {
                        if case.first_by == Some(by.account()) {
                            return Err(Error::conflict("verification.reviewed_already"));
                        }
                        approve_in(tx, &settling, &case, &by)
                    }
                    (Verdict::Return, _) => {
                        store::update_returned(tx, id, reason, now.plus_days(OPEN_DAYS))?;
                        tell_in(tx, &settling, &case, Kind::ProofRejected, reason)?;
                        let event = Event::done(by.actor(), "verification.returned")
                            .on("verification", id)
                            .with(json!({ "account": case.account }));
                        Ok((Reviewed::Returned, vec![event]))
                    }
                    (Verdict::Refuse, _) => {
                        let proven = Proven {
                            provider: "",
                            result: "refused_by_reviewer",
                            response_hash: None,
                            by: Some(by.account()),
                        };
                        // A case that one reviewer approved can still be refused by the next.
                        settle::end_in(tx, &case, CaseState::Refused, &proven, Some(reason), now)?;
                        tell_in(tx, &settling, &case, Kind::ProofRejected, reason)?;
                        let event = Event::done(by.actor(), "verification.refused")
                            .on("verification", id)
                            .with(json!({ "account": case.account }));
                        Ok((Reviewed::Refused, vec![event]))
                    }
                }
            })
            .await
    }
}
fn must_be_another(by: &Reviewer, case: &Case) -> Result<()> {
    if by.account() == case.account { Err(Error::forbidden("verification.own_case")) } else { Ok(()) }
}
fn approve_in(
    tx: &mut db::Tx<'_>,
    settling: &Settling,
    case: &Case,
    by: &Reviewer,
) -> Result<(Reviewed, Vec<Event>)> {
    let subject = service::subject_in(tx, settling.room.db().keyring(), case.id)?;
    let proven =
        Proven { provider: COUNTER, result: "approved", response_hash: None, by: Some(by.account()) };
    let mut events = settle_in(tx, settling, case, &subject, &proven)?;
    let after = store::find(tx, case.id)?.map_or(CaseState::Refused, |case| case.state);
    let reviewed = match after {
        CaseState::Approved => Reviewed::Approved,
        CaseState::Disputed => Reviewed::Disputed,
        _ => Reviewed::NotPossible,
    };
    if reviewed == Reviewed::Approved {
        tell_in(tx, settling, case, Kind::ProofApproved, "")?;
    }
    events.push(
        Event::done(&settling.actor, "verification.second_approved")
            .on("verification", case.id)
            .with(json!({ "account": case.account, "first_by": case.first_by, "state": after })),
    );
    Ok((reviewed, events))
}
/// The provider of proofs that were made at the counter; pages show words instead.
pub const COUNTER: &str = "counter";
fn tell_in(tx: &mut db::Tx<'_>, settling: &Settling, case: &Case, kind: Kind, reason: &str) -> Result<()> {
    let notice = Notice::new(kind).arg("note", reason).leads_to(&format!("/me/real-name/cases/{}", case.id));
    notice::service::tell_in(tx, settling.room.identity(), case.account, &notice, settling.now)
}
