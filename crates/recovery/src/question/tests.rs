use super::model::{ANSWER_FIELDS, Answers, Chosen, Listed, Question, Typed, fold, proposed};
use super::service;
use crate::testing::{ANSWERS, PASSWORD, Room, answers};
use db::Keyring;
use http::StatusCode;
use identity::notice::{self, Group, Reminder, Wishes};
use kernel::{Id, Rng};
use platform::Channel;
use proptest::prelude::*;

fn typed(answers: [&str; 3]) -> Typed {
    Typed {
        questions: ["first_teacher", "first_pet", "own"].map(str::to_owned),
        own: ["", "", "第一次看海的地方"].map(str::to_owned),
        answers: answers.map(str::to_owned),
    }
}
fn codes(typed: &Typed, known: &[&str]) -> Vec<(&'static str, &'static str)> {
    let known: Vec<String> = known.iter().map(|word| (*word).to_owned()).collect();
    match Chosen::parse(typed, &known) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| (error.field.unwrap_or(""), error.code)).collect(),
    }
}

#[test]
fn m17_three_different_answers_to_three_different_questions() {
    let known = ["林知远", "linzhiyuan", "13800138000"];
    assert_eq!(codes(&typed(["王老师", "豆豆", "鼓浪屿"]), &known), []);
    let [one, two, three] = ANSWER_FIELDS;
    for (answers, wrong) in [
        (["", "豆豆", "鼓浪屿"], vec![(one, "question.answer_required")]),
        (["王老师", "　", "鼓浪屿"], vec![(two, "question.answer_required")]),
        (["王老师", "豆", "鼓浪屿"], vec![(two, "question.answer_short")]),
        (["林知远", "豆豆", "鼓浪屿"], vec![(one, "question.answer_known")]),
        (["ＬｉｎＺｈｉＹｕａｎ", "豆豆", "鼓浪屿"], vec![(one, "question.answer_known")]),
        (["我是13800138000", "豆豆", "鼓浪屿"], vec![(one, "question.answer_known")]),
        (["王老师", "王 老 师", "鼓浪屿"], vec![(two, "question.answers_equal")]),
        (["王老师", "宠物", "鼓浪屿"], vec![(two, "question.answer_in_question")]),
        (["王老师", "豆豆", "看海"], vec![(three, "question.answer_in_question")]),
        (
            ["", "", ""],
            vec![
                (one, "question.answer_required"),
                (two, "question.answer_required"),
                (three, "question.answer_required"),
            ],
        ),
    ] {
        assert_eq!(codes(&typed(answers), &known), wrong, "{answers:?}");
    }
    let long = "长".repeat(61);
    assert_eq!(codes(&typed(["王老师", "豆豆", &long]), &known), [(three, "field.too_long")]);
    let twice = Typed {
        questions: ["first_pet", "first_pet", "own"].map(str::to_owned),
        ..typed(["王老师", "豆豆", "鼓浪屿"])
    };
    assert_eq!(codes(&twice, &known), [("question_2", "question.twice")]);
    let unknown = Typed {
        questions: ["", "first_pet", "own"].map(str::to_owned),
        ..typed(["王老师", "豆豆", "鼓浪屿"])
    };
    assert_eq!(codes(&unknown, &known), [("question_1", "question.required")]);
    let no_words = Typed { own: [""; 3].map(str::to_owned), ..typed(["王老师", "豆豆", "鼓浪屿"]) };
    assert_eq!(codes(&no_words, &known), [("own_3", "field.required")]);
}

#[test]
fn width_case_and_blanks_do_not_count_and_everything_else_does() {
    let keyring = Keyring::ephemeral(&Rng::System).unwrap();
    let secret = |answers: [&str; 3], account: i64| {
        let answers = Answers::parse(&answers.map(str::to_owned)).unwrap();
        answers.secret(&keyring, Id::from_i64(account)).unwrap()
    };
    let bytes = |answers, account| format!("{:?}", secret(answers, account));
    // A secret is never printed, so it is compared by what it opens: the same digest, the same hash.
    assert!(!bytes(["Mr Wang", "Doudou", "海边"], 1).contains("Wang"));
    let same = |one: [&str; 3], other: [&str; 3]| {
        Answers::parse(&one.map(str::to_owned)).unwrap() == Answers::parse(&other.map(str::to_owned)).unwrap()
    };
    assert!(same(["Mr Wang", "Doudou", "海边"], ["ｍｒ　ｗａｎｇ ", "DOUDOU", " 海 边"]));
    assert!(!same(["Mr Wang", "Doudou", "海边"], ["Mr Wang", "海边", "Doudou"]), "each to its own question");
    assert!(!same(["ab", "cd", "ef"], ["abc", "d", "ef"]), "answers do not run into one another");
}

