//! Accounts of earlier systems: bringing a file in, what became of its lines, deciding and undoing.
mod line;

use super::{Desk, FOR_MANAGEMENT, FOR_STAFF};
use axum::{Extension, handler::Handler, response::IntoResponse};
use http::header;
use kernel::id::mark;
use legacy::{ImportId, Imported, Legacy, LegacyAccount, LegacyAccountId, LegacyState};
use platform::{StaffRole, document::upload};
use serde::Deserialize;
use web::{Failure, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash};

pub(super) const HERE: &str = "/desk/legacy";
const PAGE: i64 = 50;
/// Bytes of a form with a table of 100,000 lines.
const MOST_BODY: usize = 40 << 20;
pub const LEGACY_ROLES: &[StaffRole] = &[StaffRole::AccountManager, StaffRole::SystemAdministrator];
const IMPORT_ROLES: &[StaffRole] = &[StaffRole::SystemAdministrator];

pub fn routes() -> Routes {
    let (managers, importers) = (Policy::Staff(FOR_MANAGEMENT), Policy::Staff(FOR_STAFF));
    Routes::new()
        .get(HERE, managers, home)
        .get("/desk/legacy/template.csv", importers, template)
        .get("/desk/legacy/new", importers, blank)
        .post("/desk/legacy/new", importers, bring.layer(upload::limit_of(MOST_BODY)))
        .get("/desk/legacy/{import}", importers, show)
        .post("/desk/legacy/{import}/history", importers, history.layer(upload::limit_of(MOST_BODY)))
        .merge(line::routes())
}

fn state_key(state: LegacyState) -> (&'static str, &'static str) {
    match state {
        LegacyState::Waiting => ("portal-legacy-waiting", ""),
        LegacyState::Merged => ("portal-legacy-merged", "ok"),
        LegacyState::Asks => ("portal-legacy-asks", "info"),
        LegacyState::Several => ("portal-legacy-several", "wait"),
        LegacyState::Refused => ("portal-legacy-refused", "bad"),
    }
}
struct Line {
    id: String,
    login_name: String,
    organization: String,
    holder: String,
    state: &'static str,
    tone: &'static str,
    why: String,
}
async fn lines_of(
    desk: &Desk,
    room: &Legacy,
    import: Option<ImportId>,
    state: Option<LegacyState>,
    after: Option<LegacyAccountId>,
) -> Result<(Vec<Line>, Option<LegacyAccountId>), Failure> {
    let manager = (desk.role == StaffRole::AccountManager).then_some(desk.signed_in.account);
    let mut found = room.lines(import, state, manager, after, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|(row, _)| row.id);
    let lines = found
        .into_iter()
        .map(|(row, known): (LegacyAccount, _)| {
            let (state, tone) = state_key(row.state);
            let why =
                row.why.as_deref().map(|code| desk.t(&format!("error-{}", code.replace(['.', '_'], "-"))));
            Line {
                id: row.id.to_string(),
                login_name: row.login_name,
                organization: known.organization,
                holder: known.holder.as_deref().map(kernel::mask::name).unwrap_or_default(),
                state,
                tone,
                why: why.unwrap_or_default(),
            }
        })
        .collect();
    Ok((lines, next))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    after: Option<LegacyAccountId>,
}
#[derive(askama::Template)]
#[template(path = "desk/legacy/home.html")]
struct Home {
    page: Page,
    imports: Vec<Imported>,
    imports_here: bool,
    /// What waits for a decision.
    lines: Vec<Line>,
    next: Option<String>,
}
async fn home(desk: Desk, Extension(room): Extension<Legacy>, Query(asked): Query<Asked>) -> web::Result {
    desk.must_be(LEGACY_ROLES)?;
    let imports_here = IMPORT_ROLES.contains(&desk.role);
    let imports = if imports_here { room.imports().await? } else { Vec::new() };
    let (lines, next) = lines_of(&desk, &room, None, Some(LegacyState::Several), asked.after).await?;
    let page = desk.page(desk.t("portal-legacy"), HERE).await?;
    let next = next.map(|id| format!("{HERE}?after={id}"));
    Ok(html(Home { page, imports, imports_here, lines, next }))
}

/// With the mark that spreadsheets need to read UTF-8.
async fn template(desk: Desk) -> web::Result {
    desk.must_be(IMPORT_ROLES)?;
    let text = format!("\u{feff}{}\r\n", legacy::header(desk.english()));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"accounts.csv\""),
    ];
    Ok((headers, text).into_response())
}

