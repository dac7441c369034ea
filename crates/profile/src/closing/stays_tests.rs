//! After an account is closed nothing personal stays: of every table somebody decided, and of one account every row is searched.
use super::{
    service,
    tables::{ERASED, KEPT, OF_NOBODY},
};
use crate::testing::House;
use db::{Keyring, Tx};
use identity::{
    former,
    realname::{self, Document},
};
use kernel::{ResidentId, id::AccountId};
use std::{collections::BTreeSet, sync::Arc};

const NAME: &str = "林知远";
const NUMBER: &str = "11010519491231002X";
const PHONE: &str = "+8613800138000";
const MAIL: &str = "linzhiyuan@example.com";
const LOGIN: &str = "linzhiyuan";
const FORMER: &str = "haiqiao-lin";

struct Column {
    table: String,
    name: String,
    kind: String,
    refers: bool,
}
/// By the text of the migrations.
fn columns() -> Vec<Column> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let (table, rest) = table.split_once(" (").unwrap();
            for line in rest.split_once("\n);").unwrap().0.lines() {
                let mut words = line.split_whitespace();
                let (Some(name), Some(kind)) = (words.next(), words.next()) else { continue };
                let kind = kind.trim_end_matches(',');
                if ["BIGINT", "BYTEA", "TEXT"].contains(&kind) {
                    let refers =
                        line.contains("REFERENCES account (id)") || line.contains("REFERENCES person (id)");
                    let (table, name) = (table.to_owned(), name.to_owned());
                    found.push(Column { table, name, kind: kind.to_owned(), refers });
                }
            }
        }
    }
    found
}
/// Names an account or a person, or holds bytes that are no hash: what is sealed, and what is looked for blindly.
fn may_be_personal(column: &Column) -> bool {
    let name = column.name.as_str();
    let hashes = ["mac", "hash", "digest", "sha256", "credential_id", "user_handle"];
    let is_hash = hashes.iter().any(|word| name.ends_with(word));
    column.refers
        || ["account_id", "legacy_account_id", "person_id"].contains(&name)
        || name.ends_with("actor_account_id")
        || (column.kind == "BYTEA" && !is_hash)
}

#[test]
fn of_every_table_with_a_person_somebody_decided_what_closing_does_to_it() {
    let all = || ERASED.iter().chain(KEPT).chain(OF_NOBODY);
    let decided: BTreeSet<String> = all().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(decided.len(), all().count(), "each once");
    let personal = columns().into_iter().filter(may_be_personal).map(|column| column.table);
    let mut personal: BTreeSet<String> = personal.collect();
    // Without an account's id of their own: rows of one that has it, and keyed fragments.
    personal.extend(["account", "application_step", "feed_gram"].map(str::to_owned));
    assert_eq!(personal, decided);
}

/// Tables in which a row says who this was, in the open, sealed or as a blind index.
fn telling(tx: &mut Tx<'_>, keyring: &Keyring, blind: &[Vec<u8>]) -> BTreeSet<String> {
    let told =
        |text: &str| [NAME, NUMBER, MAIL, LOGIN, FORMER, "13800138000"].iter().any(|one| text.contains(one));
    let (mut found, columns) = (BTreeSet::new(), columns());
    for Column { table, name, kind, .. } in &columns {
        let mut says = false;
        match kind.as_str() {
            "TEXT" => {
                let sql = format!("SELECT {name} FROM {table} WHERE {name} IS NOT NULL");
                let rows: Vec<String> = tx.all(&sql, &[]).unwrap();
                says |= rows.iter().any(|text| told(text));
            }
            "BYTEA" => {
                let sql = format!("SELECT {name} FROM {table} WHERE {name} IS NOT NULL");
                let rows: Vec<Vec<u8>> = tx.all(&sql, &[]).unwrap();
                says |=
                    rows.iter().any(|bytes| blind.contains(bytes) || told(&String::from_utf8_lossy(bytes)));
                // Sealed under the row's id, whichever column that is.
                let sealed: &'static str = Box::leak(format!("{table}.{name}").into_boxed_str());
                for id in columns.iter().filter(|other| &other.table == table && other.kind == "BIGINT") {
                    let id = &id.name;
                    let sql = format!(
                        "SELECT {id}, {name} FROM {table} WHERE {id} IS NOT NULL AND {name} IS NOT NULL"
                    );
                    let rows: Vec<(i64, Vec<u8>)> = tx.all(&sql, &[]).unwrap();
                    says |= rows.iter().any(|(id, bytes)| {
                        let opened = keyring.open_bytes(sealed, *id, bytes);
                        opened.is_ok_and(|bytes| told(&String::from_utf8_lossy(&bytes)))
                    });
                }
            }
            _ => {}
        }
        if says {
            found.insert(table.clone());
        }
    }
    found
}
async fn searched(house: &House) -> BTreeSet<String> {
    let keyring = Arc::clone(house.db().keyring());
    let document = Document::of_resident(&ResidentId::parse(NUMBER, 20_261_121).unwrap());
    let blind = vec![
        keyring.blind("phone", PHONE),
        keyring.blind("email", MAIL),
        keyring.blind("document", NUMBER),
        realname::service::index_of(&keyring, &document),
        keyring.blind("external_identity.subject", LOGIN),
    ];
    house.db().read(move |tx| Ok(telling(tx, &keyring, &blind))).await.unwrap()
}

