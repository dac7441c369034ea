use super::model::Factors;
use db::{Tx, row, sql};
use kernel::{Result, id::AccountId};

row!(Factors { totp, recovery_codes_left, passkeys });
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Factors> {
    tx.one(
        sql!(
            "SELECT
                (SELECT CAST(COUNT(*) AS BIGINT) FROM authenticator WHERE account_id = $1),
                (SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL),
                (SELECT CAST(COUNT(*) AS BIGINT) FROM passkey WHERE account_id = $1)"
        ),
        &[&account],
    )
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    tx.run(sql!("DELETE FROM authenticator WHERE account_id = $1"), &[&account])?;
    tx.run(sql!("DELETE FROM recovery_code WHERE account_id = $1"), &[&account])?;
    tx.run(sql!("DELETE FROM passkey WHERE account_id = $1"), &[&account]).map(drop)
}
