//! Applies batches slice by slice. A worker that dies gives its batch up after the lease; the next goes on with the first row
//! that was not committed.
use super::model::{Batch, BatchAction, BatchId, BatchState, RowState, Task};
use super::{plan, store};
use crate::admission::edit::{admit_in, change_in, locked_in, product_in};
use crate::admission::{Admission, AdmissionChange, NewAdmission};
use crate::{Authority, Operator, Organizations};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp};
use std::time::Duration;

const LEASE_SECONDS: i64 = 15;
const POLL: Duration = Duration::from_secs(1);
/// Rows of one transaction: organizations are held no longer than a click holds them.
const SLICE: i64 = 20;

impl Organizations {
    /// Works until the process ends. Errors of the store are logged and waited out.
    pub async fn work_batches(self) {
        loop {
            if let Err(error) = self.drain_batches().await {
                tracing::warn!(%error, "batches of admissions wait for their next try");
            }
            tokio::time::sleep(POLL).await;
        }
    }
    /// Everything that is due now.
    pub async fn drain_batches(&self) -> Result<()> {
        loop {
            let now = self.db().clock().now();
            // Asked by reading first, so that an idle table costs no write.
            if !self.db().read_one(move |statement| store::is_due(statement, now)).await? {
                return Ok(());
            }
            let until = now.plus_seconds(LEASE_SECONDS);
            let claimed = self
                .db()
                .exec("admission batch lease", move |statement| store::claim(statement, until, now))
                .await?;
            let Some(id) = claimed else { return Ok(()) };
            while self.apply_slice(id).await? {}
        }
    }
    /// False once there is nothing left to do.
    pub(super) async fn apply_slice(&self, id: BatchId) -> Result<bool> {
        let found =
            self.db().read(move |tx| Ok((store::find(tx, id)?, store::list_waiting(tx, id, SLICE)?))).await?;
        let (Some(batch), tasks) = found else { return Ok(false) };
        if batch.state != BatchState::Running {
            return Ok(false);
        }
        let (rooms, now) = (self.clone(), self.db().clock().now());
        self.db()
            .write_bulk(move |tx| {
                if !store::hold(tx, id, now.plus_seconds(LEASE_SECONDS))? {
                    return Ok((false, Vec::new()));
                }
                if tasks.is_empty() {
                    store::set_state(tx, id, (BatchState::Running, BatchState::Done), now)?;
                    return Ok((false, Vec::new()));
                }
                let (mut done, mut refused, mut events) = (0, 0, Vec::new());
                for task in &tasks {
                    let (outcome, made) = match apply_in(tx, &rooms, &batch, task, now) {
                        Ok(made) => ((RowState::Done, None), made),
                        Err(error) => ((RowState::Refused, Some(plan::told(error)?)), Vec::new()),
                    };
                    // Another worker thought that this one was dead: nothing of the slice counts twice.
                    if !store::settle(tx, id, task.number, outcome)? {
                        return Err(Error::unavailable("admission.batch_raced"));
                    }
                    done += i64::from(outcome.0 == RowState::Done);
                    refused += i64::from(outcome.0 == RowState::Refused);
                    events.extend(made);
                }
                store::add(tx, id, (done, refused))?;
                Ok((true, events))
            })
            .await
    }
}

/// Everything is looked at before anything is written, so that a refused row leaves nothing behind.
fn apply_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    batch: &Batch,
    task: &Task,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let operator = Operator::again(batch.account, batch.actor());
    let locked = locked_in(tx, task.organization)?;
    let product = product_in(tx, task.product)?;
    let what = (batch.action, batch.valid_until);
    let (_, there) = plan::look(tx, &operator, (task.organization, &product), what, now)?;
    // A single edit was faster: what was shown is not what would happen.
    if Admission::seen(there.as_ref()) != task.expected {
        return Err(Error::conflict("admission.changed"));
    }
    let by = Authority::from(operator);
    let about = (&locked, &product);
    let change = match batch.action {
        BatchAction::Admit => {
            let new = NewAdmission {
                id: task.admission,
                product: task.product,
                contract: None,
                valid_until: batch.valid_until,
                note: batch.reason.clone(),
            };
            return admit_in(tx, rooms, &by, about, &new, None, None, now);
        }
        BatchAction::Suspend => AdmissionChange::Suspend,
        BatchAction::Resume => AdmissionChange::Resume,
        BatchAction::End => AdmissionChange::End,
    };
    let there = there.ok_or_else(|| Error::conflict("admission.none"))?;
    let event = change_in(tx, rooms, &by, about, &there, change, batch.reason.as_deref(), now)?;
    Ok(event.into_iter().collect())
}
