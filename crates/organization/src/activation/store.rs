use super::model::{ActivationId, Standing, State, Way};
use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp, TokenHash,
    id::{AccountId, MembershipId, OrganizationId},
};

pub(super) struct NewActivation<'a> {
    pub id: ActivationId,
    pub organization: OrganizationId,
    pub membership: MembershipId,
    pub account: AccountId,
    pub way: Way,
    pub token: &'a TokenHash,
    pub code: Option<TokenHash>,
    pub phone_index: Option<Vec<u8>>,
    pub by: Option<AccountId>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewActivation<'_>) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO activation (id, organization_id, membership_id, account_id, way, token_hash, code_hash,
                phone_index, state, created_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11)"
        ),
        &[
            &new.id,
            &new.organization,
            &new.membership,
            &new.account,
            &new.way,
            &new.token.0,
            &new.code.as_ref().map(|code| code.0.clone()),
            &new.phone_index,
            &new.by,
            &new.now,
            &new.expires_at,
        ],
    )
    .map(drop)
}
/// What was handed out before opens nothing any more.
pub(super) fn void(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE activation SET state = 'void' WHERE account_id = $1 AND state = 'open'"), &[&account])
}
pub(super) fn void_sent(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(
        sql!("UPDATE activation SET state = 'void' WHERE account_id = $1 AND state = 'open' AND way = 'sms'"),
        &[&account],
    )
}

pub(super) struct Found {
    pub id: ActivationId,
    pub organization: OrganizationId,
    pub membership: MembershipId,
    pub account: AccountId,
    pub way: Way,
    pub phone_index: Option<Vec<u8>>,
    pub state: State,
    pub expires_at: Timestamp,
}
row!(Found { id, organization, membership, account, way, phone_index, state, expires_at });
/// By the hash of the link or of the code.
pub(super) fn find(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<Option<Found>> {
    tx.opt(
        sql!(
            "SELECT id, organization_id, membership_id, account_id, way, phone_index, state, expires_at
            FROM activation WHERE token_hash = $1 OR code_hash = $1"
        ),
        &[&hash.0],
    )
}
/// False if another browser was faster, or its time ran out.
pub(super) fn consume(tx: &mut Tx<'_>, id: ActivationId, now: Timestamp) -> Result<bool> {
    let used = tx.run(
        sql!(
            "UPDATE activation SET state = 'used', used_at = $2 WHERE id = $1 AND state = 'open' AND expires_at > $2"
        ),
        &[&id, &now],
    )?;
    Ok(used == 1)
}
/// The newest of the account.
pub(super) fn find_last(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Standing>> {
    tx.opt(
        sql!(
            "SELECT membership_id, way, state, created_at, expires_at FROM activation
            WHERE account_id = $1 ORDER BY id DESC LIMIT 1"
        ),
        &[&account],
    )
}
