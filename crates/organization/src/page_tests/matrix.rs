//! What the matrix asks of the store, however many people and products there are.
use super::{Browser, Site, sites};
use crate::Authority;
use crate::membership::{ManagedMember, PreparedMember, create_prepared_in, managing_in};
use crate::product::AdmissionClass;
use crate::testing::new_product;
use http::StatusCode;
use kernel::{LoginName, id::ProductId};
use std::{collections::BTreeSet, sync::Arc};

async fn products(site: &Site, numbers: std::ops::Range<usize>) -> Vec<ProductId> {
    let mut made = Vec::new();
    for n in numbers {
        let code = format!("product-{n}");
        made.push(
            new_product(&site.town.rooms, &code, |product| product.admission_class = AdmissionClass::Open)
                .await,
        );
    }
    made
}
/// As an import makes them: each gets what the organization gives.
async fn members(site: &Site, numbers: std::ops::Range<usize>) {
    let (town, db) = (&site.town, site.town.rooms.db());
    let by: Authority = town.as_administrator(town.administrator).await.into();
    let (ours, now) = (town.ours, town.now());
    let numbers: Vec<usize> = numbers.collect();
    for slice in numbers.chunks(60) {
        let prepared: Vec<PreparedMember> = slice
            .iter()
            .map(|n| {
                let member = ManagedMember {
                    membership: db.draw(),
                    account: db.draw(),
                    sub: db.rng().short_token(),
                    login_name: LoginName::parse(&format!("member{n:04}")).unwrap(),
                    name: "许望舒".into(),
                    phone: None,
                    document: None,
                    valid_from: None,
                    valid_until: None,
                    scope: None,
                    reason: None,
                };
                PreparedMember::new(db.keyring(), ours, member, now)
            })
            .collect();
        let (by, prepared) = (by.clone(), Arc::new(prepared));
        db.write(move |tx| {
            let managing = managing_in(tx, &by, ours, now)?;
            let (made, events) = create_prepared_in(tx, &managing, &prepared, now)?;
            assert!(made.iter().all(|made| *made));
            Ok(((), events))
        })
        .await
        .unwrap();
    }
}
/// The fewest of several looks: the upkeep reads as well.
async fn statements(site: &Site, browser: &Browser<'_>, path: &str) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..5 {
        let before = site.town.rooms.db().statements_read();
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        fewest = fewest.min(site.town.rooms.db().statements_read() - before);
    }
    fewest
}

#[tokio::test]
async fn m48_the_matrix_of_500_members_and_60_products_asks_what_a_small_one_asks() {
    for site in sites().await {
        let administrator = site.town.as_administrator(site.town.administrator).await;
        let browser = site.browser(site.town.administrator.account).await;
        let given: BTreeSet<ProductId> = products(&site, 0..3).await.into_iter().collect();
        let now = site.town.now();
        site.town
            .rooms
            .set_default_grants(&administrator, BTreeSet::new(), given.clone(), now)
            .await
            .unwrap();
        // A page of it is full from the beginning.
        members(&site, 0..25).await;
        let pages = ["grants", "grants?has=no", "grants/defaults"].map(|page| site.org(page));
        let mut small = Vec::new();
        for page in &pages {
            small.push(statements(&site, &browser, page).await);
        }
        products(&site, 3..60).await;
        members(&site, 25..500).await;
        for (page, small) in pages.iter().zip(small) {
            let large = statements(&site, &browser, page).await;
            assert!(small > 3, "{page}: nothing was counted");
            assert!(large <= small, "{page}: {small} statements became {large}");
        }
        let page = browser.get(&pages[0]).await.text;
        assert_eq!(
            page.matches("type=\"checkbox\" name=\"g").count(),
            20 * 60,
            "twenty members beside sixty products"
        );
    }
}
#[tokio::test]
async fn m48_whoever_saves_the_list_second_sees_what_the_other_made_of_it() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let path = site.org("grants/defaults");
        let ids: Vec<String> = products(&site, 0..2).await.iter().map(ToString::to_string).collect();
        let first = browser.post(&path, &path, &[("product[]", &ids[0])]).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER);
        // A form that was open before.
        let second = browser.post(&path, &path, &[("product[]", &ids[1])]).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        assert_eq!(second.text.matches("Put on the list by somebody else").count(), 1, "{}", second.text);
        let known = site.town.rooms.default_grants(site.town.ours).await.unwrap();
        assert_eq!(known.iter().map(ToString::to_string).collect::<Vec<_>>(), [ids[0].clone()]);
    }
}
