//! The commands of the operator, on real data.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use std::process::Output;
use testkit::{Engine, Server};

on_both_engines!(
    backup_comes_back_in_a_fresh_folder,
    check_looks_at_everything,
    keys_rotate_and_old_tokens_stay_verifiable,
    first_staff_account_is_created_once,
    audit_record_verifies_and_tampering_is_found,
    a_list_of_leaked_passwords_is_made_and_used,
);

fn succeeded(output: &Output) -> Result<String> {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(output.status.success(), "{}:\n{text}", output.status);
    Ok(text)
}

async fn backup_comes_back_in_a_fresh_folder(engine: Engine) -> Result<()> {
    let mut server = Server::start(options(engine)).await?;
    let account = server.demo.account("administrator")?.clone();
    let backup = server.folder().join("backup.fujie");
    let backup = backup.to_str().context("path")?;
    // While it is in use; without a copy of the keyring it does not end silently.
    let bare = server.run(&["backup", backup])?;
    let words = format!("{}{}", String::from_utf8_lossy(&bare.stderr), String::from_utf8_lossy(&bare.stdout));
    anyhow::ensure!(!bare.status.success() && words.contains("keyring"), "{}: {words}", bare.status);
    let keyring = server.folder().join("keyring.copy");
    let keyring = keyring.to_str().context("path")?;
    std::fs::remove_file(backup).ok();
    succeeded(&server.run(&["backup", backup, "--keyring-copy", keyring])?)?;
    server.stop()?;

    let fresh = Server::bare(options(engine))?;
    if engine == Engine::Sqlite {
        // A keyring of another installation proves nothing of this record, and must not stand in the way of the right one.
        let stranger = Server::bare(options(engine))?;
        succeeded(&stranger.run(&["migrate"])?)?;
        let foreign = stranger.folder.path().join("keyring");
        let foreign = foreign.to_str().context("a path in UTF-8")?;
        let refused = fresh.run(&["restore", backup, "--keyring", foreign])?;
        anyhow::ensure!(!refused.status.success(), "restored with a foreign keyring");
    }
    std::fs::copy(keyring, fresh.folder.path().join("keyring"))?;
    succeeded(&fresh.run(&["restore", backup])?)?;
    succeeded(&fresh.run(&["audit", "verify"])?)?;
    let again = Server::adopt(fresh, server.demo.clone()).await?;
    signed_in(&again, &account.key).await.context("signing in to the restored platform")?;
    Ok(())
}

async fn check_looks_at_everything(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let text = succeeded(&server.run(&["check"])?)?;
    anyhow::ensure!(text.lines().count() >= 5, "a line for each thing it looks at:\n{text}");
    std::fs::write(server.folder().join("fujie.toml"), "listen = 'nowhere'")?;
    let broken = server.run(&["check"])?;
    anyhow::ensure!(!broken.status.success(), "a broken configuration passes");
    Ok(())
}

async fn keys_rotate_and_old_tokens_stay_verifiable(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = server.agent()?;
    let kids = async || -> Result<Vec<String>> {
        let set = agent.get("/oauth2/jwks").await?.json()?;
        let keys = set["keys"].as_array().context("no keys")?;
        Ok(keys.iter().filter_map(|k| k["kid"].as_str().map(String::from)).collect())
    };
    let before = kids().await?;
    succeeded(&server.run(&["keys", "rotate"])?)?;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        let after = kids().await?;
        if after.len() > before.len() {
            anyhow::ensure!(
                before.iter().all(|kid| after.contains(kid)),
                "an old key is gone: {before:?} {after:?}"
            );
            return Ok(());
        }
        anyhow::ensure!(std::time::Instant::now() < until, "no new key is published: {before:?} {after:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn first_staff_account_is_created_once(engine: Engine) -> Result<()> {
    let fresh = Server::bare(options(engine))?;
    succeeded(&fresh.run(&["migrate"])?)?;
    let arguments = [
        "staff",
        "create",
        "--login-name",
        "operator.one",
        "--name",
        "平台管理员",
        "--role",
        "system_administrator",
    ];
    let text = succeeded(&fresh.run(&arguments)?)?;
    anyhow::ensure!(text.contains("operator.one"), "{text}");
    let twice = fresh.run(&arguments)?;
    anyhow::ensure!(!twice.status.success(), "the same login name twice");
    succeeded(&fresh.run(&["audit", "verify"])?)?;
    Ok(())
}

async fn audit_record_verifies_and_tampering_is_found(engine: Engine) -> Result<()> {
    let mut server = Server::start(options(engine)).await?;
    signed_in(&server, "administrator").await?;
    server.stop()?;
    succeeded(&server.run(&["audit", "verify"])?)?;
    server
        .database()
        .rows("UPDATE audit_event SET outcome = 'denied' WHERE id = (SELECT MAX(id) FROM audit_event)")?;
    let altered = server.run(&["audit", "verify"])?;
    anyhow::ensure!(!altered.status.success(), "an altered record passes");
    Ok(())
}

async fn a_list_of_leaked_passwords_is_made_and_used(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let (download, list) = (server.folder().join("download.txt"), server.folder().join("leaked"));
    let (download_path, list_path) = (download.to_str().context("path")?, list.to_str().context("path")?);
    // Out of order: said, and no list is made.
    std::fs::write(&download, format!("{}:2\n{}:1\n", "F".repeat(40), "0".repeat(40)))?;
    let refused = server.run(&["breach-list", "build", download_path, list_path])?;
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    anyhow::ensure!(!refused.status.success() && words.contains("line 2") && !list.exists(), "{words}");
    // The hash of the password below.
    std::fs::write(&download, "F9FE9C6EA452AFC3E9C2C378A47BE6C38F42C64D:7\n")?;
    let words = succeeded(&server.run(&["breach-list", "build", download_path, list_path])?)?;
    anyhow::ensure!(words.contains("1 leaked"), "{words}");
    let file = server.folder().join("fujie.toml");
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("breach_list = 'leaked'\n{text}"))?;
    succeeded(&server.run(&["check"])?)?;
    // A list that is none is said at the start.
    std::fs::write(&list, "not a list")?;
    anyhow::ensure!(!server.run(&["check"])?.status.success(), "a broken list passes");
    Ok(())
}
