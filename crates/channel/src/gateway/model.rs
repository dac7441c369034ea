//! What staff sets up, what a gateway gets, what it answers.
use crate::template::Template;
use kernel::{Error, Result, Timestamp, id::mark};
use platform::{
    Channel,
    connector::{Connector, ConnectorId, Kind, Server},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use super::{aliyun::Aliyun, http::HttpGateway, smpp::SmppGateway, smtp::SmtpGateway, tencent::Tencent};

db::text_enum!(
    pub enum Provider {
        Aliyun = "aliyun",
        Tencent = "tencent",
        Http = "http",
        Smpp = "smpp",
        Smtp = "smtp",
    }
);
impl Provider {
    pub fn kind(self) -> Kind {
        if self == Self::Smtp { Kind::Mail } else { Kind::Sms }
    }
    /// Sends nothing but texts that its maker has approved.
    pub fn wants_templates(self) -> bool {
        matches!(self, Self::Aliyun | Self::Tencent)
    }
}

/// The sealed configuration of a connector of the kinds SMS and mail.
#[derive(Clone, Serialize, Deserialize)]
pub struct Config {
    /// Messages a day; zero is no limit.
    #[serde(default)]
    pub daily_cap: i64,
    /// A mail address that is told when the gateway fails or the cap is near.
    #[serde(default)]
    pub alarm_to: Option<String>,
    /// 签名, without brackets: what free texts begin with, and what templates take unless they have one of their own.
    #[serde(default)]
    pub sign: String,
    pub way: Way,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Way {
    Aliyun(Aliyun),
    Tencent(Tencent),
    Http(HttpGateway),
    Smpp(SmppGateway),
    Smtp(SmtpGateway),
}
impl Way {
    /// Whom it hands its secret.
    pub fn server(&self) -> Option<Server> {
        Some(match self {
            Self::Aliyun(way) => Server::of(&way.endpoint),
            Self::Tencent(way) => Server::of(&way.endpoint),
            Self::Http(way) => return way.server(),
            Self::Smpp(way) => Server::new(if way.tls { "smpps" } else { "smpp" }, &way.host, way.port),
            Self::Smtp(way) => Server::new(way.security.as_str(), &way.host, way.port),
        })
    }
    /// What nobody reads, whoever repeats it.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Aliyun(way) => vec![&way.access_key_secret],
            Self::Tencent(way) => vec![&way.secret_key],
            Self::Http(way) => way.secrets(),
            Self::Smpp(way) => vec![&way.password],
            Self::Smtp(way) => vec![&way.password],
        }
    }
}

/// A connector whose configuration is understood.
#[derive(Clone)]
pub struct Gateway {
    pub id: ConnectorId,
    pub name: String,
    pub kind: Kind,
    pub provider: Provider,
    pub enabled: bool,
    pub rev: i64,
    pub config: Config,
}
impl Gateway {
    /// Errors: `connector.unreadable`, `gateway.provider`.
    pub fn of(connector: &Connector) -> Result<Self> {
        let provider = connector.provider.parse().map_err(|_| Error::internal("gateway.provider"))?;
        Ok(Self {
            id: connector.id,
            name: connector.name.clone(),
            kind: connector.kind,
            provider,
            enabled: connector.enabled,
            rev: connector.rev,
            config: connector.config()?,
        })
    }
}

/// One message, ready for any gateway.
#[derive(Clone)]
pub struct Letter {
    /// The same at every attempt, so that a gateway can tell a repetition.
    pub id: kernel::Id<mark::Outbox>,
    /// E.164, or a mail address.
    pub to: String,
    pub purpose: String,
    pub lang: String,
    /// Without the sign.
    pub text: String,
    pub subject: String,
    pub code: Option<String>,
    /// Everything that a template may name: `code`, `minutes`, `brand`, `text` …
    pub values: BTreeMap<String, String>,
    pub template: Option<Template>,
    pub now: Timestamp,
    /// Fresh at every attempt.
    pub nonce: String,
}
impl Letter {
    /// A mainland number without its prefix, others without the plus sign.
    pub fn national(&self) -> &str {
        self.to.strip_prefix("+86").or_else(|| self.to.strip_prefix('+')).unwrap_or(&self.to)
    }
    /// As mainland operators ask: the sign in its brackets, then the text. Where none is set, people read whose message it is.
    pub fn signed_text(&self, sign: &str) -> String {
        let brand = self.values.get("brand").map_or("", String::as_str);
        match (sign, brand) {
            ("", "") => self.text.clone(),
            // Brackets of the default alphabet: in any other a message holds 70 letters.
            ("", brand) if brand.is_ascii() && self.text.is_ascii() => format!("[{brand}] {}", self.text),
            ("", brand) => format!("【{brand}】{}", self.text),
            (sign, _) => format!("【{sign}】{}", self.text),
        }
    }
    /// In the order that the template names them. Error: what is missing.
    pub fn parameters<'a>(
        &'a self,
        template: &'a Template,
    ) -> std::result::Result<Vec<(&'a str, &'a str)>, Failure> {
        let value = |name: &'a String| match self.values.get(name) {
            Some(value) => Ok((name.as_str(), value.as_str())),
            None => Err(Failure::new(Reason::Template, format!("the message has no {name}"))),
        };
        template.parameters.iter().map(value).collect()
    }
    /// Those that want a template get one before they are asked; this is for the type alone.
    pub fn template(&self) -> std::result::Result<&Template, Failure> {
        self.template.as_ref().ok_or_else(|| Failure::new(Reason::NoTemplate, ""))
    }
}

