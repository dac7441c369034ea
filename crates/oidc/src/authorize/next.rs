//! What an authorization request leads to, once it is known who is signed in and what they may do: pure.
use super::model::{ErrorCode, Refused, Request, Scope, Strength};
use crate::client::Client;
use kernel::Timestamp;
use organization::decision::Space;

/// How long a remembered consent holds.
pub const CONSENT_DAYS: i64 = 90;

/// When the person is asked to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The registration says that nobody is.
    Never,
    /// Where nothing that counts was agreed to before.
    Once,
    /// Each time: nobody knows which program asks.
    Always,
}
impl Asks {
    pub fn of(client: &Client, request: &Request) -> Self {
        match client.is_certain_at(&request.redirect_uri) {
            false => Self::Always,
            true if client.skip_consent => Self::Never,
            true => Self::Once,
        }
    }
    /// How long what the person agrees to now counts, by whether they want it remembered.
    pub fn remember(self, wanted: bool) -> Remember {
        match (self, wanted) {
            (Self::Never, _) => Remember::Nothing,
            (Self::Once, true) => Remember::Days,
            // Nobody agrees twice to the same between signing in and signing out. Of an app that asks each time it is kept as
            // well: so it stands among what may be withdrawn.
            (Self::Once, false) | (Self::Always, _) => Remember::Session,
        }
    }
}

/// How long an agreement counts beyond the answer to this one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// Nobody was asked.
    Nothing,
    /// As long as the person stays signed in here.
    Session,
    /// For [`CONSENT_DAYS`].
    Days,
}

/// One space of the account, with what was decided about it.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub space: Space,
    pub allow: bool,
    /// The first reason against, or `decision.allowed`.
    pub code: &'static str,
}

/// What was agreed to earlier, for one space.
#[derive(Clone, Copy, Debug)]
pub struct Consent {
    pub space: Space,
    pub scope: Scope,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing to ask: the code is issued at once.
    Issue(Space),
    /// Choose a space or agree. `single` tells whether only agreement is open.
    Ask { single: bool },
    /// No space will do, or not the one that the product asked for: say why.
    Explain(Space, &'static str),
    /// The product wants somebody who acts for an organization, and the person acts for none.
    Nowhere,
}

/// What is to happen before a session is strong enough for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Enough,
    /// A second factor in this session.
    Verify,
    /// Another way in: hardware proves itself at sign-in.
    SignIn,
    /// There was a chance, and it was not enough.
    Unmet,
}

/// The strength that hardware alone reaches.
pub const HARDWARE: i64 = 3;

/// `silent`: nothing may be asked. `anew`: the person has just signed in for this request.
pub fn step(strength: i64, wanted: Option<Strength>, silent: bool, anew: bool) -> Step {
    let Some(wanted) = wanted.filter(|wanted| strength < wanted.least) else { return Step::Enough };
    match (silent, anew) {
        (true, _) if wanted.essential => Step::Unmet,
        (true, _) => Step::Enough,
        // A second factor on the way to hardware would be asked for in vain.
        (false, _) if strength < 2 && wanted.least < HARDWARE => Step::Verify,
        (false, false) => Step::SignIn,
        (false, true) if wanted.essential => Step::Unmet,
        // The client is told what was reached.
        (false, true) => Step::Enough,
    }
}

/// `spaces` holds the personal space, unless the request is for an organization.
pub fn next(request: &Request, asks: Asks, spaces: &[Choice], consents: &[Consent], now: Timestamp) -> Next {
    // A wish for an organization that is none of the person's tells nothing and changes nothing.
    let wished = request
        .organization
        .and_then(|id| spaces.iter().find(|option| option.space == Space::Organization(id)));
    if let Some(option) = wished.filter(|option| !option.allow) {
        return Next::Explain(option.space, option.code);
    }
    let usable: Vec<&Choice> = spaces.iter().filter(|option| option.allow).collect();
    let single = match (wished, usable.as_slice()) {
        (Some(option), _) => Some(option),
        (None, [only]) => Some(*only),
        (None, _) => None,
    };
    let Some(option) = single else {
        return match explained(spaces) {
            Some(option) if usable.is_empty() => Next::Explain(option.space, option.code),
            None => Next::Nowhere,
            Some(_) => Next::Ask { single: false },
        };
    };
    let remembered = || {
        consents.iter().any(|consent| {
            consent.space == option.space
                && consent.scope.covers(request.asked())
                && now < consent.at.plus_days(CONSENT_DAYS)
        })
    };
    let agreed = match asks {
        Asks::Never => true,
        Asks::Once => remembered(),
        Asks::Always => false,
    };
    if agreed && !request.prompt.consent && !request.prompt.select_account {
        Next::Issue(option.space)
    } else {
        Next::Ask { single: true }
    }
}

