//! Another administrator by a stamped letter: the account manager has it on the table, or decides what a member handed in.
use super::{
    super::{Desk, FOR_MANAGEMENT, applications::APPLICATION_ROLES, organization::manageable},
    AREA, address, handing,
};
use ::organization::{
    activation::{Issued, Link, Way},
    application::{
        ApplicationState, Verdict,
        view::{FileLine, TimeLine, files, timeline},
    },
    membership::{HandedOut, MemberInput, MemberRow, Role},
    replacement::{Incoming, NewReplacement, Outgoing, Replacement, becomes_key},
};
use axum::handler::Handler as _;
use kernel::{
    Error, Mobile,
    id::{AccountId, ApplicationId, MembershipId, OrganizationId, mark},
    text,
};
use platform::document::{self, DocumentId, Upload};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let (staff, limit) = (Policy::Staff(FOR_MANAGEMENT), document::upload::limit());
    Routes::new()
        .get("/desk/organizations/{organization}/replacement", staff, blank)
        .post("/desk/organizations/{organization}/replacement", staff, submit.layer(limit))
        .get("/desk/replacements/{replacement}", staff, show)
        .post("/desk/replacements/{replacement}", staff, decide)
        .get("/desk/replacements/{replacement}/documents/{document}", staff, letter)
}

