//! The trade desk of a node: hears of every EDIFACT document that crosses, reads it, answers with
//! CONTRL, and takes up the CONTRL that answers ours. An interchange that cannot be read is answered
//! as far as it can be, shown with what was found, and never altered.

use async_trait::async_trait;
use bytes::Bytes;
use corridor_base::{Clock, Did, Digest, EnvelopeId, ErrorCode, Problem, Random, Result};
use corridor_exchange::{DocumentRow, Draft, Exchange, Service, Side};
use corridor_proof::{Act, Kind, act};
use corridor_storage::Unit;
use futures::{StreamExt, stream};
use std::sync::Arc;

use crate::books::{self, DUPLICATE_WINDOW, Interchange};
use crate::correlate::{self, Found, State, Step};
use crate::edifact::{Answering, Contrl, FaultCode, NoAnswer, Options, Reader, Report, answer, read_contrl};

/// The kind of document that is an EDIFACT interchange, CONTRL included.
pub const EDIFACT: &str = "edifact";

/// The largest CONTRL read: it says a line for each fault, and faults are bounded.
const MAX_CONTRL: u64 = 4 << 20;

/// The service.
pub struct Desk {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Desk {
    /// A desk that writes its acts with this clock and this randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }
}

#[async_trait]
impl Service for Desk {
    fn name(&self) -> &'static str {
        "trade"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[EDIFACT]
    }

    async fn document(&self, exchange: &Exchange, us: &Did, document: DocumentRow) -> Result<Unit> {
        let mut report = read(exchange, us, &document).await?;
        match document.side {
            Side::Out => Ok(note(document, report)),
            Side::In if report.holds_contrl => self.take_answer(exchange, us, document, report).await,
            Side::In => {
                refuse_duplicate(exchange, us, &document, &mut report).await?;
                self.give_answer(exchange, us, document, report).await
            }
        }
    }

    async fn erased(&self, _: &Exchange, _: &Did, side: Side, id: EnvelopeId) -> Result<Unit> {
        Ok(Box::new(move |tx| books::remove(tx, side, id)))
    }
}

impl Desk {
    /// Answers an interchange with CONTRL, as an ordinary document under the same agreement.
    async fn give_answer(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: DocumentRow,
        report: Report,
    ) -> Result<Unit> {
        let id = answer_id(us, &document);
        let reference = answer_reference(&document);
        // The answer is made of the document alone, so that it is the same when it is made again.
        let answering = Answering { reference: &reference, now: document.created, receipt_only: false };
        let answered = match answer(&report, &answering) {
            Ok(contrl) => self.submit(exchange, us, &document, id, contrl).await?,
            Err(NoAnswer::HoldsContrl | NoAnswer::Unaddressable) => false,
        };
        let verdict = books::verdict_word(report.verdict());
        let reference = report.header.as_ref().map(|h| h.reference.text().to_owned()).unwrap_or_default();
        let envelope = document.id.to_string();
        let fields = [("envelope", envelope.as_str()), ("reference", &reference), ("verdict", verdict)];
        let record = Act::seal(&act::INTERCHANGE_ANSWERED, us, &fields, &*self.clock, &*self.random)?;
        let answer = answered.then_some(id);
        Ok(Box::new(move |tx| {
            if books::insert(tx, &document, &report, answer)? {
                tx.record_under(&record, document.opened())?;
            }
            Ok(())
        }))
    }

    /// Hands the CONTRL in; false when the agreement does not allow us to answer, which is no fault
    /// of the interchange.
    async fn submit(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: &DocumentRow,
        id: EnvelopeId,
        contrl: Vec<u8>,
    ) -> Result<bool> {
        let draft = Draft {
            id: Some(id),
            to: document.partner.clone(),
            kind: EDIFACT.parse::<Kind>()?,
            agreement: Some(document.agreement),
            name: Some("CONTRL.edi".to_owned()),
            answers: Some(document.id),
            // Whom the interchange is about, the answer is about too: the exchange sees to it.
            subjects: Vec::new(),
        };
        let content = stream::iter([Ok(Bytes::from(contrl))]);
        match exchange.submit(us, draft, content).await {
            Ok(_) => Ok(true),
            Err(problem)
                if matches!(problem.code(), ErrorCode::PolicyDenied | ErrorCode::AgreementNotInForce) =>
            {
                tracing::warn!(code = %problem.code(), envelope = %document.id, "an interchange stays unanswered");
                Ok(false)
            }
            Err(problem) => Err(problem),
        }
    }

