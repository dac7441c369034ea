//! Keeping the terms true, and opening what a search may have found.
use super::model::{Wanted, terms_of};
use super::store;
use crate::account::{AccountState, service};
use db::{Keyring, Tx};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};
use std::collections::BTreeSet;

/// Goes around every change of name, phone, document or state: terms that are gone are deleted, new ones inserted.
pub(crate) fn refreshed_in<T>(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: AccountId,
    change: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    let before = terms_in(tx, keyring, id)?;
    let value = change(tx)?;
    let after = terms_in(tx, keyring, id)?;
    for (scope, term) in before.difference(&after) {
        store::delete(tx, *scope, *term, id)?;
    }
    let new: Vec<_> = after.difference(&before).map(|(scope, term)| (*scope, *term, id)).collect();
    store::insert(tx, &new)?;
    Ok(value)
}
/// Nobody finds the account any more: before it is closed.
pub fn forget_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId) -> Result<()> {
    for (scope, term) in terms_in(tx, keyring, id)? {
        store::delete(tx, scope, term, id)?;
    }
    Ok(())
}
fn terms_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId) -> Result<BTreeSet<(i64, i64)>> {
    let Some(row) = store::list(tx, &[id])?.into_iter().next() else { return Ok(BTreeSet::new()) };
    if row.state == AccountState::Closed {
        return Ok(BTreeSet::new());
    }
    let opened = open(keyring, &row)?;
    let owner = row.owner.map(|owner| owner.as_i64());
    Ok(terms_of(keyring, owner, &opened.name, opened.phone.as_deref(), opened.document.as_deref())
        .into_iter()
        .collect())
}
/// Prepared terms of new accounts: (scope, term, account). In the order of the key, which touches each page once.
pub fn insert_in(tx: &mut Tx<'_>, terms: &[(i64, i64, AccountId)]) -> Result<()> {
    store::insert(tx, terms)
}

struct Opened {
    name: String,
    phone: Option<String>,
    document: Option<String>,
}
fn open(keyring: &Keyring, row: &store::Searched) -> Result<Opened> {
    let id = row.id.as_i64();
    let number = |column, sealed: &Option<Vec<u8>>| {
        sealed.as_ref().map(|sealed| keyring.open(column, id, sealed)).transpose()
    };
    Ok(Opened {
        name: service::open_name(keyring, row.id, &row.name)?,
        phone: number(service::PHONE, &row.phone)?,
        document: number(service::DOCUMENT, &row.document)?,
    })
}
/// Those of the candidates that are meant, in their order. For an organization the documents of its own accounts count alone:
/// who joined with an account of their own showed it none, and it cannot try one on them either.
pub fn verified_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    wanted: &Wanted,
    candidates: Vec<AccountId>,
    organization: Option<OrganizationId>,
) -> Result<Vec<AccountId>> {
    if wanted.is_certain() || candidates.is_empty() {
        return Ok(candidates);
    }
    let mut fitting = BTreeSet::new();
    for slice in candidates.chunks(500) {
        for row in store::list(tx, slice)? {
            let opened = open(keyring, &row)?;
            let shown = organization.is_none() || row.owner == organization;
            let document = opened.document.as_deref().filter(|_| shown);
            if wanted.fits(&opened.name, opened.phone.as_deref(), document) {
                fitting.insert(row.id);
            }
        }
    }
    Ok(candidates.into_iter().filter(|id| fitting.contains(id)).collect())
}

/// Most candidates that one step of a search looks at: what it costs is bounded, however common the term.
pub const STEP: i64 = 1000;
/// Accounts that have every term, the newest first, and from where a next step goes on; None at the end. Few or none may
/// come back although there are more.
pub fn candidates_in(
    tx: &mut Tx<'_>,
    scope: i64,
    terms: &[i64],
    below: AccountId,
    most: i64,
) -> Result<(Vec<AccountId>, Option<AccountId>)> {
    match terms {
        [] => Ok((Vec::new(), None)),
        [term] => {
            let found = store::list_with(tx, scope, *term, below, most)?;
            let next = if (found.len() as i64) < most { None } else { found.last().copied() };
            Ok((found, next))
        }
        many => {
            let mut counted = Vec::with_capacity(many.len());
            for term in many {
                counted.push((store::count(tx, scope, *term, STEP * 3)?, *term));
            }
            counted.sort_unstable();
            let ordered: Vec<i64> = counted.into_iter().map(|(_, term)| term).take(5).collect();
            let Some((rarest, others)) = ordered.split_first() else { return Ok((Vec::new(), None)) };
            let found = store::list_with_all(tx, scope, (*rarest, others), below, STEP)?;
            Ok((found, store::find_end(tx, scope, *rarest, below, STEP)?))
        }
    }
}
/// Open accounts whose login name begins with the text; of one owner, or of all.
pub fn by_login_name_in(
    tx: &mut Tx<'_>,
    owner: Option<OrganizationId>,
    typed: &str,
    limit: i64,
) -> Result<Vec<AccountId>> {
    match owner {
        Some(owner) => store::list_owned_by_login_name(tx, owner, typed, limit),
        None => store::list_by_login_name(tx, typed, limit),
    }
}
