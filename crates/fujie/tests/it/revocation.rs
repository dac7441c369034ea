//! Two nodes over one store: what ends on one is refused by the other within a second, in every answer. One node is the real
//! server, the other the rooms in this process.
use crate::support::{authorize, options, signed_in};
use anyhow::{Context as _, Result};
use db::{Db, Keyring};
use identity::{
    Identity,
    account::{self, AccountState},
};
use kernel::{
    Actor, Event, Rng, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};
use organization::{
    Operator, Organizations, contract::types::TypeChange, decision::LayerState, grant::Cell,
    organization::OrganizationState, product::ProductState,
};
use platform::{Outbox, Settings};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use testkit::{
    Agent, Engine, Server,
    party::{self, Attempt},
};

const REDIRECT: &str = "http://127.0.0.1:9/callback";
const MOST: Duration = Duration::from_secs(1);

on_both_engines!(what_ends_on_one_node_is_refused_by_the_other_within_a_second);

/// The second node.
struct Beside {
    rooms: Organizations,
    _openid: oidc::OpenId,
}
impl Beside {
    async fn open(server: &Server) -> Result<Self> {
        let keyring = Arc::new(Keyring::open_or_create(&server.folder().join("keyring"), &Rng::System)?);
        let (url, base) = (server.database().url(), server.base.clone());
        let options = db::Options { readers: 2, writers: 2, ..db::Options::new(url, keyring) };
        let db = tokio::task::spawn_blocking(move || Db::open(options)).await??;
        db.migrate().await?;
        let outbound = web::Outbound::new(web::OutboundOptions::default())?;
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound)?;
        let rooms = Organizations::new(db.clone(), identity);
        let openid = oidc::OpenId::open(db, rooms.clone(), &base).await?;
        Ok(Self { rooms, _openid: openid })
    }
}

/// Somebody who is signed in at the server, with a token of the first client.
struct Person {
    agent: Agent,
    token: String,
    subject: String,
    organization: OrganizationId,
    membership: MembershipId,
    product: ProductId,
}
impl Person {
    async fn sign_in(server: &Server, beside: &Beside) -> Result<Self> {
        let agent = signed_in(server, "agent_granted").await?;
        let attempt = Attempt::new();
        let code = authorize(&agent, server, REDIRECT, &attempt).await?;
        let (_, tokens) = party::exchange(&agent, &server.demo, &code, REDIRECT, &attempt.verifier).await?;
        let token = tokens["access_token"].as_str().context("an access token")?.to_owned();
        let claims = party::claims(tokens["id_token"].as_str().context("an ID token")?)?;
        let account = server.demo.account("agent_granted")?;
        let login = account.login_name.replace('\'', "");
        let organization: OrganizationId = account.organization_id()?.parse().context("an id")?;
        let (number, db) = (organization, beside.rooms.db());
        let membership = db
            .read(move |tx| {
                tx.one(
                    "SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id
                     WHERE m.organization_id = $1 AND a.login_name = $2 AND m.state <> 'ended'",
                    &[&number, &login],
                )
            })
            .await?;
        Ok(Self {
            agent,
            token,
            subject: claims["sub"].as_str().context("a subject")?.to_owned(),
            organization,
            membership,
            product: server.demo.product_id(&server.demo.client()?.product)?.parse().context("an id")?,
        })
    }
    async fn userinfo(&self) -> Result<bool> {
        let request = self.agent.client().get(self.agent.url("/oauth2/userinfo")?).bearer_auth(&self.token);
        Ok(self.agent.send(request).await?.status.is_success())
    }
    async fn decision(&self, server: &Server) -> Result<bool> {
        let client = server.demo.client()?;
        let body = serde_json::json!({ "subject": self.subject, "space": self.organization.to_string() });
        let request = self
            .agent
            .client()
            .post(self.agent.url("/api/v1/decisions")?)
            .basic_auth(&client.client_id, Some(&client.client_secret))
            .header("content-type", "application/json")
            .body(body.to_string());
        Ok(self.agent.send(request).await?.json()?["allow"] == true)
    }
    /// The same by AuthZEN, which an index in memory answers.
    async fn evaluation(&self, server: &Server) -> Result<bool> {
        let client = server.demo.client()?;
        let body = serde_json::json!({
            "subject": { "type": "user", "id": self.subject },
            "action": { "name": "use" },
            "resource": { "type": "product", "id": client.product },
            "context": { "organization": self.organization.to_string() },
        });
        let request = self
            .agent
            .client()
            .post(self.agent.url("/access/v1/evaluation")?)
            .basic_auth(&client.client_id, Some(&client.client_secret))
            .header("content-type", "application/json")
            .body(body.to_string());
        Ok(self.agent.send(request).await?.json()?["decision"] == true)
    }
    async fn authorizes(&self, server: &Server) -> Result<bool> {
        let query = Attempt::new().query(&server.demo.client()?.client_id, REDIRECT, "openid profile");
        let reply = self.agent.visit(&format!("/oauth2/authorize?{query}")).await?;
        Ok(reply.location_parameter("code").is_some() || reply.form_to("/consent").is_ok())
    }
    /// From the catalog: out to the product, or to the page that says why not.
    async fn opens(&self, server: &Server) -> Result<bool> {
        let path = format!("/org/{}/products/{}/open", self.organization, self.product);
        let reply = self.agent.get(&path).await?;
        Ok(reply.location().is_some_and(|to| !to.as_str().starts_with(&server.base)))
    }
    async fn page(&self) -> Result<bool> {
        let reply = self.agent.get(&format!("/org/{}/products", self.organization)).await?;
        Ok(reply.status.is_success())
    }
}

