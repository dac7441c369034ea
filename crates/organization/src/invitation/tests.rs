//! M34: who invites whom, who may read it, and of many answers one.
use super::model::{Invited, Sent};
use super::{Answer, Invite, Seen, State};
use crate::Authority;
use crate::activation::{Link, Way};
use crate::authority::Operator;
use crate::membership::{Basis, MembershipState, Role, Terms};
use crate::testing::{Person, Town, towns, towns_at};
use identity::session::SignedIn;
use kernel::{Clock, Mobile, Timestamp};

const PHONE: &str = "19900001234";

fn link(way: Way) -> Link {
    Link { way, lang: web::Lang::En, origin: "https://op.test".into() }
}
fn invite_to(town: &Town, role: Role, way: Way) -> Invite {
    let terms = Terms { scope: Some("报关".into()), ..Terms::default() };
    let phone = Mobile::parse(PHONE).unwrap();
    Invite { id: town.rooms.db().draw(), phone, name: Some("柳拾光".into()), role, way, terms }
}
async fn sent(town: &Town, by: impl Into<Authority>, role: Role) -> (Sent, String) {
    let (invite, now) = (invite_to(town, role, Way::Print), town.now());
    let invited = town.rooms.invite(by, town.theirs, invite, link(Way::Print), now).await.unwrap();
    let Invited::New(sent) = invited else { panic!("{invited:?}") };
    let token = token_of(&sent.link);
    (sent, token)
}
fn token_of(text: &str) -> String {
    let (_, rest) = text.split_once("/join/").unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}
/// A person with this number proven.
async fn holder(town: &Town, login_name: &str) -> SignedIn {
    let account = town.self_owned(login_name).await;
    town.with_phone(account, PHONE).await;
    town.signed_in(account).await
}
async fn answer(town: &Town, who: &SignedIn, token: &str, accept: bool) -> Result<Answer, &'static str> {
    town.rooms.answer_invitation(who, token, accept, town.now()).await.map_err(|error| error.code)
}
async fn state(town: &Town) -> State {
    let by = town.as_administrator(town.their_administrator).await;
    town.rooms.invitations(&by, None, 10).await.unwrap()[0].state_at(town.now())
}

