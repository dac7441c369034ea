use super::{CALLBACK, Choices, ISSUER, client};
use crate::{
    authorize::{
        answer::Answer,
        model::{self, Request, ResponseMode},
        wishes::Wishes,
    },
    client::{Client, GrantType},
    parameters::{MOST_BYTES, Parameters},
};
use std::collections::BTreeSet;
use url::{Url, form_urlencoded};

/// One character that chooses the client, then a query. What one reader takes from it another takes as well; a request that is
/// taken says what was sent and no more; an answer goes where the client registered and carries what it must.
pub fn authorize_query(data: &[u8]) -> bool {
    let mut choices = Choices(data);
    let client = client(choices.byte());
    let query = choices.0;
    let Ok(parameters) = Parameters::parse(query) else { return false };
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
    assert_eq!(Parameters::of_pairs(pairs.clone()), parameters, "another reader reads something else");
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    if written.len() <= MOST_BYTES {
        assert_eq!(Parameters::parse(written.as_bytes()).as_ref(), Ok(&parameters), "written and read again");
    }
    for (name, value) in &pairs {
        assert!(!name.chars().chain(value.chars()).any(char::is_control), "a control character came through");
    }
    requested(&parameters, &client)
}

/// What holds of parameters that were read, wherever they came from. True: they are a request.
pub(super) fn requested(parameters: &Parameters, client: &Client) -> bool {
    let pairs = parameters.pairs();
    match model::parse(parameters, CALLBACK, client, ISSUER) {
        Ok(request) => {
            says_what_was_sent(&request, pairs, client);
            let stored = serde_json::to_string(&request).unwrap();
            let kept: Request = serde_json::from_str(&stored).unwrap();
            assert_eq!(serde_json::to_string(&kept).unwrap(), stored, "kept and found again");
            assert_eq!(
                Wishes::of_stored(request.wishes.stored().as_deref()).stored(),
                request.wishes.stored()
            );
            answers(&Answer::code(&request, ISSUER, "a code"), request.state.as_deref());
            true
        }
        Err(refused) => {
            // RFC 6749 §4.1.2.1: %x20-21 / %x23-5B / %x5D-7E.
            assert!(
                refused.reason.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'),
                "{}",
                refused.reason
            );
            let state = model::state_of(parameters);
            let members = [("error", refused.error.as_str()), ("error_description", refused.reason)];
            let mode = model::mode_of(parameters);
            answers(&Answer::new(CALLBACK, mode, ISSUER, state.as_deref(), &members), state.as_deref());
            false
        }
    }
}

fn says_what_was_sent(request: &Request, pairs: &[(String, String)], client: &Client) {
    let mut names = BTreeSet::new();
    for (name, _) in pairs.iter().filter(|(name, _)| name != "resource") {
        assert!(names.insert(name), "{name} came twice");
    }
    let sent = |wanted: &str| {
        let found = pairs.iter().find(|(name, value)| name == wanted && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(sent("response_type"), Some("code"));
    assert_eq!((sent("request"), sent("request_uri"), sent("registration")), (None, None, None));
    assert_eq!(request.redirect_uri, CALLBACK);
    for (name, read) in [
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("login_hint", &request.login_hint),
        ("ui_locales", &request.ui_locales),
        ("id_token_hint", &request.id_token_hint),
        ("code_challenge", &request.code_challenge),
        ("dpop_jkt", &request.dpop_jkt),
    ] {
        assert_eq!(read.as_deref(), sent(name), "{name}");
    }
    match &request.code_challenge {
        Some(challenge) => assert!(challenge.len() == 43 && sent("code_challenge_method") == Some("S256")),
        None => assert!(!client.settings.demands().pkce && sent("code_challenge_method").is_none()),
    }
    assert!(request.dpop_jkt.as_ref().is_none_or(|text| text.len() == 43));
    let form = request.response_mode == ResponseMode::FormPost;
    assert_eq!(form, sent("response_mode") == Some("form_post"));

    let words: Vec<&str> = sent("scope").unwrap_or_default().split(' ').collect();
    assert_eq!(request.scope.openid, words.contains(&"openid"));
    let named: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("organization:")).collect();
    assert!(named.len() < 2, "a token is for one principal");
    assert_eq!(request.organization, named.first().map(|id| id.parse().unwrap()));
    for word in request.scope.text().split_whitespace() {
        assert!(
            words.contains(&word) || (word == "organization" && !named.is_empty()),
            "{word} was not sent"
        );
    }
    let refreshes = client.settings.allows(GrantType::RefreshToken);
    assert!(refreshes || !request.scope.offline_access);
    assert!(!request.scope.verified, "verified claims are no scope");

    let asked: BTreeSet<&str> = sent("prompt").unwrap_or_default().split(' ').collect();
    let prompt = request.prompt;
    for (name, read) in [
        ("none", prompt.none),
        ("login", prompt.login),
        ("consent", prompt.consent),
        ("select_account", prompt.select_account),
    ] {
        assert_eq!(read, asked.contains(name), "{name}");
    }
    assert!(!prompt.none || !(prompt.login || prompt.consent || prompt.select_account));
    assert_eq!(request.max_age.is_some(), sent("max_age").is_some());
    assert!(request.max_age.is_none_or(|seconds| seconds >= 0));
    if let Some(strength) = request.strength {
        assert!((1..=3).contains(&strength.least));
        assert!(sent("acr_values").is_some() || sent("claims").is_some());
        assert!(!strength.essential || sent("claims").is_some());
    }
    for resource in &request.resources {
        let known = resource == ISSUER || client.settings.resources.contains(resource);
        assert!(known, "{resource} is not registered");
        assert!(pairs.iter().any(|(name, value)| name == "resource" && value == resource));
    }
    let object: serde_json::Value = serde_json::from_str(sent("claims").unwrap_or("{}")).unwrap();
    for (place, wishes) in [("userinfo", &request.wishes.userinfo), ("id_token", &request.wishes.id_token)] {
        for name in wishes.claims.keys() {
            assert!(object[place].get(name).is_some(), "{name} was not asked for");
        }
    }
}

/// The address with its members: nothing that was sent leads anywhere else or takes the place of a member.
fn answers(answer: &Answer, state: Option<&str>) {
    let location = answer.location();
    assert!(location.bytes().all(|b| b.is_ascii_graphic()), "{location}");
    let (to, registered) = (Url::parse(&location).unwrap(), Url::parse(CALLBACK).unwrap());
    assert_eq!((to.origin(), to.path(), to.fragment()), (registered.origin(), registered.path(), None));
    let told: Vec<(String, String)> = to.query_pairs().into_owned().collect();
    let only = |wanted: &str| {
        let mut found = told.iter().filter(|(name, _)| name == wanted);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{wanted} twice in {location}");
        first
    };
    assert_eq!(only("iss"), Some(ISSUER));
    assert_eq!(only("state"), state);
    assert_ne!(only("code").is_some(), only("error").is_some());
}
