//! Who may do what to whom; invariant 2: nobody reaches outside the organization or up to the own role.
use super::{
    Appointed, Appointment, Basis, Filter, HandedOut, MembershipState, Newcomer, PhoneChange, Role, Terms,
};
use crate::authority::Operator;
use crate::testing::{Town, newcomer, signed_in, towns};
use identity::account::{self, AccountState};
use kernel::Timestamp;

async fn card(town: &Town, account: kernel::id::AccountId) -> account::AccountCard {
    account::service::cards(town.rooms.db(), vec![account]).await.unwrap().remove(0)
}
fn appointment(town: &Town, newcomer: Newcomer, role: Role) -> Appointment {
    Appointment {
        id: town.rooms.db().draw(),
        newcomer,
        role,
        basis: Basis::Appointed,
        terms: Terms::default(),
    }
}

#[tokio::test]
async fn m32_an_administrator_creates_a_member_with_a_temporary_password_and_a_replay_makes_no_second() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let id = town.rooms.db().draw();
        let first = town.rooms.create_member(&by, id, newcomer("xuwangshu"), town.now()).await.unwrap();
        let Appointed::New { membership, handed_out: HandedOut::Password(password) } = first else {
            panic!("{first:?}")
        };
        assert_eq!((membership, password.expose().len()), (id, 14));
        let again = town.rooms.create_member(&by, id, newcomer("xuwangshu"), town.now()).await.unwrap();
        assert!(matches!(again, Appointed::Existing(existing) if existing == id));
        let taken = town
            .rooms
            .create_member(&by, town.rooms.db().draw(), newcomer("xuwangshu"), town.now())
            .await
            .unwrap_err();
        assert_eq!((taken.code, taken.field), ("account.login_name_taken", Some("login_name")));
        let listed = town.rooms.list_members(&by, Filter::default(), 50).await.unwrap();
        assert_eq!(listed.len(), 3);
        assert_eq!(listed[0].id, id);
        assert!(listed[0].managed && listed[0].role == Role::Agent);
    }
}
#[tokio::test]
async fn m32_parallel_replays_of_one_create_form_make_one_member() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let id = town.rooms.db().draw();
        let tries = (0..8).map(|_| {
            let (rooms, by, now) = (town.rooms.clone(), by.clone(), town.now());
            tokio::spawn(async move { rooms.create_member(&by, id, newcomer("xuwangshu"), now).await })
        });
        let mut new = 0;
        for task in tries.collect::<Vec<_>>() {
            new += usize::from(matches!(task.await.unwrap().unwrap(), Appointed::New { .. }));
        }
        assert_eq!(new, 1);
        assert_eq!(town.rooms.list_members(&by, Filter::default(), 50).await.unwrap().len(), 3);
    }
}
#[tokio::test]
async fn m32_members_are_paged_both_ways() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        for n in 0..5 {
            town.hire(town.ours, Role::Agent, &format!("agent{n}")).await;
        }
        let first = town.rooms.list_members(&by, Filter::default(), 3).await.unwrap();
        let older = Filter { before: Some(first[2].id), ..Filter::default() };
        let second = town.rooms.list_members(&by, older, 3).await.unwrap();
        assert!(second[0].id < first[2].id);
        let newer = Filter { after: Some(second[0].id), ..Filter::default() };
        assert_eq!(town.rooms.list_members(&by, newer, 3).await.unwrap(), first);
    }
}
#[tokio::test]
async fn m32_edit_suspend_resume_reset_and_delete_a_member() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (id, account, now) = (town.agent.membership, town.agent.account, town.now());
        town.open_for_the_agent().await;
        let phone = kernel::Mobile::parse("13800138000").unwrap();
        let edit =
            |name: &str, phone| town.rooms.edit_member(by.clone(), town.ours, id, name.into(), phone, now);
        edit("陈思", PhoneChange::Set(phone)).await.unwrap();
        let now_card = card(&town, account).await;
        assert_eq!((now_card.name.as_str(), now_card.phone_proven), ("陈思", false));
        edit("陈思", PhoneChange::Keep).await.unwrap();
        assert!(card(&town, account).await.phone_masked.is_some());
        edit("陈思", PhoneChange::Remove).await.unwrap();
        assert!(card(&town, account).await.phone_masked.is_none());

        assert!(town.decision(town.agent).await.allow);
        town.rooms.set_member_suspended(by.clone(), town.ours, id, true, "", now).await.unwrap();
        let suspended = town.decision(town.agent).await;
        assert_eq!(suspended.code(), "decision.account_disabled");
        assert!(suspended.is_missing(crate::decision::LayerKind::Membership));
        town.rooms.set_member_suspended(by.clone(), town.ours, id, false, "", now).await.unwrap();
        assert!(town.decision(town.agent).await.allow, "grants were kept");

        let one = town.rooms.reset_member_password(by.clone(), town.ours, id, now).await.unwrap();
        let two = town.rooms.reset_member_password(by.clone(), town.ours, id, now).await.unwrap();
        assert_ne!(one.expose(), two.expose());

        town.rooms.delete_member(by.clone(), town.ours, id, "", now).await.unwrap();
        town.rooms.delete_member(by.clone(), town.ours, id, "", now).await.unwrap();
        assert_eq!(card(&town, account).await.state, AccountState::Closed);
        assert_eq!(town.rooms.find_member(town.ours, id).await.unwrap().state, MembershipState::Ended);
        assert!(town.rooms.granted_cells(town.ours, vec![id], now).await.unwrap().is_empty());
        assert!(!town.decision(town.agent).await.allow);
        // The login name is free again.
        town.hire(town.ours, Role::Agent, "chensiqi").await;
    }
}

