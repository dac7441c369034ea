use crate::me::{Me, Nothing};
use askama::Template;
use identity::notice::{Message, NoticeId, service};
use serde::Deserialize;
use web::{Form, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

const HERE: &str = "/me/messages";
const SHOWN: usize = 20;

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .post("/me/messages/read", Policy::SignedIn, read_all)
        .post("/me/messages/{message}/open", Policy::SignedIn, open)
}

struct Line {
    id: String,
    title: String,
    text: String,
    at: String,
    read: bool,
    /// Whether it leads somewhere.
    leads: bool,
}
#[derive(Template)]
#[template(path = "message/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    unread: bool,
    /// The newest shown: "all read" means up to here.
    newest: Option<String>,
    any_unread: bool,
    older: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    before: String,
}
async fn list(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let unread = asked.show == "unread";
    let before: Option<NoticeId> = asked.before.parse().ok();
    let reader = (me.ctx.lang, &me.ctx.app.zone);
    let limit = SHOWN as i64 + 1;
    let mut messages = service::list(&me.identity, me.who.account, reader, unread, before, limit).await?;
    let more = messages.len() > SHOWN;
    messages.truncate(SHOWN);
    let older = messages.last().filter(|_| more).map(|last| {
        let show = if unread { "show=unread&" } else { "" };
        format!("{HERE}?{show}before={}", last.id)
    });
    Ok(html(List {
        page: me.page("profile-messages-title").await?,
        newest: messages.first().map(|message| message.id.to_string()),
        any_unread: messages.iter().any(|message| !message.read),
        lines: messages.into_iter().map(|message| line(&me, message)).collect(),
        unread,
        older,
    }))
}
fn line(me: &Me, message: Message) -> Line {
    Line {
        id: message.id.to_string(),
        at: me.minute(message.at),
        leads: message.href.is_some(),
        title: message.title,
        text: message.text,
        read: message.read,
    }
}
/// Read from now on; leads where the message leads.
async fn open(me: Me, Path(id): Path<NoticeId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let href = service::open(&me.identity, &me.who, id, me.ctx.now).await?;
    Ok(see_other(href.as_deref().unwrap_or(HERE)))
}
#[derive(Deserialize)]
struct UpTo {
    up_to: NoticeId,
}
async fn read_all(me: Me, Form(UpTo { up_to }): Form<UpTo>) -> web::Result {
    service::read_all(&me.identity, &me.who, up_to, me.ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-messages-read", &[]))
}
