//! A plan before it is applied: who gets and loses what, what cannot be and why, what others changed meanwhile. Applied as it
//! was shown, or not at all.
use super::form::{Sent, carried, day};
use super::model::{Change, Plan, Planned, Saved, Stale, Step, Wish};
use crate::membership::{OrganizationAdministrator, end};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use http::StatusCode;
use identity::session::SignedIn;
use kernel::{
    Error, Timestamp,
    id::{MembershipId, ProductId},
};
use std::collections::{BTreeMap, BTreeSet};
use web::{
    Ctx, Fields, Form, FormErrors, Lang, Page, Policy, Result, Routes, html_status, initial, see_other,
    with_flash,
};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/grants/apply", POLICY, to_matrix).post(
        "/org/{organization}/grants/apply",
        POLICY,
        apply,
    )
}
/// Whoever comes back to the address without a form.
async fn to_matrix(by: OrganizationAdministrator) -> Result {
    Ok(see_other(&format!("/org/{}/grants", by.organization())))
}

#[derive(Template)]
#[template(path = "grant/review.html")]
struct ReviewPage {
    page: Page,
    home: String,
    back: String,
    action: String,
    people: Vec<PersonView>,
    refused: Vec<RefusedView>,
    stale: Vec<StaleView>,
    rows: Vec<MembershipId>,
    columns: Vec<ProductId>,
    steps: String,
    asks_until: bool,
    until: String,
    count: usize,
    errors: FormErrors,
}
struct PersonView {
    membership: MembershipId,
    initial: String,
    name: String,
    login_name: String,
    role: String,
    given: Vec<(String, String)>,
    moved: Vec<(String, String)>,
    ended: Vec<String>,
}
struct RefusedView {
    name: String,
    product: String,
    why: String,
}
struct StaleView {
    name: String,
    product: String,
    now: String,
    by: String,
}

/// What a page that shows a plan starts from.
pub(super) struct Shown {
    pub plan: Plan,
    /// Where the change came from and goes back to.
    pub back: String,
    /// The end for all, as typed.
    pub until: String,
    pub errors: FormErrors,
}
impl Shown {
    pub(super) fn new(plan: Plan, back: String) -> Self {
        Self { plan, back, until: String::new(), errors: FormErrors::none() }
    }
}

