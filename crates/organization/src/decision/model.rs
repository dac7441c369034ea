//! `decide`: the one place that says who may do what. Pure: the same facts give the same answer, without clock or store.
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{Timestamp, id::OrganizationId};
use serde::Serialize;

/// The principal for whom a page, form or token acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Personal,
    Organization(OrganizationId),
}
impl Space {
    pub const fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Personal => None,
            Self::Organization(id) => Some(id),
        }
    }
}

/// What the session brings: how strongly it was authenticated and from where the request comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// 1 to 3.
    pub strength: i64,
    /// A card of the account's own signed this session in: then an unactivated account is usable.
    pub card: bool,
    /// Names of the network zones that the source address lies in.
    pub zones: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct AccountFacts {
    pub state: AccountState,
    /// The organization that owns a managed account; None for a self-owned one.
    pub owner: Option<OrganizationId>,
    pub level: RealNameLevel,
}

#[derive(Clone, Debug)]
pub struct ProductFacts {
    pub state: ProductState,
    pub audience: Audience,
    pub admission_class: AdmissionClass,
    pub admission_editor: AdmissionEditor,
    pub grant_mode: GrantMode,
    pub roles_allowed: Vec<Role>,
    pub minimum_level: RealNameLevel,
    pub minimum_strength: i64,
    pub network_zone: Option<String>,
}

#[derive(Clone, Debug)]
pub struct MembershipFacts {
    pub role: Role,
    pub state: MembershipState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

/// The contract that an admission rests on, as it is now.
#[derive(Clone, Debug)]
pub struct ContractFacts {
    pub state: ContractState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub lists_product: bool,
}

#[derive(Clone, Debug)]
pub struct AdmissionFacts {
    pub state: AdmissionState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub contract: Option<ContractFacts>,
}

#[derive(Clone, Debug)]
pub struct GrantFacts {
    pub state: GrantState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

#[derive(Clone, Debug)]
pub struct OrganizationFacts {
    pub id: OrganizationId,
    pub state: OrganizationState,
    pub has_member_number: bool,
    pub registry_state: RegistryState,
    /// Policy of the type.
    pub administrators_do_business: bool,
    /// Policy of the type: its people work from these zones; empty means from anywhere.
    pub network_zones: Vec<String>,
    pub membership: Option<MembershipFacts>,
    pub admission: Option<AdmissionFacts>,
    pub grant: Option<GrantFacts>,
}

/// What of the organization itself every admission rests on.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub has_member_number: bool,
    pub registry_state: RegistryState,
}

impl OrganizationFacts {
    fn standing(&self) -> Standing {
        Standing { has_member_number: self.has_member_number, registry_state: self.registry_state }
    }
    /// The first half alone: also asked when a grant is made.
    pub fn admission(&self, class: AdmissionClass, now: Timestamp) -> Layer {
        admission(class, self.standing(), self.admission.as_ref(), now)
    }
}

#[derive(Clone, Debug)]
pub struct Facts {
    pub account: AccountFacts,
    /// None in the personal space.
    pub organization: Option<OrganizationFacts>,
    pub product: ProductFacts,
    pub session: SessionFacts,
    pub now: Timestamp,
}

db::text_enum! {
    pub enum LayerKind {
        Account = "account",
        Product = "product",
        Audience = "audience",
        Organization = "organization",
        Membership = "membership",
        Role = "role",
        Admission = "admission",
        Grant = "grant",
        RealName = "real_name",
        Strength = "strength",
        Network = "network",
    }
}
db::text_enum! {
    pub enum LayerState {
        Met = "met",
        /// In order by itself, but without effect until the admission holds again.
        Asleep = "asleep",
        Missing = "missing",
    }
}

/// One condition with its evidence. `code` is stable; translations, API and clients key on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    pub kind: LayerKind,
    pub state: LayerState,
    pub code: &'static str,
    /// The end of what holds, or of what ran out.
    pub until: Option<Timestamp>,
}

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
        /// The type's administrators only administer: a colleague does the business.
        AskAgent = "ask_agent",
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub allow: bool,
    /// In the order in which a person would clear them.
    pub layers: Vec<Layer>,
    pub remedies: Vec<Remedy>,
}
impl Decision {
    /// The first reason against, or `decision.allowed`.
    pub fn code(&self) -> &'static str {
        self.first_missing().map_or("decision.allowed", |layer| layer.code)
    }
    pub fn first_missing(&self) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.state == LayerState::Missing)
    }
    pub fn layer(&self, kind: LayerKind) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.kind == kind)
    }
    pub fn is_missing(&self, kind: LayerKind) -> bool {
        self.layer(kind).is_some_and(|layer| layer.state == LayerState::Missing)
    }
    /// The left half of the tally: the organization may. None in the personal space.
    pub fn organization_half(&self) -> Option<bool> {
        self.layer(LayerKind::Admission).map(|layer| layer.state == LayerState::Met)
    }
    /// The right half: this member may, on its own account.
    pub fn member_half(&self) -> Option<bool> {
        self.layer(LayerKind::Grant).map(|layer| layer.state != LayerState::Missing)
    }
    /// Something is missing, and it is the grant that a click can ask for.
    pub fn can_request_access(&self) -> bool {
        self.remedies.iter().any(|remedy| remedy.how == Means::RequestAccess)
    }
}

