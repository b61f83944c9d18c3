//! The tables of the customs desk, and the indexes by which its queue narrows.

use corridor_storage::Migration;

/// The tables of the customs desk.
pub(crate) const MIGRATION: Migration = Migration {
    version: 6,
    name: "customs desk",
    sql: "
CREATE TABLE customs_case (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    partner TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    purpose TEXT NOT NULL,
    port TEXT NOT NULL,
    party TEXT NOT NULL,
    state TEXT NOT NULL,
    lane TEXT NOT NULL,
    test INTEGER NOT NULL,
    decisions INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope, message)
);
CREATE INDEX customs_case_by_time ON customs_case (participant, created, envelope, message);
CREATE INDEX customs_case_by_state ON customs_case (participant, state, created, envelope, message);
CREATE INDEX customs_case_by_number ON customs_case (participant, number);
CREATE TABLE customs_hit (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    action TEXT NOT NULL,
    month TEXT NOT NULL,
    PRIMARY KEY (participant, envelope, message, rule)
);
CREATE INDEX customs_hit_by_month ON customs_hit (participant, month, rule);
CREATE TABLE customs_party (
    participant TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    envelope TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, field, value, envelope)
);
CREATE INDEX customs_party_by_envelope ON customs_party (participant, envelope);
CREATE TABLE customs_decision (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    message INTEGER NOT NULL,
    place INTEGER NOT NULL,
    decision TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    field TEXT NOT NULL,
    segment TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    answer TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope, message, place)
);
CREATE TABLE risk_rule (
    participant TEXT NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    is_on INTEGER NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (participant, rule, version)
);
CREATE TABLE risk_seen (
    participant TEXT NOT NULL,
    month TEXT NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (participant, month, rule, version)
);
",
    verify:
        "SELECT CASE WHEN (SELECT COUNT(*) FROM customs_case) >= 0 AND (SELECT COUNT(*) FROM risk_rule) >= 0
        THEN 1 ELSE 0 END",
};

/// Each filter of a desk has an index that holds its order too: without one the planner reads all cases of the
/// participant in the order of time until a page is full. What is seldom has an index of the few rows alone.
pub(crate) const NARROWED: Migration = Migration {
    version: 9,
    name: "indexes of the desks",
    sql: "
CREATE INDEX customs_case_by_lane ON customs_case (participant, lane, created, envelope, message);
CREATE INDEX customs_case_by_partner ON customs_case (participant, partner, created, envelope, message);
CREATE INDEX customs_case_by_port ON customs_case (participant, port, created, envelope, message);
CREATE INDEX interchange_test ON interchange (participant, partner, side, created) WHERE test = 1;
CREATE INDEX interchange_answer_refused ON interchange_answer (participant, partner, created)
    WHERE outcome IN ('rejected', 'partly-rejected');
CREATE INDEX hub_arrival_by_time ON hub_arrival (participant, created, envelope);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT lane FROM customs_case LIMIT 1) c) >= 0
        THEN 1 ELSE 0 END",
};
