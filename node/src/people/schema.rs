//! The tables of people. What belongs to the node as a whole (accounts, sessions, links) is the
//! operator's; what lets somebody act for a participant (grants, departments) is that participant's
//! own, so that its administrators decide about it and about nothing else (PA-1).

use corridor_storage::{Migration, Schema};

/// Accounts with what they sign in with, sessions, grants, departments.
pub static SCHEMA: Schema = Schema { name: "people", migrations: &[ACCOUNTS, PROVIDERS_SESSIONS] };

const ACCOUNTS: Migration = Migration {
    version: 1,
    name: "accounts, sessions, grants, departments",
    sql: "
CREATE TABLE account (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    display TEXT NOT NULL,
    language TEXT NOT NULL,
    home TEXT NOT NULL,
    password TEXT,
    totp BLOB,
    totp_step INTEGER NOT NULL,
    created INTEGER NOT NULL,
    disabled INTEGER,
    signed_in INTEGER,
    PRIMARY KEY (participant, id)
);
CREATE UNIQUE INDEX account_by_name ON account (participant, name);
CREATE TABLE recovery_code (
    participant TEXT NOT NULL,
    account TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (participant, account, hash)
);
CREATE TABLE passkey (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    used INTEGER,
    PRIMARY KEY (participant, id)
);
CREATE INDEX passkey_by_account ON passkey (participant, account);
CREATE TABLE sign_in_link (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    hash BLOB NOT NULL,
    account TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE INDEX sign_in_link_by_account ON sign_in_link (participant, account);
CREATE TABLE sign_on (
    participant TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (participant, issuer, subject)
);
CREATE INDEX sign_on_by_account ON sign_on (participant, account);
CREATE TABLE session (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    hash BLOB NOT NULL,
    account TEXT NOT NULL,
    stage TEXT NOT NULL,
    method TEXT NOT NULL,
    holder TEXT,
    grant_id TEXT,
    agent TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE INDEX session_by_account ON session (participant, account);
CREATE INDEX session_by_end ON session (participant, ends);
CREATE TABLE challenge (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    data BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE INDEX challenge_by_end ON challenge (participant, expires);
CREATE TABLE person_grant (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    department TEXT,
    source TEXT NOT NULL,
    given INTEGER NOT NULL,
    PRIMARY KEY (participant, id)
);
CREATE INDEX person_grant_by_account ON person_grant (participant, account);
CREATE TABLE department (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    names TEXT NOT NULL,
    kinds TEXT NOT NULL,
    partners TEXT NOT NULL,
    PRIMARY KEY (participant, id)
);
",
    verify:
        "SELECT CASE WHEN (SELECT COUNT(totp_step) FROM account) + (SELECT COUNT(hash) FROM recovery_code)
            + (SELECT COUNT(counter) FROM passkey) + (SELECT COUNT(expires) FROM sign_in_link)
            + (SELECT COUNT(subject) FROM sign_on) + (SELECT COUNT(stage) FROM session)
            + (SELECT COUNT(data) FROM challenge) + (SELECT COUNT(source) FROM person_grant)
            + (SELECT COUNT(kinds) FROM department) >= 0 THEN 1 ELSE 0 END",
};

/// A session of ours remembers which session of the provider it came by, so that the two end together.
const PROVIDERS_SESSIONS: Migration = Migration {
    version: 2,
    name: "sessions of the provider of single sign-on",
    sql: "
ALTER TABLE session ADD COLUMN provider BLOB;
CREATE INDEX session_by_provider ON session (participant, provider);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(provider) FROM session) >= 0 THEN 1 ELSE 0 END",
};
