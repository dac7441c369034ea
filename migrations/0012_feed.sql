-- Spaces of a person, entries that products push, items, favourites.

-- In which organization's space an account was last: the switcher shows the recent ones.
CREATE TABLE space_visit (
    account_id BIGINT NOT NULL REFERENCES account (id),
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, organization_id)
);
CREATE INDEX space_visit_recent ON space_visit (account_id, at);
-- The newest memberships of an account without a look at all of them.
CREATE INDEX membership_newest ON membership (account_id, id, organization_id, role, state) WHERE state <> 'ended';

-- Who used a product, and in which space (0 is the personal one): what the product may push is bound to it.
CREATE TABLE product_use (
    account_id BIGINT NOT NULL REFERENCES account (id),
    product_id BIGINT NOT NULL REFERENCES product (id),
    organization_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, product_id, organization_id)
);
CREATE INDEX product_use_organization ON product_use (organization_id, product_id);

-- What a product says about a person or an organization. account_id is 0 for an organization's entry, organization_id is 0
-- for a person's. content is sealed JSON: title, text. state is one of the platform's, state_label the product's word.
-- A deleted entry stays as a tombstone without content for a while, so that older news does not bring it back.
CREATE TABLE feed_entry (
    id BIGINT PRIMARY KEY,
    product_id BIGINT NOT NULL REFERENCES product (id),
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    organization_id BIGINT NOT NULL,
    agent_id BIGINT,
    state TEXT NOT NULL,
    state_label TEXT,
    content BYTEA NOT NULL,
    link TEXT,
    notice_id BIGINT,
    occurred_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX feed_entry_external ON feed_entry (product_id, external_id);
CREATE INDEX feed_entry_account ON feed_entry (account_id, kind, occurred_at, id);
CREATE INDEX feed_entry_organization ON feed_entry (organization_id, kind, occurred_at, id);
-- Which products have entries of a kind there.
CREATE INDEX feed_entry_account_product ON feed_entry (account_id, kind, product_id);
CREATE INDEX feed_entry_organization_product ON feed_entry (organization_id, kind, product_id);
CREATE INDEX feed_entry_agent ON feed_entry (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX feed_entry_deleted ON feed_entry (updated_at) WHERE deleted;

-- Keyed bigrams of the titles within one subject (account or organization).
CREATE TABLE feed_gram (
    subject_id BIGINT NOT NULL,
    gram BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    PRIMARY KEY (subject_id, gram, entry_id)
);
CREATE INDEX feed_gram_entry ON feed_gram (entry_id);

-- What can be done at a product. Public: names in both languages lie open.
CREATE TABLE item (
    id BIGINT PRIMARY KEY,
    product_id BIGINT NOT NULL REFERENCES product (id),
    external_id TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    summary_zh TEXT NOT NULL,
    summary_en TEXT NOT NULL,
    department TEXT,
    audience TEXT NOT NULL,
    link TEXT,
    updated_at BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX item_external ON item (product_id, external_id);
CREATE INDEX item_product ON item (product_id, id);
CREATE TABLE item_gram (
    gram BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    PRIMARY KEY (gram, item_id)
);
CREATE INDEX item_gram_item ON item_gram (item_id);

CREATE TABLE favourite (
    account_id BIGINT NOT NULL REFERENCES account (id),
    item_id BIGINT NOT NULL REFERENCES item (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, item_id)
);
CREATE INDEX favourite_newest ON favourite (account_id, at);