#[tokio::test]
async fn m34_an_invitation_by_sms_is_read_and_accepted_by_the_holder_of_the_number_alone() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let (invite, now) = (invite_to(&town, Role::Agent, Way::Sms), town.now());
        let again = invite.clone();
        let id = invite.id;
        let invited = town.rooms.invite(by.clone(), town.theirs, invite, link(Way::Sms), now).await.unwrap();
        assert!(matches!(&invited, Invited::New(sent) if sent.link.is_empty()), "{invited:?}");
        let replay = town.rooms.invite(by.clone(), town.theirs, again, link(Way::Sms), now).await.unwrap();
        assert!(matches!(replay, Invited::Existing(there) if there == id));
        let second = invite_to(&town, Role::Agent, Way::Sms);
        let open = town.rooms.invite(by.clone(), town.theirs, second, link(Way::Sms), now).await;
        assert_eq!(open.unwrap_err().code, "invitation.open");
        let token = token_of(&town.sms(PHONE).await.unwrap());

        let stranger = town.rooms.seen_invitation(&token, None, now).await.unwrap();
        assert!(matches!(&stranger, Seen::Stranger { tail } if tail == "1234"), "{stranger:?}");
        let other = town.self_owned("other").await;
        let other = town.signed_in(other).await;
        let seen = town.rooms.seen_invitation(&token, Some(&other), now).await.unwrap();
        assert!(matches!(&seen, Seen::Other { tail, managed: false, .. } if tail == "1234"), "{seen:?}");
        assert!(!format!("{stranger:?}{seen:?}").contains("青岚里"), "the organization is nobody else's");
        assert_eq!(answer(&town, &other, &token, true).await, Err("invitation.phone"));
        town.with_phone(other.account, "19900009999").await;
        assert_eq!(answer(&town, &other, &token, true).await, Err("invitation.phone"));

        let who = holder(&town, "liushiguang").await;
        let Seen::Offer(offer) = town.rooms.seen_invitation(&token, Some(&who), now).await.unwrap() else {
            panic!("the holder reads it")
        };
        assert_eq!(
            (offer.organization.as_str(), offer.role.en.as_str()),
            ("青岚里城市服务有限公司", "Agent")
        );
        assert_eq!((offer.inviter.as_str(), offer.scope.as_deref()), ("陈思齐", Some("报关")));
        assert_eq!(answer(&town, &who, &token, true).await, Ok(Answer::Accepted(town.theirs)));
        let member = town.rooms.live_member_of(town.theirs, who.account).await.unwrap().unwrap();
        assert_eq!((member.role, member.basis, member.managed), (Role::Agent, Basis::Delegated, false));
        assert_eq!(member.granted_by, Some(town.their_administrator.account));
        assert_eq!(member.scope.as_deref(), Some("报关"));
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.accepted"));
        assert_eq!(state(&town).await, State::Accepted);
    }
}
#[tokio::test]
async fn m34_fifty_who_accept_at_once_make_one_membership() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let (_, token) = sent(&town, by, Role::Agent).await;
        let who = holder(&town, "liushiguang").await;
        let tries: Vec<_> = (0..50)
            .map(|_| {
                let (rooms, who, token, now) = (town.rooms.clone(), who.clone(), token.clone(), town.now());
                tokio::spawn(async move { rooms.answer_invitation(&who, &token, true, now).await })
            })
            .collect();
        let mut accepted = 0;
        for task in tries {
            match task.await.unwrap() {
                Ok(_) => accepted += 1,
                Err(error) => assert_eq!(error.code, "invitation.accepted"),
            }
        }
        assert_eq!(accepted, 1);
        assert_eq!(town.rooms.memberships(who.account).await.unwrap().len(), 1);
    }
}
#[tokio::test]
async fn m34_declined_revoked_and_replaced_links_open_nothing() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let who = holder(&town, "liushiguang").await;
        let (_, token) = sent(&town, by.clone(), Role::Agent).await;
        assert_eq!(answer(&town, &who, &token, false).await, Ok(Answer::Declined));
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.declined"));
        assert_eq!(state(&town).await, State::Declined);
        let (second, token) = sent(&town, by.clone(), Role::Agent).await;
        town.rooms.revoke_invitation(by.clone(), town.theirs, second.id, town.now()).await.unwrap();
        town.rooms.revoke_invitation(by.clone(), town.theirs, second.id, town.now()).await.unwrap();
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.revoked"));
        let (third, old) = sent(&town, by.clone(), Role::Agent).await;
        let again =
            town.rooms.invite_again(by.clone(), town.theirs, third.id, link(Way::Print), town.now()).await;
        let new = token_of(&again.unwrap().link);
        assert_eq!(answer(&town, &who, &old, true).await, Err("invitation.unknown"));
        assert_eq!(answer(&town, &who, &new, true).await, Ok(Answer::Accepted(town.theirs)));
        let late = town.rooms.invite_again(by.clone(), town.theirs, third.id, link(Way::Print), town.now());
        assert_eq!(late.await.unwrap_err().code, "invitation.decided");
        let late = town.rooms.revoke_invitation(by, town.theirs, third.id, town.now()).await;
        assert_eq!(late.unwrap_err().code, "invitation.decided");
    }
}
#[tokio::test]
async fn m34_an_invitation_that_ran_out_is_sent_again_and_one_whose_period_passed_is_not() {
    let clock = Clock::fixed(Timestamp::from_millis(1_800_000_000_000));
    for town in towns_at(clock.clone()).await {
        let by = town.as_administrator(town.their_administrator).await;
        let who = holder(&town, "liushiguang").await;
        let mut invite = invite_to(&town, Role::Agent, Way::Print);
        invite.terms.until = town.now().plus_days(8);
        let (id, now) = (invite.id, town.now());
        let invited = town.rooms.invite(by.clone(), town.theirs, invite, link(Way::Print), now).await;
        let Ok(Invited::New(first)) = invited else { panic!("{invited:?}") };
        clock.advance_seconds(7 * 86_400);
        let token = token_of(&first.link);
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.expired"));
        assert_eq!(state(&town).await, State::Expired);
        let sent = town.rooms.invite_again(by.clone(), town.theirs, id, link(Way::Print), town.now()).await;
        let token = token_of(&sent.unwrap().link);
        clock.advance_seconds(86_400);
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.expired"));
        let sent = town.rooms.invite_again(by, town.theirs, id, link(Way::Print), town.now()).await;
        assert_eq!(sent.unwrap_err().code, "invitation.period_over");
        clock.advance_seconds(-8 * 86_400);
    }
}
#[tokio::test]
async fn m34_an_inviter_who_lost_the_role_makes_it_void() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let (_, token) = sent(&town, by, Role::Agent).await;
        let who = holder(&town, "liushiguang").await;
        town.hire(town.theirs, Role::Administrator, "second").await;
        let (operator, id) = (Operator::installation(), town.their_administrator.membership);
        town.rooms.set_member_suspended(operator, town.theirs, id, true, "", town.now()).await.unwrap();
        assert_eq!(answer(&town, &who, &token, true).await, Ok(Answer::Void));
        assert_eq!(answer(&town, &who, &token, true).await, Err("invitation.void"));
        assert!(town.rooms.memberships(who.account).await.unwrap().is_empty());
    }
}
#[tokio::test]
async fn m34_a_former_member_whose_time_ran_out_comes_back_and_a_present_one_does_not_twice() {
    let clock = Clock::fixed(Timestamp::from_millis(1_800_000_000_000));
    for town in towns_at(clock.clone()).await {
        let by = town.as_administrator(town.their_administrator).await;
        let who = holder(&town, "liushiguang").await;
        let old = town.join(town.theirs, Role::Agent, who.account).await;
        let (_, token) = sent(&town, by.clone(), Role::Agent).await;
        assert_eq!(answer(&town, &who, &token, true).await, Err("membership.exists"));
        let until = town.now().plus_days(1);
        town.rooms
            .renew_member(by.clone(), town.theirs, old.membership, until, "", town.now())
            .await
            .unwrap();
        clock.advance_seconds(2 * 86_400);
        assert_eq!(answer(&town, &who, &token, true).await, Ok(Answer::Accepted(town.theirs)));
        let before = town.rooms.find_member(town.theirs, old.membership).await.unwrap();
        assert_eq!(before.state, MembershipState::Ended);
        clock.advance_seconds(-2 * 86_400);
    }
}
#[tokio::test]
async fn f10_nobody_invites_to_the_own_role_or_above_or_into_another_organization() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let now = town.now();
        for role in [Role::Administrator, Role::LegalRepresentative] {
            let invite = invite_to(&town, role, Way::Print);
            let refused = town.rooms.invite(by.clone(), town.theirs, invite, link(Way::Print), now).await;
            assert_eq!(refused.unwrap_err().code, "membership.role_too_high");
        }
        let invite = invite_to(&town, Role::Agent, Way::Print);
        let foreign = town.rooms.invite(by.clone(), town.ours, invite, link(Way::Print), now).await;
        assert_eq!(foreign.unwrap_err().kind, kernel::Kind::NotFound);
        // What the head sent is not an administrator's to see, send or take back.
        let head = town.self_owned("head").await;
        let head = town.join(town.theirs, Role::LegalRepresentative, head).await;
        let head = town.as_administrator(head).await;
        let (above, _) = sent(&town, head, Role::Administrator).await;
        assert!(town.rooms.invitations(&by, None, 10).await.unwrap().is_empty());
        let taken = town.rooms.revoke_invitation(by.clone(), town.theirs, above.id, now).await;
        assert_eq!(taken.unwrap_err().code, "membership.role_too_high");
        let other = town.as_administrator(town.administrator).await;
        let taken = town.rooms.revoke_invitation(other.clone(), town.ours, above.id, now).await;
        assert_eq!(taken.unwrap_err().code, "invitation.unknown");
        let taken = town.rooms.revoke_invitation(other, town.theirs, above.id, now).await;
        assert_eq!(taken.unwrap_err().kind, kernel::Kind::NotFound);
    }
}
#[tokio::test]
async fn m37_the_number_of_administrators_holds_when_it_is_accepted() {
    for town in towns().await {
        // The type allows three; two are there by the time of the answer, and a third.
        let who = holder(&town, "liushiguang").await;
        let (_, token) = sent(&town, Operator::installation(), Role::Administrator).await;
        let second: Person = town.hire(town.theirs, Role::Administrator, "second").await;
        town.hire(town.theirs, Role::Administrator, "third").await;
        assert_eq!(answer(&town, &who, &token, true).await, Err("membership.administrators_full"));
        let (operator, now) = (Operator::installation(), town.now());
        town.rooms.delete_member(operator, town.theirs, second.membership, "", now).await.unwrap();
        assert_eq!(answer(&town, &who, &token, true).await, Ok(Answer::Accepted(town.theirs)));
        let member = town.rooms.live_member_of(town.theirs, who.account).await.unwrap().unwrap();
        assert_eq!((member.role, member.basis), (Role::Administrator, Basis::Appointed));
    }
}
#[tokio::test]
async fn m36_an_account_of_another_organization_accepts_nothing() {
    for town in towns().await {
        let by = town.as_administrator(town.their_administrator).await;
        let (_, token) = sent(&town, by, Role::Agent).await;
        town.with_phone(town.agent.account, PHONE).await;
        let who = town.signed_in(town.agent.account).await;
        assert_eq!(answer(&town, &who, &token, true).await, Err("membership.foreign_account"));
        assert_eq!(state(&town).await, State::Open, "a refusal uses nothing up");
    }
}
