//! The way back to an account whose factors are lost: by the counter, and two members of staff.
use super::{DisputeId, DisputeState, Verdict, service::Step};
use crate::{
    Method, Reviewer,
    case::{counter::Upload, review},
    testing::{Room, Visitor, someone, typed},
};
use http::StatusCode;
use identity::realname::RealNameLevel;
use kernel::id::AccountId;
use verifier::Fault;

/// Handed in at the counter by the claimant and approved by both reviewers.
async fn claimed(room: &Room, claimant: &Visitor, one: &Reviewer, two: &Reviewer) -> DisputeId {
    let (id, document, now) = (room.db().draw(), room.db().draw(), room.now());
    let (ctx, who) = (&claimant.ctx, &claimant.signed_in);
    room.room.open_counter(ctx, who, id, &typed(&someone(1))).await.unwrap();
    let upload = Upload { id: document, bytes: b"\xff\xd8\xff\xe0 a photograph"[..].into() };
    room.room.add_document(who, id, upload, now).await.unwrap();
    room.room.submit(who, id, now).await.unwrap();
    room.room.review(one, id, review::Verdict::Approve, "", now).await.unwrap();
    let second = room.room.review(two, id, review::Verdict::Approve, "", now).await.unwrap();
    assert_eq!(second, review::Reviewed::Disputed);
    room.room.own_disputes(claimant.account()).await.unwrap()[0].id
}
async fn add_factors(room: &Room, account: AccountId) {
    room.db()
        .write_unaudited("test", move |tx| {
            let sealed: &[u8] = &[1];
            tx.run(
                "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
                 VALUES (1, $1, $2, $2, 0, 0)",
                &[&account, &sealed],
            )?;
            tx.run(
                "INSERT INTO recovery_code (account_id, mac, created_at) VALUES ($1, $2, 0)",
                &[&account, &sealed],
            )?;
            // And a browser that is remembered in their place.
            tx.run(
                "INSERT INTO device (id, token_hash, account_id, created_at, last_used_at, trusted_at, trusted_until)
                 VALUES (1, $2, $1, 0, 0, 0, 1)",
                &[&account, &sealed],
            )
        })
        .await
        .unwrap();
}
async fn second(room: &Room, account: AccountId) -> bool {
    room.db().read(move |tx| factor::has_second_factor_in(tx, account)).await.unwrap()
}

#[tokio::test]
async fn the_factors_of_the_old_account_go_once_two_reviewers_of_the_counter_and_two_of_the_desk_agree() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (holder, claimant) = (room.person("holder").await, room.person("claimant").await);
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        room.check(&holder, Method::ThreeElement, &typed(&someone(1))).await;
        let id = claimed(&room, &claimant, &one, &two).await;
        let propose = async |by: &Reviewer, reason: &str| {
            room.room.propose(by, id, Verdict::Restore, reason, room.now()).await
        };
        let nothing = propose(&one, "已核验本人").await.unwrap_err();
        assert_eq!((nothing.code, nothing.field), ("dispute.nothing_to_restore", Some("verdict")));
        add_factors(&room, holder.account()).await;
        assert!(room.room.dispute(&one, id).await.unwrap().restorable);
        assert_eq!(propose(&one, " ").await.unwrap_err().field, Some("reason"));
        assert_eq!(propose(&one, "已核验本人").await.unwrap(), Step::Proposed);
        assert!(second(&room, holder.account()).await, "a proposal changes nothing");
        let alone = room.room.confirm(&one, id, true, room.now()).await.unwrap_err();
        assert_eq!(alone.code, "dispute.reviewed_already");
        assert_eq!(holder.get("/me/real-name").await.status, StatusCode::OK);
        let step = room.room.confirm(&two, id, true, room.now()).await.unwrap();
        assert_eq!(step, Step::Decided(Verdict::Restore));
        assert!(!second(&room, holder.account()).await);
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_code").await, 0);
        let remembered = "SELECT CAST(COUNT(*) AS BIGINT) FROM device WHERE trusted_until IS NOT NULL";
        assert_eq!(room.count(remembered).await, 0, "no browser stands in for what is gone");
        assert_eq!(holder.get("/me/real-name").await.status, StatusCode::SEE_OTHER, "signed out");
        let levels = (room.level(holder.account()).await, room.level(claimant.account()).await);
        assert_eq!(
            levels,
            (RealNameLevel::Intermediate, RealNameLevel::Unverified),
            "nobody lost an identity"
        );
        let told = room.told(&holder).await;
        assert!(
            told.contains(&"factor_removed".to_owned()) && told.contains(&"dispute_decided".to_owned()),
            "{told:?}"
        );
        assert_eq!(room.events("account.factors_removed").await, 1);
        let page = claimant.get(&format!("/me/real-name/disputes/{id}")).await;
        assert!(page.text.contains("Its second factors are removed"), "{}", page.text);
    }
}

#[tokio::test]
async fn only_the_counter_opens_that_way_and_what_is_gone_meanwhile_is_not_removed() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (holder, claimant) = (room.person("holder").await, room.person("claimant").await);
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        room.check(&holder, Method::ThreeElement, &typed(&someone(1))).await;
        add_factors(&room, holder.account()).await;
        // Whoever knows name, number and phone of somebody gets no factor off.
        let online = room.person("online").await;
        room.check(&online, Method::TwoElement, &typed(&someone(1))).await;
        let by_wire = room.room.own_disputes(online.account()).await.unwrap()[0].id;
        let refused = room.room.propose(&one, by_wire, Verdict::Restore, "x", room.now()).await.unwrap_err();
        assert_eq!(refused.code, "dispute.nothing_to_restore");
        let id = claimed(&room, &claimant, &one, &two).await;
        room.room.propose(&one, id, Verdict::Restore, "已核验本人", room.now()).await.unwrap();
        let account = holder.account();
        room.db()
            .write_unaudited("test", move |tx| factor::overview::service::erase_in(tx, account))
            .await
            .unwrap();
        let step = room.room.confirm(&two, id, true, room.now()).await.unwrap();
        assert_eq!(step, Step::NotPossible);
        let state = room.room.own_disputes(claimant.account()).await.unwrap()[0].state;
        assert_eq!(state, DisputeState::Open, "another proposal is wanted");
        assert_eq!(holder.get("/me/real-name").await.status, StatusCode::OK);
    }
}
