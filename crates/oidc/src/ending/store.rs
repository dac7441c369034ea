//! One statement a topic: what it says is what a row looks like when nothing may rest on it. People's tokens are found through
//! the sessions that they rest on, those of an organization by client and organization together; `+ 0` keeps SQLite, which has
//! no statistics, from reading all tokens of a client.
use crate::token::until_nothing_is_left;
use db::{Query, Tx};
use kernel::{Result, Timestamp};

type End = fn(&mut Tx<'_>, &[i64], Timestamp) -> Result<u64>;
pub(super) const BY_TOPIC: &[(&str, End)] = &[
    ("grant", of_grants),
    ("membership", of_memberships),
    ("account", of_accounts),
    ("admission", of_admissions),
    ("contract", of_contracts),
    ("contract_type", of_contract_types),
    ("product", of_products),
    ("organization", of_organizations),
    ("organization", of_member_numbers),
    ("organization", of_developers),
];

fn end<'a>(tx: &mut Tx<'_>, now: &'a Timestamp, which: impl Fn(Query<'a>) -> Query<'a>) -> Result<u64> {
    let query = Query::new("UPDATE token SET revoked_at = ").bind("?", now);
    let query = query.bind(" WHERE revoked_at IS NULL AND expires_at > ?", now).add(" AND ");
    let query = which(query);
    // Whoever renews at this moment is met by the next round.
    until_nothing_is_left(|| tx.run(query.sql(), query.params()))
}
fn of_grants(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "id IN (SELECT t.id FROM product_grant g JOIN client c ON c.product_id = g.product_id
                JOIN membership m ON m.id = g.membership_id
                JOIN session s ON s.account_id = m.account_id
                JOIN token t ON t.session_id = s.id AND t.membership_id = m.id AND t.client_id + 0 = c.id
                    AND t.revoked_at IS NULL
                WHERE g.state <> 'active'",
            )
            .list(" AND g.id IN (?)", keys)
            // Taken away and given again at once is given.
            .add(
                " AND NOT EXISTS (SELECT 1 FROM product_grant h WHERE h.membership_id = g.membership_id
                    AND h.product_id = g.product_id AND h.state = 'active'))",
            )
    })
}
fn of_memberships(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "id IN (SELECT t.id FROM membership m JOIN session s ON s.account_id = m.account_id
                JOIN token t ON t.session_id = s.id AND t.membership_id = m.id AND t.revoked_at IS NULL
                WHERE m.state <> 'active'",
            )
            .list(" AND m.id IN (?))", keys)
    })
}
fn of_accounts(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "session_id IN (SELECT s.id FROM account a JOIN session s ON s.account_id = a.id
                WHERE a.state IN ('disabled', 'closed')",
            )
            .list(" AND a.id IN (?))", keys)
    })
}
fn of_admissions(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "id IN (SELECT t.id FROM admission d JOIN client c ON c.product_id = d.product_id
                JOIN token t ON t.organization_id = d.organization_id AND t.client_id = c.id AND t.revoked_at IS NULL
                WHERE d.state <> 'active'",
            )
            .list(" AND d.id IN (?)", keys)
            // One that took its place carries on.
            .add(
                " AND NOT EXISTS (SELECT 1 FROM admission e WHERE e.organization_id = d.organization_id
                    AND e.product_id = d.product_id AND e.state = 'active'))",
            )
    })
}
fn of_contracts(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "id IN (SELECT t.id FROM contract k JOIN admission d ON d.contract_id = k.id AND d.state <> 'ended'
                JOIN client c ON c.product_id = d.product_id
                JOIN token t ON t.organization_id = d.organization_id AND t.client_id = c.id AND t.revoked_at IS NULL
                WHERE k.state <> 'active'",
            )
            .list(" AND k.id IN (?))", keys)
    })
}
/// A product that the type no longer lists is closed to whoever signed such a contract.
fn of_contract_types(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "id IN (SELECT t.id FROM contract k JOIN admission d ON d.contract_id = k.id AND d.state <> 'ended'
                JOIN client c ON c.product_id = d.product_id
                JOIN token t ON t.organization_id = d.organization_id AND t.client_id = c.id AND t.revoked_at IS NULL
                WHERE NOT EXISTS (SELECT 1 FROM contract_type_product l
                    WHERE l.contract_type_id = k.contract_type_id AND l.product_id = d.product_id)",
            )
            .list(" AND k.contract_type_id IN (?))", keys)
    })
}
fn of_products(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add("client_id IN (SELECT c.id FROM product p JOIN client c ON c.product_id = p.id WHERE p.state <> 'active'")
            .list(" AND p.id IN (?))", keys)
    })
}
fn of_organizations(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "client_id IN (SELECT c.id FROM client c) AND organization_id IN (SELECT o.id FROM organization o
                WHERE (o.state <> 'active' OR o.registry_state IN ('revoked', 'cancelled'))",
            )
            .list(" AND o.id IN (?))", keys)
    })
}
/// What an organization's developers keep falls asleep with it.
fn of_developers(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "client_id IN (SELECT c.id FROM organization o JOIN client c ON c.developer_organization_id = o.id
                WHERE (o.state <> 'active' OR o.registry_state IN ('revoked', 'cancelled'))",
            )
            .list(" AND o.id IN (?))", keys)
    })
}
/// Without its number an organization is not admitted to what members use.
fn of_member_numbers(tx: &mut Tx<'_>, keys: &[i64], now: Timestamp) -> Result<u64> {
    end(tx, &now, |query| {
        query
            .add(
                "client_id IN (SELECT c.id FROM product p JOIN client c ON c.product_id = p.id
                    WHERE p.admission_class = 'membership')
                AND organization_id IN (SELECT o.id FROM organization o
                WHERE o.member_number IS NULL",
            )
            .list(" AND o.id IN (?))", keys)
    })
}
