//! Changing the own password: what may not come back, what leaked, what is too old.
use super::{BreachList, breach};
use crate::testing::{Browser, PASSWORD, PHONE, Page, Room};
use http::StatusCode;
use platform::{StaffRole, setting::PasswordPolicy};

fn policy() -> PasswordPolicy {
    PasswordPolicy { memory_kib: 64, passes: 1, ..PasswordPolicy::default() }
}
async fn change(browser: &mut Browser, current: &str, new: &str) -> Page {
    let form = browser.get("/me/password").await;
    let token = form.value("csrf").unwrap();
    let members = [("current_password", current), ("new_password", new), ("return_to", "/me")];
    browser.post("/me/password", &token, &members).await
}

#[tokio::test]
async fn the_last_passwords_may_not_come_back_and_only_their_holder_learns_so() {
    for room in Room::on_engines().await {
        room.change(PasswordPolicy { history: 3, ..policy() }).await;
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let passwords = [PASSWORD, "lantern over water 1", "lantern over water 2", "lantern over water 3"];
        for pair in passwords.windows(2) {
            room.db().clock().advance_seconds(60);
            let [old, new] = pair else { continue };
            assert_eq!(change(&mut browser, old, new).await.status, StatusCode::SEE_OTHER, "{new}");
        }
        for used in ["lantern over water 1", "lantern over water 2"] {
            let page = change(&mut browser, "lantern over water 3", used).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.has("differs from the last 3"), "{}", page.text);
            // Without the current password nothing is said about earlier ones.
            let stranger = change(&mut browser, "no such password", used).await;
            assert!(stranger.has("current password is not correct"), "{}", stranger.text);
        }
        // Beyond the last three, counting the present one, it is forgotten.
        room.db().clock().advance_seconds(60);
        let back = change(&mut browser, "lantern over water 3", PASSWORD).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    }
}

#[tokio::test]
async fn what_is_known_of_the_holder_is_no_password_and_every_class_is_asked_for() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        room.identity.use_holder_words(move |_, asked| {
            Ok(if asked == account {
                vec!["华东期货有限公司".into(), "华东期货".into()]
            } else {
                Vec::new()
            })
        });
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        for (weak, key) in [
            ("linzhiyuan8000", "error-password-personal"),
            ("13800138000lzy", "error-password-personal"),
            ("huadongqihuo", "error-password-personal"),
            ("HDQH8000hdqh", "error-password-personal"),
            ("abcdefgh1", "error-password-weak"),
            ("short7!", "at least 8 characters"),
        ] {
            let page = change(&mut browser, PASSWORD, weak).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
            assert!(page.shows(key) || page.has(key), "{weak}: {}", page.text);
            // The summary says which field.
            assert!(page.has("New password: "), "{}", page.text);
        }
        room.change(PasswordPolicy { classes: 3, minimum_length: 10, ..policy() }).await;
        let page = change(&mut browser, PASSWORD, "lantern over water").await;
        assert!(page.has("at least 3 of capital letters"), "{}", page.text);
        assert!(page.has("of at least 3 kinds"), "the hint says so before");
        let done = change(&mut browser, PASSWORD, "Lantern over water 9").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
}

#[tokio::test]
async fn a_leaked_password_is_refused_at_change_and_at_registration() {
    let folder = std::env::temp_dir().join(format!("fujie-leaked-{}", kernel::Rng::System.short_token()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("list");
    // SHA-1 of "walnut kettle parade 41".
    let hash = {
        use sha1::Digest;
        let digest = sha1::Sha1::digest(b"walnut kettle parade 41");
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<String>()
    };
    breach::build(format!("{hash}:3\n").as_bytes(), &path).unwrap();
    for room in Room::on_engines().await {
        room.identity.use_breach_list(BreachList::open(&path).unwrap());
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let page = change(&mut browser, PASSWORD, "walnut kettle parade 41").await;
        assert!(page.shows("error-password-breached"), "{}", page.text);
        assert_eq!(
            change(&mut browser, PASSWORD, "walnut kettle parade 42").await.status,
            StatusCode::SEE_OTHER
        );
        let over = [("login_name", "newcomer"), ("password", "walnut kettle parade 41")];
        let page = crate::registration::tests::begin_with(&mut room.browser(), &over).await;
        assert!(page.shows("error-password-breached"), "{}", page.text);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_password_that_is_too_old_is_changed_at_the_next_sign_in_not_in_the_middle() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        room.change(PasswordPolicy { staff_max_age_days: 90, max_age_days: 180, ..policy() }).await;
        room.db().clock().advance_seconds(179 * 86_400);
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        room.db().clock().advance_seconds(100);
        assert_eq!(browser.get("/").await.text, "linzy", "not yet");
        room.db().clock().advance_seconds(86_400);
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let led = browser.get("/").await;
        assert_eq!(led.location.as_deref(), Some("/me/password?return_to=/"));
        let page = browser.get("/me/password").await;
        assert!(page.shows("identity-password-overdue"), "{}", page.text);
        assert_eq!(
            change(&mut browser, PASSWORD, "lantern over water 1").await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(browser.get("/").await.text, "linzy");
        // Staff change theirs sooner.
        let now = room.now();
        room.db()
            .write(move |tx| {
                let actor = kernel::Actor::system();
                let role = StaffRole::SecurityAdministrator;
                let event = platform::staff::service::appoint_in(tx, &actor, account, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        room.db().clock().advance_seconds(91 * 86_400);
        let mut browser = room.browser();
        browser.sign_in("linzy", "lantern over water 1").await;
        assert!(browser.get("/me/password").await.shows("identity-password-overdue"));
    }
}

#[tokio::test]
async fn staff_idle_out_before_everybody_else() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        room.account("chensq", None).await;
        let now = room.now();
        room.db()
            .write(move |tx| {
                let actor = kernel::Actor::system();
                let role = StaffRole::SystemAdministrator;
                let event = platform::staff::service::appoint_in(tx, &actor, account, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        let (mut staff, mut person) = (room.browser(), room.browser());
        staff.sign_in("linzy", PASSWORD).await;
        person.sign_in("chensq", PASSWORD).await;
        room.db().clock().advance_seconds(29 * 60);
        assert!(staff.signed_in().await.is_some(), "in use");
        room.db().clock().advance_seconds(31 * 60);
        assert!(staff.signed_in().await.is_none() && person.signed_in().await.is_none());
        let (mut staff, mut person) = (room.browser(), room.browser());
        staff.sign_in("linzy", PASSWORD).await;
        person.sign_in("chensq", PASSWORD).await;
        room.db().clock().advance_seconds(31 * 60);
        assert!(staff.signed_in().await.is_none());
        assert!(person.signed_in().await.is_some());
    }
}

#[tokio::test]
async fn guesses_at_the_change_and_at_the_sign_in_are_one_count() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        for _ in 0..2 {
            let page = change(&mut browser, "no such password", "lantern over water 1").await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        // By any name, from the same place.
        let mut stranger = room.browser();
        for _ in 0..3 {
            stranger.sign_in("linzy", "no such password").await;
        }
        let locked = change(&mut browser, PASSWORD, "lantern over water 1").await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        // Guesses from elsewhere take nothing from the holder here.
        room.db().clock().advance_seconds(16 * 60);
        let mut far = room.browser_at([10, 0, 0, 9]);
        for _ in 0..5 {
            far.sign_in("linzy", "no such password").await;
        }
        let done = change(&mut browser, PASSWORD, "lantern over water 1").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
}
