//! `fujie staff create`: the first people of the platform; the desk adds the others.
use crate::{config::Config, opening};
use anyhow::{Result, anyhow};
use identity::Identity;
use kernel::{Actor, LoginName, Mobile};
use platform::{Outbox, Settings, StaffRole, outbox};
use portal::staffing::{self, NewStaff};
use std::{process::ExitCode, sync::Arc};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make an account of the platform's staff and print its temporary password once
    Create {
        /// 4 to 32 letters, digits or . _ -, beginning with a letter
        #[arg(long)]
        login_name: String,
        /// Name of the person
        #[arg(long)]
        name: String,
        /// account_manager, product_manager, system_administrator, security_administrator or auditor
        #[arg(long, default_value = "system_administrator")]
        role: String,
        /// Mobile number
        #[arg(long)]
        phone: Option<String>,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let Command::Create { login_name, name, role, phone } = command;
    let login_name = LoginName::parse(&login_name).map_err(said)?;
    let name = identity::account::model::parse_name(&name).map_err(said)?;
    let role: StaffRole = role.parse().map_err(|_| anyhow!("--role: no such role; see --help"))?;
    let phone = phone.map(|phone| Mobile::parse(&phone)).transpose().map_err(said)?;

    let db = opening::open(config).await?;
    db.migrate().await.map_err(|error| opening::plain(error, config))?;
    // What a command changes, the server that runs tells products.
    oidc::follow(&db);
    // Nothing is sent from here, so the outbox needs no gateway.
    let outbox = Outbox::new(db.clone(), Arc::new(outbox::Unconfigured));
    let outbound = crate::outbound::build(config)?;
    let identity = Identity::new(db.clone(), Settings::new(db.clone()), outbox, outbound).map_err(said)?;
    let new = NewStaff { id: db.draw(), login_name: login_name.clone(), name, phone, role };
    let added = staffing::add(&identity, &Actor::system(), new, db.clock().now()).await;
    db.close().await;
    let password = added.map_err(said)?.ok_or_else(|| anyhow!("the account exists already"))?;
    println!("{} may sign in as {}", login_name.as_str(), role.as_str().replace('_', " "));
    println!("temporary password, shown this once: {}", password.expose());
    Ok(ExitCode::SUCCESS)
}

/// The words that the pages use, in English.
fn said(error: kernel::Error) -> anyhow::Error {
    anyhow!("{} ({})", web::Lang::En.error(&error), error.code)
}
