//! A virtual authenticator inside Chromium, over the DevTools protocol: what a fingerprint reader or a phone would do.
use crate::Browser;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Lives until the browser ends.
#[derive(Clone, Debug)]
pub struct Authenticator {
    id: String,
}

impl Browser {
    /// A device that keeps discoverable keys and verifies its holder, whose finger lies on it from the start.
    pub async fn add_authenticator(&self) -> Result<Authenticator> {
        let cdp = self.driver.cdp();
        cdp.send_raw("WebAuthn.enable", json!({ "enableUI": false })).await?;
        let options = json!({
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "automaticPresenceSimulation": true,
            "isUserVerified": true,
        });
        let added = cdp.send_raw("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
        let id = added.pointer("/authenticatorId").and_then(Value::as_str).context("an authenticator")?;
        Ok(Authenticator { id: id.to_owned() })
    }
    /// Whether the holder touches the device when it asks.
    pub async fn present(&self, authenticator: &Authenticator, present: bool) -> Result<()> {
        let arguments = json!({ "authenticatorId": authenticator.id, "enabled": present });
        self.driver.cdp().send_raw("WebAuthn.setAutomaticPresenceSimulation", arguments).await?;
        Ok(())
    }
    /// Whether finger or PIN are right.
    pub async fn verified(&self, authenticator: &Authenticator, verified: bool) -> Result<()> {
        let arguments = json!({ "authenticatorId": authenticator.id, "isUserVerified": verified });
        self.driver.cdp().send_raw("WebAuthn.setUserVerified", arguments).await?;
        Ok(())
    }
    /// The keys that the device keeps.
    pub async fn credentials(&self, authenticator: &Authenticator) -> Result<Vec<Value>> {
        let arguments = json!({ "authenticatorId": authenticator.id });
        let found = self.driver.cdp().send_raw("WebAuthn.getCredentials", arguments).await?;
        Ok(found.pointer("/credentials").and_then(Value::as_array).cloned().unwrap_or_default())
    }
    /// Takes the device away and gives an empty one: another device.
    pub async fn another_device(&self) -> Result<Authenticator> {
        self.driver.cdp().send_raw("WebAuthn.disable", json!({})).await?;
        self.add_authenticator().await
    }
    /// Runs this script before those of every page from now on.
    pub async fn before_each_page(&self, script: &str) -> Result<()> {
        let arguments = json!({ "source": script });
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", arguments).await?;
        Ok(())
    }
    /// What the browser says that it is, from the next page on.
    pub async fn call_itself(&self, user_agent: &str) -> Result<()> {
        let arguments = json!({ "userAgent": user_agent });
        self.driver.cdp().send_raw("Emulation.setUserAgentOverride", arguments).await?;
        Ok(())
    }
}
