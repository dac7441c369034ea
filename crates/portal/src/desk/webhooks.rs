//! Where a product is told that access ended: its address, its secret, which is shown once, and what became of each event.
use super::{Desk, FOR_PRODUCTS, Nothing, products::editable};
use axum::Extension;
use kernel::{
    Secret, Timestamp,
    id::{ProductId, mark},
};
use oidc::{
    OpenId,
    webhook::{Delivery, DeliveryState, EventKind, Opened, WebhookDeliveryId, WebhookId, WebhookState},
};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash};

/// Deliveries of one page.
const SHOWN: usize = 20;

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/{product}/webhook", staff, page)
        .post("/desk/products/{product}/webhook", staff, set)
        .post("/desk/products/{product}/webhook/secret", staff, rotate)
        .post("/desk/products/{product}/webhook/state", staff, set_state)
        .post("/desk/products/{product}/webhook/test", staff, test)
        .post("/desk/products/{product}/webhook/deliveries/{delivery}", staff, send_again)
}

#[derive(askama::Template)]
#[template(path = "desk/webhook.html")]
struct WebhookPage {
    page: Page,
    back: String,
    here: String,
    product: String,
    form: Typed,
    there: Option<There>,
    lines: Vec<Line>,
    older: Option<String>,
    errors: FormErrors,
}
struct There {
    state: &'static str,
    tone: &'static str,
    active: bool,
    created: String,
    former_until: String,
    rests_until: String,
    waiting: String,
}
struct Line {
    id: WebhookDeliveryId,
    event: String,
    kind: &'static str,
    reason: String,
    about: String,
    at: String,
    state: String,
    tone: &'static str,
    attempts: i64,
    said: String,
    again: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    url: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: Option<String>,
}
#[derive(askama::Template)]
#[template(path = "desk/webhook_secret.html")]
struct SecretPage {
    page: Page,
    back: String,
    here: String,
    product: String,
    secret: String,
    rotated: bool,
}

