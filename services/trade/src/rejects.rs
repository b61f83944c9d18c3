//! What of ours was refused and is not put right yet: by CONTRL, by APERAK or CUSRES, or in transport; each
//! with the cause in plain words. An amendment is linked to what it amends; when it was answered, the refused
//! one leaves the queue. So it does when it was sent anew, without being called an amendment.

use std::str::FromStr;

use corridor_base::{Did, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::service::Acting;
use corridor_exchange::{DocumentFilter, DocumentRow, Exchange, Side, State as Transport};
use corridor_storage::{Row, Tx};
use serde::Serialize;

use crate::books::{self, Interchange};
use crate::overtaken::Sent;
use crate::timeline::Number;
use crate::trail::{self, Answer};

/// The most that is looked at of each cause: a longer queue is worked off from its beginning.
const EACH: u64 = 500;
/// The most messages looked at that name a number of something refused.
const NAMING: u64 = 50;

/// Who refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It could not be read.
    Contrl,
    /// Its application refused it.
    Aperak,
    /// Customs refused it.
    Cusres,
    /// The partner's node refused it.
    Refused,
    /// It could not be delivered.
    Undelivered,
}

impl Cause {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Contrl, Self::Aperak, Self::Cusres, Self::Refused, Self::Undelivered];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contrl => "contrl",
            Self::Aperak => "aperak",
            Self::Cusres => "cusres",
            Self::Refused => "refused",
            Self::Undelivered => "undelivered",
        }
    }
}

impl FromStr for Cause {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|cause| cause.as_str() == text).ok_or_else(|| {
            let what = "cause (contrl, aperak, cusres, refused, undelivered)";
            Problem::new(ErrorCode::Malformed).with("what", what).with("why", text)
        })
    }
}

/// What a message that is sent once more says it is (BGM 1225).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// The first of its kind: what was refused counts as never sent.
    Original,
    /// It takes the place of the one before.
    Replacement,
    /// It takes the one before back.
    Cancellation,
}

impl Function {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Original, Self::Replacement, Self::Cancellation];

    /// The word, which mappings put for the code too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Replacement => "replacement",
            Self::Cancellation => "cancellation",
        }
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Original => "9",
            Self::Replacement => "5",
            Self::Cancellation => "1",
        }
    }

    /// What is right as a rule after this cause: who could not read a message has nothing to replace.
    #[must_use]
    pub const fn after(cause: Cause) -> Self {
        match cause {
            Cause::Contrl | Cause::Refused | Cause::Undelivered => Self::Original,
            Cause::Aperak | Cause::Cusres => Self::Replacement,
        }
    }
}

impl FromStr for Function {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|function| function.as_str() == text).ok_or_else(|| {
            let what = "function (original, replacement, cancellation)";
            Problem::new(ErrorCode::Malformed).with("what", what).with("why", text)
        })
    }
}

/// What was sent to put something right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amendment {
    /// Its envelope.
    pub envelope: EnvelopeId,
    /// What it amends.
    pub amended: EnvelopeId,
    /// What it says it is; empty for what was sent as a document of its own and takes the place of the other.
    pub function: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Amendment {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            envelope: row.text(0)?.parse()?,
            amended: row.text(1)?.parse()?,
            function: row.text(2)?.to_owned(),
            created: Timestamp::from_millis(row.int(3)?),
        })
    }
}

/// Something refused.
#[derive(Clone, Debug, Serialize)]
pub struct Reject {
    /// Its envelope.
    pub envelope: EnvelopeId,
    /// Who refused it, or could not be reached.
    pub partner: Did,
    /// The kinds of message in it.
    pub kinds: Vec<String>,
    /// The number of its first message.
    pub number: String,
    /// Why.
    pub cause: Cause,
    /// The cause in plain words: segment, element, code.
    pub lines: Vec<String>,
    /// The envelope of the answer that says so.
    pub answer: Option<EnvelopeId>,
    /// When it was sent.
    pub created: Timestamp,
    /// When it was refused.
    pub refused: Timestamp,
    /// What was sent to put it right, and is not answered yet.
    pub amendment: Option<Amendment>,
}

