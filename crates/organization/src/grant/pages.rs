//! `/org/{organization}/grants`: members × products as one form of checkboxes. The form carries what it showed, so that
//! whoever saves second learns what changed in between.
use super::model::{Cell, Saved, Wish};
use super::service::may_be_granted;
use crate::decision::LayerState;
use crate::directory;
use crate::membership::{Filter, MemberRow, OrganizationAdministrator};
use crate::product::{GrantMode, Product};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error, Timestamp,
    id::{MembershipId, ProductId},
};
use std::collections::BTreeSet;
use web::{
    Ctx, Fields, Form, FormErrors, Lang, Page, Policy, Query, Result, Routes, html_status, initial,
    see_other, with_flash,
};

const ROWS: i64 = 20;
const COLUMNS: usize = 12;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/grants", Policy::OrganizationAdministrator, matrix).post(
        "/org/{organization}/grants",
        Policy::OrganizationAdministrator,
        save,
    )
}

#[derive(Template)]
#[template(path = "grant/matrix.html")]
struct MatrixPage {
    page: Page,
    home: String,
    q: String,
    filtered: bool,
    choices: Vec<(ProductId, String, bool)>,
    columns: Vec<Column>,
    more_columns: bool,
    rows: Vec<Row>,
    was: String,
    action: String,
    base: String,
    newer: Option<MembershipId>,
    older: Option<MembershipId>,
    stale: usize,
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
    stale: bool,
    /// Why there is no checkbox.
    why: String,
}

#[derive(serde::Deserialize, Default, Clone)]
#[serde(default)]
struct Asked {
    q: String,
    product: String,
    before: Option<String>,
    after: Option<String>,
}
impl Asked {
    /// The query string without the cursor, ending where the cursor follows.
    fn query(&self) -> String {
        format!("?q={}&product={}&", directory::encoded(&self.q), directory::encoded(&self.product))
    }
    fn cursor(&self) -> String {
        let clean = |id: &Option<String>| id.as_deref().and_then(|id| id.parse::<MembershipId>().ok());
        match (clean(&self.before), clean(&self.after)) {
            (Some(id), _) => format!("before={id}"),
            (None, Some(id)) => format!("after={id}"),
            (None, None) => String::new(),
        }
    }
}

async fn matrix(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(asked): Query<Asked>,
) -> Result {
    render(&ctx, &rooms, &who, &by, &asked, &[], &[], FormErrors::none()).await
}

async fn save(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(asked): Query<Asked>,
    Form(fields): Form<Fields>,
) -> Result {
    let wishes = read_wishes(&fields)?;
    match rooms.save_grants(by.clone(), by.organization(), wishes.clone(), ctx.now).await {
        Ok(Saved::Done { granted, revoked }) => {
            let there =
                see_other(&format!("/org/{}/grants{}{}", by.organization(), asked.query(), asked.cursor()));
            let args = [("granted", granted.to_string()), ("revoked", revoked.to_string())];
            let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let key = if granted + revoked == 0 {
                "organization-flash-grants-same"
            } else {
                "organization-flash-grants"
            };
            Ok(with_flash(there, "ok", key, &args))
        }
        Ok(Saved::Stale(stale)) => {
            render(&ctx, &rooms, &who, &by, &asked, &wishes, &stale, FormErrors::none()).await
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, &asked, &wishes, &[], errors).await
        }
    }
}

/// Rows `r0…`, columns `c0…`, ticks `g0.0…`, and `was`: one digit per cell, `1` where the form showed a tick, `-` where
/// it had no box.
fn read_wishes(fields: &Fields) -> kernel::Result<Vec<Wish>> {
    let broken = || Error::invalid("grant.form");
    let value =
        |name: &str| fields.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let list = |letter: &str, most: usize| -> kernel::Result<Vec<&str>> {
        Ok((0..most).map_while(|at| value(&format!("{letter}{at}"))).collect())
    };
    let rows: Vec<MembershipId> = list("r", ROWS as usize)?
        .into_iter()
        .map(|id| id.parse().map_err(|_| Error::not_found("membership.unknown")))
        .collect::<kernel::Result<_>>()?;
    let columns: Vec<ProductId> = list("c", COLUMNS)?
        .into_iter()
        .map(|id| id.parse().map_err(|_| Error::not_found("product.unknown")))
        .collect::<kernel::Result<_>>()?;
    let was = value("was").ok_or_else(broken)?.as_bytes();
    if was.len() != rows.len() * columns.len() {
        return Err(broken());
    }
    let ticked: BTreeSet<&str> = fields.0.iter().filter_map(|(name, _)| name.strip_prefix('g')).collect();
    let mut wishes = Vec::new();
    for (at_row, membership) in rows.iter().enumerate() {
        for (at_column, product) in columns.iter().enumerate() {
            let shown = match was.get(at_row * columns.len() + at_column) {
                Some(b'1') => true,
                Some(b'0') => false,
                Some(b'-') => continue,
                _ => return Err(broken()),
            };
            let wanted = ticked.contains(format!("{at_row}.{at_column}").as_str());
            wishes.push(Wish { cell: Cell { membership: *membership, product: *product }, shown, wanted });
        }
    }
    Ok(wishes)
}

