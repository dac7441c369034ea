//! In which of their organizations somebody may want a product: the few that are worth deciding about, among a thousand.
use super::store::{ACCOUNT, COLUMNS, PERSON, REST, TALLY};
use db::Query;
use kernel::{
    Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};

/// Memberships, each with its organization. Before [`fits`].
const MEMBERSHIPS: &str = "
    FROM product p CROSS JOIN membership m
    JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'";
/// After [`known`].
const KNOWN: &str = " AND m.organization_id IN (SELECT id FROM known)";
const UNKNOWN: &str = " AND m.organization_id NOT IN (SELECT id FROM known)";
/// After [`MEMBERSHIPS`]: when the space was visited.
const VISITS: &str = " LEFT JOIN space_visit b ON b.account_id = m.account_id AND b.organization_id = o.id";

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
    let theirs = |query: Query<'a>| {
        query
            .bind(" WHERE m.account_id = ?", account)
            .bind(" AND m.state <> 'ended' AND p.id = ?", product)
            .opt(" AND o.name_folded LIKE ? ESCAPE '\\'", named)
    };
    let worth = |query: Query<'a>| {
        let ready = known(query, account, wished)
            .add(", ready AS (SELECT m.id AS id, 0 AS visited, 0 AS closed, 1 AS unasked")
            .add(MEMBERSHIPS);
        let ready = fits(theirs(ready).add(UNKNOWN).add(" AND "), now);
        let known = ready
            .bind(" ORDER BY m.id LIMIT ?)", most)
            .add(" SELECT m.id AS id, COALESCE(b.at, 0) AS visited, CASE WHEN ");
        let known = fits(known, now)
            .bind(" THEN 0 ELSE 1 END AS closed, CASE WHEN o.id = ? THEN 0 ELSE 1 END AS unasked", wished)
            .add(MEMBERSHIPS)
            .add(VISITS);
        let closed = theirs(known)
            .add(KNOWN)
            .add(" UNION ALL SELECT id, visited, closed, unasked FROM ready")
            .add(" UNION ALL SELECT * FROM (SELECT m.id, 0, 1, 1")
            .add(MEMBERSHIPS);
        fits(theirs(closed).add(UNKNOWN).add(" AND NOT COALESCE("), now)
            .bind(", FALSE) ORDER BY m.id LIMIT CASE WHEN (SELECT COUNT(*) FROM ready) >= ?", most)
            .bind(" THEN 0 ELSE ? END) AS rest", most)
            .bind(" ORDER BY unasked, closed, visited DESC, id LIMIT ?", most)
    };
    let chosen = of_chosen(account, product, now, "LEFT JOIN", worth);
    chosen.add(" ORDER BY chosen.unasked, chosen.closed, chosen.visited DESC, chosen.id")
}
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
            .bind(" WHERE m.account_id = ?", account)
            .bind(" AND m.state <> 'ended' AND m.valid_until > ?", now)
            .bind(" AND o.id <> ?", except)
            .bind(" AND p.id = ? AND ", product);
        fits(query, now)
    };
    let worth = |query: Query<'a>| {
        let visited = known(query, account, &None)
            .add(" SELECT m.id AS id, COALESCE(b.at, 0) AS visited")
            .add(MEMBERSHIPS)
            .add(VISITS);
        let others =
            theirs(visited).add(KNOWN).add(" UNION ALL SELECT * FROM (SELECT m.id, 0").add(MEMBERSHIPS);
        theirs(others)
            .add(UNKNOWN)
            .bind(" ORDER BY m.id LIMIT ?) AS rest", most)
            .bind(" ORDER BY visited DESC, id LIMIT ?", most)
    };
    of_chosen(account, product, now, "JOIN", worth).add(" ORDER BY chosen.visited DESC, chosen.id")
}
/// Organizations that the account visited, and the wished one. The few memberships there are all looked at; of the others, in
/// the order of their keys, only as many as are asked for. Somebody in a thousand organizations costs as much as in fifty.
fn known<'a>(query: Query<'a>, account: &'a AccountId, wished: &'a Option<OrganizationId>) -> Query<'a> {
    query
        .bind("WITH known AS (SELECT organization_id AS id FROM space_visit WHERE account_id = ?", account)
        .bind(" UNION SELECT COALESCE(CAST(? AS BIGINT), 0))", wished)
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
