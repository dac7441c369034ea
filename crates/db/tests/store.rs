//! One suite that both engines must pass.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]
use db::{Db, testing::engines};
use kernel::{Actor, Error, Event, Id, Timestamp, id::mark};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::task::JoinSet;

fn event(action: &'static str) -> Event {
    Event::done(&Actor::system(), action)
}
async fn put(db: &Db, key: String) -> kernel::Result<()> {
    db.write(move |tx| {
        tx.run(
            db::sql!("INSERT INTO setting (key, value, rev, updated_at) VALUES ($1, '1', 1, 0)"),
            &[&key],
        )?;
        Ok(((), vec![event("setting.changed").with(json!({ "key": key }))]))
    })
    .await
}
async fn count(db: &Db, what: &'static str) -> i64 {
    let sql = match what {
        "setting" => db::sql!("SELECT COUNT(*) FROM setting"),
        "change" => db::sql!("SELECT COUNT(*) FROM change"),
        _ => db::sql!("SELECT COUNT(*) FROM audit_event"),
    };
    db.read_one(move |s| s.one(sql, &[])).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_registered_statement_prepares_on_both_engines() {
    for db in engines().await {
        let bad = db::testing::unprepared(&db).await;
        assert!(bad.is_empty(), "{:?}: {bad:#?}", db.engine());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_and_panicking_jobs_hurt_only_themselves() {
    for db in engines().await {
        let mut jobs = JoinSet::new();
        for i in 0..300i64 {
            let db = db.clone();
            jobs.spawn(async move {
                db.write(move |tx| {
                    let key = format!("k{i}");
                    tx.run(
                        db::sql!("INSERT INTO setting (key, value, rev, updated_at) VALUES ($1, '', 1, 0)"),
                        &[&key],
                    )?;
                    tx.changed("setting", Id::<mark::Account>::from_i64(i + 1));
                    match i {
                        _ if i % 3 == 1 => Err(Error::invalid("test.refused")),
                        _ if i % 50 == 2 => panic!("a closure that breaks"),
                        _ => Ok(((), vec![event("test.done")])),
                    }
                })
                .await
                .is_ok()
            });
        }
        let mut done = 0;
        while let Some(ok) = jobs.join_next().await {
            done += i64::from(ok.unwrap());
        }
        assert_eq!(count(&db, "setting").await, done);
        assert_eq!(count(&db, "audit").await, done, "an event a change, none for what failed");
        assert_eq!(count(&db, "change").await, done);
        let numbers: Vec<i64> =
            db.read(|tx| tx.all(db::sql!("SELECT n FROM change ORDER BY n"), &[])).await.unwrap();
        assert_eq!(numbers, (1..=done).collect::<Vec<_>>(), "the change log has no gaps");
        let report = db::audit::verify(&db).await.unwrap();
        assert_eq!((report.faults.as_slice(), report.events), (&[] as &[String], done as u64));
    }
}

/// As often as there are connections, and more: each of them reads what is written afterwards.
#[tokio::test]
async fn a_look_that_panics_or_swallows_an_error_leaves_its_connection_as_it_was() {
    for db in engines().await {
        for _ in 0..40 {
            let few = db.read_few(|_| -> kernel::Result<i64> { panic!("a look that breaks") }).await;
            let one = db.read_one(|_| -> kernel::Result<i64> { panic!("a look that breaks") }).await;
            let swallowed = db
                .read_few(|tx| {
                    drop(tx.all::<i64>("SELECT n FROM nowhere", &[]));
                    Ok(0i64)
                })
                .await;
            let codes = [few, one, swallowed].map(|answer| answer.unwrap_err().code);
            assert_eq!(codes, ["db.panic", "db.panic", "db.transaction_failed"]);
        }
        put(&db, "after".into()).await.unwrap();
        for _ in 0..40 {
            let seen: i64 = db.read_few(|tx| tx.one("SELECT COUNT(*) FROM setting", &[])).await.unwrap();
            assert_eq!(seen, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_errs_or_swallows_an_error_has_written_nothing() {
    for db in engines().await {
        put(&db, "taken".into()).await.unwrap();
        let swallowed = db
            .write(|tx| {
                tx.run(
                    db::sql!("INSERT INTO setting (key, value, rev, updated_at) VALUES ('other', '', 1, 0)"),
                    &[],
                )?;
                drop(tx.run(
                    db::sql!("INSERT INTO setting (key, value, rev, updated_at) VALUES ('taken', '', 1, 0)"),
                    &[],
                ));
                Ok(((), vec![event("test.done")]))
            })
            .await;
        assert_eq!(swallowed.unwrap_err().code, "db.transaction_failed");
        let twice = put(&db, "taken".into()).await.unwrap_err();
        assert!(twice.is_duplicate(), "{twice}");
        assert_eq!(count(&db, "setting").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_reads_as_option_alone_and_numbers_bind_by_their_digits() {
    for db in engines().await {
        let null: kernel::Result<i64> =
            db.read_one(|s| s.one(db::sql!("SELECT CAST(NULL AS BIGINT)"), &[])).await;
        assert_eq!(null.unwrap_err().code, "db.column_type");
        let some: Option<i64> =
            db.read_one(|s| s.one(db::sql!("SELECT CAST(NULL AS BIGINT)"), &[])).await.unwrap();
        assert_eq!(some, None);
        let swapped: (String, String) = db
            .read_one(|s| {
                s.one(db::sql!("SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)"), &[&"first", &"second"])
            })
            .await
            .unwrap();
        assert_eq!(swapped, ("second".to_owned(), "first".to_owned()));
        let few: kernel::Result<i64> = db
            .read_one(|s| s.one(db::sql!("SELECT CAST($1 AS BIGINT) + CAST($2 AS BIGINT)"), &[&1i64]))
            .await;
        assert!(few.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_counter_never_passes_its_limit() {
    for db in engines().await {
        put(&db, "quota".into()).await.unwrap();
        let mut takers = JoinSet::new();
        for _ in 0..64 {
            let db = db.clone();
            takers.spawn(async move {
                db.exec("test", |s| {
                    s.opt::<i64>(db::sql!("UPDATE setting SET updated_at = updated_at + 1 WHERE key = 'quota' AND updated_at < 10 RETURNING updated_at"), &[])
                })
                .await
                .unwrap()
                .is_some()
            });
        }
        let mut winners = 0;
        while let Some(won) = takers.join_next().await {
            winners += i32::from(won.unwrap());
        }
        assert_eq!(winners, 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_one_snapshot() {
    for db in engines().await {
        let (first, second): (i64, i64) = {
            let (reader, writer) = (db.clone(), db.clone());
            let (seen, wait) = std::sync::mpsc::channel();
            let (go, gone) = std::sync::mpsc::channel();
            let (seen, gone) = (std::sync::Mutex::new(seen), std::sync::Mutex::new(gone));
            let read = tokio::spawn(async move {
                reader
                    .read(move |tx| {
                        let first = tx.one(db::sql!("SELECT COUNT(*) FROM setting"), &[])?;
                        seen.lock().unwrap().send(()).unwrap();
                        gone.lock().unwrap().recv().unwrap();
                        Ok((first, tx.one(db::sql!("SELECT COUNT(*) FROM setting"), &[])?))
                    })
                    .await
                    .unwrap()
            });
            tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
            put(&writer, "between".into()).await.unwrap();
            go.send(()).unwrap();
            read.await.unwrap()
        };
        assert_eq!((first, second), (0, 0));
        assert_eq!(count(&db, "setting").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_removed_and_cut_off_events_are_found() {
    for db in engines().await {
        for n in 0..5 {
            put(&db, format!("a{n}")).await.unwrap();
        }
        assert_eq!(db::audit::checkpoint(&db).await.unwrap(), Some(1));
        assert_eq!(db::audit::checkpoint(&db).await.unwrap(), None, "nothing moved");
        let clean = db::audit::verify(&db).await.unwrap();
        assert_eq!((clean.faults.len(), clean.events, clean.checkpoints), (0, 5, 1));

        db.exec("test", |s| s.run(db::sql!("UPDATE audit_event SET detail = '{}' WHERE sequence = (SELECT MIN(sequence) + 1 FROM audit_event)"), &[])).await.unwrap();
        assert!(!db::audit::verify(&db).await.unwrap().faults.is_empty(), "an altered event");
        db.exec("test", |s| s.run(db::sql!("DELETE FROM audit_event"), &[])).await.unwrap();
        assert!(
            !db::audit::verify(&db).await.unwrap().faults.is_empty(),
            "a lane that ends before its checkpoint"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_node_hears_of_a_change_before_it_is_acknowledged() {
    for db in engines().await {
        let heard = Arc::new(AtomicI64::new(0));
        let ear = heard.clone();
        db.on_change(move |change| {
            if change.topic == "grant" {
                ear.store(change.key, Ordering::SeqCst);
            }
        });
        db.write(|tx| {
            tx.changed("grant", Id::<mark::Grant>::from_i64(42));
            Ok(((), vec![event("grant.revoked")]))
        })
        .await
        .unwrap();
        assert_eq!(heard.load(Ordering::SeqCst), 42);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_of_a_change_within_a_second() {
    let first = db::testing::sqlite().await;
    let url = format!("sqlite:{}", first.path().unwrap().display());
    let other = Db::open(db::Options::new(url, first.keyring().clone())).unwrap();
    other.migrate().await.unwrap();
    let heard = Arc::new(AtomicI64::new(0));
    let ear = heard.clone();
    other.on_change(move |change| ear.store(change.key, Ordering::SeqCst));
    while other.change_age().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    first
        .write(|tx| {
            tx.changed("grant", Id::<mark::Grant>::from_i64(7));
            Ok(((), vec![event("grant.revoked")]))
        })
        .await
        .unwrap();
    for _ in 0..100 {
        if heard.load(Ordering::SeqCst) == 7 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the change did not arrive within a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_draw_different_ids() {
    for db in engines().await {
        let numbers: Vec<i64> = db.read(|tx| tx.all(db::sql!("SELECT id FROM node"), &[])).await.unwrap();
        assert_eq!(numbers, [0]);
    }
    let first = db::testing::sqlite().await;
    let url = format!("sqlite:{}", first.path().unwrap().display());
    let second = Db::open(db::Options::new(url, first.keyring().clone())).unwrap();
    second.migrate().await.unwrap();
    let (a, b): (Id<mark::Account>, Id<mark::Account>) = (first.draw(), second.draw());
    assert_ne!((a.as_i64() >> 12) & 0x3FF, (b.as_i64() >> 12) & 0x3FF);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_whole_store_and_never_overwrites() {
    let db = db::testing::sqlite().await;
    put(&db, "kept".into()).await.unwrap();
    let source = db.path().unwrap().to_owned();
    let target = source.with_file_name("copy.db");
    db::backup_sqlite(&source, &target).unwrap();
    assert_eq!(db::backup_sqlite(&source, &target).unwrap_err().code, "backup.exists");
    let copy =
        Db::open(db::Options::new(format!("sqlite:{}", target.display()), db.keyring().clone())).unwrap();
    copy.migrate().await.unwrap();
    assert_eq!(count(&copy, "setting").await, 1);
    assert!(db::audit::verify(&copy).await.unwrap().faults.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_fails_the_group_and_later_writes_work() {
    let db = db::testing::sqlite().await;
    let pages: i64 = db.read_one(|s| s.one("SELECT page_count FROM pragma_page_count", &[])).await.unwrap();
    db.write_unaudited("test", move |tx| {
        // The pragma answers a row; SQLite stops growing the file here, as a full disk would.
        tx.all::<i64>(&format!("PRAGMA max_page_count = {}", pages + 2), &[]).map(drop)
    })
    .await
    .unwrap();
    let big = "x".repeat(1_000_000);
    let refused = db
        .write(move |tx| {
            tx.run(
                db::sql!("INSERT INTO setting (key, value, rev, updated_at) VALUES ('big', $1, 1, 0)"),
                &[&big],
            )?;
            Ok(((), vec![event("test.done")]))
        })
        .await
        .unwrap_err();
    assert_eq!(refused.kind, kernel::Kind::Unavailable, "{refused}");
    put(&db, "small".into()).await.unwrap();
    assert_eq!(count(&db, "setting").await, 1);
    assert!(db::audit::verify(&db).await.unwrap().faults.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_once_and_an_edited_text_is_refused() {
    for db in engines().await {
        assert_eq!(db.version().await.unwrap(), db::LATEST_MIGRATION);
        db.exec("test", |s| s.run("UPDATE schema_version SET digest = $1 WHERE version = 2", &[&vec![0u8]]))
            .await
            .unwrap();
        let error = db.migrate().await.unwrap_err();
        assert_eq!(error.code, "db.schema_edited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_connection_is_replaced() {
    let Ok(server) = std::env::var("FUJIE_TEST_POSTGRES") else { return };
    let db = db::testing::postgres_at(&server, kernel::Clock::System).await;
    put(&db, "before".into()).await.unwrap();
    drop(db.exec("test", |s| s.all::<bool>("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", &[])).await);
    let mut stored = 0;
    for n in 0..20 {
        stored += i64::from(put(&db, format!("after{n}")).await.is_ok());
    }
    assert!(stored >= 12, "each dead connection may cost one job: {stored}");
    assert_eq!(count(&db, "setting").await, 1 + stored);
    assert!(db::audit::verify(&db).await.unwrap().faults.is_empty());
    assert!(Timestamp::from_millis(0) < db.clock().now());
    assert!(db.clock_skew().await.unwrap().abs() < 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_over_tls_wants_a_certificate_from_the_named_authority() {
    let (Ok(server), Ok(authority)) =
        (std::env::var("FUJIE_TEST_POSTGRES"), std::env::var("FUJIE_TEST_POSTGRES_CA"))
    else {
        assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "this run must test TLS too");
        return;
    };
    let keyring = db::testing::sqlite().await.keyring().clone();
    let open = |parameters: String| {
        let url = format!("{server}?{parameters}");
        Db::open(db::Options { readers: 1, writers: 1, ..db::Options::new(url, keyring.clone()) }).unwrap()
    };
    let trusted = open(format!("sslmode=require&sslrootcert={authority}"));
    let sealed: bool = trusted
        .read_one(|s| s.one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]))
        .await
        .unwrap();
    assert!(sealed);
    let stranger = open("sslmode=require".into());
    let refused = stranger.read_one(|s| s.one::<i64>("SELECT CAST(1 AS BIGINT)", &[])).await.unwrap_err();
    assert_eq!(refused.code, "db.unavailable", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once_and_recovers() {
    let db = db::testing::sqlite().await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (began, begun) = std::sync::mpsc::channel();
    let holder = tokio::spawn({
        let db = db.clone();
        async move {
            db.write_unaudited("test", move |_| {
                began.send(()).unwrap();
                held.lock().unwrap().recv().unwrap();
                Ok(())
            })
            .await
        }
    });
    tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    let mut waiting = JoinSet::new();
    for n in 0..5_000 {
        let db = db.clone();
        waiting.spawn(async move { put(&db, format!("q{n}")).await });
    }
    // The writer is held, so those that the queue has no room for are answered now, as overloaded.
    let mut refused = 0;
    while refused < 5_000 - 4_096 {
        let error = waiting.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind, kernel::Kind::Overloaded);
        refused += 1;
    }
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    let mut stored = 0;
    while let Some(result) = waiting.join_next().await {
        stored += i64::from(result.unwrap().is_ok());
    }
    assert_eq!(stored, 4_096);
    assert_eq!(count(&db, "setting").await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_repeated_for_many_rows_and_fails_as_one() {
    for db in engines().await {
        // The digits say which value is meant, not the order in which they stand.
        let insert = db::sql!("INSERT INTO setting (value, key, updated_at, rev) VALUES ($2, $1, $4, $3)");
        let changed = db
            .write_unaudited("test", move |tx| {
                let mut statement = tx.repeat(insert)?;
                let mut changed = 0;
                for n in 0..50i64 {
                    changed += statement.run(&[&format!("k{n:02}"), &n.to_string(), &n, &7i64])?;
                }
                Ok(changed)
            })
            .await
            .unwrap();
        assert_eq!(changed, 50);
        let last: (String, String, i64, i64) = db
            .read_one(|s| {
                s.one(
                    db::sql!("SELECT key, value, rev, updated_at FROM setting ORDER BY key DESC LIMIT 1"),
                    &[],
                )
            })
            .await
            .unwrap();
        assert_eq!(last, ("k49".into(), "49".into(), 49, 7));
        // One row that does not fit takes all of them along, and nothing goes on after it.
        for wrong in [true, false] {
            let error = db
                .write_unaudited("test", move |tx| {
                    let mut statement = tx.repeat(insert)?;
                    statement.run(&[&"new".to_owned(), &String::new(), &1i64, &1i64])?;
                    let refused = if wrong {
                        statement.run(&[&"k00".to_owned(), &String::new()])
                    } else {
                        statement.run(&[&"k00".to_owned(), &String::new(), &1i64, &1i64])
                    };
                    assert!(refused.is_err());
                    let after = statement.run(&[&"after".to_owned(), &String::new(), &1i64, &1i64]);
                    assert_eq!(after.unwrap_err().code, "db.transaction_failed");
                    refused
                })
                .await
                .unwrap_err();
            assert_eq!(error.is_duplicate(), !wrong, "{error}");
            assert_eq!(count(&db, "setting").await, 50);
        }
    }
}
