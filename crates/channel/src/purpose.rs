//! What messages are for. Rooms above name purposes of their own; the desk lists those that are known beforehand, since a
//! text must be approved before the first message needs it.

/// A template of this purpose serves every code that has none of its own.
pub const ANY_CODE: &str = "any_code";
/// The same for notices without a code.
pub const ANY_NOTICE: &str = "any_notice";

/// Purposes of codes with the key of their name.
pub const CODES: [(&str, &str); 7] = [
    ("register", "channel-purpose-register"),
    ("sign_in", "channel-purpose-sign-in"),
    ("step_up", "channel-purpose-step-up"),
    ("contact.phone", "channel-purpose-contact-phone"),
    ("contact.email", "channel-purpose-contact-email"),
    ("recover", "channel-purpose-recover"),
    ("recover_instead", "channel-purpose-recover-instead"),
];

/// As templates and texts know it: where somebody asked for a code and gets a word of explanation instead, another one.
pub fn of_message(purpose: &str, has_code: bool) -> String {
    let of_code = CODES.iter().any(|(known, _)| *known == purpose);
    if of_code && !has_code { format!("{purpose}_instead") } else { purpose.to_owned() }
}

/// Whether messages for this carry words alone and no code.
pub fn is_of_words(purpose: &str) -> bool {
    purpose == ANY_NOTICE || purpose.starts_with("notice.") || purpose.ends_with("_instead")
}
