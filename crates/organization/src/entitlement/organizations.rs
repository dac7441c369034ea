//! What is not a person's: products, types and what they say, organizations with their admissions and contracts.
use super::accounts::{MOST_PRODUCTS, find_grant, grant};
use super::model::{ById, Numbers, Terms, at, place};
use super::store::{CatalogRows, OrganizationRows, ProductRow};
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::decision::{AdmissionFacts, ContractFacts, OrganizationFacts, ProductFacts};
use crate::membership::Role;
use crate::organization::{OrganizationState, RegistryState};
use crate::organization_type::TypePolicy;
use crate::product::{AdmissionClass, AdmissionEditor, parse_roles};
use kernel::{Result, Timestamp, id::OrganizationId};
use std::hint::black_box;
use std::sync::Arc;

pub(super) struct Product {
    pub code: Arc<str>,
    pub facts: ProductFacts,
    /// One bit a role, by its place in `Role::ALL`.
    pub roles: u8,
}

/// The other half of an admission's term: which office suspended it.
const STATES: u8 = AdmissionState::ALL.len() as u8;

#[derive(Clone, Copy)]
struct Admission {
    /// Numbers of the product and of the term, as in a grant.
    packed: u32,
    /// Position among the organization's contracts; past their end if it rests on none.
    contract: u32,
}
struct Contract {
    /// Number of its type.
    kind: u32,
    term: u32,
}
/// An organization of which nothing was read yet has no facts: the database is asked.
#[derive(Default)]
struct Firm {
    id: i64,
    known: Option<Known>,
    admissions: Box<[Admission]>,
    contracts: Box<[Contract]>,
}
#[derive(Clone, Copy)]
struct Known {
    kind: u32,
    state: OrganizationState,
    registry: RegistryState,
    has_number: bool,
}

/// What the index found for an organization.
pub(super) enum Standing<'a> {
    /// None of that id, or a closed one.
    Nobody,
    Here(Here<'a>),
    Ask,
}
pub(super) struct Here<'a> {
    pub number: u32,
    firm: &'a Firm,
    known: Known,
    policy: &'a TypePolicy,
    all: &'a Organizations,
}

#[derive(Default)]
pub(super) struct Organizations {
    products: Vec<Option<Product>>,
    product_numbers: Numbers,
    policies: ById<TypePolicy>,
    types: Numbers,
    /// Products, by number, that a type of contract lists.
    listings: Vec<Vec<u32>>,
    kinds: Numbers,
    firms: Vec<Firm>,
    firm_numbers: Numbers,
    type_ids: Vec<i64>,
}

