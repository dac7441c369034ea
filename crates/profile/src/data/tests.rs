use crate::testing::House;
use http::{StatusCode, header};
use organization::membership::Role;
use serde_json::Value;

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
