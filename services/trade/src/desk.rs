//! The trade desk of a node: hears of every EDIFACT document that crosses, reads it against the directories
//! and guides that are here, answers with CONTRL and, where the agreement says so, APERAK, and takes up what answers ours. An interchange that cannot
//! be read is answered as far as it can be, shown with what was found, and never altered.

mod answers;
mod objection;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use corridor_base::{Clock, Did, Digest, EnvelopeId, ErrorCode, Random, Result};
use corridor_exchange::{DocumentRow, Draft, Exchange, Filing, Service, Side};
use corridor_proof::{Act, Agreement, Flow, Kind, SealedAct, act};
use corridor_storage::Unit;
use futures::{StreamExt, stream};

use self::answers::Taken;
use crate::books::{self, DUPLICATE_WINDOW};
use crate::correlate::Sent;
use crate::customs::{self, Judged};
use crate::edifact::{Answering, FaultCode, NoAnswer, Options, Reader, Report, answer};
use crate::expect::{self, Awaited};
use crate::hub;
use crate::library::Library;
use crate::partner::{self, Mode, Tests};
use crate::references::{Reference, References};
use crate::rules::{Checker, Policy, Shelf};
use crate::trail;

/// The kind of document that is an EDIFACT interchange, CONTRL included.
pub const EDIFACT: &str = "edifact";

/// The service.
pub struct Desk {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    library: Arc<Library>,
    /// Those that have a folder for what arrives.
    folders: BTreeSet<Did>,
}

/// A document, read through.
pub(crate) struct Read {
    pub(crate) document: DocumentRow,
    pub(crate) report: Report,
    /// The numbers it names, and how many more.
    pub(crate) numbers: (Vec<Reference>, u64),
    /// What its agreement says of test and production.
    pub(crate) flow: Flow,
    /// How it is read: in the characters agreed on.
    pub(crate) options: Options,
}

impl Read {
    /// Whether it holds a message of this kind.
    fn holds(&self, kind: &str) -> bool {
        self.report.kinds.contains_key(kind)
    }
}

impl Desk {
    /// A desk that writes its acts with this clock and this randomness, and checks against this library.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, library: Arc<Library>) -> Self {
        Self { clock, random, library, folders: BTreeSet::new() }
    }

    /// What arrives for these participants is queued for the folder each shares with its hub.
    #[must_use]
    pub fn with_folders(self, folders: BTreeSet<Did>) -> Self {
        Self { folders, ..self }
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
        let terms = exchange.terms(us, document.agreement).await?;
        let mut read = self.read(exchange, us, document, terms.as_deref()).await?;
        let taken = self.take_answers(exchange, us, &read).await?;
        let mut given = Vec::new();
        let answers = read.document.side == Side::In && !read.report.holds_contrl;
        if answers {
            refuse_duplicate(exchange, us, &mut read).await?;
            refuse_test(exchange, us, &mut read).await?;
        }
        let judged = customs::judge(exchange, us, &read).await?.map(Arc::new);
        if answers {
            given.push(self.give_answer(exchange, us, &read).await?);
            given.extend(self.object(exchange, us, &read).await?);
        }
        if let Some((judged, header)) = judged.as_ref().zip(read.report.header.as_ref()) {
            let sent = Sent::of(header, Some(read.report.messages));
            customs::by_itself(exchange, us, &read, &sent, judged).await?;
        }
        let awaited = match &terms {
            Some(terms) if read.document.side == Side::Out => {
                expect::awaited(terms, &read.document, &read.report, &read.numbers.0)
            }
            _ => Vec::new(),
        };
        let folder = self.folders.contains(us);
        Ok(filed(read, taken, given, Expected { awaited, judged, folder }))
    }

    async fn erased(&self, _: &Exchange, _: &Did, side: Side, id: EnvelopeId) -> Result<Unit> {
        Ok(Box::new(move |tx| {
            if side == Side::In {
                customs::erase(tx, id)?;
            }
            books::remove(tx, side, id)
        }))
    }
}

/// What follows of an interchange beside its answers.
struct Expected {
    /// The answers that it waits for.
    awaited: Vec<Awaited>,
    /// The cases that customs make of it.
    judged: Option<Arc<Judged>>,
    /// Whether a folder of a hub is told of it.
    folder: bool,
}

