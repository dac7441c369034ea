//! Which browsers the pages are made for, what the reader's own cannot do, and what to do instead. Open to everybody.
use crate::{
    Ctx, Page, Policy, Routes,
    client::{CHROMIUM, FIREFOX, SAFARI},
    response::{self, html},
};

pub(crate) fn routes() -> Routes {
    Routes::new().get("/help/browsers", Policy::Public, browsers)
}

#[derive(askama::Template)]
#[template(path = "help/browsers.html")]
struct Browsers {
    page: Page,
    chromium: u32,
    firefox: u32,
    safari: String,
}
async fn browsers(ctx: Ctx) -> response::Result {
    Ok(html(Browsers {
        page: Page::new(&ctx, ctx.lang.t("web-browsers-title")),
        chromium: CHROMIUM,
        firefox: FIREFOX,
        safari: format!("{}.{}", SAFARI.0, SAFARI.1),
    }))
}
