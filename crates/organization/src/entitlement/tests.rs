//! The index says what the database says: after any change, on the node that made it and on another, at any time, and
//! never something older.
use super::service::{Answer, Question};
use crate::Organizations;
use crate::admission::NewAdmission;
use crate::authority::Operator;
use crate::contract::{NewContract, types::TypeChange};
use crate::decision::{MachineFacts, SessionFacts, Space};
use crate::grant::Cell;
use crate::membership::Role;
use crate::organization::OrganizationState;
use crate::organization_type::{OrganizationType, ParsedType};
use crate::product::{AdmissionClass, Audience, GrantMode, ProductState};
use crate::testing::{Person, Town, new_organization, new_product, sign};
use db::{Db, testing::Shared};
use identity::Identity;
use identity::account::{self, AccountState};
use identity::realname::{self, Proof, RealNameLevel};
use kernel::id::{AccountId, AdmissionId, ContractId, OrganizationId, ProductId};
use kernel::{Actor, Clock, Event, Timestamp};
use platform::{Outbox, Settings};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn rooms(db: &Db) -> Organizations {
    let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
    let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
    let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
    Organizations::new(db.clone(), identity)
}
fn start(rooms: &Organizations) {
    tokio::spawn(rooms.entitlements().clone().work());
}
/// Waits until memory answers.
async fn ready(rooms: &Organizations) {
    let begun = Instant::now();
    while !rooms.entitlements().is_ready() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the index is not read");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
async fn sub_of(rooms: &Organizations, account: AccountId) -> String {
    rooms.db().read_one(move |s| s.one("SELECT sub FROM account WHERE id = $1", &[&account])).await.unwrap()
}

/// Everything that can be asked in a small world.
struct World {
    town: Town,
    subjects: Vec<String>,
    spaces: Vec<Space>,
    products: Vec<ProductId>,
    people: Vec<Person>,
    accounts: Vec<AccountId>,
    admissions: Vec<(OrganizationId, AdmissionId)>,
    contracts: Vec<(OrganizationId, ContractId)>,
}
impl World {
    async fn build(db: Db) -> Self {
        let town = Town::build(db).await;
        let rooms = &town.rooms;
        let mut products = vec![town.data];
        for (code, class, mode, audience, roles, level) in [
            (
                "open",
                AdmissionClass::Open,
                GrantMode::Explicit,
                Audience::Organization,
                vec![Role::Agent],
                RealNameLevel::Unverified,
            ),
            (
                "members",
                AdmissionClass::Membership,
                GrantMode::EveryAgent,
                Audience::Both,
                Role::ALL.to_vec(),
                RealNameLevel::Unverified,
            ),
            (
                "chosen",
                AdmissionClass::Discretionary,
                GrantMode::Explicit,
                Audience::Organization,
                vec![Role::Agent, Role::Administrator],
                RealNameLevel::Unverified,
            ),
            (
                "known",
                AdmissionClass::Open,
                GrantMode::EveryAgent,
                Audience::Both,
                Role::ALL.to_vec(),
                RealNameLevel::Intermediate,
            ),
            (
                "persons",
                AdmissionClass::Open,
                GrantMode::EveryAgent,
                Audience::Person,
                vec![],
                RealNameLevel::Primary,
            ),
        ] {
            products.push(
                new_product(rooms, code, |product| {
                    product.admission_class = class;
                    product.grant_mode = mode;
                    product.audience = audience;
                    product.roles_allowed = roles.clone();
                    product.minimum_level = level;
                })
                .await,
            );
        }
        let free = town.self_owned("lishuyan").await;
        let joined = town.join(town.theirs, Role::Agent, free).await;
        let also = town.join(town.ours, Role::Agent, free).await;
        let people =
            vec![town.agent, town.administrator, town.their_agent, town.their_administrator, joined, also];
        let accounts = vec![
            town.agent.account,
            town.administrator.account,
            town.their_agent.account,
            town.their_administrator.account,
            free,
        ];
        let mut subjects = vec![String::new(), "nobody".to_owned()];
        for account in &accounts {
            subjects.push(sub_of(rooms, *account).await);
        }
        let spaces = vec![
            Space::Personal,
            Space::Organization(town.ours),
            Space::Organization(town.theirs),
            Space::Organization(OrganizationId::from_i64(5)),
        ];
        let contracts = vec![(town.ours, town.contract)];
        Self { town, subjects, spaces, products, people, accounts, admissions: Vec::new(), contracts }
    }
    fn questions(&self) -> Vec<Question<'_>> {
        let spaces = |subject| self.spaces.iter().map(move |space| Question { subject, space: *space });
        self.subjects.iter().flat_map(|subject| spaces(subject.as_str())).collect()
    }
    fn now(&self) -> Timestamp {
        self.town.now()
    }
    /// Memory and database agree on every question, in every word.
    async fn agree(&self, rooms: &Organizations, after: &str) -> usize {
        ready(rooms).await;
        let (questions, mut permits) = (self.questions(), 0);
        for product in &self.products {
            let stored = rooms.look_up(*product, questions.iter(), self.now()).await.unwrap();
            // A poll may have brought news meanwhile: then memory is asked again.
            let recalled = loop {
                if let Some(recalled) = rooms.entitlements().recall(*product, &questions, self.now()) {
                    break recalled;
                }
                ready(rooms).await;
            };
            for ((question, stored), recalled) in questions.iter().zip(stored).zip(recalled) {
                permits += usize::from(stored.permits());
                assert_eq!(recalled, Some(stored), "{after}: {question:?} of {product:?}");
            }
        }
        self.machines_agree(rooms, after).await;
        permits
    }
    /// The same of a program for each organization, one for nobody's and one for an organization that there is not.
    async fn machines_agree(&self, rooms: &Organizations, after: &str) {
        let mut owners: Vec<_> = self.spaces.iter().map(|space| space.organization()).collect();
        owners.push(Some(OrganizationId::from_i64(5)));
        let of = |product: ProductId| {
            let machine =
                move |owner: &Option<_>| MachineFacts { active: true, owner: *owner, registered: true };
            owners.iter().map(move |owner| (machine(owner), product))
        };
        let machines: Vec<_> = self.products.iter().copied().flat_map(of).collect();
        let session = SessionFacts { zones: vec!["office".into()], ..SessionFacts::default() };
        let stored = rooms.look_up_machines(machines.clone(), session.clone(), self.now()).await.unwrap();
        let recalled = loop {
            if let Some(recalled) = rooms.entitlements().recall_machines(&machines, &session, self.now()) {
                break recalled;
            }
            ready(rooms).await;
        };
        for ((machine, stored), recalled) in machines.iter().zip(stored).zip(recalled) {
            assert_eq!(recalled, stored, "{after}: {machine:?}");
        }
    }
    /// One change, drawn by lot. What is refused changes nothing.
    async fn change(&mut self, dice: &mut Dice) -> String {
        let (installation, now) = (Operator::installation(), self.now());
        let rooms = self.town.rooms.clone();
        let person = dice.of(&self.people);
        let organization = dice.of(&[self.town.ours, self.town.theirs]);
        let product = dice.of(&self.products);
        let account = dice.of(&self.accounts);
        let until = dice.of(&[now.plus_seconds(30), now.plus_days(2), Timestamp::FOREVER]);
        let cell = Cell { membership: person.membership, product };
        let what = dice.below(23);
        let done = match what {
            0..=2 => rooms.grant(installation, person.organization, cell, until, now).await.map(drop),
            3 => rooms.revoke(installation, person.organization, cell, now).await.map(drop),
            4 | 5 => {
                let new = NewAdmission {
                    id: rooms.db().draw(),
                    product,
                    contract: None,
                    valid_until: until,
                    note: None,
                };
                let admitted = rooms.admit(installation, organization, new, now).await;
                admitted.map(|id| self.admissions.push((organization, id)))
            }
            6 => match dice.some(&self.admissions) {
                Some((organization, id)) => {
                    let suspended = dice.below(2) == 0;
                    rooms.set_admission_suspended(installation, organization, id, suspended, now).await
                }
                None => Ok(()),
            },
            7 => match dice.some(&self.admissions) {
                Some((organization, id)) => rooms.end_admission(installation, organization, id, now).await,
                None => Ok(()),
            },
            8 => {
                let number = format!("CT-{}", dice.0);
                let id = sign(&rooms, organization, &number, &[product, self.town.data]).await;
                self.contracts.push((organization, id));
                Ok(())
            }
            9 => match dice.some(&self.contracts) {
                Some((organization, id)) => rooms.terminate_contract(&installation, organization, id).await,
                None => Ok(()),
            },
            10 => {
                let (open, shut) = (ProductState::Active, ProductState::Suspended);
                let state = dice.of(&[open, open, open, open, shut, ProductState::Withdrawn]);
                rooms.set_product_state(&installation, product, state).await
            }
            11 => {
                let state = dice.of(&[
                    OrganizationState::Active,
                    OrganizationState::Active,
                    OrganizationState::Suspended,
                ]);
                rooms.set_organization_state(&installation, organization, state, now).await
            }
            12 => {
                let number = (dice.below(2) == 0).then(|| format!("M{}", organization.as_i64() % 1000));
                rooms.set_member_number(&installation, organization, number, now).await
            }
            13 => {
                let suspended = dice.below(2) == 0;
                rooms
                    .set_member_suspended(
                        installation,
                        person.organization,
                        person.membership,
                        suspended,
                        "",
                        now,
                    )
                    .await
            }
            14 => {
                let state = dice.of(&[AccountState::Active, AccountState::Active, AccountState::Disabled]);
                set_state(&rooms, account, state, now).await
            }
            15 => prove(&rooms, account, dice, until, now).await,
            // What is said of all of a kind at once.
            16 => {
                let id = self.town.public;
                let there = rooms.organization_type(id).await.unwrap();
                let OrganizationType { code, name, mut policy, .. } = there.kind;
                policy.administrators_do_business = !policy.administrators_do_business;
                let new = ParsedType { code, name, policy };
                rooms.change_organization_type(&installation, id, there.rev, new).await
            }
            17 => {
                let kinds = rooms.contract_types().await.unwrap();
                let id = dice.of(&kinds.iter().map(|kind| kind.id).collect::<Vec<_>>());
                let there = rooms.contract_type(id).await.unwrap();
                let mut products = vec![product];
                if dice.below(2) == 0 {
                    products.push(self.town.data);
                    products.dedup();
                }
                let change = TypeChange { rev: there.rev, name: there.kind.name, products };
                rooms.change_contract_type(&installation, id, change, now).await
            }
            18 => {
                rooms.renew_member(installation, person.organization, person.membership, until, "", now).await
            }
            // Rows whose own services want a desk and a form; what the log is told is the same.
            19 => {
                let sql = dice.of(&[
                    "UPDATE organization SET registry_state = 'live' WHERE id = $1",
                    "UPDATE organization SET registry_state = 'live' WHERE id = $1",
                    "UPDATE organization SET registry_state = 'revoked' WHERE id = $1",
                ]);
                set(&rooms, sql, "organization", organization.as_i64()).await
            }
            20 => {
                let sql = dice.of(&[
                    "UPDATE product SET grant_mode = 'every_agent', roles_allowed = 'agent administrator' WHERE id = $1",
                    "UPDATE product SET grant_mode = 'explicit', audience = 'both' WHERE id = $1",
                    "UPDATE product SET minimum_level = 'primary' WHERE id = $1",
                    "UPDATE product SET minimum_level = 'unverified', admission_class = 'contract' WHERE id = $1",
                    "UPDATE product SET admission_class = 'open', network_zone = 'vpn' WHERE id = $1",
                ]);
                set(&rooms, sql, "product", product.as_i64()).await
            }
            21 => {
                let sql = dice.of(&[
                    "UPDATE membership SET role = 'administrator' WHERE id = $1 AND role = 'agent'",
                    "UPDATE membership SET role = 'agent' WHERE id = $1 AND role = 'administrator'",
                ]);
                set(&rooms, sql, "membership", person.membership.as_i64()).await
            }
            _ => match dice.some(&self.contracts) {
                Some((_, id)) => {
                    let sql = dice.of(&[
                        "UPDATE contract SET valid_until = 1800000900000, state = 'active' WHERE id = $1",
                        "UPDATE contract SET valid_until = 9223372036854775807, state = 'active' WHERE id = $1",
                    ]);
                    set(&rooms, sql, "contract", id.as_i64()).await
                }
                None => Ok(()),
            },
        };
        // Time goes on, past the ends of some periods.
        let later = dice.of(&[0, 0, 1, 17, 3_600]);
        rooms.db().clock().advance_seconds(later);
        format!("change {what} of {organization} {product}, {later} s later: {done:?}")
    }
}
async fn set_state(
    rooms: &Organizations,
    account: AccountId,
    state: AccountState,
    now: Timestamp,
) -> kernel::Result<()> {
    rooms
        .db()
        .write(move |tx| {
            account::service::set_state_in(tx, account, state, now)?;
            Ok(((), vec![Event::done(&Actor::system(), "account.state_changed").on("account", account)]))
        })
        .await
}
async fn set(rooms: &Organizations, sql: &'static str, topic: &'static str, id: i64) -> kernel::Result<()> {
    rooms
        .db()
        .write_unaudited("a test's world", move |tx| {
            tx.run(sql, &[&id])?;
            tx.changed(topic, kernel::Id::<()>::from_i64(id));
            Ok(())
        })
        .await
}
async fn prove(
    rooms: &Organizations,
    account: AccountId,
    dice: &mut Dice,
    until: Timestamp,
    now: Timestamp,
) -> kernel::Result<()> {
    let proof = Proof {
        id: rooms.db().draw(),
        account,
        method: "demo".into(),
        provider: "demo".into(),
        level: dice.of(RealNameLevel::ALL),
        proven_at: now,
        expires_at: until,
    };
    let revoke = dice.below(4) == 0;
    rooms
        .db()
        .write(move |tx| {
            realname::service::prove_in(tx, &proof)?;
            if revoke {
                realname::service::revoke_in(tx, account, proof.id, now)?;
            }
            Ok(((), vec![Event::done(&Actor::system(), "account.proven").on("account", account)]))
        })
        .await
}

