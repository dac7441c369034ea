//! What is counted over several names of one account, and over several codes to one number.
use crate::{
    account::{self, NewSelfOwned},
    testing::{PASSWORD, PHONE, Page, Room},
};
use http::StatusCode;
use kernel::{LoginName, Mobile, ResidentId};
use platform::setting::{CaptchaPolicy, CaptchaStrategy, CodePolicy};
use std::sync::Arc;

const DOCUMENT: &str = "11010519491231002X";

async fn rooms() -> Vec<Room> {
    let rooms = Room::on_engines().await;
    for room in &rooms {
        room.change(CaptchaPolicy { strategy: CaptchaStrategy::Never, ..CaptchaPolicy::default() }).await;
        let new = NewSelfOwned {
            id: room.db().draw(),
            sub: room.db().rng().short_token(),
            login_name: LoginName::parse("linzy").unwrap(),
            name: "林知远".into(),
            phone: Some(Mobile::parse(PHONE).unwrap()),
            document: Some(ResidentId::parse(DOCUMENT, 20261121).unwrap()),
            password_hash: room.hash(PASSWORD).await,
            now: room.now(),
        };
        let keyring = Arc::clone(room.db().keyring());
        room.db()
            .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
            .await
            .unwrap();
    }
    rooms
}
/// The message of a refused sign-in.
fn told(page: &Page) -> String {
    let (_, rest) =
        page.text.split_once("id=\"login-password-e\"").unwrap_or_else(|| panic!("{}", page.text));
    rest.split_once("</p>").unwrap().0.rsplit_once('>').unwrap().1.to_owned()
}