impl Organizations {
    /// Products, types and listings anew: they are few.
    pub fn set_catalog(&mut self, rows: CatalogRows) -> Result<()> {
        for product in &mut self.products {
            *product = None;
        }
        for row in rows.products {
            let number = self.product(row.id);
            let product = product_of(row)?;
            if let Some(place) = self.products.get_mut(number as usize) {
                *place = Some(product);
            }
        }
        self.policies.clear();
        for (id, policy) in rows.types {
            self.policies.insert(id, TypePolicy::parse(&policy)?);
        }
        for listing in &mut self.listings {
            listing.clear();
        }
        for (kind, product) in rows.listings {
            let (kind, product) = (self.kind(kind), self.product(product));
            if let Some(listing) = self.listings.get_mut(kind as usize) {
                listing.push(product);
            }
        }
        Ok(())
    }
    /// The number of a product, which it keeps.
    pub fn product(&mut self, id: i64) -> u32 {
        let (number, new) = self.product_numbers.draw(id);
        if new {
            self.products.push(None);
        }
        number
    }
    fn kind(&mut self, id: i64) -> u32 {
        let (number, new) = self.kinds.draw(id);
        if new {
            self.listings.push(Vec::new());
        }
        number
    }
    fn type_number(&mut self, id: i64) -> u32 {
        let (number, new) = self.types.draw(id);
        if new {
            self.type_ids.push(id);
        }
        number
    }
    /// The number of an organization; one that was not read yet gets a place without facts.
    pub fn number(&mut self, id: i64) -> u32 {
        let (number, new) = self.firm_numbers.draw(id);
        if new {
            self.firms.push(Firm { id, ..Firm::default() });
        }
        number
    }
    pub fn find_product(&self, id: i64) -> Option<(u32, &Product)> {
        let number = self.product_numbers.get(id).filter(|number| *number < MOST_PRODUCTS)?;
        let product = self.products.get(number as usize)?.as_ref()?;
        Some((number, product))
    }
    pub fn find(&self, id: OrganizationId) -> Standing<'_> {
        let Some(number) = self.firm_numbers.get(id.as_i64()) else { return Standing::Nobody };
        let Some(firm) = self.firms.get(number as usize) else { return Standing::Ask };
        let Some(known) = firm.known else { return Standing::Ask };
        if known.state == OrganizationState::Closed {
            return Standing::Nobody;
        }
        let policy = self.type_ids.get(known.kind as usize).and_then(|id| self.policies.get(id));
        match policy {
            Some(policy) => Standing::Here(Here { number, firm, known, policy, all: self }),
            None => Standing::Ask,
        }
    }
    /// As [`super::accounts::Accounts::read_ahead`].
    pub fn read_ahead(&self, ids: impl Iterator<Item = OrganizationId>) {
        let numbers: Vec<_> = ids.filter_map(|id| self.firm_numbers.get(id.as_i64())).collect();
        let firms: Vec<_> =
            numbers.into_iter().filter_map(|number| self.firms.get(number as usize)).collect();
        let rows: Vec<_> =
            firms.into_iter().map(|firm| (firm.admissions.first(), firm.contracts.first())).collect();
        black_box(rows.into_iter().fold(0, |all, (admission, contract)| {
            all ^ admission.map_or(0, |row| row.packed) ^ contract.map_or(0, |row| row.term)
        }));
    }
    /// Both lists of rows are in the order of the organizations.
    pub fn put(&mut self, rows: OrganizationRows, terms: &mut Terms, now: Timestamp) {
        let OrganizationRows { organizations, admissions, contracts } = rows;
        let mut admissions = admissions.into_iter().peekable();
        let mut contracts = contracts.into_iter().peekable();
        for row in organizations {
            let (mut ids, mut signed, mut admitted) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(contract) = contracts.next_if(|contract| contract.organization == row.id) {
                let state = place(ContractState::ALL, &contract.state);
                let term = terms.number(contract.from, contract.until, state, now);
                signed.push(Contract { kind: self.kind(contract.kind), term });
                ids.push(contract.id);
            }
            while let Some(admission) = admissions.next_if(|admission| admission.organization == row.id) {
                let state = place(AdmissionState::ALL, &admission.state)
                    + STATES * admission.suspended_by.map_or(0, |by| 1 + place(AdmissionEditor::ALL, &by));
                let product = self.product(admission.product);
                if product >= MOST_PRODUCTS {
                    continue;
                }
                let term = terms.number(admission.from, admission.until, state, now);
                let contract = ids.iter().position(|id| Some(*id) == admission.contract);
                admitted.push(Admission {
                    packed: grant(product, term),
                    contract: contract.unwrap_or(usize::MAX) as u32,
                });
            }
            let known = Known {
                kind: self.type_number(row.type_id),
                state: row.state,
                registry: row.registry,
                has_number: row.has_number,
            };
            let number = self.number(row.id);
            if let Some(firm) = self.firms.get_mut(number as usize) {
                firm.known = Some(known);
                firm.admissions = admitted.into();
                firm.contracts = signed.into();
            }
        }
    }
    pub fn len(&self) -> usize {
        self.firms.len()
    }
    pub fn bytes(&self) -> usize {
        let rows: usize = self
            .firms
            .iter()
            .map(|firm| {
                firm.admissions.len() * size_of::<Admission>() + firm.contracts.len() * size_of::<Contract>()
            })
            .sum();
        rows + self.firms.capacity() * size_of::<Firm>() + self.firm_numbers.bytes()
    }
}

