-- Addresses, reminders, notices, security questions, closing.

-- A message to an account: of a product, or of the platform where product_id is NULL. args is sealed JSON; the words are chosen when it is read.
CREATE TABLE notice (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    args BYTEA NOT NULL,
    product_id BIGINT REFERENCES product (id),
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX notice_account ON notice (account_id, id);
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at IS NULL;

-- What a holder switched on or off; a row that is absent means the default.
CREATE TABLE reminder (
    account_id BIGINT NOT NULL REFERENCES account (id),
    notice_group TEXT NOT NULL,
    channel TEXT NOT NULL,
    wanted BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, notice_group, channel)
);
CREATE TABLE reminder_language (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    lang TEXT NOT NULL
);

-- EMS addresses of a person; recipient, phone and the rest are one sealed JSON.
CREATE TABLE address (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    content BYTEA NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX address_deleted ON address (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX address_account ON address (account_id, id);
CREATE UNIQUE INDEX address_default ON address (account_id) WHERE is_default AND deleted_at IS NULL;

-- Facts about a person that prove nothing: the employer, as typed.
CREATE TABLE profile (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    employer BYTEA
);

-- An account that its holder closes: until due_at they can undo it.
CREATE TABLE closing (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX closing_due ON closing (due_at);

-- Events about an account by whoever: its history shows the failures of strangers too.
CREATE INDEX audit_event_account ON audit_event (object_id, at, id) WHERE object_kind = 'account';

-- Security questions. questions: sealed JSON of three; answers: one slow hash over a keyed digest of all three together.
CREATE TABLE security_question (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    questions BYTEA NOT NULL,
    answers TEXT NOT NULL,
    set_at BIGINT NOT NULL
);
