//! A desktop that waits, the token in its picture, the code for whoever cannot scan.
use crate::session::Device;
use data_encoding::BASE64URL_NOPAD;
use db::Keyring;
use kernel::{Error, Id, Result, Timestamp, id::mark, text};

pub type ScanId = Id<mark::Scan>;

/// How long a picture is good for.
pub const SECONDS: i64 = 120;
/// How long the desktop may take to go on once it was approved.
pub const FINISH_SECONDS: i64 = 60;
const CODE_LENGTH: usize = 8;
/// Crockford's base32: no letter that reads like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

db::text_enum!(
    pub enum State {
        Waiting = "waiting",
        Approved = "approved",
        Refused = "refused",
        /// The desktop went on.
        Used = "used",
        /// Never stored: derived when read.
        Expired = "expired",
    }
);

/// In the picture's address: the id and a MAC that cannot be guessed.
pub fn token(keyring: &Keyring, id: ScanId) -> String {
    format!("{id}{}", BASE64URL_NOPAD.encode(&mac(keyring, id)))
}
fn mac(keyring: &Keyring, id: ScanId) -> Vec<u8> {
    keyring.mac("scan.token", &[&id.as_i64().to_be_bytes()]).into_iter().take(18).collect()
}
/// None for tokens that were never shown.
pub fn open_token(keyring: &Keyring, token: &str) -> Option<ScanId> {
    if token.len() > 64 || !token.is_ascii() {
        return None;
    }
    let id: ScanId = token.get(..13)?.parse().ok()?;
    let given = BASE64URL_NOPAD.decode(token.get(13..)?.as_bytes()).ok()?;
    kernel::secret::equal(&given, &mac(keyring, id)).then_some(id)
}

/// 40 bits to read off one screen and type at another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code(String);
impl Code {
    pub fn of(keyring: &Keyring, id: ScanId) -> Self {
        let mac = keyring.mac("scan.code", &[&id.as_i64().to_be_bytes()]);
        let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().map_or('0', char::from);
        Self(mac.into_iter().take(CODE_LENGTH).map(letter).collect())
    }
    /// Blanks, dashes, small letters, and letters that read like digits are welcome. Error: `scan.code_shape` at `code`.
    pub fn parse(typed: &str) -> Result<Self> {
        let code: String = text::normalize(typed)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '–' | '—'))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        if code.len() == CODE_LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte)) {
            Ok(Self(code))
        } else {
            Err(Error::invalid("scan.code_shape").at("code"))
        }
    }
    pub fn hash(&self, keyring: &Keyring) -> Vec<u8> {
        keyring.mac("scan.code_hash", &[self.0.as_bytes()]).to_vec()
    }
    /// `ABCD-EFGH`.
    pub fn printed(&self) -> String {
        let (head, tail) = self.0.split_at_checked(CODE_LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{head}-{tail}")
    }
}

/// The desktop as it waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: ScanId,
    pub state: State,
    pub token: String,
    pub code: String,
}
/// Who asks, for the phone.
#[derive(Clone, Debug)]
pub struct Asking {
    pub id: ScanId,
    pub device: Device,
    pub address: String,
    pub at: Timestamp,
    /// The desktop is to prove itself anew: the phone proves itself after the picture was shown.
    pub fresh: bool,
}

/// The picture: black on white with a quiet zone, in either theme.
pub fn picture(address: &str) -> Result<String> {
    let code = qrcode::QrCode::with_error_correction_level(address, qrcode::EcLevel::M)
        .map_err(|error| Error::internal("scan.picture").because(error))?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4));
        }
    }
    Ok(format!(
        r##"<svg viewBox="0 0 {side} {side}" aria-hidden="true" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>"##,
        side = width + 8
    ))
}
