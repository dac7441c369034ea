use super::model::{Batch, BatchId, BatchLine, BatchRow, BatchState, NewBatch, RowState};
use super::{plan, store};
use crate::admission::REASON_MAX;
use crate::{Operator, Organizations};
use kernel::{Error, Event, Result, Timestamp, id::AdmissionId, text};
use serde_json::json;

impl Organizations {
    /// Puts a batch down to be shown; nothing changes yet. Errors: at `reason` `field.required`; at `chosen`
    /// `admission.batch_empty`, `admission.batch_large`; `admission.period` at `valid_until`.
    pub async fn draft_batch(&self, by: &Operator, new: NewBatch, now: Timestamp) -> Result<BatchId> {
        let reason = text::line("reason", &new.reason, REASON_MAX)?;
        if new.valid_until <= now {
            return Err(Error::invalid("admission.period").at("valid_until"));
        }
        let account = by.account().ok_or_else(|| Error::forbidden("staff.role_required"))?;
        // Looked at on a reader: thousands of rows hold up no writer, and each is looked at again before it is done.
        let (asks, db, asked) = (by.clone(), self.db().clone(), new.clone());
        let rows = self
            .db()
            .read(move |tx| {
                // A form that comes twice leads to what it made.
                if store::find(tx, asked.id)?.is_some() {
                    return Ok(Vec::new());
                }
                let draw = || -> AdmissionId { db.draw() };
                plan::rows(tx, &asks, &asked.chosen, (asked.action, asked.valid_until), draw, now)
            })
            .await?;
        let by = by.clone();
        self.db()
            .write_bulk(move |tx| {
                if let Some(there) = store::find(tx, new.id)? {
                    let own = there.account == account;
                    return if own { Ok((there.id, Vec::new())) } else { Err(unknown()) };
                }
                let changes = rows.iter().filter(|row| row.state == RowState::Waiting).count() as i64;
                let (product, organization) = match &new.chosen {
                    super::Chosen::Organizations { product, .. } => (Some(*product), None),
                    super::Chosen::Products { organization, .. } => (None, Some(*organization)),
                };
                let batch = Batch {
                    id: new.id,
                    product,
                    organization,
                    account,
                    action: new.action,
                    valid_until: new.valid_until,
                    reason: Some(reason.clone()),
                    state: BatchState::Shown,
                    session: None,
                    address: None,
                    total: rows.len() as i64,
                    changes,
                    done: 0,
                    refused: 0,
                    created_at: now,
                    ended_at: None,
                };
                if !store::insert(tx, &batch)? {
                    return Err(unknown());
                }
                store::insert_rows(tx, new.id, &rows)?;
                let event = Event::done(by.actor(), "admission_batch.drafted")
                    .on("admission_batch", new.id)
                    .with(json!({ "action": new.action, "rows": rows.len(), "changes": changes }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// The own one. Error: `admission.batch_unknown`.
    pub async fn batch(&self, by: &Operator, id: BatchId) -> Result<Batch> {
        let account = by.account();
        let found = self.db().read(move |tx| store::find(tx, id)).await?;
        found
            .filter(|batch| Some(batch.account) == account && batch.state != BatchState::Discarded)
            .ok_or_else(unknown)
    }
    /// The own ones, newest first, below `before`.
    pub async fn batches(
        &self,
        by: &Operator,
        before: Option<BatchId>,
        limit: i64,
    ) -> Result<Vec<BatchLine>> {
        let Some(account) = by.account() else { return Ok(Vec::new()) };
        self.db().read(move |tx| store::list(tx, account, before, limit)).await
    }
    /// Of the own batch.
    pub async fn batch_rows(
        &self,
        by: &Operator,
        id: BatchId,
        state: Option<RowState>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BatchRow>> {
        self.batch(by, id).await?;
        self.db().read(move |tx| store::list_rows(tx, id, state, after, limit)).await
    }
    /// Twice is once. Error: `admission.batch_over` for one that was discarded or stopped.
    pub async fn confirm_batch(&self, by: &Operator, id: BatchId) -> Result<()> {
        let batch = self.batch(by, id).await?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let actor = by.actor();
                let from = (actor.session, actor.address.map(|address| address.to_string()));
                if !store::confirm(tx, id, from)? {
                    let there = store::find(tx, id)?.ok_or_else(unknown)?;
                    let gone = matches!(there.state, BatchState::Stopped | BatchState::Discarded);
                    return if gone {
                        Err(Error::conflict("admission.batch_over"))
                    } else {
                        Ok(((), Vec::new()))
                    };
                }
                let event = Event::done(actor, "admission_batch.confirmed").on("admission_batch", id).with(
                    json!({ "action": batch.action, "changes": batch.changes, "reason": batch.reason }),
                );
                Ok(((), vec![event]))
            })
            .await
    }
    /// What was not confirmed goes; what runs stops, and what was applied stays.
    pub async fn stop_batch(&self, by: &Operator, id: BatchId, now: Timestamp) -> Result<()> {
        self.batch(by, id).await?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let discarded = store::set_state(tx, id, (BatchState::Shown, BatchState::Discarded), now)?;
                let stopped =
                    discarded || store::set_state(tx, id, (BatchState::Running, BatchState::Stopped), now)?;
                let action = if discarded { "admission_batch.discarded" } else { "admission_batch.stopped" };
                let event = Event::done(by.actor(), action).on("admission_batch", id);
                Ok(((), if stopped { vec![event] } else { Vec::new() }))
            })
            .await
    }
}
fn unknown() -> Error {
    Error::not_found("admission.batch_unknown")
}
