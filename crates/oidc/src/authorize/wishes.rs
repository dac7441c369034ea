//! The `claims` parameter (OpenID Connect Core §5.5, OpenID Connect for Identity Assurance §5): which claims are asked for
//! beside the scopes, and with which conditions. Pure.
use super::scope::Scope;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Longest `claims` parameter.
pub const MOST_CLAIMS: usize = 8192;
const MOST_NAMES: usize = 50;
const MOST_VERIFIED: usize = 5;

/// The trust framework of the real-name levels.
pub const FRAMEWORK: &str = "cn_fujie_rn";

/// One claim that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The values that will do; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}
impl Wish {
    pub fn accepts(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }
}

/// One request for verified claims: under which conditions, which of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerifiedWish {
    pub framework: Wish,
    pub level: Option<Wish>,
    /// `time` is asked for; at most so many seconds may have passed since.
    pub time: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
    pub evidence: bool,
    /// Entries of which the evidence must be like one; empty: any will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence_like: Vec<Value>,
    /// There is a condition on something that is never told here, so it is not met.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmet: bool,
    pub claims: BTreeMap<String, Wish>,
}

/// Whether what is told, if anything, meets the conditions that stand somewhere in a request for it. Several entries of a list
/// are alternatives, as Identity Assurance has it.
pub fn fits(wanted: &Value, told: Option<&Value>) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, wanted)| match name.as_str() {
            "value" => told == Some(wanted),
            "values" => told.is_some_and(|told| wanted.as_array().is_some_and(|all| all.contains(told))),
            // No time is told that could be too long ago.
            "max_age" => false,
            _ => fits(wanted, told.and_then(|told| told.get(name))),
        }),
        Value::Array(entries) if !entries.is_empty() => {
            let told = told.and_then(Value::as_array);
            let any = |entry| told.is_some_and(|told| told.iter().any(|told| fits(entry, Some(told))));
            entries.iter().any(|entry| fits(entry, None) || any(entry))
        }
        _ => true,
    }
}

/// What one place, the ID token or userinfo, is to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, Wish>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<VerifiedWish>,
}
impl Place {
    pub fn asks(&self, name: &str) -> bool {
        self.claims.contains_key(name)
    }
    /// Whether a claim of that value may be told: it was asked for, and with no other value.
    pub fn takes(&self, name: &str, value: &Value) -> bool {
        self.claims.get(name).is_some_and(|wish| wish.accepts(value))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wishes {
    #[serde(default)]
    pub userinfo: Place,
    #[serde(default)]
    pub id_token: Place,
}

impl Wishes {
    /// Error: what is wrong, for the client's developer. Members and claims without a meaning here are ignored.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MOST_CLAIMS {
            return Err("claims is longer than 8192 bytes");
        }
        let value: Unique =
            serde_json::from_str(text).map_err(|_| "claims is no JSON object with unique names")?;
        let Value::Object(object) = value.0 else { return Err("claims is no JSON object") };
        let place = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Ok(Place::default()),
            Some(Value::Object(members)) => parse_place(members),
            Some(_) => Err("a member of claims is no JSON object"),
        };
        Ok(Self { userinfo: place("userinfo")?, id_token: place("id_token")? })
    }
    /// As stored with a code; None if nothing is asked for.
    pub fn stored(&self) -> Option<String> {
        (*self != Self::default()).then(|| serde_json::to_string(self).unwrap_or_default())
    }
    /// What was stored; nothing if it cannot be read.
    pub fn of_stored(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
    /// What the person has to agree to because of this parameter.
    pub fn scope(&self) -> Scope {
        let asks =
            |names: &[&str]| names.iter().any(|name| self.userinfo.asks(name) || self.id_token.asks(name));
        Scope {
            profile: asks(&["name", "preferred_username"]),
            phone: asks(&["phone_number", "phone_number_verified"]),
            email: asks(&["email", "email_verified"]),
            verified: !self.userinfo.verified.is_empty() || !self.id_token.verified.is_empty(),
            ..Scope::default()
        }
    }
    /// The subject that the ID token must be about, if the request names one.
    pub fn subject(&self) -> Option<&Wish> {
        self.id_token.claims.get("sub").filter(|wish| !wish.values.is_empty())
    }
    /// What is asked for `acr`.
    pub fn acr(&self) -> Option<&Wish> {
        self.id_token.claims.get("acr").filter(|wish| !wish.values.is_empty())
    }
}