/// Into the books, with what it answers, what answered it and what it waits for, and the acts that say so
/// (EX-2).
fn filed(read: Read, taken: Vec<Taken>, given: Vec<Given>, expected: Expected) -> Unit {
    let Expected { awaited, judged, folder } = expected;
    Box::new(move |tx| {
        let Read { document, report, numbers, flow, .. } = &read;
        // The CONTRL comes first.
        let answer = given.first().and_then(|given| given.envelope);
        if !books::insert(tx, document, report, numbers, answer, *flow)? {
            // Read before, and heard of again because its sender misses the answer: there may be one now.
            return match answer {
                Some(answer) if books::given(tx, document.id, answer)? => {
                    given.iter().try_for_each(|given| tx.record_under(&given.record, document.opened()))
                }
                _ => Ok(()),
            };
        }
        match document.side {
            Side::Out => expect::file(tx, document, &awaited)?,
            Side::In => {
                let found: Vec<_> = taken.iter().filter_map(Taken::fulfils).collect();
                expect::fulfil(tx, document, report, &numbers.0, &found)?;
                if folder {
                    hub::queue(tx, document)?;
                }
            }
        }
        for given in &given {
            tx.record_under(&given.record, document.opened())?;
        }
        if let Some(judged) = &judged {
            customs::file(tx, document, judged)?;
        }
        for (place, taken) in taken.iter().enumerate() {
            trail::tell(tx, document, place, &taken.answer)?;
            if let Some((envelope, state)) = taken.moves {
                books::judge(tx, envelope, state, document.id)?;
            }
            if let Some(record) = &taken.record {
                tx.record_under(record, document.opened())?;
            }
        }
        Ok(())
    })
}

/// An answer that was handed in: CONTRL, APERAK.
struct Given {
    /// Its envelope; nothing when the interchange stays without it.
    envelope: Option<EnvelopeId>,
    record: SealedAct,
}

impl Desk {
    /// Reads a document through, in constant memory, against what this participant and its partner keep to.
    async fn read(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: DocumentRow,
        terms: Option<&Agreement>,
    ) -> Result<Read> {
        let shelf = self.shelf(us, &document).await?;
        let options = shelf.options();
        let (mut reader, mut names) = (reader(shelf, terms), References::default());
        let mut content = exchange.content(us, &document).await?;
        while let Some(piece) = content.next().await {
            reader.push(&piece?, &mut names);
        }
        let report = reader.finish(&mut names);
        let flow = terms.map(|terms| terms.flow).unwrap_or_default();
        Ok(Read { document, report, numbers: names.into_found(), flow, options })
    }

    async fn shelf(&self, us: &Did, document: &DocumentRow) -> Result<Arc<Shelf>> {
        self.library.shelf_for(us, &document.partner).await
    }

    /// Answers an interchange with CONTRL, as an ordinary document under the same agreement.
    async fn give_answer(&self, exchange: &Exchange, us: &Did, read: &Read) -> Result<Given> {
        let Read { document, report, .. } = read;
        let id = answer_id(us, &document.partner, document.id);
        let reference = reference_of(document.id, "contrl");
        let answering = Answering { reference: &reference, now: document.created, receipt_only: false };
        let answered = match answer(report, &answering) {
            Ok(contrl) => {
                let file = self.own(us, read, &contrl).await?;
                self.submit(exchange, us, document, (id, "CONTRL.edi"), contrl, Some(file)).await?
            }
            Err(NoAnswer::HoldsContrl | NoAnswer::Unaddressable) => false,
        };
        let verdict = books::verdict_word(report.verdict());
        let reference = report.header.as_ref().map(|h| h.reference.text().to_owned()).unwrap_or_default();
        let envelope = document.id.to_string();
        let fields = [("envelope", envelope.as_str()), ("reference", &reference), ("verdict", verdict)];
        let record = Act::seal(&act::INTERCHANGE_ANSWERED, us, &fields, &*self.clock, &*self.random)?;
        Ok(Given { envelope: answered.then_some(id), record })
    }

    /// What the books say of a CONTRL of ours. It is read as everything is; but what it answers is known, and
    /// nobody has to tell the desk of it.
    async fn own(&self, us: &Did, read: &Read, contrl: &[u8]) -> Result<Filing> {
        let shelf = self.shelf(us, &read.document).await?;
        let (mut reader, mut names) = (reader(shelf, None), References::default());
        reader.push(contrl, &mut names);
        let (report, numbers) = (reader.finish(&mut names), names.into_found());
        let (flow, given) = (read.flow, answers::given(read, contrl)?);
        Ok(Box::new(move |tx, document| {
            if books::insert(tx, document, &report, &numbers, None, flow)? {
                trail::tell(tx, document, 0, &given(document))?;
            }
            Ok(())
        }))
    }

