use super::model::{MOST_FILES, Wanted};
use crate::{
    Registry,
    registration::{self, Registration, RegistrationId, Source},
};
use db::Tx;
use kernel::{
    Error, Event, Id, Result, Timestamp,
    id::{ApplicationId, OrganizationId},
};
use organization::application::{
    self, Application, ApplicationKind, ApplicationState, NewApplication, Step, StepRecord, Verdict,
};
use organization::membership::OrganizationAdministrator;
use organization::organization::{
    FieldSource, Locked, Organization, folded,
    record::{self, Change},
};
use organization::{Authority, Operator};
use platform::document::{self, Card, DocumentId, Upload};
use std::sync::Arc;

/// As the form brought it.
pub struct NewChange {
    pub id: ApplicationId,
    /// The row that is to change; None for the name.
    pub registration: Option<RegistrationId>,
    pub wanted: Wanted,
    pub reason: Option<String>,
    /// The proof: none only where one was handed in before.
    pub upload: Option<Upload>,
}
/// One application with everything that a page shows of it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub application: Application,
    pub organization: Organization,
    /// The row as it is now.
    pub registration: Option<Registration>,
    pub wanted: Wanted,
    pub files: Vec<Card>,
    pub steps: Vec<StepRecord>,
}

impl Registry {
    /// Hands in, or hands in again what came back. Where it led. Errors: at `document` those of the file and
    /// `field.required`; `change.same` at `name` or `number`, `change.not_synchronised`, `application.decided`.
    pub async fn ask_change(
        &self,
        by: &OrganizationAdministrator,
        new: NewChange,
        now: Timestamp,
    ) -> Result<ApplicationId> {
        let file = new
            .upload
            .as_ref()
            .map(|upload| {
                document::service::prepare(self.db().keyring(), "document", upload, Some(by.account()))
            })
            .transpose()?;
        let (room, authority, account) = (self.clone(), Authority::from(by.clone()), by.account());
        let (organization, id, wanted) = (by.organization(), new.id, new.wanted);
        let (registration, reason) = (new.registration, new.reason);
        let data = serde_json::to_value(&wanted).map_err(|e| Error::internal("change.data").because(e))?;
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &authority, organization, now)?;
                room.must_differ_in(tx, organization, registration, &wanted)?;
                let keyring = room.db().keyring();
                let there = application::find_in(tx, id)
                    .ok()
                    .filter(|there| there.organization == Some(organization) && there.kind == wanted.kind());
                let (application, events) = match there {
                    Some(there) if there.state_at(now) == ApplicationState::Returned => {
                        let step = Step::Resubmit;
                        let stepped = application::must_step_in(tx, id, step, Some(account), None, now)?;
                        application::set_data_in(tx, keyring, id, &data)?;
                        application::set_reason_in(tx, id, reason.as_deref())?;
                        let event = stepped.event(authority.actor(), step);
                        (stepped, vec![event])
                    }
                    // The form came twice.
                    Some(there) => return Ok((there.id, Vec::new())),
                    None => {
                        if file.is_none() {
                            return Err(Error::invalid("field.required").at("document"));
                        }
                        let new = NewApplication {
                            id,
                            kind: wanted.kind(),
                            applicant: account,
                            organization: Some(organization),
                            product: None,
                            subject: registration.map(Id::as_i64),
                            reason: reason.clone(),
                            data: Some(data.clone()),
                        };
                        let (requested, events) =
                            application::submit_in(tx, room.organizations(), &new, authority.actor(), now)?;
                        if !requested.new {
                            return Ok((requested.id, events));
                        }
                        (application::find_in(tx, id)?, events)
                    }
                };
                if let Some(file) = &file {
                    let subject = application::documents_of(id);
                    document::service::add_in(tx, "document", subject, file, MOST_FILES, now)?;
                }
                room.organizations().tell_staff_in(tx, &application, now)?;
                tx.changed("organization", organization);
                Ok((id, events))
            })
            .await
    }
    /// Error `application.unknown`, one of another organization or kind included.
    pub async fn change(&self, organization: Option<OrganizationId>, id: ApplicationId) -> Result<Asked> {
        let room = self.clone();
        self.db().read(move |tx| room.asked_in(tx, organization, id)).await
    }
    fn asked_in(
        &self,
        tx: &mut Tx<'_>,
        organization: Option<OrganizationId>,
        id: ApplicationId,
    ) -> Result<Asked> {
        let unknown = || Error::not_found("application.unknown");
        let application = application::find_in(tx, id)?;
        let own = application.organization.ok_or_else(unknown)?;
        let kinds = [ApplicationKind::NameChange, ApplicationKind::RegistrationChange];
        if organization.is_some_and(|asked| asked != own) || !kinds.contains(&application.kind) {
            return Err(unknown());
        }
        let wanted: Wanted = application::data_in(tx, self.db().keyring(), id)?.ok_or_else(unknown)?;
        let registration = match application.subject {
            Some(row) => registration::service::find_in(tx, own, Id::from_i64(row)).ok(),
            None => None,
        };
        Ok(Asked {
            organization: record::find_in(tx, own)?,
            registration,
            wanted,
            files: document::service::list_in(tx, application::documents_of(id))?,
            steps: application::timeline_in(tx, id)?,
            application,
        })
    }
    /// Takes back what nobody decided; its files go. Error `application.decided`.
    pub async fn withdraw_change(
        &self,
        by: &OrganizationAdministrator,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<()> {
        let (room, by) = (self.clone(), by.clone());
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                room.asked_in(tx, Some(organization), id)?;
                let step = Step::Withdraw;
                let stepped = application::must_step_in(tx, id, step, Some(by.account()), None, now)?;
                application::erase_documents_in(tx, id, now)?;
                Ok(((), vec![stepped.event(by.actor(), step)]))
            })
            .await
    }
    /// Media type and content, for administrators of the organization alone.
    pub async fn own_change_file(
        &self,
        by: &OrganizationAdministrator,
        id: ApplicationId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (room, organization) = (self.clone(), by.organization());
        self.db()
            .read(move |tx| {
                room.asked_in(tx, Some(organization), id)?;
                let keyring = Arc::clone(room.db().keyring());
                document::service::open_in(tx, &keyring, application::documents_of(id), file)
            })
            .await
    }
    /// The same for whoever decides; each look is written down.
    pub async fn reviewed_change_file(
        &self,
        by: &Operator,
        id: ApplicationId,
        file: DocumentId,
        now: Timestamp,
    ) -> Result<(String, Vec<u8>)> {
        let (room, by) = (self.clone(), by.clone());
        self.db()
            .write(move |tx| {
                let asked = room.asked_in(tx, None, id)?;
                let organization = asked.organization.id;
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                let keyring = Arc::clone(room.db().keyring());
                let subject = application::documents_of(id);
                let opened = document::service::open_in(tx, &keyring, subject, file)?;
                let event = Event::done(by.actor(), "change.seen").on("application", id).of(organization);
                Ok((opened, vec![event]))
            })
            .await
    }
    /// By the account manager of that portfolio or a system administrator; approved, it takes effect in the same
    /// transaction. Errors: those of the engine; `registration.unknown`, `registration.taken`.
    pub async fn decide_change(
        &self,
        by: &Operator,
        id: ApplicationId,
        verdict: Verdict,
        note: &str,
        now: Timestamp,
    ) -> Result<()> {
        let note = kernel::text::paragraph("note", note, application::REASON_MAX)?;
        let (room, by) = (self.clone(), by.clone());
        self.db()
            .write(move |tx| {
                let asked = room.asked_in(tx, None, id)?;
                let locked = record::lock_in(tx, &Authority::from(by.clone()), asked.organization.id, now)?;
                let step = match verdict {
                    Verdict::Approve => asked.application.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let stepped = application::must_step_in(tx, id, step, by.account(), note.as_deref(), now)?;
                let mut events = vec![stepped.event(by.actor(), step)];
                if step == Step::Approve {
                    events.extend(room.take_effect_in(tx, &locked, &asked, &by, now)?);
                }
                room.organizations().tell_applicant_in(tx, &stepped, step, note.as_deref(), now)?;
                tx.changed("organization", locked.id);
                Ok(((), events))
            })
            .await
    }
    fn take_effect_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        asked: &Asked,
        by: &Operator,
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        match &asked.wanted {
            Wanted::Name { name } => {
                let before = record::find_in(tx, locked.id)?;
                let after = Organization { name: name.clone(), ..before.clone() };
                let change = Change {
                    actor: by.actor(),
                    by: by.account(),
                    action: "organization.record_changed",
                    source: FieldSource::Application,
                    source_name: None,
                    reason: None,
                    now,
                };
                record::write_in(tx, &before, &after, &change)
            }
            Wanted::Registration { entry } => {
                let row = asked.application.subject.ok_or_else(|| Error::internal("change.subject"))?;
                let before = registration::service::find_in(tx, locked.id, Id::from_i64(row))?;
                let entry = entry.parse(self.zone()).map_err(|_| Error::internal("change.data"))?;
                registration::service::replace_in(tx, by.actor(), &before, &entry, now)
                    .map(|event| vec![event])
            }
        }
    }
    /// An application for what is so already, or for what administrators change themselves, would waste everybody's time.
    fn must_differ_in(
        &self,
        tx: &mut Tx<'_>,
        organization: OrganizationId,
        registration: Option<RegistrationId>,
        wanted: &Wanted,
    ) -> Result<()> {
        match wanted {
            Wanted::Name { name } => {
                let now_is = record::find_in(tx, organization)?.name;
                if folded(&now_is) == folded(name) {
                    return Err(Error::invalid("change.same").at("name"));
                }
            }
            Wanted::Registration { entry } => {
                let id = registration.ok_or_else(|| Error::not_found("registration.unknown"))?;
                let row = registration::service::find_in(tx, organization, id)?;
                if row.source == Source::Own {
                    return Err(Error::conflict("change.not_synchronised"));
                }
                if entry.parse(self.zone()).is_ok_and(|entry| entry == row.entry) {
                    return Err(Error::invalid("change.same").at("number"));
                }
            }
        }
        Ok(())
    }
}
