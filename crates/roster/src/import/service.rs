//! Receiving a file, and what people decide about it. The work itself is the worker's.
use super::check::{self, Checked, Reading};
use super::model::{Column, Draft, Fault, ImportJobId, Job, JobState};
use super::store;
use crate::{Roster, sheet};
use bytes::Bytes;
use db::{Keyring, Tx};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use organization::membership::managing_in;
use organization::organization_type::TypePolicy;
use organization::{Authority, membership::Role};
use platform::counter::{self, Limit};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use web::Lang;

/// Rows that one transaction makes.
pub(super) const SLICE: usize = 64;
/// Slices put down in one transaction, and faults kept together.
const PUT: usize = 8;
const FAULTS: usize = 200;
const LOOKED_UP: usize = 500;
/// Of one organization, however many sign in there.
const RECEIVED: Limit = Limit { scope: "import.received", most: 20, seconds: 3600 };
pub(super) const DATA: &str = "import_slice.data";
pub(super) const FAULT: &str = "import_fault.data";

/// Whoever imports, where: an administrator of the organization, or its account manager.
#[derive(Clone)]
pub struct Importer {
    pub by: Authority,
    pub organization: OrganizationId,
    /// Words of the organization's type for the role that an import gives.
    pub policy: Arc<TypePolicy>,
}
impl Importer {
    fn actor(&self) -> &Actor {
        self.by.actor()
    }
    fn account(&self) -> Result<AccountId> {
        self.by.account().ok_or_else(|| Error::forbidden("staff.role_required"))
    }
    fn is_staff(&self) -> bool {
        matches!(self.by, Authority::Operator(_))
    }
}
/// What a file is received with.
pub(crate) struct Incoming {
    pub id: ImportJobId,
    pub bytes: Bytes,
    pub lang: Lang,
    pub origin: String,
    pub zone: kernel::clock::Zone,
}

