//! Facts of a decision in one statement: account, product and, in an organization's space, both halves of the tally.
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
use db::{Query, Statement, Tx};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};
use std::sync::Arc;

/// The real-name level is derived from the proofs in force; expiry is evaluated here, when it is read.
pub(super) const ACCOUNT: &str = "
    SELECT a.state, a.owner_organization_id,
        (SELECT MAX(CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2 WHEN 'advanced' THEN 3 ELSE 0 END)
            FROM identity_proof i WHERE i.account_id = a.id AND i.revoked_at IS NULL";
pub(super) const COLUMNS: &str = "
        p.id, p.state, p.audience, p.admission_class, p.admission_editor, p.grant_mode, p.roles_allowed,
        p.minimum_level, p.minimum_strength, p.network_zone,
        o.id, o.name, o.state, o.member_number, o.registry_state, t.policy,
        m.id, m.role, m.state, m.valid_from, m.valid_until,
        d.state, d.suspended_by, d.valid_from, d.valid_until,
        c.state, c.valid_from, c.valid_until,
        EXISTS (SELECT 1 FROM contract_type_product l
            WHERE l.contract_type_id = c.contract_type_id AND l.product_id = p.id),
        s.state, s.valid_from, s.valid_until,
        g.state, g.valid_from, g.valid_until
";
/// With the subject by which products know the account.
pub(super) const PERSON: &str = ", a.sub FROM account a CROSS JOIN product p";
/// A machine has no account and no membership: its columns stand in for them.
const MACHINE: &str = "
    SELECT 'active', CAST(NULL AS BIGINT), CAST(0 AS BIGINT),";
/// The two halves of the tally. After the tables p, o, m.
pub(super) const TALLY: &str = "
    LEFT JOIN admission d ON d.organization_id = o.id AND d.product_id = p.id AND d.state <> 'ended'
    LEFT JOIN product_grant g ON g.membership_id = m.id AND g.product_id = p.id AND g.state <> 'ended'";
/// Whatever else a decision looks at. After [`TALLY`].
pub(super) const REST: &str = "
    LEFT JOIN organization_type t ON t.id = o.type_id
    LEFT JOIN contract c ON c.id = d.contract_id AND c.organization_id = o.id
    LEFT JOIN contract s ON d.id IS NULL AND p.admission_class = 'contract' AND s.id = (
        SELECT w.id FROM contract w
            JOIN contract_type_product v ON v.contract_type_id = w.contract_type_id AND v.product_id = p.id
            WHERE w.organization_id = o.id
            ORDER BY CASE WHEN w.state = 'active' THEN 0 ELSE 1 END, w.valid_until DESC, w.id DESC LIMIT 1)";
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

/// Reads the policies of types: rows of one answer mostly share theirs.
#[derive(Default)]
struct Reader(Option<(String, Arc<TypePolicy>)>);
impl Reader {
    fn policy(&mut self, text: String) -> Result<Arc<TypePolicy>> {
        match &self.0 {
            Some((known, policy)) if *known == text => Ok(Arc::clone(policy)),
            _ => {
                let policy = Arc::new(TypePolicy::parse(&text)?);
                self.0 = Some((text, Arc::clone(&policy)));
                Ok(policy)
            }
        }
    }
}

/// One answer of the database as facts.
pub(super) fn found(rows: Vec<FactsRow>, session: &SessionFacts, now: Timestamp) -> Result<Vec<Found>> {
    let mut reader = Reader::default();
    rows.into_iter().map(|row| row.into_found(&mut reader, session, now)).collect()
}

impl FactsRow {
    fn into_found(self, reader: &mut Reader, session: &SessionFacts, now: Timestamp) -> Result<Found> {
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
                let policy = reader.policy(policy)?;
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

/// Owners of machines × products. A product whose owners are all unknown has one row, without organization.
pub(super) fn machines<'a>(owners: &'a [OrganizationId], products: &'a [ProductId]) -> Query<'a> {
    Query::new(MACHINE)
        .add(COLUMNS)
        .add(", '' FROM product p")
        .list(" LEFT JOIN organization o ON o.id IN (?)", owners)
        .add(" LEFT JOIN membership m ON m.id = 0")
        .add(TALLY)
        .add(REST)
        .list(" WHERE p.id IN (?)", products)
}
/// One account in one space × one product.
pub(super) fn one<'a>(
    account: &'a AccountId,
    organization: &'a Option<OrganizationId>,
    product: &'a ProductId,
    now: &'a Timestamp,
) -> Query<'a> {
    in_space(account, organization, now).bind(" AND p.id = ?", product)
}
/// Several accounts, by the subjects that products know them by, in the personal space × one product.
pub(super) fn persons<'a>(subjects: &'a [String], product: &'a ProductId, now: &'a Timestamp) -> Query<'a> {
    space(&None, now).list(" WHERE a.sub IN (?)", subjects).bind(" AND p.id = ?", product)
}
/// The memberships of several accounts in these organizations × one product. Who is no member has no row.
pub(super) fn members<'a>(
    subjects: &'a [String],
    organizations: &'a [OrganizationId],
    product: &'a ProductId,
    now: &'a Timestamp,
) -> Query<'a> {
    Query::new(ACCOUNT)
        .bind(" AND i.expires_at > ?),", now)
        .add(COLUMNS)
        .add(PERSON)
        .list(
            " JOIN membership m ON m.account_id = a.id AND m.state <> 'ended' AND m.organization_id IN (?)",
            organizations,
        )
        .add(" JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'")
        .add(TALLY)
        .add(REST)
        .list(" WHERE a.sub IN (?)", subjects)
        .bind(" AND p.id = ?", product)
}
/// One account in one space × every product that the catalog shows, in the catalog's order.
pub(super) fn catalog<'a>(
    account: &'a AccountId,
    organization: &'a Option<OrganizationId>,
    now: &'a Timestamp,
) -> Query<'a> {
    in_space(account, organization, now)
        .add(" AND p.state IN ('active', 'suspended') ORDER BY p.category, p.code LIMIT 500")
}
/// As [`catalog`], of these alone.
pub(super) fn some<'a>(
    account: &'a AccountId,
    organization: &'a Option<OrganizationId>,
    products: &'a [ProductId],
    now: &'a Timestamp,
) -> Query<'a> {
    in_space(account, organization, now).list(" AND p.id IN (?)", products)
}
fn in_space<'a>(
    account: &'a AccountId,
    organization: &'a Option<OrganizationId>,
    now: &'a Timestamp,
) -> Query<'a> {
    space(organization, now).bind(" WHERE a.id = ?", account)
}
fn space<'a>(organization: &'a Option<OrganizationId>, now: &'a Timestamp) -> Query<'a> {
    Query::new(ACCOUNT)
        .bind(" AND i.expires_at > ?),", now)
        .add(COLUMNS)
        .add(PERSON)
        .bind(" LEFT JOIN organization o ON o.id = ? AND o.state <> 'closed'", organization)
        .add(" LEFT JOIN membership m ON m.organization_id = o.id AND m.account_id = a.id AND m.state <> 'ended'")
        .add(TALLY)
        .add(REST)
}
/// Inside somebody else's transaction.
pub(super) fn find_in(tx: &mut Tx<'_>, query: &Query<'_>) -> Result<Vec<FactsRow>> {
    tx.all(query.sql(), query.params())
}
/// As the only statement.
pub(super) fn find(statement: Statement<'_, '_>, query: &Query<'_>) -> Result<Vec<FactsRow>> {
    statement.all(query.sql(), query.params())
}
