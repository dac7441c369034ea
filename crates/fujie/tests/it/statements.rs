//! Every statement of every room: both engines take it, and none reads the whole of a table that grows.
use db::Engine;

/// Whole reads that are meant: a part of the statement, and why.
const MEANT: [(&str, &str); 10] = [
    ("SELECT DISTINCT lane FROM audit_event", "verification of the whole chain, by hand"),
    (
        "SELECT id FROM former_login WHERE ended_at IS NULL LIMIT 1",
        "whether there is any: the first row ends it",
    ),
    ("FROM webhook_event WHERE spread_at IS NULL ORDER BY n LIMIT", "an index that holds what waits alone"),
    ("UPDATE webhook_delivery SET state = 'expired'", "an index that holds what waits alone"),
    (
        "DELETE FROM counter WHERE window_until <= $1",
        "the sweep that keeps the table as small as its windows",
    ),
    (
        "NOT EXISTS (SELECT 1 FROM registry_schedule s",
        "a worker's look for organizations without a turn, on a reader",
    ),
    (
        "WHERE state = 'notifying' AND lease_until < $2",
        "one row, by its key; the planner names the inner index last",
    ),
    ("WHERE state IN ('creating', 'indexing') AND lease_until < $2", "an index that holds what runs alone"),
    ("SELECT id FROM import_job WHERE erased_at IS NULL", "an index that holds what is kept alone"),
    (
        "UPDATE verification_document SET content = NULL, erased_at = $2",
        "an index that holds what is kept alone",
    ),
];

/// On one line.
fn flat(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_registered_statement_prepares_on_both_engines() {
    // The rooms are linked, or there is nothing to look at.
    assert!(!fujie::wiring::routes().table().is_empty());
    for room in
        ["identity", "organization", "oidc", "profile", "feed", "roster", "registry", "legacy", "platform"]
    {
        let place = format!("crates/{room}/");
        assert!(db::STATEMENTS.iter().any(|(at, _)| at.contains(&place)), "no statement of {room}");
    }
    for db in db::testing::engines().await {
        let bad = db::testing::unprepared(&db).await;
        assert!(bad.is_empty(), "{:?}: {bad:#?}", db.engine());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_a_whole_table_that_grows() {
    assert!(!fujie::wiring::routes().table().is_empty());
    let mut faults = Vec::new();
    for db in db::testing::engines().await {
        for (at, sql, line) in db::plan::registered_scans(&db).await.unwrap() {
            // The tests of `db` have statements of their own.
            let (own, text) = (at.contains("/tests/"), flat(sql));
            if !own && !MEANT.iter().any(|(part, _)| text.contains(part)) {
                let engine = if db.engine() == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
                faults.push(format!("{at} ({engine}): {line}\n    {text}"));
            }
        }
    }
    faults.sort();
    assert!(faults.is_empty(), "{} whole reads:\n{}", faults.len(), faults.join("\n"));
}
#[test]
fn every_reason_is_still_needed() {
    for (part, why) in MEANT {
        assert!(!why.is_empty());
        assert!(db::STATEMENTS.iter().any(|(_, sql)| flat(sql).contains(part)), "no statement has {part}");
    }
}
