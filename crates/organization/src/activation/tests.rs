//! M31 to M33: what is handed out opens once, for the holder alone, and proves what it came by.
use super::{Issued, Link, Way};
use crate::authority::Operator;
use crate::membership::{
    Appointed, Appointment, Basis, HandedOut, NewMember, Newcomer, PhoneChange, Role, Terms,
};
use crate::testing::{Person, Town, account_of, towns, towns_at};
use identity::account::{self, AccountCard, AccountState};
use identity::credential::Password;
use kernel::{Actor, Clock, LoginName, Mobile, Timestamp, id::AccountId};

const PHONE: &str = "19900001234";
const GOOD: &str = "violet-canal-73";

fn link(way: Way) -> Link {
    Link { way, lang: web::Lang::En, origin: "https://op.test".into() }
}
async fn card(town: &Town, account: AccountId) -> AccountCard {
    account::service::cards(town.rooms.db(), vec![account]).await.unwrap().remove(0)
}
/// An agent of ours who gets a link.
async fn linked(town: &Town, login_name: &str, phone: Option<&str>, way: Way) -> (Person, Issued) {
    let id = town.rooms.db().draw();
    let new = NewMember {
        login_name: LoginName::parse(login_name).unwrap(),
        name: "许望舒".into(),
        phone: phone.map(|phone| Mobile::parse(phone).unwrap()),
    };
    let (role, basis, terms) = (Role::Agent, Basis::Created, Terms::default());
    let appointment = Appointment { id, newcomer: Newcomer::Linked(new, link(way)), role, basis, terms };
    let by = town.as_administrator(town.administrator).await;
    let appointed = town.rooms.appoint(by, town.ours, appointment, town.now()).await.unwrap();
    let Appointed::New { handed_out: HandedOut::Link(issued), .. } = appointed else {
        panic!("{appointed:?}")
    };
    let account = account_of(&town.rooms, login_name).await;
    (Person { account, membership: id, organization: town.ours }, issued)
}
fn token_of(text: &str) -> String {
    let (_, rest) = text.split_once("/activate/").unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}
async fn activate(town: &Town, token: &str, password: &str) -> Result<(), &'static str> {
    let password = Password::parse("new_password", password).unwrap();
    let done = town.rooms.activate(&Actor::system(), token, &password, town.now()).await;
    done.map_err(|error| error.code)
}

