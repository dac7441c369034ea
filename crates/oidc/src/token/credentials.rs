//! How a client says who it is: Basic header or body, never both (RFC 6749 §2.3).
use super::model::TokenError;
use crate::parameters::{Parameters, decode_component};
use http::{HeaderMap, header};

#[derive(Debug, PartialEq, Eq)]
pub struct Presented {
    pub client_id: String,
    pub secret: Option<String>,
    pub basic: bool,
}

pub fn presented(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, TokenError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else {
        let client_id = parameters.get("client_id").ok_or(TokenError::InvalidClient { basic: false })?;
        let secret = parameters.get("client_secret").map(str::to_owned);
        return Ok(Presented { client_id: client_id.to_owned(), secret, basic: false });
    };
    let failed = TokenError::InvalidClient { basic: true };
    if lines.next().is_some() || parameters.get("client_secret").is_some() {
        return Err(TokenError::InvalidRequest("the client authenticates in more than one way"));
    }
    let (client_id, secret) = line.to_str().ok().and_then(basic).ok_or(failed)?;
    if parameters.get("client_id").is_some_and(|other| other != client_id) {
        return Err(TokenError::InvalidRequest("client_id differs from the authenticated client"));
    }
    Ok(Presented { client_id, secret: Some(secret), basic: true })
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

    #[test]
    fn both_ways_are_understood() {
        let by_header =
            presented(&headers(&[&basic_line("a%2Bb:c+d%3A")]), &body("client_id=a%2Bb")).unwrap();
        assert_eq!(
            by_header,
            Presented { client_id: "a+b".into(), secret: Some("c d:".into()), basic: true }
        );
        let by_body = presented(&HeaderMap::new(), &body("client_id=a&client_secret=b")).unwrap();
        assert_eq!(by_body, Presented { client_id: "a".into(), secret: Some("b".into()), basic: false });
        assert_eq!(presented(&HeaderMap::new(), &body("client_id=a")).unwrap().secret, None);
    }
    #[test]
    fn two_ways_at_once_and_broken_headers_are_refused() {
        let line = basic_line("a:b");
        for (lines, text) in [
            (vec![line.as_str()], "client_secret=b"),
            (vec![&line, &line], ""),
            (vec![&line], "client_id=other"),
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
        assert_eq!(
            presented(&HeaderMap::new(), &body("client_secret=b")),
            Err(TokenError::InvalidClient { basic: false })
        );
    }
}
