//! Addresses, secrets, the body and its signature; when a delivery is tried again.
use aws_lc_rs::hmac;
use data_encoding::BASE64;
use kernel::{
    Error, Id, Result, Secret, Timestamp,
    id::{AccountId, ContractId, ContractTypeId, MembershipId, OrganizationId, ProductId, mark},
};
use serde_json::json;
use url::Url;

pub type WebhookId = Id<mark::Webhook>;
pub type WebhookDeliveryId = Id<mark::WebhookDelivery>;

/// After a change of the secret both sign, so that receivers change theirs without losing anything.
pub const OVERLAP_HOURS: i64 = 24;
/// What was not taken for so long is given up; staff may send it again.
pub const KEPT_TRYING_DAYS: i64 = 3;
/// So many failures in a row, and the address is left alone for a while.
pub const FAILURES: i64 = 5;
const MOST_URL: usize = 500;

db::text_enum! {
    pub enum WebhookState {
        Active = "active",
        Paused = "paused",
        /// The address said that it is gone for good (410).
        Gone = "gone",
    }
}
db::text_enum! {
    pub enum EventKind {
        Granted = "access.granted",
        /// A rule changed: whoever keeps a session asks again.
        Changed = "access.changed",
        Ended = "access.ended",
        Test = "webhook.test",
    }
}
db::text_enum! {
    pub enum DeliveryState {
        Queued = "queued",
        Delivered = "delivered",
        /// The address refused it for good.
        Refused = "refused",
        Expired = "expired",
    }
}

#[derive(Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub product: ProductId,
    pub url: String,
    pub secret: Vec<u8>,
    pub former_secret: Option<Vec<u8>>,
    pub former_until: Timestamp,
    pub state: WebhookState,
    pub failures: i64,
    pub open_until: Timestamp,
    pub created_at: Timestamp,
}
db::row!(Webhook {
    id,
    product,
    url,
    secret,
    former_secret,
    former_until,
    state,
    failures,
    open_until,
    created_at,
});
impl Webhook {
    /// Left alone because it failed so often.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.failures >= FAILURES && now < self.open_until
    }
}

/// Something that happened, before it is numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Which of the transaction's changes.
    pub at: usize,
    pub kind: EventKind,
    pub reason: String,
    pub product: Option<ProductId>,
    pub organization: Option<OrganizationId>,
    pub contract: Option<ContractId>,
    pub contract_type: Option<ContractTypeId>,
    pub membership: Option<MembershipId>,
    pub account: Option<AccountId>,
    pub until: Option<Timestamp>,
}
impl Cause {
    pub fn new(at: usize, kind: EventKind, reason: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            reason: reason.into(),
            product: None,
            organization: None,
            contract: None,
            contract_type: None,
            membership: None,
            account: None,
            until: None,
        }
    }
}

/// An address that products may be told at: https, or http where the operator opened the network. Error: `webhook.url`.
pub fn parse_url(text: &str) -> Result<Url> {
    let bad = || Error::invalid("webhook.url").at("url");
    let text = text.trim();
    if text.is_empty() || text.len() > MOST_URL || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad());
    }
    let url = Url::parse(text).map_err(|_| bad())?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if matches!(url.scheme(), "https" | "http") && url.has_host() && bare { Ok(url) } else { Err(bad()) }
}

/// As the receiver's library wants it: `whsec_` and base64 of 32 random bytes.
pub fn secret_text(bytes: &[u8; 32]) -> Secret {
    Secret::new(format!("whsec_{}", BASE64.encode(bytes)))
}
fn key_of(secret: &str) -> Option<hmac::Key> {
    let bytes = BASE64.decode(secret.strip_prefix("whsec_")?.as_bytes()).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}
/// The value of `webhook-signature`: one `v1,…` for each secret that is good now.
pub fn signature(secrets: &[&str], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| key_of(secret))
        .map(|key| format!("v1,{}", BASE64.encode(hmac::sign(&key, signed.as_bytes()).as_ref())))
        .collect();
    signatures.join(" ")
}

/// What a delivery needs of its event.
pub struct Told {
    pub n: i64,
    pub kind: EventKind,
    pub reason: String,
    pub product_code: String,
    pub organization: Option<OrganizationId>,
    pub subject: Option<String>,
    pub until: Option<Timestamp>,
    pub at: Timestamp,
}
db::row!(Told { n, kind, reason, product_code, organization, subject, until, at });
impl Told {
    /// The same whenever the same is sent again.
    pub fn id(&self) -> String {
        format!("evt_{}", self.n)
    }
    pub fn body(&self) -> String {
        json!({
            "type": self.kind.as_str(),
            "timestamp": self.at,
            "data": {
                "sequence": self.n,
                "product": self.product_code,
                "organization": self.organization,
                "subject": self.subject,
                "reason": self.reason,
                "until": self.until.filter(|until| *until != Timestamp::FOREVER),
            },
        })
        .to_string()
    }
}

/// 5 s, 10 s, 20 s … at most an hour between attempts.
pub fn backoff_seconds(attempts: i64) -> i64 {
    (5_i64 << attempts.saturating_sub(1).clamp(0, 10)).min(3600)
}
/// How long an address rests after so many failures in a row.
pub fn rest_seconds(failures: i64) -> i64 {
    (30_i64 << (failures - FAILURES).clamp(0, 5)).min(600)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_signature_is_the_one_of_standard_webhooks() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed =
            signature(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = signature(&[secret, secret], "a", 1, "b");
        assert_eq!(two.split(' ').count(), 2);
        assert_eq!(signature(&["nothing"], "a", 1, "b"), "");
    }
    #[test]
    fn only_addresses_of_the_web_are_told() {
        assert!(parse_url(" https://rp.test/hooks?x=1 ").is_ok());
        assert!(parse_url("http://127.0.0.1:9000/h").is_ok(), "the way out decides where it may lead");
        let long = format!("https://rp.test/{}", "a".repeat(500));
        for bad in [
            "",
            "rp.test",
            "ftp://rp.test/",
            "https://u:p@rp.test/",
            "https://rp.test/#f",
            "javascript:1",
            &long,
        ] {
            assert_eq!(parse_url(bad).unwrap_err().code, "webhook.url", "{bad}");
        }
    }
    #[test]
    fn attempts_come_further_apart_and_never_stop_coming() {
        let pauses: Vec<i64> = (1..14).map(backoff_seconds).collect();
        assert_eq!(pauses[..4], [5, 10, 20, 40]);
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]) && pauses.last() == Some(&3600));
        assert_eq!((rest_seconds(5), rest_seconds(6), rest_seconds(99)), (30, 60, 600));
    }
    #[test]
    fn the_body_names_ids_as_text_and_leaves_out_what_does_not_end() {
        let told = Told {
            n: 7,
            kind: EventKind::Ended,
            reason: "grant.ended".into(),
            product_code: "quotes".into(),
            organization: Some(Id::from_i64(42)),
            subject: Some("sub".into()),
            until: Some(Timestamp::FOREVER),
            at: Timestamp::from_millis(1_800_000_000_000),
        };
        let body: serde_json::Value = serde_json::from_str(&told.body()).unwrap();
        assert_eq!(body["type"], "access.ended");
        assert!(body["data"]["organization"].is_string() && body["data"]["until"].is_null());
        assert_eq!((told.id().as_str(), body["data"]["sequence"].as_i64()), ("evt_7", Some(7)));
    }
}
