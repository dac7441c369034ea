//! OpenID AuthZEN Authorization API 1.0: a product's server asks who may use the product, one question at a time, many at
//! once, or for everybody whom it lists. The answer is the one decision, from memory where that is sure to be fresh. A
//! client asks about its own product alone; whatever else it names is refused as if it were not there.
mod answer;
mod caller;
mod discovery;
mod evaluation;
mod request;
mod resolve;
mod search;
mod subjects;
#[cfg(test)]
mod tests;
mod words;

use caller::Blocked;
use oidc::OpenId;
use std::sync::Arc;
use web::{Policy, Routes};

/// The room; travels as an axum extension. Cheap to clone.
#[derive(Clone)]
pub struct AuthZen(Arc<Inner>);
struct Inner {
    openid: OpenId,
    blocked: Blocked,
}
impl AuthZen {
    pub fn new(openid: OpenId) -> Self {
        Self(Arc::new(Inner { openid, blocked: Blocked::default() }))
    }
    fn openid(&self) -> &OpenId {
        &self.0.openid
    }
    fn blocked(&self) -> &Blocked {
        &self.0.blocked
    }
}

/// Every route of the room.
pub fn routes() -> Routes {
    use Policy::{Client, Public};
    Routes::new()
        .get_blind("/.well-known/authzen-configuration", Public, discovery::configuration)
        .post_blind("/access/v1/evaluation", Client, evaluation::one)
        .post_blind("/access/v1/evaluations", Client, evaluation::many)
        .post_blind("/access/v1/subjects", Client, subjects::list)
        .post_blind("/access/v1/search/subject", Client, search::subject)
        .post_blind("/access/v1/search/resource", Client, search::resource)
        .post_blind("/access/v1/search/action", Client, search::action)
}
