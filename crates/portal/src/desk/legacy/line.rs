//! One account of an earlier system: what is on record, who became its holder, deciding and undoing.
use super::{Desk, FOR_MANAGEMENT, HERE, LEGACY_ROLES, state_key};
use axum::Extension;
use identity::account::service::cards;
use legacy::{Happened, How, Legacy, LegacyAccountId, LegacyState};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

const HISTORY: i64 = 20;

pub fn routes() -> Routes {
    let managers = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/legacy/accounts/{account}", managers, show)
        .post("/desk/legacy/accounts/{account}/decide", managers, decide)
        .post("/desk/legacy/accounts/{account}/undo", managers, undo)
}

struct Step {
    what: String,
    who: String,
    at: String,
    undone: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    login_name: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/legacy/line.html")]
struct One {
    page: Page,
    errors: FormErrors,
    here: String,
    login_name: String,
    organization: String,
    organization_href: Option<String>,
    code: String,
    holder: String,
    document: String,
    phone: String,
    role: String,
    state: &'static str,
    tone: &'static str,
    why: Option<String>,
    steps: Vec<Step>,
    may_decide: bool,
    may_undo: bool,
    made_account: bool,
    history: Vec<Happened>,
    form: Typed,
}
async fn page(
    desk: &Desk,
    room: &Legacy,
    id: LegacyAccountId,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let (row, known) = room.line(&desk.operator, id).await?;
    let merges = room.merges(id).await?;
    let people = cards(desk.organizations.db(), merges.iter().map(|merge| merge.account).collect()).await?;
    let named = |account| {
        let card = people.iter().find(|card| card.id == account);
        card.map(|card| format!("{} ({})", card.name, card.login_name)).unwrap_or_default()
    };
    let frame = desk.page(desk.t1("portal-legacy-account", "login", &row.login_name), HERE).await?;
    let steps = merges
        .iter()
        .map(|merge| Step {
            what: desk.t(match merge.how {
                How::Automatic => "portal-legacy-how-automatic",
                How::Claimed => "portal-legacy-how-claimed",
                How::Staff => "portal-legacy-how-staff",
            }),
            who: named(merge.account),
            at: frame.minute(&merge.merged_at),
            undone: merge.undone_at.map(|at| frame.minute(&at)),
        })
        .collect();
    let live = merges.iter().find(|merge| merge.undone_at.is_none());
    let (state, tone) = state_key(row.state);
    let why = row.why.as_deref().map(|code| desk.t(&format!("error-{}", code.replace(['.', '_'], "-"))));
    let view = One {
        here: format!("{HERE}/accounts/{id}"),
        login_name: row.login_name,
        organization: known.organization,
        organization_href: row.organization.map(|id| format!("/desk/organizations/{id}")),
        code: known.code.unwrap_or_default(),
        holder: known.holder.as_deref().map(kernel::mask::name).unwrap_or_default(),
        document: known.document.as_deref().map(kernel::mask::document).unwrap_or_default(),
        phone: known.phone.as_deref().map(kernel::mask::mobile).unwrap_or_default(),
        role: known.role.unwrap_or_default(),
        state,
        tone,
        why,
        steps,
        may_decide: matches!(row.state, LegacyState::Asks | LegacyState::Several),
        may_undo: live.is_some_and(|merge| merge.may_undo(desk.ctx.now)),
        made_account: live.is_some_and(|merge| merge.made_account),
        history: room.history(&desk.operator, id, None, HISTORY).await?,
        page: frame.with_errors(&errors),
        errors,
        form,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn show(
    desk: Desk,
    Extension(room): Extension<Legacy>,
    Path(id): Path<LegacyAccountId>,
) -> web::Result {
    desk.must_be(LEGACY_ROLES)?;
    page(&desk, &room, id, Typed::default(), FormErrors::none()).await
}
async fn decide(
    desk: Desk,
    Extension(room): Extension<Legacy>,
    Path(id): Path<LegacyAccountId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    desk.must_be(LEGACY_ROLES)?;
    let here = format!("{HERE}/accounts/{id}");
    desk.must_be_fresh(&here).await?;
    match room.decide(&desk.operator, id, &typed.login_name, &typed.reason, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&here), "ok", "portal-legacy-decided", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            page(&desk, &room, id, typed, errors).await
        }
    }
}
async fn undo(
    desk: Desk,
    Extension(room): Extension<Legacy>,
    Path(id): Path<LegacyAccountId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    desk.must_be(LEGACY_ROLES)?;
    let here = format!("{HERE}/accounts/{id}");
    desk.must_be_fresh(&here).await?;
    match room.undo(&desk.operator, id, &typed.reason, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&here), "ok", "portal-legacy-undone", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            page(&desk, &room, id, typed, errors).await
        }
    }
}
