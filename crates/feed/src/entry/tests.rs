use super::model::{Filter, Kind};
use super::service::{self, Reader};
use crate::testing::{House, merge, row, word};
use http::StatusCode;
use identity::notice::{Group, Reminder, Wishes};
use organization::membership::Role;
use serde_json::{Value, json};

async fn titles(house: &House, account: kernel::id::AccountId, kind: Kind, filter: Filter) -> Vec<String> {
    let reader = Reader::own(&house.signed_in(account).await);
    let listed = service::list(house.db(), reader, kind, filter).await.unwrap();
    listed.entries.into_iter().map(|entry| entry.content.title).collect()
}

#[tokio::test]
async fn m65_an_entry_is_created_updated_repeated_overtaken_and_taken_away() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        let push = async |changes: Value| house.push_one(&house.ours, row(changes)).await;
        assert_eq!(push(json!({})).await, "created");
        assert_eq!(push(json!({})).await, "unchanged", "the same news again");
        assert_eq!(push(json!({ "title": "新标题", "updated_at": House::at(-50) })).await, "updated");
        assert_eq!(push(json!({ "title": "旧标题", "updated_at": House::at(-55) })).await, "stale");
        assert_eq!(titles(&house, account, Kind::Case, Filter::default()).await, ["新标题"]);
        // Deleting older news does nothing; newer news deletes; what is older than the deletion stays away.
        let gone = |at: i64| json!({ "external_id": "BJ-1", "deleted": true, "updated_at": House::at(at) });
        assert_eq!(house.push_one(&house.ours, gone(-52)).await, "stale");
        assert_eq!(house.push_one(&house.ours, gone(-40)).await, "deleted");
        assert_eq!(house.push_one(&house.ours, gone(-40)).await, "unchanged");
        assert_eq!(push(json!({ "updated_at": House::at(-45) })).await, "stale");
        assert!(titles(&house, account, Kind::Case, Filter::default()).await.is_empty());
        assert_eq!(push(json!({ "title": "又来了", "updated_at": House::at(-30) })).await, "updated");
        assert_eq!(titles(&house, account, Kind::Case, Filter::default()).await, ["又来了"]);
        assert_eq!(
            house
                .push_one(
                    &house.ours,
                    json!({ "external_id": "X", "deleted": true, "updated_at": House::at(-9) })
                )
                .await,
            "unchanged"
        );
        // The tombstone of what was deleted long ago is forgotten.
        assert_eq!(house.push_one(&house.ours, gone(-20)).await, "deleted");
        house.pass(91 * 86_400);
        crate::tidy_up(house.db()).await.unwrap();
        assert_eq!(house.count("feed_entry").await, 0);
        assert_eq!(house.count("feed_gram").await, 0);
    }
}

#[tokio::test]
async fn m65_an_entry_is_bound_to_product_kind_and_subject() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        let (stranger, second) = (house.person("xuwangshu", None).await, house.user("gusy").await);
        assert_eq!(house.push_one(&house.ours, row(json!({}))).await, "created");
        let newer = House::at(-10);
        // The number belongs to this kind and this person.
        let other_kind = row(json!({ "kind": "inquiry", "updated_at": newer }));
        assert_eq!(house.push_one(&house.ours, other_kind).await, "feed.entry_bound");
        let other_person = row(json!({ "subject": { "person": "sub-gusy" }, "updated_at": newer }));
        assert_eq!(house.push_one(&house.ours, other_person).await, "feed.entry_bound");
        // Another product has numbers of its own, and reaches nobody who does not use it.
        let foreign = row(json!({ "link": null, "updated_at": newer }));
        assert_eq!(house.push_one(&house.theirs, foreign).await, "feed.subject_unknown");
        let gone = json!({ "external_id": "BJ-1", "deleted": true, "updated_at": newer });
        assert_eq!(house.push_one(&house.theirs, gone).await, "unchanged", "not theirs to take away");
        assert_eq!(titles(&house, account, Kind::Case, Filter::default()).await.len(), 1);
        // Whoever never used the product is answered as nobody at all.
        let mut answers = Vec::new();
        for sub in ["sub-xuwangshu", "nobody-at-all"] {
            let new = row(json!({ "external_id": "BJ-2", "subject": { "person": sub } }));
            let mut answer = house.push(&house.ours, &[new]).await.remove(0);
            merge(&mut answer, json!({ "external_id": null }));
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0]["code"], "feed.subject_unknown");
        // Using it opens the way; so does nothing else of this test.
        house.uses(stranger, house.ours.product).await;
        let new = row(json!({ "external_id": "BJ-2", "subject": { "person": "sub-xuwangshu" } }));
        assert_eq!(house.push_one(&house.ours, new).await, "created");
        assert!(titles(&house, second, Kind::Case, Filter::default()).await.is_empty());
    }
}

