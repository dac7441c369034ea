use super::service::{self, Obstacle};
use crate::testing::House;
use http::StatusCode;
use identity::account::{self, AccountState, closing};
use organization::membership::Role;

#[tokio::test]
async fn an_account_is_closed_after_the_days_to_take_it_back() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/close").await;
        assert!(page.has("What you will lose") && page.has("For 15 days you can sign in"));
        let wrong = browser.post(&page, "/me/close", &[("login_name", "somebody")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.has("not your login name"));
        let asked = browser.post(&page, "/me/close", &[("login_name", " LinZY ")]).await;
        assert_eq!(asked.location, "/me/close");
        assert!(house.message("13800138000").await.unwrap().text.contains("will be closed"));
        let banner = browser.get("/me/addresses").await;
        assert!(banner.has("/me/close/undo"), "every page says so");
        assert_eq!(browser.post(&banner, "/me/close/undo", &[]).await.location, "/me/security");
        assert!(!browser.get("/me/addresses").await.has("/me/close/undo"));

        browser.post(&page, "/me/close", &[("login_name", "linzy")]).await;
        house.pass(15 * 86_400 - 1);
        crate::tidy_up(&house.rooms).await.unwrap();
        assert!(closing::find(house.db(), account).await.unwrap().is_some(), "not a second too early");
        house.pass(1);
        crate::tidy_up(&house.rooms).await.unwrap();
        crate::tidy_up(&house.rooms).await.unwrap();
        assert_eq!(house.events("account.closed").await, 1);
        let card = account::service::cards(house.db(), vec![account]).await.unwrap().remove(0);
        assert_eq!((card.state, card.phone_masked), (AccountState::Closed, None));
        assert_eq!(browser.get("/me/security").await.status, StatusCode::SEE_OTHER, "signed out");
        house.person("linzy", Some("13800138000")).await;
    }
}

#[tokio::test]
async fn whoever_signs_in_on_the_way_to_a_product_may_keep_the_account_and_goes_on() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let mut browser = house.browser(account).await;
        let asking = "/me/close/waiting?return_to=%2Fconsent%3Fflow%3D1%26x%3D2";
        assert_eq!(browser.get(asking).await.location, "/consent?flow=1&x=2", "nothing waits");
        let who = house.signed_in(account).await;
        let due = service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();

        let page = browser.get(asking).await;
        let until = due.local_minute(&kernel::clock::Zone::default());
        assert!(page.has(&format!("will be closed at {until}")), "{}", page.text);
        // Two buttons that look alike; the second is a link, and nothing is changed by it.
        assert!(page.has("id=\"close-keep\"") && page.has("Keep my account"));
        assert!(
            page.has("href=\"/consent?flow=1&#38;x=2\"") && page.has("Go on, still close it"),
            "{}",
            page.text
        );
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("form-action"), "the product is another site: {policy}");
        assert!(closing::find(house.db(), account).await.unwrap().is_some(), "reading undoes nothing");

        let kept = browser.post(&page, "/me/close/keep", &[("return_to", "/consent?flow=1&x=2")]).await;
        assert_eq!((kept.status, kept.location.as_str()), (StatusCode::SEE_OTHER, "/consent?flow=1&x=2"));
        assert!(closing::find(house.db(), account).await.unwrap().is_none());
        let twice = browser.post(&page, "/me/close/keep", &[("return_to", "/consent?flow=1")]).await;
        assert_eq!(twice.location, "/consent?flow=1", "what is kept already is kept");
        assert_eq!(house.events("account.closing_undone").await, 1);
    }
}

