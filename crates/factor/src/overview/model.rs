//! Counts, and what follows from them.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// Apps that show codes.
    pub totp: i64,
    pub recovery_codes_left: i64,
    pub passkeys: i64,
}
impl Factors {
    /// Whether a password alone is not enough. Recovery codes stand in for a factor; they are none of their own.
    pub fn second(&self) -> bool {
        self.totp + self.passkeys > 0
    }
}
