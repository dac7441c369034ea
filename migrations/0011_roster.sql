-- Imports of many people. A job is a file that was checked; its rows lie in slices, each made in one transaction.

-- lang and origin are those of the messages that go out; session and address those of whoever confirmed, for the record.
CREATE TABLE import_job (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    staff BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    -- What was or is being done, and the first slice that it was not done to: a job that was stopped goes on there.
    step TEXT NOT NULL,
    next BIGINT NOT NULL,
    -- Whether links go out by SMS once the accounts are there.
    notify BOOLEAN NOT NULL,
    lang TEXT NOT NULL,
    origin TEXT NOT NULL,
    session_id BIGINT,
    address TEXT,
    rows_valid BIGINT NOT NULL,
    rows_faulty BIGINT NOT NULL,
    with_phone BIGINT NOT NULL,
    created BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    notified BIGINT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    lease_until BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE INDEX import_job_list ON import_job (organization_id, id);
-- One at a time makes accounts in an organization.
CREATE UNIQUE INDEX import_job_running ON import_job (organization_id) WHERE state IN ('creating', 'indexing');
CREATE INDEX import_job_due ON import_job (lease_until) WHERE state IN ('creating', 'indexing', 'notifying');
CREATE INDEX import_job_kept ON import_job (created_at) WHERE erased_at IS NULL;

-- data is a sealed list of rows with the ids that their accounts will have.
CREATE TABLE import_slice (
    job_id BIGINT NOT NULL REFERENCES import_job (id),
    number BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (job_id, number)
);

-- Rows that cannot be imported, sealed, a page of them in each.
CREATE TABLE import_fault (
    job_id BIGINT NOT NULL REFERENCES import_job (id),
    number BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (job_id, number)
);
