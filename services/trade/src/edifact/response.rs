//! What an application answers, above syntax: APERAK made for a message that broke its directory or guide,
//! and APERAK and CUSRES read. A receipt and a CONTRL say that something arrived and could be read; only
//! these say what an institution makes of it.
//!
//! Absent: what the codes of one country's customs stand for (GEI, GIS with a code list of their own). They are
//! carried, and a partner's guide may say more.

use std::io::Read;

use corridor_base::{ErrorCode, Lang, Problem, Result, Timestamp};
use serde::Serialize;

use super::charset::{Charset, Value};
use super::envelope::{Header, MessageHeader, Options, Position, Report, Visit, read};
use super::fault::{Finding, Level};
use super::token::{Delimiters, Segment};
use super::write::Writer;

/// The most responses of one interchange, and the most errors and references of one response.
const KEPT: usize = 1_000;
/// The most errors that one APERAK tells.
const TOLD: usize = 999;
/// The longest text in FTX: one component of C108 since D.98B.
const TEXT: usize = 512;

/// What a response comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It says so (4343 is AP or AC; 1001 is 312).
    Accepted,
    /// It says so (4343 is RE or NA; 1001 is 313), or it tells errors.
    Rejected,
    /// Customs have released the goods (7365 is 4).
    Released,
    /// Customs keep the goods back (7365 is 7).
    Held,
    /// Customs want to examine the goods (7365 is 5).
    Inspection,
    /// It tells a state that only its sender's codes explain.
    Stated,
}

/// One error that an application tells (ERC), where it is (ERP) and in words (FTX).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ApplicationError {
    /// The code (9321).
    pub code: Value,
    /// Whose code that is (3055).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub agency: Value,
    /// Where: the section of the message and the item in it (ERP, C701), as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Value>,
    /// What it says.
    pub text: Vec<Value>,
    /// References that stand with it: qualifier and number.
    pub references: Vec<(Value, Value)>,
}

/// An APERAK or CUSRES.
#[derive(Clone, Debug, Serialize)]
pub struct Response {
    /// `APERAK` or `CUSRES`.
    pub kind: Value,
    /// Who sent the interchange it is in.
    pub header: Header,
    /// Its own number (BGM, 1004).
    pub number: Value,
    /// What it comes to.
    pub outcome: Outcome,
    /// What it refers to: qualifier (1153) and number (1154).
    pub references: Vec<(Value, Value)>,
    /// The states it tells (GEI or GIS), as written.
    pub states: Vec<Value>,
    /// What it says of the message as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Value>,
    /// The errors it tells.
    pub errors: Vec<ApplicationError>,
}

/// A message of ours that may be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its number (BGM, 1004).
    pub number: Vec<u8>,
    /// Other numbers it can be known by: bill of lading, declaration.
    pub others: Vec<Vec<u8>>,
}

impl Response {
    /// A state that it tells, in the element of this number. Codes of the UNTDID's own list say what customs
    /// decided; those of another list (1131, 3055) are carried.
    fn state(&mut self, s: &Segment<'_>, element: u32) {
        let state = value(s, element, 1);
        let of_untdid = value(s, element, 2).is_empty() && matches!(value(s, element, 3).bytes(), b"" | b"6");
        let open = matches!(self.outcome, Outcome::Accepted | Outcome::Stated);
        if open && of_untdid && self.kind.bytes() == b"CUSRES" {
            self.outcome = match state.bytes() {
                b"4" => Outcome::Released,
                b"5" => Outcome::Inspection,
                b"7" => Outcome::Held,
                _ => self.outcome,
            };
        }
        self.states.push(state);
    }

