//! Identifiers and masking against the specimens of the standards (GB 11643-1999, GB 32100-2015) and generated numbers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a vector that is not there fails the test"
)]
use kernel::{Mobile, ResidentId, Uscc, mask, uscc};
use serde_json::Value;

const TODAY: u32 = 20_261_121;

fn vectors(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    all[name].clone()
}
fn each<'a>(list: &'a Value, field: &'a str) -> impl Iterator<Item = &'a str> {
    list.as_array().unwrap().iter().map(move |item| item[field].as_str().unwrap())
}

#[test]
fn resident_id_numbers() {
    let vectors = vectors("resident_id_gb11643");
    for number in each(&vectors["valid"], "number") {
        assert_eq!(ResidentId::parse(number, TODAY).unwrap().as_str(), number);
    }
    for (check, number) in vectors["one_per_check_char"].as_object().unwrap() {
        let number = number.as_str().unwrap();
        assert!(number.ends_with(check) && ResidentId::parse(number, TODAY).is_ok(), "{number}");
    }
    for item in vectors["invalid"].as_array().unwrap() {
        assert!(ResidentId::parse(item["number"].as_str().unwrap(), TODAY).is_err(), "{item}");
    }
    for item in vectors["normalisation"].as_array().unwrap() {
        assert_eq!(ResidentId::parse(item["in"].as_str().unwrap(), TODAY).unwrap().as_str(), item["out"]);
    }
}

#[test]
fn unified_social_credit_codes() {
    let vectors = vectors("uscc_gb32100");
    for number in each(&vectors["valid"], "number") {
        assert_eq!(Uscc::parse(number).unwrap().as_str(), number);
    }
    for edge in ["edge_mod31_0_gives_0", "edge_mod31_1_gives_Y"] {
        assert!(Uscc::parse(vectors[edge].as_str().unwrap()).is_ok(), "{edge}");
    }
    for item in vectors["invalid"].as_array().unwrap() {
        assert!(Uscc::parse(item["number"].as_str().unwrap()).is_err(), "{item}");
    }
    assert_eq!(uscc::check_character(b"91350100M000100Y4"), Some(b'3'));
}

#[test]
fn mobile_numbers() {
    for case in vectors("mobile")["cases"].as_array().unwrap() {
        let parsed = Mobile::parse(case["in"].as_str().unwrap());
        match case["out"].as_str() {
            Some(out) => assert_eq!(parsed.unwrap().as_str(), out.split(' ').next().unwrap(), "{case}"),
            None => assert!(parsed.is_err(), "{case}"),
        }
    }
}

#[test]
fn masks() {
    let vectors = vectors("masking");
    let check = |kind: &str, out: &str, hide: fn(&str) -> String| {
        for item in vectors[kind].as_array().unwrap() {
            assert_eq!(hide(item["in"].as_str().unwrap()), item[out].as_str().unwrap());
        }
    };
    check("name", "out", mask::name);
    check("mobile", "out", mask::mobile);
    check("email", "out", mask::email);
    check("resident_id", "out_default", mask::document);
}