/// A product that can stand in the matrix, and whether the organization is admitted now.
struct Offered {
    product: Product,
    admitted: bool,
    basis: String,
}
async fn offered(
    page: &Page,
    rooms: &Organizations,
    by: &OrganizationAdministrator,
) -> kernel::Result<Vec<Offered>> {
    let now = page.ctx.now;
    let organization = rooms.organization(by.organization()).await?;
    let granted = rooms.granted_products(by.organization(), now).await?;
    let admissions = rooms.admissions(&organization, now).await?;
    Ok(admissions
        .lines
        .into_iter()
        .filter(|line| line.product.grant_mode == GrantMode::Explicit)
        .map(|line| (line.layer.state == LayerState::Met, line))
        .filter(|(admitted, line)| *admitted || granted.contains(&line.product.id))
        .map(|(admitted, line)| Offered {
            admitted,
            basis: if admitted {
                page.t(&format!("organization-class-{}", line.product.admission_class))
            } else {
                page.t("organization-not-admitted")
            },
            product: line.product,
        })
        .collect())
}

#[expect(clippy::too_many_arguments, reason = "a page's worth of values")]
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    asked: &Asked,
    wishes: &[Wish],
    stale: &[Cell],
    errors: FormErrors,
) -> Result {
    let en = ctx.lang == Lang::En;
    let page = Page::new(ctx, ctx.lang.t("organization-nav-grants"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?);
    let mut products = offered(&page, rooms, by).await?;
    let choices: Vec<_> = products
        .iter()
        .map(|offered| {
            let id = offered.product.id;
            (id, offered.product.name.of(en).to_owned(), id.to_string() == asked.product)
        })
        .collect();
    if choices.iter().any(|(_, _, selected)| *selected) {
        products.retain(|offered| offered.product.id.to_string() == asked.product);
    }
    let more_columns = products.len() > COLUMNS;
    products.truncate(COLUMNS);
    let (members, newer, older) = members(rooms, by, asked, ctx.now).await?;
    let people = rooms.people(members.iter().map(|row| row.account)).await?;
    let held =
        rooms.granted_cells(by.organization(), members.iter().map(|row| row.id).collect(), ctx.now).await?;
    let mut was = String::new();
    let rows = members
        .iter()
        .enumerate()
        .map(|(at_row, row)| Row {
            id: row.id,
            initial: initial(people.name(row.account)),
            name: people.name(row.account).to_owned(),
            login_name: people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default(),
            role: by.policy().role_label(row.role).of(en).to_owned(),
            cells: products
                .iter()
                .enumerate()
                .map(|(at_column, offered)| {
                    let cell = Cell { membership: row.id, product: offered.product.id };
                    let holds = held.contains(&cell);
                    let role_fits =
                        may_be_granted(&offered.product, row.role, by.policy().administrators_do_business)
                            .is_ok();
                    // What is held can always be taken away, also while it sleeps.
                    let open = holds || (offered.admitted && role_fits);
                    was.push(match (open, holds) {
                        (false, _) => '-',
                        (true, true) => '1',
                        (true, false) => '0',
                    });
                    let wish = wishes.iter().find(|wish| wish.cell == cell && wish.wanted != wish.shown);
                    CellView {
                        name: format!("{at_row}.{at_column}"),
                        product: offered.product.name.of(en).to_owned(),
                        open,
                        wanted: wish.map_or(holds, |wish| wish.wanted),
                        stale: stale.contains(&cell),
                        why: page.t(if role_fits {
                            "organization-not-admitted"
                        } else {
                            "organization-role-not-allowed"
                        }),
                    }
                })
                .collect(),
        })
        .collect();
    let status = if stale.is_empty() { errors.status() } else { http::StatusCode::CONFLICT };
    let list = format!("/org/{}/grants{}", by.organization(), asked.query());
    let view = MatrixPage {
        home: format!("/org/{}/", by.organization()),
        q: asked.q.clone(),
        filtered: !asked.q.is_empty(),
        choices,
        columns: products
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
        action: format!("{list}{}", asked.cursor()),
        base: list,
        newer,
        older,
        stale: stale.len(),
        errors,
        page,
    };
    Ok(html_status(status, view))
}

/// A page of those to whom this administrator may grant.
async fn members(
    rooms: &Organizations,
    by: &OrganizationAdministrator,
    asked: &Asked,
    now: Timestamp,
) -> kernel::Result<(Vec<MemberRow>, Option<MembershipId>, Option<MembershipId>)> {
    let searched = !kernel::text::normalize(&asked.q).is_empty();
    let found =
        if searched { Some(rooms.members_named(by.organization(), &asked.q, now).await?.0) } else { None };
    let before: Option<MembershipId> = asked.before.as_deref().and_then(|id| id.parse().ok());
    let after = asked.after.as_deref().and_then(|id| id.parse().ok()).filter(|_| before.is_none());
    let filter = Filter { below: Some(by.role()), before, after, accounts: found, ..Filter::default() };
    let mut rows = rooms.list_members(by, filter, ROWS + 1).await?;
    let more = rows.len() as i64 > ROWS;
    if more && after.is_some() {
        rows.remove(0);
    } else if more {
        rows.pop();
    }
    let (has_newer, has_older) = match (before, after) {
        (_, Some(_)) => (more, true),
        (Some(_), None) => (true, more),
        (None, None) => (false, more),
    };
    let newer = rows.first().filter(|_| has_newer).map(|row| row.id);
    let older = rows.last().filter(|_| has_older).map(|row| row.id);
    Ok((rows, newer, older))
}
