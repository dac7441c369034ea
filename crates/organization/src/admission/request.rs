//! An administrator asks for an admission with one click; whoever edits the product's admissions decides at the desk, and the
//! approval admits in the same transaction.
use super::edit::{admit_in, locked_in, product_in};
use super::model::{AdmissionLine, NewAdmission};
use super::service::{line_in, staff_must_edit};
use crate::application::{
    self, Application, ApplicationKind, ApplicationState, NewApplication, REASON_MAX, Requested, Step,
    StepRecord, Verdict,
};
use crate::contract::{self, Contract};
use crate::decision::LayerState;
use crate::membership::OrganizationAdministrator;
use crate::organization::{self, Organization};
use crate::product::{AdmissionClass, AdmissionEditor, Product};
use crate::{Authority, Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Result, Timestamp,
    id::{AdmissionId, ApplicationId, ContractId, OrganizationId, ProductId},
    text,
};
use serde_json::json;

/// A request with everything that whoever decides looks at.
#[derive(Clone, Debug)]
pub struct Shown {
    pub application: Application,
    pub timeline: Vec<StepRecord>,
    pub organization: Organization,
    pub line: AdmissionLine,
    /// Contracts in force that cover the product.
    pub contracts: Vec<Contract>,
}
/// What an approval admits to.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Drawn when the form was rendered.
    pub id: AdmissionId,
    pub contract: Option<ContractId>,
    pub valid_until: Timestamp,
}