/// Which refusal says most: the one of an organization, where something can be mended, before the personal space.
fn explained(spaces: &[Choice]) -> Option<&Choice> {
    spaces.iter().find(|option| option.space != Space::Personal).or_else(|| spaces.first())
}

/// With `prompt=none` a page is not allowed, so the client is told what would have been asked.
pub fn without_page(next: Next) -> Result<Space, Refused> {
    match next {
        Next::Issue(space) => Ok(space),
        Next::Ask { single: true } => Err(Refused::new(ErrorCode::ConsentRequired, "consent.required")),
        Next::Ask { single: false } => Err(Refused::new(ErrorCode::InteractionRequired, "space.required")),
        Next::Explain(_, code) => Err(Refused::new(ErrorCode::AccessDenied, code)),
        Next::Nowhere => Err(Refused::new(ErrorCode::AccessDenied, "organization.required")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::{model::Prompt, wishes::Wishes};
    use kernel::Id;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const ORG: Space = Space::Organization(Id::from_i64(7));
    const OTHER: Space = Space::Organization(Id::from_i64(8));

    fn request(change: impl FnOnce(&mut Request)) -> Request {
        let mut request = Request {
            redirect_uri: "https://rp.test/cb".into(),
            response_mode: crate::authorize::model::ResponseMode::Query,
            scope: Scope::of_text("openid profile"),
            organization: None,
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: Prompt::default(),
            max_age: None,
            login_hint: None,
            ui_locales: None,
            id_token_hint: None,
            strength: None,
            wishes: Wishes::default(),
            resources: Vec::new(),
            dpop_jkt: None,
            signed_in_before: None,
        };
        change(&mut request);
        request
    }
    fn option(space: Space, allow: bool) -> Choice {
        Choice { space, allow, code: if allow { "decision.allowed" } else { "decision.grant_missing" } }
    }
    fn consent(space: Space, scope: &str, days_ago: i64) -> Consent {
        Consent { space, scope: Scope::of_text(scope), at: NOW.plus_days(-days_ago) }
    }

    #[test]
    fn one_usable_space_and_a_consent_need_no_page() {
        let spaces = [option(Space::Personal, false), option(ORG, true)];
        let plain = request(|_| ());
        assert_eq!(next(&plain, Asks::Once, &spaces, &[], NOW), Next::Ask { single: true });
        assert_eq!(next(&plain, Asks::Never, &spaces, &[], NOW), Next::Issue(ORG));
        let consents = [consent(ORG, "openid profile phone", 89)];
        assert_eq!(next(&plain, Asks::Once, &spaces, &consents, NOW), Next::Issue(ORG));
        for (scope, days) in [("openid", 0), ("openid profile", 90)] {
            assert_eq!(
                next(&plain, Asks::Once, &spaces, &[consent(ORG, scope, days)], NOW),
                Next::Ask { single: true }
            );
        }
        assert_eq!(
            next(&plain, Asks::Once, &spaces, &[consent(OTHER, "openid profile", 0)], NOW),
            Next::Ask { single: true }
        );
        for forced in [request(|r| r.prompt.consent = true), request(|r| r.prompt.select_account = true)] {
            assert_eq!(next(&forced, Asks::Never, &spaces, &consents, NOW), Next::Ask { single: true });
        }
    }
    #[test]
    fn several_spaces_are_asked_for_unless_the_product_names_one() {
        let spaces = [option(Space::Personal, true), option(ORG, true), option(OTHER, false)];
        let consents = [consent(ORG, "openid profile", 0), consent(Space::Personal, "openid profile", 0)];
        assert_eq!(next(&request(|_| ()), Asks::Never, &spaces, &consents, NOW), Next::Ask { single: false });
        let wish = |space: Space| request(move |r| r.organization = space.organization());
        assert_eq!(next(&wish(ORG), Asks::Once, &spaces, &consents, NOW), Next::Issue(ORG));
        assert_eq!(
            next(&wish(OTHER), Asks::Never, &spaces, &consents, NOW),
            Next::Explain(OTHER, "decision.grant_missing")
        );
        let foreign = Space::Organization(Id::from_i64(99));
        assert_eq!(next(&wish(foreign), Asks::Never, &spaces, &consents, NOW), Next::Ask { single: false });
    }
    #[test]
    fn no_usable_space_is_explained_by_the_organization_first() {
        let spaces = [option(Space::Personal, false), option(ORG, false)];
        assert_eq!(
            next(&request(|_| ()), Asks::Never, &spaces, &[], NOW),
            Next::Explain(ORG, "decision.grant_missing")
        );
        assert_eq!(
            next(&request(|_| ()), Asks::Never, &spaces[..1], &[], NOW),
            Next::Explain(Space::Personal, "decision.grant_missing")
        );
    }
    #[test]
    fn without_a_page_each_question_has_its_error() {
        assert_eq!(without_page(Next::Issue(ORG)), Ok(ORG));
        assert_eq!(without_page(Next::Ask { single: true }).unwrap_err().error, ErrorCode::ConsentRequired);
        assert_eq!(
            without_page(Next::Ask { single: false }).unwrap_err().error,
            ErrorCode::InteractionRequired
        );
        let refused = without_page(Next::Explain(ORG, "decision.grant_missing")).unwrap_err();
        assert_eq!((refused.error, refused.reason), (ErrorCode::AccessDenied, "decision.grant_missing"));
        assert_eq!(without_page(Next::Nowhere).unwrap_err().error, ErrorCode::AccessDenied);
    }
    #[test]
    fn a_product_that_wants_an_organization_gets_nobody_who_acts_for_none() {
        let wants = request(|request| request.scope.organization = true);
        assert_eq!(next(&wants, Asks::Never, &[], &[], NOW), Next::Nowhere);
        assert_eq!(next(&wants, Asks::Never, &[option(ORG, true)], &[], NOW), Next::Issue(ORG));
    }
    #[test]
    fn claims_that_are_asked_for_one_by_one_are_agreed_to_as_well() {
        let text = r#"{"userinfo":{"phone_number":null}}"#;
        let more = request(|request| request.wishes = Wishes::parse(text).unwrap());
        let spaces = [option(ORG, true)];
        let less = [consent(ORG, "openid profile", 0)];
        assert_eq!(next(&more, Asks::Once, &spaces, &less, NOW), Next::Ask { single: true });
        let enough = [consent(ORG, "openid profile phone", 0)];
        assert_eq!(next(&more, Asks::Once, &spaces, &enough, NOW), Next::Issue(ORG));
    }
    #[test]
    fn a_session_is_strengthened_as_far_as_it_goes() {
        let wanted = |least, essential| Some(Strength { least, essential });
        for (strength, wanted, silent, anew, expected) in [
            (1, None, false, false, Step::Enough),
            (2, wanted(2, true), false, false, Step::Enough),
            (1, wanted(2, false), false, false, Step::Verify),
            (1, wanted(2, true), false, true, Step::Verify),
            (1, wanted(2, false), true, false, Step::Enough),
            (1, wanted(2, true), true, false, Step::Unmet),
            (2, wanted(3, true), false, false, Step::SignIn),
            (2, wanted(3, true), false, true, Step::Unmet),
            (2, wanted(3, false), false, true, Step::Enough),
            (1, wanted(3, true), false, false, Step::SignIn),
            (1, wanted(3, true), false, true, Step::Unmet),
            (1, wanted(3, false), false, true, Step::Enough),
            (1, wanted(3, true), true, false, Step::Unmet),
            (3, wanted(3, true), true, false, Step::Enough),
        ] {
            assert_eq!(
                step(strength, wanted, silent, anew),
                expected,
                "{strength} {wanted:?} {silent} {anew}"
            );
        }
    }
}
