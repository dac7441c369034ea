use super::model::{AccountRef, AccountState, Owner, OwnerKind};
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, PersonId},
};

pub(super) struct NewAccount {
    pub id: AccountId,
    pub sub: String,
    pub owner: Owner,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub phone_index: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub document_type: Option<&'static str>,
    pub document: Option<Vec<u8>>,
    pub document_index: Option<Vec<u8>>,
    pub unactivated: bool,
    pub now: Timestamp,
}
/// False if the id or a unique key is taken.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewAccount) -> Result<bool> {
    Ok(insert_all(tx, &[new])? == [true])
}
/// The same for many.
pub(super) fn insert_all(tx: &mut Tx<'_>, all: &[&NewAccount]) -> Result<Vec<bool>> {
    let mut statement = tx.repeat(sql!(
        "INSERT INTO account (id, sub, owner_kind, owner_organization_id, state, login_name, name, phone, phone_index,
            phone_proven, phone_proven_at, email_proven, document_type, document, document_index, rev, created_at)
         VALUES ($1, $2, $3, $4, $16, $5, $6, $7, $8, $9, $15, $10, $11, $12, $13, 1, $14)
         ON CONFLICT DO NOTHING"
    ))?;
    let mut inserted = Vec::with_capacity(all.len());
    for new in all {
        let one = statement.run(&[
            &new.id,
            &new.sub,
            &new.owner.kind(),
            &new.owner.organization(),
            &new.login_name,
            &new.name,
            &new.phone,
            &new.phone_index,
            &new.phone_proven,
            &false,
            &new.document_type,
            &new.document,
            &new.document_index,
            &new.now,
            &new.phone_proven.then_some(new.now),
            &if new.unactivated { AccountState::Unactivated } else { AccountState::Active },
        ])?;
        inserted.push(one == 1);
    }
    Ok(inserted)
}
pub(super) fn exists(tx: &mut Tx<'_>, id: AccountId) -> Result<bool> {
    tx.opt::<AccountId>(sql!("SELECT id FROM account WHERE id = $1"), &[&id]).map(|row| row.is_some())
}