#[tokio::test]
async fn f12_nobody_but_its_holder_changes_a_name_that_was_proven() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (id, account, now) = (town.agent.membership, town.agent.account, town.now());
        let (proof, name) = (town.rooms.db().draw(), card(&town, account).await.name);
        town.rooms
            .db()
            .write_unaudited("test", move |tx| {
                identity::realname::service::prove_in(
                    tx,
                    &identity::realname::Proof {
                        id: proof,
                        account,
                        level: identity::realname::RealNameLevel::Advanced,
                        method: "counter".into(),
                        provider: "test".into(),
                        proven_at: now,
                        expires_at: now.plus_days(1),
                    },
                )
            })
            .await
            .unwrap();
        let edit =
            |name: String, at| town.rooms.edit_member(by.clone(), town.ours, id, name, PhoneChange::Keep, at);
        let refused = edit("某某人".into(), now).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("profile.name_proven", Some("name")));
        edit(name.clone(), now).await.unwrap();
        assert_eq!(card(&town, account).await.name, name);
        edit("某某人".into(), now.plus_days(2)).await.unwrap();
        assert_eq!(card(&town, account).await.name, "某某人");
    }
}

/// As if the member had added an app and had a browser remembered in its place.
async fn with_app(town: &Town, account: kernel::id::AccountId) {
    let (id, now): (kernel::Id<kernel::id::mark::Authenticator>, _) = (town.rooms.db().draw(), town.now());
    let (device, token): (identity::device::DeviceId, _) = (town.rooms.db().draw(), vec![1_u8; 32]);
    town.rooms
        .db()
        .write_unaudited("test", move |tx| {
            tx.run(
                "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
                 VALUES ($1, $2, $3, $3, 0, $4)",
                &[&id, &account, &vec![0_u8], &now],
            )?;
            tx.run(
                "INSERT INTO device (id, token_hash, account_id, created_at, last_used_at, trusted_at, trusted_until)
                 VALUES ($1, $2, $3, $4, $4, $4, $5)",
                &[&device, &token, &account, &now, &now.plus_days(30)],
            )
        })
        .await
        .unwrap();
}
async fn remembered(town: &Town) -> i64 {
    let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM device WHERE trusted_until IS NOT NULL";
    town.rooms.db().read(move |tx| tx.one(count, &[])).await.unwrap()
}
#[tokio::test]
async fn a_lost_second_factor_of_a_managed_account_is_removed_and_of_an_own_one_not() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (id, account, now) = (town.agent.membership, town.agent.account, town.now());
        let remove = async |id| town.rooms.remove_member_factors(by.clone(), town.ours, id, now).await;
        assert_eq!(remove(id).await.unwrap_err().code, "membership.no_factor");
        with_app(&town, account).await;
        assert_eq!(remembered(&town).await, 1);
        remove(id).await.unwrap();
        assert!(!factor::summary(town.rooms.db(), account).await.unwrap().second());
        assert_eq!(remembered(&town).await, 0, "no browser stands in for the next one");
        assert_eq!(remove(id).await.unwrap_err().code, "membership.no_factor");
        let own = town.self_owned("ownaccount").await;
        let member = town.join(town.ours, Role::Agent, own).await;
        with_app(&town, member.account).await;
        assert_eq!(remove(member.membership).await.unwrap_err().code, "membership.self_owned");
        assert!(factor::summary(town.rooms.db(), member.account).await.unwrap().second());
    }
}