/// The person wherever a person can stand.
async fn everywhere(house: &House, account: AccountId) {
    let organization = house.organization().await;
    let (keyring, now) = (Arc::clone(house.db().keyring()), house.now());
    let (person, old) = (house.db().draw(), house.db().draw());
    house
        .db()
        .write_unaudited("test", move |tx| {
            let resident = ResidentId::parse(NUMBER, 20_261_121)?;
            realname::service::prove_document_in(tx, &keyring, account, person, &resident, NAME, now)?;
            assert!(former::service::add_in(tx, old, FORMER, "hash", Some(account), now)?);
            let who = account.as_i64();
            let seal = |column, row: i64, text: &str| keyring.seal(column, row, text);
            let (at, none): (i64, &[u8]) = (now.as_millis(), &[]);
            let both = format!("{{\"name\":\"{NAME}\",\"phone\":\"{PHONE}\"}}");
            let mail = (seal("account.email", who, MAIL), keyring.blind("email", MAIL));
            tx.run("UPDATE account SET email = $2, email_index = $3 WHERE id = $1", &[&account, &mail.0, &mail.1])?;
            let employer = seal("profile.employer", who, "林知远事务所");
            tx.run("INSERT INTO profile (account_id, employer) VALUES ($1, $2)", &[&account, &employer])?;
            let questions = seal("security_question.questions", who, &both);
            tx.run(
                "INSERT INTO security_question (account_id, questions, answers, set_at) VALUES ($1, $2, '', 0)",
                &[&account, &questions],
            )?;
            tx.run(
                "INSERT INTO address (id, account_id, content, is_default, created_at) VALUES (21, $1, $2, FALSE, 0)",
                &[&account, &seal("address.content", 21, &both)],
            )?;
            tx.run(
                "INSERT INTO notice (id, account_id, kind, args, created_at) VALUES (22, $1, 'closing', $2, $3)",
                &[&account, &seal("notice.args", 22, &both), &at],
            )?;
            tx.run(
                "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
                 VALUES (23, $1, $2, $3, 0, 0)",
                &[&account, &seal("authenticator.name", 23, NAME), &none],
            )?;
            tx.run(
                "INSERT INTO passkey (id, account_id, credential_id, user_handle, name, credential, sign_count, synced,
                    transports, created_at) VALUES (24, $1, $3, $3, $2, $3, 0, FALSE, '', 0)",
                &[&account, &seal("passkey.name", 24, NAME), &none],
            )?;
            let subject = seal("external_identity.subject", 25, LOGIN);
            let index = keyring.blind("external_identity.subject", LOGIN);
            tx.run(
                "INSERT INTO external_identity (id, account_id, connector_id, subject_index, subject, display_name,
                    linked_at, ended_at) VALUES (25, $1, 1, $2, $3, $4, 0, 5)",
                &[&account, &index, &subject, &seal("external_identity.display_name", 25, NAME)],
            )?;
            tx.run(
                "INSERT INTO device (id, token_hash, account_id, user_agent, created_at, last_used_at)
                 VALUES (26, $2, $1, 'Browser of 林知远', 0, $3)",
                &[&account, &none, &at],
            )?;
            tx.run(
                "INSERT INTO staff (account_id, role, state, phone_shown, created_at)
                 VALUES ($1, 'auditor', 'ended', '13800138000', 0)",
                &[&account],
            )?;
            // Withdrawn by closing, decided before it, and of an organization's that is none of the person's.
            for (id, kind, state) in [(31_i64, "head", "submitted"), (32, "agent_authorization", "approved")] {
                tx.run(
                    "INSERT INTO application (id, kind, applicant_id, seen_rev, told, state, reason, data, two_steps,
                        decision_note, rev, created_at, expires_at)
                     VALUES ($1, $2, $3, 0, FALSE, $4, '林知远申请', $5, FALSE, '林知远符合', 1, 0, $6)",
                    &[
                        &id,
                        &kind.to_owned(),
                        &account,
                        &state.to_owned(),
                        &seal("application.data", id, &both),
                        &now.plus_days(60),
                    ],
                )?;
                tx.run(
                    "INSERT INTO application_step (application_id, number, step, note, at)
                     VALUES ($1, 1, 'submit', '林知远', 0)",
                    &[&id],
                )?;
                tx.run(
                    "INSERT INTO document (id, subject_kind, subject_id, account_id, kind, size, sha256, content, created_at)
                     VALUES ($1, 'application', $1, $2, 'application/pdf', 9, $3, $4, 0)",
                    &[&id, &account, &none, &seal("document.content", id, NAME)],
                )?;
            }
            let phone_index = keyring.blind("phone", PHONE);
            for (id, state, by) in [(41_i64, "accepted", Some(account)), (42, "open", None), (43, "expired", None)] {
                tx.run(
                    "INSERT INTO invitation (id, organization_id, by_staff, role, way, phone, phone_index, name,
                        valid_from, valid_until, token_hash, state, sent, created_at, expires_at, account_id)
                     VALUES ($1, $2, FALSE, 'agent', 'sms', $3, $4, $5, 0, $6, $7, $8, 1, 0, $6, $9)",
                    &[
                        &id,
                        &organization,
                        &seal("invitation.phone", id, PHONE),
                        &phone_index,
                        &seal("invitation.name", id, NAME),
                        &now.plus_days(60),
                        &id.to_be_bytes().to_vec(),
                        &state.to_owned(),
                        &by,
                    ],
                )?;
            }
            tx.run(
                "INSERT INTO verification (id, account_id, lane, method, state, provider, document_type,
                    document_masked, subject, attempts, lease_until, created_at, decided_at, expires_at)
                 VALUES (51, $1, 'counter', 'counter', 'approved', 'counter', 'resident_id', '1****X', $2, 0, 0, 0, 5, 9)",
                &[&account, &seal("verification.subject", 51, &both)],
            )?;
            tx.run(
                "INSERT INTO verification_document (id, verification_id, kind, size, sha256, content, created_at)
                 VALUES (52, 51, 'image/jpeg', 9, $1, $2, 0)",
                &[&none, &seal("verification_document.content", 52, NAME)],
            )?;
            tx.run(
                "INSERT INTO dispute (id, verification_id, person_id, claimant_id, holder_id, state, verdict,
                    claimant_statement, holder_statement, created_at, decided_at)
                 VALUES (53, 51, $1, $2, $2, 'decided', 'keep', $3, $4, 0, 5)",
                &[
                    &person,
                    &account,
                    &seal("dispute.claimant_statement", 53, NAME),
                    &seal("dispute.holder_statement", 53, NAME),
                ],
            )?;
            tx.run(
                "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
                    valid_until, created_at, ended_at) VALUES (61, $1, $2, FALSE, 'agent', 'applied', 'ended', 0, 5, 0, 5)",
                &[&organization, &account],
            )?;
            tx.run(
                "INSERT INTO legacy_import (id, source, type_id, total, created_at)
                 SELECT 62, '旧平台', type_id, 1, 0 FROM organization WHERE id = $1",
                &[&organization],
            )?;
            let known = format!("{{\"organization\":\"海桥进出口\",\"holder\":\"{NAME}\",\"document\":\"{NUMBER}\"}}");
            tx.run(
                "INSERT INTO legacy_account (id, import_id, line, login_name, hash, data, organization_id, former_login_id,
                    state, tries, created_at) VALUES (63, 62, 1, $1, '', $2, $3, $4, 'merged', 0, 0)",
                &[&FORMER.to_owned(), &seal("legacy_account.data", 63, &known), &organization, &old],
            )?;
            tx.run(
                "INSERT INTO legacy_merge (id, legacy_account_id, account_id, membership_id, made_account,
                    made_membership, how, merged_at) VALUES (64, 63, $1, 61, FALSE, FALSE, 'claimed', 0)",
                &[&account],
            )?;
            tx.run(
                "INSERT INTO legacy_history (id, legacy_account_id, happened_at, kind, text) VALUES (65, 63, 0, '办件', $1)",
                &[&seal("legacy_history.text", 65, "林知远办结")],
            )
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn of_a_closed_account_no_row_says_who_it_was() {
    for house in House::on_engines().await {
        let account = house.person(LOGIN, Some("13800138000")).await;
        everywhere(&house, account).await;
        let before = searched(&house).await;
        let expected = [
            "account",
            "address",
            "application",
            "application_step",
            "authenticator",
            "device",
            "dispute",
            "document",
            "external_identity",
            "former_login",
            "invitation",
            "legacy_account",
            "legacy_history",
            "notice",
            "passkey",
            "person",
            "profile",
            "security_question",
            "staff",
            "verification",
            "verification_document",
        ];
        assert_eq!(before, expected.map(str::to_owned).into(), "what is searched for is found");
        let who = house.signed_in(account).await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        // The notice leaves at once; its text goes with it.
        house.identity().outbox().drain().await.unwrap();
        house.pass(15 * 86_400);
        assert_eq!(service::finish_due(&house.rooms, house.now()).await.unwrap(), 1);
        assert_eq!(searched(&house).await, BTreeSet::new());
        assert_eq!(
            house.events("application.withdrawn").await,
            1,
            "what was open, and nothing that was decided"
        );
        assert_eq!(house.events("invitation.declined").await, 1);
        let left: (String, String, String) = house
            .db()
            .read(|tx| {
                tx.one(
                    "SELECT (SELECT state FROM application WHERE id = 31), (SELECT state FROM application WHERE id = 32),
                        (SELECT state FROM invitation WHERE id = 42)",
                    &[],
                )
            })
            .await
            .unwrap();
        assert_eq!(left, ("withdrawn".into(), "approved".into(), "declined".into()));
    }
}

