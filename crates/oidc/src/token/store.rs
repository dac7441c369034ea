//! Rows of codes and tokens.
use super::handle::Handle;
use db::{Statement, Tx, sql};
use kernel::{
    Id, Result, Timestamp, TokenHash,
    id::{AccountId, ClientId, MembershipId, OrganizationId, ProductId, SessionId, mark},
};

pub type TokenId = Id<mark::Request>;

db::text_enum! {
    pub enum TokenKind { Access = "access", Refresh = "refresh" }
}

/// A code that was just consumed.
pub struct Code {
    pub id: TokenId,
    pub account: AccountId,
    pub session: SessionId,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub scope: String,
    pub zones: String,
    pub resources: String,
    pub dpop_jkt: Option<String>,
    pub claims: Option<String>,
    pub expires_at: Timestamp,
}
db::row!(Code {
    id,
    account,
    session,
    organization,
    membership,
    redirect_uri,
    code_challenge,
    nonce,
    scope,
    zones,
    resources,
    dpop_jkt,
    claims,
    expires_at,
});

/// The one winner among all who bring the code; a client can consume its own codes alone.
pub fn consume_code(
    tx: &mut Tx<'_>,
    handle: &Handle,
    client: ClientId,
    now: Timestamp,
) -> Result<Option<Code>> {
    tx.opt(
        sql!(
            "UPDATE authorization_code SET consumed_at = $1
             WHERE id = $2 AND code_hash = $3 AND client_id = $4 AND consumed_at IS NULL
             RETURNING id, account_id, session_id, organization_id, membership_id, redirect_uri, code_challenge, nonce,
                 scope, zones, resources, dpop_jkt, claims, expires_at"
        ),
        &[&now, &handle.id, &handle.hash, &client],
    )
}

/// The client's code that was consumed before, if there is one.
pub fn find_consumed(tx: &mut Tx<'_>, handle: &Handle, client: ClientId) -> Result<Option<Family>> {
    let found: Option<(TokenId, SessionId)> = tx.opt(
        sql!(
            "SELECT id, session_id FROM authorization_code
             WHERE id = $1 AND code_hash = $2 AND client_id = $3 AND consumed_at IS NOT NULL"
        ),
        &[&handle.id, &handle.hash, &client],
    )?;
    Ok(found.map(|(code, session)| Family { code, session }))
}

/// What came of one code, all of it in one session.
#[derive(Clone, Copy)]
pub struct Family {
    pub code: TokenId,
    pub session: SessionId,
}

/// Ends everything that came of one code.
pub fn revoke_family(tx: &mut Tx<'_>, family: Family, now: Timestamp) -> Result<Vec<TokenId>> {
    until_none_is_left(|| {
        tx.all(
            sql!(
                "UPDATE token SET revoked_at = $1
                 WHERE session_id = $2 AND code_id = $3 AND revoked_at IS NULL RETURNING id"
            ),
            &[&now, &family.session, &family.code],
        )
    })
}
/// Runs a revocation until it meets nothing more. Whoever renews holds the row of the old token until the new one is committed;
/// a statement that waited for that row still does not see the new one, but the same statement begun anew does.
pub fn until_none_is_left(mut revoke: impl FnMut() -> Result<Vec<TokenId>>) -> Result<Vec<TokenId>> {
    let mut ended = Vec::new();
    loop {
        let more = revoke()?;
        if more.is_empty() {
            return Ok(ended);
        }
        ended.extend(more);
    }
}
/// As [`until_none_is_left`], where nobody asks which.
pub fn until_nothing_is_left(mut end: impl FnMut() -> Result<u64>) -> Result<u64> {
    let mut ended = 0;
    loop {
        match end()? {
            0 => return Ok(ended),
            more => ended += more,
        }
    }
}
/// One token alone.
pub fn revoke_one(tx: &mut Tx<'_>, token: TokenId, now: Timestamp) -> Result<Vec<TokenId>> {
    tx.all(
        sql!("UPDATE token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL RETURNING id"),
        &[&now, &token],
    )
}
/// Of a client that may refresh no longer.
pub fn end_refresh_of_client(tx: &mut Tx<'_>, client: ClientId, now: Timestamp) -> Result<u64> {
    until_nothing_is_left(|| {
        tx.run(
            sql!(
                "UPDATE token SET revoked_at = $1
                 WHERE client_id = $2 AND kind = 'refresh' AND revoked_at IS NULL AND expires_at > $1"
            ),
            &[&now, &client],
        )
    })
}
/// Of a client that others keep from now on.
pub fn end_all_of_client(tx: &mut Tx<'_>, client: ClientId, now: Timestamp) -> Result<u64> {
    until_nothing_is_left(|| {
        tx.run(
            sql!(
                "UPDATE token SET revoked_at = $1 WHERE client_id = $2 AND revoked_at IS NULL AND expires_at > $1"
            ),
            &[&now, &client],
        )
    })
}
/// Of a client whose tokens are bound to a key from now on.
pub fn end_unbound_of_client(tx: &mut Tx<'_>, client: ClientId, now: Timestamp) -> Result<u64> {
    until_nothing_is_left(|| {
        tx.run(
            sql!(
                "UPDATE token SET revoked_at = $1
                 WHERE client_id = $2 AND kind = 'access' AND jkt IS NULL AND revoked_at IS NULL AND expires_at > $1"
            ),
            &[&now, &client],
        )
    })
}
/// What stays good while the person is away is left (Back-Channel Logout 1.0 §2.7).
pub fn revoke_of_session(tx: &mut Tx<'_>, session: SessionId, now: Timestamp) -> Result<Vec<TokenId>> {
    until_none_is_left(|| {
        tx.all(
            sql!(
                "UPDATE token SET revoked_at = $1
                 WHERE session_id = $2 AND revoked_at IS NULL AND expires_at > $1 AND ends_at IS NULL RETURNING id"
            ),
            &[&now, &session],
        )
    })
}

