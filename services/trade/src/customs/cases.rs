//! The books of the customs desk: a row for each case, the rules it hit, the parties it named, what was decided.
//! Of what is about persons neither numbers nor names are kept here, nor what was decided in words (LG-3).

use std::collections::BTreeSet;

use corridor_base::{Did, EnvelopeId, Result, Timestamp};
use corridor_exchange::DocumentRow;
use corridor_storage::{Row, Tx};

use super::case::{Case, CaseFilter, CaseId, Decided, Hit};
use super::judge::{Judged, NewCase};
use super::risk::{Action, PARTNER, party_value};
use super::state::{Lane, State};

/// The columns that [`Case::from_row`] reads.
macro_rules! columns {
    () => {
        "SELECT envelope, message, partner, kind, number, purpose, port, party, state, lane, test, decisions,
            created, updated
         FROM customs_case "
    };
}

/// A question for cases, by what follows FROM.
macro_rules! select {
    ($from:literal) => {
        concat!(columns!(), $from)
    };
}

/// A question for a page of the queue that begins with this filter, which has an index of its own; the others narrow what
/// that finds. An engine that is given all of them as one question cannot know which are empty.
macro_rules! page {
    ($filter:literal) => {
        concat!(
            columns!(),
            "WHERE participant = $1 ",
            $filter,
            " AND created <= $2
                AND (created < $2 OR envelope < $3 OR (envelope = $3 AND message < $4))
                AND ($5 = '' OR state = $5) AND ($6 = '' OR lane = $6)
                AND ($7 = '' OR partner = $7) AND ($8 = '' OR port = $8)
                AND ($9 = '' OR REPLACE($9, '|edifact|', '') <> $9)
                AND ($10 = '' OR REPLACE($10, '|' || partner || '|', '') <> $10)
             ORDER BY created DESC, envelope DESC, message DESC LIMIT $11"
        )
    };
}

/// The question that reads least: ports are many, partners some, states and lanes a handful.
fn narrowest(filter: &CaseFilter) -> &'static str {
    match filter {
        CaseFilter { port, .. } if !port.is_empty() => page!("AND port = $8"),
        CaseFilter { partner: Some(_), .. } => page!("AND partner = $7"),
        CaseFilter { state: Some(_), .. } => page!("AND state = $5"),
        CaseFilter { lane: Some(_), .. } => page!("AND lane = $6"),
        _ => page!(""),
    }
}

fn message(id: CaseId) -> i64 {
    i64::try_from(id.message).unwrap_or(i64::MAX)
}

/// The month of an instant (TM-1: of UTC), as statistics count.
pub(crate) fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}

/// Puts the cases of a document into the books; what is there already stays (EX-4). Answers whether any is new.
pub(crate) fn file(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged) -> Result<bool> {
    let mut fresh = false;
    for case in &judged.cases {
        if insert(tx, document, judged, case)? {
            fresh = true;
            hit(tx, document, judged, case)?;
            if document.seal.is_none() {
                supersede(tx, document, case)?;
            }
        }
    }
    if fresh {
        let partner = party_value(document.partner.as_str());
        name(tx, document, PARTNER, &partner)?;
        let parties: BTreeSet<_> = judged.cases.iter().flat_map(|case| &case.parties).collect();
        for (field, value) in parties.into_iter().filter(|_| document.seal.is_none()) {
            name(tx, document, field, value)?;
        }
    }
    Ok(fresh)
}

fn insert(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged, case: &NewCase) -> Result<bool> {
    let clear = |text: &str| if document.seal.is_none() { text.to_owned() } else { String::new() };
    let now = tx.now().millis();
    let inserted = tx.execute(
        "INSERT INTO customs_case (participant, envelope, message, partner, kind, number, purpose, port, party,
            state, lane, test, decisions, created, updated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $13)
         ON CONFLICT (participant, envelope, message) DO NOTHING",
        &[
            document.id.to_string().into(),
            i64::try_from(case.message).unwrap_or(i64::MAX).into(),
            document.partner.as_str().into(),
            case.kind.as_str().into(),
            clear(&case.number).into(),
            case.function.as_str().into(),
            clear(&case.port).into(),
            clear(&case.party).into(),
            State::Waiting.as_str().into(),
            case.lane().as_str().into(),
            i64::from(judged.test).into(),
            now.into(),
        ],
    )?;
    Ok(inserted == 1)
}

