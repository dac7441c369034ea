use crate::model::{How, Import, ImportId, LegacyAccount, LegacyAccountId, LegacyState, Merge, MergeId};
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, OrganizationTypeId},
};

row!(Import { id, source, type_id, made_by, total, created_at });
/// False if the form came twice.
pub(crate) fn insert_import(tx: &mut Tx<'_>, new: &Import) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO legacy_import (id, source, type_id, made_by, total, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.source, &new.type_id, &new.made_by, &new.total, &new.created_at],
    )?;
    Ok(inserted == 1)
}
pub(crate) fn find_import(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<Import>> {
    tx.opt(
        sql!("SELECT id, source, type_id, made_by, total, created_at FROM legacy_import WHERE id = $1"),
        &[&id],
    )
}
pub(crate) fn list_imports(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Import>> {
    tx.all(
        sql!(
            "SELECT id, source, type_id, made_by, total, created_at FROM legacy_import
             ORDER BY id DESC LIMIT $1"
        ),
        &[&limit],
    )
}

pub(crate) struct NewLegacy {
    pub id: LegacyAccountId,
    pub import: ImportId,
    pub line: i64,
    pub login_name: String,
    pub hash: String,
    pub data: Vec<u8>,
    pub state: LegacyState,
    pub why: Option<&'static str>,
    pub now: Timestamp,
}
/// False if the line is there already: a slice that came twice.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewLegacy) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO legacy_account (id, import_id, line, login_name, hash, data, state, why, tries, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.import,
            &new.line,
            &new.login_name,
            &new.hash,
            &new.data,
            &new.state,
            &new.why,
            &new.now,
        ],
    )?;
    Ok(inserted == 1)
}

