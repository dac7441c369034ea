//! The index itself: what was read, and the two ways to answer from it. `permits` is the quick one and says nothing but yes;
//! everything else is put to `decide`, with the same facts as the database would give.
use super::accounts::{
    Account, Accounts, Builder, Key, Keys, MOST_PRODUCTS, Person, Rung, Seat, find_grant, grant,
};
use super::model::{Terms, place};
use super::organizations::{Ask, Here, Organizations, Product, Standing};
use super::service::{Answer, Question};
use super::store::{AccountRows, CatalogRows, OrganizationRows};
use crate::decision::{
    AccountFacts, Decision, Facts, GrantFacts, MachineFacts, MembershipFacts, SessionFacts, Space, Subject,
    decide,
};
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::product::{Audience, GrantMode, ProductState};
use identity::realname::RealNameLevel;
use kernel::{
    Result, Timestamp,
    id::{OrganizationId, ProductId},
};

/// Stands for "another organization" where only that matters.
const ELSEWHERE: OrganizationId = OrganizationId::from_i64(0);

#[derive(Default)]
pub(super) struct Index {
    keys: Keys,
    pub accounts: Accounts,
    pub organizations: Organizations,
    pub terms: Terms,
}

/// An index that is being read.
#[derive(Default)]
pub(super) struct Unfinished {
    index: Index,
    builder: Builder,
}
impl Unfinished {
    pub fn set_catalog(&mut self, rows: CatalogRows) -> Result<()> {
        self.index.organizations.set_catalog(rows)
    }
    pub fn add_organizations(&mut self, rows: OrganizationRows, now: Timestamp) {
        self.index.organizations.put(rows, &mut self.index.terms, now);
    }
    pub fn add_accounts(&mut self, rows: AccountRows, now: Timestamp) {
        let builder = &mut self.builder;
        self.index.assemble(rows, now, |_, key, account| builder.push(key, &account));
    }
    /// None if it has to be read again, under another key.
    pub fn finish(self) -> Option<Index> {
        let Self { mut index, builder } = self;
        index.accounts = builder.finish()?;
        Some(index)
    }
}

impl Index {
    pub fn put_accounts(&mut self, rows: AccountRows, now: Timestamp) {
        self.assemble(rows, now, |accounts, key, account| accounts.put(key, account));
    }
    pub fn put_organizations(&mut self, rows: OrganizationRows, now: Timestamp) {
        self.organizations.put(rows, &mut self.terms, now);
    }
    /// Puts together what the rows say of each account; all are in the order of the accounts' ids.
    fn assemble(
        &mut self,
        rows: AccountRows,
        now: Timestamp,
        mut put: impl FnMut(&mut Accounts, Key, Account),
    ) {
        let AccountRows { accounts, members, grants, proofs } = rows;
        let mut members = members.into_iter().peekable();
        let mut grants = grants.into_iter().peekable();
        let mut proofs = proofs.into_iter().peekable();
        for row in accounts {
            let (mut seats, mut granted) = (Vec::new(), Vec::new());
            while let Some(member) = members.next_if(|member| member.account == row.id) {
                let organization = self.organizations.number(member.organization);
                let state = place(MembershipState::ALL, &member.state);
                let term = self.terms.number(member.from, member.until, state, now);
                let foreign = row.owner.is_some_and(|owner| owner != member.organization);
                seats.push(Seat::new(organization, term, member.role, foreign, granted.len()));
                while let Some(own) = grants.next_if(|own| own.membership == member.id) {
                    let product = self.organizations.product(own.product);
                    if product < MOST_PRODUCTS {
                        let state = place(GrantState::ALL, &own.state);
                        granted.push(grant(product, self.terms.number(own.from, own.until, state, now)));
                    }
                }
            }
            let (mut for_good, mut rungs) = (0, Vec::new());
            while let Some(proof) = proofs.next_if(|proof| proof.account == row.id) {
                let level = proof.level.rank() as u8;
                if proof.until == Timestamp::FOREVER {
                    for_good = level.max(for_good);
                } else if proof.until > now {
                    rungs.push(Rung::new(level, proof.until.as_millis()));
                }
            }
            rungs.retain(|rung| rung.level > for_good);
            let account = Account::new(row.state, row.owner.is_some(), for_good, rungs, seats, granted);
            put(&mut self.accounts, self.keys.of(&row.sub), account);
        }
    }