#[test]
fn what_is_proposed_differs_by_account_as_what_nobody_set_does() {
    let keyring = Keyring::ephemeral(&Rng::System).unwrap();
    let all: Vec<_> = (1..200_i64).map(|n| proposed(&keyring, Id::from_i64(n))).collect();
    let seen: std::collections::BTreeSet<_> = all.iter().map(|three| format!("{three:?}")).collect();
    assert!(seen.len() > 100, "{}", seen.len());
    for three in &all {
        assert_eq!(three.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "no question twice");
    }
    assert_eq!(proposed(&keyring, Id::from_i64(1)), all[0], "the same at every visit");
}

#[test]
fn questions_that_nobody_set_are_always_the_same_three_and_differ_by_identifier() {
    let keyring = Keyring::ephemeral(&Rng::System).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut own = 0;
    for n in 0..200_u32 {
        let counted = n.to_be_bytes();
        let first = Question::decoys(&keyring, &counted);
        assert_eq!(first, Question::decoys(&keyring, &counted));
        assert_eq!(first.len(), 3);
        let listed: Vec<Listed> = first
            .iter()
            .filter_map(|question| match question {
                Question::Listed(listed) => Some(*listed),
                Question::Own(_) => None,
            })
            .collect();
        own += 3 - listed.len();
        let different: std::collections::BTreeSet<_> = listed.iter().collect();
        assert_eq!(different.len(), listed.len(), "no question twice");
        seen.insert(format!("{first:?}"));
    }
    assert!(seen.len() > 100, "{}", seen.len());
    assert!(own > 10 && own < 200, "some seem to have words of their own: {own}");
    for lang in web::Lang::ALL {
        assert_eq!(
            Question::Own("secret words".into()).veiled(lang),
            Question::Own(String::new()).veiled(lang),
            "own words are not shown to strangers"
        );
        for listed in Listed::ALL {
            assert!(lang.has(listed.key()), "{}", listed.key());
        }
    }
}

proptest! {
    #[test]
    fn folding_is_stable(text in "\\PC{0,40}") {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
        prop_assert!(!fold(&text).chars().any(char::is_whitespace));
    }
    #[test]
    fn any_form_is_questions_or_errors_at_its_fields(
        questions in prop::array::uniform3("[a-z_]{0,12}"), own in prop::array::uniform3("\\PC{0,70}"), answers in prop::array::uniform3("\\PC{0,70}"),
    ) {
        let typed = Typed { questions, own, answers };
        if let Err(errors) = Chosen::parse(&typed, &[]) {
            prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.field.is_some()));
        }
    }
}

const HERE: &str = "/me/security-questions";
const FORM: [(&str, &str); 7] = [
    ("question_1", "desk_mate"),
    ("question_2", "parents_met"),
    ("question_3", "own"),
    ("own_3", "最难忘的一道菜"),
    ("answer_1", "李雷"),
    ("answer_2", "图书馆"),
    ("answer_3", "酸菜鱼"),
];

