use super::{
    model::Scope,
    next::{CONSENT_DAYS, Consent},
};
use db::{Statement, Tx, sql};
use kernel::{
    Id, Result, Timestamp, TokenHash,
    id::{AccountId, ClientId, MembershipId, OrganizationId, SessionId, mark},
};
use organization::decision::Space;

pub type FlowId = Id<mark::AuthorizationRequest>;

db::text_enum! {
    pub enum FlowKind { Authorize = "authorize", Pushed = "pushed", Logout = "logout" }
}

/// A stored request.
pub struct Flow {
    pub id: FlowId,
    /// None for a sign-out that names no client.
    pub client_id: Option<String>,
    pub parameters: String,
    pub browser: Option<Vec<u8>>,
    /// The pushed request that this one takes up.
    pub pushed: Option<FlowId>,
    pub created_at: Timestamp,
    pub consumed_at: Option<Timestamp>,
}
db::row!(Flow { id, client_id, parameters, browser, pushed, created_at, consumed_at });

pub struct NewFlow {
    pub id: FlowId,
    pub handle: TokenHash,
    pub kind: FlowKind,
    pub client: Option<ClientId>,
    pub parameters: String,
    pub browser: Option<[u8; 32]>,
    pub pushed: Option<FlowId>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert_flow(tx: &mut Tx<'_>, flow: &NewFlow) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO flow (id, handle_hash, kind, client_id, parameters, browser, pushed_id, created_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            &flow.id,
            &flow.handle,
            &flow.kind,
            &flow.client,
            &flow.parameters,
            &flow.browser,
            &flow.pushed,
            &flow.now,
            &flow.expires_at,
        ],
    )
    .map(drop)
}

pub fn find_flow(
    statement: Statement<'_, '_>,
    handle: &TokenHash,
    kind: FlowKind,
    now: Timestamp,
) -> Result<Option<Flow>> {
    statement.opt(
        sql!(
            "SELECT f.id, c.client_id, f.parameters, f.browser, f.pushed_id, f.created_at, f.consumed_at
             FROM flow f LEFT JOIN client c ON c.id = f.client_id
             WHERE f.handle_hash = $1 AND f.kind = $2 AND f.expires_at > $3"
        ),
        &[handle, &kind, &now],
    )
}

/// Binds a flow to the browser that brings it first. False: another one was quicker.
pub fn bind_flow(statement: Statement<'_, '_>, flow: FlowId, browser: &[u8; 32]) -> Result<bool> {
    let changed = statement.run(
        sql!("UPDATE flow SET browser = $1 WHERE id = $2 AND (browser IS NULL OR browser = $1)"),
        &[browser, &flow],
    )?;
    Ok(changed > 0)
}

pub fn update_parameters(statement: Statement<'_, '_>, flow: FlowId, parameters: &str) -> Result<()> {
    statement.run(sql!("UPDATE flow SET parameters = $1 WHERE id = $2"), &[&parameters, &flow]).map(drop)
}

/// Sets a flow free, so that the session that begins next can take it up.
pub fn unbind_flow(statement: Statement<'_, '_>, flow: FlowId) -> Result<()> {
    statement.run(sql!("UPDATE flow SET browser = NULL WHERE id = $1"), &[&flow]).map(drop)
}

/// A pushed request is there as long as somebody may answer it. False: it was answered, or ran out.
pub fn prolong(tx: &mut Tx<'_>, pushed: FlowId, until: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE flow SET expires_at = CASE WHEN expires_at < $1 THEN $1 ELSE expires_at END
             WHERE id = $2 AND consumed_at IS NULL"
        ),
        &[&until, &pushed],
    )?;
    Ok(changed > 0)
}

