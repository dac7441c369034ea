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
use kernel::{Result, Timestamp, id::ProductId};
use oidc::{OpenId, claims::Sector, client::Client};
use organization::{
    decision::Space,
    entitlement::{Answer, Question},
};
use web::Ctx;

pub async fn one(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> web::Result {
    let (client, body) = caller::read(&ctx, &room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    match parse::<Tuple<'_>>(&body) {
        Ok(asked) => single(openid, &client, &code, &asked, ctx.now).await,
        Err(message) => Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    }
}

pub async fn many(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> web::Result {
    let (client, body) = caller::read(&ctx, &room, request).await?;
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
    let sector = Sector::of(client);
    if sector.is_common() {
        return judge_known(openid, client.product, asked, now).await;
    }
    let names: Vec<Option<String>> = asked
        .iter()
        .map(|one| match one {
            Ok(Asked { subject: Subject::User(name), .. }) => Some((*name).to_owned()),
            _ => None,
        })
        .collect();
    let known = openid.subs_of(sector, names).await?;
    let known = asked.iter().zip(&known).map(|(one, sub)| match (one, sub) {
        (Ok(Asked { subject: Subject::User(_), space, refused }), Some(sub)) => {
            Ok(Asked { subject: Subject::User(sub), space: *space, refused: *refused })
        }
        (Ok(Asked { subject: Subject::User(name), space, refused }), None) => Ok(Asked {
            subject: Subject::User(name),
            space: *space,
            refused: refused.or(Some(resolve::SUBJECT_UNKNOWN)),
        }),
        (other, _) => *other,
    });
    let known: Vec<_> = known.collect();
    judge_known(openid, client.product, &known, now).await
}

/// As [`judge`], people by the names that everybody knows.
pub async fn judge_known(
    openid: &OpenId,
    product: ProductId,
    asked: &[std::result::Result<Asked<'_>, Fault>],
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let questions: Vec<Question<'_>> = asked.iter().filter_map(question).collect();
    let answers = if questions.is_empty() {
        Vec::new()
    } else {
        openid.organizations().may_use(product, &questions, now).await?
    };
    let mut answers = answers.into_iter();
    let mut verdicts = Vec::with_capacity(asked.len());
    let mut machines: Vec<(&str, Space, Verdict)> = Vec::new();
    for one in asked {
        verdicts.push(match one {
            Err(fault) => Verdict::Faulty(fault),
            Ok(Asked { refused: Some(code), .. }) => Verdict::Unknown(code),
            Ok(Asked { subject: Subject::User(_), space, .. }) => {
                Verdict::of(answers.next().unwrap_or(Answer::Stranger), *space)
            }
            Ok(Asked { subject: Subject::Machine(id), space, .. }) => {
                let known = machines.iter().find(|(known, at, _)| known == id && at == space);
                match known {
                    Some((.., verdict)) => verdict.clone(),
                    None => {
                        let verdict = machine(openid, product, id, *space, now).await?;
                        machines.push((*id, *space, verdict.clone()));
                        verdict
                    }
                }
            }
            Ok(Asked { subject: Subject::Other, .. }) => Verdict::Unknown(resolve::SUBJECT_UNKNOWN),
        });
    }
    Ok(verdicts)
}
/// A service client, which acts for its owner alone: an organization that is named must be that one. Machines are few; each
/// costs one read.
async fn machine(
    openid: &OpenId,
    product: ProductId,
    client_id: &str,
    space: Space,
    now: Timestamp,
) -> Result<Verdict> {
    let owner = openid.clients().find(client_id).await?.and_then(|client| client.owner);
    if space.organization().is_some_and(|named| owner != Some(named)) {
        return Ok(Verdict::Unknown(resolve::SUBJECT_UNKNOWN));
    }
    let decision = openid.decide_machine(client_id, product, Vec::new(), now).await?;
    Ok(decision.map_or(Verdict::Unknown(resolve::SUBJECT_UNKNOWN), |decision| {
        Verdict::of(Answer::of(decision), space)
    }))
}
fn question<'t>(asked: &std::result::Result<Asked<'t>, Fault>) -> Option<Question<'t>> {
    match asked {
        Ok(Asked { subject: Subject::User(subject), space, refused: None }) => {
            Some(Question { subject, space: *space })
        }
        _ => None,
    }
}
