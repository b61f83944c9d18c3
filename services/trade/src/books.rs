//! The books of the trade desk: one row for each interchange that crossed, what reading it found, and
//! what became of it.

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::{DocumentRow, Scope, Side};
use corridor_proof::Flow;
use corridor_storage::{Migration, Row, Schema, Tx};
use serde::Serialize;

use crate::correlate::{Sent, State};
use crate::edifact::{Charset, Party, Report, Value, Verdict};
use crate::references::Reference;

/// The tables. Every key begins with the participant (PA-1).
pub const SCHEMA: Schema = Schema {
    name: "trade",
    migrations: &[
        Migration {
            version: 1,
            name: "interchanges",
            sql: "
CREATE TABLE interchange (
    participant TEXT NOT NULL,
    side TEXT NOT NULL,
    envelope TEXT NOT NULL,
    partner TEXT NOT NULL,
    sender BLOB NOT NULL,
    sender_qualifier BLOB NOT NULL,
    recipient BLOB NOT NULL,
    recipient_qualifier BLOB NOT NULL,
    reference BLOB NOT NULL,
    messages INTEGER NOT NULL,
    summary TEXT NOT NULL,
    verdict TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (participant, side, envelope)
);
CREATE INDEX interchange_by_time ON interchange (participant, side, created, envelope);
CREATE INDEX interchange_by_reference ON interchange (participant, side, reference);
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM interchange) >= 0 THEN 1 ELSE 0 END",
        },
        crate::trail::MIGRATION,
        crate::drafts::MIGRATION,
        crate::expect::MIGRATION,
        crate::hub::MIGRATION,
        crate::customs::MIGRATION,
        crate::partner::MIGRATION,
        crate::trail::NAMED_BY_MESSAGE,
        crate::customs::NARROWED,
        // A question with an order and a limit gets an index that has both what it looks for and the order. Where
        // one has only the order, the planner walks through it, and through all that was ever exchanged when fewer
        // fit than the limit says. So does one that has to pass over all that was answered long ago.
        Migration {
            version: 10,
            name: "questions in their order",
            sql: "
DROP INDEX interchange_by_reference;
CREATE INDEX interchange_by_reference ON interchange (participant, side, reference, created);
DROP INDEX interchange_by_partner;
CREATE INDEX interchange_by_partner ON interchange (participant, partner, created, side, test);
DROP INDEX expected_answer_by_number;
CREATE INDEX expected_answer_by_number ON expected_answer (participant, partner, answer, number)
    WHERE standing = 'waiting' OR standing = 'overdue';
",
            verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT reference FROM interchange LIMIT 1) i) >= 0 THEN 1 ELSE 0 END",
        },
        crate::trail::NAMED_IN_ORDER,
        crate::trail::ANSWERS_IN_ORDER,
        crate::trail::ANSWERS_BY_ANSWERED,
    ],
};

/// How far back a reference used again is called a duplicate: ISO 9735 leaves it to the partners;
/// most guides say that references do not repeat within months.
pub const DUPLICATE_WINDOW: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3600);

/// One interchange in the books.
#[derive(Clone, Debug, Serialize)]
pub struct Interchange {
    /// Received or sent.
    pub side: Side,
    /// The envelope it crossed in.
    pub envelope: EnvelopeId,
    /// The other participant.
    pub partner: Did,
    /// Who sends, as UNB names it.
    pub sender: String,
    /// To whom, as UNB names it.
    pub recipient: String,
    /// The interchange control reference.
    pub reference: String,
    /// How many messages.
    pub messages: u64,
    /// Which messages, and what reading found: see [`Summary`].
    pub summary: serde_json::Value,
    /// What we think of it.
    pub verdict: String,
    /// What is known of its answers.
    pub state: State,
    /// The envelope of the CONTRL that answered it.
    pub answer: Option<EnvelopeId>,
    /// When it came into the books.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
    /// Whether it is a test: it says so (UNB 0035), or what crosses with the partner is one, by the agreement or,
    /// where that leaves it open, by what is set.
    pub test: bool,
    #[serde(skip)]
    pub(crate) sent: Sent,
}

/// What is kept of reading: enough to show a list and to say why something was refused.
#[derive(Serialize)]
struct Summary<'a> {
    kinds: &'a std::collections::BTreeMap<String, u64>,
    segments: u64,
    errors: u64,
    warnings: u64,
    /// Objections to what messages say.
    objections: u64,
    /// Messages that were checked against a directory or guide.
    checked: u64,
    /// Numbers that are not found by, because there are too many.
    numbers_left_out: u64,
    findings: &'a [crate::edifact::Finding],
}

