//! One question, and many in one request.
use crate::{
    AuthZen,
    answer::{self, Verdict},
    caller,
    request::{Batch, MOST_ITEMS, Object, Semantic, Tuple, parse},
    resolve::{self, Asked, Fault, Subject},
};
use axum::{Extension, extract::Request, response::Response};
use http::StatusCode;
use kernel::{Result, Timestamp};
use oidc::{
    OpenId,
    client::Client,
    decision::{About, Asked as Question},
};
use organization::entitlement::Answer;
use web::Ctx;

pub async fn one(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, answer_one(&ctx, &room, request).await)
}
async fn answer_one(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    match parse::<Tuple<'_>>(&body) {
        Ok(asked) => single(openid, &client, &code, &asked, ctx.now).await,
        Err(message) => Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    }
}

pub async fn many(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, answer_many(&ctx, &room, request).await)
}
async fn answer_many(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    let mut batch = match parse::<Batch<'_>>(&body) {
        Ok(batch) => batch,
        Err(message) => return Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    };
    let default = batch.tuple();
    let items = batch.evaluations.take().unwrap_or_default();
    if items.is_empty() {
        return single(openid, &client, &code, &default, ctx.now).await;
    }
    if items.len() > MOST_ITEMS {
        return Ok(answer::fault(StatusCode::BAD_REQUEST, "evaluations has more than 1000 items"));
    }
    let semantic = batch.options.and_then(|options| options.0.evaluations_semantic).unwrap_or_default();
    let asked: Vec<_> = items.iter().map(|Object(item)| resolve::asked(item, &default, &code)).collect();
    let verdicts = judge(openid, &client, &asked, ctx.now).await?;
    let mut out = Vec::with_capacity(24 * verdicts.len() + 32);
    out.extend_from_slice(br#"{"evaluations":["#);
    for (number, verdict) in verdicts.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        verdict.write(&mut out)?;
        let last = match semantic {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !verdict.permits(),
            Semantic::PermitOnFirstPermit => verdict.permits(),
        };
        if last {
            break;
        }
    }
    out.extend_from_slice(b"]}");
    Ok(answer::json(out))
}

async fn single(
    openid: &OpenId,
    client: &Client,
    code: &str,
    asked: &Tuple<'_>,
    now: Timestamp,
) -> web::Result {
    let none = Tuple::default();
    let asked = match resolve::asked(asked, &none, code) {
        Ok(asked) => asked,
        Err(fault) => return Ok(answer::fault(StatusCode::BAD_REQUEST, fault)),
    };
    let verdicts = judge(openid, client, &[Ok(asked)], now).await?;
    written(verdicts.first())
}
fn written(verdict: Option<&Verdict>) -> web::Result {
    let mut out = Vec::with_capacity(32);
    verdict.unwrap_or(&Verdict::Unknown(resolve::SUBJECT_UNKNOWN)).write(&mut out)?;
    Ok(answer::json(out)) as std::result::Result<Response, web::Failure>
}

/// All questions at once, in their order; people by the names that the client knows them by.
pub async fn judge(
    openid: &OpenId,
    client: &Client,
    asked: &[std::result::Result<Asked<'_>, Fault>],
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let questions: Vec<_> = asked.iter().filter_map(question).collect();
    let mut answers = openid.judge(client, &questions, now).await?.into_iter();
    let verdict = |one: &std::result::Result<Asked<'_>, Fault>| match (one, question(one)) {
        (Err(fault), _) => Verdict::Faulty(fault),
        (Ok(_), Some(question)) => Verdict::of(answers.next().unwrap_or(Answer::Stranger), question),
        (Ok(asked), None) => Verdict::Unknown(asked.refused.unwrap_or(resolve::SUBJECT_UNKNOWN)),
    };
    Ok(asked.iter().map(verdict).collect())
}
/// What has to be decided, where the rest of the request does not refuse it before.
fn question<'t>(asked: &std::result::Result<Asked<'t>, Fault>) -> Option<Question<'t>> {
    let asked = asked.as_ref().ok().filter(|asked| asked.refused.is_none())?;
    let about = match asked.subject {
        Subject::User(subject) => About::User(subject),
        Subject::Machine(client_id) => About::Machine(client_id),
        Subject::Other => return None,
    };
    Some(Question { about, space: asked.space })
}
