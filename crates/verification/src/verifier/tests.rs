use super::{
    Answer, Config, Outcome, Question,
    client::{check, ping, read},
};
use crate::{
    Method,
    testing::{SECRET, serve, someone},
};
use http::StatusCode;
use kernel::{Clock, Rng};
use platform::exchange::{Asking, Fault, Signed};
use serde_json::json;
use verifier::Fault as Behaviour;
use web::{Outbound, OutboundOptions};

fn outbound() -> Outbound {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    Outbound::new(OutboundOptions { allow, ..OutboundOptions::default() }).unwrap()
}
fn config(url: &str, secret: &str) -> Config {
    Config::parse(url, "fujie", secret, &["two_element".into(), "bank_card".into()]).unwrap()
}
fn question(place: u64) -> Question {
    let person = someone(place);
    Question {
        request_id: format!("q-{place}"),
        check: Method::TwoElement,
        name: person.name,
        document_type: "111".into(),
        document_number: person.number,
        mobile: None,
        bank_card: None,
    }
}
fn asking(outbound: &Outbound) -> Asking<'_> {
    Asking { outbound, clock: &Clock::System, rng: &Rng::System }
}
async fn ask(config: &Config, question: &Question) -> Answer {
    let outbound = outbound();
    check(asking(&outbound), config, question).await.unwrap()
}
async fn outcome(behaviour: Behaviour) -> Outcome {
    let config = config(&serve(behaviour, SECRET).await, SECRET);
    // The first answer of one who replays is its own.
    if behaviour == Behaviour::Replayed {
        ask(&config, &question(1)).await;
    }
    ask(&config, &question(2)).await.outcome
}

/// Signed, and yet not as the protocol has it: a refusal that is none, an answer and an error at once, another question's.
#[test]
fn an_answer_of_another_shape_or_question_says_nothing() {
    let fault = |body: serde_json::Value| {
        let answer = Signed { status: StatusCode::OK, body: body.to_string().into() };
        match read("q", &answer).outcome {
            Outcome::Unavailable(fault) => Some(fault),
            _ => None,
        }
    };
    assert_eq!(fault(json!({ "request_id": "q", "result": "match" })), None);
    assert_eq!(fault(json!({ "request_id": "r", "result": "match" })), Some(Fault::Signature));
    for odd in [
        json!({ "request_id": "q", "result": "maybe" }),
        json!({ "request_id": "q", "result": "match", "error": "quota" }),
        json!({ "request_id": "q" }),
        json!({ "result": "match" }),
    ] {
        assert_eq!(fault(odd.clone()), Some(Fault::Shape), "{odd}");
    }
}

#[tokio::test]
async fn what_verifiers_say_and_what_they_do_wrong_is_told_apart() {
    assert_eq!(outcome(Behaviour::None).await, Outcome::Match);
    for (behaviour, wanted) in [
        (Behaviour::Quota, Outcome::Quota),
        (Behaviour::Error, Outcome::Unavailable(Fault::Status)),
        (Behaviour::Garbage, Outcome::Unavailable(Fault::Shape)),
        (Behaviour::Tampered, Outcome::Unavailable(Fault::Signature)),
        (Behaviour::Replayed, Outcome::Unavailable(Fault::Signature)),
        (Behaviour::WrongKey, Outcome::Unavailable(Fault::Signature)),
        (Behaviour::Late, Outcome::Unavailable(Fault::Clock)),
        (Behaviour::Hang, Outcome::Unavailable(Fault::Timeout)),
    ] {
        let began = std::time::Instant::now();
        assert_eq!(outcome(behaviour).await, wanted, "{behaviour:?}");
        assert!(began.elapsed().as_secs() < 12, "{behaviour:?}");
    }
}

#[tokio::test]
async fn parts_that_do_not_belong_together_and_numbers_that_nobody_has() {
    let config = config(&serve(Behaviour::None, SECRET).await, SECRET);
    let mismatch = Question { name: "别人".into(), ..question(3) };
    assert_eq!(ask(&config, &mismatch).await.outcome, Outcome::Mismatch);
    // The same id again is the same answer; with another question it is refused.
    assert_eq!(ask(&config, &mismatch).await.outcome, Outcome::Mismatch);
    assert_eq!(ask(&config, &question(3)).await.outcome, Outcome::Refused);
    let nobody = Question { document_number: "11010519491231002X".into(), ..question(4) };
    assert_eq!(ask(&config, &nobody).await.outcome, Outcome::NotFound);
    let permit = Question { document_type: "X810".into(), ..question(5) };
    assert_eq!(ask(&config, &permit).await.outcome, Outcome::Refused);
    let person = someone(6);
    let card = Question {
        check: Method::BankCard,
        mobile: Some(person.mobile),
        bank_card: Some(person.bank_card),
        ..question(6)
    };
    assert_eq!(ask(&config, &card).await.outcome, Outcome::Match);
    let other = Question { request_id: "q-other".into(), bank_card: Some("4111111111111111".into()), ..card };
    assert_eq!(ask(&config, &other).await.outcome, Outcome::Mismatch);
}

#[tokio::test]
async fn a_test_at_the_desk_says_what_is_wrong() {
    let url = serve(Behaviour::None, SECRET).await;
    let test = async |outbound: Outbound, config: &Config| ping(asking(&outbound), config).await.unwrap();
    assert!(test(outbound(), &config(&url, SECRET)).await.is_ok());
    let stranger = config(&url, "the-secret-of-somebody-else");
    assert_eq!(test(outbound(), &stranger).await, Err(Fault::Key));
    let closed = Outbound::new(OutboundOptions::default()).unwrap();
    assert_eq!(test(closed, &config(&url, SECRET)).await, Err(Fault::Address));
    assert_eq!(test(outbound(), &config("http://127.0.0.1:1", SECRET)).await, Err(Fault::Address));
    let late = serve(Behaviour::Late, SECRET).await;
    assert_eq!(test(outbound(), &config(&late, SECRET)).await, Err(Fault::Clock));
}

#[test]
fn a_verifier_is_set_up_with_an_address_a_key_and_something_to_check() {
    let checks = ["two_element".to_owned()];
    let code = |url, key, secret, checks: &[String]| {
        Config::parse(url, key, secret, checks).map(drop).map_err(|error| (error.code, error.field.unwrap()))
    };
    let (url, secret) = ("https://verifier.example/base", SECRET);
    assert_eq!(code(url, "k", secret, &checks), Ok(()));
    for bad in ["", "verifier.example", "ftp://x", "https://u:p@x", "https://x/?a=b", "https://x/#a"] {
        assert_eq!(code(bad, "k", secret, &checks), Err(("verifier.url", "url")), "{bad}");
    }
    assert_eq!(code(url, "a b", secret, &checks), Err(("verifier.key_id", "key_id")));
    assert_eq!(code(url, "k", "short", &checks), Err(("verifier.secret_short", "secret")));
    assert_eq!(code(url, "k", secret, &["counter".into()]), Err(("field.required", "checks")));
    let parsed = Config::parse(url, "k", secret, &checks).unwrap();
    assert_eq!(parsed.endpoint("checks").as_str(), "https://verifier.example/base/v1/checks");
    assert!(!format!("{parsed:?}").contains(secret));
}
