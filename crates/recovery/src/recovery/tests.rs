//! The services on both engines: every way at every level, races, replays, limits, and what a stranger sees.
use super::{
    model::{Moved, Step, Way},
    service,
};
use crate::testing::{ANSWERS, NEW, PASSWORD, Room, answers, led_to};
use factor::{recovery_code, totp};
use identity::{account::AccountState, credential::Password, realname::RealNameLevel};
use kernel::LoginName;
use std::sync::Arc;

fn seconds_ago(days: i64) -> i64 {
    -days * 86_400
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m67_m68_m69_m70_every_way_at_every_level_with_and_without_a_second_factor() {
    for room in Room::on_engines().await {
        let mut n = 0;
        for level in [
            None,
            Some(RealNameLevel::Primary),
            Some(RealNameLevel::Intermediate),
            Some(RealNameLevel::Advanced),
        ] {
            for with_app in [false, true] {
                for way in Way::ALL.iter().copied() {
                    n += 1;
                    let holder = room.holder(n).await;
                    let app = if with_app { Some(room.authenticator(&holder).await) } else { None };
                    if let Some(level) = level {
                        room.raise(&holder, level).await;
                    }
                    let what = format!("{way} at {level:?}, app: {with_app}");
                    let mut old = room.browser();
                    if !with_app {
                        old.sign_in(&holder.login_name, PASSWORD).await;
                        assert!(old.signed_in().await.is_some(), "{what}");
                    }
                    let ctx = room.ctx(n);
                    let begun = room.begin(&ctx, &holder.login_name).await;
                    let mut moved = room.prove(&ctx, begun, way, &holder).await;
                    if way == Way::Questions && level == Some(RealNameLevel::Advanced) {
                        let more = led_to(&moved, Step::Choose);
                        moved = room.prove(&ctx, more, Way::Mail, &holder).await;
                    }
                    if let Some(app) = app {
                        let step = led_to(&moved, Step::Factor);
                        let none = room.set_password(&ctx, step, NEW).await;
                        assert_eq!(none, Moved::Gone, "{what}: the factor is not skipped");
                        let code = totp::Code::parse("code", &app.code(room.now())).unwrap();
                        moved = service::factor(&room.identity, &ctx, step, &service::Factor::Totp(code))
                            .await
                            .unwrap();
                    }
                    let last = led_to(&moved, Step::Password);
                    assert_eq!(room.set_password(&ctx, last, NEW).await, Moved::Done, "{what}");
                    assert_eq!(room.set_password(&ctx, last, NEW).await, Moved::Gone, "{what}: once");
                    assert!(old.signed_in().await.is_none(), "{what}: every session ended");
                    if !with_app {
                        let mut browser = room.browser();
                        browser.sign_in(&holder.login_name, PASSWORD).await;
                        assert!(browser.signed_in().await.is_none(), "{what}: the old password is dead");
                        browser.sign_in(&holder.login_name, NEW).await;
                        assert!(browser.signed_in().await.is_some(), "{what}: the new one signs in");
                    }
                    for to in [&holder.phone, &holder.email] {
                        assert!(room.was_told(to, "notice.recovered").await, "{what}: {to} is told");
                    }
                }
            }
        }
        assert_eq!(room.events("recovery.done").await, i64::from(n));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m67_a_number_that_was_not_confirmed_for_half_a_year_needs_another_way() {
    for room in Room::on_engines().await {
        for (n, level, days, enough) in [
            (1, RealNameLevel::Intermediate, 181, false),
            (2, RealNameLevel::Advanced, 181, false),
            (3, RealNameLevel::Intermediate, 179, true),
            (4, RealNameLevel::Primary, 181, true),
        ] {
            let holder = room.holder(n).await;
            room.raise(&holder, level).await;
            let (id, at) = (holder.account, room.now().plus_seconds(seconds_ago(days)));
            room.write(move |tx| {
                tx.run("UPDATE account SET phone_proven_at = $2 WHERE id = $1", &[&id, &at])
            })
            .await;
            let ctx = room.ctx(n);
            let begun = room.begin(&ctx, &holder.phone).await;
            let moved = room.prove(&ctx, begun, Way::Sms, &holder).await;
            if enough {
                led_to(&moved, Step::Password);
                continue;
            }
            let more = led_to(&moved, Step::Choose);
            assert_eq!(room.set_password(&ctx, more, NEW).await, Moved::Gone);
            assert_eq!(
                service::choose(&room.identity, &ctx, more, Way::Sms).await.unwrap(),
                Moved::Gone,
                "the same way does not count twice"
            );
            let moved = room.prove(&ctx, more, Way::Questions, &holder).await;
            led_to(&moved, Step::Password);
            // The code that was sent did not make the number young: the next attempt wants two ways again.
            room.pass(61);
            let ctx = room.ctx(n + 100);
            let begun = room.begin(&ctx, &holder.phone).await;
            let moved = room.prove(&ctx, begun, Way::Sms, &holder).await;
            led_to(&moved, Step::Choose);
        }
    }
}

/// One winner among many that take the same step at once; whoever loses is told that it is over.
async fn one_of<F, T>(tasks: impl Iterator<Item = F>) -> Moved
where
    F: Future<Output = T> + Send + 'static,
    T: Into<Moved> + Send + 'static,
{
    let running: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut won = Vec::new();
    for task in running {
        match task.await.unwrap().into() {
            moved @ (Moved::To(..) | Moved::Done) => won.push(moved),
            Moved::Gone
            | Moved::Exhausted
            | Moved::Wait { .. }
            | Moved::Wrong { .. }
            | Moved::Locked { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    won.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f08_each_step_taken_from_fifty_tasks_has_one_winner() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let app = room.authenticator(&holder).await;
        let ctx = room.ctx(1);
        let id = room.begin(&ctx, &holder.login_name).await;
        let chosen = one_of((0..50).map(|_| {
            let (room, ctx) = (room.clone(), ctx.clone());
            async move { service::choose(&room.identity, &ctx, id, Way::Sms).await.unwrap() }
        }))
        .await;
        let Moved::To(Step::Prove { way: Way::Sms, .. }, id) = chosen else { panic!("{chosen:?}") };
        room.identity.outbox().drain().await.unwrap();
        let codes = room.identity.outbox().local_outbox().unwrap().list();
        assert_eq!(codes.iter().filter(|m| m.purpose == "recover").count(), 1, "one message");
        let code = room.message(&holder.phone).await.unwrap().code.unwrap();
        let proven = one_of((0..50).map(|_| {
            let (room, ctx, code) = (room.clone(), ctx.clone(), code.clone());
            async move { service::code(&room.identity, &ctx, id, &code).await.unwrap() }
        }))
        .await;
        let id = led_to(&proven, Step::Factor);
        let code = totp::Code::parse("code", &app.code(room.now())).unwrap();
        // The factor locks after a few tries whatever is typed: each of these is counted, and one of them counts.
        let passed = one_of((0..4).map(|_| {
            let (room, ctx, code) = (room.clone(), ctx.clone(), code.clone());
            async move {
                match service::factor(&room.identity, &ctx, id, &service::Factor::Totp(code)).await.unwrap() {
                    Moved::Used => Moved::Gone,
                    other => other,
                }
            }
        }))
        .await;
        let id = led_to(&passed, Step::Password);
        one_of((0..50).map(|n| {
            let (room, ctx) = (room.clone(), ctx.clone());
            async move { room.set_password(&ctx, id, &format!("{NEW}-{n}")).await }
        }))
        .await;
        assert_eq!(room.events("recovery.done").await, 1);

        let other = room.holder(2).await;
        let ctx = room.ctx(2);
        let id = room.begin(&ctx, &other.login_name).await;
        let id = room.choose(&ctx, id, Way::Alipay).await;
        let result = room.alipay_result(&ctx, id, &other.subject).await;
        one_of((0..50).map(|_| {
            let (room, ctx) = (room.clone(), ctx.clone());
            async move {
                match service::alipay_proof(&room.identity, &ctx, id, result).await.unwrap() {
                    Moved::Foreign => Moved::Gone,
                    other => other,
                }
            }
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f13_guesses_at_answers_are_counted_before_they_are_compared() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let ctx = room.ctx(1);
        let id = room.begin(&ctx, &holder.login_name).await;
        let id = room.choose(&ctx, id, Way::Questions).await;
        let tasks: Vec<_> = (0..32)
            .map(|n| {
                let (room, ctx) = (room.clone(), ctx.clone());
                tokio::spawn(async move {
                    let guess = answers([&format!("guess {n}"), "b2", "c3"]);
                    service::answers(&room.identity, &ctx, id, &guess).await.unwrap()
                })
            })
            .collect();
        let mut wrong = 0;
        for task in tasks {
            match task.await.unwrap() {
                Moved::Wrong { .. } => wrong += 1,
                Moved::Locked { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(wrong, 5, "five guesses, however many come at once");
        let right = service::answers(&room.identity, &ctx, id, &answers(ANSWERS)).await.unwrap();
        assert!(matches!(right, Moved::Locked { .. }), "the right one after them is refused: {right:?}");
        // Another browser and another name for the same account: the account counts too, in silence.
        let renamed = async |name: &str| {
            room.pass(3601);
            let (id, new) = (holder.account, LoginName::parse(name).unwrap());
            room.write(move |tx| identity::account::service::set_login_name_in(tx, id, &new)).await;
        };
        for (browser, name) in [(2, "linzy.second"), (3, "linzy.third")] {
            renamed(name).await;
            let ctx = room.ctx(browser);
            let begun = room.begin(&ctx, name).await;
            let id = room.choose(&ctx, begun, Way::Questions).await;
            for _ in 0..5 {
                let guess = answers(["a1", "b2", "c3"]);
                let wrong = service::answers(&room.identity, &ctx, id, &guess).await.unwrap();
                assert!(matches!(wrong, Moved::Wrong { .. }), "{wrong:?}");
            }
        }
        renamed("linzy.fourth").await;
        let ctx = room.ctx(4);
        let begun = room.begin(&ctx, "linzy.fourth").await;
        let id = room.choose(&ctx, begun, Way::Questions).await;
        let right = service::answers(&room.identity, &ctx, id, &answers(ANSWERS)).await.unwrap();
        assert!(matches!(right, Moved::Wrong { .. }), "fifteen a day: {right:?}");
        // Codes are counted apart.
        let id = room.choose(&ctx, id, Way::Sms).await;
        let code = room.message(&holder.phone).await.unwrap().code.unwrap();
        led_to(&service::code(&room.identity, &ctx, id, &code).await.unwrap(), Step::Password);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_a_step_belongs_to_its_browser_and_to_its_ten_minutes() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let (ctx, stranger) = (room.ctx(1), room.ctx(2));
        let begun = room.begin(&ctx, &holder.login_name).await;
        assert_eq!(service::choose(&room.identity, &stranger, begun, Way::Sms).await.unwrap(), Moved::Gone);
        let step = room.choose(&ctx, begun, Way::Sms).await;
        assert_eq!(
            service::choose(&room.identity, &ctx, begun, Way::Mail).await.unwrap(),
            Moved::Gone,
            "replayed"
        );
        let code = room.message(&holder.phone).await.unwrap().code.unwrap();
        assert_eq!(service::code(&room.identity, &stranger, step, &code).await.unwrap(), Moved::Gone);
        let last = led_to(&service::code(&room.identity, &ctx, step, &code).await.unwrap(), Step::Password);
        assert_eq!(service::code(&room.identity, &ctx, step, &code).await.unwrap(), Moved::Gone, "replayed");
        assert_eq!(room.set_password(&stranger, last, NEW).await, Moved::Gone);
        room.pass(600);
        assert_eq!(room.set_password(&room.ctx(1), last, NEW).await, Moved::Gone, "ten minutes");
        assert_eq!(room.events("recovery.done").await, 0);
        // A code outlives neither its five minutes nor the flow.
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let step = room.choose(&ctx, begun, Way::Sms).await;
        let code = room.message(&holder.phone).await.unwrap().code.unwrap();
        room.pass(301);
        assert_eq!(service::code(&room.identity, &room.ctx(1), step, &code).await.unwrap(), Moved::Exhausted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_what_was_proven_for_one_account_opens_no_other() {
    for room in Room::on_engines().await {
        let (mine, theirs) = (room.holder(1).await, room.holder(2).await);
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &theirs.login_name).await;
        // The own Alipay for somebody else's account, then what was proven for another step.
        let step = room.choose(&ctx, begun, Way::Alipay).await;
        let result = room.alipay_result(&ctx, step, &mine.subject).await;
        assert_eq!(service::alipay_proof(&room.identity, &ctx, step, result).await.unwrap(), Moved::Foreign);
        let own = room.begin(&ctx, &mine.login_name).await;
        let own = room.choose(&ctx, own, Way::Alipay).await;
        let result = room.alipay_result(&ctx, own, &theirs.subject).await;
        assert_eq!(
            service::alipay_proof(&room.identity, &ctx, step, result).await.unwrap(),
            Moved::Foreign,
            "a result of another step"
        );
        // A code that another flow of this browser was sent.
        let own = room.choose(&ctx, own, Way::Sms).await;
        let code = room.message(&mine.phone).await.unwrap().code.unwrap();
        let step = room.choose(&ctx, step, Way::Mail).await;
        assert!(matches!(
            service::code(&room.identity, &ctx, step, &code).await.unwrap(),
            Moved::Wrong { .. }
        ));
        // The number is exchanged while the code is on its way: it proves nothing any more.
        let id = mine.account;
        room.write(move |tx| tx.run("UPDATE account SET phone_proven = $2 WHERE id = $1", &[&id, &false]))
            .await;
        assert_eq!(service::code(&room.identity, &ctx, own, &code).await.unwrap(), Moved::Gone);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovery_codes_stand_in_for_the_app_and_wrong_ones_do_not() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let app = room.authenticator(&holder).await;
        let codes = recovery_code::service::draw(room.db().rng());
        let (keyring, id, set, now) =
            (Arc::clone(room.db().keyring()), holder.account, codes.clone(), room.now());
        room.write(move |tx| recovery_code::service::replace_in(tx, &keyring, id, &set, now)).await;
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let step = led_to(&room.prove(&ctx, begun, Way::Mail, &holder).await, Step::Factor);
        let shown = service::factors(&room.identity, &ctx, step).await.unwrap().unwrap();
        assert_eq!((shown.totp, shown.recovery_codes_left, shown.passkeys), (1, 10, 0));
        let wrong = totp::Code::parse("code", &app.code(room.now().plus_seconds(3600))).unwrap();
        let factor = service::Factor::Totp(wrong);
        let moved = service::factor(&room.identity, &ctx, step, &factor).await.unwrap();
        assert!(matches!(moved, Moved::Wrong { left: Some(4) }), "{moved:?}");
        let factor = service::Factor::RecoveryCode(codes.first().unwrap().clone());
        let moved = service::factor(&room.identity, &ctx, step, &factor).await.unwrap();
        let last = led_to(&moved, Step::Password);
        assert_eq!(room.set_password(&ctx, last, NEW).await, Moved::Done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_factor_or_a_level_that_came_meanwhile_is_asked_before_the_password() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let last = led_to(&room.prove(&ctx, begun, Way::Questions, &holder).await, Step::Password);
        room.raise(&holder, RealNameLevel::Advanced).await;
        let moved = room.set_password(&ctx, last, NEW).await;
        let more = led_to(&moved, Step::Choose);
        let last = led_to(&room.prove(&ctx, more, Way::Mail, &holder).await, Step::Password);
        room.authenticator(&holder).await;
        let moved = room.set_password(&ctx, last, NEW).await;
        led_to(&moved, Step::Factor);
        assert_eq!(room.events("recovery.done").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_account_does_not_come_back_and_its_holder_alone_learns_why() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let (id, now) = (holder.account, room.now());
        room.write(move |tx| identity::account::service::set_state_in(tx, id, AccountState::Disabled, now))
            .await;
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let step = room.choose(&ctx, begun, Way::Sms).await;
        let told = room.message(&holder.phone).await.unwrap();
        assert!(
            told.code.is_none() && told.text == web::Lang::En.t("recovery-message-suspended"),
            "{}",
            told.text
        );
        assert!(matches!(
            service::code(&room.identity, &ctx, step, "123456").await.unwrap(),
            Moved::Wrong { .. }
        ));
        let step = room.choose(&ctx, step, Way::Questions).await;
        let right = service::answers(&room.identity, &ctx, step, &answers(ANSWERS)).await.unwrap();
        assert!(matches!(right, Moved::Wrong { .. }), "{right:?}");
        let step = room.choose(&ctx, step, Way::Alipay).await;
        let result = room.alipay_result(&ctx, step, &holder.subject).await;
        assert_eq!(service::alipay_proof(&room.identity, &ctx, step, result).await.unwrap(), Moved::Foreign);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_password_of_a_managed_account_is_over_after_recovery() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let (id, now) = (holder.account, room.now());
        room.write(move |tx| {
            tx.run("UPDATE password SET temporary = $2 WHERE account_id = $1", &[&id, &true])
        })
        .await;
        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.phone).await;
        let last = led_to(&room.prove(&ctx, begun, Way::Sms, &holder).await, Step::Password);
        let weak = Password::parse("new_password", "password1").unwrap();
        let error = service::set_password(&room.identity, &ctx, last, &weak).await.unwrap_err();
        assert_eq!(error.field, Some("new_password"), "the rules hold: {error}");
        let named = Password::parse("new_password", &holder.login_name).unwrap();
        assert!(service::set_password(&room.identity, &ctx, last, &named).await.is_err());
        assert_eq!(room.set_password(&ctx, last, NEW).await, Moved::Done, "the step was not used up");
        let (temporary, set_at): (bool, kernel::Timestamp) = room
            .db()
            .read(move |tx| tx.one("SELECT temporary, set_at FROM password WHERE account_id = $1", &[&id]))
            .await
            .unwrap();
        assert!(!temporary && set_at == now);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_a_number_are_kept_in_silence_and_those_of_an_identifier_are_told() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        // Somebody else just had a code sent to the number: a stranger must not learn whose number it is.
        let ctx = room.ctx(1);
        let first = room.begin(&ctx, &holder.phone).await;
        room.choose(&ctx, first, Way::Sms).await;
        room.message(&holder.phone).await.unwrap();
        let sent = room.count("outbox").await;
        let ctx = room.ctx(2);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let step = room.choose(&ctx, begun, Way::Sms).await;
        assert_eq!(room.count("outbox").await, sent, "nothing more was sent");
        // The same identifier again, whoever has it: wait.
        for typed in [holder.login_name.as_str(), "nobody.here"] {
            let ctx = room.ctx(3);
            let begun = room.begin(&ctx, typed).await;
            if typed == "nobody.here" {
                room.choose(&ctx, begun, Way::Sms).await;
                let again = room.begin(&ctx, typed).await;
                let moved = service::choose(&room.identity, &ctx, again, Way::Sms).await.unwrap();
                assert_eq!(moved, Moved::Wait { seconds: 60 }, "{typed}");
            } else {
                let moved = service::choose(&room.identity, &ctx, begun, Way::Sms).await.unwrap();
                assert_eq!(moved, Moved::Wait { seconds: 60 }, "{typed}");
            }
        }
        assert!(matches!(
            service::code(&room.identity, &room.ctx(2), step, "123456").await.unwrap(),
            Moved::Wrong { .. }
        ));
    }
}
