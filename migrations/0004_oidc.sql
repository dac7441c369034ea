-- OpenID Provider: clients, keys, authorization requests, codes, tokens, remembered consent.

-- service: a program that acts without a person, for the organization that owns it or, without one, for the platform.
-- secret_sealed: the secret itself, for clients alone that sign with it (client_secret_jwt); all others are known by its keyed hash.
-- grant_types and resources hold one a line.
CREATE TABLE client (
    id BIGINT PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    product_id BIGINT NOT NULL REFERENCES product (id),
    name TEXT NOT NULL,
    secret_mac BYTEA,
    redirect_uris TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    initiate_login_uri TEXT,
    skip_consent BOOLEAN NOT NULL,
    id_token_algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    service BOOLEAN NOT NULL DEFAULT FALSE,
    owner_organization_id BIGINT REFERENCES organization (id),
    profile TEXT NOT NULL DEFAULT 'oauth21',
    auth_method TEXT NOT NULL DEFAULT 'client_secret_basic',
    auth_algorithm TEXT,
    secret_sealed BYTEA,
    jwks TEXT,
    jwks_uri TEXT,
    grant_types TEXT NOT NULL DEFAULT 'authorization_code',
    access_token_format TEXT NOT NULL DEFAULT 'opaque',
    access_token_seconds BIGINT NOT NULL DEFAULT 600,
    dpop_bound BOOLEAN NOT NULL DEFAULT FALSE,
    require_par BOOLEAN NOT NULL DEFAULT FALSE,
    subject_type TEXT NOT NULL DEFAULT 'public',
    sector_identifier_uri TEXT,
    request_object_algorithm TEXT,
    backchannel_logout_uri TEXT,
    backchannel_logout_session_required BOOLEAN NOT NULL DEFAULT FALSE,
    resources TEXT NOT NULL DEFAULT '',
    refresh_idle_seconds BIGINT NOT NULL DEFAULT 604800,
    refresh_absolute_seconds BIGINT NOT NULL DEFAULT 2592000,
    id_token_claims BOOLEAN NOT NULL DEFAULT FALSE,
    -- The organization whose developers keep it, of those that sign people in; NULL: the platform's staff do.
    developer_organization_id BIGINT REFERENCES organization (id),
    -- Counts its changes: a form that showed another registration is refused.
    rev BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX client_product ON client (product_id);
CREATE INDEX client_developer ON client (developer_organization_id, id) WHERE developer_organization_id IS NOT NULL;
CREATE INDEX client_owner ON client (owner_organization_id, id) WHERE owner_organization_id IS NOT NULL;

-- believed_until: an access token that it signed is taken until then, whatever the token says; ID tokens are read as hints for longer.
CREATE TABLE signing_key (
    id BIGINT PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    signs_from BIGINT NOT NULL,
    signs_until BIGINT NOT NULL,
    believed_until BIGINT NOT NULL,
    published_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Parameters of one authorization or logout request under a one-time handle, bound to the browser that brought it.
-- pushed_id: the pushed request that this one takes up. Several may wait for their person; the first that is answered ends it.
CREATE TABLE flow (
    id BIGINT PRIMARY KEY,
    handle_hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    client_id BIGINT REFERENCES client (id),
    parameters TEXT NOT NULL,
    browser BYTEA,
    pushed_id BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX flow_expiry ON flow (expires_at);

-- zones: the network zones in which the person's browser was, one a line; the product's server asks from elsewhere.
-- code_challenge: null only for a confidential client of a profile that does without PKCE. dpop_jkt: the thumbprint of the key
-- that must be proven to redeem it. resources: what the tokens are meant for, one a line. claims: the claims parameter, as JSON.
-- Codes and tokens are found by the id that their text begins with; the hash is of the whole text.
CREATE TABLE authorization_code (
    id BIGINT PRIMARY KEY,
    code_hash BYTEA NOT NULL,
    client_id BIGINT NOT NULL REFERENCES client (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    organization_id BIGINT REFERENCES organization (id),
    membership_id BIGINT REFERENCES membership (id),
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT,
    nonce TEXT,
    scope TEXT NOT NULL,
    zones TEXT NOT NULL,
    dpop_jkt TEXT,
    resources TEXT NOT NULL DEFAULT '',
    claims TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);

-- code_id is the family: everything that came of one code, and ends together when a refresh token comes twice. A program that acts
-- without a person has neither account nor session. jkt: the key that must be proven with it. resources: its audience, one a line.
-- used_at: when a refresh token was exchanged for the next. ends_at: the end of the whole family, of one that stays good while the
-- person is away (offline_access); null where the tokens end with the session.
CREATE TABLE token (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    code_id BIGINT,
    client_id BIGINT NOT NULL REFERENCES client (id),
    account_id BIGINT REFERENCES account (id),
    session_id BIGINT REFERENCES session (id),
    organization_id BIGINT REFERENCES organization (id),
    membership_id BIGINT REFERENCES membership (id),
    scope TEXT NOT NULL,
    zones TEXT NOT NULL,
    resources TEXT NOT NULL DEFAULT '',
    claims TEXT,
    jkt TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ends_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
-- People's tokens are found through their session, whatever else they are looked for by: each index more is written with every
-- token.
CREATE INDEX token_session ON token (session_id);
CREATE INDEX token_expiry ON token (expires_at);

-- What may be shown once: identifiers of client assertions, of DPoP proofs and of revoked tokens that no row stands for, each under
-- a hash over its kind, its owner and itself.
CREATE TABLE used_identifier (
    hash BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_identifier_expiry ON used_identifier (expires_at);

-- organization_id is 0 for the personal space, so that the key stays unique; session_id is the session that it counts for, 0 if it was
-- to be remembered for longer.
CREATE TABLE consent (
    account_id BIGINT NOT NULL REFERENCES account (id),
    client_id BIGINT NOT NULL REFERENCES client (id),
    organization_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL DEFAULT 0,
    scope TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, client_id, organization_id, session_id)
);
CREATE INDEX consent_client ON consent (client_id);
CREATE INDEX consent_session ON consent (session_id) WHERE session_id <> 0;

-- Names by which clients of one sector know an account, where they asked for names of their own, and the way back from them.
CREATE TABLE pairwise_subject (
    subject TEXT PRIMARY KEY,
    sector TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id)
);
CREATE INDEX pairwise_subject_account ON pairwise_subject (account_id);

-- Clients that were told of a session and want to hear of its end. ends_at: when it ends by itself.
CREATE TABLE client_session (
    session_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL REFERENCES client (id),
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX client_session_end ON client_session (ends_at);

-- What became of telling them: one row per session and client. lease_until: of whoever sends it, or when it is tried again.
CREATE TABLE logout_delivery (
    session_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL REFERENCES client (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    settled_at BIGINT,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX logout_delivery_due ON logout_delivery (lease_until) WHERE state = 'queued';
CREATE INDEX logout_delivery_client ON logout_delivery (client_id, created_at);
CREATE INDEX logout_delivery_age ON logout_delivery (created_at);
