use super::model::NewSession;
use crate::account::{AccountState, OwnerKind};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp, TokenHash,
    id::{AccountId, OrganizationId, SessionId},
};
use platform::StaffRole;

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewSession) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO session (id, token_hash, account_id, methods, authenticated_at, verified_at, created_at,
                last_seen_at, expires_at, address, user_agent)
             VALUES ($1, $2, $3, $4, $5, $5, $5, $5, $6, $7, $8)"
        ),
        &[
            &new.id,
            &TokenHash::of(&new.token),
            &new.account,
            &new.methods.join(" "),
            &new.now,
            &new.expires_at,
            &new.address.to_string(),
            &new.user_agent,
        ],
    )
}

/// The same person signs in again in the same browser: the session goes on under a new token, with what was proven now.
pub(super) fn renew(tx: &mut Tx<'_>, new: &NewSession, token: &TokenHash) -> Result<Option<SessionId>> {
    tx.opt(
        sql!(
            "UPDATE session SET token_hash = $1, methods = $4, authenticated_at = $5, verified_at = $5, last_seen_at = $5,
                 expires_at = $6, address = $7, user_agent = $8
             WHERE token_hash = $2 AND account_id = $3 AND ended_at IS NULL AND expires_at > $5 RETURNING id"
        ),
        &[
            &TokenHash::of(&new.token),
            &token,
            &new.account,
            &new.methods.join(" "),
            &new.now,
            &new.expires_at,
            &new.address.to_string(),
            &new.user_agent,
        ],
    )
}

