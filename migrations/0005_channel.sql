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

-- What each gateway did today and whether it is asked at all: after `failures` in a row it rests until open_until. `taken`
-- counts what it was given on `day` (a date of the platform's zone), for the daily cap.
CREATE TABLE gateway_state (
    connector_id BIGINT PRIMARY KEY,
    day TEXT NOT NULL,
    taken BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    succeeded_at BIGINT,
    failed_at BIGINT,
    reason TEXT,
    said TEXT
);

-- Texts that a provider must approve before it sends them. parameters: names in the template's order, separated by blanks.
CREATE TABLE message_template (
    id BIGINT PRIMARY KEY,
    connector_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    lang TEXT NOT NULL,
    sign TEXT,
    code TEXT NOT NULL,
    parameters TEXT NOT NULL,
    approval TEXT NOT NULL,
    rev BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (connector_id, purpose, lang)
);

-- Mail texts that staff wrote; without a row the built-in text is sent.
CREATE TABLE mail_text (
    purpose TEXT NOT NULL,
    lang TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    rev BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, lang)
);

-- One row for each time a gateway was given a message, one for each gateway that was passed over, and one for a message that
-- no gateway was given: that one has the message's own id. Neither text nor code nor the whole recipient; to_index finds it.
CREATE TABLE delivery (
    id BIGINT PRIMARY KEY,
    outbox_id BIGINT NOT NULL,
    connector_id BIGINT,
    gateway TEXT NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    to_index BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    lang TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    said TEXT,
    provider_id TEXT,
    at BIGINT NOT NULL,
    receipt_at BIGINT
);
CREATE INDEX delivery_outbox ON delivery (outbox_id);
CREATE INDEX delivery_provider ON delivery (connector_id, provider_id);
CREATE INDEX delivery_channel ON delivery (channel, id);
CREATE INDEX delivery_to ON delivery (to_index, id);
CREATE INDEX delivery_state ON delivery (state, id);
CREATE INDEX delivery_at ON delivery (at);
