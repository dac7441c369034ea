//! The console in words: fragments that the home of an organization and the personal home put into their pages.
use super::model::{Console, Ending, EndingKind, Kept};
use crate::catalogue;
use crate::decision::{Space, layer_key, tally_class};
use crate::organization::home::Task;
use crate::shell;
use askama::{Template, filters::Safe};
use identity::session::SessionCard;
use kernel::{Error, Result};
use web::{Lang, Page};

/// Sign-ins that the console shows.
const SIGN_INS: usize = 4;
/// What ends within so many days is urgent.
const URGENT_DAYS: i64 = 7;

/// One thing to do: `warn`, `bad` or `info`, its words, and the page where it is done.
#[derive(Clone, Debug)]
pub struct Todo {
    pub tone: &'static str,
    pub text: String,
    pub href: String,
}
impl Todo {
    /// `count` is in the words.
    pub fn counted(page: &Page, tone: &'static str, key: &str, count: i64, href: impl Into<String>) -> Self {
        let shown = if count >= 100 { "99+".to_owned() } else { count.to_string() };
        Self { tone, text: page.t1(key, "count", shown), href: href.into() }
    }
    /// Of a room above, below the organization's home.
    pub fn of(page: &Page, task: &Task, home: &str) -> Self {
        let args: Vec<(&str, &str)> = task.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { tone: task.tone, text: page.ta(task.key, &args), href: format!("{home}{}", task.page) }
    }
}

/// Ready HTML: products at hand, to-dos, and what stands beside them.
pub struct Fragments {
    pub shortcuts: Safe<String>,
    pub todos: Safe<String>,
    pub aside: Safe<String>,
}

struct Tile {
    id: String,
    name: String,
    icon: String,
    href: String,
    usable: bool,
    tally: Option<&'static str>,
    state: String,
}
#[derive(Template)]
#[template(path = "console/shortcuts.html")]
struct Shortcuts<'a> {
    page: &'a Page,
    base: String,
    home: String,
    tiles: Vec<Tile>,
    recent: Vec<Tile>,
    /// Places are being changed.
    ordering: bool,
}
#[derive(Template)]
#[template(path = "console/todos.html")]
struct Todos<'a> {
    page: &'a Page,
    todos: Vec<Todo>,
}
struct EndingLine {
    name: String,
    kind: String,
    until: String,
    tone: &'static str,
    days: String,
    href: String,
}
struct SignIn {
    device: String,
    at: String,
    address: String,
    current: bool,
}
#[derive(Template)]
#[template(path = "console/aside.html")]
struct Aside<'a> {
    page: &'a Page,
    ending: Vec<EndingLine>,
    sign_ins: Option<Vec<SignIn>>,
}

impl Console {
    /// `sign_ins`: None where the page shows them elsewhere.
    pub fn fragments(
        &self,
        page: &Page,
        space: Space,
        mut todos: Vec<Todo>,
        sign_ins: Option<Vec<SessionCard>>,
    ) -> Result<Fragments> {
        let (home, base) = (shell::link(space), catalogue::base(space));
        let unread = page.shell.as_ref().map_or(0, |shell| shell.unread);
        if self.counts.returned > 0 {
            let href = match space {
                Space::Personal => "/me/applications".to_owned(),
                Space::Organization(_) => format!("{home}applications"),
            };
            todos.push(Todo::counted(page, "warn", "organization-todo-returned", self.counts.returned, href));
        }
        if self.counts.succession > 0 {
            let href = format!("{home}succession");
            todos.push(Todo::counted(
                page,
                "bad",
                "organization-todo-succession",
                self.counts.succession,
                href,
            ));
        }
        if self.counts.activations > 0 {
            let href = format!("{home}members");
            todos.push(Todo::counted(
                page,
                "info",
                "organization-todo-activations",
                self.counts.activations,
                href,
            ));
        }
        if unread > 0 {
            todos.push(Todo::counted(page, "info", "organization-todo-messages", unread, "/me/messages"));
        }
        let tile = |kept: &Kept| tile(page, kept, &base);
        let shortcuts = Shortcuts {
            page,
            tiles: self.shortcuts.iter().map(tile).collect(),
            recent: self.recent.iter().map(tile).collect(),
            ordering: page.ctx.path.contains("?order=1") && self.shortcuts.len() > 1,
            base: base.clone(),
            home: home.clone(),
        };
        let aside = Aside {
            page,
            ending: self.ending.iter().map(|ending| ending_line(page, ending, space, &home)).collect(),
            sign_ins: sign_ins
                .map(|cards| cards.into_iter().take(SIGN_INS).map(|card| sign_in(page, card)).collect()),
        };
        Ok(Fragments {
            shortcuts: safe(&shortcuts)?,
            todos: safe(&Todos { page, todos })?,
            aside: safe(&aside)?,
        })
    }
}
fn safe(template: &impl Template) -> Result<Safe<String>> {
    template.render().map(Safe).map_err(|error| Error::internal("internal").because(error))
}
fn tile(page: &Page, kept: &Kept, base: &str) -> Tile {
    let tile = &kept.tile;
    let state = match &kept.decision {
        Some(decision) if !decision.allow => page.t(&layer_key(decision.code())),
        _ => page.t("organization-product-state-usable"),
    };
    let halves = kept.decision.as_ref().filter(|decision| decision.organization_half().is_some());
    Tile {
        id: tile.product.to_string(),
        name: tile.name.of(page.ctx.lang == Lang::En).to_owned(),
        icon: tile.icon.clone(),
        // A click asks the decision again, and leads out or to the reason.
        href: format!("{base}/{}/open", tile.product),
        usable: kept.is_usable(),
        tally: halves.map(tally_class),
        state,
    }
}
fn ending_line(page: &Page, ending: &Ending, space: Space, home: &str) -> EndingLine {
    let name = ending.name.of(page.ctx.lang == Lang::En);
    let days = ((ending.until.as_millis() - page.ctx.now.as_millis()) / 86_400_000).max(0);
    let (kind, href) = match (ending.kind, space) {
        (EndingKind::Admission, _) => ("organization-ending-admission", format!("{home}admissions")),
        (EndingKind::Contract, _) => ("organization-ending-contract", format!("{home}admissions")),
        (EndingKind::Membership, Space::Personal) => {
            ("organization-ending-membership", "/me/organizations".to_owned())
        }
        (EndingKind::Membership, Space::Organization(_)) => {
            ("organization-ending-membership-own", format!("{home}administrators"))
        }
        (EndingKind::Grant, _) => ("organization-ending-grant", format!("{home}products")),
        (EndingKind::Proof, _) => ("organization-ending-proof", "/me/real-name".to_owned()),
    };
    let kind = page.t(kind);
    EndingLine {
        name: if name.is_empty() { kind.clone() } else { name.to_owned() },
        kind: if name.is_empty() { String::new() } else { kind },
        until: page.last_day(&ending.until),
        tone: if days < URGENT_DAYS { "bad" } else { "warn" },
        days: page.t1("organization-ending-days", "days", days),
        href,
    }
}
fn sign_in(page: &Page, card: SessionCard) -> SignIn {
    SignIn {
        device: card.device.words(page.ctx.lang),
        at: page.minute(&card.begun_at),
        address: card.address.unwrap_or_default(),
        current: card.current,
    }
}
