//! One app or key, and the answers to its forms.
use super::{Added, Sort};
use crate::{me::Me, recovery_code::pages as codes};
use axum::response::Response;
use kernel::Timestamp;
use serde::Deserialize;
use web::{FormErrors, Page, html_status, see_other, with_flash};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Named {
    pub name: String,
}

/// As its page shows it.
pub struct Card {
    /// Where it has its page.
    pub here: String,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// Another way in remains without it.
    pub removable: bool,
    /// Removing it leaves something on the device.
    pub stays_on_device: bool,
}
#[derive(askama::Template)]
#[template(path = "factor/one.html")]
struct One {
    page: Page,
    errors: FormErrors,
    sort: &'static Sort,
    card: Card,
    called: String,
    /// Nothing but a password or code by SMS remains.
    last: bool,
}
/// `typed`: the name that was not taken.
pub async fn one(
    me: &Me,
    sort: &'static Sort,
    card: Card,
    typed: Option<String>,
    errors: FormErrors,
) -> web::Result {
    let factors = factor::summary(me.identity.db(), me.who.account).await?;
    let page = me.titled(card.name.clone()).await?.with_errors(&errors);
    let called = typed.unwrap_or_else(|| card.name.clone());
    let last = factors.totp + factors.passkeys == 1;
    Ok(html_status(errors.status(), One { page, errors, sort, card, called, last }))
}
/// `next`: where the person goes on.
pub async fn added(me: &Me, sort: &Sort, name: String, added: Added, next: &str) -> web::Result {
    match added {
        Added::Done(Some(set)) => codes::shown(me, &set, Some(name), next).await,
        Added::Done(None) => Ok(with_flash(see_other(next), "ok", sort.added, &[("name", &name)])),
        Added::Already => Ok(see_other(next)),
    }
}
pub fn renamed(sort: &Sort, name: &str) -> Response {
    with_flash(see_other(sort.here), "ok", "profile-factor-renamed", &[("name", name)])
}
/// `last`: no second factor is left.
pub fn removed(sort: &Sort, last: bool) -> Response {
    let key = if last { "profile-factor-removed-last" } else { "profile-factor-removed" };
    with_flash(see_other(sort.here), "ok", key, &[])
}
