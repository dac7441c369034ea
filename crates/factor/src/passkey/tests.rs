use super::{Added, Answer, Asserted, Assertion, Ceremony, Registration, model::MOST, service};
use crate::testing::{ORIGIN, account, ctx, engines};
use db::Db;
use kernel::id::AccountId;
use std::sync::Arc;
use testkit::passkey::SoftPasskey;

const PURPOSE: &str = "test.sign_in";

async fn registered(db: &Db, account: AccountId, synced: bool) -> SoftPasskey {
    let at = ctx(db, ORIGIN, 1);
    let ceremony = service::begin_registration(db, &at, account, "linzhiyuan", "林知远").await.unwrap();
    assert_eq!(ceremony.public_key["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(ceremony.public_key["authenticatorSelection"]["userVerification"], "required");
    let (key, credential) = SoftPasskey::create(ORIGIN, &ceremony.public_key, synced).unwrap();
    let answer = Answer { challenge: ceremony.challenge, credential };
    let Registration::Right(fresh) = service::finish_registration(db, &at, account, &answer).await.unwrap()
    else {
        panic!("refused")
    };
    assert_eq!(fresh.synced, synced);
    let (keyring, now, id) = (Arc::clone(db.keyring()), db.clock().now(), db.draw());
    let added = db
        .write_unaudited("test", move |tx| service::add_in(tx, &keyring, account, id, &fresh, "Laptop", now))
        .await
        .unwrap();
    assert_eq!(added, Added::Done);
    let again = service::finish_registration(db, &at, account, &answer).await.unwrap();
    assert!(matches!(again, Registration::Over), "a ceremony is answered once");
    key
}
async fn begun(db: &Db, account: Option<AccountId>) -> Ceremony {
    service::begin_assertion(db, &ctx(db, ORIGIN, 1), PURPOSE, account).await.unwrap()
}
async fn finished(db: &Db, ceremony: &Ceremony, credential: &str) -> Assertion {
    let answer = Answer { challenge: ceremony.challenge, credential: credential.to_owned() };
    service::finish_assertion(db, &ctx(db, ORIGIN, 1), PURPOSE, &answer).await.unwrap()
}
async fn accepted(db: &Db, asserted: Asserted) -> bool {
    let (keyring, now) = (Arc::clone(db.keyring()), db.clock().now());
    db.write_unaudited("test", move |tx| service::accept_in(tx, &keyring, &asserted, now)).await.unwrap()
}
fn right(assertion: Assertion) -> Asserted {
    match assertion {
        Assertion::Right(asserted) => *asserted,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_signs_in_without_a_name_and_counts_as_two_factors() {
    for db in engines().await {
        for (synced, methods) in [(false, ["hwk", "user", "mfa"]), (true, ["swk", "user", "mfa"])] {
            let account = account(&db).await;
            let mut key = registered(&db, account, synced).await;
            assert!(crate::summary(&db, account).await.unwrap().second());
            for _ in 0..2 {
                let ceremony = begun(&db, None).await;
                assert_eq!(ceremony.public_key["allowCredentials"], serde_json::json!([]));
                let credential = key.sign(&ceremony.public_key).unwrap();
                let asserted = right(finished(&db, &ceremony, &credential).await);
                assert_eq!((asserted.account, asserted.methods()), (account, methods.to_vec()));
                assert!(accepted(&db, asserted).await);
                let again = finished(&db, &ceremony, &credential).await;
                assert!(matches!(again, Assertion::Over), "a ceremony is answered once");
            }
            let card = service::list(&db, account).await.unwrap().pop().unwrap();
            assert!(card.last_used_at.is_some() && card.built_in && card.synced == synced);
            assert_eq!(card.name, "Laptop");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_is_refused() {
    for db in engines().await {
        let (mine, theirs) = (account(&db).await, account(&db).await);
        let mut key = registered(&db, mine, false).await;
        let mut other = registered(&db, theirs, false).await;
        // Another browser, another purpose, too late.
        let ceremony = begun(&db, None).await;
        let answer =
            Answer { challenge: ceremony.challenge, credential: key.sign(&ceremony.public_key).unwrap() };
        for (browser, purpose) in [(2, PURPOSE), (1, "test.step_up")] {
            let found = service::finish_assertion(&db, &ctx(&db, ORIGIN, browser), purpose, &answer).await;
            assert!(matches!(found.unwrap(), Assertion::Over));
        }
        let ceremony = begun(&db, None).await;
        db.clock().advance_seconds(601);
        let credential = key.sign(&ceremony.public_key).unwrap();
        assert!(matches!(finished(&db, &ceremony, &credential).await, Assertion::Over));
        // A key of another account, where one is asked for.
        let ceremony = begun(&db, Some(mine)).await;
        assert_eq!(ceremony.public_key["allowCredentials"].as_array().unwrap().len(), 1);
        let credential = other.sign(&ceremony.public_key).unwrap();
        assert!(matches!(finished(&db, &ceremony, &credential).await, Assertion::Unknown));
        // A key that says it belongs to somebody else.
        let ceremony = begun(&db, None).await;
        key.user_handle = other.user_handle.clone();
        let credential = key.sign(&ceremony.public_key).unwrap();
        assert!(
            matches!(finished(&db, &ceremony, &credential).await, Assertion::Refused(account, _) if account == mine)
        );
        // The device did not verify its holder.
        let mut key = registered(&db, mine, false).await;
        key.verifies = false;
        let ceremony = begun(&db, None).await;
        let credential = key.sign(&ceremony.public_key).unwrap();
        assert!(matches!(finished(&db, &ceremony, &credential).await, Assertion::Refused(..)));
        key.verifies = true;
        // A challenge that was never given.
        let (first, second) = (begun(&db, None).await, begun(&db, None).await);
        let credential = key.sign(&first.public_key).unwrap();
        assert!(matches!(finished(&db, &second, &credential).await, Assertion::Refused(..)));
        // A copy: its counter does not rise.
        key.count = 0;
        let ceremony = begun(&db, None).await;
        let credential = key.sign(&ceremony.public_key).unwrap();
        let found = finished(&db, &ceremony, &credential).await;
        assert!(matches!(&found, Assertion::Refused(_, why) if why == "counter"), "{found:?}");
        key.count = 20;
        // Not JSON of a credential, and a key that nobody has.
        for nonsense in ["", "{}", "[1]", "null"] {
            let ceremony = begun(&db, None).await;
            assert!(matches!(finished(&db, &ceremony, nonsense).await, Assertion::Unknown), "{nonsense}");
        }
        // Removed between the signature and the session.
        let ceremony = begun(&db, None).await;
        let credential = key.sign(&ceremony.public_key).unwrap();
        let asserted = right(finished(&db, &ceremony, &credential).await);
        let id = asserted.id;
        db.write_unaudited("test", move |tx| service::remove_in(tx, mine, id)).await.unwrap();
        assert!(!accepted(&db, asserted).await);
        let ceremony = begun(&db, None).await;
        let credential = key.sign(&ceremony.public_key).unwrap();
        assert!(matches!(finished(&db, &ceremony, &credential).await, Assertion::Unknown));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_answers_to_one_ceremony_one_counts() {
    for db in engines().await {
        let account = account(&db).await;
        let mut key = registered(&db, account, false).await;
        let ceremony = begun(&db, None).await;
        let credential = key.sign(&ceremony.public_key).unwrap();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (db, ceremony, credential) = (db.clone(), ceremony.clone(), credential.clone());
                tokio::spawn(async move { finished(&db, &ceremony, &credential).await })
            })
            .collect();
        let mut right = 0;
        for task in tasks {
            right += u32::from(matches!(task.await.unwrap(), Assertion::Right(_)));
        }
        assert_eq!(right, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_ten_keys_at_most_and_a_bare_address_none() {
    for db in engines().await {
        let account = account(&db).await;
        for _ in 0..MOST {
            registered(&db, account, true).await;
        }
        let at = ctx(&db, ORIGIN, 1);
        let ceremony = service::begin_registration(&db, &at, account, "l", "L").await.unwrap();
        assert_eq!(ceremony.public_key["excludeCredentials"].as_array().unwrap().len(), 10);
        let (_, credential) = SoftPasskey::create(ORIGIN, &ceremony.public_key, true).unwrap();
        let answer = Answer { challenge: ceremony.challenge, credential };
        let made = service::finish_registration(&db, &at, account, &answer).await.unwrap();
        let Registration::Right(fresh) = made else { panic!("{made:?}") };
        let (keyring, now, id) = (Arc::clone(db.keyring()), db.clock().now(), db.draw());
        let added = db
            .write_unaudited("test", move |tx| service::add_in(tx, &keyring, account, id, &fresh, "x", now))
            .await
            .unwrap();
        assert_eq!(added, Added::TooMany);
        let bare = ctx(&db, "http://127.0.0.1:8080", 1);
        assert!(!super::possible(&bare.app) && super::possible(&at.app));
        let error = service::begin_assertion(&db, &bare, PURPOSE, None).await.unwrap_err();
        assert_eq!(error.code, "passkey.no_host");
    }
}