fn parse_place(members: &Map<String, Value>) -> Result<Place, &'static str> {
    if members.len() > MOST_NAMES {
        return Err("claims asks for more than 50 claims");
    }
    let mut place = Place::default();
    for (name, value) in members {
        if name == "verified_claims" {
            place.verified = match value {
                Value::Array(list) if !list.is_empty() && list.len() <= MOST_VERIFIED => {
                    list.iter().map(parse_verified).collect::<Result<_, _>>()?
                }
                Value::Object(_) => vec![parse_verified(value)?],
                _ => return Err("verified_claims must be an object or a list of at most 5"),
            };
        } else {
            place.claims.insert(name.clone(), parse_wish(value)?);
        }
    }
    Ok(place)
}

fn parse_wish(value: &Value) -> Result<Wish, &'static str> {
    let object = match value {
        Value::Null => return Ok(Wish::default()),
        Value::Object(object) => object,
        _ => return Err("a claim is asked for with null or a JSON object"),
    };
    let essential = match object.get("essential") {
        None => false,
        Some(Value::Bool(essential)) => *essential,
        Some(_) => return Err("essential must be true or false"),
    };
    let values = match (object.get("value"), object.get("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) if !values.is_empty() => values.clone(),
        _ => return Err("a claim has either value or a list of values"),
    };
    Ok(Wish { essential, values })
}

/// Identity Assurance §5.1: both members, the trust framework and at least one claim must be there.
fn parse_verified(value: &Value) -> Result<VerifiedWish, &'static str> {
    let object = value.as_object().ok_or("verified_claims must hold objects")?;
    let (Some(Value::Object(verification)), Some(Value::Object(claims))) =
        (object.get("verification"), object.get("claims"))
    else {
        return Err("verified_claims needs the objects verification and claims");
    };
    if claims.is_empty() || claims.len() > MOST_NAMES {
        return Err("verified_claims needs at least one claim and at most 50");
    }
    let framework = verification.get("trust_framework").ok_or("verification needs trust_framework")?;
    let mut wish = VerifiedWish { framework: parse_wish(framework)?, ..VerifiedWish::default() };
    let told = |name: &str| matches!(name, "trust_framework" | "assurance_level" | "time" | "evidence");
    wish.unmet = verification.iter().any(|(name, wanted)| !told(name) && !fits(wanted, None));
    wish.level = verification.get("assurance_level").map(parse_wish).transpose()?;
    if let Some(time) = verification.get("time") {
        wish.time = true;
        // To the minute, so nobody could name it.
        wish.unmet |= ["value", "values"].iter().any(|name| time.get(name).is_some());
        wish.max_age = match time.get("max_age") {
            None => None,
            Some(age) => match age.as_i64() {
                Some(age) if age >= 0 => Some(age),
                _ => return Err("max_age must be a number of seconds"),
            },
        };
    }
    wish.evidence = match verification.get("evidence") {
        None => false,
        Some(wanted @ Value::Array(list)) if !list.is_empty() => {
            if !fits(wanted, None) {
                wish.evidence_like.clone_from(list);
            }
            true
        }
        Some(_) => return Err("evidence must be a list with at least one entry"),
    };
    for (name, value) in claims {
        wish.claims.insert(name.clone(), parse_wish(value)?);
    }
    Ok(wish)
}

