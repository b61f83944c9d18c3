//! The tables of the exchange. Every key begins with the participant (PA-1).

use corridor_storage::{Migration, Schema};

/// Agreements, documents on both sides, refusals, receipts of partners.
pub const SCHEMA: Schema = Schema {
    name: "exchange",
    migrations: &[
        Migration {
            version: 1,
            name: "agreements, documents, refusals",
            sql: "
CREATE TABLE agreement (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    partner TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    statement BLOB NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    ended INTEGER,
    PRIMARY KEY (participant, id)
);
CREATE INDEX agreement_by_partner ON agreement (participant, partner, state);
CREATE TABLE document (
    participant TEXT NOT NULL,
    side TEXT NOT NULL,
    id TEXT NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    agreement TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT,
    answers TEXT,
    statement BLOB NOT NULL,
    content BLOB,
    blob TEXT,
    state TEXT NOT NULL,
    problem TEXT,
    acknowledgement BLOB,
    delivery TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (participant, side, id, partner)
);
CREATE INDEX document_by_time ON document (participant, side, created, id);
CREATE INDEX document_by_answer ON document (participant, side, answers);
CREATE TABLE refusal (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (participant, partner, id, code)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM agreement) + (SELECT COUNT(*) FROM document) + (SELECT COUNT(*) FROM refusal) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 2,
            name: "receipts of partners",
            sql: "
ALTER TABLE document ADD COLUMN receipt_due INTEGER DEFAULT 0;
CREATE INDEX document_without_receipt ON document (participant, receipt_due) WHERE receipt_due IS NOT NULL;
CREATE TABLE partner_receipt (
    participant TEXT NOT NULL,
    side TEXT NOT NULL,
    envelope TEXT NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    act TEXT NOT NULL,
    opening BLOB NOT NULL,
    bytes BLOB NOT NULL,
    receipt BLOB,
    missing TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (participant, side, envelope, partner, kind)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(receipt_due) FROM document) + (SELECT COUNT(*) FROM partner_receipt) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 3,
            name: "partners to be asked for what a restoration lost",
            sql: "
CREATE TABLE lack (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (participant, partner)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM lack WHERE since < 0) = 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 4,
            name: "documents by state, and by partner",
            sql: "
CREATE INDEX document_by_state ON document (participant, side, state, created, id);
CREATE INDEX document_by_partner ON document (participant, partner, state, updated);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM document WHERE state = '') = 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 5,
            name: "documents about persons, erasure",
            sql: "
ALTER TABLE document ADD COLUMN seal TEXT;
CREATE INDEX document_by_seal ON document (participant, seal) WHERE seal IS NOT NULL;
CREATE TABLE erasure (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    reader TEXT NOT NULL,
    documents INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE TABLE erasure_request (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    partner TEXT NOT NULL,
    confirmed INTEGER,
    acknowledgement BLOB,
    PRIMARY KEY (participant, id, partner)
);
CREATE TABLE erasure_answer (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    id TEXT NOT NULL,
    acknowledgement BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (participant, partner, id)
);
CREATE TABLE erased_handle (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    handle TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (participant, partner, handle)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM erasure WHERE at < 0) + (SELECT COUNT(*) FROM erasure_request WHERE confirmed < 0) + (SELECT COUNT(*) FROM erasure_answer WHERE at < 0) + (SELECT COUNT(*) FROM erased_handle WHERE at < 0) = 0 AND (SELECT COUNT(*) FROM (SELECT seal FROM document LIMIT 1) d) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 6,
            name: "documents by name, erasures that are not confirmed",
            sql: "
CREATE INDEX document_by_name ON document (participant, side, created, id, name, kind, partner) WHERE name IS NOT NULL;
CREATE INDEX erasure_unconfirmed ON erasure_request (participant, id) WHERE confirmed IS NULL;
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM document WHERE name IS NOT NULL AND created < 0) + (SELECT COUNT(*) FROM erasure_request WHERE confirmed IS NULL AND id = '') = 0 THEN 1 ELSE 0 END",
        },
        // With the time in it, what answers a document is read in its order from here. Without, the planner walks
        // through the whole book by time, so as not to sort the two or three that answer.
        Migration {
            version: 7,
            name: "answers in their order",
            sql: "
DROP INDEX document_by_answer;
CREATE INDEX document_by_answer ON document (participant, side, answers, created);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT answers FROM document LIMIT 1) d) >= 0 THEN 1 ELSE 0 END",
        },
        Migration {
            version: 8,
            name: "which partners have given back what they were sent, and when a node was restored",
            sql: "
ALTER TABLE lack ADD COLUMN given_back INTEGER NOT NULL DEFAULT 0;
CREATE TABLE restoration (
    participant TEXT NOT NULL,
    since INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (participant)
);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM lack WHERE given_back < 0) + (SELECT COUNT(*) FROM restoration WHERE at < 0) = 0 THEN 1 ELSE 0 END",
        },
    ],
};
