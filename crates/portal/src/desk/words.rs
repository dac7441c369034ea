//! Keys and tones of states and policies, as the desk shows them.
use identity::realname::RealNameLevel;
use organization::{
    membership::MembershipState,
    organization::OrganizationState,
    organization_type::{BothAt, Words},
    product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState},
};
use platform::StaffRole;
use web::{FormErrors, Lang};

/// What staff type in both languages, each fault at its field.
pub fn both(
    errors: &mut FormErrors,
    lang: Lang,
    typed: &Words,
    at: BothAt,
    most: (usize, usize),
) -> Option<Words> {
    let (zh, en) = typed.lines(at, most);
    let (zh, en) = (errors.take(zh, lang), errors.take(en, lang));
    Some(Words { zh: zh?, en: en? })
}

/// One radio button or option.
#[derive(Clone, Copy)]
pub struct Item {
    pub value: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
}

/// Key of a state and the tone of its tag.
pub fn organization_state(state: OrganizationState) -> (&'static str, &'static str) {
    match state {
        OrganizationState::Active => ("portal-state-active", "ok"),
        OrganizationState::Suspended => ("portal-state-suspended", "bad"),
        OrganizationState::Closed => ("portal-state-closed", "bad"),
    }
}
/// One that ran out is no longer in force, whatever its state.
pub fn membership_state(state: MembershipState, in_time: bool) -> (&'static str, &'static str) {
    match state {
        MembershipState::Ended => ("portal-state-ended", "bad"),
        MembershipState::Suspended => ("portal-state-suspended", "bad"),
        MembershipState::Active if in_time => ("portal-state-active", "ok"),
        MembershipState::Active => ("portal-state-expired", "bad"),
    }
}
pub fn product_state(state: ProductState) -> (&'static str, &'static str) {
    match state {
        ProductState::Active => ("portal-state-active", "ok"),
        ProductState::Suspended => ("portal-state-suspended", "bad"),
        ProductState::Draft => ("portal-state-draft", "wait"),
        ProductState::Withdrawn => ("portal-state-withdrawn", "bad"),
    }
}

macro_rules! choices { ($($name:ident($type:ty) { $($variant:path => $label:literal $hint:literal),* $(,)? })*) => { $(
    pub fn $name(value: $type) -> &'static str {
        match value { $( $variant => $label, )* }
    }
    impl Listed for $type {
        fn items() -> Vec<Item> {
            vec![$( Item { value: $variant.as_str(), label: $label, hint: $hint }, )*]
        }
    }
)* } }
/// All values of a policy, in the order in which a form offers them.
pub trait Listed {
    fn items() -> Vec<Item>;
}
choices! {
    audience(Audience) {
        Audience::Organization => "portal-audience-organization" "portal-audience-organization-hint",
        Audience::Person => "portal-audience-person" "portal-audience-person-hint",
        Audience::Both => "portal-audience-both" "portal-audience-both-hint",
    }
    class(AdmissionClass) {
        AdmissionClass::Open => "portal-class-open" "portal-class-open-hint",
        AdmissionClass::Contract => "portal-class-contract" "portal-class-contract-hint",
        AdmissionClass::Membership => "portal-class-membership" "portal-class-membership-hint",
        AdmissionClass::Discretionary => "portal-class-discretionary" "portal-class-discretionary-hint",
    }
    mode(GrantMode) {
        GrantMode::Explicit => "portal-mode-explicit" "portal-mode-explicit-hint",
        GrantMode::EveryAgent => "portal-mode-every-agent" "portal-mode-every-agent-hint",
    }
    editor(AdmissionEditor) {
        AdmissionEditor::AccountManager => "portal-editor-account-manager" "portal-editor-account-manager-hint",
        AdmissionEditor::ProductManager => "portal-editor-product-manager" "portal-editor-product-manager-hint",
        AdmissionEditor::OrganizationAdministrator =>
            "portal-editor-organization-administrator" "portal-editor-organization-administrator-hint",
    }
    level(RealNameLevel) {
        RealNameLevel::Unverified => "portal-level-unverified" "",
        RealNameLevel::Primary => "portal-level-primary" "",
        RealNameLevel::Intermediate => "portal-level-intermediate" "",
        RealNameLevel::Advanced => "portal-level-advanced" "",
    }
    role(StaffRole) {
        StaffRole::AccountManager => "portal-role-account-manager" "portal-role-account-manager-hint",
        StaffRole::ProductManager => "portal-role-product-manager" "portal-role-product-manager-hint",
        StaffRole::SystemAdministrator =>
            "portal-role-system-administrator" "portal-role-system-administrator-hint",
        StaffRole::SecurityAdministrator =>
            "portal-role-security-administrator" "portal-role-security-administrator-hint",
        StaffRole::Auditor => "portal-role-auditor" "portal-role-auditor-hint",
    }
}

/// Pictures of the sprite that a product may have.
pub const ICONS: [Item; 24] = [
    Item { value: "grid", label: "portal-icon-grid", hint: "" },
    Item { value: "chart", label: "portal-icon-chart", hint: "" },
    Item { value: "file", label: "portal-icon-file", hint: "" },
    Item { value: "server", label: "portal-icon-server", hint: "" },
    Item { value: "book", label: "portal-icon-book", hint: "" },
    Item { value: "shield", label: "portal-icon-shield", hint: "" },
    Item { value: "cal", label: "portal-icon-cal", hint: "" },
    Item { value: "card", label: "portal-icon-card", hint: "" },
    Item { value: "seal", label: "portal-icon-seal", hint: "" },
    Item { value: "net", label: "portal-icon-net", hint: "" },
    Item { value: "pulse", label: "portal-icon-pulse", hint: "" },
    Item { value: "swap", label: "portal-icon-swap", hint: "" },
    Item { value: "pen", label: "portal-icon-pen", hint: "" },
    Item { value: "approve", label: "portal-icon-approve", hint: "" },
    Item { value: "mail", label: "portal-icon-mail", hint: "" },
    Item { value: "key", label: "portal-icon-key", hint: "" },
    Item { value: "org", label: "portal-icon-org", hint: "" },
    Item { value: "users", label: "portal-icon-users", hint: "" },
    Item { value: "user", label: "portal-icon-user", hint: "" },
    Item { value: "clock", label: "portal-icon-clock", hint: "" },
    Item { value: "phone", label: "portal-icon-phone", hint: "" },
    Item { value: "link", label: "portal-icon-link", hint: "" },
    Item { value: "lock", label: "portal-icon-lock", hint: "" },
    Item { value: "chat", label: "portal-icon-chat", hint: "" },
];
