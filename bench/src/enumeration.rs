//! Whether time tells which names have an account: wrong passwords for known and unknown names in turn, one at a time.
use crate::{form, http::Browser, people, round::median, table::Line};
use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use std::time::Instant;

pub const TRIES: usize = 2000;
/// Milliseconds between the medians.
const MOST: f64 = 2.0;

/// Half the tries are for names that exist; half of either are numbers.
pub async fn run(authority: &str) -> Result<Line> {
    let mut browser = Browser::new(authority);
    let page = browser.get("/login").await?.expect(StatusCode::OK)?;
    let sign_in = form::forms(page.text()?).into_iter().find(|form| form.has("login-password"));
    let sign_in = sign_in.context("the sign-in page has no form with a password")?;
    let (mut known, mut unknown, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..TRIES / 2 {
        let names = if number % 2 == 0 {
            [people::login_name(number), format!("nobody{number:05}")]
        } else {
            [people::phone(number), format!("178{number:08}")]
        };
        for (name, times) in names.iter().zip([&mut known, &mut unknown]) {
            let form = sign_in.clone().with("login-name", name).with("login-password", "wrong guess 1");
            let begun = Instant::now();
            let reply = browser.submit(&form).await?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
            ensure!(reply.status == StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", reply.told());
            // The same words, but for the name itself and what is drawn for each answer.
            told.push(reply.text()?.matches("login-password-e").count());
        }
    }
    ensure!(told.iter().all(|count| Some(count) == told.first()), "the answers differ");
    let (known, unknown) = (median(known), median(unknown));
    Ok(Line::difference(
        "wrong password: known and unknown names, medians of 1,000 each",
        known,
        unknown,
        MOST,
    ))
}
