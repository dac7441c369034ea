//! Tokens, answers and proof of work; no I/O.
use super::riddle::Riddle;
use data_encoding::BASE64URL_NOPAD;
use db::Keyring;
use kernel::{Id, Rng, Timestamp, id::mark, text::normalize};
use sha2::{Digest, Sha256};

pub type CaptchaId = Id<mark::Challenge>;

/// What the answer opens; an answer for one is none for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Register,
    /// Another code to the same number.
    Resend,
    /// The way back to a lost password.
    Recover,
    /// Another phone or mail address for the own account.
    Contact,
    /// The code of a slip that opens an account.
    Activate,
}
impl Purpose {
    const ALL: [Self; 6] =
        [Self::SignIn, Self::Register, Self::Resend, Self::Recover, Self::Contact, Self::Activate];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::Resend => "resend",
            Self::Recover => "recover",
            Self::Contact => "contact",
            Self::Activate => "activate",
        }
    }
    const fn letter(self) -> char {
        match self {
            Self::SignIn => 's',
            Self::Register => 'r',
            Self::Resend => 'a',
            Self::Recover => 'v',
            Self::Contact => 'c',
            Self::Activate => 't',
        }
    }
}
/// How the question is put to somebody without scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Picture,
    Words,
}
impl Way {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Words => "words",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Picture, Self::Words].into_iter().find(|way| way.as_str() == text)
    }
    const fn letter(self) -> char {
        match self {
            Self::Picture => 'p',
            Self::Words => 'w',
        }
    }
}

/// A question, its purpose and its way, bound to a browser by a MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    pub id: CaptchaId,
    pub purpose: Purpose,
    pub way: Way,
}
impl Question {
    pub fn token(&self, keyring: &Keyring, browser: &[u8; 32]) -> String {
        let (purpose, way) = (self.purpose.letter(), self.way.letter());
        format!("{}{purpose}{way}{}", self.id, BASE64URL_NOPAD.encode(&self.mac(keyring, browser)))
    }
    /// None for tokens that this browser was not given.
    pub fn open(keyring: &Keyring, browser: &[u8; 32], token: &str) -> Option<Self> {
        if token.len() > 64 || !token.is_ascii() {
            return None;
        }
        let id: CaptchaId = token.get(..13)?.parse().ok()?;
        let mut letters = token.get(13..15)?.chars();
        let (purpose, way) = (letters.next()?, letters.next()?);
        let question = Self {
            id,
            purpose: Purpose::ALL.into_iter().find(|p| p.letter() == purpose)?,
            way: [Way::Picture, Way::Words].into_iter().find(|w| w.letter() == way)?,
        };
        let mac = BASE64URL_NOPAD.decode(token.get(15..)?.as_bytes()).ok()?;
        kernel::secret::equal(&mac, &question.mac(keyring, browser)).then_some(question)
    }
    fn mac(&self, keyring: &Keyring, browser: &[u8; 32]) -> Vec<u8> {
        let parts: [&[u8]; 4] = [
            &self.id.as_i64().to_be_bytes(),
            self.purpose.as_str().as_bytes(),
            self.way.as_str().as_bytes(),
            browser,
        ];
        keyring.mac("captcha.token", &parts).into_iter().take(18).collect()
    }
    pub fn asked_at(&self) -> Timestamp {
        self.id.drawn_at()
    }
    /// What the picture shows: five letters and digits that cannot be taken for one another.
    pub fn letters(&self, keyring: &Keyring) -> String {
        let mac = keyring.mac("captcha.letters", &[&self.id.as_i64().to_be_bytes()]);
        mac.iter()
            .take(5)
            .filter_map(|byte| LETTERS.chars().nth(usize::from(*byte) % LETTERS.len()))
            .collect()
    }
    /// Noise of the picture, the same at each reload.
    pub fn noise(&self, keyring: &Keyring) -> Rng {
        let mac = keyring.mac("captcha.noise", &[&self.id.as_i64().to_be_bytes()]);
        Rng::seeded(mac.first_chunk::<8>().map_or(0, |head| u64::from_be_bytes(*head)))
    }
    pub fn riddle(&self, keyring: &Keyring) -> Riddle {
        let mac = keyring.mac("captcha.riddle", &[&self.id.as_i64().to_be_bytes()]);
        Riddle::drawn(&Rng::seeded(mac.first_chunk::<8>().map_or(0, |head| u64::from_be_bytes(*head))))
    }
    pub fn is_answer(&self, keyring: &Keyring, typed: &str) -> bool {
        match self.way {
            Way::Picture => {
                let typed = normalize(typed).to_uppercase();
                typed.chars().filter(|c| !c.is_whitespace()).eq(self.letters(keyring).chars())
            }
            Way::Words => self.riddle(keyring).is_answer(typed),
        }
    }
}
/// No 0 O, 1 I, 2 Z, 5 S, 8 B, U V, G 6 pairs.
pub(super) const LETTERS: &str = "ACDEFHJKLMNPRTUWXY3479";

/// Whether SHA-256 of `token:nonce` begins with so many zero bits.
pub fn is_work(token: &str, nonce: &str, bits: u32) -> bool {
    let shape = (1..=12).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_digit());
    if !shape {
        return false;
    }
    let hash = Sha256::new().chain_update(token).chain_update(b":").chain_update(nonce).finalize();
    let mut zeros = 0;
    for byte in hash {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros >= bits
}
/// What a script does in the browser; for tests and programs that register on purpose.
pub fn do_work(token: &str, bits: u32) -> String {
    let mut nonce = 0_u64;
    while !is_work(token, &nonce.to_string(), bits) {
        nonce += 1;
    }
    nonce.to_string()
}

/// Members of every form that asks.
#[derive(Clone, Debug, Default)]
pub struct Input {
    pub token: String,
    pub answer: String,
    pub work: String,
}
/// What the template shows.
#[derive(Clone, Debug)]
pub struct View {
    pub token: String,
    pub way: Way,
    /// In words, if that is the way.
    pub question: String,
    pub bits: u32,
}
impl View {
    pub fn is_picture(&self) -> bool {
        self.way == Way::Picture
    }
}
/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Right,
    Wrong,
    /// Nothing was answered: the question still stands.
    Missing,
    /// Too old, of another browser or purpose, or answered before.
    Stale,
}
impl Checked {
    /// The error to show at the field, unless it is right.
    pub fn error(self) -> Option<kernel::Error> {
        let code = match self {
            Self::Right => return None,
            Self::Wrong => "captcha.wrong",
            Self::Missing => "captcha.missing",
            Self::Stale => "captcha.stale",
        };
        Some(kernel::Error::invalid(code).at("captcha-answer"))
    }
}