db::text_enum!(
    /// Why a gateway did not take a message.
    pub enum Reason {
        /// Key, password or signature is wrong.
        Credentials = "credentials",
        /// 签名 unknown or not approved.
        Sign = "sign",
        /// The maker knows no such template, or it does not fit.
        Template = "template",
        /// None is set up and approved for this purpose and language; the gateway was not asked.
        NoTemplate = "no_template",
        Balance = "balance",
        TooOften = "too_often",
        Recipient = "recipient",
        Content = "content",
        /// No connection, or an address that must not be reached.
        Unreachable = "unreachable",
        Timeout = "timeout",
        /// It answered nonsense.
        Answer = "answer",
        Other = "other",
        /// The daily cap is used up; the gateway was not asked.
        Cap = "cap",
        /// It failed too often a moment ago; the gateway was not asked.
        Circuit = "circuit",
        /// There is none, or none is switched on.
        NoGateway = "no_gateway",
        /// Its time was over before one took it.
        Expired = "expired",
    }
);
impl Reason {
    /// Whether it says something about the gateway rather than about the message.
    pub fn speaks_of_gateway(self) -> bool {
        matches!(
            self,
            Self::Credentials
                | Self::Balance
                | Self::Unreachable
                | Self::Timeout
                | Self::Answer
                | Self::Other
        )
    }
    /// Whether another gateway, or another time, would say the same.
    pub fn speaks_of_message(self) -> bool {
        matches!(self, Self::Recipient | Self::Content)
    }
    pub fn was_asked(self) -> bool {
        !matches!(self, Self::NoTemplate | Self::Cap | Self::Circuit | Self::NoGateway | Self::Expired)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub reason: Reason,
    /// The gateway's own words, for staff.
    pub said: String,
}
impl Failure {
    /// Keeps one line of what was said.
    pub fn new(reason: Reason, said: impl AsRef<str>) -> Self {
        let said = said.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        Self { reason, said }
    }
}
impl From<web::OutboundError> for Failure {
    fn from(error: web::OutboundError) -> Self {
        let reason = match error {
            web::OutboundError::Timeout => Reason::Timeout,
            web::OutboundError::TooLarge => Reason::Answer,
            web::OutboundError::Refused(_) | web::OutboundError::Failed(_) => Reason::Unreachable,
        };
        Self::new(reason, error.to_string())
    }
}

/// The id that the gateway gave the message, if any.
pub type Taken = std::result::Result<Option<String>, Failure>;
impl Reason {
    /// As [`Self::key`], of a message of this channel.
    pub fn key_of(self, channel: Channel) -> &'static str {
        match (self, channel) {
            (Self::NoGateway, Channel::Mail) => "channel-reason-no-gateway-mail",
            _ => self.key(),
        }
    }
    /// Its words for staff: what happened, then what to do.
    pub fn key(self) -> &'static str {
        match self {
            Self::Credentials => "channel-reason-credentials",
            Self::Sign => "channel-reason-sign",
            Self::Template => "channel-reason-template",
            Self::NoTemplate => "channel-reason-no-template",
            Self::Balance => "channel-reason-balance",
            Self::TooOften => "channel-reason-too-often",
            Self::Recipient => "channel-reason-recipient",
            Self::Content => "channel-reason-content",
            Self::Unreachable => "channel-reason-unreachable",
            Self::Timeout => "channel-reason-timeout",
            Self::Answer => "channel-reason-answer",
            Self::Other => "channel-reason-other",
            Self::Cap => "channel-reason-cap",
            Self::Circuit => "channel-reason-circuit",
            Self::NoGateway => "channel-reason-no-gateway-sms",
            Self::Expired => "channel-reason-expired",
        }
    }
}
