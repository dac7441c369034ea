//! One sequence: each call is made, the answer held against the oracle's, and the store against its lists.
use super::call::{Call, Op};
use super::drive::{self, Came, Sender};
use super::oracle::{Account, Expect, Invited, Oracle, Owner, Staff, Standing, State};
use super::world::{Answer, MARK, World, number};
use anyhow::{Context as _, Result, bail, ensure};
use kernel::id::{AccountId, MembershipId, OrganizationId};
use organization::membership::Role;
use std::collections::{BTreeMap, BTreeSet};
use web::Lang;

pub struct Run<'a> {
    world: &'a World,
    oracle: Oracle,
    sealed: BTreeMap<i64, Sealed>,
    revisions: BTreeMap<i64, i64>,
    /// Accounts that were ever anything to the organization: their names may stand on its pages.
    known: Vec<BTreeSet<usize>>,
    numbers: (u64, u64),
    /// The last call in words, for the list of a failure.
    pub last: Option<String>,
    dated: i64,
}
/// Name and phone as they are stored.
type Sealed = (Vec<u8>, Option<Vec<u8>>);

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

impl<'a> Run<'a> {
    /// Done and refused.
    pub async fn of(world: &'a World, seed: u64, sequence: &[Op]) -> Result<(u64, u64)> {
        let mut run = Self::begin(world, seed).await?;
        for (place, op) in sequence.iter().enumerate() {
            let outcome = run.step(*op).await;
            let told = run.last.take().unwrap_or_default();
            outcome.with_context(|| format!("operation {place}: {told}"))?;
        }
        run.end().await?;
        Ok(run.numbers)
    }
    pub async fn begin(world: &'a World, seed: u64) -> Result<Self> {
        let mut oracle = Oracle::default();
        for kind in 0..3 {
            // One manager looks after two of the organizations, another after the third.
            let manager = usize::from(kind == 2);
            oracle.places.push(world.organization(kind, manager).await?);
            oracle.succession.push(false);
        }
        oracle.accounts = world.people(5, true).await?;
        oracle.accounts.extend(world.people(1, false).await?);
        let roles = [Staff::Manager(0), Staff::Manager(1), Staff::System, Staff::Auditor];
        for (role, (id, login)) in roles.into_iter().zip(&world.staff) {
            oracle.accounts.push(Account {
                id: *id,
                login: login.clone(),
                owner: Owner::Themselves,
                standing: Standing::Active,
                phone: None,
                document: String::new(),
                proven: false,
                staff: Some(role),
                factor: false,
                has_password: true,
                session: None,
                signed_in: false,
            });
        }
        let first = [
            (0, 0, Role::Administrator),
            (0, 1, Role::Agent),
            (1, 1, Role::LegalRepresentative),
            (1, 2, Role::Administrator),
            (2, 2, Role::LegalRepresentative),
            (2, 3, Role::Agent),
        ];
        for (place, account, role) in first {
            let (there, who) = (oracle.places[place].id, oracle.accounts[account].id);
            world.join(there, role, who).await.with_context(|| format!("seed {seed}"))?;
            oracle.join(None, place, account, role).map_err(|e| anyhow::anyhow!("{e:?}"))?;
        }
        let known = vec![BTreeSet::new(); oracle.places.len()];
        let (numbers, dated) = ((0, 0), drive::dated());
        let (sealed, revisions) = (BTreeMap::new(), BTreeMap::new());
        let mut run = Self { world, oracle, sealed, revisions, known, numbers, last: None, dated };
        run.acquaint();
        for account in 0..run.oracle.accounts.len() {
            run.sign_in(account).await?;
        }
        run.compare(None, None).await?;
        Ok(run)
    }
    async fn sign_in(&mut self, account: usize) -> Result<()> {
        let one = &mut self.oracle.accounts[account];
        let session = self.world.sign_in(one.id, one.staff.is_some() || one.factor).await?;
        one.session = Some(session);
        one.signed_in = true;
        Ok(())
    }

