//! Whether time tells which names and numbers have an account: at each place where one is typed, known and unknown ones in turn, one
//! at a time, each from a browser that was nowhere before.
use crate::{form::forms, http::Browser, people, round::median, table::Line, work};
use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use std::time::Instant;

pub const TRIES: usize = 2000;
/// Milliseconds between the medians.
const MOST: f64 = 2.0;

/// Where a name or a number is typed that may be somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Password,
    Sms,
    Recovery,
    Registration,
}
impl Place {
    const ALL: [Self; 4] = [Self::Password, Self::Sms, Self::Recovery, Self::Registration];
    const fn what(self) -> &'static str {
        match self {
            Self::Password => "wrong password: known and unknown names, medians of 1,000 each",
            Self::Sms => "code to sign in: known and unknown numbers, medians of 1,000 each",
            Self::Recovery => "recovery: known and unknown names, medians of 1,000 each",
            Self::Registration => "registration: known and unknown numbers, medians of 1,000 each",
        }
    }
    const fn path(self) -> &'static str {
        match self {
            Self::Password => "/login",
            Self::Sms => "/login/sms",
            Self::Recovery => "/recover",
            Self::Registration => "/register",
        }
    }
    /// A field that its form has, and none else on the page.
    const fn field(self) -> &'static str {
        match self {
            Self::Password => "login-password",
            Self::Sms => "phone",
            Self::Recovery => "identifier",
            Self::Registration => "login_name",
        }
    }
    /// What is typed for the person of this number, or for a stranger whose name or number is as long. A number rests between two
    /// codes, so each place has people of its own.
    fn typed(self, number: usize, known: bool) -> Vec<(&'static str, String)> {
        let place = match self {
            Self::Password => number,
            Self::Sms => TRIES + number,
            Self::Recovery => 2 * TRIES + number,
            Self::Registration => 3 * TRIES + number,
        };
        let phone = if known { people::phone(place) } else { format!("178{place:08}") };
        let name = if known { people::login_name(place) } else { format!("nobody{place:05}") };
        let either = if number.is_multiple_of(2) { name } else { phone.clone() };
        match self {
            Self::Password => vec![("login-name", either), ("login-password", "wrong guess 1".to_owned())],
            Self::Sms => vec![("phone", phone)],
            Self::Recovery => vec![("identifier", either)],
            Self::Registration => vec![
                ("name", "纪白芸".to_owned()),
                ("login_name", format!("newcomer{number:05}{}", if known { 'k' } else { 'u' })),
                ("password", "Bamboo-lantern-7291".to_owned()),
                ("phone", phone),
                ("agree", "yes".to_owned()),
            ],
        }
    }
    const fn answer(self) -> StatusCode {
        match self {
            Self::Password => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Sms | Self::Recovery | Self::Registration => StatusCode::SEE_OTHER,
        }
    }
    /// Milliseconds of the one answer that looks whose it is.
    async fn ask(self, browser: &mut Browser, typed: &[(&str, String)]) -> Result<f64> {
        browser.forget();
        let page = browser.get(self.path()).await?.expect(StatusCode::OK)?;
        let page = page.text()?;
        let asked = forms(page).into_iter().find(|form| form.has(self.field()));
        let mut asked = asked.with_context(|| format!("{} has no such form", self.path()))?;
        if let Some(work) = work::of(page, &asked)? {
            asked = asked.with("captcha-work", &work);
        }
        for (name, value) in typed {
            asked = asked.with(name, value);
        }
        let begun = Instant::now();
        let reply = browser.submit(&asked).await?;
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        ensure!(reply.status == self.answer(), "{}: {typed:?}: {}", self.path(), reply.told());
        Ok(took)
    }
}

/// A line for each place.
pub async fn run(authority: &str) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for place in Place::ALL {
        let mut browser = Browser::new(authority);
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..TRIES / 2 {
            // In turn, so that neither is always the second.
            for is_known in [number % 4 < 2, number % 4 >= 2] {
                let times = if is_known { &mut known } else { &mut unknown };
                times.push(place.ask(&mut browser, &place.typed(number, is_known)).await?);
            }
        }
        lines.push(Line::difference(place.what(), median(known), median(unknown), MOST));
    }
    Ok(lines)
}
