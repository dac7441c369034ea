//! A person registers: basic information, a captcha before the SMS, the code from the outbox, the versions accepted.
use crate::support::options;
use anyhow::Result;
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(m01_a_person_registers_with_a_code_by_sms);

async fn m01_a_person_registers_with_a_code_by_sms(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(
        &format!("m01_{engine:?}"),
        Look { width: 390, height: 844, ..Look::default() },
        async |browser| {
            browser.go(&format!("{}/register", server.base)).await?;
            browser.fill("#name", "纪白芸").await?;
            Ok(())
        },
    )
    .await
}
