use super::*;
use crate::testing::{Town, towns};
use kernel::Result;
use organization::organization::{Field, FieldSource, RegistryState};
use register::Fault as Behaviour;
use serde_json::json;

async fn ask(town: &Town) -> SyncState {
    town.later();
    town.room.synchronise(&town.administrator().await, town.now()).await.unwrap()
}
async fn open(town: &Town) -> (SyncId, Vec<Difference>) {
    let (sync, found) = town.room.sync_overview(town.ours).await.unwrap().open.unwrap();
    (sync.id, found)
}
async fn take(town: &Town, id: SyncId, choice: Choice) -> Result<()> {
    town.room.apply_sync(&town.administrator().await, id, choice, town.now()).await
}
fn keys(keys: &[&str]) -> Choice {
    Choice { keys: keys.iter().map(|key| (*key).to_owned()).collect(), ..Choice::default() }
}

#[tokio::test]
async fn m27_differences_are_shown_and_what_was_chosen_is_taken_over() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({})));
        assert_eq!(ask(&town).await, SyncState::Same);
        shelf.put(town.record(json!({
            "address": "新区大道 1 号",
            "registrations": [{ "department": "海关", "kind": "备案", "number": "3501", "valid_until": "2099-12-31" }],
        })));
        assert_eq!(ask(&town).await, SyncState::Different);
        let (id, found) = open(&town).await;
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].ours.as_str(), found[0].theirs.as_str()), ("示例路 88 号", "新区大道 1 号"));
        assert_eq!(town.organization().await.address.as_deref(), Some("示例路 88 号"), "nothing by itself");
        let sealed: Vec<u8> = town
            .db()
            .read(|tx| tx.one("SELECT record FROM registry_sync WHERE state = 'different'", &[]))
            .await
            .unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("林知远"));

        assert_eq!(take(&town, id, keys(&[])).await.unwrap_err().code, "registry.nothing_chosen");
        take(&town, id, keys(&["address", &found[1].key])).await.unwrap();
        assert_eq!(take(&town, id, keys(&["address"])).await.unwrap_err().code, "registry.decided");
        let organization = town.organization().await;
        assert_eq!(organization.address.as_deref(), Some("新区大道 1 号"));
        let origins = town.room.organizations().organization_origins(town.ours).await.unwrap();
        let origin = origins.iter().find(|origin| origin.field == Field::Address).unwrap();
        assert_eq!(
            (origin.source, origin.source_name.as_deref()),
            (FieldSource::Registry, Some("示例登记机关"))
        );
        assert_eq!(town.room.registrations(town.ours, None, 9).await.unwrap().len(), 1);
        assert_eq!(ask(&town).await, SyncState::Same);

        // What the register no longer lists is shown as gone.
        shelf.put(town.record(json!({ "address": "新区大道 1 号" })));
        assert_eq!(ask(&town).await, SyncState::Different);
        let (id, found) = open(&town).await;
        assert_eq!((found.len(), found[0].theirs.as_str()), (1, ""));
        take(&town, id, keys(&[&found[0].key])).await.unwrap();
        assert!(town.room.registrations(town.ours, None, 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn m27_a_new_name_is_typed_again_and_matched_anew() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({ "name": "澄江国际证券股份有限公司" })));
        ask(&town).await;
        let (id, found) = open(&town).await;
        assert_eq!(found[0].step, Step::Rename);
        let wrong = take(&town, id, keys(&["name"])).await.unwrap_err();
        assert_eq!((wrong.code, wrong.field), ("registry.confirm_name", Some("confirm_name")));
        let right = Choice { confirm_name: "澄江国际证券股份有限公司".into(), ..keys(&["name"]) };
        shelf.put(town.record(json!({ "name": "又改名股份有限公司" })));
        let moved = take(&town, id, right.clone()).await.unwrap_err();
        assert_eq!(moved.code, "registry.changed_meanwhile", "the register is asked again");
        shelf.put(town.record(json!({ "name": "澄江国际证券股份有限公司" })));
        take(&town, id, right).await.unwrap();
        assert_eq!(town.organization().await.name, "澄江国际证券股份有限公司");
    }
}

#[tokio::test]
async fn m27_a_new_head_is_a_succession() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({ "head_name": "骆知夏" })));
        ask(&town).await;
        let (id, found) = open(&town).await;
        assert_eq!(found[0].step, Step::Succession);
        let unconfirmed = take(&town, id, keys(&["head_name"])).await.unwrap_err();
        assert_eq!(unconfirmed.code, "registry.confirm_head");
        take(&town, id, Choice { confirm_head: true, ..keys(&["head_name"]) }).await.unwrap();
        assert_eq!(town.organization().await.head_name.as_deref(), Some("骆知夏"));
        assert_eq!(town.events("organization.head_changed").await, 1);
        assert_eq!(
            town.told(town.administrator, "head_changed").await,
            1,
            "administrators stay and are told"
        );
    }
}

