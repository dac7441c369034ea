//! Grants one by one, each with its period: everything that one person may use, and everybody who may use one product.
use super::form::{ROWS, Sent, day};
use super::matrix_pages::{Asked, Choice, Offered, offered, pager, shut};
use super::model::{Cell, Held};
use super::review_pages::{Shown, show};
use crate::decision::{LayerState, layer_key};
use crate::membership::{MemberRow, MembershipState, OrganizationAdministrator};
use crate::product::{Audience, GrantMode};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{MembershipId, ProductId},
};
use std::collections::{BTreeMap, BTreeSet};
use web::{
    Ctx, Fields, Form, FormErrors, Lang, Page, Path, Policy, Query, Result, Routes, html_status, initial,
};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/members/{member}/products", POLICY, of_member)
        .post("/org/{organization}/members/{member}/products", POLICY, review_member)
        .get("/org/{organization}/products/{product}/members", POLICY, of_product)
        .post("/org/{organization}/products/{product}/members", POLICY, review_product)
}

/// A grant that is or could be.
struct Line {
    /// Its place among those with a box, by which the form names them.
    at: usize,
    /// Membership, product, and what was shown.
    key: String,
    title: String,
    hint: String,
    href: String,
    open: bool,
    wanted: bool,
    until: String,
    bad: bool,
    tone: &'static str,
    state: String,
    given: String,
}
impl Line {
    fn new(page: &Page, cell: Cell, held: Option<&Held>, row: &LineOf<'_>) -> Self {
        let shown = held.map_or_else(|| "-".to_owned(), |held| held.until.as_millis().to_string());
        let (tone, state) = match (held, row.admitted) {
            (Some(_), true) => ("ok", page.t("organization-grant-works")),
            (Some(_), false) => ("wait", page.t("organization-grant-sleeps")),
            (None, _) => ("", row.shut.clone().unwrap_or_else(|| page.t("organization-grant-none"))),
        };
        let given = held
            .map(|held| {
                let by = held.by.map(|by| row.people.name(by)).unwrap_or_default();
                match by {
                    "" => page.date(&held.from),
                    by => page.t2("organization-grant-given", "name", by, "at", page.date(&held.from)),
                }
            })
            .unwrap_or_default();
        Self {
            at: 0,
            key: format!("{}.{}.{shown}", cell.membership, cell.product),
            title: row.title.clone(),
            hint: row.hint.clone(),
            href: row.href.clone(),
            open: row.reachable && (held.is_some() || row.shut.is_none()),
            wanted: held.is_some(),
            until: held.map(|held| day(held.until, &page.ctx.app.zone)).unwrap_or_default(),
            bad: false,
            tone,
            state,
            given,
        }
    }
}
/// What a line says besides its grant.
struct LineOf<'a> {
    title: String,
    hint: String,
    href: String,
    admitted: bool,
    /// The own role reaches the member.
    reachable: bool,
    /// Why nothing can be granted here, in words.
    shut: Option<String>,
    people: &'a People,
}

