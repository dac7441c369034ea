//! What goes back to the client, by redirect or as a form that posts itself. Every answer carries `iss` (RFC 9207) and the
//! request's `state`.
use super::model::{Refused, Request, ResponseMode};
use axum::response::Response;
use web::{Ctx, Page, html, see_other};

/// An answer on its way to an address that was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub members: Vec<(&'static str, String)>,
}

impl Answer {
    pub fn new(
        redirect_uri: &str,
        mode: ResponseMode,
        issuer: &str,
        state: Option<&str>,
        members: &[(&'static str, &str)],
    ) -> Self {
        let mut list: Vec<(&'static str, String)> =
            members.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        list.extend(state.map(|state| ("state", state.to_owned())));
        list.push(("iss", issuer.to_owned()));
        Self { redirect_uri: redirect_uri.to_owned(), mode, members: list }
    }
    pub fn code(request: &Request, issuer: &str, code: &str) -> Self {
        Self::of(request, issuer, &[("code", code)])
    }
    pub fn refusal(request: &Request, issuer: &str, refused: &Refused) -> Self {
        Self::of(request, issuer, &[("error", refused.error.as_str()), ("error_description", refused.reason)])
    }
    fn of(request: &Request, issuer: &str, members: &[(&'static str, &str)]) -> Self {
        Self::new(&request.redirect_uri, request.response_mode, issuer, request.state.as_deref(), members)
    }
    /// The address with the members added to whatever query it was registered with.
    pub fn location(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.members {
            query.append_pair(name, value);
        }
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.redirect_uri, query.finish())
    }
    /// 303 for a redirect: a form that led here must not be sent on (RFC 9700 §4.12).
    pub fn respond(self, ctx: &Ctx) -> Response {
        match self.mode {
            ResponseMode::Query => see_other(&self.location()),
            ResponseMode::FormPost => {
                let page = Page::new(ctx, ctx.lang.t("oidc-send-title"));
                html(SendPage { page, action: self.redirect_uri, members: self.members })
            }
        }
    }
}

/// A button that works without scripts; with them it is pressed at once.
#[derive(askama::Template)]
#[template(path = "authorize/send.html")]
struct SendPage {
    page: Page,
    action: String,
    members: Vec<(&'static str, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::model::ErrorCode;

    #[test]
    fn answers_carry_issuer_and_state_and_keep_the_registered_query() {
        let refused = Refused::new(ErrorCode::AccessDenied, "grant.missing");
        let members = [("error", refused.error.as_str()), ("error_description", refused.reason)];
        let answer = Answer::new(
            "https://rp.test/cb?tenant=1",
            ResponseMode::Query,
            "https://op.test",
            Some("a b&c"),
            &members,
        );
        assert_eq!(
            answer.location(),
            "https://rp.test/cb?tenant=1&error=access_denied&error_description=grant.missing&state=a+b%26c&iss=https%3A%2F%2Fop.test"
        );
        let plain =
            Answer::new("https://rp.test/cb", ResponseMode::Query, "https://op.test", None, &[("code", "x")]);
        assert_eq!(plain.location(), "https://rp.test/cb?code=x&iss=https%3A%2F%2Fop.test");
    }
}
