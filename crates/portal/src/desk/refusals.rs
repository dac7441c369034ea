//! Refusals that people were shown, by the number on their page: the layers as they were then, and as they are now.
use super::{Desk, organizations::names};
use ::organization::decision::{Decision, LayerState, layer_key};
use ::organization::refusal::{RecordedLayer, Refusal, Wanted};
use kernel::{Error, Id, id::mark};
use platform::StaffRole;
use serde::Deserialize;
use web::{Page, Path, Policy, Query, Routes, html, see_other};

pub const HERE: &str = "/desk/refusals";
const PAGE_LENGTH: i64 = 50;
const FOR_REFUSALS: &str = "account_manager product_manager security_administrator auditor";
pub const REFUSAL_ROLES: &[StaffRole] = &[
    StaffRole::AccountManager,
    StaffRole::ProductManager,
    StaffRole::SecurityAdministrator,
    StaffRole::Auditor,
];

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_REFUSALS);
    Routes::new().get("/desk/refusals", staff, list).get("/desk/refusals/{refusal}", staff, show)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    number: String,
    before: String,
}
struct Line {
    href: String,
    number: String,
    product: String,
    who: String,
    space: String,
    reason: String,
    at: String,
    times: i64,
}
#[derive(askama::Template)]
#[template(path = "desk/refusals.html")]
struct List {
    page: Page,
    number: String,
    lines: Vec<Line>,
    next: Option<String>,
}

async fn list(desk: Desk, Query(filter): Query<Filter>) -> web::Result {
    desk.must_be(REFUSAL_ROLES)?;
    let number = filter.number.trim();
    let wanted = match number.is_empty() {
        true => Wanted { before: filter.before.parse().ok(), ..Wanted::default() },
        false => Wanted::of_number(number),
    };
    let mut refusals = desk.organizations.refusals(&desk.operator, wanted, PAGE_LENGTH + 1).await?;
    if !number.is_empty()
        && let [only] = refusals.as_slice()
    {
        return Ok(see_other(&format!("{HERE}/{}", only.id)));
    }
    let more = refusals.len() as i64 > PAGE_LENGTH;
    refusals.truncate(PAGE_LENGTH as usize);
    let next = refusals.last().filter(|_| more).map(|last| format!("{HERE}?before={}", last.id));
    let people = names(&desk, refusals.iter().map(|refusal| refusal.account).collect()).await?;
    let page = desk.page(desk.t("portal-refusals"), HERE).await?;
    let lines = refusals
        .into_iter()
        .map(|refusal| Line {
            href: format!("{HERE}/{}", refusal.id),
            product: product(&desk, &refusal),
            who: people.get(&refusal.account).cloned().unwrap_or_default(),
            space: space(&desk, &refusal),
            reason: desk.t(&layer_key(&refusal.code)),
            at: page.minute(&refusal.last_at),
            times: refusal.times,
            number: refusal.number,
        })
        .collect();
    Ok(html(List { page, number: number.to_owned(), lines, next }))
}
fn product(desk: &Desk, refusal: &Refusal) -> String {
    if desk.english() { refusal.product_en.clone() } else { refusal.product_zh.clone() }
}
fn space(desk: &Desk, refusal: &Refusal) -> String {
    refusal.organization_name.clone().unwrap_or_else(|| desk.t("portal-refusal-personal"))
}

/// One layer, then and now.
struct Row {
    name: String,
    then: Told,
    now: Option<Told>,
    changed: bool,
}
struct Told {
    tone: &'static str,
    word: String,
    text: String,
    until: String,
}
#[derive(askama::Template)]
#[template(path = "desk/refusal.html")]
struct One {
    page: Page,
    number: String,
    product: String,
    product_href: Option<String>,
    who: String,
    space: String,
    space_href: Option<String>,
    first: String,
    last: String,
    times: i64,
    strength: String,
    zones: String,
    /// Whether the same request would be answered now.
    opens: Option<bool>,
    rows: Vec<Row>,
}

async fn show(desk: Desk, Path(id): Path<String>) -> web::Result {
    desk.must_be(REFUSAL_ROLES)?;
    let id: Id<mark::Refusal> = id.parse().map_err(|_| Error::not_found("refusal.unknown"))?;
    let refusal = desk.organizations.refusal(&desk.operator, id).await?;
    // With the same session: its strength and network are not asked again.
    let now = desk
        .organizations
        .decide_one(refusal.account, &refusal.session, refusal.space(), refusal.product, desk.ctx.now)
        .await?
        .map(|found| found.decision);
    let page = desk.page(desk.t("portal-refusal-title"), HERE).await?;
    let rows = refusal.layers.iter().map(|layer| row(&page, layer, now.as_ref())).collect();
    let people = names(&desk, vec![refusal.account]).await?;
    let sees_organizations = desk.role == StaffRole::AccountManager;
    let one = One {
        product: product(&desk, &refusal),
        product_href: super::PRODUCT_ROLES
            .contains(&desk.role)
            .then(|| format!("/desk/products/{}", refusal.product)),
        who: people.get(&refusal.account).cloned().unwrap_or_default(),
        space: space(&desk, &refusal),
        space_href: refusal
            .organization
            .filter(|_| sees_organizations)
            .map(|id| format!("/desk/organizations/{id}")),
        first: page.minute(&refusal.created_at),
        last: page.minute(&refusal.last_at),
        times: refusal.times,
        strength: refusal.session.strength.to_string(),
        zones: refusal.session.zones.join(&desk.t("organization-list-separator")),
        opens: now.as_ref().map(|decision| decision.allow),
        number: refusal.number,
        rows,
        page,
    };
    Ok(html(one))
}
fn row(page: &Page, layer: &RecordedLayer, now: Option<&Decision>) -> Row {
    let there =
        now.and_then(|decision| decision.layers.iter().find(|there| there.kind.as_str() == layer.kind));
    let told = |state: &str, code: &str, until: Option<kernel::Timestamp>| {
        let (tone, word) = match state.parse() {
            Ok(LayerState::Met) => ("ok", "organization-layer-met"),
            Ok(LayerState::Asleep) => ("wait", "organization-layer-asleep"),
            Ok(LayerState::Missing) | Err(_) => ("bad", "organization-layer-missing"),
        };
        Told {
            tone,
            word: page.t(word),
            text: page.t(&layer_key(code)),
            until: until.map(|until| page.minute(&until)).unwrap_or_default(),
        }
    };
    Row {
        name: page.t(&format!("organization-layer-{}", layer.kind.replace('_', "-"))),
        then: told(&layer.state, &layer.code, layer.until()),
        changed: there.is_some_and(|there| there.state.as_str() != layer.state),
        now: there.map(|there| told(there.state.as_str(), there.code, there.until)),
    }
}
