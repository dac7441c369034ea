use super::*;
use crate::registration::{Entry, RegistrationId, Source, Typed};
use crate::testing::{Town, towns};
use bytes::Bytes;
use kernel::{Result, clock::Zone, id::ApplicationId};
use organization::application::{ApplicationState, Verdict};
use platform::document::Upload;

fn file(town: &Town) -> Option<Upload> {
    Some(Upload { id: town.db().draw(), bytes: Bytes::from_static(b"%PDF-1.7 notice") })
}
async fn ask_name(
    town: &Town,
    id: ApplicationId,
    name: &str,
    upload: Option<Upload>,
) -> Result<ApplicationId> {
    let wanted = Wanted::Name { name: name.into() };
    let new = NewChange { id, registration: None, wanted, reason: Some("工商变更".into()), upload };
    town.room.ask_change(&town.administrator().await, new, town.now()).await
}

#[tokio::test]
async fn m23_another_name_is_asked_for_returned_and_approved() {
    for town in towns().await {
        let (room, now, id) = (&town.room, town.now(), town.db().draw());
        let bare = ask_name(&town, id, "澄江国际", None).await.unwrap_err();
        assert_eq!((bare.code, bare.field), ("field.required", Some("document")));
        let same = ask_name(&town, id, "澄江证券 股份有限公司", file(&town)).await.unwrap_err();
        assert_eq!(same.code, "change.same");
        for _ in 0..2 {
            assert_eq!(ask_name(&town, id, "澄江国际", file(&town)).await.unwrap(), id);
        }
        assert_eq!(room.change(Some(town.ours), id).await.unwrap().files.len(), 1, "a form sent twice");
        let stranger = room.decide_change(&town.other_manager, id, Verdict::Approve, "", now).await;
        assert_eq!(stranger.unwrap_err().code, "organization.unknown");
        assert!(room.change(Some(town.theirs), id).await.is_err());
        room.decide_change(&town.manager, id, Verdict::Return, "缺少通知书", now).await.unwrap();
        ask_name(&town, id, "澄江国际证券", None).await.unwrap();
        room.decide_change(&town.manager, id, Verdict::Approve, "", now).await.unwrap();
        assert_eq!(town.organization().await.name, "澄江国际证券");
        let late = room.decide_change(&town.manager, id, Verdict::Approve, "", now).await.unwrap_err();
        assert_eq!(late.code, "application.decided");
    }
}

#[tokio::test]
async fn m26_a_synchronised_row_changes_by_a_decided_application() {
    for town in towns().await {
        let (room, now, by) = (&town.room, town.now(), town.administrator().await);
        let typed = |number: &str| Typed {
            department: "海关".into(),
            kind: "备案".into(),
            number: number.into(),
            ..Typed::default()
        };
        let entry: Entry = typed("3501").parse(&Zone::default()).unwrap();
        let (row, ours): (RegistrationId, _) = (town.db().draw(), town.ours);
        town.db()
            .write(move |tx| {
                let actor = kernel::Actor::system();
                let taken = (row, "示例登记机关");
                let events =
                    crate::registration::service::take_over_in(tx, &actor, ours, &entry, taken, now)?;
                Ok(((), events))
            })
            .await
            .unwrap();
        let id: ApplicationId = town.db().draw();
        let new = NewChange {
            id,
            registration: Some(row),
            wanted: Wanted::Registration { entry: typed("3502") },
            reason: None,
            upload: file(&town),
        };
        room.ask_change(&by, new, now).await.unwrap();
        assert_eq!(room.registration(ours, row).await.unwrap().entry.number, "3501", "not yet");
        let sealed: Vec<u8> = town
            .db()
            .read(move |tx| tx.one("SELECT data FROM application WHERE id = $1", &[&id]))
            .await
            .unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("3502"));
        room.decide_change(&town.manager, id, Verdict::Approve, "", now).await.unwrap();
        let changed = room.registration(ours, row).await.unwrap();
        assert_eq!((changed.entry.number.as_str(), changed.source), ("3502", Source::Registry));
        let state = room.change(None, id).await.unwrap().application.state;
        assert_eq!(state, ApplicationState::Approved);
    }
}
