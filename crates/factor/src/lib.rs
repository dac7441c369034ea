//! Second factors and passkeys of an account: TOTP, recovery codes, WebAuthn.
