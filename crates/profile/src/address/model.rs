//! An address as it is typed and kept.
use kernel::{Error, Id, Mobile, Result, Timestamp, id::mark, text};
use serde::{Deserialize, Serialize};

pub type AddressId = Id<mark::Address>;

/// As many as anybody sends letters to.
pub const MOST: i64 = 20;
/// A deleted one can be put back for so long; then it is erased.
pub const UNDO_DAYS: i64 = 1;

/// What a letter needs; sealed as one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub recipient: String,
    /// A mobile number as people write it, or a landline with its area code.
    pub phone: String,
    /// Province, city, district.
    pub region: String,
    pub detail: String,
    /// Six digits, or empty.
    pub postcode: String,
}
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub id: String,
    pub recipient: String,
    pub phone: String,
    pub region: String,
    pub detail: String,
    pub postcode: String,
    pub is_default: Option<String>,
}
impl From<&Content> for Typed {
    fn from(content: &Content) -> Self {
        Self {
            id: String::new(),
            recipient: content.recipient.clone(),
            phone: content.phone.clone(),
            region: content.region.clone(),
            detail: content.detail.clone(),
            postcode: content.postcode.clone(),
            is_default: None,
        }
    }
}
impl Typed {
    /// Every mistake is told together.
    pub fn parse(&self, lang: web::Lang) -> std::result::Result<Content, web::FormErrors> {
        let mut errors = web::FormErrors::none();
        let recipient = errors.take(text::line("recipient", &self.recipient, 40), lang);
        let phone = errors.take(parse_phone(&self.phone), lang);
        let region = errors.take(text::line("region", &self.region, 60), lang);
        let detail = errors.take(text::line("detail", &self.detail, 120), lang);
        let postcode = errors.take(parse_postcode(&self.postcode), lang);
        match (recipient, phone, region, detail, postcode) {
            (Some(recipient), Some(phone), Some(region), Some(detail), Some(postcode)) => {
                Ok(Content { recipient, phone, region, detail, postcode })
            }
            _ => Err(errors),
        }
    }
}
/// `13800138000`, `021-62345678`, `021-62345678-801`. Error: `address.phone` at `phone`.
fn parse_phone(typed: &str) -> Result<String> {
    if let Ok(mobile) = Mobile::parse(typed) {
        return Ok(mobile.national().to_owned());
    }
    let typed = text::normalize(typed);
    let pieces: Vec<&str> = typed.split(['-', ' ']).collect();
    let digits = |piece: &&str, least, most| {
        (least..=most).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit())
    };
    let landline = match pieces.as_slice() {
        [area, number] => area.starts_with('0') && digits(area, 3, 4) && digits(number, 7, 8),
        [area, number, extension] => {
            area.starts_with('0') && digits(area, 3, 4) && digits(number, 7, 8) && digits(extension, 1, 6)
        }
        _ => false,
    };
    if landline { Ok(pieces.join("-")) } else { Err(Error::invalid("address.phone").at("phone")) }
}
/// Error: `address.postcode` at `postcode`.
fn parse_postcode(typed: &str) -> Result<String> {
    let typed = text::normalize(typed);
    if typed.is_empty() || (typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit())) {
        Ok(typed)
    } else {
        Err(Error::invalid("address.postcode").at("postcode"))
    }
}

#[derive(Clone, Debug)]
pub struct Address {
    pub id: AddressId,
    pub content: Content,
    pub is_default: bool,
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_postcodes_that_people_type() {
        for (typed, kept) in [
            ("+86 138 0013 8000", "13800138000"),
            ("021-62345678", "021-62345678"),
            ("0571 8765432", "0571-8765432"),
            ("010-62345678-801", "010-62345678-801"),
        ] {
            assert_eq!(parse_phone(typed).unwrap(), kept);
        }
        for bad in ["", "62345678", "12-345", "021-6234", "abc-62345678", "021-62345678-8010000"] {
            assert_eq!(parse_phone(bad).unwrap_err().code, "address.phone", "{bad}");
        }
        assert_eq!(parse_postcode(" ２００１２０ ").unwrap(), "200120");
        assert_eq!(parse_postcode("").unwrap(), "");
        assert_eq!(parse_postcode("20012").unwrap_err().field, Some("postcode"));
        let errors = Typed::default().parse(web::Lang::En).unwrap_err();
        assert_eq!(errors.iter().count(), 4, "every mistake at once");
    }
}
