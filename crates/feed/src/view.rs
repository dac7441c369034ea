//! What the lists of this room share: how a text is compared, how a filter goes into a link.
use axum::extract::FromRequestParts;
use http::request::Parts;
use identity::SignedIn;
use kernel::{Error, Result, text};
use oidc::OpenId;
use organization::{membership::Member, shell};
use web::{Ctx, Failure, Lang, Page};

/// As titles and names are searched: width, case and blanks do not matter, nor what is neither letter nor digit.
pub fn folded(text: &str) -> String {
    text::normalize(text).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}
/// Members of a filter as a query, empty ones left out; ends so that one more can follow.
pub fn query(members: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        text if text.is_empty() => "?".to_owned(),
        text => format!("?{text}&"),
    }
}

/// A person at a page of this room, with the rooms that answer.
pub struct Visitor {
    pub ctx: Ctx,
    pub who: SignedIn,
    pub openid: OpenId,
}
impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Failure> {
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let who = SignedIn::from_request_parts(parts, state).await?;
        let openid = parts
            .extensions
            .get::<OpenId>()
            .cloned()
            .ok_or_else(|| Error::internal("internal").because("the room of products was not wired"))?;
        Ok(Self { ctx, who, openid })
    }
}
impl Visitor {
    pub fn english(&self) -> bool {
        self.ctx.lang == Lang::En
    }
    pub fn t(&self, key: &str) -> String {
        self.ctx.lang.t(key)
    }
    /// In the frame of the organization that is given, else of the personal space.
    pub async fn page(&self, title: String, member: Option<&Member>) -> Result<Page> {
        let rooms = self.openid.organizations();
        let shell = match member {
            Some(member) => shell::of(rooms, &self.ctx, &self.who, member.organization()).await?,
            None => shell::personal(rooms, &self.ctx, &self.who).await?,
        };
        Ok(Page::new(&self.ctx, title).with_shell(shell))
    }
}
