//! `GET /oauth2/start/{client}`: third-party-initiated login (OpenID Connect Core §4). The catalogue, a mail or a bookmark
//! leads here, and from here to where the product begins its own sign-in, with the issuer at which it is to do so.
use crate::OpenId;
use axum::Extension;
use kernel::Error;
use kernel::id::OrganizationId;
use serde::Deserialize;
use url::Url;
use web::{Path, Query, see_other};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct StartQuery {
    /// As the catalogue names the space in which it was clicked.
    organization: Option<OrganizationId>,
    login_hint: Option<String>,
}
const MOST_HINT: usize = 256;

/// Only the registered address is followed, whatever the request says.
pub async fn start(
    Extension(openid): Extension<OpenId>,
    Path(client_id): Path<String>,
    Query(query): Query<StartQuery>,
) -> web::Result {
    let client = openid.clients().find(&client_id).await?;
    let uri = client.as_ref().and_then(|client| client.initiate_login_uri.as_deref());
    let mut address =
        uri.and_then(|uri| Url::parse(uri).ok()).ok_or_else(|| Error::not_found("client.unknown"))?;
    {
        let mut pairs = address.query_pairs_mut();
        pairs.append_pair("iss", openid.issuer());
        if let Some(hint) = query.login_hint.filter(|hint| hint.len() <= MOST_HINT) {
            pairs.append_pair("login_hint", &hint);
        }
        if let Some(organization) = query.organization {
            pairs.append_pair("organization", &organization.to_string());
        }
    }
    Ok(see_other(address.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::house::{ISSUER, houses};
    use http::StatusCode;

    #[tokio::test]
    async fn a_sign_in_begins_at_the_registered_address_with_the_issuer() {
        for house in houses(true).await {
            let start = format!("/oauth2/start/{}", house.client.client_id);
            assert_eq!(house.get(&start, false).await.status, StatusCode::NOT_FOUND, "nothing registered");
            house.change("UPDATE client SET initiate_login_uri = 'https://rp.test/start?x=1'").await;
            let more = format!(
                "?organization={}&login_hint=a%26b&target_link_uri=https://evil.test",
                house.organization
            );
            let answer = house.get(&format!("{start}{more}"), false).await;
            assert!(answer.location().starts_with("https://rp.test/start?x=1&iss="));
            assert_eq!(answer.query("iss").as_deref(), Some(ISSUER));
            assert_eq!(answer.query("login_hint").as_deref(), Some("a&b"));
            assert_eq!(answer.query("organization"), Some(house.organization.to_string()));
            assert_eq!(answer.query("target_link_uri"), None);
            for broken in [
                "organization=x",
                "organization=1&organization=2",
                "login_hint=a&login_hint=b",
                "login_hint=%ff",
            ] {
                let answer = house.get(&format!("{start}?{broken}"), false).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{broken}");
            }
            let long = house.get(&format!("{start}?login_hint={}", "x".repeat(300)), false).await;
            assert_eq!(long.query("login_hint"), None);
            assert_eq!(house.get("/oauth2/start/nobody", false).await.status, StatusCode::NOT_FOUND);
            house.change("UPDATE client SET state = 'disabled'").await;
            assert_eq!(house.get(&start, false).await.status, StatusCode::NOT_FOUND, "f20");
        }
    }
}
