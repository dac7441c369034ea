use super::{Code, Verdict, model::SET, service};
use crate::testing::{account, engines};
use db::Db;
use kernel::{Rng, id::AccountId};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};

#[test]
fn a_set_is_ten_codes_that_are_read_as_people_write_them() {
    let codes = service::draw(&Rng::System);
    let printed: BTreeSet<String> = codes.iter().map(Code::printed).collect();
    assert_eq!(printed.len(), SET);
    for (code, printed) in codes.iter().zip(codes.iter().map(Code::printed)) {
        assert_eq!(printed.len(), 11);
        let spoken = printed.to_lowercase().replace('1', "l").replace('0', "o").replace('-', " ");
        for typed in [printed.clone(), printed.replace('-', ""), spoken, format!("  {printed} ")] {
            assert_eq!(&Code::parse("code", &typed).unwrap(), code, "{typed}");
        }
    }
    for typed in ["", "ABCDE-FGHJ", "ABCDE-FGHJKM", "ABCDE-FGHJU", "密码密码密码密码密码"] {
        assert_eq!(Code::parse("code", typed).unwrap_err().code, "recovery_code.shape", "{typed}");
    }
}
proptest! {
    #[test]
    fn any_text_is_a_code_or_an_error(typed in "\\PC{0,24}") {
        drop(Code::parse("code", &typed));
    }
}

async fn fresh_set(db: &Db, account: AccountId) -> Vec<Code> {
    let codes = service::draw(db.rng());
    let (keyring, kept, now) = (Arc::clone(db.keyring()), codes.clone(), db.clock().now());
    db.write_unaudited("test", move |tx| service::replace_in(tx, &keyring, account, &kept, now))
        .await
        .unwrap();
    codes
}
async fn tried(db: &Db, account: AccountId, code: Code) -> Verdict {
    let (keyring, now) = (Arc::clone(db.keyring()), db.clock().now());
    db.write_unaudited("test", move |tx| service::use_in(tx, &keyring, account, &code, now)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_counts_once_for_its_account_and_a_new_set_ends_the_old() {
    for db in engines().await {
        let (mine, theirs) = (account(&db).await, account(&db).await);
        let codes = fresh_set(&db, mine).await;
        fresh_set(&db, theirs).await;
        assert!(matches!(tried(&db, theirs, codes[0].clone()).await, Verdict::Wrong { .. }));
        assert_eq!(tried(&db, mine, codes[0].clone()).await, Verdict::Right { remaining: 9 });
        assert_eq!(tried(&db, mine, codes[0].clone()).await, Verdict::Wrong { left: 9 });
        assert_eq!(crate::summary(&db, mine).await.unwrap().recovery_codes_left, 9);
        assert!(!crate::summary(&db, mine).await.unwrap().second(), "codes alone are no factor");
        let fresh = fresh_set(&db, mine).await;
        assert!(matches!(tried(&db, mine, codes[1].clone()).await, Verdict::Wrong { .. }));
        assert_eq!(tried(&db, mine, fresh[1].clone()).await, Verdict::Right { remaining: 9 });
        for _ in 0..10 {
            tried(&db, mine, codes[2].clone()).await;
        }
        assert!(matches!(tried(&db, mine, fresh[2].clone()).await, Verdict::Locked { .. }));
        assert_eq!(service::set(&db, mine).await.unwrap(), Some((db.clock().now(), 9)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_uses_of_one_code_one_counts() {
    for db in engines().await {
        let account = account(&db).await;
        let codes = fresh_set(&db, account).await;
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (db, code) = (db.clone(), codes[3].clone());
                tokio::spawn(async move { tried(&db, account, code).await })
            })
            .collect();
        let mut right = 0;
        for task in tasks {
            right += u32::from(matches!(task.await.unwrap(), Verdict::Right { .. }));
        }
        assert_eq!(right, 1);
        assert_eq!(crate::summary(&db, account).await.unwrap().recovery_codes_left, 9);
    }
}
