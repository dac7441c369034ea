//! M38: a person applies to act for an organization that they name themselves. Answer, page and time are the same whether
//! or not it is here and all of it fits: handing in looks nothing up. The worker brings the application to the organization
//! once everything fits; somebody above decides it there, or staff where nobody can.
use super::engine::{self, Requested, documents_of};
use super::model::{
    Application, ApplicationKind, ApplicationState, NewApplication, REASON_MAX, Step, StepRecord, Verdict,
};
use super::store::{self, ListFilter};
use super::typed::TypedOrganization;
use crate::membership::{self, Basis, NewMembership, Role, Terms};
use crate::organization;
use crate::{Authority, Organizations};
use db::Tx;
use identity::account;
use identity::realname::{self, RealNameLevel};
use identity::session::SignedIn;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId},
    text,
};
use platform::counter::{self, Limit};
use platform::document::{self, Card, Prepared, Upload};
use platform::setting::{ApplicationPolicy, ProofLevel};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Files of one application.
pub const MOST_DOCUMENTS: usize = 3;
const DAY: i64 = 86_400;

/// What the engine keeps sealed of this kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AgentData {
    pub organization: TypedOrganization,
}
/// What a form holds, parsed.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Drawn when the form was rendered.
    pub id: ApplicationId,
    pub organization: TypedOrganization,
    pub reason: Option<String>,
}
/// An application as its applicant sees it: what they typed, never what the organization is.
#[derive(Clone, Debug)]
pub struct Shown {
    pub application: Application,
    pub organization: Option<TypedOrganization>,
    pub documents: Vec<Card>,
    pub timeline: Vec<StepRecord>,
}
/// What whoever decides is told of the applicant beside the name.
#[derive(Clone, Debug)]
pub struct Applicant {
    pub level: RealNameLevel,
    pub document_masked: Option<String>,
    pub phone_masked: Option<String>,
}

/// Who opens a page or a file of an application.
#[derive(Clone, Debug)]
pub enum Viewer {
    Applicant(AccountId),
    Administrator(crate::membership::OrganizationAdministrator),
    Staff(crate::Operator),
}

enum Entry {
    Requested(Requested),
    TooMany,
}

/// Error `application.managed_account`: such an account belongs to its organization. Error `application.staff`.
pub(crate) fn must_be_own(who: &SignedIn) -> Result<()> {
    if who.owner.organization().is_some() {
        return Err(Error::forbidden("application.managed_account"));
    }
    if who.staff.is_some() {
        return Err(Error::forbidden("application.staff"));
    }
    Ok(())
}
/// The level that a policy names.
pub fn level_of(policy: &ApplicationPolicy) -> RealNameLevel {
    match policy.agent_level {
        ProofLevel::Primary => RealNameLevel::Primary,
        ProofLevel::Intermediate => RealNameLevel::Intermediate,
        ProofLevel::Advanced => RealNameLevel::Advanced,
    }
}
pub(crate) fn level_missing(level: RealNameLevel) -> Error {
    Error::forbidden("application.level").arg("level", level.as_str())
}

