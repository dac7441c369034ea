use super::service::{NewMachine, create, set_owner};
use crate::client::{
    Algorithm, ClientState, Settings,
    service::{rotate_secret, set_state},
};
use crate::decision::{About, Asked};
use crate::house::houses;
use crate::testing::Caller;
use kernel::Error;
use kernel::id::{ClientId, ProductId};
use organization::{Operator, decision::Space, entitlement::Answer};

/// Whoever had it knows its secret: it opens nothing in the next owner's name.
#[tokio::test]
async fn a_program_that_is_handed_on_leaves_its_secret_behind() {
    for house in houses(true).await {
        let mut caller = Caller::machine(&house, Settings::machine()).await;
        let own = [("grant_type", "client_credentials")];
        let token = caller.ask("/oauth2/token", &own).await.json();
        assert!(token["access_token"].is_string(), "{token}");
        let (product, id) = (caller.client.product, caller.client.id);
        let to_the_platform = (Some(house.organization), None);
        set_owner(&house.db, &Operator::installation(), product, id, to_the_platform).await.unwrap();
        assert_eq!(caller.ask("/oauth2/token", &own).await.error(), "invalid_client");
        let client = house.openid.clients().find(&caller.client.client_id).await.unwrap().unwrap();
        assert_eq!(client.keeping.rev, caller.client.keeping.rev + 1, "a rotation on its way comes too late");
        let by = Operator::installation();
        let fresh = rotate_secret(&house.db, &by, product, id, None).await.unwrap().secret;
        caller.secret = fresh.map(|secret| secret.expose().to_owned());
        assert!(caller.ask("/oauth2/token", &own).await.json()["access_token"].is_string());
    }
}

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
        let judge = async |client_id: &str, space| {
            let asked = Asked { about: About::Machine(client_id), space };
            house.openid.judge(&house.client, &[asked], now).await.unwrap().remove(0)
        };
        assert_eq!(judge(&machine.client_id, Space::Organization(organization)).await, Answer::Permit);
        assert_eq!(judge(&machine.client_id, Space::Personal).await, Answer::Permit);
        let elsewhere = Space::Organization(db.draw());
        assert_eq!(judge(&machine.client_id, elsewhere).await, Answer::Stranger);
        let client = house.openid.clients().find(&machine.client_id).await.unwrap().unwrap();
        assert!(!client.allows_redirect("") && !client.allows_redirect("https://rp.test/callback"));
        // A product's own client is no machine.
        assert_eq!(judge(&house.client.client_id, Space::Personal).await, Answer::Stranger);
        let listed = house.openid.machines(organization, None, 10, now).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].may, Some(Answer::Permit));
        // Handed to the platform: the organization sees it no more, from now on.
        set_owner(db, &by, product, machine.id, (Some(organization), None)).await.unwrap();
        assert!(house.openid.machines(organization, None, 10, now).await.unwrap().is_empty());
        let client = house.openid.clients().find(&machine.client_id).await.unwrap().unwrap();
        assert_eq!(client.owner, None);
        let unknown = |result: kernel::Result<()>| result.map_err(|error: Error| error.code);
        let missing = kernel::id::OrganizationId::from_i64(1);
        assert_eq!(
            unknown(set_owner(db, &by, product, machine.id, (None, Some(missing))).await),
            Err("organization.unknown")
        );
        let foreign = kernel::id::ProductId::from_i64(1);
        assert_eq!(
            unknown(set_owner(db, &by, foreign, machine.id, (None, None)).await),
            Err("product.unknown")
        );
        // Whoever was shown an owner that is none any more is told, and nothing is overwritten.
        let stale = set_owner(db, &by, product, machine.id, (Some(missing), Some(organization))).await;
        assert_eq!(unknown(stale), Err("client.owner_changed"));
        let both = [(None, Some(organization)), (Some(organization), None)];
        for (shown, owner) in both {
            set_owner(db, &by, product, machine.id, (shown, owner)).await.unwrap();
        }
        // Of two who hand it on at once, one does.
        let hand = || {
            let (db, by, id) = (db.clone(), by.clone(), machine.id);
            tokio::spawn(async move { set_owner(&db, &by, product, id, (None, Some(organization))).await })
        };
        let (first, second) = (hand(), hand());
        let done = [first.await.unwrap(), second.await.unwrap()];
        assert!(done.iter().any(Result::is_ok));
        let listed = house.openid.machines(organization, None, 10, now).await.unwrap();
        assert_eq!(listed.len(), 1);
    }
}

