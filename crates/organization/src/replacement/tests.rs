//! M37: the powers pass by a letter, at once, and only as the account manager decides.
use super::{Incoming, NewReplacement, Outgoing, Replacement};
use crate::activation::{Link, Way};
use crate::application::{ApplicationState, Verdict};
use crate::authority::Operator;
use crate::membership::{MembershipState, Role};
use crate::testing::{Person, Town, towns};
use identity::account::{self, AccountState};
use kernel::id::{ApplicationId, MembershipId};
use platform::document::Upload;

const PDF: &[u8] = b"%PDF-1.7 a letter with a stamp";

fn letter(town: &Town, bytes: &'static [u8]) -> Upload {
    Upload { id: town.rooms.db().draw(), bytes: bytes.into() }
}
fn link() -> Link {
    Link { way: Way::Print, lang: web::Lang::Zh, origin: "https://op.test".into() }
}
fn wish(town: &Town, incoming: Incoming, becomes: Outgoing) -> NewReplacement {
    let what = Replacement { outgoing: town.administrator.membership, incoming, becomes };
    NewReplacement { id: town.rooms.db().draw(), what, reason: "原管理员离职".into() }
}
async fn asked(town: &Town, becomes: Outgoing) -> ApplicationId {
    let member = town.member(town.agent).await;
    let new = wish(town, Incoming::Member(town.agent.membership), becomes);
    let letter = letter(town, PDF);
    town.rooms.ask_replacement(&member, new, &letter, town.now()).await.unwrap().id
}
async fn decide(
    town: &Town,
    by: &Operator,
    id: ApplicationId,
    verdict: Verdict,
    note: &str,
) -> Result<ApplicationState, &'static str> {
    let decided = town.rooms.decide_replacement(by, id, verdict, note, link(), town.now()).await;
    decided.map(|(state, _)| state).map_err(|error| error.code)
}
async fn role(town: &Town, id: MembershipId) -> (Role, MembershipState) {
    let row = town.rooms.find_member(town.ours, id).await.unwrap();
    (row.role, row.state)
}
async fn account_state(town: &Town, person: Person) -> AccountState {
    account::service::cards(town.rooms.db(), vec![person.account]).await.unwrap().remove(0).state
}

