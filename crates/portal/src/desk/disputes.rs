//! Disputes over one identity: both sides beside each other, a proposal, and another member of staff who confirms it.
use super::{
    Desk,
    proofs::{FOR_REVIEW, login_names, reviewer, step_up},
};
use axum::Extension;
use kernel::Error;
use serde::Deserialize;
use verification::{
    Verification,
    case::words::{answer_words, provider_words},
    dispute::{
        Dispute, DisputeId, DisputeState, Verdict,
        service::{SideCard, Step},
    },
    method::model::key_of,
};
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/desk/disputes";
const PAGE: i64 = 50;

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_REVIEW);
    Routes::new()
        .get("/desk/disputes", staff, list)
        .get("/desk/disputes/{dispute}", staff, show)
        .post("/desk/disputes/{dispute}/propose", staff, propose)
        .post("/desk/disputes/{dispute}/confirm", staff, confirm)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    after: Option<DisputeId>,
}
struct Line {
    id: String,
    at: String,
    state: &'static str,
    tone: &'static str,
    verdict: Option<&'static str>,
}
#[derive(askama::Template)]
#[template(path = "desk/disputes.html")]
struct List {
    page: Page,
    chosen: &'static str,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn list(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Query(filter): Query<Filter>,
) -> web::Result {
    let by = reviewer(&desk)?;
    let decided = filter.state == "decided";
    let states = if decided {
        vec![DisputeState::Decided, DisputeState::Withdrawn]
    } else {
        vec![DisputeState::Open, DisputeState::Proposed]
    };
    let mut disputes = room.disputes(&by, states, filter.after, PAGE + 1).await?;
    let more = disputes.len() as i64 > PAGE;
    disputes.truncate(PAGE as usize);
    let state = if decided { "decided" } else { "open" };
    let next = disputes.last().filter(|_| more).map(|last| format!("{HERE}?state={state}&after={}", last.id));
    let page = desk.page(desk.t("verification-desk-disputes"), HERE).await?;
    let lines = disputes
        .into_iter()
        .map(|dispute| Line {
            id: dispute.id.to_string(),
            at: page.minute(&dispute.created_at),
            state: dispute.state.key(),
            tone: dispute.state.tone(),
            verdict: dispute.verdict.filter(|_| decided).map(Verdict::key),
        })
        .collect();
    Ok(html(List { page, chosen: state, lines, next }))
}