#[tokio::test]
async fn m66_organizations_are_named_by_id_or_code_and_only_if_they_are_admitted() {
    for house in House::on_engines().await {
        let member = house.person("chensq", None).await;
        let outsider = house.user("linzy").await;
        house.join(house.organization, Role::Agent, member).await;
        let of = |id: &str, changes: Value| {
            let mut row = row(json!({ "subject": { "organization": id } }));
            merge(&mut row, changes);
            row
        };
        let (ours, others) = (house.organization.to_string(), house.other.to_string());
        assert_eq!(house.push_one(&house.ours, of(&ours, json!({}))).await, "created");
        let by_code = of(crate::testing::USCC, json!({ "updated_at": House::at(-9) }));
        assert_eq!(house.push_one(&house.ours, by_code).await, "updated", "the code names the same one");
        for (id, code) in [
            (others.as_str(), "feed.subject_unknown"),
            ("0000000000042", "feed.subject_unknown"),
            ("91310000MA1FL0B10X", "feed.subject_malformed"),
            ("nothing", "feed.subject_malformed"),
        ] {
            let got = house.push_one(&house.ours, of(id, json!({ "external_id": "B" }))).await;
            assert_eq!(got, code, "{id}");
        }
        // The agent is a member, or the row is not taken.
        let with_agent = |sub: &str, external: &str| {
            of(&ours, json!({ "external_id": external, "subject": { "organization": ours, "agent": sub } }))
        };
        assert_eq!(house.push_one(&house.ours, with_agent("sub-chensq", "C")).await, "created");
        assert_eq!(house.push_one(&house.ours, with_agent("sub-linzy", "D")).await, "feed.agent_unknown");
        assert_eq!(house.push_one(&house.ours, with_agent("nobody", "D")).await, "feed.agent_unknown");
        let complaint = of(&ours, json!({ "external_id": "E", "kind": "complaint" }));
        assert_eq!(house.push_one(&house.ours, complaint).await, "feed.kind_personal");

        let here = format!("/org/{ours}");
        let seen = house.browser(member).await.get(&format!("{here}/cases")).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.has("从业人员资格变更登记") && seen.has("林知远"), "{}", seen.text);
        let mine = house.browser(member).await.get(&format!("{here}/cases?mine=1")).await;
        assert_eq!(mine.text.matches("/entries/").count(), 1);
        let stranger = house.browser(outsider).await;
        assert_eq!(stranger.get(&format!("{here}/cases")).await.status, StatusCode::NOT_FOUND);
        // One entry is a member's to read in this organization, and nowhere else.
        let entry = seen.text.split("/entries/").nth(1).unwrap().get(..13).unwrap().to_owned();
        let page = house.browser(member).await.get(&format!("{here}/entries/{entry}")).await;
        assert!(page.status == StatusCode::OK && page.has("https://rp.test/cases/1"), "{}", page.text);
        assert_eq!(stranger.get(&format!("{here}/entries/{entry}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stranger.get(&format!("/me/entries/{entry}")).await.status, StatusCode::NOT_FOUND);
        house.join(house.other, Role::Agent, outsider).await;
        let elsewhere = stranger.get(&format!("/org/{others}/entries/{entry}")).await;
        assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "another organization's entry is not there");

        // A message to the organization reaches those who administer it, and no other member reads it.
        let head = house.person("zhouyt", None).await;
        house.join(house.organization, Role::Administrator, head).await;
        let message = of(
            &ours,
            json!({ "external_id": "M", "kind": "message", "state": null, "title": "合同即将到期" }),
        );
        assert_eq!(house.push_one(&house.ours, message).await, "created");
        let told = async |account| {
            let reader = (web::Lang::En, &house.app.zone);
            let identity = house.rooms.identity();
            identity::notice::service::list(identity, account, reader, false, None, 9).await.unwrap()
        };
        let of_product = |message: &&identity::notice::Message| message.text == "合同即将到期";
        let messages = told(head).await;
        let href = messages.iter().find(of_product).unwrap().href.clone().unwrap();
        assert!(house.browser(head).await.get(&href).await.has("合同即将到期"));
        assert!(told(member).await.iter().find(of_product).is_none());
        assert_eq!(house.browser(member).await.get(&href).await.status, StatusCode::NOT_FOUND);

        // Admission is asked for each time.
        house
            .db()
            .write_unaudited("test", |tx| tx.run("UPDATE admission SET state = 'suspended'", &[]).map(drop))
            .await
            .unwrap();
        let late = of(&ours, json!({ "updated_at": House::at(-1) }));
        assert_eq!(house.push_one(&house.ours, late).await, "feed.subject_unknown");
    }
}

#[tokio::test]
async fn m65_business_of_a_managed_account_or_at_a_product_for_firms_is_not_private() {
    for house in House::on_engines().await {
        house.user("linzy").await;
        let product = house.ours.product;
        house
            .db()
            .write_unaudited("test", move |tx| {
                tx.run("UPDATE product SET audience = 'organization' WHERE id = $1", &[&product]).map(drop)
            })
            .await
            .unwrap();
        assert_eq!(house.push_one(&house.ours, row(json!({}))).await, "feed.subject_business");
        let message = row(json!({ "external_id": "M", "kind": "message", "state": null }));
        assert_eq!(house.push_one(&house.ours, message).await, "created", "a message reaches its agents");
    }
}

#[tokio::test]
async fn m65_lists_page_by_key_and_filter_by_product_state_text_and_day() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        let rows: Vec<Value> = (0..45)
            .map(|n| {
                let state = if n % 3 == 0 { "done" } else { "processing" };
                row(json!({
                    "external_id": format!("BJ-{n:03}"), "title": format!("第{n:03}件{}", if n == 7 { "居住证核验" } else { "变更登记" }),
                    "state": state, "occurred_at": House::at(-86_400 * (n / 5)), "updated_at": House::at(-10),
                }))
            })
            .collect();
        let results = house.push(&house.ours, &rows).await;
        assert!(results.iter().all(|result| word(result) == "created"), "{results:?}");
        let browser = house.browser(account).await;
        let (mut seen, mut path, mut pages) = (Vec::new(), "/me/cases".to_owned(), 0);
        loop {
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK);
            seen.extend(
                page.text.split("/me/entries/").skip(1).map(|rest| rest.get(..13).unwrap().to_owned()),
            );
            pages += 1;
            match page.next() {
                Some(next) => path = next,
                None => break,
            }
        }
        let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!((pages, seen.len(), distinct.len()), (3, 45, 45));

        let count = async |query: &str| {
            let page = browser.get(&format!("/me/cases?{query}")).await;
            (page.status.as_u16(), page.text.matches("/me/entries/").count())
        };
        assert_eq!(count("q=%E5%B1%85%E4%BD%8F%E8%AF%81").await, (200, 1), "居住证");
        assert_eq!(count("q=bj-007").await, (200, 1), "the product's number, whatever the case");
        assert_eq!(count("q=%E4%BD%8F%E5%B1%85").await, (200, 0), "the other way round");
        assert_eq!(count("state=done").await, (200, 15));
        assert_eq!(count("state=nonsense").await.0, 200);
        assert_eq!(count(&format!("product={}", house.ours.product)).await, (200, 20));
        assert_eq!(count(&format!("product={}", house.theirs.product)).await, (200, 0));
        let day = house.now().local_date(&house.app.zone);
        let (status, today) = count(&format!("from={day}&until={day}")).await;
        assert!(status == 200 && (1..=10).contains(&today), "{today}");
        assert_eq!(count("from=2026-02-30").await, (422, 0));
        assert_eq!(count("from=2026-03-02&until=2026-03-01").await.0, 422);
        assert_eq!(count(&format!("q={}", "x".repeat(61))).await.0, 422);
        assert_eq!(count("before=nonsense").await, (200, 20), "what no page wrote begins at the beginning");
        let empty = browser.get("/me/inquiries").await;
        assert!(empty.has("No inquiry yet") && empty.has("href=\"/me/products\""));
    }
}

