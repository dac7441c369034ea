//! A browser without scripts and without a window: keeps cookies, reads forms, follows redirects when told to.
use crate::form::{self, Form};
use anyhow::{Context, Result};
use reqwest::{StatusCode, header};
use sha2::{Digest as _, Sha256};
use std::net::{Ipv4Addr, SocketAddr};
use url::Url;

#[derive(Clone, Debug)]
pub struct Agent {
    client: reqwest::Client,
    base: Url,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub url: Url,
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: String,
}

impl Agent {
    /// `base` is where relative paths lead. The test hosts resolve to loopback and the test authority is trusted.
    pub fn new(base: &str) -> Result<Self> {
        let base = Url::parse(base)?;
        let authority = crate::tls::authority()?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .tls_certs_only([reqwest::Certificate::from_pem(authority.ca_pem.as_bytes())?]);
        for host in crate::tls::HOSTS {
            builder = builder.resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        Ok(Self { client: builder.build()?, base })
    }
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }
    pub fn url(&self, target: &str) -> Result<Url> {
        self.base.join(target).with_context(|| format!("target {target}"))
    }
    pub async fn get(&self, target: &str) -> Result<Reply> {
        self.send(self.client.get(self.url(target)?).header(header::ACCEPT, "text/html")).await
    }
    /// GET, then every redirect that stays on the base's origin.
    pub async fn visit(&self, target: &str) -> Result<Reply> {
        let first = self.get(target).await?;
        self.follow(first).await
    }
    pub async fn follow(&self, mut reply: Reply) -> Result<Reply> {
        for _ in 0..10 {
            match reply.location() {
                Some(next) if next.origin() == self.base.origin() => reply = self.get(next.as_str()).await?,
                _ => return Ok(reply),
            }
        }
        anyhow::bail!("more than ten redirects, last {}", reply.url)
    }
    /// POST of a form with the headers that a browser on the same origin sends.
    pub async fn post(&self, target: &str, fields: &[(&str, &str)]) -> Result<Reply> {
        self.post_body(target, form::encode(fields.iter().copied())).await
    }
    pub async fn post_body(&self, target: &str, body: impl Into<reqwest::Body>) -> Result<Reply> {
        let request = self
            .client
            .post(self.url(target)?)
            .header(header::ACCEPT, "text/html")
            .header(header::ORIGIN, self.base.origin().ascii_serialization())
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }
    /// Sends a form of a page that was got before.
    pub async fn submit(&self, page: &Reply, form: &Form) -> Result<Reply> {
        let target = page.url.join(&form.action)?;
        if form.method == "post" {
            return self.post_body(target.as_str(), form.body()).await;
        }
        let mut target = target;
        target.set_query(Some(&form.body()));
        self.get(target.as_str()).await
    }
    /// Sends a form of a page with a file in its field `file`.
    pub async fn upload(&self, page: &Reply, form: &Form, name: &str, file: &[u8]) -> Result<Reply> {
        self.attach(page, form, ("file", name), file).await
    }
    /// As [`Self::upload`], in another field.
    pub async fn attach(
        &self,
        page: &Reply,
        form: &Form,
        (field, name): (&str, &str),
        file: &[u8],
    ) -> Result<Reply> {
        const BOUNDARY: &str = "fujie-test-file-52c9";
        let mut body = Vec::with_capacity(file.len() + 2048);
        for (name, value) in &form.fields {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request = self
            .client
            .post(page.url.join(&form.action)?)
            .header(header::ORIGIN, self.base.origin().ascii_serialization())
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(body);
        self.send(request).await
    }
    /// A file that an address gives to keep, or a form that is sent there.
    pub async fn download(&self, target: &str, form: Option<&Form>, language: &str) -> Result<Vec<u8>> {
        let target = self.url(target)?;
        let request = match form {
            None => self.client.get(target),
            Some(form) => self
                .client
                .post(target)
                .header(header::ORIGIN, self.base.origin().ascii_serialization())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.body()),
        };
        let reply = request.header(header::ACCEPT_LANGUAGE, language).send().await?;
        let kept = reply.headers().get(header::CONTENT_DISPOSITION).and_then(|value| value.to_str().ok());
        anyhow::ensure!(
            reply.status() == StatusCode::OK && kept.is_some_and(|value| value.starts_with("attachment")),
            "{} is no file: {} {kept:?}",
            reply.url(),
            reply.status()
        );
        Ok(reply.bytes().await?.to_vec())
    }
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Reply> {
        let response = request.send().await?;
        Ok(Reply {
            url: response.url().clone(),
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await?,
        })
    }
    /// The sign-in page, filled in and sent. What comes back is not followed.
    pub async fn sign_in(&self, login_name: &str, password: &str) -> Result<Reply> {
        let page = self.get("/login").await?;
        self.sign_in_at(&page, login_name, password).await
    }
    pub async fn sign_in_at(&self, page: &Reply, login_name: &str, password: &str) -> Result<Reply> {
        let (form, login, secret) = form::sign_in(&page.body)
            .with_context(|| format!("{} has no sign-in form:\n{}", page.url, page.excerpt()))?;
        self.submit(page, &form.with(&login, login_name).with(&secret, password)).await
    }
}

/// The proof of work that a script does in place of the picture: a number after which SHA-256 begins with zero bits.
pub fn proof_of_work(token: &str, bits: u32) -> String {
    let zeros = |nonce: u64| {
        let mut count = 0;
        for byte in Sha256::digest(format!("{token}:{nonce}")) {
            count += byte.leading_zeros();
            if byte != 0 {
                break;
            }
        }
        count
    };
    (0_u64..).find(|nonce| zeros(*nonce) >= bits).unwrap_or_default().to_string()
}

impl Reply {
    /// The captcha's work done, where the form asks for it.
    pub fn worked(&self, form: Form) -> Form {
        let bits =
            self.body.split_once("data-bits=\"").and_then(|(_, rest)| rest.split_once('"')?.0.parse().ok());
        match (form.value("captcha").map(String::from), bits) {
            (Some(token), Some(bits)) => form.with("captcha-work", &proof_of_work(&token, bits)),
            _ => form,
        }
    }
    pub fn location(&self) -> Option<Url> {
        if !self.status.is_redirection() {
            return None;
        }
        let text = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.url.join(text).ok()
    }
    pub fn forms(&self) -> Vec<Form> {
        form::forms(&self.body)
    }
    /// The form that has a field of this name.
    pub fn form_with(&self, name: &str) -> Result<Form> {
        let found = self.forms().into_iter().find(|f| f.method == "post" && f.has(name));
        found.with_context(|| {
            format!("{} ({}) has no form with {name}:\n{}", self.url, self.status, self.excerpt())
        })
    }
    /// The form whose action ends so (its query aside).
    pub fn form_to(&self, action: &str) -> Result<Form> {
        let found = self
            .forms()
            .into_iter()
            .find(|f| f.action.split('?').next().is_some_and(|a| a.ends_with(action)));
        found.with_context(|| {
            format!("{} ({}) has no form to {action}:\n{}", self.url, self.status, self.excerpt())
        })
    }
    pub fn error_code(&self) -> Option<String> {
        form::text_of(&self.body, "error-code")
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body)
            .with_context(|| format!("{} answered {}: {}", self.url, self.status, self.excerpt()))
    }
    pub fn excerpt(&self) -> String {
        let main = self.body.split_once("<main").map_or(self.body.as_str(), |(_, main)| main);
        main.chars().take(3000).collect()
    }
    /// The value of a query parameter of the place that this redirect leads to.
    pub fn location_parameter(&self, name: &str) -> Option<String> {
        self.location()?.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }
}
