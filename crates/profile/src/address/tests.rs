use super::{model::MOST, service};
use crate::testing::House;
use http::StatusCode;

const GOOD: [(&str, &str); 5] = [
    ("recipient", "林知远"),
    ("phone", "138 0013 8000"),
    ("region", "上海市浦东新区"),
    ("detail", "世纪大道 100 号 12 层"),
    ("postcode", "200120"),
];

async fn add(browser: &mut crate::testing::Browser<'_>, recipient: &str) -> crate::testing::Answer {
    let page = browser.get("/me/addresses/new").await;
    let id = page.value("id");
    let mut members = vec![("id", id.as_str())];
    members.extend(GOOD.iter().map(|(n, v)| (*n, if *n == "recipient" { recipient } else { *v })));
    browser.post(&page, "/me/addresses", &members).await
}

#[tokio::test]
async fn m16_addresses_are_added_changed_made_default_deleted_and_put_back() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let mut browser = house.browser(account).await;
        assert!(browser.get("/me/addresses").await.has("No address yet"));
        assert_eq!(add(&mut browser, "林知远").await.status, StatusCode::SEE_OTHER);
        assert_eq!(add(&mut browser, "林家母").await.location, "/me/addresses");
        let list = service::list(house.db(), account).await.unwrap();
        assert_eq!(list.len(), 2);
        assert!(list[0].is_default && list[0].content.recipient == "林知远", "the first is the default");
        let (first, second) = (list[0].id, list[1].id);
        let page = browser.get("/me/addresses").await;
        browser.post(&page, &format!("/me/addresses/{second}/default"), &[]).await;
        assert_eq!(service::list(house.db(), account).await.unwrap()[0].id, second);

        let wrong = browser
            .post(&page, &format!("/me/addresses/{second}"), &[("recipient", "林家母"), ("phone", "12")])
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.has("no telephone number") && wrong.has("林家母"));
        browser.post(&page, &format!("/me/addresses/{second}"), &GOOD).await;
        let changed = service::find(house.db(), account, second).await.unwrap();
        assert_eq!((changed.content.recipient.as_str(), changed.is_default), ("林知远", true));

        let deleted = browser.post(&page, &format!("/me/addresses/{second}/delete"), &[]).await;
        assert_eq!(deleted.location, format!("/me/addresses?deleted={second}"));
        let left = service::list(house.db(), account).await.unwrap();
        assert!(left.len() == 1 && left[0].id == first && left[0].is_default, "the other one is the default");
        assert!(browser.get(&deleted.location).await.has("address-undo"));
        browser.post(&page, &format!("/me/addresses/{second}/restore"), &[]).await;
        assert_eq!(service::list(house.db(), account).await.unwrap().len(), 2);
        browser.post(&page, &format!("/me/addresses/{second}/delete"), &[]).await;
        house.pass(86_401);
        let late = browser.post(&page, &format!("/me/addresses/{second}/restore"), &[]).await;
        assert_eq!(late.status, StatusCode::SEE_OTHER, "the session is over by then: {}", late.location);
        crate::tidy_up(&house.rooms).await.unwrap();
        let kept: i64 = house.db().read(|tx| tx.one("SELECT COUNT(*) FROM address", &[])).await.unwrap();
        assert_eq!(kept, 1, "erased for good");
    }
}

#[tokio::test]
async fn m16_addresses_are_sealed_the_own_and_at_most_so_many() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let stranger = house.person("xuwangshu", None).await;
        let mut browser = house.browser(account).await;
        for n in 0..MOST {
            assert_eq!(add(&mut browser, &format!("收件人{n}")).await.status, StatusCode::SEE_OTHER);
        }
        let full = add(&mut browser, "一个太多").await;
        assert_eq!(full.status, StatusCode::CONFLICT);
        assert!(full.has("At most 20 addresses"));
        let one = service::list(house.db(), account).await.unwrap().remove(3);
        let mut other = house.browser(stranger).await;
        assert_eq!(other.get(&format!("/me/addresses/{}", one.id)).await.status, StatusCode::NOT_FOUND);
        let page = other.get("/me/addresses/new").await;
        for step in ["", "/default", "/restore"] {
            let answer = other.post(&page, &format!("/me/addresses/{}{step}", one.id), &GOOD).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{step}");
        }
        other.post(&page, &format!("/me/addresses/{}/delete", one.id), &[]).await;
        assert_eq!(service::list(house.db(), account).await.unwrap().len() as i64, MOST);
        let sealed: Vec<Vec<u8>> =
            house.db().read(|tx| tx.all("SELECT content FROM address", &[])).await.unwrap();
        let mark = "世纪大道".as_bytes();
        assert!(sealed.iter().all(|row| !row.windows(mark.len()).any(|piece| piece == mark)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m16_two_at_once_keep_one_default() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let who = house.signed_in(account).await;
        let content = super::model::Content {
            recipient: "林知远".into(),
            phone: "13800138000".into(),
            region: "上海市".into(),
            detail: "世纪大道".into(),
            postcode: String::new(),
        };
        let mut tasks = Vec::new();
        for _ in 0..24 {
            let (db, who, content, id) =
                (house.db().clone(), who.clone(), content.clone(), house.db().draw());
            let now = house.now();
            tasks.push(tokio::spawn(async move { service::add(&db, &who, id, content, true, now).await }));
        }
        let mut added = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(new) => added += i64::from(new),
                Err(error) => assert_eq!(error.code, "address.full"),
            }
        }
        assert_eq!(added, MOST);
        let list = service::list(house.db(), account).await.unwrap();
        assert_eq!(list.iter().filter(|address| address.is_default).count(), 1);
    }
}
