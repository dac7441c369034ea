//! `POST /oauth2/revoke` (RFC 7009): a client gives a token back. A refresh token takes everything along that came of its code.
//! Unknown tokens and those of others are answered like those that were revoked.
use super::{
    access::Reference,
    api::{authenticate, form},
    handle::Handle,
    model::{TokenError, no_store},
    store::{self, TokenKind},
};
use crate::{OpenId, client::Client, once, parameters::Parameters};
use axum::{Extension, extract::Request, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use kernel::{Actor, ActorKind, Event, Result, Timestamp};
use serde_json::json;
use std::sync::Arc;
use web::Ctx;

pub async fn revoke(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let answer = match form(&parts.headers, body).await {
        Ok(parameters) => answer(&ctx, &openid, &parts.headers, &parameters).await?,
        Err(error) => Err(error),
    };
    Ok(match answer {
        Ok(()) => no_store(StatusCode::OK.into_response()),
        Err(error) => {
            tracing::info!(request.id = %ctx.request_id, error = error.code(), reason = error.description(), "revocation refused");
            error.into_response()
        }
    })
}

async fn answer(
    ctx: &Ctx,
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<std::result::Result<(), TokenError>> {
    let client = match authenticate(openid, headers, parameters).await? {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    let Some(token) = parameters.get("token") else {
        return Ok(Err(TokenError::InvalidRequest("token is missing")));
    };
    match openid.reference(token, ctx.now).await? {
        Reference::None => {}
        Reference::Row(handle) => {
            openid.revoke_row(&client, handle, ctx.actor(), ctx.now).await?;
        }
        Reference::Signed(handle, claims) => {
            let found = match handle {
                Some(handle) => openid.revoke_row(&client, handle, ctx.actor(), ctx.now).await?,
                None => false,
            };
            if !found && claims.client_id == client.client_id {
                let until = ctx.now.plus_seconds(claims.exp - ctx.now.as_seconds() + 1);
                openid.revoke_signed(&client, &claims.jti, until, ctx.actor()).await?;
            }
        }
    }
    Ok(Ok(()))
}

impl OpenId {
    /// Whether there is such a token of the client.
    async fn revoke_row(
        &self,
        client: &Arc<Client>,
        handle: Handle,
        actor: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        let (client, actor) = (client.id, acting(actor, client));
        self.db()
            .write(move |tx| {
                let Some((kind, family)) = store::find_own(tx, &handle, client)? else {
                    return Ok((false, Vec::new()));
                };
                let ended = match (kind, family) {
                    (TokenKind::Refresh, Some(family)) => store::revoke_family(tx, family, now)?,
                    _ => store::revoke_one(tx, handle.id, now)?,
                };
                for token in &ended {
                    tx.changed("token", *token);
                }
                let event = Event::done(&actor, "token.revoked").on("client", client);
                let event = event.with(json!({ "kind": kind.as_str(), "tokens": ended.len() }));
                Ok((true, if ended.is_empty() { Vec::new() } else { vec![event] }))
            })
            .await
    }
    /// Of a program's signed token nothing is kept, so its identifier is, until it would have run out.
    async fn revoke_signed(
        &self,
        client: &Arc<Client>,
        jti: &str,
        until: Timestamp,
        actor: Actor,
    ) -> Result<()> {
        let mark = self.mark_in(once::Kind::Revoked, &client.client_id, jti);
        let (client, actor) = (client.id, acting(actor, client));
        self.db()
            .write(move |tx| {
                if !mark(tx, until)? {
                    return Ok(((), Vec::new()));
                }
                // What is kept in memory about it, here and elsewhere, is forgotten.
                tx.changed("client", client);
                let event = Event::done(&actor, "token.revoked").on("client", client);
                Ok(((), vec![event.with(json!({ "kind": "access", "tokens": 1 }))]))
            })
            .await
    }
}
fn acting(actor: Actor, client: &Client) -> Actor {
    Actor { kind: ActorKind::Client, client: Some(client.id), acting_for: client.owner, ..actor }
}
