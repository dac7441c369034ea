//! M14, M15: the holder's own changes, numbers that were handed on, and closing.
use super::{
    closing, contact,
    own::{self, Editable, Own},
    service,
};
use crate::{
    SignedIn,
    code::{Sent, To},
    notice::{self, Kind},
    testing::{Browser, PASSWORD, PHONE, Room},
};
use kernel::{LoginName, Mobile, Result, email::Email, id::AccountId};
use platform::{
    Channel,
    challenge::{Attempt, ChallengeId},
    setting::ProfilePolicy,
};

const NEW: &str = "13900139000";

fn all() -> Editable {
    Editable::of(&ProfilePolicy::default(), super::Owner::SelfOwned, false)
}
/// An account with a browser that is signed in to it.
async fn holder(room: &Room, login_name: &str, phone: Option<&str>) -> (SignedIn, Browser) {
    room.account(login_name, phone).await;
    let mut browser = room.browser();
    browser.sign_in(login_name, PASSWORD).await;
    (browser.signed_in().await.unwrap(), browser)
}
async fn asked(room: &Room, who: &SignedIn, browser: u8, to: To) -> Result<Sent> {
    contact::start(&room.identity, &room.ctx([browser; 32]), who, &all(), to).await
}
fn sms(phone: &str) -> To {
    To::Sms(Mobile::parse(phone).unwrap())
}
fn id(sent: Sent) -> ChallengeId {
    let Sent::Sent(id) = sent else { panic!("{sent:?}") };
    id
}
async fn typed(room: &Room, who: &SignedIn, browser: u8, id: ChallengeId, code: &str) -> Result<Attempt> {
    let ctx = room.ctx([browser; 32]);
    contact::verify(&room.identity, &ctx, who, Channel::Sms, id, code).await
}
async fn own(room: &Room, account: AccountId) -> Own {
    own::own(&room.identity, account, room.now()).await.unwrap()
}
async fn kinds(room: &Room, account: AccountId) -> Vec<Kind> {
    let reader = (web::Lang::En, &kernel::clock::Zone::default());
    let messages = notice::service::list(&room.identity, account, reader, false, None, 50).await.unwrap();
    messages.iter().map(|message| message.kind).collect()
}

#[tokio::test]
async fn a_number_that_was_not_confirmed_for_long_is_confirmed_without_a_change() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", Some(PHONE)).await;
        room.db().clock().advance_seconds(200 * 86_400);
        let ask = async || {
            let asked = contact::confirm(&room.identity, &room.ctx([1; 32]), &who).await.unwrap();
            (id(asked), room.message(PHONE).await.unwrap().code.unwrap())
        };
        let (first, code) = ask().await;
        assert!(matches!(typed(&room, &who, 1, first, "000000").await.unwrap(), Attempt::Wrong { .. }));
        assert!(matches!(typed(&room, &who, 1, first, &code).await.unwrap(), Attempt::Right(_)));
        let after = own(&room, who.account).await;
        assert_eq!(
            (after.phone.as_deref(), after.phone_proven_at),
            (Some("+8613800138000"), Some(room.now()))
        );
        assert_eq!(kinds(&room, who.account).await, [], "nothing has changed");
        assert_eq!(room.events("account.phone_confirmed").await, 1);
        // Another number came meanwhile: the code of the old one brings it back to nobody.
        room.db().clock().advance_seconds(120);
        let (second, code) = ask().await;
        let account = who.account;
        let gone = "UPDATE account SET phone_proven = FALSE WHERE id = $1";
        room.db().write_unaudited("test", move |tx| tx.run(gone, &[&account])).await.unwrap();
        assert_eq!(typed(&room, &who, 1, second, &code).await.unwrap(), Attempt::Gone);
        assert!(!own(&room, who.account).await.phone_proven);
        let none = contact::confirm(&room.identity, &room.ctx([1; 32]), &who).await.unwrap_err();
        assert_eq!(none.code, "account.unknown");
    }
}
#[tokio::test]
async fn m15_a_new_number_takes_a_code_and_the_old_one_is_told() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", Some(PHONE)).await;
        let same = asked(&room, &who, 1, sms(PHONE)).await.unwrap_err();
        assert_eq!((same.code, same.field), ("account.phone_same", Some("phone")));
        let id = id(asked(&room, &who, 1, sms(NEW)).await.unwrap());
        let code = room.message(NEW).await.unwrap().code.unwrap();
        assert_eq!(typed(&room, &who, 2, id, &code).await.unwrap(), Attempt::Gone, "another browser");
        assert!(matches!(typed(&room, &who, 1, id, "000000").await.unwrap(), Attempt::Wrong { left: 4 }));
        assert!(matches!(typed(&room, &who, 1, id, &code).await.unwrap(), Attempt::Right(_)));
        let after = own(&room, who.account).await;
        assert_eq!((after.phone.as_deref(), after.phone_proven), (Some("+8613900139000"), true));
        assert_eq!(after.phone_proven_at, Some(room.now()));
        assert!(room.message(PHONE).await.unwrap().text.contains("139****9000"), "the old number is told");
        assert!(room.message(NEW).await.unwrap().text.contains("139****9000"));
        assert_eq!(kinds(&room, who.account).await, [Kind::PhoneChanged]);
        assert_eq!(typed(&room, &who, 1, id, &code).await.unwrap(), Attempt::Gone, "used once");
        assert_eq!(room.events("account.phone_changed").await, 1);
        assert_eq!(room.browser().sign_in(NEW, PASSWORD).await.status, http::StatusCode::SEE_OTHER);
        assert_eq!(
            room.browser().sign_in(PHONE, PASSWORD).await.status,
            http::StatusCode::UNPROCESSABLE_ENTITY
        );
    }
}

