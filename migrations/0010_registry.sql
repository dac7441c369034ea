-- Materials, registrations, contacts, synchronisation with registers.

-- What an organization handed in for one rule of its type. What became of it is the application's state, its files are the
-- application's documents. The newest that was approved is in force, the others are history. The name is kept for rules that
-- the type no longer has.
CREATE TABLE material (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    rule_key TEXT NOT NULL,
    rule_name_zh TEXT NOT NULL,
    rule_name_en TEXT NOT NULL,
    application_id BIGINT NOT NULL UNIQUE REFERENCES application (id),
    valid_until BIGINT,
    warned_at BIGINT
);
CREATE INDEX material_organization ON material (organization_id, id);
CREATE INDEX material_expiry ON material (valid_until) WHERE warned_at IS NULL;

-- People to call: name, title, telephone, mail and purpose are sealed as one.
CREATE TABLE contact (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    data BYTEA NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX contact_organization ON contact (organization_id, id);

-- Entries at departments. source: 'own' is edited by administrators, 'registry' changes with the register or by a decided
-- application.
CREATE TABLE registration (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    valid_from BIGINT,
    valid_until BIGINT,
    source TEXT NOT NULL,
    source_name TEXT,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    warned_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX registration_organization ON registration (organization_id, id);
CREATE UNIQUE INDEX registration_entry ON registration (organization_id, department, kind, number) WHERE state = 'live';
CREATE INDEX registration_expiry ON registration (valid_until) WHERE state = 'live' AND warned_at IS NULL;

-- One question to a register and what came of it. record is the answer, sealed; it goes once nobody decides on it any more.
CREATE TABLE registry_sync (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    connector_id BIGINT,
    source_name TEXT NOT NULL,
    asked_by BIGINT,
    state TEXT NOT NULL,
    fault TEXT,
    record BYTEA,
    created_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT
);
CREATE INDEX registry_sync_organization ON registry_sync (organization_id, id);
CREATE UNIQUE INDEX registry_sync_open ON registry_sync (organization_id) WHERE state = 'different';

-- When the worker asks again.
CREATE TABLE registry_schedule (
    organization_id BIGINT PRIMARY KEY REFERENCES organization (id),
    next_at BIGINT NOT NULL
);
CREATE INDEX registry_schedule_next ON registry_schedule (next_at);

-- A register that is a file: the rows of its newest upload answer.
CREATE TABLE registry_file (
    id BIGINT PRIMARY KEY,
    connector_id BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    state TEXT NOT NULL,
    uploaded_by BIGINT,
    uploaded_at BIGINT NOT NULL
);
CREATE INDEX registry_file_connector ON registry_file (connector_id, id);
CREATE TABLE registry_row (
    file_id BIGINT NOT NULL REFERENCES registry_file (id),
    uscc TEXT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (file_id, uscc)
);