#[tokio::test]
async fn m65_messages_reach_the_box_and_the_channels_that_are_wished() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        let message = |changes: Value| {
            let mut row =
                row(json!({ "external_id": "M-1", "kind": "message", "state": null, "title": "请补交材料" }));
            merge(&mut row, changes);
            row
        };
        let reader = || (web::Lang::En, &house.app.zone);
        let box_of = async || {
            identity::notice::service::list(house.rooms.identity(), account, reader(), false, None, 50)
                .await
                .unwrap()
        };
        assert_eq!(house.push_one(&house.ours, message(json!({}))).await, "created");
        assert_eq!(house.push_one(&house.ours, message(json!({}))).await, "unchanged");
        let told = box_of().await;
        assert_eq!(told.len(), 1, "one message, however often it is pushed");
        assert_eq!((told[0].title.as_str(), told[0].text.as_str()), ("Single Window", "请补交材料"));
        let page = house.browser(account).await.get(told[0].href.as_ref().unwrap()).await;
        assert!(
            page.has("材料已收到") && page.has("三个工作日内答复") && !page.has("In progress"),
            "{}",
            page.text
        );
        // Revised in place, taken back with the entry.
        let later = message(json!({ "title": "无需补交", "updated_at": House::at(-5) }));
        assert_eq!(house.push_one(&house.ours, later).await, "updated");
        let told = box_of().await;
        assert_eq!((told.len(), told[0].text.as_str()), (1, "无需补交"));
        let gone = json!({ "external_id": "M-1", "deleted": true, "updated_at": House::at(-1) });
        assert_eq!(house.push_one(&house.ours, gone).await, "deleted");
        assert!(box_of().await.is_empty());
        // By SMS too where that is wished: the product and the title, not the text.
        let phone = "13800138000";
        let holder = house.person("gusy", Some(phone)).await;
        house.uses(holder, house.ours.product).await;
        let sms = Reminder { group: Group::Products, channel: platform::Channel::Sms, on: true };
        let who = house.signed_in(holder).await;
        let wishes = Wishes { reminders: vec![sms], lang: None };
        identity::notice::service::set_wishes(house.rooms.identity(), &who, wishes).await.unwrap();
        let to_holder = message(json!({ "external_id": "S-1", "subject": { "person": "sub-gusy" } }));
        assert_eq!(house.push_one(&house.ours, to_holder).await, "created");
        let outbox = house.rooms.identity().outbox();
        outbox.drain().await.unwrap();
        let sent = outbox.local_outbox().unwrap().list();
        let texts: Vec<&str> = sent.iter().map(|sent| sent.text.as_str()).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].contains("请补交材料") && !texts[0].contains("材料已收到"), "{texts:?}");
        // No more than so many a day from one product to one person.
        let many: Vec<Value> = (0..25).map(|n| message(json!({ "external_id": format!("N-{n}") }))).collect();
        let results = house.push(&house.ours, &many).await;
        let taken = results.iter().filter(|result| word(result) == "created").count();
        assert_eq!(taken, 19, "twenty with the first");
        assert_eq!(word(&results[24]), "feed.too_many_messages");
    }
}

