//! The operations that are measured, on the demonstration's accounts.
use crate::{
    http::{Answer, Connection},
    measure::{self, Measured, Processes, since},
    processes,
};
use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};
use testkit::{
    Demo, Engine, Options, Server, form,
    party::{Attempt, text},
    process::Process,
};

const REDIRECT: &str = "http://127.0.0.1:9/callback";
/// Connections of operations that hash, and of the others.
const FEW: usize = 4;
const MANY: usize = 16;

pub struct Bench {
    server: Server,
    address: SocketAddr,
    engine: Engine,
    signed_in: Vec<Connection>,
    access_token: String,
}

/// Whom a worker signs in.
#[derive(Clone)]
struct Person {
    login_name: String,
    password: String,
}

impl Bench {
    pub async fn start(binary: &Path, engine: Engine) -> Result<Self> {
        let server = Server::start(Options::new(binary, engine).redirect(REDIRECT)).await?;
        let address = SocketAddr::from(([127, 0, 0, 1], server.port));
        let mut bench = Self { server, address, engine, signed_in: Vec::new(), access_token: String::new() };
        // Idle means idle: let the start's own work end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        bench.access_token = String::new();
        Ok(bench)
    }
    pub fn processes(&self) -> Processes {
        processes(self.server.pid().unwrap_or_default(), self.engine)
    }
    pub fn stored_hash(&self) -> Result<String> {
        let rows = self.server.database().rows("SELECT hash FROM password LIMIT 1")?;
        rows.into_iter().flatten().flatten().next().context("no password is stored")
    }
    fn person(&self, key: &str) -> Result<Person> {
        let account = self.server.demo.account(key)?;
        Ok(Person { login_name: account.login_name.clone(), password: account.password.clone() })
    }

