//! Scopes: what a client may learn, and what it may do while nobody is there.
use serde::{Deserialize, Serialize};

/// What was granted: the scopes that this provider has a meaning for; others are ignored (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Who the person is: an ID token, and userinfo. Without it a client gets nothing but an access token (RFC 6749).
    #[serde(default = "always")]
    pub openid: bool,
    pub profile: bool,
    pub phone: bool,
    pub email: bool,
    /// The token is to act for an organization, which the person chooses unless the request names one.
    pub organization: bool,
    /// Refresh tokens.
    pub offline_access: bool,
    /// No scope of the protocol: verified claims are asked for with the claims parameter, and agreed to like a scope.
    #[serde(default)]
    pub verified: bool,
}

const VERIFIED: &str = " verified_claims";
/// What was kept before there was a choice.
const fn always() -> bool {
    true
}

impl Scope {
    /// As told to the client.
    pub fn text(self) -> String {
        let held = [
            (self.openid, "openid"),
            (self.profile, "profile"),
            (self.phone, "phone"),
            (self.email, "email"),
            (self.organization, "organization"),
            (self.offline_access, "offline_access"),
        ];
        let names: Vec<&str> = held.into_iter().filter_map(|(held, name)| held.then_some(name)).collect();
        names.join(" ")
    }
    /// A word `organization:{id}` counts as `organization`.
    pub fn of_text(text: &str) -> Self {
        let has = |name| text.split(' ').any(|word| word == name);
        Self {
            openid: has("openid"),
            profile: has("profile"),
            phone: has("phone"),
            email: has("email"),
            organization: has("organization")
                || text.split(' ').any(|word| word.starts_with("organization:")),
            offline_access: has("offline_access"),
            verified: false,
        }
    }
    /// As a consent is stored.
    pub fn consent_text(self) -> String {
        let mut out = self.text();
        if self.verified {
            out.push_str(VERIFIED);
        }
        out
    }
    pub fn of_consent(text: &str) -> Self {
        Self { verified: text.ends_with(VERIFIED), ..Self::of_text(text) }
    }
    /// Whether a consent given to `self` covers `wanted`. For whom the token acts is chosen, not agreed to.
    pub const fn covers(self, wanted: Self) -> bool {
        (self.profile || !wanted.profile)
            && (self.phone || !wanted.phone)
            && (self.email || !wanted.email)
            && (self.offline_access || !wanted.offline_access)
            && (self.verified || !wanted.verified)
    }
    /// Without what it tells of the person.
    #[must_use]
    pub const fn without_person(self) -> Self {
        Self { profile: false, phone: false, email: false, ..self }
    }
    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            openid: self.openid || other.openid,
            profile: self.profile || other.profile,
            phone: self.phone || other.phone,
            email: self.email || other.email,
            organization: self.organization || other.organization,
            offline_access: self.offline_access || other.offline_access,
            verified: self.verified || other.verified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_to_more_covers_less() {
        let (less, more) = (Scope::of_text("openid"), Scope::of_text("openid profile phone nonsense"));
        assert!(more.covers(less) && !less.covers(more) && more.covers(more));
        assert_eq!(more.text(), "openid profile phone");
        let offline = Scope::of_text("openid offline_access");
        assert!(!less.covers(offline) && offline.covers(less));
    }
    #[test]
    fn who_asks_without_openid_is_told_so_and_consents_of_before_had_it() {
        assert_eq!(Scope::of_text("profile offline_access").text(), "profile offline_access");
        assert_eq!(Scope::of_text("nonsense").text(), "");
        let before =
            r#"{"profile":true,"phone":false,"email":false,"organization":false,"offline_access":false}"#;
        assert_eq!(serde_json::from_str::<Scope>(before).unwrap().text(), "openid profile");
    }
    #[test]
    fn verified_claims_are_agreed_to_and_are_no_scope() {
        let verified = Scope { verified: true, ..Scope::of_text("openid profile") };
        assert_eq!(verified.text(), "openid profile");
        assert_eq!(Scope::of_consent(&verified.consent_text()), verified);
        assert!(!Scope::of_text("openid profile verified_claims").verified, "nobody asks for it by scope");
        assert!(!Scope::of_text("openid profile").covers(verified));
    }
    #[test]
    fn an_organization_by_name_is_the_scope_organization() {
        assert_eq!(Scope::of_text("openid organization:0000000000001").text(), "openid organization");
        assert!(Scope::of_text("openid").covers(Scope::of_text("openid organization")));
    }
}
