use super::service;
use crate::me::{Me, Nothing};
use askama::Template;
use axum::{Extension, body::Body, response::Response};
use http::{HeaderValue, header};
use identity::stepup::{self, Need};
use kernel::Error;
use oidc::OpenId;
use web::{Form, FormErrors, Page, Policy, Routes, html_status};

const HERE: &str = "/me/data";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, show).post(HERE, Policy::SignedIn, take)
}

#[derive(Template)]
#[template(path = "data/data.html")]
struct Data {
    page: Page,
    errors: FormErrors,
}
/// The whole of a person in one file: two factors where the account has them.
async fn must_be_sure(me: &Me) -> kernel::Result<Option<Response>> {
    stepup::service::required(&me.identity, &me.ctx, &me.who, Need::Fresh, HERE).await
}
async fn show(me: Me) -> web::Result {
    if let Some(verify) = must_be_sure(&me).await? {
        return Ok(verify);
    }
    page(&me, FormErrors::none()).await
}
async fn page(me: &Me, errors: FormErrors) -> web::Result {
    let page = me.page("profile-data-title").await?.with_errors(&errors);
    Ok(html_status(errors.status(), Data { page, errors }))
}
async fn take(me: Me, Extension(openid): Extension<OpenId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    if let Some(verify) = must_be_sure(&me).await? {
        return Ok(verify);
    }
    let file = match service::take(&me, &openid).await {
        Ok(file) => file,
        Err(error) => return page(&me, FormErrors::or_fail(error, me.ctx.lang)?).await,
    };
    let text = serde_json::to_string_pretty(&file).map_err(|e| Error::internal("data.json").because(e))?;
    let name = format!("attachment; filename=\"fujie-{}-{}.json\"", me.who.login_name, me.date(me.ctx.now));
    let name = HeaderValue::from_str(&name).map_err(|e| Error::internal("data.name").because(e))?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
