//! Who changes something, as a value that was checked once and is checked again inside the transaction.
use crate::membership::{self, OrganizationAdministrator, Role};
use crate::organization::{Locked, OrganizationState};
use crate::product::{AdmissionEditor, Product};
use db::Tx;
use identity::session::SignedIn;
use kernel::{Actor, Error, Result, Timestamp, id::AccountId};
use platform::staff::{self, StaffRole, StaffState};

/// Platform staff acting on organizations and products, or the installation itself (command line, demonstration).
#[derive(Clone, Debug)]
pub struct Operator {
    account: Option<AccountId>,
    actor: Actor,
}
impl Operator {
    /// None if the account is no staff. Which role it has is asked again in each transaction.
    pub fn from_signed_in(signed_in: &SignedIn) -> Option<Self> {
        signed_in.staff?;
        Some(Self { account: Some(signed_in.account), actor: signed_in.actor.clone() })
    }
    /// For work that goes on without whoever asked for it: their role is asked again in each transaction.
    pub fn again(account: AccountId, actor: Actor) -> Self {
        Self { account: Some(account), actor }
    }
    /// Whoever can run the program on its own data needs no further right.
    pub fn installation() -> Self {
        Self { account: None, actor: Actor::system() }
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }
    /// The role at this instant; None for the installation.
    fn role_in(&self, tx: &mut Tx<'_>) -> Result<Option<StaffRole>> {
        match self.account {
            None => Ok(None),
            Some(account) => staff::service::find_in(tx, account)?
                .filter(|member| member.state == StaffState::Active)
                .map(|member| Some(member.role))
                .ok_or_else(refused),
        }
    }
    /// Error `staff.role_required` unless the role is one of these.
    pub fn must_be(&self, tx: &mut Tx<'_>, roles: &[StaffRole]) -> Result<()> {
        match self.role_in(tx)? {
            None => Ok(()),
            Some(role) if roles.contains(&role) => Ok(()),
            Some(_) => Err(refused()),
        }
    }
    /// As [`Self::role_in`], for lists that a role sees differently.
    pub(crate) fn staff_role_in(&self, tx: &mut Tx<'_>) -> Result<Option<StaffRole>> {
        self.role_in(tx)
    }
    /// The office in which staff change admissions to a product.
    pub(crate) fn office_in(&self, tx: &mut Tx<'_>, product: &Product) -> Result<AdmissionEditor> {
        Ok(match self.role_in(tx)? {
            Some(StaffRole::ProductManager) => AdmissionEditor::ProductManager,
            Some(StaffRole::AccountManager) => AdmissionEditor::AccountManager,
            // Whoever stands above both acts for the one who edits.
            _ if product.admission_editor == AdmissionEditor::ProductManager => {
                AdmissionEditor::ProductManager
            }
            _ => AdmissionEditor::AccountManager,
        })
    }
    /// The account manager who acts: what they make is theirs to look after.
    pub(crate) fn manager_in(&self, tx: &mut Tx<'_>) -> Result<Option<AccountId>> {
        let manages = self.role_in(tx)? == Some(StaffRole::AccountManager);
        Ok(self.account.filter(|_| manages))
    }
    /// Whose organizations a list shows: the own ones of an account manager, None for everybody's.
    pub(crate) fn portfolio_in(&self, tx: &mut Tx<'_>) -> Result<Option<AccountId>> {
        match self.role_in(tx)? {
            None | Some(StaffRole::SystemAdministrator) => Ok(None),
            Some(StaffRole::AccountManager) => Ok(self.account),
            Some(_) => Err(refused()),
        }
    }
    /// The account manager of this organization, or the system administrator.
    pub fn must_manage(&self, tx: &mut Tx<'_>, organization: &Locked) -> Result<()> {
        self.must_look_after(tx, organization.account_manager)
    }
    /// The same for an organization that nobody holds, by its account manager.
    pub(crate) fn must_look_after(&self, tx: &mut Tx<'_>, manager: Option<AccountId>) -> Result<()> {
        match self.role_in(tx)? {
            None | Some(StaffRole::SystemAdministrator) => Ok(()),
            Some(StaffRole::AccountManager) if manager == self.account => Ok(()),
            // Another manager's portfolio is not theirs to know.
            Some(StaffRole::AccountManager) => Err(Error::not_found("organization.unknown")),
            Some(_) => Err(refused()),
        }
    }
    /// The product's own manager, any product manager where it has none, or the system administrator.
    pub(crate) fn must_manage_product(&self, tx: &mut Tx<'_>, manager: Option<AccountId>) -> Result<()> {
        match self.role_in(tx)? {
            None | Some(StaffRole::SystemAdministrator) => Ok(()),
            Some(StaffRole::ProductManager) if manager.is_none() || manager == self.account => Ok(()),
            Some(_) => Err(refused()),
        }
    }
}
fn refused() -> Error {
    Error::forbidden("staff.role_required")
}

/// Either side of the platform may change memberships and grants, each within its bounds.
#[derive(Clone, Debug)]
pub enum Authority {
    Administrator(OrganizationAdministrator),
    Operator(Operator),
}
impl From<OrganizationAdministrator> for Authority {
    fn from(administrator: OrganizationAdministrator) -> Self {
        Self::Administrator(administrator)
    }
}
impl From<Operator> for Authority {
    fn from(operator: Operator) -> Self {
        Self::Operator(operator)
    }
}
impl Authority {
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Administrator(administrator) => administrator.actor(),
            Self::Operator(operator) => operator.actor(),
        }
    }
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Administrator(administrator) => Some(administrator.account()),
            Self::Operator(operator) => operator.account(),
        }
    }
    /// The power that holds at this instant; asked after the organization's row is locked.
    pub fn power_in(&self, tx: &mut Tx<'_>, organization: &Locked, now: Timestamp) -> Result<Power> {
        match self {
            Self::Operator(operator) => operator.must_manage(tx, organization).map(|()| Power::Platform),
            Self::Administrator(administrator) => {
                if administrator.organization() != organization.id {
                    return Err(Error::not_found("organization.unknown"));
                }
                if organization.state != OrganizationState::Active {
                    return Err(Error::forbidden("organization.suspended"));
                }
                match membership::find_acting_role(tx, administrator.account(), organization.id, now)? {
                    Some(role) if role.administers() => Ok(Power::Role(role)),
                    _ => Err(Error::forbidden("membership.administrators_only")),
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Platform,
    Role(Role),
}
impl Power {
    /// Error `membership.role_too_high`: nobody touches at or above the own role; platform staff may.
    pub fn must_touch(self, role: Role) -> Result<()> {
        match self {
            Self::Platform => Ok(()),
            Self::Role(own) if own.may_touch(role) => Ok(()),
            Self::Role(_) => Err(Error::forbidden("membership.role_too_high")),
        }
    }
    pub fn must_grant_to(self, role: Role) -> Result<()> {
        match self {
            Self::Platform => Ok(()),
            Self::Role(own) if own.may_grant_to(role) => Ok(()),
            Self::Role(_) => Err(Error::forbidden("membership.role_too_high")),
        }
    }
}
