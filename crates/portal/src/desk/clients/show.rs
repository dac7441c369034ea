//! The page of a client: what it is registered with, what a developer copies, and whether its server heard of sign-outs.
use super::{address, found, recipes};
use crate::desk::Desk;
use axum::Extension;
use kernel::id::{ClientId, ProductId};
use oidc::{
    OpenId,
    client::{AuthMethod, Client, ClientState, GrantType, Profile, SubjectType, TokenFormat},
    logout::backchannel::{Delivery, DeliveryState},
};
use web::{Page, Path, html};

#[derive(askama::Template)]
#[template(path = "desk/client.html")]
struct ClientPage {
    page: Page,
    back: String,
    here: String,
    product: String,
    name: String,
    state: &'static str,
    tone: &'static str,
    active: bool,
    issuer: String,
    client_id: String,
    has_secret: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    /// Where others begin a sign-in at the product, if it takes that.
    start: Option<String>,
    facts: Vec<(&'static str, String)>,
    recipes: Vec<recipes::Recipe>,
    hears: bool,
    lines: Vec<Line>,
}
struct Line {
    at: String,
    state: String,
    tone: &'static str,
    attempts: i64,
    said: String,
}

pub(super) fn profile_key(profile: Profile) -> &'static str {
    match profile {
        Profile::Basic => "portal-client-profile-basic",
        Profile::Oauth21 => "portal-client-profile-oauth21",
        Profile::Fapi2 => "portal-client-profile-fapi2",
    }
}
fn method_key(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::None => "portal-client-method-none",
        AuthMethod::SecretBasic => "portal-client-method-basic",
        AuthMethod::SecretPost => "portal-client-method-post",
        AuthMethod::SecretJwt => "portal-client-method-secret-jwt",
        AuthMethod::PrivateKeyJwt => "portal-client-method-private-key-jwt",
    }
}

fn facts(page: &Page, client: &Client) -> Vec<(&'static str, String)> {
    let settings = &client.settings;
    let yes = |held: bool| page.t(if held { "portal-client-yes" } else { "portal-client-no" });
    let demands = settings.demands();
    vec![
        ("portal-client-profile", page.t(profile_key(settings.profile))),
        ("portal-client-method", page.t(method_key(settings.auth_method))),
        ("portal-client-algorithm", client.id_token_algorithm.as_str().to_owned()),
        ("portal-client-pkce", yes(demands.pkce)),
        ("portal-client-par", yes(demands.par)),
        ("portal-client-dpop", yes(demands.sender_constrained)),
        ("portal-client-refresh", yes(settings.allows(GrantType::RefreshToken))),
        (
            "portal-client-format",
            page.t(match settings.access_token_format {
                TokenFormat::Opaque => "portal-client-format-opaque",
                TokenFormat::Jwt => "portal-client-format-jwt",
            }),
        ),
        ("portal-client-lifetime", page.t1("portal-client-seconds", "count", settings.access_seconds())),
        (
            "portal-client-subjects",
            page.t(match settings.subject_type {
                SubjectType::Public => "portal-client-subjects-public",
                SubjectType::Pairwise => "portal-client-subjects-pairwise",
            }),
        ),
        ("portal-client-backchannel", settings.backchannel_logout_uri.clone().unwrap_or_default()),
    ]
}

fn line(page: &Page, delivery: &Delivery) -> Line {
    let (state, tone) = match delivery.state {
        DeliveryState::Delivered => (page.t("portal-webhook-delivered"), "ok"),
        DeliveryState::Refused => (page.t("portal-webhook-refused"), "bad"),
        DeliveryState::Expired => (page.t("portal-webhook-expired"), "bad"),
        DeliveryState::Queued if delivery.attempts == 0 => (page.t("portal-webhook-queued"), "wait"),
        DeliveryState::Queued => {
            (page.t1("portal-webhook-again-at", "at", page.minute(&delivery.again_at)), "wait")
        }
    };
    let status = delivery.status.map(|status| format!("HTTP {status}"));
    Line {
        at: page.minute(&delivery.created_at),
        state,
        tone,
        attempts: delivery.attempts,
        said: delivery.error.clone().or(status).unwrap_or_default(),
    }
}

pub(super) async fn page(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path((id, client)): Path<(ProductId, ClientId)>,
) -> web::Result {
    let client = found(&desk, id, client).await?;
    let product = desk.organizations.product(id).await?;
    let deliveries = openid.logout_deliveries(&client).await?;
    let page = desk.page(client.name.clone(), "/desk/products").await?;
    let issuer = desk.ctx.app.origin().to_owned();
    let active = client.state == ClientState::Active;
    let here = address(id, client.id);
    Ok(html(ClientPage {
        back: format!("/desk/products/{id}"),
        product: product.name.of(desk.english()).to_owned(),
        name: client.name.clone(),
        state: if active { "portal-state-active" } else { "portal-state-disabled" },
        tone: if active { "ok" } else { "bad" },
        active,
        client_id: client.client_id.clone(),
        has_secret: client.secret_mac.is_some(),
        redirect_uris: client.redirect_uris.lines().map(str::to_owned).collect(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.lines().map(str::to_owned).collect(),
        start: client
            .initiate_login_uri
            .as_ref()
            .map(|_| format!("{issuer}/oauth2/start/{}", client.client_id)),
        facts: facts(&page, &client),
        recipes: recipes::recipes(&issuer, &client),
        hears: client.settings.backchannel_logout_uri.is_some(),
        lines: deliveries.iter().map(|delivery| line(&page, delivery)).collect(),
        issuer,
        here,
        page,
    }))
}
