//! Who can mend a missing layer, and how.
use super::facts::{AccountFacts, Facts, MachineFacts, Subject};
use super::layer::{Layer, LayerKind};
use crate::membership::Role;
use crate::product::{AdmissionEditor, Audience};
use serde::Serialize;

db::text_enum! {
    /// Who can mend a missing layer.
    pub enum Mender {
        Person = "person",
        Administrators = "administrators",
        AccountManager = "account_manager",
        ProductManager = "product_manager",
        Platform = "platform",
    }
}
db::text_enum! {
    pub enum Means {
        /// One click: an application to the administrators.
        RequestAccess = "request_access",
        /// The legal representative has nobody above and grants it on the matrix page.
        GrantYourself = "grant_yourself",
        Contact = "contact",
        Activate = "activate",
        SwitchSpace = "switch_space",
        /// An account of an organization stands for that organization alone: the person's own account does the rest.
        OwnAccount = "own_account",
        /// The type's administrators only administer: a colleague does the business.
        AskAgent = "ask_agent",
        /// A colleague with another role that the product allows.
        AskColleague = "ask_colleague",
        RaiseLevel = "raise_level",
        StepUp = "step_up",
        ChangeNetwork = "change_network",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    pub layer: LayerKind,
    pub who: Mender,
    pub how: Means,
}

impl From<AdmissionEditor> for Mender {
    fn from(office: AdmissionEditor) -> Self {
        match office {
            AdmissionEditor::AccountManager => Self::AccountManager,
            AdmissionEditor::ProductManager => Self::ProductManager,
            AdmissionEditor::OrganizationAdministrator => Self::Administrators,
        }
    }
}

pub(super) fn remedy(facts: &Facts, layer: &Layer) -> Option<Remedy> {
    let (who, how) = match &facts.subject {
        Subject::Person(account) => for_person(facts, account, layer)?,
        Subject::Machine(machine) => for_machine(facts, machine, layer),
    };
    Some(Remedy { layer: layer.kind, who, how })
}

fn for_person(facts: &Facts, account: &AccountFacts, layer: &Layer) -> Option<(Mender, Means)> {
    let role = facts.organization.as_ref().and_then(|o| o.membership.as_ref()).map(|m| m.role);
    Some(match layer.kind {
        LayerKind::Account if layer.code == "decision.account_unactivated" => {
            (Mender::Person, Means::Activate)
        }
        LayerKind::Account if account.owner.is_some() => (Mender::Administrators, Means::Contact),
        LayerKind::Account | LayerKind::Client | LayerKind::Owner => (Mender::Platform, Means::Contact),
        LayerKind::Product => (Mender::ProductManager, Means::Contact),
        LayerKind::Audience if account.owner.is_some() && facts.product.audience == Audience::Person => {
            (Mender::Person, Means::OwnAccount)
        }
        LayerKind::Audience => (Mender::Person, Means::SwitchSpace),
        LayerKind::Organization => (Mender::AccountManager, Means::Contact),
        LayerKind::Membership if layer.code == "decision.membership_foreign" => {
            (Mender::Person, Means::OwnAccount)
        }
        // Nobody inside stands above the head.
        LayerKind::Membership if role == Some(Role::LegalRepresentative) => {
            (Mender::AccountManager, Means::Contact)
        }
        LayerKind::Membership => (Mender::Administrators, Means::Contact),
        // Without a membership there is no role to speak of.
        LayerKind::Role => colleague(facts, role?),
        LayerKind::Admission => (admits(facts, layer), Means::Contact),
        // Nobody can grant what the role may not use, and nobody to someone outside.
        LayerKind::Grant => match role? {
            role if !does_business(facts, role) => return None,
            Role::LegalRepresentative => (Mender::Person, Means::GrantYourself),
            Role::Administrator | Role::Agent => (Mender::Administrators, Means::RequestAccess),
        },
        LayerKind::RealName => (Mender::Person, Means::RaiseLevel),
        LayerKind::Strength => (Mender::Person, Means::StepUp),
        LayerKind::Network => (Mender::Person, Means::ChangeNetwork),
    })
}

/// Whether the product and the organization's type let this role use the product.
fn does_business(facts: &Facts, role: Role) -> bool {
    let business = facts.organization.as_ref().is_none_or(|o| o.administrators_do_business);
    facts.product.roles_allowed.contains(&role) && (role != Role::Administrator || business)
}
/// Whoever has no business here has a colleague who does; a product for nobody's role is its manager's to mend.
fn colleague(facts: &Facts, own: Role) -> (Mender, Means) {
    let others = |role: &&Role| **role != own && does_business(facts, **role);
    if own != Role::Agent && does_business(facts, Role::Agent) {
        (Mender::Person, Means::AskAgent)
    } else if Role::ALL.iter().any(|role| others(&role)) {
        (Mender::Person, Means::AskColleague)
    } else {
        (Mender::ProductManager, Means::Contact)
    }
}

/// Clients are registered by whoever manages the product.
fn for_machine(facts: &Facts, machine: &MachineFacts, layer: &Layer) -> (Mender, Means) {
    match layer.kind {
        LayerKind::Organization => (Mender::AccountManager, Means::Contact),
        LayerKind::Admission => (admits(facts, layer), Means::Contact),
        LayerKind::Network if machine.owner.is_some() => (Mender::Administrators, Means::ChangeNetwork),
        LayerKind::Network => (Mender::Platform, Means::ChangeNetwork),
        _ => (Mender::ProductManager, Means::Contact),
    }
}

/// Who can mend the first half: whoever suspended it, the product's editor of admissions, or, for what the organization
/// itself has (number, contracts, entry in the register), its account manager, whoever edits admissions.
fn admits(facts: &Facts, layer: &Layer) -> Mender {
    match (layer.by, layer.code) {
        (Some(office), _) => office,
        (None, code) if code.starts_with("decision.admission") || code == "decision.contract_not_granted" => {
            facts.product.admission_editor.into()
        }
        (None, _) => Mender::AccountManager,
    }
}
