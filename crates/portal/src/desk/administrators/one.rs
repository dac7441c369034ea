//! One administrator: who it is, until when, what happened; and what the platform may do about it.
use super::{
    super::{Desk, FOR_MANAGEMENT, Nothing, organization::Confirm, words},
    AREA, Ids, address, address_of, find,
};
use ::organization::membership::{MembershipState, PhoneChange, end, timeline};
use identity::{account::AccountState, realname};
use kernel::{Error, Timestamp};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/administrators/{membership}", staff, show)
        .post("/desk/organizations/{organization}/administrators/{membership}", staff, edit)
        .post("/desk/organizations/{organization}/administrators/{membership}/period", staff, renew)
        .post("/desk/organizations/{organization}/administrators/{membership}/state", staff, set_state)
        .get("/desk/organizations/{organization}/administrators/{membership}/end", staff, confirm_end)
        .post("/desk/organizations/{organization}/administrators/{membership}/end", staff, end_it)
}

#[derive(askama::Template)]
#[template(path = "desk/administrator.html")]
struct Detail {
    page: Page,
    back: String,
    here: String,
    organization: String,
    name: String,
    typed_name: String,
    /// The holder proved it: it changes by a new proof of theirs alone.
    name_proven: bool,
    typed_phone: String,
    login_name: String,
    phone: String,
    phone_proven: bool,
    role: String,
    state: &'static str,
    tone: &'static str,
    suspended: bool,
    ended: bool,
    managed: bool,
    unactivated: bool,
    period: String,
    until: String,
    scope: String,
    reason: String,
    by: String,
    timeline: Vec<timeline::Entry>,
    errors: FormErrors,
}
async fn show(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    render(&desk, ids, None, FormErrors::none()).await
}
async fn render(desk: &Desk, ids: Ids, typed: Option<Edit>, errors: FormErrors) -> web::Result {
    let (organization, row, card) = find(desk, ids).await?;
    let now = desk.ctx.now;
    let happened = desk.organizations.member_timeline(ids.0, &row).await?;
    let named = timeline::people(&happened).into_iter().chain(row.granted_by);
    let named: Vec<_> = named.collect();
    let people = desk.organizations.people(named).await?;
    let policy = desk.organizations.organization(ids.0).await?.policy;
    let page = desk.page(card.name.clone(), AREA).await?.with_errors(&errors);
    let (state, tone) = words::membership_state(row.state, now < row.valid_until);
    let name_proven =
        row.managed && realname::service::name_is_proven(desk.organizations.db(), row.account, now).await?;
    let view = Detail {
        name_proven,
        back: address(ids.0),
        here: address_of(ids),
        organization,
        typed_name: typed.as_ref().map_or_else(|| card.name.clone(), |typed| typed.name.clone()),
        typed_phone: typed.map(|typed| typed.phone).unwrap_or_default(),
        login_name: card.login_name,
        phone: card.phone_masked.unwrap_or_default(),
        phone_proven: card.phone_proven,
        role: policy.role_label(row.role).of(desk.english()).to_owned(),
        state,
        tone,
        suspended: row.state == MembershipState::Suspended,
        ended: row.state == MembershipState::Ended,
        managed: row.managed,
        unactivated: card.state == AccountState::Unactivated,
        period: desk.ctx.lang.ta(
            "portal-from-to",
            &[("from", &row.valid_from.local_date(&desk.ctx.app.zone)), ("to", &desk.until(row.valid_until))],
        ),
        until: match row.valid_until {
            Timestamp::FOREVER => String::new(),
            until => until.last_day(&desk.ctx.app.zone),
        },
        scope: row.scope.unwrap_or_default(),
        reason: row.reason.unwrap_or_default(),
        by: match row.granted_by {
            Some(by) => people.name(by).to_owned(),
            None => desk.t("portal-actor-system"),
        },
        timeline: timeline::entries(&page, &happened, &people),
        name: card.name,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Edit {
    name: String,
    /// Empty leaves the number as it is.
    phone: String,
}
async fn edit(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Edit>) -> web::Result {
    find(&desk, ids).await?;
    let phone = match kernel::text::optional_line("phone", &typed.phone, 30) {
        Ok(None) => Ok(PhoneChange::Keep),
        Ok(Some(phone)) => kernel::Mobile::parse(&phone).map(PhoneChange::Set),
        Err(error) => Err(error),
    };
    let edited = match phone {
        Ok(phone) => {
            let (by, name) = (desk.operator.clone(), typed.name.clone());
            desk.organizations.edit_member(by, ids.0, ids.1, name, phone, desk.ctx.now).await
        }
        Err(error) => Err(error),
    };
    match edited {
        Ok(()) => done(ids, "portal-administrator-saved"),
        Err(error) => render(&desk, ids, Some(typed), FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Renew {
    until: String,
    renew_reason: String,
}
async fn renew(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Renew>) -> web::Result {
    find(&desk, ids).await?;
    let renewed = match end("until", &typed.until, &desk.ctx.app.zone, desk.ctx.now) {
        Ok(until) => {
            let (by, reason) = (desk.operator.clone(), typed.renew_reason.as_str());
            desk.organizations.renew_member(by, ids.0, ids.1, until, reason, desk.ctx.now).await
        }
        Err(error) => Err(error),
    };
    match renewed {
        Ok(()) => done(ids, "portal-administrator-saved"),
        Err(error) => back(&desk, ids, "renew_reason", error).await,
    }
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    to: Option<MembershipState>,
    state_reason: String,
}
async fn set_state(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<State>) -> web::Result {
    find(&desk, ids).await?;
    let suspended = match typed.to {
        Some(MembershipState::Suspended) => true,
        Some(MembershipState::Active) => false,
        Some(MembershipState::Ended) | None => {
            return Err(Error::invalid("field.unknown_value").at("to").into());
        }
    };
    let (by, reason) = (desk.operator.clone(), typed.state_reason.as_str());
    match desk.organizations.set_member_suspended(by, ids.0, ids.1, suspended, reason, desk.ctx.now).await {
        Ok(()) => done(ids, "portal-administrator-saved"),
        Err(error) => back(&desk, ids, "state_reason", error).await,
    }
}
/// The page again, with the fault at the field as this page calls it.
async fn back(desk: &Desk, ids: Ids, reason: &'static str, error: Error) -> web::Result {
    let error = if error.field == Some("reason") { error.at(reason) } else { error };
    render(desk, ids, None, FormErrors::or_fail(error, desk.ctx.lang)?).await
}
fn done(ids: Ids, flash: &str) -> web::Result {
    Ok(with_flash(see_other(&address_of(ids)), "ok", flash, &[]))
}

async fn confirm_end(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    let (organization, _, card) = find(&desk, ids).await?;
    let title = desk.t1("portal-administrator-end-title", "name", &card.name);
    Ok(html(Confirm {
        page: desk.page(title, AREA).await?,
        back: address(ids.0),
        back_label: organization,
        action: format!("{}/end", address_of(ids)),
        lost: desk.t("portal-administrator-end-lost"),
        button: desk.t("portal-administrator-end"),
    }))
}
async fn end_it(desk: Desk, Path(ids): Path<Ids>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let (_, _, card) = find(&desk, ids).await?;
    desk.organizations.delete_member(desk.operator.clone(), ids.0, ids.1, "", desk.ctx.now).await?;
    Ok(with_flash(see_other(&address(ids.0)), "ok", "portal-administrator-ended", &[("name", &card.name)]))
}
