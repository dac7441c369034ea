//! SMPP 3.4: one kept session per gateway, texts in the default alphabet or UCS-2, long ones in parts, receipts stored.
pub mod pdu;
mod session;
#[cfg(test)]
mod tests;
mod text;

use super::model::{Failure, Gateway, Letter, Reason, Taken};
use crate::Tools;
use pdu::{Address, Pdu, Submit};
use serde::{Deserialize, Serialize};
pub use session::Sessions;

#[derive(Clone, Serialize, Deserialize)]
pub struct SmppGateway {
    pub host: String,
    pub port: u16,
    /// Without it only networks that the operator opened are reached.
    pub tls: bool,
    pub system_id: String,
    pub password: String,
    pub system_type: String,
    /// A name of up to 11 letters, or a number.
    pub source: String,
    /// Asks for receipts.
    pub receipts: bool,
}

/// A receipt as an operator sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub message_id: String,
    /// `DELIVRD`, `UNDELIV` …
    pub state: String,
}

impl SmppGateway {
    fn source(&self) -> Address {
        let digits = self.source.trim_start_matches('+');
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            // Short codes are of no numbering plan's business.
            let (ton, npi) = if digits.len() > 8 { (1, 1) } else { (0, 1) };
            Address { ton, npi, digits: digits.to_owned() }
        } else {
            Address { ton: 5, npi: 0, digits: self.source.clone() }
        }
    }
    pub async fn send(&self, tools: &Tools, gateway: &Gateway, letter: &Letter) -> Taken {
        let parts = text::parts(&letter.signed_text(&gateway.config.sign), letter.id.as_i64())
            .ok_or_else(|| Failure::new(Reason::Content, "the text is too long"))?;
        let session = tools.smpp.session(tools, self, gateway).await?;
        let count = parts.len();
        let mut id = None;
        for (index, part) in parts.into_iter().enumerate() {
            let submit = Submit {
                source: self.source(),
                destination: Address { ton: 1, npi: 1, digits: letter.to.trim_start_matches('+').to_owned() },
                esm_class: if part.with_header { 0x40 } else { 0 },
                // Of a long text the last part's receipt says enough.
                registered_delivery: u8::from(self.receipts && index + 1 == count),
                data_coding: part.data_coding,
                message: part.octets,
            };
            let answer = session.request(pdu::SUBMIT_SM, submit.body()).await?;
            if answer.id != pdu::SUBMIT_SM | pdu::RESPONSE || answer.status != 0 {
                return Err(refused(&answer));
            }
            id = answer.message_id().filter(|id| !id.is_empty());
        }
        Ok(id)
    }
}

/// The command status in the specification's words.
fn refused(answer: &Pdu) -> Failure {
    let (reason, words) = match answer.status {
        0x0D => (Reason::Credentials, "ESME_RBINDFAIL"),
        0x0E => (Reason::Credentials, "ESME_RINVPASWD"),
        0x0F => (Reason::Credentials, "ESME_RINVSYSID"),
        0x53 => (Reason::Credentials, "ESME_RINVSYSTYP"),
        0x0A => (Reason::Sign, "ESME_RINVSRCADR"),
        0x0B => (Reason::Recipient, "ESME_RINVDSTADR"),
        0x01 => (Reason::Content, "ESME_RINVMSGLEN"),
        0x14 => (Reason::TooOften, "ESME_RMSGQFUL"),
        0x58 => (Reason::TooOften, "ESME_RTHROTTLED"),
        0x45 => (Reason::Other, "ESME_RSUBMITFAIL"),
        0x08 => (Reason::Other, "ESME_RSYSERR"),
        0 => (Reason::Answer, "unexpected answer"),
        _ => (Reason::Other, "command status"),
    };
    Failure::new(reason, format!("{words} 0x{:08X}", answer.status))
}
