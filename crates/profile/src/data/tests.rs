use super::tables::{IN_FILE, NOT_IN_FILE};
use crate::testing::House;
use http::{StatusCode, header};
use organization::membership::Role;
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_whole_of_a_person_comes_in_one_file() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let organization = house.organization().await;
        house.join(organization, Role::LegalRepresentative, account).await;
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/data").await;
        let answer = browser.post(&page, "/me/data", &[]).await;
        assert_eq!(answer.status, StatusCode::OK);
        let name = answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(name.starts_with("attachment; filename=\"fujie-linzy-"), "{name}");
        let file: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(file["account"]["phone"], "+8613800138000");
        assert_eq!(file["account"]["name"], "林知远");
        assert_eq!(file["memberships"][0]["name"], "澄江证券股份有限公司");
        assert_eq!(file["sessions"].as_array().unwrap().len(), 1);
        assert!(!answer.text.contains("$argon2") && !answer.text.contains("none\""), "no secret");
        assert_eq!(house.events("account.data_taken").await, 1);
        assert!(house.message("13800138000").await.unwrap().text.contains("downloaded"));
        for _ in 1..10 {
            assert_eq!(browser.post(&page, "/me/data", &[]).await.status, StatusCode::OK);
        }
        let refused = browser.post(&page, "/me/data", &[]).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.has("No more downloads today"));
        house.pass(601);
        assert!(browser.post(&page, "/me/data", &[]).await.location.starts_with("/me/verify?need="));
    }
}