    pub async fn step(&mut self, op: Op) -> Result<()> {
        let Some((by, call)) = self.oracle.call(op, number()) else { return Ok(()) };
        self.last = Some(self.oracle.told(by, &call));
        // Who was signed out comes back with the next call; what was open before must not go on.
        if self.oracle.accounts[by].session.is_none() {
            if !self.oracle.accounts[by].usable() {
                return Ok(());
            }
            // An account that waits for its holder is opened by signing in here.
            if self.oracle.accounts[by].standing == Standing::Unactivated {
                return Ok(());
            }
            self.sign_in(by).await?;
        }
        let before = self.oracle.clone();
        let expected = self.oracle.act(by, &call, self.dated).err().unwrap_or(Expect::Done);
        let session = before.accounts[by].session.clone().context("a session")?;
        let sender = Sender { world: self.world, oracle: &before, session: &session, by };
        let came = sender.send(&call).await?;
        let offered = self.oracle.accounts.len() > before.accounts.len();
        match &came {
            Came::Happened => {}
            Came::Answered(answer) => {
                held(&expected, answer)?;
                match expected {
                    Expect::Done => self.numbers.0 += 1,
                    Expect::Refused(..) => self.numbers.1 += 1,
                }
                if expected == Expect::Done {
                    drive::learn(self.world, &call, answer, &mut self.oracle).await?;
                }
            }
        }
        if offered {
            self.learn_accounts().await?;
        }
        self.compare(Some(&call), Some(by)).await?;
        self.acquaint();
        if let Came::Answered(answer) = &came {
            self.nothing_foreign(by, &call, answer)?;
            if expected == Expect::Done {
                self.whole(&call, answer)?;
            }
        }
        if matches!(expected, Expect::Refused(401, _)) {
            self.oracle.accounts[by].session = None;
        }
        if let Call::AddFactor { account } = call {
            // From now on two are asked for where it matters.
            self.oracle.accounts[account].session = None;
        }
        let broken = self.oracle.invariants();
        ensure!(broken.is_empty(), "{}", broken.join("; "));
        Ok(())
    }
    pub async fn end(&mut self) -> Result<()> {
        self.compare(None, None).await?;
        self.compare_papers().await?;
        let report = db::audit::verify(self.world.db()).await?;
        ensure!(report.faults.is_empty(), "the audit record: {}", report.faults.join("; "));
        Ok(())
    }
    /// Who is anything to an organization from now on.
    fn acquaint(&mut self) {
        let oracle = &self.oracle;
        for member in &oracle.members {
            self.known[member.place].insert(member.account);
        }
        for one in &oracle.applications {
            self.known[one.place].insert(one.applicant);
        }
        for one in &oracle.invitations {
            self.known[one.place].insert(one.inviter);
            // Whoever says yes is known, though nothing comes of it; whoever says no is not.
            if matches!(one.state, Invited::Accepted | Invited::Void) {
                let holder = |account: &&usize| oracle.accounts[**account].phone.as_ref() == Some(&one.phone);
                self.known[one.place]
                    .extend((0..oracle.accounts.len()).collect::<Vec<_>>().iter().filter(holder));
            }
        }
    }
    async fn learn_accounts(&mut self) -> Result<()> {
        for one in self.oracle.accounts.iter_mut().filter(|one| one.id.as_i64() == 0) {
            let login = one.login.clone();
            let found = self.world.db().read(move |tx| {
                tx.opt("SELECT id FROM account WHERE login_name = $1 AND state <> 'closed'", &[&login])
            });
            one.id = found.await?.with_context(|| format!("{} was not made", one.login))?;
        }
        Ok(())
    }

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
    async fn compare(&mut self, call: Option<&Call>, by: Option<usize>) -> Result<()> {
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
    fn about(&self, call: &Call) -> Option<usize> {
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
    /// Names and login names in an answer belong to whoever reads it or to the organization that the page is of.
    fn nothing_foreign(&self, by: usize, call: &Call, answer: &Answer) -> Result<()> {
        if answer.json || answer.status == 303 {
            return Ok(());
        }
        let oracle = &self.oracle;
        let staff = oracle.accounts[by].staff.is_some();
        let mut places: BTreeSet<usize> = oracle.portfolio(by).into_iter().collect();
        places
            .extend(oracle.members.iter().filter(|one| one.live() && one.account == by).map(|one| one.place));
        // What the own application or invitation names.
        places.extend(oracle.applications.iter().filter(|one| one.applicant == by).map(|one| one.place));
        let about = self.about(call);
        if matches!(call, Call::Answer { .. }) {
            places.extend(about);
        }
        let typed = format!("{call:?}");
        let mut allowed: BTreeSet<&str> =
            places.iter().map(|one| oracle.places[*one].short_name.as_str()).collect();
        let pages: Vec<usize> =
            if staff { places.iter().copied().collect() } else { about.into_iter().collect() };
        for place in pages.into_iter().filter(|place| places.contains(place)) {
            allowed.extend(self.known[place].iter().map(|one| oracle.accounts[*one].login.as_str()));
            allowed.insert(oracle.places[place].head_name.as_str());
            // Who looks after it is named to its members.
            let looks_after = |one: &&Account| match one.staff {
                Some(Staff::Manager(own)) => oracle.places[place].manager == own,
                Some(Staff::System) => true,
                Some(Staff::Auditor) | None => false,
            };
            allowed.extend(oracle.accounts.iter().filter(looks_after).map(|one| one.login.as_str()));
        }
        allowed.insert(oracle.accounts[by].login.as_str());
        if let Call::AskReplacement { comes, .. } = call {
            // Typed, and shown again.
            allowed.insert(oracle.accounts[oracle.members[*comes].account].login.as_str());
        }
        for token in tokens(&answer.text) {
            let ours = oracle.accounts.iter().any(|one| one.login == token)
                || oracle.places.iter().any(|one| one.short_name == token || one.head_name == token);
            // Staff see organizations of other sequences, too.
            let named = allowed.contains(token)
                || typed.contains(token)
                || (staff && !ours)
                || token.starts_with("zqh")
                    && places.iter().any(|one| token.get(3..) == oracle.places[*one].short_name.get(3..));
            if !named {
                let staff = self.world.staff.iter().any(|_| token.starts_with("zqp") && !ours);
                let at = answer.text.find(token).unwrap_or(0);
                let near = answer.text.get(at.saturating_sub(250)..).unwrap_or_default().chars().take(500);
                let near: String = near.collect();
                ensure!(staff, "{token} stands in an answer to {}: {near}", oracle.named(by));
            }
        }
        Ok(())
    }
    /// An export has exactly the members.
    fn whole(&self, call: &Call, answer: &Answer) -> Result<()> {
        let Call::Export { place } = call else { return Ok(()) };
        let oracle = &self.oracle;
        let listed: BTreeSet<&str> = tokens(&answer.text).collect();
        let right: BTreeSet<&str> = oracle
            .members
            .iter()
            .filter(|one| one.live() && one.place == *place)
            .map(|one| oracle.accounts[one.account].login.as_str())
            .collect();
        ensure!(listed == right, "the export has {listed:?} and should have {right:?}");
        Ok(())
    }
    /// Invitations, applications and who waits for a head, at the end of a sequence.
    async fn compare_papers(&self) -> Result<()> {
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

/// Words of the model in a text: the mark, a letter, a number in letters.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(MARK).filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        rest.as_bytes().get(2).filter(|kind| kind.is_ascii_lowercase())?;
        let digits = rest.get(3..)?.bytes().take_while(|byte| matches!(byte, b'a'..=b'j')).count();
        rest.get(..3 + digits).filter(|_| digits == 8)
    })
}

/// The answer is the one that was expected, and a refusal says why in its stable way.
fn held(expected: &Expect, answer: &Answer) -> Result<()> {
    let excerpt = || {
        let at = answer.text.find("role=\"alert\"").or_else(|| answer.text.find("<h1")).unwrap_or(0);
        answer.text.get(at..).unwrap_or_default().chars().take(500).collect::<String>()
    };
    match expected {
        Expect::Done => {
            let login = ["/login", "/me/verify"].iter().any(|page| answer.location.starts_with(page));
            ensure!(
                matches!(answer.status, 200 | 303) && !login,
                "refused with {} {} where it should be done: {}",
                answer.status,
                answer.location,
                excerpt()
            );
        }
        Expect::Refused(status, code) => {
            ensure!(
                answer.status == *status,
                "answered with {} {}, not with {status} {code}: {}",
                answer.status,
                answer.location,
                excerpt()
            );
            if code.is_empty() {
                return Ok(());
            }
            let says = if answer.json {
                let body: serde_json::Value = serde_json::from_str(&answer.text)?;
                body["code"] == *code
            } else {
                // The words of the code; what stands in braces varies.
                let key = format!("error-{}", code.replace(['.', '_'], "-"));
                let words = Lang::En.ta(&key, &[("max", "{"), ("most", "{"), ("minutes", "{")]);
                let fixed = words.split('{').max_by_key(|part| part.len()).unwrap_or_default().trim();
                answer.text.contains(fixed)
            };
            ensure!(says, "{status} does not say {code}: {}", excerpt());
        }
    }
    Ok(())
}
