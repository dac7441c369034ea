use super::{
    PasswordPool, Phc,
    model::{Parameters, Password, draw_temporary},
};
use kernel::Rng;
use platform::setting::PasswordPolicy;
use proptest::prelude::*;
use std::collections::BTreeSet;

const CHEAP: Parameters = Parameters { memory_kib: 64, passes: 1, lanes: 1 };

fn password(text: &str) -> Password {
    Password::parse("password", text).unwrap()
}

#[tokio::test]
async fn a_sample_of_stored_passwords_finds_each_set_that_is_in_use() {
    for room in crate::testing::Room::on_engines().await {
        let first = room.account("first", None).await;
        room.account("second", None).await;
        let earlier = Parameters { memory_kib: 128, ..CHEAP };
        let older = Phc { parameters: earlier, salt: vec![1; 16], hash: vec![2; 32] }.to_string();
        let change = move |tx: &mut db::Tx<'_>| {
            tx.run("UPDATE password SET hash = $2 WHERE account_id = $1", &[&first, &older])
        };
        room.db().write_unaudited("test", change).await.unwrap();
        let today = Parameters::from(&room.identity.settings().policies().await.unwrap().password);
        let found = room.identity.hashes_in_use("password", super::store::sample).await.unwrap();
        let drawn: BTreeSet<Parameters> = (0..=255).map(|n| found.stand_in(&[n; 32], today)).collect();
        assert!(drawn.contains(&earlier) && drawn.len() == 2, "{drawn:?}");
        let again = room.identity.hashes_in_use("password", super::store::sample).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&found, &again), "not looked for with every sign-in");
    }
}

#[tokio::test]
async fn a_password_fits_its_hash_alone_and_parameters_are_stored_with_it() {
    let pool = PasswordPool::new(1, 8, Rng::System).unwrap();
    let stored = pool.hash(&password("correct horse"), CHEAP).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    assert_ne!(stored, pool.hash(&password("correct horse"), CHEAP).await.unwrap(), "salted");
    let verdict = pool.verify(&password("correct horse"), Some(&stored), CHEAP).await.unwrap();
    assert!(verdict.matches && !verdict.outdated);
    assert!(!pool.verify(&password("correct hors"), Some(&stored), CHEAP).await.unwrap().matches);
    let dearer = Parameters { passes: 2, ..CHEAP };
    assert!(pool.verify(&password("correct horse"), Some(&stored), dearer).await.unwrap().outdated);
    assert!(!pool.verify(&password("correct horse"), None, CHEAP).await.unwrap().matches);
    let wide = pool.verify(&password("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ"), Some(&stored), CHEAP).await.unwrap();
    assert!(wide.matches, "full-width letters are the same password");
}

/// The reference implementation's own answer for these parameters.
#[tokio::test]
async fn the_stored_form_is_the_one_that_others_write() {
    let stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(Phc::parse(stored).unwrap().to_string(), stored);
    let pool = PasswordPool::new(1, 8, Rng::System).unwrap();
    assert!(pool.verify(&password("password"), Some(stored), CHEAP).await.unwrap().matches);
}

#[tokio::test]
async fn what_can_wait_is_told_of_passwords_under_way() {
    let pool = PasswordPool::new(1, 8, Rng::System).unwrap();
    assert!(!pool.is_busy());
    let text = password("correct horse");
    let dear = Parameters { memory_kib: 19 * 1024, passes: 3, lanes: 1 };
    let mut hash = Box::pin(pool.hash(&text, dear));
    std::future::poll_fn(|context| {
        drop(std::future::Future::poll(hash.as_mut(), context));
        std::task::Poll::Ready(())
    })
    .await;
    assert!(pool.is_busy());
    // Nobody waits any more.
    drop(hash);
    assert!(!pool.is_busy());
    pool.hash(&text, CHEAP).await.unwrap();
    assert!(!pool.is_busy());
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_busy_and_leaves_the_rest_running() {
    let pool = PasswordPool::new(1, 2, Rng::System).unwrap();
    let dear = Parameters { memory_kib: 8192, passes: 3, lanes: 1 };
    let mut tasks = Vec::new();
    for _ in 0..24 {
        let pool = pool.clone();
        tasks.push(tokio::spawn(async move { pool.hash(&password("correct horse"), dear).await }));
    }
    let (mut done, mut busy) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => {
                assert_eq!(error.code, "signin.busy");
                busy += 1;
            }
        }
    }
    assert!(done >= 2 && busy >= 1, "{done} done, {busy} refused");
    assert!(pool.hash(&password("correct horse"), CHEAP).await.is_ok());
}

