-- Accounts brought over from earlier systems, and their merging.

-- A login of an earlier system that keeps working. hash is of that system's making until somebody signs in with it. Without
-- an account nobody is known yet to whom it belongs: its first sign-in asks. login_name is folded.
CREATE TABLE former_login (
    id BIGINT PRIMARY KEY,
    login_name TEXT NOT NULL,
    hash TEXT NOT NULL,
    account_id BIGINT REFERENCES account (id),
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX former_login_name ON former_login (login_name) WHERE ended_at IS NULL;
CREATE INDEX former_login_account ON former_login (account_id);

-- One file of accounts of an earlier system. made_by is the member of staff who brought it; none for the installation itself.
CREATE TABLE legacy_import (
    id BIGINT PRIMARY KEY,
    source TEXT NOT NULL,
    type_id BIGINT NOT NULL REFERENCES organization_type (id),
    made_by BIGINT REFERENCES account (id),
    total BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- One account of the earlier system. data is sealed JSON: the holder's name, document and phone, the organization's name and
-- code, the role. state: waiting, merged, asks (the first sign-in does), several (staff decide), refused.
CREATE TABLE legacy_account (
    id BIGINT PRIMARY KEY,
    import_id BIGINT NOT NULL REFERENCES legacy_import (id),
    line BIGINT NOT NULL,
    login_name TEXT NOT NULL,
    hash TEXT NOT NULL,
    data BYTEA NOT NULL,
    organization_id BIGINT REFERENCES organization (id),
    former_login_id BIGINT REFERENCES former_login (id),
    state TEXT NOT NULL,
    why TEXT,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX legacy_account_line ON legacy_account (import_id, line);
CREATE UNIQUE INDEX legacy_account_login ON legacy_account (former_login_id);
CREATE INDEX legacy_account_state ON legacy_account (state, id);
CREATE INDEX legacy_account_list ON legacy_account (import_id, state, id);

-- Who became whom, so that it can be undone.
CREATE TABLE legacy_merge (
    id BIGINT PRIMARY KEY,
    legacy_account_id BIGINT NOT NULL REFERENCES legacy_account (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    membership_id BIGINT NOT NULL REFERENCES membership (id),
    made_account BOOLEAN NOT NULL,
    made_membership BOOLEAN NOT NULL,
    how TEXT NOT NULL,
    merged_by BIGINT,
    merged_at BIGINT NOT NULL,
    undone_at BIGINT,
    undone_by BIGINT,
    reason TEXT
);
CREATE INDEX legacy_merge_login ON legacy_merge (legacy_account_id, id);
CREATE UNIQUE INDEX legacy_merge_live ON legacy_merge (legacy_account_id) WHERE undone_at IS NULL;
CREATE INDEX legacy_merge_account ON legacy_merge (account_id);

-- What the earlier system recorded of an account: a sign-in, a change, a case that was closed there. text is sealed.
CREATE TABLE legacy_history (
    id BIGINT PRIMARY KEY,
    legacy_account_id BIGINT NOT NULL REFERENCES legacy_account (id),
    happened_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text BYTEA NOT NULL
);
CREATE INDEX legacy_history_list ON legacy_history (legacy_account_id, happened_at, id);
