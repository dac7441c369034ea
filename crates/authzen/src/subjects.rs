//! Everybody whom a product lists, in one compact request: subjects go in as texts, answers come out as booleans. It says
//! what as many evaluations would say.
use crate::{
    AuthZen, answer, caller,
    evaluation::judge,
    request::{Batch, MOST_ITEMS, MOST_TEXT, Tuple, parse},
    resolve::{self, Asked, Fault, Subject},
};
use axum::{Extension, extract::Request, response::Response};
use http::StatusCode;
use serde::Serialize;
use web::Ctx;

#[derive(Serialize)]
struct Listed {
    decisions: Vec<bool>,
    /// Of each refusal, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<Vec<Option<&'static str>>>,
}

pub async fn list(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, answer_list(&ctx, &room, request).await)
}
async fn answer_list(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    let mut batch = match parse::<Batch<'_>>(&body) {
        Ok(batch) => batch,
        Err(message) => return Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    };
    let default = batch.tuple();
    let subjects = batch.subjects.take().unwrap_or_default();
    let codes = batch.options.and_then(|options| options.0.codes).unwrap_or(false);
    let shared = match shared(&default, &code, subjects.len()) {
        Ok(shared) => shared,
        Err(fault) => return Ok(answer::fault(StatusCode::BAD_REQUEST, fault)),
    };
    let asked: Vec<_> = subjects
        .iter()
        .map(|subject| {
            let id = subject.0.as_ref();
            if id.is_empty() || id.len() > MOST_TEXT {
                return Err("a subject is empty or too long");
            }
            let machine = matches!(shared.subject, Subject::Machine(_));
            Ok(Asked { subject: if machine { Subject::Machine(id) } else { Subject::User(id) }, ..shared })
        })
        .collect();
    let verdicts = judge(openid, &client, &asked, ctx.now).await?;
    Ok(web::json(&Listed {
        decisions: verdicts.iter().map(answer::Verdict::permits).collect(),
        codes: codes.then(|| verdicts.iter().map(answer::Verdict::code).collect()),
    }))
}

/// What all of them have in common.
fn shared<'t>(default: &'t Tuple<'_>, code: &str, count: usize) -> Result<Asked<'t>, Fault> {
    let none = Tuple::default();
    let kind = resolve::subject_kind(default)?;
    let may = resolve::action(default, &none)?;
    let own = resolve::resource(default, &none, code)?;
    let space = resolve::space(default, &none)?;
    if count == 0 {
        return Err("subjects is missing or empty");
    }
    if count > MOST_ITEMS {
        return Err("subjects has more than 1000 items");
    }
    let subject = match kind {
        resolve::USER => Subject::User(""),
        resolve::MACHINE => Subject::Machine(""),
        _ => Subject::Other,
    };
    let refused = if !own {
        Some(resolve::RESOURCE_UNKNOWN)
    } else if !may {
        Some(resolve::ACTION_UNKNOWN)
    } else if subject == Subject::Other {
        Some(resolve::SUBJECT_UNKNOWN)
    } else {
        None
    };
    Ok(Asked { subject, space, refused })
}
