//! Resource indicators (RFC 8707) at the token endpoint: a token is meant for what the code was asked for, or for less.
use super::model::TokenError;
use crate::{
    client::{
        Client,
        settings::{is_resource, join_lines, split_lines},
    },
    parameters::Parameters,
};

const MOST: usize = 20;
const NOT_GRANTED: TokenError = TokenError::InvalidTarget("this resource was not granted");

/// What this request names, each once.
pub fn requested(parameters: &Parameters) -> Result<Vec<String>, TokenError> {
    let mut list: Vec<String> = parameters.all("resource").map(str::to_owned).collect();
    if list.len() > MOST || !list.iter().all(|uri| is_resource(uri)) {
        return Err(TokenError::InvalidTarget("resource must be an absolute URI without fragment"));
    }
    list.sort();
    list.dedup();
    Ok(list)
}

/// The resources of the token, as its column: of those that were granted or, if the request before named none, of those that
/// the client is registered for. One that was taken from the client since is refused, not left out: a token without resources
/// would be meant for the provider itself.
pub fn narrowed(
    requested: &[String],
    granted: &str,
    client: &Client,
    issuer: &str,
) -> Result<String, TokenError> {
    let before = split_lines(granted);
    let wanted = if requested.is_empty() { before.as_slice() } else { requested };
    let allowed = |uri: &String| {
        let registered = uri == issuer || client.settings.resources.contains(uri);
        registered && (before.is_empty() || before.contains(uri))
    };
    if wanted.iter().all(allowed) { Ok(join_lines(wanted)) } else { Err(NOT_GRANTED) }
}

/// Whether a token with this column is meant for the provider itself, so for userinfo.
pub fn is_for_provider(resources: &str, issuer: &str) -> bool {
    resources.is_empty() || resources.split('\n').any(|uri| uri == issuer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Algorithm, ClientState, Settings};
    use kernel::Id;

    fn client() -> Client {
        Client {
            id: Id::from_i64(1),
            client_id: "c".into(),
            product: Id::from_i64(2),
            name: "Client".into(),
            secret_mac: None,
            secret_sealed: None,
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            initiate_login_uri: None,
            skip_consent: false,
            id_token_algorithm: Algorithm::Es256,
            keeping: crate::client::Keeping::default(),
            state: ClientState::Active,
            service: false,
            owner: None,
            settings: Settings {
                resources: vec!["https://a.test/".into(), "https://b.test/".into()],
                ..Settings::default()
            },
        }
    }
    fn list(text: &str) -> Vec<String> {
        requested(&Parameters::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_never_meant_for_more_than_was_granted() {
        let narrow =
            |asked: &str, granted: &str| narrowed(&list(asked), granted, &client(), "https://op.test");
        assert_eq!(narrow("", "").unwrap(), "");
        assert_eq!(narrow("", "https://a.test/").unwrap(), "https://a.test/");
        assert_eq!(narrow("resource=https://b.test/", "").unwrap(), "https://b.test/");
        assert_eq!(narrow("resource=https://op.test", "").unwrap(), "https://op.test");
        assert!(narrow("resource=https://c.test/", "").is_err());
        assert!(narrow("resource=https://b.test/", "https://a.test/").is_err());
        assert!(narrow("resource=https://a.test/&resource=https://b.test/", "https://a.test/").is_err());
        let both = narrow("resource=https://b.test/&resource=https://a.test/&resource=https://b.test/", "");
        assert_eq!(both.unwrap(), "https://a.test/\nhttps://b.test/");
    }
    #[test]
    fn what_is_no_resource_is_refused() {
        for bad in ["relative", "https://a.test/#f", "//a.test", "https://a.test/\u{e9}", "javascript:x"] {
            let text: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("resource", bad).finish();
            assert!(requested(&Parameters::parse(text.as_bytes()).unwrap()).is_err(), "{bad}");
        }
        let many = "resource=https://a.test/&".repeat(MOST + 1);
        assert!(requested(&Parameters::parse(many.as_bytes()).unwrap()).is_err());
    }
    #[test]
    fn userinfo_is_no_place_for_a_token_of_somebody_else() {
        assert!(is_for_provider("", "https://op.test"));
        assert!(is_for_provider("https://a.test/\nhttps://op.test", "https://op.test"));
        assert!(!is_for_provider("https://a.test/", "https://op.test"));
    }
}