/// How many findings are kept in the row; the rest is found again by reading the document.
const KEPT_FINDINGS: usize = 20;

/// A question for interchanges: the columns that [`Interchange::from_row`] reads, and what follows FROM.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT side, envelope, partner, sender, sender_qualifier, recipient, recipient_qualifier, reference,
                messages, summary, verdict, state, answer, created, updated, test
             FROM interchange ",
            $from
        )
    };
}

impl Interchange {
    const fn parse_state(text: &str) -> Option<State> {
        match text.as_bytes() {
            b"sent" => Some(State::Sent),
            b"received" => Some(State::Received),
            b"accepted" => Some(State::Accepted),
            b"partly-rejected" => Some(State::PartlyRejected),
            b"rejected" => Some(State::Rejected),
            _ => None,
        }
    }

    fn from_row(row: &Row) -> Result<Self> {
        let value = |at: usize| -> Result<Value> { Ok(Value::new(row.bytes(at)?, Charset::of(b"UNOC"))) };
        let party = |at: usize| -> Result<Party> {
            Ok(Party { id: value(at)?, qualifier: value(at + 1)?, ..Party::default() })
        };
        let (sender, recipient, reference) = (party(3)?, party(5)?, value(7)?);
        let state = row.text(11)?;
        let unknown =
            || Problem::new(ErrorCode::Malformed).with("what", "state of an interchange").with("why", state);
        let messages = u64::try_from(row.int(8)?).unwrap_or(0);
        Ok(Self {
            side: row.text(0)?.parse()?,
            envelope: row.text(1)?.parse()?,
            partner: row.text(2)?.parse()?,
            sender: sender.id.text().to_owned(),
            recipient: recipient.id.text().to_owned(),
            reference: reference.text().to_owned(),
            messages,
            summary: serde_json::from_str(row.text(9)?).unwrap_or_default(),
            verdict: row.text(10)?.to_owned(),
            state: Self::parse_state(state).ok_or_else(unknown)?,
            answer: row.opt_text(12)?.map(str::parse).transpose()?,
            created: Timestamp::from_millis(row.int(13)?),
            updated: Timestamp::from_millis(row.int(14)?),
            test: row.int(15)? != 0,
            sent: Sent { sender, recipient, reference: reference.bytes().to_vec(), messages: Some(messages) },
        })
    }
}

/// The word for a state, as it is stored.
pub(crate) const fn state_word(state: State) -> &'static str {
    match state {
        State::Sent => "sent",
        State::Received => "received",
        State::Accepted => "accepted",
        State::PartlyRejected => "partly-rejected",
        State::Rejected => "rejected",
    }
}

/// The word for a verdict, as it is stored and as acts name it.
pub(crate) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::PartlyRejected => "partly-rejected",
        Verdict::Rejected => "rejected",
        Verdict::Unreadable => "unreadable",
    }
}

/// Writes an interchange into the books; false when it is there already (EX-4). Of one that is about
/// persons no findings are kept, because they quote it (LG-3): they are found again by reading it.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    document: &DocumentRow,
    report: &Report,
    numbers: &(Vec<Reference>, u64),
    answer: Option<EnvelopeId>,
    flow: Flow,
) -> Result<bool> {
    let (side, envelope, partner) = (document.side, document.id, &document.partner);
    let empty = Party::default();
    let (sender, recipient, reference) = match &report.header {
        Some(header) => (&header.sender, &header.recipient, header.reference.bytes()),
        None => (&empty, &empty, b"".as_slice()),
    };
    let most = if document.seal.is_some() { 0 } else { KEPT_FINDINGS.min(report.findings.len()) };
    let kept = report.findings.get(..most).unwrap_or_default();
    let summary = Summary {
        kinds: &report.kinds,
        segments: report.segments,
        errors: report.errors,
        warnings: report.warnings,
        objections: report.objections,
        checked: report.checked,
        numbers_left_out: numbers.1,
        findings: kept,
    };
    let summary =
        serde_json::to_string(&summary).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let now = tx.now().millis();
    let test = report.header.as_ref().is_some_and(|header| header.test)
        || crate::partner::taken(tx, partner, flow)?.0 == crate::partner::Mode::Test;
    let inserted = tx.execute(
        "INSERT INTO interchange (participant, side, envelope, partner, sender, sender_qualifier, recipient,
            recipient_qualifier, reference, messages, summary, verdict, state, answer, created, updated, test)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'sent', $13, $14, $14, $15)
         ON CONFLICT (participant, side, envelope) DO NOTHING",
        &[
            side.as_str().into(),
            envelope.to_string().into(),
            partner.as_str().into(),
            sender.id.bytes().into(),
            sender.qualifier.bytes().into(),
            recipient.id.bytes().into(),
            recipient.qualifier.bytes().into(),
            reference.into(),
            i64::try_from(report.messages).unwrap_or(i64::MAX).into(),
            summary.into(),
            verdict_word(report.verdict()).into(),
            answer.map(|a| a.to_string()).into(),
            now.into(),
            i64::from(test).into(),
        ],
    )?;
    if inserted == 1 {
        crate::trail::name(tx, document, &numbers.0)?;
    }
    Ok(inserted == 1)
}

