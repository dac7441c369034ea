//! What is driven: each scenario makes workers that repeat one operation of a person or a product.
pub mod authorization;
mod crowd;
mod decision;
mod page;
mod sign_in;
mod sms;
mod tokens;

use crate::{
    documents,
    http::Browser,
    limits::Limit,
    programs::Programs,
    round::Workers,
    server::{Account, Demo},
    token::Verifier,
};
use anyhow::{Context as _, Result, ensure};
use std::sync::Arc;
use tokens::Ask;

/// The running server as every scenario sees it.
pub struct World {
    pub authority: String,
    pub demo: Demo,
    /// Callers at the same time, each with its own connection.
    pub connections: usize,
    pub verifier: Arc<Verifier>,
    /// None if no row needs them.
    pub programs: Option<Programs>,
    /// Whoever comes to the authorization endpoint is signed in on the way, not before.
    pub unattended: bool,
}
impl World {
    /// Accounts once each, although they are listed once for every organization.
    pub fn accounts(&self) -> Vec<&Account> {
        let mut accounts: Vec<&Account> = self.demo.accounts.iter().collect();
        accounts.sort_by(|a, b| a.login_name.cmp(&b.login_name));
        accounts.dedup_by(|a, b| a.login_name == b.login_name);
        accounts
    }
    pub fn account(&self, key: &str) -> Result<&Account> {
        self.demo
            .accounts
            .iter()
            .find(|account| account.key == key)
            .with_context(|| format!("no account {key}"))
    }
    fn programs(&self) -> Result<&Programs> {
        self.programs.as_ref().context("the programs were not written")
    }
    pub async fn signed_in(&self, account: &Account) -> Result<Browser> {
        let mut browser = Browser::new(&self.authority);
        if self.unattended {
            return Ok(browser);
        }
        browser.sign_in(&account.login_name, &account.password).await?;
        Ok(browser)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Row {
    SignIn,
    SmsSignIn,
    Crowd,
    Authorization,
    Token,
    ProgramEs256,
    ProgramRs256,
    Refresh,
    Introspection,
    UserinfoCold,
    UserinfoWarm,
    KeySet,
    Discovery,
    Decision,
    Me,
    Members,
    Products,
    /// What a sign-in by password costs besides the hash, on a server of its own whose hash costs next to nothing.
    Besides,
    Enumeration,
    Memory,
    Start,
}

/// What a goal of the project asks of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    None,
    /// Of the limit.
    Ratio(f64),
    PerCpuSecond(f64),
    /// Milliseconds of processor time an operation.
    CpuMilliseconds(f64),
    /// Of 95 in 100 operations.
    Milliseconds95(f64),
}

impl Row {
    pub const SCENARIOS: [Self; 17] = [
        Self::SignIn,
        Self::SmsSignIn,
        Self::Crowd,
        Self::Authorization,
        Self::Token,
        Self::ProgramEs256,
        Self::ProgramRs256,
        Self::Refresh,
        Self::Introspection,
        Self::UserinfoCold,
        Self::UserinfoWarm,
        Self::KeySet,
        Self::Discovery,
        Self::Decision,
        Self::Me,
        Self::Members,
        Self::Products,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::SignIn => "password sign-in (page and form)",
            Self::SmsSignIn => "sign-in by SMS code (two pages, two forms, outbox), 6 × callers",
            Self::Crowd => "pages of sign-in and account, 100 people at once",
            Self::Besides => "password sign-in besides the hash (page and form)",
            Self::Enumeration => "enumeration",
            Self::Authorization => "signed-in authorize + code exchange",
            Self::Token => "token endpoint alone",
            Self::ProgramEs256 => "client credentials, ES256",
            Self::ProgramRs256 => "client credentials, RS256",
            Self::Refresh => "refresh with durable rotation",
            Self::Introspection => "introspection, warm",
            Self::UserinfoCold => "userinfo, each token once",
            Self::UserinfoWarm => "userinfo, warm",
            Self::KeySet => "key set",
            Self::Discovery => "discovery document",
            Self::Decision => "decision",
            Self::Me => "page /me",
            Self::Members => "page /org/{id}/members",
            Self::Products => "page /me/products",
            Self::Memory => "memory",
            Self::Start => "start",
        }
    }
    pub const fn goal(self) -> Goal {
        match self {
            Self::SignIn => Goal::Ratio(0.95),
            Self::SmsSignIn => Goal::PerCpuSecond(2500.0),
            Self::Crowd => Goal::Milliseconds95(25.0),
            Self::Besides => Goal::CpuMilliseconds(0.4),
            Self::Authorization => Goal::PerCpuSecond(5000.0),
            Self::ProgramEs256 => Goal::PerCpuSecond(20_000.0),
            Self::ProgramRs256 => Goal::PerCpuSecond(3300.0),
            Self::Refresh => Goal::PerCpuSecond(6000.0),
            Self::Introspection => Goal::PerCpuSecond(50_000.0),
            Self::UserinfoCold => Goal::PerCpuSecond(14_000.0),
            Self::UserinfoWarm => Goal::PerCpuSecond(40_000.0),
            Self::KeySet | Self::Discovery => Goal::Ratio(0.9),
            Self::Me | Self::Members | Self::Products => Goal::CpuMilliseconds(3.0),
            _ => Goal::None,
        }
    }
    /// The least that the operation is made of.
    pub const fn limits(self) -> &'static [(u32, Limit)] {
        match self {
            Self::SignIn => &[(1, Limit::Hash)],
            Self::Authorization => &[(2, Limit::Request), (1, Limit::Signature)],
            Self::Token | Self::ProgramEs256 | Self::Refresh => &[(1, Limit::Request), (1, Limit::Signature)],
            Self::ProgramRs256 => &[(1, Limit::Request), (1, Limit::Rsa)],
            Self::KeySet => &[(1, Limit::KeySet)],
            Self::Discovery => &[(1, Limit::Discovery)],
            _ => &[(1, Limit::Request)],
        }
    }
    pub async fn workers(self, world: &World) -> Result<Workers> {
        ensure!(world.connections > 0, "at least one connection is needed");
        match self {
            Self::SignIn | Self::Besides => Ok(sign_in::workers(world)),
            Self::SmsSignIn => Ok(sms::workers(world)),
            Self::Crowd => crowd::workers(world).await,
            Self::Authorization => authorization::round_trips(world).await,
            Self::Token => authorization::tokens(world).await,
            Self::ProgramEs256 => Ok(tokens::programs(world, &world.programs()?.es256)),
            Self::ProgramRs256 => Ok(tokens::programs(world, &world.programs()?.rs256)),
            Self::Refresh => tokens::refreshes(world).await,
            Self::Introspection => tokens::warm(world, Ask::Introspection).await,
            Self::UserinfoCold => tokens::cold(world).await,
            Self::UserinfoWarm => tokens::warm(world, Ask::Userinfo).await,
            Self::KeySet => Ok(documents::KEY_SET.workers(&world.authority, world.connections)),
            Self::Discovery => Ok(documents::DISCOVERY.workers(&world.authority, world.connections)),
            Self::Decision => decision::workers(world).await,
            Self::Me => page::workers(world, "/me").await,
            Self::Members => {
                let organization = world.account("administrator")?.organization_id.as_deref();
                let organization = organization.context("the administrator has no organization")?;
                page::workers(world, &format!("/org/{organization}/members")).await
            }
            Self::Products => page::workers(world, "/me/products").await,
            Self::Enumeration | Self::Memory | Self::Start => Ok(Vec::new()),
        }
    }
}
