-- Many admissions at once: a batch is shown before it is applied, and applied in slices by a worker. Which organizations and
-- products it is about stands in its rows.

-- product_id or organization_id: what all rows have in common. session_id and address are those of whoever confirmed, for
-- the record of what the worker does in their name.
CREATE TABLE admission_batch (
    id BIGINT PRIMARY KEY,
    product_id BIGINT REFERENCES product (id),
    organization_id BIGINT REFERENCES organization (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    action TEXT NOT NULL,
    valid_until BIGINT NOT NULL,
    reason TEXT,
    state TEXT NOT NULL,
    session_id BIGINT,
    address TEXT,
    total BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    done BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX admission_batch_list ON admission_batch (account_id, id);
CREATE INDEX admission_batch_due ON admission_batch (lease_until) WHERE state = 'running';

-- typed: a number that was pasted; without organization it fits none. plan: what would change, or the code of what stands
-- against it, as it was shown. expected: the admission that was there then. admission_id is drawn with the row, so that a
-- slice that runs twice makes the same. code: what became of it.
CREATE TABLE admission_batch_row (
    batch_id BIGINT NOT NULL REFERENCES admission_batch (id),
    number BIGINT NOT NULL,
    organization_id BIGINT REFERENCES organization (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    typed TEXT,
    plan TEXT NOT NULL,
    expected TEXT NOT NULL,
    admission_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    PRIMARY KEY (batch_id, number)
);
CREATE INDEX admission_batch_row_state ON admission_batch_row (batch_id, state, number);
