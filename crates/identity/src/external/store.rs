use super::model::ExternalId;
use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};
use platform::connector::model::ConnectorId;

pub(super) struct NewRow<'a> {
    pub id: ExternalId,
    pub account: AccountId,
    pub connector: ConnectorId,
    pub subject_index: &'a [u8],
    pub subject: &'a [u8],
    pub display_name: Option<&'a [u8]>,
    pub now: Timestamp,
}
/// False if the identity or the account's place at this connector is taken.
pub(super) fn insert(tx: &mut Tx<'_>, row: &NewRow<'_>) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO external_identity (id, account_id, connector_id, subject_index, subject, display_name, linked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING"
        ),
        &[&row.id, &row.account, &row.connector, &row.subject_index, &row.subject, &row.display_name, &row.now],
    )?;
    Ok(inserted == 1)
}
pub(super) struct Found {
    pub id: ExternalId,
    pub account: AccountId,
}
db::row!(Found { id, account });
pub(super) fn find_by_subject(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    subject_index: &[u8],
) -> Result<Option<Found>> {
    tx.opt(
        sql!(
            "SELECT id, account_id FROM external_identity
             WHERE connector_id = $1 AND subject_index = $2 AND ended_at IS NULL"
        ),
        &[&connector, &subject_index],
    )
}
pub(super) fn find_of_account(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    account: AccountId,
) -> Result<Option<ExternalId>> {
    tx.opt::<(ExternalId,)>(
        sql!(
            "SELECT id FROM external_identity WHERE connector_id = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&connector, &account],
    )
    .map(|row| row.map(|(id,)| id))
}
pub(super) struct Row {
    pub id: ExternalId,
    pub connector: ConnectorId,
    pub display_name: Option<Vec<u8>>,
    pub linked_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
db::row!(Row { id, connector, display_name, linked_at, last_used_at });
pub(super) fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Row>> {
    tx.all(
        sql!(
            "SELECT id, connector_id, display_name, linked_at, last_used_at FROM external_identity
             WHERE account_id = $1 AND ended_at IS NULL ORDER BY linked_at, id"
        ),
        &[&account],
    )
}
/// Whether the account has an identity of a connector that is switched on, `except` left out.
pub(super) fn has_enabled(tx: &mut Tx<'_>, account: AccountId, except: Option<ExternalId>) -> Result<bool> {
    tx.opt::<(ExternalId,)>(
        sql!(
            "SELECT e.id FROM external_identity e JOIN connector c ON c.id = e.connector_id AND c.enabled
             WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.id <> $2 LIMIT 1"
        ),
        &[&account, &except.unwrap_or(ExternalId::from_i64(0))],
    )
    .map(|row| row.is_some())
}
pub(super) fn count(tx: &mut Tx<'_>, connector: ConnectorId) -> Result<i64> {
    tx.one::<(i64,)>(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM external_identity WHERE connector_id = $1 AND ended_at IS NULL"
        ),
        &[&connector],
    )
    .map(|(n,)| n)
}
/// Notes the use; the name there is the newest, and a link made under an older name of the person moves to the main one.
pub(super) fn update_used(
    tx: &mut Tx<'_>,
    id: ExternalId,
    subject_index: &[u8],
    subject: &[u8],
    display_name: Option<&[u8]>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE external_identity SET subject_index = $2, subject = $3, display_name = COALESCE($4, display_name),
                last_used_at = $5
             WHERE id = $1 AND ended_at IS NULL"
        ),
        &[&id, &subject_index, &subject, &display_name, &now],
    )
}
/// False if it is not this account's or has ended. What named the person there is gone.
pub(super) fn end(tx: &mut Tx<'_>, id: ExternalId, account: AccountId, now: Timestamp) -> Result<bool> {
    let ended = tx.run(
        sql!(
            "UPDATE external_identity SET ended_at = $3, subject = $4, display_name = NULL
             WHERE id = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&id, &account, &now, &Vec::<u8>::new()],
    )?;
    Ok(ended == 1)
}
pub(super) fn end_of_connector(tx: &mut Tx<'_>, connector: ConnectorId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE external_identity SET ended_at = $2, subject = $3, display_name = NULL
             WHERE connector_id = $1 AND ended_at IS NULL"
        ),
        &[&connector, &now, &Vec::<u8>::new()],
    )
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM external_identity WHERE account_id = $1"), &[&account])
}
