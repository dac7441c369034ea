use db::{Tx, sql};
use kernel::{Result, Timestamp, TokenHash, id::AccountId};

/// What a sign-in by password has to know of one account, in one statement.
pub(super) struct CandidateRow {
    pub hash: Option<String>,
    pub temporary: Option<bool>,
    pub set_at: Option<Timestamp>,
    /// Signed in from this address or this browser before.
    pub known: bool,
    pub wrong: i64,
}
db::row!(CandidateRow { hash, temporary, set_at, known, wrong });

pub(super) fn find_candidate(
    tx: &mut Tx<'_>,
    account: AccountId,
    (address, since): (&str, Timestamp),
    device: Option<&TokenHash>,
    counter: &[u8],
    now: Timestamp,
) -> Result<CandidateRow> {
    tx.one(
        sql!(
            "SELECT w.hash, w.temporary, w.set_at,
                EXISTS (SELECT 1 FROM session s WHERE s.account_id = a.id AND s.address = $2 AND s.created_at > $3)
                OR EXISTS (SELECT 1 FROM device d
                    WHERE d.token_hash = $4 AND d.account_id = a.id AND d.ended_at IS NULL),
                COALESCE((SELECT c.n FROM counter c
                    WHERE c.scope = 'signin.account' AND c.key = $5 AND c.window_until > $6), 0)
             FROM account a LEFT JOIN password w ON w.account_id = a.id WHERE a.id = $1"
        ),
        &[&account, &address, &since, &device, &counter, &now],
    )
}
