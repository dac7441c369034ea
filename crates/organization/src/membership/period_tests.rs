//! Period, renewal, expiry and its warnings; accounts made in bulk.
use super::{
    Appointment, Basis, ManagedMember, MembershipState, Newcomer, Role, Terms, create_managed_in,
    managing_in, warn_expiring,
};
use crate::Authority;
use crate::authority::Operator;
use crate::testing::{Person, Town, newcomer, towns, towns_at};
use identity::account::{self, AccountState};
use identity::notice::{self, Kind};
use kernel::{Clock, LoginName, Timestamp, clock::Zone, id::AccountId};
use std::sync::Arc;

const DAY: i64 = 86_400;

fn clock() -> Clock {
    Clock::fixed(Zone::default().start_of("2026-07-01").unwrap().plus_seconds(10 * 3600))
}
async fn with_terms(town: &Town, login_name: &str, role: Role, terms: Terms) -> Person {
    let account = town.self_owned(login_name).await;
    let id = town.rooms.db().draw();
    let newcomer = Newcomer::Existing(account);
    let appointment = Appointment { id, newcomer, role, basis: Basis::Appointed, terms };
    town.rooms.appoint(Operator::installation(), town.theirs, appointment, town.now()).await.unwrap();
    Person { account, membership: id, organization: town.theirs }
}
async fn acts(town: &Town, person: Person) -> bool {
    let who = town.signed_in(person.account).await;
    town.rooms.member(&who, person.organization, town.now()).await.is_ok()
}
async fn told(town: &Town, account: AccountId, kind: Kind) -> usize {
    let reader = (web::Lang::Zh, &Zone::default());
    let messages = notice::service::list(town.rooms.identity(), account, reader, false, None, 100).await;
    messages.unwrap().iter().filter(|message| message.kind == kind).count()
}

