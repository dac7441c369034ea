//! Debian's Apache with mod_auth_openidc as a relying party: an own instance with its own configuration on loopback.
use crate::{
    demo::Client,
    process::{Process, free_port},
};
use anyhow::{Context, Result, bail};
use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub struct Apache {
    pub base: String,
    process: Option<Process>,
    folder: tempfile::TempDir,
}

const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";

/// What Apache takes before it starts, so that its redirect address can be registered first.
pub struct Place {
    pub base: String,
    port: u16,
}

impl Place {
    /// `None` where Apache or the module is missing and a test may be skipped.
    pub fn find() -> Result<Option<Self>> {
        if !Path::new(PROGRAM).is_file() || !Path::new(MODULES).join("mod_auth_openidc.so").is_file() {
            crate::skip("Apache with mod_auth_openidc is not installed")?;
            return Ok(None);
        }
        let port = free_port()?;
        Ok(Some(Self { base: format!("http://127.0.0.1:{port}"), port }))
    }
    pub fn redirect_uri(&self) -> String {
        format!("{}/protected/redirect_uri", self.base)
    }
}

impl Apache {
    pub async fn start(place: Place, issuer: &str, client: &Client) -> Result<Self> {
        Self::start_with(place, issuer, client, "").await
    }
    /// With further directives, which count more than those that are there anyway.
    pub async fn start_with(place: Place, issuer: &str, client: &Client, more: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        // The workers run as another user when the tests run as root.
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755))?;
        let documents = root.join("documents");
        std::fs::create_dir_all(documents.join("protected"))?;
        for page in ["protected/index.shtml", "protected/renewed.shtml"] {
            std::fs::write(documents.join(page), "<pre id=\"environment\"><!--#printenv --></pre>")?;
        }
        std::fs::write(documents.join("out.html"), "<h1 id=\"out\">signed out</h1>")?;
        std::fs::write(root.join("apache.conf"), configuration(root, &place, issuer, client, more))?;
        let log = std::fs::File::create(root.join("start.log"))?;
        let process = Process::spawn(
            Command::new(PROGRAM)
                .arg("-f")
                .arg(root.join("apache.conf"))
                .args(["-D", "FOREGROUND"])
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log),
        )?;
        let mut apache = Self { base: place.base, process: Some(process), folder };
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if tokio::net::TcpStream::connect(("127.0.0.1", place.port)).await.is_ok() {
                return Ok(apache);
            }
            if let Some(status) = apache.process.as_mut().context("running")?.exited()? {
                bail!("Apache ended at once with {status}:\n{}", apache.log());
            }
            anyhow::ensure!(Instant::now() < until, "Apache did not listen:\n{}", apache.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    pub fn log(&self) -> String {
        ["start.log", "error.log"]
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .join("\n")
    }
}
impl Drop for Apache {
    fn drop(&mut self) {
        // SIGTERM, so that Apache ends its own workers; SIGKILL would orphan them.
        if let Some(process) = self.process.take() {
            drop(process.stop(Duration::from_secs(10)));
        }
    }
}

fn configuration(root: &Path, place: &Place, issuer: &str, client: &Client, more: &str) -> String {
    let root = root.display();
    let (port, base) = (place.port, &place.base);
    let redirect = place.redirect_uri();
    let (id, secret) = (&client.client_id, &client.client_secret);
    let modules = [
        ("mpm_event", "mod_mpm_event.so"),
        ("authn_core", "mod_authn_core.so"),
        ("authz_core", "mod_authz_core.so"),
        ("authz_user", "mod_authz_user.so"),
        ("dir", "mod_dir.so"),
        ("env", "mod_env.so"),
        ("mime", "mod_mime.so"),
        ("include", "mod_include.so"),
        ("auth_openidc", "mod_auth_openidc.so"),
    ];
    let modules: String =
        modules.iter().map(|(name, file)| format!("LoadModule {name}_module {MODULES}/{file}\n")).collect();
    format!(
        r#"ServerRoot "{root}"
PidFile "{root}/apache.pid"
DefaultRuntimeDir "{root}"
Mutex file:{root} default
ErrorLog "{root}/error.log"
LogLevel warn auth_openidc:info
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
User www-data
Group www-data
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
{modules}
DocumentRoot "{root}/documents"
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
DirectoryIndex index.shtml
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
OIDCClientSecret {secret}
OIDCRedirectURI {redirect}
OIDCDefaultLoggedOutURL {base}/out.html
OIDCCryptoPassphrase a-passphrase-of-the-tests-alone
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCScope "openid profile"
OIDCPassClaimsAs both
OIDCSessionInactivityTimeout 3600
<Directory "{root}/documents">
    Options +Includes
    Require all granted
</Directory>
<Location "/protected">
    AuthType openid-connect
    Require valid-user
</Location>
{more}
"#
    )
}
