//! Apps on a person's own device that listen on loopback take whatever port the system gives them, so of their addresses the
//! port alone is free (RFC 8252 §7.3, OAuth 2.1 §8.4.2). Pure.
use super::RedirectUri;

/// Not `localhost`: a name may be led elsewhere by whoever answers for it.
const HOSTS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether an address is a registered one at another port: one that is written out, and everything else byte for byte.
pub(super) fn at_another_port(registered: &str, asked: &str) -> bool {
    let (Some(here), Some(there)) = (Loopback::of(registered), Loopback::of(asked)) else { return false };
    let listens = there.port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    // In normal form, so that everybody to whom it goes on reads the same port in it.
    here.host == there.host && here.rest == there.rest && listens && RedirectUri::parse(asked).is_ok()
}

struct Loopback<'a> {
    host: &'static str,
    port: Option<&'a str>,
    /// Path and query.
    rest: &'a str,
}
impl<'a> Loopback<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let (host, after) = HOSTS.iter().find_map(|host| Some((*host, uri.strip_prefix(host)?)))?;
        let (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        let port = match authority {
            "" => None,
            text => Some(text.strip_prefix(':')?),
        };
        Some(Self { host, port, rest })
    }
}
