//! What templates call: texts, icons, dates, the form token; and the frame of the signed-in application.
use crate::{Ctx, FormErrors, assets, client::Fault};
use askama::filters::Safe;
use kernel::Timestamp;

/// Every template has one as `page`.
#[derive(Clone)]
pub struct Page {
    pub ctx: Ctx,
    pub title: String,
    /// For pages that extend `layout/shell.html`.
    pub shell: Option<Shell>,
    /// A form came back with errors: the window's title says so first, for those who hear it.
    pub failed: bool,
}

/// Whose space a page stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceKind {
    Person,
    Org,
    Operator,
}
impl SpaceKind {
    /// For `data-space`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Org => "org",
            Self::Operator => "operator",
        }
    }
    /// Class of the avatar: its shape tells the kind.
    pub const fn avatar(self) -> &'static str {
        match self {
            Self::Person => "",
            Self::Org => " org",
            Self::Operator => " platform",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Shell {
    pub user_name: String,
    /// Masked phone or login name, under the user's name.
    pub user_hint: String,
    pub space: SpaceBadge,
    /// At most seven, most recent first.
    pub spaces: Vec<SpaceLink>,
    /// Whether there are more spaces than `spaces` shows.
    pub more_spaces: bool,
    pub nav: Vec<NavGroup>,
    /// Messages that the user has not read, to 99.
    pub unread: i64,
    /// The user's real-name level: 1 to 3 and its name; 0 has none.
    pub level: (i64, String),
    /// What must not be overlooked on any page.
    pub warning: Option<Warning>,
}
/// A line above every page, with one thing to do about it.
#[derive(Clone, Debug)]
pub struct Warning {
    pub text: String,
    /// Where its form posts.
    pub action: String,
    pub button: String,
}
#[derive(Clone, Debug)]
pub struct SpaceBadge {
    pub kind: SpaceKind,
    pub name: String,
    /// One character.
    pub initial: String,
    pub role: String,
}
#[derive(Clone, Debug)]
pub struct SpaceLink {
    pub href: String,
    pub name: String,
    pub initial: String,
    pub role: String,
    pub kind: SpaceKind,
    pub current: bool,
}
#[derive(Clone, Debug)]
pub struct NavGroup {
    pub title: Option<String>,
    pub items: Vec<NavItem>,
}
#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub icon: &'static str,
    pub current: bool,
    /// How many things wait there; 0 shows nothing.
    pub badge: i64,
}

impl Shell {
    pub fn personal(&self) -> Vec<&SpaceLink> {
        self.spaces_of(SpaceKind::Person)
    }
    pub fn organizations(&self) -> Vec<&SpaceLink> {
        self.spaces_of(SpaceKind::Org)
    }
    pub fn desks(&self) -> Vec<&SpaceLink> {
        self.spaces_of(SpaceKind::Operator)
    }
    fn spaces_of(&self, kind: SpaceKind) -> Vec<&SpaceLink> {
        self.spaces.iter().filter(|space| space.kind == kind).collect()
    }
    pub fn user_initial(&self) -> String {
        initial(&self.user_name)
    }
}

