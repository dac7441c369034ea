use super::model::{ClaimData, NewClaim, Number, RegistryAnswer};
use super::registry::Record;
use super::store;
use crate::application::agent::{count_in, keep_in, level_missing, must_be_own};
use crate::application::{
    self, Application, ApplicationKind, ApplicationState, NewApplication, Requested, Step,
};
use crate::authority::Power;
use crate::membership::{self, Basis, NewMembership, Role};
use crate::organization::{self, FieldSource, Locked};
use crate::organization_type::{self, OrganizationType, Registration, TypePolicy};
use crate::{Authority, Operator, Organizations, succession};
use db::Tx;
use identity::account::model::today;
use identity::realname::{self, Document};
use identity::session::SignedIn;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, MembershipId, OrganizationId},
    text,
};
use platform::document::{self, Upload};
use platform::staff::StaffRole;
use std::{sync::Arc, time::Duration};

/// A register that takes longer leaves the claim to staff.
const PATIENCE: Duration = Duration::from_secs(6);

/// What staff say of a claim.
#[derive(Clone, Debug)]
pub enum ClaimVerdict {
    /// `replace`: the present head's authority ends with it.
    Approve {
        replace: bool,
    },
    Return,
    Reject,
}
/// What a claim is about, for those who decide it.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub data: ClaimData,
    pub kind: Option<OrganizationType>,
    /// The organization that has the code, with its present head.
    pub organization: Option<organization::Organization>,
    pub head: Option<AccountId>,
}
/// Ids that an approval may need.
#[derive(Clone, Copy)]
struct Drawn {
    organization: OrganizationId,
    membership: MembershipId,
}
enum Entry {
    Requested(Requested),
    TooMany,
}

