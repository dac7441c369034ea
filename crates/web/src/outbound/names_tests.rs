//! Names whose owner answers what they like (failure class 16): another address at the second question, private ones among public
//! ones, private ones in every writing.
use super::{
    Call, Outbound, OutboundError, OutboundOptions,
    guard::{Looking, Names},
};
use axum::{Router, http::header, routing::get};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use url::Url;

/// What the network of the test opens, as if it were public; every other address of loopback stays closed.
const OPEN: &str = "127.0.0.2";
const CLOSED: &str = "127.0.0.1";

/// Gives one answer after the other, and the last again and again.
struct Liar {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}
impl Liar {
    fn new(answers: &[&str]) -> Arc<Self> {
        let list = |text: &&str| text.split_whitespace().map(|one| one.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(list).collect(), asked: AtomicUsize::new(0) })
    }
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
impl Names for Liar {
    fn look_up(&self, _: String, port: u16) -> Looking {
        let which = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let found = self.answers[which].iter().map(|address| SocketAddr::new(*address, port)).collect();
        Box::pin(async move { Ok(found) })
    }
}
fn outbound(allow: &[&str], names: &Arc<Liar>) -> Outbound {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::asking(OutboundOptions { allow, roots: Vec::new() }, names.clone()).unwrap()
}

/// One server on the open address and one on the closed, at the same port; how often each was called.
struct Servers {
    port: u16,
    open: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}
impl Servers {
    async fn start() -> Self {
        for _ in 0..20 {
            let first = tokio::net::TcpListener::bind((OPEN, 0)).await.unwrap();
            let port = first.local_addr().unwrap().port();
            let Ok(second) = tokio::net::TcpListener::bind((CLOSED, port)).await else { continue };
            return Self { port, open: serve(first), closed: serve(second) };
        }
        panic!("no port is free on both addresses");
    }
    async fn call(&self, outbound: &Outbound) -> Result<u16, OutboundError> {
        let url = Url::parse(&format!("http://rebinding.test:{}/", self.port)).unwrap();
        let answer = outbound.send(Call::get(url).within(Duration::from_secs(2))).await?;
        Ok(answer.status.as_u16())
    }
    fn counts(&self) -> (usize, usize) {
        (self.open.load(Ordering::SeqCst), self.closed.load(Ordering::SeqCst))
    }
}
/// Counts connections rather than requests, and keeps none of them open.
fn serve(listener: tokio::net::TcpListener) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, close) = (count.clone(), [(header::CONNECTION, "close")]);
    let router = Router::new().route("/", get(async move || (close, "hello")));
    let listener = axum::serve::ListenerExt::tap_io(listener, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    count
}

