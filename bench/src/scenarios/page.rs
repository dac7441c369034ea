//! An administrator opens a page.
use super::World;
use crate::{
    http::Browser,
    round::{Step, Worker, Workers},
};
use anyhow::{Result, ensure};
use http::StatusCode;

struct Page {
    browser: Browser,
    target: String,
}

pub async fn workers(world: &World, target: &str) -> Result<Workers> {
    let mut workers: Workers = Vec::new();
    for _ in 0..world.connections {
        let browser = world.signed_in(world.account("administrator")?).await?;
        workers.push(Box::new(Page { browser, target: target.to_owned() }));
    }
    Ok(workers)
}

impl Worker for Page {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let reply = self.browser.get(&self.target).await?.expect(StatusCode::OK)?;
            let text = reply.text()?;
            ensure!(text.trim_end().ends_with("</html>"), "{}: no whole page: {}", self.target, reply.told());
            Ok(true)
        })
    }
}
