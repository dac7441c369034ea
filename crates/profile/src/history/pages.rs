use super::model::{ACTIONS, Line, line};
use crate::me::Me;
use askama::Template;
use kernel::Timestamp;
use platform::audit::{model::Before, service};
use serde::Deserialize;
use web::{Page, Policy, Query, Routes, html};

const SHOWN: usize = 30;

pub fn routes() -> Routes {
    Routes::new().get("/me/history", Policy::SignedIn, list)
}

#[derive(Template)]
#[template(path = "history/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    older: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Where the page before ended: milliseconds and id.
    at: Option<i64>,
    id: String,
}
async fn list(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let before = match (asked.at, asked.id.parse()) {
        (Some(at), Ok(id)) => Before { at: Timestamp::from_millis(at), id },
        _ => Before::NEWEST,
    };
    let limit = SHOWN as i64 + 1;
    let mut entries = service::concerning(me.identity.db(), me.who.account, ACTIONS, before, limit).await?;
    let more = entries.len() > SHOWN;
    entries.truncate(SHOWN);
    let older = entries
        .last()
        .filter(|_| more)
        .map(|last| format!("/me/history?at={}&id={}", last.at.as_millis(), last.id));
    Ok(html(List {
        page: me.page("profile-history-title").await?,
        lines: entries.iter().map(|entry| line(&me, entry)).collect(),
        older,
    }))
}
