use super::{Console, EndingKind, look_in};
use crate::decision::{SessionFacts, Space};
use crate::membership::Role;
use crate::testing::{Person, Town, new_product, towns};

async fn look(town: &Town, person: Person, role: Role) -> Console {
    let (account, now, session) =
        (person.account, town.now(), SessionFacts { strength: 1, ..SessionFacts::default() });
    let space = Space::Organization(person.organization);
    town.rooms.db().read(move |tx| look_in(tx, account, &session, (space, role), now)).await.unwrap()
}

#[tokio::test]
async fn m54_the_console_has_what_is_at_hand_with_its_state_what_waits_and_what_ends() {
    for town in towns().await {
        let rooms = &town.rooms;
        let empty = look(&town, town.agent, Role::Agent).await;
        assert!(empty.shortcuts.is_empty() && empty.recent.is_empty() && empty.ending.is_empty());
        let who = town.signed_in(town.agent.account).await;
        let ours = Space::Organization(town.ours);
        town.open_for_the_agent().await;
        let other = new_product(rooms, "other", |_| {}).await;
        rooms.star_product(&who, ours, other, true).await.unwrap();
        rooms.star_product(&who, ours, town.data, true).await.unwrap();
        rooms.remember_opened(who.account, ours, town.data, town.now()).await.unwrap();
        let console = look(&town, town.agent, Role::Agent).await;
        let states: Vec<bool> = console.shortcuts.iter().map(super::Kept::is_usable).collect();
        assert_eq!(states, [false, true], "in the person's order, each with the decision of now");
        assert!(console.recent.is_empty(), "a shortcut is not said twice");
        // Another space, another console.
        assert!(look(&town, town.their_agent, Role::Agent).await.shortcuts.is_empty());
        assert!(rooms.personal_console(&who, town.now()).await.unwrap().shortcuts.is_empty());

        // What ends within thirty days, and not what ends later.
        let (membership, organization) = (town.agent.membership, town.ours);
        let (soon, later) = (town.now().plus_days(20), town.now().plus_days(40));
        rooms
            .db()
            .write_unaudited("a test's world", move |tx| {
                tx.run("UPDATE membership SET valid_until = $2 WHERE id = $1", &[&membership, &soon])?;
                tx.run(
                    "UPDATE product_grant SET valid_until = $2 WHERE membership_id = $1",
                    &[&membership, &later],
                )?;
                tx.run(
                    "UPDATE admission SET valid_until = $2 WHERE organization_id = $1",
                    &[&organization, &soon],
                )?;
                tx.run(
                    "UPDATE contract SET valid_until = $2 WHERE organization_id = $1",
                    &[&organization, &soon],
                )
                .map(drop)
            })
            .await
            .unwrap();
        let kinds = |console: &Console| console.ending.iter().map(|ending| ending.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&look(&town, town.agent, Role::Agent).await), [EndingKind::Membership]);
        let administrator = look(&town, town.administrator, Role::Administrator).await;
        let mut ending = kinds(&administrator);
        ending.sort_by_key(|kind| kind.as_str());
        assert_eq!(ending, [EndingKind::Admission, EndingKind::Contract], "not somebody else's membership");
        assert_eq!(administrator.counts.succession, 0);
        // Where administrators do business, their own grants end like anybody's.
        let (agent, own) = (town.agent.membership, town.administrator.membership);
        rooms
            .db()
            .write_unaudited("a test's world", move |tx| {
                tx.run(
                    "UPDATE product_grant SET membership_id = $2, valid_until = $3 WHERE membership_id = $1",
                    &[&agent, &own, &soon],
                )
                .map(drop)
            })
            .await
            .unwrap();
        let ending = kinds(&look(&town, town.administrator, Role::Administrator).await);
        assert!(ending.contains(&EndingKind::Grant), "{ending:?}");
    }
}