/// By the keyed term of a document's last four digits somebody who knows the key could tell whose the account was.
#[tokio::test]
async fn whoever_takes_the_document_off_before_closing_leaves_no_term_of_it() {
    for house in House::on_engines().await {
        let account = house.person(LOGIN, Some("13800138000")).await;
        let terms = async || -> i64 {
            let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM search_gram WHERE account_id = $1";
            house.db().read(move |tx| tx.one(count, &[&account])).await.unwrap()
        };
        let before = terms().await;
        let (keyring, person, now) = (Arc::clone(house.db().keyring()), house.db().draw(), house.now());
        house
            .db()
            .write_unaudited("test", move |tx| {
                let resident = ResidentId::parse(NUMBER, 20_261_121)?;
                realname::service::prove_document_in(tx, &keyring, account, person, &resident, NAME, now)
            })
            .await
            .unwrap();
        assert_eq!(terms().await, before + 1, "found by the last four");
        let (keyring, now) = (Arc::clone(house.db().keyring()), house.now());
        house
            .db()
            .write_unaudited("test", move |tx| {
                realname::service::release_in(tx, &keyring, account, "unbound", now)
            })
            .await
            .unwrap();
        assert_eq!(terms().await, before);
        let who = house.signed_in(account).await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        house.pass(15 * 86_400);
        assert_eq!(service::finish_due(&house.rooms, house.now()).await.unwrap(), 1);
        assert_eq!(terms().await, 0);
    }
}