/// Exactly once: false if one of them was answered before.
pub fn consume_flows(tx: &mut Tx<'_>, flows: &[FlowId], now: Timestamp) -> Result<bool> {
    for flow in flows {
        let changed = tx.run(
            sql!("UPDATE flow SET consumed_at = $1 WHERE id = $2 AND consumed_at IS NULL"),
            &[&now, flow],
        )?;
        if changed == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

struct ConsentRow {
    organization: i64,
    scope: String,
    at: Timestamp,
}
db::row!(ConsentRow { organization, scope, at });

/// Those that count in this session.
pub fn list_consents(
    statement: Statement<'_, '_>,
    account: AccountId,
    client: ClientId,
    session: SessionId,
) -> Result<Vec<Consent>> {
    let rows: Vec<ConsentRow> = statement.all(
        sql!(
            "SELECT organization_id, scope, at FROM consent
             WHERE account_id = $1 AND client_id = $2 AND (session_id = 0 OR session_id = $3)"
        ),
        &[&account, &client, &session],
    )?;
    let consent = |row: ConsentRow| Consent {
        space: if row.organization == 0 {
            Space::Personal
        } else {
            Space::Organization(Id::from_i64(row.organization))
        },
        scope: Scope::of_consent(&row.scope),
        at: row.at,
    };
    Ok(rows.into_iter().map(consent).collect())
}

/// `session`: the one that it counts for; None: all. What was agreed to before under the same key and still holds goes on: two
/// parts of a product that ask for different things would otherwise take each other's consent away.
pub fn upsert_consent(
    tx: &mut Tx<'_>,
    (account, session): (AccountId, Option<SessionId>),
    client: ClientId,
    space: Space,
    scope: Scope,
    now: Timestamp,
) -> Result<()> {
    let organization = space.organization().map_or(0, OrganizationId::as_i64);
    let session = session.map_or(0, SessionId::as_i64);
    let before: Option<(String,)> = tx.opt(
        sql!(
            "SELECT scope FROM consent WHERE account_id = $1 AND client_id = $2 AND organization_id = $3
                 AND session_id = $4 AND at > $5"
        ),
        &[&account, &client, &organization, &session, &now.plus_days(-CONSENT_DAYS)],
    )?;
    let scope = before.map_or(scope, |(before,)| scope.with(Scope::of_consent(&before)));
    tx.run(
        sql!(
            "INSERT INTO consent (account_id, client_id, organization_id, session_id, scope, at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id, client_id, organization_id, session_id)
                 DO UPDATE SET scope = excluded.scope, at = excluded.at"
        ),
        &[&account, &client, &organization, &session, &scope.consent_text(), &now],
    )
    .map(drop)
}

pub struct NewCode {
    pub id: Id<mark::Request>,
    pub hash: TokenHash,
    pub client: ClientId,
    pub account: AccountId,
    pub session: SessionId,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub scope: Scope,
    pub zones: String,
    /// One a line.
    pub resources: String,
    pub dpop_jkt: Option<String>,
    pub claims: Option<String>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert_code(
    tx: &mut Tx<'_>,
    code: &NewCode,
    space: Space,
    membership: Option<MembershipId>,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO authorization_code (id, code_hash, client_id, account_id, session_id, organization_id,
                 membership_id, redirect_uri, code_challenge, nonce, scope, zones, resources, dpop_jkt, claims,
                 created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        ),
        &[
            &code.id,
            &code.hash,
            &code.client,
            &code.account,
            &code.session,
            &space.organization(),
            &membership,
            &code.redirect_uri,
            &code.code_challenge,
            &code.nonce,
            &code.scope.text(),
            &code.zones,
            &code.resources,
            &code.dpop_jkt,
            &code.claims,
            &code.now,
            &code.expires_at,
        ],
    )
    .map(drop)
}

/// The longest that the policy lets a session last, and a day.
const SESSION_DAYS: i64 = 91;

/// Removes a slice of what ran out: requests at once, codes and tokens a while after. Answers how many rows went.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp, before: Timestamp) -> Result<u64> {
    // Asked twice: a pushed request may be taken up while the statement waits for its row.
    let mut gone = tx.run(
        sql!(
            "DELETE FROM flow WHERE id IN (SELECT id FROM flow WHERE expires_at < $1 LIMIT 500) AND expires_at < $1"
        ),
        &[&now],
    )?;
    gone += tx.run(
        sql!("DELETE FROM token WHERE id IN (SELECT id FROM token WHERE expires_at < $1 LIMIT 500)"),
        &[&before],
    )?;
    // All live equally long, so the oldest are the first to go.
    let oldest = Id::<mark::Request>::earliest(before);
    gone += tx.run(
        sql!(
            "DELETE FROM authorization_code WHERE id IN (SELECT id FROM authorization_code WHERE id < $1 LIMIT 500)"
        ),
        &[&oldest],
    )?;
    // What counted in a session that nobody can be in any more: ids tell when it began.
    let oldest = SessionId::earliest(now.plus_days(-SESSION_DAYS));
    gone += tx.run(
        sql!(
            "DELETE FROM consent WHERE session_id IN
                 (SELECT session_id FROM consent WHERE session_id <> 0 AND session_id < $1 LIMIT 500) AND session_id <> 0"
        ),
        &[&oldest],
    )?;
    Ok(gone)
}
