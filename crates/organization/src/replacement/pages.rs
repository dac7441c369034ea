//! `/org/{organization}/administrators`: who may act for the organization and from whom they have it; and the way to another
//! administrator by a stamped letter.
use super::model::{Incoming, NewReplacement, Outgoing, Replacement, Shown};
use crate::application::{
    ApplicationState,
    view::{FileLine, TimeLine, files, timeline},
};
use crate::membership::{self, Member, MemberRow, Role};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::{Extension, extract::Multipart, handler::Handler as _};
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{AccountId, ApplicationId, MembershipId, mark},
};
use platform::document::{self, DocumentId, Upload};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Result, Routes, html, html_status, initial, see_other,
    with_flash,
};

const POLICY: Policy = Policy::Member;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/administrators", POLICY, chain)
        .get("/org/{organization}/administrators/replace", POLICY, ask)
        .post("/org/{organization}/administrators/replace", POLICY, submit.layer(document::upload::limit()))
        .get("/org/{organization}/replacements/{replacement}", POLICY, show)
        .post(
            "/org/{organization}/replacements/{replacement}",
            POLICY,
            complete.layer(document::upload::limit()),
        )
        .post("/org/{organization}/replacements/{replacement}/withdraw", POLICY, withdraw)
        .get("/org/{organization}/replacements/{replacement}/documents/{document}", POLICY, letter)
}

/// One person of the chain, as everybody in the organization sees them.
struct LinkView {
    id: MembershipId,
    initial: String,
    name: String,
    role: String,
    head: bool,
    you: bool,
    by: String,
    basis: String,
    period: String,
    scope: String,
    state: String,
    tone: &'static str,
    /// The viewer may open the member's page.
    opens: bool,
}
#[derive(Template)]
#[template(path = "administrators/chain.html")]
struct ChainPage {
    page: Page,
    home: String,
    heads: Vec<LinkView>,
    administrators: Vec<LinkView>,
    agents: String,
    agent_role: String,
    administrator_role: String,
    head_title: String,
    allowed: i64,
    /// Administers: sees members, invites, and so on.
    administers: bool,
    /// May appoint administrators.
    appoints: bool,
    only_administer: bool,
    /// Administrators that wait for the new head to confirm or end them.
    to_confirm: usize,
}
fn link(page: &Page, member: &Member, row: &MemberRow, people: &People) -> LinkView {
    let name = people.name(row.account).to_owned();
    let (tone, state) = membership::state_of(row, page.ctx.now);
    LinkView {
        id: row.id,
        initial: initial(&name),
        role: member.policy().role_label(row.role).of(page.ctx.lang == Lang::En).to_owned(),
        head: row.role == Role::LegalRepresentative,
        you: row.account == member.account(),
        by: match row.granted_by {
            Some(by) => people.name(by).to_owned(),
            None => page.t("organization-event-platform"),
        },
        basis: page.t(membership::basis_key(row.basis)),
        period: membership::period_of(page, row),
        scope: row.scope.clone().unwrap_or_default(),
        state: page.t(state),
        tone,
        opens: member.role().administers(),
        name,
    }
}
async fn chain(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
) -> Result {
    let chain = rooms.chain(member.organization(), ctx.now).await?;
    let mut named: Vec<AccountId> = chain.above.iter().map(|row| row.account).collect();
    named.extend(chain.above.iter().filter_map(|row| row.granted_by));
    let people = rooms.people(named).await?;
    let page = page(&ctx, &rooms, &who, &member, "organization-administrators").await?;
    let en = ctx.lang == Lang::En;
    let of = |head: bool| {
        let fits = |row: &&MemberRow| (row.role == Role::LegalRepresentative) == head;
        chain.above.iter().filter(fits).map(|row| link(&page, &member, row, &people)).collect()
    };
    let to_confirm =
        if member.role().administers() { rooms.succession(&member).await?.members.len() } else { 0 };
    Ok(html(ChainPage {
        home: home(&member),
        to_confirm,
        heads: of(true),
        administrators: of(false),
        agents: match chain.agents {
            1000.. => "1000+".to_owned(),
            number => number.to_string(),
        },
        agent_role: member.policy().role_label(Role::Agent).of(en).to_owned(),
        administrator_role: member.policy().role_label(Role::Administrator).of(en).to_owned(),
        head_title: member.policy().head_title.of(en).to_owned(),
        allowed: chain.allowed,
        administers: member.role().administers(),
        appoints: member.role().may_touch(Role::Administrator),
        only_administer: !member.policy().administrators_do_business,
        page,
    }))
}

