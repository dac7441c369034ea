use super::model::{Cursor, OwnFilter};
use crate::membership::{MembershipState, Role};
use crate::testing::{Town, new_organization, towns};
use kernel::id::{AccountId, OrganizationId};
use std::collections::BTreeSet;

/// A person in so many organizations, the first as legal representative, the second as administrator.
async fn in_many(town: &Town, count: usize) -> (AccountId, Vec<OrganizationId>) {
    let person = town.self_owned("wangduo").await;
    let mut organizations = Vec::new();
    for n in 0..count {
        let id = new_organization(&town.rooms, town.public, &format!("第{n}有限公司{}", n % 10), None).await;
        let role = match n {
            0 => Role::LegalRepresentative,
            1 => Role::Administrator,
            _ => Role::Agent,
        };
        town.join(id, role, person).await;
        organizations.push(id);
    }
    (person, organizations)
}

#[tokio::test]
async fn m39_the_switcher_reads_a_handful_of_memberships_and_remembers_the_recent_ones() {
    for town in towns().await {
        let (person, organizations) = in_many(&town, 30).await;
        let spaces = town.rooms.spaces(person, None).await.unwrap();
        assert_eq!(spaces.list.len(), 8, "seven to show and one that says there are more");
        assert!(spaces.more);
        let who = town.signed_in(person).await;
        let mut now = town.now();
        for visited in [3, 4, 5] {
            now = now.plus_seconds(1);
            town.rooms.visit(&who, organizations[visited], now).await.unwrap();
        }
        let here = organizations[0];
        let spaces = town.rooms.spaces(person, Some(here)).await.unwrap();
        let first: Vec<OrganizationId> = spaces.list.iter().take(4).map(|m| m.organization).collect();
        assert_eq!(first, [here, organizations[5], organizations[4], organizations[3]]);
        assert!(spaces.list.len() <= 12 && spaces.more);
        assert_eq!(spaces.find(here).unwrap().role, Role::LegalRepresentative);
        // Somebody else's is not among them, even if asked for.
        let foreign = town.rooms.spaces(person, Some(town.ours)).await.unwrap();
        assert!(foreign.find(town.ours).is_none());
        // One organization: nothing more.
        let spaces = town.rooms.spaces(town.agent.account, Some(town.ours)).await.unwrap();
        assert_eq!((spaces.list.len(), spaces.more), (1, false));
    }
}

#[tokio::test]
async fn m40_my_organizations_are_listed_by_role_a_page_at_a_time() {
    for town in towns().await {
        let (person, organizations) = in_many(&town, 25).await;
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let filter = OwnFilter { after, ..OwnFilter::default() };
            let page = town.rooms.own_organizations(person, filter, 7, town.now()).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Cursor::of(last));
            seen.extend(page.iter().map(|m| (m.role, m.organization)));
            pages += 1;
        }
        assert_eq!(pages, 4);
        assert_eq!(seen.len(), organizations.len());
        assert_eq!(seen.iter().map(|(_, id)| id.as_i64()).collect::<BTreeSet<_>>().len(), 25, "each once");
        let roles: Vec<Role> = seen.iter().map(|(role, _)| *role).take(3).collect();
        assert_eq!(roles, [Role::LegalRepresentative, Role::Administrator, Role::Agent]);

        let ask = async |filter: OwnFilter| {
            town.rooms.own_organizations(person, filter, 50, town.now()).await.unwrap().len()
        };
        let named = |name: &str| OwnFilter { name: Some(name.into()), ..OwnFilter::default() };
        assert_eq!(ask(named("公司3")).await, 3);
        assert_eq!(ask(named("第 2 有限")).await, 1, "blanks do not matter");
        assert_eq!(ask(named("%")).await, 0, "what was typed is no pattern");
        assert_eq!(ask(named("_")).await, 0);
        assert_eq!(ask(OwnFilter { role: Some(Role::Agent), ..OwnFilter::default() }).await, 23);

        // Suspended: listed, but not among those that can be entered.
        let membership = town.rooms.spaces(person, Some(organizations[9])).await.unwrap();
        let id = membership.find(organizations[9]).unwrap().id;
        town.rooms
            .db()
            .write_unaudited("a test's world", move |tx| {
                tx.run("UPDATE membership SET state = $2 WHERE id = $1", &[&id, &MembershipState::Suspended])
                    .map(drop)
            })
            .await
            .unwrap();
        assert_eq!(ask(OwnFilter { usable: Some(true), ..OwnFilter::default() }).await, 24);
        assert_eq!(ask(OwnFilter { usable: Some(false), ..OwnFilter::default() }).await, 1);
        assert_eq!(
            town.rooms.own_organizations(town.agent.account, named("第"), 9, town.now()).await.unwrap().len(),
            0
        );
    }
}
