use super::model::{Asked, From, Key, Listed, Narrow};
use super::store;
use crate::Organizations;
use crate::membership::{MemberRow, OrganizationAdministrator};
use db::{Keyring, Tx};
use identity::search::{EVERYBODY, Wanted, service as search};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Members who joined with an account of their own are looked at one by one up to here; more are found among everybody.
const FEW: i64 = 2000;
/// Candidates looked at in one step, and steps of one page: a page costs the same in an organization of any size.
const BATCH: i64 = 250;
const STEPS: usize = 6;
/// Login names that are shown of those that begin as typed.
const LOGIN_NAMES: i64 = 20;

impl Organizations {
    /// A page of the list; `limit` rows at most.
    pub async fn directory(
        &self,
        by: &OrganizationAdministrator,
        asked: Asked,
        limit: usize,
        now: Timestamp,
    ) -> Result<Listed> {
        let (organization, keyring) = (by.organization(), Arc::clone(self.db().keyring()));
        self.db().read(move |tx| page_in(tx, &keyring, organization, &asked, limit, now)).await
    }
}

fn page_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    organization: OrganizationId,
    asked: &Asked,
    limit: usize,
    now: Timestamp,
) -> Result<Listed> {
    let narrow = Narrow {
        state: asked.state,
        role: asked.role,
        expiry: asked.expiry,
        holds: asked.holds,
        now,
        soon: now.plus_days(30),
    };
    if let Some(wanted) = asked.wanted.as_ref().filter(|wanted| **wanted != Wanted::Everybody) {
        let below = match asked.from {
            From::Below(account) => Some(account),
            _ => None,
        };
        return found_in(tx, keyring, organization, wanted, &narrow, below, limit);
    }
    let mut rows = store::list(tx, organization, &narrow, asked.from, limit as i64 + 1)?;
    let more = rows.len() > limit;
    let backwards = matches!(asked.from, From::After(_));
    if more && backwards {
        rows.remove(0);
    } else if more {
        rows.pop();
    }
    let (has_newer, has_older) = match asked.from {
        From::After(_) => (more, true),
        From::Before(_) => (true, more),
        From::Start | From::Below(_) => (false, more),
    };
    Ok(Listed {
        newer: rows.first().filter(|_| has_newer).map(Key::of),
        older: rows.last().filter(|_| has_older).map(Key::of),
        rows,
        ..Listed::default()
    })
}

/// A page of a search: login names that begin so, then everybody with the terms, the newest account first.
fn found_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    organization: OrganizationId,
    wanted: &Wanted,
    narrow: &Narrow,
    below: Option<AccountId>,
    limit: usize,
) -> Result<Listed> {
    let mut listed = Listed::default();
    let few = store::count_joined(tx, organization, FEW + 1)? <= FEW;
    let login = wanted.login_prefix();
    if let Some(login) = login.filter(|_| below.is_none()) {
        let mut named = search::by_login_name_in(tx, Some(organization), login, LOGIN_NAMES)?;
        listed.refine = named.len() as i64 == LOGIN_NAMES;
        if few {
            named.extend(store::list_joined_by_login_name(tx, organization, login, LOGIN_NAMES)?);
        }
        if !named.is_empty() {
            listed.rows = store::list_among(tx, organization, &named, narrow, None)?;
            listed.rows.truncate(limit);
        }
    }
    let owned = wanted.terms(keyring, organization.as_i64());
    let everybodys = wanted.terms(keyring, EVERYBODY);
    if owned.is_empty() {
        return Ok(listed);
    }
    let mut below = below.unwrap_or(AccountId::from_i64(i64::MAX));
    for _ in 0..STEPS {
        let (managed, managed_end) = search::candidates_in(tx, organization.as_i64(), &owned, below, BATCH)?;
        let (joined, joined_end) = if few {
            let joined = store::list_joined_with(tx, organization, &everybodys, below, BATCH)?;
            let end = joined.last().copied().filter(|_| joined.len() as i64 == BATCH);
            (joined, end)
        } else {
            search::candidates_in(tx, EVERYBODY, &everybodys, below, BATCH)?
        };
        // What lies below the nearer end waits for the next step, so that the order holds.
        let end = managed_end.max(joined_end);
        let ids: BTreeSet<AccountId> =
            managed.into_iter().chain(joined).filter(|id| end.is_none_or(|end| *id >= end)).collect();
        let ids: Vec<AccountId> = ids.into_iter().rev().collect();
        let rows = fitting_in(tx, keyring, organization, wanted, ids, narrow, login)?;
        for row in rows {
            if listed.rows.len() == limit {
                // The page is full: the search goes on below the last one shown.
                listed.next = Some(below);
                return Ok(listed);
            }
            below = row.account;
            listed.rows.push(row);
        }
        match end {
            None => return Ok(listed),
            Some(end) => below = end,
        }
    }
    listed.next = Some(below);
    Ok(listed)
}
fn fitting_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    organization: OrganizationId,
    wanted: &Wanted,
    mut ids: Vec<AccountId>,
    narrow: &Narrow,
    login: Option<&str>,
) -> Result<Vec<MemberRow>> {
    let mut rows = Vec::new();
    if ids.is_empty() {
        return Ok(rows);
    }
    // One length, one prepared statement.
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_multiple_of(BATCH as usize), last);
    }
    for slice in ids.chunks(BATCH as usize) {
        rows.extend(store::list_among(tx, organization, slice, narrow, login)?);
    }
    let members = rows.iter().map(|row| row.account).collect();
    let fitting: BTreeSet<AccountId> =
        search::verified_in(tx, keyring, wanted, members, Some(organization))?.into_iter().collect();
    rows.retain(|row| fitting.contains(&row.account));
    Ok(rows)
}
