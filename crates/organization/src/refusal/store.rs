use super::model::{RecordedLayer, Refusal, RefusalId};
use crate::decision::SessionFacts;
use db::{Query, Tx, row, sql};
use kernel::{
    Error, Result, Timestamp, TokenHash,
    id::{AccountId, OrganizationId, ProductId},
};

pub(super) struct New<'a> {
    pub id: RefusalId,
    pub number: &'a str,
    pub digest: &'a TokenHash,
    pub account: AccountId,
    pub product: ProductId,
    pub organization: Option<OrganizationId>,
    pub code: &'a str,
    pub layers: &'a str,
    pub session: &'a SessionFacts,
    pub now: Timestamp,
}

struct NumberRow {
    id: RefusalId,
    number: String,
}
row!(NumberRow { id, number });

/// Counts a refusal that is here already: its number.
pub(super) fn count_again(tx: &mut Tx<'_>, digest: &TokenHash, now: Timestamp) -> Result<Option<String>> {
    let found: Option<NumberRow> = tx.opt(
        sql!("UPDATE refusal SET times = times + 1, last_at = $2 WHERE digest = $1 RETURNING id, number"),
        &[digest, &now],
    )?;
    Ok(found.map(|row| row.number))
}
/// Number, and whether this row was made: of two that come together one is the other.
pub(super) fn insert(tx: &mut Tx<'_>, new: &New<'_>) -> Result<(String, bool)> {
    let row: Option<NumberRow> = tx.opt(
        sql!(
            "INSERT INTO refusal (id, number, digest, account_id, product_id, organization_id, code, layers, strength,
                card, zones, times, created_at, last_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12)
            ON CONFLICT (digest) DO UPDATE SET times = refusal.times + 1, last_at = excluded.last_at
            RETURNING id, number"
        ),
        &[
            &new.id,
            &new.number,
            new.digest,
            &new.account,
            &new.product,
            &new.organization,
            &new.code,
            &new.layers,
            &new.session.strength,
            &new.session.card,
            &new.session.zones.join("\n"),
            &new.now,
        ],
    )?;
    let row = row.ok_or_else(|| Error::internal("internal").because("no refusal was written"))?;
    Ok((row.number, row.id == new.id))
}

struct Raw {
    id: RefusalId,
    number: String,
    account: AccountId,
    product: ProductId,
    product_zh: String,
    product_en: String,
    organization: Option<OrganizationId>,
    organization_name: Option<String>,
    code: String,
    layers: String,
    strength: i64,
    card: bool,
    zones: String,
    times: i64,
    created_at: Timestamp,
    last_at: Timestamp,
}
row!(Raw {
    id,
    number,
    account,
    product,
    product_zh,
    product_en,
    organization,
    organization_name,
    code,
    layers,
    strength,
    card,
    zones,
    times,
    created_at,
    last_at,
});
impl Raw {
    fn refusal(self) -> Result<Refusal> {
        let layers: Vec<RecordedLayer> =
            serde_json::from_str(&self.layers).map_err(|e| Error::internal("internal").because(e))?;
        let zones = self.zones.split('\n').filter(|zone| !zone.is_empty()).map(str::to_owned).collect();
        Ok(Refusal {
            id: self.id,
            number: self.number,
            account: self.account,
            product: self.product,
            product_zh: self.product_zh,
            product_en: self.product_en,
            organization: self.organization,
            organization_name: self.organization_name,
            code: self.code,
            layers,
            session: SessionFacts { strength: self.strength, card: self.card, zones },
            times: self.times,
            created_at: self.created_at,
            last_at: self.last_at,
        })
    }
}
const COLUMNS: &str =
    "SELECT r.id, r.number, r.account_id, r.product_id, p.name_zh, p.name_en, r.organization_id, o.name,
        r.code, r.layers, r.strength, r.card, r.zones, r.times, r.created_at, r.last_at
    FROM refusal r JOIN product p ON p.id = r.product_id LEFT JOIN organization o ON o.id = r.organization_id
    WHERE 1 = 1";

/// What a reader may see: the own portfolio, the own products, or everything.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sight {
    Portfolio(AccountId),
    Products(AccountId),
    Everything,
}
impl Sight {
    fn bind<'a>(&'a self, query: Query<'a>) -> Query<'a> {
        match self {
            Self::Portfolio(manager) => query.bind(
                " AND r.organization_id IN (SELECT own.id FROM organization own WHERE own.account_manager_id = ?)",
                manager,
            ),
            Self::Products(manager) => query.bind(
                " AND r.product_id IN (SELECT own.id FROM product own WHERE own.manager_id = ? OR own.manager_id IS NULL)",
                manager,
            ),
            Self::Everything => query,
        }
    }
}
/// Newest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    sight: Sight,
    number: &Option<String>,
    before: &Option<RefusalId>,
    limit: i64,
) -> Result<Vec<Refusal>> {
    // Without a place to go on from, the newest of all: the order is that of the ids.
    let before = before.map_or(i64::MAX, RefusalId::as_i64);
    let query = sight
        .bind(Query::new(COLUMNS))
        .opt(" AND r.number = ?", number)
        .bind(" AND r.id < ?", &before)
        .bind(" ORDER BY r.id DESC LIMIT ?", &limit);
    tx.all::<Raw>(query.sql(), query.params())?.into_iter().map(Raw::refusal).collect()
}
pub(super) fn find(tx: &mut Tx<'_>, sight: Sight, id: RefusalId) -> Result<Option<Refusal>> {
    let query = sight.bind(Query::new(COLUMNS)).bind(" AND r.id = ?", &id);
    tx.opt::<Raw>(query.sql(), query.params())?.map(Raw::refusal).transpose()
}
/// A slice of those that were drawn before; ids carry their time.
pub(super) fn delete_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM refusal WHERE id IN
                (SELECT id FROM refusal WHERE id < $2 AND created_at < $1 ORDER BY id LIMIT 500)"
        ),
        &[&before, &RefusalId::earliest(before)],
    )
}
