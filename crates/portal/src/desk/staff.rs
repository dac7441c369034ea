//! The platform's own people: the list, and adding one with a slip to hand over.
use super::{
    Desk, FOR_STAFF, STAFF_ROLES,
    administrators::Slip,
    words::{self, Item, Listed},
};
use crate::staffing::{self, NewStaff};
use kernel::{Error, id::mark};
use platform::StaffRole;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/staff", Policy::Staff(FOR_STAFF), list)
        .get("/desk/staff/new", Policy::Staff(FOR_STAFF), blank)
        .post("/desk/staff/new", Policy::Staff(FOR_STAFF), create)
}

struct Line {
    name: String,
    login_name: String,
    role: &'static str,
    phone: String,
    last: String,
}
#[derive(askama::Template)]
#[template(path = "desk/staff.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}

async fn list(desk: Desk) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let db = desk.organizations.db();
    let members = platform::staff::service::list(db, None).await?;
    let ids = members.iter().map(|member| member.account).collect();
    let cards = identity::account::service::cards(db, ids).await?;
    let lines = members
        .iter()
        .filter_map(|member| {
            let card = cards.iter().find(|card| card.id == member.account)?;
            Some(Line {
                name: card.name.clone(),
                login_name: card.login_name.clone(),
                role: words::role(member.role),
                phone: card.phone_masked.clone().unwrap_or_default(),
                last: match card.last_sign_in_at {
                    Some(at) => at.local_minute(&desk.ctx.app.zone),
                    None => desk.t("portal-staff-never"),
                },
            })
        })
        .collect();
    Ok(html(List { page: desk.page(desk.t("portal-staff"), "/desk/staff").await?, lines }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    role: String,
    name: String,
    login_name: String,
    phone: String,
}
#[derive(askama::Template)]
#[template(path = "desk/staff_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    roles: Vec<Item>,
}

async fn show(desk: &Desk, form: Typed, errors: FormErrors) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let page = Blank {
        page: desk.page(desk.t("portal-staff-new"), "/desk/staff").await?.with_errors(&errors),
        errors,
        form,
        roles: StaffRole::items(),
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk) -> web::Result {
    let id = desk.ctx.form_id(desk.organizations.db().draw::<mark::Account>());
    show(&desk, Typed { id, ..Typed::default() }, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let id = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let role = errors.take(typed.role.parse().map_err(|_| Error::invalid("field.required").at("role")), lang);
    let input = ::organization::membership::MemberInput {
        login_name: typed.login_name.clone(),
        name: typed.name.clone(),
        phone: typed.phone.clone(),
    };
    let new = match input.parse() {
        Ok(new) => Some(new),
        Err(faults) => {
            for fault in &faults {
                errors.push(fault, lang);
            }
            None
        }
    };
    let (Some(role), Some(new)) = (role, new) else { return show(&desk, typed, errors).await };
    let card = (new.name.clone(), new.login_name.as_str().to_owned());
    let new = NewStaff { id, login_name: new.login_name, name: new.name, phone: new.phone, role };
    match staffing::add(desk.organizations.identity(), desk.operator.actor(), new, desk.ctx.now).await {
        Ok(Some(password)) => {
            let back = ("/desk/staff".to_owned(), desk.t("portal-staff"));
            Ok(html(Slip::new(&desk, "/desk/staff", back, card, &password).await?))
        }
        Ok(None) => Ok(with_flash(see_other("/desk/staff"), "info", "portal-slip-seen", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, typed, errors).await
        }
    }
}
