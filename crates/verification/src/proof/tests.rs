use super::service::Chosen;
use crate::{
    Method,
    testing::{Room, someone, typed},
};
use http::StatusCode;
use identity::realname::RealNameLevel;
use organization::{
    Operator,
    organization_type::Words,
    product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState},
};
use verifier::Fault;

impl Room {
    /// A product for people, open to everybody of that level.
    async fn product(&self, code: &str, minimum_level: RealNameLevel) {
        self.product_in(code, minimum_level, None).await;
    }
    async fn product_in(&self, code: &str, minimum_level: RealNameLevel, zone: Option<&str>) {
        let new = Product {
            id: self.db().draw(),
            code: code.into(),
            name: Words::new("信用报告", code),
            summary: Words::new("查询", "Look"),
            category: "credit".into(),
            icon: "chart".into(),
            launch_url: Some("https://product.example/start".into()),
            audience: Audience::Person,
            admission_class: AdmissionClass::Open,
            grant_mode: GrantMode::EveryAgent,
            admission_editor: AdmissionEditor::AccountManager,
            minimum_level,
            minimum_strength: 2,
            roles_allowed: Vec::new(),
            network_zone: zone.map(str::to_owned),
            manager: None,
            state: ProductState::Active,
        };
        let operator = Operator::installation();
        self.room.organizations().create_product(&operator, new, self.now()).await.unwrap();
    }
}

#[tokio::test]
async fn m21_unbinding_says_what_is_lost_and_then_it_is() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        room.product("open-to-all", RealNameLevel::Unverified).await;
        room.product("primary-needed", RealNameLevel::Primary).await;
        room.product("intermediate-needed", RealNameLevel::Intermediate).await;
        room.product("advanced-needed", RealNameLevel::Advanced).await;
        let visitor = room.person("walker1").await;
        room.check(&visitor, Method::TwoElement, &typed(&someone(1))).await;
        room.check(&visitor, Method::ThreeElement, &typed(&someone(1))).await;
        let visitor = room.visitor(visitor.account()).await;
        let records = identity::realname::service::records_of(room.db(), visitor.account()).await.unwrap();
        let three = records[0].id;

        let loss = room.room.loss(&visitor.signed_in, Chosen::One(three), room.now()).await.unwrap();
        assert_eq!((loss.before, loss.after), (RealNameLevel::Intermediate, RealNameLevel::Primary));
        let names: Vec<_> = loss.products.iter().map(|product| product.name.en.clone()).collect();
        assert_eq!((names.as_slice(), loss.releases), (&["intermediate-needed".to_owned()][..], false));
        let loss = room.room.loss(&visitor.signed_in, Chosen::All, room.now()).await.unwrap();
        assert_eq!((loss.after, loss.products.len(), loss.releases), (RealNameLevel::Unverified, 2, true));
        // What opens from another network is lost there.
        room.product_in("at-the-office", RealNameLevel::Intermediate, Some("intranet")).await;
        room.product_in("nowhere", RealNameLevel::Intermediate, Some("a zone that nobody named")).await;
        let loss = room.room.loss(&visitor.signed_in, Chosen::One(three), room.now()).await.unwrap();
        let lost = |name: &str| loss.products.iter().any(|product| product.name.en == name);
        assert!(lost("at-the-office") && lost("intermediate-needed") && !lost("nowhere"));

        // Nothing happens without a step-up that is fresh.
        room.db().clock().advance_seconds(11 * 60);
        let one = three.to_string();
        let page = visitor.post("/me/real-name/unbind", &[("proof", &one)]).await;
        assert!(page.location().starts_with("/me/verify?need=fresh"), "{}", page.location());
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Intermediate);
        let fresh = room.visitor(visitor.account()).await;
        let page = fresh.get(&format!("/me/real-name/unbind?proof={one}")).await;
        assert!(page.text.contains("intermediate-needed") && !page.text.contains("advanced-needed"));
        let page = fresh.post("/me/real-name/unbind", &[("proof", &one)]).await;
        assert_eq!(page.location(), "/me/real-name");
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Primary);
        assert_eq!(room.told(&fresh).await[0], "real_name_removed");
        let page = fresh.post("/me/real-name/unbind", &[("proof", &one)]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "it is gone already");
    }
}

#[tokio::test]
async fn m21_with_the_last_proof_the_person_goes_and_another_account_may_prove_the_document() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (first, second) = (room.person("walker1").await, room.person("walker2").await);
        room.check(&first, Method::TwoElement, &typed(&someone(1))).await;
        room.room.unbind(&first.signed_in, Chosen::All, room.now()).await.unwrap();
        let known = identity::realname::service::known(room.db(), first.account()).await.unwrap();
        assert!(known.is_none());
        room.check(&second, Method::TwoElement, &typed(&someone(1))).await;
        assert_eq!(room.level(second.account()).await, RealNameLevel::Primary, "no dispute: nobody held it");
        // Somebody else's proof is not there for me.
        let proof = identity::realname::service::records_of(room.db(), second.account()).await.unwrap()[0].id;
        let refused = room.room.unbind(&first.signed_in, Chosen::One(proof), room.now()).await;
        assert_eq!(refused.unwrap_err().code, "proof.unknown");
        let page = first.get(&format!("/me/real-name/unbind?proof={proof}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn m22_the_own_page_shows_level_proofs_and_ways() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        let page = visitor.get("/me/real-name").await;
        assert!(page.text.contains(&web::Lang::En.t("verification-no-proof")));
        let person = someone(1);
        room.check(&visitor, Method::TwoElement, &typed(&person)).await;
        let page = visitor.get("/me/real-name").await;
        assert!(page.text.contains("data-n=\"1\"") && page.text.contains("示例核验中心"));
        assert!(!page.text.contains(&person.number), "the number is masked on the server");
        assert!(page.text.contains(&kernel::mask::document(&person.number)));
        assert!(page.text.contains("data-method=\"counter\""));
    }
}
