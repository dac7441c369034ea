//! The logout token and when it is sent again.
use kernel::{Error, Result, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

/// What was not taken for so long is given up: the product's own sessions have ended by then.
pub const KEPT_TRYING_SECONDS: i64 = 86_400;
/// A token is looked at once, when it arrives.
const TOKEN_SECONDS: i64 = 120;

db::text_enum! {
    pub enum DeliveryState {
        Queued = "queued",
        Delivered = "delivered",
        /// The client said that the token is none.
        Refused = "refused",
        Expired = "expired",
    }
}

/// One delivery as staff sees it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub state: DeliveryState,
    pub attempts: i64,
    pub again_at: Timestamp,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    pub status: Option<i64>,
    pub error: Option<String>,
}
db::row!(Delivery { state, attempts, again_at, created_at, settled_at, status, error });

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    sid: &'a str,
    events: Value,
}

/// The bytes that are signed (Back-Channel Logout §2.4). There is never a nonce: it would pass for an ID token.
pub fn logout_token(
    issuer: &str,
    client_id: &str,
    subject: &str,
    sid: &str,
    jti: &str,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let token = LogoutToken {
        iss: issuer,
        sub: subject,
        aud: client_id,
        iat: now.as_seconds(),
        exp: now.plus_seconds(TOKEN_SECONDS).as_seconds(),
        jti,
        sid,
        events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
    };
    serde_json::to_vec(&token).map_err(|error| Error::internal("internal").because(error))
}

/// 2 s, 4 s, 8 s … at most half an hour between attempts: whoever signs out expects it now.
pub fn backoff_seconds(attempts: i64) -> i64 {
    (2_i64 << attempts.saturating_sub(1).clamp(0, 10)).min(1800)
}