/// The character that stands in an avatar.
pub fn initial(name: &str) -> String {
    name.trim().chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

impl Page {
    pub fn new(ctx: &Ctx, title: impl Into<String>) -> Self {
        Self { ctx: ctx.clone(), title: title.into(), shell: None, failed: false }
    }
    #[must_use]
    pub fn with_shell(mut self, shell: Shell) -> Self {
        self.shell = Some(shell);
        self
    }
    #[must_use]
    pub fn with_errors(mut self, errors: &FormErrors) -> Self {
        self.failed = !errors.is_empty();
        self
    }
    pub fn t(&self, key: &str) -> String {
        self.ctx.lang.t(key)
    }
    pub fn ta(&self, key: &str, args: &[(&str, &str)]) -> String {
        self.ctx.lang.ta(key, args)
    }
    /// One argument, for templates.
    pub fn t1(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.ctx.lang.ta(key, &[(name, &value.to_string())])
    }
    /// Two arguments, for templates.
    pub fn t2(
        &self,
        key: &str,
        first: &str,
        one: impl std::fmt::Display,
        second: &str,
        two: impl std::fmt::Display,
    ) -> String {
        self.ctx.lang.ta(key, &[(first, &one.to_string()), (second, &two.to_string())])
    }
    /// A symbol of the sprite, hidden from screen readers: the words stand beside it.
    pub fn icon(&self, name: &str) -> Safe<String> {
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Safe(format!(
            r##"<svg class="i" aria-hidden="true"><use href="{}#i-{name}"/></svg>"##,
            assets::url("icons.svg")
        ))
    }
    /// The hidden form token: every POST form carries it.
    pub fn csrf_field(&self) -> Safe<String> {
        Safe(format!(r#"<input type="hidden" name="csrf" value="{}">"#, self.ctx.csrf))
    }
    /// Address of a built asset.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
    /// `2026-07-14 09:12`.
    pub fn minute(&self, at: &Timestamp) -> String {
        at.local_minute(&self.ctx.app.zone)
    }
    pub fn date(&self, at: &Timestamp) -> String {
        at.local_date(&self.ctx.app.zone)
    }
    /// The last day that an exclusive end includes.
    pub fn last_day(&self, until: &Timestamp) -> String {
        until.last_day(&self.ctx.app.zone)
    }
    /// The reader's browser in words: `Chrome 86`, `this browser`.
    pub fn browser(&self) -> String {
        match self.ctx.client.words(self.ctx.lang) {
            words if words.is_empty() => self.t("web-browser-this"),
            words => words,
        }
    }
    /// What is said of a browser that pages are not made for: title, text.
    pub fn outdated(&self) -> Option<(String, String)> {
        let (title, text) = match self.ctx.client.fault? {
            Fault::InternetExplorer => ("web-browser-ie-title", "web-browser-ie-text"),
            Fault::Compatibility => ("web-browser-compatibility-title", "web-browser-compatibility-text"),
            Fault::OldEdge => ("web-browser-edge-title", "web-browser-edge-text"),
            Fault::TooOld => ("web-browser-old-title", "web-browser-old-text"),
        };
        Some((self.t1(title, "browser", self.browser()), self.t(text)))
    }
    /// Of a list that this page does not show from its beginning: the same list, with its filters, from there.
    pub fn first_page(&self) -> Option<String> {
        first_page(&self.ctx.path).filter(|_| self.ctx.is_get)
    }
    pub fn brand(&self) -> &str {
        match self.ctx.lang {
            crate::Lang::Zh => &self.ctx.app.brand.name_zh,
            crate::Lang::En => &self.ctx.app.brand.name_en,
        }
    }
    pub fn icp(&self) -> Option<&str> {
        self.ctx.app.brand.icp.as_deref()
    }
    /// `data-space` of the body.
    pub fn space(&self) -> &'static str {
        self.shell.as_ref().map_or("person", |shell| shell.space.kind.as_str())
    }
    /// The flash in the reader's language, its tone and its icon.
    pub fn flash(&self) -> Option<(&str, &'static str, String)> {
        let flash = self.ctx.flash.as_ref()?;
        let args: Vec<(&str, &str)> = flash.args.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let icon = match flash.tone.as_str() {
            "ok" => "check",
            "info" => "info",
            _ => "alert",
        };
        Some((&flash.tone, icon, self.ctx.lang.ta(&flash.key, &args)))
    }
    /// The text of a field's error as `page.err(errors, "phone")`.
    pub fn err<'e>(&self, errors: &'e FormErrors, field: &str) -> Option<&'e str> {
        errors.of(field)
    }
}

/// How lists name the row behind which a page begins.
const CURSORS: [&str; 5] = ["after", "before", "below", "at", "id"];

fn first_page(address: &str) -> Option<String> {
    let (path, query) = address.split_once('?')?;
    let is_cursor = |pair: &&str| {
        pair.split_once('=').is_some_and(|(name, value)| CURSORS.contains(&name) && !value.is_empty())
    };
    let (cursor, kept): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_cursor);
    match (cursor.is_empty(), kept.is_empty()) {
        (true, _) => None,
        (false, true) => Some(path.to_owned()),
        (false, false) => Some(format!("{path}?{}", kept.join("&"))),
    }
}

#[cfg(test)]
mod tests {
    use super::first_page;

    #[test]
    fn a_later_page_leads_to_the_first_with_the_same_filters() {
        for (address, first) in [
            ("/desk/products", None),
            ("/desk/proofs?state=open", None),
            ("/desk/proofs?state=open&after=", None),
            ("/desk/proofs?state=open&after=01A", Some("/desk/proofs?state=open")),
            ("/org/1/record?before=01A&topic=a%26b&person=2", Some("/org/1/record?topic=a%26b&person=2")),
            ("/desk/materials?after=01A", Some("/desk/materials")),
            ("/me/history?at=17&id=01A", Some("/me/history")),
            ("/x?hereafter=1", None),
        ] {
            assert_eq!(first_page(address).as_deref(), first, "{address}");
        }
    }
}
