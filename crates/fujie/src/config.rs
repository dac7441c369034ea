//! What an installation decides about itself: where its data lies, where it listens, under which address it is known.
//! A flag wins over the environment, the environment over `fujie.toml`, the file over the defaults.
use anyhow::{Context as _, Result, bail};
use kernel::clock::Zone;
use serde::Deserialize;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};
use url::{Host, Url};
use web::Network;

const DEFAULT_FILE: &str = "fujie.toml";
const DEFAULT_DATA: &str = "fujie-data";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people, in colour on a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// A certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the command line says; `None` leaves the decision to the environment, the file and the defaults.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Configuration file [default: ./fujie.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the database and the keyring [env: FUJIE_DATA_DIR] [default: ./fujie-data]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [env: FUJIE_DATABASE_URL] [default: sqlite:<data folder>/fujie.db]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read, or would have been.
    pub file: PathBuf,
    pub data_dir: PathBuf,
    pub database_url: String,
    pub listen: SocketAddr,
    /// Without one it follows the address that was bound, which must be a loopback address then.
    pub base_url: Option<Url>,
    pub tls: Option<TlsFiles>,
    pub trusted_proxies: Vec<Network>,
    pub log_format: LogFormat,
    pub log_filter: String,
    pub zone: Zone,
    pub brand_zh: Option<String>,
    pub brand_en: Option<String>,
    /// The number of the registration that the law asks a site in China to show.
    pub icp: Option<String>,
    /// Private networks that gateways and other connectors may lie in.
    /// What `fujie breach-list build` wrote: new passwords are looked up in it.
    pub breach_list: Option<PathBuf>,
    pub outbound_allow: Vec<Network>,
    /// A PEM file of authorities that are trusted besides the public ones.
    pub outbound_roots: Option<PathBuf>,
}

/// `fujie.toml`. Relative paths are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database_url: Option<String>,
    listen: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    zone: Option<String>,
    breach_list: Option<String>,
    tls: Option<TlsSection>,
    #[serde(default)]
    log: LogSection,
    #[serde(default)]
    brand: BrandSection,
    #[serde(default)]
    outbound: OutboundSection,
}
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsSection {
    certificate: PathBuf,
    key: PathBuf,
}
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSection {
    #[serde(default)]
    format: LogFormat,
    filter: Option<String>,
}
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandSection {
    zh: Option<String>,
    en: Option<String>,
    icp: Option<String>,
}
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboundSection {
    #[serde(default)]
    allow: Vec<String>,
    roots: Option<PathBuf>,
}