pub fn decide(facts: &Facts) -> Decision {
    let mut layers = vec![account(facts), product(facts), audience(facts)];
    if let Some(organization) = &facts.organization {
        layers.push(organization_state(organization));
        layers.push(membership(facts, organization));
        layers.push(role(facts, organization));
        let admission = organization.admission(facts.product.admission_class, facts.now);
        layers.push(admission);
        layers.push(grant(facts, organization, admission.state == LayerState::Met));
    }
    layers.push(real_name(facts));
    layers.push(strength(facts));
    layers.push(network(facts));
    let remedies = layers
        .iter()
        .filter(|layer| layer.state == LayerState::Missing)
        .filter_map(|layer| remedy(facts, layer))
        .collect();
    Decision { allow: layers.iter().all(|layer| layer.state == LayerState::Met), layers, remedies }
}

fn met(kind: LayerKind, code: &'static str) -> Layer {
    Layer { kind, state: LayerState::Met, code, until: None }
}
fn missing(kind: LayerKind, code: &'static str) -> Layer {
    Layer { kind, state: LayerState::Missing, code, until: None }
}
impl Layer {
    fn until(self, until: Timestamp) -> Self {
        Self { until: (until != Timestamp::FOREVER).then_some(until), ..self }
    }
}

/// Where `now` lies against `[from, until)`.
enum Period {
    Before,
    Within,
    After,
}
fn period(from: Timestamp, until: Timestamp, now: Timestamp) -> Period {
    if now < from {
        Period::Before
    } else if now < until {
        Period::Within
    } else {
        Period::After
    }
}

fn account(facts: &Facts) -> Layer {
    use LayerKind::Account as Kind;
    match facts.account.state {
        AccountState::Active => met(Kind, "decision.account_active"),
        AccountState::Unactivated if facts.session.card => met(Kind, "decision.account_card"),
        AccountState::Unactivated => missing(Kind, "decision.account_unactivated"),
        AccountState::Disabled => missing(Kind, "decision.account_disabled"),
        AccountState::Closed => missing(Kind, "decision.account_closed"),
    }
}

fn product(facts: &Facts) -> Layer {
    use LayerKind::Product as Kind;
    match facts.product.state {
        ProductState::Active => met(Kind, "decision.product_active"),
        ProductState::Suspended => missing(Kind, "decision.product_suspended"),
        ProductState::Draft | ProductState::Withdrawn => missing(Kind, "decision.product_unavailable"),
    }
}

fn audience(facts: &Facts) -> Layer {
    use LayerKind::Audience as Kind;
    match (&facts.organization, facts.product.audience) {
        (Some(_), Audience::Person) => missing(Kind, "decision.audience_person_only"),
        (None, Audience::Organization) => missing(Kind, "decision.audience_organization_only"),
        // A managed account stands for its organization; the person behind it has an account of their own for private affairs.
        (None, _) if facts.account.owner.is_some() => missing(Kind, "decision.account_managed"),
        (Some(_), _) => met(Kind, "decision.audience_organization"),
        (None, _) => met(Kind, "decision.audience_person"),
    }
}

fn organization_state(organization: &OrganizationFacts) -> Layer {
    use LayerKind::Organization as Kind;
    match organization.state {
        OrganizationState::Active => met(Kind, "decision.organization_active"),
        OrganizationState::Suspended => missing(Kind, "decision.organization_suspended"),
        OrganizationState::Closed => missing(Kind, "decision.organization_closed"),
    }
}