/// For whom and through whom a token speaks.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The code that it came of; None for a program that acts for itself.
    pub family: Option<TokenId>,
    pub client: ClientId,
    pub account: Option<AccountId>,
    pub session: Option<SessionId>,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub zones: String,
    pub claims: Option<String>,
}
impl Standing {
    /// Of a client that acts for itself or for its owner: nobody signed in.
    pub fn of_client(client: ClientId, owner: Option<OrganizationId>, zones: String) -> Self {
        Self {
            family: None,
            client,
            account: None,
            session: None,
            organization: owner,
            membership: None,
            zones,
            claims: None,
        }
    }
}
pub struct NewToken {
    pub id: TokenId,
    pub hash: TokenHash,
    pub kind: TokenKind,
    pub scope: String,
    pub resources: String,
    pub jkt: Option<String>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
    /// The end of the family, of one that stays good while the person is away.
    pub ends_at: Option<Timestamp>,
}

pub fn insert(tx: &mut Tx<'_>, token: &NewToken, standing: &Standing) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO token (id, token_hash, kind, code_id, client_id, account_id, session_id, organization_id,
                 membership_id, scope, zones, resources, claims, jkt, created_at, expires_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        ),
        &[
            &token.id,
            &token.hash,
            &token.kind,
            &standing.family,
            &standing.client,
            &standing.account,
            &standing.session,
            &standing.organization,
            &standing.membership,
            &token.scope,
            &standing.zones,
            &token.resources,
            &standing.claims,
            &token.jkt,
            &token.now,
            &token.expires_at,
            &token.ends_at,
        ],
    )
    .map(drop)
}

/// The product is used in this space from now on: what it may push is bound to that.
pub fn insert_use(
    tx: &mut Tx<'_>,
    product: ProductId,
    account: AccountId,
    organization: Option<OrganizationId>,
    now: Timestamp,
) -> Result<()> {
    let organization = organization.map_or(0, |id| id.as_i64());
    tx.run(
        sql!(
            "INSERT INTO product_use (account_id, product_id, organization_id, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING"
        ),
        &[&account, &product, &organization, &now],
    )
    .map(drop)
}

/// A refresh token, whatever became of it.
pub struct Refresh {
    pub id: TokenId,
    pub family: Option<TokenId>,
    pub account: AccountId,
    pub session: SessionId,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub scope: String,
    pub zones: String,
    pub resources: String,
    pub claims: Option<String>,
    pub jkt: Option<String>,
    pub expires_at: Timestamp,
    pub ends_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}
db::row!(Refresh {
    id,
    family,
    account,
    session,
    organization,
    membership,
    scope,
    zones,
    resources,
    claims,
    jkt,
    expires_at,
    ends_at,
    used_at,
    revoked_at,
});