impl Config {
    /// From the flags, the process environment and the file.
    pub fn load(flags: &Flags, listen: Option<&str>) -> Result<Self> {
        Self::resolve(flags, listen, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// As [`Config::load`] with a given environment, so that tests need not touch the process's.
    pub fn resolve(
        flags: &Flags,
        listen: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let (path, file) = read_file(flags.config.as_deref())?;
        let named = |key: &str| format!("{}: {key}", path.display());
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();

        let data_dir = match (&flags.data_dir, env("FUJIE_DATA_DIR"), &file.data_dir) {
            (Some(flag), ..) => flag.clone(),
            (None, Some(value), _) => PathBuf::from(value),
            (None, None, Some(value)) => folder.join(value),
            (None, None, None) => PathBuf::from(DEFAULT_DATA),
        };
        let database_url = match (&flags.database_url, env("FUJIE_DATABASE_URL"), file.database_url) {
            (Some(flag), ..) => known_database(flag.clone(), "--database-url")?,
            (None, Some(value), _) => known_database(value, "FUJIE_DATABASE_URL")?,
            (None, None, Some(value)) => known_database(value, &named("database_url"))?,
            (None, None, None) => format!("sqlite:{}", data_dir.join("fujie.db").display()),
        };
        let listen = match (listen, env("FUJIE_LISTEN"), file.listen) {
            (Some(flag), ..) => address(flag, "--listen")?,
            (None, Some(value), _) => address(&value, "FUJIE_LISTEN")?,
            (None, None, Some(value)) => address(&value, &named("listen"))?,
            (None, None, None) => DEFAULT_LISTEN,
        };
        let base_url = match (env("FUJIE_BASE_URL"), file.base_url) {
            (Some(value), _) => Some(parse_base_url(&value, "FUJIE_BASE_URL")?),
            (None, Some(value)) => Some(parse_base_url(&value, &named("base_url"))?),
            (None, None) if listen.ip().is_loopback() => None,
            (None, None) => bail!(
                "{}: the server would listen on {listen}, which others can reach, so it must be told the https \
                 address under which it is known (or set FUJIE_BASE_URL)",
                named("base_url")
            ),
        };
        let tls = file.tls.map(|section| TlsFiles {
            certificate: folder.join(section.certificate),
            key: folder.join(section.key),
        });
        if tls.is_some() && base_url.as_ref().is_none_or(|url| url.scheme() != "https") {
            bail!(
                "{}: with certificate files the base URL must be given and begin with https://",
                named("tls")
            );
        }
        let trusted_proxies =
            networks(file.trusted_proxies.iter().map(String::as_str), &named("trusted_proxies"))?;
        let outbound_allow = match env("FUJIE_OUTBOUND_ALLOW") {
            Some(value) => networks(value.split(','), "FUJIE_OUTBOUND_ALLOW")?,
            None => networks(file.outbound.allow.iter().map(String::as_str), &named("outbound.allow"))?,
        };
        let outbound_roots = match env("FUJIE_OUTBOUND_ROOTS") {
            Some(value) => Some(PathBuf::from(value)),
            None => file.outbound.roots.map(|path| folder.join(path)),
        };
        let zone = match file.zone {
            Some(name) => Zone::named(&name)
                .with_context(|| format!("{}: no time zone is named {name:?}", named("zone")))?,
            None => Zone::default(),
        };
        Ok(Self {
            file: path,
            data_dir,
            database_url,
            listen,
            base_url,
            tls,
            trusted_proxies,
            log_format: file.log.format,
            log_filter: env("FUJIE_LOG").or(file.log.filter).unwrap_or_else(|| "info".into()),
            zone,
            brand_zh: file.brand.zh,
            brand_en: file.brand.en,
            icp: file.brand.icp,
            breach_list: match env("FUJIE_BREACH_LIST") {
                Some(path) => Some(PathBuf::from(path)),
                None => file.breach_list.map(|path| folder.join(path)),
            },
            outbound_allow,
            outbound_roots,
        })
    }

    /// The address under which the server is known, once it is bound.
    pub fn base_url_at(&self, bound: SocketAddr) -> Result<Url> {
        match &self.base_url {
            Some(url) => Ok(url.clone()),
            None => Url::parse(&format!("http://{bound}")).context("the bound address makes no URL"),
        }
    }
    /// For the demonstration, whose passwords and messages are on show: nobody else may reach it, through a proxy neither.
    pub fn require_private(&self) -> Result<()> {
        if !self.listen.ip().is_loopback() {
            bail!(
                "the demonstration's passwords are on show (--demo, or a data folder with demo.json), so it listens on a \
                 loopback address alone, not on {}",
                self.listen
            );
        }
        match &self.base_url {
            Some(url) if !is_private(url) => bail!(
                "the demonstration's passwords are on show (--demo, or a data folder with demo.json), so it is known by a \
                 loopback address, or a name under .localhost or .test, alone, not as {url}"
            ),
            _ => Ok(()),
        }
    }
    pub fn keyring_path(&self) -> PathBuf {
        self.data_dir.join("keyring")
    }
    pub fn demo_path(&self) -> PathBuf {
        self.data_dir.join("demo.json")
    }
    /// The database file, if the database is a file.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        self.database_url.strip_prefix("sqlite:").map(PathBuf::from)
    }
    /// The database URL with its password hidden, for messages.
    pub fn database_shown(&self) -> String {
        match Url::parse(&self.database_url) {
            Ok(mut url) if url.password().is_some() => match url.set_password(Some("…")) {
                Ok(()) => url.to_string().replace("%E2%80%A6", "…"),
                Err(()) => "postgres://…".into(),
            },
            _ => self.database_url.clone(),
        }
    }
}

fn read_file(named: Option<&Path>) -> Result<(PathBuf, File)> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    let file = toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    Ok((path.to_owned(), file))
}

fn known_database(url: String, key: &str) -> Result<String> {
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    if !known || url == "sqlite:" {
        bail!("{key}: a database is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME");
    }
    Ok(url)
}

fn address(text: &str, key: &str) -> Result<SocketAddr> {
    text.parse().with_context(|| format!("{key}: {text:?} is not an address such as 127.0.0.1:8080"))
}