/// Links an amendment to what it amends. It is written before the amendment is handed in, whose number is
/// known by then: a node that dies between the two has a link to nothing, which counts as none.
///
/// # Errors
/// Those of the store.
pub fn link(
    tx: &mut Tx<'_>,
    amendment: EnvelopeId,
    amended: EnvelopeId,
    function: Function,
    author: &str,
) -> Result<()> {
    let now = tx.now().millis();
    tx.execute(
        "INSERT INTO amendment (participant, envelope, amended, function, author, created)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (participant, envelope) DO NOTHING",
        &[
            amendment.to_string().into(),
            amended.to_string().into(),
            function.as_str().into(),
            author.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// What this envelope amends.
///
/// # Errors
/// Those of the store.
pub fn amends(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<Option<Amendment>> {
    let row = tx.query_one(
        "SELECT envelope, amended, function, created FROM amendment WHERE participant = $1 AND envelope = $2",
        &[envelope.to_string().into()],
    )?;
    row.as_ref().map(Amendment::from_row).transpose()
}

/// What amends this envelope, newest first.
///
/// # Errors
/// Those of the store.
pub fn amended_by(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<Vec<Amendment>> {
    let rows = tx.query(
        "SELECT envelope, amended, function, created FROM amendment WHERE participant = $1 AND amended = $2
         ORDER BY created DESC, envelope DESC LIMIT 100",
        &[envelope.to_string().into()],
    )?;
    rows.iter().map(Amendment::from_row).collect()
}

/// Which of them are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only of this partner.
    pub partner: Option<Did>,
    /// Only of this cause.
    pub cause: Option<Cause>,
    /// Only this one.
    pub envelope: Option<EnvelopeId>,
    /// Only those sent before this one: the last of the page before.
    pub before: Option<(Timestamp, EnvelopeId)>,
    /// How many.
    pub limit: usize,
}

/// The queue, newest first, within what is the business of whoever asks.
///
/// # Errors
/// Those of the store.
pub async fn queue(exchange: &Exchange, acting: &Acting, wanted: &Wanted, lang: Lang) -> Result<Vec<Reject>> {
    let mut documents = Vec::new();
    for state in [Transport::Refused, Transport::Failed] {
        let filter = DocumentFilter {
            partner: wanted.partner.clone(),
            state: Some(state),
            kind: Some(crate::desk::EDIFACT.parse()?),
            scope: acting.scope.clone(),
            limit: u32::try_from(EACH).unwrap_or(u32::MAX),
            ..DocumentFilter::default()
        };
        documents.extend(exchange.documents(&acting.participant, Side::Out, filter).await?);
    }
    let (scope, asked) = (acting.scope.clone(), wanted.clone());
    let mut found = exchange
        .store()
        .read(&acting.participant, move |tx| {
            let mut found = Vec::new();
            for document in &documents {
                found.extend(undelivered(tx, document, lang)?);
            }
            for envelope in candidates(tx)? {
                let Some(interchange) = books::find(tx, Side::Out, envelope)? else { continue };
                let ours = scope.admits(&crate::desk::EDIFACT.parse()?, &interchange.partner);
                if ours && asked.partner.as_ref().is_none_or(|partner| *partner == interchange.partner) {
                    found.extend(refused(tx, interchange, lang)?);
                }
            }
            let mut open = Vec::new();
            for reject in found {
                open.extend(still_open(tx, reject)?);
            }
            Ok(open)
        })
        .await?;
    found.sort_by_key(|reject| std::cmp::Reverse((reject.created, reject.envelope)));
    found.dedup_by_key(|reject| reject.envelope);
    found.retain(|reject| {
        wanted.cause.is_none_or(|cause| cause == reject.cause)
            && wanted.envelope.is_none_or(|envelope| envelope == reject.envelope)
            && wanted.before.is_none_or(|before| (reject.created, reject.envelope) < before)
    });
    found.truncate(wanted.limit);
    for reject in &mut found {
        let Some(amendment) = &reject.amendment else { continue };
        match exchange.document(&acting.participant, Side::Out, amendment.envelope).await {
            // It was never handed in.
            Err(problem) if problem.code() == ErrorCode::NotFound => reject.amendment = None,
            Err(problem) => return Err(problem),
            Ok(_) => {}
        }
    }
    Ok(found)
}

/// Interchanges that a CONTRL refused, and those that an APERAK or CUSRES did.
fn candidates(tx: &mut Tx<'_>) -> Result<Vec<EnvelopeId>> {
    let mut found: Vec<EnvelopeId> = Vec::new();
    for state in ["rejected", "partly-rejected"] {
        let rows = tx.query(
            "SELECT envelope FROM interchange WHERE participant = $1 AND side = 'out' AND state = $2
             ORDER BY created DESC LIMIT $3",
            &[state.into(), EACH.into()],
        )?;
        for row in &rows {
            found.push(row.text(0)?.parse()?);
        }
    }
    let rows = tx.query(
        "SELECT answered FROM interchange_answer WHERE participant = $1 AND side = 'in' AND outcome = 'rejected'
            AND kind <> 'CONTRL' AND answered IS NOT NULL ORDER BY created DESC LIMIT $2",
        &[EACH.into()],
    )?;
    for row in &rows {
        found.push(row.text(0)?.parse()?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn kinds(interchange: &Interchange) -> Vec<String> {
    let kinds = interchange.summary.get("kinds").and_then(serde_json::Value::as_object);
    kinds.map(|kinds| kinds.keys().cloned().collect()).unwrap_or_default()
}

fn number(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<String> {
    let named = trail::named(tx, Side::Out, envelope, 1, 20)?;
    Ok(named.into_iter().find(|number| number.own).map(|number| number.number).unwrap_or_default())
}

/// The refusal that stands: the newest answer of an institution counts, above it what could not be read.
fn refused(tx: &mut Tx<'_>, interchange: Interchange, lang: Lang) -> Result<Option<Reject>> {
    let answers = trail::answers(tx, Side::Out, interchange.envelope)?;
    let refuses = |answer: &&Answer| matches!(answer.outcome.as_str(), "rejected" | "partly-rejected");
    let contrl = answers.iter().rev().find(|answer| answer.kind == "CONTRL").filter(refuses);
    let judged = answers.iter().rev().find(|answer| answer.kind != "CONTRL").filter(refuses);
    let Some(answer) = contrl.or(judged) else { return Ok(None) };
    let cause = match answer.kind.as_str() {
        "CONTRL" => Cause::Contrl,
        "APERAK" => Cause::Aperak,
        _ => Cause::Cusres,
    };
    Ok(Some(Reject {
        number: number(tx, interchange.envelope)?,
        envelope: interchange.envelope,
        kinds: kinds(&interchange),
        cause,
        lines: answer.lines(lang),
        answer: Some(answer.envelope),
        created: interchange.created,
        refused: answer.created,
        partner: interchange.partner,
        amendment: None,
    }))
}

/// What did not arrive.
fn undelivered(tx: &mut Tx<'_>, document: &DocumentRow, lang: Lang) -> Result<Option<Reject>> {
    let interchange = books::find(tx, Side::Out, document.id)?;
    // An answer of ours that did not arrive is nothing to be amended: it is handed in again as it is.
    if document.answers.is_some()
        && interchange.as_ref().is_some_and(|i| kinds(i).iter().any(|k| k == "CONTRL"))
    {
        return Ok(None);
    }
    let said = document.problem.as_ref().and_then(Problem::from_document).map(|problem| problem.text(lang));
    let cause = if document.state == Transport::Refused { Cause::Refused } else { Cause::Undelivered };
    Ok(Some(Reject {
        number: number(tx, document.id)?,
        envelope: document.id,
        kinds: interchange.as_ref().map(kinds).unwrap_or_default(),
        cause,
        lines: said.map(|said| vec![said.title, said.detail, said.remedy]).unwrap_or_default(),
        answer: None,
        created: document.created,
        refused: document.updated,
        partner: document.partner.clone(),
        amendment: None,
    }))
}

/// Nothing once what puts it right was answered: what is wrong with that stands in the queue by itself.
fn still_open(tx: &mut Tx<'_>, mut reject: Reject) -> Result<Option<Reject>> {
    let mut later = amended_by(tx, reject.envelope)?;
    for amendment in overtaking(tx, &reject)? {
        if later.iter().all(|known| known.envelope != amendment.envelope) {
            later.push(amendment);
        }
    }
    for amendment in later {
        let sent = books::find(tx, Side::Out, amendment.envelope)?;
        let Some(sent) = sent else {
            // The desk has not read it yet, or it was never handed in.
            reject.amendment = reject.amendment.or(Some(amendment));
            continue;
        };
        let judged = trail::answers(tx, Side::Out, amendment.envelope)?.iter().any(|a| a.kind != "CONTRL");
        if sent.state.is_final() || judged {
            return Ok(None);
        }
        reject.amendment = Some(amendment);
    }
    Ok(Some(reject))
}

/// What was sent to the same partner after it, without being called its amendment, and takes its place
/// ([`crate::overtaken`]).
fn overtaking(tx: &mut Tx<'_>, reject: &Reject) -> Result<Vec<Amendment>> {
    let numbers = numbers(tx, reject.envelope)?;
    let refused = Sent {
        side: Side::Out,
        envelope: reject.envelope,
        created: reject.created,
        kinds: &reject.kinds,
        numbers: &numbers,
        amends: None,
    };
    let (mut looked, mut found) = (vec![reject.envelope], Vec::new());
    for number in &numbers {
        for naming in trail::naming(tx, &number.number, &trail::partners_own(&reject.partner), NAMING)? {
            let (side, envelope) = (naming.side, naming.envelope);
            if side != Side::Out || naming.created < reject.created || looked.contains(&envelope) {
                continue;
            }
            looked.push(envelope);
            let Some(other) = books::find(tx, side, envelope)? else { continue };
            let (kinds, numbers) = (kinds(&other), self::numbers(tx, envelope)?);
            let created = other.created;
            let later = Sent { side, envelope, created, kinds: &kinds, numbers: &numbers, amends: None };
            if later.overtakes(&refused) {
                let amended = reject.envelope;
                found.push(Amendment { envelope, amended, function: String::new(), created });
            }
        }
    }
    Ok(found)
}

/// The numbers that lead from the first message of an interchange to others of its transaction.
fn numbers(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<Vec<Number>> {
    let named = trail::named(tx, Side::Out, envelope, 1, 100)?;
    let leading = crate::timeline::leading(&named);
    let mut numbers: Vec<Number> = named
        .into_iter()
        .filter(|reference| leading.contains(&reference.number))
        .map(|reference| Number { role: reference.role, number: reference.number })
        .collect();
    numbers.sort();
    numbers.dedup();
    Ok(numbers)
}