struct OutgoingChoice {
    id: MembershipId,
    name: String,
    period: String,
    chosen: bool,
}
#[derive(Template)]
#[template(path = "replacement/ask.html")]
struct AskPage {
    page: Page,
    home: String,
    administrators: String,
    outgoing: Vec<OutgoingChoice>,
    form: Asked,
    errors: FormErrors,
}
/// What the form holds beside the letter.
#[derive(Default)]
struct Asked {
    id: String,
    letter_id: String,
    outgoing: String,
    incoming: String,
    becomes: String,
    reason: String,
}
async fn ask(ctx: Ctx, Extension(rooms): Extension<Organizations>, who: SignedIn, member: Member) -> Result {
    let form = Asked {
        id: ctx.form_id::<mark::Application>(rooms.db().draw()),
        letter_id: ctx.form_id::<mark::Document>(rooms.db().draw()),
        incoming: who.login_name.clone(),
        ..Asked::default()
    };
    render_ask(&ctx, &rooms, &who, &member, form, FormErrors::none()).await
}
async fn render_ask(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    form: Asked,
    errors: FormErrors,
) -> Result {
    let chain = rooms.chain(member.organization(), ctx.now).await?;
    let named: Vec<AccountId> = chain.above.iter().map(|row| row.account).collect();
    let people = rooms.people(named).await?;
    let page = page(ctx, rooms, who, member, "organization-replace").await?.with_errors(&errors);
    let administrators: Vec<&MemberRow> =
        chain.above.iter().filter(|row| row.role == Role::Administrator).collect();
    let only = administrators.len() == 1;
    let outgoing = administrators
        .iter()
        .map(|row| OutgoingChoice {
            id: row.id,
            name: people.name(row.account).to_owned(),
            period: membership::period_of(&page, row),
            chosen: only || form.outgoing == row.id.to_string(),
        })
        .collect();
    let view = AskPage {
        home: home(member),
        administrators: format!("{}administrators", home(member)),
        outgoing,
        form,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn submit(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    form: Multipart,
) -> Result {
    let received = document::read(&ctx, form, "letter").await?;
    let text = |name: &str| received.text(name).to_owned();
    let typed = Asked {
        id: text("id"),
        letter_id: text("letter_id"),
        outgoing: text("outgoing"),
        incoming: text("incoming"),
        becomes: text("becomes"),
        reason: text("reason"),
    };
    let id: ApplicationId = ctx.check_form_id(&typed.id)?;
    let letter_id: DocumentId = ctx.check_form_id(&typed.letter_id)?;
    let mut errors = FormErrors::none();
    let outgoing = typed.outgoing.parse::<MembershipId>();
    let outgoing = outgoing.map_err(|_| Error::invalid("replacement.outgoing").at("outgoing"));
    let outgoing = errors.take(outgoing, ctx.lang);
    let incoming = rooms.member_by_login_name(member.organization(), typed.incoming.trim()).await?;
    let incoming = incoming.ok_or_else(|| Error::invalid("replacement.incoming").at("incoming"));
    let incoming = errors.take(incoming, ctx.lang);
    if let Some(error) = &received.too_large {
        errors.push(error, ctx.lang);
    }
    let bytes = received.file.clone().unwrap_or_default();
    if received.too_large.is_none() {
        errors.take(document::kind_of("letter", &bytes), ctx.lang);
    }
    errors.take(kernel::text::line("reason", &typed.reason, crate::application::REASON_MAX), ctx.lang);
    let (Some(outgoing), Some(incoming), true) = (outgoing, incoming, errors.is_empty()) else {
        return render_ask(&ctx, &rooms, &who, &member, typed, errors).await;
    };
    let becomes = typed.becomes.parse().unwrap_or(Outgoing::Agent);
    let what = Replacement { outgoing, incoming: Incoming::Member(incoming.id), becomes };
    let new = NewReplacement { id, what, reason: typed.reason.clone() };
    match rooms.ask_replacement(&member, new, &Upload { id: letter_id, bytes }, ctx.now).await {
        Ok(requested) => {
            let there = see_other(&format!("{}replacements/{}", home(&member), requested.id));
            Ok(with_flash(there, "ok", "organization-flash-replacement-asked", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_ask(&ctx, &rooms, &who, &member, typed, errors).await
        }
    }
}

#[derive(Template)]
#[template(path = "replacement/show.html")]
struct ShowPage {
    page: Page,
    home: String,
    administrators: String,
    here: String,
    state: String,
    tone: &'static str,
    /// Open: it can be taken back.
    open: bool,
    returned: bool,
    note: String,
    outgoing: String,
    incoming: String,
    becomes: &'static str,
    reason: String,
    letter_id: String,
    files: Vec<FileLine>,
    timeline: Vec<TimeLine>,
    errors: FormErrors,
}
type Ids = (String, ApplicationId);
async fn show(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<Ids>,
) -> Result {
    render(&ctx, &rooms, &who, &member, id, None, FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    id: ApplicationId,
    typed: Option<String>,
    errors: FormErrors,
) -> Result {
    let shown: Shown = rooms.own_replacement(member, id).await?;
    let mut named: Vec<AccountId> =
        shown.outgoing.iter().chain(&shown.incoming).map(|row| row.account).collect();
    named.extend(shown.timeline.iter().filter_map(|step| step.by));
    let people = rooms.people(named).await?;
    let page = page(ctx, rooms, who, member, "organization-kind-replacement").await?.with_errors(&errors);
    let name = |row: &Option<MemberRow>| {
        row.as_ref().map(|row| people.name(row.account).to_owned()).unwrap_or_default()
    };
    let state = shown.application.state_at(ctx.now);
    let here = format!("{}replacements/{id}", home(member));
    let view = ShowPage {
        home: home(member),
        administrators: format!("{}administrators", home(member)),
        state: page.t(state.key()),
        tone: state.tone(),
        open: state.is_open(),
        returned: state == ApplicationState::Returned,
        note: shown.application.decision_note.clone().unwrap_or_default(),
        outgoing: name(&shown.outgoing),
        incoming: match &shown.what.incoming {
            Incoming::Member(_) => name(&shown.incoming),
            Incoming::New { name, .. } => name.clone(),
        },
        becomes: becomes_key(shown.what.becomes),
        reason: typed.unwrap_or_else(|| shown.application.reason.clone().unwrap_or_default()),
        letter_id: ctx.form_id::<mark::Document>(rooms.db().draw()),
        files: files(&page, &here, &shown.documents),
        timeline: timeline(&page, &shown.timeline, |by| match by {
            Some(by) if by == member.account() => people.name(by).to_owned(),
            _ => page.t("organization-event-platform"),
        }),
        here,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
/// What becomes of the administrator who goes, in words.
pub const fn becomes_key(becomes: Outgoing) -> &'static str {
    match becomes {
        Outgoing::Agent => "organization-replace-agent",
        Outgoing::End => "organization-replace-end",
    }
}
async fn complete(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<Ids>,
    form: Multipart,
) -> Result {
    let received = document::read(&ctx, form, "letter").await?;
    let letter_id: DocumentId = received.id(&ctx, "letter_id")?;
    let reason = received.text("reason").to_owned();
    if let Some(error) = &received.too_large {
        let errors = FormErrors::from(error, ctx.lang);
        return render(&ctx, &rooms, &who, &member, id, Some(reason), errors).await;
    }
    let letter = received.file.clone().map(|bytes| Upload { id: letter_id, bytes });
    match rooms.complete_replacement(&member, id, &reason, letter.as_ref(), ctx.now).await {
        Ok(()) => done(&member, id, "organization-flash-replacement-asked"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &member, id, Some(reason), errors).await
        }
    }
}
#[derive(serde::Deserialize)]
struct Nothing {}
async fn withdraw(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    member: Member,
    Path((_, id)): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    rooms.withdraw_replacement(&member, id, ctx.now).await?;
    done(&member, id, "organization-flash-replacement-withdrawn")
}
async fn letter(
    Extension(rooms): Extension<Organizations>,
    member: Member,
    Path((_, id, file)): Path<(String, ApplicationId, DocumentId)>,
) -> Result {
    let (kind, content) = rooms.own_letter(&member, id, file).await?;
    Ok(document::service::respond(&kind, content))
}

fn done(member: &Member, id: ApplicationId, flash: &str) -> Result {
    Ok(with_flash(see_other(&format!("{}replacements/{id}", home(member))), "ok", flash, &[]))
}
async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    title: &str,
) -> kernel::Result<Page> {
    let shell = shell::of(rooms, ctx, who, member.organization()).await?;
    Ok(Page::new(ctx, ctx.lang.t(title)).with_shell(shell))
}
fn home(member: &Member) -> String {
    format!("/org/{}/", member.organization())
}
