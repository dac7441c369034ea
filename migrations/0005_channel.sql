-- Gateways: delivery state, circuit breakers, templates of message providers.

-- A way out of the house: an SMS or mail gateway, another identity provider, a verifier. config is sealed JSON whose shape
-- its kind and provider decide; position is the order in which gateways of a kind are tried.
CREATE TABLE connector (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    enabled BOOLEAN NOT NULL,
    config BYTEA NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX connector_kind ON connector (kind, position, id);