impl Organizations {
    pub async fn application_policy(&self) -> Result<ApplicationPolicy> {
        Ok(self.identity().settings().policies().await?.application.clone())
    }
    /// Hands in. The same open application for the same organization as typed; a form sent twice leads to what it made.
    /// Errors at `letter` as [`document::kind_of`]; `application.level`, `application.too_many_open`,
    /// `application.too_many`, `application.managed_account`, `application.staff`.
    pub async fn apply_as_agent(
        &self,
        who: &SignedIn,
        new: NewAgent,
        letter: &Upload,
        now: Timestamp,
    ) -> Result<Requested> {
        must_be_own(who)?;
        let policy = self.application_policy().await?;
        let letter = document::service::prepare(self.db().keyring(), "letter", letter, Some(who.account))?;
        let (who, rooms) = (who.clone(), self.clone());
        let entry = self
            .db()
            .write(move |tx| {
                let keyring = rooms.db().keyring();
                if realname::service::level_in(tx, who.account, now)? < level_of(&policy) {
                    return Err(level_missing(level_of(&policy)));
                }
                let application = NewApplication {
                    id: new.id,
                    kind: ApplicationKind::AgentAuthorization,
                    applicant: who.account,
                    organization: None,
                    product: None,
                    subject: Some(new.organization.key(keyring)),
                    reason: new.reason.clone(),
                    data: serde_json::to_value(AgentData { organization: new.organization.clone() }).ok(),
                };
                if let Some(there) = engine::open_already(tx, &application, now)? {
                    return Ok((Entry::Requested(there), Vec::new()));
                }
                if !count_in(tx, &rooms, &policy, who.account, &new.organization, now)? {
                    let event =
                        Event::refused(&who.actor, "application.submitted").on("account", who.account);
                    return Ok((Entry::TooMany, vec![event]));
                }
                let open = store::count_open_of(tx, who.account, ApplicationKind::AgentAuthorization)?;
                if open >= policy.open_per_person {
                    return Err(Error::conflict("application.too_many_open")
                        .arg("most", policy.open_per_person.to_string()));
                }
                let (requested, events) = engine::submit_in(tx, &rooms, &application, &who.actor, now)?;
                if requested.new {
                    store::set_code(tx, new.id, &new.organization.code)?;
                    keep_in(tx, new.id, &letter, now)?;
                }
                Ok((Entry::Requested(requested), events))
            })
            .await?;
        match entry {
            Entry::Requested(requested) => Ok(requested),
            Entry::TooMany => Err(Error::too_many("application.too_many")),
        }
    }
    /// Sent back, completed, handed in again; a new letter takes the place of the old one.
    pub async fn complete_application(
        &self,
        who: &SignedIn,
        id: ApplicationId,
        reason: &str,
        letter: Option<&Upload>,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::paragraph("reason", reason, REASON_MAX)?;
        let keyring = self.db().keyring();
        let letter = letter
            .map(|upload| document::service::prepare(keyring, "letter", upload, Some(who.account)))
            .transpose()?;
        let who = who.clone();
        self.db()
            .write(move |tx| {
                own_in(tx, who.account, id)?;
                let application = engine::must_step_in(tx, id, Step::Resubmit, Some(who.account), None, now)?;
                engine::set_reason_in(tx, id, reason.as_deref())?;
                if let Some(letter) = &letter {
                    document::service::erase_in(tx, documents_of(id), now)?;
                    keep_in(tx, id, letter, now)?;
                }
                Ok(((), vec![application.event(&who.actor, Step::Resubmit)]))
            })
            .await
    }
    /// The applicant gives up; what was handed in goes at once.
    pub async fn take_back(&self, who: &SignedIn, id: ApplicationId, now: Timestamp) -> Result<()> {
        let who = who.clone();
        self.db()
            .write(move |tx| {
                own_in(tx, who.account, id)?;
                let application = engine::must_step_in(tx, id, Step::Withdraw, Some(who.account), None, now)?;
                engine::erase_documents_in(tx, id, now)?;
                Ok(((), vec![application.event(&who.actor, Step::Withdraw)]))
            })
            .await
    }
    /// Every application of a person, whatever its kind; newest first.
    pub async fn my_applications(
        &self,
        account: AccountId,
        before: Option<ApplicationId>,
        limit: i64,
    ) -> Result<Vec<Shown>> {
        let keyring = Arc::clone(self.db().keyring());
        let filter = ListFilter { applicant: Some(account), before, ..ListFilter::default() };
        self.db()
            .read(move |tx| {
                let found = store::list(tx, None, &filter, limit)?;
                found
                    .into_iter()
                    .map(|application| {
                        let organization = typed_in(tx, &keyring, &application)?;
                        Ok(Shown { application, organization, documents: Vec::new(), timeline: Vec::new() })
                    })
                    .collect()
            })
            .await
    }
    /// One application with all that belongs to it, for a viewer who may see it. Error: `application.unknown`.
    pub async fn shown_application(
        &self,
        viewer: &Viewer,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Shown> {
        let (viewer, keyring) = (viewer.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .read(move |tx| {
                let application = visible_in(tx, &viewer, id, now)?;
                Ok(Shown {
                    organization: typed_in(tx, &keyring, &application)?,
                    documents: document::service::list_in(tx, documents_of(id))?,
                    timeline: store::list_steps(tx, id)?,
                    application,
                })
            })
            .await
    }
    /// A file of it; who looked at somebody else's is written down.
    pub async fn application_document(
        &self,
        viewer: &Viewer,
        actor: &Actor,
        (id, file): (ApplicationId, document::DocumentId),
        now: Timestamp,
    ) -> Result<(String, Vec<u8>)> {
        let (viewer, actor, keyring) = (viewer.clone(), actor.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .write(move |tx| {
                let application = visible_in(tx, &viewer, id, now)?;
                let opened = document::service::open_in(tx, &keyring, documents_of(id), file)?;
                let own = matches!(viewer, Viewer::Applicant(_));
                let mut event = Event::done(&actor, "application.document_seen").on("application", id);
                event.organization = if own { None } else { application.organization };
                Ok((opened, vec![event]))
            })
            .await
    }
    /// For whoever decides.
    pub async fn applicant(&self, account: AccountId, now: Timestamp) -> Result<Applicant> {
        let keyring = Arc::clone(self.db().keyring());
        self.db()
            .read(move |tx| {
                let phone = account::service::phone_in(tx, &keyring, account)?;
                Ok(Applicant {
                    level: realname::service::level_in(tx, account, now)?,
                    document_masked: realname::service::known_in(tx, &keyring, account)?
                        .map(|known| known.document_masked),
                    phone_masked: phone
                        .filter(|(_, proven)| *proven)
                        .map(|(phone, _)| account::service::masked_phone(&phone)),
                })
            })
            .await
    }
    /// By somebody above, or by staff where nobody is there to decide. Approval makes the membership in the same
    /// transaction. Errors: `application.decided`, `application.level_missing`, `application.theirs`,
    /// `application.note_required` at `note`, those of joining.
    pub async fn decide_agent(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: ApplicationId,
        (verdict, terms): (Verdict, Terms),
        note: &str,
        now: Timestamp,
    ) -> Result<ApplicationState> {
        let by: Authority = by.into();
        let note = text::paragraph("note", note, REASON_MAX)?;
        let (membership, rooms) = (self.db().draw(), self.clone());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                let application = store::find_of(tx, organization, id)?
                    .filter(|application| application.kind == ApplicationKind::AgentAuthorization)
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                power.must_touch(Role::Agent)?;
                let administrators = membership::list_administrators(tx, organization, now)?;
                if matches!(by, Authority::Operator(_)) && !administrators.is_empty() {
                    return Err(Error::forbidden("application.theirs"));
                }
                let step = match verdict {
                    Verdict::Approve => application.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let application = engine::must_step_in(tx, id, step, by.account(), note.as_deref(), now)?;
                let mut events = vec![application.event(by.actor(), step)];
                if step == Step::Approve {
                    let level = locked.policy.agent_level;
                    if realname::service::level_in(tx, application.applicant, now)? < level {
                        return Err(Error::conflict("application.level_missing").arg("level", level.as_str()));
                    }
                    let new = NewMembership {
                        id: membership,
                        organization,
                        account: application.applicant,
                        managed: membership::joinable(tx, application.applicant, organization)?,
                        role: Role::Agent,
                        basis: Basis::Applied,
                        valid_from: terms.from.unwrap_or(now),
                        valid_until: terms.until,
                        granted_by: by.account(),
                        scope: terms.scope.clone(),
                        reason: application.reason.clone(),
                    };
                    events.extend(membership::admit_in(tx, by.actor(), &locked, power, &new, now)?);
                }
                rooms.tell_applicant_in(tx, &application, step, note.as_deref(), now)?;
                Ok((application.state, events))
            })
            .await
    }
}

/// Applications of one person and of everybody to one code, here or not. False once either limit is reached.
pub(crate) fn count_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    policy: &ApplicationPolicy,
    account: AccountId,
    typed: &TypedOrganization,
    now: Timestamp,
) -> Result<bool> {
    let limit = |scope, most| Limit { scope, most, seconds: DAY };
    let person = limit("application.person.day", policy.per_person_day);
    let organization = limit("application.organization.day", policy.per_organization_day);
    let code = rooms.db().keyring().mac("counter.application", &[typed.code.as_bytes()]);
    let own = account.as_i64().to_be_bytes();
    // Both are counted each time, so that neither answer takes longer.
    let person = counter::service::hit_in(tx, person, &own, now)?;
    let organization = counter::service::hit_in(tx, organization, &code, now)?;
    Ok(person.allowed() && organization.allowed())
}
pub(crate) fn keep_in(tx: &mut Tx<'_>, id: ApplicationId, letter: &Prepared, now: Timestamp) -> Result<()> {
    document::service::add_in(tx, "letter", documents_of(id), letter, MOST_DOCUMENTS, now).map(drop)
}
fn typed_in(
    tx: &mut Tx<'_>,
    keyring: &db::Keyring,
    application: &Application,
) -> Result<Option<TypedOrganization>> {
    if !application.kind.waits() {
        return Ok(None);
    }
    Ok(engine::data_in::<AgentData>(tx, keyring, application.id)?.map(|data| data.organization))
}
/// The own application of a kind that is followed on the person's pages.
fn own_in(tx: &mut Tx<'_>, account: AccountId, id: ApplicationId) -> Result<Application> {
    store::find(tx, id)?
        .filter(|application| application.applicant == account && application.kind.waits())
        .ok_or_else(|| Error::not_found("application.unknown"))
}
fn visible_in(tx: &mut Tx<'_>, viewer: &Viewer, id: ApplicationId, now: Timestamp) -> Result<Application> {
    let unknown = || Error::not_found("application.unknown");
    let application = store::find(tx, id)?.ok_or_else(unknown)?;
    let visible = match viewer {
        Viewer::Applicant(account) => application.applicant == *account,
        Viewer::Administrator(by) => {
            application.organization == Some(by.organization())
                && ApplicationKind::BY_ADMINISTRATORS.contains(&application.kind)
        }
        Viewer::Staff(by) => super::desk::may_see_in(tx, by, &application, now)?,
    };
    if visible { Ok(application) } else { Err(unknown()) }
}