impl Organizations {
    fn drawn(&self) -> Drawn {
        Drawn { organization: self.db().draw(), membership: self.db().draw() }
    }
    /// The name with which somebody claims: the proven one. Error `application.level` without any.
    pub async fn proven_name(&self, who: &SignedIn, now: Timestamp) -> Result<String> {
        must_be_own(who)?;
        let known = realname::service::known(self.db(), who.account).await?;
        let proven = realname::service::name_is_proven(self.db(), who.account, now).await?;
        let known = known.filter(|_| proven).map(|known| known.name);
        known.ok_or_else(|| level_missing(realname::RealNameLevel::Primary))
    }
    /// Hands a claim in, and asks the register. What it proves is done at once where nobody stands against it; everything
    /// else waits for staff, and looks the same. Errors as of an agent's application, and `application.level` below what the
    /// type asks of its head.
    pub async fn claim_head(
        &self,
        who: &SignedIn,
        new: NewClaim,
        evidence: &Upload,
        now: Timestamp,
    ) -> Result<Requested> {
        must_be_own(who)?;
        let requested = self.hand_in(who, new.clone(), evidence, now).await?;
        if requested.new {
            let (register, record) = self.ask(who.account, &new, now).await?;
            self.note_answer(requested.id, register, now).await?;
            if register == RegistryAnswer::Match {
                self.settle(requested.id, record, now).await?;
            }
        }
        Ok(requested)
    }
    async fn hand_in(
        &self,
        who: &SignedIn,
        new: NewClaim,
        evidence: &Upload,
        now: Timestamp,
    ) -> Result<Requested> {
        let policy = self.application_policy().await?;
        let evidence =
            document::service::prepare(self.db().keyring(), "letter", evidence, Some(who.account))?;
        let (who, rooms) = (who.clone(), self.clone());
        let entry = self
            .db()
            .write(move |tx| {
                let kind = organization_type::find(tx, new.type_id)?
                    .ok_or_else(|| Error::invalid("organization.type_unknown").at("type"))?;
                if realname::service::level_in(tx, who.account, now)? < kind.policy.head_level {
                    return Err(level_missing(kind.policy.head_level));
                }
                let keyring = rooms.db().keyring();
                let data = ClaimData {
                    organization: new.organization.clone(),
                    type_id: new.type_id,
                    address: new.address.clone(),
                    register: RegistryAnswer::NotAsked,
                };
                let application = NewApplication {
                    id: new.id,
                    kind: ApplicationKind::Head,
                    applicant: who.account,
                    organization: None,
                    product: None,
                    subject: Some(new.organization.key(keyring)),
                    reason: new.reason.clone(),
                    data: serde_json::to_value(data).ok(),
                };
                if let Some(there) = application::open_already(tx, &application, now)? {
                    return Ok((Entry::Requested(there), Vec::new()));
                }
                if !count_in(tx, &rooms, &policy, who.account, &new.organization, now)? {
                    let event =
                        Event::refused(&who.actor, "application.submitted").on("account", who.account);
                    return Ok((Entry::TooMany, vec![event]));
                }
                let (requested, events) = application::submit_in(tx, &rooms, &application, &who.actor, now)?;
                if requested.new {
                    application::set_code_in(tx, new.id, &new.organization.code)?;
                    keep_in(tx, new.id, &evidence, now)?;
                    if kind.policy.approved_by_two.contains(&ApplicationKind::Head) {
                        store::set_two_steps(tx, new.id)?;
                    }
                }
                Ok((Entry::Requested(requested), events))
            })
            .await?;
        match entry {
            Entry::Requested(requested) => Ok(requested),
            Entry::TooMany => Err(Error::too_many("application.too_many")),
        }
    }
    /// Outside of any transaction. A register that fails leaves the claim to staff.
    async fn ask(
        &self,
        account: AccountId,
        new: &NewClaim,
        now: Timestamp,
    ) -> Result<(RegistryAnswer, Option<Record>)> {
        let Some(registry) = self.registry().map(Arc::clone) else {
            return Ok((RegistryAnswer::NotAsked, None));
        };
        let record = match tokio::time::timeout(PATIENCE, registry.look_up(&new.organization.code)).await {
            Ok(Ok(record)) => record,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a register was asked about a claim and failed");
                return Ok((RegistryAnswer::NotAsked, None));
            }
            Err(_) => return Ok((RegistryAnswer::NotAsked, None)),
        };
        let document = record.as_ref().and_then(|record| record.head_document.as_ref());
        let document = document.map(|own| Document::parse(own.kind, &own.number, "", today(now)));
        let own = match document {
            None => None,
            // A number that is none fits nobody.
            Some(Err(_)) => Some(false),
            Some(Ok(document)) => {
                let keyring = Arc::clone(self.db().keyring());
                let held =
                    move |tx: &mut Tx<'_>| realname::service::is_holder_in(tx, &keyring, account, &document);
                Some(self.db().read(held).await?)
            }
        };
        Ok((RegistryAnswer::of(record.as_ref(), &new.organization, own), record))
    }
    async fn note_answer(&self, id: ApplicationId, register: RegistryAnswer, now: Timestamp) -> Result<()> {
        let keyring = Arc::clone(self.db().keyring());
        self.db()
            .write(move |tx| {
                let Some(data) = application::data_in::<ClaimData>(tx, &keyring, id)? else {
                    return Ok(((), Vec::new()));
                };
                let data = serde_json::to_value(ClaimData { register, ..data });
                let data = data.map_err(|e| Error::internal("application.data").because(e))?;
                application::set_data_in(tx, &keyring, id, &data)?;
                let event = Event::done(&kernel::Actor::system(), "application.register_asked")
                    .on("application", id)
                    .with(serde_json::json!({ "answer": register, "at": now }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// The register proved it. Where somebody else is the head, or the type is not registered by its head, staff decide.
    async fn settle(&self, id: ApplicationId, record: Option<Record>, now: Timestamp) -> Result<()> {
        let (rooms, drawn) = (self.clone(), self.drawn());
        let by = Operator::installation();
        let address = record.and_then(|record| record.address);
        let settled = self
            .db()
            .write(move |tx| {
                let mut application = application::find_in(tx, id)?;
                let mut claimed = claimed_in(tx, &rooms, &application)?;
                must_be_approved_as_its_type_asks_in(tx, &mut application, &claimed)?;
                if claimed.data.address.is_none() {
                    claimed.data.address = address.clone();
                }
                // The register says who the head is, not of which type the organization is: that is the claimant's word,
                // which counts by itself where there is no other type to choose.
                let open = organization_type::list(tx)?.into_iter().filter(|kind| {
                    kind.policy.registration == Registration::Head
                        && Number::of(&claimed.data.organization, kind).is_ok()
                });
                let types: Vec<_> = open.map(|kind| kind.id).collect();
                let alone = match &claimed.organization {
                    None => types != [claimed.data.type_id],
                    Some(found) => found.type_id != claimed.data.type_id,
                };
                let renamed = claimed.organization.as_ref().is_some_and(|found| {
                    organization::folded(&found.name) != organization::folded(&claimed.data.organization.name)
                });
                if application.two_steps || alone || renamed || claimed.head.is_some() {
                    return Ok(((), Vec::new()));
                }
                let approval = Approval { by: &by, replace: false, note: None, drawn };
                Ok(((), approve_in(tx, &rooms, &application, &claimed, &approval, now)?))
            })
            .await;
        match settled {
            // Somebody was faster, or may not act for organizations: staff look at it.
            Err(error) if matches!(error.kind, kernel::Kind::Conflict) || error.is_duplicate() => Ok(()),
            other => other,
        }
    }
    /// What staff see of a claim that they may see.
    pub async fn claimed(&self, id: ApplicationId) -> Result<Claimed> {
        let rooms = self.clone();
        self.db()
            .read(move |tx| {
                let application = application::find_in(tx, id)?;
                claimed_in(tx, &rooms, &application)
            })
            .await
    }
    /// By the account manager of the organization, by any where it is a new one, or by a system administrator. Errors:
    /// `founding.head_exists` unless the present head is replaced, `application.decided`, `application.level_missing`,
    /// `founding.member_number`, `application.note_required` at `note`.
    pub async fn decide_claim(
        &self,
        by: &Operator,
        id: ApplicationId,
        verdict: ClaimVerdict,
        note: &str,
        now: Timestamp,
    ) -> Result<ApplicationState> {
        let note = text::paragraph("note", note, application::REASON_MAX)?;
        let (by, rooms, drawn) = (by.clone(), self.clone(), self.drawn());
        let decided = self
            .db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::AccountManager, StaffRole::SystemAdministrator])?;
                let mut application = application::find_in(tx, id)
                    .ok()
                    .filter(|application| application.kind == ApplicationKind::Head)
                    .ok_or_else(|| Error::not_found("application.unknown"))?;
                let claimed = claimed_in(tx, &rooms, &application)?;
                must_be_approved_as_its_type_asks_in(tx, &mut application, &claimed)?;
                if let Some(found) = &claimed.organization {
                    let locked = organization::lock(tx, found.id)?
                        .ok_or_else(|| Error::not_found("organization.unknown"))?;
                    by.must_manage(tx, &locked)?;
                }
                let note = note.as_deref();
                let step = match verdict {
                    ClaimVerdict::Approve { .. } => application.approval(),
                    ClaimVerdict::Return => Step::Return,
                    ClaimVerdict::Reject => Step::Reject,
                };
                if step == Step::Approve {
                    let replace = matches!(verdict, ClaimVerdict::Approve { replace: true });
                    let approval = Approval { by: &by, replace, note, drawn };
                    let events = approve_in(tx, &rooms, &application, &claimed, &approval, now)?;
                    return Ok((ApplicationState::Approved, events));
                }
                let stepped = application::must_step_in(tx, id, step, by.account(), note, now)?;
                rooms.tell_applicant_in(tx, &stepped, step, note, now)?;
                Ok((stepped.state, vec![stepped.event(by.actor(), step)]))
            })
            .await;
        // Two claims of an organization that was not here met at its identifier: in the index, or when it was looked for again.
        decided.map_err(|error| {
            let taken = error.code == "organization.identifier_taken" && error.field == Some("uscc");
            if error.is_duplicate() || taken { Error::conflict("founding.meanwhile") } else { error }
        })
    }
}