#[tokio::test]
async fn f16_the_address_that_was_checked_is_the_one_that_is_connected_to() {
    let servers = Servers::start().await;
    let names = Liar::new(&[OPEN, CLOSED]);
    let outbound = outbound(&[OPEN], &names);
    assert_eq!(servers.call(&outbound).await, Ok(200));
    assert_eq!(
        (servers.counts(), names.asked()),
        ((1, 0), 1),
        "one question, no second before the connection"
    );
    // Each connection is checked by its own answer: what was good before counts for nothing.
    let second = servers.call(&outbound).await;
    assert!(matches!(second, Err(OutboundError::Refused(_))), "{second:?}");
    assert_eq!((servers.counts(), names.asked()), ((1, 0), 2), "nobody was called");
}
#[tokio::test]
async fn f16_of_an_answer_that_mixes_public_and_private_the_public_alone_is_reached() {
    for answer in [
        format!("{CLOSED} {OPEN}"),
        format!("{OPEN} {CLOSED}"),
        format!("::ffff:{CLOSED} ::1 10.0.0.1 0.0.0.0 169.254.169.254 fe80::1 {OPEN} {CLOSED}"),
    ] {
        let servers = Servers::start().await;
        let names = Liar::new(&[&answer]);
        assert_eq!(servers.call(&outbound(&[OPEN], &names)).await, Ok(200), "{answer}");
        assert_eq!(servers.counts(), (1, 0), "{answer}");
    }
}
#[tokio::test]
async fn f16_where_the_public_address_is_silent_the_private_one_is_not_tried_instead() {
    let closed = tokio::net::TcpListener::bind((CLOSED, 0)).await.unwrap();
    let port = closed.local_addr().unwrap().port();
    let servers = Servers { port, open: Arc::default(), closed: serve(closed) };
    let names = Liar::new(&[&format!("{OPEN} {CLOSED} ::ffff:{CLOSED}")]);
    let outcome = servers.call(&outbound(&[OPEN], &names)).await;
    assert!(matches!(outcome, Err(OutboundError::Failed(_))), "{outcome:?}");
    assert_eq!(servers.counts(), (0, 0));
}
#[tokio::test]
async fn f16_other_protocols_are_given_the_checked_addresses_to_connect_to() {
    let names = Liar::new(&["10.0.0.1 1.1.1.1 fd00::1 2606:4700::1111 64:ff9b::a00:1", "10.0.0.1"]);
    let outbound = outbound(&[], &names);
    let found = outbound.resolve("mail.test", 465, false).await.unwrap();
    assert_eq!(found, ["1.1.1.1:465".parse().unwrap(), "[2606:4700::1111]:465".parse().unwrap()]);
    let later = outbound.resolve("mail.test", 465, false).await;
    assert!(matches!(later, Err(OutboundError::Refused(_))), "{later:?}");
    let plain = outbound.resolve("mail.test", 25, true).await;
    assert!(matches!(plain, Err(OutboundError::Refused(_))), "{plain:?}");
}
#[tokio::test]
async fn f16_a_name_leads_into_no_private_network_however_its_address_is_written() {
    for (what, addresses) in [
        ("this machine", "127.0.0.1 127.255.255.254 ::1 ::7f00:1"),
        ("no address", "0.0.0.0 0.0.0.1 ::"),
        ("private", "10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 fc00::1 fd12:3456::1"),
        ("link-local", "169.254.0.1 169.254.169.254 fe80::1 febf::1"),
        ("IPv4 in IPv6", "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0"),
        (
            "NAT64",
            "64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:: 64:ff9b:1::a00:1 64:ff9b::1:808:808",
        ),
        ("6to4", "2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe:: 2002:808:808::1"),
        ("Teredo", "2001::1 2001:0:808:808::"),
        ("nobody in particular", "224.0.0.1 255.255.255.255 ff02::1"),
    ] {
        for address in addresses.split_whitespace() {
            let names = Liar::new(&[address]);
            let outbound = outbound(&[], &names);
            for url in ["https://name.test/", "https://name.test:8443/", "http://name.test/"] {
                let call = Call::get(Url::parse(url).unwrap()).within(Duration::from_millis(500));
                let outcome = outbound.send(call).await;
                assert!(
                    matches!(outcome, Err(OutboundError::Refused(_))),
                    "{what}: {url} {address} {outcome:?}"
                );
            }
            let outcome = outbound.resolve("name.test", 465, false).await;
            assert!(matches!(outcome, Err(OutboundError::Refused(_))), "{what}: {address} {outcome:?}");
        }
    }
    let public = Liar::new(&["64:ff9b::808:808"]);
    let found = outbound(&[], &public).resolve("name.test", 443, false).await.unwrap();
    assert_eq!(found.len(), 1, "behind NAT64 what counts is the address that it leads to");
}
#[tokio::test]
async fn f16_a_name_without_addresses_is_nobody() {
    let names = Liar::new(&[""]);
    let servers = Servers { port: 8443, open: Arc::default(), closed: Arc::default() };
    let outcome = servers.call(&outbound(&[OPEN], &names)).await;
    assert!(matches!(outcome, Err(OutboundError::Failed(_))), "{outcome:?}");
}
