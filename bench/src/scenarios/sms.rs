//! A person signs in by a code: page, number with what a script works out, page of the code, code. The code is read from
//! the demonstration's outbox, which the server is charged for too.
use super::World;
use crate::{
    form,
    http::Browser,
    people,
    round::{Step, Worker, Workers},
    work,
};
use anyhow::{Context as _, Result, bail, ensure};
use http::StatusCode;
use serde::Deserialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// For each caller of other rows. Everybody waits 15 ms for the message: eight alone would leave the server idle four fifths of the
/// time, and what is idle gathers nothing.
const PATIENT: usize = 6;

struct ByCode {
    browser: Browser,
    /// Who is next, over all workers: a number rests between two codes.
    next: Arc<AtomicUsize>,
}
#[derive(Deserialize)]
struct Message {
    code: Option<String>,
}

pub fn workers(world: &World) -> Workers {
    let next = Arc::new(AtomicUsize::new(0));
    let worker = |_| {
        Box::new(ByCode { browser: Browser::new(&world.authority), next: Arc::clone(&next) })
            as Box<dyn Worker>
    };
    (0..world.connections * PATIENT).map(worker).collect()
}

impl ByCode {
    async fn sign_in(&mut self, phone: &str) -> Result<()> {
        self.browser.forget();
        let page = self.browser.get("/login/sms").await?.expect(StatusCode::OK)?;
        let page = page.text()?;
        let asked = form::forms(page).into_iter().find(|form| form.has("phone"));
        let asked = asked.context("the page has no form for a number")?;
        let work = work::of(page, &asked)?.context("the page says nothing of work")?;
        let asked = asked.with("phone", phone).with("captcha-work", &work);
        let sent = self.browser.submit(&asked).await?.expect(StatusCode::SEE_OTHER)?;
        let next = sent.location().context("no page of the code")?.to_owned();
        let page = self.browser.get(&next).await?.expect(StatusCode::OK)?;
        let code_form = form::forms(page.text()?).into_iter().find(|form| form.has("code"));
        let code_form = code_form.context("the page has no form for the code")?;
        let code = self.code_to(phone).await?;
        let done =
            self.browser.submit(&code_form.with("code", &code)).await?.expect(StatusCode::SEE_OTHER)?;
        ensure!(self.browser.cookies.signed_in(), "{phone} is not signed in: {}", done.told());
        Ok(())
    }
}
impl ByCode {
    /// The outbox hands a message to one of its workers: it may be a moment away.
    async fn code_to(&mut self, phone: &str) -> Result<String> {
        let target = format!("/dev/outbox.json?to={phone}");
        for _ in 0..300 {
            // A person reads it later than this; asking all the time would be charged to the server.
            tokio::time::sleep(Duration::from_millis(15)).await;
            let outbox = self.browser.get(&target).await?.expect(StatusCode::OK)?;
            let messages: Vec<Message> = outbox.json()?;
            if let Some(code) = messages.into_iter().find_map(|message| message.code) {
                return Ok(code);
            }
        }
        bail!("no code was sent to {phone}")
    }
}
impl Worker for ByCode {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let number = self.next.fetch_add(1, Ordering::Relaxed) % people::PEOPLE;
            self.sign_in(&people::phone(number)).await?;
            Ok(true)
        })
    }
}
