use super::{Deal, Sending, Sent, To, service};
use crate::testing::Room;
use kernel::Mobile;
use platform::challenge::Attempt;

fn ctx(room: &Room, browser: u8) -> web::Ctx {
    room.ctx([browser; 32])
}
async fn send(room: &Room, ctx: &web::Ctx, purpose: &'static str, deal: Deal) -> Sent {
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
async fn attempt(room: &Room, ctx: &web::Ctx, purpose: &'static str, sent: Sent, code: &str) -> Attempt {
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
        let sent = send(&room, &ctx, "one", Deal::Code).await;
        let code = room.message("13800138000").await.unwrap().code.unwrap();
        assert_eq!(attempt(&room, &ctx, "two", sent, &code).await, Attempt::Gone);
        assert_eq!(attempt(&room, &self::ctx(&room, 2), "one", sent, &code).await, Attempt::Gone);
        assert_eq!(attempt(&room, &ctx, "one", sent, &code).await, Attempt::Right("kept".into()));
        assert_eq!(attempt(&room, &ctx, "one", sent, &code).await, Attempt::Gone);
        assert!(
            matches!(send(&room, &ctx, "other", Deal::Code).await, Sent::Wait { .. }),
            "one number, one pause"
        );
    }
}

#[tokio::test]
async fn a_silent_code_looks_the_same_and_nothing_is_sent() {
    for room in Room::on_engines().await {
        let ctx = ctx(&room, 1);
        let sent = send(&room, &ctx, "one", Deal::Silence).await;
        assert!(matches!(sent, Sent::Sent(_)));
        assert!(room.message("13800138000").await.is_none());
        assert_eq!(attempt(&room, &ctx, "one", sent, "123456").await, Attempt::Wrong { left: 4 });
        let Sent::Sent(id) = sent else { panic!() };
        let waiting = service::waiting(&room.identity, &ctx, "one", id).await.unwrap().unwrap();
        assert_eq!((waiting.to_masked.as_str(), waiting.data.as_str()), ("138****8000", "kept"));
    }
}
