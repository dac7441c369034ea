use super::{AuthorityFacts, More, ProofFacts, Telling};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId, SessionId},
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

/// None once the session has ended; what holds while the person is away lasts until the session is severed.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: Option<OrganizationId>,
    session: SessionId,
    away: bool,
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
             WHERE s.id = $3 AND s.account_id = $1
                 AND (s.ended_at IS NULL AND s.expires_at > $4 OR $5 AND s.severed_at IS NULL)"
        ),
        &[&account, &organization, &session, &now, &away],
    )
}

/// What is told only to those who asked for it.
pub fn more(
    tx: &mut Tx<'_>,
    telling: &Telling<'_>,
    account: AccountId,
    membership: Option<MembershipId>,
    product: ProductId,
    now: Timestamp,
) -> Result<More> {
    let authority = match membership {
        Some(membership) if telling.wants_authority() => find_authority(tx, membership, product)?,
        _ => None,
    };
    let proof = if telling.place.verified.is_empty() { None } else { find_proof(tx, account, now)? };
    Ok(More { authority, proof })
}

fn find_authority(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    product: ProductId,
) -> Result<Option<AuthorityFacts>> {
    tx.opt(
        sql!(
            "SELECT m.role, m.basis, m.valid_from, m.valid_until, p.code, g.valid_from, g.valid_until
             FROM membership m JOIN product p ON p.id = $2
             LEFT JOIN product_grant g ON g.membership_id = m.id AND g.product_id = p.id AND g.state = 'active'
             WHERE m.id = $1"
        ),
        &[&membership, &product],
    )
}

/// The highest in force, of those the latest.
fn find_proof(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Option<ProofFacts>> {
    tx.opt(
        sql!(
            "SELECT i.level, i.method, i.proven_at, a.document_index
             FROM identity_proof i JOIN account a ON a.id = i.account_id
             WHERE i.account_id = $1 AND i.revoked_at IS NULL AND i.expires_at > $2
             ORDER BY CASE i.level WHEN 'primary' THEN 1 WHEN 'intermediate' THEN 2 WHEN 'advanced' THEN 3 ELSE 0 END DESC,
                 i.proven_at DESC, i.id DESC LIMIT 1"
        ),
        &[&account, &now],
    )
}

pub(super) fn find_sub(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>> {
    tx.opt(sql!("SELECT sub FROM account WHERE id = $1"), &[&account])
}
pub(super) fn find_sub_of_pairwise(tx: &mut Tx<'_>, subject: &str, sector: &str) -> Result<Option<String>> {
    tx.opt(
        sql!(
            "SELECT a.sub FROM pairwise_subject n JOIN account a ON a.id = n.account_id
             WHERE n.subject = $1 AND n.sector = $2"
        ),
        &[&subject, &sector],
    )
}
/// Name and subject of each that the sector uses.
pub(super) fn find_subs_of_pairwise(
    statement: Statement<'_, '_>,
    names: &[String],
    sector: &str,
) -> Result<Vec<(String, String)>> {
    let query = Query::new(
        "SELECT n.subject, a.sub FROM pairwise_subject n JOIN account a ON a.id = n.account_id WHERE TRUE",
    )
    .list(" AND n.subject IN (?)", names)
    .bind(" AND n.sector = ?", &sector);
    statement.all(query.sql(), query.params())
}
pub(super) fn insert_pairwise(
    tx: &mut Tx<'_>,
    subject: &str,
    sector: &str,
    account: AccountId,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO pairwise_subject (subject, sector, account_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        ),
        &[&subject, &sector, &account],
    )
    .map(drop)
}
pub(super) fn insert_pairwise_of_sub(tx: &mut Tx<'_>, subject: &str, sector: &str, sub: &str) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO pairwise_subject (subject, sector, account_id) SELECT $1, $2, a.id FROM account a WHERE a.sub = $3
             ON CONFLICT DO NOTHING"
        ),
        &[&subject, &sector, &sub],
    )
    .map(drop)
}
