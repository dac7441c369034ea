use super::model::{Asked, Shelf};
use super::service::Lead;
use crate::decision::{SessionFacts, Space};
use crate::organization_type::Words;
use crate::product::{AdmissionClass, Audience, GrantMode, ProductState};
use crate::testing::{Town, new_product, towns};
use crate::{Operator, application::Verdict};
use identity::session::SignedIn;

async fn shelf(town: &Town, who: &SignedIn, space: Space, asked: &Asked) -> Shelf {
    let session = SessionFacts::of(who);
    let sections = town.rooms.catalogue(who, &session, space, town.now()).await.unwrap();
    Shelf::of(sections, asked, &[])
}
fn codes(shelf: &Shelf) -> Vec<(String, Vec<String>)> {
    let codes = |section: &super::Section| {
        section.offers.iter().map(|offer| offer.product.code.clone()).collect::<Vec<_>>()
    };
    shelf.sections.iter().map(|section| (section.code.clone(), codes(section))).collect()
}
fn asked(text: &str) -> Asked {
    Asked { text: text.into(), ..Asked::default() }
}

#[tokio::test]
async fn m50_the_catalog_stands_in_the_order_of_its_categories_and_is_searched() {
    for town in towns().await {
        let (rooms, by) = (&town.rooms, Operator::installation());
        for (code, zh) in [("report", "报送"), ("market", "交易")] {
            rooms
                .create_category(&by, rooms.db().draw(), code, &Words::new(zh, zh), town.now())
                .await
                .unwrap();
        }
        new_product(rooms, "filing", |product| {
            product.name = Words::new("重大事项报备", "Filing");
            product.category = "report".into();
            product.admission_class = AdmissionClass::Open;
            product.grant_mode = GrantMode::EveryAgent;
        })
        .await;
        new_product(rooms, "private", |product| {
            product.audience = Audience::Person;
            product.category = "report".into();
        })
        .await;
        new_product(rooms, "lost", |product| product.category = "gone".into()).await;
        new_product(rooms, "draft", |product| product.state = ProductState::Draft).await;
        let who = town.signed_in(town.agent.account).await;
        let ours = Space::Organization(town.ours);
        let all = shelf(&town, &who, ours, &asked("")).await;
        let named = |code: &str, products: &[&str]| {
            (code.to_owned(), products.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            codes(&all),
            [named("report", &["filing"]), named("market", &["market-data"]), named("", &["lost"])]
        );
        assert_eq!(all.total, 3);
        assert_eq!(
            all.elsewhere.iter().map(|offer| offer.product.code.as_str()).collect::<Vec<_>>(),
            ["private"]
        );
        for (text, found) in [
            ("报备", 1),
            ("ZDSX", 1),
            ("zdsxbb", 1),
            ("zhongda", 1),
            ("zqbb", 0),
            ("filing", 1),
            ("ＦＩＬＩＮＧ", 1),
            ("  filing \t 报备 ", 1),
            ("报备 filing", 1),
            ("报备 nothing", 0),
            ("报送", 1),
            ("行情", 3),
            ("nothing", 0),
            ("market-d", 1),
            ("%", 0),
            ("_", 0),
            ("　", 3),
        ] {
            assert_eq!(shelf(&town, &who, ours, &asked(text)).await.total, found, "{text}");
        }
        let usable = Asked { usable: true, ..Asked::default() };
        assert_eq!(codes(&shelf(&town, &who, ours, &usable).await), [named("report", &["filing"])]);
        let one = Asked { category: "market".into(), ..Asked::default() };
        let chosen = shelf(&town, &who, ours, &one).await;
        assert_eq!((codes(&chosen), chosen.counts.len()), (vec![named("market", &["market-data"])], 3));
    }
}

#[tokio::test]
async fn m50_m52_each_product_has_its_state_for_this_person_here_and_a_click_asks_again() {
    for town in towns().await {
        let rooms = &town.rooms;
        let who = town.signed_in(town.agent.account).await;
        let (ours, session) = (Space::Organization(town.ours), SessionFacts::of(&who));
        let offer = async || {
            let mut sections = rooms.catalogue(&who, &session, ours, town.now()).await.unwrap();
            sections.remove(0).offers.remove(0)
        };
        assert_eq!(offer().await.decision.code(), "decision.contract_not_granted");
        let lead = async || rooms.open_product(&who, &session, ours, town.data, town.now()).await.unwrap();
        assert!(matches!(lead().await, Lead::Why));
        town.admit(town.data).await;
        let member = town.member(town.agent).await;
        let requested = rooms.request_access(&member, town.data, "办理行情", town.now()).await.unwrap();
        let waiting = offer().await;
        assert_eq!(waiting.decision.code(), "decision.grant_missing");
        assert_eq!(
            waiting.pending.map(|pending| (pending.id, pending.returned)),
            Some((requested.id, false))
        );
        let administrator = town.as_administrator(town.administrator).await;
        rooms
            .decide_application(
                administrator.clone(),
                town.ours,
                requested.id,
                Verdict::Return,
                "补充说明",
                town.now(),
            )
            .await
            .unwrap();
        assert!(offer().await.pending.unwrap().returned);
        rooms.resubmit_access(&member, requested.id, "已补充", town.now()).await.unwrap();
        rooms
            .decide_application(administrator, town.ours, requested.id, Verdict::Approve, "", town.now())
            .await
            .unwrap();
        let usable = offer().await;
        assert!(usable.decision.allow && usable.pending.is_none());
        let Lead::Out(address) = lead().await else { panic!("it does not open") };
        assert!(address.ends_with(&format!("?organization={}", town.ours)), "{address}");
        // A star stands in this space, not in another.
        rooms.star_product(&who, ours, town.data, true).await.unwrap();
        assert!(offer().await.starred);
        rooms.set_product_state(&Operator::installation(), town.data, ProductState::Suspended).await.unwrap();
        assert!(matches!(lead().await, Lead::Why), "paused a moment ago");
        assert_eq!(offer().await.decision.code(), "decision.product_suspended");
    }
}

#[tokio::test]
async fn m50_sixty_products_and_none_at_all() {
    for town in towns().await {
        let who = town.signed_in(town.agent.account).await;
        let ours = Space::Organization(town.ours);
        for n in 0..60 {
            new_product(&town.rooms, &format!("p{n:02}"), |product| product.category = format!("c{}", n % 5))
                .await;
        }
        assert_eq!(shelf(&town, &who, ours, &asked("")).await.total, 61);
        town.rooms
            .db()
            .write_unaudited("a test's world", |tx| {
                tx.run("UPDATE product SET state = 'withdrawn'", &[]).map(drop)
            })
            .await
            .unwrap();
        let empty = shelf(&town, &who, ours, &asked("")).await;
        assert!(empty.total == 0 && empty.sections.is_empty() && empty.elsewhere.is_empty());
    }
}
