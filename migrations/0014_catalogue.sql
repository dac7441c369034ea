-- The catalog: categories, guides of products, and what a person keeps at hand.

-- product.category names one by its code; a product whose category went stands among the others.
CREATE TABLE product_category (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    place BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX product_category_used ON product (category);

-- What a product says of itself beyond a line: Markdown in both languages, as it is read and as it is being written.
CREATE TABLE product_guide (
    product_id BIGINT PRIMARY KEY REFERENCES product (id),
    draft_zh TEXT NOT NULL,
    draft_en TEXT NOT NULL,
    text_zh TEXT NOT NULL,
    text_en TEXT NOT NULL,
    knowledge_url TEXT,
    contact_zh TEXT,
    contact_en TEXT,
    rev BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    published_at BIGINT
);

-- A person and a product in one space (0 is the personal one): its place among the shortcuts of that console, if it is one,
-- and when it was opened there last.
CREATE TABLE product_tile (
    account_id BIGINT NOT NULL REFERENCES account (id),
    organization_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL REFERENCES product (id),
    place BIGINT,
    opened_at BIGINT,
    PRIMARY KEY (account_id, organization_id, product_id)
);
CREATE INDEX product_tile_product ON product_tile (product_id);

-- What the console counts: ways in that nobody used yet, and what runs out.
CREATE INDEX activation_waiting ON activation (organization_id) WHERE state = 'open';
CREATE INDEX admission_until ON admission (organization_id, valid_until)
    WHERE state <> 'ended' AND valid_until < 9223372036854775807;
CREATE INDEX contract_until ON contract (organization_id, valid_until);
