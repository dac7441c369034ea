//! One sequence: each call is made, the answer held against the oracle's, and the store against its lists.
mod foreign;
mod stored;

use super::call::{Call, Op};
use super::drive::{self, Came, Sender};
use super::oracle::{Account, Expect, Invited, Oracle, Owner, Staff, Standing};
use super::world::{Answer, World, number};
use anyhow::{Context as _, Result, ensure};
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
