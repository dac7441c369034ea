//! Pages and searches as their people open them.
use super::{
    World, names,
    names::Names,
    plan::{self, Kind},
};
use crate::{
    http::Browser,
    round::{Step, Worker, Workers, percentile},
    table::{Line, Percentile},
};
use anyhow::{Context as _, Result, bail, ensure};
use http::StatusCode;
use kernel::id::OrganizationId;
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

const CONSOLE_PER_CPU: f64 = 4000.0;
const CONSOLE_MS: f64 = 3.0;
const PAGE_MS: f64 = 25.0;
const SEARCH_MS: f64 = 10.0;
const MATRIX_MS: f64 = 100.0;
/// Of a person's names, searched one after another.
const SAMPLES: u64 = 5000;

/// Every page of an organization that is read without a further id.
const ORGANIZATION: [&str; 26] = [
    "",
    "members",
    "members?role=agent",
    "members?state=suspended",
    "members/new",
    "members/import",
    "administrators",
    "administrators/replace",
    "admissions",
    "applications",
    "cases",
    "inquiries",
    "changes/name",
    "contacts",
    "grants",
    "invitations",
    "items",
    "invitations/new",
    "materials",
    "products",
    "profile",
    "record",
    "registrations",
    "registrations/new",
    "succession",
    "sync",
];
/// What somebody in a thousand organizations opens.
const PERSONAL: [&str; 17] = [
    "/me",
    "/me/organizations",
    "/me/organizations?role=administrator",
    "/me/organizations?q=%E6%BE%84%E6%B1%9F",
    "/me/applications",
    "/me/agent",
    "/me/cases",
    "/me/consents",
    "/me/data",
    "/me/favourites",
    "/me/messages",
    "/me/history",
    "/me/profile",
    "/me/real-name",
    "/me/reminders",
    "/me/security",
    "/me/products",
];

/// Where an authorization request ends: an administrator of the demonstration's types may not do business.
fn expected(target: &str) -> Option<&'static str> {
    let wished = target.contains("organization%3A");
    target.starts_with("/oauth2/authorize").then_some(if wished { "/oauth2/explain" } else { "/consent" })
}
/// Follows what leads on within the server; a refusal of the page counts as one.
async fn open(browser: &mut Browser, target: &str) -> Result<()> {
    let (mut reply, mut led) = (browser.get(target).await?, String::new());
    for _ in 0..4 {
        let Some(place) = reply.location().map(str::to_owned) else {
            let reply = reply.expect(StatusCode::OK).with_context(|| target.to_owned())?;
            ensure!(
                reply.text()?.trim_end().ends_with("</html>"),
                "{target}: no whole page: {}",
                reply.told()
            );
            let expected = expected(target);
            ensure!(
                expected.is_none_or(|path| led.starts_with(path)),
                "{target} was to lead to {expected:?}, led to {led}"
            );
            return Ok(());
        };
        reply = browser.get(&place).await?;
        led = place;
    }
    bail!("{target} leads on and on, last {}", reply.told())
}

/// One person, one list of addresses, taken in turn.
struct Walk {
    browser: Browser,
    targets: Arc<Vec<String>>,
    turn: usize,
}
impl Worker for Walk {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let target = self.targets.get(self.turn % self.targets.len()).context("nowhere to go")?;
            self.turn += 1;
            open(&mut self.browser, target).await?;
            Ok(true)
        })
    }
}
async fn alone(world: &World, browser: Browser, what: &str, targets: Vec<String>) -> Result<Line> {
    let mut workers: Workers = vec![Box::new(Walk { browser, targets: Arc::new(targets), turn: 0 })];
    let rounds = world.measure(&mut workers).await.with_context(|| what.to_owned())?;
    Ok(Line::plain(what, &rounds))
}
fn organization(world: &World, n: u64) -> OrganizationId {
    world.ids.id(Kind::Organization, n)
}
/// The administrator of one of the special organizations.
fn administrator(world: &World, n: u64) -> u64 {
    match n {
        plan::BIG => 1,
        plan::MATRIX => world.size.big() + 1,
        _ => world.size.big() + 501,
    }
}

