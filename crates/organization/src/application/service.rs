use super::model::{Application, ApplicationKind, ApplicationState, OPEN_DAYS, REASON_MAX, Verdict};
use super::store;
use crate::decision::{self, LayerKind, SessionFacts, Space};
use crate::grant::{self, NewGrant};
use crate::membership::{self, Member, MembershipState, OrganizationAdministrator};
use crate::organization::{self, Happened, OrganizationState};
use crate::{Authority, Organizations};
use db::Tx;
use identity::notice::Kind;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
    text,
};
use serde_json::json;

/// Where a click on "request access" led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    pub id: ApplicationId,
    /// False if it led to the request that was open already.
    pub new: bool,
}

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
                store::expire(tx, by.account(), organization, product, now)?;
                if let Some(open) = store::find_latest(tx, by.account(), organization, product)?
                    && open.state == ApplicationState::Submitted
                {
                    return Ok((Requested { id: open.id, new: false }, Vec::new()));
                }
                if !decided.decision.can_request_access() {
                    return Err(Error::conflict("application.not_needed"));
                }
                let application = Application {
                    id,
                    kind: ApplicationKind::ProductAccess,
                    applicant: by.account(),
                    organization,
                    product,
                    state: ApplicationState::Submitted,
                    reason: reason.clone(),
                    decided_by: None,
                    decided_at: None,
                    decision_note: None,
                    created_at: now,
                    expires_at: now.plus_days(OPEN_DAYS),
                };
                store::insert(tx, &application)?;
                if let Some(applicant) = membership::find_live_by_account(tx, organization, by.account())? {
                    rooms.tell_request_in(tx, &locked, &applicant, product, id, now)?;
                }
                let event = Event::done(by.actor(), "application.submitted")
                    .on("application", id)
                    .of(organization)
                    .with(json!({ "kind": application.kind, "product": product }));
                Ok((Requested { id, new: true }, vec![event]))
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
    ) -> Result<()> {
        let by: Authority = by.into();
        let note = text::paragraph("note", note, REASON_MAX)?;
        if verdict == Verdict::Reject && note.is_none() {
            return Err(Error::invalid("application.note_required").at("note"));
        }
        let (grant_id, rooms) = (self.db().draw(), self.clone());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                let application = store::find(tx, organization, id)?
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                let applicant = membership::find_live_by_account(tx, organization, application.applicant)?
                    .filter(|member| member.state != MembershipState::Ended)
                    .ok_or_else(|| Error::conflict("application.decided"))?;
                power.must_grant_to(applicant.role)?;
                let to = match verdict {
                    Verdict::Approve => ApplicationState::Approved,
                    Verdict::Reject => ApplicationState::Rejected,
                };
                if !store::decide(tx, id, to, by.account(), note.as_deref(), now)? {
                    return Err(Error::conflict("application.decided"));
                }
                let (action, kind) = match verdict {
                    Verdict::Approve => ("application.approved", Kind::RequestApproved),
                    Verdict::Reject => ("application.rejected", Kind::RequestRejected),
                };
                let about = (application.applicant, application.product, id);
                let said = note.as_deref().unwrap_or_default();
                rooms.tell_decision_in(tx, &locked, kind, about, said, now)?;
                let mut events = vec![
                    Event::done(by.actor(), action)
                        .on("application", id)
                        .of(organization)
                        .with(json!({ "product": application.product, "applicant": application.applicant })),
                ];
                if verdict == Verdict::Approve {
                    let new = NewGrant {
                        id: grant_id,
                        product: application.product,
                        valid_until: Timestamp::FOREVER,
                        by: by.account(),
                    };
                    events.extend(grant::grant_in(tx, by.actor(), &locked, power, &applicant, &new, now)?);
                }
                Ok(((), events))
            })
            .await
    }
    /// By the applicant alone.
    pub async fn withdraw_application(&self, by: &Member, id: ApplicationId, now: Timestamp) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                store::find(tx, organization, id)?
                    .filter(|application| application.applicant == by.account())
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                if !store::decide(tx, id, ApplicationState::Withdrawn, Some(by.account()), None, now)? {
                    return Err(Error::conflict("application.decided"));
                }
                let event =
                    Event::done(by.actor(), "application.withdrawn").on("application", id).of(organization);
                Ok(((), vec![event]))
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
        let organization = by.organization();
        let open_at = open.then_some(now);
        self.db().read(move |tx| store::list(tx, organization, None, open_at, before, limit)).await
    }
    /// The member's own requests.
    pub async fn own_applications(
        &self,
        by: &Member,
        before: Option<ApplicationId>,
        limit: i64,
    ) -> Result<Vec<Application>> {
        let (organization, account) = (by.organization(), by.account());
        self.db().read(move |tx| store::list(tx, organization, Some(account), None, before, limit)).await
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
    /// Seen by its applicant and by administrators; its timeline is the operation record's.
    pub async fn application(&self, by: &Member, id: ApplicationId) -> Result<(Application, Vec<Happened>)> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let application = store::find(tx, by.organization(), id)?
                    .filter(|application| by.role().administers() || application.applicant == by.account())
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                let timeline = organization::list_happened_to(
                    tx,
                    by.organization(),
                    "application",
                    id.as_i64(),
                    application.created_at,
                )?;
                Ok((application, timeline))
            })
            .await
    }
    /// For the badge in the navigation.
    pub async fn open_applications(&self, organization: OrganizationId, now: Timestamp) -> Result<i64> {
        self.db().read(move |tx| store::count_open(tx, organization, now)).await
    }
}

/// With a membership go the requests that were made in it.
pub(crate) fn withdraw_all_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    applicant: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let withdrawn = store::withdraw_all(tx, applicant, organization, now)?;
    Ok(withdrawn
        .into_iter()
        .map(|id| {
            Event::done(actor, "application.withdrawn")
                .on("application", id)
                .of(organization)
                .with(json!({ "because": "membership_ended" }))
        })
        .collect())
}
