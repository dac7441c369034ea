//! Makes the accounts of a job, slice by slice, behind everything urgent. A worker that dies gives its job up after the
//! lease; the next goes on with the first slice that was not committed.
use super::check::{cells_of, told};
use super::model::{Column, Draft, Fault, ImportJobId, Job, JobState};
use super::service::{DATA, FAULT, opened, sealed};
use super::store;
use crate::Roster;
use identity::account::model::today;
use identity::search;
use kernel::{Error, Event, Kind, Result, Timestamp, clock::Zone, id::AccountId};
use organization::activation::{Draft as LinkDraft, Link, Way};
use organization::membership::{PreparedMember, activation_in, create_prepared_in, managing_in};
use organization::{Authority, Operator};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use web::Lang;

const LEASE_SECONDS: i64 = 15;
/// Another node may have confirmed something.
const POLL: Duration = Duration::from_secs(1);
/// Slices read at a time.
const READ: i64 = 8;
/// Slices whose terms are inserted together, in the order of the key, and terms of one transaction.
const INDEXED: i64 = 250;
const TERMS: usize = 1500;
/// Milliseconds that a slice waits at most while somebody's password is compared.
const GIVES_WAY: usize = 4;
/// Links by SMS a second: gateways refuse floods, and sign-in codes go the same way.
const MESSAGES_A_SECOND: u64 = 20;
const ERASE_EVERY: Duration = Duration::from_secs(300);
/// Without a yes a file is kept a day, what became of it a week.
const UNCONFIRMED_DAYS: i64 = 1;
const KEPT_DAYS: i64 = 7;

/// What became of one slice.
pub(super) enum Step {
    Done,
    /// The job was stopped meanwhile, or another worker did it.
    Gone,
}
/// Rows, and the accounts that they will be.
pub(super) struct Slice {
    number: i64,
    drafts: Vec<Draft>,
    members: Vec<PreparedMember>,
}
type Term = (i64, i64, AccountId);
/// Of slices from one number up to another.
struct Terms {
    from: i64,
    next: i64,
    terms: Vec<Term>,
}

