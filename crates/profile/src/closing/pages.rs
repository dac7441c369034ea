use super::service::{self, Obstacle};
use crate::me::{Me, Nothing};
use askama::Template;
use identity::account::closing;
use kernel::Error;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Routes, html_status, see_other, with_flash};

const HERE: &str = "/me/close";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, show).post(HERE, Policy::SignedIn, ask).post(
        "/me/close/undo",
        Policy::SignedIn,
        undo,
    )
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
