//! Plans, periods, copies, defaults and warnings; what happens when several hands change the same at once.
use super::{Cell, Change, Planned, Saved, Step, Wish, warn_expiring};
use crate::authority::{Authority, Operator};
use crate::membership::{
    Appointment, Basis, ManagedMember, Newcomer, OrganizationAdministrator, PreparedMember, Role, Terms,
    create_managed_in, create_prepared_in, managing_in,
};
use crate::product::{AdmissionClass, GrantMode};
use crate::testing::{Person, Town, new_product, towns, towns_at};
use identity::notice::{Kind, service};
use kernel::{
    Clock, LoginName, Timestamp,
    id::{AccountId, MembershipId, ProductId},
};
use std::collections::BTreeSet;
use std::sync::Arc;

fn wish(membership: MembershipId, product: ProductId, shown: bool, wanted: bool) -> Wish {
    Wish { cell: Cell { membership, product }, shown, seen: None, wanted, until: None }
}
fn changes(planned: &[Planned]) -> Vec<Change> {
    planned.iter().map(|planned| planned.change).collect()
}
/// Open to everybody below the head, granted one by one.
async fn open_product(town: &Town, code: &str) -> ProductId {
    new_product(&town.rooms, code, |product| {
        product.admission_class = AdmissionClass::Open;
        product.grant_mode = GrantMode::Explicit;
    })
    .await
}
async fn told(town: &Town, account: AccountId, kind: Kind) -> usize {
    let reader = (web::Lang::En, &kernel::clock::Zone::default());
    let listed = service::list(town.rooms.identity(), account, reader, false, None, 100).await.unwrap();
    listed.iter().filter(|message| message.kind == kind).count()
}
async fn held(town: &Town, person: Person) -> Vec<(ProductId, Timestamp)> {
    let held =
        town.rooms.held_grants(person.organization, vec![person.membership], town.now()).await.unwrap();
    let mut held: Vec<_> = held.into_iter().map(|held| (held.cell.product, held.until)).collect();
    held.sort_unstable();
    held
}

