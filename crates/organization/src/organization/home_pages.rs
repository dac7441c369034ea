//! `/org/{organization}/`: what the organization is, who stands where, what waits.
use super::model::{Organization, OrganizationState};
use super::store::Numbers;
use crate::Organizations;
use crate::console::{Fragments, Todo};
use crate::decision::{Contact, Space};
use crate::membership::{Member, MemberRow, Role};
use crate::product::Product;
use crate::shell;
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Timestamp,
    id::{AccountId, ProductId},
};
use platform::audit::Entry;
use web::{
    Ctx, Form, FormErrors, Lang, Page, Policy, Result, Routes, html_status, initial, see_other, with_flash,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}", Policy::Member, slashed)
        .get("/org/{organization}/", Policy::Member, overview)
        .post("/org/{organization}/leave", Policy::Member, leave)
}

#[derive(Template)]
#[template(path = "organization/overview.html")]
struct OverviewPage {
    page: Page,
    home: String,
    en: bool,
    o: Organization,
    suspended: bool,
    /// What the reader is here, and how well their name is proven.
    own_role: String,
    level: (i64, &'static str),
    numbers: Numbers,
    administers: bool,
    may_leave: bool,
    account_manager: Option<Contact>,
    chain: Vec<ChainLink>,
    agents: Vec<AgentLine>,
    /// How the type calls them.
    agent_word: String,
    /// `1000+` where there are more than are counted.
    members: String,
    console: Fragments,
    recent: Vec<Line>,
    errors: FormErrors,
}
struct ChainLink {
    initial: String,
    name: String,
    role: String,
    own: bool,
}
/// Somebody who does business for the organization.
struct AgentLine {
    initial: String,
    name: String,
    own: bool,
    until: Option<String>,
}
/// One line of the operation record, in words.
pub struct Line {
    pub tone: &'static str,
    pub who: String,
    pub what: String,
    pub at: String,
}

async fn slashed(member: Member) -> Result {
    Ok(see_other(&format!("/org/{}/", member.organization())))
}
async fn overview(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
) -> Result {
    rooms.visit(&who, member.organization(), ctx.now).await?;
    render(&ctx, &rooms, &who, &member, FormErrors::none()).await
}

#[derive(serde::Deserialize)]
struct LeaveForm {
    confirm: String,
}
async fn leave(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Form(form): Form<LeaveForm>,
) -> Result {
    let name = &member.membership().organization_short_name;
    if kernel::text::normalize(&form.confirm) != kernel::text::normalize(name) {
        let error = kernel::Error::invalid("membership.confirm").at("confirm");
        return render(&ctx, &rooms, &who, &member, FormErrors::from(&error, ctx.lang)).await;
    }
    match rooms.leave(&member, ctx.now).await {
        Ok(()) => Ok(with_flash(see_other("/me"), "ok", "organization-flash-left", &[("name", name)])),
        // Their page has no such form, so the word stands on a page of its own.
        Err(error) if matches!(error.code, "membership.managed_stays" | "membership.head_stays") => {
            Err(error.into())
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &member, errors).await
        }
    }
}

