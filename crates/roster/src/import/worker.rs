//! Makes the accounts of a job, slice by slice, behind everything urgent. A worker that dies gives its job up after the
//! lease; the next goes on with the first slice that was not committed.
use super::check::told;
use super::model::{Column, Draft, Fault, ImportJobId, Job, JobState, SliceState};
use super::service::{FAULT, opened, sealed};
use super::store;
use crate::Roster;
use identity::account::model::today;
use identity::search;
use kernel::{Error, Event, Kind, Result, Timestamp, id::AccountId};
use organization::activation::{Draft as LinkDraft, Link, Way};
use organization::membership::{ManagedMember, activation_in, create_unsearched_in, managing_in};
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
const TERMS: usize = 800;
/// Links by SMS a second: gateways refuse floods, and sign-in codes go the same way.
const MESSAGES_A_SECOND: u64 = 20;
const ERASE_EVERY: Duration = Duration::from_secs(300);
/// Without a yes a file is kept a day, what became of it a week.
const UNCONFIRMED_DAYS: i64 = 1;
const KEPT_DAYS: i64 = 7;

/// What became of one slice.
pub(super) enum Step {
    Done,
    /// The job was stopped meanwhile.
    Gone,
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

    /// False once there is nothing left to create.
    async fn create_some(&self, job: &Job) -> Result<bool> {
        let id = job.id;
        let slices = self.db().read(move |tx| store::list_slices(tx, id, SliceState::Waiting, READ)).await?;
        if slices.is_empty() {
            return self.pass_on(job, JobState::Indexing).await.map(|()| false);
        }
        for (number, data) in slices {
            let drafts = opened(self.db().keyring(), id, &data)?;
            if matches!(self.create(job, number, drafts).await?, Step::Gone) {
                break;
            }
        }
        Ok(true)
    }
    pub(super) async fn create(&self, job: &Job, number: i64, drafts: Vec<Draft>) -> Result<Step> {
        let (db, now) = (self.db(), self.db().clock().now());
        let by = self.authority(job, now).await?;
        let members: Vec<ManagedMember> =
            drafts.iter().map(|draft| draft.member(today(now))).collect::<Result<_>>()?;
        let (id, organization, keyring) = (job.id, job.organization, Arc::clone(db.keyring()));
        let lang = language(job);
        db.write_bulk(move |tx| {
            let managing = managing_in(tx, &by, organization, now)?;
            if !store::hold(tx, id, JobState::Creating, now.plus_seconds(LEASE_SECONDS))? {
                return Ok((Step::Gone, Vec::new()));
            }
            if !store::advance(tx, id, number, SliceState::Waiting, SliceState::Created)? {
                return Ok((Step::Done, Vec::new()));
            }
            let (mut events, mut made, mut faults) = (Vec::new(), Vec::new(), Vec::new());
            for (draft, member) in drafts.iter().zip(&members) {
                match create_unsearched_in(tx, &keyring, &managing, member, now) {
                    Ok(new) => {
                        events.extend(new.unwrap_or_default());
                        made.push(draft.clone());
                    }
                    // Somebody took the name since the file was checked.
                    Err(error)
                        if error.kind == Kind::Conflict && error.code == "account.login_name_taken" =>
                    {
                        faults.push(Fault {
                            row: draft.row,
                            cells: vec![draft.name.clone(), draft.login_name.clone()],
                            problems: vec![told(lang, Column::LoginName, &error)],
                        });
                    }
                    Err(error) => return Err(error),
                }
            }
            store::add(tx, id, (made.len() as i64, faults.len() as i64, 0))?;
            if !faults.is_empty() {
                // Above the numbers of what the check found.
                store::insert_fault(tx, id, 1_000_000 + number, &sealed(&keyring, FAULT, id, &faults)?)?;
                store::update_slice(tx, id, number, &sealed(&keyring, super::service::DATA, id, &made)?)?;
            }
            Ok((Step::Done, events))
        })
        .await
    }

    async fn index_some(&self, job: &Job) -> Result<bool> {
        let id = job.id;
        let slices =
            self.db().read(move |tx| store::list_slices(tx, id, SliceState::Created, INDEXED)).await?;
        let Some(last) = slices.last().map(|(number, _)| *number) else {
            let to = if job.notify { JobState::Notifying } else { JobState::Done };
            return self.pass_on(job, to).await.map(|()| false);
        };
        let (keyring, scope) = (Arc::clone(self.db().keyring()), job.organization.as_i64());
        let terms = tokio::task::spawn_blocking(move || -> Result<Vec<(i64, i64, AccountId)>> {
            let mut terms = Vec::new();
            for (_, data) in slices {
                for draft in opened(&keyring, id, &data)? {
                    let (phone, document) = (draft.phone.as_deref(), draft.document.as_deref());
                    let own = search::terms_of(&keyring, Some(scope), &draft.name, phone, document);
                    terms.extend(own.into_iter().map(|(scope, term)| (scope, term, draft.account())));
                }
            }
            terms.sort_unstable();
            Ok(terms)
        })
        .await
        .map_err(|error| Error::internal("internal").because(error))??;
        let groups: Vec<Vec<(i64, i64, AccountId)>> = terms.chunks(TERMS).map(<[_]>::to_vec).collect();
        let until = |now: Timestamp| now.plus_seconds(LEASE_SECONDS);
        for group in groups {
            let lease = until(self.db().clock().now());
            let held = self
                .db()
                .write_bulk(move |tx| {
                    let held = store::hold(tx, id, JobState::Indexing, lease)?;
                    if held {
                        search::service::insert_in(tx, &group)?;
                    }
                    Ok((held, Vec::new()))
                })
                .await?;
            if !held {
                return Ok(true);
            }
        }
        self.db()
            .write_bulk(move |tx| {
                store::advance_to(tx, id, last, SliceState::Created, SliceState::Searchable)?;
                Ok(((), Vec::new()))
            })
            .await?;
        Ok(true)
    }

    async fn notify_some(&self, job: &Job, throttled: bool) -> Result<bool> {
        let id = job.id;
        let slices =
            self.db().read(move |tx| store::list_slices(tx, id, SliceState::Searchable, READ)).await?;
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
            if !store::hold(tx, id, JobState::Notifying, now.plus_seconds(LEASE_SECONDS))? {
                return Ok((Step::Gone, Vec::new()));
            }
            if !store::advance(tx, id, number, SliceState::Searchable, SliceState::Notified)? {
                return Ok((Step::Done, Vec::new()));
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
            store::add(tx, id, (0, 0, sent))?;
            Ok((Step::Done, events))
        })
        .await
    }

    /// The next state; the end of the making is told in the record.
    async fn pass_on(&self, job: &Job, to: JobState) -> Result<()> {
        let (id, from, organization) = (job.id, job.state, job.organization);
        let (actor, now) = (job.actor(), self.db().clock().now());
        let ended = (to == JobState::Done).then_some(now);
        let numbers = json!({ "created": job.created, "failed": job.failed });
        self.db()
            .write(move |tx| {
                if !store::set_state(tx, id, from, to, None, ended)? || from != JobState::Creating {
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
