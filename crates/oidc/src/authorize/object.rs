//! Request objects by value (RFC 9101, OpenID Connect Core §6.1): parameters that the client signed. Pure.
use super::wishes::Unique;
use crate::{
    client::{Algorithm, Settings},
    jose::Jws,
    parameters::Parameters,
};
use kernel::Timestamp;
use serde_json::{Map, Value};

/// An object that lives longer than this could be replayed for too long (FAPI 2.0 Message Signing §5.3.1).
const MOST_SECONDS: i64 = 3600;
/// Clocks differ.
const LEEWAY: i64 = 10;
/// What says something about the object, and nothing about the request.
const ENVELOPE: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// What may sign a client's request objects: the algorithm that it registered or, as it registered none, any that the profile
/// allows and the keys fit (OpenID Connect Registration §2). None without keys of its own: a secret signs no requests.
pub fn algorithms(settings: &Settings) -> &[Algorithm] {
    match &settings.request_object_algorithm {
        Some(registered) => std::slice::from_ref(registered),
        None if settings.jwks.is_some() || settings.jwks_uri.is_some() => settings.demands().algorithms,
        None => &[],
    }
}

/// The parameters of an object whose signature was verified. They alone count: whatever stands outside is not looked at.
/// Error: what is wrong, for the client's developer.
pub fn open(
    object: &Jws<'_>,
    client_id: &str,
    issuer: &str,
    outside: &Parameters,
    now: Timestamp,
) -> Result<Parameters, &'static str> {
    if object.header.typ.is_some()
        && !object.header.is_type("jwt")
        && !object.header.is_type("oauth-authz-req+jwt")
    {
        return Err("the request object is of another type");
    }
    let Unique(Value::Object(claims)) =
        object.claims::<Unique>().ok_or("the request object holds no JSON with unique names")?
    else {
        return Err("the request object holds no JSON object");
    };
    check_envelope(&claims, client_id, issuer, now)?;
    for name in ["request", "request_uri"] {
        if claims.contains_key(name) {
            return Err("a request object holds no other request");
        }
    }
    if claims.get("client_id").is_some_and(|inside| inside != client_id) {
        return Err("client_id differs within the request object");
    }
    // What RFC 6749 wants outside as well must be the same inside (Core §6.1).
    let inside_type = claims.get("response_type").and_then(Value::as_str);
    if outside.get("response_type").is_some_and(|outside| Some(outside) != inside_type) {
        return Err("response_type differs within the request object");
    }
    let mut pairs = vec![("client_id".to_owned(), client_id.to_owned())];
    let plain = |text: &str| !text.chars().any(char::is_control);
    for (name, value) in &claims {
        if !plain(name) {
            return Err("a parameter in the request object has no proper name");
        }
        if name == "client_id" || ENVELOPE.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::String(text) if plain(text) => {
                pairs.push((name.clone(), text.clone()));
            }
            Value::Number(number) => pairs.push((name.clone(), number.to_string())),
            // JSON may hold what a parameter may not, and is written with it.
            Value::Object(_) if name == "claims" && plain(&value.to_string()) => {
                pairs.push((name.clone(), value.to_string()));
            }
            Value::Array(list) if name == "resource" => {
                for resource in list {
                    let text =
                        resource.as_str().filter(|text| plain(text)).ok_or("resource must hold texts")?;
                    pairs.push((name.clone(), text.to_owned()));
                }
            }
            _ => return Err("a parameter in the request object is of another type"),
        }
    }
    Ok(Parameters::of_pairs(pairs))
}

