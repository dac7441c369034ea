//! `POST /api/v1/feed/entries` and `POST /api/v1/items`: a product's server says what happened and what can be done there.
//! It authenticates as at the token endpoint; rows are taken one by one and answered one by one, in their order.
#[cfg(test)]
mod tests;

use crate::entry::{self, Refusal, model::EntryRow};
use crate::item::{self, model::ItemRow};
use crate::product::Pusher;
use axum::{
    Extension,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use db::Db;
use http::{HeaderValue, header};
use kernel::{Error, Result, Timestamp};
use oidc::{OpenId, client::Client, token::caller::confidential};
use platform::counter::{self, model::Limit};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::HashSet;
use std::sync::LazyLock;
use utoipa::{OpenApi, ToSchema};
use web::{Ctx, Policy, Routes};

const ENTRIES: &str = "/api/v1/feed/entries";
const ITEMS: &str = "/api/v1/items";
/// Rows of a batch.
const MOST_ROWS: usize = 500;
/// Bytes of a batch.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Batches of one client within a minute.
const BATCHES: Limit = Limit { scope: "feed.client", most: 120, seconds: 60 };

pub fn routes() -> Routes {
    Routes::new()
        .post_blind(ENTRIES, Policy::Client, put_entries)
        .post_blind(ITEMS, Policy::Client, put_items)
        .get_blind("/api/v1/openapi.json", Policy::Public, openapi)
}

/// Up to 500 rows; each is read for itself, so that one that is malformed does not hinder the others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    entries: Vec<serde_json::Value>,
}
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    items: Vec<serde_json::Value>,
}
/// Up to 500 rows.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body whose rows are read one by one")]
struct EntryBatch {
    #[schema(max_items = 500)]
    entries: Vec<EntryRow>,
}
/// Up to 500 rows.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body whose rows are read one by one")]
struct ItemBatch {
    #[schema(max_items = 500)]
    items: Vec<ItemRow>,
}
#[derive(Debug, Serialize, ToSchema)]
struct BatchResponse {
    /// One for each row, in the same order.
    results: Vec<RowResponse>,
}
#[derive(Debug, Default, Serialize, ToSchema)]
struct RowResponse {
    /// As it was sent; absent where the row has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// `created`, `updated`, `deleted`, `unchanged` (the same news again), `stale` (newer news is kept) or `error`.
    result: &'static str,
    /// The platform's id of what was created or updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why the row was not taken. Stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "feed.subject_unknown")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[utoipa::path(
    post,
    path = "/api/v1/feed/entries",
    request_body = EntryBatch,
    responses(
        (status = 200, description = "One result for each row", body = BatchResponse),
        (status = 400, description = "The body is malformed (problem+json)"),
        (status = 401, description = "The client did not prove to be itself (problem+json)"),
        (status = 403, description = "The product is a draft or withdrawn (problem+json)"),
        (status = 413, description = "The body is larger than 4 MiB (problem+json)"),
        (status = 422, description = "More than 500 rows (problem+json)"),
        (status = 429, description = "More than 120 batches within a minute (problem+json)"),
        (status = 503, description = "Try again after the time in Retry-After (problem+json)"),
    ),
    security(("client" = [])),
)]
async fn put_entries(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (method, path) = (request.method(), request.uri().path());
    let client = match confidential(&openid, method, path, request.headers(), ctx.now).await? {
        Ok(client) => client,
        Err(challenge) => return Ok(challenge.into_response()),
    };
    let by = admitted(&ctx, &openid, &client).await?;
    let body: Entries = web::json_within(request, MOST_BYTES).await?;
    let (heads, rows) =
        read_rows(body.entries, |row: EntryRow| row.parse(&by.origins, ctx.now).map_err(Refusal::from))?;
    let identity = openid.organizations().identity();
    let results = entry::service::push(identity, &by, rows, ctx.now).await?;
    let results = results.into_iter().map(|result| {
        result.map(|applied| {
            let id = match applied {
                entry::Applied::Created(id) | entry::Applied::Updated(id) => Some(id.to_string()),
                _ => None,
            };
            (applied.as_str(), id)
        })
    });
    Ok(answer(&ctx, heads, results))
}