    pub async fn sign_in(&mut self, time: Duration) -> Result<Measured> {
        let people = ["agent_granted", "administrator", "agent_not_granted", "legal_representative"];
        let mut workers = Vec::new();
        for key in people.iter().cycle().take(FEW) {
            workers.push((Connection::open(self.address).await?, self.person(key)?));
        }
        let (measured, _) = measure::run(
            &self.processes(),
            time,
            workers,
            async |(mut line, person), stop: Arc<AtomicBool>| {
                let mut latencies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    line.cookies.clear();
                    let begun = Instant::now();
                    sign_in(&mut line, &person).await?;
                    latencies.push(since(begun));
                }
                Ok(((line, person), latencies))
            },
        )
        .await?;
        Ok(measured)
    }

    /// Each connection has a session of its own, and consent is remembered.
    async fn sessions(&mut self) -> Result<Vec<Connection>> {
        let person = self.person("agent_granted")?;
        let mut lines = std::mem::take(&mut self.signed_in);
        while lines.len() < MANY {
            let mut line = Connection::open(self.address).await?;
            sign_in(&mut line, &person).await?;
            authorize(&mut line, &self.server.demo, &Attempt::new()).await?;
            lines.push(line);
        }
        Ok(lines)
    }

    pub async fn authorization_code(&mut self, time: Duration) -> Result<(Measured, Measured, Measured)> {
        let demo = Arc::new(self.server.demo.clone());
        let processes = self.processes();
        // Codes first, then their exchange, so that each has its own processor time; codes live long enough for that.
        let workers: Vec<_> =
            self.sessions().await?.into_iter().map(|line| (line, demo.clone(), Vec::new())).collect();
        let half = time.div_f64(2.0);
        let (authorized, workers) = measure::run(
            &processes,
            half,
            workers,
            async |(mut line, demo, mut codes), stop: Arc<AtomicBool>| {
                let mut latencies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let attempt = Attempt::new();
                    let begun = Instant::now();
                    let code = authorize(&mut line, &demo, &attempt).await?;
                    latencies.push(since(begun));
                    codes.push((code, attempt.verifier));
                }
                Ok(((line, demo, codes), latencies))
            },
        )
        .await?;
        let (exchanged, workers) =
            measure::run(&processes, time, workers, async |(mut line, demo, codes), _| {
                let mut latencies = Vec::new();
                let mut token = String::new();
                for (code, verifier) in codes {
                    let begun = Instant::now();
                    token = exchange(&mut line, &demo, &code, &verifier).await?;
                    latencies.push(since(begun));
                }
                Ok(((line, demo, vec![(token, String::new())]), latencies))
            })
            .await?;
        for (line, _, token) in workers {
            if let Some((token, _)) = token.into_iter().next().filter(|(t, _)| !t.is_empty()) {
                self.access_token = token;
            }
            self.signed_in.push(line);
        }
        // Both together, one after the other on a connection.
        let workers: Vec<_> = self.sessions().await?.into_iter().map(|line| (line, demo.clone())).collect();
        let (whole, workers) =
            measure::run(&processes, time, workers, async |(mut line, demo), stop: Arc<AtomicBool>| {
                let mut latencies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let attempt = Attempt::new();
                    let begun = Instant::now();
                    let code = authorize(&mut line, &demo, &attempt).await?;
                    exchange(&mut line, &demo, &code, &attempt.verifier).await?;
                    latencies.push(since(begun));
                }
                Ok(((line, demo), latencies))
            })
            .await?;
        self.signed_in.extend(workers.into_iter().map(|(line, _)| line));
        Ok((authorized, exchanged, whole))
    }

    pub async fn userinfo(&mut self, time: Duration) -> Result<Measured> {
        let headers = format!("authorization: Bearer {}\r\n", self.access_token);
        self.repeat(time, "GET", "/oauth2/userinfo".into(), headers, String::new()).await
    }
    pub async fn decision(&mut self, time: Duration) -> Result<Measured> {
        let client = self.server.demo.client()?;
        let agent = self.server.demo.account("agent_granted")?;
        let rows = self.server.database().rows(&format!(
            "SELECT sub FROM account WHERE login_name = '{}'",
            agent.login_name.replace('\'', "''")
        ))?;
        let sub = rows.into_iter().flatten().flatten().next().context("no such account")?;
        let body =
            serde_json::json!({ "subject": sub, "organization": agent.organization_id()? }).to_string();
        let headers =
            format!("{}content-type: application/json\r\n", basic(&client.client_id, &client.client_secret));
        self.repeat(time, "POST", "/api/v1/decisions".into(), headers, body).await
    }
    /// What a person opens most; the names are the paths with the organization's id left out.
    pub fn pages(&self) -> Result<Vec<(String, String)>> {
        let id = self.server.demo.account("agent_granted")?.organization_id()?;
        Ok(vec![
            ("/login".into(), "/login".into()),
            ("/me".into(), "/me".into()),
            ("/org/…".into(), format!("/org/{id}")),
            ("/org/…/products".into(), format!("/org/{id}/products")),
        ])
    }
    pub async fn page(&mut self, path: &str, time: Duration) -> Result<Measured> {
        self.repeat(time, "GET", path.into(), "accept: text/html\r\n".into(), String::new()).await
    }
    async fn repeat(
        &mut self,
        time: Duration,
        method: &'static str,
        target: String,
        headers: String,
        body: String,
    ) -> Result<Measured> {
        let request = Arc::new((target, headers, body));
        let workers: Vec<_> =
            self.sessions().await?.into_iter().map(|line| (line, request.clone())).collect();
        let (measured, workers) = measure::run(
            &self.processes(),
            time,
            workers,
            async move |(mut line, request), stop: Arc<AtomicBool>| {
                let mut latencies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    line.send(method, &request.0, &request.1, &request.2).await?.wants(200)?;
                    latencies.push(since(begun));
                }
                Ok(((line, request), latencies))
            },
        )
        .await?;
        self.signed_in = workers.into_iter().map(|(line, _)| line).collect();
        Ok(measured)
    }
}

async fn sign_in(line: &mut Connection, person: &Person) -> Result<()> {
    let page = line.get("/login").await?;
    if page.status != 200 {
        return Ok(());
    }
    let page = page.text();
    let (form, login, password) = form::sign_in(&page).context("no sign-in form")?;
    let filled = form.with(&login, &person.login_name).with(&password, &person.password);
    let answer = line.post(&filled.action, &filled.body()).await?;
    anyhow::ensure!(answer.status == 303, "{} was not signed in: {}", person.login_name, answer.text());
    Ok(())
}

/// Follows the redirects from the authorization endpoint to the code, through consent if it is asked for.
async fn authorize(line: &mut Connection, demo: &Demo, attempt: &Attempt) -> Result<String> {
    let query = attempt.query(&demo.client()?.client_id, REDIRECT, "openid profile");
    let mut answer = line.get(&format!("/oauth2/authorize?{query}")).await?;
    for _ in 0..6 {
        answer = match next(&answer) {
            Next::Code(code) => return Ok(code),
            Next::Page(path) => line.get(&path).await?,
            Next::Form(form) => line.post(&form.action, &form.body()).await?,
            Next::Lost => break,
        };
    }
    anyhow::bail!("no code: {} {:?} {}", answer.status, answer.location, answer.text())
}

