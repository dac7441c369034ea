//! The holder's half of a case at the counter: a draft, documents one by one, handing in, taking back.
use super::{
    document,
    model::{CaseId, CaseState, DocumentCard, DocumentId, Subject, Typed},
    service::{self, Entry},
    store::{self, Change, NewDocument},
};
use crate::{Method, Verification, dispute};
use identity::{SignedIn, account::model::today};
use kernel::{Error, Event, Result, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use web::Ctx;

pub(super) const CONTENT: &str = "verification_document.content";

/// A file as it was received.
#[derive(Clone)]
pub struct Upload {
    pub id: DocumentId,
    pub bytes: bytes::Bytes,
}

impl Verification {
    /// A draft, to which documents are added. Errors as [`Verification::open_check`].
    pub async fn open_counter(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        id: CaseId,
        typed: &Typed,
    ) -> Result<Entry> {
        self.open(ctx, signed_in, id, Method::Counter, CaseState::Draft, typed).await
    }
    /// What was typed, for the holder's form while it can be changed. Error: `verification.decided`.
    pub async fn own_subject(&self, signed_in: &SignedIn, id: CaseId) -> Result<Subject> {
        self.own_case(signed_in, id).await?;
        let keyring = Arc::clone(self.db().keyring());
        self.db().read(move |tx| service::subject_in(tx, &keyring, id)).await
    }
    /// Corrects a draft or a returned case. Errors at fields; `verification.not_editable`, `verification.too_young`.
    pub async fn change_counter(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        id: CaseId,
        typed: &Typed,
    ) -> Result<()> {
        let (subject, document) = typed.subject(Method::Counter, today(ctx.now))?;
        let policy = self.policy().await?;
        if super::settle::too_young(&policy, &document, ctx.now) {
            return Err(Error::invalid("verification.too_young")
                .at("number")
                .arg("age", policy.least_age.to_string()));
        }
        let (room, who, now) = (self.clone(), signed_in.clone(), ctx.now);
        let counted = self
            .db()
            .write(move |tx| {
                editable_in(tx, &who, id, now)?;
                let keyring = room.db().keyring();
                let before = service::subject_in(tx, keyring, id)?;
                // Another number is another try.
                let same = before.document_number == subject.document_number;
                if !same && !service::count_in(tx, keyring, &policy, who.account, &document, now)? {
                    return Ok((false, vec![Event::refused(&who.actor, "verification.changed")]));
                }
                let sealed = service::seal(keyring, id, &subject)?;
                store::update_subject(tx, id, document.kind(), &document.masked(), &sealed)?;
                let event = Event::done(&who.actor, "verification.changed").on("verification", id);
                Ok((true, vec![event]))
            })
            .await?;
        if counted { Ok(()) } else { Err(service::too_many()) }
    }
    pub async fn documents(&self, id: CaseId) -> Result<Vec<DocumentCard>> {
        self.db().read(move |tx| store::list_documents(tx, id)).await
    }
    /// Errors at `document`: those of [`document::kind_of`], `verification.document_many`; `verification.not_editable`.
    pub async fn add_document(
        &self,
        signed_in: &SignedIn,
        id: CaseId,
        upload: Upload,
        now: Timestamp,
    ) -> Result<()> {
        let kind = document::kind_of(&upload.bytes)?;
        let keyring = self.db().keyring();
        // Sealed before the transaction: megabytes take their time.
        let content = keyring.seal_bytes(CONTENT, upload.id.as_i64(), &upload.bytes);
        let (sha256, size) = (Sha256::digest(&upload.bytes).to_vec(), upload.bytes.len() as i64);
        let who = signed_in.clone();
        self.db()
            .write(move |tx| {
                editable_in(tx, &who, id, now)?;
                let there = store::list_documents(tx, id)?;
                if there.iter().any(|document| document.id == upload.id) {
                    return Ok(((), Vec::new()));
                }
                if there.len() >= document::MOST {
                    return Err(Error::conflict("verification.document_many").at("document"));
                }
                let new = NewDocument {
                    id: upload.id,
                    case: id,
                    kind,
                    size,
                    sha256: &sha256,
                    content: &content,
                    now,
                };
                store::insert_document(tx, &new)?;
                let event = Event::done(&who.actor, "verification.document_added")
                    .on("verification", id)
                    .with(json!({ "document": upload.id, "kind": kind, "size": size }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Error: `verification.not_editable`.
    pub async fn remove_document(
        &self,
        signed_in: &SignedIn,
        id: CaseId,
        document: DocumentId,
        now: Timestamp,
    ) -> Result<()> {
        let who = signed_in.clone();
        self.db()
            .write(move |tx| {
                editable_in(tx, &who, id, now)?;
                if store::delete_document(tx, id, document)? == 0 {
                    return Ok(((), Vec::new()));
                }
                let event = Event::done(&who.actor, "verification.document_removed")
                    .on("verification", id)
                    .with(json!({ "document": document }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// To the reviewers. Errors: `verification.no_document` at `document`, `verification.not_editable`.
    pub async fn submit(&self, signed_in: &SignedIn, id: CaseId, now: Timestamp) -> Result<()> {
        let who = signed_in.clone();
        self.db()
            .write(move |tx| {
                editable_in(tx, &who, id, now)?;
                if store::list_documents(tx, id)?.is_empty() {
                    return Err(Error::invalid("verification.no_document").at("document"));
                }
                if !store::update_submitted(tx, id, now)? {
                    return Err(not_editable());
                }
                tx.changed("verification", id);
                Ok(((), vec![Event::done(&who.actor, "verification.submitted").on("verification", id)]))
            })
            .await
    }
    /// The holder gives up: documents go at once, a dispute ends. Error: `verification.decided`.
    pub async fn withdraw(&self, signed_in: &SignedIn, id: CaseId, now: Timestamp) -> Result<()> {
        let (who, room) = (signed_in.clone(), self.clone());
        self.own_case(signed_in, id).await?;
        self.db()
            .write(move |tx| {
                let mut events = dispute::service::withdraw_in(tx, &who.actor, id, now)?;
                let case = store::lock(tx, id)?
                    .filter(|case| case.account == who.account)
                    .ok_or_else(|| Error::not_found("verification.unknown"))?;
                let change = Change::default();
                let to = CaseState::Withdrawn;
                if !case.state.may_become(to) || !store::update_state(tx, id, case.state, to, &change, now)? {
                    return Err(Error::conflict("verification.decided"));
                }
                store::erase_documents(tx, id, now)?;
                tx.changed("verification", id);
                events.push(Event::done(&who.actor, "verification.withdrawn").on("verification", id));
                room.wake().notify_one();
                Ok(((), events))
            })
            .await
    }
}
fn not_editable() -> Error {
    Error::conflict("verification.not_editable")
}
/// Locks the case, if it is the holder's own and can be changed.
fn editable_in(tx: &mut db::Tx<'_>, who: &SignedIn, id: CaseId, now: Timestamp) -> Result<()> {
    let case = store::lock(tx, id)?
        .filter(|case| case.account == who.account)
        .ok_or_else(|| Error::not_found("verification.unknown"))?;
    if case.state_at(now).is_editable() { Ok(()) } else { Err(not_editable()) }
}
