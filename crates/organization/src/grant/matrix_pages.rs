//! `/org/{organization}/grants`: members × products as one form of checkboxes. The form carries what it showed, so that
//! whoever saves second learns what changed in between; what it would do is shown before it is done.
use super::form::{COLUMNS, ROWS, Sent, day};
use super::model::{Cell, Held};
use super::review_pages::{Shown, show, until_words};
use super::service::may_be_granted;
use crate::decision::LayerState;
use crate::directory::{self, From, Key, Listed};
use crate::membership::{MemberRow, MembershipState, OrganizationAdministrator, Role};
use crate::product::{Audience, GrantMode, Product};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::search::Wanted;
use identity::session::SignedIn;
use kernel::{
    Timestamp,
    id::{MembershipId, ProductId},
};
use std::collections::{BTreeMap, BTreeSet};
use web::{Ctx, Fields, Form, FormErrors, Lang, Page, Policy, Query, Result, Routes, html_status, initial};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/grants", POLICY, matrix).post(
        "/org/{organization}/grants",
        POLICY,
        review,
    )
}

/// One choice of a filter: value, label, chosen.
pub(super) struct Choice(pub String, pub String, pub bool);

#[derive(Template)]
#[template(path = "grant/matrix.html")]
struct MatrixPage {
    page: Page,
    home: String,
    asked: Asked,
    filtered: bool,
    states: Vec<Choice>,
    roles: Vec<Choice>,
    categories: Vec<Choice>,
    products: Vec<Choice>,
    holds: Vec<Choice>,
    columns: Vec<Column>,
    more_columns: bool,
    rows: Vec<Row>,
    was: String,
    action: String,
    first: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    refine: bool,
    bulk: String,
    errors: FormErrors,
}
struct Column {
    id: ProductId,
    name: String,
    basis: String,
    admitted: bool,
}
struct Row {
    id: MembershipId,
    initial: String,
    name: String,
    login_name: String,
    role: String,
    cells: Vec<CellView>,
}
struct CellView {
    /// `row.column`, the end of the checkbox's name.
    name: String,
    product: String,
    open: bool,
    wanted: bool,
    /// Granted, while the organization's admission lapses.
    asleep: bool,
    /// The last day, if it ends.
    until: String,
    /// Why there is no checkbox.
    why: String,
}

/// Which members and products; the same for the page of one product.
#[derive(serde::Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Asked {
    pub q: String,
    pub role: String,
    pub state: String,
    pub category: String,
    pub product: String,
    /// `yes` or `no`: who has the product, who has not.
    pub has: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub below: Option<String>,
}
impl Asked {
    /// The query string without the cursor.
    pub fn query(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("role", &self.role),
            ("state", &self.state),
            ("category", &self.category),
            ("product", &self.product),
            ("has", &self.has),
        ];
        let typed: Vec<String> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", directory::encoded(value)))
            .collect();
        format!("?{}", typed.join("&"))
    }
    /// With the cursor, cleaned: where a form leads back to.
    pub fn here(&self) -> String {
        let key = |text: &Option<String>| text.as_deref().and_then(Key::parse);
        let cursor = match (key(&self.before), key(&self.after)) {
            (Some(key), _) => format!("&before={key}"),
            (None, Some(key)) => format!("&after={key}"),
            (None, None) => self.below().map(|id| format!("&below={id}")).unwrap_or_default(),
        };
        format!("{}{cursor}", self.query())
    }
    fn below(&self) -> Option<kernel::id::AccountId> {
        self.below.as_deref().and_then(|id| id.parse().ok())
    }
    pub fn filtered(&self) -> bool {
        [&self.q, &self.role, &self.state, &self.category, &self.product, &self.has]
            .iter()
            .any(|typed| !typed.is_empty())
    }
    /// A filter or cursor that is none is as if it were not there.
    pub fn directory(&self, now: Timestamp) -> directory::Asked {
        let before = self.before.as_deref().and_then(Key::parse).map(From::Before);
        let after = self.after.as_deref().and_then(Key::parse).map(From::After);
        let product: Option<ProductId> = self.product.parse().ok();
        let held = match self.has.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        directory::Asked {
            wanted: Some(Wanted::parse(&self.q, now)),
            state: self.state.parse().ok().filter(|state| *state != MembershipState::Ended),
            role: self.role.parse().ok(),
            expiry: None,
            holds: product.zip(held),
            from: self.below().map(From::Below).or(before).or(after).unwrap_or_default(),
        }
    }
    pub fn states(&self, page: &Page) -> Vec<Choice> {
        [
            (MembershipState::Active, "organization-member-active"),
            (MembershipState::Suspended, "organization-member-suspended"),
        ]
        .into_iter()
        .map(|(state, key)| Choice(state.as_str().to_owned(), page.t(key), self.state == state.as_str()))
        .collect()
    }
    pub fn roles(&self, page: &Page, by: &OrganizationAdministrator) -> Vec<Choice> {
        let label = |role: Role| by.policy().role_label(role).of(page.ctx.lang == Lang::En).to_owned();
        Role::ALL
            .iter()
            .rev()
            .map(|role| Choice(role.as_str().to_owned(), label(*role), self.role == role.as_str()))
            .collect()
    }
    pub fn holding(&self, page: &Page) -> Vec<Choice> {
        [("yes", "organization-grants-has"), ("no", "organization-grants-has-not")]
            .into_iter()
            .map(|(value, key)| Choice(value.to_owned(), page.t(key), self.has == value))
            .collect()
    }
}
/// Where a list of members goes on: first page, newer, older.
pub(super) fn pager(base: &str, listed: &Listed, asked: &Asked) -> [Option<String>; 3] {
    let next = listed.next.map(|account| format!("{base}&below={account}"));
    [
        asked.below.is_some().then(|| base.to_owned()),
        listed.newer.map(|key| format!("{base}&after={key}")),
        next.or_else(|| listed.older.map(|key| format!("{base}&before={key}"))),
    ]
}

