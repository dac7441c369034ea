-- What somebody was refused, with the layers as they were: found by the number on their page. The same refusal within ten
-- minutes is one row, however often it is asked for: digest names it, times counts.
CREATE TABLE refusal (
    id BIGINT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    digest BYTEA NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES account (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    organization_id BIGINT REFERENCES organization (id),
    code TEXT NOT NULL,
    -- JSON, as the decision was told.
    layers TEXT NOT NULL,
    strength BIGINT NOT NULL,
    card BOOLEAN NOT NULL,
    zones TEXT NOT NULL,
    times BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX refusal_account ON refusal (account_id, id);
CREATE INDEX refusal_organization ON refusal (organization_id, id);
CREATE INDEX refusal_product ON refusal (product_id, id);
