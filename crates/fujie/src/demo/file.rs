//! `demo.json`, which other programs read, and the draft that makes a first start which was cut off go on where it stopped.
use anyhow::{Context as _, Result};
use kernel::Id;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

#[derive(Debug, Serialize, Deserialize)]
pub struct DemoFile {
    pub base_url: String,
    pub accounts: Vec<Account>,
    pub clients: Vec<Client>,
    /// Programs that act for an organization by themselves.
    #[serde(default)]
    pub machines: Vec<Machine>,
    pub products: Vec<Product>,
}
/// One way to sign in. An account with roles in two organizations is listed for each.
#[derive(Debug, Serialize, Deserialize)]
pub struct Account {
    pub key: String,
    pub login_name: String,
    pub password: String,
    pub phone: String,
    pub organization_id: Option<String>,
    pub organization: Option<String>,
}
#[derive(Debug, Serialize, Deserialize)]
pub struct Client {
    pub product: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
}
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    pub product: String,
    pub organization_id: String,
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
}
#[derive(Debug, Serialize, Deserialize)]
pub struct Product {
    pub code: String,
    pub id: String,
}

/// Everything random of the demonstration, written down before the first row: seeding again with it changes nothing.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Draft {
    ids: BTreeMap<String, String>,
    passwords: BTreeMap<String, String>,
}
impl Draft {
    /// The id of the thing with this name, drawn once.
    pub fn id<T>(&mut self, name: &str, draw: impl FnOnce() -> Id<T>) -> Result<Id<T>> {
        let text = self.ids.entry(name.to_owned()).or_insert_with(|| draw().to_string());
        text.parse().map_err(|_| anyhow::anyhow!("the draft of the demonstration holds a bad id for {name}"))
    }
    pub fn password(&mut self, login_name: &str, draw: impl FnOnce() -> String) -> String {
        self.passwords.entry(login_name.to_owned()).or_insert_with(draw).clone()
    }
}

/// `None` if there is no such file.
pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let value = serde_json::from_str(&text);
            value.map(Some).with_context(|| format!("{}: cannot be understood", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    }
}
pub fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    crate::opening::write_private(path, text.as_bytes())
}
