-- Identities at other providers, and devices that signed in.

-- Browsers that signed in to an account, by a cookie of their own: one row an account and browser, so that a new one is
-- noticed. trusted_at, trusted_until: since when and until when the second step is not asked there.
CREATE TABLE device (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    user_agent TEXT,
    address TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    trusted_at BIGINT,
    trusted_until BIGINT,
    ended_at BIGINT
);
CREATE INDEX device_ended ON device (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX device_used ON device (last_used_at);
CREATE UNIQUE INDEX device_live ON device (token_hash, account_id) WHERE ended_at IS NULL;
CREATE INDEX device_account ON device (account_id, ended_at);

-- A desktop that waits for a signed-in phone. browser: the one that asked, and the only one that may go on. code_hash: of
-- the code to type for whoever cannot scan. fresh: the desktop is to prove itself anew, so the phone does so first.
CREATE TABLE scan (
    id BIGINT PRIMARY KEY,
    fresh BOOLEAN NOT NULL,
    code_hash BYTEA NOT NULL UNIQUE,
    browser BYTEA NOT NULL,
    user_agent TEXT,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    account_id BIGINT REFERENCES account (id),
    session_id BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX scan_browser ON scan (browser, expires_at);
CREATE INDEX scan_expiry ON scan (expires_at);

-- An identity at another provider that signs in to an account. subject_index: blind, over the provider's own name of the
-- person with its kind and realm.
CREATE TABLE external_identity (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    connector_id BIGINT NOT NULL,
    subject_index BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    display_name BYTEA,
    linked_at BIGINT NOT NULL,
    last_used_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX external_identity_subject ON external_identity (connector_id, subject_index) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX external_identity_own ON external_identity (connector_id, account_id) WHERE ended_at IS NULL;
CREATE INDEX external_identity_account ON external_identity (account_id, ended_at);
