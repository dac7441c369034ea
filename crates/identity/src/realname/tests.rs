use super::{Proof, RealNameLevel, service};
use crate::testing::Room;
use kernel::{ResidentId, Timestamp};
use std::sync::Arc;

#[tokio::test]
async fn m20_the_level_is_that_of_the_best_proof_in_force_now() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        let now = room.now();
        let prove = |level, days| {
            let proof = Proof {
                id: room.db().draw(),
                account,
                method: "demo".into(),
                provider: "demo".into(),
                level,
                proven_at: now,
                expires_at: now.plus_days(days),
            };
            let db = room.db().clone();
            async move {
                let id = proof.id;
                db.write_unaudited("test", move |tx| service::prove_in(tx, &proof)).await.unwrap();
                id
            }
        };
        let level = async |days| service::level_of(room.db(), account, now.plus_days(days)).await.unwrap();
        assert_eq!(level(0).await, RealNameLevel::Unverified);
        prove(RealNameLevel::Primary, 100).await;
        let best = prove(RealNameLevel::Advanced, 10).await;
        assert_eq!(level(0).await, RealNameLevel::Advanced);
        assert_eq!(level(10).await, RealNameLevel::Primary, "a proof that expired proves nothing");
        let revoked =
            room.db().write_unaudited("test", move |tx| service::revoke_in(tx, account, best, now)).await;
        assert!(revoked.unwrap());
        assert_eq!(level(0).await, RealNameLevel::Primary);
        let mut browser = room.browser();
        browser.sign_in("linzy", crate::testing::PASSWORD).await;
        assert_eq!(browser.signed_in().await.unwrap().level, RealNameLevel::Primary);
    }
}

#[tokio::test]
async fn a_person_has_one_self_owned_account() {
    for room in Room::on_engines().await {
        let (one, two, now) =
            (room.account("first", None).await, room.account("second", None).await, room.now());
        let bind = |account| {
            let (db, keyring, person) =
                (room.db().clone(), Arc::clone(room.db().keyring()), room.db().draw());
            async move {
                db.write_unaudited("test", move |tx| {
                    let document = ResidentId::parse("11010519491231002X", 20261121)?;
                    service::prove_document_in(tx, &keyring, account, person, &document, "林知远", now)
                })
                .await
            }
        };
        let person = bind(one).await.unwrap();
        assert_eq!(bind(one).await.unwrap(), person, "proven again, the same person");
        assert_eq!(bind(two).await.unwrap_err().code, "account.person_taken");
    }
}

/// Random proofs, looked at at random times: the store's level is that of a plain reading of the rules, however many
/// proofs there are, whatever expired or was revoked, and the session's level is the same.
#[tokio::test]
async fn m20_the_derived_level_is_that_of_a_plain_reading_of_the_rules() {
    for room in Room::on_engines().await {
        let rng = kernel::Rng::seeded(20);
        let begin = room.now();
        for round in 0..12 {
            let account = room.account(&format!("walker{round}"), None).await;
            let mut rows: Vec<(Proof, Option<Timestamp>)> = Vec::new();
            for _ in 0..rng.below(7) {
                let proven_at = begin.plus_days(-i64::from(rng.below(40)));
                let level = RealNameLevel::from_rank(1 + i64::from(rng.below(3)));
                let proof = Proof {
                    id: room.db().draw(),
                    account,
                    method: "two_element".into(),
                    provider: "random".into(),
                    level,
                    proven_at,
                    expires_at: proven_at.plus_days(i64::from(rng.below(60))),
                };
                let revoked = (rng.below(3) == 0).then_some(begin);
                let kept = proof.clone();
                room.db()
                    .write_unaudited("test", move |tx| {
                        service::prove_in(tx, &kept)?;
                        if let Some(at) = revoked {
                            assert!(service::revoke_in(tx, kept.account, kept.id, at)?);
                            assert!(!service::revoke_in(tx, kept.account, kept.id, at)?, "once");
                        }
                        Ok(())
                    })
                    .await
                    .unwrap();
                rows.push((proof, revoked));
            }
            for _ in 0..8 {
                let now = begin.plus_days(i64::from(rng.below(70)));
                let wanted = rows
                    .iter()
                    .filter(|(proof, revoked)| revoked.is_none() && now < proof.expires_at)
                    .map(|(proof, _)| proof.level.rank())
                    .max()
                    .unwrap_or(0);
                assert_eq!(
                    service::level_of(room.db(), account, now).await.unwrap().rank(),
                    wanted,
                    "{rows:?}"
                );
            }
            let mut browser = room.browser();
            browser.sign_in(&format!("walker{round}"), crate::testing::PASSWORD).await;
            let (seen, now) = (browser.signed_in().await.unwrap().level, room.now());
            assert_eq!(seen, service::level_of(room.db(), account, now).await.unwrap());
        }
    }
}
