//! Products that ask whether somebody may act for an organization: anybody, for any.
use super::{
    World,
    names::scattered,
    plan::{self, Kind, Role},
    rows::subject as subject_of,
};
use crate::{
    http::Connection,
    round::{Step, Worker, Workers},
    scenarios::authorization::basic,
    table::{Line, Percentile},
};
use anyhow::{Result, ensure};
use http::{Method, StatusCode, header};
use kernel::id::OrganizationId;
use serde_json::{Value, json};

const SINGLE_PER_CPU: f64 = 50_000.0;
const BATCH_PER_CPU: f64 = 1_000_000.0;
const P99_MS: f64 = 1.0;
/// Evaluations of one request.
const BATCH: usize = 100;

/// One caller; everybody is asked about in no order.
struct Asker {
    server: Connection,
    authorization: String,
    target: &'static str,
    bodies: Vec<String>,
    turn: usize,
    allowed: fn(&Value) -> bool,
}
impl Worker for Asker {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let headers =
                [(header::AUTHORIZATION, &*self.authorization), (header::CONTENT_TYPE, "application/json")];
            let body = self.bodies.get(self.turn % self.bodies.len()).cloned().unwrap_or_default();
            self.turn += 1;
            let reply = self.server.send(Method::POST, self.target, &headers, body.into()).await?;
            let reply = reply.expect(StatusCode::OK)?;
            // Reading a batch costs the driver more than it cost the server.
            if self.turn % 16 == 1 {
                ensure!((self.allowed)(&reply.json()?), "refused: {}", reply.told());
            }
            Ok(true)
        })
    }
}

/// An agent with a grant: subject and organization.
struct Acting {
    subject: String,
    organization: OrganizationId,
}
fn acting(world: &World) -> impl Iterator<Item = Acting> {
    (0..)
        .map(|n| world.size.place(scattered(n) % (world.size.people - 1)))
        .filter(|place| place.role == Role::Agent)
        .map(|place| Acting {
            subject: subject_of(place.person),
            organization: world.ids.id(Kind::Organization, place.organization),
        })
}
async fn ask(
    world: &World,
    target: &'static str,
    bodies: Vec<String>,
    allowed: fn(&Value) -> bool,
) -> Result<Vec<crate::round::Round>> {
    let mut workers: Workers = Vec::new();
    let each = bodies.len() / world.connections;
    for own in bodies.chunks(each.max(1)).take(world.connections) {
        workers.push(Box::new(Asker {
            server: Connection::new(&world.authority),
            authorization: basic(&world.client),
            target,
            bodies: own.to_vec(),
            turn: 0,
            allowed,
        }));
    }
    world.measure(&mut workers).await
}
fn told(world: &World) -> String {
    format!("{} people, {} grants", world.size.people, world.size.grants)
}

pub async fn decision(world: &World) -> Result<Vec<Line>> {
    let body =
        |who: Acting| json!({ "subject": who.subject, "space": who.organization.to_string() }).to_string();
    let bodies = acting(world).take(200_000).map(body).collect();
    let rounds = ask(world, "/api/v1/decisions", bodies, |answer| answer["allow"] == true).await?;
    let what = format!("decision, {}", told(world));
    Ok(vec![Line::plain(&what, &rounds).at_least(SINGLE_PER_CPU).within(Percentile::P99, P99_MS)])
}

/// The same by the OpenID AuthZEN interface, one by one and a hundred at a time.
pub async fn evaluation(world: &World) -> Result<Vec<Line>> {
    let subject = |who: &Acting| {
        json!({ "type": "user", "id": who.subject,
            "properties": { "organization": who.organization.to_string() } })
    };
    let (action, resource) =
        (json!({ "name": "use" }), json!({ "type": "product", "id": world.client.product }));
    let single = acting(world)
        .take(200_000)
        .map(|who| json!({ "subject": subject(&who), "action": action, "resource": resource }).to_string())
        .collect();
    let rounds = ask(world, "/access/v1/evaluation", single, |answer| answer["decision"] == true).await?;
    let what = format!("AuthZEN evaluation, {}", told(world));
    let one = Line::plain(&what, &rounds).at_least(SINGLE_PER_CPU).within(Percentile::P99, P99_MS);

    let everybody: Vec<Acting> = acting(world).take(400_000).collect();
    let batch = |some: &[Acting]| {
        let items: Vec<Value> = some.iter().map(|who| json!({ "subject": subject(who) })).collect();
        json!({ "action": action, "resource": resource, "evaluations": items }).to_string()
    };
    let batches = everybody.chunks(BATCH).map(batch).collect();
    let all = |answer: &Value| {
        let answers = answer["evaluations"].as_array();
        answers.is_some_and(|all| all.len() == BATCH && all.iter().all(|one| one["decision"] == true))
    };
    let rounds = ask(world, "/access/v1/evaluations", batches, all).await?;
    let what = format!("AuthZEN evaluations by {BATCH}: requests, {}", told(world));
    let many =
        Line::plain(&what, &rounds).at_least(BATCH_PER_CPU / BATCH as f64).within(Percentile::P99, P99_MS);

    // What a product lists is of one organization: the largest.
    let organization: OrganizationId = world.ids.id(Kind::Organization, plan::BIG);
    let agents: Vec<String> = (2..world.size.big()).map(subject_of).collect();
    let list = |some: &[String]| {
        let whose = json!({ "type": "user", "properties": { "organization": organization.to_string() } });
        json!({ "subject": whose, "action": action, "resource": resource, "subjects": some }).to_string()
    };
    let lists = agents.chunks_exact(BATCH).map(list).collect();
    let all = |answer: &Value| {
        let answers = answer["decisions"].as_array();
        answers.is_some_and(|all| all.len() == BATCH && all.iter().all(|one| *one == true))
    };
    let rounds = ask(world, "/access/v1/subjects", lists, all).await?;
    let what = format!("list of {BATCH} subjects: requests, {}", told(world));
    let listed =
        Line::plain(&what, &rounds).at_least(BATCH_PER_CPU / BATCH as f64).within(Percentile::P99, P99_MS);
    Ok(vec![one, many, listed])
}
