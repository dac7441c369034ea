//! Rows of the index, by ranges of ids: a range of one id reads a single account or organization again.
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use db::{Tx, sql};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{Result, Timestamp};

/// After `after`, up to and with `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub after: i64,
    pub to: i64,
}
impl Range {
    pub const fn one(id: i64) -> Self {
        Self { after: id - 1, to: id }
    }
}

pub(super) struct AccountRow {
    pub id: i64,
    pub sub: String,
    pub state: AccountState,
    pub owner: Option<i64>,
}
db::row!(AccountRow { id, sub, state, owner });

pub(super) struct MemberRow {
    pub account: i64,
    pub id: i64,
    pub organization: i64,
    pub role: Role,
    pub state: MembershipState,
    pub from: Timestamp,
    pub until: Timestamp,
}
db::row!(MemberRow { account, id, organization, role, state, from, until });

pub(super) struct GrantRow {
    pub membership: i64,
    pub product: i64,
    pub state: GrantState,
    pub from: Timestamp,
    pub until: Timestamp,
}
db::row!(GrantRow { membership, product, state, from, until });

pub(super) struct ProofRow {
    pub account: i64,
    pub level: RealNameLevel,
    pub until: Timestamp,
}
db::row!(ProofRow { account, level, until });

/// In the order of the account's id, then of the membership's.
#[derive(Default)]
pub(super) struct AccountRows {
    pub accounts: Vec<AccountRow>,
    pub members: Vec<MemberRow>,
    pub grants: Vec<GrantRow>,
    pub proofs: Vec<ProofRow>,
}

pub(super) fn accounts(tx: &mut Tx<'_>, range: Range, most: i64) -> Result<AccountRows> {
    let Range { after, to } = range;
    let accounts: Vec<AccountRow> = tx.all(
        sql!(
            "SELECT id, sub, state, owner_organization_id FROM account WHERE id > $1 AND id <= $2
             ORDER BY id LIMIT $3"
        ),
        &[&after, &to, &most],
    )?;
    let Some(to) = accounts.last().map(|row| row.id) else { return Ok(AccountRows::default()) };
    let members = tx.all(
        sql!(
            "SELECT account_id, id, organization_id, role, state, valid_from, valid_until FROM membership
             WHERE account_id > $1 AND account_id <= $2 AND state <> 'ended' ORDER BY account_id, id"
        ),
        &[&after, &to],
    )?;
    let grants = tx.all(
        sql!(
            "SELECT g.membership_id, g.product_id, g.state, g.valid_from, g.valid_until
             FROM membership m JOIN product_grant g ON g.membership_id = m.id AND g.state <> 'ended'
             WHERE m.account_id > $1 AND m.account_id <= $2 AND m.state <> 'ended'
             ORDER BY m.account_id, m.id, g.product_id"
        ),
        &[&after, &to],
    )?;
    let proofs = tx.all(
        sql!(
            "SELECT account_id, level, expires_at FROM identity_proof
             WHERE account_id > $1 AND account_id <= $2 AND revoked_at IS NULL ORDER BY account_id, id"
        ),
        &[&after, &to],
    )?;
    Ok(AccountRows { accounts, members, grants, proofs })
}

pub(super) struct OrganizationRow {
    pub id: i64,
    pub type_id: i64,
    pub state: OrganizationState,
    pub has_number: bool,
    pub registry: RegistryState,
}
db::row!(OrganizationRow { id, type_id, state, has_number, registry });

pub(super) struct AdmissionRow {
    pub organization: i64,
    pub product: i64,
    pub state: AdmissionState,
    pub suspended_by: Option<AdmissionEditor>,
    pub contract: Option<i64>,
    pub from: Timestamp,
    pub until: Timestamp,
}
db::row!(AdmissionRow { organization, product, state, suspended_by, contract, from, until });

pub(super) struct ContractRow {
    pub organization: i64,
    pub id: i64,
    pub kind: i64,
    pub state: ContractState,
    pub from: Timestamp,
    pub until: Timestamp,
}
db::row!(ContractRow { organization, id, kind, state, from, until });

/// In the order of the organization's id; contracts of one as `decision` prefers them.
#[derive(Default)]
pub(super) struct OrganizationRows {
    pub organizations: Vec<OrganizationRow>,
    pub admissions: Vec<AdmissionRow>,
    pub contracts: Vec<ContractRow>,
}

