//! Packets of SMPP 3.4 as far as a sender of short messages needs them. Pure; whatever arrives, decoding does not fail but
//! says None.

pub const RESPONSE: u32 = 0x8000_0000;
pub const GENERIC_NACK: u32 = 0x8000_0000;
pub const SUBMIT_SM: u32 = 0x04;
pub const DELIVER_SM: u32 = 0x05;
pub const UNBIND: u32 = 0x06;
pub const BIND_TRANSCEIVER: u32 = 0x09;
pub const ENQUIRE_LINK: u32 = 0x15;
/// Longer packets are no short messages.
pub const MOST_BYTES: usize = 64 * 1024;
const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const MESSAGE_STATE: u16 = 0x0427;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    pub id: u32,
    pub status: u32,
    pub sequence: u32,
    pub body: Vec<u8>,
}
impl Pdu {
    pub fn encode(&self) -> Vec<u8> {
        let length = 16 + self.body.len();
        let mut out = Vec::with_capacity(length);
        for word in [u32::try_from(length).unwrap_or(u32::MAX), self.id, self.status, self.sequence] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.extend_from_slice(&self.body);
        out
    }
    /// A whole packet, its length included.
    pub fn decode(packet: &[u8]) -> Option<Self> {
        let mut rest = Reader(packet);
        let length = rest.u32()?;
        if usize::try_from(length).ok()? != packet.len() {
            return None;
        }
        Some(Self { id: rest.u32()?, status: rest.u32()?, sequence: rest.u32()?, body: rest.0.to_vec() })
    }
    /// Of a response to `submit_sm`.
    pub fn message_id(&self) -> Option<String> {
        Reader(&self.body).text()
    }
}

pub fn bind(system_id: &str, password: &str, system_type: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for text in [system_id, password, system_type] {
        put_text(&mut body, text);
    }
    // Version 3.4, no range of addresses.
    body.extend_from_slice(&[0x34, 0, 0, 0]);
    body
}
fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub ton: u8,
    pub npi: u8,
    pub digits: String,
}

/// What of `submit_sm` and `deliver_sm` matters here; they share their shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    pub source: Address,
    pub destination: Address,
    pub esm_class: u8,
    pub registered_delivery: u8,
    pub data_coding: u8,
    pub message: Vec<u8>,
}
impl Submit {
    pub fn body(&self) -> Vec<u8> {
        let mut body = vec![0];
        for address in [&self.source, &self.destination] {
            body.extend_from_slice(&[address.ton, address.npi]);
            put_text(&mut body, &address.digits);
        }
        // Class, protocol, priority; at once, for as long as the operator keeps it.
        body.extend_from_slice(&[
            self.esm_class,
            0,
            0,
            0,
            0,
            self.registered_delivery,
            0,
            self.data_coding,
            0,
        ]);
        let length = u8::try_from(self.message.len()).unwrap_or(u8::MAX);
        body.push(length);
        body.extend(self.message.iter().take(usize::from(length)));
        body
    }
}

/// A `deliver_sm`: a receipt, or somebody's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub esm_class: u8,
    pub message: Vec<u8>,
    pub receipted_id: Option<String>,
    pub state: Option<u8>,
}
impl Delivered {
    pub fn decode(body: &[u8]) -> Option<Self> {
        let mut rest = Reader(body);
        rest.text()?;
        for _ in 0..2 {
            rest.take(2)?;
            rest.text()?;
        }
        let esm_class = rest.u8()?;
        rest.take(2)?;
        rest.text()?;
        rest.text()?;
        // Receipt wanted, replace, coding, canned message.
        rest.take(4)?;
        let length = rest.u8()?;
        let message = rest.take(usize::from(length))?.to_vec();
        let (mut receipted_id, mut state) = (None, None);
        while let Some(tag) = rest.u16() {
            let length = rest.u16()?;
            let value = rest.take(usize::from(length))?;
            match tag {
                RECEIPTED_MESSAGE_ID => receipted_id = Reader(value).text().or_else(|| utf8(value)),
                MESSAGE_STATE => state = value.first().copied(),
                _ => {}
            }
        }
        Some(Self { esm_class, message, receipted_id, state })
    }
    /// `id:… sub:001 … stat:DELIVRD err:000 …`, or the parameters that say the same.
    pub fn receipt(&self) -> Option<super::Receipt> {
        if self.esm_class & 0x3C != 0x04 {
            return None;
        }
        let text = String::from_utf8_lossy(&self.message);
        let word = |name: &str| {
            let (_, rest) = text.split_once(name)?;
            Some(rest.split_whitespace().next()?.to_owned())
        };
        let state = word("stat:").or_else(|| self.state.map(|state| state_word(state).to_owned()))?;
        Some(super::Receipt { message_id: self.receipted_id.clone().or_else(|| word("id:"))?, state })
    }
}
fn state_word(state: u8) -> &'static str {
    match state {
        1 => "ENROUTE",
        2 => "DELIVRD",
        3 => "EXPIRED",
        4 => "DELETED",
        5 => "UNDELIV",
        6 => "ACCEPTD",
        8 => "REJECTD",
        _ => "UNKNOWN",
    }
}
fn utf8(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

struct Reader<'a>(&'a [u8]);
impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
    /// Up to its zero octet.
    fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = utf8(self.take(end)?)?;
        self.take(1)?;
        Some(text)
    }
}
