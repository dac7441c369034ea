//! Randomness: always from the operating system, unless a test seeds it.
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
pub enum Rng {
    System,
    /// SHA-256 in counter mode over a seed: for tests that need the same codes each time.
    Seeded(Arc<Mutex<(u64, u64)>>),
}
impl Rng {
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new((seed, 0))))
    }
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
    #[expect(
        clippy::panic,
        reason = "a machine without randomness must not issue secrets; nothing sensible can go on"
    )]
    pub fn fill(&self, out: &mut [u8]) {
        match self {
            Self::System => {
                if let Err(error) = getrandom::fill(out) {
                    panic!("the operating system gives no randomness: {error}");
                }
            }
            Self::Seeded(state) => {
                for chunk in out.chunks_mut(32) {
                    let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    state.1 += 1;
                    let block = Sha256::new()
                        .chain_update(state.0.to_be_bytes())
                        .chain_update(state.1.to_be_bytes())
                        .finalize();
                    for (to, from) in chunk.iter_mut().zip(block) {
                        *to = from;
                    }
                }
            }
        }
    }
    /// 256 random bits as base64url without padding: sessions, codes, handles.
    pub fn token(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.bytes::<32>())
    }
    /// 128 random bits as base64url without padding: `sub`, client ids.
    pub fn short_token(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.bytes::<16>())
    }
    /// Uniform in `0..bound`; `bound` is at least 1.
    pub fn below(&self, bound: u32) -> u32 {
        let zone = u32::MAX - u32::MAX % bound.max(1);
        loop {
            let draw = u32::from_be_bytes(self.bytes());
            if draw < zone {
                return draw % bound.max(1);
            }
        }
    }
    /// Six decimal digits, leading zeros kept: one-time codes.
    pub fn six_digits(&self) -> String {
        format!("{:06}", self.below(1_000_000))
    }
}
