use crate::me::{Me, Nothing};
use askama::Template;
use identity::notice::{From, Message, MessageFilter, NoticeId, service};
use kernel::{Error, id::ProductId};
use serde::Deserialize;
use web::{Form, FormErrors, Lang, Page, Path, Policy, Query, Routes, html_status, see_other, with_flash};

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
    asked: Asked,
    filtered: bool,
    /// Products that sent messages which are here: id, name.
    products: Vec<(String, String)>,
    errors: FormErrors,
}
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    /// `platform`, or a product.
    source: String,
    since: String,
    until: String,
    before: String,
}
impl Asked {
    /// What the filter says, without where the page begins.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let members =
            [("show", &self.show), ("source", &self.source), ("since", &self.since), ("until", &self.until)];
        for (name, value) in members.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }
    fn filter(&self, me: &Me, errors: &mut FormErrors) -> MessageFilter {
        let (zone, lang) = (&me.ctx.app.zone, me.ctx.lang);
        let mut day = |field: &'static str, typed: &str, end: bool| match typed {
            "" => None,
            typed => {
                let at = if end { zone.end_of(typed) } else { zone.start_of(typed) };
                errors.take(at.ok_or(Error::invalid("message.date").at(field)), lang)
            }
        };
        MessageFilter {
            unread: self.show == "unread",
            from: match self.source.as_str() {
                "platform" => From::Platform,
                product => product.parse::<ProductId>().map_or(From::Everybody, From::Product),
            },
            since: day("since", &self.since, false),
            until: day("until", &self.until, true),
        }
    }
}
async fn list(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let mut errors = FormErrors::none();
    let filter = asked.filter(&me, &mut errors);
    let before: Option<NoticeId> = asked.before.parse().ok();
    let reader = (me.ctx.lang, &me.ctx.app.zone);
    let (account, limit) = (me.who.account, SHOWN as i64 + 1);
    let mut messages = match errors.is_empty() {
        true => service::list_where(&me.identity, account, reader, filter, before, limit).await?,
        false => Vec::new(),
    };
    let more = messages.len() > SHOWN;
    messages.truncate(SHOWN);
    let kept = asked.query();
    let older = messages.last().filter(|_| more).map(|last| {
        let joint = if kept.is_empty() { "" } else { "&" };
        format!("{HERE}?{kept}{joint}before={}", last.id)
    });
    let view = List {
        page: me.page("profile-messages-title").await?.with_errors(&errors),
        newest: messages.first().map(|message| message.id.to_string()),
        any_unread: messages.iter().any(|message| !message.read),
        lines: messages.into_iter().map(|message| line(&me, message)).collect(),
        unread: filter.unread,
        older,
        filtered: [&asked.source, &asked.since, &asked.until].iter().any(|text| !text.is_empty()),
        products: products(&me).await?,
        asked,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn products(me: &Me) -> kernel::Result<Vec<(String, String)>> {
    let senders = service::products(me.identity.db(), me.who.account).await?;
    if senders.is_empty() {
        return Ok(Vec::new());
    }
    let all = me.rooms.products(true).await?;
    let named = all.into_iter().filter(|product| senders.contains(&product.id));
    Ok(named
        .map(|product| (product.id.to_string(), product.name.of(me.ctx.lang == Lang::En).to_owned()))
        .collect())
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
