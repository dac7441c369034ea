//! The page of a client: what it is registered with, what a developer copies, and whether its server heard of sign-outs.
use super::{Kept, recipes};
use axum::Extension;
use oidc::{
    OpenId,
    client::{AuthMethod, Client, ClientState, GrantType, Profile, SubjectType, TokenFormat},
    logout::backchannel::{Delivery, DeliveryState},
};
use web::{Ctx, Page, html};

#[derive(askama::Template)]
#[template(path = "clients/show.html")]
struct ClientPage {
    page: Page,
    trail: Vec<(String, String)>,
    here: String,
    name: String,
    state: &'static str,
    tone: &'static str,
    /// Why it does not work, where that is not the choice of whoever looks.
    note: Option<&'static str>,
    active: bool,
    may_switch: bool,
    rev: i64,
    /// For staff: who keeps it, and whom it may be handed to.
    keeping: Option<Keeping>,
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
struct Keeping {
    /// The name of the organization whose developers do; None: the desk.
    by: Option<String>,
    /// That of the one to which the product is entrusted.
    developer: Option<String>,
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
        ("portal-client-id-token", yes(settings.id_token_claims)),
        ("portal-client-consent", yes(!client.skip_consent)),
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

/// The word for its state, with its tone.
pub fn state_words(client: &Client) -> (&'static str, &'static str) {
    match client.state {
        ClientState::Active if client.keeping.asleep => ("portal-client-asleep", "wait"),
        ClientState::Active => ("portal-state-active", "ok"),
        ClientState::Paused => ("portal-client-paused", "wait"),
        ClientState::Disabled => ("portal-state-disabled", "bad"),
    }
}
/// Where others begin a sign-in at the product, if it takes that.
pub(super) fn start(ctx: &Ctx, client: &Client) -> Option<String> {
    let starts = client.initiate_login_uri.is_some();
    starts.then(|| format!("{}/oauth2/start/{}", ctx.app.origin(), client.client_id))
}

async fn keeping(kept: &Kept) -> kernel::Result<Option<Keeping>> {
    let console = &kept.console;
    if !console.is_desk() {
        return Ok(None);
    }
    let (by, entrusted) =
        (kept.client.keeping.developer, console.organizations.developer_of(console.product).await?);
    let names = console.organizations.names_of(by.into_iter().chain(entrusted).collect()).await?;
    let name = |id: Option<_>| id.and_then(|id| names.get(&id).cloned());
    Ok(Some(Keeping { by: name(by), developer: name(entrusted) }))
}

pub(super) async fn page(kept: Kept, Extension(openid): Extension<OpenId>) -> web::Result {
    let (console, client) = (&kept.console, &kept.client);
    let deliveries = openid.logout_deliveries(client).await?;
    let page = console.page(client.name.clone()).await?;
    let issuer = console.ctx.app.origin().to_owned();
    let (state, tone) = state_words(client);
    let by_platform = client.state == ClientState::Disabled && !console.is_desk();
    Ok(html(ClientPage {
        trail: console.trail(None),
        here: kept.address(),
        name: client.name.clone(),
        state,
        tone,
        note: if by_platform {
            Some("portal-client-disabled-note")
        } else {
            client.keeping.asleep.then_some("portal-client-asleep-note")
        },
        active: client.state == ClientState::Active,
        may_switch: !by_platform,
        rev: client.keeping.rev,
        keeping: keeping(&kept).await?,
        client_id: client.client_id.clone(),
        has_secret: client.secret_mac.is_some(),
        redirect_uris: client.redirect_uris.lines().map(str::to_owned).collect(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.lines().map(str::to_owned).collect(),
        start: start(&console.ctx, client),
        facts: facts(&page, client),
        recipes: recipes::recipes(&issuer, client),
        hears: client.settings.backchannel_logout_uri.is_some(),
        lines: deliveries.iter().map(|delivery| line(&page, delivery)).collect(),
        issuer,
        page,
    }))
}
