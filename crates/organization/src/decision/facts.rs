//! What the database says of a decision, as facts.
use super::model::{
    AccountFacts, AdmissionFacts, ContractFacts, Facts, GrantFacts, MembershipFacts, OrganizationFacts,
    ProductFacts, SessionFacts, Subject,
};
use super::service::Named;
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::organization_type::TypePolicy;
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState, parse_roles};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{
    Result, Timestamp,
    id::{MembershipId, OrganizationId, ProductId},
};
use std::{cell::RefCell, collections::VecDeque, sync::Arc};

pub(super) struct FactsRow {
    account_state: AccountState,
    owner: Option<OrganizationId>,
    level: Option<i64>,
    product: ProductId,
    product_state: ProductState,
    audience: Audience,
    admission_class: AdmissionClass,
    admission_editor: AdmissionEditor,
    grant_mode: GrantMode,
    roles_allowed: String,
    minimum_level: RealNameLevel,
    minimum_strength: i64,
    network_zone: Option<String>,
    organization: Option<OrganizationId>,
    organization_name: Option<String>,
    organization_state: Option<OrganizationState>,
    member_number: Option<String>,
    registry_state: Option<RegistryState>,
    policy: Option<String>,
    membership: Option<MembershipId>,
    role: Option<Role>,
    membership_state: Option<MembershipState>,
    membership_from: Option<Timestamp>,
    membership_until: Option<Timestamp>,
    admission_state: Option<AdmissionState>,
    suspended_by: Option<AdmissionEditor>,
    admission_from: Option<Timestamp>,
    admission_until: Option<Timestamp>,
    contract_state: Option<ContractState>,
    contract_from: Option<Timestamp>,
    contract_until: Option<Timestamp>,
    contract_lists: bool,
    signed_state: Option<ContractState>,
    signed_from: Option<Timestamp>,
    signed_until: Option<Timestamp>,
    grant_state: Option<GrantState>,
    grant_from: Option<Timestamp>,
    grant_until: Option<Timestamp>,
    subject: String,
}
db::row!(FactsRow {
    account_state,
    owner,
    level,
    product,
    product_state,
    audience,
    admission_class,
    admission_editor,
    grant_mode,
    roles_allowed,
    minimum_level,
    minimum_strength,
    network_zone,
    organization,
    organization_name,
    organization_state,
    member_number,
    registry_state,
    policy,
    membership,
    role,
    membership_state,
    membership_from,
    membership_until,
    admission_state,
    suspended_by,
    admission_from,
    admission_until,
    contract_state,
    contract_from,
    contract_until,
    contract_lists,
    signed_state,
    signed_from,
    signed_until,
    grant_state,
    grant_from,
    grant_until,
    subject,
});

/// Facts with what whoever issues tokens or pages needs beside them.
pub(super) struct Found {
    /// By which products know the account.
    pub subject: String,
    pub product: ProductId,
    pub membership: Option<MembershipId>,
    pub named: Option<Named>,
    pub facts: Facts,
}

thread_local! {
    /// Policies of types that this thread read lately, each with its text: there are few, and they seldom change.
    static READ: RefCell<VecDeque<(String, Arc<TypePolicy>)>> = const { RefCell::new(VecDeque::new()) };
}
const MOST_READ: usize = 16;

fn policy_of(text: String) -> Result<Arc<TypePolicy>> {
    READ.with_borrow_mut(|read| {
        if let Some((_, policy)) = read.iter().find(|(known, _)| *known == text) {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(TypePolicy::parse(&text)?);
        read.truncate(MOST_READ - 1);
        read.push_front((text, Arc::clone(&policy)));
        Ok(policy)
    })
}

/// One answer of the database as facts.
pub(super) fn found(rows: Vec<FactsRow>, session: &SessionFacts, now: Timestamp) -> Result<Vec<Found>> {
    rows.into_iter().map(|row| row.into_found(session, now)).collect()
}

impl FactsRow {
    fn into_found(self, session: &SessionFacts, now: Timestamp) -> Result<Found> {
        let membership = match (self.role, self.membership_state, self.membership_from, self.membership_until)
        {
            (Some(role), Some(state), Some(valid_from), Some(valid_until)) => {
                Some(MembershipFacts { role, state, valid_from, valid_until })
            }
            _ => None,
        };
        let contract = match (self.contract_state, self.contract_from, self.contract_until) {
            (Some(state), Some(valid_from), Some(valid_until)) => {
                Some(ContractFacts { state, valid_from, valid_until, lists_product: self.contract_lists })
            }
            _ => None,
        };
        let admission = match (self.admission_state, self.admission_from, self.admission_until) {
            (Some(state), Some(valid_from), Some(valid_until)) => {
                let suspended_by = self.suspended_by;
                Some(AdmissionFacts { state, suspended_by, valid_from, valid_until, contract })
            }
            _ => None,
        };
        let signed = match (self.signed_state, self.signed_from, self.signed_until) {
            (Some(state), Some(valid_from), Some(valid_until)) => {
                Some(ContractFacts { state, valid_from, valid_until, lists_product: true })
            }
            _ => None,
        };
        let grant = match (self.grant_state, self.grant_from, self.grant_until) {
            (Some(state), Some(valid_from), Some(valid_until)) => {
                Some(GrantFacts { state, valid_from, valid_until })
            }
            _ => None,
        };
        let mut named = None;
        let organization = match (self.organization, self.organization_state, self.policy) {
            (Some(id), Some(state), Some(policy)) => {
                let policy = policy_of(policy)?;
                named = Some(Named {
                    name: self.organization_name.unwrap_or_default(),
                    role: self.role,
                    policy: Arc::clone(&policy),
                });
                Some(OrganizationFacts {
                    id,
                    state,
                    has_member_number: self.member_number.is_some(),
                    registry_state: self.registry_state.unwrap_or(RegistryState::Unknown),
                    administrators_do_business: policy.administrators_do_business,
                    network_zones: policy.network_zones.clone(),
                    membership,
                    admission,
                    signed,
                    grant,
                })
            }
            _ => None,
        };
        let level = RealNameLevel::from_rank(self.level.unwrap_or(0));
        Ok(Found {
            subject: self.subject,
            product: self.product,
            membership: self.membership,
            named,
            facts: Facts {
                subject: Subject::Person(AccountFacts {
                    state: self.account_state,
                    owner: self.owner,
                    level,
                }),
                organization,
                product: ProductFacts {
                    state: self.product_state,
                    audience: self.audience,
                    admission_class: self.admission_class,
                    admission_editor: self.admission_editor,
                    grant_mode: self.grant_mode,
                    roles_allowed: parse_roles(&self.roles_allowed)?,
                    minimum_level: self.minimum_level,
                    minimum_strength: self.minimum_strength,
                    network_zone: self.network_zone,
                },
                session: session.clone(),
                now,
            },
        })
    }
}