/// What it hit, and that the rules saw it. Tests are no part of statistics.
fn hit(tx: &mut Tx<'_>, document: &DocumentRow, judged: &Judged, case: &NewCase) -> Result<()> {
    let month = month(tx.now());
    for hit in &case.hits {
        tx.execute(
            "INSERT INTO customs_hit (participant, envelope, message, rule, version, action, month)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (participant, envelope, message, rule) DO NOTHING",
            &[
                document.id.to_string().into(),
                i64::try_from(case.message).unwrap_or(i64::MAX).into(),
                hit.rule.as_str().into(),
                hit.version.into(),
                hit.action.as_str().into(),
                if judged.test { "test" } else { month.as_str() }.into(),
            ],
        )?;
    }
    for (rule, version) in judged.seen_by(case).filter(|_| !judged.test) {
        tx.execute(
            "INSERT INTO risk_seen (participant, month, rule, version, seen) VALUES ($1, $2, $3, $4, 1)
             ON CONFLICT (participant, month, rule, version) DO UPDATE SET seen = risk_seen.seen + 1",
            &[month.as_str().into(), rule.into(), version.into()],
        )?;
    }
    Ok(())
}

/// What a replacement or a cancellation does to the message before it: nothing once that was decided for good.
fn supersede(tx: &mut Tx<'_>, document: &DocumentRow, case: &NewCase) -> Result<()> {
    let state = match case.function.as_str() {
        "replacement" | "change" => State::Replaced,
        "cancellation" => State::Cancelled,
        _ => return Ok(()),
    };
    if case.number.is_empty() {
        return Ok(());
    }
    let now = tx.now().millis();
    let gone = tx.execute(
        "UPDATE customs_case SET state = $6, updated = $7
         WHERE participant = $1 AND number = $2 AND partner = $3 AND kind = $4 AND envelope <> $5
            AND state IN ('waiting', 'held', 'inspection')",
        &[
            case.number.as_str().into(),
            document.partner.as_str().into(),
            case.kind.as_str().into(),
            document.id.to_string().into(),
            state.as_str().into(),
            now.into(),
        ],
    )?;
    if state == State::Cancelled && gone > 0 {
        // Nothing is left to decide. A cancellation of what was released or refused waits for somebody.
        tx.execute(
            "UPDATE customs_case SET state = 'cancelled', updated = $4
             WHERE participant = $1 AND envelope = $2 AND message = $3",
            &[
                document.id.to_string().into(),
                i64::try_from(case.message).unwrap_or(i64::MAX).into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

fn name(tx: &mut Tx<'_>, document: &DocumentRow, field: &str, value: &str) -> Result<()> {
    let now = tx.now().millis();
    tx.execute(
        "INSERT INTO customs_party (participant, field, value, envelope, created) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (participant, field, value, envelope) DO NOTHING",
        &[field.into(), value.into(), document.id.to_string().into(), now.into()],
    )?;
    Ok(())
}

/// Which of these parties another document named before this instant.
pub(crate) fn known(
    tx: &mut Tx<'_>,
    envelope: EnvelopeId,
    before: Timestamp,
    parties: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<(String, String)>> {
    let mut known = BTreeSet::new();
    for (field, value) in parties {
        let rows = tx.query(
            "SELECT envelope FROM customs_party
             WHERE participant = $1 AND field = $2 AND value = $3 AND envelope <> $4 AND created <= $5 LIMIT 1",
            &[
                field.as_str().into(),
                value.as_str().into(),
                envelope.to_string().into(),
                before.millis().into(),
            ],
        )?;
        if !rows.is_empty() {
            known.insert((field.clone(), value.clone()));
        }
    }
    Ok(known)
}

/// One case.
///
/// # Errors
/// Those of the store.
pub fn find(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Case>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND envelope = $2 AND message = $3"),
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    row.as_ref().map(Case::from_row).transpose()
}

/// Cases, newest first.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, filter: &CaseFilter) -> Result<Vec<Case>> {
    let before = match filter.before {
        Some(id) => find(tx, id)?.map(|case| (case.created.millis(), id)),
        None => None,
    };
    let (at, envelope, place) = match before {
        Some((at, id)) => (at, id.envelope.to_string(), message(id)),
        None => (i64::MAX, String::new(), 0),
    };
    let rows = tx.query(
        narrowest(filter),
        &[
            at.into(),
            envelope.into(),
            place.into(),
            filter.state.map_or("", State::as_str).into(),
            filter.lane.map_or("", Lane::as_str).into(),
            filter.partner.as_ref().map_or("", Did::as_str).into(),
            filter.port.as_str().into(),
            filter.scope.kinds_parameter().into(),
            filter.scope.partners_parameter().into(),
            filter.limit.into(),
        ],
    )?;
    rows.iter().map(Case::from_row).collect()
}

/// What a case hit, the gravest first.
///
/// # Errors
/// Those of the store.
pub fn hits(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Hit>> {
    let rows = tx.query(
        "SELECT h.rule, h.version, h.action, r.body FROM customs_hit AS h
         LEFT JOIN risk_rule AS r ON r.participant = $1 AND r.rule = h.rule AND r.version = h.version
         WHERE h.participant = $1 AND h.envelope = $2 AND h.message = $3 ORDER BY h.rule LIMIT 200",
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let title = match row.opt_text(3)? {
            Some(body) => {
                serde_json::from_str::<super::risk::Rule>(body).map(|r| r.title).unwrap_or_default()
            }
            None => std::collections::BTreeMap::new(),
        };
        let version = u32::try_from(row.int(1)?).unwrap_or(0);
        let action = Action::parse(row.text(2)?).unwrap_or(Action::Note);
        all.push(Hit { rule: row.text(0)?.to_owned(), version, action, title });
    }
    all.sort_by(|a, b| b.action.cmp(&a.action).then_with(|| a.rule.cmp(&b.rule)));
    Ok(all)
}

/// What was decided of a case, oldest first.
///
/// # Errors
/// Those of the store.
pub fn history(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Decided>> {
    let rows = tx.query(
        "SELECT decision, code, reason, field, segment, decided_by, answer, created FROM customs_decision
         WHERE participant = $1 AND envelope = $2 AND message = $3 ORDER BY place LIMIT 1000",
        &[id.envelope.to_string().into(), message(id).into()],
    )?;
    let decided = |row: &Row| -> Result<Decided> {
        Ok(Decided {
            decision: row.parse(0)?,
            code: row.text(1)?.to_owned(),
            reason: row.text(2)?.to_owned(),
            field: row.text(3)?.to_owned(),
            segment: row.text(4)?.to_owned(),
            by: row.text(5)?.to_owned(),
            answer: row.parse(6)?,
            time: row.timestamp(7)?,
        })
    };
    rows.iter().map(decided).collect()
}

/// Writes down a decision that follows `place` others; false when somebody was faster.
pub(crate) fn decided(
    tx: &mut Tx<'_>,
    id: CaseId,
    place: u64,
    (state, decided): (State, &Decided),
    clear: bool,
) -> Result<bool> {
    let moved = tx.execute(
        "UPDATE customs_case SET state = $4, decisions = decisions + 1, updated = $6
         WHERE participant = $1 AND envelope = $2 AND message = $3 AND decisions = $5
            AND state IN ('waiting', 'held', 'inspection')",
        &[
            id.envelope.to_string().into(),
            message(id).into(),
            state.as_str().into(),
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            decided.time.millis().into(),
        ],
    )?;
    if moved == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO customs_decision (participant, envelope, message, place, decision, code, reason, field,
            segment, decided_by, answer, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            id.envelope.to_string().into(),
            message(id).into(),
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            decided.decision.as_str().into(),
            decided.code.as_str().into(),
            if clear { decided.reason.as_str() } else { "" }.into(),
            decided.field.as_str().into(),
            decided.segment.as_str().into(),
            decided.by.as_str().into(),
            decided.answer.to_string().into(),
            decided.time.millis().into(),
        ],
    )?;
    Ok(true)
}

/// Takes out what was made of a document about a person who was erased.
pub(crate) fn erase(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<()> {
    let which = [envelope.to_string().into()];
    tx.execute("DELETE FROM customs_case WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_hit WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_party WHERE participant = $1 AND envelope = $2", &which)?;
    tx.execute("DELETE FROM customs_decision WHERE participant = $1 AND envelope = $2", &which)?;
    Ok(())
}
