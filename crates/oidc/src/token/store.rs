use crate::authorize::model::Scope;
use db::{Statement, Tx, sql};
use kernel::{
    Id, Result, Timestamp, TokenHash,
    id::{AccountId, ClientId, MembershipId, OrganizationId, ProductId, SessionId, mark},
};

/// A code that was just consumed.
pub struct Code {
    pub id: Id<mark::Request>,
    pub account: AccountId,
    pub session: SessionId,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub nonce: Option<String>,
    pub scope: String,
    pub zones: String,
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
    expires_at,
});

/// The one winner among all who bring the code; a client can consume its own codes alone.
pub fn consume_code(
    tx: &mut Tx<'_>,
    hash: &TokenHash,
    client: ClientId,
    now: Timestamp,
) -> Result<Option<Code>> {
    tx.opt(
        sql!(
            "UPDATE authorization_code SET consumed_at = $1
             WHERE code_hash = $2 AND client_id = $3 AND consumed_at IS NULL
             RETURNING id, account_id, session_id, organization_id, membership_id, redirect_uri, code_challenge, nonce,
                 scope, zones, expires_at"
        ),
        &[&now, hash, &client],
    )
}

/// The client's code that was consumed before, if there is one.
pub fn find_consumed(
    tx: &mut Tx<'_>,
    hash: &TokenHash,
    client: ClientId,
) -> Result<Option<Id<mark::Request>>> {
    tx.opt(
        sql!(
            "SELECT id FROM authorization_code
             WHERE code_hash = $1 AND client_id = $2 AND consumed_at IS NOT NULL"
        ),
        &[hash, &client],
    )
}

pub fn revoke_of_code(
    tx: &mut Tx<'_>,
    code: Id<mark::Request>,
    now: Timestamp,
) -> Result<Vec<Id<mark::Request>>> {
    tx.all(
        sql!("UPDATE token SET revoked_at = $1 WHERE code_id = $2 AND revoked_at IS NULL RETURNING id"),
        &[&now, &code],
    )
}

pub fn revoke_of_session(
    tx: &mut Tx<'_>,
    session: SessionId,
    now: Timestamp,
) -> Result<Vec<Id<mark::Request>>> {
    tx.all(
        sql!(
            "UPDATE token SET revoked_at = $1 WHERE session_id = $2 AND revoked_at IS NULL AND expires_at > $1
             RETURNING id"
        ),
        &[&now, &session],
    )
}

pub struct NewToken {
    pub id: Id<mark::Request>,
    pub hash: TokenHash,
    pub client: ClientId,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert(
    tx: &mut Tx<'_>,
    token: &NewToken,
    code: &Code,
    membership: Option<MembershipId>,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO token (id, token_hash, kind, code_id, client_id, account_id, session_id, organization_id,
                 membership_id, scope, zones, created_at, expires_at)
             VALUES ($1, $2, 'access', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        &[
            &token.id,
            &token.hash,
            &code.id,
            &token.client,
            &code.account,
            &code.session,
            &code.organization,
            &membership,
            &code.scope,
            &code.zones,
            &token.now,
            &token.expires_at,
        ],
    )
    .map(drop)
}

/// The product is used in this space from now on: what it may push is bound to that.
pub fn insert_use(tx: &mut Tx<'_>, product: ProductId, code: &Code, now: Timestamp) -> Result<()> {
    let organization = code.organization.map_or(0, |id| id.as_i64());
    tx.run(
        sql!(
            "INSERT INTO product_use (account_id, product_id, organization_id, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING"
        ),
        &[&code.account, &product, &organization, &now],
    )
    .map(drop)
}

/// A live access token of an active client; whether its session lives is asked with the claims.
pub struct Live {
    pub account: AccountId,
    pub session: SessionId,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub product: ProductId,
    pub scope: String,
    pub zones: String,
}
db::row!(Live { account, session, organization, membership, product, scope, zones });

pub fn find_live(tx: &mut Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<Option<Live>> {
    tx.opt(
        sql!(
            "SELECT t.account_id, t.session_id, t.organization_id, t.membership_id, c.product_id, t.scope, t.zones
             FROM token t JOIN client c ON c.id = t.client_id AND c.state = 'active'
             WHERE t.token_hash = $1 AND t.kind = 'access' AND t.revoked_at IS NULL AND t.expires_at > $2"
        ),
        &[hash, &now],
    )
}

/// The scope as it was granted.
impl Code {
    pub fn scope(&self) -> Scope {
        Scope::of_text(&self.scope)
    }
}

/// The account behind a subject, for a client that asks for a decision.
pub fn find_account(statement: Statement<'_, '_>, sub: &str) -> Result<Option<AccountId>> {
    statement.opt(sql!("SELECT id FROM account WHERE sub = $1"), &[&sub])
}