#[tokio::test]
async fn on_from_the_question_leads_to_pages_of_this_site_alone() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let mut browser = house.browser(account).await;
        let who = house.signed_in(account).await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        let question = "/me/close/waiting?return_to=/me/close/waiting";
        for wrong in
            ["", "https://example.com/", "//example.com", "/\\example.com", "/login", "/logout", question]
        {
            let asking: String = url::form_urlencoded::byte_serialize(wrong.as_bytes()).collect();
            let page = browser.get(&format!("/me/close/waiting?return_to={asking}")).await;
            assert!(page.has("name=\"return_to\" value=\"/\""), "{wrong}");
            assert!(page.has("id=\"close-go-on\" href=\"/\""), "{wrong}");
        }
        let page = browser.get("/me/close/waiting").await;
        let kept = browser.post(&page, "/me/close/keep", &[("return_to", "https://example.com/")]).await;
        assert_eq!(kept.location, "/");
        let mut stranger = house.browser(house.person("other", None).await).await;
        assert_eq!(stranger.get("/me/close/waiting").await.location, "/", "nothing of theirs waits");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_step_is_made_once_whatever_nodes_try() {
    for house in House::on_engines().await {
        let mut accounts = Vec::new();
        for n in 0..6 {
            let account = house.person(&format!("person{n}"), None).await;
            let who = house.signed_in(account).await;
            service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
            accounts.push(account);
        }
        house.pass(15 * 86_400);
        let mut tasks = Vec::new();
        for _ in 0..6 {
            let (rooms, now) = (house.rooms.clone(), house.now());
            tasks.push(tokio::spawn(async move { service::finish_due(&rooms, now).await.unwrap() }));
        }
        let mut closed = 0;
        for task in tasks {
            closed += task.await.unwrap();
        }
        assert_eq!(closed, 6);
        assert_eq!(house.events("account.closed").await, 6);
    }
}

#[tokio::test]
async fn what_is_still_open_is_named_and_holds_the_account() {
    for house in House::on_engines().await {
        let organization = house.organization().await;
        let managed = house.managed(organization, Role::Agent, "chensiqi", None).await;
        let who = house.signed_in(managed).await;
        assert_eq!(service::obstacles(&house.rooms, &who).await.unwrap(), [Obstacle::Managed]);
        let mut browser = house.browser(managed).await;
        let page = browser.get("/me/close").await;
        assert!(page.has("An administrator of 澄江证券股份有限公司 deletes it") && !page.has("close-submit"));
        let refused = browser.post(&page, "/me/close", &[("login_name", "chensiqi")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);

        let head = house.person("linzy", None).await;
        let who = house.signed_in(head).await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        closing::undo(house.identity(), &who, web::Lang::En, house.now()).await.unwrap();
        house.join(organization, Role::LegalRepresentative, head).await;
        let obstacles = service::obstacles(&house.rooms, &who).await.unwrap();
        assert!(matches!(obstacles.as_slice(), [Obstacle::Member { head: true, .. }]), "{obstacles:?}");
        let refused = service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap_err();
        assert_eq!(refused.code, "closing.obstacle");
        assert!(house.browser(head).await.get("/me/close").await.has("You are the legal representative"));
    }
}

#[tokio::test]
async fn who_became_a_member_meanwhile_is_not_closed() {
    for house in House::on_engines().await {
        let account = house.person("linzy", None).await;
        let who = house.signed_in(account).await;
        let organization = house.organization().await;
        service::ask(&house.rooms, &who, web::Lang::En, house.now()).await.unwrap();
        // The rooms refuse to appoint whoever is leaving; another node may have been faster than that.
        let appointment = organization::membership::Appointment {
            id: house.db().draw(),
            newcomer: organization::membership::Newcomer::Existing(account),
            role: Role::LegalRepresentative,
            basis: organization::membership::Basis::Appointed,
            terms: organization::membership::Terms::default(),
        };
        let refused = house
            .rooms
            .appoint(organization::Operator::installation(), organization, appointment, house.now())
            .await
            .unwrap_err();
        assert_eq!(refused.code, "membership.account_closing");
        let (id, now) = (house.db().draw::<kernel::id::mark::Membership>(), house.now());
        let until = now.plus_days(400);
        house
            .db()
            .write_unaudited("test", move |tx| {
                tx.run(
                    "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
                        valid_until, created_at) VALUES ($1, $2, $3, $6, 'agent', 'applied', 'active', $4, $5, $4)",
                    &[&id, &organization, &account, &now, &until, &false],
                )
            })
            .await
            .unwrap();
        house.pass(15 * 86_400);
        assert_eq!(service::finish_due(&house.rooms, house.now()).await.unwrap(), 0);
        let waiting = closing::find(house.db(), account).await.unwrap().unwrap();
        assert_eq!(waiting.due_at, house.now().plus_days(1), "looked at again tomorrow");
    }
}