impl Roster {
    /// Works until the process ends. Errors of the store are logged and waited out.
    pub async fn work(self) {
        tokio::join!(self.rounds(false), self.rounds(true), self.erase_rounds());
    }
    /// Messages have a loop of their own: the throttle of one job holds up no other job's accounts.
    async fn rounds(&self, notifying: bool) {
        loop {
            match self.claim(notifying).await {
                Ok(Some(id)) => {
                    if let Err(error) = self.run(id, true).await {
                        tracing::warn!(import.id = %id, %error, "an import waits for its next try");
                        tokio::time::sleep(POLL).await;
                    }
                }
                Ok(None) => {
                    tokio::time::timeout(POLL, self.wake().notified()).await.ok();
                }
                Err(error) => {
                    tracing::warn!(%error, "imports could not be looked for");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }
    async fn claim(&self, notifying: bool) -> Result<Option<ImportJobId>> {
        let now = self.db().clock().now();
        // Asked by reading first, so that an idle table costs no write.
        if !self.db().read_one(move |statement| store::is_due(statement, notifying, now)).await? {
            return Ok(None);
        }
        self.db()
            .exec("import lease", move |statement| {
                store::claim(statement, notifying, now.plus_seconds(LEASE_SECONDS), now)
            })
            .await
    }
    /// For tests: everything that is due, without the throttle.
    pub async fn drain(&self) -> Result<()> {
        while let Some(id) = self.claim(false).await? {
            self.run(id, false).await?;
        }
        while let Some(id) = self.claim(true).await? {
            self.run(id, false).await?;
        }
        Ok(())
    }
    pub(super) async fn run(&self, id: ImportJobId, throttled: bool) -> Result<()> {
        loop {
            let Some(job) = self.db().read(move |tx| store::find(tx, id)).await? else { return Ok(()) };
            let more = match job.state {
                JobState::Creating => self.create_some(&job).await,
                JobState::Indexing => self.index_some(&job).await,
                JobState::Notifying => self.notify_some(&job, throttled).await,
                _ => return Ok(()),
            };
            match more {
                // Accounts are searchable now: the links are the other loop's.
                Ok(false) if job.state == JobState::Indexing => return Ok(()),
                Ok(_) => {}
                Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {
                    return self.halt(&job, error.code).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
    /// Whoever confirmed lost the power: what was made stays, what was not is not made.
    async fn halt(&self, job: &Job, reason: &'static str) -> Result<()> {
        let (id, state, organization) = (job.id, job.state, job.organization);
        let (actor, now) = (job.actor(), self.db().clock().now());
        self.db()
            .write(move |tx| {
                store::set_state(tx, id, state, JobState::Stopped, Some(reason), Some(now))?;
                let event = Event::refused(&actor, "import.stopped")
                    .on("import_job", id)
                    .of(organization)
                    .with(json!({ "reason": reason }));
                Ok(((), vec![event]))
            })
            .await
    }
    async fn authority(&self, job: &Job, now: Timestamp) -> Result<Authority> {
        if job.staff {
            return Ok(Operator::again(job.account, job.actor()).into());
        }
        let by =
            self.organizations().administrator_again(job.account, job.organization, job.actor(), now).await?;
        by.map(Authority::from).ok_or_else(|| Error::forbidden("membership.administrators_only"))
    }

    /// False once there is nothing left to create. What comes next is prepared while slices are written.
    async fn create_some(&self, job: &Job) -> Result<bool> {
        let mut ahead = self.prepare(job, job.next, READ).await?;
        if ahead.is_empty() {
            return self.pass_on(job, JobState::Indexing).await.map(|()| false);
        }
        while let Some(last) = ahead.last() {
            let after = self.prepare(job, last.number + 1, READ);
            let (step, prepared) = tokio::join!(self.create(job, ahead), after);
            if matches!(step?, Step::Gone) {
                break;
            }
            ahead = prepared?;
        }
        Ok(true)
    }
    /// Reads slices and seals what they will be, on a thread of its own.
    pub(super) async fn prepare(&self, job: &Job, from: i64, most: i64) -> Result<Vec<Slice>> {
        let (id, organization, now) = (job.id, job.organization, self.db().clock().now());
        let slices = self.db().read(move |tx| store::list_slices(tx, id, from, most)).await?;
        let keyring = Arc::clone(self.db().keyring());
        apart(move || {
            let slice = |(number, data): (i64, Vec<u8>)| {
                let drafts = opened(&keyring, id, &data)?;
                let members = drafts
                    .iter()
                    .map(|draft| {
                        let member = draft.member(today(now))?;
                        Ok(PreparedMember::new(&keyring, organization, member, now))
                    })
                    .collect::<Result<_>>()?;
                Ok(Slice { number, drafts, members })
            };
            slices.into_iter().map(slice).collect()
        })
        .await
    }
    /// Makes the accounts of these slices, one transaction each.
    pub(super) async fn create(&self, job: &Job, slices: Vec<Slice>) -> Result<Step> {
        let by = self.authority(job, self.db().clock().now()).await?;
        for slice in slices {
            self.give_way().await;
            if matches!(self.create_slice(job, by.clone(), slice).await?, Step::Gone) {
                return Ok(Step::Gone);
            }
        }
        Ok(Step::Done)
    }
    /// Who signs in comes first, and needs a core for some milliseconds: a whole import loses little by it.
    async fn give_way(&self) {
        let passwords = self.organizations().identity().passwords();
        for _ in 0..GIVES_WAY {
            if !passwords.is_busy() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    async fn create_slice(&self, job: &Job, by: Authority, slice: Slice) -> Result<Step> {
        let (db, now) = (self.db(), self.db().clock().now());
        let (id, organization, keyring) = (job.id, job.organization, Arc::clone(db.keyring()));
        let (lang, zone) = (language(job), self.organizations().identity().zone().clone());
        db.write_bulk(move |tx| {
            let managing = managing_in(tx, &by, organization, now)?;
            let here = (JobState::Creating, slice.number);
            if !store::hold(tx, id, here, now.plus_seconds(LEASE_SECONDS))? {
                return Ok((Step::Gone, Vec::new()));
            }
            let (made, events) = create_prepared_in(tx, &managing, &slice.members, now)?;
            let created = made.iter().filter(|made| **made).count() as i64;
            let failed = made.len() as i64 - created;
            if failed > 0 {
                let (kept, taken): (Vec<_>, Vec<_>) =
                    slice.drafts.iter().cloned().zip(&made).partition(|(_, made)| **made);
                let faults: Vec<Fault> =
                    taken.into_iter().map(|(draft, _)| taken_name(&draft, lang, &zone)).collect();
                let kept: Vec<Draft> = kept.into_iter().map(|(draft, _)| draft).collect();
                // Above the numbers of what the check found.
                let number = 1_000_000 + slice.number;
                store::insert_fault(tx, id, number, &sealed(&keyring, FAULT, id, &faults)?)?;
                store::update_slice(tx, id, slice.number, &sealed(&keyring, DATA, id, &kept)?)?;
            }
            store::advance(tx, id, slice.number + 1, (created, failed, 0))?;
            Ok((Step::Done, events))
        })
        .await
    }

    /// As with the making: terms of the next slices are reckoned while these are written.
    async fn index_some(&self, job: &Job) -> Result<bool> {
        let mut ahead = self.terms(job, job.next).await?;
        if ahead.is_none() {
            let to = if job.notify { JobState::Notifying } else { JobState::Done };
            return self.pass_on(job, to).await.map(|()| false);
        }
        while let Some(terms) = ahead {
            let after = self.terms(job, terms.next);
            let (step, reckoned) = tokio::join!(self.index(job, terms), after);
            if matches!(step?, Step::Gone) {
                break;
            }
            ahead = reckoned?;
        }
        Ok(true)
    }
    async fn terms(&self, job: &Job, from: i64) -> Result<Option<Terms>> {
        let (id, scope) = (job.id, job.organization.as_i64());
        let slices = self.db().read(move |tx| store::list_slices(tx, id, from, INDEXED)).await?;
        let Some((last, _)) = slices.last() else { return Ok(None) };
        let (next, keyring) = (last + 1, Arc::clone(self.db().keyring()));
        apart(move || {
            let mut terms = Vec::new();
            for (_, data) in slices {
                for draft in opened(&keyring, id, &data)? {
                    let (phone, document) = (draft.phone.as_deref(), draft.document.as_deref());
                    let own = search::terms_of(&keyring, Some(scope), &draft.name, phone, document);
                    terms.extend(own.into_iter().map(|(scope, term)| (scope, term, draft.account())));
                }
            }
            terms.sort_unstable();
            Ok(Some(Terms { from, next, terms }))
        })
        .await
    }
    async fn index(&self, job: &Job, all: Terms) -> Result<Step> {
        let (id, here) = (job.id, (JobState::Indexing, all.from));
        for group in all.terms.chunks(TERMS).map(<[Term]>::to_vec) {
            self.give_way().await;
            let lease = self.db().clock().now().plus_seconds(LEASE_SECONDS);
            let held = self
                .db()
                .write_bulk(move |tx| {
                    let held = store::hold(tx, id, here, lease)?;
                    if held {
                        search::service::insert_in(tx, &group)?;
                    }
                    Ok((held, Vec::new()))
                })
                .await?;
            if !held {
                return Ok(Step::Gone);
            }
        }
        let lease = self.db().clock().now().plus_seconds(LEASE_SECONDS);
        self.db()
            .write_bulk(move |tx| {
                let held = store::hold(tx, id, here, lease)?;
                if held {
                    store::advance(tx, id, all.next, (0, 0, 0))?;
                }
                Ok((if held { Step::Done } else { Step::Gone }, Vec::new()))
            })
            .await
    }

    async fn notify_some(&self, job: &Job, throttled: bool) -> Result<bool> {
        let (id, from) = (job.id, job.next);
        let slices = self.db().read(move |tx| store::list_slices(tx, id, from, READ)).await?;
        if slices.is_empty() {
            return self.pass_on(job, JobState::Done).await.map(|()| false);
        }
        for (number, data) in slices {
            let mut drafts = opened(self.db().keyring(), id, &data)?;
            drafts.retain(|draft| draft.phone.is_some());
            let messages = drafts.len() as u64;
            if matches!(self.notify(job, number, drafts).await?, Step::Gone) {
                break;
            }
            if throttled {
                tokio::time::sleep(Duration::from_millis(messages * 1000 / MESSAGES_A_SECOND)).await;
            }
        }
        Ok(true)
    }
    async fn notify(&self, job: &Job, number: i64, drafts: Vec<Draft>) -> Result<Step> {
        let (db, now) = (self.db(), self.db().clock().now());
        let by = self.authority(job, now).await?;
        let rooms = self.organizations().clone();
        let (id, organization) = (job.id, job.organization);
        let link = Link { way: Way::Sms, lang: language(job), origin: job.origin.clone() };
        let links: Vec<LinkDraft> = drafts.iter().map(|_| LinkDraft::new(&rooms)).collect();
        db.write_bulk(move |tx| {
            let managing = managing_in(tx, &by, organization, now)?;
            let here = (JobState::Notifying, number);
            if !store::hold(tx, id, here, now.plus_seconds(LEASE_SECONDS))? {
                return Ok((Step::Gone, Vec::new()));
            }
            let (mut events, mut sent) = (Vec::new(), 0);
            for (draft, new) in drafts.iter().zip(&links) {
                let holder = (draft.membership(), draft.account());
                // Whoever opened the account by a slip, or ended, needs no link.
                if !store::is_waiting(tx, draft.account(), draft.membership())? {
                    continue;
                }
                match activation_in(tx, &rooms, &managing, holder, new, &link, now) {
                    Ok((_, event)) => {
                        events.push(event);
                        sent += 1;
                    }
                    // The number was taken off meanwhile, or had its links of today.
                    Err(error) if matches!(error.kind, Kind::Invalid | Kind::TooMany) => {}
                    Err(error) => return Err(error),
                }
            }
            store::advance(tx, id, number + 1, (0, 0, sent))?;
            Ok((Step::Done, events))
        })
        .await
    }

    /// The next state; the end of the making is told in the record.
    async fn pass_on(&self, job: &Job, to: JobState) -> Result<()> {
        let (id, from, organization) = (job.id, (job.state, job.next), job.organization);
        let (actor, now) = (job.actor(), self.db().clock().now());
        let ended = (to == JobState::Done).then_some(now);
        let numbers = json!({ "created": job.created, "failed": job.failed });
        self.db()
            .write(move |tx| {
                if !store::set_step(tx, id, from, to, ended)? || from.0 != JobState::Creating {
                    return Ok(((), Vec::new()));
                }
                let event = Event::done(&actor, "import.created")
                    .on("import_job", id)
                    .of(organization)
                    .with(numbers.clone());
                Ok(((), vec![event]))
            })
            .await?;
        self.wake().notify_waiters();
        Ok(())
    }

    async fn erase_rounds(&self) {
        loop {
            if let Err(error) = self.erase().await {
                tracing::warn!(%error, "rows of old imports were not erased");
            }
            tokio::time::sleep(ERASE_EVERY).await;
        }
    }
    /// Rows are personal data: they go when nobody needs them any more.
    pub async fn erase(&self) -> Result<()> {
        let now = self.db().clock().now();
        let (unconfirmed, kept) = (now.plus_days(-UNCONFIRMED_DAYS), now.plus_days(-KEPT_DAYS));
        let jobs = self.db().read(move |tx| store::list_erasable(tx, unconfirmed, kept)).await?;
        for id in jobs {
            loop {
                let gone = self
                    .db()
                    .write_bulk(move |tx| {
                        let gone = store::delete_slices(tx, id, 50)? + store::delete_faults(tx, id, 20)?;
                        if gone == 0 {
                            store::set_erased(tx, id, now)?;
                        }
                        Ok((gone, Vec::new()))
                    })
                    .await?;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}
fn language(job: &Job) -> Lang {
    if job.lang == Lang::En.tag() { Lang::En } else { Lang::Zh }
}
/// On a thread where it holds up no request.
pub(super) async fn apart<T: Send + 'static>(run: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(run).await.map_err(|error| Error::internal("internal").because(error))?
}
/// Somebody took the name since the file was checked.
fn taken_name(draft: &Draft, lang: Lang, zone: &Zone) -> Fault {
    let error = Error::conflict("account.login_name_taken");
    Fault {
        row: draft.row,
        cells: cells_of(draft, zone),
        problems: vec![told(lang, Column::LoginName, &error)],
    }
}
