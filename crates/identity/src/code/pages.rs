//! What every page with a code shares: reading what was typed, and saying what was wrong with it.
use super::model::Sent;
use kernel::{Error, Result};
use platform::challenge::Attempt;

/// Six digits, whatever width and blanks they were typed with. Error: `code.shape` at `code`.
pub fn parse_code(typed: &str) -> Result<String> {
    let code: String = kernel::text::normalize(typed).chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        Ok(code)
    } else {
        Err(Error::invalid("code.shape").at("code"))
    }
}
/// For the field `code`; None when the page is over (`Gone`) or the code was right.
pub fn attempt_error(attempt: &Attempt) -> Option<Error> {
    match attempt {
        Attempt::Wrong { left } if *left > 0 => {
            Some(Error::invalid("code.wrong").at("code").arg("left", left.to_string()))
        }
        Attempt::Wrong { .. } | Attempt::Exhausted => Some(Error::too_many("code.exhausted").at("code")),
        Attempt::Right(_) | Attempt::Gone => None,
    }
}
/// Why nothing was sent, at `field`; None for `Sent` and `Gone`.
pub fn sent_error(sent: Sent, field: &'static str) -> Option<Error> {
    match sent {
        Sent::Wait { seconds } => {
            Some(Error::too_many("code.wait").at(field).arg("seconds", seconds.to_string()))
        }
        Sent::TooMany { minutes } => {
            Some(Error::too_many("code.too_many").at(field).arg("minutes", minutes.to_string()))
        }
        Sent::Sent(_) | Sent::Gone => None,
    }
}