#[tokio::test]
async fn m34_a_membership_counts_from_its_first_to_its_last_day() {
    let clock = clock();
    for town in towns_at(clock.clone()).await {
        let zone = Zone::default();
        let terms = Terms {
            from: zone.start_of("2026-07-03"),
            until: zone.end_of("2026-07-04").unwrap(),
            ..Terms::default()
        };
        let person = with_terms(&town, "songyuan", Role::Agent, terms).await;
        assert!(!acts(&town, person).await, "not yet");
        clock.advance_seconds(2 * DAY);
        assert!(acts(&town, person).await);
        clock.advance_seconds(DAY);
        assert!(acts(&town, person).await, "the last day is included");
        clock.advance_seconds(DAY);
        assert!(!acts(&town, person).await, "and no day more");
        let row = town.rooms.find_member(town.theirs, person.membership).await.unwrap();
        assert_eq!(row.state, MembershipState::Active, "expiry is evaluated when read");
        clock.advance_seconds(-4 * DAY);
    }
}
#[tokio::test]
async fn m34_renewal_brings_back_and_keeps_the_number_of_administrators() {
    let clock = clock();
    for town in towns_at(clock.clone()).await {
        let until = town.now().plus_days(1);
        let person =
            with_terms(&town, "songyuan", Role::Administrator, Terms { until, ..Terms::default() }).await;
        town.hire(town.theirs, Role::Administrator, "second").await;
        clock.advance_seconds(2 * DAY);
        // The place is free while it ran out.
        let third = town.hire(town.theirs, Role::Administrator, "third").await;
        let renew = async |until| {
            let (by, id) = (Operator::installation(), person.membership);
            town.rooms.renew_member(by, town.theirs, id, until, "续聘", town.now()).await
        };
        assert_eq!(renew(Timestamp::FOREVER).await.unwrap_err().code, "membership.administrators_full");
        let (by, now) = (Operator::installation(), town.now());
        town.rooms.delete_member(by, town.theirs, third.membership, "", now).await.unwrap();
        assert_eq!(renew(town.now()).await.unwrap_err().code, "membership.until_past");
        renew(town.now().plus_days(10)).await.unwrap();
        renew(town.now().plus_days(10)).await.unwrap();
        assert!(acts(&town, person).await);
        assert_eq!(told(&town, person.account, Kind::MembershipRenewed).await, 1, "no change, no word");
        let row = town.rooms.find_member(town.theirs, person.membership).await.unwrap();
        let happened = town.rooms.member_timeline(town.theirs, &row).await.unwrap();
        let actions: Vec<&str> = happened.iter().map(|one| one.action.as_str()).collect();
        assert_eq!(actions, ["membership.created", "membership.renewed"]);
        assert!(happened[1].detail.contains("续聘"), "{}", happened[1].detail);
        clock.advance_seconds(-2 * DAY);
    }
}
#[tokio::test]
async fn f10_nobody_renews_or_suspends_at_the_own_role_or_elsewhere() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let second = town.hire(town.theirs, Role::Administrator, "second").await;
        let (now, later) = (town.now(), town.now().plus_days(9));
        for target in [second, town.their_administrator] {
            let refused = town.rooms.renew_member(by.clone(), town.theirs, target.membership, later, "", now);
            assert_eq!(refused.await.unwrap_err().code, "membership.role_too_high");
        }
        for organization in [town.ours, town.theirs] {
            let id = town.agent.membership;
            let refused = town.rooms.renew_member(by.clone(), organization, id, later, "", now).await;
            assert_eq!(refused.unwrap_err().kind, kernel::Kind::NotFound);
        }
        town.rooms.renew_member(by, town.theirs, town.their_agent.membership, later, "", now).await.unwrap();
    }
}
#[tokio::test]
async fn m34_the_end_is_announced_at_30_7_and_1_days_once_each_on_any_number_of_nodes() {
    let clock = clock();
    for town in towns_at(clock.clone()).await {
        let until = town.now().plus_days(40);
        let person = with_terms(&town, "songyuan", Role::Agent, Terms { until, ..Terms::default() }).await;
        let round = async || {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (rooms, now) = (town.rooms.clone(), town.now());
                    tokio::spawn(async move { warn_expiring(&rooms, now).await.unwrap() })
                })
                .collect();
            let mut warned = 0;
            for task in tasks {
                warned += task.await.unwrap();
            }
            warned
        };
        assert_eq!(round().await, 0);
        let mut expected = 0;
        for days in [10, 23, 6] {
            clock.advance_seconds(days * DAY);
            assert_eq!(round().await, 1, "after {days} days");
            assert_eq!(round().await, 0);
            expected += 1;
            assert_eq!(told(&town, person.account, Kind::MembershipExpiring).await, expected);
            assert_eq!(told(&town, town.their_administrator.account, Kind::MemberExpiring).await, expected);
            assert_eq!(told(&town, town.administrator.account, Kind::MemberExpiring).await, 0);
        }
        // A new end is announced anew.
        let (by, id) = (Operator::installation(), person.membership);
        let later = town.now().plus_days(20);
        town.rooms.renew_member(by, town.theirs, id, later, "", town.now()).await.unwrap();
        assert_eq!(round().await, 1);
        clock.advance_seconds(30 * DAY);
        assert_eq!(round().await, 0, "what ran out is not announced");
        clock.advance_seconds(-69 * DAY);
    }
}
#[tokio::test]
async fn m34_who_ends_in_a_day_hears_of_the_last_day_alone() {
    let clock = clock();
    for town in towns_at(clock.clone()).await {
        let until = town.now().plus_seconds(DAY / 2);
        let person = with_terms(&town, "songyuan", Role::Agent, Terms { until, ..Terms::default() }).await;
        assert_eq!(warn_expiring(&town.rooms, town.now()).await.unwrap(), 1);
        assert_eq!(told(&town, person.account, Kind::MembershipExpiring).await, 1);
    }
}
#[tokio::test]
async fn m33_accounts_in_bulk_wait_for_their_activation_and_a_slice_that_runs_twice_makes_them_once() {
    for town in towns().await {
        let by: Authority = town.as_administrator(town.administrator).await.into();
        let foreign: Authority = town.as_administrator(town.their_administrator).await.into();
        let db = town.rooms.db();
        let people: Vec<ManagedMember> = (0..5)
            .map(|n| ManagedMember {
                membership: db.draw(),
                account: db.draw(),
                sub: db.rng().short_token(),
                login_name: LoginName::parse(&format!("bulk{n}")).unwrap(),
                name: "许望舒".into(),
                phone: None,
                document: None,
                valid_from: None,
                valid_until: (n == 0).then(|| town.now().plus_days(3)),
                scope: None,
                reason: None,
            })
            .collect();
        let slice = async |by: &Authority| {
            let (by, people, ours, now) = (by.clone(), people.clone(), town.ours, town.now());
            let keyring = Arc::clone(db.keyring());
            db.write(move |tx| {
                let managing = managing_in(tx, &by, ours, now)?;
                let (mut made, mut events) = (0, Vec::new());
                for one in &people {
                    if let Some(more) = create_managed_in(tx, &keyring, &managing, one, now)? {
                        made += 1;
                        events.extend(more);
                    }
                }
                Ok((made, events))
            })
            .await
        };
        assert_eq!(slice(&foreign).await.unwrap_err().kind, kernel::Kind::NotFound);
        assert_eq!(slice(&by).await.unwrap(), 5);
        assert_eq!(slice(&by).await.unwrap(), 0);
        let row = town.rooms.find_member(town.ours, people[0].membership).await.unwrap();
        assert_eq!((row.role, row.managed, row.basis), (Role::Agent, true, Basis::Created));
        assert_eq!(row.valid_until, people[0].valid_until.unwrap());
        let card = account::service::cards(db, vec![people[0].account]).await.unwrap().remove(0);
        assert_eq!(card.state, AccountState::Unactivated);
    }
}
#[tokio::test]
async fn m34_the_chain_shows_head_administrators_and_how_many_stand_below() {
    for town in towns().await {
        let head = town.self_owned("head").await;
        let head = town.join(town.theirs, Role::LegalRepresentative, head).await;
        let by = town.as_administrator(head).await;
        let id = town.rooms.db().draw();
        let new = newcomer("second");
        town.rooms.appoint_administrator(by, town.theirs, id, new, town.now()).await.unwrap();
        let chain = town.rooms.chain(town.theirs, town.now()).await.unwrap();
        let roles: Vec<Role> = chain.above.iter().map(|row| row.role).collect();
        assert_eq!(roles, [Role::LegalRepresentative, Role::Administrator, Role::Administrator]);
        assert_eq!((chain.agents, chain.allowed), (1, 3));
        assert_eq!(chain.above[2].granted_by, Some(head.account));
        assert!(chain.above.iter().all(|row| row.id != town.administrator.membership));
    }
}
