use super::model::{Contract, ContractState, NewContract, NewPeriod, PeriodRecord, Resting};
use crate::organization_type::Words;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ContractId, ContractTypeId, OrganizationId, ProductId},
};

struct ContractRow {
    id: ContractId,
    organization: OrganizationId,
    type_id: ContractTypeId,
    type_zh: String,
    type_en: String,
    number: String,
    valid_from: Timestamp,
    valid_until: Timestamp,
    state: ContractState,
    rev: i64,
}
row!(ContractRow {
    id,
    organization,
    type_id,
    type_zh,
    type_en,
    number,
    valid_from,
    valid_until,
    state,
    rev
});
impl From<ContractRow> for Contract {
    fn from(row: ContractRow) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            type_id: row.type_id,
            type_name: Words { zh: row.type_zh, en: row.type_en },
            number: row.number,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            state: row.state,
            rev: row.rev,
        }
    }
}
const COLUMNS: &str =
    "SELECT c.id, c.organization_id, c.contract_type_id, t.name_zh, t.name_en, c.number, c.valid_from,
    c.valid_until, c.state, c.rev FROM contract c JOIN contract_type t ON t.id = c.contract_type_id";

fn contracts(tx: &mut Tx<'_>, query: &Query<'_>) -> Result<Vec<Contract>> {
    Ok(tx.all::<ContractRow>(query.sql(), query.params())?.into_iter().map(Contract::from).collect())
}
/// Newest first.
pub(crate) fn list(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<Contract>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE c.organization_id = ? ORDER BY c.valid_from DESC, c.id DESC LIMIT 200", &organization);
    contracts(tx, &query)
}
/// Those alone that list a product of this manager, or one that has none.
pub(super) fn list_of_manager(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    manager: AccountId,
) -> Result<Vec<Contract>> {
    let query = Query::new(COLUMNS).bind(" WHERE c.organization_id = ?", &organization).bind(
        " AND EXISTS (SELECT 1 FROM contract_type_product l JOIN product p ON p.id = l.product_id
                WHERE l.contract_type_id = c.contract_type_id AND (p.manager_id = ? OR p.manager_id IS NULL))
            ORDER BY c.valid_from DESC, c.id DESC LIMIT 200",
        &manager,
    );
    contracts(tx, &query)
}
pub(crate) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ContractId,
) -> Result<Option<Contract>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE c.organization_id = ?", &organization).bind(" AND c.id = ?", &id);
    Ok(contracts(tx, &query)?.pop())
}
/// The newest contract in force that lists the product.
pub(crate) fn find_listing(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Contract>> {
    let query = Query::new(COLUMNS)
        .bind(
            " JOIN contract_type_product l ON l.contract_type_id = c.contract_type_id AND l.product_id = ?",
            &product,
        )
        .bind(" WHERE c.organization_id = ? AND c.state = 'active'", &organization)
        .bind(" AND c.valid_from <= ?", &now)
        .bind(" AND c.valid_until > ? ORDER BY c.valid_until DESC, c.id DESC LIMIT 1", &now);
    Ok(contracts(tx, &query)?.pop())
}
/// False if the id exists, or another contract of the type has the number.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    new: &NewContract,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO contract (id, organization_id, contract_type_id, number, valid_from, valid_until, state, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'active', $7) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &organization, &new.type_id, &new.number, &new.valid_from, &new.valid_until, &now],
    )?;
    Ok(inserted == 1)
}
/// The next revision; a moved end is warned of anew. False if somebody was faster.
pub(super) fn set_period(
    tx: &mut Tx<'_>,
    id: ContractId,
    new: &NewPeriod,
    valid_from: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE contract SET valid_from = $3, valid_until = $4, rev = rev + 1, warned_days = NULL
            WHERE id = $1 AND rev = $2 AND state = 'active'"
        ),
        &[&id, &new.rev, &valid_from, &new.valid_until],
    )?;
    Ok(changed == 1)
}
pub(super) fn terminate(tx: &mut Tx<'_>, id: ContractId, rev: i64) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE contract SET state = 'terminated', rev = rev + 1 WHERE id = $1 AND rev = $2 AND state = 'active'"),
        &[&id, &rev],
    )?;
    Ok(changed == 1)
}

