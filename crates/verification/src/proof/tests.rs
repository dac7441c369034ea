use super::service::Chosen;
use crate::{
    Method,
    case::CaseId,
    testing::{Room, Visitor, someone, typed},
    verifier::{Answer, Outcome},
};
use http::StatusCode;
use identity::realname::RealNameLevel;
use organization::{
    Operator,
    membership::{Appointment, Basis, MembershipState, Newcomer, Role, Terms},
    organization::NewOrganization,
    organization_type::{OrganizationType, TypePolicy, Words},
    product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState},
};
use verifier::Fault;

impl Room {
    /// A match, as a verifier would answer whose clock moves with the test's.
    async fn matched(&self, visitor: &Visitor, place: u64) -> CaseId {
        let (id, asked) = (self.db().draw(), typed(&someone(place)));
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        self.room.open_check(ctx, signed_in, id, Method::TwoElement, &asked).await.unwrap();
        let answer = Answer { outcome: Outcome::Match, response_hash: Some(vec![1; 32]) };
        self.room.conclude(id, "示例", &answer).await.unwrap();
        id
    }
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

/// A passport ran out, and with it what was proven by it; the new one has another number.
#[tokio::test]
async fn m21_whoever_has_another_document_gives_up_what_ran_out_and_proves_the_new_one() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        room.matched(&visitor, 1).await;
        let all = "/me/real-name/unbind?proof=all";
        let locked = web::Lang::En.t("verification-name-locked");
        let page = visitor.get("/me/real-name").await;
        assert!(page.text.contains(&locked) && !page.text.contains("id=\"release\""), "{}", page.text);

        room.db().clock().advance_seconds(5 * 366 * 86_400);
        let visitor = room.visitor(visitor.account()).await;
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Unverified);
        let renewed = room.matched(&visitor, 2).await;
        let case = room.room.own_case(&visitor.signed_in, renewed).await.unwrap();
        assert_eq!(case.result.as_deref(), Some("another_person"));
        let page = visitor.get("/me/real-name").await;
        assert!(!page.text.contains(&locked), "the name can be changed by now");
        assert!(page.text.contains(&format!("id=\"release\" href=\"{all}\"")), "{}", page.text);
        let page = visitor.get(all).await;
        assert!(
            page.text.contains(&web::Lang::En.t("verification-unbind-releases-ran-out")),
            "{}",
            page.text
        );

        // As with a proof: nothing without a step-up that is fresh.
        room.db().clock().advance_seconds(11 * 60);
        let page = visitor.post("/me/real-name/unbind", &[("proof", "all")]).await;
        assert!(page.location().starts_with("/me/verify?need=fresh"), "{}", page.location());
        let visitor = room.visitor(visitor.account()).await;
        let page = visitor.post("/me/real-name/unbind", &[("proof", "all")]).await;
        assert_eq!(page.location(), "/me/real-name", "{}", page.text);
        assert_eq!(
            (room.told(&visitor).await[0].as_str(), room.events("realname.revoked").await),
            ("real_name_removed", 1)
        );
        let page = visitor.post("/me/real-name/unbind", &[("proof", "all")]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "there is nothing left");
        room.matched(&visitor, 2).await;
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Primary);
        // Nobody else is bound to the first document any more.
        let other = room.person("walker2").await;
        room.matched(&other, 1).await;
        assert_eq!(room.level(other.account()).await, RealNameLevel::Primary);
    }
}

/// What somebody is in an organization by having been proven to be its head.
#[tokio::test]
async fn m21_the_office_of_a_head_goes_with_the_last_proof_and_is_named_before() {
    const NAME: &str = "澄江进出口有限公司";
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (rooms, now) = (room.room.organizations(), room.now());
        let kind = OrganizationType {
            id: room.db().draw(),
            code: "firm".into(),
            name: Words::new("企业", "Firm"),
            policy: TypePolicy::default(),
        };
        let new = NewOrganization {
            id: room.db().draw(),
            type_id: kind.id,
            name: NAME.into(),
            short_name: "澄江".into(),
            uscc: None,
            member_number: None,
            registration_number: None,
            head_name: None,
            address: None,
            account_manager: None,
        };
        rooms.create_organization_type(&Operator::installation(), kind, now).await.unwrap();
        let organization = rooms.create_organization(&Operator::installation(), new, now).await.unwrap();
        let mut members = Vec::new();
        // An administrator stays one: somebody who may appoint said so.
        for (login_name, role, basis) in [
            ("walker1", Role::LegalRepresentative, Basis::Proven),
            ("walker2", Role::Administrator, Basis::Appointed),
        ] {
            let visitor = room.person(login_name).await;
            let newcomer = Newcomer::Existing(visitor.account());
            let appointment =
                Appointment { id: room.db().draw(), newcomer, role, basis, terms: Terms::default() };
            members.push((visitor, appointment.id));
            rooms.appoint(Operator::installation(), organization, appointment, now).await.unwrap();
        }
        for (place, (visitor, membership)) in members.iter().enumerate() {
            let place = u64::try_from(place).unwrap() + 1;
            room.check(visitor, Method::TwoElement, &typed(&someone(place))).await;
            room.check(visitor, Method::ThreeElement, &typed(&someone(place))).await;
            let visitor = room.visitor(visitor.account()).await;
            let records =
                identity::realname::service::records_of(room.db(), visitor.account()).await.unwrap();
            let one = records[0].id.to_string();
            let state = async || rooms.find_member(organization, *membership).await.unwrap().state;
            // One of two goes: the account is still that person.
            let page = visitor.get(&format!("/me/real-name/unbind?proof={one}")).await;
            assert!(!page.text.contains("lost-offices"), "{}", page.text);
            visitor.post("/me/real-name/unbind", &[("proof", &one)]).await;
            assert_eq!(state().await, MembershipState::Active);
            let page = visitor.get("/me/real-name/unbind?proof=all").await;
            let head = place == 1;
            assert_eq!(page.text.contains("lost-offices") && page.text.contains(NAME), head, "{}", page.text);
            visitor.post("/me/real-name/unbind", &[("proof", "all")]).await;
            let expected = if head { MembershipState::Suspended } else { MembershipState::Active };
            assert_eq!(state().await, expected);
            assert_eq!(room.told(&visitor).await.contains(&"membership_suspended".to_owned()), head);
        }
        assert_eq!(room.events("membership.suspended").await, 1);
        // Proven anew, it is the platform that wakes the office.
        let (visitor, membership) = &members[0];
        room.check(visitor, Method::TwoElement, &typed(&someone(1))).await;
        let by = Operator::installation();
        rooms.set_member_suspended(by, organization, *membership, false, "", room.now()).await.unwrap();
        assert_eq!(
            rooms.find_member(organization, *membership).await.unwrap().state,
            MembershipState::Active
        );
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