    /// Takes up a CONTRL: finds what it answers and moves that on.
    async fn take_answer(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: DocumentRow,
        report: Report,
    ) -> Result<Unit> {
        let mut judged = Vec::new();
        // A CONTRL that cannot be read answers nothing; it stays in the inbox for people to look at.
        let contrls = match contrls(exchange, us, &document).await {
            Err(problem) if problem.code().status() < 500 => {
                tracing::warn!(code = %problem.code(), answer = %document.id, "a CONTRL cannot be read");
                Vec::new()
            }
            read => read?,
        };
        for contrl in &contrls {
            let Some(ours) = answered(exchange, us, &document, contrl).await? else { continue };
            let state = correlate::answered(contrl, &ours.sent);
            match correlate::advance(ours.state, state) {
                Step::Moves(state) => {
                    judged.push((ours.envelope, state, self.seal(us, &ours, &document, state)?))
                }
                Step::Stays => {}
                Step::Contradicts(_) => {
                    tracing::warn!(envelope = %ours.envelope, answer = %document.id, "a second verdict differs from the first, which stands");
                }
            }
        }
        Ok(Box::new(move |tx| {
            if !books::insert(tx, &document, &report, None)? {
                return Ok(());
            }
            for (envelope, state, record) in &judged {
                books::judge(tx, *envelope, *state, document.id)?;
                tx.record_under(record, document.opened())?;
            }
            Ok(())
        }))
    }

    fn seal(
        &self,
        us: &Did,
        ours: &Interchange,
        answer: &DocumentRow,
        state: State,
    ) -> Result<corridor_proof::SealedAct> {
        let (envelope, answer) = (ours.envelope.to_string(), answer.id.to_string());
        let fields =
            [("envelope", envelope.as_str()), ("answer", &answer), ("verdict", books::state_word(state))];
        Act::seal(&act::INTERCHANGE_JUDGED, us, &fields, &*self.clock, &*self.random)
    }
}

/// Reads a document through, in constant memory.
pub(crate) async fn read(exchange: &Exchange, us: &Did, document: &DocumentRow) -> Result<Report> {
    let mut content = exchange.content(us, document).await?;
    let mut reader = Reader::new(Options::default());
    while let Some(piece) = content.next().await {
        reader.push(&piece?, &mut ());
    }
    Ok(reader.finish(&mut ()))
}

/// An interchange of ours: into the books, to be found when its answer comes.
fn note(document: DocumentRow, report: Report) -> Unit {
    Box::new(move |tx| {
        books::insert(tx, &document, &report, None)?;
        Ok(())
    })
}

/// Error 26 of CONTRL: the sender used this control reference before, for something else.
async fn refuse_duplicate(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    report: &mut Report,
) -> Result<()> {
    let Some(header) = &report.header else { return Ok(()) };
    let (reference, sender) = (header.reference.bytes().to_vec(), header.sender.id.bytes().to_vec());
    let (id, partner, since) =
        (document.id, document.partner.clone(), document.created.minus(DUPLICATE_WINDOW));
    let before = exchange.store().read(us, move |tx| books::by_reference(tx, Side::In, &reference)).await?;
    let again = before.iter().any(|other| {
        other.envelope != id
            && other.partner == partner
            && other.created > since
            && other.sent.sender.id.bytes() == sender
    });
    if again {
        report.refuse(FaultCode::DUPLICATE, 5);
    }
    Ok(())
}

/// The CONTRL messages of a document.
async fn contrls(exchange: &Exchange, us: &Did, document: &DocumentRow) -> Result<Vec<Contrl>> {
    if document.size > MAX_CONTRL {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", "CONTRL")
            .with("limit", format!("{MAX_CONTRL} bytes")));
    }
    let mut content = exchange.content(us, document).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        bytes.extend_from_slice(&piece?);
    }
    read_contrl(&mut bytes.as_slice())
}

/// Which interchange of ours this CONTRL answers: by its references; the envelope that the document
/// says it answers decides when references are not unique. Only an interchange that went to this very
/// partner can be answered by it.
async fn answered(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    contrl: &Contrl,
) -> Result<Option<Interchange>> {
    let reference = contrl.reference.bytes().to_vec();
    let candidates =
        exchange.store().read(us, move |tx| books::by_reference(tx, Side::Out, &reference)).await?;
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
            unread(exchange, us, document).await
        }
        Found::None => Ok(None),
    }
}

/// A CONTRL that names a document of ours which the desk has not read yet is offered again later.
async fn unread(exchange: &Exchange, us: &Did, document: &DocumentRow) -> Result<Option<Interchange>> {
    let Some(named) = document.answers else { return Ok(None) };
    let known = exchange.store().read(us, move |tx| books::find(tx, Side::Out, named)).await?;
    let ours = exchange.document(us, Side::Out, named).await;
    match (known, ours) {
        (None, Ok(_)) => Err(Problem::new(ErrorCode::StorageConflict)),
        _ => Ok(None),
    }
}

/// The envelope number of an answer follows from what it answers (EX-4).
fn answer_id(us: &Did, document: &DocumentRow) -> EnvelopeId {
    EnvelopeId::derived(&Digest::of(
        format!("corridor/contrl\n{us}\n{}\n{}", document.partner, document.id).as_bytes(),
    ))
}

/// The control reference of an answer: 14 characters that follow from the envelope.
fn answer_reference(document: &DocumentRow) -> String {
    let digest = Digest::of(document.id.to_string().as_bytes()).to_string();
    digest.chars().take(14).collect::<String>().to_uppercase()
}