#[tokio::test]
async fn what_is_personal_is_sealed_and_goes_with_the_account() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        house.push_one(&house.ours, row(json!({}))).await;
        let sealed: Vec<Vec<u8>> =
            house.db().read(|tx| tx.all("SELECT content FROM feed_entry", &[])).await.unwrap();
        for mark in ["从业人员", "材料已收到"] {
            assert!(sealed.iter().all(|row| !row.windows(mark.len()).any(|piece| piece == mark.as_bytes())));
        }
        house.db().write_unaudited("test", move |tx| crate::erase_in(tx, account)).await.unwrap();
        assert_eq!((house.count("feed_entry").await, house.count("feed_gram").await), (0, 0));
    }
}

#[tokio::test]
async fn m42_entries_move_to_another_account_and_back_and_are_found_there() {
    for house in House::on_engines().await {
        let (old, new) = (house.user("linzy").await, house.user("gusy").await);
        house.push_one(&house.ours, row(json!({}))).await;
        let keyring = std::sync::Arc::clone(house.db().keyring());
        let moved = house
            .db()
            .write_unaudited("test", move |tx| service::move_in(tx, &keyring, old, new))
            .await
            .unwrap();
        let named = || Filter { text: Some("资格变更".into()), ..Filter::default() };
        assert_eq!(titles(&house, new, Kind::Case, named()).await.len(), 1);
        assert!(titles(&house, old, Kind::Case, named()).await.is_empty());
        let keyring = std::sync::Arc::clone(house.db().keyring());
        house
            .db()
            .write_unaudited("test", move |tx| service::move_back_in(tx, &keyring, &moved, old))
            .await
            .unwrap();
        assert_eq!(titles(&house, old, Kind::Case, named()).await.len(), 1);
        assert!(titles(&house, new, Kind::Case, named()).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_servers_at_once_make_one_entry_and_keep_the_newest() {
    for house in House::on_engines().await {
        let account = house.user("linzy").await;
        let by = crate::product::Pusher {
            product: house.ours.product,
            name: organization::organization_type::Words::new("单一窗口", "Single Window"),
            actor: kernel::Actor::system(),
            origins: crate::link::Origins::of(["https://rp.test/"]),
            sector: oidc::claims::Sector::default(),
        };
        let mut tasks = Vec::new();
        for n in 0..40 {
            let (identity, by, now) = (house.rooms.identity().clone(), by.clone(), house.now());
            let row = row(json!({ "title": format!("第{n:02}版"), "updated_at": House::at(-100 + n) }));
            let row: super::model::EntryRow = serde_json::from_value(row).unwrap();
            tasks.push(tokio::spawn(async move {
                let push = row.parse(&by.origins, now).unwrap();
                service::push(&identity, &by, vec![Ok(push)], now).await.unwrap().remove(0).unwrap().as_str()
            }));
        }
        let mut created = 0;
        for task in tasks {
            created += i64::from(task.await.unwrap() == "created");
        }
        assert_eq!(created, 1);
        assert_eq!(titles(&house, account, Kind::Case, Filter::default()).await, ["第39版"]);
        let named = Filter { text: Some("39版".into()), ..Filter::default() };
        assert_eq!(titles(&house, account, Kind::Case, named).await.len(), 1);
        let old = Filter { text: Some("38版".into()), ..Filter::default() };
        assert!(
            titles(&house, account, Kind::Case, old).await.is_empty(),
            "the index forgot what was overtaken"
        );
    }
}
