//! The program's arguments, and serving.
use crate::{Fault, Options, population};
use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

/// Serves until the process ends.
pub async fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut listen, mut key, mut secret) = ("127.0.0.1:8090".to_owned(), "fujie".to_owned(), None);
    let (mut seed, mut people, mut fault, mut list) = (1, 200, Fault::None, 0);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--listen" => listen = value,
            "--key" => key = value,
            // From a file, so that it stands in no list of processes.
            "--secret-file" => secret = Some(std::fs::read_to_string(&value).with_context(|| value.clone())?),
            "--seed" => seed = value.parse()?,
            "--people" => people = value.parse()?,
            "--fault" => fault = Fault::parse(&value).with_context(|| format!("no fault {value}"))?,
            "--list" => list = value.parse()?,
            other => bail!("unknown argument {other}"),
        }
    }
    for place in 0..list {
        let person = population::person(seed, place);
        println!("{} {} {} {}", person.name, person.number, person.mobile, person.bank_card);
    }
    let secret = secret.context("--secret-file is missing")?.trim().to_owned();
    let listener = TcpListener::bind(&listen).await.with_context(|| format!("listening on {listen}"))?;
    println!("answering questions on http://{}", listener.local_addr()?);
    axum::serve(listener, crate::router(Options { key_id: key, secret, seed, people, fault })).await?;
    Ok(())
}
