use crate::organization_type::Words;
use crate::product::launch_url;
use kernel::{Error, Result, Timestamp, text};

db::text_enum! {
    /// In which language a text is written.
    pub enum Language {
        Zh = "zh",
        En = "en",
    }
}
impl Language {
    pub const fn of(english: bool) -> Self {
        if english { Self::En } else { Self::Zh }
    }
    /// A form carries at most 64 KiB, of which one Chinese character takes nine.
    pub const fn most(self) -> usize {
        match self {
            Self::Zh => 6_000,
            Self::En => 12_000,
        }
    }
}

/// As the product's manager sees it.
#[derive(Clone, Debug)]
pub struct Guide {
    pub draft: Words,
    /// What people read.
    pub text: Words,
    pub about: About,
    pub rev: i64,
    pub changed_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
}
impl Guide {
    /// Of a product that nobody wrote about yet.
    pub fn blank() -> Self {
        Self {
            draft: Words::new("", ""),
            text: Words::new("", ""),
            about: About::default(),
            rev: 0,
            changed_at: None,
            published_at: None,
        }
    }
    /// Something was written that people do not read yet.
    pub fn is_ahead(&self) -> bool {
        self.draft != self.text
    }
    /// In the reader's language, else in the other one: better than nothing.
    pub fn published(&self, english: bool) -> Option<&str> {
        let (own, other) = (self.text.of(english), self.text.of(!english));
        [own, other].into_iter().find(|text| !text.is_empty())
    }
}

/// Where more is to be read, and whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub knowledge_url: Option<String>,
    pub contact_zh: Option<String>,
    pub contact_en: Option<String>,
}
impl About {
    pub fn parse(
        knowledge_url: &str,
        contact_zh: &str,
        contact_en: &str,
    ) -> std::result::Result<Self, Vec<Error>> {
        let mut faults = Vec::new();
        let mut take = |result: Result<Option<String>>| match result {
            Ok(value) => value,
            Err(error) => {
                faults.push(error);
                None
            }
        };
        let knowledge_url = take(match knowledge_url.trim() {
            "" => Ok(None),
            url => launch_url(url).map(Some).map_err(|error| match error.code {
                "product.launch_url" => Error::invalid("product.launch_url").at("knowledge_url"),
                _ => error.at("knowledge_url"),
            }),
        });
        let contact_zh = take(text::optional_line("contact_zh", contact_zh, 100));
        let contact_en = take(text::optional_line("contact_en", contact_en, 200));
        if faults.is_empty() { Ok(Self { knowledge_url, contact_zh, contact_en }) } else { Err(faults) }
    }
    pub fn contact(&self, english: bool) -> Option<&str> {
        let (own, other) =
            if english { (&self.contact_en, &self.contact_zh) } else { (&self.contact_zh, &self.contact_en) };
        own.as_deref().or(other.as_deref())
    }
}
