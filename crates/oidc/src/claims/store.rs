use db::{Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, SessionId},
};
use organization::membership::Role;

/// What may be told about an account and, if it acts for one, an organization; personal columns still sealed.
pub struct Facts {
    pub account: AccountId,
    pub sub: String,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub email: Option<Vec<u8>>,
    pub email_proven: bool,
    pub organization: Option<OrganizationId>,
    pub organization_name: Option<String>,
    pub uscc: Option<String>,
    pub member_number: Option<String>,
    pub role: Option<Role>,
    /// Rank of the real-name level that the proofs in force give.
    pub level: i64,
    /// How and when the session was authenticated (RFC 8176 words with blanks between them).
    pub methods: String,
    pub authenticated_at: Timestamp,
}
db::row!(Facts {
    account,
    sub,
    login_name,
    name,
    phone,
    phone_proven,
    email,
    email_proven,
    organization,
    organization_name,
    uscc,
    member_number,
    role,
    level,
    methods,
    authenticated_at,
});

/// None once the session has ended.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: Option<OrganizationId>,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<Facts>> {
    tx.opt(
        sql!(
            "SELECT a.id, a.sub, a.login_name, a.name, a.phone, a.phone_proven, a.email, a.email_proven,
                 o.id, o.name, o.uscc, o.member_number, m.role,
                 COALESCE((SELECT CAST(MAX(CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2
                         WHEN 'advanced' THEN 3 ELSE 0 END) AS BIGINT)
                     FROM identity_proof i
                     WHERE i.account_id = a.id AND i.revoked_at IS NULL AND i.expires_at > $4), 0),
                 s.methods, s.authenticated_at
             FROM session s
             JOIN account a ON a.id = s.account_id
             LEFT JOIN organization o ON o.id = $2
             LEFT JOIN membership m ON m.organization_id = o.id AND m.account_id = a.id AND m.state <> 'ended'
             WHERE s.id = $3 AND s.account_id = $1 AND s.ended_at IS NULL AND s.expires_at > $4"
        ),
        &[&account, &organization, &session, &now],
    )
}
