//! The program's arguments, and serving.
use crate::{Fault, Options, Records};
use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

/// Serves until the process ends. The file of records is read anew for each question.
pub async fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut listen, mut key, mut secret) = ("127.0.0.1:8091".to_owned(), "fujie".to_owned(), None);
    let (mut records, mut fault) = (None, Fault::None);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--listen" => listen = value,
            "--key" => key = value,
            // From a file, so that it stands in no list of processes.
            "--secret-file" => secret = Some(std::fs::read_to_string(&value).with_context(|| value.clone())?),
            "--records" => records = Some(value),
            "--fault" => fault = Fault::parse(&value).with_context(|| format!("no fault {value}"))?,
            other => bail!("unknown argument {other}"),
        }
    }
    let secret = secret.context("--secret-file is missing")?.trim().to_owned();
    let records = Records::File(records.context("--records is missing")?.into());
    let listener = TcpListener::bind(&listen).await.with_context(|| format!("listening on {listen}"))?;
    println!("answering questions on http://{}", listener.local_addr()?);
    axum::serve(listener, crate::router(Options { key_id: key, secret, records, fault })).await?;
    Ok(())
}
