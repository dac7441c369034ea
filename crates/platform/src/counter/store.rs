use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};

pub(super) fn hit(
    tx: &mut Tx<'_>,
    scope: &str,
    key: &[u8],
    until: Timestamp,
    now: Timestamp,
) -> Result<(i64, Timestamp)> {
    tx.one(
        sql!(
            "INSERT INTO counter (scope, key, n, window_until) VALUES ($1, $2, 1, $3)
             ON CONFLICT (scope, key) DO UPDATE SET
                n = CASE WHEN counter.window_until <= $4 THEN 1 ELSE counter.n + 1 END,
                window_until = CASE WHEN counter.window_until <= $4 THEN $3 ELSE counter.window_until END
             RETURNING n, window_until"
        ),
        &[&scope, &key, &until, &now],
    )
}
pub(super) fn peek(
    statement: Statement<'_, '_>,
    scope: &str,
    key: &[u8],
    now: Timestamp,
) -> Result<Option<(i64, Timestamp)>> {
    statement.opt(
        sql!("SELECT n, window_until FROM counter WHERE scope = $1 AND key = $2 AND window_until > $3"),
        &[&scope, &key, &now],
    )
}
/// Scope, count and end of those of the four that run.
pub(super) fn peek_four(
    tx: &mut Tx<'_>,
    [a, b, c, d]: [(&str, &[u8]); 4],
    now: Timestamp,
) -> Result<Vec<(String, i64, Timestamp)>> {
    tx.all(
        sql!(
            "SELECT scope, n, window_until FROM counter
             WHERE ((scope = $1 AND key = $2) OR (scope = $3 AND key = $4) OR (scope = $5 AND key = $6)
                OR (scope = $7 AND key = $8)) AND window_until > $9"
        ),
        &[&a.0, &a.1, &b.0, &b.1, &c.0, &c.1, &d.0, &d.1, &now],
    )
}
pub(super) fn peek_seven(
    tx: &mut Tx<'_>,
    [a, b, c, d, e, f, g]: [(&str, &[u8]); 7],
    now: Timestamp,
) -> Result<Vec<(String, i64, Timestamp)>> {
    tx.all(
        sql!(
            "SELECT scope, n, window_until FROM counter
             WHERE ((scope = $1 AND key = $2) OR (scope = $3 AND key = $4) OR (scope = $5 AND key = $6)
                OR (scope = $7 AND key = $8) OR (scope = $9 AND key = $10) OR (scope = $11 AND key = $12)
                OR (scope = $13 AND key = $14)) AND window_until > $15"
        ),
        &[&a.0, &a.1, &b.0, &b.1, &c.0, &c.1, &d.0, &d.1, &e.0, &e.1, &f.0, &f.1, &g.0, &g.1, &now],
    )
}
/// As [`hit`] for five, each with the end of a window that begins now.
pub(super) fn hit_five(
    tx: &mut Tx<'_>,
    [a, b, c, d, e]: [(&str, &[u8], Timestamp); 5],
    now: Timestamp,
) -> Result<Vec<(String, i64, Timestamp)>> {
    tx.all(
        sql!(
            "INSERT INTO counter (scope, key, n, window_until)
             VALUES ($1, $2, 1, $3), ($4, $5, 1, $6), ($7, $8, 1, $9), ($10, $11, 1, $12), ($13, $14, 1, $15)
             ON CONFLICT (scope, key) DO UPDATE SET
                n = CASE WHEN counter.window_until <= $16 THEN 1 ELSE counter.n + 1 END,
                window_until = CASE WHEN counter.window_until <= $16 THEN excluded.window_until
                    ELSE counter.window_until END
             RETURNING scope, n, window_until"
        ),
        &[&a.0, &a.1, &a.2, &b.0, &b.1, &b.2, &c.0, &c.1, &c.2, &d.0, &d.1, &d.2, &e.0, &e.1, &e.2, &now],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, scope: &str, key: &[u8]) -> Result<u64> {
    tx.run(sql!("DELETE FROM counter WHERE scope = $1 AND key = $2"), &[&scope, &key])
}
pub(super) fn give_back(tx: &mut Tx<'_>, scope: &str, key: &[u8]) -> Result<u64> {
    tx.run(sql!("UPDATE counter SET n = n - 1 WHERE scope = $1 AND key = $2 AND n > 0"), &[&scope, &key])
}
pub(super) fn delete_old(statement: Statement<'_, '_>, now: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM counter WHERE window_until <= $1"), &[&now])
}
