-- What products are told when access begins, changes or ends.

-- Where to. secret and former_secret are sealed; both sign while they overlap. failures, open_until: so many failures in a
-- row, and until when nothing is sent because of them.
CREATE TABLE webhook (
    id BIGINT PRIMARY KEY,
    product_id BIGINT NOT NULL REFERENCES product (id),
    url TEXT NOT NULL,
    secret BYTEA NOT NULL,
    former_secret BYTEA,
    former_until BIGINT NOT NULL,
    state TEXT NOT NULL,
    failures BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_product ON webhook (product_id);

-- What: one row per cause, written in the transaction of the change that n numbers. It names the organization, the product
-- or the person that lost or got something, never everybody concerned; a worker finds the products to be told.
CREATE TABLE webhook_event (
    n BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    product_id BIGINT,
    organization_id BIGINT,
    contract_id BIGINT,
    contract_type_id BIGINT,
    membership_id BIGINT,
    account_id BIGINT,
    valid_until BIGINT,
    at BIGINT NOT NULL,
    spread_at BIGINT
);
CREATE INDEX webhook_event_open ON webhook_event (n) WHERE spread_at IS NULL;
CREATE INDEX webhook_event_at ON webhook_event (at);

-- What became of it: one row per event and product. subject: what is sent in order, one at a time. lease_until: of whoever
-- sends it, or when it is tried again.
CREATE TABLE webhook_delivery (
    id BIGINT PRIMARY KEY,
    webhook_id BIGINT NOT NULL REFERENCES webhook (id),
    n BIGINT NOT NULL REFERENCES webhook_event (n),
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    settled_at BIGINT,
    status BIGINT,
    error TEXT
);
CREATE INDEX webhook_delivery_event ON webhook_delivery (n);
CREATE UNIQUE INDEX webhook_delivery_cause ON webhook_delivery (webhook_id, n);
CREATE INDEX webhook_delivery_due ON webhook_delivery (lease_until, webhook_id, n) WHERE state = 'queued';
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, subject, n) WHERE state = 'queued';

-- Tokens end with what they rest on, in its transaction.
CREATE INDEX token_client ON token (client_id, organization_id) WHERE revoked_at IS NULL;
