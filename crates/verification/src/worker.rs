//! Asks the verifiers, off the request path and outside of any transaction; erases what was kept long enough. A worker that
//! dies gives its case up after the lease, and the next asks again under the same request id.
use crate::{
    Verification,
    case::{CaseId, service::subject_in, store},
    verifier::{Answer, Question, client},
};
use identity::account::model::today;
use kernel::Result;
use platform::exchange::Fault;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Longer than every verifier of a method may take, one after the other.
const LEASE_SECONDS: i64 = 90;
/// A case that was claimed so often without an end makes workers die: it ends.
const MOST_CLAIMS: i64 = 3;
const AT_ONCE: usize = 16;
/// Another node may have queued something.
const POLL: Duration = Duration::from_secs(1);
const ERASE_EVERY: Duration = Duration::from_secs(300);

impl Verification {
    /// Works until the process ends. Errors of the store are logged and waited out.
    pub async fn work(self) {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut erased = None::<std::time::Instant>;
        loop {
            if erased.is_none_or(|at| at.elapsed() >= ERASE_EVERY) {
                erased = Some(std::time::Instant::now());
                if let Err(error) = self.erase().await {
                    tracing::warn!(%error, "old documents of verifications were not erased");
                }
            }
            if let Err(error) = self.start_due(&permits).await {
                tracing::warn!(%error, "verifications could not be worked");
            }
            tokio::time::timeout(POLL, self.wake().notified()).await.ok();
        }
    }
    /// A task for every case that is due, as long as there are permits: one that hangs holds up no other.
    async fn start_due(&self, permits: &Arc<Semaphore>) -> Result<()> {
        while let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            let Some(id) = self.claim().await? else { break };
            let room = self.clone();
            tokio::spawn(async move {
                if let Err(error) = room.ask(id).await {
                    tracing::warn!(%error, "a verification was not concluded");
                }
                drop(permit);
                // What waited for the permit.
                room.wake().notify_one();
            });
        }
        Ok(())
    }
    /// For tests: everything that is due now, one after the other.
    pub async fn drain(&self) -> Result<usize> {
        let mut done = 0;
        while let Some(id) = self.claim().await? {
            self.ask(id).await?;
            done += 1;
        }
        Ok(done)
    }
    async fn claim(&self) -> Result<Option<CaseId>> {
        let now = self.db().clock().now();
        // Asked by reading first, so that an idle queue costs no write.
        if !self.db().read_one(move |statement| store::is_due(statement, now)).await? {
            return Ok(None);
        }
        self.db()
            .exec("verification lease", move |statement| {
                store::claim(statement, now.plus_seconds(LEASE_SECONDS), now)
            })
            .await
    }
    /// Each verifier of the method in its order, until one gives an answer that counts.
    async fn ask(&self, id: CaseId) -> Result<()> {
        let keyring = Arc::clone(self.db().keyring());
        let found = self
            .db()
            .read(move |tx| {
                let Some(case) = store::find(tx, id)? else { return Ok(None) };
                Ok(Some((subject_in(tx, &keyring, id)?, case)))
            })
            .await?;
        let Some((subject, case)) = found else { return Ok(()) };
        let (mut provider, mut answer) = (String::new(), Answer::fault(Fault::Connection));
        if case.attempts > MOST_CLAIMS {
            return self.conclude(id, &provider, &answer).await;
        }
        let document = subject.document(today(self.db().clock().now()))?;
        for (connector, config) in self.verifiers_for(case.method).await? {
            let question = Question {
                // The same for every try at one verifier, so that it is asked once and paid once.
                request_id: format!("{id}-{}", connector.id),
                check: case.method,
                name: subject.name.clone(),
                document_type: document.code().to_owned(),
                document_number: document.number().to_owned(),
                mobile: subject.mobile.clone(),
                bank_card: subject.bank_card.clone(),
            };
            answer = client::check(self.identity().asking(), &config, &question).await?;
            provider = connector.name;
            metrics_of(answer.outcome.code());
            if !answer.outcome.try_another() {
                break;
            }
            tracing::warn!(connector.id = %connector.id, outcome = ?answer.outcome, "a verifier gave no answer that counts");
        }
        self.conclude(id, &provider, &answer).await
    }
    /// Documents whose time is over, drafts that nobody completed.
    pub async fn erase(&self) -> Result<()> {
        let (now, policy) = (self.db().clock().now(), self.policy().await?);
        let before = now.plus_days(-policy.documents_kept_days);
        self.db()
            .write_unaudited("old documents of verifications", move |tx| {
                store::expire(tx, now)?;
                store::erase_old(tx, before, now).map(drop)
            })
            .await
    }
}
fn metrics_of(outcome: &'static str) {
    metrics::counter!("fujie_verification_answers_total", "outcome" => outcome).increment(1);
}
