//! What a request knows before any room sees it: time, language, browser, address. Built once by the frame.
use crate::{App, Client, Failure, Lang, cookie, flash::Flash};
use axum::extract::FromRequestParts;
use data_encoding::BASE64URL_NOPAD;
use http::{
    Uri,
    header::{ACCEPT, USER_AGENT},
    request::Parts,
};
use kernel::{Actor, Error, Id, Timestamp, id::OrganizationId};
use sha2::{Digest, Sha256};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// The address at the other end of the connection; put into the request by the accept loop.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}
impl Theme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == text)
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSize {
    Standard,
    Large,
}
impl TextSize {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "std",
            Self::Large => "large",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Large].into_iter().find(|size| size.as_str() == text)
    }
}

/// What a request brought up that the browser's cookies do not say yet.
pub(crate) struct Fresh {
    /// The pre-session token of a browser that had none.
    pub(crate) token: Option<String>,
    /// The language that the address asked for: it lasts beyond this page, through a client's sign-in flow too.
    pub(crate) lang: Option<Lang>,
}

/// The request as every handler and page sees it.
#[derive(Clone)]
pub struct Ctx {
    /// Read once; everything this request decides happens at this instant.
    pub now: Timestamp,
    pub lang: Lang,
    pub request_id: String,
    /// Of the client, behind trusted proxies too.
    pub address: IpAddr,
    /// Path and query.
    pub path: String,
    /// The token that this browser's forms carry.
    pub csrf: String,
    /// Hash of the session or pre-session token: challenges are bound to it.
    pub browser: [u8; 32],
    pub wants_json: bool,
    /// Whether following a link repeats this request.
    pub is_get: bool,
    pub theme: Theme,
    pub text_size: TextSize,
    /// The browser by what it says of itself.
    pub client: Client,
    pub flash: Option<Flash>,
    pub app: Arc<App>,
}

impl Ctx {
    /// Also returns what the browser should keep from now on.
    pub(crate) fn new(app: &Arc<App>, parts: &Parts) -> (Self, Fresh) {
        let headers = &parts.headers;
        let known = cookie::session_token(headers, app).or_else(|| cookie::pre_session_token(headers, app));
        let drawn = known.is_none().then(|| app.rng.token());
        let token = known.as_deref().or(drawn.as_deref()).unwrap_or("");
        let browser: [u8; 32] = Sha256::new().chain_update(b"browser").chain_update(token).finalize().into();
        let query = parts.uri.query().unwrap_or("");
        let in_query = |wanted: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let kept = cookie::get(headers, "fujie-lang").and_then(Lang::from_tag);
        let asked = in_query("lang").and_then(|tag| Lang::from_tag(&tag)).or_else(|| {
            kept.is_none().then(|| in_query("ui_locales")).flatten().and_then(|list| Lang::from_list(&list))
        });
        let lang = asked.or(kept).or_else(|| Lang::accepted(headers)).unwrap_or(Lang::Zh);
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let preference = |name: &str| cookie::get(headers, name).unwrap_or("");
        let now = app.clock.now();
        let ctx = Self {
            now,
            lang,
            request_id: request_id(app, now),
            address: address(app, parts),
            path: parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            csrf: form_token(app, &browser, parts.uri.path()),
            browser,
            wants_json: wants_json(&parts.uri, headers),
            is_get: parts.method.is_safe(),
            theme: Theme::parse(preference("fujie-theme")).unwrap_or(Theme::Auto),
            text_size: TextSize::parse(preference("fujie-text")).unwrap_or(TextSize::Standard),
            client: Client::of(user_agent),
            flash: Flash::read(app, headers),
            app: Arc::clone(app),
        };
        (ctx, Fresh { token: drawn, lang: asked.filter(|lang| Some(*lang) != kept) })
    }
    /// What limits on a source count: the address, of IPv6 its network of 64 bits, since one host commands all of those.
    pub fn source(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                format!("{}/64", std::net::Ipv6Addr::from(network))
            }
        }
    }
    /// Nobody signed in, from this address. A signed-in handler takes the actor of its `SignedIn`.
    pub fn actor(&self) -> Actor {
        Actor::anonymous(Some(self.address), self.request_id.clone())
    }
    /// The hidden value of a create form: the new row's id, signed for this browser, so that a replayed form hits the key.
    pub fn form_id<T>(&self, id: Id<T>) -> String {
        format!("{id}.{}", BASE64URL_NOPAD.encode(&self.id_mac(id)))
    }
    pub fn check_form_id<T>(&self, text: &str) -> kernel::Result<Id<T>> {
        let stale = || Error::invalid("form.id_stale");
        let (id, mac) = text.split_once('.').ok_or_else(stale)?;
        let id: Id<T> = id.parse().map_err(|_| stale())?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).map_err(|_| stale())?;
        if kernel::secret::equal(&mac, &self.id_mac(id)) { Ok(id) } else { Err(stale()) }
    }
    fn id_mac<T>(&self, id: Id<T>) -> [u8; 32] {
        let kind = std::any::type_name::<T>();
        self.app
            .keyring
            .mac("web.form_id", &[kind.as_bytes(), self.browser.as_slice(), &id.as_i64().to_be_bytes()])
    }
    /// The path alone.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }
}

