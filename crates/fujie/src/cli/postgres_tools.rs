//! `pg_dump` and `pg_restore`, which know PostgreSQL better than we ever could. The password travels in the environment,
//! never in the arguments, which every user of the machine can list.
use anyhow::{Context as _, Result, bail};
use std::{
    path::Path,
    process::{Command, Stdio},
};
use url::Url;

/// First bytes of a dump in the custom format.
pub const MAGIC: &[u8] = b"PGDMP";

pub fn dump(url: &str, target: &Path) -> Result<()> {
    let mut command = tool("pg_dump", url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(target);
    run(command, "pg_dump")?;
    // A dump whose table of contents can be read was written to its end.
    let mut list = Command::new("pg_restore");
    list.arg("--list").arg(target).stdin(Stdio::null()).stdout(Stdio::null());
    run(list, "pg_restore")
}

/// Fails, and changes nothing, if the database already holds tables of the same names.
pub fn restore(url: &str, source: &Path) -> Result<()> {
    let mut command = tool("pg_restore", url)?;
    let name = Url::parse(url)?.path().trim_start_matches('/').to_owned();
    command
        .args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", &name])
        .arg(source);
    run(command, "pg_restore")
}

fn tool(name: &str, url: &str) -> Result<Command> {
    let url = Url::parse(url).context("the database URL cannot be read")?;
    let decoded = |text: &str| percent_decoded(text);
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    if let Some(host) = url.host_str() {
        command.env("PGHOST", host.trim_matches(['[', ']']));
    }
    if let Some(port) = url.port() {
        command.env("PGPORT", port.to_string());
    }
    if !url.username().is_empty() {
        command.env("PGUSER", decoded(url.username()));
    }
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", decoded(password));
    }
    let name = url.path().trim_start_matches('/');
    if !name.is_empty() {
        command.env("PGDATABASE", decoded(name));
    }
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "sslmode" => command.env("PGSSLMODE", value.as_ref()),
            "sslrootcert" => command.env("PGSSLROOTCERT", value.as_ref()),
            "host" => command.env("PGHOST", value.as_ref()),
            _ => &mut command,
        };
    }
    Ok(command)
}

fn run(mut command: Command, name: &str) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{name} ended with {status}; its own message stands above"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{name} was not found; the database is PostgreSQL, so install its client programs (Debian: postgresql-client) \
             or back up with your own tools"
        ),
        Err(error) => Err(error).with_context(|| format!("{name} could not be started")),
    }
}

fn percent_decoded(text: &str) -> String {
    // A form decoder would turn `+` into a blank, which a password may hold.
    let escaped = text.replace('+', "%2B");
    url::form_urlencoded::parse(escaped.as_bytes()).map(|(key, _)| key.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn the_password_travels_in_the_environment() {
        let command = tool("pg_dump", "postgres://fujie:a%20b+c@[::1]:5433/main?sslmode=require").unwrap();
        let value = |name: &str| {
            command.get_envs().find(|(key, _)| *key == OsStr::new(name)).and_then(|(_, value)| value)
        };
        assert_eq!(value("PGPASSWORD"), Some(OsStr::new("a b+c")));
        assert_eq!(value("PGHOST"), Some(OsStr::new("::1")));
        assert_eq!(value("PGPORT"), Some(OsStr::new("5433")));
        assert_eq!(value("PGDATABASE"), Some(OsStr::new("main")));
        assert_eq!(value("PGSSLMODE"), Some(OsStr::new("require")));
        assert_eq!(command.get_args().count(), 0);
    }
}
