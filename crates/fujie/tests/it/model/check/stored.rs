//! The store against the oracle's lists.
use super::super::call::Call;
use super::super::oracle::{Account, Owner, Standing, State};
use super::Run;
use anyhow::{Result, bail, ensure};
use kernel::id::{AccountId, MembershipId, OrganizationId};
use organization::membership::Role;
use std::collections::{BTreeMap, BTreeSet};

db::row!(MemberRow { id, place, account, role, state, until });
struct MemberRow {
    id: MembershipId,
    place: OrganizationId,
    account: AccountId,
    role: Role,
    state: String,
    until: i64,
}
db::row!(AccountRow { id, login, state, owner, name, phone });
struct AccountRow {
    id: AccountId,
    login: String,
    state: String,
    owner: Option<OrganizationId>,
    name: Vec<u8>,
    phone: Option<Vec<u8>>,
}
db::row!(PlaceRow { id, name, head, address, state, rev });
struct PlaceRow {
    id: OrganizationId,
    name: String,
    head: Option<String>,
    address: Option<String>,
    state: String,
    rev: i64,
}
struct Found {
    members: Vec<MemberRow>,
    accounts: Vec<AccountRow>,
    places: Vec<PlaceRow>,
    grants: Vec<(MembershipId, kernel::id::ProductId)>,
}