#[tokio::test]
async fn who_has_another_account_stays_known_until_that_one_is_closed_too() {
    for house in House::on_engines().await {
        let own = house.person(LOGIN, Some("13800138000")).await;
        let organization = house.organization().await;
        let managed =
            house.managed(organization, organization::membership::Role::Agent, "chensiqi", None).await;
        for account in [own, managed] {
            let (keyring, person, now) = (Arc::clone(house.db().keyring()), house.db().draw(), house.now());
            house
                .db()
                .write_unaudited("test", move |tx| {
                    let resident = ResidentId::parse(NUMBER, 20_261_121)?;
                    realname::service::prove_document_in(tx, &keyring, account, person, &resident, NAME, now)
                })
                .await
                .unwrap();
        }
        let who = house.signed_in(own).await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        house.pass(15 * 86_400);
        assert_eq!(service::finish_due(&house.rooms, house.now()).await.unwrap(), 1);
        assert_eq!(realname::service::known(house.db(), managed).await.unwrap().unwrap().name, NAME);
        let (keyring, now) = (Arc::clone(house.db().keyring()), house.now());
        house
            .db()
            .write_unaudited("test", move |tx| {
                realname::service::release_in(tx, &keyring, managed, "unbound", now)
            })
            .await
            .unwrap();
        assert!(!searched(&house).await.contains("person"), "the last one let go");
        // The document leads to nobody: whoever proves it now is a person of their own.
        let (keyring, person, now) = (Arc::clone(house.db().keyring()), house.db().draw(), house.now());
        let again = house.person("linzhiyuan2", None).await;
        let proven = house
            .db()
            .write_unaudited("test", move |tx| {
                let resident = ResidentId::parse(NUMBER, 20_261_121)?;
                realname::service::prove_document_in(tx, &keyring, again, person, &resident, NAME, now)
            })
            .await
            .unwrap();
        assert_eq!(proven, person);
    }
}
