//! Who may, what may they, and how: lists whose every entry an evaluation permits at that moment.
use crate::{
    AuthZen, answer, caller,
    evaluation::{judge, judge_known},
    request::{Page, Search, Tuple, parse},
    resolve::{self, Asked, Fault, Subject},
};
use axum::{Extension, extract::Request};
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use kernel::{
    Result,
    id::{MembershipId, OrganizationId},
    secret::equal,
};
use oidc::{OpenId, claims::Sector, client::Client};
use organization::decision::Space;
use serde::Serialize;
use serde_json::{Value, json};
use web::Ctx;

const USUAL: usize = 100;
const MOST: usize = 500;
/// Members that one request looks at; a page with few hits ends there and goes on with the next.
const MOST_ROUNDS: usize = 4;

#[derive(Serialize)]
struct Found {
    results: Vec<Value>,
    page: Next,
}
#[derive(Serialize)]
struct Next {
    /// Empty at the end.
    next_token: String,
    count: usize,
}
fn found(results: Vec<Value>, next_token: String) -> axum::response::Response {
    let count = results.len();
    web::json(&Found { results, page: Next { next_token, count } })
}
fn faulty(fault: Fault) -> web::Result {
    Ok(answer::fault(StatusCode::BAD_REQUEST, fault))
}

/// Members of the organization of the request who may use the product. In the personal space nobody is listed: that would
/// be a list of everybody who has an account.
pub async fn subject(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> web::Result {
    let (client, body) = caller::read(&ctx, &room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    let mut asked = match parse::<Search<'_>>(&body) {
        Ok(asked) => asked,
        Err(message) => return Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    };
    let (tuple, none) = (asked.tuple(), Tuple::default());
    let checked = || -> std::result::Result<_, Fault> {
        let kind = resolve::subject_kind(&tuple)?;
        let may = resolve::action(&tuple, &none)?;
        let own = resolve::resource(&tuple, &none, &code)?;
        let space = resolve::space(&tuple, &none)?;
        let limit = limit(asked.page.as_ref().map(|page| &page.0))?;
        Ok((kind == resolve::USER && may && own, space, limit))
    };
    let (may, space, limit) = match checked() {
        Ok(checked) => checked,
        Err(fault) => return faulty(fault),
    };
    let token = asked.page.as_ref().and_then(|page| page.0.token.as_ref()).map(|token| token.0.as_ref());
    let (true, Space::Organization(organization)) = (may, space) else {
        // A token is checked where it could lead somewhere.
        return if token.is_none_or(str::is_empty) {
            Ok(found(Vec::new(), String::new()))
        } else {
            faulty(BAD_TOKEN)
        };
    };
    let Some(after) = read_token(openid, &client, organization, token) else { return faulty(BAD_TOKEN) };
    let (results, next) = members(openid, &client, organization, after, limit, &ctx).await?;
    let next = next.map_or_else(String::new, |after| token_of(openid, &client, organization, after));
    Ok(found(results, next))
}

async fn members(
    openid: &OpenId,
    client: &Client,
    organization: OrganizationId,
    mut after: Option<MembershipId>,
    limit: usize,
    ctx: &Ctx,
) -> Result<(Vec<Value>, Option<MembershipId>)> {
    let space = Space::Organization(organization);
    let mut subs = Vec::new();
    let mut next = None;
    'rounds: for _ in 0..MOST_ROUNDS {
        let rows = openid.organizations().subjects(organization, after, MOST as i64).await?;
        let asked: Vec<_> = rows
            .iter()
            .map(|(_, subject)| Ok(Asked { subject: Subject::User(subject), space, refused: None }))
            .collect();
        let verdicts = judge_known(openid, client.product, &asked, ctx.now).await?;
        for ((membership, subject), verdict) in rows.iter().zip(&verdicts) {
            if subs.len() == limit {
                next = after;
                break 'rounds;
            }
            after = Some(*membership);
            if verdict.permits() {
                subs.push(subject.clone());
            }
        }
        next = after;
        if rows.len() < MOST {
            next = None;
            break;
        }
    }
    let names = openid.names_of(&Sector::of(client), subs).await?;
    let results = names.into_iter().map(|name| json!({ "type": resolve::USER, "id": name })).collect();
    Ok((results, next))
}

