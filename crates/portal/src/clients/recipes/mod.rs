//! What a developer copies into the framework that the product has already: whole, but for the secret, which is never part of
//! it. A framework that cannot do what the client is registered with is not left out in silence: it says what it needs.
mod code;
mod servers;
#[cfg(test)]
mod tests;

use oidc::client::{Algorithm, AuthMethod, Client};
use url::Url;

pub struct Recipe {
    pub title: &'static str,
    pub shows: Shows,
}
pub enum Shows {
    Text(String),
    /// Key of what would have to be registered otherwise.
    Need(&'static str),
}

/// What every recipe is filled in with.
struct Filling<'a> {
    issuer: &'a str,
    id: &'a str,
    name: &'a str,
    /// The first registered address.
    redirect: &'a str,
    redirects: &'a str,
    method: AuthMethod,
    algorithm: Algorithm,
    pushed: bool,
    bound: bool,
}
impl Filling<'_> {
    fn path(&self) -> String {
        Url::parse(self.redirect).map(|url| url.path().to_owned()).unwrap_or_default()
    }
    /// Where the product lives.
    fn origin(&self) -> String {
        Url::parse(self.redirect).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
    /// For a framework that answers at one path alone: the address that has to be registered, and whether it is.
    fn fixed(&self, path: &str) -> String {
        let address = format!("{}{path}", self.origin());
        if self.redirects.lines().any(|line| line == address) {
            format!("Redirect address: {address}")
        } else {
            format!("Register this redirect address too: {address}")
        }
    }
    /// These push no requests, bind no tokens and sign no assertions.
    fn plain(&self) -> Option<&'static str> {
        if self.pushed || self.bound {
            Some("portal-recipe-needs-plain")
        } else if matches!(self.method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt) {
            Some("portal-recipe-needs-secret")
        } else {
            None
        }
    }
    /// Besides, these are servers, which keep a secret.
    fn with_secret(&self) -> Option<&'static str> {
        self.plain().or((self.method == AuthMethod::None).then_some("portal-recipe-needs-secret"))
    }
    /// A text in the quotes of JSON, which JavaScript, Python, Java and C# read alike.
    fn quoted(&self, text: &str) -> String {
        serde_json::Value::from(text).to_string()
    }
}

pub fn recipes(issuer: &str, client: &Client) -> Vec<Recipe> {
    let demands = client.settings.demands();
    let filling = Filling {
        issuer,
        id: &client.client_id,
        name: &client.name,
        redirect: client.redirect_uris.lines().next().unwrap_or_default(),
        redirects: &client.redirect_uris,
        method: client.settings.auth_method,
        algorithm: client.id_token_algorithm,
        pushed: demands.par,
        bound: demands.sender_constrained,
    };
    // Their libraries know no Edwards curve.
    let without_edwards = (filling.algorithm == Algorithm::EdDsa).then_some("portal-recipe-needs-algorithm");
    let plain = filling.plain();
    let secret = filling.with_secret();
    let post = secret.or((filling.method != AuthMethod::SecretPost).then_some("portal-recipe-needs-post"));
    let recipe = |title, need: Option<&'static str>, text: fn(&Filling<'_>) -> String| Recipe {
        title,
        shows: match need {
            Some(need) => Shows::Need(need),
            None => Shows::Text(text(&filling)),
        },
    };
    vec![
        recipe("Node.js · openid-client 6", None, code::openid_client),
        recipe("Next.js · Auth.js 5", secret, code::auth_js),
        recipe("Java · Spring Boot 3", plain.or(without_edwards), code::spring),
        recipe("Python · Flask, Authlib", plain, code::flask),
        recipe("Python · FastAPI, Authlib", plain, code::fastapi),
        recipe("C# · ASP.NET Core", post.or(without_edwards), code::aspnet),
        recipe("Apache · mod_auth_openidc", secret.or(without_edwards), servers::apache),
        recipe("Nginx · oauth2-proxy", secret, servers::oauth2_proxy),
        recipe("Keycloak · Identity broker", secret, servers::keycloak),
        recipe("Grafana", secret, servers::grafana),
    ]
}
