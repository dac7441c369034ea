use crate::me::{Me, Nothing};
use askama::Template;
use axum::Extension;
use kernel::id::ClientId;
use oidc::OpenId;
use web::{Form, Lang, Page, Path, Policy, Routes, html, see_other, with_flash};

const HERE: &str = "/me/consents";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, list).post(
        "/me/consents/{client}/withdraw",
        Policy::SignedIn,
        withdraw,
    )
}

/// One application with every space it was allowed in.
struct Line {
    client: ClientId,
    name: String,
    product: String,
    spaces: Vec<Space>,
}
struct Space {
    name: String,
    /// What it may learn, in words.
    learns: String,
    at: String,
    /// How long it stays connected while nobody is there.
    away: Option<String>,
}
#[derive(Template)]
#[template(path = "consent/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}
/// Key of what a scope lets an application learn; the protocol's own `openid` says nothing to anybody.
fn scope_key(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "profile" => "profile-scope-profile",
        "phone" => "profile-scope-phone",
        "email" => "profile-scope-email",
        _ => return None,
    })
}
async fn list(me: Me, Extension(openid): Extension<OpenId>) -> web::Result {
    let english = me.ctx.lang == Lang::En;
    let mut lines: Vec<Line> = Vec::new();
    for consent in openid.consents(me.who.account).await? {
        let learns: Vec<String> =
            consent.scope.iter().filter_map(|scope| scope_key(scope)).map(|key| me.t(key)).collect();
        let space = Space {
            name: consent.organization.map_or_else(|| me.t("web-space-personal"), |(_, name)| name),
            learns: if learns.is_empty() {
                me.t("profile-scope-none")
            } else {
                learns.join(&me.t("profile-scope-and"))
            },
            at: me.minute(consent.at),
            away: consent.away_until.map(|until| me.minute(until)),
        };
        match lines.iter_mut().find(|line| line.client == consent.client) {
            Some(line) => line.spaces.push(space),
            None => lines.push(Line {
                client: consent.client,
                name: consent.client_name,
                product: consent.product.of(english).to_owned(),
                spaces: vec![space],
            }),
        }
    }
    Ok(html(List { page: me.page("profile-consents-title").await?, lines }))
}
/// Taking back what was taken back is as good.
async fn withdraw(
    me: Me,
    Extension(openid): Extension<OpenId>,
    Path(client): Path<ClientId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    match openid.withdraw_consent(&me.who, client, me.ctx.now).await {
        Ok(()) => {}
        Err(error) if error.code == "consent.unknown" => {}
        Err(error) => return Err(error.into()),
    }
    Ok(with_flash(see_other(HERE), "ok", "profile-consent-withdrawn", &[]))
}
