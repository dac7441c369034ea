use super::model::{Line, MOST_FILES, Material, MaterialId, Standing, WARNING_DAYS};
use super::store::{self, NewRow};
use crate::Registry;
use identity::notice::{Kind, Notice};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId},
};
use organization::application::{
    self, Application, ApplicationKind, NewApplication, Step, StepRecord, Verdict,
};
use organization::membership::OrganizationAdministrator;
use organization::organization::{Organization, record};
use organization::{Authority, Operator};
use platform::document::{self, Card, DocumentId, Prepared, Upload};
use serde_json::json;
use std::sync::Arc;

/// As the form brought it.
pub struct NewMaterial {
    /// Drawn when the form was rendered.
    pub id: MaterialId,
    pub upload: Upload,
    pub valid_until: Option<Timestamp>,
}
/// What a reviewer looks at.
#[derive(Clone, Debug)]
pub struct Review {
    pub material: Material,
    pub organization: Organization,
    pub files: Vec<Card>,
    pub steps: Vec<StepRecord>,
    pub application: Application,
}

impl Registry {
    /// Each rule of the type with its history, then what was handed in for rules that are gone.
    pub async fn materials(
        &self,
        organization: &Organization,
        now: Timestamp,
    ) -> Result<(Vec<Line>, Vec<Material>)> {
        let id = organization.id;
        let mut all = self.db().read(move |tx| store::list(tx, id)).await?;
        let mut lines = Vec::with_capacity(organization.policy.materials.len());
        for rule in &organization.policy.materials {
            let (history, rest) = all.into_iter().partition::<Vec<_>, _>(|m| m.rule_key == rule.key);
            all = rest;
            lines.push(Line { rule: rule.clone(), standing: Standing::of(&history, now), history });
        }
        Ok((lines, all))
    }
    /// Hands in, or hands in again what came back. Errors: `material.rule_unknown`, `material.in_review`; at `document`
    /// those of [`document::kind_of`] and `material.format`; at `valid_until` `field.required`, `material.ended`.
    pub async fn submit_material(
        &self,
        by: &OrganizationAdministrator,
        rule: &str,
        new: NewMaterial,
        now: Timestamp,
    ) -> Result<()> {
        let file =
            document::service::prepare(self.db().keyring(), "document", &new.upload, Some(by.account()))?;
        let (authority, account) = (Authority::from(by.clone()), by.account());
        let (room, rule, organization) = (self.clone(), rule.to_owned(), by.organization());
        let (id, valid_until, application): (_, _, ApplicationId) =
            (new.id, new.valid_until, self.db().draw());
        self.db()
            .write(move |tx| {
                let locked = record::lock_in(tx, &authority, organization, now)?;
                let rule =
                    locked.policy.material(&rule).ok_or_else(|| Error::not_found("material.rule_unknown"))?;
                if !rule.formats.iter().any(|format| format.media_type() == file.kind) {
                    return Err(Error::invalid("material.format").at("document"));
                }
                let until = match (rule.needs_expiry, valid_until) {
                    (true, None) => return Err(Error::invalid("field.required").at("valid_until")),
                    (_, Some(until)) if until <= now => {
                        return Err(Error::invalid("material.ended").at("valid_until"));
                    }
                    (_, until) => until,
                };
                if let Some(there) = store::find(tx, id)? {
                    return if there.organization == organization {
                        Ok(((), Vec::new()))
                    } else {
                        Err(Error::not_found("material.unknown"))
                    };
                }
                let newest =
                    store::list(tx, organization)?.into_iter().find(|there| there.rule_key == rule.key);
                let (stepped, mut events) = match newest {
                    Some(there) if there.state_at(now).is_waiting() => {
                        return Err(Error::conflict("material.in_review"));
                    }
                    Some(there) if there.state_at(now) == application::ApplicationState::Returned => {
                        let step = Step::Resubmit;
                        let stepped =
                            application::must_step_in(tx, there.application, step, Some(account), None, now)?;
                        store::set_valid_until(tx, there.id, until)?;
                        keep_in(tx, there.application, &file, now)?;
                        let event = stepped.event(authority.actor(), step);
                        (stepped, vec![event])
                    }
                    _ => {
                        let new = NewApplication {
                            id: application,
                            kind: ApplicationKind::Material,
                            applicant: account,
                            organization: Some(organization),
                            product: None,
                            subject: Some(id.as_i64()),
                            reason: None,
                            data: None,
                        };
                        let (_, events) =
                            application::submit_in(tx, room.organizations(), &new, authority.actor(), now)?;
                        store::insert(
                            tx,
                            &NewRow {
                                id,
                                organization,
                                rule_key: &rule.key,
                                rule_name: &rule.name,
                                application,
                                valid_until: until,
                            },
                        )?;
                        keep_in(tx, application, &file, now)?;
                        (application::find_in(tx, application)?, events)
                    }
                };
                events.push(
                    Event::done(authority.actor(), "material.submitted")
                        .on("material", id)
                        .of(organization)
                        .with(json!({ "rule": rule.key, "kind": file.kind, "size": file.size })),
                );
                room.organizations().tell_staff_in(tx, &stepped, now)?;
                Ok(((), events))
            })
            .await
    }
    /// Takes back what nobody decided yet; its files go. Errors: `material.unknown`, `application.decided`.
    pub async fn withdraw_material(
        &self,
        by: &OrganizationAdministrator,
        id: MaterialId,
        now: Timestamp,
    ) -> Result<()> {
        let (authority, account, organization) =
            (Authority::from(by.clone()), by.account(), by.organization());
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &authority, organization, now)?;
                let material = found(store::find(tx, id)?, Some(organization))?;
                let step = Step::Withdraw;
                let stepped =
                    application::must_step_in(tx, material.application, step, Some(account), None, now)?;
                application::erase_documents_in(tx, material.application, now)?;
                Ok(((), vec![stepped.event(authority.actor(), step)]))
            })
            .await
    }
    /// One material with its files and steps. Error `material.unknown`, another organization's included.
    pub async fn material(&self, organization: Option<OrganizationId>, id: MaterialId) -> Result<Review> {
        self.db()
            .read(move |tx| {
                let material = found(store::find(tx, id)?, organization)?;
                let found_application = application::find_in(tx, material.application)?;
                Ok(Review {
                    organization: record::find_in(tx, material.organization)?,
                    files: document::service::list_in(tx, application::documents_of(material.application))?,
                    steps: application::timeline_in(tx, material.application)?,
                    application: found_application,
                    material,
                })
            })
            .await
    }
    /// Media type and content, for administrators of the organization alone.
    pub async fn own_material_file(
        &self,
        by: &OrganizationAdministrator,
        id: MaterialId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (organization, keyring) = (by.organization(), Arc::clone(self.db().keyring()));
        self.db()
            .read(move |tx| {
                let material = found(store::find(tx, id)?, Some(organization))?;
                document::service::open_in(
                    tx,
                    &keyring,
                    application::documents_of(material.application),
                    file,
                )
            })
            .await
    }

    /// What waits for a reviewer, oldest first; an account manager's own portfolio alone.
    pub async fn waiting_materials(
        &self,
        manager: Option<AccountId>,
        after: Option<MaterialId>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<(Material, String)>> {
        self.db().read(move |tx| store::list_waiting(tx, manager, after, now, limit)).await
    }
    /// Media type and content, for a reviewer; each look is written down.
    pub async fn reviewed_file(
        &self,
        by: &Operator,
        id: MaterialId,
        file: DocumentId,
        now: Timestamp,
    ) -> Result<(String, Vec<u8>)> {
        let (by, keyring) = (by.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .write(move |tx| {
                let material = found(store::find(tx, id)?, None)?;
                record::lock_in(tx, &Authority::from(by.clone()), material.organization, now)?;
                let subject = application::documents_of(material.application);
                let opened = document::service::open_in(tx, &keyring, subject, file)?;
                let event = Event::done(by.actor(), "material.seen")
                    .on("material", id)
                    .of(material.organization)
                    .with(json!({ "document": file }));
                Ok((opened, vec![event]))
            })
            .await
    }
    /// By the account manager of that portfolio or a system administrator. Errors: `material.unknown`,
    /// `application.decided`, `application.second_person`, `application.note_required` at `note`.
    pub async fn review_material(
        &self,
        by: &Operator,
        id: MaterialId,
        verdict: Verdict,
        note: &str,
        now: Timestamp,
    ) -> Result<()> {
        let note = kernel::text::paragraph("note", note, application::REASON_MAX)?;
        let (by, room) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let material = found(store::find(tx, id)?, None)?;
                record::lock_in(tx, &Authority::from(by.clone()), material.organization, now)?;
                let application = application::find_in(tx, material.application)?;
                let step = match verdict {
                    Verdict::Approve => application.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let stepped = application::must_step_in(
                    tx,
                    material.application,
                    step,
                    by.account(),
                    note.as_deref(),
                    now,
                )?;
                room.organizations().tell_applicant_in(tx, &stepped, step, note.as_deref(), now)?;
                tx.changed("organization", material.organization);
                Ok(((), vec![stepped.event(by.actor(), step)]))
            })
            .await
    }

    /// Tells administrators of materials that end soon, once each; how many were told of.
    pub async fn warn_of_materials(&self, now: Timestamp) -> Result<usize> {
        let until = now.plus_days(WARNING_DAYS);
        let ending = self.db().read(move |tx| store::list_ending(tx, until, 100)).await?;
        let count = ending.len();
        for material in ending {
            let room = self.clone();
            self.db()
                .write(move |tx| {
                    if !store::set_warned(tx, material.id, now)? {
                        return Ok(((), Vec::new()));
                    }
                    // A newer one took its place: nothing ends.
                    let newer = store::list(tx, material.organization)?.into_iter().any(|other| {
                        other.id > material.id
                            && other.rule_key == material.rule_key
                            && other.is_in_force(now)
                    });
                    let mut events = Vec::new();
                    if let (false, Some(until)) = (newer, material.valid_until) {
                        let told = Notice::new(Kind::RecordExpiring)
                            .words("what", &material.rule_name.zh, &material.rule_name.en)
                            .time("until", until)
                            .leads_to(&format!("/org/{}/materials", material.organization));
                        room.tell_administrators_in(tx, material.organization, &told, now)?;
                        events.push(
                            Event::done(&kernel::Actor::system(), "material.expiry_warned")
                                .on("material", material.id)
                                .of(material.organization),
                        );
                    }
                    Ok(((), events))
                })
                .await?;
        }
        Ok(count)
    }
}

fn found(material: Option<Material>, organization: Option<OrganizationId>) -> Result<Material> {
    material
        .filter(|there| organization.is_none_or(|own| there.organization == own))
        .ok_or_else(|| Error::not_found("material.unknown"))
}
fn keep_in(tx: &mut db::Tx<'_>, application: ApplicationId, file: &Prepared, now: Timestamp) -> Result<bool> {
    let subject = application::documents_of(application);
    document::service::add_in(tx, "document", subject, file, MOST_FILES, now)
}