/// The token of every form of one browser; it changes when the session does. On a page of an organization's space it names
/// the organization, so that a form of one firm is never taken for another's.
pub(crate) fn form_token(app: &App, browser: &[u8; 32], path: &str) -> String {
    let token = BASE64URL_NOPAD.encode(&app.keyring.mac("web.csrf", &[browser.as_slice()]));
    match space_of(path) {
        Some(organization) => format!("{token}{SPACE_MARK}{organization}"),
        None => token,
    }
}
/// Stands between the token and the organization; no letter of either.
const SPACE_MARK: char = '~';

/// The organization in whose space a path lies: `/org/{id}/…`.
fn space_of(path: &str) -> Option<OrganizationId> {
    path.strip_prefix("/org/")?.split('/').next()?.parse().ok()
}

/// What a form's token says beside "our own page wrote this".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenCheck {
    Fits,
    /// Written on a page of one organization's space and sent to another's.
    OtherSpace,
    Stale,
}
pub(crate) fn check_form_token(ctx: &Ctx, token: &str) -> TokenCheck {
    let split = |token: &str| match token.split_once(SPACE_MARK) {
        Some((token, space)) => (token.to_owned(), Some(space.to_owned())),
        None => (token.to_owned(), None),
    };
    let ((own, here), (given, from)) = (split(&ctx.csrf), split(token));
    if !kernel::secret::equal(given.as_bytes(), own.as_bytes()) {
        return TokenCheck::Stale;
    }
    match (here, from) {
        (Some(here), Some(from)) if here != from => TokenCheck::OtherSpace,
        _ => TokenCheck::Fits,
    }
}

/// `01K2-7F3Q-9XWD`: short enough to read out on the telephone. 30 bits of milliseconds, so that what is stored under it comes to
/// lie side by side in its index, then 30 random ones.
fn request_id(app: &App, now: Timestamp) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random = i64::from(u32::from_be_bytes(app.rng.bytes()));
    let bits = now.as_millis() << 30 | random & 0x3FFF_FFFF;
    let mut out = String::with_capacity(14);
    for place in (0..12).rev() {
        let digit = (bits >> (place * 5)) & 31;
        out.push(char::from(ALPHABET.get(digit as usize).copied().unwrap_or(b'0')));
        if place % 4 == 0 && place > 0 {
            out.push('-');
        }
    }
    out
}

/// The right-most address of the chain that is not a trusted proxy.
fn address(app: &App, parts: &Parts) -> IpAddr {
    let peer = parts
        .extensions
        .get::<Peer>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip().to_canonical());
    let trusted = |address: IpAddr| app.trusted_proxies.iter().any(|network| network.contains(address));
    let mut address = peer;
    if !trusted(peer) {
        return peer;
    }
    let chain: Vec<&str> = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for hop in chain.into_iter().rev().take(16) {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        address = hop.to_canonical();
        if !trusted(address) {
            break;
        }
    }
    address
}

/// Programs get problem+json: by path where only programs call, else by what they accept.
fn wants_json(uri: &Uri, headers: &http::HeaderMap) -> bool {
    let path = uri.path();
    if path.starts_with("/api/")
        || path.starts_with("/access/")
        || path.starts_with("/.well-known/")
        || matches!(
            path,
            "/oauth2/token"
                | "/oauth2/userinfo"
                | "/oauth2/par"
                | "/oauth2/jwks"
                | "/oauth2/introspect"
                | "/oauth2/revoke"
        )
    {
        return true;
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    accept.contains("json") && !accept.contains("text/html")
}

impl<S: Send + Sync> FromRequestParts<S> for Ctx {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let ctx = parts.extensions.get::<Self>().cloned();
        ctx.ok_or_else(|| Error::internal("internal").because("the request did not pass the frame").into())
    }
}