/// Everything that a request needs to know about who sent it.
pub(super) struct Resolved {
    pub session: SessionId,
    pub account: AccountId,
    pub methods: String,
    pub authenticated_at: Timestamp,
    pub verified_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub last_organization: Option<OrganizationId>,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub owner_kind: OwnerKind,
    pub owner: Option<OrganizationId>,
    pub state: AccountState,
    pub temporary: Option<bool>,
    pub password_set_at: Option<Timestamp>,
    pub level: i64,
    pub staff: Option<StaffRole>,
}
db::row!(Resolved {
    session,
    account,
    methods,
    authenticated_at,
    verified_at,
    last_seen_at,
    last_organization,
    login_name,
    name,
    phone,
    owner_kind,
    owner,
    state,
    temporary,
    password_set_at,
    level,
    staff,
});
pub(super) fn resolve(
    statement: Statement<'_, '_>,
    token: &TokenHash,
    seen_after: Timestamp,
    now: Timestamp,
) -> Result<Option<Resolved>> {
    statement.opt(
        sql!(
            "SELECT s.id, s.account_id, s.methods, s.authenticated_at, s.verified_at, s.last_seen_at,
                a.last_organization_id, a.login_name, a.name, a.phone, a.owner_kind, a.owner_organization_id, a.state,
                w.temporary, w.set_at,
                COALESCE((SELECT CAST(MAX(CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2
                        WHEN 'advanced' THEN 3 ELSE 0 END) AS BIGINT)
                    FROM identity_proof i
                    WHERE i.account_id = a.id AND i.revoked_at IS NULL AND i.expires_at > $3), 0),
                f.role
             FROM session s
             JOIN account a ON a.id = s.account_id
             LEFT JOIN password w ON w.account_id = a.id
             LEFT JOIN staff f ON f.account_id = a.id AND f.state = 'active'
             WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $3 AND s.last_seen_at > $2
                AND a.state IN ('active', 'unactivated')"
        ),
        &[&token, &seen_after, &now],
    )
}
pub(super) fn update_last_seen(
    statement: Statement<'_, '_>,
    id: SessionId,
    before: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!("UPDATE session SET last_seen_at = $3 WHERE id = $1 AND last_seen_at <= $2"),
        &[&id, &before, &now],
    )
}
/// The person proved again to be there: new methods and a new token, since the old one may have been seen.
pub(super) fn update_verified(
    tx: &mut Tx<'_>,
    id: SessionId,
    account: AccountId,
    methods: &str,
    token: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE session SET methods = $3, token_hash = $4, verified_at = $5, last_seen_at = $5
             WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND expires_at > $5"
        ),
        &[&id, &account, &methods, &token, &now],
    )?;
    Ok(updated == 1)
}
/// What a session proved last counts for another that it let in, and no more than that: also for who asks later when the
/// person was last there.
pub(super) fn update_verified_as(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    approving: SessionId,
    account: AccountId,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE session SET
                verified_at = (SELECT s.verified_at FROM session s WHERE s.id = $2 AND s.account_id = $3),
                authenticated_at = (SELECT s.verified_at FROM session s WHERE s.id = $2 AND s.account_id = $3)
             WHERE token_hash = $1 AND account_id = $3"
        ),
        &[&token, &approving, &account],
    )
}
pub(super) fn update_last_organization(
    statement: Statement<'_, '_>,
    account: AccountId,
    organization: Option<OrganizationId>,
) -> Result<u64> {
    statement
        .run(sql!("UPDATE account SET last_organization_id = $2 WHERE id = $1 AND last_organization_id IS DISTINCT FROM $2"), &[&account, &organization])
}
pub(super) fn end(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<Option<AccountId>> {
    tx.opt(
        sql!("UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING account_id"),
        &[&id, &now],
    )
}
pub(super) fn end_of_account(
    tx: &mut Tx<'_>,
    id: SessionId,
    account: AccountId,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE session SET ended_at = $3, severed_at = $3
             WHERE id = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&id, &account, &now],
    )
}
pub(super) fn end_by_token(tx: &mut Tx<'_>, token: &TokenHash, now: Timestamp) -> Result<Option<SessionId>> {
    tx.opt(
        sql!("UPDATE session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL RETURNING id"),
        &[&token, &now],
    )
}
pub(super) fn end_all(
    tx: &mut Tx<'_>,
    account: AccountId,
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<u64> {
    let except = except.unwrap_or(SessionId::from_i64(0));
    tx.run(
        sql!("UPDATE session SET ended_at = $3 WHERE account_id = $1 AND ended_at IS NULL AND id <> $2"),
        &[&account, &except, &now],
    )
}
/// Of these, those that have run out by themselves, for whom nobody has said so yet.
pub(super) fn end_run_out(tx: &mut Tx<'_>, ids: &[i64], now: Timestamp) -> Result<Vec<SessionId>> {
    let query = Query::new("UPDATE session SET ended_at = ").bind("?", &now);
    let query = query.bind(" WHERE ended_at IS NULL AND expires_at <= ?", &now);
    let query = query.list(" AND id IN (?)", ids).add(" RETURNING id");
    tx.all(query.sql(), query.params())
}
/// Those that have ended already, too.
pub(super) fn sever_all(
    tx: &mut Tx<'_>,
    account: AccountId,
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<u64> {
    let except = except.unwrap_or(SessionId::from_i64(0));
    tx.run(
        sql!(
            "UPDATE session SET severed_at = $3
             WHERE account_id = $1 AND ended_at IS NOT NULL AND severed_at IS NULL AND id <> $2"
        ),
        &[&account, &except, &now],
    )
}
pub(super) fn is_live(tx: &mut Tx<'_>, id: SessionId, account: AccountId, now: Timestamp) -> Result<bool> {
    let found: Option<SessionId> = tx.opt(
        sql!(
            "SELECT id FROM session WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND expires_at > $3"
        ),
        &[&id, &account, &now],
    )?;
    Ok(found.is_some())
}
pub(super) struct Listed {
    pub id: SessionId,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub begun_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub methods: String,
}
db::row!(Listed { id, user_agent, address, begun_at, last_seen_at, methods });
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    seen_after: Timestamp,
    now: Timestamp,
) -> Result<Vec<Listed>> {
    tx.all(
        sql!(
            "SELECT id, user_agent, address, created_at, last_seen_at, methods FROM session
             WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $3 AND last_seen_at > $2
             ORDER BY last_seen_at DESC, id DESC LIMIT 100"
        ),
        &[&account, &seen_after, &now],
    )
}