    /// Whether it answers this message: a reference to a previous message (1153 is ACW) decides; without
    /// one, any number that is the message's.
    #[must_use]
    pub fn answers(&self, asked: &Asked) -> bool {
        let previous: Vec<&Value> =
            self.references.iter().filter(|(q, _)| q.bytes() == b"ACW").map(|(_, number)| number).collect();
        if !previous.is_empty() {
            return previous.iter().any(|number| number.bytes() == asked.number);
        }
        let known = |number: &Value| {
            !number.is_empty()
                && (number.bytes() == asked.number || asked.others.iter().any(|o| o == number.bytes()))
        };
        self.references.iter().any(|(_, number)| known(number)) || known(&self.number)
    }

    /// Line by line for people.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let words = crate::messages();
        let key = match self.outcome {
            Outcome::Accepted => "response-accepted",
            Outcome::Rejected => "response-rejected",
            Outcome::Stated => "response-stated",
            Outcome::Released => "response-released",
            Outcome::Held => "response-held",
            Outcome::Inspection => "response-inspection",
        };
        let states: Vec<&str> = self.states.iter().map(Value::text).collect();
        let args =
            [("kind", self.kind.text()), ("number", self.number.text()), ("states", &states.join(", "))];
        let mut lines = vec![words.text(lang, key, &args)];
        lines.extend(self.remarks.iter().map(|remark| remark.text().to_owned()));
        for error in &self.errors {
            let text: Vec<&str> = error.text.iter().map(Value::text).collect();
            let place = place_words(&error.place, lang);
            let args = [("code", error.code.text()), ("text", &text.join(" ")), ("place", &place)];
            let key = if error.place.is_empty() { "response-error" } else { "response-error-at" };
            lines.push(words.text(lang, key, &args));
        }
        lines
    }
}

/// Where an error is, for people: the name of a field that is given by its path (`items.1.hs`), with its segment;
/// the section before it (1049) says no more. What another system calls a place stands as it is written.
fn place_words(place: &[Value], lang: Lang) -> String {
    let mut parts = place.iter().map(Value::text);
    let Some(field) = parts.by_ref().find_map(crate::shape::path_label) else {
        return place.iter().map(Value::text).collect::<Vec<_>>().join(" ");
    };
    let segment = parts.collect::<Vec<_>>().join(" ");
    if segment.is_empty() {
        return field.say(lang);
    }
    crate::messages().text(lang, "field-at", &[("field", &field.say(lang)), ("segment", &segment)])
}

/// Reads the APERAK and CUSRES messages of an interchange.
///
/// # Errors
/// `interchange-invalid` when it cannot be read, is wrong itself, or holds neither.
pub fn read_responses(source: &mut dyn Read) -> Result<Vec<Response>> {
    read_responses_as(source, Options::default())
}

/// Reads them in the way that options say.
///
/// # Errors
/// As [`read_responses`].
pub fn read_responses_as(source: &mut dyn Read, options: Options) -> Result<Vec<Response>> {
    let refuse = |why: &str| Problem::new(ErrorCode::InterchangeInvalid).with("what", "BGM").with("why", why);
    let mut collector = Collector::default();
    let report = read(source, options, &mut collector)
        .map_err(|e| Problem::new(ErrorCode::InterchangeInvalid).with("what", "APERAK").because(e))?;
    if let Some(problem) = report.problem(Lang::En) {
        return Err(problem);
    }
    if collector.found.is_empty() {
        return Err(refuse("no APERAK or CUSRES in it"));
    }
    Ok(collector.found)
}

#[derive(Default)]
struct Collector {
    found: Vec<Response>,
    /// The place that the next errors are at.
    place: Vec<Value>,
    message: u64,
}