/// The page; where there is nothing to show, back with a word.
pub(super) async fn show(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    shown: Shown,
) -> Result {
    let Shown { plan, back, until, errors } = shown;
    if plan.changes.is_empty() && plan.refused.is_empty() && plan.stale.is_empty() {
        return Ok(with_flash(see_other(&back), "info", "organization-flash-grants-same", &[]));
    }
    let page = Page::new(ctx, ctx.lang.t("organization-review-title"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let products: BTreeMap<ProductId, String> = rooms
        .products(true)
        .await?
        .into_iter()
        .map(|product| (product.id, product.name.of(ctx.lang == Lang::En).to_owned()))
        .collect();
    let accounts: BTreeSet<_> = plan
        .changes
        .iter()
        .chain(&plan.refused)
        .map(|planned| planned.account)
        .chain(plan.stale.iter().map(|stale| stale.account))
        .chain(plan.stale.iter().filter_map(|stale| stale.by))
        .collect();
    let named = rooms.people(accounts).await?;
    let name = |id: &ProductId| products.get(id).cloned().unwrap_or_default();
    let carried = carried(&plan.changes);
    let status = if plan.stale.is_empty() { errors.status() } else { StatusCode::CONFLICT };
    let view = ReviewPage {
        home: format!("/org/{}/", by.organization()),
        action: format!("/org/{}/grants/apply", by.organization()),
        people: people(&page, by, &plan.changes, &named, &name),
        refused: plan
            .refused
            .iter()
            .map(|planned| RefusedView {
                name: named.name(planned.account).to_owned(),
                product: name(&planned.change.cell.product),
                why: planned.refused.map(|code| ctx.lang.error(&Error::conflict(code))).unwrap_or_default(),
            })
            .collect(),
        stale: plan.stale.iter().map(|stale| stale_view(&page, stale, &named, &name)).collect(),
        count: plan.changes.len(),
        rows: carried.rows,
        columns: carried.columns,
        steps: carried.steps,
        asks_until: carried.asks_until,
        back,
        until,
        errors,
        page,
    };
    Ok(html_status(status, view))
}
fn people(
    page: &Page,
    by: &OrganizationAdministrator,
    changes: &[Planned],
    named: &People,
    name: &impl Fn(&ProductId) -> String,
) -> Vec<PersonView> {
    let mut views: Vec<PersonView> = Vec::new();
    for planned in changes {
        let Change { cell, step } = planned.change;
        let at = views.iter().position(|view| view.membership == cell.membership).unwrap_or_else(|| {
            let login_name =
                named.card(planned.account).map(|card| card.login_name.clone()).unwrap_or_default();
            let role = by.policy().role_label(planned.role).of(page.ctx.lang == Lang::En).to_owned();
            views.push(PersonView {
                membership: cell.membership,
                initial: initial(named.name(planned.account)),
                name: named.name(planned.account).to_owned(),
                login_name,
                role,
                given: Vec::new(),
                moved: Vec::new(),
                ended: Vec::new(),
            });
            views.len() - 1
        });
        let Some(view) = views.get_mut(at) else { continue };
        let product = name(&cell.product);
        match step {
            Step::Give { until } => {
                view.given.push((product, until.map(|until| until_words(page, until)).unwrap_or_default()));
            }
            Step::Move { until, .. } => {
                let before = planned.before.map(|before| until_words(page, before)).unwrap_or_default();
                let args =
                    page.t2("organization-review-moved", "before", before, "until", until_words(page, until));
                view.moved.push((product, args));
            }
            Step::End { .. } => view.ended.push(product),
        }
    }
    views
}
pub(super) fn until_words(page: &Page, until: Timestamp) -> String {
    if until == Timestamp::FOREVER {
        page.t("organization-no-end")
    } else {
        page.t1("organization-grant-until", "date", day(until, &page.ctx.app.zone))
    }
}
fn stale_view(page: &Page, stale: &Stale, named: &People, name: &impl Fn(&ProductId) -> String) -> StaleView {
    let by = match (stale.by, stale.at) {
        (Some(by), Some(at)) => {
            page.t2("organization-review-changed-by", "name", named.name(by), "at", page.minute(&at))
        }
        (None, Some(at)) => page.minute(&at),
        _ => String::new(),
    };
    StaleView {
        name: named.name(stale.account).to_owned(),
        product: name(&stale.cell.product),
        now: match stale.until {
            Some(until) => {
                format!("{} · {}", page.t("organization-review-now-granted"), until_words(page, until))
            }
            None => page.t("organization-review-now-not"),
        },
        by,
    }
}

async fn apply(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(fields): Form<Fields>,
) -> Result {
    let sent = Sent::of(&fields);
    let home = format!("/org/{}/", by.organization());
    // Back into the same organization alone.
    let back = web::local_path(sent.value("back"))
        .filter(|path| path.starts_with(&home))
        .map_or_else(|| format!("{home}grants"), str::to_owned);
    let until = sent.value("until");
    let (common, fault) = match end("until", until, &ctx.app.zone, ctx.now) {
        Ok(common) => (common, None),
        Err(error) => (Timestamp::FOREVER, Some(error)),
    };
    let changes = sent.changes(common)?;
    if let Some(error) = fault {
        // What is given until the end for all is so still, once the end is typed right.
        let open = sent.changes(Timestamp::default())?;
        let plan = rooms.plan_grants(&by, wishes(&open), ctx.now).await?;
        let errors = FormErrors::from(&error, ctx.lang);
        let shown = Shown { until: until.to_owned(), errors, ..Shown::new(plan, back) };
        return show(&ctx, &rooms, &who, &by, shown).await;
    }
    match rooms.save_grants(by.clone(), by.organization(), changes.clone(), ctx.now).await? {
        Saved::Done { given, moved, ended } => {
            let args = [
                ("granted", given.to_string()),
                ("moved", moved.to_string()),
                ("revoked", ended.to_string()),
            ];
            let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Ok(with_flash(see_other(&back), "ok", "organization-flash-grants", &args))
        }
        Saved::Stale(stale) => {
            let theirs: BTreeSet<_> = stale.iter().map(|stale| stale.cell).collect();
            let mut rest = wishes(&changes);
            rest.retain(|wish| !theirs.contains(&wish.cell));
            let plan = Plan { stale, ..rooms.plan_grants(&by, rest, ctx.now).await? };
            show(&ctx, &rooms, &who, &by, Shown { until: until.to_owned(), ..Shown::new(plan, back) }).await
        }
        // Planned anew, the page says what is impossible by now.
        Saved::Refused(_) => {
            let plan = rooms.plan_grants(&by, wishes(&changes), ctx.now).await?;
            let errors = FormErrors::from(&Error::conflict("grant.changed"), ctx.lang);
            let shown = Shown { until: until.to_owned(), errors, ..Shown::new(plan, back) };
            show(&ctx, &rooms, &who, &by, shown).await
        }
    }
}
/// A plan's changes as the wishes that led to them; an end in the past stands for the end for all.
fn wishes(changes: &[Change]) -> Vec<Wish> {
    changes
        .iter()
        .map(|Change { cell, step }| {
            let (wanted, until) = match step {
                Step::Give { until } => (true, until.filter(|until| *until > Timestamp::default())),
                Step::Move { until, .. } => (true, Some(*until)),
                Step::End { .. } => (false, None),
            };
            let seen = step.shown().map(|(_, until)| until);
            Wish { cell: *cell, shown: seen.is_some(), seen, wanted, until }
        })
        .collect()
}