/// The console of an organization with fifty members, for its administrator alone on the server.
pub async fn console(world: &World) -> Result<Vec<Line>> {
    let home = format!("/org/{}/", organization(world, plan::CONSOLE));
    let mut lines = Vec::new();
    for (what, target) in [
        ("console of 50 members, alone: home", home.clone()),
        ("console of 50 members, alone: members", format!("{home}members")),
    ] {
        let browser = world.signed_in(administrator(world, plan::CONSOLE)).await?;
        let line = alone(world, browser, what, vec![target]).await?;
        lines.push(line.at_least(CONSOLE_PER_CPU).within(Percentile::P99, CONSOLE_MS));
    }
    Ok(lines)
}
pub async fn matrix(world: &World) -> Result<Vec<Line>> {
    let browser = world.signed_in(administrator(world, plan::MATRIX)).await?;
    let target = format!("/org/{}/grants", organization(world, plan::MATRIX));
    let what = "matrix, 500 members × 60 products, alone";
    Ok(vec![alone(world, browser, what, vec![target]).await?.within(Percentile::P99, MATRIX_MS)])
}

/// Milliseconds by page.
type Times = Arc<Mutex<BTreeMap<String, Vec<f64>>>>;
/// A caller with a browser for each person, on every page in turn.
struct Rounds {
    people: Vec<(String, Browser, Vec<String>)>,
    turn: usize,
    times: Times,
}
impl Worker for Rounds {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let pages: usize = self.people.iter().map(|(.., targets)| targets.len()).sum();
            let mut place = self.turn % pages;
            self.turn += 1;
            for (who, browser, targets) in &mut self.people {
                let Some(target) = targets.get(place) else {
                    place -= targets.len();
                    continue;
                };
                let begun = Instant::now();
                open(browser, target).await?;
                let took = begun.elapsed().as_secs_f64() * 1000.0;
                let led = expected(target).map_or(String::new(), |path| format!(", to {path}"));
                let name = format!("{who}: {}{led}", shown(target));
                let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
                times.entry(name).or_default().push(took);
                break;
            }
            Ok(true)
        })
    }
}
/// Without ids and without what differs from run to run.
fn shown(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, ""), |(path, query)| (path, query));
    let path: Vec<&str> = path
        .split('/')
        .map(|part| if part.len() == 13 && part.starts_with('0') { "…" } else { part })
        .collect();
    let query: String = if query.len() > 40 {
        "?…".to_owned()
    } else if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("{}{query}", path.join("/"))
}
/// Every page under load: the administrator of the largest organization, somebody in a thousand, the desk.
pub async fn all(world: &World) -> Result<Vec<Line>> {
    let big = organization(world, plan::BIG);
    let in_big: Vec<String> = ORGANIZATION.iter().map(|page| format!("/org/{big}/{page}")).collect();
    let mut busy: Vec<String> = PERSONAL.iter().map(|page| (*page).to_owned()).collect();
    let theirs = world.size.busy_places().next().context("nowhere")?.organization;
    busy.push(format!("/org/{}/", organization(world, theirs)));
    busy.push(authorize(world, None)?);
    busy.push(authorize(world, Some(organization(world, theirs)))?);
    let mut desk: Vec<String> =
        ["/desk", "/desk/organizations", "/desk/people", "/desk/applications"].map(str::to_owned).to_vec();
    desk.push(format!("/desk/organizations/{big}"));
    desk.push(format!(
        "/desk/organizations?q={}",
        crate::form::encode([("", "澄江")]).trim_start_matches('=')
    ));
    let times = Times::default();
    let mut workers: Workers = Vec::new();
    for turn in 0..world.connections {
        let mut staff = Browser::new(&world.authority);
        staff.sign_in(&world.staff.login_name, &world.staff.password).await?;
        let mut wanted = world.signed_in(world.size.busy_person()).await?;
        wanted.connection.come_from(Ipv4Addr::new(127, 0, 1, u8::try_from(turn + 1)?));
        let people = vec![
            (
                "100,000 members".to_owned(),
                world.signed_in(administrator(world, plan::BIG)).await?,
                in_big.clone(),
            ),
            ("1,000 organizations".to_owned(), wanted, busy.clone()),
            ("desk".to_owned(), staff, desk.clone()),
        ];
        let pages: usize = people.iter().map(|(.., targets)| targets.len()).sum();
        workers.push(Box::new(Rounds {
            people,
            turn: turn * pages / world.connections,
            times: Arc::clone(&times),
        }));
    }
    let rounds = world.measure(&mut workers).await?;
    let what = format!("all pages, {} callers", world.connections);
    let mut lines = vec![Line::plain(&what, &rounds).within(Percentile::P95, PAGE_MS)];
    let times = std::mem::take(&mut *times.lock().unwrap_or_else(PoisonError::into_inner));
    for (page, mut found) in times {
        found.sort_by(f64::total_cmp);
        let latencies = [50, 95, 99].map(|percent| percentile(&found, percent));
        lines.push(Line::timed(&page, found.len(), latencies).within(Percentile::P95, PAGE_MS));
    }
    Ok(lines)
}
/// What a product sends a person to, who may go on for most of a thousand organizations, or for one of them.
fn authorize(world: &World, wished: Option<OrganizationId>) -> Result<String> {
    let redirect = world.client.redirect_uris.first().context("the client has nowhere to return to")?;
    let scope = wished.map_or("openid profile".to_owned(), |id| format!("openid profile organization:{id}"));
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let query = crate::form::encode([
        ("response_type", "code"),
        ("client_id", &world.client.client_id),
        ("redirect_uri", redirect),
        ("scope", &scope),
        ("state", "s"),
        ("nonce", "n"),
        ("prompt", "consent"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]);
    Ok(format!("/oauth2/authorize?{query}"))
}

/// By any two characters of a name and by numbers, among everybody and among the members of the largest organization.
pub async fn search(world: &World) -> Result<Vec<Line>> {
    let names = Names::new();
    let big = organization(world, plan::BIG);
    let mut lines = Vec::new();
    for (place, base, range) in [
        ("desk, 1 M people", "/desk/people".to_owned(), world.size.people),
        ("100,000 members", format!("/org/{big}/members"), world.size.big()),
    ] {
        let person = |n: u64| names::scattered(n) % (range - 2) + 2;
        let part = |name: &str, from: usize| -> String { name.chars().skip(from).take(2).collect() };
        type Typed<'a> = Box<dyn Fn(u64) -> String + 'a>;
        let kinds: [(&str, Typed<'_>); 7] = [
            ("family name and first character", Box::new(|n| part(&names.person(n), 0))),
            (
                "last two characters",
                Box::new(|n| {
                    let name = names.person(n);
                    part(&name, name.chars().count() - 2)
                }),
            ),
            ("two initials", Box::new(|n| identity::search::initials(&part(&names.person(n), 0)))),
            ("all initials", Box::new(|n| identity::search::initials(&names.person(n)))),
            ("exact phone", Box::new(names::phone)),
            ("exact document", Box::new(names::resident_id)),
            ("last four", Box::new(|n| names::phone(n).chars().skip(7).collect())),
        ];
        for (kind, typed) in kinds {
            let targets: Vec<String> = (0..SAMPLES)
                .map(|n| format!("{base}?{}", crate::form::encode([("q", &*typed(person(n)))])))
                .collect();
            let browser = if place.starts_with("desk") {
                let mut browser = Browser::new(&world.authority);
                browser.sign_in(&world.staff.login_name, &world.staff.password).await?;
                browser
            } else {
                world.signed_in(administrator(world, plan::BIG)).await?
            };
            let what = format!("search by {kind}, {place}, alone");
            lines.push(alone(world, browser, &what, targets).await?.within(Percentile::P99, SEARCH_MS));
        }
    }
    Ok(lines)
}
