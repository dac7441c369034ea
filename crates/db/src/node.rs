//! Node numbers: ten bits of every id, leased from a row so that no two living processes draw the same ids.
use crate::Db;
use kernel::{Error, Result, Timestamp};

/// A number is taken again a day after its holder's last sign of life.
const LEASE_SECONDS: i64 = 24 * 3600;
const NUMBERS: i64 = 1024;

/// Takes a free number. Error `db.no_node_number` when all 1024 are held.
pub(crate) async fn lease(db: &Db) -> Result<(i64, Vec<u8>)> {
    let holder = db.rng().bytes::<16>().to_vec();
    let until = db.clock().now().plus_seconds(LEASE_SECONDS);
    let (mine, now) = (holder.clone(), db.clock().now());
    let number: Option<i64> = db
        .write_unaudited("node lease", move |tx| {
            let held: Vec<i64> = tx.all(crate::sql!("SELECT id FROM node WHERE lease_until >= $1 ORDER BY id"), &[&now])?;
            for free in (0..NUMBERS).filter(|n| held.binary_search(n).is_err()) {
                let taken: Option<i64> = tx.opt(
                    crate::sql!(
                        "INSERT INTO node (id, holder, lease_until) VALUES ($1, $2, $3)
                         ON CONFLICT (id) DO UPDATE SET holder = $2, lease_until = $3 WHERE node.lease_until < $4 RETURNING id"
                    ),
                    &[&free, &mine, &until, &now],
                )?;
                if taken.is_some() {
                    return Ok(taken);
                }
            }
            Ok(None)
        })
        .await?;
    Ok((number.ok_or_else(|| Error::unavailable("db.no_node_number"))?, holder))
}

/// Heartbeat; false when the number went to another process meanwhile.
pub(crate) async fn renew(db: &Db, number: i64, holder: &[u8]) -> Result<bool> {
    set_until(db, number, holder, db.clock().now().plus_seconds(LEASE_SECONDS)).await
}

/// Gives the number back at a clean end. A minute stays, for ids that ran ahead of the clock.
pub(crate) async fn release(db: &Db, number: i64, holder: &[u8]) -> Result<bool> {
    set_until(db, number, holder, db.clock().now().plus_seconds(60)).await
}

async fn set_until(db: &Db, number: i64, holder: &[u8], until: Timestamp) -> Result<bool> {
    let holder = holder.to_vec();
    let changed = db
        .exec("node lease", move |s| {
            s.run(
                crate::sql!("UPDATE node SET lease_until = $3 WHERE id = $1 AND holder = $2"),
                &[&number, &holder, &until],
            )
        })
        .await?;
    Ok(changed == 1)
}
