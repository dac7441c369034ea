use super::service::{NewMachine, create, set_owner};
use crate::client::{Algorithm, Settings};
use crate::house::houses;
use kernel::Error;
use organization::Operator;

#[tokio::test]
async fn a_machine_acts_for_its_owner_alone_and_signs_nobody_in() {
    for house in houses(true).await {
        let (db, by) = (&house.db, Operator::installation());
        let product = house.client.product;
        let organization = house.organization;
        let new = |owner| NewMachine {
            id: db.draw(),
            product,
            name: "报价机器人".into(),
            owner,
            settings: Settings::machine(),
            algorithm: Algorithm::Es256,
        };
        let machine = create(db, &by, new(Some(organization))).await.unwrap();
        let now = db.clock().now();
        let decide = || house.openid.decide_machine(&machine.client_id, product, Vec::new(), now);
        let decision = decide().await.unwrap().unwrap();
        assert!(decision.allow, "{decision:?}");
        let client = house.openid.clients().find(&machine.client_id).await.unwrap().unwrap();
        assert!(!client.allows_redirect("") && !client.allows_redirect("https://rp.test/callback"));
        // A product's own client is no machine.
        let other =
            house.openid.decide_machine(&house.client.client_id, product, Vec::new(), now).await.unwrap();
        assert!(other.is_none());
        let listed = house.openid.machines(organization, None, 10, now).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert!(listed[0].decision.as_ref().unwrap().allow);
        // Handed to the platform: the organization sees it no more, from now on.
        set_owner(db, &by, product, machine.id, None).await.unwrap();
        assert!(house.openid.machines(organization, None, 10, now).await.unwrap().is_empty());
        let client = house.openid.clients().find(&machine.client_id).await.unwrap().unwrap();
        assert_eq!(client.owner, None);
        let unknown = |result: kernel::Result<()>| result.map_err(|error: Error| error.code);
        let missing = kernel::id::OrganizationId::from_i64(1);
        assert_eq!(
            unknown(set_owner(db, &by, product, machine.id, Some(missing)).await),
            Err("organization.unknown")
        );
        let foreign = kernel::id::ProductId::from_i64(1);
        assert!(set_owner(db, &by, foreign, machine.id, None).await.is_err());
    }
}