row!(LegacyAccount { id, import, line, login_name, organization, former_login, state, why });
const ACCOUNT: &str = "SELECT id, import_id, line, login_name, organization_id, former_login_id, state, why FROM legacy_account";
pub(crate) fn find(tx: &mut Tx<'_>, id: LegacyAccountId) -> Result<Option<LegacyAccount>> {
    let query = Query::new(ACCOUNT).bind(" WHERE id = ?", &id);
    tx.opt(query.sql(), query.params())
}
pub(crate) fn find_by_former_login(
    tx: &mut Tx<'_>,
    former: LegacyAccountId,
) -> Result<Option<LegacyAccount>> {
    let query = Query::new(ACCOUNT).bind(" WHERE former_login_id = ?", &former);
    tx.opt(query.sql(), query.params())
}
/// Lines of one import, or of all, in one state or in any; those of one account manager's portfolio alone where it is named.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    import: Option<ImportId>,
    state: Option<LegacyState>,
    manager: Option<AccountId>,
    after: Option<LegacyAccountId>,
    limit: i64,
) -> Result<Vec<LegacyAccount>> {
    let query = Query::new(ACCOUNT)
        .add(" WHERE 1 = 1")
        .opt(" AND import_id = ?", &import)
        .opt(" AND state = ?", &state)
        .opt(" AND organization_id IN (SELECT id FROM organization WHERE account_manager_id = ?)", &manager)
        .opt(" AND id > ?", &after)
        .bind(" ORDER BY id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(crate) fn list_waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<LegacyAccountId>> {
    tx.all(
        sql!("SELECT id FROM legacy_account WHERE state = 'waiting' AND tries < 3 ORDER BY id LIMIT $1"),
        &[&limit],
    )
}
pub(crate) fn secrets(tx: &mut Tx<'_>, id: LegacyAccountId) -> Result<Option<(String, Vec<u8>)>> {
    tx.opt(sql!("SELECT hash, data FROM legacy_account WHERE id = $1"), &[&id])
}
pub(crate) fn type_of(tx: &mut Tx<'_>, id: LegacyAccountId) -> Result<Option<OrganizationTypeId>> {
    tx.opt(
        sql!(
            "SELECT i.type_id FROM legacy_import i JOIN legacy_account l ON l.import_id = i.id WHERE l.id = $1"
        ),
        &[&id],
    )
}
/// The row lock of one account's way; guarded by the states it may leave.
pub(crate) fn set_state(
    tx: &mut Tx<'_>,
    id: LegacyAccountId,
    from: LegacyState,
    to: LegacyState,
    why: Option<&str>,
) -> Result<bool> {
    let updated = tx.run(
        sql!("UPDATE legacy_account SET state = $3, why = $4 WHERE id = $1 AND state = $2"),
        &[&id, &from, &to, &why],
    )?;
    Ok(updated == 1)
}
pub(crate) fn set_organization(
    tx: &mut Tx<'_>,
    id: LegacyAccountId,
    organization: OrganizationId,
) -> Result<u64> {
    tx.run(sql!("UPDATE legacy_account SET organization_id = $2 WHERE id = $1"), &[&id, &organization])
}
/// The hash goes with the login: kept in one place alone.
pub(crate) fn set_former_login(tx: &mut Tx<'_>, id: LegacyAccountId, former: LegacyAccountId) -> Result<u64> {
    tx.run(sql!("UPDATE legacy_account SET former_login_id = $2, hash = '' WHERE id = $1"), &[&id, &former])
}
pub(crate) fn count_try(tx: &mut Tx<'_>, id: LegacyAccountId) -> Result<u64> {
    tx.run(sql!("UPDATE legacy_account SET tries = tries + 1 WHERE id = $1"), &[&id])
}
pub(crate) fn counts(tx: &mut Tx<'_>, import: ImportId) -> Result<Vec<(LegacyState, i64)>> {
    tx.all(sql!("SELECT state, COUNT(*) FROM legacy_account WHERE import_id = $1 GROUP BY state"), &[&import])
}

row!(Merge {
    id,
    legacy,
    account,
    membership,
    made_account,
    made_membership,
    how,
    merged_by,
    merged_at,
    undone_at,
});
pub(crate) struct NewMerge {
    pub id: MergeId,
    pub legacy: LegacyAccountId,
    pub account: AccountId,
    pub membership: MembershipId,
    pub made_account: bool,
    pub made_membership: bool,
    pub how: How,
    pub by: Option<AccountId>,
}
pub(crate) fn insert_merge(tx: &mut Tx<'_>, new: &NewMerge, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO legacy_merge (id, legacy_account_id, account_id, membership_id, made_account, made_membership,
                how, merged_by, merged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            &new.id,
            &new.legacy,
            &new.account,
            &new.membership,
            &new.made_account,
            &new.made_membership,
            &new.how,
            &new.by,
            &now,
        ],
    )
}
/// The merges of one account of an earlier system, the newest first; all but the first may be undone ones.
pub(crate) fn list_merges(tx: &mut Tx<'_>, legacy: LegacyAccountId) -> Result<Vec<Merge>> {
    tx.all(
        sql!(
            "SELECT id, legacy_account_id, account_id, membership_id, made_account, made_membership, how, merged_by,
                merged_at, undone_at FROM legacy_merge WHERE legacy_account_id = $1 ORDER BY id DESC LIMIT 20"
        ),
        &[&legacy],
    )
}
/// Guarded: false if it was undone before.
pub(crate) fn undo(
    tx: &mut Tx<'_>,
    id: MergeId,
    by: Option<AccountId>,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let undone = tx.run(
        sql!(
            "UPDATE legacy_merge SET undone_at = $2, undone_by = $3, reason = $4
             WHERE id = $1 AND undone_at IS NULL"
        ),
        &[&id, &now, &by, &reason],
    )?;
    Ok(undone == 1)
}

