//! What answers what: the CONTRL, APERAK and CUSRES of an interchange find the interchange or the message
//! they answer, on whichever side it stands. One of ours that is answered by its partner moves on; what we
//! answer ourselves is only noted, so that both ends see the same trail.

use corridor_base::{Did, EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::{DocumentRow, Exchange, Side, State as Transport};
use corridor_proof::{Act, SealedAct, act};
use futures::StreamExt;

use super::{Desk, Read};
use crate::books::{self, Interchange};
use crate::correlate::{self, Found, State, Step};
use crate::edifact::response::{Asked, Outcome, Response, read_responses_as};
use crate::edifact::{Contrl, read_contrl};
use crate::expect::Fulfilled;
use crate::trail::{self, Answer};

/// The largest answer read: it says a line for each fault, and faults are bounded.
const LARGEST: u64 = 4 << 20;
/// The most messages looked at that may be what one answer names.
const CANDIDATES: u64 = 50;
/// The most numbers of one answer that are looked for.
const NUMBERS: usize = 50;

/// An answer, and what it does.
pub(super) struct Taken {
    pub(super) answer: Answer,
    /// The interchange of ours that moves on, and to where.
    pub(super) moves: Option<(EnvelopeId, State)>,
    pub(super) record: Option<SealedAct>,
}

impl Taken {
    /// What it ends the waiting for, when it found what it answers.
    pub(super) fn fulfils(&self) -> Option<Fulfilled<'_>> {
        let Answer { kind, message, answered, .. } = &self.answer;
        let refuses = kind == "CONTRL" && self.answer.outcome == books::state_word(State::Rejected);
        Some(Fulfilled { envelope: (*answered)?, message: *message, kind, refuses })
    }
}

impl Desk {
    /// Everything in an interchange that answers something.
    pub(super) async fn take_answers(
        &self,
        exchange: &Exchange,
        us: &Did,
        read: &Read,
    ) -> Result<Vec<Taken>> {
        let answers = read.report.holds_contrl || read.holds("APERAK") || read.holds("CUSRES");
        if !answers {
            // Any other message may be what one of ours waits for, which has to be in the books before.
            unread(exchange, us, &read.document).await?;
            return Ok(Vec::new());
        }
        let taken = self.taken(exchange, us, read).await;
        match taken {
            // One that cannot be read answers nothing; it stays in the books for people to look at.
            Err(problem) if problem.code().status() < 500 && problem.code() != ErrorCode::StorageConflict => {
                tracing::warn!(code = %problem.code(), answer = %read.document.id, "an answer cannot be read");
                Ok(Vec::new())
            }
            taken => taken,
        }
    }

    async fn taken(&self, exchange: &Exchange, us: &Did, read: &Read) -> Result<Vec<Taken>> {
        let document = &read.document;
        let bytes = content(exchange, us, document).await?;
        let mut taken = Vec::new();
        if read.report.holds_contrl {
            for contrl in &read_contrl(&mut bytes.as_slice())? {
                taken.push(self.take_contrl(exchange, us, document, contrl).await?);
            }
        } else {
            for response in &read_responses_as(&mut bytes.as_slice(), read.options)? {
                taken.push(self.take_response(exchange, us, document, response).await?);
            }
        }
        Ok(taken)
    }

    async fn take_contrl(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: &DocumentRow,
        contrl: &Contrl,
    ) -> Result<Taken> {
        let ours = subject(exchange, us, document, contrl).await?;
        let answered = ours.as_ref().map(|i| i.envelope);
        let answered = answered.or(document.answers.filter(|_| document.side == Side::Out));
        let known = ours.as_ref().map(|ours| ours.sent.clone());
        let state = correlate::answered(contrl, &known.unwrap_or_else(|| sent(contrl, None)));
        let answer = stated(document, answered, contrl, state);
        let Some(ours) = ours.filter(|_| document.side == Side::In) else {
            return Ok(Taken { answer, moves: None, record: None });
        };
        match correlate::advance(ours.state, state) {
            Step::Moves(state) => {
                let record = self.judged(us, ours.envelope, document, books::state_word(state))?;
                Ok(Taken { answer, moves: Some((ours.envelope, state)), record: Some(record) })
            }
            Step::Stays => Ok(Taken { answer, moves: None, record: None }),
            Step::Contradicts(_) => {
                tracing::warn!(envelope = %ours.envelope, answer = %document.id, "a second verdict differs from the first, which stands");
                Ok(Taken { answer, moves: None, record: None })
            }
        }
    }

