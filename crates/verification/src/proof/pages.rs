//! `/me/real-name` and unbinding.
use super::service::Chosen;
use crate::{
    Method, Verification,
    case::{CaseState, pages::personal_page, words::provider_words},
    method::model::{Lane, key_of},
};
use axum::Extension;
use identity::{
    SignedIn,
    realname::{self, RealNameLevel},
    stepup::{self, Need},
};
use kernel::Timestamp;
use serde::Deserialize;
use web::{Ctx, Form, Page, Policy, Query, Routes, html, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/real-name", Policy::SignedIn, show)
        .get("/me/real-name/unbind", Policy::SignedIn, ask)
        .post("/me/real-name/unbind", Policy::SignedIn, unbind)
}

struct ProofLine {
    id: String,
    method: &'static str,
    provider: String,
    level: i64,
    level_key: &'static str,
    proven: String,
    expires: String,
    /// Key of what ended it; None while it is in force.
    over: Option<&'static str>,
}
struct Way {
    method: &'static str,
    name: &'static str,
    needs: &'static str,
    level: i64,
    level_key: &'static str,
    href: String,
    /// It gives more than there is.
    higher: bool,
    /// A case of this way's lane is open: it leads there.
    open: bool,
    /// The one that is proposed.
    first: bool,
}
struct Waiting {
    href: String,
    method: &'static str,
    state: &'static str,
    tone: &'static str,
    at: String,
}
#[derive(askama::Template)]
#[template(path = "verification/real_name.html")]
struct Overview {
    page: Page,
    level: i64,
    level_key: &'static str,
    level_text: &'static str,
    /// Name, kind of document, masked number.
    known: Option<(String, &'static str, String)>,
    waiting: Vec<Waiting>,
    disputes: Vec<Waiting>,
    proofs: Vec<ProofLine>,
    over: Vec<ProofLine>,
    ways: Vec<Way>,
    decided: Vec<Waiting>,
    highest: bool,
}

async fn show(ctx: Ctx, signed_in: SignedIn, Extension(room): Extension<Verification>) -> web::Result {
    let page = personal_page(&ctx, &signed_in, &room, "verification-title").await?;
    let now = ctx.now;
    let records = realname::service::records_of(room.db(), signed_in.account).await?;
    let known = realname::service::known(room.db(), signed_in.account).await?;
    let (current, over): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.in_force(now));
    let cases = room.own_cases(signed_in.account).await?;
    let lanes: Vec<Lane> =
        cases.iter().filter(|case| case.state_at(now).is_open()).map(|case| case.lane).collect();
    let (open, decided): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.state_at(now).is_open());
    let waiting = |case: crate::case::Case| {
        let state = case.state_at(now);
        Waiting {
            href: format!("/me/real-name/cases/{}", case.id),
            method: case.method.key(),
            state: state.key(),
            tone: state.tone(),
            at: page.minute(&case.created_at),
        }
    };
    let disputes = room.own_disputes(signed_in.account).await?.into_iter().filter(|d| d.state.is_open());
    let line = |record: realname::ProofRecord| ProofLine {
        id: record.id.to_string(),
        method: key_of(&record.method),
        provider: provider_words(ctx.lang, &record.provider),
        level: record.level.rank(),
        level_key: record.level.key(),
        proven: page.date(&record.proven_at),
        expires: expires(&page, &record.expires_at),
        over: match (record.revoked_at, record.revoked_because.as_deref()) {
            (Some(_), Some("dispute")) => Some("verification-proof-moved"),
            (Some(_), _) => Some("verification-proof-unbound"),
            (None, _) if record.expires_at <= now => Some("verification-proof-expired"),
            (None, _) => None,
        },
    };
    let level = signed_in.level;
    let policy = room.policy().await?;
    let mut ways: Vec<Way> = Vec::new();
    for method in room.methods().await? {
        let gives = method.level(&policy);
        let way = |href: String| Way {
            method: method.as_str(),
            name: method.key(),
            needs: method.needs_key(),
            level: gives.rank(),
            level_key: gives.key(),
            href,
            higher: gives > level,
            open: lanes.contains(&method.lane()),
            first: false,
        };
        match method {
            Method::Certified => ways.extend(room.certifiers().await?.into_iter().map(way)),
            _ => ways.push(way(format!("/me/real-name/new?method={method}"))),
        }
    }
    // What helps most, with the least effort first.
    ways.sort_by_key(|way| !way.higher);
    if let Some(first) = ways.iter_mut().find(|way| way.higher && !way.open) {
        first.first = true;
    }
    Ok(html(Overview {
        level: level.rank(),
        level_key: level.key(),
        level_text: level_text(level),
        known: known.map(|known| (known.name, known.document_type.key(), known.document_masked)),
        waiting: open.into_iter().map(waiting).collect(),
        disputes: disputes
            .map(|dispute| Waiting {
                href: format!("/me/real-name/disputes/{}", dispute.id),
                method: "verification-dispute-title",
                state: "verification-dispute-open",
                tone: "wait",
                at: page.minute(&dispute.created_at),
            })
            .collect(),
        decided: decided
            .into_iter()
            .filter(|case| case.state_at(now) != CaseState::Approved)
            .take(5)
            .map(waiting)
            .collect(),
        proofs: current.into_iter().map(line).collect(),
        over: over.into_iter().take(10).map(line).collect(),
        highest: level == RealNameLevel::Advanced,
        ways,
        page,
    }))
}
const fn level_text(level: RealNameLevel) -> &'static str {
    match level {
        RealNameLevel::Unverified => "verification-level-text-unverified",
        RealNameLevel::Primary => "verification-level-text-primary",
        RealNameLevel::Intermediate => "verification-level-text-intermediate",
        RealNameLevel::Advanced => "verification-level-text-advanced",
    }
}
fn expires(page: &Page, at: &Timestamp) -> String {
    if *at == Timestamp::FOREVER { page.t("verification-no-end") } else { page.last_day(at) }
}

