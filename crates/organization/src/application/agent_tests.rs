//! M38: whoever applies learns nothing of organizations; whoever may decide sees all that fits and nothing else.
use super::agent::{NewAgent, Viewer};
use super::desk::DeskFilter;
use super::{ApplicationKind, ApplicationState, Requested, Step, TypedOrganization, Verdict};
use crate::membership::{Role, Terms};
use crate::organization::record::RecordInput;
use crate::organization_type::ParsedType;
use crate::testing::{Person, Town, new_organization, towns, towns_at};
use crate::{Operator, Organizations};
use identity::notice::{Kind, service as notices};
use identity::realname::{Proof, RealNameLevel, service as realname};
use identity::session::SignedIn;
use kernel::{
    Actor, Clock, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId},
};
use platform::document::Upload;

pub const CODE: &str = "91310000MA1FL0AB1X";
pub const NAME: &str = "澄江证券股份有限公司";
pub const HEAD: &str = "沈砚秋";

/// Proven to a level, without a document.
pub async fn prove(rooms: &Organizations, account: AccountId, level: RealNameLevel) {
    let now = rooms.db().clock().now();
    let proof = Proof {
        id: rooms.db().draw(),
        account,
        method: "test".into(),
        provider: "test".into(),
        level,
        proven_at: now.plus_days(-1),
        expires_at: now.plus_days(3650),
    };
    rooms
        .db()
        .write(move |tx| {
            realname::prove_in(tx, &proof)?;
            Ok(((), vec![Event::done(&Actor::system(), "test.proven")]))
        })
        .await
        .unwrap();
}
pub fn pdf(rooms: &Organizations) -> Upload {
    Upload { id: rooms.db().draw(), bytes: bytes::Bytes::from_static(b"%PDF-1.7 letter of authority") }
}
/// Name, code and head of the town's own organization, as registered.
pub async fn register(town: &Town, organization: OrganizationId) {
    let found = town.rooms.organization(organization).await.unwrap();
    let input = RecordInput {
        name: found.name,
        short_name: found.short_name,
        uscc: CODE.into(),
        head_name: HEAD.into(),
        ..RecordInput::default()
    };
    town.rooms.change_record(&Operator::installation(), organization, input, town.now()).await.unwrap();
}
async fn applicant(town: &Town, login_name: &str) -> SignedIn {
    let account = town.self_owned(login_name).await;
    prove(&town.rooms, account, RealNameLevel::Primary).await;
    town.signed_in(account).await
}
fn typed(name: &str, code: &str, head: &str) -> TypedOrganization {
    TypedOrganization::parse(name, code, head).unwrap()
}
async fn apply(town: &Town, who: &SignedIn, organization: TypedOrganization) -> Result<Requested> {
    let new = NewAgent { id: town.rooms.db().draw(), organization, reason: Some("进口报关".into()) };
    town.rooms.apply_as_agent(who, new, &pdf(&town.rooms), town.now()).await
}
async fn state(town: &Town, who: &SignedIn, id: ApplicationId) -> ApplicationState {
    let viewer = Viewer::Applicant(who.account);
    town.rooms.shown_application(&viewer, id, town.now()).await.unwrap().application.state_at(town.now())
}
async fn waiting_in(town: &Town, person: Person) -> Vec<ApplicationId> {
    let by = town.as_administrator(person).await;
    let found = town.rooms.applications(&by, true, None, 50, town.now()).await.unwrap();
    found.into_iter().map(|application| application.id).collect()
}
async fn told(town: &Town, account: AccountId) -> Vec<Kind> {
    let reader = (web::Lang::En, &kernel::clock::Zone::default());
    let list = notices::list(town.rooms.identity(), account, reader, false, None, 50).await.unwrap();
    list.into_iter().map(|message| message.kind).collect()
}

