//! Admissions: who edits them, why and since when; suspended and resumed; asked for and decided; announced before they end.
use super::request::Terms;
use super::roll::{RollFilter, RollState};
use super::{Admission, AdmissionChange, AdmissionLine, Admitting, NewAdmission, warn_expiring};
use crate::Authority;
use crate::application::{ApplicationKind, ApplicationState, Verdict, desk::DeskFilter};
use crate::authority::Operator;
use crate::decision::LayerState;
use crate::product::{AdmissionClass, AdmissionEditor, GrantMode, Product};
use crate::testing::{Town, new_organization, new_product, towns, towns_at};
use identity::notice::{self, Kind};
use kernel::{
    Clock, Timestamp,
    clock::Zone,
    id::{AccountId, ProductId},
};
use platform::document::Upload;

const DAY: i64 = 86_400;

fn discretionary(editor: AdmissionEditor) -> impl Fn(&mut Product) {
    move |product| {
        product.admission_class = AdmissionClass::Discretionary;
        product.grant_mode = GrantMode::EveryAgent;
        product.admission_editor = editor;
    }
}
fn new(town: &Town, product: ProductId, note: Option<&str>) -> NewAdmission {
    NewAdmission {
        id: town.rooms.db().draw(),
        product,
        contract: None,
        valid_until: Timestamp::FOREVER,
        note: note.map(str::to_owned),
    }
}
async fn line(town: &Town, product: ProductId) -> AdmissionLine {
    let organization = town.rooms.organization(town.ours).await.unwrap();
    let found = town.rooms.admissions(&organization, town.now()).await.unwrap();
    found.lines.into_iter().find(|line| line.product.id == product).unwrap()
}
async fn told(town: &Town, account: AccountId, kind: Kind) -> usize {
    let reader = (web::Lang::Zh, &Zone::default());
    let messages = notice::service::list(town.rooms.identity(), account, reader, false, None, 100).await;
    messages.unwrap().iter().filter(|message| message.kind == kind).count()
}

