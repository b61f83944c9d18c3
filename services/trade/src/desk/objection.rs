//! What a message says, judged apart from how it is written: where the agreement says so, what breaks a rule of
//! the partner guide or a code list leaves the CONTRL as it is and is answered by APERAK, with the segment, the
//! element, the code and plain words. An answer is never answered: no APERAK for APERAK, none for CONTRL.

use std::collections::BTreeSet;

use corridor_base::{Did, Digest, EnvelopeId, Lang, Result};
use corridor_exchange::{DocumentRow, Exchange};
use corridor_proof::{Act, Agreement, Codes, act};

use super::{Desk, Given, Read};
use crate::edifact::response::{Answered, Objecting, aperak};
use crate::edifact::{Level, Severity};
use crate::rules::CodePolicy;

/// The most messages of one interchange that are answered.
const ANSWERED: usize = 200;
/// The release an APERAK keeps to when the message names none.
const RELEASE: &str = "08A";

/// Which messages an agreement has judged so, and what becomes of unknown codes in them.
pub(super) fn apart(terms: &Agreement) -> Vec<(String, CodePolicy)> {
    let policy = |codes: Codes| match codes {
        Codes::Warn => CodePolicy::Warn,
        Codes::Refuse => CodePolicy::Refuse,
    };
    terms.aperak.iter().map(|term| (term.message.to_string(), policy(term.codes))).collect()
}

impl Desk {
    /// Answers what the messages of an interchange are objected to for; nothing when there is nothing, or the
    /// syntax refuses all of it already.
    pub(super) async fn object(&self, exchange: &Exchange, us: &Did, read: &Read) -> Result<Option<Given>> {
        let Read { document, report, numbers, .. } = read;
        if report.objections == 0 || report.interchange_error().is_some() {
            return Ok(None);
        }
        let objected = report.findings.iter().filter(|f| f.severity == Severity::Objection);
        let objected: BTreeSet<u64> = objected
            .filter_map(|f| match f.level {
                Level::Message(message) => Some(message),
                _ => None,
            })
            .collect();
        let refused = |message: &u64| report.refused_messages.iter().any(|m| m.index == *message);
        let own = |message: u64| numbers.0.iter().find(|r| r.own && r.message == message);
        let answered: Vec<Answered<'_>> = objected
            .into_iter()
            .filter(|message| !refused(message))
            .take(ANSWERED)
            .map(|message| Answered { message, document: own(message).map_or(b"", |r| r.number.as_bytes()) })
            .collect();
        let Some(first) = answered.first() else { return Ok(None) };
        let header = report.listed.iter().find(|m| m.index == first.message);
        let release = header.map(|m| m.release.text()).filter(|r| !r.is_empty()).unwrap_or(RELEASE);
        let reference = super::reference_of(document.id, "aperak");
        let objecting = Objecting {
            reference: &reference,
            now: document.created,
            release,
            lang: language(exchange, &document.partner),
        };
        let Some(content) = aperak(report, &answered, &objecting) else { return Ok(None) };
        let id = id(us, document);
        let sent = self.submit(exchange, us, document, (id, "APERAK.edi"), content, None).await?;
        let (envelope, answer, errors) =
            (document.id.to_string(), id.to_string(), report.objections.to_string());
        let fields = [("envelope", envelope.as_str()), ("answer", &answer), ("errors", &errors)];
        let record = Act::seal(&act::INTERCHANGE_OBJECTED, us, &fields, &*self.clock, &*self.random)?;
        Ok(sent.then_some(Given { envelope: Some(id), record }))
    }
}

/// The language of the partner's country, as far as we speak it.
fn language(exchange: &Exchange, partner: &Did) -> Lang {
    let listed = exchange.directory().participant(partner, exchange.now());
    match listed.as_ref().map(|listed| listed.country.as_str()) {
        Ok("JP") => Lang::Ja,
        Ok("KR") => Lang::Ko,
        _ => Lang::En,
    }
}

/// The envelope number of an APERAK follows from what it answers (EX-4).
fn id(us: &Did, document: &DocumentRow) -> EnvelopeId {
    let from = format!("corridor/aperak\n{us}\n{}\n{}", document.partner, document.id);
    document.id.beside(&Digest::of(from.as_bytes()))
}
