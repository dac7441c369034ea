//! Strict reading of `application/x-www-form-urlencoded`, query or body: RFC 6749 §3.1 and §3.2 forbid that a parameter
//! occurs twice, and what one reader takes from the first and another from the second is how checks are walked around.

/// Larger requests are refused before they are read.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_PARAMETERS: usize = 100;
/// Resource indicators come one by one.
const REPEATED: &str = "resource";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Percent signs that lead nowhere, bytes that are not UTF-8, NUL, too many or too large parameters.
    Malformed,
    /// The named parameter occurs more than once.
    Duplicate(String),
}

/// The parameters of a request, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MOST_BYTES {
            return Err(Fault::Malformed);
        }
        let mut list: Vec<(String, String)> = Vec::new();
        for pair in bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default()).ok_or(Fault::Malformed)?;
            let value = decode(halves.next().unwrap_or_default()).ok_or(Fault::Malformed)?;
            if list.len() == MOST_PARAMETERS {
                return Err(Fault::Malformed);
            }
            list.push((name, value));
        }
        Ok(Self(list))
    }
    /// Of a request object, whose names were unique in its JSON.
    pub fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
    /// Error: the first name that occurs twice, known to us or not; `resource` alone may (RFC 8707 §2).
    pub fn refuse_duplicates(&self) -> Result<(), Fault> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            if name != REPEATED && self.0.iter().skip(index + 1).any(|(other, _)| other == name) {
                return Err(Fault::Duplicate(name.clone()));
            }
        }
        Ok(())
    }
    /// Every value of a parameter that may come several times; empty ones are as if omitted.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
    /// The value, unless it is absent, empty (RFC 6749 §3.1: as if omitted) or ambiguous.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

/// `+` is a blank, `%XX` a byte; anything else that is not UTF-8 text without control characters is refused.
fn decode(bytes: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    let text = String::from_utf8(out).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The inverse for credentials in the Basic scheme (RFC 6749 §2.3.1), where both halves are form-urlencoded.
pub fn decode_component(text: &str) -> Option<String> {
    decode(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn f02_a_parameter_that_occurs_twice_is_refused_whatever_it_is() {
        for text in ["a=1&a=2", "a=1&b=2&a=1", "x=&x=", "%61=1&a=2", "unknown=1&b=2&unknown=1"] {
            let parameters = Parameters::parse(text.as_bytes()).unwrap();
            assert!(matches!(parameters.refuse_duplicates(), Err(Fault::Duplicate(_))), "{text}");
        }
        let ambiguous = Parameters::parse(b"client_id=a&client_id=b").unwrap();
        assert_eq!(ambiguous.get("client_id"), None, "neither of the two is taken");
        let resources = Parameters::parse(b"resource=a&resource=&resource=b").unwrap();
        assert_eq!(resources.refuse_duplicates(), Ok(()));
        assert_eq!(resources.all("resource").collect::<Vec<_>>(), ["a", "b"]);
    }
    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for bytes in [&b"a=%"[..], b"a=%1", b"a=%zz", b"a=%ff", b"a=\xff", b"a=%00", b"a=\n", b"%0d=1"] {
            assert_eq!(Parameters::parse(bytes), Err(Fault::Malformed), "{bytes:?}");
        }
        assert_eq!(Parameters::parse(&vec![b'a'; MOST_BYTES + 1]), Err(Fault::Malformed));
        assert_eq!(Parameters::parse("a&".repeat(MOST_PARAMETERS + 1).as_bytes()), Err(Fault::Malformed));
    }
    #[test]
    fn an_empty_value_counts_as_absent() {
        let parameters = Parameters::parse(b"a=&b&c=1+2%2B&&").unwrap();
        assert_eq!(
            (parameters.get("a"), parameters.get("b"), parameters.get("c")),
            (None, None, Some("1 2+"))
        );
    }
    proptest! {
        #[test]
        fn any_bytes_are_parameters_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Parameters::parse(&bytes));
        }
        #[test]
        fn an_ordinary_encoder_is_understood(name in "[a-z_]{1,9}", value in "[^\\p{Cc}]{1,30}") {
            let text: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let parameters = Parameters::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(parameters.get(&name), Some(value.as_str()));
        }
    }
}
