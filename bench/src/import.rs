//! Many people from one file, as an administrator sends it: read, compared, confirmed, made and found by search, while others
//! sign in at a steady pace. Links by SMS go out afterwards, slowly, and are not waited for.
use crate::{
    form::{self, Form},
    http::Browser,
    people::{self, Hash},
    process::Counted,
    round::percentile,
    scenarios::World,
    server::{self, Launch, Server},
    table::{self, Line},
    token::Verifier,
};
use anyhow::{Context as _, Result, ensure};
use http::{Method, StatusCode, header};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// What the project asks of a hundred thousand people: seconds, and milliseconds of 95 in 100 sign-ins meanwhile.
const MOST_SECONDS: f64 = 15.0;
const MOST_MILLISECONDS: f64 = 25.0;
const GOAL_IS_FOR: usize = 100_000;
/// How long sign-ins are measured alone before.
const ALONE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(300);
const BOUNDARY: &str = "fujie-bench-file-7d41";

#[derive(clap::Args)]
pub struct Options {
    /// Rows of the file
    #[arg(long, default_value_t = GOAL_IS_FOR)]
    people: usize,
    /// Sign-ins a second meanwhile
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    sign_ins: u32,
    /// Connections that they come over
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// The server's program; built and taken from beside this one without
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Twice: with passwords that cost next to nothing to compare, and with usual ones.
pub async fn run(options: Options) -> Result<bool> {
    ensure!(options.people > 0 && options.connections > 0, "somebody has to come");
    let launch = Launch::new(options.binary.clone(), None)?;
    let file = sheet(options.people);
    let mut lines = Vec::new();
    for hash in [Hash::Free, Hash::Usual] {
        let folder = tempfile::tempdir()?;
        let port = server::free_port()?;
        launch.start(folder.path(), port)?.stop()?;
        people::prepare(folder.path(), None, people::FEW, hash).await?;
        let server = launch.start(folder.path(), port)?;
        lines.extend(measure(&options, &server, &file, hash).await?);
        server.stop()?;
    }
    print!("{}", table::render(&lines));
    Ok(true)
}

async fn measure(options: &Options, server: &Server, file: &str, hash: Hash) -> Result<Vec<Line>> {
    let world = World {
        authority: server.authority.clone(),
        demo: server.demo()?,
        connections: options.connections,
        verifier: Arc::new(Verifier::discover(&server.authority).await?),
        programs: None,
        unattended: false,
    };
    let administrator = world.account("administrator")?;
    let organization = administrator.organization_id.as_deref().context("an administrator of nothing")?;
    let mut browser = world.signed_in(administrator).await?;
    let hashes = match hash {
        Hash::Free => "hashes that cost nothing",
        Hash::Usual => "usual hashes",
    };
    let alone = Visitors::begin(&world, options.sign_ins);
    tokio::time::sleep(ALONE).await;
    let alone = alone.end().await?;
    let meanwhile = Visitors::begin(&world, options.sign_ins);
    let times = import(&mut browser, &server.authority, organization, file, server.counted).await?;
    let meanwhile = meanwhile.end().await?;
    ensure!(times.created == options.people, "{} of {} were made", times.created, options.people);
    Ok(vec![
        times.line(&format!("import of {} people beside sign-ins with {hashes}", options.people), options),
        sign_ins(&format!("sign-in (page and form, {hashes}), alone"), &alone),
        sign_ins(&format!("sign-in (page and form, {hashes}), beside the import"), &meanwhile)
            .within(table::Percentile::P95, MOST_MILLISECONDS),
    ])
}
fn sign_ins(what: &str, latencies: &[f64]) -> Line {
    Line::timed(what, latencies.len(), [50, 95, 99].map(|percent| percentile(latencies, percent)))
}

struct Times {
    created: usize,
    checked: f64,
    created_after: f64,
    whole: f64,
    cpu: f64,
}
impl Times {
    fn line(&self, what: &str, options: &Options) -> Line {
        let asked = options.people == GOAL_IS_FOR;
        let met = if self.whole <= MOST_SECONDS { "yes" } else { "no" };
        Line {
            what: what.to_owned(),
            figure: format!(
                "{:.1} s ({:.1} s until checked, {:.1} s until made), {:.1} s CPU",
                self.whole, self.checked, self.created_after, self.cpu
            ),
            goal: if asked { format!("≤ {MOST_SECONDS:.0} s") } else { String::new() },
            met: if asked { met.to_owned() } else { String::new() },
            ..Line::default()
        }
    }
}
/// From the first byte of the file until everybody is found by search.
async fn import(
    browser: &mut Browser,
    authority: &str,
    organization: &str,
    file: &str,
    counted: Counted,
) -> Result<Times> {
    let base = format!("/org/{organization}/members/import");
    let page = browser.get(&base).await?.expect(StatusCode::OK)?;
    let form = form_to(page.text()?, &base)?;
    let (begun, cpu) = (Instant::now(), counted.cpu_seconds()?);
    let cookies = browser.cookies.line();
    let (origin, kind) = (format!("http://{authority}"), format!("multipart/form-data; boundary={BOUNDARY}"));
    let headers = [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::ORIGIN, origin.as_str()),
        (header::HeaderName::from_static("sec-fetch-site"), "same-origin"),
        (header::COOKIE, cookies.as_str()),
    ];
    let body = multipart(&form, file).into();
    let sent = browser.connection.send(Method::POST, &base, &headers, body).await?;
    let sent = sent.expect(StatusCode::SEE_OTHER)?;
    let job = browser.local(sent.location().context("no address of the import")?).to_owned();
    let checked = begun.elapsed();
    let page = browser.get(&job).await?.expect(StatusCode::OK)?;
    let form = form_to(page.text()?, &job)?.ticked();
    let form = form.pressed("import-confirm").context("the import cannot be confirmed")?;
    browser.submit(&form).await?.expect(StatusCode::SEE_OTHER)?;
    let mut made = None;
    loop {
        let page = browser.get(&job).await?.expect(StatusCode::OK)?;
        let page = page.text()?;
        let state = between(page, "data-state=\"", "\"").context("an import without a state")?;
        if state != "creating" && made.is_none() {
            made = Some(begun.elapsed());
        }
        if matches!(state, "notifying" | "done") {
            let created = between(page, "id=\"rows-created\">", "<").and_then(|text| text.parse().ok());
            return Ok(Times {
                created: created.context("nobody was made")?,
                checked: checked.as_secs_f64(),
                created_after: made.unwrap_or_default().as_secs_f64(),
                whole: begun.elapsed().as_secs_f64(),
                cpu: counted.cpu_seconds()? - cpu,
            });
        }
        ensure!(matches!(state, "creating" | "indexing"), "the import is {state}");
        ensure!(begun.elapsed() < LONGEST, "the import does not end");
        tokio::time::sleep(LOOK).await;
    }
}
fn form_to(page: &str, action: &str) -> Result<Form> {
    form::forms(page).into_iter().find(|form| form.action == action).context("the page has no such form")
}
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found)
}
fn multipart(form: &Form, file: &str) -> String {
    let mut body = String::with_capacity(file.len() + 1024);
    for (name, value) in form.fields.iter().filter(|(name, _)| name != "file") {
        body +=
            &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv\r\n\r\n"
    );
    body + file + &format!("\r\n--{BOUNDARY}--\r\n")
}

