//! The lists of the personal space and of an organization's space, and one entry.
use super::{
    model::{Cursor, Entry, EntryState, FeedEntryId, Filter, Kind},
    service::{self, Reader},
};
use crate::view::{Visitor, query};
use askama::Template;
use kernel::{Result as KernelResult, id::ProductId, text};
use organization::membership::Member;
use serde::Deserialize;
use web::{FormErrors, Page, Path, Policy, Query, Result, Routes, html, html_status};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/cases", Policy::SignedIn, my_cases)
        .get("/me/inquiries", Policy::SignedIn, my_inquiries)
        .get("/me/complaints", Policy::SignedIn, my_complaints)
        .get("/me/entries/{entry}", Policy::SignedIn, my_entry)
        .get("/org/{organization}/cases", Policy::Member, cases)
        .get("/org/{organization}/inquiries", Policy::Member, inquiries)
        .get("/org/{organization}/entries/{entry}", Policy::Member, entry)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    product: String,
    state: String,
    from: String,
    until: String,
    mine: String,
    before: String,
}
impl Asked {
    fn filter(&self, visitor: &Visitor, errors: &mut FormErrors) -> Filter {
        let (zone, lang) = (&visitor.ctx.app.zone, visitor.ctx.lang);
        let mut day = |field: &'static str, typed: &str, end: bool| match typed {
            "" => None,
            typed => {
                let at = if end { zone.end_of(typed) } else { zone.start_of(typed) };
                errors.take(at.ok_or(kernel::Error::invalid("feed.date").at(field)), lang)
            }
        };
        let (from, until) = (day("from", &self.from, false), day("until", &self.until, true));
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            errors.push(&kernel::Error::invalid("feed.date_order").at("until"), lang);
        }
        Filter {
            product: self.product.parse::<ProductId>().ok(),
            state: self.state.parse().ok(),
            text: errors.take(text::optional_line("q", &self.q, 60), lang).flatten(),
            from,
            until,
            agent: (!self.mine.is_empty()).then_some(visitor.who.account),
            before: Cursor::parse(&self.before),
        }
    }
    fn filtered(&self) -> bool {
        [&self.q, &self.product, &self.state, &self.from, &self.until, &self.mine]
            .iter()
            .any(|text| !text.is_empty())
    }
    fn query(&self) -> String {
        query(&[
            ("q", &self.q),
            ("product", &self.product),
            ("state", &self.state),
            ("from", &self.from),
            ("until", &self.until),
            ("mine", &self.mine),
        ])
    }
}

/// One line of a list.
struct Line {
    href: String,
    title: String,
    product: String,
    agent: String,
    at: String,
    tone: &'static str,
    state: String,
    label: String,
}
/// What a list of a kind is called, and what an empty one says.
struct Words {
    title: &'static str,
    lead: &'static str,
    empty: &'static str,
    icon: &'static str,
}
const fn words(kind: Kind, organization: bool) -> Words {
    let (title, lead, empty, icon) = match (kind, organization) {
        (Kind::Case, false) => ("feed-my-cases", "feed-my-cases-lead", "feed-my-cases-empty", "file"),
        (Kind::Inquiry, false) => {
            ("feed-my-inquiries", "feed-my-inquiries-lead", "feed-my-inquiries-empty", "chat")
        }
        (Kind::Complaint, _) => ("feed-complaints", "feed-complaints-lead", "feed-complaints-empty", "flag"),
        (Kind::Message, _) => ("feed-messages", "feed-messages-lead", "feed-messages-empty", "bell"),
        (Kind::Case, true) => ("feed-cases", "feed-cases-lead", "feed-cases-empty", "file"),
        (Kind::Inquiry, true) => ("feed-inquiries", "feed-inquiries-lead", "feed-inquiries-empty", "chat"),
    };
    Words { title, lead, empty, icon }
}

#[derive(Template)]
#[template(path = "entry/list.html")]
struct List {
    page: Page,
    /// `/me` or the home of the organization.
    home: String,
    organization: bool,
    base: String,
    words: Words,
    lines: Vec<Line>,
    /// Id, name.
    products: Vec<(String, String)>,
    /// Word of the program, key of the page.
    states: Vec<(&'static str, &'static str)>,
    asked: Asked,
    filtered: bool,
    refine: bool,
    next: Option<String>,
    /// Where the products are, for an empty list.
    catalog: String,
    errors: FormErrors,
}

async fn my_cases(visitor: Visitor, Query(asked): Query<Asked>) -> Result {
    list(&visitor, None, Kind::Case, asked).await
}
async fn my_inquiries(visitor: Visitor, Query(asked): Query<Asked>) -> Result {
    list(&visitor, None, Kind::Inquiry, asked).await
}
async fn my_complaints(visitor: Visitor, Query(asked): Query<Asked>) -> Result {
    list(&visitor, None, Kind::Complaint, asked).await
}
async fn cases(visitor: Visitor, member: Member, Query(asked): Query<Asked>) -> Result {
    list(&visitor, Some(member), Kind::Case, asked).await
}
async fn inquiries(visitor: Visitor, member: Member, Query(asked): Query<Asked>) -> Result {
    list(&visitor, Some(member), Kind::Inquiry, asked).await
}