#[derive(Template)]
#[template(path = "grant/member.html")]
struct MemberPage {
    page: Page,
    home: String,
    id: MembershipId,
    name: String,
    initial: String,
    login_name: String,
    role: String,
    editable: bool,
    lines: Vec<Line>,
    errors: FormErrors,
}
async fn of_member(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, MembershipId)>,
) -> Result {
    let row = live(&rooms, &by, id).await?;
    render_member(&ctx, &rooms, &who, &by, &row, None, FormErrors::none()).await
}
async fn review_member(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, MembershipId)>,
    Form(fields): Form<Fields>,
) -> Result {
    let (sent, row) = (Sent::of(&fields), live(&rooms, &by, id).await?);
    let (wishes, bad) = sent.lines(&ctx.app.zone, ctx.now)?;
    if !bad.is_empty() {
        let errors = FormErrors::from(&Error::invalid("grant.date"), ctx.lang);
        return render_member(&ctx, &rooms, &who, &by, &row, Some((&sent, bad)), errors).await;
    }
    let plan = rooms.plan_grants(&by, wishes, ctx.now).await?;
    let back = format!("/org/{}/members/{id}/products", by.organization());
    show(&ctx, &rooms, &who, &by, Shown::new(plan, back)).await
}
pub(super) async fn live(
    rooms: &Organizations,
    by: &OrganizationAdministrator,
    id: MembershipId,
) -> kernel::Result<MemberRow> {
    let row = rooms.find_member(by.organization(), id).await?;
    match row.state {
        MembershipState::Ended => Err(Error::not_found("membership.unknown")),
        MembershipState::Active | MembershipState::Suspended => Ok(row),
    }
}
async fn render_member(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    row: &MemberRow,
    typed: Option<(&Sent<'_>, BTreeSet<Cell>)>,
    errors: FormErrors,
) -> Result {
    let en = ctx.lang == Lang::En;
    let organization = rooms.organization(by.organization()).await?;
    let admissions = rooms.admissions(&organization, ctx.now).await?;
    let held = by_cell(rooms.held_grants(by.organization(), vec![row.id], ctx.now).await?);
    let people = rooms.people(held.values().filter_map(|held| held.by).chain([row.account])).await?;
    let name = people.name(row.account).to_owned();
    let page = Page::new(ctx, ctx.lang.ta("organization-member-products-title", &[("name", &name)]))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let editable = by.role().may_grant_to(row.role);
    let lines = admissions
        .lines
        .into_iter()
        .filter(|line| line.product.audience != Audience::Person)
        .filter_map(|line| {
            let cell = Cell { membership: row.id, product: line.product.id };
            let (grant, admitted) = (held.get(&cell), line.layer.state == LayerState::Met);
            if grant.is_none() && !admitted {
                return None;
            }
            let by_mode = line.product.grant_mode == GrantMode::EveryAgent;
            let offered = Offered { admitted, basis: String::new(), product: line.product };
            let shut = match by_mode {
                true => Some(page.t("organization-decision-grant-by-mode")),
                false => shut(by, row, &offered).map(|key| page.t(key)),
            };
            let hint = match admitted {
                true => page.t(&format!("organization-class-{}", offered.product.admission_class)),
                false => page.t(&layer_key(line.layer.code)),
            };
            Some(Line::new(
                &page,
                cell,
                grant,
                &LineOf {
                    title: offered.product.name.of(en).to_owned(),
                    hint,
                    href: format!("/org/{}/products/{}/members", by.organization(), cell.product),
                    admitted,
                    reachable: editable,
                    shut,
                    people: &people,
                },
            ))
        })
        .collect();
    let view = MemberPage {
        home: format!("/org/{}/", by.organization()),
        id: row.id,
        initial: initial(&name),
        name,
        login_name: people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default(),
        role: by.policy().role_label(row.role).of(en).to_owned(),
        editable,
        lines: as_typed(lines, typed),
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
/// Numbered; what came back keeps its ticks and dates.
fn as_typed(mut lines: Vec<Line>, typed: Option<(&Sent<'_>, BTreeSet<Cell>)>) -> Vec<Line> {
    for (at, line) in lines.iter_mut().filter(|line| line.open).enumerate() {
        line.at = at;
        let Some((sent, bad)) = &typed else { continue };
        // The same lines in the same places, unless something changed meanwhile.
        let key = sent.value(&format!("k{at}"));
        if key.rsplit_once('.').map(|(cell, _)| cell) != line.key.rsplit_once('.').map(|(cell, _)| cell) {
            continue;
        }
        line.wanted = !sent.value(&format!("g{at}")).is_empty();
        line.until = sent.value(&format!("u{at}")).to_owned();
        line.bad = bad.iter().any(|cell| key.starts_with(&format!("{}.{}.", cell.membership, cell.product)));
    }
    lines
}
fn by_cell(held: Vec<Held>) -> BTreeMap<Cell, Held> {
    held.into_iter().map(|held| (held.cell, held)).collect()
}

#[derive(Template)]
#[template(path = "grant/product.html")]
struct ProductPage {
    page: Page,
    home: String,
    id: ProductId,
    name: String,
    basis: String,
    admitted: bool,
    asked: Asked,
    filtered: bool,
    states: Vec<Choice>,
    roles: Vec<Choice>,
    holds: Vec<Choice>,
    lines: Vec<Line>,
    action: String,
    first: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    refine: bool,
    errors: FormErrors,
}
async fn of_product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, ProductId)>,
    Query(asked): Query<Asked>,
) -> Result {
    render_product(&ctx, &rooms, &who, &by, id, asked, None, FormErrors::none()).await
}
async fn review_product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, ProductId)>,
    Query(asked): Query<Asked>,
    Form(fields): Form<Fields>,
) -> Result {
    let sent = Sent::of(&fields);
    let (wishes, bad) = sent.lines(&ctx.app.zone, ctx.now)?;
    if !bad.is_empty() {
        let errors = FormErrors::from(&Error::invalid("grant.date"), ctx.lang);
        return render_product(&ctx, &rooms, &who, &by, id, asked, Some((&sent, bad)), errors).await;
    }
    let plan = rooms.plan_grants(&by, wishes, ctx.now).await?;
    let back = format!("/org/{}/products/{id}/members{}", by.organization(), asked.here());
    show(&ctx, &rooms, &who, &by, Shown::new(plan, back)).await
}
#[expect(clippy::too_many_arguments, reason = "a page's worth of values")]
async fn render_product(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: ProductId,
    asked: Asked,
    typed: Option<(&Sent<'_>, BTreeSet<Cell>)>,
    errors: FormErrors,
) -> Result {
    let en = ctx.lang == Lang::En;
    let page = Page::new(ctx, "").with_shell(shell::of(rooms, ctx, who, by.organization()).await?);
    // Neither what everybody has nor what the organization has nothing to do with.
    let mut held = BTreeSet::new();
    if rooms.anybody_holds(by.organization(), id, ctx.now).await? {
        held.insert(id);
    }
    let offered = offered(&page, rooms, by, &held).await?;
    let offered = offered.into_iter().find(|offered| offered.product.id == id);
    let offered = offered.ok_or_else(|| Error::not_found("product.unknown"))?;
    let name = offered.product.name.of(en).to_owned();
    let page = Page { title: ctx.lang.ta("organization-product-members-title", &[("name", &name)]), ..page };
    let page = page.with_errors(&errors);
    let asked = Asked { product: id.to_string(), category: String::new(), ..asked };
    let listed = rooms.directory(by, asked.directory(ctx.now), ROWS, ctx.now).await?;
    let ids = listed.rows.iter().map(|row| row.id).collect();
    let held = by_cell(rooms.held_grants(by.organization(), ids, ctx.now).await?);
    let named = listed.rows.iter().map(|row| row.account).chain(held.values().filter_map(|held| held.by));
    let people = rooms.people(named).await?;
    let lines = listed
        .rows
        .iter()
        .map(|row| {
            let cell = Cell { membership: row.id, product: id };
            let login = people.card(row.account).map(|card| card.login_name.as_str()).unwrap_or_default();
            let of = LineOf {
                title: people.name(row.account).to_owned(),
                hint: format!("{login} · {}", by.policy().role_label(row.role).of(en)),
                href: format!("/org/{}/members/{}/products", by.organization(), row.id),
                admitted: offered.admitted,
                reachable: by.role().may_grant_to(row.role),
                shut: shut(by, row, &offered).map(|key| page.t(key)),
                people: &people,
            };
            Line::new(&page, cell, held.get(&cell), &of)
        })
        .collect();
    let path = format!("/org/{}/products/{id}/members", by.organization());
    // The product stands in the path.
    let plain = Asked { product: String::new(), ..asked.clone() };
    let [first, newer, older] = pager(&format!("{path}{}", plain.query()), &listed, &asked);
    let view = ProductPage {
        home: format!("/org/{}/", by.organization()),
        id,
        name,
        basis: offered.basis,
        admitted: offered.admitted,
        filtered: plain.filtered(),
        states: asked.states(&page),
        roles: asked.roles(&page, by),
        holds: asked.holding(&page),
        lines: as_typed(lines, typed),
        action: format!("{path}{}", plain.here()),
        first,
        newer,
        older,
        refine: listed.refine,
        asked: plain,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