    /// In the order of the questions; None: the database knows.
    pub fn answers(&self, product: i64, questions: &[Question<'_>], now: Timestamp) -> Vec<Option<Answer>> {
        let Some(product) = self.organizations.find_product(product) else {
            return questions.iter().map(|_| None).collect();
        };
        let keys: Vec<Key> = questions.iter().map(|question| self.keys.of(question.subject)).collect();
        if questions.len() > 1 {
            self.accounts.read_ahead(&keys);
            self.organizations
                .read_ahead(questions.iter().filter_map(|question| question.space.organization()));
        }
        let answer = |(question, key): (&Question<'_>, Key)| self.answer(product, key, question.space, now);
        questions.iter().zip(keys).map(answer).collect()
    }
    fn answer(
        &self,
        (number, product): (u32, &Product),
        key: Key,
        space: Space,
        now: Timestamp,
    ) -> Option<Answer> {
        let Some(person) = self.accounts.get(key) else {
            return Some(Answer::Stranger);
        };
        let here = match space {
            Space::Personal => None,
            Space::Organization(id) => match self.organizations.find(id) {
                Standing::Nobody => return Some(Answer::Stranger),
                Standing::Ask => return None,
                Standing::Here(here) => Some(here),
            },
        };
        if self.permits(number, product, &person, here.as_ref(), now) {
            return Some(Answer::Permit);
        }
        let facts = self.facts(number, product, &person, here.as_ref(), now).ok()?;
        Some(Answer::of(decide(&facts)))
    }

    /// Programs at their products, each for its owner alone. In the order of the machines, None where the product is unknown;
    /// nothing at all: the database knows.
    pub fn machines(
        &self,
        machines: &[(MachineFacts, ProductId)],
        session: &SessionFacts,
        now: Timestamp,
    ) -> Option<Vec<Option<Decision>>> {
        let decided = |(machine, product): &(MachineFacts, ProductId)| {
            let (number, product) = self.organizations.find_product(product.as_i64())?;
            let organization = match machine.owner.map(|owner| self.organizations.find(owner)) {
                None | Some(Standing::Nobody) => None,
                Some(Standing::Ask) => return None,
                Some(Standing::Here(here)) => {
                    Some(here.facts(number, product.facts.admission_class, &self.terms).ok()?)
                }
            };
            let facts = Facts {
                subject: Subject::Machine(machine.clone()),
                organization,
                product: product.facts.clone(),
                session: session.clone(),
                now,
            };
            Some(Some(decide(&facts)))
        };
        machines.iter().map(decided).collect()
    }

    fn permits(
        &self,
        number: u32,
        product: &Product,
        person: &Person<'_>,
        here: Option<&Here<'_>>,
        now: Timestamp,
    ) -> bool {
        let facts = &product.facts;
        let everywhere = person.is_active()
            && facts.state == ProductState::Active
            && (facts.minimum_level == RealNameLevel::Unverified || person.level(now) >= facts.minimum_level);
        let Some(here) = here else {
            return everywhere && facts.audience != Audience::Organization && !person.managed();
        };
        if !everywhere || facts.audience == Audience::Person || !here.is_active() {
            return false;
        }
        let Some((seat, grants)) = person.seat(here.number) else { return false };
        let holds = |term: u32, active: u8| {
            self.terms.get(term).is_some_and(|term| term.state == active && term.holds(now))
        };
        let administers = seat.role_place() == place(Role::ALL, &Role::Administrator);
        holds(seat.term(), place(MembershipState::ALL, &MembershipState::Active))
            && !seat.foreign()
            && product.roles >> seat.role_place() & 1 == 1
            && (!administers || here.administrators_do_business())
            && here.admits(number, facts.admission_class, &self.terms, now)
            && (facts.grant_mode == GrantMode::EveryAgent
                || find_grant(grants, number)
                    .is_some_and(|term| holds(term, place(GrantState::ALL, &GrantState::Active))))
    }

    fn facts(
        &self,
        number: u32,
        product: &Product,
        person: &Person<'_>,
        here: Option<&Here<'_>>,
        now: Timestamp,
    ) -> std::result::Result<Facts, Ask> {
        let mut owner = person.managed().then_some(ELSEWHERE);
        let mut organization = None;
        if let Some(here) = here {
            let mut facts = here.facts(number, product.facts.admission_class, &self.terms)?;
            if let Some((seat, grants)) = person.seat(here.number) {
                if person.managed() && !seat.foreign() {
                    owner = Some(facts.id);
                }
                let term = self.terms.get(seat.term()).ok_or(Ask)?;
                facts.membership = Some(MembershipFacts {
                    role: seat.role().ok_or(Ask)?,
                    state: super::model::at(MembershipState::ALL, term.state).ok_or(Ask)?,
                    valid_from: term.from(),
                    valid_until: term.until(),
                });
                if let Some(term) = find_grant(grants, number) {
                    let term = self.terms.get(term).ok_or(Ask)?;
                    facts.grant = Some(GrantFacts {
                        state: super::model::at(GrantState::ALL, term.state).ok_or(Ask)?,
                        valid_from: term.from(),
                        valid_until: term.until(),
                    });
                }
            }
            organization = Some(facts);
        }
        Ok(Facts {
            subject: Subject::Person(AccountFacts {
                state: person.state().ok_or(Ask)?,
                owner,
                level: person.level(now),
            }),
            organization,
            product: product.facts.clone(),
            session: SessionFacts::default(),
            now,
        })
    }
}