struct Choice {
    id: MembershipId,
    name: String,
    chosen: bool,
}
#[derive(Default)]
struct Typed {
    id: String,
    letter_id: String,
    outgoing: String,
    becomes: String,
    /// `member` or `new`.
    who: String,
    incoming: String,
    login_name: String,
    name: String,
    phone: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/replacement_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    organization: String,
    outgoing: Vec<Choice>,
    form: Typed,
    errors: FormErrors,
}
async fn blank(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let db = desk.organizations.db();
    let form = Typed {
        id: desk.ctx.form_id(db.draw::<mark::Application>()),
        letter_id: desk.ctx.form_id(db.draw::<mark::Document>()),
        who: "member".to_owned(),
        ..Typed::default()
    };
    render_form(&desk, id, form, FormErrors::none()).await
}
async fn render_form(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let action = format!("{}/replacement", address(id));
    desk.must_be_fresh(&action).await?;
    let chain = desk.organizations.chain(id, desk.ctx.now).await?;
    let rows: Vec<&MemberRow> = chain.above.iter().filter(|row| row.role == Role::Administrator).collect();
    let named: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
    let people = desk.organizations.people(named).await?;
    let only = rows.len() == 1;
    let page = Blank {
        page: desk.page(desk.t("portal-replacement"), AREA).await?.with_errors(&errors),
        back: address(id),
        action,
        organization: organization.name,
        outgoing: rows
            .iter()
            .map(|row| Choice {
                id: row.id,
                name: people.name(row.account).to_owned(),
                chosen: only || form.outgoing == row.id.to_string(),
            })
            .collect(),
        form,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
/// Who comes: a member by login name, or somebody new with an account of the organization.
async fn incoming(
    desk: &Desk,
    id: OrganizationId,
    typed: &Typed,
    errors: &mut FormErrors,
) -> Result<Option<Incoming>, web::Failure> {
    let lang = desk.ctx.lang;
    if typed.who != "new" {
        let row = desk.organizations.member_by_login_name(id, typed.incoming.trim()).await?;
        let row = row.ok_or_else(|| Error::invalid("replacement.incoming").at("incoming"));
        return Ok(errors.take(row, lang).map(|row| Incoming::Member(row.id)));
    }
    let input = MemberInput {
        login_name: typed.login_name.clone(),
        name: typed.name.clone(),
        phone: typed.phone.clone(),
    };
    Ok(match input.parse() {
        Ok(new) => Some(Incoming::new(&new.login_name, &new.name, new.phone.as_ref().map(|p: &Mobile| p))),
        Err(faults) => {
            faults.iter().for_each(|fault| errors.push(fault, lang));
            None
        }
    })
}
async fn submit(desk: Desk, Path(id): Path<OrganizationId>, form: document::upload::Sent) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let received = document::upload::read_sent(&desk.ctx, form, "letter").await?;
    let text = |name: &str| received.text(name).to_owned();
    let typed = Typed {
        id: text("id"),
        letter_id: text("letter_id"),
        outgoing: text("outgoing"),
        becomes: text("becomes"),
        who: text("who"),
        incoming: text("incoming"),
        login_name: text("login_name"),
        name: text("name"),
        phone: text("phone"),
        reason: text("reason"),
    };
    desk.must_be_fresh(&format!("{}/replacement", address(id))).await?;
    let application: ApplicationId = desk.ctx.check_form_id(&typed.id)?;
    let letter_id: DocumentId = desk.ctx.check_form_id(&typed.letter_id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let outgoing = typed.outgoing.parse::<MembershipId>();
    let outgoing = outgoing.map_err(|_| Error::invalid("replacement.outgoing").at("outgoing"));
    let outgoing = errors.take(outgoing, lang);
    let comes = incoming(&desk, id, &typed, &mut errors).await?;
    let bytes = received.file.clone().unwrap_or_default();
    match &received.too_large {
        Some(error) => errors.push(error, lang),
        None => {
            errors.take(document::kind_of("letter", &bytes), lang);
        }
    }
    errors.take(text::line("reason", &typed.reason, 500), lang);
    let (Some(outgoing), Some(comes), true) = (outgoing, comes, errors.is_empty()) else {
        return render_form(&desk, id, typed, errors).await;
    };
    let becomes = typed.becomes.parse().unwrap_or(Outgoing::Agent);
    let card = match &comes {
        Incoming::New { login_name, name, .. } => (name.clone(), login_name.clone()),
        Incoming::Member(_) => (String::new(), String::new()),
    };
    let what = Replacement { outgoing, incoming: comes, becomes };
    let new = NewReplacement { id: application, what, reason: typed.reason.clone() };
    let upload = Upload { id: letter_id, bytes };
    let link = Link::of(&desk.ctx, Way::Print);
    let replaced =
        desk.organizations.replace_administrator(&desk.operator, id, new, &upload, link, desk.ctx.now).await;
    match replaced {
        Ok((state, issued)) => decided(&desk, (address(id), organization.name), card, state, issued).await,
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            render_form(&desk, id, typed, errors).await
        }
    }
}
/// The slip of somebody new, or the word that it is done.
async fn decided(
    desk: &Desk,
    back: (String, String),
    card: (String, String),
    state: ApplicationState,
    issued: Option<Issued>,
) -> web::Result {
    if let Some(issued) = issued {
        return handing::hand_over(desk, back, card, HandedOut::Link(issued)).await;
    }
    let flash = match state {
        ApplicationState::Approved => "portal-replacement-passed",
        ApplicationState::FirstApproved => "portal-replacement-first",
        ApplicationState::Returned => "portal-replacement-returned",
        _ => "portal-replacement-refused",
    };
    Ok(with_flash(see_other(&back.0), "ok", flash, &[]))
}

#[derive(askama::Template)]
#[template(path = "desk/replacement.html")]
struct Detail {
    page: Page,
    back: String,
    organization: String,
    here: String,
    state: &'static str,
    tone: &'static str,
    waiting: bool,
    /// The other of two approvals is somebody else's.
    approved_first: bool,
    applicant: String,
    outgoing: String,
    incoming: String,
    incoming_hint: String,
    becomes: &'static str,
    reason: String,
    note: String,
    files: Vec<FileLine>,
    timeline: Vec<TimeLine>,
    errors: FormErrors,
}
async fn show(desk: Desk, Path(id): Path<ApplicationId>) -> web::Result {
    render(&desk, id, String::new(), FormErrors::none()).await
}
async fn render(desk: &Desk, id: ApplicationId, note: String, errors: FormErrors) -> web::Result {
    let shown = desk.organizations.desk_replacement(&desk.operator, id).await?;
    let unknown = || Error::not_found("application.unknown");
    let organization = manageable(desk, shown.application.organization.ok_or_else(unknown)?).await?;
    let here = format!("/desk/replacements/{id}");
    let state = shown.application.state_at(desk.ctx.now);
    if state.is_waiting() {
        desk.must_be_fresh(&here).await?;
    }
    let mut named: Vec<AccountId> =
        shown.outgoing.iter().chain(&shown.incoming).map(|row| row.account).collect();
    named.push(shown.application.applicant);
    named.extend(shown.timeline.iter().filter_map(|step| step.by));
    let people = desk.organizations.people(named).await?;
    let page = desk.page(desk.t("organization-kind-replacement"), AREA).await?.with_errors(&errors);
    let name = |row: &Option<MemberRow>| {
        row.as_ref().map(|row| people.name(row.account).to_owned()).unwrap_or_default()
    };
    let (incoming, incoming_hint) = match &shown.what.incoming {
        Incoming::Member(_) => (name(&shown.incoming), String::new()),
        Incoming::New { name, login_name, .. } => {
            (name.clone(), desk.t1("portal-replacement-new-account", "login", login_name))
        }
    };
    let view = Detail {
        back: address(organization.id),
        organization: organization.name,
        state: state.key(),
        tone: state.tone(),
        waiting: state.is_waiting(),
        approved_first: shown.application.two_steps
            && shown.application.first_by == Some(desk.signed_in.account),
        applicant: people.name(shown.application.applicant).to_owned(),
        outgoing: name(&shown.outgoing),
        incoming,
        incoming_hint,
        becomes: becomes_key(shown.what.becomes),
        reason: shown.application.reason.clone().unwrap_or_default(),
        note,
        files: files(&page, &here, &shown.documents),
        timeline: timeline(&page, &shown.timeline, |by| match by {
            Some(by) => people.name(by).to_owned(),
            None => desk.t("portal-actor-system"),
        }),
        here,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision {
    verdict: String,
    note: String,
}
async fn decide(desk: Desk, Path(id): Path<ApplicationId>, Form(typed): Form<Decision>) -> web::Result {
    desk.must_be(APPLICATION_ROLES)?;
    let verdict = match typed.verdict.as_str() {
        "approve" => Verdict::Approve,
        "reject" => Verdict::Reject,
        "return" => Verdict::Return,
        _ => return Err(Error::invalid("field.unknown_value").at("verdict").into()),
    };
    let here = format!("/desk/replacements/{id}");
    desk.must_be_fresh(&here).await?;
    let shown = desk.organizations.desk_replacement(&desk.operator, id).await?;
    let card = match &shown.what.incoming {
        Incoming::New { name, login_name, .. } => (name.clone(), login_name.clone()),
        Incoming::Member(_) => (String::new(), String::new()),
    };
    let link = Link::of(&desk.ctx, Way::Print);
    let by = &desk.operator;
    match desk.organizations.decide_replacement(by, id, verdict, &typed.note, link, desk.ctx.now).await {
        Ok((state, issued)) => {
            let back = (here, desk.t("organization-kind-replacement"));
            decided(&desk, back, card, state, issued).await
        }
        Err(error) => {
            // Its fields stand on the form of whoever handed it in.
            let error = if error.field == Some("note") { error } else { Error { field: None, ..error } };
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, id, typed.note, errors).await
        }
    }
}
async fn letter(desk: Desk, Path((id, file)): Path<(ApplicationId, DocumentId)>) -> web::Result {
    let (kind, content) = desk.organizations.desk_letter(&desk.operator, id, file).await?;
    Ok(document::service::respond(&kind, content))
}
