//! Chromium through chromedriver: a fresh profile each, hosts of the journeys on loopback, the test authority trusted.
use crate::{
    process::{Process, end_all_naming, free_port},
    tls,
};
use anyhow::{Context, Result, bail};
use futures_util::FutureExt as _;
use std::{
    panic::AssertUnwindSafe,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use thirtyfour::{LoggingPrefsLogLevel, prelude::*};

/// How a page is looked at.
#[derive(Clone, Debug)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    /// What the browser asks for: `zh-CN` or `en`.
    pub language: &'static str,
    pub scripts: bool,
}
impl Default for Look {
    fn default() -> Self {
        Self { width: 1440, height: 1000, dark: false, language: "zh-CN", scripts: true }
    }
}

pub struct Browser {
    pub driver: WebDriver,
    name: String,
    profile: tempfile::TempDir,
    _chromedriver: Process,
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).flat_map(|dir| names.iter().map(move |n| dir.join(n))).find(|p| p.is_file())
}

/// Runs a journey in a fresh browser. A failure leaves a picture and the page in `target/journeys`.
pub async fn journey(name: &str, look: Look, walk: impl AsyncFnOnce(&Browser) -> Result<()>) -> Result<()> {
    let Some(browser) = Browser::open(name, look).await? else { return Ok(()) };
    let driver = browser.driver.clone();
    let outcome = AssertUnwindSafe(walk(&browser)).catch_unwind().await;
    let failed = !matches!(outcome, Ok(Ok(())));
    if failed {
        let folder = crate::target().join("journeys");
        std::fs::create_dir_all(&folder)?;
        if let Ok(picture) = driver.screenshot_as_png().await {
            std::fs::write(folder.join(format!("{name}.png")), picture)?;
        }
        let address = driver.current_url().await.map(|u| u.to_string()).unwrap_or_default();
        let source = driver.source().await.unwrap_or_default();
        std::fs::write(folder.join(format!("{name}.html")), format!("<!-- {address} -->\n{source}"))?;
        eprintln!("{name} failed at {address}");
    }
    let closed = driver.quit().await;
    match outcome {
        Ok(Ok(())) => closed.context("closing the browser"),
        Ok(Err(error)) => Err(error),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

impl Browser {
    /// `None` where there is no Chromium and a test may be skipped.
    pub async fn open(name: &str, look: Look) -> Result<Option<Self>> {
        let (Some(chromium), Some(chromedriver)) =
            (find(&["chromium", "chromium-browser", "google-chrome"]), find(&["chromedriver"]))
        else {
            crate::skip("Chromium and chromedriver are not installed")?;
            return Ok(None);
        };
        let profile = tempfile::Builder::new().prefix("fujie-browser-").tempdir()?;
        let port = free_port()?;
        let mut process = Process::spawn(
            Command::new(chromedriver)
                .arg(format!("--port={port}"))
                .env("HOME", profile.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        wait_for_port(port, &mut process).await?;

        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(chromium.to_str().context("path of chromium")?)?;
        let map = tls::HOSTS.map(|host| format!("MAP {host} 127.0.0.1")).join(", ");
        for argument in [
            "--headless".into(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-dev-shm-usage".into(),
            "--no-first-run".into(),
            "--no-default-browser-check".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--disable-extensions".into(),
            "--disable-features=Translate,OptimizationHints,MediaRouter,PasswordManagerOnboarding".into(),
            "--password-store=basic".into(),
            "--hide-scrollbars".into(),
            format!("--user-data-dir={}", profile.path().join("data").display()),
            format!("--host-resolver-rules={map}"),
            format!("--ignore-certificate-errors-spki-list={}", tls::authority()?.spki_hash),
            format!("--window-size={},{}", look.width, look.height),
            format!("--lang={}", look.language),
            format!("--accept-lang={}", look.language),
        ] {
            capabilities.add_arg(&argument)?;
        }
        if look.dark {
            capabilities.add_arg("--force-dark-mode")?;
            capabilities.add_arg("--blink-settings=preferredColorScheme=0")?;
        }
        let preferences = serde_json::json!({
            "intl.accept_languages": look.language,
            // 1 allows scripts, 2 blocks them.
            "profile.managed_default_content_settings.javascript": if look.scripts { 1 } else { 2 },
            "credentials_enable_service": false,
            "profile.password_manager_enabled": false,
            "profile.password_manager_leak_detection": false,
        });
        capabilities.add_experimental_option("prefs", preferences)?;
        // What a page's policy refuses or a missing file says in the console is a fault of the page.
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;

        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .context("starting Chromium")?;
        let browser = Self { driver, name: name.to_owned(), profile, _chromedriver: process };
        browser.resize(look.width, look.height).await?;
        Ok(Some(browser))
    }

    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        // The window's own bounds stop at 500 pixels; the emulated screen does not.
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        )
        .await?;
        Ok(())
    }
    pub async fn theme(&self, dark: bool) -> Result<()> {
        let value = if dark { "dark" } else { "light" };
        self.cdp(
            "Emulation.setEmulatedMedia",
            serde_json::json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] }),
        )
        .await?;
        Ok(())
    }
    pub async fn cdp(&self, command: &str, parameters: serde_json::Value) -> Result<serde_json::Value> {
        self.driver.cdp().send_raw(command, parameters).await.with_context(|| command.to_owned())
    }

    pub async fn go(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.with_context(|| format!("going to {url}"))
    }
    pub async fn url(&self) -> Result<url::Url> {
        Ok(url::Url::parse(self.driver.current_url().await?.as_str())?)
    }
    pub async fn path(&self) -> Result<String> {
        Ok(self.url().await?.path().to_owned())
    }
    pub async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Tag("body")).await?.text().await?)
    }
    /// The element, waited for.
    pub async fn find(&self, css: &str) -> Result<WebElement> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match self.driver.find(By::Css(css)).await {
                Ok(element) => return Ok(element),
                Err(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(40)).await,
                Err(_) => bail!("no {css} at {}:\n{}", self.url().await?, self.excerpt().await),
            }
        }
    }
    pub async fn has(&self, css: &str) -> Result<bool> {
        Ok(!self.driver.find_all(By::Css(css)).await?.is_empty())
    }
    /// How many there are.
    pub async fn count(&self, css: &str) -> Result<usize> {
        Ok(self.driver.find_all(By::Css(css)).await?.len())
    }
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.find(css).await?;
        field.clear().await?;
        field.send_keys(text).await.with_context(|| format!("typing into {css}"))?;
        Ok(())
    }
    /// What a field holds now.
    pub async fn value(&self, css: &str) -> Result<String> {
        Ok(self.find(css).await?.prop("value").await?.unwrap_or_default())
    }
    /// Clicks what leads to another page, and waits until it has come.
    pub async fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        let page = self.driver.find(By::Tag("html")).await?;
        element.scroll_into_view().await.ok();
        element.click().await.with_context(|| format!("clicking {css}"))?;
        self.gone(&page).await.with_context(|| format!("clicking {css}"))
    }
    /// Waits until the document that `page` is the root of has been replaced and the next is complete.
    async fn gone(&self, page: &WebElement) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(15);
        while page.tag_name().await.is_ok() {
            anyhow::ensure!(
                Instant::now() < until,
                "nothing happened at {}:\n{}",
                self.url().await?,
                self.excerpt().await
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        self.settled().await
    }
    /// Waits for the page to be complete.
    pub async fn settled(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let state = self.driver.execute("return document.readyState", vec![]).await;
            if state.is_ok_and(|s| s.json().as_str() == Some("complete")) {
                return Ok(());
            }
            anyhow::ensure!(
                Instant::now() < until,
                "the page did not become complete: {}",
                self.url().await?
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    /// Clicks without waiting for another page.
    pub async fn tick(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        element.scroll_into_view().await.ok();
        element.click().await.with_context(|| format!("clicking {css}"))?;
        Ok(())
    }
    /// Chooses the option of a select by its value.
    pub async fn choose(&self, css: &str, value: &str) -> Result<()> {
        let option = format!("{css} option[value=\"{value}\"]");
        self.tick(&option).await
    }
    /// Waits until the address satisfies the test.
    pub async fn until(&self, what: &str, test: impl Fn(&url::Url) -> bool) -> Result<url::Url> {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let url = self.url().await?;
            if test(&url) {
                self.settled().await?;
                return Ok(url);
            }
            anyhow::ensure!(Instant::now() < until, "not {what} but {url}:\n{}", self.excerpt().await);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    pub async fn sign_in(&self, base: &str, login_name: &str, password: &str) -> Result<()> {
        self.go(&format!("{base}/login")).await?;
        self.sign_in_here(login_name, password).await
    }
    /// The sign-in page is open.
    pub async fn sign_in_here(&self, login_name: &str, password: &str) -> Result<()> {
        self.fill("#login-name", login_name).await?;
        self.fill("#login-password", password).await?;
        self.click("#login-submit").await
    }
    pub async fn excerpt(&self) -> String {
        self.text().await.unwrap_or_default().chars().take(2000).collect()
    }
    /// A picture for people, in `target/journeys`.
    pub async fn picture(&self, step: &str) -> Result<()> {
        let folder = crate::target().join("journeys");
        std::fs::create_dir_all(&folder)?;
        let png = self.driver.screenshot_as_png().await?;
        std::fs::write(folder.join(format!("{}-{step}.png", self.name)), png)?;
        Ok(())
    }
    /// What the console has said since the last look, with what a browser says about every form over http left out.
    pub async fn console(&self) -> Result<Vec<String>> {
        let lines = self.driver.browser_log().await?;
        Ok(lines
            .into_iter()
            .map(|entry| format!("{:?}: {}", entry.level, entry.message))
            .filter(|line| !line.contains("favicon.ico") && !line.contains("autocomplete"))
            .collect())
    }
}
impl Drop for Browser {
    fn drop(&mut self) {
        // After an orderly quit nothing is left; after a broken one everything of this profile goes.
        end_all_naming(self.profile.path());
    }
}

async fn wait_for_port(port: u16, process: &mut Process) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        if let Some(status) = process.exited()? {
            bail!("chromedriver ended at once with {status}");
        }
        anyhow::ensure!(Instant::now() < until, "chromedriver did not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