impl Visit for Collector {
    fn segment(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        let Some(message) = at.message.filter(|m| matches!(m.kind.bytes(), b"APERAK" | b"CUSRES")) else {
            return;
        };
        let tag = s.tag();
        if tag.as_ref() == b"BGM" && self.found.len() < KEPT {
            self.message = message.index;
            self.place.clear();
            self.found.push(begin(at.header, message, s));
            return;
        }
        // What stands before BGM belongs to nothing.
        let Some(response) = self.found.last_mut().filter(|_| self.message == message.index) else { return };
        match tag.as_ref() {
            b"ERP" => {
                let place = (1..=3).map(|c| value(s, 1, c)).chain((1..=2).map(|c| value(s, 2, c)));
                self.place = place.filter(|v| !v.is_empty()).collect();
            }
            b"ERC" if response.errors.len() < KEPT => {
                response.outcome = Outcome::Rejected;
                let (code, agency) = (value(s, 1, 1), value(s, 1, 3));
                let place = self.place.clone();
                response.errors.push(ApplicationError { code, agency, place, ..ApplicationError::default() });
            }
            b"FTX" => {
                let of_error = response.errors.last_mut().map(|e| &mut e.text);
                let into = of_error.unwrap_or(&mut response.remarks);
                if into.len() < KEPT {
                    into.extend((1..=5).map(|c| value(s, 4, c)).filter(|v| !v.is_empty()));
                }
            }
            b"RFF" => {
                let reference = (value(s, 1, 1), value(s, 1, 2));
                let of_error = response.errors.last_mut().map(|e| &mut e.references);
                let into = of_error.unwrap_or(&mut response.references);
                if into.len() < KEPT {
                    into.push(reference);
                }
            }
            b"DOC" if response.references.len() < KEPT => {
                response.references.push((value(s, 1, 1), value(s, 2, 1)));
            }
            b"GEI" if response.states.len() < KEPT => response.state(s, 2),
            b"GIS" if response.states.len() < KEPT => response.state(s, 1),
            _ => {}
        }
    }
}

fn begin(header: &Header, message: &MessageHeader, bgm: &Segment<'_>) -> Response {
    let said = |element: u32| bgm.value(element, 1);
    let outcome = match (said(4).as_ref(), said(1).as_ref()) {
        (b"AP" | b"AC", _) => Outcome::Accepted,
        (b"RE" | b"NA", _) => Outcome::Rejected,
        (_, b"312") => Outcome::Accepted,
        (_, b"313") => Outcome::Rejected,
        _ => Outcome::Stated,
    };
    Response {
        kind: message.kind.clone(),
        header: header.clone(),
        number: value(bgm, 2, 1),
        outcome,
        references: Vec::new(),
        states: Vec::new(),
        remarks: Vec::new(),
        errors: Vec::new(),
    }
}

fn value(s: &Segment<'_>, element: u32, component: u32) -> Value {
    Value::new(&s.value(element, component), s.charset())
}

/// What an APERAK is made of beside what was found.
#[derive(Clone, Copy, Debug)]
pub struct Objecting<'a> {
    /// The control reference of the answer.
    pub reference: &'a str,
    /// The time of the answer (TM-1).
    pub now: Timestamp,
    /// The release of the directory the answer keeps to, `08A`.
    pub release: &'a str,
    /// The language of its words.
    pub lang: Lang,
}

/// A message that an APERAK answers.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// Its place in the interchange, counted from 1.
    pub message: u64,
    /// Its number (BGM, 1004).
    pub document: &'a [u8],
}

