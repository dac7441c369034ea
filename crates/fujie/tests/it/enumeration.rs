//! Whoever asks whether somebody has an account is answered alike for those who do and those who do not: the same status, the
//! same headers, the same page, letter by letter but for what was typed and drawn. How long it takes is printed and judged
//! by nobody here: the bench does that over two thousand tries.
use crate::support::options;
use anyhow::{Context as _, Result};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use testkit::{Agent, Engine, Reply, Server};

on_both_engines!(f23_known_and_unknown_names_are_answered_alike);

const PAIRS: usize = 6;

/// Where a name is typed that may be somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Password,
    Sms,
    Recovery,
    Registration,
}
impl Place {
    const ALL: [Self; 4] = [Self::Password, Self::Sms, Self::Recovery, Self::Registration];
    /// What is sent there for this name, or number, by a browser that was nowhere before.
    async fn ask(self, server: &Server, typed: &str, phone: &str) -> Result<Asked> {
        let agent = server.agent()?;
        let (path, fields): (_, Vec<(&str, &str)>) = match self {
            Self::Password => ("/login", vec![("login-name", typed), ("login-password", "Wrong-guess-1")]),
            Self::Sms => ("/login/sms", vec![("phone", phone)]),
            Self::Recovery => ("/recover", vec![("identifier", typed)]),
            Self::Registration => (
                "/register",
                vec![
                    ("name", "纪白芸"),
                    ("login_name", "jibaiyun"),
                    ("password", "Bamboo-lantern-7291"),
                    ("phone", phone),
                    ("agree", "yes"),
                ],
            ),
        };
        let page = agent.get(path).await?;
        let mut form = page.form_to(path)?;
        for (name, value) in fields {
            form = form.with(name, value);
        }
        let form = page.worked(form);
        let began = Instant::now();
        let first = agent.submit(&page, &form).await?;
        let took = began.elapsed();
        Asked::new(&agent, first, took, &[typed, phone]).await
    }
}

/// An answer and the page that it leads to, without what was typed and what was drawn for it alone.
struct Asked {
    seen: Vec<Seen>,
    took: Duration,
}
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}
impl Asked {
    async fn new(agent: &Agent, first: Reply, took: Duration, typed: &[&str]) -> Result<Self> {
        let next = match first.location() {
            Some(next) => Some(agent.get(next.as_str()).await?),
            None => None,
        };
        let seen = [Some(first), next].into_iter().flatten().map(|reply| Seen::of(&reply, typed)).collect();
        Ok(Self { seen, took })
    }
}
impl Seen {
    fn of(reply: &Reply, typed: &[&str]) -> Self {
        let headers = reply.headers.iter().filter(|(name, _)| *name != "date").map(|(name, value)| {
            // Its length counts, to the byte: names and numbers of a pair are as long as each other.
            (name.as_str().to_owned(), plain(value.to_str().unwrap_or_default(), typed))
        });
        Self {
            status: reply.status.as_u16(),
            path: reply.url.path().to_owned(),
            headers: headers.collect(),
            body: plain(&reply.body, typed),
        }
    }
}
/// Every word that is drawn at random becomes its length.
fn plain(text: &str, typed: &[&str]) -> String {
    let mut text = text.to_owned();
    for word in typed {
        text = text.replace(word, "[typed]");
        if let (Some(head), Some(tail)) = (word.get(..3), word.get(7..)) {
            text = text.replace(&format!("{head}****{tail}"), "[masked]");
        }
    }
    // A second may pass between the two.
    let mut waits = text.split("data-countdown=\"");
    let first = waits.next().unwrap_or_default().to_owned();
    let text =
        waits.fold(first, |all, rest| all + "[wait]" + rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        // Ids have 13 characters, tokens more.
        let drawn = word.len() >= 13;
        out.push_str(&if drawn { format!("[{}]", word.len()) } else { word.clone() });
        word.clear();
        out.push(c);
    }
    out
}

async fn f23_known_and_unknown_names_are_answered_alike(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    // From the fourth failure on everybody is asked for a captcha: the pairs are all on one side of that.
    for guess in 0..4 {
        let page = server.agent()?.get("/login").await?;
        let form = page.worked(page.form_to("/login")?);
        let form = form.with("login-name", &format!("nobody{guess}")).with("login-password", "Wrong-guess-1");
        server.agent()?.submit(&page, &form).await?;
    }
    let people = server
        .demo
        .accounts
        .iter()
        .filter_map(|account| account.phone.as_deref().map(|phone| (account.login_name.as_str(), phone)));
    let mut known: Vec<(&str, &str)> = people.collect();
    known.sort_unstable();
    known.dedup();
    anyhow::ensure!(known.len() >= 2 * PAIRS, "the demonstration has {} people with a number", known.len());
    for place in Place::ALL {
        let mut took: [Vec<Duration>; 2] = Default::default();
        // A number is sent one code a minute: whoever registers is not who signs in.
        let skipped = if place == Place::Registration { PAIRS } else { 0 };
        for (n, (login_name, phone)) in known.iter().skip(skipped).take(PAIRS).enumerate() {
            // As long as the other, and nobody's.
            let stranger = format!("zz{}", login_name.get(2..).context("a longer name")?);
            let strange = format!("{}{}", "1980099", phone.get(7..).context("a longer number")?);
            let mut answers: [Option<Asked>; 2] = [None, None];
            // In turn, so that neither is always the second.
            for who in [n % 2, 1 - n % 2] {
                let (typed, phone) = if who == 0 { (*login_name, *phone) } else { (&*stranger, &*strange) };
                answers[who] = Some(place.ask(&server, typed, phone).await?);
            }
            let [Some(one), Some(other)] = answers else { anyhow::bail!("not asked") };
            assert_eq!(one.seen, other.seen, "{place:?} tells {login_name} from {stranger}");
            assert!(
                one.seen.len() == if place == Place::Password { 1 } else { 2 },
                "{place:?}: {:?}",
                one.seen
            );
            took[0].push(one.took);
            took[1].push(other.took);
        }
        let [known, unknown] = took.map(|mut all| {
            all.sort_unstable();
            all[all.len() / 2]
        });
        println!("{place:?} on {engine:?}: known {known:?}, unknown {unknown:?} (medians of {PAIRS})");
    }
    Ok(())
}
