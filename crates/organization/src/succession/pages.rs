//! `/org/{organization}/succession`: the new head goes through the administrators that were there before.
use super::service::Verdict;
use crate::Organizations;
use crate::membership::{Member, OrganizationAdministrator, Role};
use crate::shell;
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, id::MembershipId};
use web::{Ctx, Form, FormErrors, Page, Policy, Result, Routes, html_status, initial, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/succession", Policy::OrganizationAdministrator, list).post(
        "/org/{organization}/succession",
        Policy::OrganizationAdministrator,
        decide,
    )
}

struct Line {
    id: MembershipId,
    initial: String,
    name: String,
    login_name: String,
    since: String,
}
#[derive(Template)]
#[template(path = "succession/list.html")]
struct ListPage {
    page: Page,
    home: String,
    head: bool,
    lines: Vec<Line>,
    errors: FormErrors,
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    render(&ctx, &rooms, &who, &by, FormErrors::none()).await
}
async fn render(ctx: &Ctx, rooms: &Organizations, who: &SignedIn, by: &Member, errors: FormErrors) -> Result {
    let waiting = rooms.succession(by).await?;
    let people = rooms.people(waiting.members.iter().map(|row| row.account)).await?;
    let page = Page::new(ctx, ctx.lang.t("organization-succession"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let view = ListPage {
        home: format!("/org/{}/", by.organization()),
        head: by.role() == Role::LegalRepresentative,
        lines: waiting
            .members
            .iter()
            .map(|row| Line {
                id: row.id,
                initial: initial(people.name(row.account)),
                name: people.name(row.account).to_owned(),
                login_name: people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default(),
                since: page.date(&row.valid_from),
            })
            .collect(),
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct DecideForm {
    membership: String,
    verdict: String,
}
async fn decide(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<DecideForm>,
) -> Result {
    let id = form.membership.parse().map_err(|_| Error::not_found("membership.unknown"))?;
    let (verdict, flash) = match form.verdict.as_str() {
        "confirm" => (Verdict::Confirm, "organization-flash-confirmed"),
        "end" => (Verdict::End, "organization-flash-not-confirmed"),
        _ => return Err(Error::invalid("field.unknown_value").at("verdict").into()),
    };
    match rooms.decide_succession(&by, id, verdict, ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{}/succession", by.organization()));
            Ok(with_flash(there, "ok", flash, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, errors).await
        }
    }
}
