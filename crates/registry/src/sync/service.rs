use super::compare::{Difference, Step, What, differences};
use super::model::{Sync, SyncId, SyncState};
use super::store::{self, NewRow};
use crate::{
    Registry,
    register::{Answer, Fault, Record},
    registration,
};
use db::Tx;
use identity::notice::{Kind, Notice};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, OrganizationId, mark},
};
use organization::membership::OrganizationAdministrator;
use organization::organization::{
    FieldSource, Locked, Organization, OrganizationState, RegistryState, folded,
    record::{self, Change},
};
use organization::{Authority, succession};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};

const RECORD: &str = "registry_sync.record";
/// Between two questions by hand, so that a register is not worn out by a button.
const PAUSE_SECONDS: i64 = 10;
/// After a fault the schedule tries again so soon.
const RETRY_SECONDS: i64 = 3600;
const DUE_AT_ONCE: i64 = 20;

/// What an administrator takes over.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Of [`Difference::key`].
    pub keys: Vec<String>,
    /// The new name, typed again.
    pub confirm_name: String,
    /// Ticked: the former head's authority ends.
    pub confirm_head: bool,
}
/// What the page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// What waits, with what differs now.
    pub open: Option<(Sync, Vec<Difference>)>,
    pub past: Vec<Sync>,
}
enum Who {
    Administrator(Box<OrganizationAdministrator>),
    Schedule,
}
impl Who {
    fn account(&self) -> Option<AccountId> {
        match self {
            Self::Administrator(by) => Some(by.account()),
            Self::Schedule => None,
        }
    }
    fn actor(&self) -> Actor {
        match self {
            Self::Administrator(by) => by.actor().clone(),
            Self::Schedule => Actor::system(),
        }
    }
    fn lock_in(&self, tx: &mut Tx<'_>, id: OrganizationId, now: Timestamp) -> Result<Locked> {
        match self {
            Self::Administrator(by) => {
                record::lock_in(tx, &Authority::from(OrganizationAdministrator::clone(by)), id, now)
            }
            Self::Schedule => record::lock_for_worker_in(tx, id),
        }
    }
}