/// Tables with a column that names an account or a person, by the text of the migrations.
fn tables() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(" (").unwrap();
            let (columns, _) = rest.split_once("\n);").unwrap();
            let named = columns.lines().any(|line| {
                let column = line.trim_start().split(' ').next().unwrap_or_default();
                column == "account_id"
                    || column == "legacy_account_id"
                    || column == "person_id"
                    || column.ends_with("actor_account_id")
                    || line.contains("REFERENCES account (id)")
                    || line.contains("REFERENCES person (id)")
            });
            if named || name == "account" {
                found.insert(name.to_owned());
            }
        }
    }
    found
}
#[test]
fn of_every_table_with_an_account_somebody_decided_whether_it_is_in_the_file() {
    let decided: BTreeSet<String> =
        IN_FILE.iter().chain(NOT_IN_FILE).map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(decided.len(), IN_FILE.len() + NOT_IN_FILE.len(), "each once");
    assert_eq!(tables(), decided);
}
#[tokio::test]
async fn what_is_said_to_be_in_the_file_is_there_ended_things_too() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let organization = house.organization().await;
        house.join(organization, Role::Agent, account).await;
        let keyring = std::sync::Arc::clone(house.db().keyring());
        house
            .db()
            .write_unaudited("test", move |tx| {
                let (id, sealed): (i64, &[u8]) = (organization.as_i64(), &[1]);
                tx.run("UPDATE membership SET state = 'ended', ended_at = 5 WHERE account_id = $1", &[&account])?;
                tx.run(
                    "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, audience,
                        admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed,
                        state, created_at)
                     VALUES (7, 'filing', '备案', 'Filing', '', '', '', '', '', '', '', '', '', 1, '', '', 0)",
                    &[],
                )?;
                tx.run(
                    "INSERT INTO product_tile (account_id, organization_id, product_id, place, opened_at)
                     VALUES ($1, $2, 7, 1, 0)",
                    &[&account, &id],
                )?;
                tx.run(
                    "INSERT INTO pairwise_subject (subject, sector, account_id) VALUES ('sub-1', 'filing.test', $1)",
                    &[&account],
                )?;
                tx.run(
                    "INSERT INTO product_grant (id, membership_id, product_id, state, valid_from, valid_until, created_at)
                     SELECT 8, id, 7, 'ended', 0, 9, 0 FROM membership",
                    &[],
                )?;
                tx.run(
                    "INSERT INTO application (id, kind, applicant_id, organization_id, seen_rev, told, state, reason,
                        two_steps, rev, created_at, expires_at)
                     VALUES (9, 'product_access', $1, $2, 0, FALSE, 'withdrawn', '业务需要', FALSE, 1, 0, 0)",
                    &[&account, &id],
                )?;
                let refused: [&dyn db::Param; 3] = [&account, &id, &sealed];
                tx.run(
                    "INSERT INTO refusal (id, number, digest, account_id, product_id, organization_id, code, layers, strength,
                        card, zones, times, created_at, last_at)
                     VALUES (18, 'AAAA-BBBB-0001', $3, $1, 7, $2, 'decision.grant_missing', '[]', 1, FALSE, '', 2, 0, 5)",
                    &refused,
                )?;
                let (case, person) = (10_i64, 11_i64);
                tx.run(
                    "INSERT INTO verification (id, account_id, lane, method, state, provider, document_type,
                        document_masked, attempts, lease_until, reason, created_at, decided_at, expires_at)
                     VALUES ($1, $2, 'counter', 'counter', 'refused', 'counter', 'resident_id', '1****X', 0, 0,
                        '看不清', 0, 5, 9)",
                    &[&case, &account],
                )?;
                tx.run(
                    "INSERT INTO verification_document (id, verification_id, kind, size, sha256, created_at)
                     VALUES (12, $1, 'image/jpeg', 99, $2, 0)",
                    &[&case, &sealed],
                )?;
                tx.run(
                    "INSERT INTO person (id, document_type, document_index, document, name, created_at)
                     VALUES ($1, 'resident_id', $2, $2, $2, 0)",
                    &[&person, &sealed],
                )?;
                tx.run(
                    "INSERT INTO dispute (id, verification_id, person_id, claimant_id, holder_id, state, verdict,
                        created_at, decided_at)
                     VALUES (13, $1, $2, $3, $3, 'decided', 'keep', 0, 5)",
                    &[&case, &person, &account],
                )?;
                // Two accounts of an earlier system: one is theirs, the other was parted from them again.
                tx.run(
                    "INSERT INTO organization_type (id, code, name_zh, name_en, policy, rev, created_at)
                     VALUES (14, 'earlier', '', '', '{}', 0, 0)",
                    &[],
                )?;
                tx.run(
                    "INSERT INTO legacy_import (id, source, type_id, total, created_at) VALUES (15, '旧平台', 14, 2, 0)",
                    &[],
                )?;
                for (row, login, undone) in [(16_i64, "hq01", None), (17, "hq02", Some(5_i64))] {
                    tx.run(
                        "INSERT INTO legacy_account (id, import_id, line, login_name, hash, data, state, tries, created_at)
                         VALUES ($1, 15, $1, $2, '', $3, 'merged', 0, 0)",
                        &[&row, &login.to_owned(), &sealed],
                    )?;
                    tx.run(
                        "INSERT INTO legacy_merge (id, legacy_account_id, account_id, membership_id, made_account,
                            made_membership, how, merged_at, undone_at)
                         SELECT $1, $1, $2, id, FALSE, FALSE, 'claimed', 0, $3 FROM membership WHERE account_id = $2",
                        &[&row, &account, &undone],
                    )?;
                    let text = keyring.seal("legacy_history.text", row, &format!("{login} 办结"));
                    tx.run(
                        "INSERT INTO legacy_history (id, legacy_account_id, happened_at, kind, text)
                         VALUES ($1, $1, 0, '办件', $2)",
                        &[&row, &text],
                    )?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/data").await;
        let answer = browser.post(&page, "/me/data", &[]).await;
        assert!(!answer.text.contains("hq02 办结"), "what was parted is another's");
        let file: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
        for (table, pointer) in IN_FILE {
            assert!(file.pointer(pointer).is_some(), "{table}: nothing at {pointer}");
        }
        for (pointer, expected) in [
            ("/memberships/0/state", "ended"),
            ("/memberships/0/name", "澄江证券股份有限公司"),
            ("/grants/0/product", "filing"),
            ("/names_at_products/0/sector", "filing.test"),
            ("/names_at_products/0/subject", "sub-1"),
            ("/refusals/0/number", "AAAA-BBBB-0001"),
            ("/refusals/0/product", "filing"),
            ("/refusals/0/reason", "decision.grant_missing"),
            ("/applications/0/reason", "业务需要"),
            ("/verification/cases/0/reason", "看不清"),
            ("/verification/cases/0/document", "1****X"),
            ("/verification/cases/0/handed_in/0/kind", "image/jpeg"),
            ("/verification/disputes/0/verdict", "keep"),
            ("/verification/disputes/0/side", "claimant"),
            ("/sign_in/recorded_by_earlier_systems/0/login_name", "hq01"),
            ("/sign_in/recorded_by_earlier_systems/0/text", "hq01 办结"),
        ] {
            assert_eq!(file.pointer(pointer).and_then(Value::as_str), Some(expected), "{pointer}: {file:#}");
        }
    }
}
