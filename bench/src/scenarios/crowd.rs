//! A hundred people at once on the pages of signing in and of their accounts, none of them pausing.
use super::World;
use crate::{
    http::Browser,
    round::{Step, Worker, Workers},
};
use anyhow::{Result, ensure};
use http::StatusCode;

pub const PEOPLE: usize = 100;
const FOR_STRANGERS: [&str; 4] = ["/login", "/register", "/login/sms", "/recover"];
const FOR_HOLDERS: [&str; 6] =
    ["/me", "/me/security", "/me/profile", "/me/password", "/me/messages", "/me/history"];

struct Person {
    stranger: Browser,
    holder: Browser,
    turn: usize,
}

pub async fn workers(world: &World) -> Result<Workers> {
    let accounts = world.accounts();
    let mut workers: Workers = Vec::new();
    for (turn, account) in accounts.iter().cycle().take(PEOPLE).enumerate() {
        let holder = world.signed_in(account).await?;
        workers.push(Box::new(Person { stranger: Browser::new(&world.authority), holder, turn }));
    }
    Ok(workers)
}

impl Worker for Person {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            self.turn += 1;
            let place = self.turn % (FOR_STRANGERS.len() + FOR_HOLDERS.len());
            let (browser, target) = match FOR_STRANGERS.get(place) {
                Some(target) => (&mut self.stranger, *target),
                None => {
                    let target = FOR_HOLDERS.get(place - FOR_STRANGERS.len()).copied().unwrap_or("/me");
                    (&mut self.holder, target)
                }
            };
            let reply = browser.get(target).await?.expect(StatusCode::OK)?;
            ensure!(reply.text()?.trim_end().ends_with("</html>"), "{target}: {}", reply.told());
            Ok(true)
        })
    }
}