/// A product that members are granted one by one, and how the first half stands.
pub(super) struct Offered {
    pub product: Product,
    pub admitted: bool,
    /// What the admission rests on, or what is missing.
    pub basis: String,
}
/// Those that the organization is admitted to, and those that somebody on the page holds while they sleep: nobody looks
/// through all grants of an organization for a page of it.
pub(super) async fn offered(
    page: &Page,
    rooms: &Organizations,
    by: &OrganizationAdministrator,
    held: &BTreeSet<ProductId>,
) -> kernel::Result<Vec<Offered>> {
    let now = page.ctx.now;
    let organization = rooms.organization(by.organization()).await?;
    let admissions = rooms.admissions(&organization, now).await?;
    Ok(admissions
        .lines
        .into_iter()
        .filter(|line| {
            line.product.grant_mode == GrantMode::Explicit && line.product.audience != Audience::Person
        })
        .map(|line| (line.layer.state == LayerState::Met, line))
        .filter(|(admitted, line)| *admitted || held.contains(&line.product.id))
        .map(|(admitted, line)| Offered {
            admitted,
            basis: match (admitted, line.layer.until) {
                (false, _) => page.t("organization-not-admitted"),
                // A grant that outlasts it sleeps from then on.
                (true, Some(until)) if until != Timestamp::FOREVER => {
                    let class = page.t(&format!("organization-class-{}", line.product.admission_class));
                    format!("{class} · {}", until_words(page, until))
                }
                (true, _) => page.t(&format!("organization-class-{}", line.product.admission_class)),
            },
            product: line.product,
        })
        .collect())
}

async fn matrix(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(asked): Query<Asked>,
) -> Result {
    render(&ctx, &rooms, &who, &by, asked, String::new(), FormErrors::none()).await
}
async fn review(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(asked): Query<Asked>,
    Form(fields): Form<Fields>,
) -> Result {
    let sent = Sent::of(&fields);
    let wishes = match sent.matrix() {
        Ok(wishes) => wishes,
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            return render(&ctx, &rooms, &who, &by, asked, sent.value("bulk").to_owned(), errors).await;
        }
    };
    let plan = rooms.plan_grants(&by, wishes, ctx.now).await?;
    let back = format!("/org/{}/grants{}", by.organization(), asked.here());
    show(&ctx, &rooms, &who, &by, Shown::new(plan, back)).await
}