/// People who sign in at a steady pace, whoever else is served: a late answer counts from when it was due.
struct Visitors {
    over: Arc<AtomicBool>,
    tasks: JoinSet<Result<Vec<f64>>>,
}
impl Visitors {
    fn begin(world: &World, a_second: u32) -> Self {
        let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let begun = tokio::time::Instant::now();
        let pause = Duration::from_secs(1) / a_second;
        let mut tasks = JoinSet::new();
        for _ in 0..world.connections {
            let (over, count, authority) = (over.clone(), count.clone(), world.authority.clone());
            tasks.spawn(async move {
                let (mut browser, mut latencies) = (Browser::new(&authority), Vec::new());
                loop {
                    let number = count.fetch_add(1, Ordering::Relaxed);
                    let due = begun + pause * u32::try_from(number)?;
                    tokio::time::sleep_until(due).await;
                    if over.load(Ordering::Relaxed) {
                        return Ok(latencies);
                    }
                    browser.forget();
                    browser.sign_in(&people::login_name(number % people::FEW), people::PASSWORD).await?;
                    latencies.push(due.elapsed().as_secs_f64() * 1000.0);
                }
            });
        }
        Self { over, tasks }
    }
    /// Milliseconds, ascending.
    async fn end(mut self) -> Result<Vec<f64>> {
        self.over.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        while let Some(done) = self.tasks.join_next().await {
            latencies.append(&mut done??);
        }
        ensure!(!latencies.is_empty(), "nobody signed in");
        latencies.sort_by(f64::total_cmp);
        Ok(latencies)
    }
}

/// A file as offices send it: everybody with a number, a document and an end. Nobody in it is real.
fn sheet(people: usize) -> String {
    const FAMILY: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕";
    const GIVEN: &str =
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文玉兰红梅雪晨思齐雨桐子涵浩宇欣怡诗梓轩";
    let (family, given): (Vec<char>, Vec<char>) = (FAMILY.chars().collect(), GIVEN.chars().collect());
    // Steps without a common divisor walk through all pairs and repeat late.
    let pick = |from: &[char], at: usize| from.get(at % from.len()).copied().unwrap_or('王');
    let mut text = String::from("姓名,登录名,手机号,证件号码,有效期至\n");
    for n in 0..people {
        text.extend([pick(&family, n * 7), pick(&given, n * 13 + 5), pick(&given, n / 11)]);
        text += &format!(",import.{n:06},139{n:08},{},2031-12-31\n", document(n));
    }
    text
}
/// A resident id of a place, a day and a running number, with its check digit.
fn document(n: usize) -> String {
    let (year, month, day, serial) = (1960 + n % 40, 1 + n / 40 % 12, 1 + n / 480 % 28, 1 + n / 13_440);
    let body = format!("110101{year}{month:02}{day:02}{serial:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth(sum as usize % 11).unwrap_or('X');
    body + &check.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_another_person() {
        let text = sheet(20_000);
        let mut documents: Vec<&str> = text.lines().skip(1).filter_map(|row| row.split(',').nth(3)).collect();
        assert_eq!(documents.len(), 20_000);
        assert!(documents.iter().all(|document| {
            kernel::ResidentId::parse(document, 20_260_101).is_ok_and(|parsed| parsed.as_str() == *document)
        }));
        documents.sort_unstable();
        documents.dedup();
        assert_eq!(documents.len(), 20_000);
    }
    #[test]
    fn a_file_travels_with_the_fields_of_its_form() {
        let form = Form {
            fields: vec![("csrf".into(), "t".into()), ("file".into(), String::new())],
            ..Form::default()
        };
        let body = multipart(&form, "a,b\n");
        assert!(body.contains("name=\"csrf\"\r\n\r\nt\r\n") && body.matches("name=\"file\"").count() == 1);
        assert!(body.ends_with(&format!("a,b\n\r\n--{BOUNDARY}--\r\n")));
    }
}
