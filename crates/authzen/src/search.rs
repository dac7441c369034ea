//! Who may, what may they, and how: lists whose every entry an evaluation permits at that moment.
use crate::{
    AuthZen, answer, caller,
    evaluation::judge,
    request::{Page, Search, Tuple, parse},
    resolve::{self, Asked, Fault, Subject},
};
use axum::{Extension, extract::Request, response::Response};
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use kernel::{
    Result,
    id::{ClientId, MembershipId, OrganizationId},
    secret::equal,
};
use oidc::{
    OpenId,
    claims::Sector,
    client::Client,
    decision::{About, Asked as Question},
};
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
fn found(results: Vec<Value>, next_token: String) -> Response {
    let count = results.len();
    web::json(&Found { results, page: Next { next_token, count } })
}
fn faulty(fault: Fault) -> web::Result {
    Ok(answer::fault(StatusCode::BAD_REQUEST, fault))
}

/// Those who are looked for.
#[derive(Clone, Copy)]
enum Kind {
    /// Members of an organization.
    User,
    /// Programs that act for an organization or for the platform.
    Machine,
}
impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::User => resolve::USER,
            Self::Machine => resolve::MACHINE,
        }
    }
}
/// What a search for subjects goes through, page by page.
#[derive(Clone, Copy)]
struct Scope<'s> {
    openid: &'s OpenId,
    client: &'s Client,
    kind: Kind,
    space: Space,
}

/// Members of the organization of the request, or programs that act for it, who may use the product. In the personal space
/// no person is listed: that would be a list of everybody who has an account. Nor is anybody of an organization that an open
/// product has nothing to do with.
pub async fn subject(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, find_subjects(&ctx, &room, request).await)
}
async fn find_subjects(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
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
        let kind = match (kind, space) {
            _ if !may || !own => None,
            (resolve::USER, Space::Organization(_)) => Some(Kind::User),
            (resolve::MACHINE, _) => Some(Kind::Machine),
            _ => None,
        };
        Ok((kind, space, limit))
    };
    let (kind, space, limit) = match checked() {
        Ok(checked) => checked,
        Err(fault) => return faulty(fault),
    };
    let token = asked.page.as_ref().and_then(|page| page.0.token.as_ref()).map(|token| token.0.as_ref());
    let Some(kind) = kind else {
        // A token is checked where it could lead somewhere.
        return if token.is_none_or(str::is_empty) {
            Ok(found(Vec::new(), String::new()))
        } else {
            faulty(BAD_TOKEN)
        };
    };
    let scope = Scope { openid, client: &client, kind, space };
    let Some(after) = scope.read_token(token) else { return faulty(BAD_TOKEN) };
    let (results, next) = scope.page(after, limit, ctx).await?;
    Ok(found(results, next.map_or_else(String::new, |after| scope.token(after))))
}

impl Scope<'_> {
    /// Whoever comes next, each with the key after which the list goes on.
    async fn rows(&self, after: Option<i64>) -> Result<Vec<(i64, String)>> {
        let (product, most) = (self.client.product, MOST as i64);
        match (self.kind, self.space) {
            (Kind::User, Space::Organization(organization)) => {
                let after = after.map(MembershipId::from_i64);
                let rows = self.openid.organizations().subjects(organization, product, after, most).await?;
                Ok(rows.into_iter().map(|(id, subject)| (id.as_i64(), subject)).collect())
            }
            (Kind::User, Space::Personal) => Ok(Vec::new()),
            (Kind::Machine, space) => {
                let after = after.map(ClientId::from_i64);
                let rows = self.openid.machines_at(product, space.organization(), after, most).await?;
                Ok(rows.into_iter().map(|(id, client_id)| (id.as_i64(), client_id)).collect())
            }
        }
    }
    async fn page(
        &self,
        mut after: Option<i64>,
        limit: usize,
        ctx: &Ctx,
    ) -> Result<(Vec<Value>, Option<i64>)> {
        let mut found = Vec::new();
        let mut next = None;
        'rounds: for _ in 0..MOST_ROUNDS {
            let rows = self.rows(after).await?;
            let asked: Vec<_> =
                rows.iter().map(|(_, id)| Question { about: self.about(id), space: self.space }).collect();
            let answers = self.openid.judge_known(self.client.product, &asked, ctx.now).await?;
            let last = rows.len() < MOST;
            for ((key, id), answer) in rows.into_iter().zip(answers) {
                if found.len() == limit {
                    next = after;
                    break 'rounds;
                }
                after = Some(key);
                if answer.permits() {
                    found.push(id);
                }
            }
            next = after.filter(|_| !last);
            if last {
                break;
            }
        }
        let ids = match self.kind {
            Kind::User => self.openid.names_of(&Sector::of(self.client), found).await?,
            Kind::Machine => found,
        };
        let results = ids.into_iter().map(|id| json!({ "type": self.kind.name(), "id": id })).collect();
        Ok((results, next))
    }
    /// Of a row: people are listed by the names that everybody knows.
    const fn about<'i>(&self, id: &'i str) -> About<'i> {
        match self.kind {
            Kind::User => About::User(id),
            Kind::Machine => About::Machine(id),
        }
    }
    /// Where a page ended, good for the same client, kind and space alone.
    fn token(&self, after: i64) -> String {
        let mut bytes = after.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.mac(&bytes));
        BASE64URL_NOPAD.encode(&bytes)
    }
    /// None if it is not ours; `Some(None)` for the first page.
    #[expect(clippy::option_option, reason = "no token, a good one and a bad one are three things")]
    fn read_token(&self, token: Option<&str>) -> Option<Option<i64>> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Some(None) };
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (head, tail) = bytes.split_first_chunk::<8>()?;
        equal(tail, &self.mac(head)).then(|| Some(i64::from_be_bytes(*head)))
    }
    fn mac(&self, after: &[u8]) -> [u8; 32] {
        let client = self.client.id.as_i64().to_be_bytes();
        let space = self.space.organization().map_or(0, OrganizationId::as_i64).to_be_bytes();
        let kind = self.kind.name().as_bytes();
        self.openid.db().keyring().mac("authzen.page", &[&client, kind, &space, after])
    }
}

/// The client's own product, if the subject may use it. Items are the product's to list.
pub async fn resource(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, find_resources(&ctx, &room, request).await)
}
async fn find_resources(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
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
pub async fn action(ctx: Ctx, Extension(room): Extension<AuthZen>, request: Request) -> Response {
    answer::said(&ctx, find_actions(&ctx, &room, request).await)
}
async fn find_actions(ctx: &Ctx, room: &AuthZen, request: Request) -> web::Result {
    let (client, body) = caller::read(ctx, room, request).await?;
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