#[derive(Deserialize)]
struct Which {
    proof: String,
}
struct LostLine {
    name: String,
    space: String,
    needs: &'static str,
}
#[derive(askama::Template)]
#[template(path = "verification/unbind.html")]
struct Unbind {
    page: Page,
    chosen: String,
    /// No proof goes, but the person that those before left behind.
    ran_out: bool,
    going: Vec<&'static str>,
    before: (i64, &'static str),
    after: (i64, &'static str),
    products: Vec<LostLine>,
    more: bool,
    offices: Vec<String>,
    releases: bool,
}
async fn ask(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Query(which): Query<Which>,
) -> web::Result {
    let chosen = Chosen::parse(&which.proof)?;
    if let Some(first) = step_up(&ctx, &signed_in, &room, &which.proof).await? {
        return Ok(first);
    }
    let loss = room.loss(&signed_in, chosen, ctx.now).await?;
    let english = ctx.lang == web::Lang::En;
    let page = personal_page(&ctx, &signed_in, &room, "verification-unbind-title").await?;
    Ok(html(Unbind {
        chosen: which.proof,
        ran_out: loss.going.is_empty(),
        going: loss.going.iter().map(|proof| key_of(&proof.method)).collect(),
        before: (loss.before.rank(), loss.before.key()),
        after: (loss.after.rank(), loss.after.key()),
        products: loss
            .products
            .into_iter()
            .map(|product| LostLine {
                name: product.name.of(english).to_owned(),
                space: product.organization.unwrap_or_else(|| ctx.lang.t("verification-space-personal")),
                needs: product.needs.key(),
            })
            .collect(),
        more: loss.more,
        offices: loss.offices,
        releases: loss.releases,
        page,
    }))
}
async fn unbind(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Form(which): Form<Which>,
) -> web::Result {
    let chosen = Chosen::parse(&which.proof)?;
    if let Some(first) = step_up(&ctx, &signed_in, &room, &which.proof).await? {
        return Ok(first);
    }
    let level = room.unbind(&signed_in, chosen, ctx.now).await?;
    let level = ctx.lang.t(level.key());
    Ok(with_flash(see_other("/me/real-name"), "ok", "verification-unbound", &[("level", &level)]))
}
async fn step_up(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    proof: &str,
) -> kernel::Result<Option<axum::response::Response>> {
    let back = format!("/me/real-name/unbind?proof={proof}");
    stepup::service::required(room.identity(), ctx, signed_in, Need::Fresh, &back).await
}
