//! Who is admitted to a product: an account manager sees the own portfolio, a product manager the own products.
use super::{Desk, FOR_ORGANIZATIONS, ORGANIZATION_ROLES};
use ::organization::{
    admission::{
        AdmissionState,
        roll::{RollFilter, RollLine, RollState},
    },
    decision::{LayerState, layer_key},
    product::AdmissionClass,
};
use kernel::{Timestamp, id::ProductId};
use serde::Deserialize;
use web::{Page, Path, Policy, Query, Routes, html};

pub fn routes() -> Routes {
    Routes::new().get("/desk/products/{product}/admissions", Policy::Staff(FOR_ORGANIZATIONS), list)
}
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    name: String,
    state: String,
    before: String,
}
struct Line {
    href: String,
    name: String,
    identifier: String,
    basis: String,
    since: String,
    until: String,
    state: &'static str,
    tone: &'static str,
    text: String,
}
struct Choice {
    value: &'static str,
    label: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_roll.html")]
struct List {
    page: Page,
    product: String,
    home: String,
    here: String,
    intro: &'static str,
    /// Admissions are rows: they can be given to many at once.
    by_row: bool,
    open: bool,
    name: String,
    state: String,
    states: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
}

async fn list(desk: Desk, Path(id): Path<ProductId>, Query(asked): Query<Asked>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let product = desk.organizations.product(id).await?;
    let name = kernel::text::optional_line("name", &asked.name, 120)?;
    let state: RollState = asked.state.parse().unwrap_or(RollState::Live);
    let before = asked.before.parse::<kernel::Id<()>>().ok().map(kernel::Id::as_i64);
    let filter = RollFilter { state, name: name.clone(), before };
    let rooms = &desk.organizations;
    let mut found = rooms.admission_roll(&desk.operator, id, filter, PAGE + 1, desk.ctx.now).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let home = format!("/desk/products/{id}");
    let here = format!("{home}/admissions");
    let next = found.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(name) = &name {
            query.append_pair("name", name);
        }
        query.append_pair("state", state.as_str());
        format!(
            "{here}?{}",
            query.append_pair("before", &kernel::Id::<()>::from_i64(last.key).to_string()).finish()
        )
    });
    let title = desk.t1("portal-roll-title", "product", product.name.of(desk.english()));
    let page = desk.page(title, "/desk/products").await?;
    let by_row = matches!(product.admission_class, AdmissionClass::Contract | AdmissionClass::Discretionary);
    Ok(html(List {
        product: product.name.of(desk.english()).to_owned(),
        intro: match product.admission_class {
            AdmissionClass::Open => "portal-roll-open",
            AdmissionClass::Membership => "portal-roll-membership",
            AdmissionClass::Contract => "portal-roll-contract",
            AdmissionClass::Discretionary => "portal-roll-discretionary",
        },
        by_row,
        open: product.admission_class == AdmissionClass::Open,
        name: name.unwrap_or_default(),
        state: state.as_str().to_owned(),
        states: if by_row { states() } else { Vec::new() },
        lines: found.into_iter().map(|found| line(&page, found)).collect(),
        home,
        here,
        next,
        page,
    }))
}
fn states() -> Vec<Choice> {
    let label = |state: RollState| match state {
        RollState::Live => "portal-roll-state-live",
        RollState::Held => "portal-roll-state-held",
        RollState::Lapsed => "portal-roll-state-lapsed",
        RollState::Suspended => "portal-roll-state-suspended",
        RollState::Ending => "portal-roll-state-ending",
        RollState::Ended => "portal-roll-state-ended",
    };
    RollState::ALL.iter().map(|state| Choice { value: state.as_str(), label: label(*state) }).collect()
}
fn line(page: &Page, found: RollLine) -> Line {
    let home = format!("/desk/organizations/{}", found.organization);
    let held = found.layer.state == LayerState::Met;
    let (state, tone) = match found.state {
        _ if held => ("portal-admission-met", "ok"),
        Some(AdmissionState::Suspended) => ("portal-admission-suspended", "bad"),
        Some(AdmissionState::Ended) => ("portal-state-ended", ""),
        _ => ("portal-admission-lapsed", "bad"),
    };
    Line {
        href: match found.admission {
            Some(id) => format!("{home}/admissions/{id}"),
            None => home,
        },
        name: found.name,
        identifier: found.identifier.unwrap_or_default(),
        basis: match (found.contract, found.note) {
            (Some(number), _) => page.t1("portal-admission-contract-line", "number", number),
            (None, note) => note.unwrap_or_default(),
        },
        since: page.date(&found.since),
        until: match (held, found.layer.until) {
            (true, Some(until)) if until != Timestamp::FOREVER => page.last_day(&until),
            (true, _) => page.t("portal-no-end"),
            (false, _) => "—".to_owned(),
        },
        text: match (held, found.state) {
            (true, _) | (_, Some(AdmissionState::Ended)) => String::new(),
            _ => page.t(&layer_key(found.layer.code)),
        },
        state,
        tone,
    }
}
