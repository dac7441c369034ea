use super::*;
use crate::testing::towns;
use kernel::clock::Zone;

fn entry(number: &str, until: &str) -> Entry {
    let typed = Typed {
        department: "海关".into(),
        kind: "报关单位备案".into(),
        number: number.into(),
        valid_until: until.into(),
        ..Typed::default()
    };
    typed.parse(&Zone::default()).unwrap()
}

#[tokio::test]
async fn m26_administrators_keep_their_own_rows() {
    for town in towns().await {
        let (room, now, by) = (&town.room, town.now(), town.administrator().await);
        let id: RegistrationId = town.db().draw();
        for _ in 0..2 {
            room.add_registration(&by, id, entry("3501", "2099-12-31"), now).await.unwrap();
        }
        let taken = room.add_registration(&by, town.db().draw(), entry("3501", ""), now).await.unwrap_err();
        assert_eq!((taken.code, taken.field), ("registration.taken", Some("number")));
        room.change_registration(&by, (id, 1), entry("3502", "2099-12-31"), now).await.unwrap();
        let stale = room.change_registration(&by, (id, 1), entry("3503", ""), now).await.unwrap_err();
        assert_eq!(stale.code, "registration.changed_meanwhile");
        let their = town.their_administrator().await;
        let foreign = room.change_registration(&their, (id, 2), entry("1", ""), now).await.unwrap_err();
        assert_eq!(foreign.code, "registration.unknown");
        assert_eq!(room.end_registration(&their, id, now).await.unwrap_err().code, "registration.unknown");
        for _ in 0..2 {
            room.end_registration(&by, id, now).await.unwrap();
        }
        assert_eq!(town.events("registration.ended").await, 1);
        assert!(room.registrations(town.ours, None, 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn m26_rows_of_a_register_are_not_edited_and_ends_are_warned_of() {
    for town in towns().await {
        let (room, now, by) = (&town.room, town.now(), town.administrator().await);
        let id: RegistrationId = town.db().draw();
        let mut soon = entry("77", "");
        soon.valid_until = Some(now.plus_days(20));
        let (ours, taken_over) = (town.ours, soon.clone());
        town.db()
            .write(move |tx| {
                let actor = kernel::Actor::system();
                let events = service::take_over_in(tx, &actor, ours, &taken_over, (id, "示例登记机关"), now)?;
                Ok(((), events))
            })
            .await
            .unwrap();
        let edited = room.change_registration(&by, (id, 1), entry("78", ""), now).await.unwrap_err();
        assert_eq!(edited.code, "registration.synchronised");
        assert_eq!(room.end_registration(&by, id, now).await.unwrap_err().code, "registration.synchronised");
        let row = room.registration(ours, id).await.unwrap();
        assert_eq!((row.entry, row.source), (soon, Source::Registry));
        assert_eq!(room.registration(ours, id).await.unwrap().standing(now).1, "wait");
        for _ in 0..2 {
            room.warn_of_registrations(now).await.unwrap();
        }
        assert_eq!(town.told(town.administrator, "record_expiring").await, 1);
    }
}
