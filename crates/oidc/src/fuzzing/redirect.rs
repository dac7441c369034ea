use crate::{
    authorize::{answer::Answer, model::ResponseMode},
    client::{
        Client, RedirectUri,
        model::{join, parse_list},
    },
};
use url::Url;

/// Lines: addresses that somebody wants to register, then one that a request brings. What may be registered means the same to
/// every reader of addresses; what is taken is byte for byte one that is registered or, of an app on loopback, what the writer of
/// addresses makes of one with another port.
pub fn redirect(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut lines: Vec<&str> = text.split('\n').collect();
    let asked = lines.pop().unwrap_or_default();
    let registered: Vec<RedirectUri> =
        lines.iter().filter_map(|line| RedirectUri::parse(line).ok()).take(20).collect();
    let list: Vec<&str> = registered.iter().map(RedirectUri::as_str).collect();
    for uri in &list {
        assert!(lines.contains(uri), "an address is registered as it was written");
        is_plain(uri);
    }
    let stored = join(&registered);
    let again: Vec<&str> = stored.split('\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(parse_list(&again, false).unwrap(), registered, "stored and read again");

    let server = Client { redirect_uris: stored.clone(), ..super::client(0) };
    let app = Client { redirect_uris: stored.clone(), ..super::client(1) };
    let exact = |uri: &str| {
        assert_eq!(server.allows_redirect(uri), list.contains(&uri), "{uri:?} against {list:?}");
        let moved = list.iter().any(|one| with_port_of(one, uri).as_deref() == Some(uri));
        assert_eq!(app.allows_redirect(uri), list.contains(&uri) || moved, "{uri:?} against {list:?}");
        if moved {
            is_plain(uri);
        }
        assert!(
            !server.allows_post_logout_redirect(uri) && !app.allows_post_logout_redirect(uri),
            "another list"
        );
    };
    exact(asked);
    exact(text);
    exact(&stored);
    for uri in &list {
        let place = asked.len() % uri.len();
        let (before, after) = uri.split_at(place);
        exact(uri);
        exact(before);
        exact(after);
        exact(&uri.to_uppercase());
        exact(&format!("{before}{asked}{after}"));
        exact(&format!("{asked}{uri}"));
        for more in
            ["/", "?", "#", "/..", "/%2e%2e", "/..;/", ";x=1", "%00", "\n", " ", ".evil.test", "@evil.test"]
        {
            exact(&format!("{uri}{more}"));
            exact(&format!("{before}{more}{after}"));
        }
        for host in ["http://127.0.0.1", "http://[::1]", "http://localhost"] {
            let Some(rest) = uri.strip_prefix(host) else { continue };
            let (_, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            for port in [
                "",
                ":",
                ":0",
                ":80",
                ":050",
                ":5000",
                ":65535",
                ":65536",
                ":+5",
                ".evil.test:5000",
                ":5@evil.test",
                asked,
            ] {
                exact(&format!("{host}{port}{path}"));
            }
        }
    }
    app.allows_redirect(asked)
}

/// A loopback address at the port that another one names; None where either has no such port.
fn with_port_of(registered: &str, asked: &str) -> Option<String> {
    let mut url = Url::parse(registered).ok()?;
    let port = Url::parse(asked).ok()?.port().filter(|port| *port != 0)?;
    let bare = url.as_str() != registered;
    if url.scheme() != "http" || !matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) {
        return None;
    }
    url.set_port(Some(port)).ok()?;
    let written = url.as_str();
    Some(if bare { written.strip_suffix('/')?.to_owned() } else { written.to_owned() })
}

/// An address means the same to a reader by RFC 3986, to a browser, and to whoever decodes it once more.
fn is_plain(uri: &str) {
    assert!(uri.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'*'), "{uri}");
    let (scheme, rest) = uri.split_once(':').unwrap();
    let url = Url::parse(uri).unwrap();
    assert_eq!(url.scheme(), scheme);
    // RFC 3986 appendix B.
    let end = |text: &str, stops: &[char]| text.find(stops).unwrap_or(text.len());
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, rest) = rest.split_at(end(rest, &['/', '?', '#']));
            (Some(authority), rest)
        }
        None => (None, rest),
    };
    let (path, query) = rest.split_at(end(rest, &['?', '#']));
    assert!(!query.contains('#'), "{uri}: a fragment");
    let host = url.host_str().map(|host| match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    assert_eq!(authority.map(str::to_owned), host, "{uri}: read in two ways");
    match scheme {
        "https" => assert!(authority.is_some_and(|name| !name.is_empty()), "{uri}"),
        "http" => {
            let name = url.host_str().unwrap();
            assert!(name == "localhost" || name.starts_with("127.") || name == "[::1]", "{uri}");
        }
        private => assert!(private.contains('.'), "{uri}"),
    }
    assert!(path == url.path() || (path.is_empty() && url.path() == "/"), "{uri}");
    for part in path.split('/').skip(1) {
        let decoded = part.to_ascii_lowercase().replace("%2e", ".");
        assert!(decoded != "." && decoded != "..", "{uri}: a dot segment");
        assert!(!part.contains(';') && !part.to_ascii_lowercase().contains("%2f"), "{uri}");
    }
    let members = [("code", "x")];
    let answer = Answer::new(uri, ResponseMode::Query, super::ISSUER, Some("a b&code=y#z"), &members);
    let to = Url::parse(&answer.location()).unwrap();
    assert_eq!(
        (to.scheme(), to.host(), to.port(), to.path()),
        (url.scheme(), url.host(), url.port(), url.path())
    );
    let registered = url.query_pairs().count();
    let told: Vec<String> =
        to.query_pairs().skip(registered).map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(told, ["code=x", "state=a b&code=y#z", "iss=https://op.test"], "{uri}");
}
