//! `demo.json`: who can sign in with what, and which clients there are.
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;

#[derive(Clone, Debug, Deserialize)]
pub struct Demo {
    pub base_url: String,
    pub accounts: Vec<Account>,
    pub clients: Vec<Client>,
    pub products: Vec<Product>,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    pub key: String,
    pub login_name: String,
    pub password: String,
    pub phone: Option<String>,
    pub organization_id: Option<String>,
    pub organization: Option<String>,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Client {
    pub product: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    pub code: String,
    pub id: String,
}

impl Demo {
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("demo.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        serde_json::from_str(&text).context("demo.json of another shape")
    }
    /// The first of a key belongs to the exchange member.
    pub fn account(&self, key: &str) -> Result<&Account> {
        self.accounts.iter().find(|a| a.key == key).with_context(|| format!("no demo account {key}"))
    }
    pub fn accounts_of(&self, key: &str) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(move |a| a.key == key)
    }
    pub fn client(&self) -> Result<&Client> {
        self.clients.first().context("no demo client")
    }
    pub fn product_id(&self, code: &str) -> Result<&str> {
        let product = self.products.iter().find(|p| p.code == code);
        Ok(&product.with_context(|| format!("no demo product {code}"))?.id)
    }
}
impl Account {
    pub fn organization_id(&self) -> Result<&str> {
        self.organization_id.as_deref().with_context(|| format!("{} has no organization", self.login_name))
    }
}
