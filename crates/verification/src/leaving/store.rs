use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) fn count_open(tx: &mut Tx<'_>, account: AccountId) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM verification WHERE account_id = $1 AND decided_at IS NULL AND state <> 'draft')
                + (SELECT COUNT(*) FROM dispute
                    WHERE (claimant_id = $1 OR holder_id = $1) AND state IN ('open', 'proposed'))"
        ),
        &[&account],
    )
}
pub(super) fn erase(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE verification_document SET content = NULL, erased_at = COALESCE(erased_at, $2)
             WHERE verification_id IN (SELECT id FROM verification WHERE account_id = $1)"
        ),
        &[&account, &now],
    )?;
    tx.run(
        sql!(
            "UPDATE verification SET subject = NULL, document_masked = '', decided_at = COALESCE(decided_at, $2),
                state = CASE WHEN state = 'draft' THEN 'withdrawn' ELSE state END WHERE account_id = $1"
        ),
        &[&account, &now],
    )?;
    tx.run(sql!("UPDATE dispute SET claimant_statement = NULL WHERE claimant_id = $1"), &[&account])?;
    tx.run(sql!("UPDATE dispute SET holder_statement = NULL WHERE holder_id = $1"), &[&account]).map(drop)
}
