use crate::account::OwnerKind;
use db::{Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};

/// The account as its holder sees it.
pub(in crate::account) struct OwnRow {
    pub owner_kind: OwnerKind,
    pub owner: Option<OrganizationId>,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub phone_proven_at: Option<Timestamp>,
    pub email: Option<Vec<u8>>,
    pub email_proven: bool,
    pub employer: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub password_set_at: Option<Timestamp>,
    pub closing_due: Option<Timestamp>,
    pub sub: String,
}
db::row!(OwnRow {
    owner_kind,
    owner,
    login_name,
    name,
    phone,
    phone_proven,
    phone_proven_at,
    email,
    email_proven,
    employer,
    created_at,
    password_set_at,
    closing_due,
    sub,
});
pub(in crate::account) fn find_own(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<OwnRow>> {
    tx.opt(
        sql!(
            "SELECT a.owner_kind, a.owner_organization_id, a.login_name, a.name, a.phone, a.phone_proven,
                a.phone_proven_at, a.email, a.email_proven, p.employer, a.created_at, w.set_at, c.due_at, a.sub
             FROM account a LEFT JOIN profile p ON p.account_id = a.id LEFT JOIN password w ON w.account_id = a.id
             LEFT JOIN closing c ON c.account_id = a.id WHERE a.id = $1"
        ),
        &[&id],
    )
}
pub(in crate::account) fn upsert_employer(
    tx: &mut Tx<'_>,
    id: AccountId,
    employer: Option<&[u8]>,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO profile (account_id, employer) VALUES ($1, $2)
             ON CONFLICT (account_id) DO UPDATE SET employer = $2"
        ),
        &[&id, &employer],
    )
}
/// Takes a proven number from the account that holds it, unless that one proved it at or after `since`.
pub(in crate::account) fn release_phone(
    tx: &mut Tx<'_>,
    phone_index: &[u8],
    except: AccountId,
    since: Timestamp,
) -> Result<Option<AccountId>> {
    tx.opt(
        sql!(
            "UPDATE account SET phone_proven = $4, rev = rev + 1
             WHERE phone_index = $1 AND phone_proven AND state <> 'closed' AND id <> $2
                AND COALESCE(phone_proven_at, created_at) < $3 RETURNING id"
        ),
        &[&phone_index, &except, &since, &false],
    )
}
/// A number or address whose code was right. `phone` and `email` are column, index.
pub(in crate::account) fn update_phone_to(
    tx: &mut Tx<'_>,
    id: AccountId,
    (phone, index): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE account SET phone = $2, phone_index = $3, phone_proven = $4, phone_proven_at = $5, rev = rev + 1
             WHERE id = $1 AND state <> 'closed'"
        ),
        &[&id, &phone, &index, &true, &now],
    )
}
pub(in crate::account) fn update_email_to(
    tx: &mut Tx<'_>,
    id: AccountId,
    (email, index): (&[u8], &[u8]),
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE account SET email = $2, email_index = $3, email_proven = $4, rev = rev + 1
             WHERE id = $1 AND state <> 'closed'"
        ),
        &[&id, &email, &index, &true],
    )
}

/// False if the holder asked before.
pub(in crate::account) fn insert_closing(
    tx: &mut Tx<'_>,
    id: AccountId,
    now: Timestamp,
    due: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!("INSERT INTO closing (account_id, asked_at, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
        &[&id, &now, &due],
    )?;
    Ok(inserted == 1)
}
pub(in crate::account) fn delete_closing(tx: &mut Tx<'_>, id: AccountId) -> Result<bool> {
    Ok(tx.run(sql!("DELETE FROM closing WHERE account_id = $1"), &[&id])? == 1)
}
pub(in crate::account) fn list_closing_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<AccountId>> {
    tx.all(
        sql!("SELECT account_id FROM closing WHERE due_at <= $1 ORDER BY due_at LIMIT $2"),
        &[&now, &limit],
    )
}
/// The one that makes the last step; nobody else does.
pub(in crate::account) fn take_closing_due(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<bool> {
    Ok(tx.run(sql!("DELETE FROM closing WHERE account_id = $1 AND due_at <= $2"), &[&id, &now])? == 1)
}
pub(in crate::account) fn put_off_closing(tx: &mut Tx<'_>, id: AccountId, until: Timestamp) -> Result<u64> {
    tx.run(sql!("UPDATE closing SET due_at = $2 WHERE account_id = $1"), &[&id, &until])
}
pub(in crate::account) fn find_closing(
    tx: &mut Tx<'_>,
    id: AccountId,
) -> Result<Option<(Timestamp, Timestamp)>> {
    tx.opt(sql!("SELECT asked_at, due_at FROM closing WHERE account_id = $1"), &[&id])
}
/// What is personal goes; what the audit refers to stays.
pub(in crate::account) fn erase(tx: &mut Tx<'_>, id: AccountId, login_name: &str, name: &[u8]) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE account SET login_name = $2, name = $3, phone = NULL, phone_index = NULL, phone_proven = $4,
                phone_proven_at = NULL, email = NULL, email_index = NULL, email_proven = $4, person_id = NULL,
                document_type = NULL, document = NULL, document_index = NULL, last_organization_id = NULL,
                rev = rev + 1 WHERE id = $1"
        ),
        &[&id, &login_name, &name, &false],
    )?;
    tx.run(sql!("DELETE FROM password WHERE account_id = $1"), &[&id])?;
    tx.run(sql!("DELETE FROM password_history WHERE account_id = $1"), &[&id])?;
    tx.run(sql!("DELETE FROM profile WHERE account_id = $1"), &[&id])?;
    tx.run(sql!("UPDATE session SET address = NULL, user_agent = NULL WHERE account_id = $1"), &[&id])?;
    Ok(())
}
/// Messages unread (to 99) and when the account closes: what every page of the application shows.
pub(in crate::account) fn find_badges(
    statement: db::Statement<'_, '_>,
    id: AccountId,
) -> Result<(i64, Option<Timestamp>)> {
    statement.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM notice WHERE account_id = $1 AND read_at IS NULL LIMIT 99) n),
                (SELECT due_at FROM closing WHERE account_id = $1)"
        ),
        &[&id],
    )
}
pub(in crate::account) fn list_acceptances(
    tx: &mut Tx<'_>,
    id: AccountId,
) -> Result<Vec<(String, String, Timestamp)>> {
    tx.all(
        sql!("SELECT document, version, at FROM acceptance WHERE account_id = $1 ORDER BY at, document"),
        &[&id],
    )
}
