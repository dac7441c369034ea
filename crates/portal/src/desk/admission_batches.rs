//! Many admissions at once: the own batches, and each with what would change and what cannot, applied by a worker while the
//! page counts.
use super::{Desk, FOR_ORGANIZATIONS, ORGANIZATION_ROLES, organizations::names};
use ::organization::admission::batch::{
    Batch, BatchAction, BatchId, BatchLine, BatchRow, BatchState, RowState,
};
use kernel::Error;
use serde::Deserialize;
use web::{Form, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_ORGANIZATIONS);
    Routes::new()
        .get("/desk/admission-batches", staff, list)
        .get("/desk/admission-batches/{batch}", staff, show)
        .post("/desk/admission-batches/{batch}", staff, decide)
        .merge(super::admission_choosing::routes())
}
/// Rows of a page of a batch.
const ROWS: i64 = 100;
/// Batches of a page of the list.
const PAGE: i64 = 20;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    before: String,
}
struct ListLine {
    id: BatchId,
    about: String,
    action: &'static str,
    at: String,
    changes: i64,
    done: i64,
    refused: i64,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_batches.html")]
struct List {
    page: Page,
    lines: Vec<ListLine>,
    next: Option<String>,
}
/// Whoever made them finds them again.
async fn list(desk: Desk, Query(start): Query<Start>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    // A place that is none is the first page.
    let before: Option<BatchId> = start.before.parse().ok();
    let mut found = desk.organizations.batches(&desk.operator, before, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next =
        found.last().filter(|_| more).map(|last| format!("/desk/admission-batches?before={}", last.id));
    let page = desk.page(desk.t("portal-batch-list"), "/desk/products").await?;
    let english = desk.english();
    Ok(html(List {
        lines: found.into_iter().map(|batch| list_line(&page, batch, english)).collect(),
        next,
        page,
    }))
}
fn list_line(page: &Page, batch: BatchLine, english: bool) -> ListLine {
    let (state, tone) = state_word(batch.state);
    ListLine {
        id: batch.id,
        about: if english { batch.about_en } else { batch.about_zh },
        action: action_word(batch.action),
        at: page.minute(&batch.created_at),
        changes: batch.changes,
        done: batch.done,
        refused: batch.refused,
        state,
        tone,
    }
}
const fn state_word(state: BatchState) -> (&'static str, &'static str) {
    match state {
        BatchState::Shown => ("portal-batch-state-shown", "wait"),
        BatchState::Running => ("portal-batch-state-running", "info"),
        BatchState::Done => ("portal-batch-state-done", "ok"),
        BatchState::Stopped | BatchState::Discarded => ("portal-batch-state-stopped", "bad"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    state: String,
    after: String,
}
struct Line {
    number: i64,
    href: String,
    name: String,
    product: String,
    what: String,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_batch.html")]
struct Shown {
    page: Page,
    here: String,
    back: (String, String),
    batch: Batch,
    action: &'static str,
    until: String,
    by: String,
    state: &'static str,
    tone: &'static str,
    /// Rows that cannot be changed.
    cannot: i64,
    settled: i64,
    filter: String,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn show(desk: Desk, Path(id): Path<BatchId>, Query(place): Query<Place>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let rooms = &desk.organizations;
    let batch = rooms.batch(&desk.operator, id).await?;
    let state: Option<RowState> = place.state.parse().ok();
    let after = place.after.parse().unwrap_or(0);
    let mut rows = rooms.batch_rows(&desk.operator, id, state, after, ROWS + 1).await?;
    let more = rows.len() as i64 > ROWS;
    rows.truncate(ROWS as usize);
    let here = format!("/desk/admission-batches/{id}");
    let next = rows.last().filter(|_| more).map(|last| {
        let state = state.map_or("", RowState::as_str);
        format!("{here}?state={state}&after={}", last.number)
    });
    let english = desk.english();
    let (area, back) = match (batch.product, batch.organization) {
        (Some(product), _) => {
            let name = rooms.product(product).await?.name.of(english).to_owned();
            ("/desk/products", (format!("/desk/products/{product}/admissions"), name))
        }
        (None, Some(organization)) => {
            let name = desk.organization(organization).await?.name;
            ("/desk/organizations", (format!("/desk/organizations/{organization}"), name))
        }
        (None, None) => return Err(Error::not_found("admission.batch_unknown").into()),
    };
    let by = names(&desk, vec![batch.account]).await?.into_values().next().unwrap_or_default();
    let page = desk.page(desk.t("portal-batch-title"), area).await?;
    let (word, tone) = state_word(batch.state);
    Ok(html(Shown {
        lines: rows.into_iter().map(|row| line(&page, row, english)).collect(),
        action: action_word(batch.action),
        until: desk.until(batch.valid_until),
        cannot: batch.total - batch.changes,
        settled: batch.done + batch.refused,
        filter: state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        state: word,
        tone,
        back,
        by,
        here,
        next,
        batch,
        page,
    }))
}
const fn action_word(action: BatchAction) -> &'static str {
    match action {
        BatchAction::Admit => "portal-batch-action-admit",
        BatchAction::Suspend => "portal-batch-action-suspend",
        BatchAction::Resume => "portal-batch-action-resume",
        BatchAction::End => "portal-batch-action-end",
    }
}
fn line(page: &Page, row: BatchRow, english: bool) -> Line {
    let code = |code: &str| page.t(&format!("error-{}", code.replace(['.', '_'], "-")));
    let planned = || match row.plan.as_str() {
        "admit" => page.t("portal-batch-plan-admit"),
        "renew" => page.t("portal-batch-plan-renew"),
        "suspend" => page.t("portal-batch-plan-suspend"),
        "resume" => page.t("portal-batch-plan-resume"),
        "end" => page.t("portal-batch-plan-end"),
        other => code(other),
    };
    let (what, tone) = match (row.state, &row.code) {
        (RowState::Waiting, _) => (planned(), "info"),
        (RowState::Idle, _) => (planned(), "wait"),
        (RowState::Done, _) => (page.t1("portal-batch-was", "what", planned()), "ok"),
        (RowState::Refused, Some(told)) => (code(told), "bad"),
        (RowState::Refused, None) => (page.t("portal-batch-refused"), "bad"),
    };
    let name = match (row.organization_name, row.typed) {
        (Some(name), Some(typed)) => format!("{name} ({typed})"),
        (Some(name), None) => name,
        (None, typed) => typed.unwrap_or_else(|| page.t("portal-batch-hidden")),
    };
    Line {
        number: row.number,
        href: row.organization.map(|id| format!("/desk/organizations/{id}")).unwrap_or_default(),
        product: if english { row.product_en } else { row.product_zh },
        name,
        what,
        tone,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision {
    decision: String,
}
async fn decide(desk: Desk, Path(id): Path<BatchId>, Form(typed): Form<Decision>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let batch = desk.organizations.batch(&desk.operator, id).await?;
    let here = format!("/desk/admission-batches/{id}");
    match typed.decision.as_str() {
        "apply" => {
            desk.must_be_fresh(&here).await?;
            desk.organizations.confirm_batch(&desk.operator, id).await?;
            Ok(see_other(&here))
        }
        "stop" => {
            desk.organizations.stop_batch(&desk.operator, id, desk.ctx.now).await?;
            let back = match (batch.state, batch.product, batch.organization) {
                (BatchState::Shown, Some(product), _) => format!("/desk/products/{product}/admissions"),
                (BatchState::Shown, None, Some(organization)) => {
                    format!("/desk/organizations/{organization}")
                }
                _ => here,
            };
            Ok(with_flash(see_other(&back), "ok", "portal-batch-stopped", &[]))
        }
        _ => Err(Error::invalid("field.unknown_value").at("decision").into()),
    }
}
