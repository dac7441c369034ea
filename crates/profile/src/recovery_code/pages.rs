//! How many are left, and the page that shows a set once.
use super::service;
use crate::me::{Me, Nothing};
use factor::recovery_code::Code;
use kernel::Timestamp;
use web::{Form, FormErrors, Page, Policy, Routes, html, html_status};

const HERE: &str = "/me/recovery-codes";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, show).post(HERE, Policy::SignedIn, replace)
}

#[derive(askama::Template)]
#[template(path = "recovery_code/overview.html")]
struct Overview {
    page: Page,
    errors: FormErrors,
    /// When the set was made, and how many of it are unused.
    set: Option<(Timestamp, i64)>,
    /// Whether there is a factor for which codes can stand in.
    factor: bool,
}
async fn show(me: Me) -> web::Result {
    if let Some(first) = me.must_be_fresh(HERE).await? {
        return Ok(first);
    }
    overview(&me, FormErrors::none()).await
}
async fn overview(me: &Me, errors: FormErrors) -> web::Result {
    let set = factor::recovery_code::service::set(me.identity.db(), me.who.account).await?;
    let factors = factor::summary(me.identity.db(), me.who.account).await?;
    let page = me.page("profile-recovery-codes-title").await?.with_errors(&errors);
    Ok(html_status(errors.status(), Overview { page, set, factor: factors.second(), errors }))
}
async fn replace(me: Me, Form(Nothing {}): Form<Nothing>) -> web::Result {
    if let Some(first) = me.must_be_fresh(HERE).await? {
        return Ok(first);
    }
    match service::replace(&me.identity, &me.who, me.ctx.now).await {
        Ok(codes) => shown(&me, &codes, None, HERE).await,
        Err(error) => overview(&me, FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}

#[derive(askama::Template)]
#[template(path = "recovery_code/codes.html")]
struct Codes {
    page: Page,
    /// What was added, if the codes came with it.
    added: Option<String>,
    codes: Vec<String>,
    login_name: String,
    made: Timestamp,
    next: String,
}
/// The one page that shows a set; nothing else can show it again. `added` names the factor that it came with.
pub async fn shown(me: &Me, codes: &[Code], added: Option<String>, next: &str) -> web::Result {
    Ok(html(Codes {
        page: me.page("profile-recovery-codes-shown").await?,
        added,
        codes: codes.iter().map(Code::printed).collect(),
        login_name: me.who.login_name.clone(),
        made: me.ctx.now,
        next: next.to_owned(),
    }))
}