fn parse_base_url(text: &str, key: &str) -> Result<Url> {
    let url = Url::parse(text).with_context(|| format!("{key}: {text:?} is not a URL"))?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        bail!("{key}: the base URL is scheme, host and port alone, such as https://id.example.cn");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => bail!(
            "{key}: http is for trials on a loopback address; {text} needs https, by certificate files or a proxy"
        ),
        other => bail!("{key}: the base URL begins with https://, not {other}:"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Loopback, or a name that is reserved for it and for tests (RFC 6761).
fn is_private(url: &Url) -> bool {
    let reserved = |name: &str| name.ends_with(".localhost") || name.ends_with(".test");
    is_loopback(url) || matches!(url.host(), Some(Host::Domain(name)) if reserved(name))
}

fn networks<'a>(texts: impl Iterator<Item = &'a str>, key: &str) -> Result<Vec<Network>> {
    texts
        .map(|text| {
            text.trim()
                .parse()
                .map_err(|_| anyhow::anyhow!("{key}: {text:?} is not a network such as 10.0.0.0/8"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> (tempfile::TempDir, Flags) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fujie.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Flags { config: Some(path), ..Flags::default() })
    }
    fn load(text: &str) -> Result<Config> {
        let (_folder, flags) = with_file(text);
        Config::resolve(&flags, None, &|_| None)
    }

    #[test]
    fn defaults_suit_a_trial() {
        let config = load("").unwrap();
        assert_eq!(config.data_dir, Path::new("fujie-data"));
        assert_eq!(config.database_url, "sqlite:fujie-data/fujie.db");
        assert_eq!(config.listen, DEFAULT_LISTEN);
        assert_eq!(config.base_url_at(DEFAULT_LISTEN).unwrap().as_str(), "http://127.0.0.1:8080/");
    }
    #[test]
    fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
        let (folder, mut flags) = with_file("data_dir = 'here'\nlisten = '127.0.0.1:1'\n");
        let none = Config::resolve(&flags, None, &|_| None).unwrap();
        assert_eq!((none.data_dir, none.listen.port()), (folder.path().join("here"), 1));
        let env = |name: &str| match name {
            "FUJIE_DATA_DIR" => Some("there".to_owned()),
            "FUJIE_LISTEN" => Some("127.0.0.1:2".to_owned()),
            _ => None,
        };
        let second = Config::resolve(&flags, None, &env).unwrap();
        assert_eq!((second.data_dir.as_path(), second.listen.port()), (Path::new("there"), 2));
        flags.data_dir = Some("flag".into());
        let third = Config::resolve(&flags, Some("127.0.0.1:3"), &env).unwrap();
        assert_eq!((third.data_dir.as_path(), third.listen.port()), (Path::new("flag"), 3));
    }
    #[test]
    fn http_is_for_loopback_alone() {
        for good in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:9", "https://id.example.cn"] {
            assert!(parse_base_url(good, "base_url").is_ok(), "{good}");
        }
        for bad in
            ["http://id.example.cn", "https://id.example.cn/sub", "ftp://127.0.0.1", "id.example.cn", ""]
        {
            assert!(parse_base_url(bad, "base_url").is_err(), "{bad}");
        }
        let open = load("listen = '0.0.0.0:8080'").unwrap_err().to_string();
        assert!(open.contains("fujie.toml: base_url"), "{open}");
    }
    #[test]
    fn the_demonstration_is_for_nobody_else() {
        for good in ["", "base_url = 'https://op.test:8443'", "base_url = 'http://localhost:8080'"] {
            assert!(load(good).unwrap().require_private().is_ok(), "{good}");
        }
        for bad in [
            "base_url = 'https://id.example.cn'",
            "base_url = 'https://op.test.example.cn'",
            "listen = '0.0.0.0:8443'\nbase_url = 'https://op.test'",
        ] {
            assert!(load(bad).unwrap().require_private().is_err(), "{bad}");
        }
    }
    #[test]
    fn errors_name_file_and_key() {
        for (text, key) in [
            ("listen = 'x'", "listen"),
            ("database_url = 'mysql://x'", "database_url"),
            ("base_url = 'http://id.example.cn'", "base_url"),
            ("trusted_proxies = ['10.0.0.0/40']", "trusted_proxies"),
            ("[outbound]\nallow = ['here']", "outbound.allow"),
            ("zone = 'Nowhere/Town'", "zone"),
            ("[tls]\ncertificate = 'a'\nkey = 'b'", "tls"),
            ("lissten = 'x'", "lissten"),
            ("[log]\nformat = 'xml'", "format"),
        ] {
            let message = format!("{:#}", load(text).unwrap_err());
            assert!(message.contains("fujie.toml") && message.contains(key), "{text}: {message}");
        }
    }
    #[test]
    fn networks_are_opened_by_file_or_environment() {
        let (folder, flags) = with_file("[outbound]\nallow = ['10.0.0.0/8']\nroots = 'ca.pem'\n");
        let file = Config::resolve(&flags, None, &|_| None).unwrap();
        assert_eq!(file.outbound_allow, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(file.outbound_roots, Some(folder.path().join("ca.pem")));
        let env = |name: &str| (name == "FUJIE_OUTBOUND_ALLOW").then(|| "127.0.0.0/8, ::1".to_owned());
        let env = Config::resolve(&flags, None, &env).unwrap();
        assert_eq!(env.outbound_allow, ["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
    }
    #[test]
    fn passwords_of_databases_stay_out_of_messages() {
        let config = load("database_url = 'postgres://u:geheim@db.example.cn/fujie'").unwrap();
        assert_eq!(config.database_shown(), "postgres://u:…@db.example.cn/fujie");
    }
}
