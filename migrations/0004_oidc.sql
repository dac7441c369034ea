-- OpenID Provider: clients, keys, authorization requests, codes, tokens, remembered consent.

-- service: a program that acts without a person, for the organization that owns it or, without one, for the platform.
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
    created_at BIGINT NOT NULL
);
CREATE INDEX client_product ON client (product_id);
CREATE INDEX client_owner ON client (owner_organization_id, id) WHERE owner_organization_id IS NOT NULL;

CREATE TABLE signing_key (
    id BIGINT PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    signs_from BIGINT NOT NULL,
    signs_until BIGINT NOT NULL,
    published_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Parameters of one authorization or logout request under a one-time handle, bound to the browser that brought it.
CREATE TABLE flow (
    id BIGINT PRIMARY KEY,
    handle_hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    client_id BIGINT REFERENCES client (id),
    parameters TEXT NOT NULL,
    browser BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX flow_expiry ON flow (expires_at);

-- zones: the network zones in which the person's browser was, one a line; the product's server asks from elsewhere.
CREATE TABLE authorization_code (
    id BIGINT PRIMARY KEY,
    code_hash BYTEA NOT NULL UNIQUE,
    client_id BIGINT NOT NULL REFERENCES client (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    organization_id BIGINT REFERENCES organization (id),
    membership_id BIGINT REFERENCES membership (id),
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    nonce TEXT,
    scope TEXT NOT NULL,
    zones TEXT NOT NULL,
    -- What the request said and the tokens will carry: resource indicators, one a line; the thumbprint of the key that
    -- must prove itself at the token endpoint; the claims parameter as JSON.
    resources TEXT NOT NULL DEFAULT '',
    dpop_jkt TEXT,
    claims TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX authorization_code_expiry ON authorization_code (expires_at);

CREATE TABLE token (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    code_id BIGINT,
    client_id BIGINT NOT NULL REFERENCES client (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    organization_id BIGINT REFERENCES organization (id),
    membership_id BIGINT REFERENCES membership (id),
    scope TEXT NOT NULL,
    zones TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX token_code ON token (code_id);
CREATE INDEX token_session ON token (session_id);
CREATE INDEX token_expiry ON token (expires_at);

-- organization_id is 0 for the personal space, so that the key stays unique.
CREATE TABLE consent (
    account_id BIGINT NOT NULL REFERENCES account (id),
    client_id BIGINT NOT NULL REFERENCES client (id),
    organization_id BIGINT NOT NULL,
    scope TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, client_id, organization_id)
);