pub(super) struct RefRow {
    id: AccountId,
    owner_kind: OwnerKind,
    owner: Option<OrganizationId>,
    state: AccountState,
    person: Option<PersonId>,
}
db::row!(RefRow { id, owner_kind, owner, state, person });
impl RefRow {
    fn into_ref(self) -> AccountRef {
        AccountRef {
            id: self.id,
            owner: Owner::of(self.owner_kind, self.owner),
            state: self.state,
            person: self.person,
        }
    }
}
pub(super) fn find(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountRef>> {
    let row: Option<RefRow> = tx.opt(
        sql!("SELECT id, owner_kind, owner_organization_id, state, person_id FROM account WHERE id = $1"),
        &[&id],
    )?;
    Ok(row.map(RefRow::into_ref))
}
pub(super) fn find_by_login_name(tx: &mut Tx<'_>, login_name: &str) -> Result<Option<AccountRef>> {
    let row: Option<RefRow> = tx.opt(
        sql!(
            "SELECT id, owner_kind, owner_organization_id, state, person_id FROM account
             WHERE login_name = $1 AND state <> 'closed'"
        ),
        &[&login_name],
    )?;
    Ok(row.map(RefRow::into_ref))
}
/// Who can sign in with this proven phone.
pub(super) fn find_by_phone(tx: &mut Tx<'_>, phone_index: &[u8]) -> Result<Option<AccountRef>> {
    let row: Option<RefRow> = tx.opt(
        sql!(
            "SELECT id, owner_kind, owner_organization_id, state, person_id FROM account
             WHERE phone_index = $1 AND phone_proven AND state <> 'closed'"
        ),
        &[&phone_index],
    )?;
    Ok(row.map(RefRow::into_ref))
}
/// Accounts with this document, proven ones first; a stranger's unproven entries cannot push them out.
pub(super) fn list_by_document(
    tx: &mut Tx<'_>,
    document_index: &[u8],
    limit: i64,
) -> Result<Vec<AccountRef>> {
    let rows: Vec<RefRow> = tx.all(
        sql!(
            "SELECT a.id, a.owner_kind, a.owner_organization_id, a.state, a.person_id FROM account a
             WHERE a.id IN (SELECT e.id FROM account e WHERE e.document_index = $1
                 UNION SELECT b.id FROM person p JOIN account b ON b.person_id = p.id WHERE p.document_index = $1)
                AND a.state <> 'closed'
             ORDER BY CASE WHEN a.person_id IS NULL THEN 1 ELSE 0 END, a.id LIMIT $2"
        ),
        &[&document_index, &limit],
    )?;
    Ok(rows.into_iter().map(RefRow::into_ref).collect())
}

pub(crate) struct CardRow {
    pub id: AccountId,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub state: AccountState,
    pub owner_kind: OwnerKind,
    pub owner: Option<OrganizationId>,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}
db::row!(CardRow {
    id,
    login_name,
    name,
    phone,
    phone_proven,
    state,
    owner_kind,
    owner,
    created_at,
    last_sign_in_at,
});
pub(super) fn list_cards(tx: &mut Tx<'_>, ids: &[AccountId]) -> Result<Vec<CardRow>> {
    let query = Query::new(
        "SELECT id, login_name, name, phone, phone_proven, state, owner_kind, owner_organization_id, created_at,
            last_sign_in_at FROM account",
    )
    .list(" WHERE id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(super) fn update_rev(tx: &mut Tx<'_>, id: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE account SET rev = rev + 1 WHERE id = $1"), &[&id])
}
/// Takes the row lock; the state comes back.
pub(super) fn lock_state(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountState>> {
    tx.opt(sql!("UPDATE account SET rev = rev + 1 WHERE id = $1 RETURNING state"), &[&id])
}
pub(super) fn update_name(tx: &mut Tx<'_>, id: AccountId, name: &[u8]) -> Result<u64> {
    tx.run(sql!("UPDATE account SET name = $2, rev = rev + 1 WHERE id = $1"), &[&id, &name])
}
/// False if another open account has it.
pub(super) fn update_login_name(tx: &mut Tx<'_>, id: AccountId, login_name: &str) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE account SET login_name = $2, rev = rev + 1 WHERE id = $1 AND NOT EXISTS
                (SELECT 1 FROM account o WHERE o.login_name = $2 AND o.state <> 'closed' AND o.id <> $1)"
        ),
        &[&id, &login_name],
    )?;
    Ok(updated == 1)
}
pub(super) fn find_phone(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<(Option<Vec<u8>>, bool)>> {
    tx.opt(sql!("SELECT phone, phone_proven FROM account WHERE id = $1"), &[&id])
}
pub(super) struct ContactRow {
    pub login_name: String,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub email: Option<Vec<u8>>,
    pub email_proven: bool,
}
db::row!(ContactRow { login_name, phone, phone_proven, email, email_proven });
pub(super) fn find_contact(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<ContactRow>> {
    tx.opt(
        sql!(
            "SELECT login_name, phone, phone_proven, email, email_proven FROM account
             WHERE id = $1 AND state <> 'closed'"
        ),
        &[&id],
    )
}
pub(super) fn update_phone(
    tx: &mut Tx<'_>,
    id: AccountId,
    phone: Option<Vec<u8>>,
    phone_index: Option<Vec<u8>>,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE account SET phone = $2, phone_index = $3, phone_proven = $4, phone_proven_at = NULL, rev = rev + 1
             WHERE id = $1"
        ),
        &[&id, &phone, &phone_index, &false],
    )
}
/// False if the number is proven on another open account, or there is none to prove.
pub(super) fn update_phone_proven(tx: &mut Tx<'_>, id: AccountId) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE account SET phone_proven = $2, rev = rev + 1 WHERE id = $1 AND phone_index IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM account o JOIN account a ON a.phone_index = o.phone_index
                 WHERE a.id = $1 AND o.id <> $1 AND o.phone_proven AND o.state <> 'closed')"
        ),
        &[&id, &true],
    )?;
    Ok(updated == 1)
}
pub(super) fn update_state(
    tx: &mut Tx<'_>,
    id: AccountId,
    from: AccountState,
    to: AccountState,
    closed_at: Option<Timestamp>,
) -> Result<bool> {
    let updated = tx.run(
        sql!("UPDATE account SET state = $3, closed_at = $4, rev = rev + 1 WHERE id = $1 AND state = $2"),
        &[&id, &from, &to, &closed_at],
    )?;
    Ok(updated == 1)
}
pub(super) fn update_person(
    tx: &mut Tx<'_>,
    id: AccountId,
    person: PersonId,
    document_type: &str,
    document: &[u8],
    document_index: &[u8],
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE account SET person_id = $2, document_type = $3, document = $4, document_index = $5, rev = rev + 1
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM account o JOIN account a ON a.owner_kind = o.owner_kind
                AND (a.owner_organization_id = o.owner_organization_id OR a.owner_kind = 'self_owned')
                WHERE a.id = $1 AND o.id <> $1 AND o.person_id = $2 AND o.state <> 'closed')"
        ),
        &[&id, &person, &document_type, &document, &document_index],
    )?;
    Ok(updated == 1)
}
pub(super) fn delete_person(tx: &mut Tx<'_>, id: AccountId) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE account SET person_id = NULL, document_type = NULL, document = NULL, document_index = NULL,
                rev = rev + 1 WHERE id = $1"
        ),
        &[&id],
    )
}
pub(crate) fn update_last_sign_in(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<u64> {
    tx.run(sql!("UPDATE account SET last_sign_in_at = $2 WHERE id = $1"), &[&id, &now])
}
pub(super) fn has_signed_in(tx: &mut Tx<'_>, id: AccountId) -> Result<bool> {
    let found: Option<AccountId> =
        tx.opt(sql!("SELECT id FROM account WHERE id = $1 AND last_sign_in_at IS NOT NULL"), &[&id])?;
    Ok(found.is_some())
}
pub(super) struct PhoneRow {
    pub state: AccountState,
    pub phone_index: Option<Vec<u8>>,
    pub proven: bool,
    pub proven_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
db::row!(PhoneRow { state, phone_index, proven, proven_at, created_at });
/// Takes the row lock and reads what signing in by SMS asks.
pub(super) fn lock_phone(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<PhoneRow>> {
    tx.opt(
        sql!(
            "UPDATE account SET rev = rev + 1 WHERE id = $1
             RETURNING state, phone_index, phone_proven, phone_proven_at, created_at"
        ),
        &[&id],
    )
}
pub(super) fn update_phone_confirmed(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<u64> {
    tx.run(sql!("UPDATE account SET phone_proven_at = $2 WHERE id = $1 AND phone_proven"), &[&id, &now])
}
pub(super) fn insert_acceptance(
    tx: &mut Tx<'_>,
    account: AccountId,
    document: &str,
    version: &str,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO acceptance (account_id, document, version, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, document, version) DO NOTHING"
        ),
        &[&account, &document, &version, &now],
    )
}
