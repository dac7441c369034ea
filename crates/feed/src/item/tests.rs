use super::service;
use crate::testing::{House, merge, word};
use http::StatusCode;
use serde_json::{Value, json};

fn row(changes: Value) -> Value {
    let mut row = json!({
        "external_id": "SX-1", "updated_at": House::at(-60), "name": { "zh": "数字证书补办", "en": "Certificate reissue" },
        "summary": { "zh": "证书丢失后补办", "en": "After a loss" }, "department": "技术服务部", "audience": "person",
        "link": "https://rp.test/items/1",
    });
    merge(&mut row, changes);
    row
}

#[tokio::test]
async fn m51_items_are_found_starred_and_taken_away() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let browser = house.browser(account).await;
        assert!(browser.get("/items").await.has("No service yet"));
        assert!(browser.get("/me/favourites").await.has("No favorite yet"));
        let rows: Vec<Value> = (0..30)
            .map(|n| {
                let name = if n == 3 { "数字证书补办".into() } else { format!("变更登记{n:02}") };
                row(json!({ "external_id": format!("SX-{n}"), "name": { "zh": name, "en": format!("Change {n:02}") } }))
            })
            .collect();
        let results = house.push_items(&house.ours, &rows).await;
        assert!(results.iter().all(|result| word(result) == "created"), "{results:?}");
        let again = house.push_items(&house.ours, &rows[..1]).await;
        assert_eq!(word(&again[0]), "unchanged");

        let first = browser.get("/items").await;
        assert_eq!(first.text.matches("class=\"star\"").count(), 20);
        let second = browser.get(&first.next().unwrap()).await;
        assert_eq!(second.text.matches("class=\"star\"").count(), 10);
        let found = browser.get("/items?q=%E8%AF%81%E4%B9%A6").await;
        assert_eq!(found.text.matches("class=\"star\"").count(), 1, "证书");
        assert!(browser.get("/items?q=change+99").await.has("Nothing fits"));
        assert_eq!(browser.get("/items?q=change+04").await.text.matches("class=\"star\"").count(), 1);
        assert!(browser.get("/items?audience=organization").await.has("Nothing fits"));
        assert_eq!(
            browser.get(&format!("/items?q={}", "x".repeat(61))).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );

        let stars = |rest: &&str| rest.get(13..18) == Some("/star");
        let id = found.text.split("/items/").find(stars).unwrap().get(..13).unwrap().to_owned();
        let page = browser.get(&format!("/items/{id}")).await;
        assert!(page.has("https://rp.test/items/1") && page.has("技术服务部"), "{}", page.text);
        let star = format!("/items/{id}/star");
        let answer = browser.post(&page, &star, &[("wanted", "on"), ("return_to", "/items?q=x")]).await;
        assert_eq!(answer.location, "/items?q=x");
        browser.post(&page, &star, &[("wanted", "on")]).await;
        assert_eq!(service::count_stars(house.db(), account).await.unwrap(), 1, "twice is once");
        assert!(browser.get("/me/favourites").await.has(&id));
        let elsewhere =
            browser.post(&page, &star, &[("wanted", "on"), ("return_to", "https://evil.test/")]).await;
        assert_eq!(elsewhere.location, "/me/favourites");
        let nothing = browser.post(&page, "/items/0000000000042/star", &[("wanted", "on")]).await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
        // Another person's list is their own.
        let other = house.person("gusy", None).await;
        assert!(!house.browser(other).await.get("/me/favourites").await.has(&id));
        browser.post(&page, &star, &[]).await;
        assert_eq!(
            service::count_stars(house.db(), account).await.unwrap(),
            0,
            "an empty form takes it away"
        );
        // Taken away by the product: gone from the lists, and its page is not there.
        browser.post(&page, &star, &[("wanted", "on")]).await;
        let gone = json!({ "external_id": "SX-3", "deleted": true, "updated_at": House::at(-1) });
        assert_eq!(word(&house.push_items(&house.theirs, std::slice::from_ref(&gone)).await[0]), "unchanged");
        assert_eq!(word(&house.push_items(&house.ours, &[gone]).await[0]), "deleted");
        assert_eq!(browser.get(&format!("/items/{id}")).await.status, StatusCode::NOT_FOUND);
        assert!(!browser.get("/me/favourites").await.has(&id));
    }
}

#[tokio::test]
async fn rows_of_items_are_refused_each_for_itself() {
    for house in House::on_engines().await {
        for (changes, code, field) in [
            (json!({ "external_id": "" }), "feed.external_id", "external_id"),
            (json!({ "external_id": "a b" }), "feed.external_id", "external_id"),
            (json!({ "updated_at": "yesterday" }), "feed.time", "updated_at"),
            (json!({ "updated_at": House::at(3600) }), "feed.time_future", "updated_at"),
            (json!({ "name": null }), "field.required", "name"),
            (json!({ "name": { "zh": "", "en": "x" } }), "field.required", "name"),
            (json!({ "name": { "zh": "名".repeat(101), "en": "x" } }), "field.too_long", "name"),
            (json!({ "audience": "everybody" }), "field.unknown_value", "audience"),
            (json!({ "audience": null }), "field.required", "audience"),
            (json!({ "link": "https://evil.test/" }), "feed.link_foreign", "link"),
            (json!({ "department": "d".repeat(61) }), "field.too_long", "department"),
        ] {
            let results = house
                .push_items(&house.ours, &[row(changes.clone()), row(json!({ "external_id": "OK" }))])
                .await;
            assert_eq!(
                (word(&results[0]).as_str(), results[0]["field"].as_str()),
                (code, Some(field)),
                "{changes}"
            );
            assert_ne!(word(&results[1]), "error");
        }
        let results =
            house.push_items(&house.ours, &[json!({ "external_id": "Z", "colour": 1 }), json!(7)]).await;
        assert!(results.iter().all(|result| word(result) == "feed.row_malformed"));
        assert_eq!(house.count("item").await, 1);
    }
}
