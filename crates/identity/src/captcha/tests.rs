use super::model::{Purpose, Question, Way, do_work, is_work};
use crate::testing::{BITS, Room};
use http::StatusCode;
use kernel::Rng;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static KEYRING: LazyLock<Arc<db::Keyring>> =
    LazyLock::new(|| Arc::new(db::Keyring::ephemeral(&Rng::System).unwrap()));

fn question(way: Way) -> Question {
    Question { id: kernel::Id::from_i64(77_000_000_123), purpose: Purpose::SignIn, way }
}

#[test]
fn a_token_belongs_to_one_browser_and_purpose() {
    let token = question(Way::Picture).token(&KEYRING, &[1; 32]);
    assert_eq!(Question::open(&KEYRING, &[1; 32], &token), Some(question(Way::Picture)));
    assert_eq!(Question::open(&KEYRING, &[2; 32], &token), None);
    assert_eq!(Question::open(&KEYRING, &[1; 32], &token.replacen("sp", "rp", 1)), None);
    assert_eq!(Question::open(&KEYRING, &[1; 32], &token.replacen("sp", "sw", 1)), None);
}

proptest! {
    #[test]
    fn any_text_is_a_token_or_none(text in "\\PC{0,80}") {
        prop_assert!(Question::open(&KEYRING, &[1; 32], &text).is_none());
    }
    #[test]
    fn a_question_in_words_is_the_same_each_time_and_answered_in_either_language(id in 1i64..) {
        let question = Question { id: kernel::Id::from_i64(id), purpose: Purpose::Register, way: Way::Words };
        for lang in web::Lang::ALL {
            prop_assert_eq!(question.riddle(&KEYRING).words(lang), question.riddle(&KEYRING).words(lang));
            prop_assert!(question.is_answer(&KEYRING, &question.riddle(&KEYRING).answer(lang)));
        }
        prop_assert!(!question.is_answer(&KEYRING, "") && !question.is_answer(&KEYRING, "99"));
    }
    #[test]
    fn letters_are_accepted_as_people_type_them(id in 1i64..) {
        let question = Question { id: kernel::Id::from_i64(id), purpose: Purpose::SignIn, way: Way::Picture };
        let letters = question.letters(&KEYRING);
        prop_assert_eq!(letters.len(), 5);
        let typed = format!(" {} ", letters.to_lowercase());
        prop_assert!(question.is_answer(&KEYRING, &typed));
        prop_assert!(!question.is_answer(&KEYRING, letters.get(..4).unwrap()));
    }
}

#[test]
fn work_is_counted_in_bits_and_bound_to_its_token() {
    let nonce = do_work("token", 10);
    assert!(is_work("token", &nonce, 10));
    assert!(!is_work("token", "", 0) && !is_work("token", "1x", 0) && !is_work("token", "1234567890123", 0));
    let other = (0..2000).filter(|n| is_work("other", &n.to_string(), 10)).count();
    assert!(other < 20);
}

/// One attempt at registering with this captcha: whether the captcha was accepted, and the page.
async fn try_answer(
    browser: &mut crate::testing::Browser,
    token: &str,
    members: &[(&str, &str)],
) -> crate::testing::Page {
    let mut all = vec![
        ("name", "林知远"),
        ("login_name", "linzy"),
        ("password", "correct horse 9"),
        ("phone", "13800138000"),
        ("agree", "yes"),
    ];
    all.extend_from_slice(members);
    browser.post("/register", token, &all).await
}

