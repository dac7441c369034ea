-- Organizations, memberships, applications, products and the two halves of the tally.

-- policy is JSON: who may register, materials, title of the head, identifiers, number of administrators, whether
-- administrators do business, role labels, network zones, levels of head and agents, how often the register is asked.
CREATE TABLE organization_type (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    policy TEXT NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- registry_state is what the register said last; revoked or cancelled puts every admission to sleep.
CREATE TABLE organization (
    id BIGINT PRIMARY KEY,
    type_id BIGINT NOT NULL REFERENCES organization_type (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    short_name TEXT NOT NULL,
    uscc TEXT,
    member_number TEXT,
    registration_number TEXT,
    head_name TEXT,
    address TEXT,
    phone TEXT,
    registry_state TEXT NOT NULL DEFAULT 'unknown',
    registry_at BIGINT,
    account_manager_id BIGINT REFERENCES account (id),
    administrator_extra_until BIGINT,
    administrator_extra_reason TEXT,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organization_uscc ON organization (uscc) WHERE state <> 'closed';
CREATE UNIQUE INDEX organization_member_number ON organization (member_number) WHERE state <> 'closed';
CREATE UNIQUE INDEX organization_registration_number ON organization (registration_number) WHERE state <> 'closed';
-- Who is admitted by number, the newest first.
CREATE INDEX organization_numbered ON organization (id) WHERE state <> 'closed' AND member_number IS NOT NULL;
CREATE INDEX organization_name ON organization (name_folded);
CREATE INDEX organization_account_manager ON organization (account_manager_id);

-- Where a field's value came from last; a field without a row is as the organization was created.
CREATE TABLE organization_field (
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    field TEXT NOT NULL,
    source TEXT NOT NULL,
    source_name TEXT,
    changed_by BIGINT,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, field)
);

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
    -- For what, and why: words of whoever appointed.
    scope TEXT,
    reason TEXT,
    -- The last warning before the end: 30, 7 or 1 days.
    warned_days BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX membership_live ON membership (organization_id, account_id) WHERE state <> 'ended';
CREATE UNIQUE INDEX membership_head ON membership (organization_id)
    WHERE state <> 'ended' AND role = 'legal_representative';
CREATE UNIQUE INDEX membership_managed ON membership (account_id) WHERE state <> 'ended' AND managed;
CREATE INDEX membership_account ON membership (account_id, state);
-- The person's own: those of each role, the newest first.
CREATE INDEX membership_own ON membership (account_id, role, id) WHERE state <> 'ended';
-- Lists of members page by key: the newest first, those who end soon first, and the few who are suspended, lead or joined.
CREATE INDEX membership_list ON membership (organization_id, id) WHERE state <> 'ended';
CREATE INDEX membership_suspended ON membership (organization_id, id) WHERE state = 'suspended';
CREATE INDEX membership_leaders ON membership (organization_id, role, id) WHERE state <> 'ended' AND role <> 'agent';
CREATE INDEX membership_joined ON membership (organization_id, account_id) WHERE state <> 'ended' AND NOT managed;
CREATE INDEX membership_until ON membership (organization_id, valid_until, id)
    WHERE state <> 'ended' AND valid_until < 9223372036854775807;
CREATE INDEX membership_expiry ON membership (valid_until) WHERE state = 'active' AND valid_until < 9223372036854775807;

-- A way in to a managed account that its holder has not opened yet: a link by SMS, or link and code on a printed slip.
-- What was handed out is kept as hashes alone.
CREATE TABLE activation (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    membership_id BIGINT NOT NULL REFERENCES membership (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    way TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    code_hash BYTEA UNIQUE,
    -- Of the number that the link was sent to: whoever opens it holds that number.
    phone_index BYTEA,
    state TEXT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX activation_account ON activation (account_id, id);
CREATE UNIQUE INDEX activation_open ON activation (account_id) WHERE state = 'open';

-- A membership that is offered to whoever proves to hold the number.
CREATE TABLE invitation (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    inviter_id BIGINT REFERENCES account (id),
    by_staff BOOLEAN NOT NULL,
    role TEXT NOT NULL,
    way TEXT NOT NULL,
    phone BYTEA NOT NULL,
    phone_index BYTEA NOT NULL,
    name BYTEA,
    scope TEXT,
    reason TEXT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    state TEXT NOT NULL,
    sent BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    account_id BIGINT REFERENCES account (id)
);
CREATE UNIQUE INDEX invitation_open ON invitation (organization_id, phone_index) WHERE state = 'open';
CREATE INDEX invitation_unanswered ON invitation (phone_index) WHERE account_id IS NULL;
CREATE INDEX invitation_account ON invitation (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX invitation_inviter ON invitation (inviter_id) WHERE inviter_id IS NOT NULL;
CREATE INDEX invitation_list ON invitation (organization_id, id);

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
    -- Whose developers register and change clients of it, besides the platform's staff.
    developer_organization_id BIGINT REFERENCES organization (id),
    state TEXT NOT NULL,
    rev BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX product_developer ON product (developer_organization_id) WHERE developer_organization_id IS NOT NULL;
-- Members whom their administrators named developers; administrators are without a row.
CREATE TABLE developer (
    membership_id BIGINT PRIMARY KEY REFERENCES membership (id),
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX developer_organization ON developer (organization_id);

-- rev counts the changes of its names and of what it lists: a form that showed another list is refused.
CREATE TABLE contract_type (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    rev BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE contract_type_product (
    contract_type_id BIGINT NOT NULL REFERENCES contract_type (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    PRIMARY KEY (contract_type_id, product_id)
);
CREATE INDEX contract_type_product_product ON contract_type_product (product_id);
-- The period is the one that counts now; how it came about stands in contract_period. warned_days: the last warning before
-- the end, 30, 7 or 1.
CREATE TABLE contract (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    contract_type_id BIGINT NOT NULL REFERENCES contract_type (id),
    number TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL DEFAULT 0,
    warned_days BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX contract_number ON contract (contract_type_id, number);
CREATE INDEX contract_organization ON contract (organization_id, id);
CREATE INDEX contract_expiry ON contract (valid_until) WHERE state = 'active';
-- Signed, amended, renewed, terminated: one row a step, with the period as it was agreed and why.
CREATE TABLE contract_period (
    contract_id BIGINT NOT NULL REFERENCES contract (id),
    number BIGINT NOT NULL,
    step TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    reason TEXT,
    by_id BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (contract_id, number)
);

-- First half. It holds only while its basis holds now; expiry is evaluated when read. state_reason, state_by: of the last
-- suspension, resumption or end. rev counts the changes of the row.
CREATE TABLE admission (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    basis TEXT NOT NULL,
    contract_id BIGINT REFERENCES contract (id),
    state TEXT NOT NULL,
    -- The office that suspended it: account_manager, product_manager or organization_administrator.
    suspended_by TEXT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    granted_by BIGINT,
    note TEXT,
    state_reason TEXT,
    state_by BIGINT,
    rev BIGINT NOT NULL DEFAULT 0,
    warned_days BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX admission_live ON admission (organization_id, product_id) WHERE state <> 'ended';
CREATE INDEX admission_product ON admission (product_id, id);
CREATE INDEX admission_contract ON admission (contract_id) WHERE state <> 'ended';
CREATE INDEX admission_expiry ON admission (valid_until) WHERE state = 'active' AND valid_until < 9223372036854775807;

-- Second half. ("grant" is a reserved word.)
CREATE TABLE product_grant (
    id BIGINT PRIMARY KEY,
    membership_id BIGINT NOT NULL REFERENCES membership (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    state TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    granted_by BIGINT,
    -- The last warning before the end: 30, 7 or 1 days.
    warned_days BIGINT,
    -- Who changed it last, and when.
    changed_by BIGINT,
    changed_at BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX product_grant_live ON product_grant (membership_id, product_id) WHERE state <> 'ended';
CREATE INDEX product_grant_product ON product_grant (product_id);
CREATE INDEX product_grant_membership ON product_grant (membership_id, product_id, state, valid_until);
CREATE INDEX product_grant_expiry ON product_grant (valid_until)
    WHERE state = 'active' AND valid_until < 9223372036854775807;

-- What an organization gives its new agents: granted with the membership, where admission and role let it.
CREATE TABLE default_grant (
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    set_by BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, product_id)
);

-- A request that somebody decides: agent authorization, product access, ... One state machine, many kinds. subject_id: the
-- row that it is about, or a keyed hash of what was typed about an organization. code: of the organization that was typed,
-- where the application waits for it (organization_id NULL); seen_rev: revision of that organization at which it did not
-- fit. told: whether those who decide were told.
CREATE TABLE application (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    applicant_id BIGINT NOT NULL REFERENCES account (id),
    organization_id BIGINT REFERENCES organization (id),
    product_id BIGINT REFERENCES product (id),
    subject_id BIGINT,
    code TEXT,
    seen_rev BIGINT NOT NULL,
    told BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    data BYTEA,
    two_steps BOOLEAN NOT NULL,
    first_by BIGINT,
    decided_by BIGINT,
    decided_at BIGINT,
    decision_note TEXT,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
-- Where somebody only types an organization, whether it is here must not show: it is no part of the key there.
CREATE UNIQUE INDEX application_open ON application (kind, applicant_id, COALESCE(product_id, 0),
    COALESCE(subject_id, 0), (CASE WHEN kind IN ('agent_authorization', 'head') THEN 0 ELSE COALESCE(organization_id, 0) END))
    WHERE state IN ('submitted', 'first_approved', 'returned');
CREATE INDEX application_organization ON application (organization_id, state, id);
CREATE INDEX application_applicant ON application (applicant_id, id);
CREATE INDEX application_desk ON application (kind, state, id);
CREATE INDEX application_waiting ON application (code) WHERE organization_id IS NULL AND code IS NOT NULL
    AND state IN ('submitted', 'first_approved', 'returned');
CREATE INDEX application_untold ON application (id) WHERE state = 'submitted' AND told = FALSE
    AND kind IN ('agent_authorization', 'head');
CREATE INDEX application_expiry ON application (expires_at) WHERE state IN ('submitted', 'first_approved', 'returned');
-- The timeline: one row a step, numbered by the revision that it made.
CREATE TABLE application_step (
    application_id BIGINT NOT NULL REFERENCES application (id),
    number BIGINT NOT NULL,
    step TEXT NOT NULL,
    by_id BIGINT,
    note TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (application_id, number)
);

-- The head changed: the old authority ended, appointed administrators wait for the new head to confirm or end them.
CREATE TABLE succession (
    id BIGINT PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    former_account_id BIGINT,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX succession_open ON succession (organization_id) WHERE closed_at IS NULL;
CREATE TABLE succession_member (
    succession_id BIGINT NOT NULL REFERENCES succession (id),
    membership_id BIGINT NOT NULL REFERENCES membership (id),
    state TEXT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    PRIMARY KEY (succession_id, membership_id)
);
