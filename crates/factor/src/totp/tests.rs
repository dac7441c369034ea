use super::{
    Added, Code, Verdict,
    model::{Key, MOST},
    service::{self, NewAuthenticator},
};
use crate::testing::{account, engines};
use db::Db;
use kernel::{Timestamp, id::AccountId};
use std::sync::Arc;

#[test]
fn codes_are_those_of_rfc_6238() {
    let key = Key::from_bytes(b"12345678901234567890".to_vec());
    for (seconds, code) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (20_000_000_000, "65353130"),
    ] {
        assert_eq!(key.code_at(8, seconds), code);
    }
}
#[test]
fn codes_are_read_as_people_type_them() {
    for typed in ["123456", " 123 456 ", "123-456", "１２３４５６"] {
        assert_eq!(Code::parse("code", typed).unwrap(), Code("123456".into()), "{typed}");
    }
    for typed in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "------"] {
        assert_eq!(Code::parse("code", typed).unwrap_err().code, "totp.code_shape", "{typed}");
    }
}
#[test]
fn the_step_before_and_after_count_and_no_other() {
    let key = Key::from_bytes(b"12345678901234567890".to_vec());
    let now = Timestamp::from_millis(1_795_000_020_000);
    let step = now.as_seconds() / 30;
    for away in -3_i64..=3 {
        let code = Code(key.code_at(6, u64::try_from((step + away) * 30).unwrap()));
        let expected = (away.abs() <= 1).then_some(step + away);
        assert_eq!(key.step_of(&code, now), expected, "{away}");
    }
}
#[test]
fn the_address_and_the_picture_hold_the_secret() {
    let key = Key::from_bytes(b"12345678901234567890".to_vec());
    let offer =
        super::Offer::new(kernel::Id::from_i64(7), String::new(), &key, "符节: 测试", "linzhiyuan").unwrap();
    assert!(offer.address.starts_with("otpauth://totp/"), "{}", offer.address);
    assert!(offer.address.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{}", offer.address);
    assert_eq!(offer.typed, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    assert!(offer.picture.1 >= 21 && offer.picture.0.starts_with("M0 0h7v1h-7z"), "{:?}", offer.picture.1);
}

/// What the app on the phone knows.
pub struct App(Key);
impl App {
    fn code(&self, db: &Db) -> Code {
        self.code_at(db.clock().now())
    }
    fn code_at(&self, at: Timestamp) -> Code {
        Code(self.0.code_at(6, u64::try_from(at.as_seconds()).unwrap()))
    }
}
async fn enrolled(db: &Db, account: AccountId) -> App {
    let offer = service::offer(db, "Fujie", "linzhiyuan").unwrap();
    let secret = data_encoding::BASE32_NOPAD.decode(offer.typed.replace(' ', "").as_bytes()).unwrap();
    let app = App(Key::from_bytes(secret));
    let new = NewAuthenticator {
        id: offer.id,
        account,
        name: "Phone".into(),
        sealed: offer.sealed,
        code: app.code(db),
        now: db.clock().now(),
    };
    assert_eq!(add(db, &new).await, Added::Done);
    assert_eq!(add(db, &new).await, Added::Already, "the form sent twice");
    app
}
async fn add(db: &Db, new: &NewAuthenticator) -> Added {
    let (keyring, new) = (Arc::clone(db.keyring()), new.clone());
    db.write_unaudited("test", move |tx| service::add_in(tx, &keyring, &new)).await.unwrap()
}
async fn verify(db: &Db, account: AccountId, code: Code) -> Verdict {
    let (keyring, now) = (Arc::clone(db.keyring()), db.clock().now());
    db.write_unaudited("test", move |tx| service::verify_in(tx, &keyring, account, &code, now)).await.unwrap()
}
fn wrong(app: &App, db: &Db) -> Code {
    let right: Vec<Code> =
        (-1..=1).map(|away| app.code_at(db.clock().now().plus_seconds(away * 30))).collect();
    ["000000", "111111", "222222", "333333"]
        .into_iter()
        .map(|code| Code(code.into()))
        .find(|code| !right.contains(code))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_counts_once_its_first_code_was_right() {
    for db in engines().await {
        let account = account(&db).await;
        let offer = service::offer(&db, "Fujie", "linzhiyuan").unwrap();
        let new = NewAuthenticator {
            id: offer.id,
            account,
            name: "Phone".into(),
            sealed: offer.sealed.clone(),
            code: Code("000000".into()),
            now: db.clock().now(),
        };
        assert_eq!(add(&db, &new).await, Added::WrongCode);
        assert!(!crate::summary(&db, account).await.unwrap().second());
        // The sealed secret belongs to its row, and waits half an hour.
        let (keyring, other) = (Arc::clone(db.keyring()), NewAuthenticator { id: db.draw(), ..new.clone() });
        let error =
            db.write_unaudited("test", move |tx| service::add_in(tx, &keyring, &other)).await.unwrap_err();
        assert_eq!(error.code, "totp.offer_over");
        db.clock().advance_seconds(30 * 60 + 1);
        let again = service::offer_again(&db, offer.id, &offer.sealed, "Fujie", "l", db.clock().now());
        assert_eq!(again.err().unwrap().code, "totp.offer_over");

        let app = enrolled(&db, account).await;
        assert!(crate::summary(&db, account).await.unwrap().second());
        assert_eq!(verify(&db, account, app.code(&db)).await, Verdict::Used, "the code that enrolled it");
        db.clock().advance_seconds(30);
        assert!(matches!(verify(&db, account, app.code(&db)).await, Verdict::Right(_)));
        assert_eq!(verify(&db, account, app.code(&db)).await, Verdict::Used);
        let before = app.code_at(db.clock().now().plus_seconds(-30));
        assert_eq!(verify(&db, account, before).await, Verdict::Used, "what came before is over with it");
        for _ in 1..MOST {
            enrolled(&db, account).await;
        }
        let offer = service::offer(&db, "Fujie", "linzhiyuan").unwrap();
        let sixth = NewAuthenticator { id: offer.id, sealed: offer.sealed, ..new };
        assert_eq!(add(&db, &sixth).await, Added::TooMany);
        let cards = service::list(&db, account).await.unwrap();
        assert_eq!(cards.len(), 5);
        assert!(cards[0].last_used_at.is_some() && cards[0].name == "Phone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_codes_are_limited_apart_from_everything_else() {
    for db in engines().await {
        let (account, other) = (account(&db).await, account(&db).await);
        let (app, others) = (enrolled(&db, account).await, enrolled(&db, other).await);
        db.clock().advance_seconds(60);
        for left in (0..5).rev() {
            assert_eq!(verify(&db, account, wrong(&app, &db)).await, Verdict::Wrong { left });
        }
        assert!(matches!(verify(&db, account, app.code(&db)).await, Verdict::Locked { minutes: 15 }));
        assert!(matches!(verify(&db, other, others.code(&db)).await, Verdict::Right(_)), "another account");
        db.clock().advance_seconds(901);
        assert!(matches!(verify(&db, account, app.code(&db)).await, Verdict::Right(_)));
        // A day has its own measure, which a right code does not refill.
        let mut locked = 0;
        for _ in 0..12 {
            for _ in 0..5 {
                locked +=
                    u32::from(matches!(verify(&db, account, wrong(&app, &db)).await, Verdict::Locked { .. }));
            }
            db.clock().advance_seconds(901);
        }
        assert!(locked >= 60 - 30, "{locked}");
        assert!(
            matches!(verify(&db, account, app.code(&db)).await, Verdict::Locked { minutes } if minutes > 60)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_uses_of_one_code_one_counts() {
    for db in engines().await {
        let account = account(&db).await;
        let app = enrolled(&db, account).await;
        db.clock().advance_seconds(30);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (db, code) = (db.clone(), app.code(&db));
                tokio::spawn(async move { verify(&db, account, code).await })
            })
            .collect();
        let mut right = 0;
        for task in tasks {
            right += u32::from(matches!(task.await.unwrap(), Verdict::Right(_)));
        }
        assert_eq!(right, 1);
    }
}