async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    asked: Asked,
    bulk: String,
    errors: FormErrors,
) -> Result {
    let en = ctx.lang == Lang::En;
    let page = Page::new(ctx, ctx.lang.t("organization-nav-grants"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let listed = rooms.directory(by, asked.directory(ctx.now), ROWS, ctx.now).await?;
    let people = rooms.people(listed.rows.iter().map(|row| row.account)).await?;
    let ids = listed.rows.iter().map(|row| row.id).collect();
    let held = rooms.held_grants(by.organization(), ids, ctx.now).await?;
    let held: BTreeMap<Cell, Held> = held.into_iter().map(|held| (held.cell, held)).collect();
    let mut offered = offered(&page, rooms, by, &held.keys().map(|cell| cell.product).collect()).await?;
    let categories = categories(rooms, &offered, &asked, en).await?;
    if categories.iter().any(|Choice(_, _, chosen)| *chosen) {
        offered.retain(|offered| offered.product.category == asked.category);
    }
    let products = offered
        .iter()
        .map(|offered| {
            let id = offered.product.id.to_string();
            let chosen = id == asked.product;
            Choice(id, offered.product.name.of(en).to_owned(), chosen)
        })
        .collect::<Vec<_>>();
    if products.iter().any(|Choice(_, _, chosen)| *chosen) {
        offered.retain(|offered| offered.product.id.to_string() == asked.product);
    }
    let more_columns = offered.len() > COLUMNS;
    offered.truncate(COLUMNS);
    let mut was = String::new();
    let rows = listed
        .rows
        .iter()
        .enumerate()
        .map(|(at_row, row)| Row {
            id: row.id,
            initial: initial(people.name(row.account)),
            name: people.name(row.account).to_owned(),
            login_name: people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default(),
            role: by.policy().role_label(row.role).of(en).to_owned(),
            cells: offered
                .iter()
                .enumerate()
                .map(|(at_column, offered)| {
                    let cell = Cell { membership: row.id, product: offered.product.id };
                    let holds = held.get(&cell);
                    let shut = shut(by, row, offered);
                    // What is held can always be taken away, also while it sleeps.
                    let open = by.role().may_grant_to(row.role) && (holds.is_some() || shut.is_none());
                    was.push(match (open, holds.is_some()) {
                        (false, _) => '-',
                        (true, true) => '1',
                        (true, false) => '0',
                    });
                    CellView {
                        name: format!("{at_row}.{at_column}"),
                        product: offered.product.name.of(en).to_owned(),
                        open,
                        wanted: holds.is_some(),
                        asleep: holds.is_some() && !offered.admitted,
                        until: holds.map(|held| day(held.until, &ctx.app.zone)).unwrap_or_default(),
                        why: shut.map(|key| page.t(key)).unwrap_or_default(),
                    }
                })
                .collect(),
        })
        .collect();
    let base = format!("/org/{}/grants{}", by.organization(), asked.query());
    let [first, newer, older] = pager(&base, &listed, &asked);
    let view = MatrixPage {
        home: format!("/org/{}/", by.organization()),
        filtered: asked.filtered(),
        states: asked.states(&page),
        roles: asked.roles(&page, by),
        holds: asked.holding(&page),
        categories,
        products,
        columns: offered
            .iter()
            .map(|offered| Column {
                id: offered.product.id,
                name: offered.product.name.of(en).to_owned(),
                basis: offered.basis.clone(),
                admitted: offered.admitted,
            })
            .collect(),
        more_columns,
        rows,
        was,
        action: format!("/org/{}/grants{}", by.organization(), asked.here()),
        first,
        newer,
        older,
        refine: listed.refine,
        bulk,
        asked,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
/// Why a grant cannot be made here, as a key.
pub(super) fn shut(
    by: &OrganizationAdministrator,
    row: &MemberRow,
    offered: &Offered,
) -> Option<&'static str> {
    let business = by.policy().administrators_do_business;
    if !by.role().may_grant_to(row.role) {
        Some("error-membership-role-too-high")
    } else if may_be_granted(&offered.product, row.role, business).is_err() {
        Some("organization-role-not-allowed")
    } else if !offered.admitted {
        Some("organization-not-admitted")
    } else {
        None
    }
}
/// The headings under which the offered products stand.
async fn categories(
    rooms: &Organizations,
    offered: &[Offered],
    asked: &Asked,
    en: bool,
) -> kernel::Result<Vec<Choice>> {
    let known = rooms.categories().await?;
    Ok(known
        .into_iter()
        .filter(|category| offered.iter().any(|offered| offered.product.category == category.code))
        .map(|category| {
            let chosen = category.code == asked.category;
            Choice(category.code, category.name.of(en).to_owned(), chosen)
        })
        .collect())
}
