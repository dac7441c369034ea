use super::{Deal, Sending, Sent, To, service};
use crate::testing::Room;
use kernel::Mobile;
use platform::{Purpose, challenge::Attempt};

platform::purpose!(const ONE = "one", CodeOrWords by Sms);
platform::purpose!(const TWO = "two", Code by Sms);
platform::purpose!(const OTHER = "other", Code by Sms);

fn ctx(room: &Room, browser: u8) -> web::Ctx {
    room.ctx([browser; 32])
}
async fn send(room: &Room, ctx: &web::Ctx, purpose: Purpose, deal: Deal) -> Sent {
    let policies = room.identity.settings().policies().await.unwrap();
    let to = To::Sms(Mobile::parse("13800138000").unwrap());
    let sending = Sending::new(&room.identity, ctx, &policies, purpose, &to, "identity-sms-register-code");
    let (identity, browser, now) = (room.identity.clone(), ctx.browser, ctx.now);
    room.db()
        .write_unaudited("test", move |tx| {
            service::open_in(tx, &identity, &sending, &deal, "kept", browser, now)
        })
        .await
        .unwrap()
}
async fn attempt(room: &Room, ctx: &web::Ctx, purpose: Purpose, sent: Sent, code: &str) -> Attempt {
    let Sent::Sent(id) = sent else { panic!("{sent:?}") };
    let (identity, browser, now, code) = (room.identity.clone(), ctx.browser, ctx.now, code.to_owned());
    room.db()
        .write_unaudited("test", move |tx| {
            service::attempt_in(tx, &identity, purpose, id, &browser, &code, now)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_code_opens_its_purpose_in_its_browser_once() {
    for room in Room::on_engines().await {
        let ctx = ctx(&room, 1);
        let sent = send(&room, &ctx, ONE, Deal::Code).await;
        let code = room.message("13800138000").await.unwrap().code.unwrap();
        assert_eq!(attempt(&room, &ctx, TWO, sent, &code).await, Attempt::Gone);
        assert_eq!(attempt(&room, &self::ctx(&room, 2), ONE, sent, &code).await, Attempt::Gone);
        assert_eq!(attempt(&room, &ctx, ONE, sent, &code).await, Attempt::Right("kept".into()));
        assert_eq!(attempt(&room, &ctx, ONE, sent, &code).await, Attempt::Gone);
        assert!(
            matches!(send(&room, &ctx, OTHER, Deal::Code).await, Sent::Wait { .. }),
            "one number, one pause"
        );
    }
}

#[tokio::test]
async fn a_silent_code_looks_the_same_and_nothing_is_sent() {
    for room in Room::on_engines().await {
        let ctx = ctx(&room, 1);
        let sent = send(&room, &ctx, ONE, Deal::Silence).await;
        assert!(matches!(sent, Sent::Sent(_)));
        assert!(room.message("13800138000").await.is_none());
        assert_eq!(attempt(&room, &ctx, ONE, sent, "123456").await, Attempt::Wrong { left: 4 });
        let Sent::Sent(id) = sent else { panic!() };
        let waiting = service::waiting(&room.identity, &ctx, ONE, id).await.unwrap().unwrap();
        assert_eq!((waiting.to_masked.as_str(), waiting.data.as_str()), ("138****8000", "kept"));
    }
}

/// Asks from that address, types what is given. None: no code was sent.
async fn tried(room: &Room, browser: u8, address: [u8; 4], codes: &[&str]) -> Option<Attempt> {
    let ctx = web::Ctx { address: address.into(), ..ctx(room, browser) };
    room.db().clock().advance_seconds(61);
    let sent = send(room, &ctx, ONE, Deal::Code).await;
    if !matches!(sent, Sent::Sent(_)) {
        return None;
    }
    let right = room.message("13800138000").await.unwrap().code.unwrap();
    let mut last = None;
    for code in codes {
        let code = match *code {
            "right" => right.clone(),
            _ if right == "000000" => "111111".to_owned(),
            _ => "000000".to_owned(),
        };
        last = Some(attempt(room, &ctx, ONE, sent, &code).await);
    }
    last
}

#[tokio::test]
async fn strangers_use_up_what_strangers_have_and_the_holder_keeps_a_way() {
    for room in Room::on_engines().await {
        let policy = platform::setting::CodePolicy {
            per_phone_hour: 100,
            per_phone_day: 12,
            wrong_per_target: 30,
            ..Default::default()
        };
        room.change(policy).await;
        const HOME: [u8; 4] = [10, 1, 0, 1];
        assert!(matches!(tried(&room, 1, HOME, &["right"]).await, Some(Attempt::Right(_))));
        // From any number of addresses, thirty wrong codes a day, counted from the first.
        let mut wrong = 0;
        for n in 0..20 {
            let Some(attempt) = tried(&room, 2, [10, 9, n, 1], &["wrong"; 5]).await else { break };
            wrong += 5;
            assert_eq!(attempt, Attempt::Wrong { left: 0 }, "{n}");
        }
        assert_eq!(wrong, 30);
        assert!(tried(&room, 1, [10, 1, 0, 2], &["right"]).await.is_none(), "nor is one sent elsewhere");
        // Where the holder gave a right code before nothing of it is felt, and that is bounded too.
        for n in 0..6 {
            let attempt = tried(&room, 1, HOME, &["wrong", "wrong", "wrong", "wrong", "right"]).await;
            assert!(matches!(attempt, Some(Attempt::Right(_))), "{n}: {attempt:?}");
        }
        let attempt = tried(&room, 1, HOME, &["wrong"; 5]).await;
        assert_eq!(attempt, Some(Attempt::Wrong { left: 0 }));
        assert!(tried(&room, 1, HOME, &["wrong"; 5]).await.is_some(), "29 and a right one took nothing back");
        assert!(tried(&room, 1, HOME, &["right"]).await.is_none());
    }
}