fn membership(facts: &Facts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Membership as Kind;
    let Some(membership) = &organization.membership else {
        return missing(Kind, "decision.membership_missing");
    };
    if facts.account.owner.is_some_and(|owner| owner != organization.id) {
        return missing(Kind, "decision.membership_foreign");
    }
    match membership.state {
        MembershipState::Active => {}
        MembershipState::Suspended => return missing(Kind, "decision.membership_suspended"),
        MembershipState::Ended => return missing(Kind, "decision.membership_missing"),
    }
    match period(membership.valid_from, membership.valid_until, facts.now) {
        Period::Before => missing(Kind, "decision.membership_not_yet").until(membership.valid_from),
        Period::Within => met(Kind, "decision.membership_active").until(membership.valid_until),
        Period::After => missing(Kind, "decision.membership_expired").until(membership.valid_until),
    }
}

fn role(facts: &Facts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Role as Kind;
    let Some(membership) = &organization.membership else {
        return missing(Kind, "decision.role_missing");
    };
    if membership.role == Role::Administrator && !organization.administrators_do_business {
        missing(Kind, "decision.role_administers_only")
    } else if facts.product.roles_allowed.contains(&membership.role) {
        met(Kind, "decision.role_allowed")
    } else {
        missing(Kind, "decision.role_not_allowed")
    }
}

/// The first half of the tally.
pub fn admission(
    class: AdmissionClass,
    standing: Standing,
    admission: Option<&AdmissionFacts>,
    now: Timestamp,
) -> Layer {
    use LayerKind::Admission as Kind;
    // Struck off by the authority: whatever the basis is, it sleeps until the register says otherwise.
    match standing.registry_state {
        RegistryState::Revoked => return missing(Kind, "decision.registry_revoked"),
        RegistryState::Cancelled => return missing(Kind, "decision.registry_cancelled"),
        RegistryState::Unknown | RegistryState::Live | RegistryState::Abnormal => {}
    }
    match class {
        AdmissionClass::Open => met(Kind, "decision.admission_open"),
        AdmissionClass::Membership if standing.has_member_number => {
            met(Kind, "decision.admission_membership")
        }
        AdmissionClass::Membership => missing(Kind, "decision.member_number_missing"),
        AdmissionClass::Discretionary => {
            admission_row(admission, now, |_| met(Kind, "decision.admission_discretionary"))
        }
        AdmissionClass::Contract => admission_row(admission, now, |admission| match &admission.contract {
            None => missing(Kind, "decision.contract_missing"),
            Some(contract) => by_contract(contract, now),
        }),
    }
}
fn admission_row(
    admission: Option<&AdmissionFacts>,
    now: Timestamp,
    basis: impl FnOnce(&AdmissionFacts) -> Layer,
) -> Layer {
    use LayerKind::Admission as Kind;
    let Some(admission) = admission else {
        return missing(Kind, "decision.admission_missing");
    };
    match admission.state {
        AdmissionState::Active => {}
        AdmissionState::Suspended => return missing(Kind, "decision.admission_suspended"),
        AdmissionState::Ended => return missing(Kind, "decision.admission_missing"),
    }
    match period(admission.valid_from, admission.valid_until, now) {
        Period::Before => missing(Kind, "decision.admission_not_yet").until(admission.valid_from),
        Period::After => missing(Kind, "decision.admission_expired").until(admission.valid_until),
        Period::Within => {
            let layer = basis(admission);
            match layer.state {
                LayerState::Met => {
                    let end = layer.until.unwrap_or(Timestamp::FOREVER).min(admission.valid_until);
                    layer.until(end)
                }
                LayerState::Asleep | LayerState::Missing => layer,
            }
        }
    }
}
fn by_contract(contract: &ContractFacts, now: Timestamp) -> Layer {
    use LayerKind::Admission as Kind;
    if contract.state == ContractState::Terminated {
        return missing(Kind, "decision.contract_terminated");
    }
    if !contract.lists_product {
        return missing(Kind, "decision.contract_excludes_product");
    }
    match period(contract.valid_from, contract.valid_until, now) {
        Period::Before => missing(Kind, "decision.contract_not_yet").until(contract.valid_from),
        Period::Within => met(Kind, "decision.admission_contract").until(contract.valid_until),
        Period::After => missing(Kind, "decision.contract_expired").until(contract.valid_until),
    }
}