/// A line of what the earlier system recorded.
pub(crate) struct HistoryRow {
    pub id: LegacyAccountId,
    pub happened_at: Timestamp,
    pub kind: String,
    pub text: Vec<u8>,
}
row!(HistoryRow { id, happened_at, kind, text });
pub(crate) fn insert_history(tx: &mut Tx<'_>, legacy: LegacyAccountId, new: &HistoryRow) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO legacy_history (id, legacy_account_id, happened_at, kind, text)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &legacy, &new.happened_at, &new.kind, &new.text],
    )
}
pub(crate) fn list_history(
    tx: &mut Tx<'_>,
    legacy: LegacyAccountId,
    before: Option<(Timestamp, LegacyAccountId)>,
    limit: i64,
) -> Result<Vec<HistoryRow>> {
    let (at, id) = before.unwrap_or((Timestamp::FOREVER, LegacyAccountId::from_i64(i64::MAX)));
    tx.all(
        sql!(
            "SELECT id, happened_at, kind, text FROM legacy_history WHERE legacy_account_id = $1
                AND (happened_at < $2 OR (happened_at = $2 AND id < $3))
             ORDER BY happened_at DESC, id DESC LIMIT $4"
        ),
        &[&legacy, &at, &id, &limit],
    )
}
pub(crate) struct OwnHistoryRow {
    pub id: LegacyAccountId,
    pub login_name: String,
    pub happened_at: Timestamp,
    pub kind: String,
    pub text: Vec<u8>,
}
row!(OwnHistoryRow { id, login_name, happened_at, kind, text });
/// Of every earlier account that is this person's now, the newest first.
pub(crate) fn list_history_of(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<OwnHistoryRow>> {
    tx.all(
        sql!(
            "SELECT h.id, a.login_name, h.happened_at, h.kind, h.text FROM legacy_merge m
             JOIN legacy_account a ON a.id = m.legacy_account_id
             JOIN legacy_history h ON h.legacy_account_id = m.legacy_account_id
             WHERE m.account_id = $1 AND m.undone_at IS NULL ORDER BY h.happened_at DESC, h.id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
pub(crate) fn list_merged_into(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<LegacyAccountId>> {
    tx.all(
        sql!("SELECT legacy_account_id FROM legacy_merge WHERE account_id = $1 AND undone_at IS NULL"),
        &[&account],
    )
}
/// Its name, its password, what was recorded of it; `data` is sealed and names nobody.
pub(crate) fn erase(tx: &mut Tx<'_>, id: LegacyAccountId, data: &[u8]) -> Result<()> {
    tx.run(
        sql!("UPDATE legacy_account SET login_name = '', hash = '', data = $2 WHERE id = $1"),
        &[&id, &data],
    )?;
    tx.run(sql!("DELETE FROM legacy_history WHERE legacy_account_id = $1"), &[&id]).map(drop)
}
pub(crate) fn find_by_login(
    tx: &mut Tx<'_>,
    import: ImportId,
    login_name: &str,
) -> Result<Option<LegacyAccountId>> {
    tx.opt(
        sql!("SELECT id FROM legacy_account WHERE import_id = $1 AND login_name = $2 AND state <> 'refused'"),
        &[&import, &login_name],
    )
}

/// An earlier account as its holder sees it.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: LegacyAccountId,
    pub login_name: String,
    pub organization: String,
    pub merged_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// The old name and password still sign in by themselves, and can be taken off.
    pub login: bool,
}
row!(Held { id, login_name, organization, merged_at, used_at, login });
pub(crate) fn list_held(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Held>> {
    tx.all(
        sql!(
            "SELECT l.id, l.login_name, o.name, m.merged_at, f.used_at, f.id IS NOT NULL FROM legacy_merge m
             JOIN legacy_account l ON l.id = m.legacy_account_id JOIN organization o ON o.id = l.organization_id
             LEFT JOIN former_login f ON f.id = l.former_login_id AND f.ended_at IS NULL
             WHERE m.account_id = $1 AND m.undone_at IS NULL ORDER BY m.id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
