//! `/org/{organization}/members`: the administrators' list of people.
use super::model::{Asked, Expiry, From, Key};
use crate::membership::{MemberRow, MembershipState, OrganizationAdministrator, Role};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::account::AccountState;
use identity::search::Wanted;
use identity::session::SignedIn;
use kernel::{Timestamp, id::MembershipId};
use web::{Ctx, Lang, Page, Policy, Query, Result, Routes, html};

const PAGE: usize = 20;

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
    until: String,
    state: String,
    tone: &'static str,
    last: String,
    editable: bool,
}
impl Line {
    fn new(page: &Page, by: &OrganizationAdministrator, row: &MemberRow, people: &People) -> Self {
        let card = people.card(row.account);
        let waits = card.is_some_and(|card| card.state == AccountState::Unactivated);
        let (tone, state) = match row.state {
            MembershipState::Active if row.valid_until <= page.ctx.now => {
                ("wait", "organization-member-expired")
            }
            MembershipState::Active if waits => ("wait", "organization-directory-unactivated"),
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
            until: match row.valid_until {
                Timestamp::FOREVER => page.t("organization-directory-no-end"),
                until => until.last_day(&page.ctx.app.zone),
            },
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

/// One choice of a filter: value, label, chosen.
struct Choice(&'static str, String, bool);

#[derive(Template)]
#[template(path = "directory/list.html")]
struct ListPage {
    page: Page,
    home: String,
    asked: ListQuery,
    filtered: bool,
    /// One character asks for nothing.
    short: bool,
    refine: bool,
    states: Vec<Choice>,
    roles: Vec<Choice>,
    expiries: Vec<Choice>,
    rows: Vec<Line>,
    /// Where the list goes on, with its filters.
    first: Option<String>,
    newer: Option<String>,
    older: Option<String>,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    q: String,
    state: String,
    role: String,
    expiry: String,
    before: Option<String>,
    after: Option<String>,
    below: Option<String>,
}
impl ListQuery {
    /// A filter or cursor that is none is as if it were not there.
    fn asked(&self, now: Timestamp) -> Asked {
        let before = self.before.as_deref().and_then(Key::parse).map(From::Before);
        let after = self.after.as_deref().and_then(Key::parse).map(From::After);
        let below = self.below.as_deref().and_then(|id| id.parse().ok()).map(From::Below);
        Asked {
            wanted: Some(Wanted::parse(&self.q, now)),
            state: self.state.parse().ok().filter(|state| *state != MembershipState::Ended),
            role: self.role.parse().ok(),
            expiry: self.expiry.parse().ok(),
            holds: None,
            from: below.or(before).or(after).unwrap_or_default(),
        }
    }
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
    let asked = query.asked(ctx.now);
    let short = match &asked.wanted {
        Some(Wanted::Text(typed)) => typed.chars().filter(|c| c.is_alphanumeric()).count() < 2,
        _ => false,
    };
    let listed = rooms.directory(&by, asked.clone(), PAGE, ctx.now).await?;
    let people = rooms.people(listed.rows.iter().map(|row| row.account)).await?;
    let base = format!(
        "/org/{}/members?q={}&state={}&role={}&expiry={}",
        by.organization(),
        encoded(&query.q),
        encoded(&query.state),
        encoded(&query.role),
        encoded(&query.expiry)
    );
    let searches = matches!(asked.from, From::Below(_));
    let next = listed.next.map(|account| format!("{base}&below={account}"));
    let older = listed.older.map(|key| format!("{base}&before={key}"));
    let english = ctx.lang == Lang::En;
    let state = |value: &'static str, key| Choice(value, ctx.lang.t(key), query.state == value);
    let expiry = |value: &'static str, key| Choice(value, ctx.lang.t(key), query.expiry == value);
    Ok(html(ListPage {
        home: format!("/org/{}/", by.organization()),
        filtered: [&query.q, &query.state, &query.role, &query.expiry].iter().any(|typed| !typed.is_empty()),
        short,
        refine: listed.refine,
        states: vec![
            state("active", "organization-member-active"),
            state("suspended", "organization-member-suspended"),
        ],
        roles: Role::ALL
            .iter()
            .rev()
            .map(|role| {
                let label = by.policy().role_label(*role).of(english).to_owned();
                Choice(role.as_str(), label, query.role == role.as_str())
            })
            .collect(),
        expiries: vec![
            expiry(Expiry::Soon.as_str(), "organization-directory-expiry-soon"),
            expiry(Expiry::Over.as_str(), "organization-directory-expiry-over"),
        ],
        rows: listed.rows.iter().map(|row| Line::new(&page, &by, row, &people)).collect(),
        first: searches.then(|| base.clone()),
        newer: listed.newer.map(|key| format!("{base}&after={key}")),
        older: next.or(older),
        asked: query,
        page,
    }))
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