#[tokio::test]
async fn f13_login_name_phone_and_document_of_one_account_share_their_guesses() {
    for room in rooms().await {
        let mut attacker = room.browser();
        let names = ["linzy", PHONE, DOCUMENT, "linzy", PHONE];
        for name in names {
            assert_eq!(
                attacker.sign_in(name, "wrong guess 1").await.status,
                StatusCode::UNPROCESSABLE_ENTITY
            );
        }
        // Five guesses were made: the right password is no longer taken by any of the names, without a word about why.
        for name in [DOCUMENT, "linzy", PHONE] {
            let page = attacker.sign_in(name, PASSWORD).await;
            assert!(page.shows("error-signin-wrong") || page.has("not correct"), "{name}: {}", page.text);
        }
        assert!(attacker.session().is_none());
        // Another source is not held back, nor this one once the window is over.
        let mut holder = room.browser_at([10, 1, 1, 1]);
        assert_eq!(holder.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        room.db().clock().advance_seconds(16 * 60);
        assert_eq!(attacker.sign_in(PHONE, PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn f23_the_shared_count_tells_nothing_about_which_names_are_one_account() {
    for room in rooms().await {
        // The same guesses at names of one account and at names of nobody read the same, guess by guess.
        let ours = ["linzy", PHONE, DOCUMENT, "linzy", PHONE, DOCUMENT, "linzy", PHONE];
        let nobody = ["nobody", "13900139000", "11010519491231003X"];
        let nobody: Vec<&str> = ours
            .iter()
            .map(|name| match *name {
                "linzy" => nobody[0],
                PHONE => nobody[1],
                _ => nobody[2],
            })
            .collect();
        let (mut here, mut there) = (room.browser_at([10, 1, 1, 1]), room.browser_at([10, 2, 2, 2]));
        for (own, other) in ours.iter().zip(nobody) {
            let (known, unknown) =
                (here.sign_in(own, "wrong 1").await, there.sign_in(other, "wrong 1").await);
            assert_eq!(known.status, unknown.status, "{own}");
            assert_eq!(told(&known), told(&unknown), "{own}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f13_guesses_at_once_by_all_names_are_counted_together() {
    for room in rooms().await {
        // Four wrong ones, then many at once with one right password among them, under three names.
        let mut attacker = room.browser();
        for name in ["linzy", PHONE, DOCUMENT, "linzy"] {
            attacker.sign_in(name, "wrong guess 1").await;
        }
        let tasks: Vec<_> = (0..24)
            .map(|n| {
                let mut browser = room.browser();
                let name = ["linzy", PHONE, DOCUMENT][n % 3];
                tokio::spawn(async move {
                    browser.sign_in(name, "wrong guess 1").await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        for name in ["linzy", PHONE, DOCUMENT] {
            assert_ne!(attacker.sign_in(name, PASSWORD).await.status, StatusCode::SEE_OTHER, "{name}");
        }
    }
}

#[tokio::test]
async fn a_right_password_takes_back_what_was_counted() {
    for room in rooms().await {
        for _ in 0..3 {
            let mut browser = room.browser();
            for name in ["linzy", PHONE, DOCUMENT, "linzy"] {
                browser.sign_in(name, "wrong guess 1").await;
            }
            assert_eq!(browser.sign_in(DOCUMENT, PASSWORD).await.status, StatusCode::SEE_OTHER);
        }
    }
}

#[tokio::test]
async fn m05_risk_knows_the_browser_that_the_account_used_before() {
    for room in rooms().await {
        let mut browser = room.browser_at([10, 1, 1, 1]);
        assert_eq!(browser.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        room.change(CaptchaPolicy { strategy: CaptchaStrategy::Risk, ..CaptchaPolicy::default() }).await;
        // The same browser elsewhere is known by its cookie; another browser elsewhere is asked.
        let mut moved = room.browser_at([10, 7, 7, 7]);
        moved.cookies = browser.cookies.clone();
        moved.cookies.remove("fujie-8080");
        assert_eq!(moved.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        let asked = room.browser_at([10, 8, 8, 8]).sign_in("linzy", PASSWORD).await;
        assert!(asked.shows("error-captcha-now-wanted"), "{}", asked.text);
    }
}
/// Sends a code for registration and answers wrongly until nothing is taken any more; how many guesses counted.
async fn guess_all(room: &Room, login_name: &str) -> i64 {
    let mut browser = room.browser();
    let begun = crate::registration::tests::begin(&mut browser, login_name, PHONE).await;
    if begun.status != StatusCode::SEE_OTHER {
        return 0;
    }
    let (token, challenge) = crate::registration::tests::code_page(&mut browser, &begun).await;
    let code = crate::registration::tests::code_of(room, PHONE).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let mut counted = 0;
    loop {
        let members = [("challenge", challenge.as_str()), ("code", wrong)];
        let page = browser.post("/register/verify", &token, &members).await;
        counted += 1;
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            return counted;
        }
    }
}
#[tokio::test]
async fn f13_wrong_codes_to_one_number_are_counted_over_all_codes() {
    for room in Room::on_engines().await {
        let policy = CodePolicy {
            attempts: 5,
            wrong_per_target: 12,
            resend_seconds: 10,
            per_phone_hour: 100,
            per_phone_day: 200,
            ..CodePolicy::default()
        };
        room.change(policy).await;
        let mut counted = Vec::new();
        for n in 0..4 {
            room.db().clock().advance_seconds(11);
            counted.push(guess_all(&room, &format!("guess{n}")).await);
        }
        assert_eq!(counted.iter().take(2).sum::<i64>(), 10, "{counted:?}");
        assert_eq!(counted.get(3), Some(&0), "no further code is sent either: {counted:?}");
        // Another number is not held back, and this one neither on the next day.
        let mut other = room.browser();
        let begun = crate::registration::tests::begin(&mut other, "other", "13900139000").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER);
        room.db().clock().advance_seconds(86_400);
        assert!(guess_all(&room, "tomorrow").await > 0);
    }
}

/// Medians of wrong passwords for known and unknown names, at the parameters that the policy has by default. The words and
/// the status must be the same; the times are printed, and the bench measures them on a machine that does nothing else.
#[tokio::test]
async fn f23_known_and_unknown_names_get_the_same_answer_and_about_the_same_time() {
    let room = Room::over(db::testing::sqlite().await).await;
    room.change(platform::setting::PasswordPolicy::default()).await;
    room.change(CaptchaPolicy { strategy: CaptchaStrategy::Never, ..CaptchaPolicy::default() }).await;
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..12 {
        room.account(&format!("known{n}"), None).await;
        let mut answers = Vec::new();
        for (kind, times) in ["known", "nobody"].into_iter().zip(&mut times) {
            let mut browser = room.browser_at([10, 20, n, 1]);
            let begun = std::time::Instant::now();
            let page = browser.sign_in(&format!("{kind}{n}"), "wrong guess 1").await;
            times.push(begun.elapsed());
            answers.push((page.status, told(&page)));
        }
        assert_eq!(answers.first(), answers.last());
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    });
    println!("known {known:?}, unknown {unknown:?}");
}