fn grant(facts: &Facts, organization: &OrganizationFacts, admitted: bool) -> Layer {
    use LayerKind::Grant as Kind;
    if facts.product.grant_mode == GrantMode::EveryAgent {
        return asleep_unless(admitted, met(Kind, "decision.grant_by_mode"));
    }
    let Some(grant) = &organization.grant else {
        return missing(Kind, "decision.grant_missing");
    };
    if grant.state == GrantState::Ended {
        return missing(Kind, "decision.grant_missing");
    }
    match period(grant.valid_from, grant.valid_until, facts.now) {
        Period::Before => missing(Kind, "decision.grant_not_yet").until(grant.valid_from),
        Period::Within => {
            asleep_unless(admitted, met(Kind, "decision.grant_active").until(grant.valid_until))
        }
        Period::After => missing(Kind, "decision.grant_expired").until(grant.valid_until),
    }
}
fn asleep_unless(admitted: bool, layer: Layer) -> Layer {
    if admitted { layer } else { Layer { state: LayerState::Asleep, code: "decision.grant_asleep", ..layer } }
}

fn real_name(facts: &Facts) -> Layer {
    use LayerKind::RealName as Kind;
    if facts.account.level >= facts.product.minimum_level {
        met(Kind, "decision.real_name_met")
    } else {
        missing(Kind, "decision.real_name_too_low")
    }
}

fn strength(facts: &Facts) -> Layer {
    use LayerKind::Strength as Kind;
    if facts.session.strength >= facts.product.minimum_strength {
        met(Kind, "decision.strength_met")
    } else {
        missing(Kind, "decision.strength_too_low")
    }
}

/// The product's zone and, in an organization's space, one of its type's zones.
fn network(facts: &Facts) -> Layer {
    use LayerKind::Network as Kind;
    let within = |zone: &String| facts.session.zones.contains(zone);
    let by_product = facts.product.network_zone.as_ref().is_none_or(within);
    let by_type = facts.organization.as_ref().is_none_or(|organization| {
        organization.network_zones.is_empty() || organization.network_zones.iter().any(within)
    });
    if by_product && by_type {
        met(Kind, "decision.network_inside")
    } else {
        missing(Kind, "decision.network_outside")
    }
}

fn remedy(facts: &Facts, layer: &Layer) -> Option<Remedy> {
    let role = facts.organization.as_ref().and_then(|o| o.membership.as_ref()).map(|m| m.role);
    let (who, how) = match layer.kind {
        LayerKind::Account if layer.code == "decision.account_unactivated" => {
            (Mender::Person, Means::Activate)
        }
        LayerKind::Account if facts.account.owner.is_some() => (Mender::Administrators, Means::Contact),
        LayerKind::Account => (Mender::Platform, Means::Contact),
        LayerKind::Product => (Mender::ProductManager, Means::Contact),
        LayerKind::Audience => (Mender::Person, Means::SwitchSpace),
        LayerKind::Organization => (Mender::AccountManager, Means::Contact),
        LayerKind::Membership => (Mender::Administrators, Means::Contact),
        LayerKind::Role if layer.code == "decision.role_administers_only" => {
            (Mender::Person, Means::AskAgent)
        }
        LayerKind::Role => (Mender::Administrators, Means::Contact),
        // The number and the contracts of an organization are the account manager's business, whoever edits admissions.
        LayerKind::Admission if !layer.code.starts_with("decision.admission") => {
            (Mender::AccountManager, Means::Contact)
        }
        LayerKind::Admission => match facts.product.admission_editor {
            AdmissionEditor::AccountManager => (Mender::AccountManager, Means::Contact),
            AdmissionEditor::ProductManager => (Mender::ProductManager, Means::Contact),
            AdmissionEditor::OrganizationAdministrator => (Mender::Administrators, Means::Contact),
        },
        // Nobody can grant what the role may not use, and nobody to someone outside.
        LayerKind::Grant => match role {
            None => return None,
            Some(Role::LegalRepresentative) => (Mender::Person, Means::GrantYourself),
            Some(role) if !facts.product.roles_allowed.contains(&role) => return None,
            Some(Role::Administrator)
                if facts.organization.as_ref().is_some_and(|o| !o.administrators_do_business) =>
            {
                return None;
            }
            Some(Role::Administrator | Role::Agent) => (Mender::Administrators, Means::RequestAccess),
        },
        LayerKind::RealName => (Mender::Person, Means::RaiseLevel),
        LayerKind::Strength => (Mender::Person, Means::StepUp),
        LayerKind::Network => (Mender::Person, Means::ChangeNetwork),
    };
    Some(Remedy { layer: layer.kind, who, how })
}
