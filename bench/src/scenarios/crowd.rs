//! A hundred people at once on the pages of signing in and of their accounts, none of them pausing: pages read, forms sent, those with
//! something wrong in them too.
use super::World;
use crate::{
    form::{self, Form},
    http::Browser,
    round::{Step, Worker, Workers},
};
use anyhow::{Context as _, Result, ensure};
use http::StatusCode;

pub const PEOPLE: usize = 100;
const FOR_STRANGERS: [&str; 5] = ["/login", "/register", "/login/sms", "/login/scan", "/recover"];
const FOR_HOLDERS: [&str; 19] = [
    "/me",
    "/me/security",
    "/me/profile",
    "/me/password",
    "/me/security-questions",
    "/me/passkeys",
    "/me/authenticator",
    "/me/linked",
    "/me/devices",
    "/me/sessions",
    "/me/history",
    "/me/reminders",
    "/me/messages",
    "/me/addresses",
    "/me/addresses/new",
    "/me/real-name",
    "/me/consents",
    "/me/data",
    "/me/close",
];

/// A form as its page drew it, sent again and again: what is there already stays as it is.
struct Sent {
    page: &'static str,
    /// A field that this form of the page has.
    field: &'static str,
    typed: &'static [(&'static str, &'static str)],
    answer: StatusCode,
}
const FROM_HOLDERS: [Sent; 3] = [
    Sent { page: "/me/reminders", field: "lang", typed: &[], answer: StatusCode::SEE_OTHER },
    Sent {
        page: "/me/addresses/new",
        field: "recipient",
        typed: &[
            ("recipient", "行路人"),
            ("phone", "13800138000"),
            ("region", "上海市 黄浦区"),
            ("detail", "测试路 1 号"),
        ],
        answer: StatusCode::SEE_OTHER,
    },
    Sent {
        page: "/me/addresses/new",
        field: "recipient",
        typed: &[],
        answer: StatusCode::UNPROCESSABLE_ENTITY,
    },
];
const FROM_STRANGERS: [Sent; 1] = [Sent {
    page: "/register",
    field: "login_name",
    typed: &[("phone", "no number")],
    answer: StatusCode::UNPROCESSABLE_ENTITY,
}];

struct Person {
    stranger: Visitor,
    holder: Visitor,
    turn: usize,
}
/// A browser with the pages that it reads in turn, and the forms that it sends.
struct Visitor {
    browser: Browser,
    pages: &'static [&'static str],
    forms: Vec<(Form, StatusCode)>,
}
impl Visitor {
    async fn new(mut browser: Browser, pages: &'static [&'static str], sent: &[Sent]) -> Result<Self> {
        let mut forms = Vec::new();
        for sent in sent {
            let page = browser.get(sent.page).await?.expect(StatusCode::OK)?;
            let form = form::forms(page.text()?).into_iter().find(|form| form.has(sent.field));
            let form = form.with_context(|| format!("{} has no such form", sent.page))?;
            let form = sent.typed.iter().fold(form, |form, (name, value)| form.with(name, value));
            forms.push((form, sent.answer));
        }
        Ok(Self { browser, pages, forms })
    }
    fn places(&self) -> usize {
        self.pages.len() + self.forms.len()
    }
    async fn visit(&mut self, place: usize) -> Result<()> {
        if let Some(target) = self.pages.get(place) {
            let reply = self.browser.get(target).await?.expect(StatusCode::OK)?;
            ensure!(reply.text()?.trim_end().ends_with("</html>"), "{target}: {}", reply.told());
        } else if let Some((form, answer)) = self.forms.get(place - self.pages.len()) {
            let reply = self.browser.submit(form).await?;
            ensure!(reply.status == *answer, "{}: {}", form.action, reply.told());
        }
        Ok(())
    }
}

pub async fn workers(world: &World) -> Result<Workers> {
    let accounts = world.accounts();
    let mut workers: Workers = Vec::new();
    for (turn, account) in accounts.iter().cycle().take(PEOPLE).enumerate() {
        let holder = Visitor::new(world.signed_in(account).await?, &FOR_HOLDERS, &FROM_HOLDERS).await?;
        let stranger = Visitor::new(Browser::new(&world.authority), &FOR_STRANGERS, &FROM_STRANGERS).await?;
        workers.push(Box::new(Person { stranger, holder, turn }));
    }
    Ok(workers)
}

impl Worker for Person {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            self.turn += 1;
            let place = self.turn % (self.stranger.places() + self.holder.places());
            match place.checked_sub(self.stranger.places()) {
                None => self.stranger.visit(place).await?,
                Some(place) => self.holder.visit(place).await?,
            }
            Ok(true)
        })
    }
}
