//! Facts of a decision in one statement: account, product and, in an organization's space, both halves of the tally.
use super::facts::FactsRow;
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};

/// The real-name level is derived from the proofs in force; expiry is evaluated here, when it is read.
const ACCOUNT: &str = "
    SELECT a.state, a.owner_organization_id,
        (SELECT MAX(CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2 WHEN 'advanced' THEN 3 ELSE 0 END)
            FROM identity_proof i WHERE i.account_id = a.id AND i.revoked_at IS NULL";
const COLUMNS: &str = "
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
const PERSON: &str = ", a.sub FROM account a CROSS JOIN product p";
/// A machine has no account and no membership: its columns stand in for them.
const MACHINE: &str = "
    SELECT 'active', CAST(NULL AS BIGINT), CAST(0 AS BIGINT),";
/// The two halves of the tally. After the tables p, o, m.
const TALLY: &str = "
    LEFT JOIN admission d ON d.organization_id = o.id AND d.product_id = p.id AND d.state <> 'ended'
    LEFT JOIN product_grant g ON g.membership_id = m.id AND g.product_id = p.id AND g.state <> 'ended'";
/// Whatever else a decision looks at. After [`TALLY`].
const REST: &str = "
    LEFT JOIN organization_type t ON t.id = o.type_id
    LEFT JOIN contract c ON c.id = d.contract_id AND c.organization_id = o.id
    LEFT JOIN contract s ON d.id IS NULL AND p.admission_class = 'contract' AND s.id = (
        SELECT w.id FROM contract w
            JOIN contract_type_product v ON v.contract_type_id = w.contract_type_id AND v.product_id = p.id
            WHERE w.organization_id = o.id
            ORDER BY CASE WHEN w.state = 'active' THEN 0 ELSE 1 END, w.valid_until DESC, w.id DESC LIMIT 1)";
/// Memberships, each with its organization and the last visit there. Before [`fits`].
const MEMBERSHIPS: &str = "
    FROM product p CROSS JOIN membership m
    LEFT JOIN space_visit b ON b.account_id = m.account_id AND b.organization_id = m.organization_id
    JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'";

/// Whether the account is in more organizations than these.
pub(super) fn is_in_more(tx: &mut Tx<'_>, account: AccountId, most: i64) -> Result<bool> {
    let counted: i64 = tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM membership WHERE account_id = $1 AND state <> 'ended' LIMIT $2) AS counted"
        ),
        &[&account, &(most + 1)],
    )?;
    Ok(counted > most)
}
/// One account × one product × its memberships; one row without organization if it has none. First the wished space, then
/// those that may open the product, the last visited before others. With a pattern, organizations of such names alone.
pub(super) fn spaces<'a>(
    account: &'a AccountId,
    product: &'a ProductId,
    wished: &'a Option<OrganizationId>,
    named: &'a Option<String>,
    most: &'a i64,
    now: &'a Timestamp,
) -> Query<'a> {
    let worth = |query: Query<'a>| {
        fits(query.add(RANKED), now)
            .bind(" THEN 0 ELSE 1 END AS closed, CASE WHEN o.id = ? THEN 0 ELSE 1 END AS unasked", wished)
            .add(MEMBERSHIPS)
            .bind(" WHERE m.account_id = ?", account)
            .bind(" AND m.state <> 'ended' AND p.id = ?", product)
            .opt(" AND o.name_folded LIKE ? ESCAPE '\\'", named)
            .add(RANKING)
            .bind(" LIMIT ?", most)
    };
    of_chosen(account, product, now, "LEFT JOIN", worth).add(CHOSEN)
}
/// As [`spaces`], for somebody in more organizations than are shown. The few that they visited, and the wished one, are all
/// looked at; of the others, in the order of their keys, as many as are shown: first of those that may open the product, and
/// only if these are too few, of the rest.
pub(super) fn first_spaces<'a>(
    account: &'a AccountId,
    product: &'a ProductId,
    wished: &'a Option<OrganizationId>,
    most: &'a i64,
    now: &'a Timestamp,
) -> Query<'a> {
    let theirs = |query: Query<'a>| {
        query
            .add(MEMBERSHIPS)
            .bind(" WHERE m.account_id = ?", account)
            .bind(" AND m.state <> 'ended' AND p.id = ?", product)
    };
    let others = |query: Query<'a>| {
        theirs(query).bind(" AND b.at IS NULL AND m.organization_id IS DISTINCT FROM ?", wished)
    };
    let worth = |query: Query<'a>| {
        let ready =
            others(query.add("WITH ready AS (SELECT m.id AS id, 0 AS visited, 0 AS closed, 1 AS unasked"));
        let known = fits(ready.add(" AND "), now).bind(" ORDER BY m.id LIMIT ?) ", most).add(RANKED);
        let known = fits(known, now)
            .bind(" THEN 0 ELSE 1 END AS closed, CASE WHEN o.id = ? THEN 0 ELSE 1 END AS unasked", wished);
        let closed = theirs(known)
            .bind(" AND (b.at IS NOT NULL OR m.organization_id = ?)", wished)
            .add(" UNION ALL SELECT id, visited, closed, unasked FROM ready")
            .add(" UNION ALL SELECT * FROM (SELECT m.id, 0, 1, 1");
        fits(others(closed).add(" AND NOT COALESCE("), now)
            .bind(", FALSE) ORDER BY m.id LIMIT CASE WHEN (SELECT COUNT(*) FROM ready) >= ?", most)
            .bind(" THEN 0 ELSE ? END) AS rest", most)
            .add(RANKING)
            .bind(" LIMIT ?", most)
    };
    of_chosen(account, product, now, "LEFT JOIN", worth).add(CHOSEN)
}
const RANKED: &str = "SELECT m.id AS id, COALESCE(b.at, 0) AS visited, CASE WHEN ";
const RANKING: &str = " ORDER BY unasked, closed, visited DESC, id";
const CHOSEN: &str = " ORDER BY chosen.unasked, chosen.closed, chosen.visited DESC, chosen.id";

