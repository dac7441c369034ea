//! Purposes as texts and approved templates know them: those of messages, and some that stand for several.
use platform::{
    Channel,
    outbox::{Content, PURPOSES, Purpose},
};
use web::Lang;

/// A template of this purpose serves every code that has none of its own.
pub const ANY_CODE: &str = "any_code";
/// The same for notices without a code.
pub const ANY_NOTICE: &str = "any_notice";
/// Where somebody asked for a code and gets a word of explanation.
const INSTEAD: &str = "_instead";

platform::purpose!(
    /// Nobody knows who reads it: one text in both languages.
    pub const GATEWAY_ALARM = "gateway_alarm", Words by Mail
);

/// Every purpose of a channel that a message may have, codes first.
pub fn of_channel(channel: Channel) -> Vec<String> {
    let mut known: Vec<&Purpose> = PURPOSES.iter().filter(|purpose| purpose.goes_by(channel)).collect();
    known.sort_by_key(|purpose| (purpose.content() == Content::Words, purpose.name()));
    let mut names = Vec::new();
    for purpose in known {
        names.push(purpose.name().to_owned());
        if purpose.content() == Content::CodeOrWords {
            names.push(format!("{}{INSTEAD}", purpose.name()));
        }
    }
    names
}
/// In which a text of this purpose can be written.
pub fn languages(name: &str) -> &'static [Lang] {
    if name == GATEWAY_ALARM.name() { &[Lang::Zh] } else { &Lang::ALL }
}

/// As templates and texts know it: words in place of a code are a purpose of their own.
pub fn of_message(purpose: &str, has_code: bool) -> String {
    let instead = !has_code && content(purpose) != Some(Content::Words) && content(purpose).is_some();
    if instead { format!("{purpose}{INSTEAD}") } else { purpose.to_owned() }
}
fn content(name: &str) -> Option<Content> {
    PURPOSES.iter().find(|purpose| purpose.name() == name).map(|purpose| purpose.content())
}

/// Whether messages for this carry words alone and no code.
pub fn is_of_words(name: &str) -> bool {
    name == ANY_NOTICE || name.ends_with(INSTEAD) || content(name) == Some(Content::Words)
}
/// Key of its name; what rooms above tell about accounts has a name there.
pub fn title_key(name: &str) -> String {
    format!("channel-purpose-{}", name.replace(['.', '_'], "-"))
}
