//! What an administrator does to one member: edits, suspends, renews, removes second factors, ends.
use super::managed::PhoneChange;
use super::model::{MembershipState, OrganizationAdministrator};
use super::newcomer::parse_phone;
use super::pages::{Ids, member_id, proven_anew, render_member};
use super::terms;
use crate::Organizations;
use axum::Extension;
use identity::account;
use identity::session::SignedIn;
use kernel::{Error, id::MembershipId};
use web::{Ctx, Form, FormErrors, Path, Policy, Result, Routes, see_other, with_flash};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .post("/org/{organization}/members/{member}", POLICY, edit)
        .post("/org/{organization}/members/{member}/state", POLICY, set_state)
        .post("/org/{organization}/members/{member}/period", POLICY, renew)
        .post("/org/{organization}/members/{member}/factors", POLICY, remove_factors)
        .post("/org/{organization}/members/{member}/delete", POLICY, delete)
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct EditForm {
    pub name: String,
    /// Empty leaves the number as it is: only its masked form was shown.
    pub phone: String,
    pub remove_phone: Option<String>,
}
async fn edit(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<EditForm>,
) -> Result {
    let id = member_id(&ids)?;
    let phone = match parse_phone(&form.phone) {
        Ok(phone) => phone,
        Err(error) => {
            let mut errors = FormErrors::from(&error, ctx.lang);
            errors.take(account::model::parse_name(&form.name), ctx.lang);
            return render_member(&ctx, &rooms, &who, &by, id, Some(form), errors).await;
        }
    };
    let change = match (phone, form.remove_phone.is_some()) {
        (Some(phone), _) => PhoneChange::Set(phone),
        (None, true) => PhoneChange::Remove,
        (None, false) => PhoneChange::Keep,
    };
    match rooms.edit_member(by.clone(), by.organization(), id, form.name.clone(), change, ctx.now).await {
        Ok(()) => done(&by, id, "organization-flash-saved"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_member(&ctx, &rooms, &who, &by, id, Some(form), errors).await
        }
    }
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct StateForm {
    to: Option<MembershipState>,
    state_reason: String,
}
async fn set_state(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<StateForm>,
) -> Result {
    let id = member_id(&ids)?;
    let suspended = match form.to {
        Some(MembershipState::Suspended) => true,
        Some(MembershipState::Active) => false,
        Some(MembershipState::Ended) | None => {
            return Err(Error::invalid("field.unknown_value").at("to").into());
        }
    };
    let (organization, reason) = (by.organization(), form.state_reason.as_str());
    match rooms.set_member_suspended(by.clone(), organization, id, suspended, reason, ctx.now).await {
        Ok(()) => done(
            &by,
            id,
            if suspended { "organization-flash-suspended" } else { "organization-flash-resumed" },
        ),
        Err(error) => back(&ctx, &rooms, &who, &by, id, ("reason", "state_reason"), error).await,
    }
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct RenewForm {
    until: String,
    renew_reason: String,
}
async fn renew(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<RenewForm>,
) -> Result {
    let id = member_id(&ids)?;
    let renewed = match terms::end("until", &form.until, &ctx.app.zone, ctx.now) {
        Ok(until) => {
            let (organization, reason) = (by.organization(), form.renew_reason.as_str());
            rooms.renew_member(by.clone(), organization, id, until, reason, ctx.now).await
        }
        Err(error) => Err(error),
    };
    match renewed {
        Ok(()) => done(&by, id, "organization-flash-renewed"),
        Err(error) => back(&ctx, &rooms, &who, &by, id, ("reason", "renew_reason"), error).await,
    }
}
/// The page again, with the fault at the field as this page calls it.
async fn back(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: MembershipId,
    (field, here): (&'static str, &'static str),
    error: Error,
) -> Result {
    let error = if error.field == Some(field) { error.at(here) } else { error };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    render_member(ctx, rooms, who, by, id, None, errors).await
}
#[derive(serde::Deserialize)]
struct Nothing {}
async fn remove_factors(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    let id = member_id(&ids)?;
    if let Some(asked) = proven_anew(&ctx, &rooms, &who, &by, id).await? {
        return Ok(asked);
    }
    rooms.remove_member_factors(by.clone(), by.organization(), id, ctx.now).await?;
    done(&by, id, "organization-flash-factors-removed")
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct DeleteForm {
    confirm: String,
    end_reason: String,
}
async fn delete(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<DeleteForm>,
) -> Result {
    let id = member_id(&ids)?;
    let row = rooms.find_member(by.organization(), id).await?;
    let people = rooms.people([row.account]).await?;
    let login_name = people.card(row.account).map(|card| card.login_name.as_str()).unwrap_or_default();
    if !form.confirm.trim().eq_ignore_ascii_case(login_name) {
        let error = Error::invalid("membership.confirm").at("confirm");
        let errors = FormErrors::from(&error, ctx.lang);
        return render_member(&ctx, &rooms, &who, &by, id, None, errors).await;
    }
    let (organization, reason) = (by.organization(), form.end_reason.as_str());
    match rooms.delete_member(by.clone(), organization, id, reason, ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{organization}/members"));
            Ok(with_flash(there, "ok", "organization-flash-deleted", &[("name", people.name(row.account))]))
        }
        Err(error) => back(&ctx, &rooms, &who, &by, id, ("reason", "end_reason"), error).await,
    }
}

fn done(by: &OrganizationAdministrator, id: MembershipId, flash: &str) -> Result {
    let there = see_other(&format!("/org/{}/members/{id}", by.organization()));
    Ok(with_flash(there, "ok", flash, &[]))
}