/// The memberships of an account that may open the product, another space excepted; the last visited first.
pub(super) fn elsewhere<'a>(
    account: &'a AccountId,
    product: &'a ProductId,
    except: &'a OrganizationId,
    most: &'a i64,
    now: &'a Timestamp,
) -> Query<'a> {
    let theirs = |query: Query<'a>| {
        let query = query
            .add(MEMBERSHIPS)
            .bind(" WHERE m.account_id = ?", account)
            .bind(" AND m.state <> 'ended' AND m.valid_until > ?", now)
            .bind(" AND o.id <> ?", except)
            .bind(" AND p.id = ? AND ", product);
        fits(query, now)
    };
    let worth = |query: Query<'a>| {
        let visited = theirs(query.add("SELECT m.id AS id, b.at AS visited")).add(" AND b.at IS NOT NULL");
        theirs(visited.add(" UNION ALL SELECT * FROM (SELECT m.id, 0"))
            .bind(" AND b.at IS NULL ORDER BY m.id LIMIT ?) AS rest", most)
            .bind(" ORDER BY visited DESC, id LIMIT ?", most)
    };
    of_chosen(account, product, now, "JOIN", worth).add(" ORDER BY chosen.visited DESC, chosen.id")
}
/// What a membership has to bring before it is worth deciding about: `decide` has the last word, this only saves rows. After
/// [`MEMBERSHIPS`]. The halves of the tally are looked for where the product asks for them alone.
fn fits<'a>(query: Query<'a>, now: &'a Timestamp) -> Query<'a> {
    query
        .add(
            "m.state = 'active' AND o.state = 'active' AND o.registry_state NOT IN ('revoked', 'cancelled')
            AND p.state = 'active' AND p.audience <> 'person'
            AND (' ' || p.roles_allowed || ' ') LIKE ('% ' || m.role || ' %')
            AND (p.grant_mode = 'every_agent' OR EXISTS (SELECT 1 FROM product_grant g
                WHERE g.membership_id = m.id AND g.product_id = p.id AND g.state = 'active'",
        )
        .bind(" AND g.valid_until > ?))", now)
        .add(
            " AND (p.admission_class = 'open' OR p.admission_class = 'membership' AND o.member_number IS NOT NULL
            OR EXISTS (SELECT 1 FROM admission d WHERE d.organization_id = o.id AND d.product_id = p.id
                AND d.state <> 'ended' AND d.state = 'active'",
        )
        .bind(" AND d.valid_until > ?))", now)
}
/// One account × one product × the memberships that `worth` selects. Their keys are sorted and counted before the rest is
/// read.
fn of_chosen<'a>(
    account: &'a AccountId,
    product: &'a ProductId,
    now: &'a Timestamp,
    join: &'static str,
    worth: impl FnOnce(Query<'a>) -> Query<'a>,
) -> Query<'a> {
    let facts = Query::new(ACCOUNT).bind(" AND i.expires_at > ?),", now).add(COLUMNS).add(PERSON);
    worth(facts.add(" ").add(join).add(" ("))
        .add(") chosen ON 1 = 1 LEFT JOIN membership m ON m.id = chosen.id")
        .add(" LEFT JOIN organization o ON o.id = m.organization_id")
        .add(TALLY)
        .add(REST)
        .bind(" WHERE a.id = ?", account)
        .bind(" AND p.id = ?", product)
}
/// One account × one product × its memberships, so many at most; one row without organization if it has none.
pub(super) fn few<'a>(
    account: &'a AccountId,
    product: &'a ProductId,
    most: &'a i64,
    now: &'a Timestamp,
) -> Query<'a> {
    Query::new(ACCOUNT)
        .bind(" AND i.expires_at > ?),", now)
        .add(COLUMNS)
        .add(PERSON)
        .add(" LEFT JOIN membership m ON m.account_id = a.id AND m.state <> 'ended'")
        .add(" LEFT JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'")
        .add(TALLY)
        .add(REST)
        .bind(" WHERE a.id = ?", account)
        .bind(" AND p.id = ?", product)
        .bind(" LIMIT ?", most)
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