struct Dice(u64);
impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
    fn some<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| self.of(all))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m49_memory_says_what_the_database_says_after_any_change_on_every_node() {
    for (number, store) in Shared::each_at(Clock::fixed(NOW)).await.into_iter().enumerate() {
        let mut world = World::build(store.node().await).await;
        let here = world.town.rooms.clone();
        let there = rooms(&store.node().await);
        start(&here);
        start(&there);
        world.agree(&here, "at the start").await;
        world.agree(&there, "at the start").await;
        let (mut dice, mut permits) = (Dice(7 + number as u64), 0);
        for round in 0..220 {
            let after = world.change(&mut dice).await;
            // Before the index has caught up the answer is the database's already.
            let (product, questions) = (dice.of(&world.products), world.questions());
            let stored = here.look_up(product, questions.iter(), world.now()).await.unwrap();
            assert_eq!(here.may_use(product, &questions, world.now()).await.unwrap(), stored, "{after}");
            permits += world.agree(&here, &after).await;
            if round % 20 == 0 {
                // A poll comes four times a second.
                tokio::time::sleep(Duration::from_millis(300)).await;
                world.agree(&there, &after).await;
            }
        }
        assert!(permits > 250, "{permits} permits say little");
        let size = here.entitlements().size();
        assert!(size.answered > 0 && size.accounts >= 5 && size.organizations >= 2, "{size:?}");
        // Read anew it is the same.
        let anew = rooms(&store.node().await);
        start(&anew);
        world.agree(&anew, "read anew").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_appears_while_the_index_is_read_is_in_it() {
    for store in Shared::each_at(Clock::fixed(NOW)).await {
        let mut world = World::build(store.node().await).await;
        let here = world.town.rooms.clone();
        start(&here);
        // An organization, a type of contract and a person that no page of the reading has seen.
        let fresh = new_organization(&here, world.town.public, "临溪纸业有限公司", None).await;
        let person = world.town.hire(fresh, Role::Agent, "tanyue").await;
        sign(&here, fresh, "CT-NEW", &[world.town.data]).await;
        world.spaces.push(Space::Organization(fresh));
        world.subjects.push(sub_of(&here, person.account).await);
        world.agree(&here, "with the newcomers").await;
        let installation = Operator::installation();
        let new = NewAdmission {
            id: here.db().draw(),
            product: world.town.data,
            contract: None,
            valid_until: Timestamp::FOREVER,
            note: None,
        };
        here.admit(installation.clone(), fresh, new, world.now()).await.unwrap();
        let cell = Cell { membership: person.membership, product: world.town.data };
        here.grant(installation, fresh, cell, Timestamp::FOREVER, world.now()).await.unwrap();
        world.agree(&here, "admitted and granted").await;
        let last = world.subjects.last().unwrap();
        let question = [Question { subject: last, space: Space::Organization(fresh) }];
        assert_eq!(here.may_use(world.town.data, &question, world.now()).await.unwrap(), [Answer::Permit]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m49_what_ends_by_itself_ends_in_memory_too() {
    let store = Shared::each_at(Clock::fixed(NOW)).await.remove(0);
    let town = Town::build(store.node().await).await;
    let rooms = &town.rooms;
    town.admit(town.data).await;
    let until = town.now().plus_seconds(90);
    rooms.grant(Operator::installation(), town.ours, town.cell(), until, town.now()).await.unwrap();
    start(rooms);
    ready(rooms).await;
    let subject = sub_of(rooms, town.agent.account).await;
    let question = [Question { subject: &subject, space: Space::Organization(town.ours) }];
    let recalled = |now| rooms.entitlements().recall(town.data, &question, now).unwrap().remove(0);
    assert_eq!(recalled(until.plus_seconds(-1)), Some(Answer::Permit));
    let Some(Answer::Refuse(decision)) = recalled(until) else { panic!("it ended") };
    assert_eq!(decision.code(), "decision.grant_expired");
    // Without a contract of its own type nothing opens; a contract that begins later is not in force yet.
    let contract = NewContract {
        id: rooms.db().draw(),
        type_id: rooms.db().draw(),
        number: "CT-LATER".into(),
        valid_from: town.now().plus_days(1),
        valid_until: town.now().plus_days(2),
    };
    assert!(rooms.sign_contract(&Operator::installation(), town.ours, contract, town.now()).await.is_err());
}

/// A node whose poll stands still hears of nothing: after 900 ms its memory is silent, and the database answers.
#[test]
fn m49_a_node_that_polls_no_more_asks_the_database() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    for store in first.block_on(Shared::each_at(Clock::System)) {
        let town = first.block_on(async {
            let town = Town::build(store.node().await).await;
            town.open_for_the_agent().await;
            town
        });
        let subject = first.block_on(sub_of(&town.rooms, town.agent.account));
        let question = [Question { subject: &subject, space: Space::Organization(town.ours) }];
        let there = second.block_on(async {
            let there = rooms(&store.node().await);
            start(&there);
            ready(&there).await;
            let answer = there.may_use(town.data, &question, town.now()).await.unwrap();
            assert_eq!(answer, [Answer::Permit]);
            assert_eq!(there.entitlements().size().asked, 0, "memory answered");
            there
        });
        // Nobody drives the second runtime now: its poll stands still while the first node revokes.
        let revoked = first.block_on(async {
            let by = Operator::installation();
            town.rooms.revoke(by, town.ours, town.cell(), town.now()).await.unwrap()
        });
        assert!(revoked);
        std::thread::sleep(Duration::from_millis(950));
        assert!(there.entitlements().recall(town.data, &question, town.now()).is_none());
        let answer = second.block_on(there.may_use(town.data, &question, town.now())).unwrap();
        assert!(!answer[0].permits(), "{answer:?}");
        assert_eq!(there.entitlements().size().asked, 1, "the database answered");
    }
}

#[tokio::test]
async fn without_its_worker_the_database_answers() {
    for store in Shared::each_at(Clock::System).await {
        let town = Town::build(store.node().await).await;
        town.open_for_the_agent().await;
        let subject = sub_of(&town.rooms, town.agent.account).await;
        let ours = Space::Organization(town.ours);
        let questions: Vec<_> = (0..100)
            .map(|n| Question { subject: if n % 2 == 0 { &subject } else { "stranger" }, space: ours })
            .collect();
        let answers = town.rooms.may_use(town.data, &questions, town.now()).await.unwrap();
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(*answer, if n % 2 == 0 { Answer::Permit } else { Answer::Stranger });
        }
        assert_eq!(&*town.rooms.product_code(town.data).await.unwrap(), "market-data");
        let size = town.rooms.entitlements().size();
        assert_eq!((size.answered, size.asked), (0, 100));
    }
}