const RIGHT: service::Compared = service::Compared::Right { renewed: None };
async fn compared(
    room: &Room,
    holder: &crate::testing::Holder,
    typed: super::Answers,
    stored: &str,
) -> service::Compared {
    service::verify(&room.identity, (&[7; 32], holder.account), &typed, Some(stored)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_right_answers_are_hashed_anew_under_the_parameters_of_today() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let before = service::find(room.db(), holder.account).await.unwrap().unwrap();
        let phc = identity::credential::Phc::parse(&before.answers).unwrap();
        let older =
            identity::credential::model::Parameters { passes: phc.parameters.passes + 1, ..phc.parameters };
        let typed = answers(ANSWERS);
        let secret = typed.secret(room.db().keyring(), holder.account).unwrap();
        let stored = room.identity.passwords().hash(&secret, older).await.unwrap();
        let service::Compared::Right { renewed: Some(new) } = compared(&room, &holder, typed, &stored).await
        else {
            panic!("right, and under other parameters");
        };
        assert_eq!(identity::credential::Phc::parse(&new).unwrap().parameters, phc.parameters);
        let (account, was) = (holder.account, before.answers.clone());
        room.db()
            .write_unaudited("test", move |tx| {
                service::renew_in(tx, account, &stored, "what was changed meanwhile stays")?;
                service::renew_in(tx, account, &was, &new)
            })
            .await
            .unwrap();
        let after = service::find(room.db(), holder.account).await.unwrap().unwrap();
        assert_eq!(compared(&room, &holder, answers(ANSWERS), &after.answers).await, RIGHT);
        assert_ne!(after.answers, before.answers);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_questions_set_or_removed_are_told_on_every_proven_channel_whatever_is_wished() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let mut browser = room.browser();
        browser.sign_in(&holder.login_name, PASSWORD).await;
        let me = browser.signed_in().await.unwrap();
        let silent = Reminder { group: Group::Security, channel: Channel::Sms, on: false };
        let wishes = Wishes { reminders: vec![silent], lang: None };
        notice::service::set_wishes(&room.identity, &me, wishes).await.unwrap();
        let told = async |to: &str, purpose: &str| {
            room.identity.outbox().drain().await.unwrap();
            let sent = room.identity.outbox().local_outbox().unwrap().list();
            sent.iter().filter(|message| message.to == to && message.purpose == purpose).count()
        };
        let (set, removed) = ("notice.questions_set", "notice.questions_removed");
        let (phone, email) = (holder.phone.as_str(), holder.email.as_str());
        let before = (told(phone, set).await, told(email, set).await);
        let chosen = Chosen::parse(&typed(ANSWERS), &[]).unwrap();
        service::set(&room.identity, &me, chosen, room.now()).await.unwrap();
        assert_eq!((told(phone, set).await, told(email, set).await), (before.0 + 1, before.1 + 1));
        assert!(service::remove(&room.identity, &me, room.now()).await.unwrap());
        assert_eq!((told(phone, removed).await, told(email, removed).await), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_questions_are_set_changed_and_removed_by_whoever_proved_to_be_there() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let before = service::find(room.db(), holder.account).await.unwrap().unwrap();
        assert_eq!(compared(&room, &holder, answers(ANSWERS), &before.answers).await, RIGHT);
        let mut browser = room.browser();
        assert!(browser.get(HERE).await.location.is_some_and(|to| to.starts_with("/login")));
        browser.sign_in(&holder.login_name, PASSWORD).await;
        let page = browser.get(HERE).await;
        assert_eq!(page.status, StatusCode::OK, "{:?}", page.location);
        assert!(page.shows("recovery-question-first-teacher") && page.text.contains("第一次看海的地方"));
        // What is wrong is told at its field and what was typed stays.
        let mut wrong = FORM;
        wrong[5] = ("answer_2", "李 雷");
        let refused = browser.submit(&page, HERE, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.shows("error-question-answers-equal") && refused.text.contains("id=\"answer_2-e\""));
        assert_eq!(refused.value("own_3").as_deref(), Some("最难忘的一道菜"));
        let saved = browser.submit(&page, HERE, &FORM).await;
        assert_eq!(saved.location.as_deref(), Some("/me/security"), "{}", saved.text);
        assert!(room.was_told(&holder.phone, "notice.questions_set").await);
        let after = service::find(room.db(), holder.account).await.unwrap().unwrap();
        assert_eq!(after.questions.get(2), Some(&Question::Own("最难忘的一道菜".into())));
        let typed = answers(["ＬＩ", "x", "y"]);
        assert_eq!(compared(&room, &holder, typed, &after.answers).await, service::Compared::Wrong);
        let typed = answers(["李 雷", " 图书馆", "酸菜鱼"]);
        assert_eq!(compared(&room, &holder, typed, &after.answers).await, RIGHT);
        assert!(after.answers.starts_with("$argon2id$"), "a slow hash, never the text");
        // Ten minutes later they prove it again first, on the page and on what was left open.
        room.pass(601);
        let asked = browser.get(HERE).await;
        assert!(asked.location.is_some_and(|to| to.starts_with("/me/verify")));
        let late = browser.submit(&page, "/me/security-questions/remove", &[]).await;
        assert!(late.location.is_some_and(|to| to.starts_with("/me/verify")));
        let mut browser = room.browser();
        browser.sign_in(&holder.login_name, PASSWORD).await;
        let page = browser.get(HERE).await;
        let removed = browser.submit(&page, "/me/security-questions/remove", &[]).await;
        assert_eq!(removed.location.as_deref(), Some(HERE));
        assert!(service::set_at(room.db(), holder.account).await.unwrap().is_none());
        assert!(room.was_told(&holder.phone, "notice.questions_removed").await);
        assert!(browser.get(HERE).await.shows("recovery-questions-none"));
        assert_eq!((room.events("questions.set").await, room.events("questions.removed").await), (2, 1));
    }
}
