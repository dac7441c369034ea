-- Identity: persons, accounts, proofs, credentials, sessions, challenges.

-- A person exists once a document is proven; document_index is a keyed blind index.
CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    document_type TEXT NOT NULL,
    document BYTEA NOT NULL,
    document_index BYTEA NOT NULL UNIQUE,
    name BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- name, phone, email and document are sealed (table, column and row id are bound in); *_index are blind indexes.
-- sub is the OpenID Connect subject: random, never recycled, not derived from the id.
CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    owner_kind TEXT NOT NULL,
    owner_organization_id BIGINT,
    person_id BIGINT REFERENCES person (id),
    state TEXT NOT NULL,
    login_name TEXT NOT NULL,
    name BYTEA NOT NULL,
    phone BYTEA,
    phone_index BYTEA,
    phone_proven BOOLEAN NOT NULL,
    -- When a code last reached the holder at this number: numbers are handed to other people after a while.
    phone_proven_at BIGINT,
    email BYTEA,
    email_index BYTEA,
    email_proven BOOLEAN NOT NULL,
    document_type TEXT,
    document BYTEA,
    document_index BYTEA,
    policy_id BIGINT,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT,
    -- The space that was opened last.
    last_organization_id BIGINT,
    closed_at BIGINT
);
CREATE UNIQUE INDEX account_login_name ON account (login_name) WHERE state <> 'closed';
CREATE UNIQUE INDEX account_phone ON account (phone_index) WHERE state <> 'closed' AND phone_proven;
CREATE UNIQUE INDEX account_self_owned ON account (person_id) WHERE state <> 'closed' AND owner_kind = 'self_owned';
CREATE UNIQUE INDEX account_managed ON account (person_id, owner_organization_id) WHERE state <> 'closed' AND owner_kind = 'managed';
CREATE INDEX account_person ON account (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX account_document ON account (document_index);
CREATE INDEX account_owner ON account (owner_organization_id, login_name);

-- Evidence of the real-name level; the level is derived from rows in force, never stored.
CREATE TABLE identity_proof (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    method TEXT NOT NULL,
    provider TEXT NOT NULL,
    level TEXT NOT NULL,
    proven_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- What the method answered, and the hash of its answer as it came.
    result TEXT,
    response_hash BYTEA,
    revoked_at BIGINT,
    revoked_because TEXT
);
CREATE INDEX identity_proof_account ON identity_proof (account_id);

CREATE TABLE password (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    hash TEXT NOT NULL,
    temporary BOOLEAN NOT NULL,
    set_at BIGINT NOT NULL
);

-- Passwords that an account had and that may not come back.
CREATE TABLE password_history (
    account_id BIGINT NOT NULL REFERENCES account (id),
    set_at BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account_id, set_at)
);

-- Versions of the terms and the privacy policy that the account accepted, and separate consents.
CREATE TABLE acceptance (
    account_id BIGINT NOT NULL REFERENCES account (id),
    document TEXT NOT NULL,
    version TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, document, version)
);

CREATE TABLE session (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES account (id),
    methods TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    -- When the person last proved to be there, by signing in or by a step-up.
    verified_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    -- Ended so that nothing of it is left, as after a recovery; what products hold for the person's absence ends with it.
    severed_at BIGINT,
    address TEXT,
    user_agent TEXT
);
CREATE INDEX session_account ON session (account_id, ended_at);

-- A one-time thing: bound to purpose, browser (pre-session or session) and target; attempts are counted; consumed once.
CREATE TABLE challenge (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    browser BYTEA NOT NULL,
    target BYTEA,
    answer BYTEA NOT NULL,
    data BYTEA,
    attempts BIGINT NOT NULL,
    attempts_allowed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX challenge_expiry ON challenge (expires_at);

-- Keyed terms: bigrams and trigrams of names and pinyin initials, last four of phone and document. Candidates for search.
-- Scope 0 is everybody's, an organization's id that of the accounts it owns. Accounts are never
-- deleted, and an import makes a million of these rows: hence no reference.
CREATE TABLE search_gram (
    scope BIGINT NOT NULL,
    gram BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    PRIMARY KEY (scope, gram, account_id)
);
