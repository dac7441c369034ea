//! What products' servers do with tokens: programs get their own, refresh tokens are exchanged, userinfo and introspection are
//! asked.
use super::{
    World,
    authorization::{self, Journey, OFFLINE, SAMPLE, Tokened},
};
use crate::{
    form,
    http::Connection,
    round::{Step, Worker, Workers},
    server::Client,
    token::Verifier,
};
use anyhow::{Context as _, Result, ensure};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;

const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Deserialize)]
struct Own {
    access_token: String,
}
/// A program asks for a signed token of its own.
struct Program {
    server: Connection,
    authorization: String,
    verifier: Arc<Verifier>,
    count: u64,
}
pub fn programs(world: &World, client: &Client) -> Workers {
    let worker = |_| {
        Box::new(Program {
            server: Connection::new(&world.authority),
            authorization: authorization::basic(client),
            verifier: Arc::clone(&world.verifier),
            count: 0,
        }) as Box<dyn Worker>
    };
    (0..world.connections).map(worker).collect()
}
impl Worker for Program {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let headers = [(header::AUTHORIZATION, &*self.authorization), (header::CONTENT_TYPE, FORM)];
            let body = "grant_type=client_credentials".into();
            let reply = self.server.send(Method::POST, "/oauth2/token", &headers, body).await?;
            let own: Own = reply.expect(StatusCode::OK)?.json()?;
            ensure!(own.access_token.split('.').count() == 3, "no signed token");
            self.count += 1;
            if self.count % SAMPLE == 1 {
                self.verifier.verify(&own.access_token, self.verifier.issuer())?;
            }
            Ok(true)
        })
    }
}

/// Each worker has a family of its own, of which it always holds the newest.
struct Refresh {
    journey: Journey,
    token: String,
}
pub async fn refreshes(world: &World) -> Result<Workers> {
    let mut workers: Workers = Vec::new();
    for mut journey in authorization::journeys_for(world, OFFLINE).await? {
        let tokens = journey.tokens().await?;
        let token = tokens.refresh_token.context("no refresh token")?;
        workers.push(Box::new(Refresh { journey, token }));
    }
    Ok(workers)
}
impl Worker for Refresh {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let body = form::encode([("grant_type", "refresh_token"), ("refresh_token", &self.token)]);
            let mut tokens: Tokened = self.journey.ask("/oauth2/token", body).await?.json()?;
            let next = tokens.refresh_token.take().context("no next refresh token")?;
            ensure!(next != self.token && !tokens.access_token.is_empty(), "nothing was rotated");
            self.journey.check(&tokens)?;
            self.token = next;
            Ok(true)
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Introspection,
    Userinfo,
}
/// Asks about one token again and again.
struct Warm {
    journey: Journey,
    token: String,
    ask: Ask,
}
pub async fn warm(world: &World, ask: Ask) -> Result<Workers> {
    let mut workers: Workers = Vec::new();
    for journey in authorization::journeys_for(world, authorization::USUAL).await? {
        workers.push(Box::new(Warm { journey, token: String::new(), ask }));
    }
    Ok(workers)
}
impl Worker for Warm {
    /// A token of its own for each round: a long run outlives one.
    fn stock(&mut self) -> Step<'_> {
        Box::pin(async {
            self.token = self.journey.tokens().await?.access_token;
            about(&mut self.journey, &self.token, self.ask).await?;
            Ok(false)
        })
    }
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            about(&mut self.journey, &self.token, self.ask).await?;
            Ok(true)
        })
    }
}
/// Asks about each token once; they are fetched before the round.
struct Cold {
    journey: Journey,
    tokens: Vec<String>,
}
pub async fn cold(world: &World) -> Result<Workers> {
    let worker = |journey| Box::new(Cold { journey, tokens: Vec::new() }) as Box<dyn Worker>;
    let journeys = authorization::journeys_for(world, authorization::USUAL).await?;
    Ok(journeys.into_iter().map(worker).collect())
}
impl Worker for Cold {
    fn stock(&mut self) -> Step<'_> {
        Box::pin(async {
            let token = self.journey.tokens().await?.access_token;
            self.tokens.push(token);
            Ok(true)
        })
    }
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let Some(token) = self.tokens.pop() else { return Ok(false) };
            about(&mut self.journey, &token, Ask::Userinfo).await?;
            Ok(true)
        })
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    active: bool,
    sub: String,
}
async fn about(journey: &mut Journey, token: &str, ask: Ask) -> Result<()> {
    let said: Said = match ask {
        Ask::Introspection => {
            let body = form::encode([("token", token)]);
            let said: Said = journey.ask("/oauth2/introspect", body).await?.json()?;
            ensure!(said.active, "the token says nothing");
            said
        }
        Ask::Userinfo => journey.userinfo(token).await?.json()?,
    };
    ensure!(said.sub == journey.ticket.subject, "another subject");
    Ok(())
}