#[tokio::test]
async fn m37_a_member_hands_in_the_letter_and_the_account_manager_passes_the_powers() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let id = asked(&town, Outgoing::Agent).await;
        let again = asked(&town, Outgoing::Agent).await;
        assert_eq!(id, again, "one open request");
        assert_eq!(role(&town, town.agent.membership).await.0, Role::Agent, "a letter alone changes nothing");
        let manager = town.as_staff(town.account_manager).await;
        let shown = town.rooms.desk_replacement(&manager, id).await.unwrap();
        assert_eq!((shown.documents.len(), shown.timeline.len()), (1, 1));
        assert_eq!(decide(&town, &manager, id, Verdict::Approve, "").await, Ok(ApplicationState::Approved));
        assert_eq!(role(&town, town.agent.membership).await, (Role::Administrator, MembershipState::Active));
        assert_eq!(role(&town, town.administrator.membership).await, (Role::Agent, MembershipState::Active));
        // The type's administrators do no business: what the agent held ended with the change.
        let cells = town.rooms.granted_cells(town.ours, vec![town.agent.membership], town.now()).await;
        assert!(cells.unwrap().is_empty());
        // The power is where the role is, at once.
        assert!(town.member(town.administrator).await.as_administrator().is_none());
        assert!(town.member(town.agent).await.as_administrator().is_some());
        assert_eq!(
            decide(&town, &manager, id, Verdict::Approve, "").await,
            Err("application.decided"),
            "decided once"
        );
    }
}
#[tokio::test]
async fn m37_the_one_who_goes_may_end_and_the_account_of_the_organization_closes() {
    for town in towns().await {
        let id = asked(&town, Outgoing::End).await;
        let manager = town.as_staff(town.account_manager).await;
        decide(&town, &manager, id, Verdict::Approve, "").await.unwrap();
        assert_eq!(role(&town, town.administrator.membership).await.1, MembershipState::Ended);
        assert_eq!(account_state(&town, town.administrator).await, AccountState::Closed);
        assert_eq!(role(&town, town.agent.membership).await.0, Role::Administrator);
    }
}
#[tokio::test]
async fn m37_of_twenty_who_decide_at_once_one_does() {
    for town in towns().await {
        let id = asked(&town, Outgoing::Agent).await;
        let manager = town.as_staff(town.account_manager).await;
        let tries: Vec<_> = (0..20)
            .map(|n| {
                let (rooms, by, now) = (town.rooms.clone(), manager.clone(), town.now());
                let verdict = if n % 2 == 0 { Verdict::Approve } else { Verdict::Reject };
                tokio::spawn(async move {
                    rooms.decide_replacement(&by, id, verdict, "核对", link(), now).await
                })
            })
            .collect();
        let mut decided = Vec::new();
        for task in tries {
            match task.await.unwrap() {
                Ok((state, _)) => decided.push(state),
                Err(error) => assert_eq!(error.code, "application.decided"),
            }
        }
        assert_eq!(decided.len(), 1);
        let passed = role(&town, town.agent.membership).await.0 == Role::Administrator;
        assert_eq!(passed, decided == [ApplicationState::Approved]);
        assert_ne!(passed, role(&town, town.administrator.membership).await.0 == Role::Administrator);
    }
}
#[tokio::test]
async fn m37_sent_back_completed_refused_and_withdrawn() {
    for town in towns().await {
        let manager = town.as_staff(town.account_manager).await;
        let member = town.member(town.agent).await;
        let id = asked(&town, Outgoing::Agent).await;
        assert_eq!(decide(&town, &manager, id, Verdict::Return, "").await, Err("application.note_required"));
        assert_eq!(
            decide(&town, &manager, id, Verdict::Return, "公章不清").await,
            Ok(ApplicationState::Returned)
        );
        assert_eq!(decide(&town, &manager, id, Verdict::Approve, "").await, Err("application.decided"));
        let second = letter(&town, PDF);
        let now = town.now();
        town.rooms.complete_replacement(&member, id, "补充原件", Some(&second), now).await.unwrap();
        let shown = town.rooms.own_replacement(&member, id).await.unwrap();
        let kept = shown.documents.iter().filter(|card| card.erased_at.is_none()).count();
        assert_eq!((kept, shown.application.reason.as_deref()), (1, Some("补充原件")));
        assert_eq!(
            decide(&town, &manager, id, Verdict::Reject, "不一致").await,
            Ok(ApplicationState::Rejected)
        );
        let next = asked(&town, Outgoing::Agent).await;
        assert_ne!(id, next);
        town.rooms.withdraw_replacement(&member, next, now).await.unwrap();
        assert_eq!(decide(&town, &manager, next, Verdict::Approve, "").await, Err("application.decided"));
        assert_eq!(role(&town, town.administrator.membership).await.0, Role::Administrator);
    }
}
#[tokio::test]
async fn m37_the_desk_replaces_by_somebody_new_who_gets_an_account() {
    for town in towns().await {
        let manager = town.as_staff(town.account_manager).await;
        let login = kernel::LoginName::parse("luozhixia").unwrap();
        let new = wish(&town, Incoming::new(&login, "骆知夏", None), Outgoing::End);
        let (replay, letter1, letter2) = (new.clone(), letter(&town, PDF), letter(&town, PDF));
        let replaced =
            town.rooms.replace_administrator(&manager, town.ours, new, &letter1, link(), town.now()).await;
        let (state, issued) = replaced.unwrap();
        assert_eq!(state, ApplicationState::Approved);
        assert!(issued.unwrap().link.contains("/activate/"));
        let row = town.rooms.member_by_login_name(town.ours, "luozhixia").await.unwrap().unwrap();
        assert_eq!((row.role, row.managed), (Role::Administrator, true));
        assert_eq!(role(&town, town.administrator.membership).await.1, MembershipState::Ended);
        // The form again: the present administrator is another one by now, and nothing happens twice.
        let again =
            town.rooms.replace_administrator(&manager, town.ours, replay, &letter2, link(), town.now()).await;
        assert_eq!(again.unwrap_err().code, "replacement.outgoing");
    }
}
#[tokio::test]
async fn m30_another_manager_sees_and_decides_nothing_and_files_are_what_they_say() {
    for town in towns().await {
        let id = asked(&town, Outgoing::Agent).await;
        let auditor = town.as_staff(town.auditor).await;
        assert!(town.rooms.desk_replacement(&auditor, id).await.is_err());
        assert_eq!(decide(&town, &auditor, id, Verdict::Approve, "").await, Err("staff.role_required"));
        let other = town.self_owned("othermanager").await;
        let now = town.now();
        town.rooms
            .db()
            .write(move |tx| {
                let actor = kernel::Actor::system();
                let role = platform::StaffRole::AccountManager;
                let event = platform::staff::service::appoint_in(tx, &actor, other, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        let other = town.as_staff(other).await;
        assert_eq!(town.rooms.desk_replacement(&other, id).await.unwrap_err().code, "application.unknown");
        assert_eq!(decide(&town, &other, id, Verdict::Approve, "").await, Err("organization.unknown"));
        let foreign = town.member(town.their_agent).await;
        assert_eq!(town.rooms.own_replacement(&foreign, id).await.unwrap_err().code, "application.unknown");
        let member = town.member(town.agent).await;
        let new = wish(&town, Incoming::Member(town.agent.membership), Outgoing::Agent);
        let odd = letter(&town, b"MZ an executable");
        let refused = town.rooms.ask_replacement(&member, new, &odd, now).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("document.kind", Some("letter")));
        // A member of another organization cannot come, nor an agent go as if an administrator.
        let new = wish(&town, Incoming::Member(town.their_agent.membership), Outgoing::Agent);
        let odd = town.rooms.ask_replacement(&member, new, &letter(&town, PDF), now).await.unwrap_err();
        assert_eq!(odd.code, "replacement.incoming");
        let mut new = wish(&town, Incoming::Member(town.agent.membership), Outgoing::Agent);
        new.what.outgoing = town.their_administrator.membership;
        let odd = town.rooms.ask_replacement(&member, new, &letter(&town, PDF), now).await.unwrap_err();
        assert_eq!(odd.code, "replacement.outgoing");
    }
}
