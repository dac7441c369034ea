//! `/captcha/{token}.png`: the picture of a question that this browser was asked.
use super::{
    model::{Question, Way},
    service,
};
use crate::Identity;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use kernel::Error;
use web::{Ctx, Path, Policy, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/captcha/{file}", Policy::Public, show)
}
async fn show(ctx: Ctx, Extension(identity): Extension<Identity>, Path(file): Path<String>) -> web::Result {
    let question = file
        .strip_suffix(".png")
        .and_then(|token| Question::open(identity.db().keyring(), &ctx.browser, token))
        .filter(|question| question.way == Way::Picture)
        .ok_or_else(|| Error::not_found("page.unknown"))?;
    let png = service::picture(&identity, &ctx, &question).await?;
    let headers =
        [(http::header::CONTENT_TYPE, "image/png"), (http::header::CACHE_CONTROL, "private, no-store")];
    let response: Response = (headers, png).into_response();
    Ok(response)
}