struct Proof {
    method: &'static str,
    line: String,
    over: bool,
}
struct Side {
    title: &'static str,
    text: &'static str,
    login_name: String,
    name: String,
    created: String,
    last: String,
    statement: Option<String>,
    proofs: Vec<Proof>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    verdict: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/dispute.html")]
struct One {
    page: Page,
    errors: FormErrors,
    here: String,
    form: Typed,
    dispute: Dispute,
    verdict: Option<&'static str>,
    proposed_by: String,
    proposed_at: String,
    method: &'static str,
    provider: String,
    sides: Vec<Side>,
    may_propose: bool,
    may_restore: bool,
    may_confirm: bool,
    /// Key of why this person cannot do the next step.
    why_not: Option<&'static str>,
    /// The claimant's documents, where the claim was made at the counter.
    case: Option<String>,
}
async fn show(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<DisputeId>,
) -> web::Result {
    view(&desk, &room, id, Typed::default(), FormErrors::none()).await
}
async fn view(
    desk: &Desk,
    room: &Verification,
    id: DisputeId,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let by = reviewer(desk)?;
    let file = room.dispute(&by, id).await?;
    let may_restore = file.restorable;
    let dispute = file.dispute;
    let page = desk.page(desk.t("verification-desk-dispute"), HERE).await?.with_errors(&errors);
    let staff = login_names(desk, [dispute.first_by]).await?;
    let me = desk.signed_in.account;
    let own = dispute.side_of(me).is_some();
    let side = |title, text, card: SideCard| Side {
        title,
        text,
        login_name: card.login_name,
        name: card.name_masked,
        created: page.minute(&card.created_at),
        last: card.last_sign_in_at.map(|at| page.minute(&at)).unwrap_or_default(),
        statement: card.statement,
        proofs: card
            .proofs
            .into_iter()
            .map(|proof| Proof {
                method: key_of(&proof.method),
                over: !proof.in_force(desk.ctx.now),
                line: desk.ctx.lang.ta(
                    "verification-desk-proof-line",
                    &[
                        ("provider", &provider_words(desk.ctx.lang, &proof.provider)),
                        ("at", &page.minute(&proof.proven_at)),
                        ("until", &page.last_day(&proof.expires_at)),
                        ("result", &answer_words(desk.ctx.lang, proof.result.as_deref())),
                    ],
                ),
            })
            .collect(),
    };
    let sides = vec![
        side("verification-desk-holder", "verification-desk-holder-text", file.holder),
        side("verification-desk-claimant", "verification-desk-claimant-text", file.claimant),
    ];
    let proposed = dispute.state == DisputeState::Proposed;
    let view = One {
        here: format!("{HERE}/{id}"),
        verdict: dispute.verdict.map(Verdict::key),
        proposed_by: staff.into_iter().next().map(|(_, _, name)| name).unwrap_or_default(),
        proposed_at: dispute.first_at.map(|at| page.minute(&at)).unwrap_or_default(),
        method: file.case.method.key(),
        provider: provider_words(desk.ctx.lang, &file.case.provider),
        may_propose: dispute.state == DisputeState::Open && !own,
        may_confirm: proposed && !own && dispute.first_by != Some(me),
        why_not: if own {
            Some("verification-desk-own-dispute")
        } else if proposed && dispute.first_by == Some(me) {
            Some("verification-desk-second-needed")
        } else {
            None
        },
        case: (file.case.method == verification::Method::Counter)
            .then(|| format!("/desk/proofs/{}", file.case.id)),
        may_restore,
        sides,
        form,
        dispute,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

async fn propose(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<DisputeId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let by = reviewer(&desk)?;
    if let Some(first) = step_up(&desk, &room, &format!("{HERE}/{id}")).await? {
        return Ok(first);
    }
    let verdict = typed.verdict.parse().map_err(|_| Error::invalid("field.unknown_value").at("verdict"));
    let step = match verdict {
        Ok(verdict) => room.propose(&by, id, verdict, &typed.reason, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match step {
        Ok(step) => Ok(told(id, step)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            view(&desk, &room, id, typed, errors).await
        }
    }
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Agreed {
    agreed: String,
}
async fn confirm(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<DisputeId>,
    Form(agreed): Form<Agreed>,
) -> web::Result {
    let by = reviewer(&desk)?;
    if let Some(first) = step_up(&desk, &room, &format!("{HERE}/{id}")).await? {
        return Ok(first);
    }
    let agreed = match agreed.agreed.as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            let error = Error::invalid("field.required").at("agreed");
            return view(&desk, &room, id, Typed::default(), FormErrors::from(&error, desk.ctx.lang)).await;
        }
    };
    match room.confirm(&by, id, agreed, desk.ctx.now).await {
        Ok(step) => Ok(told(id, step)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            view(&desk, &room, id, Typed::default(), errors).await
        }
    }
}
fn told(id: DisputeId, step: Step) -> axum::response::Response {
    let (tone, key) = match step {
        Step::Proposed => ("ok", "verification-desk-dispute-proposed"),
        Step::SentBack => ("ok", "verification-desk-dispute-sent-back"),
        Step::Decided(Verdict::Keep) => ("ok", "verification-desk-dispute-kept"),
        Step::Decided(Verdict::Restore) => ("ok", "verification-desk-dispute-restored"),
        Step::Decided(Verdict::Move) => ("ok", "verification-desk-dispute-moved"),
        Step::HolderChanged => ("warn", "verification-desk-dispute-holder-changed"),
        Step::NotPossible => ("warn", "verification-desk-dispute-not-possible"),
    };
    with_flash(see_other(&format!("{HERE}/{id}")), tone, key, &[])
}
