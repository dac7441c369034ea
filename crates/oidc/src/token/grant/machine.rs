//! `grant_type=client_credentials`: a program that acts for its owner, an organization or the platform. It passes the same
//! decision as people do, at each token and at each look at one.
use super::token_type;
use crate::{
    OpenId,
    client::{Client, TokenFormat},
    token::{
        access::{AccessClaims, Confirmation},
        model::{TokenError, TokenResponse, join_zones},
        resource,
        store::{self, NewToken, Standing, TokenKind},
    },
};
use kernel::{Actor, ActorKind, Event, Result, Timestamp};
use organization::decision::{Decision, MachineFacts};
use serde_json::json;
use std::sync::Arc;

/// What a program asks for itself, authenticated before.
pub struct Own {
    pub client: Arc<Client>,
    pub scope: Option<String>,
    pub resources: Vec<String>,
    pub jkt: Option<String>,
    pub actor: Actor,
    pub now: Timestamp,
}

impl OpenId {
    /// Whether a program may act now; None while its product is unknown.
    /// `zones` are those from which it got, or gets, its token.
    pub(crate) async fn decide_own(
        &self,
        client: &Client,
        zones: Vec<String>,
        now: Timestamp,
    ) -> Result<Option<Decision>> {
        // As it is now: it may have been disabled, or handed to another owner, since it was read.
        let Some(client) = self.clients().find(&client.client_id).await?.filter(|client| client.service)
        else {
            return Ok(None);
        };
        let machine = MachineFacts { active: true, owner: client.owner, registered: true };
        let machines = vec![(machine, client.product)];
        Ok(self.organizations().decide_machines(machines, zones, now).await?.pop().flatten())
    }

    /// A token of the program's own. A signed one has no row: it ends within minutes, and with the key that signed it; nor
    /// has each an event of its own ([`super::Issued`]).
    pub async fn own_token(&self, own: Own) -> Result<std::result::Result<TokenResponse, TokenError>> {
        if !own.client.service {
            return self.product_token(own).await;
        }
        let Own { client, scope, resources, jkt, actor, now } = own;
        let scope = match own_scope(scope.as_deref(), &client) {
            Ok(scope) => scope,
            Err(error) => return Ok(Err(error)),
        };
        // Without a word on it, a program's token is meant for everything that the program is registered for.
        let registered = crate::client::settings::join_lines(&client.settings.resources);
        let resources = match resource::narrowed(&resources, &registered, &client, self.issuer()) {
            Ok(resources) => resources,
            Err(error) => return Ok(Err(error)),
        };
        let policies = self.organizations().identity().settings().policies().await?;
        let zones = actor.address.map(|address| policies.network.zones_of(address)).unwrap_or_default();
        let Some(decision) = self.decide_own(&client, zones.clone(), now).await? else {
            return Ok(Err(TokenError::UnauthorizedClient("decision.product_unavailable")));
        };
        if !decision.allow {
            let reason = decision.code();
            tracing::info!(client.id = %client.id, reason, "a program may not act");
            return Ok(Err(TokenError::UnauthorizedClient(reason)));
        }
        let actor =
            Actor { kind: ActorKind::Client, client: Some(client.id), acting_for: client.owner, ..actor };
        let drawn = self.draw_access(&client);
        let seconds = client.settings.access_seconds();
        if drawn.format == TokenFormat::Opaque {
            let token = NewToken {
                id: drawn.id,
                hash: drawn.hash(),
                kind: TokenKind::Access,
                scope: scope.to_owned(),
                resources: resources.clone(),
                jkt: jkt.clone(),
                now,
                expires_at: now.plus_seconds(seconds),
                ends_at: None,
            };
            let standing = Standing::of_client(client.id, client.owner, join_zones(&zones));
            self.db()
                .write(move |tx| {
                    store::insert(tx, &token, &standing)?;
                    Ok(((), vec![issued(&actor)]))
                })
                .await?;
        } else if let Some(count) = self.issued().count(client.id, now) {
            let event = issued(&actor).with(json!({ "format": "jwt", "count": count }));
            let written = self.db().write(move |_| Ok(((), vec![event.clone()]))).await;
            if let Err(error) = written {
                self.issued().forget(client.id);
                return Err(error);
            }
        }
        let claims = AccessClaims {
            iss: self.issuer(),
            sub: &client.client_id,
            aud: self.audience(&resources),
            client_id: &client.client_id,
            iat: now.as_seconds(),
            exp: now.plus_seconds(seconds).as_seconds(),
            jti: &drawn.secret,
            scope,
            cnf: jkt.clone().map(|jkt| Confirmation { jkt }),
            auth_time: None,
            acr: None,
            amr: &[],
            acting_for: acting_for(&client),
            org_id: client.owner,
            role: None,
        };
        Ok(Ok(TokenResponse {
            access_token: self.access_text(&client, &drawn, &claims, now).await?,
            token_type: token_type(jkt.as_ref()),
            expires_in: seconds,
            scope: scope.to_owned(),
            refresh_token: None,
            id_token: None,
        }))
    }
}

fn issued(actor: &Actor) -> Event {
    let event = Event::done(actor, "token.issued");
    match actor.client {
        Some(client) => event.on("client", client),
        None => event,
    }
}

/// For whom a program acts.
pub(crate) const fn acting_for(client: &Client) -> &'static str {
    match (client.service, client.owner.is_some()) {
        (false, _) => "product",
        (true, true) => "organization",
        (true, false) => "platform",
    }
}

/// A program has no choice for whom it acts, so the scope can only name that; and nobody signs in, so `openid` is a mistake.
fn own_scope(wanted: Option<&str>, client: &Client) -> std::result::Result<&'static str, TokenError> {
    let owner = client.owner.map(|owner| format!("organization:{owner}"));
    let mut granted = "";
    for word in wanted.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        if client.owner.is_some() && (word == "organization" || Some(word) == owner.as_deref()) {
            granted = "organization";
        } else {
            return Err(TokenError::InvalidScope("a program is given the scope of its owner alone"));
        }
    }
    Ok(granted)
}
