//! A signed-in person is led by a product to the authorization endpoint and back with a code, which the product's server
//! exchanges for tokens.
use super::World;
use crate::{
    form,
    http::{Browser, Connection, Reply},
    round::{Step, Worker, Workers},
    server::{Account, Client},
    token::{Claims, Verifier},
};
use anyhow::{Context as _, Result, bail, ensure};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// One signature in so many is verified: it costs the driver more than the server spent on it.
pub const SAMPLE: u64 = 64;
/// What products ask for, and what those ask for that go on while nobody is there.
pub const USUAL: &str = "openid profile";
pub const OFFLINE: &str = "openid profile offline_access";
/// Consent page, its answer, the way back: more steps than any journey has.
const MOST_STEPS: usize = 8;

/// A person and a product that fit together without a further question.
#[derive(Clone)]
pub struct Ticket {
    account: Account,
    client: Client,
    redirect_uri: String,
    scope: &'static str,
    /// `sub` and the organization acted for.
    pub subject: String,
    pub organization: Option<String>,
}
impl Ticket {
    /// The `Authorization` header of the product's server.
    pub fn basic(&self) -> String {
        basic(&self.client)
    }
}
pub fn basic(client: &Client) -> String {
    let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encode(&client.client_id), encode(&client.client_secret));
    format!("Basic {}", BASE64.encode(pair.as_bytes()))
}

/// Every person with a grant, with the first product that lets them in. The first time they consent, which is remembered.
pub async fn tickets(world: &World) -> Result<Vec<Ticket>> {
    tickets_for(world, USUAL).await
}
async fn tickets_for(world: &World, scope: &'static str) -> Result<Vec<Ticket>> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for account in world.demo.accounts.iter().filter(|account| account.key == "agent_granted") {
        for client in &world.demo.clients {
            let Some(redirect_uri) = client.redirect_uris.first() else { continue };
            let ticket = Ticket {
                account: account.clone(),
                client: client.clone(),
                redirect_uri: redirect_uri.clone(),
                scope,
                subject: String::new(),
                organization: None,
            };
            let mut journey = Journey::new(world, ticket).await?;
            let Some(code) = journey.first().await? else { continue };
            let claims = journey.redeem(code, true).await?.context("the token was not verified")?;
            // A second pass proves that nothing is asked any more.
            if journey.authorize().await.is_ok() {
                tickets.push(Ticket { subject: claims.sub, organization: claims.org_id, ..journey.ticket });
                break;
            }
        }
    }
    ensure!(!tickets.is_empty(), "no demo account comes to a product without a further step");
    Ok(tickets)
}

async fn journeys(world: &World) -> Result<Vec<Journey>> {
    journeys_for(world, USUAL).await
}
pub async fn journeys_for(world: &World, scope: &'static str) -> Result<Vec<Journey>> {
    let tickets = tickets_for(world, scope).await?;
    let mut journeys = Vec::new();
    for ticket in tickets.iter().cycle().take(world.connections) {
        let mut journey = Journey::new(world, ticket.clone()).await?;
        // Where nobody signs in beforehand, the browser has its session after this.
        journey.first().await?.context("the second time nobody came back")?;
        journeys.push(journey);
    }
    Ok(journeys)
}
pub async fn round_trips(world: &World) -> Result<Workers> {
    let worker = |journey| Box::new(RoundTrip(journey)) as Box<dyn Worker>;
    Ok(journeys(world).await?.into_iter().map(worker).collect())
}
pub async fn tokens(world: &World) -> Result<Workers> {
    let worker = |journey| Box::new(Tokens { journey, codes: Vec::new() }) as Box<dyn Worker>;
    Ok(journeys(world).await?.into_iter().map(worker).collect())
}

struct RoundTrip(Journey);
impl Worker for RoundTrip {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let code = self.0.authorize().await?;
            self.0.redeem(code, false).await?;
            Ok(true)
        })
    }
}

/// Codes are fetched before the round, so that it measures the token endpoint alone.
struct Tokens {
    journey: Journey,
    codes: Vec<Code>,
}
impl Worker for Tokens {
    fn stock(&mut self) -> Step<'_> {
        Box::pin(async {
            self.codes.push(self.journey.authorize().await?);
            Ok(true)
        })
    }
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let Some(code) = self.codes.pop() else { return Ok(false) };
            self.journey.redeem(code, false).await?;
            Ok(true)
        })
    }
}

/// What the product remembers of a request until its answer comes.
struct Code {
    code: String,
    verifier: String,
    nonce: String,
}

/// One person's browser and the server of one product.
pub struct Journey {
    browser: Browser,
    server: Connection,
    pub ticket: Ticket,
    verifier: Arc<Verifier>,
    count: u64,
}

#[derive(Deserialize)]
pub struct Tokened {
    id_token: String,
    pub access_token: String,
    #[serde(default)]
    pub refresh_token: Option<String>,
}