struct Approval<'a> {
    by: &'a Operator,
    replace: bool,
    note: Option<&'a str>,
    drawn: Drawn,
}

fn claimed_in(tx: &mut Tx<'_>, rooms: &Organizations, application: &Application) -> Result<Claimed> {
    let data: ClaimData = application::data_in(tx, rooms.db().keyring(), application.id)?
        .ok_or_else(|| Error::not_found("application.unknown"))?;
    let found = match application.organization {
        Some(id) => Some(id),
        None => store::find_by_code(tx, &data.organization.code)?,
    };
    let organization = match found {
        Some(id) => organization::find_in(tx, id)?,
        None => None,
    };
    let head = match &organization {
        Some(organization) => head_of(tx, organization.id)?,
        None => None,
    };
    Ok(Claimed { kind: organization_type::find(tx, data.type_id)?, organization, head, data })
}
/// How many approve is the organization's type to say, where it is here, and not the type that the claimant named.
fn must_be_approved_as_its_type_asks_in(
    tx: &mut Tx<'_>,
    application: &mut Application,
    claimed: &Claimed,
) -> Result<()> {
    let by_two = |policy: &TypePolicy| policy.approved_by_two.contains(&ApplicationKind::Head);
    if !application.two_steps && claimed.organization.as_ref().is_some_and(|found| by_two(&found.policy)) {
        store::set_two_steps(tx, application.id)?;
        application.two_steps = true;
    }
    Ok(())
}
/// The account that is the head, live or suspended.
fn head_of(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Option<AccountId>> {
    let chain = membership::list_chain(tx, organization)?;
    Ok(chain.iter().find(|row| row.role == Role::LegalRepresentative).map(|row| row.account))
}

/// The claim holds: the organization is made if it is not here, a former head's authority ends if that was asked for, and
/// the claimant becomes its head, in one transaction.
fn approve_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    application: &Application,
    claimed: &Claimed,
    approval: &Approval<'_>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let (by, account) = (approval.by, application.applicant);
    let mut events = Vec::new();
    let organization = match &claimed.organization {
        Some(found) => found.id,
        None => {
            let kind = claimed
                .kind
                .as_ref()
                .ok_or_else(|| Error::invalid("organization.type_unknown").at("type"))?;
            let manager = by.manager_in(tx)?;
            let new = claimed.data.organization(approval.drawn.organization, kind, manager)?;
            events.extend(organization::create_in(tx, by.actor(), &new, now)?);
            new.id
        }
    };
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let level = locked.policy.head_level;
    if realname::service::level_in(tx, account, now)? < level {
        return Err(Error::conflict("application.level_missing").arg("level", level.as_str()));
    }
    let managed = membership::joinable(tx, account, organization)?;
    let new_name = &claimed.data.organization.head_name;
    let same_name = claimed.organization.as_ref().is_none_or(|found| {
        found.head_name.as_deref().map(organization::folded) == Some(organization::folded(new_name))
    });
    match head_of(tx, organization)? {
        Some(head) if head == account => return Err(Error::conflict("founding.head_already")),
        Some(_) if !approval.replace => return Err(Error::conflict("founding.head_exists")),
        Some(_) => events.extend(succeed_in(tx, rooms, by, &locked, new_name, now)?),
        None if !same_name => events.extend(succeed_in(tx, rooms, by, &locked, new_name, now)?),
        None => {}
    }
    events.extend(admit_head_in(tx, by, &locked, (account, managed), approval.drawn.membership, now)?);
    let approved =
        application::must_step_in(tx, application.id, Step::Approve, by.account(), approval.note, now)?;
    if approved.organization.is_none() {
        application::attach_in(tx, approved.id, organization)?;
    }
    let mut event = approved.event(by.actor(), Step::Approve);
    event.organization = Some(organization);
    events.push(event);
    succession::given_in(tx, rooms, &locked, account, now)?;
    rooms.tell_applicant_in(tx, &approved, Step::Approve, approval.note, now)?;
    Ok(events)
}
fn succeed_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    by: &Operator,
    locked: &Locked,
    name: &str,
    now: Timestamp,
) -> Result<Vec<Event>> {
    succession::new_head_in(tx, rooms, by.actor(), locked, name, (FieldSource::Application, None), now)
}
/// A member who was something less becomes the head and keeps what was granted; a stranger is taken in.
fn admit_head_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    locked: &Locked,
    (account, managed): (AccountId, bool),
    id: MembershipId,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let authority = Authority::from(by.clone());
    if let Some(member) = membership::find_live_by_account(tx, locked.id, account)?
        && member.is_in_force(now)
    {
        let to = (Role::LegalRepresentative, Basis::Proven);
        return membership::change_role_in(tx, &authority, locked, &member, to, now);
    }
    let new = NewMembership {
        id,
        organization: locked.id,
        account,
        managed,
        role: Role::LegalRepresentative,
        basis: Basis::Proven,
        valid_from: now,
        valid_until: Timestamp::FOREVER,
        granted_by: by.account(),
        scope: None,
        reason: None,
    };
    membership::admit_in(tx, by.actor(), locked, Power::Platform, &new, now)
}
