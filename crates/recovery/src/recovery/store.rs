use db::{Tx, sql};
use identity::account::AccountState;
use kernel::{Result, Timestamp, id::AccountId};

/// Everything about an account that recovery asks, in one statement, so that one without any of it takes no less.
pub(super) struct Row {
    pub state: AccountState,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub phone_proven_at: Option<Timestamp>,
    pub email: Option<Vec<u8>>,
    pub email_proven: bool,
    pub level: i64,
    pub staff: bool,
}
db::row!(Row { state, phone, phone_proven, phone_proven_at, email, email_proven, level, staff });
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Option<Row>> {
    tx.opt(
        sql!(
            "SELECT a.state, a.phone, a.phone_proven, a.phone_proven_at, a.email, a.email_proven,
                COALESCE((SELECT CAST(MAX(CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2
                        WHEN 'advanced' THEN 3 ELSE 0 END) AS BIGINT)
                    FROM identity_proof i
                    WHERE i.account_id = a.id AND i.revoked_at IS NULL AND i.expires_at > $2), 0),
                f.account_id IS NOT NULL
             FROM account a LEFT JOIN staff f ON f.account_id = a.id AND f.state = 'active'
             WHERE a.id = $1"
        ),
        &[&account, &now],
    )
}