/// One interchange of ours.
///
/// # Errors
/// Those of the store.
pub fn find(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId) -> Result<Option<Interchange>> {
    let row = tx.query_one(
        select!("WHERE participant = $1 AND side = $2 AND envelope = $3"),
        &[side.as_str().into(), envelope.to_string().into()],
    )?;
    row.as_ref().map(Interchange::from_row).transpose()
}

/// What a timeline shows of an interchange.
pub(crate) struct Known {
    /// The other participant.
    pub partner: Did,
    /// The interchange control reference.
    pub reference: String,
    /// The kinds of message in it.
    pub kinds: Vec<String>,
    /// Whether it is a test.
    pub test: bool,
    /// Whether it is an answer itself.
    pub answering: bool,
}

/// The kinds of message in an interchange, of its summary.
pub(crate) fn kinds(summary: &str) -> Vec<String> {
    #[derive(Default, serde::Deserialize)]
    struct Kinds {
        #[serde(default)]
        kinds: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Kinds>(summary).unwrap_or_default().kinds.into_keys().collect()
}

/// What a timeline shows of one interchange of ours.
pub(crate) fn known(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId) -> Result<Option<Known>> {
    let row = tx.query_one(
        "SELECT partner, reference, summary, test,
            CASE WHEN EXISTS (SELECT 1 FROM interchange_answer a
                WHERE a.participant = $1 AND a.side = $2 AND a.envelope = $3) THEN 1 ELSE 0 END
         FROM interchange WHERE participant = $1 AND side = $2 AND envelope = $3",
        &[side.as_str().into(), envelope.to_string().into()],
    )?;
    let known = |row: &Row| {
        Ok(Known {
            partner: row.parse(0)?,
            reference: Value::new(row.bytes(1)?, Charset::of(b"UNOC")).text().to_owned(),
            kinds: kinds(row.text(2)?),
            test: row.int(3)? != 0,
            answering: row.int(4)? != 0,
        })
    };
    row.as_ref().map(known).transpose()
}

/// Which of these are tests.
///
/// # Errors
/// Those of the store.
pub fn tests(
    tx: &mut Tx<'_>,
    which: &[(Side, EnvelopeId)],
) -> Result<std::collections::BTreeSet<EnvelopeId>> {
    let mut tests = std::collections::BTreeSet::new();
    for (side, envelope) in which {
        let row = tx.query_one(
            "SELECT test FROM interchange WHERE participant = $1 AND side = $2 AND envelope = $3",
            &[side.as_str().into(), envelope.to_string().into()],
        )?;
        if row.map_or(Ok(0), |row| row.int(0))? != 0 {
            tests.insert(*envelope);
        }
    }
    Ok(tests)
}

/// What we and a partner are called in UNB, by the newest interchange that went between us: `ID:QUALIFIER`
/// of ours and of theirs.
///
/// # Errors
/// Those of the store.
pub fn parties(tx: &mut Tx<'_>, partner: &Did) -> Result<Option<(String, String)>> {
    let row = tx.query_one(
        select!(
            "WHERE participant = $1 AND partner = $2 AND verdict <> 'unreadable' ORDER BY created DESC, envelope DESC LIMIT 1"
        ),
        &[partner.as_str().into()],
    )?;
    let Some(found) = row.as_ref().map(Interchange::from_row).transpose()? else { return Ok(None) };
    let name = |party: &Party| {
        let qualifier = party.qualifier.text();
        let id = party.id.text();
        if qualifier.is_empty() { id.to_owned() } else { format!("{id}:{qualifier}") }
    };
    let (sender, recipient) = (name(&found.sent.sender), name(&found.sent.recipient));
    let named = !found.sent.sender.id.is_empty() && !found.sent.recipient.id.is_empty();
    Ok(named.then_some(if found.side == Side::Out { (sender, recipient) } else { (recipient, sender) }))
}

/// The interchanges under one control reference, newest first.
pub(crate) fn by_reference(tx: &mut Tx<'_>, side: Side, reference: &[u8]) -> Result<Vec<Interchange>> {
    let rows = tx.query(
        select!("WHERE participant = $1 AND side = $2 AND reference = $3 ORDER BY created DESC LIMIT 100"),
        &[side.as_str().into(), reference.into()],
    )?;
    rows.iter().map(Interchange::from_row).collect()
}

/// Which of the newest interchanges of one side are no answers, and when they came into the books.
pub(crate) fn newest(
    tx: &mut Tx<'_>,
    side: Side,
    limit: u64,
    scope: &Scope,
) -> Result<Vec<(Timestamp, EnvelopeId)>> {
    // Only the newest are looked at, however many of them are answers: a side that only answers has no others.
    let rows = tx.query(
        "SELECT created, envelope FROM (
            SELECT created, envelope FROM interchange WHERE participant = $1 AND side = $2
                AND ($4 = '' OR REPLACE($4, '|edifact|', '') <> $4)
                AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)
            ORDER BY created DESC, envelope DESC LIMIT $3) AS n
         WHERE NOT EXISTS (SELECT 1 FROM interchange_answer a
            WHERE a.participant = $1 AND a.side = $2 AND a.envelope = n.envelope)
         ORDER BY created DESC, envelope DESC",
        &[
            side.as_str().into(),
            limit.into(),
            scope.kinds_parameter().into(),
            scope.partners_parameter().into(),
        ],
    )?;
    rows.iter().map(|row| Ok((row.timestamp(0)?, row.parse(1)?))).collect()
}

