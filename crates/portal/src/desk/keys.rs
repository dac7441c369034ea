//! Signing keys of the provider: what signs, what is announced, what is still published; making new ones.
use super::{Desk, FOR_POLICIES, POLICY_ROLES};
use axum::Extension;
use kernel::{Error, Timestamp};
use oidc::{
    OpenId,
    keys::{model::SigningKey, rotate},
};
use serde::Deserialize;
use web::{Form, Page, Policy, Routes, html, see_other, with_flash};

pub const HERE: &str = "/desk/keys";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_POLICIES);
    Routes::new().get("/desk/keys", staff, list).post("/desk/keys/rotate", staff, renew)
}

struct Line {
    kid: String,
    algorithm: &'static str,
    state: &'static str,
    tone: &'static str,
    from: String,
    until: String,
    published: String,
}
#[derive(askama::Template)]
#[template(path = "desk/keys.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    days: i64,
}

async fn list(desk: Desk, Extension(openid): Extension<OpenId>) -> web::Result {
    desk.must_be(POLICY_ROLES)?;
    let now = desk.ctx.now;
    let keys = openid.keys().current(now).await?;
    let mut lines: Vec<Line> = keys
        .list()
        .iter()
        .rev()
        .filter(|key| now < key.published_until)
        .map(|key| line(&desk, key, now))
        .collect();
    // One algorithm beside itself; within one the newest first, as they come.
    lines.sort_by_key(|line| line.algorithm);
    Ok(html(List {
        page: desk.page(desk.t("portal-keys"), HERE).await?,
        lines,
        days: desk.organizations.identity().settings().policies().await?.keys.rotate_days,
    }))
}
fn line(desk: &Desk, key: &SigningKey, now: Timestamp) -> Line {
    let (state, tone) = if now < key.signs_from {
        ("portal-key-announced", "warn")
    } else if now < key.signs_until {
        ("portal-key-signs", "ok")
    } else {
        ("portal-key-published", "")
    };
    let moment = |at: Timestamp| {
        if at == Timestamp::FOREVER { desk.t("portal-key-open") } else { at.local_minute(&desk.ctx.app.zone) }
    };
    Line {
        kid: key.kid.clone(),
        algorithm: key.algorithm.as_str(),
        state,
        tone,
        from: moment(key.signs_from),
        until: moment(key.signs_until),
        published: moment(key.published_until),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    when: String,
}
async fn renew(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(POLICY_ROLES)?;
    let (at_once, flash) = match typed.when.as_str() {
        "announced" => (false, "portal-keys-flash-announced"),
        "at_once" => (true, "portal-keys-flash-at-once"),
        _ => return Err(Error::invalid("field.unknown_value").at("when").into()),
    };
    // Whoever makes keys decides what every product believes.
    desk.must_be_fresh(HERE).await?;
    rotate(desk.organizations.db(), desk.operator.actor(), at_once).await?;
    Ok(with_flash(see_other(HERE), "ok", flash, &[]))
}
