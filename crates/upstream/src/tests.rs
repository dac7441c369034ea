//! Providers that answer on loopback, and what is believed of their answers.
mod openid;
mod stub;
mod vendors;

use crate::{Flow, Query, Upstreams};
use kernel::Timestamp;
use web::{Outbound, OutboundOptions};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_255_200_000);
/// A round trip may take as long as somebody needs to sign in.
pub(crate) const BEGUN_BEFORE: i64 = 540;

fn upstreams() -> Upstreams {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    Upstreams::new(Outbound::new(OutboundOptions { allow, roots: Vec::new() }).unwrap())
}
fn flow(fresh: bool) -> Flow {
    let fresh = fresh.then(|| NOW.plus_seconds(-BEGUN_BEFORE));
    Flow {
        state: "state0123456789".into(),
        nonce: "nonce0123456789".into(),
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
        redirect_uri: "https://id.example/login/upstream/x/callback".into(),
        fresh,
    }
}
fn query_of(url: &url::Url) -> std::collections::BTreeMap<String, String> {
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[test]
fn the_challenge_of_the_vector_comes_out() {
    let all: serde_json::Value = serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
    let vector = &all["pkce_s256"];
    let flow = Flow { verifier: vector["verifier"].as_str().unwrap().into(), ..flow(false) };
    assert_eq!(flow.challenge(), vector["challenge"].as_str().unwrap());
}
#[test]
fn a_member_that_comes_twice_has_no_value() {
    let query = Query::parse("code=a&code=b&state=s%26x&empty=&iss=https%3A%2F%2Fop");
    assert_eq!(query.get("code"), None);
    assert_eq!(query.state(), Some("s&x"));
    assert_eq!(query.get("empty"), None);
    assert_eq!(query.get("iss"), Some("https://op"));
    assert!(!format!("{query:?}").contains("s&x"), "values stay out of logs");
}
