use super::{Candidate, CandidateFilter, CandidateState, RollFilter, RollState, Row, range};
use crate::admission::AdmissionState;
use crate::organization_type::Words;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};

row!(Row {
    key,
    organization,
    name,
    uscc,
    member_number,
    registry_state,
    created_at,
    admission,
    state,
    suspended_by,
    valid_from,
    valid_until,
    note,
    contract,
    contract_state,
    contract_from,
    contract_until,
    lists,
});

/// By the product's index, newest first.
pub(super) fn list_admitted(
    tx: &mut Tx<'_>,
    product: ProductId,
    manager: Option<AccountId>,
    filter: &RollFilter,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Row>> {
    const IN_FORCE: &str = " AND d.state = 'active' AND d.valid_from <= ? AND d.valid_until > ?
        AND o.registry_state NOT IN ('revoked', 'cancelled')
        AND (d.contract_id IS NULL OR c.state = 'active' AND c.valid_from <= ? AND c.valid_until > ?
            AND EXISTS (SELECT 1 FROM contract_type_product l
                WHERE l.contract_type_id = c.contract_type_id AND l.product_id = d.product_id))";
    let (from, to) = range(filter.name.as_deref());
    let soon = now.plus_days(30);
    let query = Query::new(
        "SELECT d.id, o.id, o.name, o.uscc, o.member_number, o.registry_state, o.created_at, d.id, d.state,
            d.suspended_by, d.valid_from, d.valid_until, d.note, c.number, c.state, c.valid_from, c.valid_until,
            EXISTS (SELECT 1 FROM contract_type_product l
                WHERE l.contract_type_id = c.contract_type_id AND l.product_id = d.product_id)
        FROM admission d JOIN organization o ON o.id = d.organization_id AND o.state <> 'closed'
        LEFT JOIN contract c ON c.id = d.contract_id",
    )
    .bind(" WHERE d.product_id = ?", &product)
    .opt(" AND o.account_manager_id = ?", &manager)
    .opt(" AND o.name_folded >= ?", &from)
    .opt(" AND o.name_folded < ?", &to)
    .opt(" AND d.id < ?", &filter.before);
    let query = match filter.state {
        RollState::Live => query.add(" AND d.state <> 'ended'"),
        RollState::Suspended => query.add(" AND d.state = 'suspended'"),
        RollState::Ended => query.add(" AND d.state = 'ended'"),
        RollState::Held => query.bind(IN_FORCE, &now),
        RollState::Lapsed => query.add(" AND d.state <> 'ended' AND NOT (TRUE").bind(IN_FORCE, &now).add(")"),
        RollState::Ending => query
            .bind(IN_FORCE, &now)
            .bind(" AND (d.valid_until <= ?", &soon)
            .bind(" OR c.valid_until <= ?)", &soon),
    };
    let query = query.bind(" ORDER BY d.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// By member number: those who have one are admitted.
pub(super) fn list_numbered(
    tx: &mut Tx<'_>,
    manager: Option<AccountId>,
    filter: &RollFilter,
    limit: i64,
) -> Result<Vec<Row>> {
    if !matches!(filter.state, RollState::Live | RollState::Held) {
        return Ok(Vec::new());
    }
    let (from, to) = range(filter.name.as_deref());
    let below = filter.before.unwrap_or(i64::MAX);
    let query = Query::new(
        "SELECT o.id, o.id, o.name, o.uscc, o.member_number, o.registry_state, o.created_at, CAST(NULL AS BIGINT),
            CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS TEXT),
            CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), FALSE
        FROM organization o WHERE o.state <> 'closed' AND o.member_number IS NOT NULL AND o.id > 0",
    )
    .opt(" AND o.account_manager_id = ?", &manager)
    .opt(" AND o.name_folded >= ?", &from)
    .opt(" AND o.name_folded < ?", &to)
    .bind(" AND o.id < ?", &below)
    .bind(" ORDER BY o.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}

struct CandidateRow {
    id: OrganizationId,
    name: String,
    uscc: Option<String>,
    member_number: Option<String>,
    kind_zh: String,
    kind_en: String,
    state: Option<AdmissionState>,
}
row!(CandidateRow { id, name, uscc, member_number, kind_zh, kind_en, state });
/// Organizations, with the admission to the product that did not end.
pub(super) fn list_candidates(
    tx: &mut Tx<'_>,
    product: ProductId,
    manager: Option<AccountId>,
    filter: &CandidateFilter,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let (from, to) = range(filter.name.as_deref());
    let below = filter.before.unwrap_or(OrganizationId::from_i64(i64::MAX));
    let query = Query::new(
        "SELECT o.id, o.name, o.uscc, o.member_number, t.name_zh, t.name_en, d.state
        FROM organization o JOIN organization_type t ON t.id = o.type_id",
    )
    .bind(
        " LEFT JOIN admission d ON d.organization_id = o.id AND d.product_id = ? AND d.state <> 'ended'",
        &product,
    )
    .add(" WHERE o.state <> 'closed'")
    .opt(" AND o.account_manager_id = ?", &manager)
    .opt(" AND o.name_folded >= ?", &from)
    .opt(" AND o.name_folded < ?", &to)
    .opt(" AND o.type_id = ?", &filter.kind)
    .bind(" AND o.id < ?", &below);
    let query = match filter.state {
        CandidateState::Without => query.add(" AND d.id IS NULL"),
        CandidateState::With => query.add(" AND d.id IS NOT NULL"),
        CandidateState::Any => query,
    };
    let query = query.bind(" ORDER BY o.id DESC LIMIT ?", &limit);
    let rows: Vec<CandidateRow> = tx.all(query.sql(), query.params())?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            id: row.id,
            name: row.name,
            identifier: row.uscc.or(row.member_number),
            kind: Words { zh: row.kind_zh, en: row.kind_en },
            state: row.state,
        })
        .collect())
}
/// The live organization with this unified social credit code, member number or registration number.
pub(in crate::admission) fn find_by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<OrganizationId>> {
    tx.opt(
        sql!(
            "SELECT id FROM organization WHERE state <> 'closed' AND uscc = $1
            UNION SELECT id FROM organization WHERE state <> 'closed' AND member_number = $1
            UNION SELECT id FROM organization WHERE state <> 'closed' AND registration_number = $1 LIMIT 1"
        ),
        &[&number],
    )
}