#[tokio::test]
async fn m48_a_plan_says_what_would_change_and_why_what_cannot() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let open = open_product(&town, "library").await;
        let heads = new_product(&town.rooms, "seals", |product| {
            product.admission_class = AdmissionClass::Open;
            product.roles_allowed = vec![Role::LegalRepresentative];
        })
        .await;
        let (agent, administrator) = (town.agent.membership, town.administrator.membership);
        let wishes = vec![
            wish(agent, open, false, true),
            // Not admitted yet.
            wish(agent, town.data, false, true),
            wish(agent, heads, false, true),
            // At the own role.
            wish(administrator, open, false, true),
            // As it is.
            wish(agent, open, false, false),
        ];
        let plan = town.rooms.plan_grants(&by, wishes, town.now()).await.unwrap();
        assert_eq!(changes(&plan.changes).len(), 1);
        assert_eq!(plan.changes[0].change.step, Step::Give { until: None });
        let why: Vec<_> = plan.refused.iter().map(|planned| planned.refused.unwrap()).collect();
        assert_eq!(why, ["grant.admission_missing", "grant.role_not_allowed", "membership.role_too_high"]);
        assert!(plan.stale.is_empty());
        assert!(held(&town, town.agent).await.is_empty(), "a plan writes nothing");
        // Whoever applies what could not be is refused as a whole.
        let all: Vec<Change> =
            plan.changes.iter().chain(&plan.refused).map(|planned| planned.change).collect();
        let saved = town.rooms.save_grants(by.clone(), town.ours, all, town.now()).await.unwrap();
        let Saved::Refused(refused) = saved else { panic!("{saved:?}") };
        assert_eq!(refused.len(), 3);
        assert!(held(&town, town.agent).await.is_empty());
    }
}
#[tokio::test]
async fn m48_the_loser_of_two_edits_learns_which_cells_whose_and_nothing_is_written() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let open = open_product(&town, "library").await;
        let by = town.as_administrator(town.administrator).await;
        let agent = town.agent.membership;
        let plan = async |wishes| town.rooms.plan_grants(&by, wishes, town.now()).await.unwrap();
        let save = async |planned: &[Planned]| {
            town.rooms.save_grants(by.clone(), town.ours, changes(planned), town.now()).await.unwrap()
        };
        let first = plan(vec![wish(agent, town.data, true, false)]).await;
        let second = plan(vec![wish(agent, town.data, true, false), wish(agent, open, false, true)]).await;
        assert_eq!(save(&first.changes).await, Saved::Done { given: 0, moved: 0, ended: 1 });
        let Saved::Stale(stale) = save(&second.changes).await else { panic!("it was not told") };
        assert_eq!(stale.len(), 1);
        assert_eq!((stale[0].cell, stale[0].until), (town.cell(), None));
        assert_eq!(stale[0].by, Some(town.administrator.account));
        assert!(stale[0].at.is_some());
        assert!(held(&town, town.agent).await.is_empty(), "nothing of the second was written");
        // Given again meanwhile, it is another grant than the one that was shown.
        town.rooms.grant(by.clone(), town.ours, town.cell(), Timestamp::FOREVER, town.now()).await.unwrap();
        assert!(matches!(save(&second.changes).await, Saved::Stale(_)));
        // A cell that nobody touched in the form does not stand in the way of those that were.
        let third = plan(vec![wish(agent, open, false, true)]).await;
        assert_eq!(save(&third.changes).await, Saved::Done { given: 1, moved: 0, ended: 0 });
    }
}
#[tokio::test]
async fn m48_of_parallel_saves_of_one_plan_exactly_one_is_done() {
    for town in towns().await {
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let plan = town
            .rooms
            .plan_grants(&by, vec![wish(town.agent.membership, town.data, false, true)], town.now())
            .await
            .unwrap();
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let (rooms, by, now, ours) = (town.rooms.clone(), by.clone(), town.now(), town.ours);
                let changes = changes(&plan.changes);
                tokio::spawn(async move { rooms.save_grants(by, ours, changes, now).await })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += usize::from(matches!(task.await.unwrap().unwrap(), Saved::Done { given: 1, .. }));
        }
        assert_eq!(done, 1);
    }
}
#[tokio::test]
async fn m48_a_period_is_given_moved_and_evaluated_when_read() {
    let clock = Clock::fixed(Timestamp::from_millis(1_790_000_000_000));
    for town in towns_at(clock.clone()).await {
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let agent = town.agent.membership;
        let save = async |wishes| {
            let plan = town.rooms.plan_grants(&by, wishes, town.now()).await.unwrap();
            assert!(plan.refused.is_empty(), "{plan:?}");
            town.rooms.save_grants(by.clone(), town.ours, changes(&plan.changes), town.now()).await.unwrap()
        };
        let until = |days| Some(town.now().plus_days(days));
        save(vec![Wish { until: until(2), ..wish(agent, town.data, false, true) }]).await;
        assert!(town.decision(town.agent).await.allow);
        let moved = save(vec![Wish { until: until(1), ..wish(agent, town.data, true, true) }]).await;
        assert_eq!(moved, Saved::Done { given: 0, moved: 1, ended: 0 });
        clock.advance_seconds(86_400);
        assert_eq!(town.decision(town.agent).await.code(), "decision.grant_expired");
        // What ran out is as if it were not there: it is given anew.
        assert!(held(&town, town.agent).await.is_empty());
        save(vec![wish(agent, town.data, false, true)]).await;
        assert!(town.decision(town.agent).await.allow);
        let past = Wish { until: until(-1), ..wish(agent, town.data, true, true) };
        let plan = town.rooms.plan_grants(&by, vec![past], town.now()).await.unwrap();
        assert_eq!(plan.refused[0].refused, Some("grant.period"));
        clock.advance_seconds(-86_400);
    }
}
#[tokio::test]
async fn m48_a_copy_adds_what_the_colleague_has_and_the_own_authority_may_give() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let (open, other) = (open_product(&town, "library").await, open_product(&town, "archive").await);
        let by = town.as_administrator(town.administrator).await;
        let now = town.now();
        let newcomer = town.hire(town.ours, Role::Agent, "xuwangshu").await;
        let until = now.plus_days(90);
        let give = async |person: Person, product, until| {
            let cell = Cell { membership: person.membership, product };
            town.rooms.grant(by.clone(), town.ours, cell, until, now).await.unwrap()
        };
        give(town.agent, open, until).await;
        give(newcomer, other, Timestamp::FOREVER).await;
        // Sleeps at the colleague's, so it cannot be given to anybody.
        town.rooms.terminate_contract(&Operator::installation(), town.ours, town.contract).await.unwrap();
        let plan = town.rooms.plan_copy(&by, town.agent.membership, newcomer.membership, now).await.unwrap();
        assert_eq!(changes(&plan.changes).len(), 1);
        assert_eq!(plan.changes[0].change.step, Step::Give { until: Some(until) });
        assert_eq!(plan.refused[0].refused, Some("grant.admission_missing"));
        town.rooms.save_grants(by.clone(), town.ours, changes(&plan.changes), now).await.unwrap();
        let mut expected = vec![(open, until), (other, Timestamp::FOREVER)];
        expected.sort_unstable();
        assert_eq!(held(&town, newcomer).await, expected, "nothing was taken away");
        let foreign = town.rooms.plan_copy(&by, town.their_agent.membership, newcomer.membership, now).await;
        assert!(foreign.unwrap().changes.is_empty(), "another organization's people have nothing to copy");
    }
}
#[tokio::test]
async fn m48_copying_beside_a_revocation_ends_in_one_of_the_two_orders() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let by = town.as_administrator(town.administrator).await;
        for round in 0..6 {
            let newcomer = town.hire(town.ours, Role::Agent, &format!("copy{round}")).await;
            let (rooms, by2, ours, cell, now) =
                (town.rooms.clone(), by.clone(), town.ours, town.cell(), town.now());
            let revoking = tokio::spawn(async move { rooms.revoke(by2, ours, cell, now).await });
            let plan =
                town.rooms.plan_copy(&by, town.agent.membership, newcomer.membership, now).await.unwrap();
            let saved =
                town.rooms.save_grants(by.clone(), town.ours, changes(&plan.changes), now).await.unwrap();
            assert!(revoking.await.unwrap().unwrap());
            assert_eq!(saved, Saved::Done { given: plan.changes.len(), moved: 0, ended: 0 });
            assert_eq!(held(&town, newcomer).await.len(), plan.changes.len());
            town.rooms.grant(by.clone(), town.ours, cell, Timestamp::FOREVER, now).await.unwrap();
        }
    }
}

