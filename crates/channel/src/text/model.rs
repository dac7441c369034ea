//! A text, the values it may name, and trying it out.
use crate::gateway::{RenderError, render};
use kernel::{Error, Result, Timestamp};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct MailText {
    pub purpose: String,
    pub lang: String,
    pub subject: String,
    pub body: String,
    /// 0 for one that is not stored yet.
    pub rev: i64,
    pub updated_at: Timestamp,
}
db::row!(MailText { purpose, lang, subject, body, rev, updated_at });

/// What every text may name; `title` and `notice` are of notices.
pub const NAMES: [&str; 7] = ["code", "minutes", "brand", "subject", "text", "title", "notice"];
pub const DEFAULT_SUBJECT: &str = "{{ subject }}";
pub const DEFAULT_BODY: &str = "{{ text }}";

impl MailText {
    /// What is sent without any row: the program's own words.
    pub fn built_in(purpose: &str, lang: &str) -> Self {
        Self {
            purpose: purpose.to_owned(),
            lang: lang.to_owned(),
            subject: DEFAULT_SUBJECT.into(),
            body: DEFAULT_BODY.into(),
            rev: 0,
            updated_at: Timestamp::default(),
        }
    }
    /// Subject on one line, and body.
    pub fn render(
        &self,
        values: &BTreeMap<String, String>,
    ) -> std::result::Result<(String, String), (&'static str, RenderError)> {
        let subject = render(&self.subject, values).map_err(|e| ("subject", e))?;
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok((subject, render(&self.body, values).map_err(|e| ("body", e))?))
    }
    /// With sample values. Errors: `mail_text.broken` with the library's words, `mail_text.empty`.
    pub fn preview(&self, samples: &BTreeMap<String, String>) -> Result<(String, String)> {
        let broken = |(field, RenderError(words)): (&'static str, RenderError)| {
            Error::invalid("mail_text.broken").at(field).arg("words", words)
        };
        let (subject, body) = self.render(samples).map_err(broken)?;
        for (field, text) in [("subject", &subject), ("body", &body)] {
            if text.trim().is_empty() {
                return Err(Error::invalid("mail_text.empty").at(field));
            }
        }
        Ok((subject, body))
    }
}
