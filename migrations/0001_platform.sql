-- Platform: node leases, audit chain, change log, settings, outbox, staff, counters.
-- One text for both engines: BIGINT, BYTEA, BOOLEAN and TEXT are translated for SQLite. Times are milliseconds UTC;
-- JSON is TEXT, so that the bytes that a MAC covers stay the same. No CHECK on states or kinds.

CREATE TABLE node (
    id BIGINT PRIMARY KEY,
    holder BYTEA NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE audit_event (
    id BIGINT PRIMARY KEY,
    lane BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_account_id BIGINT,
    actor_client_id BIGINT,
    acting_for_id BIGINT,
    session_id BIGINT,
    address TEXT,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id BIGINT,
    organization_id BIGINT,
    detail TEXT NOT NULL,
    mac BYTEA NOT NULL,
    UNIQUE (lane, sequence)
);
CREATE INDEX audit_event_organization ON audit_event (organization_id, at, id) WHERE organization_id IS NOT NULL;
-- Of what an organization's people do, one person's; what products' servers do for them is not asked for.
CREATE INDEX audit_event_actor ON audit_event (organization_id, actor_account_id, at, id)
    WHERE organization_id IS NOT NULL AND actor_kind <> 'client';
CREATE INDEX audit_event_request ON audit_event (request_id);

CREATE TABLE audit_checkpoint (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    heads TEXT NOT NULL,
    mac BYTEA NOT NULL
);

-- The row lock of change_head makes n gapless and in commit order.
CREATE TABLE change_head (
    id BIGINT PRIMARY KEY,
    n BIGINT NOT NULL
);
INSERT INTO change_head (id, n) VALUES (1, 0);
CREATE TABLE change (
    n BIGINT PRIMARY KEY,
    topic TEXT NOT NULL,
    key BIGINT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    rev BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- subject groups what must arrive in order; body is sealed and erased on delivery. What is held waits until what messages are
-- sent with changes, or until its lease ends.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BYTEA,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    held BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    delivered_at BIGINT,
    error TEXT
);
CREATE INDEX outbox_open ON outbox (state, lease_until, id);

-- One row an account, hence one role: the three administrations exclude one another.
CREATE TABLE staff (
    account_id BIGINT PRIMARY KEY,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    phone_shown TEXT,
    created_at BIGINT NOT NULL
);

-- Attempts per scope and key within a window, kept in the database so that they hold across nodes.
CREATE TABLE counter (
    scope TEXT NOT NULL,
    key BYTEA NOT NULL,
    n BIGINT NOT NULL,
    window_until BIGINT NOT NULL,
    -- The counters of one key lie side by side: most are counted together.
    PRIMARY KEY (key, scope)
);

-- Files that were handed in: an application's, a material's. Sealed; erased content leaves the row, which says what was there.
CREATE TABLE document (
    id BIGINT PRIMARY KEY,
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    account_id BIGINT,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA,
    created_at BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE INDEX document_account ON document (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX document_subject ON document (subject_kind, subject_id, id);