#[tokio::test]
async fn f10_an_administrator_touches_nobody_at_or_above_the_own_role() {
    for town in towns().await {
        let second = town.hire(town.theirs, Role::Administrator, "second").await;
        let head = town.self_owned("head").await;
        let head = town.join(town.theirs, Role::LegalRepresentative, head).await;
        let by = town.as_administrator(town.their_administrator).await;
        let now = town.now();
        for target in [second, head, town.their_administrator] {
            let id = target.membership;
            let name = "某人某".to_owned();
            let refusals = [
                town.rooms
                    .edit_member(by.clone(), town.theirs, id, name, PhoneChange::Remove, now)
                    .await
                    .err(),
                town.rooms.set_member_suspended(by.clone(), town.theirs, id, true, "", now).await.err(),
                town.rooms.reset_member_password(by.clone(), town.theirs, id, now).await.err(),
                town.rooms.remove_member_factors(by.clone(), town.theirs, id, now).await.err(),
                town.rooms.delete_member(by.clone(), town.theirs, id, "", now).await.err(),
            ];
            for refusal in refusals {
                assert_eq!(refusal.unwrap().code, "membership.role_too_high");
            }
        }
        // Nor is anybody raised to it.
        for role in [Role::Administrator, Role::LegalRepresentative] {
            let new = appointment(&town, newcomer("raised"), role);
            let refusal = town.rooms.appoint(by.clone(), town.theirs, new, now).await.unwrap_err();
            assert_eq!(refusal.code, "membership.role_too_high");
        }
        // The legal representative may.
        let head = town.as_administrator(head).await;
        town.rooms
            .set_member_suspended(head.clone(), town.theirs, second.membership, true, "", now)
            .await
            .unwrap();
        town.rooms
            .appoint_administrator(head, town.theirs, town.rooms.db().draw(), newcomer("third"), now)
            .await
            .unwrap();
    }
}
#[tokio::test]
async fn f10_an_administrator_reaches_nothing_outside_the_organization() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (id, now) = (town.their_agent.membership, town.now());
        for organization in [town.ours, town.theirs] {
            let refusals = [
                town.rooms.set_member_suspended(by.clone(), organization, id, true, "", now).await.err(),
                town.rooms.reset_member_password(by.clone(), organization, id, now).await.err(),
                town.rooms.remove_member_factors(by.clone(), organization, id, now).await.err(),
                town.rooms.delete_member(by.clone(), organization, id, "", now).await.err(),
                town.rooms
                    .edit_member(by.clone(), organization, id, "某人某".into(), PhoneChange::Keep, now)
                    .await
                    .err(),
            ];
            for refusal in refusals {
                assert_eq!(refusal.unwrap().kind, kernel::Kind::NotFound);
            }
        }
        let foreign =
            town.rooms.member(&town.signed_in(town.administrator.account).await, town.theirs, now).await;
        assert_eq!(foreign.unwrap_err().code, "organization.unknown");
        // Taking over an account of another organization, or one that belongs to staff.
        for (account, code) in [
            (town.their_agent.account, "membership.foreign_account"),
            (town.account_manager, "membership.staff"),
        ] {
            let new = appointment(&town, Newcomer::Existing(account), Role::Agent);
            let refusal = town.rooms.appoint(by.clone(), town.ours, new, now).await.unwrap_err();
            assert_eq!(refusal.code, code);
        }
        assert_eq!(card(&town, town.their_agent.account).await.state, AccountState::Active);
    }
}
#[tokio::test]
async fn f20_a_demoted_or_suspended_administrator_loses_the_power_inside_the_transaction() {
    for town in towns().await {
        let stale = town.as_administrator(town.administrator).await;
        let now = town.now();
        town.rooms
            .set_member_suspended(
                Operator::installation(),
                town.ours,
                town.administrator.membership,
                true,
                "",
                now,
            )
            .await
            .unwrap();
        let refusal = town
            .rooms
            .create_member(&stale, town.rooms.db().draw(), newcomer("xuwangshu"), now)
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "membership.administrators_only");
        let refusal =
            town.rooms.grant(stale, town.ours, town.cell(), Timestamp::FOREVER, now).await.unwrap_err();
        assert_eq!(refusal.code, "membership.administrators_only");
    }
}