#[tokio::test]
async fn m15_a_mail_address_is_bound_and_changed() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", None).await;
        for (n, address) in ["zhiyuan@example.com", "Lin@example.org"].into_iter().enumerate() {
            let ctx = room.ctx([1; 32]);
            let to = To::Mail(Email::parse(address).unwrap());
            let sent = contact::start(&room.identity, &ctx, &who, &all(), to).await.unwrap();
            let code = room.delivered(address).await.unwrap().code.unwrap();
            let attempt =
                contact::verify(&room.identity, &ctx, &who, Channel::Mail, id(sent), &code).await.unwrap();
            assert!(matches!(attempt, Attempt::Right(_)), "{n}");
        }
        assert_eq!(own(&room, who.account).await.email.as_deref(), Some("Lin@example.org"));
        assert!(room.delivered("zhiyuan@example.com").await.unwrap().text.contains("L**@example.org"));
        assert_eq!(kinds(&room, who.account).await, [Kind::EmailChanged, Kind::EmailBound]);
    }
}

#[tokio::test]
async fn m15_a_number_that_was_handed_on_goes_to_whoever_proves_it_and_the_former_holder_learns_it() {
    for room in Room::on_engines().await {
        let (former, _) = holder(&room, "linzy", Some(PHONE)).await;
        let (who, _) = holder(&room, "xuwangshu", None).await;
        room.pass(60);
        let asked = id(asked(&room, &who, 1, sms(PHONE)).await.unwrap());
        let code = room.message(PHONE).await.unwrap().code.unwrap();
        assert!(matches!(typed(&room, &who, 1, asked, &code).await.unwrap(), Attempt::Right(_)));
        let (mine, theirs) = (own(&room, who.account).await, own(&room, former.account).await);
        assert!(mine.phone_proven && !theirs.phone_proven);
        assert_eq!(theirs.phone.as_deref(), Some("+8613800138000"), "it can be proven again");
        assert_eq!(kinds(&room, former.account).await, [Kind::PhoneReleased]);
        assert_eq!(room.events("account.phone_released").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m15_one_number_asked_for_by_fifty_at_once_goes_to_one() {
    for room in Room::on_engines().await {
        room.change(platform::setting::CodePolicy {
            minutes: 30,
            resend_seconds: 10,
            per_phone_hour: 100,
            per_phone_day: 200,
            per_address_hour: 1000,
            ..Default::default()
        })
        .await;
        let mut waiting = Vec::new();
        for n in 0..50_u8 {
            let (who, _) = holder(&room, &format!("person{n:02}"), None).await;
            room.pass(11);
            let id = id(asked(&room, &who, n, sms(PHONE)).await.unwrap());
            let code = room.message(PHONE).await.unwrap().code.unwrap();
            waiting.push((n, who, id, code));
        }
        let mut tasks = Vec::new();
        for (n, who, id, code) in waiting {
            let room = room.clone();
            tasks.push(tokio::spawn(async move {
                let ctx = room.ctx([n; 32]);
                match contact::verify(&room.identity, &ctx, &who, Channel::Sms, id, &code).await {
                    Ok(Attempt::Right(_)) => true,
                    Ok(other) => panic!("{other:?}"),
                    Err(error) => {
                        assert_eq!(error.code, "account.phone_just_proven");
                        false
                    }
                }
            }));
        }
        let mut winners = 0;
        for task in tasks {
            winners += i32::from(task.await.unwrap());
        }
        assert_eq!(winners, 1);
        let holders: i64 = room
            .db()
            .read(|tx| tx.one("SELECT COUNT(*) FROM account WHERE phone_proven", &[]))
            .await
            .unwrap();
        assert_eq!(holders, 1);
    }
}

#[tokio::test]
async fn m14_name_and_login_name_change_within_the_policy() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", Some(PHONE)).await;
        room.account("xuwangshu", None).await;
        let now = room.now();
        own::rename(&room.identity, &who, &all(), "林 致远", now).await.unwrap();
        assert_eq!(own(&room, who.account).await.name, "林 致远");
        let name = |text: &str| LoginName::parse(text).unwrap();
        let change = async |editable: &Editable, to: &str| {
            own::change_login_name(&room.identity, &who, editable, name(to), (web::Lang::En, now)).await
        };
        assert_eq!(change(&all(), "xuwangshu").await.unwrap_err().code, "account.login_name_taken");
        change(&all(), "zhiyuan").await.unwrap();
        change(&all(), "zhiyuan").await.unwrap();
        assert_eq!(kinds(&room, who.account).await, [Kind::LoginNameChanged], "told once");
        assert!(room.message(PHONE).await.unwrap().text.contains("from linzy to zhiyuan"));
        let nothing = Editable::of(
            &ProfilePolicy { agent: Vec::new(), ..ProfilePolicy::default() },
            super::Owner::Managed(kernel::Id::from_i64(7)),
            false,
        );
        assert_eq!(change(&nothing, "other").await.unwrap_err().code, "profile.not_editable");
        let refused = own::rename(&room.identity, &who, &nothing, "林知远", now).await.unwrap_err();
        assert_eq!(refused.code, "profile.not_editable");
        let refused = asked_as(&room, &who, &nothing).await;
        assert_eq!(refused.code, "profile.not_editable");
        own::set_employer(&room.identity, &who, &all(), " 澄江证券 ").await.unwrap();
        assert_eq!(own(&room, who.account).await.employer.as_deref(), Some("澄江证券"));
        own::set_employer(&room.identity, &who, &all(), " ").await.unwrap();
        assert_eq!(own(&room, who.account).await.employer, None);
    }
}
async fn asked_as(room: &Room, who: &SignedIn, editable: &Editable) -> kernel::Error {
    contact::start(&room.identity, &room.ctx([1; 32]), who, editable, sms(NEW)).await.unwrap_err()
}

#[tokio::test]
async fn m14_a_proven_name_stays() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", None).await;
        let (now, account) = (room.now(), who.account);
        let proof = crate::realname::Proof {
            id: room.db().draw(),
            account,
            method: "bank_card".into(),
            provider: "test".into(),
            level: crate::realname::RealNameLevel::Intermediate,
            proven_at: now,
            expires_at: now.plus_days(1),
        };
        room.db()
            .write_unaudited("test", move |tx| crate::realname::service::prove_in(tx, &proof))
            .await
            .unwrap();
        let refused = own::rename(&room.identity, &who, &all(), "别的名字", now).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("profile.name_proven", Some("name")));
        assert!(own(&room, account).await.name_proven);
    }
}