#[tokio::test]
async fn m27_an_organization_that_was_struck_off_loses_its_admissions_until_the_register_says_otherwise() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        for (state, holds) in [("revoked", true), ("cancelled", true), ("live", false), ("abnormal", false)] {
            shelf.put(town.record(json!({ "state": state })));
            ask(&town).await;
            let organization = town.organization().await;
            assert_eq!(organization.registry_state.as_str(), state);
            let layer = organization::decision::admission(
                organization::product::AdmissionClass::Open,
                organization.standing(),
                None,
                None,
                town.now(),
            );
            let met = layer.state == organization::decision::LayerState::Met;
            assert_eq!(met, !holds, "{state}: {}", layer.code);
        }
        for account in [town.administrator, town.manager_account] {
            assert_eq!(town.told(account, "registry_held").await, 1, "from revoked to cancelled is no news");
            assert_eq!(town.told(account, "registry_released").await, 1);
        }
    }
}

#[tokio::test]
async fn m27_faults_change_nothing_and_a_button_does_not_wear_the_register_out() {
    for town in towns().await {
        let by = town.administrator().await;
        assert_eq!(town.room.synchronise(&by, town.now()).await.unwrap(), SyncState::Failed);
        let soon = town.room.synchronise(&by, town.now()).await.unwrap_err();
        assert_eq!(soon.code, "registry.too_soon");
        let (shelf, _) = town.register(Behaviour::WrongKey).await;
        shelf.put(town.record(json!({ "state": "revoked", "name": "别的公司" })));
        assert_eq!(ask(&town).await, SyncState::Failed);
        let organization = town.organization().await;
        assert_eq!(organization.registry_state, RegistryState::Unknown, "a forged word strikes nobody off");
        assert_eq!(organization.name, "澄江证券股份有限公司");
        let past = town.room.sync_overview(town.ours).await.unwrap().past;
        assert_eq!(past[0].fault, Some(crate::register::Fault::Signature));
    }
}

#[tokio::test]
async fn m27_strangers_and_agents_synchronise_nothing() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({ "address": "新区大道 1 号" })));
        ask(&town).await;
        let (id, _) = open(&town).await;
        let their = town.their_administrator().await;
        let foreign = town.room.apply_sync(&their, id, keys(&["address"]), town.now()).await.unwrap_err();
        assert_eq!(foreign.code, "registry.decided");
        assert_eq!(
            town.room.dismiss_sync(&their, id, town.now()).await.unwrap_err().code,
            "registry.decided"
        );
        let agent = town.member(town.agent, town.ours).await;
        assert!(agent.as_administrator().is_none(), "no capability, no synchronisation");
        town.room.dismiss_sync(&town.administrator().await, id, town.now()).await.unwrap();
        assert_eq!(town.organization().await.address.as_deref(), Some("示例路 88 号"));
    }
}

#[tokio::test]
async fn m27_of_many_clicks_at_once_one_takes_over() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({ "address": "新区大道 1 号" })));
        ask(&town).await;
        let ((id, _), by) = (open(&town).await, town.administrator().await);
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let (room, by, now) = (town.room.clone(), by.clone(), town.now());
                tokio::spawn(async move { room.apply_sync(&by, id, keys(&["address"]), now).await.is_ok() })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += i64::from(task.await.unwrap());
        }
        assert_eq!((won, town.events("registry.applied").await), (1, 1));
    }
}

#[tokio::test]
async fn m27_the_schedule_asks_each_organization_by_its_types_interval() {
    for town in towns().await {
        let (shelf, _) = town.register(Behaviour::None).await;
        shelf.put(town.record(json!({ "address": "新区大道 1 号" })));
        assert_eq!(town.room.synchronise_due(town.now()).await.unwrap(), 2, "both organizations");
        assert_eq!(town.told(town.administrator, "registry_differs").await, 1);
        assert_eq!(town.told(town.agent, "registry_differs").await, 0);
        assert_eq!(town.room.synchronise_due(town.now()).await.unwrap(), 0);
        shelf.clear();
        town.db().clock().advance_seconds(2 * 3600);
        assert_eq!(
            town.room.synchronise_due(town.now()).await.unwrap(),
            1,
            "what failed is tried again soon"
        );
        town.db().clock().advance_seconds(7 * 86_400);
        assert_eq!(town.room.synchronise_due(town.now()).await.unwrap(), 2);
    }
}
