//! Who hears of an application: those who can decide it, and the applicant of what became of it.
use super::model::{Application, ApplicationKind, Reader, Step, link_of};
use super::{engine, store};
use crate::{Organizations, membership, organization};
use db::Tx;
use identity::notice::{self, Kind, Notice};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use platform::staff::{self, StaffRole};

/// Of those who hear of a claim that is nobody's yet.
const MOST_MANAGERS: usize = 20;

/// What a step is to its applicant; None where it is not told.
const fn notice_of(step: Step) -> Option<Kind> {
    match step {
        Step::Approve => Some(Kind::ApplicationApproved),
        Step::Reject => Some(Kind::ApplicationRejected),
        Step::Return => Some(Kind::ApplicationReturned),
        Step::Expire => Some(Kind::ApplicationExpired),
        Step::Submit | Step::FirstApprove | Step::Resubmit | Step::Withdraw => None,
    }
}

impl Organizations {
    /// What became of it, in the words of whoever decided.
    pub fn tell_applicant_in(
        &self,
        tx: &mut Tx<'_>,
        application: &Application,
        step: Step,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(kind) = notice_of(step) else { return Ok(()) };
        let told = Notice::new(kind)
            .key("kind", application.kind.key())
            .arg("note", note.unwrap_or_default())
            .leads_to(&link_of(application, Reader::Applicant));
        notice::tell_in(tx, self.identity(), application.applicant, &told, now)
    }
    /// Those who administer the organization now; where nobody does, its account manager.
    pub fn tell_received_in(
        &self,
        tx: &mut Tx<'_>,
        application: &Application,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<()> {
        let administrators = membership::list_administrators(tx, organization, now)?;
        let others = administrators.iter().filter(|row| row.account != application.applicant);
        let others: Vec<AccountId> = others.map(|row| row.account).collect();
        if others.is_empty() {
            return self.tell_staff_in(tx, application, now);
        }
        let told = self.received_in(tx, application, Reader::Administrator)?;
        for account in others {
            notice::tell_in(tx, self.identity(), account, &told, now)?;
        }
        Ok(())
    }
    /// The account manager of the organization, if it has one; all of them where it belongs to no portfolio yet.
    pub fn tell_staff_in(&self, tx: &mut Tx<'_>, application: &Application, now: Timestamp) -> Result<()> {
        let managers: Vec<AccountId> = match application.organization {
            Some(organization) => {
                let found = organization::find_in(tx, organization)?;
                found.and_then(|found| found.account_manager).into_iter().collect()
            }
            None => {
                let staff = staff::service::list_in(tx, Some(StaffRole::AccountManager))?;
                staff.into_iter().map(|member| member.account).take(MOST_MANAGERS).collect()
            }
        };
        let told = self.received_in(tx, application, Reader::Staff)?;
        for manager in managers {
            notice::tell_in(tx, self.identity(), manager, &told, now)?;
        }
        Ok(())
    }
    /// Somebody of the staff who decides it, whoever looks after the organization.
    pub(crate) fn tell_decider_in(
        &self,
        tx: &mut Tx<'_>,
        application: &Application,
        decider: AccountId,
        now: Timestamp,
    ) -> Result<()> {
        let told = self.received_in(tx, application, Reader::Staff)?;
        notice::tell_in(tx, self.identity(), decider, &told, now)
    }
    fn received_in(&self, tx: &mut Tx<'_>, application: &Application, reader: Reader) -> Result<Notice> {
        let name = match application.organization {
            Some(id) => organization::find_in(tx, id)?.map(|found| found.name).unwrap_or_default(),
            None => String::new(),
        };
        Ok(Notice::new(Kind::ApplicationReceived)
            .key("kind", application.kind.key())
            .arg("applicant", self.name_in(tx, application.applicant)?)
            .arg("organization", name)
            .leads_to(&link_of(application, reader)))
    }
    /// Marks it told: the worker tells what waited for somebody who can decide.
    pub(super) fn tell_attached_in(
        &self,
        tx: &mut Tx<'_>,
        application: &Application,
        now: Timestamp,
    ) -> Result<bool> {
        let current = engine::find_in(tx, application.id)?;
        if !current.state.is_waiting() || !store::set_told(tx, application.id)? {
            return Ok(false);
        }
        match current.organization {
            Some(organization) if current.kind == ApplicationKind::AgentAuthorization => {
                self.tell_received_in(tx, &current, organization, now)?;
            }
            _ => self.tell_staff_in(tx, &current, now)?,
        }
        Ok(true)
    }
}
