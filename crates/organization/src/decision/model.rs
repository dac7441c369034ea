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

/// A program that acts without a person: a service client of an organization or of the platform.
#[derive(Clone, Debug)]
pub struct MachineFacts {
    pub active: bool,
    /// The organization for which it acts; None for the platform's own.
    pub owner: Option<OrganizationId>,
    /// Whether it was registered for this very product: that stands in for a member's grant.
    pub registered: bool,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Subject {
    Person(AccountFacts),
    Machine(MachineFacts),
}
impl Subject {
    pub const fn person(&self) -> Option<&AccountFacts> {
        match self {
            Self::Person(account) => Some(account),
            Self::Machine(_) => None,
        }
    }
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

/// A contract as it is now: the one that an admission rests on, or one that was signed and not granted yet.
#[derive(Clone, Debug)]
pub struct ContractFacts {
    pub state: ContractState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub lists_product: bool,
}

/// The row by which staff, or the administrators where the product lets them, admitted the organization.
#[derive(Clone, Debug)]
pub struct AdmissionFacts {
    pub state: AdmissionState,
    /// The office that suspended it, while it is suspended.
    pub suspended_by: Option<AdmissionEditor>,
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
    /// For a product of the contract class without an admission: the contract of the organization that lists the product
    /// and ends last. Signed is one thing, granted another.
    pub signed: Option<ContractFacts>,
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
        admission(class, self.standing(), self.admission.as_ref(), self.signed.as_ref(), now)
    }
}

#[derive(Clone, Debug)]
pub struct Facts {
    pub subject: Subject,
    /// None in the personal space, and for a machine of the platform.
    pub organization: Option<OrganizationFacts>,
    pub product: ProductFacts,
    pub session: SessionFacts,
    pub now: Timestamp,
}

db::text_enum! {
    pub enum LayerKind {
        Account = "account",
        /// Of a machine, in place of the account.
        Client = "client",
        Product = "product",
        Audience = "audience",
        Organization = "organization",
        /// Of a machine, in place of membership and role: for whom it acts.
        Owner = "owner",
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
    /// The end of what holds; since when it has run out; or from when on it will hold.
    pub until: Option<Timestamp>,
    /// What the admission of this product rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<AdmissionClass>,
    /// The office that put it out of force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Mender>,
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
    let mut layers = match &facts.subject {
        Subject::Person(account) => of_person(facts, account),
        Subject::Machine(machine) => of_machine(facts, machine),
    };
    layers.push(network(facts));
    let remedies = layers
        .iter()
        .filter(|layer| layer.state == LayerState::Missing)
        .filter_map(|layer| remedy(facts, layer))
        .collect();
    Decision { allow: layers.iter().all(|layer| layer.state == LayerState::Met), layers, remedies }
}

fn of_person(facts: &Facts, account: &AccountFacts) -> Vec<Layer> {
    let mut layers = Vec::with_capacity(11);
    layers.extend([account_state(facts, account), product(facts), audience(facts)]);
    if let Some(organization) = &facts.organization {
        let admission = organization.admission(facts.product.admission_class, facts.now);
        layers.extend([
            organization_state(organization),
            membership(facts, account, organization),
            role(facts, organization),
            admission,
            asleep_unless(admission.state == LayerState::Met, grant(facts, organization)),
        ]);
    }
    layers.extend([real_name(facts, account), strength(facts)]);
    layers
}

/// Both halves here too: the owner is admitted, and the client was registered for the product.
fn of_machine(facts: &Facts, machine: &MachineFacts) -> Vec<Layer> {
    let mut layers = Vec::with_capacity(8);
    layers.extend([client(machine), product(facts), audience(facts)]);
    let owner = owner(machine, facts.organization.as_ref());
    match &facts.organization {
        Some(organization) => {
            let admission = organization.admission(facts.product.admission_class, facts.now);
            layers.extend([
                organization_state(organization),
                owner,
                admission,
                asleep_unless(admission.state == LayerState::Met, registration(machine)),
            ]);
        }
        None => layers.extend([owner, registration(machine)]),
    }
    layers
}

fn met(kind: LayerKind, code: &'static str) -> Layer {
    Layer { kind, state: LayerState::Met, code, until: None, basis: None, by: None }
}
fn missing(kind: LayerKind, code: &'static str) -> Layer {
    Layer { state: LayerState::Missing, ..met(kind, code) }
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

fn account_state(facts: &Facts, account: &AccountFacts) -> Layer {
    use LayerKind::Account as Kind;
    match account.state {
        AccountState::Active => met(Kind, "decision.account_active"),
        AccountState::Unactivated if facts.session.card => met(Kind, "decision.account_card"),
        AccountState::Unactivated => missing(Kind, "decision.account_unactivated"),
        AccountState::Disabled => missing(Kind, "decision.account_disabled"),
        AccountState::Closed => missing(Kind, "decision.account_closed"),
    }
}

fn client(machine: &MachineFacts) -> Layer {
    use LayerKind::Client as Kind;
    if machine.active {
        met(Kind, "decision.client_active")
    } else {
        missing(Kind, "decision.client_disabled")
    }
}

/// A machine acts for its owner and for nobody else.
fn owner(machine: &MachineFacts, organization: Option<&OrganizationFacts>) -> Layer {
    use LayerKind::Owner as Kind;
    match (machine.owner, organization) {
        (None, None) => met(Kind, "decision.owner_platform"),
        (Some(owner), Some(organization)) if owner == organization.id => {
            met(Kind, "decision.owner_organization")
        }
        _ => missing(Kind, "decision.owner_foreign"),
    }
}

fn registration(machine: &MachineFacts) -> Layer {
    use LayerKind::Grant as Kind;
    if machine.registered {
        met(Kind, "decision.grant_by_registration")
    } else {
        missing(Kind, "decision.grant_not_registered")
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
        // The platform's own machines act for nobody: neither persons nor organizations are served.
        (None, _) if facts.subject.person().is_none() => met(Kind, "decision.audience_platform"),
        (None, Audience::Organization) => missing(Kind, "decision.audience_organization_only"),
        // A managed account stands for its organization; the person behind it has an account of their own for private affairs.
        (None, _) if facts.subject.person().is_some_and(|account| account.owner.is_some()) => {
            missing(Kind, "decision.account_managed")
        }
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

fn membership(facts: &Facts, account: &AccountFacts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Membership as Kind;
    let Some(membership) = &organization.membership else {
        return missing(Kind, "decision.membership_missing");
    };
    if account.owner.is_some_and(|owner| owner != organization.id) {
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

/// The first half of the tally. `signed` matters only without an admission.
pub fn admission(
    class: AdmissionClass,
    standing: Standing,
    admission: Option<&AdmissionFacts>,
    signed: Option<&ContractFacts>,
    now: Timestamp,
) -> Layer {
    use LayerKind::Admission as Kind;
    // Struck off by the authority: whatever the basis is, it sleeps until the register says otherwise.
    let layer = match (standing.registry_state, class) {
        (RegistryState::Revoked, _) => missing(Kind, "decision.registry_revoked"),
        (RegistryState::Cancelled, _) => missing(Kind, "decision.registry_cancelled"),
        (_, AdmissionClass::Open) => met(Kind, "decision.admission_open"),
        (_, AdmissionClass::Membership) if standing.has_member_number => {
            met(Kind, "decision.admission_membership")
        }
        (_, AdmissionClass::Membership) => missing(Kind, "decision.member_number_missing"),
        (_, AdmissionClass::Discretionary) => match live(admission) {
            None => missing(Kind, "decision.admission_missing"),
            Some(row) => admission_row(row, now, || met(Kind, "decision.admission_discretionary")),
        },
        (_, AdmissionClass::Contract) => match live(admission) {
            None => ungranted(signed, now),
            Some(row) => admission_row(row, now, || match &row.contract {
                None => missing(Kind, "decision.contract_missing"),
                Some(contract) => by_contract(contract, now),
            }),
        },
    };
    Layer { basis: Some(class), ..layer }
}
fn live(admission: Option<&AdmissionFacts>) -> Option<&AdmissionFacts> {
    admission.filter(|admission| admission.state != AdmissionState::Ended)
}
fn admission_row(admission: &AdmissionFacts, now: Timestamp, basis: impl FnOnce() -> Layer) -> Layer {
    use LayerKind::Admission as Kind;
    if admission.state == AdmissionState::Suspended {
        let by = admission.suspended_by.map(Mender::from);
        return Layer { by, ..missing(Kind, "decision.admission_suspended") };
    }
    match period(admission.valid_from, admission.valid_until, now) {
        Period::Before => missing(Kind, "decision.admission_not_yet").until(admission.valid_from),
        Period::After => missing(Kind, "decision.admission_expired").until(admission.valid_until),
        Period::Within => {
            let layer = basis();
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
/// Without an admission: either nothing was signed, or what was signed was not granted.
fn ungranted(signed: Option<&ContractFacts>, now: Timestamp) -> Layer {
    use LayerKind::Admission as Kind;
    let Some(contract) = signed.filter(|contract| contract.lists_product) else {
        return missing(Kind, "decision.contract_not_signed");
    };
    let layer = by_contract(contract, now);
    match layer.state {
        LayerState::Met => missing(Kind, "decision.contract_not_granted"),
        LayerState::Asleep | LayerState::Missing => layer,
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

fn grant(facts: &Facts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Grant as Kind;
    if facts.product.grant_mode == GrantMode::EveryAgent {
        return met(Kind, "decision.grant_by_mode");
    }
    let live = organization.grant.as_ref().filter(|grant| grant.state != GrantState::Ended);
    let Some(grant) = live else { return missing(Kind, "decision.grant_missing") };
    match period(grant.valid_from, grant.valid_until, facts.now) {
        Period::Before => missing(Kind, "decision.grant_not_yet").until(grant.valid_from),
        Period::Within => met(Kind, "decision.grant_active").until(grant.valid_until),
        Period::After => missing(Kind, "decision.grant_expired").until(grant.valid_until),
    }
}
fn asleep_unless(admitted: bool, layer: Layer) -> Layer {
    match layer.state {
        LayerState::Met if !admitted => {
            Layer { state: LayerState::Asleep, code: "decision.grant_asleep", ..layer }
        }
        _ => layer,
    }
}

fn real_name(facts: &Facts, account: &AccountFacts) -> Layer {
    use LayerKind::RealName as Kind;
    if account.level >= facts.product.minimum_level {
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

impl From<AdmissionEditor> for Mender {
    fn from(office: AdmissionEditor) -> Self {
        match office {
            AdmissionEditor::AccountManager => Self::AccountManager,
            AdmissionEditor::ProductManager => Self::ProductManager,
            AdmissionEditor::OrganizationAdministrator => Self::Administrators,
        }
    }
}

fn remedy(facts: &Facts, layer: &Layer) -> Option<Remedy> {
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
