//! What every page with a code shares: reading what was typed, saying what was wrong with it, and sending another.
use super::{model::Sent, service};
use crate::{
    Identity,
    captcha::{self, Input, Purpose, Way},
};
use kernel::{Error, Result};
use platform::challenge::{Attempt, ChallengeId};
use serde::Deserialize;
use web::{Ctx, Failure, FormErrors};

/// What is typed on the page of a code.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Code {
    pub challenge: String,
    pub code: String,
}
/// The form that sends another: every message has a captcha before it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Again {
    challenge: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
}
/// What came of it.
pub enum Resent {
    Sent(ChallengeId),
    /// Used, expired or of another browser.
    Over,
    /// The page comes again: with what was wrong, or with a captcha of another kind.
    Shown(ChallengeId, FormErrors, Way),
}
pub async fn resend(
    identity: &Identity,
    ctx: &Ctx,
    purpose: platform::Purpose,
    typed: Again,
) -> std::result::Result<Resent, Failure> {
    let Ok(id) = typed.challenge.parse() else { return Ok(Resent::Over) };
    if let Some(way) = Way::parse(&typed.captcha_way) {
        return Ok(Resent::Shown(id, FormErrors::none(), way));
    }
    let input = Input { token: typed.captcha, answer: typed.captcha_answer, work: typed.captcha_work };
    let checked = captcha::service::check(identity, ctx, Purpose::Resend, &input).await;
    let sent = match checked.map(|checked| checked.error()) {
        Ok(None) => service::resend(identity, ctx, purpose, id).await,
        Ok(Some(error)) | Err(error) => Err(error),
    };
    let error = match sent {
        Ok(Sent::Sent(id)) => return Ok(Resent::Sent(id)),
        Ok(Sent::Gone) => return Ok(Resent::Over),
        Ok(sent) => sent_error(sent, "code").unwrap_or_else(|| Error::internal("code.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    Ok(Resent::Shown(id, errors, captcha::service::way_of(identity, ctx, &input)))
}

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
