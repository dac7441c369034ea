//! The catalog, what is missing and how to ask for it, and the organization's permissions.
use super::{sites, value_of};
use crate::testing::new_product;
use http::StatusCode;

#[tokio::test]
async fn m49_from_the_catalog_to_the_reason_to_the_request_to_the_open_product() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let agent = site.browser(site.town.agent.account).await;
        let administrator = site.browser(site.town.administrator.account).await;
        let (catalog, product) = (site.org("products"), site.org(&format!("products/{}", site.town.data)));
        let closed = agent.get(&catalog).await;
        assert!(
            closed.text.contains(&format!("href=\"{product}/why\""))
                && !closed.text.contains(&format!("{product}/open"))
        );
        let why_page = format!("{product}/why");
        let why = agent.get(&why_page).await;
        assert!(
            why.text.contains("tally big o\"") && why.text.contains("id=\"request-access\""),
            "{}",
            why.text
        );
        let long = agent.post(&why_page, &why_page, &[("reason", &"x".repeat(501))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.text.contains("id=\"reason-e\"") && long.text.contains(&"x".repeat(501)));
        let asked = agent.post(&why_page, &why_page, &[("reason", "for the drill")]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        let waiting = agent.get(&why_page).await;
        assert!(!waiting.text.contains("id=\"request-access\""));
        let list = administrator.get(&site.org("applications")).await;
        let id = list.text.split("/applications/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = site.org(&format!("applications/{id}"));
        assert!(agent.get(&path).await.text.contains("for the drill"));
        let refused = agent.post(&why_page, &path, &[("verdict", "approve")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "an agent does not approve");
        let silent = administrator.post(&path, &path, &[("verdict", "reject"), ("note", "")]).await;
        assert!(silent.text.contains("id=\"note-e\""));
        let approved = administrator.post(&path, &path, &[("verdict", "approve")]).await;
        assert_eq!(approved.status, StatusCode::SEE_OTHER);
        let again = administrator.post(&catalog, &path, &[("verdict", "approve")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let open = agent.get(&catalog).await;
        assert!(open.text.contains(&format!("href=\"{product}/open\"")), "m52: one click opens it");
        let out = agent.get(&format!("{product}/open")).await;
        assert_eq!(out.location, format!("https://product.example/start?organization={}", site.town.ours));
        let about = agent.get(&product).await;
        assert!(
            about.text.contains("tally o m\"") && about.text.contains("id=\"product-open\""),
            "{}",
            about.text
        );
    }
}

#[tokio::test]
async fn m50_the_personal_catalog_shows_products_for_persons_and_a_managed_account_learns_why_not() {
    for site in sites().await {
        new_product(&site.town.rooms, "permits", |product| {
            product.admission_class = crate::product::AdmissionClass::Open;
            product.audience = crate::product::Audience::Both;
        })
        .await;
        let person = site.town.self_owned("songyuan").await;
        let person = site.browser(person).await;
        let catalog = person.get("/me/products").await;
        assert!(catalog.text.contains("id=\"product-permits\"") && catalog.text.contains("id=\"elsewhere\""));
        let market = site.town.data;
        assert!(
            catalog.text.contains(&format!("href=\"/me/products/{market}/why\"")),
            "products for organizations are named, as used elsewhere"
        );
        assert!(catalog.text.matches("/open\"").count() == 1, "{}", catalog.text);
        let managed = site.browser(site.town.agent.account).await;
        let catalog = managed.get("/me/products").await;
        assert!(!catalog.text.contains("/open\""));
        let nowhere = managed.get("/me/products/ZZZZZZZZZZZZZ").await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn m46_the_organizations_permissions_by_contract_and_m47_where_administrators_edit() {
    for site in sites().await {
        let customs = new_product(&site.town.rooms, "customs", |product| {
            product.admission_class = crate::product::AdmissionClass::Discretionary;
            product.admission_editor = crate::product::AdmissionEditor::OrganizationAdministrator;
            product.grant_mode = crate::product::GrantMode::EveryAgent;
        })
        .await;
        let browser = site.browser(site.town.administrator.account).await;
        let path = site.org("admissions");
        let page = browser.get(&path).await;
        assert!(page.text.contains("CT-1"), "{}", page.text);
        let product = customs.to_string();
        // What it does to the members is said before it is done.
        let confirm = format!("{path}/{product}");
        let asked = browser.get(&confirm).await.text;
        assert!(asked.contains("id=\"effect\"") && asked.contains("value=\"admit\""), "{asked}");
        let id = value_of(&asked, "id");
        let admit = [("product", product.as_str()), ("id", id.as_str()), ("do", "admit")];
        let done = browser.post(&path, &path, &admit).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert!(site.town.decision_on(site.town.agent, customs).await.allow);
        // The platform's products are not theirs to open.
        let data = site.town.data.to_string();
        let fresh = value_of(&browser.get(&site.org("members/new")).await.text, "id");
        let forged = [("product", data.as_str()), ("id", fresh.as_str()), ("do", "admit")];
        assert!(browser.post(&path, &path, &forged).await.status.is_client_error());
        assert!(!site.town.decision(site.town.agent).await.allow);
        let others = browser.get(&format!("{path}/{data}")).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        // Those are asked for: one click, and two are one request.
        let others_page = browser.get(&path).await.text;
        let request = format!("{path}/request");
        let (_, form) = others_page.split_once(&format!("name=\"product\" value=\"{data}\"")).unwrap();
        let asking = value_of(form, "id");
        for _ in 0..2 {
            let ask = [("product", data.as_str()), ("id", asking.as_str())];
            assert_eq!(browser.post(&path, &request, &ask).await.status, StatusCode::SEE_OTHER);
        }
        let waiting = browser.get(&path).await.text;
        assert_eq!(waiting.matches("/withdraw\"").count(), 1, "{waiting}");
        let shown = async || {
            let page = browser.get(&confirm).await.text;
            (value_of(&page, "id"), value_of(&page, "seen"))
        };
        // The platform gave another term after the page was shown: whoever presses is told, and nothing ends.
        let (row, seen) = shown().await;
        let term = crate::admission::NewAdmission {
            id: site.town.rooms.db().draw(),
            product: customs,
            contract: None,
            valid_until: site.town.now().plus_days(90),
            note: None,
        };
        let system = crate::Operator::installation();
        site.town.rooms.admit(system, site.town.ours, term, site.town.now()).await.unwrap();
        let end = |row: &str, seen: &str| {
            [("product", &*product), ("id", row), ("do", "end"), ("seen", seen)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let post = async |form: [(String, String); 4]| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
            browser.post(&path, &path, &form).await
        };
        let told = post(end(&row, &seen)).await;
        assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text);
        assert!(site.town.decision_on(site.town.agent, customs).await.allow);
        let (row, seen) = shown().await;
        assert_eq!(post(end(&row, &seen)).await.status, StatusCode::SEE_OTHER);
        assert!(!site.town.decision_on(site.town.agent, customs).await.allow);
        // Two types list the same product: it stands under both, and an address leads to one place.
        let kind = crate::contract::ContractType {
            id: site.town.rooms.db().draw(),
            code: "second".into(),
            name: crate::organization_type::Words::new("第二类合同", "Second type"),
        };
        let system = crate::Operator::installation();
        site.town.rooms.create_contract_type(&system, kind, vec![site.town.data]).await.unwrap();
        let page = browser.get(&path).await.text;
        assert_eq!(page.matches("/withdraw\"").count(), 2, "{page}");
        assert_eq!(page.matches(&format!("id=\"product-{data}\"")).count(), 1, "{page}");
    }
}