#[tokio::test]
async fn closing_can_be_undone_until_it_is_final_and_then_nothing_personal_is_left() {
    for room in Room::on_engines().await {
        let (who, mut browser) = holder(&room, "linzy", Some(PHONE)).await;
        let account = who.account;
        let ask = async || {
            let (identity, who, now) = (room.identity.clone(), who.clone(), room.now());
            room.db()
                .write(move |tx| {
                    let event = closing::ask_in(tx, &identity, &who, web::Lang::En, now.plus_days(15), now)?;
                    Ok(((), vec![event]))
                })
                .await
        };
        let finish = async || {
            let (identity, now) = (room.identity.clone(), room.now());
            room.db()
                .write(move |tx| {
                    let event = closing::finish_in(tx, &identity, account, now)?;
                    Ok((event.is_some(), event.into_iter().collect()))
                })
                .await
                .unwrap()
        };
        ask().await.unwrap();
        assert_eq!(ask().await.unwrap_err().code, "account.closing_already");
        assert!(room.message(PHONE).await.unwrap().text.contains("will be closed"));
        assert!(own::badges(room.db(), account).await.unwrap().closing_due.is_some());
        assert!(!finish().await, "not yet due");
        assert!(closing::undo(&room.identity, &who, web::Lang::En, room.now()).await.unwrap());
        assert!(!closing::undo(&room.identity, &who, web::Lang::En, room.now()).await.unwrap());
        ask().await.unwrap();
        room.pass(15 * 86_400);
        assert_eq!(closing::due(room.db(), room.now(), 10).await.unwrap(), [account]);
        assert!(finish().await);
        assert!(!finish().await, "once");
        assert!(browser.signed_in().await.is_none());
        assert!(closing::due(room.db(), room.now(), 10).await.unwrap().is_empty());
        let left: (String, Option<Vec<u8>>, Option<Vec<u8>>, i64) = room
            .db()
            .read(move |tx| {
                tx.one(
                    "SELECT login_name, phone, phone_index, (SELECT COUNT(*) FROM notice) FROM account WHERE id = $1",
                    &[&account],
                )
            })
            .await
            .unwrap();
        assert_eq!(left, (format!("closed-{account}"), None, None, 0));
        let card = service::cards(room.db(), vec![account]).await.unwrap().remove(0);
        assert_eq!((card.name.as_str(), card.state), ("", super::AccountState::Closed));
        room.account("linzy", Some(PHONE)).await;
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, http::StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn an_account_of_an_organization_does_not_close_itself() {
    for room in Room::on_engines().await {
        let (mut who, _) = holder(&room, "linzy", None).await;
        let new = super::NewManaged {
            id: room.db().draw(),
            sub: room.db().rng().short_token(),
            organization: kernel::Id::from_i64(42),
            login_name: LoginName::parse("chensq").unwrap(),
            name: "陈思齐".into(),
            phone: None,
            document: None,
            temporary_password_hash: Some(room.hash(PASSWORD).await),
            now: room.now(),
        };
        who.account = new.id;
        let (identity, now) = (room.identity.clone(), room.now());
        let refused = room
            .db()
            .write_unaudited("test", move |tx| {
                service::create_managed_in(tx, identity.db().keyring(), &new)?;
                closing::ask_in(tx, &identity, &who, web::Lang::En, now, now).map(drop)
            })
            .await;
        assert_eq!(refused.unwrap_err().code, "account.closing_managed");
    }
}

#[tokio::test]
async fn signing_in_while_the_closing_waits_asks_on_the_way_to_a_product() {
    for room in Room::on_engines().await {
        let (who, _) = holder(&room, "linzy", Some(PHONE)).await;
        let sign_in = async |return_to: &str| {
            room.browser().sign_in_to("linzy", PASSWORD, return_to).await.location.unwrap()
        };
        let product = "/oauth2/authorize?client_id=a&state=b";
        assert_eq!(sign_in(product).await, product);
        let (identity, now) = (room.identity.clone(), room.now());
        let asking = who.clone();
        room.db()
            .write(move |tx| {
                let event = closing::ask_in(tx, &identity, &asking, web::Lang::En, now.plus_days(15), now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        assert_eq!(
            sign_in(product).await,
            "/me/close/waiting?return_to=/oauth2/authorize%3Fclient_id%3Da%26state%3Db"
        );
        assert_eq!(sign_in("/me/security").await, "/me/security", "its frame says so");
        assert_eq!(sign_in("https://example.com/").await, "/");
        closing::undo(&room.identity, &who, web::Lang::En, room.now()).await.unwrap();
        assert_eq!(sign_in(product).await, product);
    }
}
