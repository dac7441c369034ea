//! An administrator with an account of their own: invited by phone, as the organization's people are.
use super::{
    super::{Desk, FOR_MANAGEMENT, Nothing, organization::manageable},
    AREA, address,
};
use ::organization::{
    activation::{Link, Way},
    invitation::{InvitationId, Invite, Invited, Sent},
    membership::{Role, TermsInput},
};
use askama::filters::Safe;
use kernel::{
    Error, Mobile,
    id::{OrganizationId, mark},
    text,
};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/administrators/invite", staff, blank)
        .post("/desk/organizations/{organization}/administrators/invite", staff, create)
        .post("/desk/organizations/{organization}/invitations/{invitation}/send", staff, send)
        .post("/desk/organizations/{organization}/invitations/{invitation}/revoke", staff, revoke)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    phone: String,
    name: String,
    way: String,
    from: String,
    until: String,
    scope: String,
    reason: String,
}
struct Line {
    id: InvitationId,
    name: String,
    phone: String,
    at: String,
    state: &'static str,
    tone: &'static str,
    open: bool,
    /// Answered ones are over; one that ran out is sent again.
    may_send: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/administrator_invite.html")]
struct Blank {
    page: Page,
    back: String,
    organization: String,
    errors: FormErrors,
    form: Typed,
    invitations: Vec<Line>,
}
async fn show(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    use ::organization::invitation::State;
    let organization = manageable(desk, id).await?;
    let invitations = desk.organizations.administrator_invitations(id, 20).await?;
    let line = |row: ::organization::invitation::Invitation| {
        let state = row.state_at(desk.ctx.now);
        let (tone, key) = ::organization::invitation::state_key(state);
        Line {
            id: row.id,
            name: row.name.clone().unwrap_or_default(),
            phone: row.phone_masked.clone(),
            at: row.created_at.local_minute(&desk.ctx.app.zone),
            state: key,
            tone,
            open: state == State::Open,
            may_send: matches!(state, State::Open | State::Expired),
        }
    };
    let page = Blank {
        page: desk.page(desk.t("portal-administrator-invite"), AREA).await?.with_errors(&errors),
        back: address(id),
        organization: organization.name,
        errors,
        form,
        invitations: invitations.into_iter().map(line).collect(),
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    manageable(&desk, id).await?;
    desk.must_be_fresh(&format!("/desk/organizations/{id}/administrators/invite")).await?;
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Invitation>()),
        way: Way::Sms.as_str().to_owned(),
        ..Typed::default()
    };
    show(&desk, id, form, FormErrors::none()).await
}
#[derive(askama::Template)]
#[template(path = "desk/invitation_slip.html")]
struct Slip {
    page: Page,
    back: String,
    organization: String,
    phone: String,
    link: String,
    until: String,
    picture: Safe<String>,
}
async fn create(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Typed>) -> web::Result {
    let organization = manageable(&desk, id).await?;
    desk.must_be_fresh(&format!("/desk/organizations/{id}/administrators/invite")).await?;
    let invitation = desk.ctx.check_form_id::<mark::Invitation>(&typed.id)?;
    let (lang, now) = (desk.ctx.lang, desk.ctx.now);
    let mut errors = FormErrors::none();
    let phone = errors.take(Mobile::parse(&typed.phone), lang);
    let name = errors.take(text::optional_line("name", &typed.name, 60), lang);
    let way = match typed.way.as_str() {
        "" => Some(Way::Sms),
        typed => errors.take(typed.parse::<Way>(), lang),
    };
    let terms = TermsInput {
        from: typed.from.clone(),
        until: typed.until.clone(),
        scope: typed.scope.clone(),
        reason: typed.reason.clone(),
    };
    let terms = terms
        .parse(&desk.ctx.app.zone, now)
        .map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, lang)));
    let (Some(phone), Some(name), Some(way), Ok(terms)) = (phone, name, way, terms) else {
        return show(&desk, id, typed, errors).await;
    };
    let invite = Invite { id: invitation, phone, name, role: Role::Administrator, way, terms };
    let link = Link::of(&desk.ctx, way);
    match desk.organizations.invite(desk.operator.clone(), id, invite, link, now).await {
        Ok(Invited::New(sent)) => handed_over(&desk, id, organization.name, sent).await,
        Ok(Invited::Existing(_)) => Ok(see_other(&invitations(id))),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, id, typed, errors).await
        }
    }
}
fn invitations(id: OrganizationId) -> String {
    format!("{}/administrators/invite", address(id))
}
/// A slip is shown this once; an SMS is on its way.
async fn handed_over(desk: &Desk, id: OrganizationId, organization: String, sent: Sent) -> web::Result {
    if sent.link.is_empty() {
        let args = [("phone", sent.phone_masked.as_str())];
        return Ok(with_flash(see_other(&invitations(id)), "ok", "organization-flash-invited", &args));
    }
    Ok(html(Slip {
        page: desk.page(desk.t("organization-invitation-slip"), AREA).await?,
        back: address(id),
        organization,
        phone: sent.phone_masked,
        until: sent.expires_at.local_minute(&desk.ctx.app.zone),
        picture: Safe(identity::scan::model::picture(&sent.link)?),
        link: sent.link,
    }))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Again {
    way: Option<Way>,
}
/// Another link with new days; the one before opens nothing.
async fn send(
    desk: Desk,
    Path((id, invitation)): Path<(OrganizationId, InvitationId)>,
    Form(again): Form<Again>,
) -> web::Result {
    let organization = manageable(&desk, id).await?;
    desk.must_be_fresh(&invitations(id)).await?;
    let link = Link::of(&desk.ctx, again.way.unwrap_or(Way::Sms));
    let (by, now) = (desk.operator.clone(), desk.ctx.now);
    match desk.organizations.invite_again(by, id, invitation, link, now).await {
        Ok(sent) => handed_over(&desk, id, organization.name, sent).await,
        Err(error) => told(id, error),
    }
}
/// The list says what became of it in the meantime.
fn told(id: OrganizationId, error: Error) -> web::Result {
    let flash = match error.code {
        "invitation.decided" => "error-invitation-decided",
        "invitation.period_over" => "error-invitation-period-over",
        "invitation.open" => "error-invitation-open",
        "invitation.too_many" => "organization-flash-invitation-too-many",
        _ => return Err(error.into()),
    };
    Ok(with_flash(see_other(&invitations(id)), "bad", flash, &[]))
}
async fn revoke(
    desk: Desk,
    Path((id, invitation)): Path<(OrganizationId, InvitationId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    manageable(&desk, id).await?;
    match desk.organizations.revoke_invitation(desk.operator.clone(), id, invitation, desk.ctx.now).await {
        Ok(()) => {
            let there = see_other(&invitations(id));
            Ok(with_flash(there, "ok", "organization-flash-invitation-revoked", &[]))
        }
        Err(error) => told(id, error),
    }
}
