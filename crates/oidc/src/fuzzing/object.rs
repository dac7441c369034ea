use super::{CALLBACK, Choices, ISSUER, NOW, authorize::requested, client, key};
use crate::{
    authorize::{object::open, wishes::Unique},
    jose::Jws,
    parameters::Parameters,
};
use serde_json::{Value, json};

const CLIENT: &str = "c";
const ENVELOPE: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// Two characters that choose, then lines: changes to the header of a good request object, the query around it, its claims as they
/// are signed. Of an object that is taken each parameter is one of its claims, none stands outside, and it says this client to
/// this server, now. What is read of it then holds as for any other request.
pub fn request_object(data: &[u8]) -> bool {
    let mut choices = Choices(data);
    let (choice, kind) = (choices.byte(), choices.byte());
    let Some(text) = choices.text() else { return false };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (changes, query, claims) = (line(), line(), line());
    let Ok(outside) = Parameters::parse(query.as_bytes()) else { return false };
    let key = key(choice);
    let mut header = json!({ "alg": key.algorithm.as_str(), "kid": key.kid, "typ": "oauth-authz-req+jwt" });
    if let Ok(Value::Object(changes)) = serde_json::from_str(changes) {
        for (name, value) in changes {
            header[&name] = value;
        }
    }
    let signed = key.sign_with_header(&header.to_string(), claims.as_bytes()).unwrap();
    let Some(message) = Jws::parse(&signed) else { return false };
    let Ok(found) = open(&message, CLIENT, ISSUER, &outside, NOW) else { return false };

    let Unique(claims) = serde_json::from_str(claims).unwrap();
    let typ = header["typ"].as_str().unwrap_or("jwt").to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    assert!(typ == "jwt" || typ == "oauth-authz-req+jwt", "{header}");
    assert_eq!(claims["iss"].as_str(), Some(CLIENT));
    let ours = |name: &Value| name == ISSUER;
    assert!(ours(&claims["aud"]) || claims["aud"].as_array().is_some_and(|list| list.iter().any(ours)));
    let (now, expires) = (NOW.as_seconds(), claims["exp"].as_i64().unwrap());
    assert!(expires > now && expires <= now + 3610, "{claims}");
    assert!(["nbf", "iat"].iter().all(|name| claims[name].as_i64().is_none_or(|from| from <= now + 10)));
    assert!(claims["sub"] != CLIENT, "it could pass for the client's assertion");
    for (name, value) in found.pairs() {
        assert!(!ENVELOPE.contains(&name.as_str()) && name != "request" && name != "request_uri", "{name}");
        assert!(!name.chars().chain(value.chars()).any(char::is_control), "a control character came through");
        let said = &claims[name];
        let same = match said {
            Value::String(text) => text == value,
            Value::Array(list) => name == "resource" && list.iter().any(|one| one == value),
            Value::Null => name == "client_id" && value == CLIENT,
            other => serde_json::to_string(other).is_ok_and(|text| text == *value),
        };
        assert!(same, "{name} is {value}, not {said}");
    }
    for name in ["state", "scope", "redirect_uri", "nonce", "code_challenge", "prompt"] {
        assert!(found.get(name).is_none() || claims.get(name).is_some(), "{name} came from outside");
    }
    found.get("redirect_uri") == Some(CALLBACK) && requested(&found, &client(kind))
}
