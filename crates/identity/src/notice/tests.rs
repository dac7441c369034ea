use super::{Group, Kind, Notice, Reminder, Wishes, service};
use crate::testing::{PHONE, Room};
use kernel::{clock::Zone, id::AccountId};
use platform::Channel;
use web::Lang;

async fn tell(room: &Room, account: AccountId, notice: Notice, everywhere: bool) {
    let (identity, now) = (room.identity.clone(), room.now());
    room.db()
        .write_unaudited("test", move |tx| {
            if everywhere {
                service::tell_all_in(tx, &identity, account, &notice, now)
            } else {
                service::tell_in(tx, &identity, account, &notice, now)
            }
        })
        .await
        .unwrap();
}
fn sms(group: Group, on: bool) -> Wishes {
    let reminders = vec![Reminder { group, channel: Channel::Sms, on }];
    Wishes { reminders, lang: Some(Lang::En) }
}

#[test]
fn every_kind_has_words_in_both_languages() {
    for kind in Kind::ALL {
        for lang in Lang::ALL {
            assert!(lang.has(&kind.title_key()), "{}", kind.title_key());
            assert!(lang.has(&kind.text_key()), "{}", kind.text_key());
        }
    }
}

#[tokio::test]
async fn m18_the_holder_chooses_what_reaches_the_phone_and_security_always_does() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", crate::testing::PASSWORD).await;
        let who = browser.signed_in().await.unwrap();
        let grant = || {
            Notice::new(Kind::GrantGiven).arg("organization", "澄江证券").words("product", "行情", "Quotes")
        };
        tell(&room, account, grant(), false).await;
        assert!(room.message(PHONE).await.is_none(), "grants go by mail unless the holder wishes more");
        service::set_wishes(&room.identity, &who, sms(Group::Access, true)).await.unwrap();
        tell(&room, account, grant(), false).await;
        let text = room.message(PHONE).await.unwrap().text;
        assert_eq!(text, "澄江证券 granted you the use of “Quotes”.");

        let mut wishes = sms(Group::Security, false);
        wishes.reminders.push(Reminder { group: Group::Security, channel: Channel::Mail, on: false });
        let refused = service::set_wishes(&room.identity, &who, wishes).await.unwrap_err();
        assert_eq!(refused.code, "reminder.security_silent");
        // Mail alone is wished, but there is no proven address: the phone is told.
        service::set_wishes(&room.identity, &who, sms(Group::Security, false)).await.unwrap();
        tell(&room, account, Notice::new(Kind::QuestionsSet), false).await;
        assert!(room.message(PHONE).await.unwrap().text.contains("security questions"));
        tell(&room, account, Notice::new(Kind::PasswordChanged), true).await;
        assert!(room.message(PHONE).await.unwrap().text.contains("password of your account linzy"));
        assert_eq!(service::unread(room.db(), account).await.unwrap(), 4, "each is in the box as well");
        assert_eq!(room.events("reminder.changed").await, 2);
    }
}

#[tokio::test]
async fn m18_days_and_times_in_notices_are_those_of_the_platforms_zone() {
    for room in Room::on_engines().await {
        let zone = Zone::named("America/New_York").unwrap();
        room.identity.use_zone(zone.clone());
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", crate::testing::PASSWORD).await;
        let who = browser.signed_in().await.unwrap();
        service::set_wishes(&room.identity, &who, sms(Group::Access, true)).await.unwrap();
        // Midnight there is noon of the next day in Shanghai.
        let until = zone.end_of("2026-07-31").unwrap();
        let expiring =
            Notice::new(Kind::MembershipExpiring).arg("organization", "澄江证券").last_day("until", until);
        tell(&room, account, expiring, false).await;
        let text = room.message(PHONE).await.unwrap().text;
        assert!(text.contains("2026-07-31"), "{text}");
        let read = service::list(&room.identity, account, (Lang::Zh, &zone), true, None, 1).await.unwrap();
        assert!(read[0].text.contains("2026-07-31"), "{}", read[0].text);
    }
}

#[tokio::test]
async fn messages_are_the_accounts_own_and_are_read_once() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        let stranger = room.account("xuwang", None).await;
        tell(&room, account, Notice::new(Kind::GrantGiven).leads_to("/org/1/products"), false).await;
        tell(&room, stranger, Notice::new(Kind::PasswordChanged).leads_to("//evil.example"), true).await;
        let mut browser = room.browser();
        browser.sign_in("xuwang", crate::testing::PASSWORD).await;
        let other = browser.signed_in().await.unwrap();
        let mut browser = room.browser();
        browser.sign_in("linzy", crate::testing::PASSWORD).await;
        let who = browser.signed_in().await.unwrap();
        let ids: Vec<super::NoticeId> =
            room.db().read(move |tx| tx.all("SELECT id FROM notice ORDER BY id", &[])).await.unwrap();
        let now = room.now();
        let foreign = service::open(&room.identity, &who, ids[1], now).await.unwrap_err();
        assert_eq!(foreign.code, "notice.unknown");
        let href = service::open(&room.identity, &who, ids[0], now).await.unwrap();
        assert_eq!(href.as_deref(), Some("/org/1/products"));
        assert_eq!(service::unread(room.db(), account).await.unwrap(), 0);
        let elsewhere = service::open(&room.identity, &other, ids[1], now).await.unwrap();
        assert_eq!(elsewhere, None, "only paths of this site are followed");
        let sealed: Vec<Vec<u8>> = room.db().read(|tx| tx.all("SELECT args FROM notice", &[])).await.unwrap();
        assert!(sealed.iter().all(|args| !args.windows(5).any(|piece| piece == b"linzy")));
    }
}
