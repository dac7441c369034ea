use super::{Developer, entrust_in, lock_in, must_develop_in};
use crate::Operator;
use crate::organization::OrganizationState;
use crate::testing::{Person, Town, towns};
use kernel::{
    Result,
    id::{OrganizationId, ProductId},
};

async fn developer(town: &Town, person: Person) -> Result<Developer> {
    town.rooms.developer(&town.member(person).await, town.now()).await
}
/// As the transactions of the rooms above begin.
async fn may(town: &Town, by: &Developer, product: ProductId) -> std::result::Result<(), &'static str> {
    let (by, now) = (by.clone(), town.now());
    town.rooms
        .db()
        .write_unaudited("test", move |tx| {
            lock_in(tx, &by, now)?;
            must_develop_in(tx, &by, product)
        })
        .await
        .map_err(|error| error.code)
}
async fn entrust(
    town: &Town,
    by: &Operator,
    shown: Option<OrganizationId>,
    to: Option<OrganizationId>,
) -> std::result::Result<bool, &'static str> {
    let (by, product) = (by.clone(), town.data);
    town.rooms
        .db()
        .write_unaudited("test", move |tx| {
            entrust_in(tx, &by, product, (shown, to)).map(|done| done.is_some())
        })
        .await
        .map_err(|error| error.code)
}
async fn events(town: &Town, action: &'static str) -> i64 {
    let sql = "SELECT COUNT(*) FROM audit_event WHERE action = $1";
    town.rooms.db().read(move |tx| tx.one(sql, &[&action])).await.unwrap()
}

#[tokio::test]
async fn administrators_are_developers_and_members_are_named() {
    for town in towns().await {
        let (now, installation) = (town.now(), Operator::installation());
        assert!(entrust(&town, &installation, None, Some(town.ours)).await.unwrap());
        let administrator = town.as_administrator(town.administrator).await;
        let first = developer(&town, town.administrator).await.unwrap();
        assert_eq!(may(&town, &first, town.data).await, Ok(()));
        // An agent is none until named, and not by another organization.
        assert_eq!(developer(&town, town.agent).await.unwrap_err().code, "developer.required");
        let theirs = town.as_administrator(town.their_administrator).await;
        let agent = town.agent.membership;
        let foreign = town.rooms.name_developer(&theirs, agent, true, now).await.unwrap_err();
        assert_eq!(foreign.code, "membership.unknown");
        // Nobody names at or above the own role.
        let own = town.administrator.membership;
        let own = town.rooms.name_developer(&administrator, own, true, now).await.unwrap_err();
        assert_eq!(own.code, "membership.role_too_high");
        for _ in 0..2 {
            town.rooms.name_developer(&administrator, agent, true, now).await.unwrap();
        }
        assert_eq!(events(&town, "developer.named").await, 1);
        let named = developer(&town, town.agent).await.unwrap();
        assert_eq!(may(&town, &named, town.data).await, Ok(()));
        let listed = town.rooms.named_developers(&administrator).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.membership).collect::<Vec<_>>(), [agent]);
        assert!(town.rooms.named_developers(&theirs).await.unwrap().is_empty());
        // What was proven a moment ago is asked again: suspended, then dismissed.
        town.rooms
            .set_member_suspended(administrator.clone(), town.ours, agent, true, "", now)
            .await
            .unwrap();
        assert_eq!(may(&town, &named, town.data).await, Err("developer.required"));
        town.rooms
            .set_member_suspended(administrator.clone(), town.ours, agent, false, "", now)
            .await
            .unwrap();
        assert_eq!(may(&town, &named, town.data).await, Ok(()));
        for _ in 0..2 {
            town.rooms.name_developer(&administrator, agent, false, now).await.unwrap();
        }
        assert_eq!(events(&town, "developer.dismissed").await, 1);
        assert_eq!(may(&town, &named, town.data).await, Err("developer.required"));
        assert_eq!(developer(&town, town.agent).await.unwrap_err().code, "developer.required");
    }
}

#[tokio::test]
async fn a_product_is_entrusted_to_one_organization_that_acts() {
    for town in towns().await {
        let (now, installation) = (town.now(), Operator::installation());
        let ours = developer(&town, town.administrator).await.unwrap();
        let theirs = developer(&town, town.their_administrator).await.unwrap();
        assert_eq!(may(&town, &ours, town.data).await, Err("product.unknown"));
        assert!(town.rooms.developed(&ours).await.unwrap().is_empty());
        // Who may say so.
        let account_manager = town.as_staff(town.account_manager).await;
        assert_eq!(entrust(&town, &account_manager, None, Some(town.ours)).await, Err("staff.role_required"));
        let manager = town.as_staff(town.product_manager).await;
        assert_eq!(entrust(&town, &manager, None, Some(town.ours)).await, Ok(true));
        assert_eq!(entrust(&town, &manager, None, Some(town.ours)).await, Ok(false), "so it is");
        assert_eq!(may(&town, &ours, town.data).await, Ok(()));
        assert_eq!(may(&town, &theirs, town.data).await, Err("product.unknown"));
        assert_eq!(town.rooms.developed(&ours).await.unwrap().len(), 1);
        assert!(town.rooms.developed(&theirs).await.unwrap().is_empty());
        // Whoever saw another state is told, whichever way they go.
        assert_eq!(entrust(&town, &manager, None, Some(town.theirs)).await, Err("product.changed_meanwhile"));
        let nobody = OrganizationId::from_i64(1);
        assert_eq!(
            entrust(&town, &manager, Some(town.ours), Some(nobody)).await,
            Err("organization.unknown")
        );
        let set = async |organization, state| {
            town.rooms.set_organization_state(&installation, organization, state, now).await.unwrap();
        };
        set(town.theirs, OrganizationState::Suspended).await;
        assert_eq!(
            entrust(&town, &manager, Some(town.ours), Some(town.theirs)).await,
            Err("organization.suspended")
        );
        set(town.theirs, OrganizationState::Active).await;
        // Struck off by the register is no better than suspended: neither entrusted with anything, nor at work on what it has.
        let (ours_id, theirs_id) = (town.ours, town.theirs);
        let register = async |state: &'static str| {
            let sql = "UPDATE organization SET registry_state = $1 WHERE id IN ($2, $3)";
            let change = move |tx: &mut db::Tx<'_>| tx.run(sql, &[&state, &ours_id, &theirs_id]).map(drop);
            town.rooms.db().write_unaudited("test", change).await.unwrap();
        };
        for state in ["revoked", "cancelled"] {
            register(state).await;
            assert_eq!(may(&town, &ours, town.data).await, Err("organization.struck_off"));
            assert_eq!(
                entrust(&town, &manager, Some(town.ours), Some(town.theirs)).await,
                Err("organization.struck_off")
            );
        }
        register("abnormal").await;
        assert_eq!(may(&town, &ours, town.data).await, Ok(()), "noted, and nothing follows");
        // A suspended organization's developers do nothing; a closed one's product is taken back all the same.
        set(town.ours, OrganizationState::Suspended).await;
        assert_eq!(may(&town, &ours, town.data).await, Err("organization.suspended"));
        set(town.ours, OrganizationState::Closed).await;
        assert_eq!(may(&town, &ours, town.data).await, Err("organization.unknown"));
        assert_eq!(entrust(&town, &manager, Some(town.ours), None).await, Ok(true));
        assert_eq!(town.rooms.developer_of(town.data).await.unwrap(), None);
    }
}