/// Where the space begins, without its last stroke.
fn space_of(member: Option<&Member>) -> String {
    member.map_or_else(|| "/me".to_owned(), |member| format!("/org/{}", member.organization()))
}
fn reader_of(visitor: &Visitor, member: Option<&Member>) -> Reader {
    member.map_or_else(|| Reader::own(&visitor.who), Reader::of)
}
async fn list(visitor: &Visitor, member: Option<Member>, kind: Kind, asked: Asked) -> Result {
    let (member, db) = (member.as_ref(), visitor.openid.db());
    let mut errors = FormErrors::none();
    let filter = asked.filter(visitor, &mut errors);
    let (space, reader) = (space_of(member), reader_of(visitor, member));
    let listed = match errors.is_empty() {
        true => service::list(db, reader, kind, filter).await?,
        false => super::model::Listed::default(),
    };
    let products = service::products(db, reader, kind).await?;
    let agents = match member {
        Some(_) => listed.entries.iter().filter_map(|entry| entry.agent).collect(),
        None => Vec::new(),
    };
    let people = visitor.openid.organizations().people(agents).await?;
    let words = words(kind, member.is_some());
    let page = visitor.page(visitor.t(words.title), member).await?.with_errors(&errors);
    let en = visitor.english();
    let base = format!("{space}/{}", kind.path());
    let line = |entry: Entry| Line {
        href: format!("{space}/entries/{}", entry.id),
        agent: entry.agent.map(|id| people.name(id).to_owned()).unwrap_or_default(),
        at: page.minute(&entry.occurred_at),
        product: entry.product_name.of(en).to_owned(),
        tone: entry.state.tone(),
        state: page.t(entry.state.key()),
        label: entry.state_label.unwrap_or_default(),
        title: entry.content.title,
    };
    let view = List {
        home: if member.is_some() { format!("{space}/") } else { space.clone() },
        organization: member.is_some(),
        lines: listed.entries.into_iter().map(line).collect(),
        products: products.iter().map(|(id, name)| (id.to_string(), name.of(en).to_owned())).collect(),
        states: EntryState::ALL.iter().map(|state| (state.as_str(), state.key())).collect(),
        filtered: asked.filtered(),
        refine: listed.refine,
        next: listed.next.map(|next| format!("{base}{}before={next}", asked.query())),
        catalog: match member {
            Some(_) => format!("{space}/products"),
            None => "/me/products".to_owned(),
        },
        base,
        words,
        asked,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Template)]
#[template(path = "entry/entry.html")]
struct One {
    page: Page,
    home: String,
    organization: bool,
    /// The list it stands in.
    up: (String, String),
    title: String,
    paragraphs: Vec<String>,
    product: String,
    number: String,
    tone: &'static str,
    state: String,
    label: String,
    /// A message has no course of its own.
    shows_state: bool,
    agent: String,
    at: String,
    updated: String,
    link: Option<String>,
}
async fn my_entry(visitor: Visitor, Path(id): Path<FeedEntryId>) -> Result {
    one(&visitor, None, id).await
}
#[derive(Deserialize)]
struct Place {
    entry: FeedEntryId,
}
async fn entry(visitor: Visitor, member: Member, Path(Place { entry }): Path<Place>) -> Result {
    one(&visitor, Some(member), entry).await
}
async fn one(visitor: &Visitor, member: Option<Member>, id: FeedEntryId) -> Result {
    let member = member.as_ref();
    let entry = service::find(visitor.openid.db(), reader_of(visitor, member), id).await?;
    // A message to an organization is for whom it was sent to: the agent who acted, and those who administer.
    if let (Some(member), Kind::Message) = (member, entry.kind)
        && !member.role().administers()
        && entry.agent != Some(member.account())
    {
        return Err(kernel::Error::not_found("feed.unknown").into());
    }
    let space = space_of(member);
    let words = words(entry.kind, member.is_some());
    let page = visitor.page(entry.content.title.clone(), member).await?;
    let people = visitor.openid.organizations().people(entry.agent).await?;
    let has_list = member.is_none() || entry.kind.for_organizations();
    let up = match has_list {
        true => (format!("{space}/{}", entry.kind.path()), page.t(words.title)),
        false => ("/me/messages".to_owned(), page.t("feed-messages")),
    };
    Ok(html(One {
        home: if member.is_some() { format!("{space}/") } else { space },
        organization: member.is_some(),
        up,
        paragraphs: entry
            .content
            .text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
        product: entry.product_name.of(visitor.english()).to_owned(),
        tone: entry.state.tone(),
        state: page.t(entry.state.key()),
        label: entry.state_label.clone().unwrap_or_default(),
        shows_state: entry.kind != Kind::Message,
        agent: entry.agent.map(|id| people.name(id).to_owned()).unwrap_or_default(),
        at: page.minute(&entry.occurred_at),
        updated: page.minute(&entry.updated_at),
        link: link(visitor, &entry).await?,
        number: entry.external_id,
        title: entry.content.title,
        page,
    }))
}
/// Only while the address is one of the product's: a client may have lost it since.
async fn link(visitor: &Visitor, entry: &Entry) -> KernelResult<Option<String>> {
    let Some(link) = &entry.link else { return Ok(None) };
    let product = visitor.openid.organizations().product(entry.product).await?;
    let origins =
        crate::product::origins(&visitor.openid, entry.product, product.launch_url.as_deref()).await?;
    Ok(origins.allow(link))
}
