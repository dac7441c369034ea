//! Two languages, embedded. Every visible string is a Fluent key that both have; tidy checks that.
use crate::embedded::LOCALES;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use http::{HeaderMap, header::ACCEPT_LANGUAGE};
use std::{collections::HashMap, sync::LazyLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    Zh,
    En,
}

static ZH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::Zh));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::En));
/// Texts without arguments, which are most: a page has a hundred, and need not work them out each time.
static PLAIN_ZH: LazyLock<HashMap<String, String>> = LazyLock::new(|| plain(Lang::Zh));
static PLAIN_EN: LazyLock<HashMap<String, String>> = LazyLock::new(|| plain(Lang::En));

fn plain(lang: Lang) -> HashMap<String, String> {
    let mut texts = HashMap::new();
    for (_, text) in LOCALES.iter().filter(|(tag, _)| *tag == lang.tag()) {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some((key, first)) = line.split_once('=') else { continue };
            if !line.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            // What stands indented below belongs to it; a brace means that something is worked out.
            let mut worked_out = first.contains('{');
            while let Some(more) = lines.next_if(|line| line.starts_with(' ')) {
                worked_out |= more.contains('{');
            }
            let key = key.trim();
            if !worked_out && let Some(whole) = lang.lookup(key, None) {
                texts.insert(key.to_owned(), whole);
            }
        }
    }
    texts
}

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.tag().parse().unwrap_or_default()]);
    // Isolation marks (U+2068, U+2069) would land in attributes and be copied along with numbers.
    bundle.set_use_isolating(false);
    for (_, text) in LOCALES.iter().filter(|(tag, _)| *tag == lang.tag()) {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(good, errors)| {
            tracing::error!(?errors, "a locale file has lines that cannot be read");
            good
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(?errors, "a locale key is defined twice");
        }
    }
    bundle
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];
    /// BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
    /// Reads both bundles, so that no request pays for it.
    pub fn warm() {
        LazyLock::force(&ZH);
        LazyLock::force(&EN);
        LazyLock::force(&PLAIN_ZH);
        LazyLock::force(&PLAIN_EN);
    }
    pub fn t(self, key: &str) -> String {
        let plain = match self {
            Self::Zh => PLAIN_ZH.get(key),
            Self::En => PLAIN_EN.get(key),
        };
        plain.cloned().or_else(|| self.lookup(key, None)).unwrap_or_else(|| missing(key))
    }
    /// With arguments; whole numbers choose plural forms.
    pub fn ta(self, key: &str, args: &[(&str, &str)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, text)| (*name, value(text))).collect();
        self.lookup(key, Some(&args)).unwrap_or_else(|| missing(key))
    }
    /// What happened and what to do, for a person. An unknown code gets the general text of its kind.
    pub fn error(self, error: &kernel::Error) -> String {
        let args: FluentArgs<'_> = error.args.iter().map(|(name, text)| (*name, value(text))).collect();
        let key = error_key(error.code);
        self.lookup(&key, Some(&args)).unwrap_or_else(|| {
            // Internal ones share a text on purpose: the log has the rest.
            if error.kind != kernel::Kind::Internal {
                tracing::error!(code = error.code, "an error code has no text");
            }
            self.t(match error.kind {
                kernel::Kind::Invalid => "error-kind-invalid",
                kernel::Kind::Unauthenticated => "error-kind-unauthenticated",
                kernel::Kind::Forbidden => "error-kind-forbidden",
                kernel::Kind::NotFound => "error-kind-not-found",
                kernel::Kind::Conflict => "error-kind-conflict",
                kernel::Kind::TooMany => "error-kind-too-many",
                kernel::Kind::Overloaded => "error-kind-overloaded",
                kernel::Kind::Unavailable => "error-kind-unavailable",
                kernel::Kind::Internal => "error-kind-internal",
            })
        })
    }
    pub fn has(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }
    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
    fn lookup(self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "a text lacks its arguments");
        }
        Some(text.into_owned())
    }
    /// `zh-CN`, `zh`, `zh-Hans-CN`, `en-GB` …; other languages are None.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }
    /// The first language of a space-separated list (`ui_locales`) that we speak.
    pub fn from_list(list: &str) -> Option<Self> {
        list.split_whitespace().find_map(Self::from_tag)
    }
    /// The best of `Accept-Language` by weight, earlier first among equals.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',').take(20) {
            let mut pieces = part.split(';');
            let Some(lang) = pieces.next().and_then(Self::from_tag) else { continue };
            let weight = pieces
                .find_map(|p| p.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }
}

/// The key of an error's text: `membership.last_administrator` → `error-membership-last-administrator`.
pub fn error_key(code: &str) -> String {
    format!("error-{}", code.replace(['.', '_'], "-"))
}

fn missing(key: &str) -> String {
    tracing::error!(key, "a text is missing");
    key.to_owned()
}

/// Short whole numbers are numbers, so that plural forms work; everything else (codes, names) stays as typed.
fn value(text: &str) -> FluentValue<'_> {
    let plain = !text.is_empty()
        && text.len() <= 9
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    match text.parse::<i64>() {
        Ok(number) if plain => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}