async fn page(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path(id): Path<ProductId>,
    Query(asked): Query<Asked>,
) -> web::Result {
    let before = asked.before.and_then(|n| n.parse().ok());
    show(&desk, &openid, id, None, before, FormErrors::none()).await
}
async fn show(
    desk: &Desk,
    openid: &OpenId,
    id: ProductId,
    typed: Option<Typed>,
    before: Option<i64>,
    errors: FormErrors,
) -> web::Result {
    let product = editable(desk, id).await?;
    let page = desk.page(desk.t("portal-webhook-title"), "/desk/products").await?.with_errors(&errors);
    let webhook = openid.webhook(id).await?;
    let (mut lines, mut older, mut there) = (Vec::new(), None, None);
    let here = format!("/desk/products/{id}/webhook");
    if let Some(webhook) = &webhook {
        let mut deliveries = openid.webhook_deliveries(webhook.id, before, SHOWN as i64 + 1).await?;
        let more = deliveries.len() > SHOWN;
        deliveries.truncate(SHOWN);
        older = deliveries.last().filter(|_| more).map(|last| format!("{here}?before={}", last.n));
        lines = deliveries.iter().map(|delivery| line(&page, delivery)).collect();
        let now = desk.ctx.now;
        let (waiting, since) = openid.webhook_waiting(webhook.id).await?;
        let (state, tone) = match webhook.state {
            WebhookState::Active if webhook.rests(now) => ("portal-webhook-resting", "wait"),
            WebhookState::Active => ("portal-webhook-active", "ok"),
            WebhookState::Paused => ("portal-webhook-paused", "wait"),
            WebhookState::Gone => ("portal-webhook-gone", "bad"),
        };
        let minute = |at: Timestamp, wanted: bool| if wanted { page.minute(&at) } else { String::new() };
        there = Some(There {
            state,
            tone,
            active: webhook.state == WebhookState::Active,
            created: page.minute(&webhook.created_at),
            former_until: minute(webhook.former_until, now < webhook.former_until),
            rests_until: minute(webhook.open_until, webhook.rests(now)),
            waiting: match since {
                Some(since) => {
                    page.t2("portal-webhook-waiting-since", "count", waiting, "at", page.minute(&since))
                }
                None => page.t("portal-webhook-waiting-none"),
            },
        });
    }
    let form = typed.unwrap_or_else(|| Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Webhook>()),
        url: webhook.map(|webhook| webhook.url).unwrap_or_default(),
    });
    let view = WebhookPage {
        back: format!("/desk/products/{id}"),
        here,
        product: product.name.of(desk.english()).to_owned(),
        form,
        there,
        lines,
        older,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
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
    let said = delivery.error.clone().or(status).unwrap_or_default();
    let about = [
        delivery.organization.map(|id| id.to_string()),
        delivery.subject.as_ref().map(|sub| format!("sub {sub}")),
    ];
    Line {
        id: delivery.id,
        event: format!("evt_{}", delivery.n),
        kind: match delivery.kind {
            EventKind::Granted => "portal-webhook-kind-granted",
            EventKind::Changed => "portal-webhook-kind-changed",
            EventKind::Ended => "portal-webhook-kind-ended",
            EventKind::Test => "portal-webhook-kind-test",
        },
        reason: delivery.reason.clone(),
        about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        at: page.minute(&delivery.at),
        state,
        tone,
        attempts: delivery.attempts,
        said,
        again: delivery.state != DeliveryState::Queued || delivery.attempts > 0,
    }
}
async fn shown_once(desk: &Desk, id: ProductId, secret: &Secret, rotated: bool) -> web::Result {
    let product = editable(desk, id).await?;
    Ok(html(SecretPage {
        page: desk.page(desk.t("portal-webhook-secret-title"), "/desk/products").await?,
        back: format!("/desk/products/{id}"),
        here: format!("/desk/products/{id}/webhook"),
        product: product.name.of(desk.english()).to_owned(),
        secret: secret.expose().to_owned(),
        rotated,
    }))
}
fn done(id: ProductId, flash: &str) -> web::Result {
    Ok(with_flash(see_other(&format!("/desk/products/{id}/webhook")), "ok", flash, &[]))
}

async fn set(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path(id): Path<ProductId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    editable(&desk, id).await?;
    let new: WebhookId = desk.ctx.check_form_id(&typed.id)?;
    match openid.set_webhook(&desk.operator, new, id, &typed.url, desk.ctx.now).await {
        Ok(Opened::New(secret)) => shown_once(&desk, id, &secret, false).await,
        Ok(Opened::Kept) => done(id, "portal-webhook-saved"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, &openid, id, Some(typed), None, errors).await
        }
    }
}
async fn rotate(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path(id): Path<ProductId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    editable(&desk, id).await?;
    let secret = openid.rotate_webhook_secret(&desk.operator, id, desk.ctx.now).await?;
    shown_once(&desk, id, &secret, true).await
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Switch {
    to: String,
}
async fn set_state(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path(id): Path<ProductId>,
    Form(typed): Form<Switch>,
) -> web::Result {
    editable(&desk, id).await?;
    let (paused, flash) = match typed.to.as_str() {
        "paused" => (true, "portal-webhook-flash-paused"),
        "active" => (false, "portal-webhook-flash-resumed"),
        _ => return Err(kernel::Error::invalid("field.unknown_value").at("to").into()),
    };
    openid.set_webhook_paused(&desk.operator, id, paused).await?;
    done(id, flash)
}
async fn test(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path(id): Path<ProductId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    editable(&desk, id).await?;
    openid.test_webhook(&desk.operator, id).await?;
    done(id, "portal-webhook-flash-tested")
}
async fn send_again(
    desk: Desk,
    Extension(openid): Extension<OpenId>,
    Path((id, delivery)): Path<(ProductId, WebhookDeliveryId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    editable(&desk, id).await?;
    openid.send_webhook_again(&desk.operator, id, delivery, desk.ctx.now).await?;
    done(id, "portal-webhook-flash-again")
}