    /// Hands an answer in, under this envelope and name; false when the agreement does not allow us to answer, which is no fault
    /// of the interchange.
    async fn submit(
        &self,
        exchange: &Exchange,
        us: &Did,
        document: &DocumentRow,
        (id, name): (EnvelopeId, &str),
        answer: Vec<u8>,
        file: Option<Filing>,
    ) -> Result<bool> {
        let draft = Draft {
            id: Some(id),
            to: document.partner.clone(),
            kind: EDIFACT.parse::<Kind>()?,
            agreement: Some(document.agreement),
            name: Some(name.to_owned()),
            answers: Some(document.id),
            // Whom the interchange is about, the answer is about too: the exchange sees to it.
            subjects: Vec::new(),
        };
        let content = stream::iter([Ok(Bytes::from(answer))]);
        let submitted = match file {
            Some(file) => exchange.submit_filed(us, draft, content, file).await,
            None => exchange.submit(us, draft, content).await,
        };
        match submitted {
            Ok(_) => Ok(true),
            // Answered before, by a node that died before it could write that down. Directories may have come
            // or gone since; what was said stands.
            Err(problem) if problem.code() == ErrorCode::EnvelopeConflict => Ok(true),
            Err(problem)
                if matches!(problem.code(), ErrorCode::PolicyDenied | ErrorCode::AgreementNotInForce) =>
            {
                tracing::warn!(code = %problem.code(), envelope = %document.id, "an interchange stays unanswered");
                Ok(false)
            }
            Err(problem) => Err(problem),
        }
    }
}

/// Reads against what a participant and its partner keep to.
fn reader(shelf: Arc<Shelf>, terms: Option<&Agreement>) -> Reader {
    let options = shelf.options();
    let checker = Checker::new(shelf, Policy::default());
    let checker = checker.objecting(terms.map(objection::apart).unwrap_or_default());
    Reader::checking(options, Box::new(checker))
}

/// Error 26 of CONTRL: the sender used this control reference before, for something else.
async fn refuse_duplicate(exchange: &Exchange, us: &Did, read: &mut Read) -> Result<()> {
    let document = &read.document;
    let Some(header) = &read.report.header else { return Ok(()) };
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
        read.report.refuse(FaultCode::DUPLICATE, 5);
    }
    Ok(())
}

/// Error 25 of CONTRL: a test, in production where tests are not taken.
async fn refuse_test(exchange: &Exchange, us: &Did, read: &mut Read) -> Result<()> {
    if !read.report.header.as_ref().is_some_and(|header| header.test) {
        return Ok(());
    }
    let (partner, flow) = (read.document.partner.clone(), read.flow);
    let taken = exchange.store().read(us, move |tx| partner::taken(tx, &partner, flow)).await?;
    if taken == (Mode::Production, Tests::Refuse) {
        read.report.refuse(FaultCode::TEST_NOT_SUPPORTED, 11);
    }
    Ok(())
}

/// The envelope number of the CONTRL that answers a document of a partner follows from it (EX-4).
#[must_use]
pub fn answer_id(us: &Did, partner: &Did, document: EnvelopeId) -> EnvelopeId {
    let from = format!("corridor/contrl\n{us}\n{partner}\n{document}");
    document.beside(&Digest::of(from.as_bytes()))
}

/// The control reference of an answer, which follows from what it answers and from its kind: 7 characters of
/// when that was made, which come round in 13 months, and 7 of a digest, so that those of one time stand
/// together in the books and no two are the same.
pub(crate) fn reference_of(answered: EnvelopeId, kind: &str) -> String {
    let Digest([a, b, c, d, e, ..]) = Digest::of(format!("{kind} {answered}").as_bytes());
    let digest = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
    let letters = |value: u64| (0..7).rev().map(move |at| BASE32HEX.get((value >> (5 * at)) as usize % 32));
    letters(answered.millis()).chain(letters(digest)).flatten().map(|letter| char::from(*letter)).collect()
}

/// The letters of base32hex (RFC 4648, 7), which are in the order of what they stand for.
const BASE32HEX: [u8; 32] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_in_the_order_of_what_they_answer_and_differ() {
        let check = |id: &str, expect: &str| {
            let all = ["contrl", "aperak"].map(|kind| reference_of(id.parse().unwrap(), kind));
            let lengths = all.each_ref().map(|one| (one.get(..7).unwrap(), one.len()));
            assert_eq!(lengths, [(expect, 14); 2], "{id}");
            assert_ne!(all[0], all[1], "{id}");
        };
        check("01920000-0000-7000-8000-000000000001", "8000000");
        check("01920000-0001-7000-8000-000000000001", "8000001");
        check("01920000-0020-7000-8000-000000000001", "8000010");
        check("ffffffff-ffff-8fff-bfff-ffffffffffff", "VVVVVVV");
        let [one, other] = ["01920000-0000-7000-8000-000000000001", "01920000-0000-7000-8000-000000000002"]
            .map(|id| reference_of(id.parse().unwrap(), "contrl"));
        assert_ne!(one, other);
    }
}
