use super::store;
use crate::Roster;
use db::{Keyring, Tx};
use identity::account::{self, AccountCard};
use identity::search::{EVERYBODY, Wanted, service as search};
use kernel::{
    Error, Result,
    id::{AccountId, OrganizationId},
};
use organization::Operator;
use platform::staff::{StaffRole, StaffState, service as staff};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Candidates looked at in one step, and steps of one page: a search costs the same over a thousand people and a million.
const BATCH: i64 = 250;
const STEPS: usize = 8;
const LOGIN_NAMES: i64 = 20;
/// Organizations that are named beside a person.
const NAMED: i64 = 3;

#[derive(Clone, Debug)]
pub struct Person {
    pub card: AccountCard,
    /// At most three; true if there are more.
    pub organizations: Vec<(OrganizationId, String)>,
    pub more: bool,
}
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub people: Vec<Person>,
    /// The search goes on below this account.
    pub next: Option<AccountId>,
    /// More login names begin so than are shown.
    pub refine: bool,
}

impl Roster {
    /// A page of a search, the newest account first. Error: `staff.role_required`.
    pub async fn people(
        &self,
        by: &Operator,
        wanted: Wanted,
        below: Option<AccountId>,
        limit: usize,
    ) -> Result<Found> {
        let (by, keyring) = (by.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .read(move |tx| {
                let manager = portfolio_in(tx, &by)?;
                let (accounts, next, refine) = accounts_in(tx, &keyring, &wanted, manager, below, limit)?;
                let mut people = Vec::with_capacity(accounts.len());
                for card in account::service::cards_in(tx, &keyring, &accounts)? {
                    let mut organizations = store::list_organizations(tx, card.id, manager, NAMED + 1)?;
                    let more = organizations.len() as i64 > NAMED;
                    organizations.truncate(NAMED as usize);
                    people.push(Person { card, organizations, more });
                }
                Ok(Found { people, next, refine })
            })
            .await
    }
}
/// The manager whose organizations bound the search; None for the system administrator, who finds everybody.
fn portfolio_in(tx: &mut Tx<'_>, by: &Operator) -> Result<Option<AccountId>> {
    let refused = || Error::forbidden("staff.role_required");
    let account = by.account().ok_or_else(refused)?;
    let member = staff::find_in(tx, account)?.filter(|member| member.state == StaffState::Active);
    match member.map(|member| member.role) {
        Some(StaffRole::SystemAdministrator) => Ok(None),
        Some(StaffRole::AccountManager) => Ok(Some(account)),
        _ => Err(refused()),
    }
}
fn accounts_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    wanted: &Wanted,
    manager: Option<AccountId>,
    below: Option<AccountId>,
    limit: usize,
) -> Result<(Vec<AccountId>, Option<AccountId>, bool)> {
    let (mut found, mut refine) = (Vec::new(), false);
    if let Some(login) = wanted.login_prefix().filter(|_| below.is_none()) {
        let named = search::by_login_name_in(tx, None, login, LOGIN_NAMES)?;
        refine = named.len() as i64 == LOGIN_NAMES;
        found = visible_in(tx, named, manager)?;
        found.truncate(limit);
    }
    let mut shown: BTreeSet<AccountId> = found.iter().copied().collect();
    let terms = wanted.terms(keyring, EVERYBODY);
    if terms.is_empty() {
        return Ok((found, None, refine));
    }
    let mut below = below.unwrap_or(AccountId::from_i64(i64::MAX));
    for _ in 0..STEPS {
        let (candidates, end) = search::candidates_in(tx, EVERYBODY, &terms, below, BATCH)?;
        let visible = visible_in(tx, candidates, manager)?;
        for account in search::verified_in(tx, keyring, wanted, visible, None)? {
            if found.len() == limit {
                return Ok((found, Some(below), refine));
            }
            below = account;
            if shown.insert(account) {
                found.push(account);
            }
        }
        match end {
            None => return Ok((found, None, refine)),
            Some(end) => below = end,
        }
    }
    Ok((found, Some(below), refine))
}
/// In the order of the candidates.
fn visible_in(
    tx: &mut Tx<'_>,
    candidates: Vec<AccountId>,
    manager: Option<AccountId>,
) -> Result<Vec<AccountId>> {
    let mut visible = BTreeSet::new();
    for slice in candidates.chunks(BATCH as usize) {
        let mut ids = slice.to_vec();
        // One length, one prepared statement.
        ids.resize(BATCH as usize, ids.last().copied().unwrap_or(AccountId::from_i64(0)));
        visible.extend(store::list_visible(tx, &ids, manager)?);
    }
    Ok(candidates.into_iter().filter(|id| visible.contains(id)).collect())
}