#[tokio::test]
async fn m45_discretion_has_a_reason_a_period_and_evidence() {
    for town in towns().await {
        let product =
            new_product(&town.rooms, "quotes", discretionary(AdmissionEditor::AccountManager)).await;
        let by = town.as_staff(town.account_manager).await;
        let admit = |new: NewAdmission, more: Admitting| {
            town.rooms.admit_with(by.clone(), town.ours, new, more, town.now())
        };
        let silent = admit(new(&town, product, None), Admitting::default()).await.unwrap_err();
        assert_eq!((silent.code, silent.field), ("admission.reason_required", Some("note")));
        let late = Admitting { valid_from: Some(town.now().plus_days(3)), ..Admitting::default() };
        let backwards =
            NewAdmission { valid_until: town.now().plus_days(2), ..new(&town, product, Some("核验")) };
        assert_eq!(admit(backwards, late.clone()).await.unwrap_err().code, "admission.period");
        let paper = Upload { id: town.rooms.db().draw(), bytes: b"%PDF-1.7 approval".as_slice().into() };
        let (file, wanted) = (paper.id, new(&town, product, Some("做市资格已核验")));
        let more = Admitting { evidence: Some(paper), seen: Some(String::new()), ..late };
        let id = admit(wanted.clone(), more.clone()).await.unwrap();
        assert_eq!(admit(wanted, more).await.unwrap(), id, "the form came twice");
        assert_eq!(town.decision_on(town.agent, product).await.code(), "decision.admission_not_yet");
        let there = line(&town, product).await.admission.unwrap();
        assert_eq!(there.granted_by, Some(town.account_manager));
        assert_eq!(there.note.as_deref(), Some("做市资格已核验"));
        let files = town.rooms.admission_evidence(&by, town.ours, id).await.unwrap();
        assert_eq!(files.len(), 1);
        let read = town.rooms.admission_file(&by, town.ours, id, file).await.unwrap();
        assert_eq!(read.1, b"%PDF-1.7 approval");
        let products = town.as_staff(town.product_manager).await;
        let refused = town.rooms.admission_file(&products, town.ours, id, file).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        // A form that showed nothing is told that there is something now.
        let blind = Admitting { seen: Some(String::new()), ..Admitting::default() };
        let refused = admit(new(&town, product, Some("再次")), blind).await.unwrap_err();
        assert_eq!(refused.code, "admission.changed");
        let seen = Admitting { seen: Some(Admission::seen(Some(&there))), ..Admitting::default() };
        admit(new(&town, product, Some("立即生效")), seen).await.unwrap();
        assert!(town.decision_on(town.agent, product).await.allow);
    }
}
#[tokio::test]
async fn m45_what_is_suspended_sleeps_and_what_is_resumed_wakes_with_the_reason_told() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let by = town.as_staff(town.account_manager).await;
        let id = line(&town, town.data).await.admission.unwrap().id;
        let change = |change, reason: &'static str| {
            let rev = None;
            town.rooms.change_admission(by.clone(), town.ours, id, change, (rev, reason), town.now())
        };
        let silent = change(AdmissionChange::Suspend, " ").await.unwrap_err();
        assert_eq!((silent.code, silent.field), ("admission.reason_required", Some("reason")));
        change(AdmissionChange::Suspend, "欠费").await.unwrap();
        let asleep = town.decision(town.agent).await;
        assert_eq!(asleep.code(), "decision.admission_suspended");
        assert_eq!(asleep.member_half(), Some(true), "the grant sleeps");
        assert_eq!(told(&town, town.administrator.account, Kind::AdmissionSuspended).await, 1);
        let there = line(&town, town.data).await.admission.unwrap();
        assert_eq!(there.suspended_by, Some(AdmissionEditor::AccountManager));
        assert_eq!(there.state_reason.as_deref(), Some("欠费"));
        // Admitting anew is no way around it.
        let around =
            town.rooms.admit(by.clone(), town.ours, new(&town, town.data, Some("x")), town.now()).await;
        assert_eq!(around.unwrap_err().code, "admission.suspended");
        let stale = (Some(there.rev - 1), "已补缴");
        let stale = town
            .rooms
            .change_admission(by.clone(), town.ours, id, AdmissionChange::Resume, stale, town.now())
            .await;
        assert_eq!(stale.unwrap_err().code, "admission.changed");
        change(AdmissionChange::Resume, "已补缴").await.unwrap();
        change(AdmissionChange::Resume, "已补缴").await.unwrap();
        assert!(town.decision(town.agent).await.allow, "the grant woke");
        assert_eq!(told(&town, town.administrator.account, Kind::AdmissionResumed).await, 1, "twice is once");
    }
}
#[tokio::test]
async fn m47_administrators_edit_where_the_product_lets_them_and_not_what_the_platform_suspended() {
    for town in towns().await {
        let editor = AdmissionEditor::OrganizationAdministrator;
        let product = new_product(&town.rooms, "customs", discretionary(editor)).await;
        let administrator = town.as_administrator(town.administrator).await;
        let foreign = town.as_administrator(town.their_administrator).await;
        let refused = town.rooms.admit(foreign, town.ours, new(&town, product, None), town.now()).await;
        assert_eq!(refused.unwrap_err().code, "organization.unknown");
        let id = town
            .rooms
            .admit(administrator.clone(), town.ours, new(&town, product, None), town.now())
            .await
            .unwrap();
        assert!(town.decision_on(town.agent, product).await.allow);
        assert_eq!(line(&town, product).await.members, 1);
        let change = |by: Authority, change| {
            town.rooms.change_admission(by, town.ours, id, change, (None, "核查"), town.now())
        };
        let own = change(administrator.clone().into(), AdmissionChange::Suspend).await.unwrap_err();
        assert_eq!(own.code, "admission.by_platform");
        let manager = town.as_staff(town.account_manager).await;
        change(manager.clone().into(), AdmissionChange::Suspend).await.unwrap();
        for attempt in [AdmissionChange::Resume, AdmissionChange::End] {
            let refused = change(administrator.clone().into(), attempt).await.unwrap_err();
            assert_eq!(refused.code, "admission.by_platform");
        }
        let anew = town.rooms.admit(administrator.clone(), town.ours, new(&town, product, None), town.now());
        assert_eq!(anew.await.unwrap_err().code, "admission.suspended");
        change(manager.into(), AdmissionChange::Resume).await.unwrap();
        change(administrator.clone().into(), AdmissionChange::End).await.unwrap();
        assert_eq!(town.decision_on(town.agent, product).await.code(), "decision.admission_missing");
        // Its own to open, so there is nothing to ask for.
        let asked = town
            .rooms
            .request_admission(&administrator, town.rooms.db().draw(), product, "", town.now())
            .await;
        assert_eq!(asked.unwrap_err().code, "admission.own");
    }
}
#[tokio::test]
async fn m46_a_request_goes_to_whoever_edits_and_its_approval_admits() {
    for town in towns().await {
        let ours = new_product(&town.rooms, "quotes", discretionary(AdmissionEditor::AccountManager)).await;
        let theirs = new_product(&town.rooms, "margin", |product| {
            discretionary(AdmissionEditor::ProductManager)(product);
            product.manager = Some(town.product_manager);
        })
        .await;
        let administrator = town.as_administrator(town.administrator).await;
        let account_manager = town.as_staff(town.account_manager).await;
        let product_manager = town.as_staff(town.product_manager).await;
        let now = town.now();
        let ask = |product| {
            let id = town.rooms.db().draw();
            town.rooms.request_admission(&administrator, id, product, "", now)
        };
        let first = ask(ours).await.unwrap();
        assert!(first.new);
        let again = ask(ours).await.unwrap();
        assert_eq!((again.id, again.new), (first.id, false), "two clicks are one request");
        let second = ask(theirs).await.unwrap();
        assert_eq!(told(&town, town.account_manager, Kind::ApplicationReceived).await, 1);
        assert_eq!(told(&town, town.product_manager, Kind::ApplicationReceived).await, 1);
        // Each desk sees its own, in SQL.
        let inbox = async |by: &Operator| -> Vec<_> {
            let filter = DeskFilter { kind: Some(ApplicationKind::Admission), ..DeskFilter::default() };
            let found = town.rooms.desk_applications(by, filter, 10, now).await.unwrap();
            found.into_iter().map(|one| one.id).collect()
        };
        assert_eq!(inbox(&account_manager).await, [first.id]);
        assert_eq!(inbox(&product_manager).await, [second.id]);
        assert_eq!(inbox(&Operator::installation()).await, [first.id, second.id]);
        let decide = |by: &Operator, id, verdict, note: &'static str| {
            let terms = Terms { id: town.rooms.db().draw(), contract: None, valid_until: Timestamp::FOREVER };
            let (rooms, by) = (town.rooms.clone(), by.clone());
            async move { rooms.decide_admission_request(&by, id, (verdict, terms), note, now).await }
        };
        for (by, id) in [(&account_manager, second.id), (&product_manager, first.id)] {
            assert_eq!(decide(by, id, Verdict::Approve, "x").await.unwrap_err().code, "application.unknown");
            let hidden = town.rooms.desk_admission_request(by, id, now).await.unwrap_err();
            assert_eq!(hidden.code, "application.unknown");
        }
        let silent = decide(&account_manager, first.id, Verdict::Reject, "").await.unwrap_err();
        assert_eq!(silent.code, "application.note_required");
        let silent = decide(&account_manager, first.id, Verdict::Approve, "").await.unwrap_err();
        assert_eq!(silent.code, "admission.reason_required");
        decide(&account_manager, first.id, Verdict::Return, "补充说明").await.unwrap();
        assert!(ask(ours).await.unwrap().new, "handed in again");
        let approved = decide(&account_manager, first.id, Verdict::Approve, "已核验").await.unwrap();
        assert_eq!(approved, ApplicationState::Approved);
        assert!(town.decision_on(town.agent, ours).await.allow);
        let late = decide(&account_manager, first.id, Verdict::Reject, "晚了").await.unwrap_err();
        assert_eq!(late.code, "application.decided");
        assert_eq!(ask(ours).await.unwrap_err().code, "admission.exists");
        decide(&product_manager, second.id, Verdict::Reject, "额度已满").await.unwrap();
        assert_eq!(told(&town, town.administrator.account, Kind::ApplicationRejected).await, 1);
        let requests = town.rooms.admission_requests(town.ours).await.unwrap();
        let refused = requests.iter().find(|one| one.product == Some(theirs)).unwrap();
        assert_eq!(refused.decision_note.as_deref(), Some("额度已满"));
        assert!(ask(theirs).await.unwrap().new, "refused, it may be asked for again");
        // Without a contract the class of contracts admits nobody, whoever approves.
        town.rooms.terminate_contract(&Operator::installation(), town.ours, town.contract).await.unwrap();
        let third = ask(town.data).await.unwrap();
        let refused = decide(&account_manager, third.id, Verdict::Approve, "x").await.unwrap_err();
        assert_eq!(refused.code, "admission.contract_missing");
        town.rooms.withdraw_admission_request(&administrator, third.id, now).await.unwrap();
    }
}
#[tokio::test]
async fn m46_of_many_who_decide_a_request_one_does() {
    for town in towns().await {
        let product =
            new_product(&town.rooms, "quotes", discretionary(AdmissionEditor::AccountManager)).await;
        let administrator = town.as_administrator(town.administrator).await;
        let by = town.as_staff(town.account_manager).await;
        let (id, now) = (town.rooms.db().draw(), town.now());
        town.rooms.request_admission(&administrator, id, product, "", now).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let (rooms, by) = (town.rooms.clone(), by.clone());
                let verdict = if n % 2 == 0 { Verdict::Approve } else { Verdict::Reject };
                let terms = Terms { id: rooms.db().draw(), contract: None, valid_until: Timestamp::FOREVER };
                tokio::spawn(async move {
                    rooms.decide_admission_request(&by, id, (verdict, terms), "意见", now).await
                })
            })
            .collect();
        let mut decided = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(state) => decided.push(state),
                Err(error) => assert_eq!(error.code, "application.decided"),
            }
        }
        assert_eq!(decided.len(), 1);
        let held = line(&town, product).await.layer.state == LayerState::Met;
        assert_eq!(held, decided[0] == ApplicationState::Approved);
    }
}
#[tokio::test]
async fn m45_ends_are_announced_at_30_7_and_1_days_once_each_on_any_number_of_nodes() {
    let clock = Clock::fixed(Timestamp::from_millis(1_790_000_000_000));
    for town in towns_at(clock.clone()).await {
        let product =
            new_product(&town.rooms, "quotes", discretionary(AdmissionEditor::AccountManager)).await;
        let ends = NewAdmission { valid_until: town.now().plus_days(40), ..new(&town, product, None) };
        town.rooms.admit(Operator::installation(), town.ours, ends, town.now()).await.unwrap();
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
        for (expected, days) in [(1, 10), (2, 23), (3, 6)] {
            clock.advance_seconds(days * DAY);
            assert_eq!(round().await, 1, "after {days} days");
            assert_eq!(round().await, 0);
            for account in [town.administrator.account, town.account_manager] {
                assert_eq!(told(&town, account, Kind::AdmissionExpiring).await, expected);
            }
        }
        // The contract ends later, and its renewal is announced anew.
        clock.advance_seconds(300 * DAY);
        assert_eq!(round().await, 1);
        assert_eq!(told(&town, town.account_manager, Kind::ContractExpiring).await, 1);
        assert_eq!(told(&town, town.their_administrator.account, Kind::ContractExpiring).await, 0);
        clock.advance_seconds(-339 * DAY);
    }
}
#[tokio::test]
async fn m44_a_product_shows_whom_it_admitted_page_by_page_and_to_each_desk_its_own() {
    for town in towns().await {
        let product =
            new_product(&town.rooms, "quotes", discretionary(AdmissionEditor::AccountManager)).await;
        let mut names = Vec::new();
        for n in 0..5 {
            let manager = (n % 2 == 0).then_some(town.account_manager);
            let name = format!("远帆{n}号报关有限公司");
            let organization = new_organization(&town.rooms, town.public, &name, manager).await;
            let note = new(&town, product, Some("核验"));
            town.rooms.admit(Operator::installation(), organization, note, town.now()).await.unwrap();
            names.push((organization, name));
        }
        let filter =
            |state, name: Option<&str>, before| RollFilter { state, name: name.map(str::to_owned), before };
        let roll = async |by: &Operator, filter: RollFilter, limit| {
            town.rooms.admission_roll(by, product, filter, limit, town.now()).await.unwrap()
        };
        let system = Operator::installation();
        let first = roll(&system, filter(RollState::Held, None, None), 3).await;
        let rest = roll(&system, filter(RollState::Held, None, Some(first[2].key)), 9).await;
        let seen: Vec<_> = first.iter().chain(&rest).map(|line| line.organization).collect();
        let all: Vec<_> = names.iter().rev().map(|(id, _)| *id).collect();
        assert_eq!(seen, all);
        let manager = town.as_staff(town.account_manager).await;
        assert_eq!(
            roll(&manager, filter(RollState::Live, None, None), 9).await.len(),
            3,
            "the own portfolio"
        );
        assert_eq!(roll(&system, filter(RollState::Live, Some("远帆3"), None), 9).await.len(), 1);
        let id = first[0].admission.unwrap();
        let of = first[0].organization;
        town.rooms.set_admission_suspended(Operator::installation(), of, id, true, town.now()).await.unwrap();
        for (state, count) in [
            (RollState::Live, 5),
            (RollState::Held, 4),
            (RollState::Lapsed, 1),
            (RollState::Suspended, 1),
            (RollState::Ending, 0),
            (RollState::Ended, 0),
        ] {
            assert_eq!(roll(&system, filter(state, None, None), 9).await.len(), count, "{state}");
        }
        let by_contract =
            town.rooms.admission_roll(&system, town.data, filter(RollState::Live, None, None), 9, town.now());
        assert!(by_contract.await.unwrap().is_empty());
        town.admit(town.data).await;
        let line = town
            .rooms
            .admission_roll(&system, town.data, filter(RollState::Held, None, None), 9, town.now())
            .await
            .unwrap();
        assert_eq!(line[0].contract.as_deref(), Some("CT-1"));
        let owned = town.auditor;
        let foreign = new_product(&town.rooms, "foreign", |product| product.manager = Some(owned)).await;
        let products = town.as_staff(town.product_manager).await;
        let hidden =
            town.rooms.admission_roll(&products, foreign, filter(RollState::Live, None, None), 9, town.now());
        assert_eq!(hidden.await.unwrap_err().code, "product.unknown");
        let number = new_product(&town.rooms, "gateway", |product| {
            product.admission_class = AdmissionClass::Membership;
        })
        .await;
        town.rooms.set_member_number(&system, town.ours, Some("0427".into()), town.now()).await.unwrap();
        let numbered = town
            .rooms
            .admission_roll(&system, number, filter(RollState::Held, None, None), 9, town.now())
            .await
            .unwrap();
        assert_eq!(numbered.len(), 1);
        assert_eq!(numbered[0].layer.state, LayerState::Met);
    }
}