/// Whoever adds one holds the organization, so that the numbers follow one another.
pub(super) fn add_step(tx: &mut Tx<'_>, id: ContractId, step: &PeriodRecord) -> Result<()> {
    let number: i64 = tx.one(sql!("SELECT COUNT(*) FROM contract_period WHERE contract_id = $1"), &[&id])?;
    tx.run(
        sql!(
            "INSERT INTO contract_period (contract_id, number, step, valid_from, valid_until, reason, by_id, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &[
            &id,
            &(number + 1),
            &step.step,
            &step.valid_from,
            &step.valid_until,
            &step.reason,
            &step.by,
            &step.at,
        ],
    )
    .map(drop)
}
row!(PeriodRecord { step, valid_from, valid_until, reason, by, at });
pub(super) fn list_history(tx: &mut Tx<'_>, id: ContractId) -> Result<Vec<PeriodRecord>> {
    tx.all(
        sql!(
            "SELECT step, valid_from, valid_until, reason, by_id, at FROM contract_period
            WHERE contract_id = $1 ORDER BY number LIMIT 200"
        ),
        &[&id],
    )
}

struct RestingRow {
    name_zh: String,
    name_en: String,
    granted: i64,
    agents: i64,
    by_grant: bool,
}
row!(RestingRow { name_zh, name_en, granted, agents, by_grant });
/// Products whose admissions rest on the contract, with those who hold a grant, or every agent where the product needs none.
pub(super) fn list_resting(tx: &mut Tx<'_>, id: ContractId, now: Timestamp) -> Result<Vec<Resting>> {
    let rows: Vec<RestingRow> = tx.all(
        sql!(
            "SELECT p.name_zh, p.name_en,
                (SELECT COUNT(*) FROM product_grant g JOIN membership m ON m.id = g.membership_id
                    WHERE m.organization_id = d.organization_id AND m.state <> 'ended' AND m.state = 'active' AND g.product_id = d.product_id
                    AND g.state = 'active' AND g.valid_until > $2),
                (SELECT COUNT(*) FROM membership m WHERE m.organization_id = d.organization_id AND m.state <> 'ended'
                    AND m.state = 'active' AND m.role = 'agent' AND m.valid_until > $2),
                p.grant_mode = 'explicit'
            FROM admission d JOIN product p ON p.id = d.product_id
            WHERE d.contract_id = $1 AND d.state <> 'ended' AND d.state = 'active' AND d.valid_until > $2 ORDER BY p.code LIMIT 500"
        ),
        &[&id, &now],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Resting {
            product: Words { zh: row.name_zh, en: row.name_en },
            members: if row.by_grant { row.granted } else { row.agents },
        })
        .collect())
}

/// A contract that ends soon and was not warned of at this distance.
pub(crate) struct Ending {
    pub id: ContractId,
    pub organization: OrganizationId,
    pub number: String,
    pub valid_until: Timestamp,
}
row!(Ending { id, organization, number, valid_until });
/// Those that end within so many days from `now`, the soonest first.
pub(crate) fn list_ending(tx: &mut Tx<'_>, days: i64, now: Timestamp, limit: i64) -> Result<Vec<Ending>> {
    tx.all(
        sql!(
            "SELECT c.id, c.organization_id, c.number, c.valid_until FROM contract c
            JOIN organization o ON o.id = c.organization_id AND o.state <> 'closed'
            WHERE c.state = 'active' AND c.valid_until > $1 AND c.valid_until <= $2
                AND (c.warned_days IS NULL OR c.warned_days > $3) ORDER BY c.valid_until, c.id LIMIT $4"
        ),
        &[&now, &now.plus_days(days), &days, &limit],
    )
}
/// False if another node warned meanwhile, or the end was moved.
pub(crate) fn mark_warned(tx: &mut Tx<'_>, ending: &Ending, days: i64) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE contract SET warned_days = $3 WHERE id = $1 AND state = 'active' AND valid_until = $2
                AND (warned_days IS NULL OR warned_days > $3)"
        ),
        &[&ending.id, &ending.valid_until, &days],
    )?;
    Ok(changed == 1)
}
