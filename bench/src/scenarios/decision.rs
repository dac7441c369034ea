//! A product's server asks whether a person may still act for an organization.
use super::{World, authorization};
use crate::{
    http::Connection,
    round::{Step, Worker, Workers},
};
use anyhow::{Result, ensure};
use http::{Method, StatusCode, header};
use serde::Deserialize;

struct Decision {
    server: Connection,
    authorization: String,
    body: String,
}

#[derive(Deserialize)]
struct Answer {
    allow: bool,
    code: String,
}

pub async fn workers(world: &World) -> Result<Workers> {
    let tickets = authorization::tickets(world).await?;
    let worker = |ticket: &authorization::Ticket| {
        let space = ticket.organization.as_deref().unwrap_or("person");
        let body = serde_json::json!({ "subject": ticket.subject, "space": space }).to_string();
        let server = Connection::new(&world.authority);
        Box::new(Decision { server, authorization: ticket.basic(), body }) as Box<dyn Worker>
    };
    Ok(tickets.iter().cycle().take(world.connections).map(worker).collect())
}

impl Worker for Decision {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let headers =
                [(header::AUTHORIZATION, &*self.authorization), (header::CONTENT_TYPE, "application/json")];
            let body = self.body.clone().into();
            let reply = self.server.send(Method::POST, "/api/v1/decisions", &headers, body).await?;
            let answer: Answer = reply.expect(StatusCode::OK)?.json()?;
            ensure!(answer.allow && answer.code == "decision.allowed", "refused: {}", answer.code);
            Ok(true)
        })
    }
}
