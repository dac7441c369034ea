-- Organizations, memberships, applications, products and the two halves of the tally.

-- policy is JSON: who may register, materials, title of the head, identifiers, number of administrators, whether
-- administrators do business, role labels, network zones.
CREATE TABLE organization_type (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    policy TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organization (
    id BIGINT PRIMARY KEY,
    type_id BIGINT NOT NULL REFERENCES organization_type (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    short_name TEXT NOT NULL,
    uscc TEXT,
    member_number TEXT,
    head_name TEXT,
    address TEXT,
    account_manager_id BIGINT REFERENCES account (id),
    administrator_extra_until BIGINT,
    administrator_extra_reason TEXT,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organization_uscc ON organization (uscc) WHERE state <> 'closed';
CREATE UNIQUE INDEX organization_member_number ON organization (member_number) WHERE state <> 'closed';
CREATE INDEX organization_name ON organization (name_folded);
CREATE INDEX organization_account_manager ON organization (account_manager_id);

-- managed repeats the owner kind of the account, so that the index can hold a managed account to one membership.
CREATE TABLE membership (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    managed BOOLEAN NOT NULL,
    role TEXT NOT NULL,
    basis TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    granted_by BIGINT,
    note TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX membership_live ON membership (organization_id, account_id) WHERE state <> 'ended';
CREATE UNIQUE INDEX membership_managed ON membership (account_id) WHERE state <> 'ended' AND managed;
CREATE INDEX membership_account ON membership (account_id, state);
CREATE INDEX membership_list ON membership (organization_id, state, id);

CREATE TABLE product (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    summary_zh TEXT NOT NULL,
    summary_en TEXT NOT NULL,
    category TEXT NOT NULL,
    icon TEXT NOT NULL,
    launch_url TEXT,
    audience TEXT NOT NULL,
    admission_class TEXT NOT NULL,
    grant_mode TEXT NOT NULL,
    admission_editor TEXT NOT NULL,
    minimum_level TEXT NOT NULL,
    minimum_strength BIGINT NOT NULL,
    roles_allowed TEXT NOT NULL,
    network_zone TEXT,
    manager_id BIGINT REFERENCES account (id),
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE contract_type (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL
);
CREATE TABLE contract_type_product (
    contract_type_id BIGINT NOT NULL REFERENCES contract_type (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    PRIMARY KEY (contract_type_id, product_id)
);
CREATE TABLE contract (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    contract_type_id BIGINT NOT NULL REFERENCES contract_type (id),
    number TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX contract_number ON contract (organization_id, number);

-- First half. It holds only while its basis holds now; expiry is evaluated when read.
CREATE TABLE admission (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    basis TEXT NOT NULL,
    contract_id BIGINT REFERENCES contract (id),
    state TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    granted_by BIGINT,
    note TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX admission_live ON admission (organization_id, product_id) WHERE state <> 'ended';
CREATE INDEX admission_product ON admission (product_id);

-- Second half. ("grant" is a reserved word.)
CREATE TABLE product_grant (
    id BIGINT PRIMARY KEY,
    membership_id BIGINT NOT NULL REFERENCES membership (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    state TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    granted_by BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX product_grant_live ON product_grant (membership_id, product_id) WHERE state <> 'ended';
CREATE INDEX product_grant_product ON product_grant (product_id);

-- A request that somebody decides: agent authorization, product access, ... One state machine, many kinds.
CREATE TABLE application (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    applicant_id BIGINT NOT NULL REFERENCES account (id),
    organization_id BIGINT REFERENCES organization (id),
    product_id BIGINT REFERENCES product (id),
    state TEXT NOT NULL,
    reason TEXT,
    decided_by BIGINT,
    decided_at BIGINT,
    decision_note TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX application_open ON application (kind, applicant_id, organization_id, product_id)
    WHERE state = 'submitted';
CREATE INDEX application_organization ON application (organization_id, state, id);
CREATE INDEX application_applicant ON application (applicant_id, id);