/// The client's own product, if the subject may use it. Items are the product's to list.
pub async fn resource(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> web::Result {
    let (client, body) = caller::read(&ctx, &room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    let mut asked = match parse::<Search<'_>>(&body) {
        Ok(asked) => asked,
        Err(message) => return Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    };
    let (tuple, none) = (asked.tuple(), Tuple::default());
    let checked = || -> std::result::Result<_, Fault> {
        let subject = resolve::subject(&tuple, &none)?;
        let may = resolve::action(&tuple, &none)?;
        let kind = resolve::resource_kind(&tuple)?;
        let space = resolve::space(&tuple, &none)?;
        whole(asked.page.as_ref().map(|page| &page.0))?;
        let unknown = subject == Subject::Other || !may || kind != resolve::PRODUCT;
        Ok(Asked { subject, space, refused: unknown.then_some(resolve::RESOURCE_UNKNOWN) })
    };
    match checked() {
        Err(fault) => faulty(fault),
        Ok(one) => {
            let permits = judge(openid, &client, &[Ok(one)], ctx.now).await?;
            let open = permits.first().is_some_and(answer::Verdict::permits);
            let results = open.then(|| json!({ "type": resolve::PRODUCT, "id": &*code }));
            Ok(found(results.into_iter().collect(), String::new()))
        }
    }
}

/// `use`, if the subject may.
pub async fn action(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> web::Result {
    let (client, body) = caller::read(&ctx, &room, request).await?;
    let openid = room.openid();
    let code = openid.organizations().product_code(client.product).await?;
    let mut asked = match parse::<Search<'_>>(&body) {
        Ok(asked) => asked,
        Err(message) => return Ok(answer::fault(StatusCode::BAD_REQUEST, &message)),
    };
    let (tuple, none) = (asked.tuple(), Tuple::default());
    let checked = || -> std::result::Result<_, Fault> {
        let subject = resolve::subject(&tuple, &none)?;
        let own = resolve::resource(&tuple, &none, &code)?;
        let space = resolve::space(&tuple, &none)?;
        whole(asked.page.as_ref().map(|page| &page.0))?;
        let unknown = subject == Subject::Other || !own;
        Ok(Asked { subject, space, refused: unknown.then_some(resolve::RESOURCE_UNKNOWN) })
    };
    match checked() {
        Err(fault) => faulty(fault),
        Ok(one) => {
            let permits = judge(openid, &client, &[Ok(one)], ctx.now).await?;
            let open = permits.first().is_some_and(answer::Verdict::permits);
            let results = open.then(|| json!({ "name": resolve::USE }));
            Ok(found(results.into_iter().collect(), String::new()))
        }
    }
}

const BAD_TOKEN: Fault = "page.token is not one that this search gave";

fn limit(page: Option<&Page<'_>>) -> std::result::Result<usize, Fault> {
    match page.and_then(|page| page.limit) {
        None => Ok(USUAL),
        Some(0) => Err("page.limit must be at least 1"),
        Some(limit) => Ok((limit as usize).min(MOST)),
    }
}
/// Of a search that answers in one page: no token of its own was ever given.
fn whole(page: Option<&Page<'_>>) -> std::result::Result<(), Fault> {
    limit(page)?;
    let token = page.and_then(|page| page.token.as_ref());
    if token.is_some_and(|token| !token.0.is_empty()) { Err(BAD_TOKEN) } else { Ok(()) }
}

/// Where a page ended, good for the same client and organization alone.
fn token_of(openid: &OpenId, client: &Client, organization: OrganizationId, after: MembershipId) -> String {
    let mut bytes = after.as_i64().to_be_bytes().to_vec();
    bytes.extend_from_slice(&mac(openid, client, organization, &bytes));
    BASE64URL_NOPAD.encode(&bytes)
}
/// None if it is not ours; `Some(None)` for the first page.
#[expect(clippy::option_option, reason = "no token, a good one and a bad one are three things")]
fn read_token(
    openid: &OpenId,
    client: &Client,
    organization: OrganizationId,
    token: Option<&str>,
) -> Option<Option<MembershipId>> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Some(None) };
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (head, tail) = bytes.split_first_chunk::<8>()?;
    let fits = equal(tail, &mac(openid, client, organization, head));
    fits.then(|| Some(MembershipId::from_i64(i64::from_be_bytes(*head))))
}
fn mac(openid: &OpenId, client: &Client, organization: OrganizationId, after: &[u8]) -> [u8; 32] {
    let (client, organization) = (client.id.as_i64().to_be_bytes(), organization.as_i64().to_be_bytes());
    openid.db().keyring().mac("authzen.page", &[&client, &organization, after])
}