/// A thousand machines cost what one does: a batch asks the database a few times, whatever is in it.
#[tokio::test]
async fn m49_machines_are_judged_together_and_each_for_itself() {
    for house in houses(true).await {
        let (db, by) = (&house.db, Operator::installation());
        let (product, organization) = (house.client.product, house.organization);
        let foreign: ProductId = db.draw();
        db.write_unaudited("a test's world", move |tx| {
            tx.run(
                "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, audience,
                     admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed, state,
                     created_at)
                 SELECT CAST($1 AS BIGINT), 'elsewhere', name_zh, name_en, summary_zh, summary_en, category, icon, audience,
                     'contract', grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed, state,
                     created_at
                 FROM product WHERE id = $2",
                &[&foreign, &product],
            )
        })
        .await
        .unwrap();
        let make = async |product, owner| {
            let new = NewMachine {
                id: db.draw(),
                product,
                name: "机器人".into(),
                owner,
                settings: Settings::machine(),
                algorithm: Algorithm::Es256,
            };
            create(db, &by, new).await.unwrap()
        };
        let ours = make(product, Some(organization)).await;
        let platforms = make(product, None).await;
        let off = make(product, Some(organization)).await;
        let theirs = make(foreign, Some(organization)).await;
        let stored = house.openid.clients().find(&off.client_id).await.unwrap().unwrap();
        set_state(db, &by, &stored, ClientState::Disabled).await.unwrap();
        let now = db.clock().now();
        let here = Space::Organization(organization);
        let mut asked = vec![
            Asked { about: About::Machine(&ours.client_id), space: here },
            Asked { about: About::User("subject-of-chensq"), space: here },
            Asked { about: About::Machine(&platforms.client_id), space: Space::Personal },
            Asked { about: About::Machine(&platforms.client_id), space: here },
            Asked { about: About::Machine(&off.client_id), space: here },
            // Whose it is, and what that organization lacks there, is none of this product's business.
            Asked { about: About::Machine(&theirs.client_id), space: here },
            Asked { about: About::Machine("nobody"), space: here },
            Asked { about: About::User("nobody"), space: Space::Personal },
        ];
        let permits = Answer::Permit;
        let expected = vec![
            permits.clone(),
            permits.clone(),
            permits,
            Answer::Stranger,
            Answer::Stranger,
            Answer::Stranger,
            Answer::Stranger,
            Answer::Stranger,
        ];
        assert_eq!(house.openid.judge(&house.client, &asked, now).await.unwrap(), expected);
        let first = asked[0];
        asked.extend((0..900).map(|_| first));
        let many = house.openid.judge(&house.client, &asked, now).await.unwrap();
        assert_eq!(many.iter().filter(|answer| answer.permits()).count(), 903);
        // The page lists each with its own decision, a disabled one and one of another product too.
        let listed = house.openid.machines(organization, None, 10, now).await.unwrap();
        let of = |id: ClientId| listed.iter().find(|one| one.id == id).unwrap().may.clone().unwrap();
        assert_eq!(listed.len(), 3);
        assert_eq!(of(ours.id), Answer::Permit);
        assert!(
            matches!(of(off.id), Answer::Refuse(decision) if decision.code() == "decision.client_disabled")
        );
        let Answer::Refuse(lacks) = of(theirs.id) else { panic!("no contract was signed for it") };
        assert_eq!(lacks.code(), "decision.contract_not_signed");
        // What the owner loses the machine loses, and says so.
        house.change("UPDATE organization SET state = 'suspended'").await;
        let Answer::Refuse(decision) =
            house.openid.judge(&house.client, &asked[..1], now).await.unwrap().remove(0)
        else {
            panic!("its owner is suspended")
        };
        assert_eq!(decision.code(), "decision.organization_suspended");
    }
}
