//! The claims `authority` and `grant`: whom the person acts for, in which role, by whose power, until when. `authority`
//! follows the draft OpenID Connect Authority claims extension, which is not stable: its names stand in this file alone.
use super::model::OrganizationClaims;
use kernel::Timestamp;
use organization::membership::{Basis, Role};
use serde_json::{Map, Value, json};

/// A membership, and the grant that lets it use the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityFacts {
    pub role: Role,
    pub basis: Basis,
    pub from: Timestamp,
    pub until: Timestamp,
    pub product_code: String,
    /// None where the product is for every agent, without a grant each.
    pub grant_from: Option<Timestamp>,
    pub grant_until: Option<Timestamp>,
}
db::row!(AuthorityFacts { role, basis, from, until, product_code, grant_from, grant_until });

fn period(from: Timestamp, until: Timestamp, names: (&str, &str)) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert(names.0.to_owned(), json!(from));
    if until != Timestamp::FOREVER {
        out.insert(names.1.to_owned(), json!(until));
    }
    out
}

pub(super) fn authority(facts: &AuthorityFacts, organization: &OrganizationClaims) -> Value {
    let applies_to = match &organization.uscc {
        Some(code) => json!({
            "organization_name": organization.name,
            "organization_identifiers": [{ "identifier_type": "USCC", "identifier": code }],
        }),
        None => json!({ "organization_name": organization.name }),
    };
    // Who heads the firm is appointed by it; everybody else has the power from somebody (domain reference §2.3).
    let method = match (facts.role, facts.basis) {
        (Role::LegalRepresentative, _) | (_, Basis::Proven | Basis::Appointed) => "appointed",
        _ => "delegated",
    };
    json!({
        "applies_to": applies_to,
        "permission": [{
            "role": facts.role,
            "function": facts.product_code,
            "validity": [period(facts.from, facts.until, ("start", "end"))],
            "may_delegate": facts.role.administers(),
        }],
        "granted_by": { "method": method },
    })
}

/// By what the product is open to the member: a grant of its own, or the product's mode.
pub(super) fn grant(facts: &AuthorityFacts) -> Value {
    match facts.grant_from {
        Some(from) => {
            let mut out = period(from, facts.grant_until.unwrap_or(Timestamp::FOREVER), ("from", "until"));
            out.insert("mode".to_owned(), json!("explicit"));
            Value::Object(out)
        }
        None => json!({ "mode": "every_agent" }),
    }
}
