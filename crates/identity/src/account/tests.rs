use super::{AccountState, Creation, NewManaged, service};
use crate::testing::{PASSWORD, PHONE, Room};
use http::StatusCode;
use kernel::{Id, LoginName, Mobile, Result, id::AccountId};
use std::sync::Arc;

fn managed(room: &Room, login_name: &str, hash: &str) -> NewManaged {
    NewManaged {
        id: room.db().draw(),
        sub: room.db().rng().short_token(),
        organization: Id::from_i64(42),
        login_name: LoginName::parse(login_name).unwrap(),
        name: "陈思齐".into(),
        phone: Some(Mobile::parse(PHONE).unwrap()),
        document: None,
        temporary_password_hash: Some(hash.into()),
        now: room.now(),
    }
}
async fn create(room: &Room, new: NewManaged) -> Result<Creation> {
    let keyring = Arc::clone(room.db().keyring());
    room.db().write_unaudited("test", move |tx| service::create_managed_in(tx, &keyring, &new)).await
}

#[tokio::test]
async fn m32_a_managed_account_is_created_once_and_its_phone_counts_once_proven() {
    for room in Room::on_engines().await {
        let hash = room.hash(PASSWORD).await;
        let new = managed(&room, "chensq", &hash);
        let id = new.id;
        assert_eq!(create(&room, new.clone()).await.unwrap(), Creation::Created);
        assert_eq!(create(&room, new).await.unwrap(), Creation::Replayed, "the same form twice");
        let taken = create(&room, managed(&room, "ChenSQ", &hash)).await.unwrap_err();
        assert_eq!((taken.code, taken.field), ("account.login_name_taken", Some("login_name")));
        let card = service::cards(room.db(), vec![id]).await.unwrap().remove(0);
        assert_eq!((card.name.as_str(), card.phone_masked.as_deref()), ("陈思齐", Some("138****8000")));
        let wrong = room.browser().sign_in(PHONE, PASSWORD).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "an unproven phone names nobody");
        room.db().write_unaudited("test", move |tx| service::prove_phone_in(tx, id)).await.unwrap();
        assert_eq!(room.browser().sign_in(PHONE, PASSWORD).await.status, StatusCode::SEE_OTHER);
        let sealed: Vec<u8> =
            room.db().read(move |tx| tx.one("SELECT name FROM account WHERE id = $1", &[&id])).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("陈"), "names are sealed");
    }
}

#[tokio::test]
async fn a_phone_is_proven_on_one_account_and_the_old_number_comes_back() {
    for room in Room::on_engines().await {
        room.account("owner", Some(PHONE)).await;
        let hash = room.hash(PASSWORD).await;
        let new = managed(&room, "chensq", &hash);
        let id = new.id;
        create(&room, new).await.unwrap();
        let proven = room.db().write_unaudited("test", move |tx| service::prove_phone_in(tx, id)).await;
        assert_eq!(proven.unwrap_err().code, "account.phone_taken");
        assert_eq!(set_phone(&room, id, Some("13900139000")).await, None, "the unproven number is not told");
        room.db().write_unaudited("test", move |tx| service::prove_phone_in(tx, id)).await.unwrap();
        assert_eq!(set_phone(&room, id, Some("13900139000")).await, None, "no change");
        assert_eq!(set_phone(&room, id, Some("13700137000")).await.as_deref(), Some("+8613900139000"));
        assert_eq!(set_phone(&room, id, None).await, None);
    }
}
async fn set_phone(room: &Room, id: AccountId, phone: Option<&'static str>) -> Option<String> {
    let keyring = Arc::clone(room.db().keyring());
    room.db()
        .write_unaudited("test", move |tx| {
            let phone = phone.map(Mobile::parse).transpose()?;
            service::set_phone_in(tx, &keyring, id, phone.as_ref())
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn f20_a_suspended_account_stops_at_once_and_a_closed_one_frees_its_name() {
    for room in Room::on_engines().await {
        let id = room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let set = async |state| {
            let now = room.now();
            room.db().write_unaudited("test", move |tx| service::set_state_in(tx, id, state, now)).await
        };
        set(AccountState::Disabled).await.unwrap();
        assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
        set(AccountState::Active).await.unwrap();
        assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "its sessions stay ended");
        set(AccountState::Closed).await.unwrap();
        assert_eq!(set(AccountState::Active).await.unwrap_err().code, "account.state_conflict");
        room.account("linzy", None).await;
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_name_claimed_by_many_at_once_goes_to_one() {
    for room in Room::on_engines().await {
        let hash = room.hash(PASSWORD).await;
        let mut tasks = Vec::new();
        for _ in 0..16 {
            let (room, new) = (room.clone(), managed(&room, "chensq", &hash));
            tasks.push(tokio::spawn(async move { create(&room, new).await.is_ok() }));
        }
        let mut created = 0;
        for task in tasks {
            created += i32::from(task.await.unwrap());
        }
        assert_eq!(created, 1);
    }
}
