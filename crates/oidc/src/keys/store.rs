use super::model::{Generated, Stored};
use crate::client::Algorithm;
use db::{Db, Keyring, Statement, Tx, sql};
use kernel::{Id, Result, Secret, Timestamp, id::mark};

pub type SigningKeyId = Id<mark::SigningKey>;

struct Row {
    id: SigningKeyId,
    kid: String,
    algorithm: Algorithm,
    private_key: Vec<u8>,
    public_jwk: String,
    signs_from: Timestamp,
    signs_until: Timestamp,
    believed_until: Timestamp,
    published_until: Timestamp,
}
db::row!(Row {
    id,
    kid,
    algorithm,
    private_key,
    public_jwk,
    signs_from,
    signs_until,
    believed_until,
    published_until,
});

const COLUMN: &str = "signing_key.private_key";

/// Keys still published at `since`, with their private halves opened.
pub fn list(statement: Statement<'_, '_>, keyring: &Keyring, since: Timestamp) -> Result<Vec<Stored>> {
    let rows: Vec<Row> = statement.all(
        sql!(
            "SELECT id, kid, algorithm, private_key, public_jwk, signs_from, signs_until, believed_until,
                 published_until
             FROM signing_key WHERE published_until > $1 ORDER BY signs_from, id"
        ),
        &[&since],
    )?;
    rows.into_iter()
        .map(|row| {
            Ok(Stored {
                private_key: Secret::new(keyring.open(COLUMN, row.id.as_i64(), &row.private_key)?),
                kid: row.kid,
                algorithm: row.algorithm,
                public_jwk: row.public_jwk,
                signs_from: row.signs_from,
                signs_until: row.signs_until,
                believed_until: row.believed_until,
                published_until: row.published_until,
            })
        })
        .collect()
}

/// A new key, and the bytes under which its private half is kept.
pub struct NewKey {
    pub id: SigningKeyId,
    pub algorithm: Algorithm,
    pub generated: Generated,
    sealed: Vec<u8>,
}
impl NewKey {
    pub fn seal(db: &Db, algorithm: Algorithm, generated: Generated) -> Result<Self> {
        let id: SigningKeyId = db.draw();
        let sealed = db.keyring().seal(COLUMN, id.as_i64(), generated.private_key.expose());
        Ok(Self { id, algorithm, generated, sealed })
    }
}

pub fn insert(tx: &mut Tx<'_>, key: &NewKey, signs_from: Timestamp, now: Timestamp) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO signing_key (id, kid, algorithm, private_key, public_jwk, signs_from, signs_until,
                 believed_until, published_until, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)"
        ),
        &[
            &key.id,
            &key.generated.kid,
            &key.algorithm,
            &key.sealed,
            &key.generated.public_jwk,
            &signs_from,
            &Timestamp::FOREVER,
            &now,
        ],
    )?;
    tx.changed("signing_key", key.id);
    Ok(())
}

/// Whether a key of the algorithm signs, or will.
pub fn exists(tx: &mut Tx<'_>, algorithm: Algorithm, now: Timestamp) -> Result<bool> {
    Ok(tx
        .opt::<i64>(
            sql!("SELECT 1 FROM signing_key WHERE algorithm = $1 AND signs_until > $2"),
            &[&algorithm, &now],
        )?
        .is_some())
}

/// When the newest key of the algorithm begins to sign. Its row is locked, so that of two nodes that rotate the second sees
/// what the first has made.
pub fn lock_newest(tx: &mut Tx<'_>, algorithm: Algorithm) -> Result<Option<Timestamp>> {
    tx.run(sql!("UPDATE signing_key SET signs_until = signs_until WHERE algorithm = $1"), &[&algorithm])?;
    tx.opt(
        sql!("SELECT signs_from FROM signing_key WHERE algorithm = $1 ORDER BY signs_from DESC LIMIT 1"),
        &[&algorithm],
    )
}

/// How long older keys are good for what.
#[derive(Clone, Copy)]
pub struct Until {
    /// Until when they sign.
    pub stops: Timestamp,
    /// Until when what they have said in access tokens is believed.
    pub believed: Timestamp,
    /// Until when others may check by them.
    pub published: Timestamp,
}

/// No older key is good for longer, one that had stopped before as little as the last: nobody knows which of them has leaked.
pub fn retire_others(tx: &mut Tx<'_>, new: &NewKey, until: Until) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE signing_key SET
                 signs_until = CASE WHEN signs_until > $3 THEN $3 ELSE signs_until END,
                 believed_until = CASE WHEN believed_until > $4 THEN $4 ELSE believed_until END,
                 published_until = CASE WHEN published_until > $5 THEN $5 ELSE published_until END
             WHERE algorithm = $1 AND id <> $2"
        ),
        &[&new.algorithm, &new.id, &until.stops, &until.believed, &until.published],
    )
    .map(drop)
}