struct Choice {
    value: String,
    label: String,
}
#[derive(Default)]
struct Typed {
    id: String,
    source: String,
    kind: String,
}
#[derive(askama::Template)]
#[template(path = "desk/legacy/new.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    types: Vec<Choice>,
}
async fn form(desk: &Desk, form: Typed, errors: FormErrors) -> web::Result {
    let types = desk.organizations.organization_types().await?;
    let page = desk.page(desk.t("portal-legacy-new"), HERE).await?.with_errors(&errors);
    let types = types
        .into_iter()
        .map(|kind| Choice { value: kind.id.to_string(), label: kind.name.of(desk.english()).to_owned() })
        .collect();
    Ok(html_status(errors.status(), Blank { page, errors, form, types }))
}
async fn blank(desk: Desk) -> web::Result {
    desk.must_be(IMPORT_ROLES)?;
    desk.must_be_fresh("/desk/legacy/new").await?;
    let id = desk.ctx.form_id(desk.organizations.db().draw::<mark::ImportJob>());
    form(&desk, Typed { id, ..Typed::default() }, FormErrors::none()).await
}
async fn bring(desk: Desk, Extension(room): Extension<Legacy>, received: upload::Sent) -> web::Result {
    desk.must_be(IMPORT_ROLES)?;
    desk.must_be_fresh("/desk/legacy/new").await?;
    let received = upload::read_sent(&desk.ctx, received, "file").await?;
    let id: ImportId = received.id(&desk.ctx, "id")?;
    let typed = Typed {
        id: received.text("id").to_owned(),
        source: received.text("source").to_owned(),
        kind: received.text("type").to_owned(),
    };
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let wanted = |field| kernel::Error::invalid("field.required").at(field);
    let source = errors.take(kernel::text::line("source", &typed.source, 60), lang);
    let kind = errors.take(typed.kind.parse().map_err(|_| wanted("type")), lang);
    let file = match (received.file, received.too_large) {
        (Some(file), None) => Ok(file),
        (_, Some(error)) => Err(error),
        (None, None) => Err(wanted("file")),
    };
    let file = errors.take(file, lang);
    let (Some(source), Some(kind), Some(file)) = (source, kind, file) else {
        return form(&desk, typed, errors).await;
    };
    match room.import(&desk.operator, id, (&source, kind), &file, desk.ctx.now).await {
        Ok(id) => Ok(with_flash(see_other(&format!("{HERE}/{id}")), "ok", "portal-legacy-brought", &[])),
        Err(error) => form(&desk, typed, FormErrors::or_fail(error, lang)?).await,
    }
}

struct Count {
    label: &'static str,
    n: i64,
    href: String,
    chosen: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/legacy/import.html")]
struct One {
    page: Page,
    errors: FormErrors,
    imported: Imported,
    /// The page asks again by itself while lines wait.
    working: bool,
    counts: Vec<Count>,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn import_page(
    desk: &Desk,
    room: &Legacy,
    id: ImportId,
    asked: Asked,
    errors: FormErrors,
) -> web::Result {
    let imported = room.imported(id).await?;
    let state = asked.state.parse::<LegacyState>().ok();
    let (lines, next) = lines_of(desk, room, Some(id), state, asked.after).await?;
    let title = desk.t1("portal-legacy-import", "source", &imported.import.source);
    let page = desk.page(title, HERE).await?.with_errors(&errors);
    let here = format!("{HERE}/{id}");
    let count = |of: LegacyState, n| Count {
        label: state_key(of).0,
        n,
        href: format!("{here}?state={of}"),
        chosen: state == Some(of),
    };
    let counts = vec![
        count(LegacyState::Merged, imported.merged),
        count(LegacyState::Asks, imported.asks),
        count(LegacyState::Several, imported.several),
        count(LegacyState::Refused, imported.refused),
        count(LegacyState::Waiting, imported.waiting),
    ];
    let shown = state.map(|state| format!("state={state}&")).unwrap_or_default();
    let next = next.map(|id| format!("{here}?{shown}after={id}"));
    let working = !imported.is_over();
    Ok(html_status(errors.status(), One { page, errors, working, imported, counts, lines, next }))
}
async fn show(
    desk: Desk,
    Extension(room): Extension<Legacy>,
    Path(id): Path<ImportId>,
    Query(asked): Query<Asked>,
) -> web::Result {
    desk.must_be(IMPORT_ROLES)?;
    import_page(&desk, &room, id, asked, FormErrors::none()).await
}
async fn history(
    desk: Desk,
    Extension(room): Extension<Legacy>,
    Path(id): Path<ImportId>,
    received: upload::Sent,
) -> web::Result {
    desk.must_be(IMPORT_ROLES)?;
    let here = format!("{HERE}/{id}");
    desk.must_be_fresh(&here).await?;
    let received = upload::read_sent(&desk.ctx, received, "file").await?;
    let lang = desk.ctx.lang;
    let brought = match (received.file, received.too_large) {
        (_, Some(error)) => Err(error),
        (None, None) => Err(kernel::Error::invalid("field.required").at("file")),
        (Some(file), None) => {
            let zone = &desk.ctx.app.zone;
            room.import_history(&desk.operator, id, &file, zone, desk.ctx.now).await
        }
    };
    match brought {
        Ok((kept, unknown)) => {
            let counts = [("kept", kept.to_string()), ("unknown", unknown.to_string())];
            let counts: Vec<(&str, &str)> = counts.iter().map(|(name, n)| (*name, n.as_str())).collect();
            Ok(with_flash(see_other(&here), "ok", "portal-legacy-history-brought", &counts))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            import_page(&desk, &room, id, Asked::default(), errors).await
        }
    }
}