#[tokio::test]
async fn m05_an_answer_counts_once_and_solved_work_cannot_be_replayed() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let form = browser.get("/register").await;
        let (token, captcha) = (form.value("csrf").unwrap(), form.value("captcha").unwrap());
        let work = do_work(&captcha, BITS);
        let members = [("captcha", captcha.as_str()), ("captcha-work", work.as_str())];
        assert_eq!(try_answer(&mut browser, &token, &members).await.status, StatusCode::SEE_OTHER);
        let replayed = try_answer(&mut browser, &token, &members).await;
        assert!(replayed.shows("error-captcha-stale"));
        assert_ne!(replayed.value("captcha").unwrap(), captcha, "a fresh one is offered");
        let late = replayed.value("captcha").unwrap();
        room.db().clock().advance_seconds(601);
        let work = do_work(&late, BITS);
        let members = [("captcha", late.as_str()), ("captcha-work", work.as_str())];
        assert!(try_answer(&mut browser, &token, &members).await.shows("error-captcha-stale"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m05_a_captcha_answered_by_many_at_once_opens_one_door() {
    for room in Room::on_engines().await {
        let question = Question { id: room.db().draw(), purpose: Purpose::Register, way: Way::Picture };
        let (keyring, now) = (Arc::clone(room.db().keyring()), room.now());
        let token = question.token(&keyring, &[9; 32]);
        assert!(Question::open(&keyring, &[9; 32], &token).is_some());
        let mut tasks = Vec::new();
        for _ in 0..32 {
            let db = room.db().clone();
            tasks.push(tokio::spawn(async move {
                db.write_unaudited("test", move |tx| {
                    super::store::insert_answered(tx, &question, &[9; 32], now, now)
                })
                .await
                .unwrap()
            }));
        }
        let mut first = 0;
        for task in tasks {
            first += i32::from(task.await.unwrap());
        }
        assert_eq!(first, 1);
    }
}

#[tokio::test]
async fn m05_the_picture_is_shown_to_its_browser_and_another_way_needs_no_script() {
    let room = Room::over(db::testing::sqlite().await).await;
    let mut browser = room.browser();
    let form = browser.get("/register").await;
    let (token, captcha) = (form.value("csrf").unwrap(), form.value("captcha").unwrap());
    let picture = browser.get(&format!("/captcha/{captcha}.png")).await;
    assert!(picture.status == StatusCode::OK && picture.bytes.starts_with(b"\x89PNG"));
    assert_eq!(room.browser().get(&format!("/captcha/{captcha}.png")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/captcha/x.png").await.status, StatusCode::NOT_FOUND);
    // The buttons send the form, so what was typed stays.
    let members = [("captcha", captcha.as_str()), ("captcha-way", "words"), ("name", "林知远")];
    let page = browser.post("/register", &token, &members).await;
    assert_eq!((page.status, page.value("name").as_deref()), (StatusCode::OK, Some("林知远")));
    assert!(page.shows("identity-captcha-question-label"));
    let words = page.value("captcha").unwrap();
    let keyring = room.db().keyring();
    // The browser's hash is not known here: the answer depends on the id alone.
    let id: super::model::CaptchaId = words.get(..13).unwrap().parse().unwrap();
    let question = Question { id, purpose: Purpose::Register, way: Way::Words };
    let answer = question.riddle(keyring).answer(web::Lang::En);
    let wrong = try_answer(&mut browser, &token, &[("captcha", &words), ("captcha-answer", "99")]).await;
    assert!(wrong.shows("error-captcha-wrong") && wrong.shows("identity-captcha-question-label"));
    let used = try_answer(&mut browser, &token, &[("captcha", &words), ("captcha-answer", &answer)]).await;
    assert!(used.shows("error-captcha-stale"), "a wrong answer uses the question up");
    let next = used.value("captcha").unwrap();
    let id: super::model::CaptchaId = next.get(..13).unwrap().parse().unwrap();
    let question = Question { id, ..question };
    let answer = question.riddle(keyring).answer(web::Lang::En);
    let right = try_answer(&mut browser, &token, &[("captcha", &next), ("captcha-answer", &answer)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text);
}

#[tokio::test]
async fn m05_pictures_and_questions_are_limited_for_each_source() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let form = browser.get("/register").await;
        let (token, captcha) = (form.value("csrf").unwrap(), form.value("captcha").unwrap());
        let mut drawn = 0;
        while browser.get(&format!("/captcha/{captcha}.png")).await.status == StatusCode::OK {
            drawn += 1;
            assert!(drawn <= 300);
        }
        assert_eq!(drawn, 300);
        let mut asked = 0;
        loop {
            let page = browser.post("/register", &token, &[("captcha-way", "words")]).await;
            if page.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            asked += 1;
            assert!(asked <= 120);
        }
        assert_eq!(asked, 120);
        // Elsewhere nothing is held back, nor here once the window is over.
        let mut elsewhere = room.browser_at([10, 9, 8, 7]);
        let form = elsewhere.get("/register").await;
        let picture = format!("/captcha/{}.png", form.value("captcha").unwrap());
        assert_eq!(elsewhere.get(&picture).await.status, StatusCode::OK);
        room.db().clock().advance_seconds(601);
        assert_eq!(browser.get(&format!("/captcha/{captcha}.png")).await.status, StatusCode::OK);
    }
}