impl Journey {
    async fn new(world: &World, ticket: Ticket) -> Result<Self> {
        let browser = world.signed_in(&ticket.account).await?;
        let server = Connection::new(&world.authority);
        Ok(Self { browser, server, ticket, verifier: Arc::clone(&world.verifier), count: 0 })
    }
    /// A request with values of its own; returned with what the product keeps.
    fn request(&mut self) -> (String, Code) {
        self.count += 1;
        let seed =
            format!("{} {} {}", self.ticket.account.login_name, self.browser.cookies.line(), self.count);
        let verifier = BASE64URL_NOPAD.encode(&Sha256::digest(seed));
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&verifier));
        let nonce = format!("n-{}", self.count);
        let query = form::encode([
            ("response_type", "code"),
            ("client_id", &self.ticket.client.client_id),
            ("redirect_uri", &self.ticket.redirect_uri),
            ("scope", self.ticket.scope),
            ("state", &nonce),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        (format!("/oauth2/authorize?{query}"), Code { code: String::new(), verifier, nonce })
    }
    /// The code of an answer that leads back to the product; its `state` must be the request's.
    fn code_of(&self, reply: &Reply, kept: Code) -> Result<Option<Code>> {
        let Some(place) = reply.location().filter(|place| place.starts_with(&self.ticket.redirect_uri))
        else {
            return Ok(None);
        };
        let url = url::Url::parse(place)?;
        let find = |name: &str| {
            url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
        };
        ensure!(find("state").as_deref() == Some(&*kept.nonce), "another state: {place}");
        ensure!(find("iss").is_some(), "no iss: {place}");
        let code = find("code").with_context(|| format!("refused: {place}"))?;
        Ok(Some(Code { code, ..kept }))
    }
    /// One request, one answer: consent was given before.
    async fn authorize(&mut self) -> Result<Code> {
        let (target, kept) = self.request();
        let reply = self.browser.get(&target).await?;
        ensure!(reply.status.is_redirection(), "no redirect: {}", reply.told());
        self.code_of(&reply, kept)?.with_context(|| format!("not back to the product: {}", reply.told()))
    }
    /// The first time: agrees when asked. None if the product is not for this person.
    async fn first(&mut self) -> Result<Option<Code>> {
        let (target, kept) = self.request();
        let mut reply = self.browser.get(&target).await?;
        for _ in 0..MOST_STEPS {
            if reply.location().is_some_and(|place| place.starts_with(&self.ticket.redirect_uri)) {
                return self.code_of(&reply, kept);
            }
            if let Some(place) = reply.location().map(str::to_owned) {
                reply = self.browser.get(&place).await?;
                continue;
            }
            let page = reply.expect(StatusCode::OK)?;
            let agree =
                form::forms(page.text()?).into_iter().find_map(|form| form.ticked().pressed("consent-allow"));
            let Some(agree) = agree else { return Ok(None) };
            reply = self.browser.submit(&agree).await?;
        }
        bail!("more than {MOST_STEPS} steps, last {}", reply.told())
    }
    /// A pair of tokens, without a look at them.
    pub async fn tokens(&mut self) -> Result<Tokened> {
        let code = self.authorize().await?;
        self.exchange(&code).await
    }
    /// A request of the product's server.
    pub async fn ask(&mut self, path: &str, body: String) -> Result<Reply> {
        let headers = [
            (header::AUTHORIZATION, &*self.ticket.basic()),
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        ];
        self.server.send(Method::POST, path, &headers, body.into()).await?.expect(StatusCode::OK)
    }
    pub async fn userinfo(&mut self, token: &str) -> Result<Reply> {
        let bearer = format!("Bearer {token}");
        let headers = [(header::AUTHORIZATION, &*bearer)];
        self.server
            .send(Method::GET, "/oauth2/userinfo", &headers, Default::default())
            .await?
            .expect(StatusCode::OK)
    }
    async fn exchange(&mut self, code: &Code) -> Result<Tokened> {
        let body = form::encode([
            ("grant_type", "authorization_code"),
            ("code", &code.code),
            ("redirect_uri", &self.ticket.redirect_uri),
            ("code_verifier", &code.verifier),
        ]);
        self.ask("/oauth2/token", body).await?.json()
    }
    /// One in so many is verified, now that nobody asked for an answer to a certain request.
    pub fn check(&mut self, tokens: &Tokened) -> Result<()> {
        self.count += 1;
        if self.count % SAMPLE == 1 {
            let claims = self.verifier.verify(&tokens.id_token, &self.ticket.client.client_id)?;
            ensure!(claims.sub == self.ticket.subject, "the token names somebody else");
        }
        Ok(())
    }
    async fn redeem(&mut self, code: Code, verify: bool) -> Result<Option<Claims>> {
        let tokens = self.exchange(&code).await?;
        ensure!(
            !tokens.access_token.is_empty() && tokens.id_token.split('.').count() == 3,
            "not a pair of tokens"
        );
        if !verify && self.count % SAMPLE != 1 {
            return Ok(None);
        }
        let claims = self.verifier.verify(&tokens.id_token, &self.ticket.client.client_id)?;
        ensure!(claims.nonce.as_deref() == Some(&*code.nonce), "the token answers another request");
        Ok(Some(claims))
    }
}
