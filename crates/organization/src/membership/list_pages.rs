//! `/org/{organization}/members`: the administrators' list of people, searched and paged in SQL.
use super::model::{MembershipState, OrganizationAdministrator};
use super::store::{Filter, MemberRow};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::id::MembershipId;
use web::{Ctx, Lang, Page, Policy, Query, Result, Routes, html};

const PAGE: i64 = 20;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/members", Policy::OrganizationAdministrator, list)
}

/// A member as the list shows them.
struct Line {
    id: MembershipId,
    name: String,
    login_name: String,
    phone: String,
    role: String,
    administers: bool,
    state: String,
    tone: &'static str,
    last: String,
    editable: bool,
}
impl Line {
    fn new(page: &Page, by: &OrganizationAdministrator, row: &MemberRow, people: &People) -> Self {
        let card = people.card(row.account);
        let (tone, state) = match row.state {
            MembershipState::Active if row.valid_until <= page.ctx.now => {
                ("wait", "organization-member-expired")
            }
            MembershipState::Active => ("ok", "organization-member-active"),
            MembershipState::Suspended => ("bad", "organization-member-suspended"),
            MembershipState::Ended => ("", "organization-member-ended"),
        };
        Self {
            id: row.id,
            name: people.name(row.account).to_owned(),
            login_name: card.map(|card| card.login_name.clone()).unwrap_or_default(),
            phone: card.and_then(|card| card.phone_masked.clone()).unwrap_or_default(),
            role: by.policy().role_label(row.role).of(page.ctx.lang == Lang::En).to_owned(),
            administers: row.role.administers(),
            state: page.t(state),
            tone,
            last: match card.and_then(|card| card.last_sign_in_at) {
                Some(at) => page.minute(&at),
                None => page.t("organization-member-never"),
            },
            editable: by.role().may_touch(row.role) && row.state != MembershipState::Ended,
        }
    }
}

#[derive(Template)]
#[template(path = "membership/list.html")]
struct ListPage {
    page: Page,
    home: String,
    q: String,
    state: String,
    filtered: bool,
    too_many: bool,
    rows: Vec<Line>,
    /// Address of this list with its filters, ready for `before=` or `after=`.
    base: String,
    newer: Option<MembershipId>,
    older: Option<MembershipId>,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    q: String,
    state: String,
    before: Option<String>,
    after: Option<String>,
}
async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(query): Query<ListQuery>,
) -> Result {
    let shell = shell::of(&rooms, &ctx, &who, by.organization()).await?;
    let page = Page::new(&ctx, ctx.lang.t("organization-nav-members")).with_shell(shell);
    let (mut filter, too_many) = search(&rooms, &by, &query.q).await?;
    filter.state = query.state.parse().ok().filter(|state| *state != MembershipState::Ended);
    // A cursor that is none leads to the first page.
    filter.before = query.before.as_deref().and_then(|id| id.parse().ok());
    filter.after = query.after.as_deref().and_then(|id| id.parse().ok()).filter(|_| filter.before.is_none());
    let mut rows = rooms.list_members(&by, filter.clone(), PAGE + 1).await?;
    let more = rows.len() as i64 > PAGE;
    if more && filter.after.is_some() {
        rows.remove(0);
    } else if more {
        rows.pop();
    }
    let (has_newer, has_older) = match (filter.before, filter.after) {
        (_, Some(_)) => (more, true),
        (Some(_), None) => (true, more),
        (None, None) => (false, more),
    };
    let people = rooms.people(rows.iter().map(|row| row.account)).await?;
    Ok(html(ListPage {
        home: format!("/org/{}/", by.organization()),
        filtered: !query.q.is_empty() || filter.state.is_some(),
        base: format!(
            "/org/{}/members?q={}&state={}&",
            by.organization(),
            encoded(&query.q),
            encoded(&query.state)
        ),
        too_many,
        newer: rows.first().filter(|_| has_newer).map(|row| row.id),
        older: rows.last().filter(|_| has_older).map(|row| row.id),
        rows: rows.iter().map(|row| Line::new(&page, &by, row, &people)).collect(),
        q: query.q,
        state: query.state,
        page,
    }))
}
/// Login name by its beginning, name by any part. True if there are too many to look at.
pub(crate) async fn search(
    rooms: &Organizations,
    by: &OrganizationAdministrator,
    typed: &str,
) -> kernel::Result<(Filter, bool)> {
    let typed: String = kernel::text::normalize(typed).chars().take(60).collect();
    if typed.is_empty() {
        return Ok((Filter::default(), false));
    }
    let (named, too_many) = rooms.members_named(by.organization(), &typed).await?;
    let filter =
        Filter { login_prefix: Some(typed.to_ascii_lowercase()), accounts: Some(named), ..Filter::default() };
    Ok((filter, too_many))
}
/// For a value in a query string.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
