//! Texts that staff writes: minijinja with a budget, so that a slip cannot hold up a server. Nothing is escaped by itself;
//! who writes JSON or an address says so (`| json`, `| urlencode`).
use super::signing::{percent, sha256};
use minijinja::{Environment, UndefinedBehavior};
use std::collections::BTreeMap;

const FUEL: u64 = 20_000;
const MOST_BYTES: usize = 64 * 1024;

/// In the library's words, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError(pub String);

fn json(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
fn urlencode(value: &str) -> String {
    percent(value)
}
fn sha256_hex(value: &str) -> String {
    sha256(value.as_bytes())
}
fn base64(value: &str) -> String {
    data_encoding::BASE64.encode(value.as_bytes())
}

/// A name that is not among the values is an error.
pub fn render(source: &str, values: &BTreeMap<String, String>) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("json", |value: &str| json(value));
    environment.add_filter("urlencode", |value: &str| urlencode(value));
    environment.add_filter("sha256", |value: &str| sha256_hex(value));
    environment.add_filter("base64", |value: &str| base64(value));
    let words = |error: minijinja::Error| RenderError(error.to_string());
    let text = environment.render_str(source, values).map_err(words)?;
    if text.len() > MOST_BYTES { Err(RenderError("the text is too long".into())) } else { Ok(text) }
}