impl Run<'_> {
    async fn look(&self) -> Result<Found> {
        let places: Vec<OrganizationId> = self.oracle.places.iter().map(|one| one.id).collect();
        let [a, b, c] = places.as_slice() else { bail!("three organizations") };
        let (a, b, c) = (*a, *b, *c);
        let people: Vec<AccountId> =
            self.oracle.accounts.iter().filter(|one| one.phone.is_some()).map(|one| one.id).collect();
        let found = self.world.db().read(move |tx| {
            let people = people.clone();
            let members = tx.all(
                "SELECT id, organization_id, account_id, role, state, valid_until FROM membership
                WHERE organization_id IN ($1, $2, $3) AND state <> 'ended'",
                &[&a, &b, &c],
            )?;
            let mut accounts: Vec<AccountRow> = tx.all(
                "SELECT id, login_name, state, owner_organization_id, name, phone FROM account
                WHERE owner_organization_id IN ($1, $2, $3)",
                &[&a, &b, &c],
            )?;
            for id in &people {
                let own = tx.opt(
                    "SELECT id, login_name, state, owner_organization_id, name, phone FROM account WHERE id = $1",
                    &[id],
                )?;
                accounts.extend(own);
            }
            let places = tx.all(
                "SELECT id, name, head_name, address, state, rev FROM organization WHERE id IN ($1, $2, $3)",
                &[&a, &b, &c],
            )?;
            let grants = tx.all(
                "SELECT g.membership_id, g.product_id FROM product_grant g JOIN membership m ON m.id = g.membership_id
                WHERE m.organization_id IN ($1, $2, $3) AND g.state <> 'ended'",
                &[&a, &b, &c],
            )?;
            Ok(Found { members, accounts, places, grants })
        });
        Ok(found.await?)
    }
    /// The whole store of these organizations against the oracle's lists.
    pub(super) async fn compare(&mut self, call: Option<&Call>, by: Option<usize>) -> Result<()> {
        let found = self.look().await?;
        let mut faults = Vec::new();
        // Memberships: who, where, as what, in which state, until when.
        let mut wanted: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for (index, member) in self.oracle.members.iter().enumerate().filter(|(_, member)| member.live()) {
            let (place, account) = (&self.oracle.places[member.place], &self.oracle.accounts[member.account]);
            wanted.insert((place.id.as_i64(), account.id.as_i64()), index);
        }
        let mut ids: BTreeMap<i64, usize> = BTreeMap::new();
        for row in &found.members {
            let Some(index) = wanted.remove(&(row.place.as_i64(), row.account.as_i64())) else {
                faults.push(format!("a membership too many: {:?} of {}", row.role, row.place));
                continue;
            };
            let member = &mut self.oracle.members[index];
            let state = if member.state == State::Active { "active" } else { "suspended" };
            if member.id.get_or_insert(row.id) != &row.id {
                faults.push(format!("membership {index} is another row"));
            }
            if (row.role, row.state.as_str(), row.until) != (member.role, state, member.until) {
                faults.push(format!(
                    "{} is {:?} {} until {}, and should be {member:?}",
                    self.oracle.accounts[member.account].login, row.role, row.state, row.until
                ));
            }
            ids.insert(row.id.as_i64(), index);
        }
        faults
            .extend(wanted.values().map(|index| format!("no membership: {:?}", self.oracle.members[*index])));
        // Grants.
        let mut grants: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (member, product) in &found.grants {
            let product = self.world.products.iter().position(|one| one == product).unwrap_or(usize::MAX);
            match ids.get(&member.as_i64()) {
                Some(index) => drop(grants.insert((*index, product))),
                None => faults.push("a grant without a membership".to_owned()),
            }
        }
        let members = self.oracle.members.iter().enumerate();
        let right: BTreeSet<(usize, usize)> = members
            .flat_map(|(index, member)| member.granted.iter().map(move |product| (index, *product)))
            .collect();
        if grants != right {
            faults.push(format!("grants are {grants:?} and should be {right:?}"));
        }
        self.compare_accounts(found.accounts, call, &mut faults);
        self.compare_places(&found.places, call, by, &mut faults);
        ensure!(faults.is_empty(), "{}", faults.join("; "));
        Ok(())
    }
    /// Accounts: owner and state; name and phone only where the call was about them.
    fn compare_accounts(&mut self, found: Vec<AccountRow>, call: Option<&Call>, faults: &mut Vec<String>) {
        let edited = match call {
            Some(Call::Edit { member, .. }) => {
                Some(self.oracle.accounts[self.oracle.members[*member].account].id)
            }
            _ => None,
        };
        let mut left: BTreeMap<i64, &Account> = self
            .oracle
            .accounts
            .iter()
            .filter(|one| one.owner != Owner::Themselves || one.phone.is_some())
            .map(|one| (one.id.as_i64(), one))
            .collect();
        for row in found {
            let Some(account) = left.remove(&row.id.as_i64()) else {
                faults.push(format!("an account too many: {}", row.login));
                continue;
            };
            let owner = match account.owner {
                Owner::Themselves => None,
                Owner::Organization(place) => Some(self.oracle.places[place].id),
            };
            let state = match account.standing {
                Standing::Unactivated => "unactivated",
                Standing::Active => "active",
                Standing::Disabled => "disabled",
                Standing::Closed => "closed",
            };
            if (row.login.as_str(), row.state.as_str(), row.owner) != (account.login.as_str(), state, owner) {
                faults.push(format!(
                    "{} is {} of {:?}, and should be {state}",
                    row.login, row.state, row.owner
                ));
            }
            let now = (row.name, row.phone);
            let before = self.sealed.insert(row.id.as_i64(), now.clone());
            if edited != Some(row.id) && before.is_some_and(|before| before != now) {
                faults.push(format!("name or phone of {} changed", row.login));
            }
        }
        faults.extend(left.values().map(|one| format!("no account {}", one.login)));
    }
    /// Organizations: what is on record; a row that the call was not about is not even locked.
    fn compare_places(
        &mut self,
        found: &[PlaceRow],
        call: Option<&Call>,
        by: Option<usize>,
        faults: &mut Vec<String>,
    ) {
        let about = call.and_then(|call| self.about(call));
        for row in found {
            let Some((index, place)) =
                self.oracle.places.iter().enumerate().find(|(_, one)| one.id == row.id)
            else {
                continue;
            };
            let state = if place.suspended { "suspended" } else { "active" };
            let is = (
                row.name.as_str(),
                row.head.as_deref(),
                row.address.as_deref().unwrap_or(""),
                row.state.as_str(),
            );
            if is != (place.name.as_str(), Some(place.head_name.as_str()), place.address.as_str(), state) {
                faults.push(format!("the record of {} is {is:?}", place.name));
            }
            let before = self.revisions.insert(row.id.as_i64(), row.rev);
            let foreign = call.is_some() && about != Some(index);
            if foreign && before.is_some_and(|before| before != row.rev) {
                faults.push(format!("{} was touched by {by:?}", place.name));
            }
        }
    }
    /// The organization that a call addresses.
    pub(super) fn about(&self, call: &Call) -> Option<usize> {
        Some(match call {
            Call::Answer { invitation, .. } => self.oracle.invitations[*invitation].place,
            Call::DeskDecide { application, .. }
            | Call::DecideReplacement { application, .. }
            | Call::TakeBack { application }
            | Call::Complete { application } => self.oracle.applications[*application].place,
            Call::Part { merged } => self.oracle.merged[*merged].place,
            Call::RunOut { .. } | Call::AddFactor { .. } => return None,
            Call::Create { place, .. }
            | Call::Invite { place, .. }
            | Call::Revoke { place, .. }
            | Call::Apply { place, .. }
            | Call::Decide { place, .. }
            | Call::Import { place, .. }
            | Call::Edit { place, .. }
            | Call::Suspend { place, .. }
            | Call::Renew { place, .. }
            | Call::Delete { place, .. }
            | Call::Leave { place }
            | Call::Reset { place, .. }
            | Call::Factors { place, .. }
            | Call::Grant { place, .. }
            | Call::OwnRecord { place }
            | Call::Look { place, .. }
            | Call::LookAt { place, .. }
            | Call::Export { place }
            | Call::Claim { place }
            | Call::Confirm { place, .. }
            | Call::AskReplacement { place, .. }
            | Call::DeskCreate { place, .. }
            | Call::DeskInvite { place, .. }
            | Call::DeskEnd { place, .. }
            | Call::DeskSuspend { place, .. }
            | Call::DeskReset { place, .. }
            | Call::DeskRename { place }
            | Call::Hold { place, .. }
            | Call::Extra { place }
            | Call::Merge { place, .. }
            | Call::Mixed { place, .. } => *place,
        })
    }
    /// Invitations, applications and who waits for a head, at the end of a sequence.
    pub(super) async fn compare_papers(&self) -> Result<()> {
        let oracle = &self.oracle;
        for one in &oracle.invitations {
            let id = one.id;
            let read = self.world.db().read(move |tx| {
                tx.one::<(OrganizationId, Role, String)>(
                    "SELECT organization_id, role, state FROM invitation WHERE id = $1",
                    &[&id],
                )
            });
            let (place, role, state) = read.await?;
            let right = format!("{:?}", one.state).to_lowercase();
            ensure!(
                (place, role, state.as_str()) == (oracle.places[one.place].id, one.role, right.as_str()),
                "an invitation is {role:?} {state} and should be {one:?}"
            );
        }
        for one in &oracle.applications {
            let id = one.id;
            let read = self
                .world
                .db()
                .read(move |tx| tx.one::<String>("SELECT state FROM application WHERE id = $1", &[&id]));
            let state = read.await?.replace('_', "");
            let right = format!("{:?}", one.state).to_lowercase();
            ensure!(state == right, "an application is {state} and should be {one:?}");
        }
        for (index, place) in oracle.places.iter().enumerate() {
            let id = place.id;
            let read = self.world.db().read(move |tx| {
                tx.all::<MembershipId>(
                    "SELECT s.membership_id FROM succession_member s JOIN succession c ON c.id = s.succession_id
                    JOIN membership m ON m.id = s.membership_id WHERE c.organization_id = $1 AND c.closed_at IS NULL
                        AND s.state = 'waiting' AND m.state <> 'ended' AND m.role = 'administrator'",
                    &[&id],
                )
            });
            let waiting: BTreeSet<i64> = read.await?.into_iter().map(kernel::Id::as_i64).collect();
            let right: BTreeSet<i64> = oracle
                .members
                .iter()
                .filter(|one| one.place == index && one.waiting)
                .filter_map(|one| one.id.map(kernel::Id::as_i64))
                .collect();
            ensure!(waiting == right, "{waiting:?} wait for the head, and should be {right:?}");
        }
        Ok(())
    }
}