impl Roster {
    /// Checks the whole file and puts its rows down; nothing is made yet. Errors at `file`.
    pub(crate) async fn receive(
        &self,
        importer: &Importer,
        incoming: Incoming,
        now: Timestamp,
    ) -> Result<()> {
        let (id, lang) = (incoming.id, incoming.lang);
        let begun = self.begin(importer, &incoming, now).await?;
        if !begun {
            return Ok(());
        }
        // Two files at a time are enough, and the slow part is comparing them: a place is held to the end.
        let _place =
            self.reading().acquire().await.map_err(|error| Error::unavailable("db.closed").because(error))?;
        let checked = match self.checked(importer, incoming, now).await {
            Ok(checked) => checked,
            Err(error) => {
                self.db()
                    .write_unaudited("a file that is none", move |tx| {
                        store::set_state(tx, id, JobState::Receiving, JobState::Discarded, None, None)
                    })
                    .await?;
                return Err(error);
            }
        };
        let checked = self.compared(importer, checked, lang).await?;
        self.put_down(importer, id, checked).await
    }
    /// False if the form came twice. Error `roster.import_often`: a file asks of a hundred thousand names whether they are
    /// taken, and of the machine to look.
    async fn begin(&self, importer: &Importer, incoming: &Incoming, now: Timestamp) -> Result<bool> {
        let (importer, id) = (importer.clone(), incoming.id);
        let (tag, origin) = (incoming.lang.tag(), incoming.origin.clone());
        let account = (importer.account()?, importer.is_staff());
        self.db()
            .write(move |tx| {
                managing_in(tx, &importer.by, importer.organization, now)?;
                let key = importer.organization.as_i64().to_be_bytes();
                let hit = counter::service::hit_in(tx, RECEIVED, &key, now)?;
                if !hit.allowed() {
                    return Ok((Err(hit.minutes_left(now)), Vec::new()));
                }
                let new = store::insert(tx, id, importer.organization, account, (tag, &origin), now)?;
                if !new {
                    return Ok((Ok(false), Vec::new()));
                }
                store::discard_others(tx, importer.organization, account.0, id)?;
                let event = Event::done(importer.actor(), "import.received")
                    .on("import_job", id)
                    .of(importer.organization);
                Ok((Ok(true), vec![event]))
            })
            .await?
            .map_err(|minutes: i64| {
                Error::too_many("roster.import_often").arg("minutes", minutes.to_string())
            })
    }
    /// Reading and checking are work for a thread of their own.
    async fn checked(&self, importer: &Importer, incoming: Incoming, now: Timestamp) -> Result<Checked> {
        let label = importer.policy.role_label(Role::Agent);
        let reading = Reading {
            lang: incoming.lang,
            zone: incoming.zone,
            now,
            agent: vec![
                label.of(false).to_owned(),
                label.of(true).to_owned(),
                Role::Agent.as_str().to_owned(),
            ],
            rng: self.db().rng().clone(),
        };
        let db = self.db().clone();
        tokio::task::spawn_blocking(move || {
            let table = sheet::read(&incoming.bytes)?;
            if table.rows.is_empty() {
                return Err(Error::invalid("roster.file_no_rows").at("file"));
            }
            let ids = || {
                let account: AccountId = db.draw();
                let membership: kernel::id::MembershipId = db.draw();
                (account.as_i64(), membership.as_i64())
            };
            check::check(&table, &reading, &ids)
        })
        .await
        .map_err(|error| Error::internal("internal").because(error))?
    }
    /// Against what is there: login names everywhere, phones and documents among the accounts that the organization owns.
    /// Whether a stranger's account has them is not told.
    async fn compared(&self, importer: &Importer, mut checked: Checked, lang: Lang) -> Result<Checked> {
        let mut taken: HashSet<String> = HashSet::new();
        for drafts in checked.drafts.chunks(LOOKED_UP) {
            let mut names: Vec<String> = drafts.iter().map(|draft| draft.login_name.clone()).collect();
            // One length, one prepared statement.
            names.resize(LOOKED_UP, names.last().cloned().unwrap_or_default());
            taken.extend(self.db().read(move |tx| store::list_taken(tx, &names)).await?);
        }
        let (mut phones, mut documents) = (BTreeSet::new(), BTreeSet::new());
        if checked.drafts.iter().any(|draft| draft.phone.is_some() || draft.document.is_some()) {
            let (organization, mut after) = (importer.organization, String::new());
            loop {
                let from = after.clone();
                let page = self.db().read(move |tx| store::list_owned(tx, organization, &from, 2000)).await?;
                let full = page.len() == 2000;
                for owned in page {
                    phones.extend(owned.phone);
                    documents.extend(owned.document);
                    after = owned.login_name;
                }
                if !full {
                    break;
                }
            }
        }
        let keyring = Arc::clone(self.db().keyring());
        let zone = self.organizations().identity().zone().clone();
        tokio::task::spawn_blocking(move || {
            let known = |set: &BTreeSet<Vec<u8>>, column: &'static str, text: &Option<String>| {
                !set.is_empty()
                    && text.as_ref().is_some_and(|text| set.contains(&keyring.blind(column, text)))
            };
            checked.refuse((lang, &zone), |draft| {
                if taken.contains(&draft.login_name) {
                    return Some((Column::LoginName, Error::conflict("account.login_name_taken")));
                }
                if known(&documents, "document", &draft.document) {
                    return Some((Column::Document, Error::conflict("roster.known_document")));
                }
                known(&phones, "phone", &draft.phone)
                    .then(|| (Column::Phone, Error::conflict("roster.known_phone")))
            });
            Ok(checked)
        })
        .await
        .map_err(|error| Error::internal("internal").because(error))?
    }
    async fn put_down(&self, importer: &Importer, id: ImportJobId, checked: Checked) -> Result<()> {
        let numbers = (
            checked.drafts.len() as i64,
            checked.faults.len() as i64,
            checked.drafts.iter().filter(|draft| draft.phone.is_some()).count() as i64,
        );
        let keyring = Arc::clone(self.db().keyring());
        let slices: Vec<(i64, Vec<u8>)> = (0..)
            .zip(checked.drafts.chunks(SLICE))
            .map(|(number, drafts)| sealed(&keyring, DATA, id, drafts).map(|data| (number, data)))
            .collect::<Result<_>>()?;
        for group in slices.chunks(PUT) {
            let group = group.to_vec();
            self.db()
                .write_bulk(move |tx| {
                    must_be_receiving(tx, id)?;
                    for (number, data) in &group {
                        store::insert_slice(tx, id, *number, data)?;
                    }
                    Ok(((), Vec::new()))
                })
                .await?;
        }
        for (number, faults) in (0..).zip(checked.faults.chunks(FAULTS)) {
            let data = sealed(&keyring, FAULT, id, faults)?;
            self.db()
                .write_bulk(move |tx| {
                    must_be_receiving(tx, id)?;
                    store::insert_fault(tx, id, number, &data)?;
                    Ok(((), Vec::new()))
                })
                .await?;
        }
        let importer = importer.clone();
        self.db()
            .write(move |tx| {
                if !store::set_checked(tx, id, numbers)? {
                    return Err(Error::conflict("roster.import_gone"));
                }
                let event = Event::done(importer.actor(), "import.checked")
                    .on("import_job", id)
                    .of(importer.organization)
                    .with(json!({ "rows": numbers.0, "faulty": numbers.1 }));
                Ok(((), vec![event]))
            })
            .await
    }

    /// Error `roster.import_unknown`, for another organization's too.
    pub async fn import(&self, organization: OrganizationId, id: ImportJobId) -> Result<Job> {
        let found = self.db().read(move |tx| store::find(tx, id)).await?;
        found
            .filter(|job| job.organization == organization)
            .ok_or_else(|| Error::not_found("roster.import_unknown"))
    }
    pub async fn imports(&self, organization: OrganizationId) -> Result<Vec<Job>> {
        self.db().read(move |tx| store::list(tx, organization, 10)).await
    }
    /// Rows that cannot be imported; at most `limit`.
    pub async fn faults(&self, job: &Job, limit: usize) -> Result<Vec<Fault>> {
        let (id, keyring) = (job.id, Arc::clone(self.db().keyring()));
        let (mut faults, mut after) = (Vec::new(), -1);
        while faults.len() < limit {
            let page = self.db().read(move |tx| store::list_faults(tx, id, after, 20)).await?;
            let Some(last) = page.last() else { break };
            after = last.0;
            for (_, data) in &page {
                let text = keyring.open(FAULT, id.as_i64(), data)?;
                let read: Vec<Fault> = serde_json::from_str(&text)
                    .map_err(|error| Error::internal("internal").because(error))?;
                faults.extend(read);
            }
        }
        faults.truncate(limit);
        Ok(faults)
    }

    /// The yes: from now on the worker makes accounts in the name of whoever says it. Errors: `roster.running`,
    /// `roster.import_gone`.
    pub async fn confirm(&self, importer: &Importer, job: &Job, notify: bool, now: Timestamp) -> Result<()> {
        if job.rows_valid == 0 {
            return Err(Error::conflict("roster.import_gone"));
        }
        self.start(importer, job, JobState::Checked, notify, "import.confirmed", now).await
    }
    /// A job that was stopped goes on, in the name of whoever says so.
    pub async fn resume(&self, importer: &Importer, job: &Job, now: Timestamp) -> Result<()> {
        self.start(importer, job, JobState::Stopped, job.notify, "import.resumed", now).await
    }
    async fn start(
        &self,
        importer: &Importer,
        job: &Job,
        from: JobState,
        notify: bool,
        action: &'static str,
        now: Timestamp,
    ) -> Result<()> {
        let (importer, id, rows) = (importer.clone(), job.id, job.rows_valid);
        let account = (importer.account()?, importer.is_staff());
        let erased = job.erased_at.is_some();
        let started = self
            .db()
            .write(move |tx| {
                managing_in(tx, &importer.by, importer.organization, now)?;
                let actor = importer.actor();
                let place = (actor.session, actor.address.map(|address| address.to_string()));
                if erased || !store::start(tx, id, from, account, place, notify, now)? {
                    return Err(Error::conflict("roster.import_gone"));
                }
                let event = Event::done(actor, action)
                    .on("import_job", id)
                    .of(importer.organization)
                    .with(json!({ "rows": rows, "notify": notify }));
                Ok(((), vec![event]))
            })
            .await;
        // The index lets one job of an organization run.
        started
            .map_err(|error| if error.is_duplicate() { Error::conflict("roster.running") } else { error })?;
        self.wake().notify_waiters();
        Ok(())
    }
    /// What was checked is thrown away.
    pub async fn discard(&self, importer: &Importer, job: &Job, now: Timestamp) -> Result<()> {
        self.end(importer, job, JobState::Discarded, "import.discarded", now).await
    }
    /// What was made stays.
    pub async fn stop(&self, importer: &Importer, job: &Job, now: Timestamp) -> Result<()> {
        self.end(importer, job, JobState::Stopped, "import.stopped", now).await
    }
    async fn end(
        &self,
        importer: &Importer,
        job: &Job,
        to: JobState,
        action: &'static str,
        now: Timestamp,
    ) -> Result<()> {
        let (importer, id, from) = (importer.clone(), job.id, job.state);
        let fits = match to {
            JobState::Discarded => from == JobState::Checked,
            _ => from.is_working(),
        };
        self.db()
            .write(move |tx| {
                managing_in(tx, &importer.by, importer.organization, now)?;
                let reason = (to == JobState::Stopped).then_some("roster.stopped_by_hand");
                if !fits || !store::set_state(tx, id, from, to, reason, Some(now))? {
                    return Err(Error::conflict("roster.import_gone"));
                }
                let event =
                    Event::done(importer.actor(), action).on("import_job", id).of(importer.organization);
                Ok(((), vec![event]))
            })
            .await?;
        self.wake().notify_waiters();
        Ok(())
    }
}
pub(super) fn sealed<T: serde::Serialize>(
    keyring: &Keyring,
    column: &'static str,
    job: ImportJobId,
    rows: &[T],
) -> Result<Vec<u8>> {
    let text = serde_json::to_string(rows).map_err(|error| Error::internal("internal").because(error))?;
    Ok(keyring.seal(column, job.as_i64(), &text))
}
pub(super) fn opened(keyring: &Keyring, job: ImportJobId, data: &[u8]) -> Result<Vec<Draft>> {
    let text = keyring.open(DATA, job.as_i64(), data)?;
    serde_json::from_str(&text).map_err(|error| Error::internal("internal").because(error))
}
/// While rows are put down the same person may have sent another file, which makes this one void.
fn must_be_receiving(tx: &mut Tx<'_>, id: ImportJobId) -> Result<()> {
    match store::find(tx, id)? {
        Some(job) if job.state == JobState::Receiving => Ok(()),
        _ => Err(Error::conflict("roster.import_gone")),
    }
}