/// The interchange of APERAK that answers these messages: each is acknowledged, or its errors and what its
/// content is objected to are told. Nothing for an interchange that cannot be answered.
#[must_use]
pub fn aperak(report: &Report, answered: &[Answered<'_>], objecting: &Objecting<'_>) -> Option<Vec<u8>> {
    let header = report.header.as_ref().filter(|h| !h.sender.id.is_empty() && !h.recipient.id.is_empty())?;
    let version = if header.version == 0 { 3 } else { header.version };
    let mut writer = Writer::new(Delimiters::default_of(version), header.charset);
    super::contrl::write_unb(&mut writer, header, version, objecting.reference, objecting.now);
    for (at, message) in answered.iter().enumerate() {
        write_message(&mut writer, report, header.charset, (at + 1, message), objecting);
    }
    let count = answered.len().to_string();
    writer.segment("UNZ", &[&[count.as_bytes()], &[objecting.reference.as_bytes()]]);
    Some(writer.into_bytes())
}

fn write_message(
    writer: &mut Writer,
    report: &Report,
    charset: Charset,
    (number, answered): (usize, &Answered<'_>),
    objecting: &Objecting<'_>,
) {
    let errors = report.errors_at(Level::Message(answered.message));
    let errors: Vec<&Finding> = errors.chain(report.objections_to(answered.message)).collect();
    let reference = number.to_string();
    writer.restart_count();
    let release = objecting.release.as_bytes();
    writer.segment("UNH", &[&[reference.as_bytes()], &[b"APERAK", b"D", release, b"UN"]]);
    let (name, response): (&[u8], &[u8]) = if errors.is_empty() { (b"312", b"AP") } else { (b"313", b"RE") };
    let own = format!("{}-{number}", objecting.reference);
    writer.segment("BGM", &[&[name], &[own.as_bytes()], &[b"9"], &[response]]);
    let digits: String = objecting.now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    writer.segment("DTM", &[&[b"137", digits.as_bytes(), b"204"]]);
    if !answered.document.is_empty() {
        writer.segment("RFF", &[&[b"ACW", answered.document]]);
    }
    for finding in errors.iter().take(TOLD) {
        let code = finding.code.to_string();
        writer.segment("ERC", &[&[code.as_bytes()]]);
        let text: String = finding.text(objecting.lang).chars().take(TEXT).collect();
        // Words that the characters of the interchange do not have are told in English.
        let english = || finding.text(Lang::En).chars().filter(char::is_ascii).take(TEXT).collect::<String>();
        let bytes = charset.bytes(&text).or_else(|| charset.bytes(&english()));
        let capitals =
            || english().to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), " ").into_bytes();
        let bytes = bytes.unwrap_or_else(capitals);
        writer.segment("FTX", &[&[b"AAO"], &[], &[], &[&bytes]]);
    }
    let count = (writer.segments() + 1).to_string();
    writer.segment("UNT", &[&[count.as_bytes()], &[reference.as_bytes()]]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edifact::{Verdict, read_bytes};

    fn read_one(body: &str) -> Response {
        let count = body.matches('\'').count() + 2;
        let text = format!("UNB+UNOC:3+JPCUSTOMS+FWD+261122:0930+7'UNH+1+{body}UNT+{}+1'UNZ+1+7'", count - 1);
        read_responses(&mut text.as_bytes()).unwrap().remove(0)
    }

    fn check(body: &str, outcome: Outcome, lines: &[&str]) {
        let response = read_one(body);
        assert_eq!(
            (response.outcome, response.lines(Lang::En)),
            (outcome, lines.iter().map(|l| (*l).to_owned()).collect())
        );
    }

    #[test]
    fn responses_are_read() {
        check("APERAK:D:08A:UN'BGM+312+A1+9'", Outcome::Accepted, &["APERAK A1: accepted"]);
        check(
            "APERAK:D:08A:UN'BGM+313+A2+9+RE'RFF+ACW:DN1'ERC+39'FTX+AAO+++TOO LONG'",
            Outcome::Rejected,
            &["APERAK A2: refused", "39: TOO LONG"],
        );
        check("CUSRES:D:08A:UN'BGM+962+D9+9'GEI+5+REL'", Outcome::Stated, &["CUSRES D9: says REL"]);
        check(
            "CUSRES:D:08A:UN'BGM+962+D9+9'RFF+ABT:X'ERP+2:3'ERC+E12::128'FTX+AAO+++NO SUCH:HS CODE'",
            Outcome::Rejected,
            &["CUSRES D9: refused", "E12: NO SUCH HS CODE — 2 3"],
        );
    }

    /// People read the name of a field, machines its path.
    #[test]
    fn a_place_is_told_in_words() {
        let check = |place: &str, lang: Lang, expect: &str| {
            let response = read_one(&format!(
                "CUSRES:D:08A:UN'BGM+962+D9+9'RFF+ABT:X'ERP+{place}'ERC+HS04'FTX+AAO+++NO'"
            ));
            assert_eq!(response.lines(lang).last().unwrap(), &format!("HS04: NO — {expect}"), "{place}");
        };
        check("2:items.1.hs+CST:20", Lang::En, "HS code of item 1, segment CST 20");
        check("2:items.1.hs+CST:20", Lang::Ja, "品目 1 のHSコード（税番）、セグメント CST 20");
        check("2:ITEMS.1.HS+CST:20", Lang::Ko, "품목 1의 HS 코드(세번), 세그먼트 CST 20");
        check("2:items.2.taxes.3.type", Lang::En, "Tax or duty of tax or duty 3 of item 2");
        check("1:number", Lang::En, "Document number");
        // Words of others stand for themselves.
        check("2:LINE.1.HS+CST:20", Lang::En, "2 LINE.1.HS CST 20");
        check("2:items.x.hs", Lang::En, "2 items.x.hs");
        check("2:REGEL7", Lang::En, "2 REGEL7");
        let read = read_one("CUSRES:D:08A:UN'BGM+962+D9+9'RFF+ABT:X'ERP+2:items.1.hs+CST:20'ERC+HS04'");
        assert!(serde_json::to_string(&read).unwrap().contains("items.1.hs"));
    }

    #[test]
    fn a_response_finds_what_it_answers() {
        let check = |body: &str, number: &str, other: &str, expect: bool| {
            let others = vec![other.as_bytes().to_vec()];
            let asked = Asked { number: number.as_bytes().to_vec(), others };
            assert_eq!(read_one(body).answers(&asked), expect, "{body} {number}");
        };
        let aperak = "APERAK:D:08A:UN'BGM+313+A2+9'RFF+ACW:DN1'RFF+BM:BL7'";
        check(aperak, "DN1", "", true);
        check(aperak, "DN2", "BL7", false);
        check("CUSRES:D:08A:UN'BGM+962+D9+9'RFF+ABT:DECL1'", "DN1", "DECL1", true);
        check("CUSRES:D:08A:UN'BGM+962+D9+9'DOC+830+DN1'", "DN1", "", true);
        check("CUSRES:D:08A:UN'BGM+962+D9+9'", "DN1", "BL7", false);
    }

    #[test]
    fn what_was_found_is_told_and_read_again() {
        let wrong = "UNB+UNOC:3+FWD+JPCUSTOMS+261122:0915+R1'UNH+1+X:D:08A:UN'bgm+1'UNT+3+1'UNZ+1+R1'";
        let report = read_bytes(wrong.as_bytes(), Options::default());
        for lang in Lang::ALL {
            let objecting = Objecting {
                reference: "A1",
                now: Timestamp::from_millis(1_795_339_500_123),
                release: "08A",
                lang: *lang,
            };
            let answered = [Answered { message: 1, document: b"DN1" }];
            let made = aperak(&report, &answered, &objecting).unwrap();
            assert_eq!(read_bytes(&made, Options::default()).verdict(), Verdict::Accepted);
            let back = read_responses(&mut made.as_slice()).unwrap().remove(0);
            assert_eq!((back.outcome, back.errors.len()), (Outcome::Rejected, 1));
            assert_eq!(back.errors[0].code.text(), "12");
            assert!(back.answers(&Asked { number: b"DN1".to_vec(), others: vec![] }));
        }
        for garbage in ["", "UNB+UNOC:3+A+B+261122:0930+7'UNH+1+X:D:1:UN'BGM'UNT+3+1'UNZ+1+7'"] {
            assert!(read_responses(&mut garbage.as_bytes()).is_err());
        }
    }
}