/// JSON in which no object names a member twice: one reader would take the first, another the last.
pub struct Unique(pub Value);
impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor).map(Self)
    }
}
struct Visitor;
impl<'de> serde::de::Visitor<'de> for Visitor {
    type Value = Value;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Unique(value)) = list.next_element()? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, Unique>()? {
            if out.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn claims_are_read_with_their_conditions() {
        let text = r#"{"userinfo":{"name":{"essential":true},"email":null,"whatever":{"x":1}},
            "id_token":{"acr":{"essential":true,"values":["urn:fujie:aal:2"]},"sub":{"value":"s"}},"x":1}"#;
        let wishes = Wishes::parse(text).unwrap();
        assert!(wishes.userinfo.claims["name"].essential && wishes.userinfo.asks("email"));
        assert_eq!(wishes.scope(), Scope { profile: true, email: true, ..Scope::default() });
        assert_eq!(wishes.acr().unwrap().values, [json!("urn:fujie:aal:2")]);
        assert!(
            wishes.subject().unwrap().accepts(&json!("s")) && !wishes.subject().unwrap().accepts(&json!("t"))
        );
        assert_eq!(Wishes::of_stored(wishes.stored().as_deref()), wishes);
        assert_eq!(Wishes::parse("{}").unwrap().stored(), None);
    }
    #[test]
    fn verified_claims_are_read_one_or_several() {
        let one = json!({ "verification": { "trust_framework": { "value": FRAMEWORK }, "assurance_level":
            { "values": ["rn2", "rn3"] }, "time": { "max_age": 60 }, "evidence": [{}] }, "claims": { "name": null } });
        for (value, count) in [(one.clone(), 1), (json!([one, one]), 2)] {
            let text = json!({ "userinfo": { "verified_claims": value } }).to_string();
            let wishes = Wishes::parse(&text).unwrap();
            assert_eq!(wishes.userinfo.verified.len(), count);
            let wish = &wishes.userinfo.verified[0];
            assert!(
                wish.evidence && wish.time && wish.max_age == Some(60) && wish.claims.contains_key("name")
            );
            assert!(wishes.scope().verified);
        }
    }
    #[test]
    fn f02_what_is_ambiguous_or_of_another_type_is_refused() {
        let long = format!("{{\"x\":\"{}\"}}", "a".repeat(MOST_CLAIMS));
        let many: Map<String, Value> = (0..51).map(|n| (format!("c{n}"), Value::Null)).collect();
        let many = json!({ "userinfo": many }).to_string();
        for text in [
            "",
            "[]",
            "null",
            "\"x\"",
            "{",
            "{} {}",
            r#"{"userinfo":{},"userinfo":{}}"#,
            r#"{"userinfo":{"name":null,"name":null}}"#,
            r#"{"userinfo":[]}"#,
            r#"{"userinfo":{"name":true}}"#,
            r#"{"userinfo":{"name":{"essential":"yes"}}}"#,
            r#"{"userinfo":{"name":{"value":1,"values":[1]}}}"#,
            r#"{"userinfo":{"name":{"values":[]}}}"#,
            r#"{"userinfo":{"verified_claims":null}}"#,
            r#"{"userinfo":{"verified_claims":[]}}"#,
            r#"{"userinfo":{"verified_claims":{"claims":{"name":null}}}}"#,
            r#"{"userinfo":{"verified_claims":{"verification":{},"claims":{"name":null}}}}"#,
            r#"{"userinfo":{"verified_claims":{"verification":{"trust_framework":null},"claims":{}}}}"#,
            r#"{"userinfo":{"verified_claims":{"verification":{"trust_framework":null,"evidence":[]},"claims":{"name":null}}}}"#,
            r#"{"userinfo":{"verified_claims":{"verification":{"trust_framework":null,"time":{"max_age":-1}},"claims":{"name":null}}}}"#,
            &long,
            &many,
        ] {
            assert!(Wishes::parse(text).is_err(), "{text}");
        }
    }
    #[test]
    fn f21_a_request_for_claims_is_bounded_in_length_number_and_depth() {
        let deep = format!(
            "{{\"userinfo\":{{\"name\":{{\"value\":{}1{}}}}}}}",
            "[".repeat(4_000),
            "]".repeat(4_000)
        );
        assert!(deep.len() < MOST_CLAIMS && Wishes::parse(&deep).is_err());
        let one = json!({ "verification": { "trust_framework": null }, "claims": { "name": null } });
        let some = json!({ "userinfo": { "verified_claims": vec![one.clone(); MOST_VERIFIED] } }).to_string();
        let many = json!({ "userinfo": { "verified_claims": vec![one; MOST_VERIFIED + 1] } }).to_string();
        assert!(Wishes::parse(&some).is_ok() && Wishes::parse(&many).is_err());
    }
    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\{\\}\\[\\]\":,a-z0-9_]{0,80}") {
            drop(Wishes::parse(&text));
        }
    }
}