async fn what_ends_on_one_node_is_refused_by_the_other_within_a_second(engine: Engine) -> Result<()> {
    let mut slowest = Duration::ZERO;
    for end in [
        "grant",
        "admission",
        "contract",
        "contract type",
        "product",
        "organization",
        "membership",
        "suspension",
        "account",
    ] {
        let server = Server::start(options(engine).redirect(REDIRECT)).await?;
        let beside = Beside::open(&server).await?;
        let person = Person::sign_in(&server, &beside).await?;
        assert!(person.userinfo().await? && person.decision(&server).await?, "{end}: not open before");
        assert!(person.authorizes(&server).await? && person.page().await?, "{end}: not open before");
        assert!(person.evaluation(&server).await?, "{end}: not open before");
        assert!(person.opens(&server).await?, "{end}: not open before");
        let began = ended_by(&beside, &person, end).await.with_context(|| end.to_owned())?;
        let mut took = Vec::new();
        // Each answer is asked until it refuses.
        loop {
            let open = person.userinfo().await?;
            if !open {
                break;
            }
            anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: userinfo goes on");
        }
        took.push(("userinfo", began.elapsed()));
        while person.decision(&server).await? {
            anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: decisions go on");
        }
        took.push(("decision", began.elapsed()));
        while person.evaluation(&server).await? {
            anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: AuthZEN goes on");
        }
        took.push(("AuthZEN", began.elapsed()));
        while person.opens(&server).await? {
            anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: the catalog goes on");
        }
        took.push(("catalog", began.elapsed()));
        while person.authorizes(&server).await? {
            anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: authorize goes on");
        }
        took.push(("authorize", began.elapsed()));
        if matches!(end, "membership" | "suspension" | "account" | "organization") {
            while person.page().await? && end != "organization" {
                anyhow::ensure!(began.elapsed() < MOST * 3, "{end}: pages go on");
            }
            took.push(("pages", began.elapsed()));
        }
        println!("{engine:?} {end}: {took:?}");
        let last = took.last().map(|(_, took)| *took).unwrap_or_default();
        assert!(last <= MOST, "{end}: {took:?}");
        slowest = slowest.max(last);
        let dead = server.database().rows("SELECT COUNT(*) FROM token WHERE revoked_at IS NULL")?;
        assert_eq!(dead, [[Some("0".to_owned())]], "{end} left a token that could come back");
    }
    println!("{engine:?}: slowest {slowest:?}");
    Ok(())
}

/// Ends it on the second node; the moment of the acknowledgment.
async fn ended_by(beside: &Beside, person: &Person, end: &str) -> Result<Instant> {
    let (rooms, system) = (&beside.rooms, Operator::installation());
    let (ours, now): (_, Timestamp) = (person.organization, rooms.db().clock().now());
    let organization = rooms.organization(ours).await?;
    let lines = rooms.admissions(&organization, now).await?.lines;
    let other = lines.iter().map(|line| line.product.id).find(|id| *id != person.product);
    let line = lines.into_iter().find(|line| line.product.id == person.product).context("no such line")?;
    anyhow::ensure!(line.layer.state == LayerState::Met, "not admitted");
    match end {
        "grant" => {
            let cell = Cell { membership: person.membership, product: person.product };
            anyhow::ensure!(rooms.revoke(system, ours, cell, now).await?, "nothing to take back");
        }
        "admission" => {
            rooms.end_admission(system, ours, line.admission.context("no row")?.id, now).await?;
        }
        "contract" => {
            rooms.terminate_contract(&system, ours, line.contract.context("no contract")?.id).await?
        }
        "contract type" => {
            let there = rooms.contract_type(line.contract.context("no contract")?.type_id).await?;
            let products = vec![other.context("no other product")?];
            let change = TypeChange { rev: there.rev, name: there.kind.name, products };
            rooms.change_contract_type(&system, there.kind.id, change, now).await?;
        }
        "product" => rooms.set_product_state(&system, person.product, ProductState::Suspended).await?,
        "organization" => {
            rooms.set_organization_state(&system, ours, OrganizationState::Suspended, now).await?;
        }
        "membership" => rooms.delete_member(system, ours, person.membership, "", now).await?,
        "suspension" => rooms.set_member_suspended(system, ours, person.membership, true, "", now).await?,
        // The account itself, whatever it is a member of.
        _ => {
            let membership = person.membership;
            rooms
                .db()
                .write(move |tx| {
                    let id: AccountId =
                        tx.one("SELECT account_id FROM membership WHERE id = $1", &[&membership])?;
                    account::service::set_state_in(tx, id, AccountState::Disabled, now)?;
                    Ok(((), vec![Event::done(&Actor::system(), "account.disabled").on("account", id)]))
                })
                .await?;
        }
    }
    Ok(Instant::now())
}
