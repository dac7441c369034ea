use crate::testing::{House, row, word};
use http::{StatusCode, header};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/feed/entries";

#[tokio::test]
async fn only_the_products_own_server_is_heard() {
    for house in House::on_engines().await {
        let body = json!({ "entries": [row(json!({}))] }).to_string();
        let (id, secret) = (house.ours.client_id.as_str(), house.ours.secret.as_str());
        for by in [None, Some((id, "wrong")), Some(("nobody", secret)), Some((id, "")), Some(("", ""))] {
            for path in [PATH, "/api/v1/items"] {
                let answer = house.api(path, by, "application/json", body.clone()).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{by:?}");
                assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic"));
                assert!(answer.has("client.unauthenticated"), "{}", answer.text);
            }
        }
        // A withdrawn product is silent.
        let product = house.ours.product;
        house
            .db()
            .write_unaudited("test", move |tx| {
                tx.run("UPDATE product SET state = 'withdrawn' WHERE id = $1", &[&product]).map(drop)
            })
            .await
            .unwrap();
        let answer = house.api(PATH, Some((id, secret)), "application/json", body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.has("product.inactive"));
        assert_eq!(house.count("feed_entry").await, 0);
    }
}

#[tokio::test]
async fn addresses_of_a_client_that_sleeps_are_none_of_the_products() {
    for house in House::on_engines().await {
        let rooms = house.rooms.clone();
        let openid = oidc::OpenId::open(house.db().clone(), rooms, crate::testing::ORIGIN).await.unwrap();
        let (product, developer) = (house.ours.product, house.other);
        let leads = async || {
            let origins = crate::product::origins(&openid, product, None).await.unwrap();
            origins.allow("https://rp.test/cases/1").is_some()
        };
        let change = async |sql: &'static str| {
            house.db().write_unaudited("test", move |tx| tx.run(sql, &[&developer]).map(drop)).await.unwrap();
        };
        change("UPDATE client SET developer_organization_id = $1").await;
        assert!(leads().await);
        for (asleep, awake) in [
            (
                "UPDATE organization SET state = 'suspended' WHERE id = $1",
                "UPDATE organization SET state = 'active' WHERE id = $1",
            ),
            (
                "UPDATE organization SET registry_state = 'cancelled' WHERE id = $1",
                "UPDATE organization SET registry_state = 'live' WHERE id = $1",
            ),
        ] {
            change(asleep).await;
            assert!(!leads().await, "{asleep}");
            change(awake).await;
            assert!(leads().await, "{awake}");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_no_batch_are_refused_whole() {
    for house in House::on_engines().await {
        let by = Some((house.ours.client_id.as_str(), house.ours.secret.as_str()));
        let many = |n: usize| json!({ "entries": vec![json!({}); n] }).to_string();
        for (kind, body, status, code) in [
            ("application/json", String::new(), 400, "request.json"),
            ("application/json", "[".to_owned(), 400, "request.json"),
            ("application/json", "{}".to_owned(), 400, "request.json"),
            ("application/json", "{\"entries\":{}}".to_owned(), 400, "request.json"),
            ("application/json", "{\"entries\":[],\"more\":1}".to_owned(), 400, "request.json"),
            ("application/json", "{\"entries\":[{\"title\":\"\\u0000\"}]}".to_owned(), 400, "request.nul"),
            ("application/json", many(0), 422, "feed.batch_rows"),
            ("application/json", many(501), 422, "feed.batch_rows"),
            ("application/x-www-form-urlencoded", "entries=1".to_owned(), 415, "request.media_type"),
            ("application/json", " ".repeat(4 * 1024 * 1024 + 1), 413, "request.too_large"),
        ] {
            let answer = house.api(PATH, by, kind, body).await;
            assert_eq!(answer.status.as_u16(), status, "{code}: {}", answer.text);
            assert!(answer.has(code), "{code}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn each_row_is_judged_for_itself_and_answered_in_its_place() {
    for house in House::on_engines().await {
        house.user("linzy").await;
        let long = |n: usize| "长".repeat(n);
        for (changes, code, field) in [
            (json!({ "external_id": "" }), "feed.external_id", "external_id"),
            (json!({ "external_id": "x".repeat(65) }), "feed.external_id", "external_id"),
            (json!({ "external_id": "编号" }), "feed.external_id", "external_id"),
            (json!({ "kind": "letter" }), "field.unknown_value", "kind"),
            (json!({ "kind": null }), "field.required", "kind"),
            (json!({ "subject": null }), "field.required", "subject"),
            (json!({ "subject": {} }), "feed.subject_malformed", "subject"),
            (json!({ "subject": { "person": "" } }), "feed.subject_malformed", "subject"),
            (json!({ "subject": { "person": "x".repeat(65) } }), "feed.subject_malformed", "subject"),
            (
                json!({ "subject": { "person": "a", "organization": "b" } }),
                "feed.subject_malformed",
                "subject",
            ),
            (json!({ "subject": { "person": "a", "agent": "b" } }), "feed.subject_malformed", "subject"),
            (json!({ "title": "" }), "field.required", "title"),
            (json!({ "title": null }), "field.required", "title"),
            (json!({ "title": long(121) }), "field.too_long", "title"),
            (json!({ "title": "a\u{202e}b" }), "field.control_character", "title"),
            (json!({ "text": long(4001) }), "field.too_long", "text"),
            (json!({ "state": "lost" }), "field.unknown_value", "state"),
            (json!({ "state": null }), "field.required", "state"),
            (json!({ "state_label": long(21) }), "field.too_long", "state_label"),
            (json!({ "link": "http://rp.test/" }), "feed.link_foreign", "link"),
            (json!({ "link": "https://evil.test/" }), "feed.link_foreign", "link"),
            (json!({ "link": "javascript:alert(1)" }), "feed.link_foreign", "link"),
            (json!({ "updated_at": "2026-07-01" }), "feed.time", "updated_at"),
            (json!({ "updated_at": House::at(301) }), "feed.time_future", "updated_at"),
            (json!({ "updated_at": "1969-12-31T23:59:59Z" }), "feed.time", "updated_at"),
            (json!({ "occurred_at": "soon" }), "feed.time", "occurred_at"),
        ] {
            let results = house.push(&house.ours, &[row(changes.clone())]).await;
            assert_eq!(
                (word(&results[0]).as_str(), results[0]["field"].as_str()),
                (code, Some(field)),
                "{changes}"
            );
            let words = results[0]["detail"].as_str().unwrap();
            assert!(!words.is_empty() && !words.contains('{'), "{words}");
        }
        assert_eq!(house.count("feed_entry").await, 0);

        let malformed = [
            json!(null),
            json!("row"),
            json!([]),
            json!({}),
            row(json!({ "title": 7 })),
            row(json!({ "colour": "red" })),
            row(json!({ "deleted": "yes" })),
            row(json!({ "subject": "sub-linzy" })),
            row(json!({ "subject": { "person": "sub-linzy", "more": 1 } })),
        ];
        for bad in malformed {
            let results =
                house.push(&house.ours, &[bad.clone(), row(json!({ "external_id": "GOOD" }))]).await;
            assert_eq!(word(&results[0]), "feed.row_malformed", "{bad}");
            assert!(["created", "unchanged"].contains(&word(&results[1]).as_str()), "{bad}");
            assert_eq!(results[1]["external_id"], "GOOD");
        }
        // Twice in one batch: the first counts, the second says so.
        let twice =
            [row(json!({ "external_id": "T" })), row(json!({ "external_id": "T", "title": "second" }))];
        let results = house.push(&house.ours, &twice).await;
        assert_eq!((word(&results[0]).as_str(), word(&results[1]).as_str()), ("created", "feed.row_twice"));
    }
}

#[tokio::test]
async fn a_full_batch_is_taken_and_too_many_batches_wait() {
    for house in House::on_engines().await {
        house.user("linzy").await;
        let rows: Vec<Value> = (0..500).map(|n| row(json!({ "external_id": format!("F-{n}") }))).collect();
        let results = house.push(&house.ours, &rows).await;
        assert_eq!(results.len(), 500);
        assert!(
            results
                .iter()
                .enumerate()
                .all(|(n, r)| word(r) == "created" && r["external_id"] == format!("F-{n}"))
        );
        let again = house.push(&house.ours, &rows).await;
        assert!(again.iter().all(|r| word(r) == "unchanged"), "a replay changes nothing");
        assert_eq!(house.count("feed_entry").await, 500);
        let by = Some((house.ours.client_id.as_str(), house.ours.secret.as_str()));
        let one = json!({ "entries": [row(json!({}))] }).to_string();
        let mut refused = 0;
        for _ in 0..125 {
            let answer = house.api(PATH, by, "application/json", one.clone()).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                assert!(answer.has("feed.too_many"));
                refused += 1;
            }
        }
        assert_eq!(refused, 7, "120 a minute");
        assert_eq!(
            word(&house.push(&house.theirs, &[json!({})]).await[0]),
            "feed.row_malformed",
            "each for itself"
        );
        house.pass(61);
        assert_eq!(house.push_one(&house.ours, row(json!({}))).await, "unchanged");
    }
}

#[tokio::test]
async fn the_description_names_both_ways_in_and_those_of_the_rooms_below() {
    let house = House::on_engines().await.remove(0);
    let account = house.person("linzy", None).await;
    let answer = house.browser(account).await.get("/api/v1/openapi.json").await;
    let document: Value = serde_json::from_str(&answer.text).unwrap();
    for path in [PATH, "/api/v1/items", "/api/v1/decisions"] {
        let operation = &document["paths"][path]["post"];
        assert!(operation["responses"]["200"].is_object(), "{path}");
        assert_eq!(operation["security"][0]["client"], json!([]), "{path}");
    }
    assert_eq!(document["components"]["schemas"]["EntryBatch"]["properties"]["entries"]["maxItems"], 500);
}
