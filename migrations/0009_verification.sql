-- Real-name verification: cases, documents, disputes.

-- One attempt to prove who the account's holder is: asked of a verifier (lane online) or reviewed at the counter.
-- subject is sealed (name, number, mobile, card, note) and erased when the case is decided; document_masked keeps the
-- first and last character alone. At most one case of each lane is open.
CREATE TABLE verification (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    lane TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    provider TEXT NOT NULL,
    document_type TEXT NOT NULL,
    document_masked TEXT NOT NULL,
    subject BYTEA,
    result TEXT,
    response_hash BYTEA,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    reason TEXT,
    first_by BIGINT,
    first_at BIGINT,
    decided_by BIGINT,
    created_at BIGINT NOT NULL,
    submitted_at BIGINT,
    decided_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX verification_open ON verification (account_id, lane) WHERE decided_at IS NULL;
CREATE INDEX verification_account ON verification (account_id, id);
CREATE INDEX verification_state ON verification (state, id);

-- content is sealed, and erased some days after the decision; the hash stays as evidence.
CREATE TABLE verification_document (
    id BIGINT PRIMARY KEY,
    verification_id BIGINT NOT NULL REFERENCES verification (id),
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA,
    created_at BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE INDEX verification_document_kept ON verification_document (verification_id) WHERE erased_at IS NULL;
CREATE INDEX verification_document_case ON verification_document (verification_id, id);

-- A document that one account holds was proven on another. holder_id is the account that held it when somebody last
-- looked; statements are sealed.
CREATE TABLE dispute (
    id BIGINT PRIMARY KEY,
    verification_id BIGINT NOT NULL UNIQUE REFERENCES verification (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    claimant_id BIGINT NOT NULL REFERENCES account (id),
    holder_id BIGINT NOT NULL REFERENCES account (id),
    state TEXT NOT NULL,
    verdict TEXT,
    reason TEXT,
    first_by BIGINT,
    first_at BIGINT,
    decided_by BIGINT,
    decided_at BIGINT,
    claimant_statement BYTEA,
    holder_statement BYTEA,
    created_at BIGINT NOT NULL
);
CREATE INDEX dispute_state ON dispute (state, id);
CREATE INDEX dispute_person ON dispute (person_id) WHERE state IN ('open', 'proposed');
CREATE INDEX dispute_claimant ON dispute (claimant_id, id);
CREATE INDEX dispute_holder ON dispute (holder_id, id);