/// The interchanges of one side, newest first.
pub(crate) fn list(tx: &mut Tx<'_>, side: Side, limit: u64, scope: &Scope) -> Result<Vec<Interchange>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = $2
                AND ($4 = '' OR REPLACE($4, '|edifact|', '') <> $4)
                AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)
             ORDER BY created DESC, envelope DESC LIMIT $3"
        ),
        &[
            side.as_str().into(),
            limit.into(),
            scope.kinds_parameter().into(),
            scope.partners_parameter().into(),
        ],
    )?;
    rows.iter().map(Interchange::from_row).collect()
}

/// Takes an interchange out of the books that was about a person who was erased.
pub(crate) fn remove(tx: &mut Tx<'_>, side: Side, envelope: EnvelopeId) -> Result<()> {
    tx.execute(
        "DELETE FROM interchange WHERE participant = $1 AND side = $2 AND envelope = $3",
        &[side.as_str().into(), envelope.to_string().into()],
    )?;
    match side {
        Side::Out => crate::expect::remove(tx, envelope)?,
        Side::In => crate::hub::remove(tx, envelope)?,
    }
    crate::trail::remove(tx, side, envelope)
}

/// Notes the answer that was given to a received interchange which had none; false when it has one.
pub(crate) fn given(tx: &mut Tx<'_>, envelope: EnvelopeId, answer: EnvelopeId) -> Result<bool> {
    let now = tx.now().millis();
    let noted = tx.execute(
        "UPDATE interchange SET answer = $3, updated = $4
         WHERE participant = $1 AND side = 'in' AND envelope = $2 AND answer IS NULL",
        &[envelope.to_string().into(), answer.to_string().into(), now.into()],
    )?;
    Ok(noted == 1)
}

/// Moves an interchange of ours on after an answer.
pub(crate) fn judge(tx: &mut Tx<'_>, envelope: EnvelopeId, state: State, answer: EnvelopeId) -> Result<()> {
    let now = tx.now().millis();
    tx.execute(
        "UPDATE interchange SET state = $3, answer = $4, updated = $5
         WHERE participant = $1 AND side = 'out' AND envelope = $2",
        &[envelope.to_string().into(), state_word(state).into(), answer.to_string().into(), now.into()],
    )?;
    Ok(())
}
