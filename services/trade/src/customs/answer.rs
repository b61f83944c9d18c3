//! The CUSRES of a decision, written by the mapping engine: what was decided and of which declaration (BGM, GEI,
//! RFF), the reason in words, and of a refusal the place (ERP), its code (ERC) and the words (FTX).

use std::collections::BTreeMap;

use corridor_base::{EnvelopeId, ErrorCode, Problem, Result, Timestamp};

use super::state::Decision;
use crate::correlate::Sent;
use crate::edifact::Charset;
use crate::mapping::{self, Document, Envelope, Losses, Mapping, Record};

/// What a CUSRES is made of.
#[derive(Debug)]
pub(super) struct Answering<'a> {
    /// The envelope it will cross in: its number and control reference follow from it.
    pub(super) id: EnvelopeId,
    /// When it was decided.
    pub(super) now: Timestamp,
    /// What was decided.
    pub(super) decision: Decision,
    pub(super) code: &'a str,
    pub(super) reason: &'a str,
    /// Where it is wrong: segment, position in the message, field.
    pub(super) place: Option<&'a Place>,
    /// The kind and the number of what is answered.
    pub(super) kind: &'a str,
    pub(super) number: &'a str,
    /// The interchange that is answered.
    pub(super) sent: &'a Sent,
    /// Its syntax identifier and version.
    pub(super) syntax: (&'a str, u8),
    /// The characters agreed on, whatever that says.
    pub(super) characters: Option<Charset>,
    pub(super) test: bool,
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) field: String,
    pub(super) segment: String,
    /// In the message, UNH being 1; nothing when the segment is not there.
    pub(super) position: Option<u64>,
    pub(super) of_item: bool,
}

impl Place {
    /// `CST 12`.
    pub(super) fn segment(&self) -> String {
        match self.position {
            Some(position) => format!("{} {position}", self.segment),
            None => self.segment.clone(),
        }
    }
}

/// The reason in code, where none was given: the processing indicator of the decision.
pub(super) fn code(decision: Decision, asked: Option<&str>) -> String {
    asked.map_or_else(|| decision.indicator().to_owned(), str::to_owned)
}

fn reference(answering: &Answering<'_>) -> String {
    crate::desk::reference_of(answering.id, "cusres")
}

fn record(answering: &Answering<'_>, reason: &str, capitals: bool) -> Record {
    let mut record = Record::default();
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            record.fields.insert(name.to_owned(), value.to_owned());
        }
    };
    let minute: String = answering.now.to_string().chars().take(16).collect();
    set("number", &reference(answering));
    set("function", "original");
    set("processed", &minute);
    set("answers", answering.number);
    if answering.kind == "CUSDEC" {
        set("declaration", answering.number);
    }
    match answering.decision {
        Decision::Release => set("response", "accepted"),
        Decision::Reject => set("response", "refused"),
        Decision::Hold | Decision::Inspect => {}
    }
    if answering.decision != Decision::Reject {
        set("remarks", reason);
    }
    let item = |fields: &[(&str, &str)]| Record {
        fields: fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        lists: BTreeMap::new(),
    };
    // The reason in code goes along where it says more than the decision does.
    let more = if answering.code == answering.decision.indicator() { "" } else { answering.code };
    let state = item(&[("state", answering.decision.indicator()), ("text", more)]);
    record.lists.insert("states".to_owned(), vec![state]);
    if answering.decision == Decision::Reject {
        let place = answering.place;
        // 1049: heading or detail section of the message.
        let section = place.map_or("", |place| if place.of_item { "2" } else { "1" });
        let field = place.map(|place| place.field.clone()).unwrap_or_default();
        let field = if capitals { field.to_uppercase() } else { field };
        let position = place.and_then(|place| place.position).map(|p| p.to_string()).unwrap_or_default();
        let error = item(&[
            ("section", section),
            ("item", &field),
            ("segment", place.map_or("", |place| &place.segment)),
            ("position", &position),
            ("code", answering.code),
            ("text", reason),
        ]);
        record.lists.insert("errors".to_owned(), vec![error]);
    }
    record
}

fn envelope(answering: &Answering<'_>, syntax: (&str, u8)) -> Envelope {
    let mut fields = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.insert(name.to_owned(), value.to_owned());
        }
    };
    let (from, to) = (&answering.sent.recipient, &answering.sent.sender);
    set("sender", from.id.text());
    set("sender_qualifier", from.qualifier.text());
    set("recipient", to.id.text());
    set("recipient_qualifier", to.qualifier.text());
    set("reference", &reference(answering));
    set("syntax", syntax.0);
    set("syntax_version", &syntax.1.to_string());
    set("test", if answering.test { "1" } else { "" });
    for (name, value) in mapping::prepared(answering.now, &syntax.1.to_string()) {
        set(&name, &value);
    }
    Envelope { fields, overrules: true, characters: answering.characters }
}