impl Registry {
    /// For administrators of the organization.
    pub async fn sync_overview(&self, organization: OrganizationId) -> Result<Overview> {
        let room = self.clone();
        self.db()
            .read(move |tx| {
                let past = store::list(tx, organization, 20)?;
                let open = match store::find_open(tx, organization)? {
                    None => None,
                    Some((id, sealed, _)) => {
                        let record = room.opened(id, &sealed)?;
                        let found = room.differences_in(tx, organization, &record)?;
                        past.iter().find(|sync| sync.id == id).cloned().map(|sync| (sync, found))
                    }
                };
                Ok(Overview { open, past })
            })
            .await
    }
    /// By hand. Errors: `registry.no_code`, `registry.too_soon`, `membership.administrators_only`.
    pub async fn synchronise(&self, by: &OrganizationAdministrator, now: Timestamp) -> Result<SyncState> {
        let organization = by.organization();
        let last = self.db().read(move |tx| store::last_asked(tx, organization)).await?;
        if last.is_some_and(|last| now < last.plus_seconds(PAUSE_SECONDS)) {
            return Err(Error::too_many("registry.too_soon").arg("seconds", PAUSE_SECONDS.to_string()));
        }
        self.ask(Who::Administrator(Box::new(by.clone())), organization, now).await
    }
    /// Asks, then writes what came of it. What the authority says of the organization's existence counts at once.
    async fn ask(&self, who: Who, organization: OrganizationId, now: Timestamp) -> Result<SyncState> {
        let found = self.organizations().organization(organization).await?;
        let code = found.uscc.clone().ok_or_else(|| Error::conflict("registry.no_code"))?;
        let (from, answer) = self.look_up(&code).await?;
        let (connector, source) = from.map_or((None, String::new()), |c| (Some(c.id), c.name));
        let (room, id): (Self, SyncId) = (self.clone(), self.db().draw());
        self.db()
            .write(move |tx| {
                let locked = who.lock_in(tx, organization, now)?;
                store::supersede(tx, organization, now)?;
                let mut new = NewRow {
                    id,
                    organization,
                    connector,
                    source_name: &source,
                    asked_by: who.account(),
                    state: SyncState::Failed,
                    fault: None,
                    record: None,
                    now,
                };
                let (actor, mut events) = (who.actor(), Vec::new());
                let record = match &answer {
                    Answer::Found(record) => record,
                    Answer::NotFound | Answer::Fault(_) => {
                        new.fault = Some(match &answer {
                            Answer::Fault(fault) => *fault,
                            _ => Fault::NotFound,
                        });
                        store::insert(tx, &new)?;
                        let detail = json!({ "fault": new.fault });
                        return Ok((SyncState::Failed, vec![asked(&actor, &new, detail)]));
                    }
                };
                events.extend(room.take_state_in(tx, &locked, record.state, (&actor, &source), now)?);
                let found = room.differences_in(tx, organization, record)?;
                let text =
                    serde_json::to_string(record).map_err(|e| Error::internal("registry.json").because(e))?;
                let sealed = room.db().keyring().seal(RECORD, id.as_i64(), &text);
                new.state = if found.is_empty() { SyncState::Same } else { SyncState::Different };
                new.record = (!found.is_empty()).then_some(sealed.as_slice());
                store::insert(tx, &new)?;
                if !found.is_empty() && who.account().is_none() {
                    let told = Notice::new(Kind::RegistryDiffers)
                        .arg("organization", locked.name.as_str())
                        .arg("source", source.as_str())
                        .leads_to(&format!("/org/{organization}/sync"));
                    room.tell_administrators_in(tx, organization, &told, now)?;
                }
                let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
                events.push(asked(&actor, &new, json!({ "differs": keys })));
                Ok((new.state, events))
            })
            .await
    }
    /// The register's word on whether the organization exists. Struck off puts its admissions to sleep, back wakes them.
    fn take_state_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        state: RegistryState,
        (actor, source): (&Actor, &str),
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        let before = record::find_in(tx, locked.id)?;
        let after = Organization { registry_state: state, registry_at: Some(now), ..before.clone() };
        let change = change(actor, source, now);
        let events = record::write_in(tx, &before, &after, &change)?;
        let (held, holds) = (before.registry_state.holds_admissions(), state.holds_admissions());
        if held != holds {
            let kind = if holds { Kind::RegistryHeld } else { Kind::RegistryReleased };
            let told = Notice::new(kind)
                .arg("organization", locked.name.as_str())
                .arg("source", source)
                .key("state", state.key())
                .leads_to(&format!("/org/{}/profile", locked.id));
            self.tell_administrators_in(tx, locked.id, &told, now)?;
            if let Some(manager) = locked.account_manager {
                let told = told.leads_to(&format!("/desk/organizations/{}", locked.id));
                identity::notice::tell_in(tx, self.identity(), manager, &told, now)?;
            }
            tx.changed("organization", locked.id);
        }
        Ok(events)
    }
    /// Takes over what was chosen. Errors: `registry.nothing_chosen`, `registry.confirm_name` at `confirm_name`,
    /// `registry.confirm_head` at `confirm_head`, `registry.changed_meanwhile`, `application.decided`.
    pub async fn apply_sync(
        &self,
        by: &OrganizationAdministrator,
        id: SyncId,
        choice: Choice,
        now: Timestamp,
    ) -> Result<()> {
        let organization = by.organization();
        let open = self.sync_overview(organization).await?.open;
        let (sync, found) = open.filter(|(sync, _)| sync.id == id).ok_or_else(decided)?;
        let chosen: Vec<Difference> =
            found.into_iter().filter(|one| choice.keys.contains(&one.key)).collect();
        if chosen.is_empty() {
            return Err(Error::invalid("registry.nothing_chosen").at("keys"));
        }
        if chosen.iter().any(|one| one.step == Step::Succession) && !choice.confirm_head {
            return Err(Error::invalid("registry.confirm_head").at("confirm_head"));
        }
        if let Some(name) = chosen.iter().find(|one| one.step == Step::Rename)
            && folded(&choice.confirm_name) != folded(&name.theirs)
        {
            return Err(Error::invalid("registry.confirm_name").at("confirm_name"));
        }
        // A name is matched anew and a head is not removed on old news: the register is asked once more.
        if chosen.iter().any(|one| matches!(one.step, Step::Rename | Step::Succession)) {
            self.must_still_say(organization, &chosen).await?;
        }
        let (room, by) = (self.clone(), by.clone());
        let ids: HashMap<String, registration::RegistrationId> =
            chosen.iter().map(|one| (one.key.clone(), self.db().draw::<mark::Registration>())).collect();
        self.db()
            .write(move |tx| {
                let locked = record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                let (open, sealed, source) = store::find_open(tx, organization)?.ok_or_else(decided)?;
                if open != id {
                    return Err(decided());
                }
                // What was shown is what is taken over: anything that moved since is shown again first.
                let record = room.opened(id, &sealed)?;
                let now_found = room.differences_in(tx, organization, &record)?;
                if !chosen.iter().all(|one| now_found.contains(one)) {
                    return Err(Error::conflict("registry.changed_meanwhile"));
                }
                let mut events = Vec::new();
                for one in &chosen {
                    let registration = ids.get(&one.key).copied();
                    events.extend(room.take_in(
                        tx,
                        &locked,
                        one,
                        registration,
                        (by.actor(), &source),
                        now,
                    )?);
                }
                if !store::decide(tx, id, SyncState::Applied, Some(by.account()), now)? {
                    return Err(decided());
                }
                let keys: Vec<&str> = chosen.iter().map(|one| one.key.as_str()).collect();
                events.push(
                    Event::done(by.actor(), "registry.applied")
                        .on("registry_sync", id)
                        .of(organization)
                        .with(json!({ "fields": keys })),
                );
                tx.changed("organization", organization);
                Ok(((), events))
            })
            .await?;
        tracing::debug!(sync.id = %sync.id, "what a register said was taken over");
        Ok(())
    }
    /// The record stays as it is. Error `application.decided`.
    pub async fn dismiss_sync(
        &self,
        by: &OrganizationAdministrator,
        id: SyncId,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                let open = store::find_open(tx, organization)?.map(|(open, ..)| open);
                let decided_now =
                    open == Some(id) && store::decide(tx, id, SyncState::Dismissed, Some(by.account()), now)?;
                if !decided_now {
                    return Err(decided());
                }
                let event = Event::done(by.actor(), "registry.dismissed").on("registry_sync", id);
                Ok(((), vec![event.of(organization)]))
            })
            .await
    }
    fn take_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        one: &Difference,
        registration: Option<registration::RegistrationId>,
        (actor, source): (&Actor, &str),
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        let organization = locked.id;
        match &one.what {
            What::Registration(entry) => {
                let id = registration.ok_or_else(|| Error::internal("registry.id"))?;
                registration::service::take_over_in(tx, actor, organization, entry, (id, source), now)
            }
            What::Gone(entry) => {
                let rows = registration::service::all_in(tx, organization)?;
                match rows.into_iter().find(|row| row.entry.is_same(entry)) {
                    Some(row) => {
                        Ok(registration::service::drop_in(tx, actor, &row, now)?.into_iter().collect())
                    }
                    None => Ok(Vec::new()),
                }
            }
            What::HeadName if one.step == Step::Succession => {
                let source = (FieldSource::Registry, Some(source));
                succession::new_head_in(tx, self.organizations(), actor, locked, &one.theirs, source, now)
            }
            What::Name | What::HeadName | What::Address => {
                let before = record::find_in(tx, organization)?;
                let mut after = before.clone();
                match one.what {
                    What::Name => after.name.clone_from(&one.theirs),
                    What::HeadName => after.head_name = Some(one.theirs.clone()),
                    _ => after.address = Some(one.theirs.clone()),
                }
                record::write_in(tx, &before, &after, &change(actor, source, now))
            }
        }
    }
    /// Whether the register says of name and head today what was shown. Errors: `registry.not_reached`,
    /// `registry.changed_meanwhile`.
    async fn must_still_say(&self, organization: OrganizationId, chosen: &[Difference]) -> Result<()> {
        let found = self.organizations().organization(organization).await?;
        let code = found.uscc.ok_or_else(|| Error::conflict("registry.no_code"))?;
        let changed = || Error::conflict("registry.changed_meanwhile");
        let record = match self.look_up(&code).await? {
            (_, Answer::Found(record)) => record,
            (_, Answer::Fault(_)) => return Err(Error::conflict("registry.not_reached")),
            _ => return Err(changed()),
        };
        let same = chosen.iter().all(|one| match one.what {
            What::Name => folded(&record.name) == folded(&one.theirs),
            What::HeadName => {
                record.head_name.as_deref().is_some_and(|name| folded(name) == folded(&one.theirs))
            }
            _ => true,
        });
        if same { Ok(()) } else { Err(changed()) }
    }
    fn differences_in(
        &self,
        tx: &mut Tx<'_>,
        organization: OrganizationId,
        record: &Record,
    ) -> Result<Vec<Difference>> {
        let ours = record::find_in(tx, organization)?;
        let rows = registration::service::all_in(tx, organization)?;
        Ok(differences(&ours, &rows, record, self.zone()))
    }
    fn opened(&self, id: SyncId, sealed: &[u8]) -> Result<Record> {
        let text = self.db().keyring().open(RECORD, id.as_i64(), sealed)?;
        serde_json::from_str(&text).map_err(|e| Error::internal("registry.json").because(e))
    }

    /// Asks for every organization whose time has come, by the interval of its type; how many were asked.
    pub async fn synchronise_due(&self, now: Timestamp) -> Result<usize> {
        let mut days = HashMap::new();
        for kind in self.organizations().organization_types().await? {
            if kind.policy.sync_days == 0 {
                continue;
            }
            days.insert(kind.id, i64::from(kind.policy.sync_days));
            let id = kind.id;
            let fresh = self.db().read(move |tx| store::list_unscheduled(tx, id, 500)).await?;
            if !fresh.is_empty() {
                let fresh = Arc::new(fresh);
                self.db()
                    .write_unaudited("the schedule of synchronisation", move |tx| {
                        for organization in fresh.iter() {
                            store::schedule(tx, *organization, now)?;
                        }
                        Ok(())
                    })
                    .await?;
            }
        }
        let due = self.db().read(move |tx| store::list_due(tx, now, DUE_AT_ONCE)).await?;
        let mut asked = 0;
        for organization in due {
            let found = self.organizations().organization(organization).await?;
            let interval = days.get(&found.type_id).copied();
            // Of a type that is no longer asked for: looked at again some day.
            let next = now.plus_days(interval.unwrap_or(30));
            let claimed = self
                .db()
                .write_unaudited("the schedule of synchronisation", move |tx| {
                    store::claim(tx, organization, next, now)
                })
                .await?;
            let asks = claimed
                && interval.is_some()
                && found.uscc.is_some()
                && found.state != OrganizationState::Closed;
            if !asks {
                continue;
            }
            asked += 1;
            if self.ask(Who::Schedule, organization, now).await? == SyncState::Failed {
                let soon = now.plus_seconds(RETRY_SECONDS);
                self.db()
                    .write_unaudited("the schedule of synchronisation", move |tx| {
                        store::schedule(tx, organization, soon)
                    })
                    .await?;
            }
        }
        Ok(asked)
    }
}

fn decided() -> Error {
    Error::conflict("registry.decided")
}
fn change<'a>(actor: &'a Actor, source: &'a str, now: Timestamp) -> Change<'a> {
    Change {
        actor,
        by: actor.account,
        action: "organization.synchronised",
        source: FieldSource::Registry,
        source_name: Some(source),
        reason: None,
        now,
    }
}
fn asked(actor: &Actor, new: &NewRow<'_>, detail: serde_json::Value) -> Event {
    let mut detail = detail;
    if let Some(map) = detail.as_object_mut() {
        map.insert("state".into(), json!(new.state));
        map.insert("source".into(), json!(new.source_name));
    }
    Event::done(actor, "registry.asked").on("registry_sync", new.id).of(new.organization).with(detail)
}
