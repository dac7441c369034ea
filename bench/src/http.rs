//! A small client: one kept-alive connection of HTTP/1.1, and a browser on top that keeps cookies and fills in forms.
use crate::form::{self, Form};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use tokio::net::TcpSocket;

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}
impl Reply {
    pub fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION)?.to_str().ok()
    }
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).context("the body is not UTF-8")
    }
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: not the JSON expected", self.told()))
    }
    /// Fails with what the server said instead.
    pub fn expect(self, status: StatusCode) -> Result<Self> {
        ensure!(self.status == status, "{status} was expected, not {}", self.told());
        Ok(self)
    }
    /// Status, place and the beginning of the body, for messages.
    pub fn told(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let main = body.split_once("<main").map_or(&*body, |(_, main)| main);
        let start: String = main.chars().take(400).collect();
        format!("{} {} {start}", self.status, self.location().unwrap_or_default())
    }
}

/// Opened at first use and again when the server closed it, as between rounds that lie far apart.
#[derive(Debug)]
pub struct Connection {
    authority: String,
    source: IpAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}
impl Connection {
    pub fn new(authority: &str) -> Self {
        Self { authority: authority.to_owned(), source: Ipv4Addr::UNSPECIFIED.into(), sender: None }
    }
    /// From an address of the loopback network of its own, so that limits by source do not take all callers for one.
    pub fn come_from(&mut self, source: Ipv4Addr) {
        self.source = source.into();
        self.sender = None;
    }
    pub async fn get(&mut self, target: &str) -> Result<Reply> {
        self.send(Method::GET, target, &[], Bytes::new()).await
    }
    pub async fn send(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(header::HeaderName, &str)],
        body: Bytes,
    ) -> Result<Reply> {
        let mut request = Request::builder().method(method).uri(target).header(header::HOST, &self.authority);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let sender = self.sender().await?;
        let response = sender.send_request(request.body(Full::new(body))?).await;
        let (head, body) = response.with_context(|| format!("{target}: no answer"))?.into_parts();
        let body =
            body.collect().await.with_context(|| format!("{target}: the answer broke off"))?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        sender.ready().await?;
        Ok(self.sender.insert(sender))
    }
    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.source, 0).into())?;
        let stream = socket.connect(self.authority.parse()?).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}

/// The cookies of one browser for one server.
#[derive(Clone, Debug, Default)]
pub struct Cookies(BTreeMap<String, String>);
impl Cookies {
    pub fn take(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    /// What outlives a sign-out: the cookie by which the browser is known again.
    pub fn known_browser(&self) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| name.contains("device"))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        )
    }
    pub fn line(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
    /// Whether somebody is signed in: before that, the cookie's name ends in `-pre`.
    pub fn signed_in(&self) -> bool {
        self.0.keys().any(|name| {
            name.contains("fujie")
                && !["pre", "flash", "device", "lang"].iter().any(|other| name.ends_with(other))
        })
    }
}

/// What a person's browser does: keeps cookies and says where a form came from.
#[derive(Debug)]
pub struct Browser {
    pub connection: Connection,
    pub cookies: Cookies,
    origin: String,
}
impl Browser {
    pub fn new(authority: &str) -> Self {
        let origin = format!("http://{authority}");
        Self { connection: Connection::new(authority), cookies: Cookies::default(), origin }
    }
    /// The same connection with another person before it.
    pub fn forget(&mut self) {
        self.cookies = Cookies::default();
    }
    pub async fn get(&mut self, target: &str) -> Result<Reply> {
        let cookies = self.cookies.line();
        let mut headers = vec![(header::ACCEPT, "text/html"), (header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9")];
        if !cookies.is_empty() {
            headers.push((header::COOKIE, &cookies));
        }
        let reply = self.connection.send(Method::GET, self.local(target), &headers, Bytes::new()).await?;
        self.cookies.take(&reply.headers);
        Ok(reply)
    }
    pub async fn submit(&mut self, form: &Form) -> Result<Reply> {
        let cookies = self.cookies.line();
        let headers = [
            (header::ACCEPT, "text/html"),
            (header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9"),
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (header::ORIGIN, &self.origin),
            (header::HeaderName::from_static("sec-fetch-site"), "same-origin"),
            (header::COOKIE, &cookies),
        ];
        let body = form::encode(form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let target = self.local(&form.action).to_owned();
        let reply = self.connection.send(Method::POST, &target, &headers, body.into()).await?;
        self.cookies.take(&reply.headers);
        Ok(reply)
    }
    /// Path and query of an address of this server; every other address as it is.
    pub fn local<'a>(&self, target: &'a str) -> &'a str {
        target.strip_prefix(&self.origin).unwrap_or(target)
    }
    /// Sign-in page, form, answer. A captcha means that the measurement is none.
    pub async fn sign_in(&mut self, login_name: &str, password: &str) -> Result<()> {
        let page = self.get("/login").await?.expect(StatusCode::OK)?;
        let page = page.text()?;
        ensure!(!page.contains("captcha-answer"), "the sign-in page asks for a captcha");
        let form = form::forms(page).into_iter().find(|form| form.has("login-password"));
        let form = form.context("the sign-in page has no form with a password")?;
        let form = form.with("login-name", login_name).with("login-password", password);
        let answer = self.submit(&form).await?.expect(StatusCode::SEE_OTHER)?;
        ensure!(self.cookies.signed_in(), "{login_name} is not signed in: {}", answer.told());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::SET_COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn cookies_come_change_and_go() {
        let mut cookies = Cookies::default();
        cookies.take(&headers(&["fujie-80-pre=abc; Path=/; HttpOnly", "other=1"]));
        assert_eq!(cookies.line(), "fujie-80-pre=abc; other=1");
        assert!(!cookies.signed_in());
        cookies.take(&headers(&["fujie-80=xyz=; Path=/", "fujie-80-pre=; Path=/; Max-Age=0", "other=2"]));
        assert_eq!(cookies.line(), "fujie-80=xyz=; other=2");
        assert!(cookies.signed_in());
    }
    #[test]
    fn own_addresses_lose_their_origin() {
        let browser = Browser::new("127.0.0.1:80");
        assert_eq!(browser.local("http://127.0.0.1:80/me?x=1"), "/me?x=1");
        assert_eq!(browser.local("http://127.0.0.2/me"), "http://127.0.0.2/me");
    }
}