enum Next {
    Code(String),
    Page(String),
    Form(form::Form),
    Lost,
}
fn next(answer: &Answer) -> Next {
    if let Some(location) = &answer.location {
        if location.starts_with(REDIRECT) {
            let code = url::Url::parse(location).ok().and_then(|u| {
                u.query_pairs().find(|(name, _)| name == "code").map(|(_, value)| value.into_owned())
            });
            return code.map_or(Next::Lost, Next::Code);
        }
        return Next::Page(location.clone());
    }
    let forms = form::forms(&answer.text());
    let consent = forms.into_iter().find(|f| f.action.starts_with("/consent"));
    match consent {
        Some(form) => Next::Form(form.allowed()),
        None => Next::Lost,
    }
}

async fn exchange(line: &mut Connection, demo: &Demo, code: &str, verifier: &str) -> Result<String> {
    let client = demo.client()?;
    let body = form::encode([
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ]);
    let headers = format!(
        "{}content-type: application/x-www-form-urlencoded\r\n",
        basic(&client.client_id, &client.client_secret)
    );
    let answer = line.send("POST", "/oauth2/token", &headers, &body).await?.wants(200)?.json()?;
    Ok(text(&answer, "access_token").context("no access token")?.to_owned())
}

fn basic(id: &str, secret: &str) -> String {
    let pair = format!("{}:{}", form::encode_one(id), form::encode_one(secret));
    format!("authorization: Basic {}\r\n", data_encoding::BASE64.encode(pair.as_bytes()))
}

/// Milliseconds from the start of the process to the first answer: on an empty folder, and on the same folder again.
pub async fn start_up(binary: &Path, engine: Engine) -> Result<(f64, f64)> {
    let bare = Server::bare(Options::new(binary, engine))?;
    let port = testkit::process::free_port()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let once = async || -> Result<f64> {
        let begun = Instant::now();
        let process = Process::spawn(
            std::process::Command::new(binary)
                .args(["serve", "--demo", "--listen", &address.to_string()])
                .env("FUJIE_DATA_DIR", bare.folder.path())
                .env("FUJIE_DATABASE_URL", bare.database.url())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        loop {
            anyhow::ensure!(begun.elapsed().as_secs() < 60, "the server did not start");
            if let Ok(mut line) = Connection::open(address).await
                && line.get("/login").await.is_ok_and(|a| a.status == 200)
            {
                break;
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        let measured = since(begun);
        process.stop(Duration::from_secs(20))?;
        Ok(measured)
    };
    let first = once().await?;
    let mut later = [once().await?, once().await?, once().await?, once().await?, once().await?];
    later.sort_by(f64::total_cmp);
    Ok((first, later.get(2).copied().unwrap_or(f64::NAN)))
}

/// Requests per processor second of the smallest handler.
pub async fn bare_handler(time: Duration) -> Result<f64> {
    use std::io::BufRead as _;
    let mut child = std::process::Command::new(std::env::current_exe()?)
        .arg("--serve-bare")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    let address = SocketAddr::from(([127, 0, 0, 1], line.trim().parse()?));
    let mut workers = Vec::new();
    for _ in 0..MANY {
        workers.push(Connection::open(address).await?);
    }
    let outcome = measure::run(
        &Processes(vec![child.id()]),
        time.min(Duration::from_secs(3)),
        workers,
        async |mut line: Connection, stop: Arc<AtomicBool>| {
            let mut latencies = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                line.get("/").await?.wants(200)?;
                latencies.push(since(begun));
            }
            Ok((line, latencies))
        },
    )
    .await;
    child.kill()?;
    child.wait()?;
    Ok(outcome?.0.per_cpu_second())
}

/// The private PostgreSQL's processes: those whose parent is the postmaster that serves the test's port.
pub fn postgres_processes() -> Vec<u32> {
    let Ok(url) = std::env::var("FUJIE_TEST_POSTGRES") else { return Vec::new() };
    let port = url::Url::parse(&url).ok().and_then(|u| u.port()).unwrap_or_default().to_string();
    let words = |pid: u32| -> Vec<String> {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|b| *b == 0).map(|w| String::from_utf8_lossy(w).into_owned()).collect()
    };
    let parent = |pid: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    let all: Vec<u32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .collect();
    let postmaster = all.iter().copied().find(|pid| {
        let words = words(*pid);
        words.first().is_some_and(|w| w.ends_with("/postgres"))
            && words.windows(2).any(|w| w == ["-p", port.as_str()])
    });
    let Some(postmaster) = postmaster else { return Vec::new() };
    all.into_iter().filter(|pid| *pid == postmaster || parent(*pid) == Some(postmaster)).collect()
}