#[tokio::test]
async fn m37_the_number_of_administrators_is_the_types_even_in_parallel() {
    for town in towns().await {
        let full = town.rooms.appoint(
            Operator::installation(),
            town.ours,
            appointment(&town, newcomer("second"), Role::Administrator),
            town.now(),
        );
        assert_eq!(full.await.unwrap_err().code, "membership.administrators_full");
        town.rooms
            .allow_extra_administrator(
                &Operator::installation(),
                town.ours,
                Some(town.now().plus_days(1)),
                "交接".into(),
                town.now(),
            )
            .await
            .unwrap();
        let tries: Vec<_> = (0..4)
            .map(|n| {
                let (rooms, now, ours) = (town.rooms.clone(), town.now(), town.ours);
                let new = appointment(&town, newcomer(&format!("second{n}")), Role::Administrator);
                tokio::spawn(async move { rooms.appoint(Operator::installation(), ours, new, now).await })
            })
            .collect();
        let mut made = 0;
        for task in tries {
            made += usize::from(task.await.unwrap().is_ok());
        }
        assert_eq!(made, 1);
    }
}
#[tokio::test]
async fn last_administrator_cannot_leave_even_if_the_last_two_try_at_once() {
    for town in towns().await {
        for round in 0..5 {
            let organization =
                crate::testing::new_organization(&town.rooms, town.public, "两人公司", None).await;
            let mut pair = Vec::new();
            for n in 0..2 {
                let account = town.self_owned(&format!("pair{round}{n}")).await;
                pair.push(town.join(organization, Role::Administrator, account).await);
            }
            let mut tasks = Vec::new();
            for person in pair {
                let (rooms, member, now) = (town.rooms.clone(), town.member(person).await, town.now());
                tasks.push(tokio::spawn(async move { rooms.leave(&member, now).await }));
            }
            let mut codes = Vec::new();
            for task in tasks {
                codes.push(task.await.unwrap().err().map(|error| error.code));
            }
            codes.sort();
            assert_eq!(codes, [None, Some("membership.last_administrator")]);
        }
    }
}
#[tokio::test]
async fn m36_a_managed_account_has_one_membership_in_its_owner() {
    for town in towns().await {
        let by = town.rooms.leave(&town.member(town.agent).await, town.now()).await.unwrap_err();
        assert_eq!(by.code, "membership.managed_stays");
        let again = appointment(&town, Newcomer::Existing(town.agent.account), Role::Agent);
        let refusal =
            town.rooms.appoint(Operator::installation(), town.ours, again, town.now()).await.unwrap_err();
        assert_eq!(refusal.code, "membership.exists");
        let elsewhere = appointment(&town, Newcomer::Existing(town.agent.account), Role::Agent);
        let refusal = town
            .rooms
            .appoint(Operator::installation(), town.theirs, elsewhere, town.now())
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "membership.foreign_account");
    }
}
#[tokio::test]
async fn m39_a_person_may_be_in_many_organizations_and_keeps_the_own_password() {
    for town in towns().await {
        let person = town.self_owned("songyuan").await;
        let here = town.join(town.ours, Role::Agent, person).await;
        town.join(town.theirs, Role::Agent, person).await;
        assert_eq!(town.rooms.memberships(person).await.unwrap().len(), 2);
        let by = town.as_administrator(town.administrator).await;
        let refusal = town
            .rooms
            .reset_member_password(by.clone(), town.ours, here.membership, town.now())
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "membership.self_owned");
        town.rooms.delete_member(by, town.ours, here.membership, "", town.now()).await.unwrap();
        assert_eq!(card(&town, person).await.state, AccountState::Active);
        assert_eq!(town.rooms.memberships(person).await.unwrap().len(), 1);
        let owner = signed_in(&town.rooms, person).await.owner;
        assert!(!crate::testing::is_managed(owner));
    }
}
#[tokio::test]
async fn m30_an_account_manager_works_in_the_own_portfolio_alone() {
    for town in towns().await {
        let manager = town.as_staff(town.account_manager).await;
        let now = town.now();
        town.rooms
            .delete_member(manager.clone(), town.ours, town.administrator.membership, "", now)
            .await
            .unwrap();
        let foreign =
            town.rooms.delete_member(manager, town.theirs, town.their_agent.membership, "", now).await;
        assert_eq!(foreign.unwrap_err().code, "organization.unknown");
        let auditor = town.as_staff(town.auditor).await;
        let refused = town.rooms.delete_member(auditor, town.ours, town.agent.membership, "", now).await;
        assert_eq!(refused.unwrap_err().code, "staff.role_required");
    }
}

#[tokio::test]
async fn f20_a_suspended_organization_is_only_viewed_by_its_people() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (member, now) = (town.member(town.agent).await, town.now());
        let suspend = |state| {
            let (rooms, ours) = (town.rooms.clone(), town.ours);
            async move { rooms.set_organization_state(&Operator::installation(), ours, state, now).await.unwrap() }
        };
        suspend(crate::organization::OrganizationState::Suspended).await;
        let id = town.agent.membership;
        let refusals = [
            town.rooms.create_member(&by, town.rooms.db().draw(), newcomer("xuwangshu"), now).await.err(),
            town.rooms.set_member_suspended(by.clone(), town.ours, id, true, "", now).await.err(),
            town.rooms.grant(by.clone(), town.ours, town.cell(), Timestamp::FOREVER, now).await.err(),
            town.rooms.request_access(&member, town.data, "", now).await.err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap().code, "organization.suspended");
        }
        assert_eq!(town.rooms.list_members(&by, Filter::default(), 50).await.unwrap().len(), 2);
        suspend(crate::organization::OrganizationState::Active).await;
        town.rooms.set_member_suspended(by, town.ours, id, true, "", now).await.unwrap();
    }
}
