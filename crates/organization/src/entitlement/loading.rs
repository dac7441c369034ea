//! Reading the index from the database, page by page, and again what the change log names.
use super::index::{Index, Unfinished};
use super::store::{self, AccountRows, CatalogRows, OrganizationRows, Range};
use db::Db;
use kernel::Result;
use std::collections::BTreeSet;

/// Rows of one read: a few milliseconds of one reader.
const PAGE: i64 = 1_000;
/// Accounts or organizations that are read again at a time.
pub(super) const MOST_AGAIN: usize = 200;

/// What a change may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Changed {
    Account(i64),
    Membership(i64),
    Grant(i64),
    Organization(i64),
    Admission(i64),
    Contract(i64),
    Catalog,
}
impl Changed {
    /// None for what no decision reads.
    pub fn of(topic: &str, key: i64) -> Option<Self> {
        Some(match topic {
            "account" => Self::Account(key),
            "membership" => Self::Membership(key),
            "grant" => Self::Grant(key),
            "organization" => Self::Organization(key),
            "admission" => Self::Admission(key),
            "contract" => Self::Contract(key),
            "product" | "organization_type" | "contract_type" => Self::Catalog,
            _ => return None,
        })
    }
}

/// Rows read again.
pub(super) struct Again {
    catalog: Option<CatalogRows>,
    organizations: Vec<OrganizationRows>,
    accounts: Vec<AccountRows>,
}
impl Again {
    /// In one snapshot.
    pub async fn read(db: &Db, changed: Vec<Changed>) -> Result<Self> {
        db.read(move |tx| {
            let (mut accounts, mut organizations, mut catalog) = (BTreeSet::new(), BTreeSet::new(), false);
            for change in &changed {
                match change {
                    Changed::Account(id) => drop(accounts.insert(*id)),
                    Changed::Membership(id) => accounts.extend(store::find_account_of_membership(tx, *id)?),
                    Changed::Grant(id) => accounts.extend(store::find_account_of_grant(tx, *id)?),
                    Changed::Organization(id) => drop(organizations.insert(*id)),
                    Changed::Admission(id) => {
                        organizations.extend(store::find_organization_of_admission(tx, *id)?);
                    }
                    Changed::Contract(id) => {
                        organizations.extend(store::find_organization_of_contract(tx, *id)?);
                    }
                    Changed::Catalog => catalog = true,
                }
            }
            // A contract may be of a type that is new itself.
            let catalog = if catalog || !organizations.is_empty() { Some(store::catalog(tx)?) } else { None };
            let organizations = organizations
                .into_iter()
                .map(|id| store::organizations(tx, Range::one(id), 1))
                .collect::<Result<_>>()?;
            let accounts = accounts
                .into_iter()
                .map(|id| store::accounts(tx, Range::one(id), 1))
                .collect::<Result<_>>()?;
            Ok(Self { catalog, organizations, accounts })
        })
        .await
    }
    pub fn apply(self, index: &mut Index, now: kernel::Timestamp) -> Result<()> {
        if let Some(rows) = self.catalog {
            index.organizations.set_catalog(rows)?;
        }
        for rows in self.organizations {
            index.put_organizations(rows, now);
        }
        for rows in self.accounts {
            index.put_accounts(rows, now);
        }
        Ok(())
    }
}

/// An index on its way: one page a step, so that changes are read in between.
pub(super) struct Loading {
    unfinished: Unfinished,
    next: Next,
    /// What changed since it was begun; read again at the end.
    pub touched: BTreeSet<Changed>,
}
enum Next {
    Catalog,
    Organizations(i64),
    Accounts(i64),
    Done,
}
impl Loading {
    pub fn new() -> Self {
        Self { unfinished: Unfinished::default(), next: Next::Catalog, touched: BTreeSet::new() }
    }
    /// True when everything is read.
    pub async fn step(&mut self, db: &Db) -> Result<bool> {
        let now = db.clock().now();
        match self.next {
            Next::Catalog => {
                self.unfinished.set_catalog(db.read(store::catalog).await?)?;
                self.next = Next::Organizations(0);
            }
            Next::Organizations(after) => {
                let range = Range { after, to: i64::MAX };
                let rows = db.read(move |tx| store::organizations(tx, range, PAGE)).await?;
                self.next = match rows.organizations.last() {
                    Some(last) => Next::Organizations(last.id),
                    None => Next::Accounts(0),
                };
                self.unfinished.add_organizations(rows, now);
            }
            Next::Accounts(after) => {
                let range = Range { after, to: i64::MAX };
                let rows = db.read(move |tx| store::accounts(tx, range, PAGE)).await?;
                self.next = match rows.accounts.last() {
                    Some(last) => Next::Accounts(last.id),
                    None => Next::Done,
                };
                self.unfinished.add_accounts(rows, now);
            }
            Next::Done => {}
        }
        Ok(matches!(self.next, Next::Done))
    }
    /// Sorting a million takes a moment: call it where that keeps nobody waiting. None: begin again.
    pub fn finish(self) -> Option<(Index, BTreeSet<Changed>)> {
        let Self { unfinished, touched, .. } = self;
        Some((unfinished.finish()?, touched))
    }
}
