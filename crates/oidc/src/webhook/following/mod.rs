//! From the changes of a transaction to what products are told: read from the rows as the transaction leaves them.
mod store;

use super::model::{Cause, EventKind};
use db::{Db, Numbered, Tx};
use kernel::{Id, Result, Timestamp};
use std::collections::BTreeMap;

/// Topics of the change log that products may hear of.
pub(super) const TOPICS: &[&str] = &[
    "grant",
    "membership",
    "account",
    "admission",
    "contract",
    "contract_type",
    "product",
    "organization",
    "organization_type",
    "webhook_test",
    "webhook_resumed",
];

/// From now on no change leaves products uninformed, whichever room makes it.
pub fn follow(db: &Db) {
    db.on_write(|tx, changes, now| {
        let causes = causes_in(tx, changes)?;
        if causes.is_empty() {
            return Ok(None);
        }
        let write: Numbered = Box::new(move |tx, first| {
            for cause in &causes {
                store::insert_event(tx, first + cause.at as i64, cause, now)?;
            }
            Ok(())
        });
        Ok(Some(write))
    });
}

/// At most one per change; the later of two changes of one row counts.
fn causes_in(tx: &mut Tx<'_>, changes: &[(&'static str, i64)]) -> Result<Vec<Cause>> {
    let mut by_topic: BTreeMap<&str, BTreeMap<i64, usize>> = BTreeMap::new();
    for (at, (topic, key)) in changes.iter().enumerate() {
        if TOPICS.contains(topic) {
            by_topic.entry(topic).or_default().insert(*key, at);
        }
    }
    if by_topic.is_empty() || !store::any(tx)? {
        return Ok(Vec::new());
    }
    let mut causes = Vec::new();
    for (topic, keys) in by_topic {
        let ids: Vec<i64> = keys.keys().copied().collect();
        for ids in ids.chunks(200) {
            let at = |key: i64| keys.get(&key).copied().unwrap_or_default();
            match topic {
                "grant" => causes.extend(store::grants(tx, ids)?.iter().map(|row| grant(at(row.key), row))),
                "membership" => {
                    causes
                        .extend(store::memberships(tx, ids)?.iter().map(|row| membership(at(row.key), row)));
                }
                "account" => causes.extend(store::accounts(tx, ids)?.iter().map(|row| {
                    let reason = format!("account.{}", row.state);
                    let account = Some(Id::from_i64(row.key));
                    Cause { account, ..Cause::new(at(row.key), EventKind::Ended, reason) }
                })),
                "admission" => {
                    causes.extend(store::admissions(tx, ids)?.iter().map(|row| admission(at(row.key), row)));
                }
                "contract" => causes.extend(store::contracts(tx, ids)?.iter().map(|row| {
                    let cause = match row.state.as_str() {
                        "active" => Cause {
                            until: row.until,
                            ..Cause::new(at(row.key), EventKind::Changed, "contract.changed")
                        },
                        _ => Cause::new(at(row.key), EventKind::Ended, "contract.ended"),
                    };
                    Cause { organization: row.organization, contract: Some(Id::from_i64(row.key)), ..cause }
                })),
                "contract_type" => causes.extend(ids.iter().map(|key| {
                    let cause = Cause::new(at(*key), EventKind::Changed, "contract_type.changed");
                    Cause { contract_type: Some(Id::from_i64(*key)), ..cause }
                })),
                "product" => causes.extend(store::products(tx, ids)?.iter().map(|row| {
                    let cause = state(at(row.key), "product", &row.state);
                    Cause { product: Some(Id::from_i64(row.key)), ..cause }
                })),
                "organization" => causes.extend(store::organizations(tx, ids)?.iter().map(|row| {
                    let cause = match (row.state.as_str(), row.more.as_deref()) {
                        ("active", Some("revoked" | "cancelled")) => {
                            let reason = format!("registry.{}", row.more.as_deref().unwrap_or_default());
                            Cause::new(at(row.key), EventKind::Ended, reason)
                        }
                        (other, _) => state(at(row.key), "organization", other),
                    };
                    Cause { organization: Some(Id::from_i64(row.key)), ..cause }
                })),
                "organization_type" => causes.extend(
                    ids.iter()
                        .map(|key| Cause::new(at(*key), EventKind::Changed, "organization_type.changed")),
                ),
                // What happened during a pause was not noted, so the product asks again.
                "webhook_resumed" => {
                    causes.extend(store::addressed(tx, ids)?.into_iter().map(|(key, product)| {
                        let cause = Cause::new(at(key), EventKind::Changed, "webhook.resumed");
                        Cause { product: Some(product), ..cause }
                    }))
                }
                _ => causes.extend(store::addressed(tx, ids)?.into_iter().map(|(key, product)| {
                    let cause = Cause::new(at(key), EventKind::Test, "webhook.test");
                    Cause { product: Some(product), ..cause }
                })),
            }
        }
    }
    Ok(causes)
}
/// `product.changed`, `product.suspended`.
fn state(at: usize, what: &str, state: &str) -> Cause {
    match state {
        "active" => Cause::new(at, EventKind::Changed, format!("{what}.changed")),
        state => Cause::new(at, EventKind::Ended, format!("{what}.{state}")),
    }
}
fn grant(at: usize, row: &store::Row) -> Cause {
    let cause = match row.state.as_str() {
        "active" => Cause::new(at, EventKind::Granted, "grant.given"),
        _ => Cause::new(at, EventKind::Ended, "grant.ended"),
    };
    Cause {
        product: row.product,
        organization: row.organization,
        account: row.account,
        until: row.until.filter(|until| *until != Timestamp::FOREVER),
        ..cause
    }
}
fn membership(at: usize, row: &store::Row) -> Cause {
    Cause {
        organization: row.organization,
        account: row.account,
        membership: Some(Id::from_i64(row.key)),
        until: row.until.filter(|until| *until != Timestamp::FOREVER),
        ..state(at, "membership", &row.state)
    }
}
fn admission(at: usize, row: &store::Row) -> Cause {
    let cause = match row.state.as_str() {
        "active" => Cause::new(at, EventKind::Granted, "admission.given"),
        state => Cause::new(at, EventKind::Ended, format!("admission.{state}")),
    };
    Cause {
        product: row.product,
        organization: row.organization,
        until: row.until.filter(|until| *until != Timestamp::FOREVER),
        ..cause
    }
}
