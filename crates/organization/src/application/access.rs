//! Access to a product: a member asks, somebody above decides, and the grant is made with the approval.
use super::engine::{self, Requested, decided};
use super::model::{
    Application, ApplicationKind, ApplicationState, NewApplication, REASON_MAX, Step, StepRecord, Verdict,
};
use super::store::{self, ListFilter};
use crate::decision::{self, LayerKind, SessionFacts, Space};
use crate::grant::{self, NewGrant};
use crate::membership::{self, Member, MembershipState, OrganizationAdministrator};
use crate::organization::{self, OrganizationState};
use crate::{Authority, Organizations};
use db::Tx;
use identity::notice::Kind;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
    text,
};
use serde_json::json;

impl Organizations {
    /// One open request per person, organization and product; clicking again leads to the same.
    pub async fn request_access(
        &self,
        by: &Member,
        product: ProductId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Requested> {
        let reason = text::paragraph("reason", reason, REASON_MAX)?;
        let (by, id, rooms): (Member, ApplicationId, Self) = (by.clone(), self.db().draw(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                if locked.state != OrganizationState::Active {
                    return Err(Error::forbidden("organization.suspended"));
                }
                let space = Space::Organization(organization);
                // Strength and network are the session's affair and change by themselves; the request is about the grant.
                let decided =
                    decision::decide_in(tx, by.account(), &SessionFacts::default(), space, product, now)?
                        .filter(|decided| !decided.decision.is_missing(LayerKind::Membership))
                        .ok_or_else(|| Error::not_found("product.unknown"))?;
                let new = NewApplication {
                    id,
                    kind: ApplicationKind::ProductAccess,
                    applicant: by.account(),
                    organization: Some(organization),
                    product: Some(product),
                    subject: None,
                    reason: reason.clone(),
                    data: None,
                };
                if let Some(open) = store::find_open(tx, &new)?
                    && open.state_at(now).is_open()
                {
                    return Ok((Requested { id: open.id, new: false }, Vec::new()));
                }
                if !decided.decision.can_request_access() {
                    return Err(Error::conflict("application.not_needed"));
                }
                let (requested, events) = engine::submit_in(tx, &rooms, &new, by.actor(), now)?;
                if let Some(applicant) = membership::find_live_by_account(tx, organization, by.account())? {
                    rooms.tell_request_in(tx, &locked, &applicant, product, requested.id, now)?;
                }
                Ok((requested, events))
            })
            .await
    }
    /// Approval makes the grant in the same transaction, so it needs an admission in force. Decided once.
    pub async fn decide_application(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: ApplicationId,
        verdict: Verdict,
        note: &str,
        now: Timestamp,
    ) -> Result<ApplicationState> {
        let by: Authority = by.into();
        let note = text::paragraph("note", note, REASON_MAX)?;
        let (grant_id, rooms) = (self.db().draw(), self.clone());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                let application = find_access(tx, organization, id)?;
                let product = application.product.ok_or_else(|| Error::internal("application.no_product"))?;
                let applicant = membership::find_live_by_account(tx, organization, application.applicant)?
                    .filter(|member| member.state != MembershipState::Ended)
                    .ok_or_else(decided)?;
                power.must_grant_to(applicant.role)?;
                let step = match verdict {
                    Verdict::Approve => application.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let application = engine::must_step_in(tx, id, step, by.account(), note.as_deref(), now)?;
                let said = note.as_deref().unwrap_or_default();
                let about = (application.applicant, product, id);
                match step {
                    Step::Approve => {
                        rooms.tell_decision_in(tx, &locked, Kind::RequestApproved, about, said, now)?;
                    }
                    Step::Reject => {
                        rooms.tell_decision_in(tx, &locked, Kind::RequestRejected, about, said, now)?;
                    }
                    _ => rooms.tell_applicant_in(tx, &application, step, note.as_deref(), now)?,
                }
                let detail = json!({ "product": product, "applicant": application.applicant });
                let mut events = vec![application.event(by.actor(), step).with(detail)];
                if step == Step::Approve {
                    let new =
                        NewGrant { id: grant_id, product, valid_until: Timestamp::FOREVER, by: by.account() };
                    events.extend(grant::grant_in(tx, by.actor(), &locked, power, &applicant, &new, now)?);
                }
                Ok((application.state, events))
            })
            .await
    }
    /// By the applicant alone, completed: those who decide hear of it again.
    pub async fn resubmit_access(
        &self,
        by: &Member,
        id: ApplicationId,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::paragraph("reason", reason, REASON_MAX)?;
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, by.organization())?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                own_access(tx, &by, id)?;
                let application =
                    engine::must_step_in(tx, id, Step::Resubmit, Some(by.account()), None, now)?;
                engine::set_reason_in(tx, id, reason.as_deref())?;
                let applicant = membership::find_live_by_account(tx, by.organization(), by.account())?;
                if let (Some(applicant), Some(product)) = (applicant, application.product) {
                    rooms.tell_request_in(tx, &locked, &applicant, product, id, now)?;
                }
                Ok(((), vec![application.event(by.actor(), Step::Resubmit)]))
            })
            .await
    }
    /// By the applicant alone.
    pub async fn withdraw_application(&self, by: &Member, id: ApplicationId, now: Timestamp) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                organization::lock(tx, by.organization())?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                own_access(tx, &by, id)?;
                let application =
                    engine::must_step_in(tx, id, Step::Withdraw, Some(by.account()), None, now)?;
                Ok(((), vec![application.event(by.actor(), Step::Withdraw)]))
            })
            .await
    }

    /// For those who decide: open ones, or everything.
    pub async fn applications(
        &self,
        by: &OrganizationAdministrator,
        open: bool,
        before: Option<ApplicationId>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Application>> {
        let filter = ListFilter {
            kinds: ApplicationKind::BY_ADMINISTRATORS.to_vec(),
            waiting_at: open.then_some(now),
            before,
            ..ListFilter::default()
        };
        let organization = Some(by.organization());
        self.db().read(move |tx| store::list(tx, organization, &filter, limit)).await
    }
    /// The member's own requests in this organization.
    pub async fn own_applications(
        &self,
        by: &Member,
        before: Option<ApplicationId>,
        limit: i64,
    ) -> Result<Vec<Application>> {
        let organization = Some(by.organization());
        let filter = ListFilter {
            kinds: vec![ApplicationKind::ProductAccess],
            applicant: Some(by.account()),
            before,
            ..ListFilter::default()
        };
        self.db().read(move |tx| store::list(tx, organization, &filter, limit)).await
    }
    /// The newest request for a product, open or decided.
    pub async fn latest_application(
        &self,
        account: AccountId,
        organization: OrganizationId,
        product: ProductId,
    ) -> Result<Option<Application>> {
        self.db().read(move |tx| store::find_latest(tx, account, organization, product)).await
    }
    /// Seen by its applicant and by administrators, with its timeline.
    pub async fn application(
        &self,
        by: &Member,
        id: ApplicationId,
    ) -> Result<(Application, Vec<StepRecord>)> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let application = store::find_of(tx, by.organization(), id)?
                    .filter(|application| ApplicationKind::BY_ADMINISTRATORS.contains(&application.kind))
                    .filter(|application| {
                        let own = application.kind == ApplicationKind::ProductAccess
                            && application.applicant == by.account();
                        by.role().administers() || own
                    })
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                Ok((application, store::list_steps(tx, id)?))
            })
            .await
    }
    /// For the badge in the navigation.
    pub async fn open_applications(&self, organization: OrganizationId, now: Timestamp) -> Result<i64> {
        self.db().read_few(move |tx| store::count_waiting(tx, organization, now)).await
    }
}

fn find_access(tx: &mut Tx<'_>, organization: OrganizationId, id: ApplicationId) -> Result<Application> {
    store::find_of(tx, organization, id)?
        .filter(|application| application.kind == ApplicationKind::ProductAccess)
        .ok_or_else(|| Error::not_found("application.unknown"))
}
fn own_access(tx: &mut Tx<'_>, by: &Member, id: ApplicationId) -> Result<Application> {
    Some(find_access(tx, by.organization(), id)?)
        .filter(|application| application.applicant == by.account())
        .ok_or_else(|| Error::not_found("application.unknown"))
}

/// With a membership go the requests that were made in it.
pub(crate) fn withdraw_all_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    applicant: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for open in store::list_open_access(tx, applicant, organization)? {
        if let Some(application) = engine::step_in(tx, open.id, Step::Withdraw, None, None, now)? {
            let because = json!({ "because": "membership_ended" });
            events.push(application.event(actor, Step::Withdraw).with(because));
        }
    }
    Ok(events)
}