#[tokio::test]
async fn m32_a_link_by_sms_opens_the_account_once_and_proves_the_number() {
    for town in towns().await {
        let (person, issued) = linked(&town, "xuwangshu", Some(PHONE), Way::Sms).await;
        assert!(issued.link.is_empty() && issued.code.is_empty(), "whoever makes it does not see it");
        assert_eq!(issued.phone_masked, "199****1234");
        let before = card(&town, person.account).await;
        assert_eq!((before.state, before.phone_proven), (AccountState::Unactivated, false));
        let text = town.sms(PHONE).await.unwrap();
        assert!(text.contains("xuwangshu") && text.contains("澄江证券"), "{text}");
        let token = token_of(&text);
        let opening = town.rooms.activation(&token, town.now()).await.unwrap();
        assert_eq!((opening.login_name.as_str(), opening.again), ("xuwangshu", false));
        assert_eq!(activate(&town, &token, "12345678").await, Err("password.common"));
        assert!(activate(&town, &token, "xuwangshu-xuwangshu").await.is_err());
        activate(&town, &token, GOOD).await.unwrap();
        let after = card(&town, person.account).await;
        assert_eq!((after.state, after.phone_proven), (AccountState::Active, true));
        assert_eq!(activate(&town, &token, "another-canal-74").await, Err("activation.used"));
        assert_eq!(activate(&town, "nothing", GOOD).await, Err("activation.unknown"));
    }
}
#[tokio::test]
async fn m32_of_fifty_who_open_one_link_at_once_one_sets_the_password() {
    for town in towns().await {
        let (_, issued) = linked(&town, "xuwangshu", None, Way::Print).await;
        let token = token_of(&issued.link);
        let tries: Vec<_> = (0..50)
            .map(|n| {
                let (rooms, token, now) = (town.rooms.clone(), token.clone(), town.now());
                tokio::spawn(async move {
                    let password = Password::parse("new_password", &format!("violet-canal-{n}")).unwrap();
                    rooms.activate(&Actor::system(), &token, &password, now).await
                })
            })
            .collect();
        let mut opened = 0;
        for task in tries {
            match task.await.unwrap() {
                Ok(()) => opened += 1,
                Err(error) => assert!(
                    error.code == "activation.used" || error.kind == kernel::Kind::Overloaded,
                    "{error}"
                ),
            }
        }
        assert_eq!(opened, 1);
    }
}
#[tokio::test]
async fn m33_a_slip_opens_by_its_link_or_by_its_code_and_by_the_other_no_more() {
    for town in towns().await {
        let (person, issued) = linked(&town, "xuwangshu", None, Way::Print).await;
        assert_eq!(issued.code.len(), 19, "{}", issued.code);
        let code = super::model::typed_code(&issued.code.to_lowercase()).unwrap();
        activate(&town, &code, GOOD).await.unwrap();
        assert_eq!(activate(&town, &token_of(&issued.link), GOOD).await, Err("activation.used"));
        let after = card(&town, person.account).await;
        assert_eq!((after.state, after.phone_proven), (AccountState::Active, false));
    }
}
#[tokio::test]
async fn m32_only_the_newest_link_opens_and_not_after_72_hours() {
    let clock = Clock::fixed(Timestamp::from_millis(1_800_000_000_000));
    for town in towns_at(clock.clone()).await {
        let (person, issued) = linked(&town, "xuwangshu", Some(PHONE), Way::Print).await;
        let first = token_of(&issued.link);
        let by = town.as_administrator(town.administrator).await;
        let again = async |way| {
            town.rooms.hand_out_again(by.clone(), town.ours, person.membership, link(way), town.now()).await
        };
        let second = token_of(&again(Way::Print).await.unwrap().link);
        assert_eq!(activate(&town, &first, GOOD).await, Err("activation.void"));
        clock.advance_seconds(72 * 3600);
        assert_eq!(activate(&town, &second, GOOD).await, Err("activation.expired"));
        again(Way::Sms).await.unwrap();
        let sent = token_of(&town.sms(PHONE).await.unwrap());
        // Another number was typed since: a link at the old one opens nothing.
        let other = Mobile::parse("19900005678").unwrap();
        let edited = town.rooms.edit_member(
            by.clone(),
            town.ours,
            person.membership,
            "许望舒".into(),
            PhoneChange::Set(other),
            town.now(),
        );
        edited.await.unwrap();
        assert_eq!(activate(&town, &sent, GOOD).await, Err("activation.void"));
        let last = token_of(&again(Way::Print).await.unwrap().link);
        activate(&town, &last, GOOD).await.unwrap();
        // And back to the beginning for the next engine.
        clock.advance_seconds(-72 * 3600);
    }
}
#[tokio::test]
async fn m32_a_number_that_another_account_proved_stays_there() {
    for town in towns().await {
        let own = town.self_owned("songyuan").await;
        town.with_phone(own, PHONE).await;
        let (person, _) = linked(&town, "xuwangshu", Some(PHONE), Way::Sms).await;
        let token = token_of(&town.sms(PHONE).await.unwrap());
        activate(&town, &token, GOOD).await.unwrap();
        assert!(!card(&town, person.account).await.phone_proven);
        assert!(card(&town, own).await.phone_proven);
        assert_eq!(card(&town, person.account).await.state, AccountState::Active);
    }
}
#[tokio::test]
async fn m32_what_is_suspended_or_ended_is_not_opened_and_resumes_as_it_was() {
    for town in towns().await {
        let (person, issued) = linked(&town, "xuwangshu", None, Way::Print).await;
        let (token, now) = (token_of(&issued.link), town.now());
        let by = town.as_administrator(town.administrator).await;
        let suspend = async |suspended| {
            let by = by.clone();
            town.rooms.set_member_suspended(by, town.ours, person.membership, suspended, "休假", now).await
        };
        suspend(true).await.unwrap();
        assert_eq!(activate(&town, &token, GOOD).await, Err("activation.suspended"));
        suspend(false).await.unwrap();
        assert_eq!(card(&town, person.account).await.state, AccountState::Unactivated);
        town.rooms.delete_member(by.clone(), town.ours, person.membership, "离职", now).await.unwrap();
        assert_eq!(activate(&town, &token, GOOD).await, Err("activation.void"));
        assert_eq!(card(&town, person.account).await.state, AccountState::Closed);
    }
}
#[tokio::test]
async fn m32_a_link_in_place_of_a_lost_password_ends_the_old_one_and_every_session() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let (id, now) = (town.agent.membership, town.now());
        let issued =
            town.rooms.hand_out_again(by.clone(), town.ours, id, link(Way::Print), now).await.unwrap();
        let token = token_of(&issued.link);
        assert!(town.rooms.activation(&token, now).await.unwrap().again);
        activate(&town, &token, GOOD).await.unwrap();
        assert_eq!(card(&town, town.agent.account).await.state, AccountState::Active);
        let no_phone = town.rooms.hand_out_again(by.clone(), town.ours, id, link(Way::Sms), now).await;
        assert_eq!(no_phone.unwrap_err().code, "activation.no_phone");
        // A temporary password instead: the link from before opens nothing.
        let issued =
            town.rooms.hand_out_again(by.clone(), town.ours, id, link(Way::Print), now).await.unwrap();
        town.rooms.reset_member_password(by, town.ours, id, now).await.unwrap();
        assert_eq!(activate(&town, &token_of(&issued.link), GOOD).await, Err("activation.void"));
    }
}
#[tokio::test]
async fn f10_nobody_hands_out_at_or_above_the_own_role_elsewhere_or_without_measure() {
    for town in towns().await {
        let now = town.now();
        let by = town.as_administrator(town.their_administrator).await;
        let second = town.hire(town.theirs, Role::Administrator, "second").await;
        let hand = async |by: crate::Authority, organization, id| {
            town.rooms.hand_out_again(by, organization, id, link(Way::Print), now).await
        };
        let above = hand(by.clone().into(), town.theirs, second.membership).await;
        assert_eq!(above.unwrap_err().code, "membership.role_too_high");
        let foreign = hand(by.clone().into(), town.ours, town.agent.membership).await;
        assert_eq!(foreign.unwrap_err().kind, kernel::Kind::NotFound);
        let elsewhere = hand(by.clone().into(), town.theirs, town.agent.membership).await;
        assert_eq!(elsewhere.unwrap_err().code, "membership.unknown");
        let own = town.self_owned("ownaccount").await;
        let member = town.join(town.theirs, Role::Agent, own).await;
        let theirs = hand(by.into(), town.theirs, member.membership).await;
        assert_eq!(theirs.unwrap_err().code, "membership.self_owned");
        hand(Operator::installation().into(), town.theirs, second.membership).await.unwrap();
        // Five messages a day, whoever presses the button.
        let (person, _) = linked(&town, "xuwangshu", Some(PHONE), Way::Sms).await;
        let by = town.as_administrator(town.administrator).await;
        for _ in 0..4 {
            let sent =
                town.rooms.hand_out_again(by.clone(), town.ours, person.membership, link(Way::Sms), now);
            sent.await.unwrap();
        }
        let sixth = town.rooms.hand_out_again(by, town.ours, person.membership, link(Way::Sms), now).await;
        assert_eq!(sixth.unwrap_err().code, "activation.too_many");
    }
}
