//! `verified_claims` (OpenID Connect for Identity Assurance 1.0): real-name levels under the framework `cn_fujie_rn`. Only
//! what was asked for is told, and nothing at all where a condition is not met.
use crate::authorize::wishes::{FRAMEWORK, VerifiedWish, fits};
use identity::realname::RealNameLevel;
use kernel::Timestamp;
use serde_json::{Map, Value, json};

/// Claims that can be verified.
pub const CLAIMS: [&str; 2] = ["name", "cn_id_hash"];

/// The best proof in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFacts {
    pub level: RealNameLevel,
    pub method: String,
    pub proven_at: Timestamp,
    /// Blind index of the document.
    pub document: Option<Vec<u8>>,
}
db::row!(ProofFacts { level, method, proven_at, document });

/// `rn1` to `rn3`; below there is nothing that was verified.
pub fn level(level: RealNameLevel) -> Option<&'static str> {
    match level {
        RealNameLevel::Unverified => None,
        RealNameLevel::Primary => Some("rn1"),
        RealNameLevel::Intermediate => Some("rn2"),
        RealNameLevel::Advanced => Some("rn3"),
    }
}

/// How it was proven, in the words of the standard; None for a method that it has none for.
fn evidence(method: &str) -> Option<Value> {
    let record = |kind: &str| {
        json!({ "type": "electronic_record", "check_details": [{ "check_method": "data" }],
            "record": { "type": kind } })
    };
    match method {
        "two_element" => Some(record("population_register")),
        "three_element" => Some(record("mobile_account")),
        "bank_card" => Some(record("bank_account")),
        "certified" => Some(json!({ "type": "vouch", "check_details": [{ "check_method": "auth" }] })),
        "counter" => Some(json!({ "type": "document", "check_details": [{ "check_method": "pvp" }],
            "document_details": { "type": "idcard" } })),
        _ => None,
    }
}

/// What a wish gets; None if a condition is not met or none of its claims can be told. `claim` gives the value of a name in
/// [`CLAIMS`].
pub(super) fn answer(
    wish: &VerifiedWish,
    proof: &ProofFacts,
    claim: impl Fn(&str) -> Option<Value>,
    now: Timestamp,
) -> Option<Value> {
    let level = level(proof.level)?;
    if wish.unmet || !wish.framework.accepts(&json!(FRAMEWORK)) {
        return None;
    }
    let mut verification = Map::new();
    verification.insert("trust_framework".to_owned(), json!(FRAMEWORK));
    if let Some(wanted) = &wish.level {
        if !wanted.accepts(&json!(level)) {
            return None;
        }
        verification.insert("assurance_level".to_owned(), json!(level));
    }
    if wish.time {
        let age = now.as_seconds().saturating_sub(proof.proven_at.as_seconds());
        if wish.max_age.is_some_and(|most| age > most) {
            return None;
        }
        let minute = proof.proven_at.rfc3339();
        let minute = format!("{}Z", minute.get(..16).unwrap_or_default());
        verification.insert("time".to_owned(), json!(minute));
    }
    if wish.evidence {
        let evidence = evidence(&proof.method);
        let like = &wish.evidence_like;
        if !like.is_empty() && !like.iter().any(|wanted| fits(wanted, evidence.as_ref())) {
            return None;
        }
        if let Some(evidence) = evidence {
            verification.insert("evidence".to_owned(), json!([evidence]));
        }
    }
    let mut claims = Map::new();
    for (name, wanted) in &wish.claims {
        if let Some(value) = claim(name).filter(|value| wanted.accepts(value)) {
            claims.insert(name.clone(), value);
        }
    }
    if claims.is_empty() {
        return None;
    }
    Some(json!({ "verification": verification, "claims": claims }))
}