fn check_envelope(
    claims: &Map<String, Value>,
    client_id: &str,
    issuer: &str,
    now: Timestamp,
) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(client_id) {
        return Err("iss of the request object must be the client");
    }
    // Else a request object could be shown as the client's assertion (RFC 9101 §10.8).
    if text("sub") == Some(client_id) {
        return Err("a request object names no sub");
    }
    let meant = match claims.get("aud") {
        Some(Value::String(audience)) => audience == issuer,
        Some(Value::Array(list)) => list.iter().any(|audience| audience == issuer),
        _ => false,
    };
    if !meant {
        return Err("aud of the request object must be the issuer");
    }
    let seconds = now.as_seconds() as f64;
    // With fractions too (RFC 7519 §2).
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|time| time.is_finite())
            .map(Some)
            .ok_or("a time in the request object is no number of seconds"),
    };
    let expires = time("exp")?.ok_or("exp is missing in the request object")?;
    if expires <= seconds {
        return Err("the request object has expired");
    }
    if expires > seconds + (MOST_SECONDS + LEEWAY) as f64 {
        return Err("the request object lives longer than an hour");
    }
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|from| from > seconds + LEEWAY as f64) {
            return Err("the request object is not valid yet");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn text(header: &Value, claims: &str) -> String {
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        format!("{}.{}.{}", encode(header.to_string().as_bytes()), encode(claims.as_bytes()), encode(b"x"))
    }
    fn opened(header: Value, claims: &str) -> Result<Parameters, &'static str> {
        let text = text(&header, claims);
        let outside = Parameters::parse(b"client_id=c&response_type=code&scope=other&state=outside").unwrap();
        open(&Jws::parse(&text).unwrap(), "c", "https://op.test", &outside, NOW)
    }
    fn claims(change: Value) -> String {
        let mut claims = json!({ "iss": "c", "aud": "https://op.test", "exp": 1_800_000_300, "client_id": "c",
            "response_type": "code", "scope": "openid", "max_age": 60, "claims": { "userinfo": { "name": null } },
            "resource": ["https://a.test", "https://b.test"] });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims.to_string()
    }

    #[test]
    fn which_algorithms_may_sign_follows_from_keys_profile_and_registration() {
        use crate::client::Profile;
        use Algorithm::{EdDsa, Es256, Ps256, Rs256};
        let (keys, published) = (Some("{}".to_owned()), Some("https://rp.test/keys".to_owned()));
        let usual = Settings::default();
        let strict = Settings { profile: Profile::Fapi2, ..usual.clone() };
        let cases: [(&str, Settings, &[Algorithm]); 6] = [
            ("no keys", usual.clone(), &[]),
            ("keys", Settings { jwks: keys.clone(), ..usual.clone() }, &[Es256, Rs256, Ps256, EdDsa]),
            ("keys elsewhere", Settings { jwks_uri: published.clone(), ..usual.clone() }, Algorithm::ALL),
            (
                "registered",
                Settings { jwks: keys.clone(), request_object_algorithm: Some(Ps256), ..usual },
                &[Ps256],
            ),
            ("FAPI", Settings { jwks: keys, ..strict.clone() }, &[Es256, Ps256, EdDsa]),
            ("FAPI, elsewhere", Settings { jwks_uri: published, ..strict }, &[Es256, Ps256, EdDsa]),
        ];
        for (name, settings, expected) in cases {
            assert_eq!(algorithms(&settings), expected, "{name}");
        }
    }
    #[test]
    fn what_is_inside_counts_and_nothing_else() {
        let found =
            opened(json!({ "alg": "ES256", "typ": "oauth-authz-req+jwt" }), &claims(json!({}))).unwrap();
        assert_eq!(found.get("scope"), Some("openid"));
        assert_eq!(found.get("max_age"), Some("60"));
        assert_eq!(found.get("claims"), Some(r#"{"userinfo":{"name":null}}"#));
        assert_eq!(found.all("resource").count(), 2);
        // As Python's time.time() says it.
        let timed = json!({ "exp": 1_800_000_299.5, "iat": 1_800_000_000.25 });
        assert!(opened(json!({ "alg": "ES256" }), &claims(timed)).is_ok());
        assert_eq!(
            (found.get("state"), found.get("iss")),
            (None, None),
            "not from outside, not the envelope"
        );
    }
    #[test]
    fn each_fault_of_an_object_is_refused() {
        for change in [
            json!({ "iss": "other" }),
            json!({ "iss": null }),
            json!({ "aud": "https://other.test" }),
            json!({ "aud": null }),
            json!({ "aud": ["https://other.test"] }),
            json!({ "exp": 1_800_000_000 }),
            json!({ "exp": null }),
            json!({ "exp": "soon" }),
            json!({ "exp": 1_800_003_700 }),
            json!({ "nbf": 1_800_000_100 }),
            json!({ "iat": 1_800_000_100 }),
            json!({ "sub": "c" }),
            json!({ "client_id": "other" }),
            json!({ "response_type": "token" }),
            json!({ "response_type": null }),
            json!({ "request": "x" }),
            json!({ "request_uri": "urn:x" }),
            json!({ "scope": ["openid"] }),
            json!({ "scope": true }),
            json!({ "state": "a\nb" }),
            json!({ "resource": [1] }),
            json!({ "resource": ["https://a.test\n"] }),
            json!({ "sco\u{0}pe": "x" }),
            json!({ "claims": { "userinfo": { "na\u{7f}me": null } } }),
        ] {
            assert!(opened(json!({ "alg": "ES256" }), &claims(change.clone())).is_err(), "{change}");
        }
        for typ in ["dpop+jwt", "logout+jwt", "at+jwt", ""] {
            let header = json!({ "alg": "ES256", "typ": typ });
            assert!(opened(header, &claims(json!({}))).is_err(), "{typ}");
        }
        let twice = claims(json!({})).replacen('{', "{\"scope\":\"openid phone\",", 1);
        assert!(opened(json!({ "alg": "ES256" }), &twice).is_err(), "f02: a name that occurs twice");
    }
}