    /// APERAK and CUSRES say what an institution makes of a message. That is another state than the one a
    /// CONTRL gives its interchange, which stays as it is.
    async fn take_response(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: &DocumentRow,
        response: &Response,
    ) -> Result<Taken> {
        let asked = asked(exchange, us, document, response).await?;
        let outcome = outcome_word(response.outcome);
        let kind = response.kind.text().to_owned();
        let answer = Answer {
            outcome: outcome.to_owned(),
            number: response.number.text().to_owned(),
            message: asked.map_or(0, |(_, message)| message),
            ..answer(document, asked.map(|(envelope, _)| envelope), |lang| response.lines(lang))
        };
        let verdict = format!("{}-{outcome}", kind.to_lowercase());
        let record = match asked.filter(|_| document.side == Side::In) {
            Some((envelope, _)) => Some(self.judged(us, envelope, document, &verdict)?),
            None => None,
        };
        Ok(Taken { answer: Answer { kind, ..answer }, moves: None, record })
    }

    fn judged(&self, us: &Did, ours: EnvelopeId, document: &DocumentRow, verdict: &str) -> Result<SealedAct> {
        let (envelope, answer) = (ours.to_string(), document.id.to_string());
        let fields = [("envelope", envelope.as_str()), ("answer", &answer), ("verdict", verdict)];
        Act::seal(&act::INTERCHANGE_JUDGED, us, &fields, &*self.clock, &*self.random)
    }
}

/// The answer that a CONTRL of ours is to what was read, once it is a document.
pub(super) fn given(read: &Read, contrl: &[u8]) -> Result<impl Fn(&DocumentRow) -> Answer + Send + use<>> {
    let answered = read.document.id;
    let contrl = read_contrl(&mut &*contrl)?.into_iter().next().ok_or_else(|| {
        Problem::new(ErrorCode::Internal).with("why", "a CONTRL of ours that cannot be read")
    })?;
    let messages = read.report.header.is_some().then_some(read.report.messages);
    let state = correlate::answered(&contrl, &sent(&contrl, messages));
    Ok(move |document: &DocumentRow| stated(document, Some(answered), &contrl, state))
}

/// What a CONTRL says it answers.
fn sent(contrl: &Contrl, messages: Option<u64>) -> correlate::Sent {
    correlate::Sent {
        sender: contrl.sender.clone(),
        recipient: contrl.recipient.clone(),
        reference: contrl.reference.bytes().to_vec(),
        messages,
    }
}

/// What a CONTRL says.
fn stated(document: &DocumentRow, answered: Option<EnvelopeId>, contrl: &Contrl, state: State) -> Answer {
    Answer {
        kind: "CONTRL".to_owned(),
        outcome: books::state_word(state).to_owned(),
        number: contrl.header.reference.text().to_owned(),
        ..answer(document, answered, |lang| contrl.lines(lang))
    }
}

/// An answer that says so much, of a kind still to be named.
fn answer(
    document: &DocumentRow,
    answered: Option<EnvelopeId>,
    lines: impl Fn(corridor_base::Lang) -> Vec<String>,
) -> Answer {
    Answer {
        side: document.side,
        envelope: document.id,
        kind: String::new(),
        outcome: String::new(),
        number: String::new(),
        answered,
        message: 0,
        told: trail::told(lines),
        created: document.created,
        stated: document.stated(),
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Rejected => "rejected",
        Outcome::Stated => "stated",
        Outcome::Released => "released",
        Outcome::Held => "held",
        Outcome::Inspection => "inspection",
    }
}

/// A document of bounded size.
async fn content(exchange: &Exchange, us: &Did, document: &DocumentRow) -> Result<Vec<u8>> {
    if document.size > LARGEST {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", "CONTRL, APERAK, CUSRES")
            .with("limit", format!("{LARGEST} bytes")));
    }
    let mut content = exchange.content(us, document).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

