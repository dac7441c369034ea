//! Jobs and their queues. A job is a closure with its answer channel; workers run it on a connection they own.
use crate::{change::Listeners, tx::Tx};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use kernel::{Error, Event, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How long a job may wait in the queue; one that waited longer has a caller who gave up.
const PATIENCE: Duration = Duration::from_secs(10);
const QUEUE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Several statements over one snapshot.
    Snapshot,
    /// A transaction.
    Write,
    /// One statement that reads.
    Point,
    /// One statement that writes, its own transaction.
    Single,
}

pub(crate) trait Job: Send {
    fn mode(&self) -> Mode;
    /// May run more than once; the last run counts.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Event>>;
    fn finish(self: Box<Self>, result: Result<()>);
    /// Nobody waits any more, or not in time.
    fn stale(&self) -> bool;
    /// For the log of slow jobs.
    fn name(&self) -> &'static str;
}

struct Closure<F, T> {
    mode: Mode,
    run: F,
    value: Option<T>,
    answer: oneshot::Sender<Result<T>>,
    deadline: Instant,
}
/// Whatever a closure does, its connection is as good as before: a panic becomes an error, and so does a failed statement that it
/// took no notice of.
pub(crate) fn contained<T>(tx: &mut Tx<'_>, run: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
    let value = catch_unwind(AssertUnwindSafe(|| run(tx))).map_err(|_| Error::internal("db.panic"))??;
    if tx.failed() {
        return Err(
            Error::internal("db.transaction_failed").because("a closure went on after a failed statement")
        );
    }
    Ok(value)
}
impl<T: Send, F: Fn(&mut Tx<'_>) -> Result<(T, Vec<Event>)> + Send> Job for Closure<F, T> {
    fn mode(&self) -> Mode {
        self.mode
    }
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Event>> {
        let run = &self.run;
        let (value, events) = contained(tx, run)?;
        self.value = Some(value);
        Ok(events)
    }
    fn finish(self: Box<Self>, result: Result<()>) {
        let answer = match (result, self.value) {
            (Ok(()), Some(value)) => Ok(value),
            (Ok(()), None) => Err(Error::internal("db.no_answer")),
            (Err(error), _) => Err(error),
        };
        // A caller that went away has no use for the answer; the work stands.
        drop(self.answer.send(answer));
    }
    fn stale(&self) -> bool {
        self.answer.is_closed() || self.deadline < Instant::now()
    }
    fn name(&self) -> &'static str {
        std::any::type_name::<F>()
    }
}

/// A bounded queue before a set of workers.
#[derive(Clone)]
pub(crate) struct Queue(Sender<Box<dyn Job>>);
impl Queue {
    pub(crate) fn new() -> (Self, Receiver<Box<dyn Job>>) {
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE);
        (Self(sender), receiver)
    }
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        mode: Mode,
        run: impl Fn(&mut Tx<'_>) -> Result<(T, Vec<Event>)> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (answer, receiver) = oneshot::channel();
        let job = Closure { mode, run, value: None, answer, deadline: Instant::now() + PATIENCE };
        self.0.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => Error::overloaded("db.overloaded"),
            TrySendError::Disconnected(_) => Error::unavailable("db.closed"),
        })?;
        Ok(receiver)
    }
}

/// Answers jobs whose callers gave up; hands back the others.
pub(crate) fn still_wanted(job: Box<dyn Job>) -> Option<Box<dyn Job>> {
    if job.stale() {
        job.finish(Err(Error::overloaded("db.deadline")));
        return None;
    }
    Some(job)
}

/// What the workers of one store share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub keyring: Arc<crate::Keyring>,
    pub clock: kernel::Clock,
    pub ids: Arc<kernel::id::IdSource>,
    pub listeners: Listeners,
}
