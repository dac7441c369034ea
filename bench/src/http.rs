//! A small HTTP/1.1 client over one kept connection: it costs less than what it measures, and cookies are the caller's.
use anyhow::{Context, Result, bail};
use std::{collections::BTreeMap, net::SocketAddr};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

pub struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    pub cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: Vec<u8>,
}
impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {}", self.status, self.text()))
    }
    pub fn wants(self, status: u16) -> Result<Self> {
        if self.status != status {
            bail!("{} instead of {status}: {:?} {}", self.status, self.location, self.text());
        }
        Ok(self)
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_string(), cookies: BTreeMap::new() })
    }
    pub async fn get(&mut self, target: &str) -> Result<Answer> {
        self.send("GET", target, "accept: text/html\r\n", "").await
    }
    /// As a browser sends a form of the same origin.
    pub async fn post(&mut self, target: &str, body: &str) -> Result<Answer> {
        let headers = format!(
            "accept: text/html\r\norigin: http://{}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\n",
            self.host
        );
        self.send("POST", target, &headers, body).await
    }
    pub async fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> Result<Answer> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n{headers}", self.host);
        if !self.cookies.is_empty() {
            let all: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            head.push_str(&format!("cookie: {}\r\n", all.join("; ")));
        }
        if method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        head.push_str(body);
        self.stream.get_mut().write_all(head.as_bytes()).await?;
        self.read().await
    }
    async fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        anyhow::ensure!(read > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }
    async fn read(&mut self) -> Result<Answer> {
        let first = self.line().await?;
        let status = first.split(' ').nth(1).context("no status")?.parse()?;
        let (mut length, mut chunked, mut location) = (0_usize, false, None);
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "location" => location = Some(value.to_owned()),
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(self.line().await?.split(';').next().unwrap_or("0"), 16)?;
                let start = body.len();
                body.resize(start + size, 0);
                let place = body.get_mut(start..).context("chunk")?;
                self.stream.read_exact(place).await?;
                self.line().await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(length, 0);
            self.stream.read_exact(&mut body).await?;
        }
        Ok(Answer { status, location, body })
    }
    fn keep(&mut self, header: &str) {
        let pair = header.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        let gone = header.to_ascii_lowercase().contains("max-age=0");
        if gone || value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