async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    errors: FormErrors,
) -> Result {
    let organization = member.organization();
    let (shown, cards) = tokio::try_join!(
        rooms.overview(who, member.membership(), ctx.now),
        identity::session::service::list(rooms.identity(), who, ctx.now)
    )?;
    let en = ctx.lang == Lang::En;
    let actors = shown.recent.iter().filter_map(|entry| entry.actor_account);
    let mentioned = shown.recent.iter().filter_map(|entry| mentions(&entry.detail).0);
    let everybody = shown.administrators.iter().chain(&shown.agents).map(|row| row.account);
    // Only what the record mentions is looked up.
    let products = async {
        match shown.recent.iter().any(|entry| mentions(&entry.detail).1.is_some()) {
            true => rooms.products(true).await,
            false => Ok(Vec::new()),
        }
    };
    let account_manager = async {
        match shown.organization.account_manager {
            Some(manager) => rooms.staff_contact(manager).await,
            None => Ok(None),
        }
    };
    let (people, products, account_manager, frame) = tokio::try_join!(
        rooms.people(everybody.chain(actors).chain(mentioned)),
        products,
        account_manager,
        shell::of(rooms, ctx, who, organization)
    )?;
    let mut chain: Vec<_> = shown.administrators.iter().collect();
    chain.sort_by_key(|row| std::cmp::Reverse(row.role));
    let page = Page::new(ctx, shown.organization.name.clone()).with_shell(frame).with_errors(&errors);
    let home = format!("/org/{organization}/");
    let todos = match member.role().administers() {
        true => todos(&page, rooms, &shown, &home).await?,
        false => Vec::new(),
    };
    let console = shown.console.fragments(&page, Space::Organization(organization), todos, Some(cards))?;
    let agent = |row: &MemberRow| AgentLine {
        initial: initial(people.name(row.account)),
        name: people.name(row.account).to_owned(),
        own: row.account == who.account,
        until: (row.valid_until < Timestamp::FOREVER).then(|| page.last_day(&row.valid_until)),
    };
    let view = OverviewPage {
        home,
        agents: shown.agents.iter().map(agent).collect(),
        agent_word: member.policy().role_label(Role::Agent).of(en).to_owned(),
        members: match shown.numbers.members {
            1000.. => "1000+".to_owned(),
            number => number.to_string(),
        },
        console,
        en,
        suspended: shown.organization.state == OrganizationState::Suspended,
        numbers: shown.numbers,
        administers: member.role().administers(),
        own_role: member.policy().role_label(member.role()).of(en).to_owned(),
        level: (who.level.rank(), who.level.key()),
        // A managed account has nowhere else to be, and the head of the organization does not walk away from it by a click.
        may_leave: who.owner.organization().is_none() && member.role() != Role::LegalRepresentative,
        account_manager,
        chain: chain
            .into_iter()
            .map(|row| ChainLink {
                initial: initial(people.name(row.account)),
                name: people.name(row.account).to_owned(),
                role: member.policy().role_label(row.role).of(en).to_owned(),
                own: row.account == who.account,
            })
            .collect(),
        recent: shown.recent.iter().map(|entry| line(&page, entry, &people, &products)).collect(),
        errors,
        o: shown.organization,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

/// What waits for whoever administers: requests, memberships that run out, and what rooms above know of.
async fn todos(
    page: &Page,
    rooms: &Organizations,
    shown: &super::Overview,
    home: &str,
) -> kernel::Result<Vec<Todo>> {
    let mut todos = Vec::new();
    if shown.numbers.open_applications > 0 {
        let count = shown.numbers.open_applications;
        let href = format!("{home}applications");
        todos.push(Todo::counted(page, "warn", "organization-todo-applications", count, href));
    }
    if let Some(source) = rooms.tasks() {
        let tasks = source.tasks(&shown.organization, page.ctx.now).await?;
        todos.extend(tasks.iter().map(|task| Todo::of(page, task, home)));
    }
    if shown.numbers.ending > 0 {
        let href = format!("{home}members?expiry=soon");
        todos.push(Todo::counted(page, "warn", "organization-task-ending", shown.numbers.ending, href));
    }
    Ok(todos)
}

/// An event in words, with whom and what it is about; `people` and `products` know the names.
pub fn line(page: &Page, entry: &Entry, people: &crate::People, products: &[Product]) -> Line {
    let who = entry.actor_account.map(|id| people.name(id));
    let mut line = happened(page, &entry.action, &entry.outcome, who, entry.at);
    let (account, product) = mentions(&entry.detail);
    let product = product.and_then(|id| products.iter().find(|product| product.id == id));
    let mentioned: Vec<&str> = product
        .map(|product| product.name.of(page.ctx.lang == Lang::En))
        .into_iter()
        .chain(account.map(|id| people.name(id)).filter(|name| !name.is_empty()))
        .collect();
    if !mentioned.is_empty() {
        let separator = page.t("organization-list-separator");
        line.what =
            page.t2("organization-event-with", "what", &line.what, "mention", mentioned.join(&separator));
    }
    line
}
/// Whom and which product an event is about, from its detail.
pub fn mentions(detail: &str) -> (Option<AccountId>, Option<ProductId>) {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(serde_json::Value::as_str);
    (text("account").and_then(|id| id.parse().ok()), text("product").and_then(|id| id.parse().ok()))
}
/// Actions that this room has words for; others of the organization's record get a general word.
pub(crate) fn happened(
    page: &Page,
    action: &str,
    outcome: &str,
    who: Option<&str>,
    at: kernel::Timestamp,
) -> Line {
    let key = format!("organization-event-{}", action.replace(['.', '_'], "-"));
    let known = page.ctx.lang.has(&key);
    let tone = if outcome != "done" {
        "bad"
    } else if action.ends_with("granted") || action.ends_with("approved") || action.ends_with("created") {
        "ok"
    } else if ["ended", "revoked", "rejected", "closed", "terminated", "suspended"]
        .iter()
        .any(|end| action.ends_with(end))
    {
        "bad"
    } else {
        ""
    };
    Line {
        tone,
        who: match who {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => page.t("organization-event-platform"),
        },
        what: page.t(if known { &key } else { "organization-event-other" }),
        at: page.minute(&at),
    }
}
