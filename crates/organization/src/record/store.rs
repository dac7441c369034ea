use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
};

pub(super) struct Membership {
    pub organization: OrganizationId,
    pub name: String,
    pub role: String,
    pub basis: String,
    pub state: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
row!(Membership {
    organization,
    name,
    role,
    basis,
    state,
    valid_from,
    valid_until,
    scope,
    reason,
    created_at,
    ended_at,
});
pub(super) fn list_memberships(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Membership>> {
    tx.all(
        sql!(
            "SELECT m.organization_id, o.name, m.role, m.basis, m.state, m.valid_from, m.valid_until, m.scope, m.reason,
                m.created_at, m.ended_at
             FROM membership m JOIN organization o ON o.id = m.organization_id WHERE m.account_id = $1 ORDER BY m.id"
        ),
        &[&account],
    )
}
pub(super) struct Grant {
    pub organization: OrganizationId,
    pub product: String,
    pub name: String,
    pub state: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub ended_at: Option<Timestamp>,
}
row!(Grant { organization, product, name, state, valid_from, valid_until, ended_at });
pub(super) fn list_grants(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Grant>> {
    tx.all(
        sql!(
            "SELECT m.organization_id, p.code, p.name_zh, g.state, g.valid_from, g.valid_until, g.ended_at
             FROM membership m JOIN product_grant g ON g.membership_id = m.id JOIN product p ON p.id = g.product_id
             WHERE m.account_id = $1 ORDER BY g.id"
        ),
        &[&account],
    )
}
pub(super) struct Application {
    pub id: ApplicationId,
    pub kind: String,
    pub organization: Option<OrganizationId>,
    pub product: Option<ProductId>,
    pub state: String,
    pub reason: Option<String>,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}
row!(Application { id, kind, organization, product, state, reason, note, created_at, decided_at });
pub(super) fn list_applications(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Application>> {
    tx.all(
        sql!(
            "SELECT id, kind, organization_id, product_id, state, reason, decision_note, created_at, decided_at
             FROM application WHERE applicant_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) struct Document {
    pub subject: String,
    pub kind: String,
    pub size: i64,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
}
row!(Document { subject, kind, size, created_at, erased_at });
pub(super) fn list_documents(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Document>> {
    tx.all(
        sql!(
            "SELECT subject_kind, kind, size, created_at, erased_at FROM document WHERE account_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) struct Invitation {
    pub organization: OrganizationId,
    pub role: String,
    pub state: String,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub own: bool,
}
row!(Invitation { organization, role, state, created_at, decided_at, own });
/// Those that the account took up, and those that it sent.
pub(super) fn list_invitations(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Invitation>> {
    tx.all(
        sql!(
            "SELECT organization_id, role, state, created_at, decided_at, inviter_id = $1
             FROM invitation WHERE account_id = $1 OR inviter_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
/// Of the live memberships, the newest first.
pub(super) fn list_names(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<(String, String)>> {
    tx.all(
        sql!(
            "SELECT o.name, o.short_name FROM membership m JOIN organization o ON o.id = m.organization_id
             WHERE m.account_id = $1 AND m.state <> 'ended' ORDER BY m.id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
