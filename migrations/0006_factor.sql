-- Second factors and passkeys.

-- An app that shows a code every 30 seconds. secret and name are sealed; last_step is the newest step that was used, so
-- that no code counts twice.
CREATE TABLE authenticator (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    name BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX authenticator_account ON authenticator (account_id);

-- Ten codes for the day on which the phone is gone. mac is keyed and bound to the account; the codes are nowhere.
CREATE TABLE recovery_code (
    account_id BIGINT NOT NULL REFERENCES account (id),
    mac BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (account_id, mac)
);

-- A WebAuthn credential. credential (public key and flags) and name are sealed; sign_count is what the authenticator last
-- said, so that a copy is noticed; synced tells a key that travels between devices from one that stays in its hardware.
CREATE TABLE passkey (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    credential_id BYTEA NOT NULL UNIQUE,
    user_handle BYTEA NOT NULL,
    name BYTEA NOT NULL,
    credential BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    synced BOOLEAN NOT NULL,
    transports TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkey_account ON passkey (account_id);
