//! What an authorization request leads to, once it is known who is signed in and what they may do: pure.
use super::model::{ErrorCode, Refused, Request, Scope};
use kernel::Timestamp;
use organization::decision::Space;

/// How long a remembered consent holds.
pub const CONSENT_DAYS: i64 = 90;

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
}

/// `spaces` holds at least the personal space.
pub fn next(
    request: &Request,
    skip_consent: bool,
    spaces: &[Choice],
    consents: &[Consent],
    now: Timestamp,
) -> Next {
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
            _ => Next::Ask { single: false },
        };
    };
    let remembered = consents.iter().any(|consent| {
        consent.space == option.space
            && consent.scope.covers(request.scope)
            && now < consent.at.plus_days(CONSENT_DAYS)
    });
    if (skip_consent || remembered) && !request.prompt.consent && !request.prompt.select_account {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::model::Prompt;
    use kernel::Id;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const ORG: Space = Space::Organization(Id::from_i64(7));
    const OTHER: Space = Space::Organization(Id::from_i64(8));

    fn request(change: impl FnOnce(&mut Request)) -> Request {
        let mut request = Request {
            redirect_uri: "https://rp.test/cb".into(),
            scope: Scope::of_text("openid profile"),
            organization: None,
            state: None,
            nonce: None,
            code_challenge: String::new(),
            prompt: Prompt::default(),
            max_age: None,
            login_hint: None,
            ui_locales: None,
            id_token_hint: None,
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
        assert_eq!(next(&plain, false, &spaces, &[], NOW), Next::Ask { single: true });
        assert_eq!(next(&plain, true, &spaces, &[], NOW), Next::Issue(ORG));
        let consents = [consent(ORG, "openid profile phone", 89)];
        assert_eq!(next(&plain, false, &spaces, &consents, NOW), Next::Issue(ORG));
        for (scope, days) in [("openid", 0), ("openid profile", 90)] {
            assert_eq!(
                next(&plain, false, &spaces, &[consent(ORG, scope, days)], NOW),
                Next::Ask { single: true }
            );
        }
        assert_eq!(
            next(&plain, false, &spaces, &[consent(OTHER, "openid profile", 0)], NOW),
            Next::Ask { single: true }
        );
        for forced in [request(|r| r.prompt.consent = true), request(|r| r.prompt.select_account = true)] {
            assert_eq!(next(&forced, true, &spaces, &consents, NOW), Next::Ask { single: true });
        }
    }
    #[test]
    fn several_spaces_are_asked_for_unless_the_product_names_one() {
        let spaces = [option(Space::Personal, true), option(ORG, true), option(OTHER, false)];
        let consents = [consent(ORG, "openid profile", 0), consent(Space::Personal, "openid profile", 0)];
        assert_eq!(next(&request(|_| ()), true, &spaces, &consents, NOW), Next::Ask { single: false });
        let wish = |space: Space| request(move |r| r.organization = space.organization());
        assert_eq!(next(&wish(ORG), false, &spaces, &consents, NOW), Next::Issue(ORG));
        assert_eq!(
            next(&wish(OTHER), true, &spaces, &consents, NOW),
            Next::Explain(OTHER, "decision.grant_missing")
        );
        let foreign = Space::Organization(Id::from_i64(99));
        assert_eq!(next(&wish(foreign), true, &spaces, &consents, NOW), Next::Ask { single: false });
    }
    #[test]
    fn no_usable_space_is_explained_by_the_organization_first() {
        let spaces = [option(Space::Personal, false), option(ORG, false)];
        assert_eq!(
            next(&request(|_| ()), true, &spaces, &[], NOW),
            Next::Explain(ORG, "decision.grant_missing")
        );
        assert_eq!(
            next(&request(|_| ()), true, &spaces[..1], &[], NOW),
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
    }
}