async fn defaults(town: &Town, by: &OrganizationAdministrator, wanted: &[ProductId]) {
    let shown = town.rooms.default_grants(town.ours).await.unwrap();
    let wanted: BTreeSet<ProductId> = wanted.iter().copied().collect();
    town.rooms.set_default_grants(by, shown, wanted, town.now()).await.unwrap();
}
fn prepared(town: &Town, login_name: &str) -> ManagedMember {
    let db = town.rooms.db();
    ManagedMember {
        membership: db.draw(),
        account: db.draw(),
        sub: db.rng().short_token(),
        login_name: LoginName::parse(login_name).unwrap(),
        name: "许望舒".into(),
        phone: None,
        document: None,
        valid_from: None,
        valid_until: None,
        scope: None,
        reason: None,
    }
}
#[tokio::test]
async fn m48_new_agents_get_what_the_organization_gives_however_they_join() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (open, mode) = (open_product(&town, "library").await, town.data);
        // Not admitted to the second: it is on the list and given to nobody.
        defaults(&town, &by, &[open, mode]).await;
        let created = town.hire(town.ours, Role::Agent, "created").await;
        assert_eq!(held(&town, created).await, [(open, Timestamp::FOREVER)]);
        town.admit(town.data).await;
        let joined = town.self_owned("joined").await;
        let joined = town.join(town.ours, Role::Agent, joined).await;
        assert_eq!(held(&town, joined).await.len(), 2);
        // One by one and many at once, as an import makes them.
        let (one, many) = (prepared(&town, "onebyone"), prepared(&town, "manyatonce"));
        let (authority, ours, now): (Authority, _, _) = (by.clone().into(), town.ours, town.now());
        let keyring = Arc::clone(town.rooms.db().keyring());
        let (one2, many2) = (one.clone(), many.clone());
        town.rooms
            .db()
            .write(move |tx| {
                let managing = managing_in(tx, &authority, ours, now)?;
                let mut events = create_managed_in(tx, &keyring, &managing, &one2, now)?.unwrap();
                let many = [PreparedMember::new(&keyring, ours, many2.clone(), now)];
                let (made, more) = create_prepared_in(tx, &managing, &many, now)?;
                assert_eq!(made, [true]);
                events.extend(more);
                Ok(((), events))
            })
            .await
            .unwrap();
        for new in [one, many] {
            let person = Person { account: new.account, membership: new.membership, organization: town.ours };
            assert_eq!(held(&town, person).await.len(), 2, "{}", new.login_name.as_str());
            assert!(town.rooms.granted_cells(town.ours, vec![new.membership], now).await.unwrap().len() == 2);
        }
        // Those above the agents, and other organizations' agents, get nothing.
        let theirs = town.hire(town.theirs, Role::Agent, "theirs").await;
        assert!(held(&town, theirs).await.is_empty());
        // Taken off the list, it stays with whoever has it.
        defaults(&town, &by, &[]).await;
        assert_eq!(held(&town, created).await.len(), 1);
        let later = town.hire(town.ours, Role::Agent, "later").await;
        assert!(held(&town, later).await.is_empty());
    }
}
#[tokio::test]
async fn m48_the_list_of_defaults_tells_its_loser_and_takes_only_what_agents_may_have() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let open = open_product(&town, "library").await;
        let set = async |shown: &[ProductId], wanted: &[ProductId]| {
            let ids = |list: &[ProductId]| list.iter().copied().collect::<BTreeSet<_>>();
            town.rooms.set_default_grants(&by, ids(shown), ids(wanted), town.now()).await
        };
        set(&[], &[open]).await.unwrap();
        set(&[], &[open]).await.unwrap();
        assert_eq!(set(&[], &[town.data]).await.unwrap_err().code, "grant.defaults_changed");
        let every = new_product(&town.rooms, "every", |product| {
            product.admission_class = AdmissionClass::Open;
            product.grant_mode = GrantMode::EveryAgent;
        })
        .await;
        assert_eq!(set(&[open], &[open, every]).await.unwrap_err().code, "grant.not_needed");
        assert_eq!(town.rooms.default_grants(town.ours).await.unwrap(), BTreeSet::from([open]));
        assert!(town.rooms.default_grants(town.theirs).await.unwrap().is_empty());
    }
}
#[tokio::test]
async fn m48_grants_that_end_are_warned_of_once_at_thirty_seven_and_one_days() {
    let clock = Clock::fixed(Timestamp::from_millis(1_790_000_000_000));
    for town in towns_at(clock.clone()).await {
        let begun = town.now();
        let (open, other) = (open_product(&town, "library").await, open_product(&town, "archive").await);
        let by = town.as_administrator(town.administrator).await;
        for product in [open, other] {
            let cell = Cell { membership: town.agent.membership, product };
            town.rooms.grant(by.clone(), town.ours, cell, begun.plus_days(40), begun).await.unwrap();
        }
        let endless = town.hire(town.ours, Role::Agent, "endless").await;
        let cell = Cell { membership: endless.membership, product: open };
        town.rooms.grant(by.clone(), town.ours, cell, Timestamp::FOREVER, begun).await.unwrap();
        assert_eq!(warn_expiring(&town.rooms, town.now()).await.unwrap(), 0);
        for (days, expected) in [(11, 1), (33, 2), (39, 3)] {
            let now = begun.plus_days(days);
            let tasks: Vec<_> = (0..6)
                .map(|_| {
                    let rooms = town.rooms.clone();
                    tokio::spawn(async move { warn_expiring(&rooms, now).await.unwrap() })
                })
                .collect();
            let mut warned = 0;
            for task in tasks {
                warned += task.await.unwrap();
            }
            assert_eq!(warned, 2, "each once, on many nodes at once");
            assert_eq!(told(&town, town.agent.account, Kind::GrantExpiring).await, expected);
            assert_eq!(told(&town, town.administrator.account, Kind::GrantsExpiring).await, expected);
        }
        assert_eq!(told(&town, endless.account, Kind::GrantExpiring).await, 0);
    }
}
#[tokio::test]
async fn m48_whoever_is_granted_while_the_membership_ends_keeps_nothing() {
    for town in towns().await {
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        for round in 0..6 {
            let person = town.hire(town.ours, Role::Agent, &format!("leaver{round}")).await;
            let cell = Cell { membership: person.membership, product: town.data };
            let granting: Vec<_> = (0..6)
                .map(|_| {
                    let (rooms, by, ours, now) = (town.rooms.clone(), by.clone(), town.ours, town.now());
                    tokio::spawn(async move { rooms.grant(by, ours, cell, Timestamp::FOREVER, now).await })
                })
                .collect();
            town.rooms.delete_member(by.clone(), town.ours, person.membership, "", town.now()).await.unwrap();
            let mut given = 0;
            for task in granting {
                match task.await.unwrap() {
                    Ok(true) => given += 1,
                    Ok(false) => {}
                    Err(error) => assert_eq!(error.code, "membership.unknown"),
                }
            }
            assert!(given <= 1);
            let id = person.membership;
            let live: i64 = town
                .rooms
                .db()
                .read(move |tx| {
                    tx.one(
                        "SELECT COUNT(*) FROM product_grant WHERE membership_id = $1 AND state <> 'ended'",
                        &[&id],
                    )
                })
                .await
                .unwrap();
            assert_eq!(live, 0, "no grant outlives its membership");
        }
    }
}
#[tokio::test]
async fn m48_whoever_is_granted_while_the_admission_ends_may_do_nothing_by_it() {
    for town in towns().await {
        for round in 0..4 {
            town.admit(town.data).await;
            let by = town.as_administrator(town.administrator).await;
            let person = town.hire(town.ours, Role::Agent, &format!("sleeper{round}")).await;
            let organization = town.rooms.organization(town.ours).await.unwrap();
            let lines = town.rooms.admissions(&organization, town.now()).await.unwrap().lines;
            let line = lines.into_iter().find(|line| line.product.id == town.data).unwrap();
            let admission = line.admission.unwrap().id;
            let cell = Cell { membership: person.membership, product: town.data };
            let granting: Vec<_> = (0..4)
                .map(|_| {
                    let (rooms, by, ours, now) = (town.rooms.clone(), by.clone(), town.ours, town.now());
                    tokio::spawn(async move { rooms.grant(by, ours, cell, Timestamp::FOREVER, now).await })
                })
                .collect();
            let system = Operator::installation();
            town.rooms.end_admission(system, town.ours, admission, town.now()).await.unwrap();
            for task in granting {
                if let Err(error) = task.await.unwrap() {
                    assert_eq!(error.code, "grant.admission_missing");
                }
            }
            assert!(
                !town.decision(person).await.allow,
                "given before, it sleeps; given after, it is refused"
            );
            assert_eq!(
                town.rooms.grant(by, town.ours, cell, Timestamp::FOREVER, town.now()).await.unwrap_err().code,
                "grant.admission_missing"
            );
        }
    }
}
#[tokio::test]
async fn m48_members_are_listed_by_what_they_have_and_have_not() {
    for town in towns().await {
        for n in 0..3 {
            open_product(&town, &format!("p{n}")).await;
        }
        let by = town.as_administrator(town.administrator).await;
        let person = town.self_owned("lookedfor").await;
        let new = Appointment {
            id: town.rooms.db().draw(),
            newcomer: Newcomer::Existing(person),
            role: Role::Agent,
            basis: Basis::Applied,
            terms: Terms::default(),
        };
        let id = new.id;
        town.rooms.appoint(Operator::installation(), town.ours, new, town.now()).await.unwrap();
        let products = town.rooms.products(false).await.unwrap();
        let product = products.iter().find(|product| product.code == "p0").unwrap().id;
        let cell = Cell { membership: id, product };
        town.rooms.grant(by.clone(), town.ours, cell, Timestamp::FOREVER, town.now()).await.unwrap();
        let listed = async |held: bool| {
            let asked = crate::directory::Asked { holds: Some((product, held)), ..Default::default() };
            let listed = town.rooms.directory(&by, asked, 20, town.now()).await.unwrap();
            listed.rows.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(listed(true).await, [id]);
        let without = listed(false).await;
        assert!(!without.contains(&id) && without.contains(&town.agent.membership));
    }
}
