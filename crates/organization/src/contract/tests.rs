//! Contracts and their types: periods and history, ends at once, races of the desk, scans that few may see.
use super::types::TypeChange;
use super::{Contract, ContractState, ContractStep, NewContract, NewPeriod};
use crate::authority::Operator;
use crate::decision::LayerState;
use crate::membership::Role;
use crate::testing::{Town, new_organization, new_product, sign, towns, towns_at};
use kernel::{Clock, Result, Timestamp, id::ContractId};
use platform::document::Upload;

const DAY: i64 = 86_400;

async fn contract(town: &Town, id: ContractId) -> Contract {
    let all = town.rooms.contracts(town.ours).await.unwrap();
    all.into_iter().find(|contract| contract.id == id).unwrap()
}
fn period(there: &Contract, step: ContractStep, until: Timestamp) -> NewPeriod {
    NewPeriod {
        rev: there.rev,
        step,
        valid_from: there.valid_from,
        valid_until: until,
        reason: "补充协议".into(),
    }
}
fn scan(town: &Town, bytes: &'static [u8]) -> Upload {
    Upload { id: town.rooms.db().draw(), bytes: bytes.into() }
}

#[tokio::test]
async fn m45_a_renewed_contract_wakes_what_rests_on_it_and_keeps_its_history() {
    let clock = Clock::fixed(Timestamp::from_millis(1_790_000_000_000));
    for town in towns_at(clock.clone()).await {
        town.open_for_the_agent().await;
        let by = town.as_staff(town.account_manager).await;
        let there = contract(&town, town.contract).await;
        clock.advance_seconds(366 * DAY);
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_expired");
        let renew = |there: &Contract, from: i64, until: i64| {
            let new = NewPeriod {
                valid_from: town.now().plus_days(from),
                ..period(there, ContractStep::Renewed, town.now().plus_days(until))
            };
            let (rooms, by, id, now) = (town.rooms.clone(), by.clone(), there.id, town.now());
            let ours = town.ours;
            async move { rooms.move_contract(&by, ours, id, new, None, now).await }
        };
        assert_eq!(renew(&there, 0, -1).await.unwrap_err().code, "contract.period");
        renew(&there, 0, 100).await.unwrap();
        assert!(town.decision(town.agent).await.allow, "the grant woke with the contract");
        let renewed = contract(&town, town.contract).await;
        assert_eq!(renewed.rev, there.rev + 1);
        // While it runs, a period after a gap would close it now.
        assert_eq!(renew(&renewed, 101, 300).await.unwrap_err().code, "contract.gap");
        assert_eq!(renew(&renewed, 0, 50).await.unwrap_err().code, "contract.not_longer");
        renew(&renewed, 100, 300).await.unwrap();
        assert!(town.decision(town.agent).await.allow, "renewed while it runs, it goes on");
        let shown = town.rooms.desk_contract(&by, town.ours, town.contract, town.now()).await.unwrap();
        let steps: Vec<_> = shown.history.iter().map(|step| step.step).collect();
        assert_eq!(steps, [ContractStep::Signed, ContractStep::Renewed, ContractStep::Renewed]);
        assert_eq!(shown.history[1].reason.as_deref(), Some("补充协议"));
        assert_eq!(shown.resting.len(), 1);
        assert_eq!(shown.resting[0].members, 1);
        clock.advance_seconds(-366 * DAY);
    }
}
#[tokio::test]
async fn m45_an_end_takes_effect_at_once_and_says_why() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let by = town.as_staff(town.account_manager).await;
        let there = contract(&town, town.contract).await;
        let end = |reason: &'static str, rev: i64| {
            town.rooms.end_contract(&by, town.ours, town.contract, rev, reason, town.now())
        };
        assert_eq!(end("", there.rev).await.unwrap_err().field, Some("reason"));
        end("未付款", there.rev).await.unwrap();
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_terminated");
        assert_eq!(end("再次", there.rev + 1).await.unwrap_err().code, "contract.over");
        let shown = town.rooms.desk_contract(&by, town.ours, town.contract, town.now()).await.unwrap();
        let last = shown.history.last().unwrap();
        assert_eq!((last.step, last.reason.as_deref()), (ContractStep::Terminated, Some("未付款")));
        // Not again under the same number, whoever's contract it is.
        let types = town.rooms.contract_types().await.unwrap();
        let other = NewContract {
            id: town.rooms.db().draw(),
            type_id: types[0].id,
            number: "CT-1".into(),
            valid_from: town.now(),
            valid_until: town.now().plus_days(1),
        };
        let system = Operator::installation();
        let refused = town.rooms.sign_contract(&system, town.theirs, other.clone(), town.now()).await;
        assert_eq!(refused.unwrap_err().code, "contract.number_taken");
        sign(&town.rooms, town.theirs, "CT-9", &[town.data]).await;
        let types = town.rooms.contract_types().await.unwrap();
        let second = types.iter().find(|kind| kind.code == "ct-9").unwrap().id;
        let other = NewContract { type_id: second, ..other };
        town.rooms.sign_contract(&system, town.theirs, other, town.now()).await.unwrap();
    }
}
#[tokio::test]
async fn m45_of_many_who_end_and_renew_the_same_contract_one_is_first_and_the_others_are_told() {
    for town in towns().await {
        let by = town.as_staff(town.account_manager).await;
        let there = contract(&town, town.contract).await;
        let (ours, id, now, rev) = (town.ours, town.contract, town.now(), there.rev);
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let (rooms, by, there) = (town.rooms.clone(), by.clone(), there.clone());
                tokio::spawn(async move {
                    if n % 2 == 0 {
                        rooms.end_contract(&by, ours, id, rev, "到期不续", now).await
                    } else {
                        let until = there.valid_until.plus_days(i64::from(n));
                        let new = period(&there, ContractStep::Renewed, until);
                        rooms.move_contract(&by, ours, id, new, None, now).await
                    }
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(error) => {
                    assert!(matches!(error.code, "contract.changed" | "contract.over"), "{}", error.code);
                }
            }
        }
        assert_eq!(won, 1);
        let after = contract(&town, town.contract).await;
        assert_eq!(after.rev, there.rev + 1);
        let shown = town.rooms.desk_contract(&by, town.ours, id, town.now()).await.unwrap();
        assert_eq!(shown.history.len(), 2);
        let ended = shown.history[1].step == ContractStep::Terminated;
        assert_eq!(ended, after.state == ContractState::Terminated);
    }
}
#[tokio::test]
async fn m45_no_grant_is_made_while_the_contract_ends() {
    for town in towns().await {
        town.admit(town.data).await;
        let administrator = town.as_administrator(town.administrator).await;
        let by = town.as_staff(town.account_manager).await;
        let agents = [
            town.agent,
            town.hire(town.ours, Role::Agent, "second").await,
            town.hire(town.ours, Role::Agent, "third").await,
            town.hire(town.ours, Role::Agent, "fourth").await,
        ];
        let there = contract(&town, town.contract).await;
        let (ours, data, now) = (town.ours, town.data, town.now());
        let granting: Vec<_> = agents
            .iter()
            .map(|agent| {
                let (rooms, administrator) = (town.rooms.clone(), administrator.clone());
                let cell = crate::grant::Cell { membership: agent.membership, product: data };
                tokio::spawn(
                    async move { rooms.grant(administrator, ours, cell, Timestamp::FOREVER, now).await },
                )
            })
            .collect();
        let (rooms, id, rev) = (town.rooms.clone(), town.contract, there.rev);
        let ending = tokio::spawn(async move { rooms.end_contract(&by, ours, id, rev, "终止", now).await });
        for task in granting {
            if let Err(error) = task.await.unwrap() {
                assert_eq!(error.code, "grant.admission_missing");
            }
        }
        ending.await.unwrap().unwrap();
        for agent in agents {
            assert!(!town.decision(agent).await.allow, "whoever was first, nobody goes in any more");
        }
        let late = town.rooms.grant(administrator, town.ours, town.cell(), Timestamp::FOREVER, now).await;
        assert!(
            matches!(late, Ok(false)) || late.is_err_and(|error| error.code == "grant.admission_missing")
        );
    }
}
#[tokio::test]
async fn m45_what_a_removal_from_a_contract_type_takes_is_counted_before_and_gone_after() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let manager = town.as_staff(town.product_manager).await;
        let other = new_product(&town.rooms, "hosting", |_| {}).await;
        let kind = town.rooms.contract_types().await.unwrap()[0].id;
        let card = town.rooms.contract_type(kind).await.unwrap();
        let losses = town.rooms.contract_type_losses(kind, vec![other], town.now()).await.unwrap();
        assert_eq!(losses.len(), 1);
        assert_eq!((losses[0].product, losses[0].organizations, losses[0].members), (town.data, 1, 1));
        let none = town.rooms.contract_type_losses(kind, vec![town.data, other], town.now()).await.unwrap();
        assert!(none.is_empty(), "adding takes nothing");
        let change = |rev: i64, products: Vec<_>| {
            let name = crate::organization_type::Words::new("数据合同", "Data agreement");
            let change = TypeChange { rev, name, products };
            town.rooms.change_contract_type(&manager, kind, change, town.now())
        };
        assert_eq!(change(card.rev, vec![]).await.unwrap_err().field, Some("products"));
        change(card.rev, vec![other]).await.unwrap();
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_excludes_product");
        let stale = change(card.rev, vec![town.data]).await.unwrap_err();
        assert_eq!(stale.code, "contract_type.changed");
        change(card.rev + 1, vec![town.data, other]).await.unwrap();
        assert!(town.decision(town.agent).await.allow, "listed again, it wakes");
        assert_eq!(town.rooms.contract_type(kind).await.unwrap().kind.name.en, "Data agreement");
        // A product of another manager is not theirs to list or to remove.
        let owned = town.account_manager;
        let foreign = new_product(&town.rooms, "foreign", |product| product.manager = Some(owned)).await;
        let refused = change(card.rev + 2, vec![town.data, other, foreign]).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        let auditor = town.as_staff(town.auditor).await;
        let name = crate::organization_type::Words::new("甲", "A");
        let change = TypeChange { rev: card.rev + 2, name, products: vec![other] };
        let refused = town.rooms.change_contract_type(&auditor, kind, change, town.now()).await;
        assert_eq!(refused.unwrap_err().code, "staff.role_required");
    }
}
#[tokio::test]
async fn m45_a_scan_is_sealed_and_shown_to_whoever_may_amend_the_contract() {
    for town in towns().await {
        let by = town.as_staff(town.account_manager).await;
        let products = town.as_staff(town.product_manager).await;
        let (ours, id, now) = (town.ours, town.contract, town.now());
        let pdf = scan(&town, b"%PDF-1.7 the paper");
        let file = pdf.id;
        let add = |by: &Operator, upload: Upload| {
            let (rooms, by) = (town.rooms.clone(), by.clone());
            async move { rooms.add_contract_scan(&by, ours, id, upload, now).await }
        };
        let wrong = add(&by, scan(&town, b"GIF89a")).await.unwrap_err();
        assert_eq!((wrong.code, wrong.field), ("document.kind", Some("scan")));
        assert_eq!(add(&products, pdf.clone()).await.unwrap_err().code, "staff.role_required");
        add(&by, pdf.clone()).await.unwrap();
        add(&by, pdf).await.unwrap();
        let shown = town.rooms.desk_contract(&by, ours, id, now).await.unwrap();
        assert_eq!(shown.scans.len(), 1, "the form came twice");
        let read: Result<_> = town.rooms.contract_scan(&by, ours, id, file).await;
        assert_eq!(read.unwrap().1, b"%PDF-1.7 the paper");
        // A product manager sees the contract of the own product, not its paper; and no other's contract at all.
        assert!(town.rooms.desk_contract(&products, ours, id, now).await.unwrap().scans.is_empty());
        let refused = town.rooms.contract_scan(&products, ours, id, file).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        let hidden = new_product(&town.rooms, "hidden", |product| product.manager = Some(town.auditor)).await;
        let foreign = sign(&town.rooms, ours, "CT-7", &[hidden]).await;
        let refused = town.rooms.desk_contract(&products, ours, foreign, now).await.unwrap_err();
        assert_eq!(refused.code, "contract.unknown");
        // Nor an account manager an organization of somebody else's.
        let kind = town.rooms.organization(town.theirs).await.unwrap().type_id;
        let elsewhere = new_organization(&town.rooms, kind, "远帆报关有限公司", None).await;
        let theirs = sign(&town.rooms, elsewhere, "CT-8", &[town.data]).await;
        let refused = town.rooms.contract_scan(&by, elsewhere, theirs, file).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        let refused = town.rooms.desk_contracts(&by, elsewhere).await.unwrap_err();
        assert_eq!(refused.code, "organization.unknown");
        let moved = period(&contract(&town, id).await, ContractStep::Amended, now.plus_days(900));
        let refused = town.rooms.move_contract(&products, ours, id, moved, None, now).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        let organization = town.rooms.organization(ours).await.unwrap();
        let lines = town.rooms.desk_admissions(&products, &organization, now).await.unwrap().lines;
        assert!(lines.iter().all(|line| line.product.id != hidden), "another manager's product");
        assert!(lines.iter().any(|line| line.layer.state != LayerState::Met));
    }
}