pub(super) fn organizations(tx: &mut Tx<'_>, range: Range, most: i64) -> Result<OrganizationRows> {
    let Range { after, to } = range;
    let organizations: Vec<OrganizationRow> = tx.all(
        sql!(
            "SELECT id, type_id, state, member_number IS NOT NULL, registry_state FROM organization
             WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
        ),
        &[&after, &to, &most],
    )?;
    let Some(to) = organizations.last().map(|row| row.id) else { return Ok(OrganizationRows::default()) };
    let admissions = tx.all(
        sql!(
            "SELECT organization_id, product_id, state, suspended_by, contract_id, valid_from, valid_until FROM admission
             WHERE organization_id > $1 AND organization_id <= $2 AND state <> 'ended'
             ORDER BY organization_id, product_id"
        ),
        &[&after, &to],
    )?;
    let contracts = tx.all(
        sql!(
            "SELECT organization_id, id, contract_type_id, state, valid_from, valid_until FROM contract
             WHERE organization_id > $1 AND organization_id <= $2
             ORDER BY organization_id, CASE WHEN state = 'active' THEN 0 ELSE 1 END, valid_until DESC, id DESC"
        ),
        &[&after, &to],
    )?;
    Ok(OrganizationRows { organizations, admissions, contracts })
}

pub(super) struct ProductRow {
    pub id: i64,
    pub code: String,
    pub state: ProductState,
    pub audience: Audience,
    pub admission_class: AdmissionClass,
    pub admission_editor: AdmissionEditor,
    pub grant_mode: GrantMode,
    pub roles_allowed: String,
    pub minimum_level: RealNameLevel,
    pub minimum_strength: i64,
    pub network_zone: Option<String>,
}
db::row!(ProductRow {
    id,
    code,
    state,
    audience,
    admission_class,
    admission_editor,
    grant_mode,
    roles_allowed,
    minimum_level,
    minimum_strength,
    network_zone,
});

/// What is small enough to be read whole each time.
pub(super) struct CatalogRows {
    pub products: Vec<ProductRow>,
    /// Type of organizations and its policy.
    pub types: Vec<(i64, String)>,
    /// Type of contracts and a product that it lists.
    pub listings: Vec<(i64, i64)>,
}

pub(super) fn catalog(tx: &mut Tx<'_>) -> Result<CatalogRows> {
    let products = tx.all(
        sql!(
            "SELECT id, code, state, audience, admission_class, admission_editor, grant_mode, roles_allowed,
                 minimum_level, minimum_strength, network_zone FROM product ORDER BY id"
        ),
        &[],
    )?;
    let types = tx.all(sql!("SELECT id, policy FROM organization_type ORDER BY id"), &[])?;
    let listings = tx.all(
        sql!(
            "SELECT contract_type_id, product_id FROM contract_type_product ORDER BY contract_type_id, product_id"
        ),
        &[],
    )?;
    Ok(CatalogRows { products, types, listings })
}

pub(super) fn find_code(tx: &mut Tx<'_>, product: i64) -> Result<Option<String>> {
    tx.opt(sql!("SELECT code FROM product WHERE id = $1"), &[&product])
}
pub(super) fn find_account_of_membership(tx: &mut Tx<'_>, id: i64) -> Result<Option<i64>> {
    tx.opt(sql!("SELECT account_id FROM membership WHERE id = $1"), &[&id])
}
pub(super) fn find_account_of_grant(tx: &mut Tx<'_>, id: i64) -> Result<Option<i64>> {
    tx.opt(
        sql!(
            "SELECT m.account_id FROM product_grant g JOIN membership m ON m.id = g.membership_id WHERE g.id = $1"
        ),
        &[&id],
    )
}
pub(super) fn find_organization_of_admission(tx: &mut Tx<'_>, id: i64) -> Result<Option<i64>> {
    tx.opt(sql!("SELECT organization_id FROM admission WHERE id = $1"), &[&id])
}
pub(super) fn find_organization_of_contract(tx: &mut Tx<'_>, id: i64) -> Result<Option<i64>> {
    tx.opt(sql!("SELECT organization_id FROM contract WHERE id = $1"), &[&id])
}

/// Subjects of an organization's live members after one of them, with the membership's id. A product that is open to
/// everybody lists nobody of an organization that never came to it: nothing else ties the two.
pub(super) fn members_of(
    tx: &mut Tx<'_>,
    organization: i64,
    product: i64,
    after: i64,
    most: i64,
) -> Result<Vec<(i64, String)>> {
    tx.all(
        sql!(
            "SELECT m.id, a.sub FROM membership m JOIN account a ON a.id = m.account_id
             WHERE m.organization_id = $1 AND m.state <> 'ended' AND m.id > $2
                 AND EXISTS (SELECT 1 FROM product p WHERE p.id = $3 AND (p.admission_class <> 'open'
                     OR p.grant_mode <> 'every_agent' OR EXISTS (SELECT 1 FROM product_use u
                         WHERE u.organization_id = $1 AND u.product_id = p.id)))
             ORDER BY m.id LIMIT $4"
        ),
        &[&organization, &after, &product, &most],
    )
}