/// Which interchange this CONTRL answers: by its references; the envelope that the document says it answers
/// decides when references are not unique. Only an interchange that went between us and this very partner
/// can be answered by it.
async fn subject(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    contrl: &Contrl,
) -> Result<Option<Interchange>> {
    let (reference, side) = (contrl.reference.bytes().to_vec(), trail::other(document.side));
    let candidates = exchange.store().read(us, move |tx| books::by_reference(tx, side, &reference)).await?;
    let mut candidates: Vec<Interchange> =
        candidates.into_iter().filter(|c| c.partner == document.partner).collect();
    if let Some(named) = document.answers.filter(|a| candidates.iter().any(|c| c.envelope == *a)) {
        candidates.retain(|c| c.envelope == named);
    }
    let sent: Vec<_> = candidates.iter().map(|c| c.sent.clone()).collect();
    match correlate::find(contrl, &sent) {
        Found::One(at) => Ok(candidates.into_iter().nth(at)),
        Found::FromOther(_) | Found::Several => {
            tracing::warn!(answer = %document.id, "a CONTRL does not say clearly what it answers");
            Ok(None)
        }
        // What we sent may not have been read yet: the same queue brings it, so come again.
        Found::None if document.answers.is_some() && candidates.is_empty() => {
            unread(exchange, us, document).await?;
            Ok(None)
        }
        Found::None => Ok(None),
    }
}

/// Which message this APERAK or CUSRES answers: the newest of those that its numbers fit, or the envelope
/// that the document says it answers.
async fn asked(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    response: &Response,
) -> Result<Option<(EnvelopeId, u64)>> {
    let mut numbers: Vec<String> =
        response.references.iter().map(|(_, number)| number.text().trim().to_owned()).collect();
    numbers.push(response.number.text().trim().to_owned());
    numbers.retain(|number| !number.is_empty());
    numbers.sort();
    numbers.dedup();
    numbers.truncate(NUMBERS);
    let (side, partner) = (trail::other(document.side), document.partner.clone());
    let known = exchange.store().read(us, move |tx| candidates(tx, side, &partner, &numbers)).await?;
    let fitting: Vec<_> = known.into_iter().filter(|(_, asked)| response.answers(asked)).collect();
    let named = document.answers.and_then(|named| fitting.iter().find(|(at, _)| at.envelope == named));
    if let Some((at, _)) = named.or_else(|| fitting.iter().max_by_key(|(at, _)| (at.created, at.envelope))) {
        return Ok(Some((at.envelope, at.message)));
    }
    let Some(envelope) = document.answers else { return Ok(None) };
    let read = exchange.store().read(us, move |tx| books::find(tx, side, envelope)).await?;
    match read.filter(|found| found.partner == document.partner) {
        Some(found) => Ok(Some((found.envelope, 0))),
        None => {
            unread(exchange, us, document).await?;
            Ok(Some((envelope, 0)).filter(|_| document.side == Side::Out))
        }
    }
}

type Candidate = (trail::Naming, Asked);

fn candidates(
    tx: &mut corridor_storage::Tx<'_>,
    side: Side,
    partner: &Did,
    numbers: &[String],
) -> Result<Vec<Candidate>> {
    let mut messages: Vec<trail::Naming> = Vec::new();
    for number in numbers {
        for naming in trail::naming(tx, number, &trail::partners_own(partner), CANDIDATES)? {
            if naming.side == side && !messages.contains(&naming) {
                messages.push(naming);
            }
        }
    }
    let mut found = Vec::new();
    for message in messages.into_iter().take(CANDIDATES as usize) {
        let named = trail::named(tx, side, message.envelope, message.message, 200)?;
        let bytes =
            |own: bool| named.iter().filter(move |r| r.own == own).map(|r| r.number.clone().into_bytes());
        let asked = Asked { number: bytes(true).next().unwrap_or_default(), others: bytes(false).collect() };
        found.push((message, asked));
    }
    Ok(found)
}

/// An answer to us that names a document which the desk has not read yet is offered again later. One of ours
/// says what it answers, and waits for nothing.
async fn unread(exchange: &Exchange, us: &Did, document: &DocumentRow) -> Result<()> {
    let side = trail::other(document.side);
    let Some(named) = document.answers.filter(|_| document.side == Side::In) else { return Ok(()) };
    let known = exchange.store().read(us, move |tx| books::find(tx, side, named)).await?;
    let there = exchange.document(us, side, named).await;
    match (known, there) {
        // Nothing that the desk never reads is waited for.
        (None, Ok(there))
            if there.partner == document.partner
                && there.kind.as_str() == super::EDIFACT
                && there.state != Transport::Erased =>
        {
            Err(Problem::new(ErrorCode::StorageConflict))
        }
        _ => Ok(()),
    }
}
