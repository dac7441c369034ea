//! Ways in to an administrator's account: a slip with a password, a slip with a link, an SMS; and what is removed when a
//! second factor was lost.
use super::{
    super::{Desk, FOR_MANAGEMENT, Nothing, organization::Confirm},
    AREA, Ids, address, address_of, find,
};
use ::organization::{
    activation::{Issued, Link, Way},
    membership::HandedOut,
};
use askama::filters::Safe;
use kernel::Secret;
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/administrators/{membership}/reset", staff, ask)
        .post("/desk/organizations/{organization}/administrators/{membership}/reset", staff, reset)
        .get("/desk/organizations/{organization}/administrators/{membership}/factors", staff, confirm_factors)
        .post("/desk/organizations/{organization}/administrators/{membership}/factors", staff, remove_factors)
}

/// What is handed over with an account; it is shown this once.
#[derive(askama::Template)]
#[template(path = "desk/slip.html")]
pub struct Slip {
    pub page: Page,
    pub back: String,
    pub back_label: String,
    pub name: String,
    pub login_name: String,
    /// Empty on a slip with a link.
    pub password: String,
    pub address: String,
    pub valid: String,
    pub link: String,
    pub code: String,
    pub picture: Safe<String>,
}
impl Slip {
    pub async fn new(
        desk: &Desk,
        area: &str,
        back: (String, String),
        card: (String, String),
        password: &Secret,
    ) -> Result<Self, Failure> {
        let policies = desk.organizations.identity().settings().policies().await?;
        let until = desk.ctx.now.plus_days(policies.sign_in.reset_password_days);
        Ok(Self {
            page: desk.page(desk.t("portal-slip-title"), area).await?,
            back: back.0,
            back_label: back.1,
            name: card.0,
            login_name: card.1,
            password: password.expose().to_owned(),
            address: desk.ctx.app.url("/login"),
            valid: until.local_minute(&desk.ctx.app.zone),
            link: String::new(),
            code: String::new(),
            picture: Safe(String::new()),
        })
    }
    /// With link and code in place of a password.
    pub async fn of_link(
        desk: &Desk,
        back: (String, String),
        card: (String, String),
        issued: Issued,
    ) -> Result<Self, Failure> {
        Ok(Self {
            page: desk.page(desk.t("portal-slip-title"), AREA).await?,
            back: back.0,
            back_label: back.1,
            name: card.0,
            login_name: card.1,
            password: String::new(),
            address: desk.ctx.app.url("/activate"),
            valid: issued.expires_at.local_minute(&desk.ctx.app.zone),
            picture: Safe(identity::scan::model::picture(&issued.link)?),
            link: issued.link,
            code: issued.code,
        })
    }
}
/// What was chosen in a form; nothing chosen is the slip with a password.
pub fn link_of(desk: &Desk, handing: &str) -> kernel::Result<Option<Link>> {
    match handing {
        "" | "password" => Ok(None),
        way => Ok(Some(Link::of(&desk.ctx, way.parse::<Way>()?))),
    }
}
/// Shows what was handed out, or says where it went.
pub async fn hand_over(
    desk: &Desk,
    back: (String, String),
    card: (String, String),
    what: HandedOut,
) -> web::Result {
    match what {
        HandedOut::Password(password) => Ok(html(Slip::new(desk, AREA, back, card, &password).await?)),
        HandedOut::Link(issued) if !issued.link.is_empty() => {
            Ok(html(Slip::of_link(desk, back, card, issued).await?))
        }
        HandedOut::Link(issued) => {
            let args = [("name", card.0.as_str()), ("phone", issued.phone_masked.as_str())];
            Ok(with_flash(see_other(&back.0), "ok", "portal-link-sent", &args))
        }
        HandedOut::Nothing => Ok(see_other(&back.0)),
    }
}

#[derive(askama::Template)]
#[template(path = "desk/administrator_reset.html")]
struct Reset {
    page: Page,
    back: String,
    back_label: String,
    action: String,
    errors: FormErrors,
}
async fn show(desk: &Desk, ids: Ids, errors: FormErrors) -> web::Result {
    let (organization, _, card) = find(desk, ids).await?;
    let action = format!("{}/reset", address_of(ids));
    // Whoever hands out a way in proves to be there.
    desk.must_be_fresh(&action).await?;
    let title = desk.t1("portal-reset-password-title", "name", &card.name);
    let page = Reset {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        back: address(ids.0),
        back_label: organization,
        action,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn ask(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    show(&desk, ids, FormErrors::none()).await
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Handing {
    handing: String,
}
async fn reset(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Handing>) -> web::Result {
    let (organization, _, card) = find(&desk, ids).await?;
    desk.must_be_fresh(&format!("{}/reset", address_of(ids))).await?;
    let (rooms, by, now) = (&desk.organizations, desk.operator.clone(), desk.ctx.now);
    let handed_out = match link_of(&desk, &typed.handing)? {
        None => rooms.reset_member_password(by, ids.0, ids.1, now).await.map(HandedOut::Password),
        Some(link) => rooms.hand_out_again(by, ids.0, ids.1, link, now).await.map(HandedOut::Link),
    };
    match handed_out {
        Ok(handed_out) => {
            let back = (address_of(ids), organization);
            hand_over(&desk, back, (card.name, card.login_name), handed_out).await
        }
        Err(error) => show(&desk, ids, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}

async fn confirm_factors(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    let (organization, _, card) = find(&desk, ids).await?;
    let action = format!("{}/factors", address_of(ids));
    desk.must_be_fresh(&action).await?;
    let title = desk.t1("portal-remove-factors-title", "name", &card.name);
    Ok(html(Confirm {
        page: desk.page(title, AREA).await?,
        back: address(ids.0),
        back_label: organization,
        action,
        lost: desk.t("portal-remove-factors-lost"),
        button: desk.t("portal-remove-factors"),
    }))
}
async fn remove_factors(desk: Desk, Path(ids): Path<Ids>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let (_, _, card) = find(&desk, ids).await?;
    desk.must_be_fresh(&format!("{}/factors", address_of(ids))).await?;
    desk.organizations.remove_member_factors(desk.operator.clone(), ids.0, ids.1, desk.ctx.now).await?;
    Ok(with_flash(see_other(&address(ids.0)), "ok", "portal-factors-removed", &[("name", &card.name)]))
}
