//! Mail by SMTP. The address is looked up by the guarded way out and then connected to; the certificate must name the host.
use super::model::{Failure, Gateway, Letter, Reason, Taken};
use crate::Tools;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use platform::connector::ConnectorId;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Connections are kept, but the name is looked up again now and then.
const KEPT: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte, port 465.
    Tls,
    /// Port 587 or 25; a server that does not offer it is refused.
    #[default]
    Starttls,
    /// Only into networks that the operator opened.
    None,
}
impl Security {
    pub const ALL: [Self; 3] = [Self::Tls, Self::Starttls, Self::None];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Starttls => "starttls",
            Self::None => "none",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub struct SmtpGateway {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    pub password: String,
    pub from: String,
    pub from_name: String,
    pub reply_to: Option<String>,
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;
/// Connections by gateway and revision.
#[derive(Default)]
pub struct Transports(Mutex<HashMap<ConnectorId, (i64, Instant, Transport)>>);
impl Transports {
    fn kept(&self, gateway: &Gateway) -> Option<Transport> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&gateway.id)
            .filter(|(rev, since, _)| *rev == gateway.rev && since.elapsed() < KEPT)
            .map(|(.., transport)| transport.clone())
    }
    fn keep(&self, gateway: &Gateway, transport: Transport) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(gateway.id, (gateway.rev, Instant::now(), transport));
    }
    fn forget(&self, gateway: &Gateway) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&gateway.id);
    }
}

impl SmtpGateway {
    async fn transport(&self, tools: &Tools) -> Result<Transport, Failure> {
        let plain = self.security == Security::None;
        let address = tools.outbound.resolve(&self.host, self.port, plain).await?;
        let address =
            address.first().ok_or_else(|| Failure::new(Reason::Unreachable, "the name has no address"))?;
        let unusable = |e: lettre::transport::smtp::Error| Failure::new(Reason::Other, e.to_string());
        let parameters = || -> Result<TlsParameters, Failure> {
            let mut builder =
                TlsParameters::builder(self.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
            for root in tools.outbound.roots() {
                builder =
                    builder.add_root_certificate(Certificate::from_der(root.to_vec()).map_err(unusable)?);
            }
            builder.build_rustls().map_err(unusable)
        };
        let tls = match self.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::Starttls => Tls::Required(parameters()?),
            Security::None => Tls::None,
        };
        let mut builder = Transport::builder_dangerous(address.ip().to_string())
            .port(self.port)
            .tls(tls)
            .timeout(Some(tools.mail_patience));
        if !self.user.is_empty() {
            builder = builder.credentials(Credentials::new(self.user.clone(), self.password.clone()));
        }
        Ok(builder.build())
    }
    fn message(&self, letter: &Letter) -> Result<Message, Failure> {
        let mailbox = |address: &str, name: Option<String>| -> Result<Mailbox, Failure> {
            let address = address.parse().map_err(|_| Failure::new(Reason::Recipient, "no mail address"))?;
            Ok(Mailbox::new(name, address))
        };
        let name = Some(self.from_name.clone()).filter(|name| !name.is_empty());
        let domain = self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let mut builder = Message::builder()
            .from(mailbox(&self.from, name)?)
            .to(mailbox(&letter.to, None)?)
            .subject(letter.subject.clone())
            // The same at every attempt: mailboxes show a repetition once.
            .message_id(Some(format!("<{}@{domain}>", letter.id)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(mailbox(reply_to, None)?);
        }
        let mut message = builder
            .singlepart(SinglePart::plain(letter.text.clone()))
            .map_err(|e| Failure::new(Reason::Other, e.to_string()))?;
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".into()));
        Ok(message)
    }
    pub async fn send(&self, tools: &Tools, gateway: &Gateway, letter: &Letter) -> Taken {
        let message = self.message(letter)?;
        let transport = match tools.mail.kept(gateway) {
            Some(transport) => transport,
            None => {
                let transport = self.transport(tools).await?;
                tools.mail.keep(gateway, transport.clone());
                transport
            }
        };
        match transport.send(message).await {
            Ok(response) => Ok(response.first_line().map(|line| line.chars().take(100).collect())),
            Err(error) => {
                if !error.is_permanent() {
                    tools.mail.forget(gateway);
                }
                Err(failure(&error))
            }
        }
    }
}

fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    use std::error::Error as _;
    let said = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    let code = error.status().map(|code| code.to_string());
    let reason = match code.as_deref() {
        Some("530" | "534" | "535" | "538" | "454") => Reason::Credentials,
        Some("501" | "550" | "551" | "553") => Reason::Recipient,
        Some("450" | "451") => Reason::TooOften,
        Some("552" | "554") => Reason::Content,
        Some(_) => Reason::Other,
        None if error.is_timeout() => Reason::Timeout,
        None if error.is_response() => Reason::Answer,
        None => Reason::Unreachable,
    };
    Failure::new(reason, said)
}