/// Writes it with the characters agreed on, or those that its reader wrote with; in capitals where only those are
/// known, and in UTF-8 where nothing was agreed and neither has room for the words.
///
/// # Errors
/// `malformed` when the reason cannot be written at all.
pub(super) fn write(answering: &Answering<'_>) -> Result<Vec<u8>> {
    let (mapping, _) = mapping::named("cusres")?;
    let theirs = (answering.syntax.0, answering.syntax.1.clamp(3, 4));
    let capitals = answering.reason.to_uppercase();
    let ways = [
        (theirs, answering.reason, false),
        (theirs, capitals.as_str(), true),
        (("UNOW", 4), answering.reason, false),
    ];
    let mut lost = Losses::default();
    for (syntax, reason, capitals) in ways {
        match attempt(&mapping, answering, syntax, (reason, capitals)) {
            Ok((bytes, losses)) if losses.is_none() => return Ok(bytes),
            Ok((_, losses)) => lost = losses,
            // Characters that are not known, or parties that they have no room for.
            Err(problem) if problem.code() == ErrorCode::Malformed => {}
            Err(problem) => return Err(problem),
        }
    }
    let why = lost.told.first().map(|loss| loss.text(corridor_base::Lang::En)).unwrap_or_default();
    Err(Problem::new(ErrorCode::Malformed).with("what", "reason").with("why", why))
}

fn attempt(
    mapping: &Mapping,
    answering: &Answering<'_>,
    syntax: (&str, u8),
    (reason, capitals): (&str, bool),
) -> Result<(Vec<u8>, Losses)> {
    let document = Document { envelope: BTreeMap::new(), record: record(answering, reason, capitals) };
    mapping::write(mapping, &[document], &envelope(answering, syntax))
}

#[cfg(test)]
mod tests {
    use corridor_base::Lang;

    use super::*;
    use crate::edifact::response::{Asked, Outcome, read_responses};
    use crate::edifact::{Options, Party, Value, Verdict, read_bytes};

    fn answer(decision: Decision, syntax: (&str, u8), reason: &str) -> Vec<u8> {
        let value = |text: &str| Value::new(text.as_bytes(), Charset::of(b"UNOC"));
        let party = |id: &str| Party { id: value(id), qualifier: value("ZZ"), ..Party::default() };
        let sent = Sent {
            sender: party("BROKER"),
            recipient: party("JPCUSTOMS"),
            reference: b"R1".to_vec(),
            messages: Some(1),
        };
        let place = Place {
            field: "items.2.hs".to_owned(),
            segment: "CST".to_owned(),
            position: Some(9),
            of_item: true,
        };
        write(&Answering {
            id: "01a202d1-1410-7277-af3b-57e537a54c6a".parse().unwrap(),
            now: Timestamp::parse("2026-11-22T09:25:00.000Z").unwrap(),
            decision,
            code: "E12",
            reason,
            place: (decision == Decision::Reject).then_some(&place),
            kind: "CUSDEC",
            number: "DECL-7",
            sent: &sent,
            syntax,
            characters: None,
            test: true,
        })
        .unwrap()
    }

    fn check(decision: Decision, syntax: (&str, u8), reason: &str, outcome: Outcome, line: &str) {
        let edi = answer(decision, syntax, reason);
        let text = String::from_utf8_lossy(&edi).into_owned();
        let report = read_bytes(&edi, Options::default());
        assert_eq!(report.verdict(), Verdict::Accepted, "{:?}\n{text}", report.findings);
        let header = report.header.unwrap();
        assert!(header.test && header.sender.id.text() == "JPCUSTOMS", "{text}");
        let response = read_responses(&mut edi.as_slice()).unwrap().remove(0);
        assert_eq!(response.outcome, outcome, "{text}");
        assert!(response.answers(&Asked { number: b"DECL-7".to_vec(), others: vec![] }), "{text}");
        assert!(
            response.lines(Lang::En).iter().any(|l| l.contains(line)),
            "{line}: {:?}",
            response.lines(Lang::En)
        );
    }

    #[test]
    fn a_decision_is_told_and_read_again() {
        check(
            Decision::Reject,
            ("UNOC", 3),
            "no such heading",
            Outcome::Rejected,
            "E12: no such heading — HS code of item 2, segment CST 9",
        );
        // Capitals, where nothing else is known.
        check(Decision::Reject, ("UNOA", 3), "no such heading", Outcome::Rejected, "E12: NO SUCH HEADING");
        check(
            Decision::Reject,
            ("UNOA", 3),
            "該当する税番がありません",
            Outcome::Rejected,
            "該当する税番がありません",
        );
        check(
            Decision::Reject,
            ("KECA", 4),
            "해당 세번이 없습니다",
            Outcome::Rejected,
            "해당 세번이 없습니다",
        );
        check(Decision::Release, ("UNOC", 3), "", Outcome::Released, "released");
        check(Decision::Hold, ("UNOC", 3), "permit missing", Outcome::Held, "permit missing");
        check(Decision::Inspect, ("UNOX", 3), "開披検査", Outcome::Inspection, "開披検査");
    }
}