impl Organizations {
    /// Errors: `admission.own` where the administrators edit it themselves, `admission.not_needed`, `admission.exists`.
    pub async fn request_admission(
        &self,
        by: &OrganizationAdministrator,
        id: ApplicationId,
        product: ProductId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Requested> {
        let reason = text::paragraph("reason", reason, REASON_MAX)?;
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                let locked = locked_in(tx, organization)?;
                Authority::from(by.clone()).power_in(tx, &locked, now)?;
                let product = product_in(tx, product)?;
                can_be_asked(&product)?;
                let found = organization::find_in(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                if line_in(tx, &found, product.id, now)?.layer.state == LayerState::Met {
                    return Err(Error::conflict("admission.exists"));
                }
                let open =
                    application::open_for_in(tx, ApplicationKind::Admission, organization, product.id, now)?;
                if let Some(open) = open {
                    let again = open.state == ApplicationState::Returned && open.applicant == by.account();
                    if !again {
                        return Ok((Requested { id: open.id, new: false }, Vec::new()));
                    }
                    let account = Some(by.account());
                    let open = application::must_step_in(tx, open.id, Step::Resubmit, account, None, now)?;
                    application::set_reason_in(tx, open.id, reason.as_deref())?;
                    rooms.tell_editor_in(tx, &open, &product, now)?;
                    return Ok((
                        Requested { id: open.id, new: true },
                        vec![open.event(by.actor(), Step::Resubmit)],
                    ));
                }
                let new = NewApplication {
                    id,
                    kind: ApplicationKind::Admission,
                    applicant: by.account(),
                    organization: Some(organization),
                    product: Some(product.id),
                    subject: None,
                    reason: reason.clone(),
                    data: None,
                };
                let (requested, events) = application::submit_in(tx, &rooms, &new, by.actor(), now)?;
                if requested.new {
                    let made = application::find_in(tx, requested.id)?;
                    rooms.tell_editor_in(tx, &made, &product, now)?;
                }
                Ok((requested, events))
            })
            .await
    }
    /// By the applicant alone.
    pub async fn withdraw_admission_request(
        &self,
        by: &OrganizationAdministrator,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                locked_in(tx, by.organization())?;
                let there = of_kind_in(tx, id)?;
                if there.applicant != by.account() || there.organization != Some(by.organization()) {
                    return Err(unknown());
                }
                let account = Some(by.account());
                let gone = application::must_step_in(tx, id, Step::Withdraw, account, None, now)?;
                Ok(((), vec![gone.event(by.actor(), Step::Withdraw)]))
            })
            .await
    }
    /// The newest request for each product that the organization asked for.
    pub async fn admission_requests(&self, organization: OrganizationId) -> Result<Vec<Application>> {
        self.db()
            .read(move |tx| {
                let mut seen = Vec::new();
                let mut found = application::list_of_kind_in(tx, ApplicationKind::Admission, organization)?;
                found.retain(|one| {
                    let first = !seen.contains(&one.product);
                    seen.push(one.product);
                    first
                });
                Ok(found)
            })
            .await
    }
    /// For whoever decides it. Error: `application.unknown`.
    pub async fn desk_admission_request(
        &self,
        by: &Operator,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Shown> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let (application, organization, product) = decidable_in(tx, &by, id)?;
                let listings = contract::list_listings(tx)?;
                let mut contracts = contract::list(tx, organization.id)?;
                contracts.retain(|one| one.is_in_force(now) && listings.contains(&(one.type_id, product.id)));
                Ok(Shown {
                    timeline: application::timeline_in(tx, id)?,
                    line: line_in(tx, &organization, product.id, now)?,
                    contracts,
                    organization,
                    application,
                })
            })
            .await
    }
    /// Approval admits. Errors: those of [`Organizations::admit_with`], `application.decided`,
    /// `application.note_required` at `note`, `application.second_person`.
    pub async fn decide_admission_request(
        &self,
        by: &Operator,
        id: ApplicationId,
        (verdict, terms): (Verdict, Terms),
        note: &str,
        now: Timestamp,
    ) -> Result<ApplicationState> {
        let note = text::optional_line("note", note, super::model::REASON_MAX)?;
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = of_kind_in(tx, id)?.organization.ok_or_else(unknown)?;
                let locked = locked_in(tx, organization)?;
                // Under the lock: of two desks that decide at once, one does.
                let (application, _, product) = decidable_in(tx, &by, id)?;
                let step = match verdict {
                    Verdict::Approve => application.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let decided = application::must_step_in(tx, id, step, by.account(), note.as_deref(), now)?;
                let detail = json!({ "product": product.id, "applicant": decided.applicant });
                let mut events = vec![decided.event(by.actor(), step).with(detail)];
                if step == Step::Approve {
                    let new = NewAdmission {
                        id: terms.id,
                        product: product.id,
                        contract: terms.contract,
                        valid_until: terms.valid_until,
                        note: note.clone(),
                    };
                    let authority = Authority::from(by.clone());
                    let about = (&locked, &product);
                    events.extend(admit_in(tx, &rooms, &authority, about, &new, None, None, now)?);
                }
                rooms.tell_applicant_in(tx, &decided, step, note.as_deref(), now)?;
                Ok((decided.state, events))
            })
            .await
    }
    fn tell_editor_in(
        &self,
        tx: &mut Tx<'_>,
        application: &Application,
        product: &Product,
        now: Timestamp,
    ) -> Result<()> {
        match (product.admission_editor, product.manager) {
            (AdmissionEditor::ProductManager, Some(manager)) => {
                self.tell_decider_in(tx, application, manager, now)
            }
            // Without a manager it waits in the inbox of all of them.
            (AdmissionEditor::ProductManager, None) => Ok(()),
            _ => self.tell_staff_in(tx, application, now),
        }
    }
}

fn unknown() -> Error {
    Error::not_found("application.unknown")
}
fn of_kind_in(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Application> {
    let found = application::find_in(tx, id)?;
    if found.kind == ApplicationKind::Admission { Ok(found) } else { Err(unknown()) }
}
/// Whether an organization's administrators ask for this product, rather than editing its admission themselves.
pub fn can_be_asked(product: &Product) -> Result<()> {
    match (product.admission_class, product.admission_editor) {
        (AdmissionClass::Open | AdmissionClass::Membership, _) => {
            Err(Error::conflict("admission.not_needed"))
        }
        (_, AdmissionEditor::OrganizationAdministrator) => Err(Error::conflict("admission.own")),
        _ => Ok(()),
    }
}
/// The request, if it is this member of staff who edits the admission. Others do not learn that it is there.
fn decidable_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    id: ApplicationId,
) -> Result<(Application, Organization, Product)> {
    let application = of_kind_in(tx, id)?;
    let organization = application.organization.ok_or_else(unknown)?;
    let organization = organization::find_in(tx, organization)?.ok_or_else(unknown)?;
    let product = product_in(tx, application.product.ok_or_else(unknown)?)?;
    staff_must_edit(tx, by, organization.account_manager, &product).map_err(|_| unknown())?;
    Ok((application, organization, product))
}
