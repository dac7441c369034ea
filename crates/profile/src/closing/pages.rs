use super::service::{self, Obstacle};
use crate::me::{Me, Nothing};
use askama::Template;
use identity::{account::closing, signin::pages::target};
use kernel::Error;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Query, Routes, html, html_status, in_flow, see_other, with_flash};

const HERE: &str = "/me/close";
const WAITING: &str = "/me/close/waiting";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, show)
        .post(HERE, Policy::SignedIn, ask)
        .post("/me/close/undo", Policy::SignedIn, undo)
        .get(WAITING, Policy::SignedIn, waiting)
        .post("/me/close/keep", Policy::SignedIn, keep)
}

#[derive(Template)]
#[template(path = "closing/close.html")]
struct Close {
    page: Page,
    errors: FormErrors,
    obstacles: Vec<Obstacle>,
    owner: Option<String>,
    login_name: String,
    days: i64,
    /// Asked for already: until then it can be taken back.
    due: Option<String>,
}
async fn show(me: Me) -> web::Result {
    let waiting = closing::find(me.identity.db(), me.who.account).await?;
    let free = service::obstacles(&me.rooms, &me.who).await?.is_empty();
    if waiting.is_none()
        && free
        && let Some(verify) = me.must_be_fresh(HERE).await?
    {
        return Ok(verify);
    }
    page(&me, FormErrors::none()).await
}
async fn page(me: &Me, errors: FormErrors) -> web::Result {
    let policies = me.identity.settings().policies().await?;
    let waiting = closing::find(me.identity.db(), me.who.account).await?;
    let page = Close {
        page: me.page("profile-close-title").await?.with_errors(&errors),
        obstacles: service::obstacles(&me.rooms, &me.who).await?,
        owner: me.owner().await?.map(|(_, name)| name),
        login_name: me.who.login_name.clone(),
        days: policies.profile.closing_days,
        due: waiting.map(|closing| me.minute(closing.due_at)),
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    login_name: String,
}
async fn ask(me: Me, Form(typed): Form<Typed>) -> web::Result {
    if let Some(verify) = me.must_be_fresh(HERE).await? {
        return Ok(verify);
    }
    if typed.login_name.trim().to_ascii_lowercase() != me.who.login_name {
        let error = Error::invalid("closing.login_name").at("login_name");
        return page(&me, FormErrors::from(&error, me.ctx.lang)).await;
    }
    match service::ask(&me.rooms, &me.who, me.ctx.lang, me.ctx.now).await {
        Ok(_) => Ok(with_flash(see_other(HERE), "warn", "profile-close-asked", &[])),
        Err(error) => page(&me, FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}
/// Taking back what was taken back is as good.
async fn undo(me: Me, Form(Nothing {}): Form<Nothing>) -> web::Result {
    closing::undo(&me.identity, &me.who, me.ctx.lang, me.ctx.now).await?;
    Ok(with_flash(see_other("/me/security"), "ok", "profile-close-undone", &[]))
}

/// Where somebody was headed who signed in while the closing waits.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Headed {
    return_to: String,
}
impl Headed {
    /// Never back to this question.
    fn on(&self) -> String {
        let on = target(&self.return_to);
        if on.starts_with(WAITING) { "/".to_owned() } else { on }
    }
}
#[derive(Template)]
#[template(path = "closing/waiting.html")]
struct Waiting {
    page: Page,
    due: String,
    return_to: String,
}
/// Sign-in leads here on the way to a product, whose pages say nothing of it.
async fn waiting(me: Me, Query(headed): Query<Headed>) -> web::Result {
    let Some(closing) = closing::find(me.identity.db(), me.who.account).await? else {
        return Ok(see_other(&headed.on()));
    };
    let page = Waiting {
        page: Page::new(&me.ctx, me.t("profile-close-waiting-title")),
        due: me.minute(closing.due_at),
        return_to: headed.on(),
    };
    // Either way may end at the product, which is another site.
    Ok(in_flow(html(page)))
}
/// Keeping what is kept already is as good.
async fn keep(me: Me, Form(headed): Form<Headed>) -> web::Result {
    closing::undo(&me.identity, &me.who, me.ctx.lang, me.ctx.now).await?;
    Ok(with_flash(see_other(&headed.on()), "ok", "profile-close-undone", &[]))
}