fn product_of(row: ProductRow) -> Result<Product> {
    let roles_allowed = parse_roles(&row.roles_allowed)?;
    let roles = roles_allowed.iter().fold(0, |roles, role| roles | 1 << place(Role::ALL, role));
    let facts = ProductFacts {
        state: row.state,
        audience: row.audience,
        admission_class: row.admission_class,
        admission_editor: row.admission_editor,
        grant_mode: row.grant_mode,
        roles_allowed,
        minimum_level: row.minimum_level,
        minimum_strength: row.minimum_strength,
        network_zone: row.network_zone,
    };
    Ok(Product { code: row.code.into(), facts, roles })
}

/// A term that found no place.
pub(super) struct Ask;

impl Here<'_> {
    pub fn is_active(&self) -> bool {
        self.known.state == OrganizationState::Active
    }
    pub const fn administrators_do_business(&self) -> bool {
        self.policy.administrators_do_business
    }
    /// Whether the first half fits now.
    pub fn admits(&self, product: u32, class: AdmissionClass, terms: &Terms, now: Timestamp) -> bool {
        if matches!(self.known.registry, RegistryState::Revoked | RegistryState::Cancelled) {
            return false;
        }
        let row = || {
            let (admission, term) = self.admission(product)?;
            let term = terms.get(term)?;
            let active = term.state == place(AdmissionState::ALL, &AdmissionState::Active);
            (active && term.holds(now)).then_some(admission)
        };
        match class {
            AdmissionClass::Open => true,
            AdmissionClass::Membership => self.known.has_number,
            AdmissionClass::Discretionary => row().is_some(),
            AdmissionClass::Contract => row()
                .and_then(|admission| self.firm.contracts.get(admission.contract as usize))
                .is_some_and(|contract| {
                    self.lists(contract, product)
                        && terms.get(contract.term).is_some_and(|term| {
                            at(ContractState::ALL, term.state) == Some(ContractState::Active)
                                && term.holds(now)
                        })
                }),
        }
    }
    /// With the number of its term.
    fn admission(&self, product: u32) -> Option<(Admission, u32)> {
        self.firm
            .admissions
            .iter()
            .find_map(|admission| find_grant(&[admission.packed], product).map(|term| (*admission, term)))
    }
    fn lists(&self, contract: &Contract, product: u32) -> bool {
        self.all.listings.get(contract.kind as usize).is_some_and(|listing| listing.contains(&product))
    }
    fn contract(
        &self,
        contract: &Contract,
        product: u32,
        terms: &Terms,
    ) -> std::result::Result<ContractFacts, Ask> {
        let term = terms.get(contract.term).ok_or(Ask)?;
        Ok(ContractFacts {
            state: at(ContractState::ALL, term.state).ok_or(Ask)?,
            valid_from: term.from(),
            valid_until: term.until(),
            lists_product: self.lists(contract, product),
        })
    }
    /// What `decision` reads of the organization and its half; the member's is left out.
    pub fn facts(
        &self,
        product: u32,
        class: AdmissionClass,
        terms: &Terms,
    ) -> std::result::Result<OrganizationFacts, Ask> {
        let admission = match self.admission(product) {
            None => None,
            Some((row, term)) => {
                let term = terms.get(term).ok_or(Ask)?;
                let contract = self.firm.contracts.get(row.contract as usize);
                Some(AdmissionFacts {
                    state: at(AdmissionState::ALL, term.state % STATES).ok_or(Ask)?,
                    suspended_by: (term.state / STATES)
                        .checked_sub(1)
                        .and_then(|by| at(AdmissionEditor::ALL, by)),
                    valid_from: term.from(),
                    valid_until: term.until(),
                    contract: contract.map(|contract| self.contract(contract, product, terms)).transpose()?,
                })
            }
        };
        let signed = if admission.is_none() && class == AdmissionClass::Contract {
            let listing = self.firm.contracts.iter().find(|contract| self.lists(contract, product));
            listing.map(|contract| self.contract(contract, product, terms)).transpose()?
        } else {
            None
        };
        Ok(OrganizationFacts {
            id: OrganizationId::from_i64(self.firm.id),
            state: self.known.state,
            has_member_number: self.known.has_number,
            registry_state: self.known.registry,
            administrators_do_business: self.policy.administrators_do_business,
            network_zones: self.policy.network_zones.clone(),
            membership: None,
            admission,
            signed,
            grant: None,
        })
    }
}