#[utoipa::path(
    post,
    path = "/api/v1/items",
    request_body = ItemBatch,
    responses(
        (status = 200, description = "One result for each row", body = BatchResponse),
        (status = 400, description = "The body is malformed (problem+json)"),
        (status = 401, description = "The client did not prove to be itself (problem+json)"),
        (status = 403, description = "The product is a draft or withdrawn (problem+json)"),
        (status = 413, description = "The body is larger than 4 MiB (problem+json)"),
        (status = 422, description = "More than 500 rows (problem+json)"),
        (status = 429, description = "More than 120 batches within a minute (problem+json)"),
        (status = 503, description = "Try again after the time in Retry-After (problem+json)"),
    ),
    security(("client" = [])),
)]
async fn put_items(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (method, path) = (request.method(), request.uri().path());
    let client = match confidential(&openid, method, path, request.headers(), ctx.now).await? {
        Ok(client) => client,
        Err(challenge) => return Ok(challenge.into_response()),
    };
    let by = admitted(&ctx, &openid, &client).await?;
    let body: Items = web::json_within(request, MOST_BYTES).await?;
    let (heads, rows) = read_rows(body.items, |row: ItemRow| row.parse(&by.origins, ctx.now))?;
    let results = item::service::push(openid.db(), &by, rows, ctx.now).await?;
    let results = results.into_iter().map(|result| {
        result.map(|(applied, id)| {
            let kept = matches!(applied.as_str(), "created" | "updated");
            (applied.as_str(), id.filter(|_| kept).map(|id| id.to_string()))
        })
    });
    Ok(answer(&ctx, heads, results))
}

/// The product behind the client, unless the client asks too often. Errors: `product.inactive`, `feed.too_many`.
async fn admitted(ctx: &Ctx, openid: &OpenId, client: &Client) -> Result<Pusher> {
    count(openid.db(), client, ctx.now).await?;
    Pusher::of(openid, client, ctx.actor()).await
}
async fn count(db: &Db, client: &Client, now: Timestamp) -> Result<()> {
    let key = client.id.as_i64().to_be_bytes();
    let hit = db
        .write_unaudited("batches of a client", move |tx| counter::service::hit_in(tx, BATCHES, &key, now))
        .await?;
    if hit.allowed() { Ok(()) } else { Err(Error::too_many("feed.too_many")) }
}

/// The number that each row gave, and the row or why it cannot be read. Error `feed.batch_rows`.
#[expect(clippy::type_complexity, reason = "two lists of equal length")]
fn read_rows<R: DeserializeOwned, P>(
    rows: Vec<serde_json::Value>,
    parse: impl Fn(R) -> std::result::Result<P, Refusal>,
) -> Result<(Vec<Option<String>>, Vec<std::result::Result<P, Refusal>>)> {
    if rows.is_empty() || rows.len() > MOST_ROWS {
        return Err(Error::invalid("feed.batch_rows").arg("most", MOST_ROWS.to_string()));
    }
    let mut seen = HashSet::new();
    let (mut heads, mut read) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let head = row.get("external_id").and_then(serde_json::Value::as_str);
        let head = head.filter(|id| id.len() <= entry::model::MOST_EXTERNAL).map(str::to_owned);
        // Twice in one batch: which is the newer news is not for us to guess.
        let again = head.as_ref().is_some_and(|id| !seen.insert(id.clone()));
        read.push(if again {
            Err(Refusal::at("feed.row_twice", "external_id"))
        } else {
            serde_json::from_value::<R>(row).map_err(|_| Refusal::new("feed.row_malformed")).and_then(&parse)
        });
        heads.push(head);
    }
    Ok((heads, read))
}
fn answer(
    ctx: &Ctx,
    heads: Vec<Option<String>>,
    results: impl Iterator<Item = std::result::Result<(&'static str, Option<String>), Refusal>>,
) -> Response {
    let results = heads.into_iter().zip(results).map(|(external_id, result)| match result {
        Ok((result, id)) => RowResponse { external_id, result, id, ..RowResponse::default() },
        Err(refusal) => RowResponse {
            external_id,
            result: "error",
            code: Some(refusal.code),
            field: refusal.field,
            detail: Some(ctx.lang.error(&words_of(refusal))),
            ..RowResponse::default()
        },
    });
    web::json(&BatchResponse { results: results.collect() })
}

fn words_of(refusal: Refusal) -> Error {
    let error = Error::invalid(refusal.code);
    match refusal.max {
        Some(max) => error.arg("max", max.to_string()),
        None => error,
    }
}

#[derive(OpenApi)]
#[openapi(paths(put_entries, put_items))]
struct Description;

static DESCRIPTION: LazyLock<Bytes> = LazyLock::new(|| {
    let mut whole = oidc::decision::description();
    whole.merge(Description::openapi());
    Bytes::from(serde_json::to_vec(&whole).unwrap_or_default())
});

/// The description of every API that products' servers call.
async fn openapi() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, DESCRIPTION.clone()).into_response()
}
