use super::*;
use crate::testing::towns;

fn card(name: &str) -> Card {
    let typed = Typed {
        name: name.into(),
        phone: "13800138000".into(),
        purpose: "结算".into(),
        mail: "he@example.cn".into(),
        ..Typed::default()
    };
    typed.parse().unwrap()
}

#[tokio::test]
async fn m28_the_account_manager_edits_and_every_word_is_sealed() {
    for town in towns().await {
        let (room, now, ours) = (&town.room, town.now(), town.ours);
        let id: ContactId = town.db().draw();
        for _ in 0..2 {
            room.add_contact(&town.manager, ours, id, card("何嘉木"), now).await.unwrap();
        }
        let listed = room.contacts(ours, None, 10).await.unwrap();
        assert_eq!(listed.len(), 1, "a form sent twice makes one");
        assert_eq!(listed[0].card.name, "何嘉木");
        let sealed: Vec<u8> = town.db().read(|tx| tx.one("SELECT data FROM contact", &[])).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("13800138000"));
        let detail: Vec<String> =
            town.db().read(|tx| tx.all("SELECT detail FROM audit_event", &[])).await.unwrap();
        assert!(detail.iter().all(|text| !text.contains("何嘉木")));

        let other = room.add_contact(&town.other_manager, ours, town.db().draw(), card("乙"), now).await;
        assert_eq!(other.unwrap_err().code, "organization.unknown");
        assert_eq!(room.contact(town.theirs, id).await.unwrap_err().code, "contact.unknown");
        room.change_contact(&town.manager, ours, (id, 1), card("何嘉木（代）"), now).await.unwrap();
        let stale = room.change_contact(&town.manager, ours, (id, 1), card("丙"), now).await.unwrap_err();
        assert_eq!(stale.code, "contact.changed_meanwhile");
        let foreign = room.change_contact(&town.other_manager, town.theirs, (id, 2), card("丙"), now).await;
        assert_eq!(foreign.unwrap_err().code, "contact.unknown");
        for _ in 0..2 {
            room.delete_contact(&town.manager, ours, id, now).await.unwrap();
        }
        assert_eq!(town.events("contact.deleted").await, 1);
        assert!(room.contacts(ours, None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn m28_the_list_pages_by_key() {
    for town in towns().await {
        for turn in 0..5 {
            let (id, card) = (town.db().draw(), card(&format!("联系人 {turn}")));
            town.room.add_contact(&town.manager, town.ours, id, card, town.now()).await.unwrap();
        }
        let first = town.room.contacts(town.ours, None, 3).await.unwrap();
        let rest = town.room.contacts(town.ours, Some(first[2].id), 3).await.unwrap();
        assert_eq!((first.len(), rest.len()), (3, 2));
        assert_eq!(rest[0].card.name, "联系人 3");
    }
}