#[tokio::test]
async fn m38_a_person_applies_the_administrator_approves_and_the_agent_acts() {
    for town in towns().await {
        register(&town, town.ours).await;
        let who = applicant(&town, "lichengzhou").await;
        let asked = apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap();
        assert!(
            waiting_in(&town, town.administrator).await.is_empty(),
            "nothing is looked up while handing in"
        );
        town.rooms.settle_applications().await.unwrap();
        assert_eq!(waiting_in(&town, town.administrator).await, [asked.id]);
        assert_eq!(told(&town, town.administrator.account).await, [Kind::ApplicationReceived]);
        assert_eq!(town.rooms.settle_applications().await.unwrap(), 0, "told once");
        let by = town.as_administrator(town.administrator).await;
        let until = town.now().plus_days(30);
        let terms = Terms { until, scope: Some("报关".into()), ..Terms::default() };
        let decided = town
            .rooms
            .decide_agent(by.clone(), town.ours, asked.id, (Verdict::Approve, terms), "", town.now())
            .await;
        assert_eq!(decided.unwrap(), ApplicationState::Approved);
        let member = town.rooms.member(&who, town.ours, town.now()).await.unwrap();
        assert_eq!((member.role(), member.membership().valid_until), (Role::Agent, until));
        assert_eq!(told(&town, who.account).await, [Kind::ApplicationApproved]);
        let again = town
            .rooms
            .decide_agent(by, town.ours, asked.id, (Verdict::Reject, Terms::default()), "nein", town.now())
            .await;
        assert_eq!(again.unwrap_err().code, "application.decided");
    }
}
#[tokio::test]
async fn m38_the_answer_is_the_same_whether_or_not_the_firm_is_here_or_the_data_fits() {
    for town in towns().await {
        register(&town, town.ours).await;
        let cases = [
            typed(NAME, CODE, HEAD),
            typed(NAME, CODE, "温如初"),
            typed("澄江期货有限公司", CODE, HEAD),
            typed("无此公司", "CJ-9999", "无此人"),
        ];
        let mut seen = Vec::new();
        for (n, organization) in cases.into_iter().enumerate() {
            let who = applicant(&town, &format!("applicant{n}")).await;
            let asked = apply(&town, &who, organization).await.unwrap();
            town.rooms.settle_applications().await.unwrap();
            let viewer = Viewer::Applicant(who.account);
            let shown = town.rooms.shown_application(&viewer, asked.id, town.now()).await.unwrap();
            let steps: Vec<Step> = shown.timeline.iter().map(|record| record.step).collect();
            seen.push((asked.new, shown.application.state, steps, shown.documents.len()));
            // Withdrawing, too.
            town.rooms.take_back(&who, asked.id, town.now()).await.unwrap();
            if n > 0 {
                let by = town.as_administrator(town.administrator).await;
                let all = town.rooms.applications(&by, false, None, 50, town.now()).await.unwrap();
                assert!(all.iter().all(|other| other.id != asked.id), "a wrong name never shows to the firm");
            }
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    }
}
#[tokio::test]
async fn m38_an_application_waits_for_a_firm_that_comes_later_or_gets_its_head_right() {
    for town in towns().await {
        let who = applicant(&town, "lichengzhou").await;
        let asked = apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap();
        town.rooms.settle_applications().await.unwrap();
        assert!(waiting_in(&town, town.administrator).await.is_empty());
        register(&town, town.ours).await;
        town.rooms.settle_applications().await.unwrap();
        assert_eq!(waiting_in(&town, town.administrator).await, [asked.id]);
        // Another's eyes find nothing.
        let foreign = town.as_administrator(town.their_administrator).await;
        let seen = town.rooms.shown_application(&Viewer::Administrator(foreign), asked.id, town.now()).await;
        assert_eq!(seen.unwrap_err().code, "application.unknown");
        let stranger = applicant(&town, "stranger").await;
        let seen =
            town.rooms.shown_application(&Viewer::Applicant(stranger.account), asked.id, town.now()).await;
        assert_eq!(seen.unwrap_err().code, "application.unknown");
    }
}
#[tokio::test]
async fn m38_sent_back_completed_and_refused_with_reasons() {
    for town in towns().await {
        register(&town, town.ours).await;
        let who = applicant(&town, "lichengzhou").await;
        let id = apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap().id;
        town.rooms.settle_applications().await.unwrap();
        let by = town.as_administrator(town.administrator).await;
        let decide = async |verdict, note: &'static str| {
            let verdict = (verdict, Terms::default());
            town.rooms.decide_agent(by.clone(), town.ours, id, verdict, note, town.now()).await
        };
        let silent = decide(Verdict::Return, " ").await.unwrap_err();
        assert_eq!((silent.code, silent.field), ("application.note_required", Some("note")));
        assert_eq!(decide(Verdict::Return, "委托书没有盖章").await.unwrap(), ApplicationState::Returned);
        assert!(waiting_in(&town, town.administrator).await.is_empty());
        let early = decide(Verdict::Approve, "").await.unwrap_err();
        assert_eq!(early.code, "application.decided", "what was sent back is the applicant's to complete");
        let letter = pdf(&town.rooms);
        town.rooms.complete_application(&who, id, "已盖章", Some(&letter), town.now()).await.unwrap();
        let twice = town.rooms.complete_application(&who, id, "", None, town.now()).await.unwrap_err();
        assert_eq!(twice.code, "application.decided");
        town.rooms.settle_applications().await.unwrap();
        let viewer = Viewer::Administrator(by.clone());
        let shown = town.rooms.shown_application(&viewer, id, town.now()).await.unwrap();
        let kept = shown.documents.iter().filter(|card| card.erased_at.is_none()).count();
        assert_eq!((kept, shown.application.reason.as_deref()), (1, Some("已盖章")));
        assert_eq!(decide(Verdict::Reject, "没有这项委托").await.unwrap(), ApplicationState::Rejected);
        assert_eq!(told(&town, who.account).await, [Kind::ApplicationRejected, Kind::ApplicationReturned]);
        assert_eq!(told(&town, town.administrator.account).await.len(), 2, "of each handing in");
        // Refused is not for ever.
        assert!(apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap().new);
    }
}
#[tokio::test]
async fn m38_each_application_is_decided_once_in_parallel_and_asked_once() {
    for town in towns().await {
        register(&town, town.ours).await;
        let who = applicant(&town, "lichengzhou").await;
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let (rooms, who, now) = (town.rooms.clone(), who.clone(), town.now());
                let new =
                    NewAgent { id: rooms.db().draw(), organization: typed(NAME, CODE, HEAD), reason: None };
                tokio::spawn(async move {
                    let letter = pdf(&rooms);
                    rooms.apply_as_agent(&who, new, &letter, now).await.unwrap()
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in asked {
            answers.push(task.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer.new).count(), 1);
        assert!(answers.windows(2).all(|pair| pair[0].id == pair[1].id));
        let id = answers[0].id;
        town.rooms.settle_applications().await.unwrap();
        let by = town.as_administrator(town.administrator).await;
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let (rooms, by, now, ours, who) =
                    (town.rooms.clone(), by.clone(), town.now(), town.ours, who.clone());
                tokio::spawn(async move {
                    match n % 4 {
                        0 => rooms.take_back(&who, id, now).await.is_ok(),
                        1 => {
                            let verdict = (Verdict::Reject, Terms::default());
                            rooms.decide_agent(by, ours, id, verdict, "不同意", now).await.is_ok()
                        }
                        _ => {
                            let verdict = (Verdict::Approve, Terms::default());
                            rooms.decide_agent(by, ours, id, verdict, "", now).await.is_ok()
                        }
                    }
                })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += usize::from(task.await.unwrap());
        }
        assert_eq!(done, 1);
        let approved = state(&town, &who, id).await == ApplicationState::Approved;
        assert_eq!(town.rooms.member(&who, town.ours, town.now()).await.is_ok(), approved);
    }
}
#[tokio::test]
async fn m38_limits_levels_and_accounts_that_may_not_apply() {
    for town in towns().await {
        let bare = town.self_owned("unverified").await;
        let bare = town.signed_in(bare).await;
        let refused = apply(&town, &bare, typed(NAME, CODE, HEAD)).await.unwrap_err();
        assert_eq!(refused.code, "application.level");
        let managed = town.signed_in(town.agent.account).await;
        let refused = apply(&town, &managed, typed(NAME, CODE, HEAD)).await.unwrap_err();
        assert_eq!(refused.code, "application.managed_account");
        let staff = town.signed_in(town.auditor).await;
        assert_eq!(
            apply(&town, &staff, typed(NAME, CODE, HEAD)).await.unwrap_err().code,
            "application.staff"
        );
        let who = applicant(&town, "lichengzhou").await;
        let mut refused = None;
        for n in 0..12 {
            if let Err(error) = apply(&town, &who, typed("某公司", &format!("CJ-{n:04}"), "某人")).await
            {
                refused = Some((n, error.code));
                break;
            }
        }
        assert_eq!(refused, Some((10, "application.too_many")));
        let bad = Upload { id: town.rooms.db().draw(), bytes: bytes::Bytes::from_static(b"MZ program") };
        let new =
            NewAgent { id: town.rooms.db().draw(), organization: typed(NAME, CODE, HEAD), reason: None };
        let refused = town.rooms.apply_as_agent(&who, new, &bad, town.now()).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("document.kind", Some("letter")));
    }
}
#[tokio::test]
async fn m38_the_type_may_ask_for_more_and_for_two_persons() {
    for town in towns().await {
        register(&town, town.theirs).await;
        let name = town.rooms.organization(town.theirs).await.unwrap().name;
        change_policy(&town, |policy| {
            policy.approved_by_two = vec![ApplicationKind::AgentAuthorization];
            policy.agent_level = RealNameLevel::Intermediate;
        })
        .await;
        let second = town.hire(town.theirs, Role::Administrator, "second").await;
        let who = applicant(&town, "lichengzhou").await;
        let id = apply(&town, &who, typed(&name, CODE, HEAD)).await.unwrap().id;
        town.rooms.settle_applications().await.unwrap();
        let approve = async |person| {
            let by = town.as_administrator(person).await;
            let verdict = (Verdict::Approve, Terms::default());
            town.rooms.decide_agent(by, town.theirs, id, verdict, "", town.now()).await
        };
        assert_eq!(approve(town.their_administrator).await.unwrap(), ApplicationState::FirstApproved);
        let same = approve(town.their_administrator).await.unwrap_err();
        assert_eq!(same.code, "application.second_person");
        let low = approve(second).await.unwrap_err();
        assert_eq!(low.code, "application.level_missing");
        assert_eq!(state(&town, &who, id).await, ApplicationState::FirstApproved, "a refusal writes nothing");
        prove(&town.rooms, who.account, RealNameLevel::Intermediate).await;
        assert_eq!(approve(second).await.unwrap(), ApplicationState::Approved);
    }
}
/// Of the town's public type, which `theirs` has.
pub async fn change_policy(town: &Town, change: impl Fn(&mut crate::organization_type::TypePolicy)) {
    let edited = town.rooms.organization_type(town.public).await.unwrap();
    let mut kind = edited.kind;
    change(&mut kind.policy);
    let new = ParsedType { code: kind.code, name: kind.name, policy: kind.policy };
    let by = Operator::installation();
    town.rooms.change_organization_type(&by, kind.id, edited.rev, new).await.unwrap();
}
#[tokio::test]
async fn m38_staff_decide_only_where_nobody_else_can_and_only_their_portfolio() {
    for town in towns().await {
        let empty =
            new_organization(&town.rooms, town.public, "无人管理有限公司", Some(town.account_manager)).await;
        register(&town, empty).await;
        let who = applicant(&town, "lichengzhou").await;
        let id = apply(&town, &who, typed("无人管理有限公司", CODE, HEAD)).await.unwrap().id;
        town.rooms.settle_applications().await.unwrap();
        assert_eq!(told(&town, town.account_manager).await, [Kind::ApplicationReceived]);
        let manager = town.as_staff(town.account_manager).await;
        let listed = async |by: &Operator| {
            let found = town.rooms.desk_applications(by, DeskFilter::default(), 50, town.now()).await;
            found.map(|list| list.iter().map(|one| one.id).collect::<Vec<_>>()).map_err(|error| error.code)
        };
        assert_eq!(listed(&manager).await, Ok(vec![id]));
        let auditor = town.as_staff(town.auditor).await;
        assert_eq!(listed(&auditor).await, Err("staff.role_required"));
        let other = Operator::from_signed_in(&town.signed_in(other_manager(&town).await).await).unwrap();
        assert_eq!(listed(&other).await, Ok(vec![]));
        let seen = town.rooms.shown_application(&Viewer::Staff(other.clone()), id, town.now()).await;
        assert_eq!(seen.unwrap_err().code, "application.unknown");
        let verdict = || (Verdict::Approve, Terms::default());
        let refused = town.rooms.decide_agent(other, empty, id, verdict(), "", town.now()).await.unwrap_err();
        assert_eq!(refused.kind, kernel::Kind::NotFound);
        // Somebody administers from now on: it is theirs.
        let administrator = town.hire(empty, Role::Administrator, "administrator").await;
        assert_eq!(listed(&manager).await, Ok(vec![]));
        let refused =
            town.rooms.decide_agent(manager.clone(), empty, id, verdict(), "", town.now()).await.unwrap_err();
        assert_eq!(refused.code, "application.theirs");
        let by = town.as_administrator(administrator).await;
        town.rooms.decide_agent(by, empty, id, verdict(), "", town.now()).await.unwrap();
    }
}
pub async fn other_manager(town: &Town) -> AccountId {
    let account = town.self_owned("othermanager").await;
    let now = town.now();
    town.rooms
        .db()
        .write(move |tx| {
            let role = platform::staff::StaffRole::AccountManager;
            let event = platform::staff::service::appoint_in(tx, &Actor::system(), account, role, None, now)?;
            Ok(((), vec![event]))
        })
        .await
        .unwrap();
    account
}
#[tokio::test]
async fn m38_what_nobody_decides_expires_with_its_files_and_can_be_asked_again() {
    let clock = Clock::fixed(Timestamp::from_millis(1_800_000_000_000));
    for town in towns_at(clock.clone()).await {
        let who = applicant(&town, "lichengzhou").await;
        let id = apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap().id;
        clock.advance_seconds(61 * 86_400);
        assert_eq!(state(&town, &who, id).await, ApplicationState::Expired, "evaluated when read");
        town.rooms.settle_applications().await.unwrap();
        assert_eq!(told(&town, who.account).await, [Kind::ApplicationExpired]);
        let viewer = Viewer::Applicant(who.account);
        let shown = town.rooms.shown_application(&viewer, id, town.now()).await.unwrap();
        assert!(shown.documents.iter().all(|card| card.erased_at.is_some()));
        assert_eq!(shown.timeline.last().map(|record| record.step), Some(Step::Expire));
        assert!(apply(&town, &who, typed(NAME, CODE, HEAD)).await.unwrap().new);
    }
}
