use crate::testing::{Town, towns};
use identity::search::Wanted;
use kernel::id::AccountId;
use organization::membership::Role;
use std::collections::BTreeSet;

async fn found(town: &Town, by: AccountId, typed: &str) -> Vec<AccountId> {
    let operator = town.as_staff(by).await;
    let wanted = Wanted::parse(typed, town.now());
    let found = town.room.people(&operator, wanted, None, 20).await.unwrap();
    found.people.into_iter().map(|person| person.card.id).collect()
}
#[tokio::test]
async fn m30_account_managers_find_people_of_their_own_portfolio_alone() {
    for town in towns().await {
        let manager = town.manager;
        let everybody = town.system_administrator().await;
        assert_eq!(found(&town, manager, "雨桐").await, [town.chief]);
        assert_eq!(found(&town, manager, "13800138000").await, [town.chief]);
        assert_eq!(found(&town, manager, "8000").await, [town.chief]);
        assert_eq!(found(&town, manager, "zhouyu").await, [town.chief]);
        for typed in ["温如", "wrc", "wenruchu"] {
            assert!(found(&town, manager, typed).await.is_empty(), "another's portfolio: {typed}");
            assert_eq!(found(&town, everybody, typed).await, [town.their_chief], "{typed}");
        }
        // In both: the manager sees the one organization.
        town.join(town.ours, town.their_chief, Role::Agent).await;
        let operator = town.as_staff(manager).await;
        let page = town.room.people(&operator, Wanted::parse("wrc", town.now()), None, 20).await.unwrap();
        let seen: Vec<_> = page.people[0].organizations.iter().map(|(id, _)| *id).collect();
        assert_eq!(seen, [town.ours]);
        assert_eq!(page.people[0].card.phone_masked, None);
        let stranger = organization::Operator::installation();
        let refused = town.room.people(&stranger, Wanted::parse("wrc", town.now()), None, 20).await;
        assert_eq!(refused.unwrap_err().code, "staff.role_required");
    }
}
#[tokio::test]
async fn a_document_of_their_own_leads_staff_to_people_and_their_organization_nowhere() {
    for town in towns().await {
        let document = "110101199003077774";
        let own = town.with_document("songzhiyuan", "宋致远", document).await;
        town.join(town.ours, own, Role::Agent).await;
        let administrator = town.administrator(town.chief, town.ours).await;
        for typed in [document, "7774"] {
            assert_eq!(found(&town, town.manager, typed).await, [own], "{typed}");
            let asked = organization::directory::Asked {
                wanted: Some(Wanted::parse(typed, town.now())),
                ..Default::default()
            };
            let rooms = town.room.organizations();
            let listed = rooms.directory(&administrator, asked, 20, town.now()).await.unwrap();
            assert!(listed.rows.is_empty(), "{typed}");
        }
    }
}
#[tokio::test]
async fn pages_of_a_search_have_everybody_once() {
    for town in towns().await {
        let everybody = town.system_administrator().await;
        let mut all = BTreeSet::new();
        for n in 0..17 {
            all.insert(town.self_owned(&format!("pages{n:02}"), "赵子龙").await);
        }
        let operator = town.as_staff(everybody).await;
        for typed in ["子龙", "zzl", "赵子龙"] {
            let (mut seen, mut below) = (Vec::new(), None);
            loop {
                let wanted = Wanted::parse(typed, town.now());
                let page = town.room.people(&operator, wanted, below, 5).await.unwrap();
                seen.extend(page.people.iter().map(|person| person.card.id));
                below = page.next;
                if below.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 17, "{typed}");
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
        }
    }
}
