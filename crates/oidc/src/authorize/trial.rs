//! A request tried out, for whoever writes the client: read as the authorization endpoint reads it, and neither kept nor
//! answered.
use super::{
    incoming::UNKNOWN_PUSHED,
    model::{Request, ResponseMode},
};
use crate::{OpenId, client::Client, parameters::Parameters};
use kernel::{Result, Timestamp};

/// What a request would lead to.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    Good(Box<Request>),
    /// The address names a pushed request that was answered, ran out or was never there.
    Gone,
    Refused {
        error: &'static str,
        reason: &'static str,
        /// The client would hear of it; otherwise the person sees a page.
        told: bool,
    },
    AnotherClient,
    Unreadable,
}
impl Tried {
    pub fn by_form(&self) -> bool {
        matches!(self, Self::Good(request) if request.response_mode == ResponseMode::FormPost)
    }
}

impl OpenId {
    /// `address`: as the product sends the browser there, or its query alone.
    pub async fn try_request(&self, client: &Client, address: &str, now: Timestamp) -> Result<Tried> {
        let address = address.trim();
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let Ok(parameters) = Parameters::parse(query.as_bytes()) else { return Ok(Tried::Unreadable) };
        match parameters.get("client_id") {
            None => return Ok(Tried::Unreadable),
            Some(other) if other != client.client_id => return Ok(Tried::AnotherClient),
            Some(_) => {}
        }
        Ok(match self.incoming(client, &parameters, now).await? {
            Ok(incoming) => Tried::Good(Box::new(incoming.request)),
            Err(fault) if fault.code == UNKNOWN_PUSHED => Tried::Gone,
            Err(fault) => Tried::Refused {
                error: fault.refused.error.as_str(),
                reason: fault.refused.reason,
                told: fault.back.is_some(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{house::houses, par::URN};

    #[tokio::test]
    async fn a_request_is_judged_and_nothing_comes_of_it() {
        let house = houses(true).await.remove(0);
        let now = house.db.clock().now();
        let tried =
            async |address: &str| house.openid.try_request(&house.client, address, now).await.unwrap();
        let good = format!("  http://127.0.0.1:8080{}#x ", house.request("&response_mode=form_post"));
        let found = tried(&good).await;
        assert!(matches!(&found, Tried::Good(request) if request.state.as_deref() == Some("st")));
        assert!(found.by_form());
        assert_eq!(
            tried(&house.request("").replace("S256", "plain")).await,
            Tried::Refused {
                error: "invalid_request",
                reason: "code_challenge_method must be S256",
                told: true
            }
        );
        let elsewhere = tried(&house.request("").replace("rp.test", "evil.test")).await;
        assert!(matches!(elsewhere, Tried::Refused { told: false, .. }));
        let other = house.request("").replace(&house.client.client_id, "other");
        assert_eq!(tried(&other).await, Tried::AnotherClient);
        for nothing in ["", "nonsense", "https://op.test/?x=%ff"] {
            assert_eq!(tried(nothing).await, Tried::Unreadable, "{nothing}");
        }
        let Tried::Good(request) = tried(&house.request("")).await else { panic!("a good request") };
        let handle = house.openid.keep_pushed(&house.client, &request, "", now).await.unwrap();
        let pushed = format!("client_id={}&request_uri={URN}{handle}", house.client.client_id);
        assert_eq!(tried(&pushed).await, Tried::Good(request));
        let answer = house.get(&format!("/oauth2/authorize?{pushed}"), true).await;
        assert!(answer.query("code").is_some(), "trying it out has used nothing up");
        let pushed = format!("client_id={}&request_uri={}x", house.client.client_id, URN);
        assert_eq!(tried(&pushed).await, Tried::Gone);
        let kept: i64 =
            house.db.read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM flow", &[])).await.unwrap();
        assert_eq!(kept, 1, "what was pushed");
    }
}
