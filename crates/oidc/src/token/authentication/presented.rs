//! What a client brings: Basic header, body or assertion, never two of them (RFC 6749 §2.3).
use super::assertion;
use crate::{
    jose::Jws,
    parameters::{Parameters, decode_component},
    token::model::TokenError,
};
use http::{HeaderMap, header};

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Debug, PartialEq, Eq)]
pub enum Proof {
    None,
    Basic(String),
    Post(String),
    Assertion(String),
}
#[derive(Debug, PartialEq, Eq)]
pub struct Presented {
    pub client_id: String,
    pub proof: Proof,
}

pub fn presented(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, TokenError> {
    let ambiguous = Err(TokenError::InvalidRequest("the client authenticates in more than one way"));
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let line = lines.next();
    if lines.next().is_some() {
        return ambiguous;
    }
    let secret = parameters.get("client_secret");
    let assertion = asserted(parameters)?;
    let (client_id, proof) = match (line, secret, assertion) {
        (None, None, None) => (None, Proof::None),
        (None, Some(secret), None) => (None, Proof::Post(secret.to_owned())),
        (None, None, Some((client_id, text))) => (Some(client_id), Proof::Assertion(text)),
        (Some(line), None, None) => {
            let failed = TokenError::InvalidClient { basic: true };
            let (client_id, secret) = line.to_str().ok().and_then(basic).ok_or(failed)?;
            (Some(client_id), Proof::Basic(secret))
        }
        _ => return ambiguous,
    };
    match (client_id, parameters.get("client_id")) {
        (Some(proven), Some(other)) if proven != other => {
            Err(TokenError::InvalidRequest("client_id differs from the authenticated client"))
        }
        (Some(client_id), _) => Ok(Presented { client_id, proof }),
        (None, Some(client_id)) => Ok(Presented { client_id: client_id.to_owned(), proof }),
        (None, None) => Err(TokenError::InvalidClient { basic: false }),
    }
}

/// The assertion and the client that it names; both parameters or neither.
fn asserted(parameters: &Parameters) -> Result<Option<(String, String)>, TokenError> {
    match (parameters.get("client_assertion_type"), parameters.get("client_assertion")) {
        (None, None) => Ok(None),
        (Some(ASSERTION_TYPE), Some(text)) => {
            let named = Jws::parse(text).and_then(|message| assertion::subject(&message));
            named.map(|name| Some((name, text.to_owned()))).ok_or(TokenError::InvalidClient { basic: false })
        }
        (Some(ASSERTION_TYPE), None) => Err(TokenError::InvalidRequest("client_assertion is missing")),
        _ => Err(TokenError::InvalidRequest("client_assertion_type is not known")),
    }
}

/// Both halves are form-urlencoded before they are joined (RFC 6749 §2.3.1).
fn basic(line: &str) -> Option<(String, String)> {
    let (scheme, value) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(data_encoding::BASE64.decode(value.trim().as_bytes()).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((decode_component(client_id)?, decode_component(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AUTHORIZATION, line.parse().unwrap());
        }
        headers
    }
    fn basic_line(text: &str) -> String {
        format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
    }
    fn body(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap()
    }
    /// Names the client `a`.
    fn assertion() -> String {
        let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        let jwt = format!("{}.{}.AAAA", part(r#"{"alg":"ES256"}"#), part(r#"{"sub":"a"}"#));
        format!("client_assertion_type={}&client_assertion={jwt}", ASSERTION_TYPE.replace(':', "%3A"))
    }

    #[test]
    fn each_way_is_understood() {
        let by_header =
            presented(&headers(&[&basic_line("a%2Bb:c+d%3A")]), &body("client_id=a%2Bb")).unwrap();
        assert_eq!(by_header, Presented { client_id: "a+b".into(), proof: Proof::Basic("c d:".into()) });
        let by_body = presented(&HeaderMap::new(), &body("client_id=a&client_secret=b")).unwrap();
        assert_eq!(by_body, Presented { client_id: "a".into(), proof: Proof::Post("b".into()) });
        assert_eq!(presented(&HeaderMap::new(), &body("client_id=a")).unwrap().proof, Proof::None);
        for more in ["", "&client_id=a"] {
            let by_key = presented(&HeaderMap::new(), &body(&(assertion() + more))).unwrap();
            assert_eq!(by_key.client_id, "a");
            assert!(matches!(by_key.proof, Proof::Assertion(_)));
        }
    }
    #[test]
    fn two_ways_at_once_and_broken_headers_are_refused() {
        let line = basic_line("a:b");
        let assertion = assertion();
        for (lines, text) in [
            (vec![line.as_str()], "client_secret=b"),
            (vec![&line, &line], ""),
            (vec![&line], "client_id=other"),
            (vec![&line], assertion.as_str()),
            (vec![], &format!("{assertion}&client_secret=b")),
            (vec![], &format!("{assertion}&client_id=other")),
            (vec![], "client_assertion=x&client_id=a"),
            (vec![], "client_assertion_type=x&client_assertion=x&client_id=a"),
            (vec![], &assertion.replace("client_assertion=", "x=")),
        ] {
            assert!(
                matches!(presented(&headers(&lines), &body(text)), Err(TokenError::InvalidRequest(_))),
                "{lines:?} {text}"
            );
        }
        for broken in ["Basic", "Basic ###", "Bearer abc", &basic_line("nocolon"), &basic_line("a%zz:b")] {
            assert_eq!(
                presented(&headers(&[broken]), &body("")),
                Err(TokenError::InvalidClient { basic: true }),
                "{broken}"
            );
        }
        let nameless =
            assertion.split_once("client_assertion=").unwrap().0.to_owned() + "client_assertion=a.b.c";
        for nobody in ["client_secret=b", "", &nameless] {
            assert_eq!(
                presented(&HeaderMap::new(), &body(nobody)),
                Err(TokenError::InvalidClient { basic: false })
            );
        }
    }
}