/// A client finds its own alone.
pub fn find_refresh(tx: &mut Tx<'_>, handle: &Handle, client: ClientId) -> Result<Option<Refresh>> {
    tx.opt(
        sql!(
            "SELECT id, code_id, account_id, session_id, organization_id, membership_id, scope, zones, resources, claims,
                 jkt, expires_at, ends_at, used_at, revoked_at
             FROM token WHERE id = $1 AND token_hash = $2 AND client_id = $3 AND kind = 'refresh'"
        ),
        &[&handle.id, &handle.hash, &client],
    )
}
/// The one winner among all who bring it at the same time.
pub fn use_refresh(tx: &mut Tx<'_>, token: TokenId, now: Timestamp) -> Result<bool> {
    let used = tx.run(
        sql!("UPDATE token SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND revoked_at IS NULL"),
        &[&now, &token],
    )?;
    Ok(used > 0)
}
/// Of a client whose refresh tokens do not rotate: it was used, so it stays good for a while longer.
pub fn extend_refresh(tx: &mut Tx<'_>, token: TokenId, expires_at: Timestamp) -> Result<bool> {
    let extended = tx.run(
        sql!("UPDATE token SET expires_at = $1 WHERE id = $2 AND used_at IS NULL AND revoked_at IS NULL"),
        &[&expires_at, &token],
    )?;
    Ok(extended > 0)
}

/// A live token of an active client; whether its session lives is asked with the claims.
pub struct Live {
    pub id: TokenId,
    pub kind: TokenKind,
    pub client_id: String,
    pub product: ProductId,
    pub account: Option<AccountId>,
    pub session: Option<SessionId>,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub scope: String,
    pub zones: String,
    pub resources: String,
    pub claims: Option<String>,
    pub jkt: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ends_at: Option<Timestamp>,
}
db::row!(Live {
    id,
    kind,
    client_id,
    product,
    account,
    session,
    organization,
    membership,
    scope,
    zones,
    resources,
    claims,
    jkt,
    created_at,
    expires_at,
    ends_at,
});

pub fn find_live(statement: Statement<'_, '_>, handle: &Handle, now: Timestamp) -> Result<Option<Live>> {
    statement.opt(
        sql!(
            "SELECT t.id, t.kind, c.client_id, c.product_id, t.account_id, t.session_id, t.organization_id,
                 t.membership_id, t.scope, t.zones, t.resources, t.claims, t.jkt, t.created_at, t.expires_at, t.ends_at
             FROM token t JOIN client c ON c.id = t.client_id AND c.state = 'active'
             WHERE t.id = $1 AND t.token_hash = $2 AND t.used_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > $3"
        ),
        &[&handle.id, &handle.hash, &now],
    )
}

/// When, besides the token's own end, what was said of it may turn out otherwise by time alone: the session's end, where it
/// rests on that, and the end of the earliest proof of identity.
pub fn find_bound(
    tx: &mut Tx<'_>,
    session: SessionId,
    account: AccountId,
    away: bool,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let bounds: Option<(Timestamp, Option<Timestamp>)> = tx.opt(
        sql!(
            "SELECT s.expires_at, (SELECT MIN(i.expires_at) FROM identity_proof i
                 WHERE i.account_id = $2 AND i.revoked_at IS NULL AND i.expires_at > $3)
             FROM session s WHERE s.id = $1"
        ),
        &[&session, &account, &now],
    )?;
    Ok(bounds.map(|(session, proof)| {
        let session = if away { Timestamp::FOREVER } else { session };
        proof.map_or(session, |proof| proof.min(session))
    }))
}

/// A client's token, living or not, for its revocation: the family of a refresh token ends with it.
pub fn find_own(
    tx: &mut Tx<'_>,
    handle: &Handle,
    client: ClientId,
) -> Result<Option<(TokenKind, Option<Family>)>> {
    let found: Option<(TokenKind, Option<TokenId>, Option<SessionId>)> = tx.opt(
        sql!(
            "SELECT kind, code_id, session_id FROM token WHERE id = $1 AND token_hash = $2 AND client_id = $3"
        ),
        &[&handle.id, &handle.hash, &client],
    )?;
    Ok(found.map(|(kind, code, session)| {
        (kind, code.zip(session).map(|(code, session)| Family { code, session }))
    }))
}
