//! The passkey of somebody who lost the password: the own one, for this step, once.
use super::{Moved, Step, Way, service};
use crate::testing::{Holder, NEW, Room, led_to};
use factor::passkey::{Added, Answer, Registration, service as passkeys};
use std::sync::Arc;
use testkit::passkey::SoftPasskey;
use web::Ctx;

const ORIGIN: &str = "http://localhost:8080";

/// Keys are bound to a host name, which a bare address is not.
fn at_localhost(room: &Room, browser: u16) -> Ctx {
    let db = room.db();
    let app = web::App::new(ORIGIN, Arc::clone(db.keyring()), db.clock().clone(), db.rng().clone());
    Ctx { app: Arc::new(app.unwrap()), ..room.ctx(browser) }
}
async fn key_of(room: &Room, holder: &Holder) -> SoftPasskey {
    let (ctx, account) = (at_localhost(room, 900), holder.account);
    let ceremony = passkeys::begin_registration(room.db(), &ctx, account, "l", "L").await.unwrap();
    let (key, credential) = SoftPasskey::create(ORIGIN, &ceremony.public_key, false).unwrap();
    let answer = Answer { challenge: ceremony.challenge, credential };
    let made = passkeys::finish_registration(room.db(), &ctx, account, &answer).await.unwrap();
    let Registration::Right(fresh) = made else { panic!("{made:?}") };
    let (keyring, now, id) = (Arc::clone(room.db().keyring()), room.now(), room.db().draw());
    let added =
        room.write(move |tx| passkeys::add_in(tx, &keyring, account, id, &fresh, "Laptop", now)).await;
    assert_eq!(added, Added::Done);
    key
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn m67_the_own_passkey_is_the_second_factor_and_serves_one_step_once() {
    for room in Room::on_engines().await {
        let (mine, theirs) = (room.holder(1).await, room.holder(2).await);
        let (mut own, mut foreign) = (key_of(&room, &mine).await, key_of(&room, &theirs).await);
        let (ctx, stranger) = (at_localhost(&room, 1), at_localhost(&room, 2));
        let begun = room.begin(&ctx, &mine.phone).await;
        let step = led_to(&room.prove(&ctx, begun, Way::Sms, &mine).await, Step::Factor);
        let shown = service::factors(&room.identity, &ctx, step).await.unwrap().unwrap();
        assert_eq!((shown.totp, shown.passkeys), (0, 1));
        assert!(service::begin_passkey(&room.identity, &stranger, step).await.unwrap().is_none());
        assert!(service::begin_passkey(&room.identity, &ctx, begun).await.unwrap().is_none(), "used up");
        let ask = async || service::begin_passkey(&room.identity, &ctx, step).await.unwrap().unwrap();
        let answer =
            async |answer: &Answer| service::passkey(&room.identity, &ctx, step, answer).await.unwrap();

        // Somebody else's key; the own one, for another ceremony; the own one, to another browser.
        let asked = ask().await;
        let credential = foreign.sign(&asked.public_key).unwrap();
        let refused = answer(&Answer { challenge: asked.challenge, credential }).await.unwrap_err();
        assert_eq!(refused.code, "passkey.unknown");
        for (purpose, by) in [("sign_in.passkey", &ctx), ("recover.passkey", &stranger)] {
            let asked = passkeys::begin_assertion(room.db(), by, purpose, Some(mine.account)).await.unwrap();
            let credential = own.sign(&asked.public_key).unwrap();
            let refused = answer(&Answer { challenge: asked.challenge, credential }).await.unwrap_err();
            assert_eq!(refused.code, "passkey.over", "{purpose}");
        }

        // Right, from many tabs: one goes on.
        let asked = ask().await;
        let credential = own.sign(&asked.public_key).unwrap();
        let right = Answer { challenge: asked.challenge, credential };
        let tabs: Vec<_> = (0..20)
            .map(|_| {
                let (room, ctx, right) = (room.clone(), ctx.clone(), right.clone());
                tokio::spawn(
                    async move { service::passkey(&room.identity, &ctx, step, &right).await.unwrap() },
                )
            })
            .collect();
        let mut won = Vec::new();
        for tab in tabs {
            if let Ok(moved @ Moved::To(..)) = tab.await.unwrap() {
                won.push(moved);
            }
        }
        assert_eq!(won.len(), 1, "{won:?}");
        let last = led_to(won.first().unwrap(), Step::Password);
        assert!(answer(&right).await.is_err(), "a signature counts once");
        assert_eq!(room.set_password(&ctx, last, NEW).await, Moved::Done);
        // The key itself is what it was.
        assert_eq!(factor::summary(room.db(), mine.account).await.unwrap().passkeys, 1);
    }
}
