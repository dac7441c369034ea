//! E-mail addresses: only what can be delivered by an ordinary server; the code that is sent proves the rest.
use crate::Error;

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);
impl Email {
    /// At most 254 bytes (RFC 5321 §4.5.3.1), domain folded. Error: `email.invalid`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let invalid = || Error::invalid("email.invalid").at("email");
        let (local, domain) = text.rsplit_once('@').ok_or_else(invalid)?;
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let good = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.chars().all(atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && domain.contains('.')
            && domain.split('.').all(|l| {
                !l.is_empty()
                    && l.len() <= 63
                    && !l.starts_with('-')
                    && !l.ends_with('-')
                    && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
        if good { Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase()))) } else { Err(invalid()) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
