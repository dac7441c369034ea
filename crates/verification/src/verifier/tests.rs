use super::{
    Answer, Config, Outcome, Question,
    client::{check, ping},
    model::Fault,
    protocol::{Asked, Direction, Head, headers, read},
};
use crate::{
    Method,
    testing::{SECRET, serve, someone},
};
use http::StatusCode;
use kernel::{Clock, Rng, Timestamp};
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
async fn ask(config: &Config, question: &Question) -> Answer {
    check(&outbound(), &Clock::System, &Rng::System, config, question).await.unwrap()
}
async fn outcome(behaviour: Behaviour) -> Outcome {
    let config = config(&serve(behaviour, SECRET).await, SECRET);
    // The first answer of one who replays is its own.
    if behaviour == Behaviour::Replayed {
        ask(&config, &question(1)).await;
    }
    ask(&config, &question(2)).await.outcome
}

#[test]
fn the_signature_is_that_of_the_document() {
    let head = Head {
        direction: Direction::Request("/v1/ping"),
        key_id: "fujie",
        timestamp: 1_795_000_000,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA",
    };
    let body = br#"{"request_id":"1"}"#;
    let signature = head.sign(SECRET.as_bytes(), body);
    assert_eq!(signature, "v1=6ca28b8d84450c992a8ee18353cbb2c7ac9f6a60b200832094d5f82c473fe90c");
    assert!(head.verify(SECRET.as_bytes(), body, &signature));
    for wrong in ["", "v1=", "v2=00", signature.split_at(60).0, "v1=zz"] {
        assert!(!head.verify(SECRET.as_bytes(), body, wrong), "{wrong}");
    }
    assert!(!head.verify(SECRET.as_bytes(), br#"{"request_id":"2"}"#, &signature));
    assert!(!head.verify(b"another secret of theirs", body, &signature));
}

/// Everything about a response that an adversary could change, one after the other.
#[test]
fn a_response_counts_for_its_own_question_status_and_bytes_alone() {
    let now = Timestamp::from_millis(1_795_000_000_000);
    let body = json!({ "request_id": "q", "result": "match" }).to_string().into_bytes();
    let asked =
        Asked { key_id: "fujie", secret: SECRET.as_bytes(), nonce: "n-one-two-three-four", request_id: "q" };
    let signed = |status: StatusCode, nonce: &str, timestamp: i64, body: &[u8]| {
        let head = Head { direction: Direction::Response(status), key_id: "fujie", timestamp, nonce };
        headers(&head, SECRET.as_bytes(), body).unwrap()
    };
    let good = signed(StatusCode::OK, asked.nonce, now.as_seconds(), &body);
    let fault = |answer: Answer| match answer.outcome {
        Outcome::Unavailable(fault) => fault,
        other => panic!("{other:?}"),
    };
    let answer = read(&asked, StatusCode::OK, &good, &body, now);
    assert_eq!((answer.outcome, answer.response_hash.map(|hash| hash.len())), (Outcome::Match, Some(32)));

    let mut longer = body.clone();
    longer.push(b' ');
    assert_eq!(fault(read(&asked, StatusCode::OK, &good, &longer, now)), Fault::Signature);
    assert_eq!(fault(read(&asked, StatusCode::ACCEPTED, &good, &body, now)), Fault::Signature);
    let replayed = signed(StatusCode::OK, "n-of-another-request", now.as_seconds(), &body);
    assert_eq!(fault(read(&asked, StatusCode::OK, &replayed, &body, now)), Fault::Signature);
    for late in [now.plus_seconds(301), now.plus_seconds(-301)] {
        assert_eq!(fault(read(&asked, StatusCode::OK, &good, &body, late)), Fault::Clock);
    }
    assert_eq!(read(&asked, StatusCode::OK, &good, &body, now.plus_seconds(300)).outcome, Outcome::Match);
    let other = Asked { request_id: "another", ..asked };
    assert_eq!(fault(read(&other, StatusCode::OK, &good, &body, now)), Fault::Signature);
    // A request that comes back as its own response.
    let head = Head {
        direction: Direction::Request("/v1/checks"),
        key_id: "fujie",
        timestamp: now.as_seconds(),
        nonce: other.nonce,
    };
    let mirrored = headers(&head, SECRET.as_bytes(), &body).unwrap();
    let asked = Asked { request_id: "q", ..other };
    assert_eq!(fault(read(&asked, StatusCode::OK, &mirrored, &body, now)), Fault::Signature);
    // Signed, and yet not as the protocol has it: a refusal that is none, an answer and an error at once.
    for odd in [
        json!({ "request_id": "q", "result": "maybe" }),
        json!({ "request_id": "q", "result": "match", "error": "quota" }),
        json!({ "request_id": "q" }),
        json!({ "result": "match" }),
    ] {
        let body = odd.to_string().into_bytes();
        let headers = signed(StatusCode::OK, asked.nonce, now.as_seconds(), &body);
        assert_eq!(fault(read(&asked, StatusCode::OK, &headers, &body, now)), Fault::Shape, "{odd}");
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
    let test = async |outbound: Outbound, config: &Config| {
        ping(&outbound, &Clock::System, &Rng::System, config).await.unwrap()
    };
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