/// However many come, whoever is let in is answered within a little more than a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_let_in_does_not_wait_for_the_crowd() {
    let pool = PasswordPool::new(1, 10_000, Rng::System).unwrap();
    let dear = Parameters { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    // The pool learns what a hash takes here.
    for _ in 0..4 {
        pool.hash(&password("correct horse"), dear).await.unwrap();
    }
    let mut tasks = Vec::new();
    for _ in 0..3000 {
        let pool = pool.clone();
        tasks.push(tokio::spawn(async move {
            let begun = std::time::Instant::now();
            (pool.hash(&password("correct horse"), dear).await.map_err(|e| e.code), begun.elapsed())
        }));
    }
    let (mut done, mut refused, mut longest) = (0, 0, std::time::Duration::ZERO);
    for task in tasks {
        let (outcome, took) = task.await.unwrap();
        match outcome {
            Ok(_) => {
                done += 1;
                longest = longest.max(took);
            }
            Err(code) => {
                assert_eq!(code, "signin.busy");
                refused += 1;
            }
        }
    }
    assert!(done > 5 && refused > 1000, "{done} done, {refused} refused");
    // A second by the pool's own reckoning, with room for a machine that does other things too.
    assert!(longest < std::time::Duration::from_secs(5), "{longest:?}");
    assert!(pool.admit().is_ok());
}

#[test]
fn new_passwords_are_long_uncommon_and_not_the_login_name() {
    let policy = PasswordPolicy::default();
    let check = |text: &str| {
        password(text).check_new("password", &policy, &["linzhiyuan", "13800138000"]).map_err(|e| e.code)
    };
    assert_eq!(check("short7!"), Err("password.too_short"));
    assert_eq!(check("LinZhiYuan"), Err("password.same_as_identifier"));
    assert_eq!(check("13800138000"), Err("password.same_as_identifier"));
    for common in ["Password123", "woaini1314", "aaaaaaaaaa", "1qaz2wsx"] {
        assert_eq!(check(common), Err("password.common"), "{common}");
    }
    assert_eq!(check("correct horse"), Ok(()));
    assert_eq!(check("两半相合方可通行"), Ok(()));
    let mixed = PasswordPolicy { letters_and_digits: true, ..policy.clone() };
    let error = password("correct horse").check_new("password", &mixed, &[]).unwrap_err();
    assert_eq!(error.code, "password.letters_and_digits");
    assert_eq!(Password::parse("password", "").unwrap_err().code, "password.required");
    assert_eq!(Password::parse("password", &"長".repeat(100)).unwrap_err().code, "password.too_long");
    assert_eq!(Password::parse("password", &"x".repeat(100_000)).unwrap_err().code, "password.too_long");
    let temporary = draw_temporary(&Rng::System);
    assert!(temporary.len() == 12 && check(&temporary).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_a_stored_form_or_none(text in "\\PC{0,120}") {
        prop_assert!(Phc::parse(&text).is_none());
    }
    #[test]
    fn a_stored_form_reads_back(memory_kib in 8u32..1_000_000, passes in 1u32..20, salt in prop::collection::vec(any::<u8>(), 8..64),
        hash in prop::collection::vec(any::<u8>(), 16..64)) {
        let phc = Phc { parameters: Parameters { memory_kib, passes, lanes: 1 }, salt, hash };
        prop_assert_eq!(Phc::parse(&phc.to_string()), Some(phc));
    }
}
