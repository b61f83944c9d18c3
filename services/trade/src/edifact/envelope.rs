//! Reads an interchange in one pass and says whether it holds together: header and trailer, groups,
//! messages, packages, counts and references (ISO 9735-1 and 9735-2, syntax 1 to 4). Memory does
//! not grow with the interchange: what is kept (findings, messages listed, references compared) is
//! bounded, and what was left out is said.
//!
//! Judged here is the envelope alone. Whether a message keeps to its directory is asked of a [`Check`];
//! what it finds goes into the same report.

use std::collections::BTreeMap;
use std::io::Read;

use corridor_base::{ErrorCode, Lang, Problem, Timestamp};
use serde::Serialize;

use super::charset::{Charset, Value};
use super::fault::{FaultCode, Finding, Level, Place, Severity};
use super::judge::Judge;
use super::token::{Delimiters, Limits, Segment, Tokenizer};

/// How an interchange is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bounds of the tokenizer.
    pub limits: Limits,
    /// Whether a test interchange (UNB 0035) is accepted; otherwise it is refused with code 25.
    pub accept_test: bool,
    /// Whether a character outside the repertoire that UNB names refuses its message (code 21).
    /// Partners often label text wrongly, so the default is to warn. Control characters always
    /// refuse.
    pub strict_characters: bool,
    /// The characters its text is in, when the partner and we agreed on others than UNB names.
    pub characters: Option<Charset>,
    /// The most errors and, apart from them, warnings kept.
    pub findings: usize,
    /// The most messages listed, and the most refused messages listed.
    pub listed: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            accept_test: true,
            strict_characters: false,
            characters: None,
            findings: 500,
            listed: 500,
        }
    }
}

/// Sender or recipient of an interchange (S002, S003) or a group (S006, S007).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Who it is (0004, 0010, 0040, 0044).
    pub id: Value,
    /// Whose code that is (0007).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub qualifier: Value,
    /// The address inside, given back in answers (0008, 0014).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub internal: Value,
    /// A second address inside (0042, 0046; syntax 4).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub internal_sub: Value,
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id.text())?;
        if self.qualifier.is_empty() { Ok(()) } else { write!(f, ":{}", self.qualifier) }
    }
}

/// What UNB says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// The syntax identifier (0001), `UNOA`.
    pub syntax: Value,
    /// The syntax version (0002), 1 to 4; 0 when it is none of them.
    pub version: u8,
    /// The service characters in force.
    pub delimiters: Delimiters,
    /// The characters of its text.
    #[serde(skip)]
    pub charset: Charset,
    /// The sender (S002).
    pub sender: Party,
    /// The recipient (S003).
    pub recipient: Party,
    /// The date of preparation as written (0017): yymmdd, from syntax 4 yyyymmdd.
    pub date: Value,
    /// The time of preparation as written (0019): hhmm, the sender's own clock.
    pub time: Value,
    /// The control reference (0020).
    pub reference: Value,
    /// The application reference (0026).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub application: Value,
    /// Whether a CONTRL is asked for (0031 is 1; 2 asks for receipt alone).
    pub acknowledgement: Acknowledgement,
    /// The interchange agreement (0032).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub agreement: Value,
    /// Whether it is a test (0035).
    pub test: bool,
}

impl Header {
    /// When it says it was prepared, to the minute: a civil time by the sender's own clock, so that it tells what came
    /// before what and no instant. `None` for what is no date of the form that its syntax version asks for.
    #[must_use]
    pub fn prepared(&self) -> Option<Timestamp> {
        let (date, time) = (self.date.text(), self.time.text());
        if !(date.bytes().chain(time.bytes())).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let date = if self.version == 4 { date.to_owned() } else { format!("20{date}") };
        let [(year, rest), (hour, minute)] = [date.split_at_checked(4)?, time.split_at_checked(2)?];
        let (month, day) = rest.split_at_checked(2)?;
        Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:00.000Z")).ok()
    }
}

/// What UNB asks for as an answer (0031).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acknowledgement {
    /// Nothing.
    #[default]
    NotAsked,
    /// Acceptance or refusal.
    Asked,
    /// That it was received.
    ReceiptOnly,
}

/// What UNG says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupHeader {
    /// Counted from 1 in the interchange.
    pub index: u64,
    /// The kind of message in it (0038).
    pub kind: Value,
    /// The application that sent it (S006).
    pub sender: Party,
    /// The application it is for (S007).
    pub recipient: Party,
    /// The group reference (0048).
    pub reference: Value,
}

/// What UNH says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageHeader {
    /// Counted from 1 in the interchange.
    pub index: u64,
    /// The group it is in, counted from 1; 0 for none.
    pub group: u64,
    /// The message reference (0062).
    pub reference: Value,
    /// The kind of message (0065), `CUSCAR`.
    pub kind: Value,
    /// The version (0052), `D`.
    pub version: Value,
    /// The release (0054), `08A`.
    pub release: Value,
    /// Who keeps it (0051), `UN`.
    pub agency: Value,
    /// The guide it follows (0057).
    #[serde(skip_serializing_if = "Value::is_empty")]
    pub association: Value,
    /// Bytes before its UNH.
    pub offset: u64,
    /// The number of its UNH in the interchange.
    pub segment: u64,
    /// Segments counted, UNH and UNT included; 0 until its end was read.
    pub segments: u64,
}

impl MessageHeader {
    /// Type, version, release and agency as one name: `CUSCAR D.08A UN`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}.{} {}", self.kind, self.version, self.release, self.agency)
    }
}

/// What an interchange is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing is wrong.
    Accepted,
    /// Some messages are refused.
    PartlyRejected,
    /// All of it is refused.
    Rejected,
    /// It does not even say what it is and whom to answer.
    Unreadable,
}

/// Everything reading an interchange found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What UNB says; `None` when there is no UNB.
    pub header: Option<Header>,
    /// Bytes read.
    pub bytes: u64,
    /// Segments read, UNA not counted.
    pub segments: u64,
    /// Groups read.
    pub groups: u64,
    /// Messages read.
    pub messages: u64,
    /// Packages read (UNO to UNP).
    pub packages: u64,
    /// How many messages of each kind, the first kinds met.
    pub kinds: BTreeMap<String, u64>,
    /// The first messages, in order.
    pub listed: Vec<MessageHeader>,
    /// What was found, in the order of reading: the first errors and the first of each warning.
    pub findings: Vec<Finding>,
    /// Errors found, those not kept included.
    pub errors: u64,
    /// Warnings found, repeated ones included.
    pub warnings: u64,
    /// Objections to what messages say, those not kept included.
    pub objections: u64,
    /// Messages and packages refused, those in refused groups included.
    pub refused: u64,
    /// The refused messages, the first ones.
    pub refused_messages: Vec<MessageHeader>,
    /// The groups with an error of their own, the first ones, and those that hold a refused message.
    pub refused_groups: Vec<GroupHeader>,
    /// Whether something refused is not in the lists above.
    pub refused_left_out: bool,
    /// Whether every message reference was compared with every other.
    pub references_compared: bool,
    /// Whether it holds a CONTRL message, which must not be answered with CONTRL.
    pub holds_contrl: bool,
    /// Whether a UNZ was read.
    pub complete: bool,
    /// Messages that were checked against a directory or guide.
    pub checked: u64,
}

impl Report {
    /// Accepted or not.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let interchange_refused = self.interchange_error().is_some();
        match &self.header {
            None => Verdict::Unreadable,
            Some(h) if h.reference.is_empty() || h.sender.id.is_empty() || h.recipient.id.is_empty() => {
                Verdict::Unreadable
            }
            Some(_) if interchange_refused => Verdict::Rejected,
            Some(_) if self.errors == 0 => Verdict::Accepted,
            Some(_) if self.refused >= self.messages + self.packages => Verdict::Rejected,
            Some(_) => Verdict::PartlyRejected,
        }
    }

    /// The error that refuses the interchange as a whole: the first one in a service segment of the
    /// interchange, else the first.
    #[must_use]
    pub fn interchange_error(&self) -> Option<&Finding> {
        let mut errors = self.errors_at(Level::Interchange);
        let first = errors.next()?;
        let named = |f: &&Finding| matches!(f.place.tag.as_str(), "UNA" | "UNB" | "UNZ");
        Some(if named(&first) { first } else { errors.find(named).unwrap_or(first) })
    }

    /// The errors of one level, in order.
    pub fn errors_at(&self, level: Level) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |f| f.level == level && f.severity == Severity::Error)
    }

    /// The objections to what a message says, in order.
    pub fn objections_to(&self, message: u64) -> impl Iterator<Item = &Finding> {
        let to = move |f: &&Finding| f.level == Level::Message(message) && f.severity == Severity::Objection;
        self.findings.iter().filter(to)
    }

    /// Refuses the interchange for a reason outside its syntax that CONTRL has a code for:
    /// [`FaultCode::DUPLICATE`] (element 5 of UNB), [`FaultCode::WRONG_RECIPIENT`] (3),
    /// [`FaultCode::UNKNOWN_SENDER`] (2), [`FaultCode::NO_AGREEMENT`].
    pub fn refuse(&mut self, code: FaultCode, element: u32) {
        let place = Place { segment: 1, tag: "UNB".to_owned(), element, ..Place::default() };
        let finding = Finding {
            code,
            severity: Severity::Error,
            level: Level::Interchange,
            place,
            expected: None,
            found: None,
        };
        self.errors += 1;
        self.findings.insert(0, finding);
    }

    /// Why it is refused, as an error for people and partners; `None` when nothing is refused.
    #[must_use]
    pub fn problem(&self, lang: Lang) -> Option<Problem> {
        let first = self
            .interchange_error()
            .or_else(|| self.findings.iter().find(|f| f.severity == Severity::Error))?;
        let what = first.place.describe(lang);
        Some(Problem::new(ErrorCode::InterchangeInvalid).with("what", what).with("why", first.text(lang)))
    }
}

/// Where a segment stands, for those who look on while an interchange is read.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The interchange.
    pub header: &'a Header,
    /// The group, if it is in one.
    pub group: Option<&'a GroupHeader>,
    /// The message, if it is in one.
    pub message: Option<&'a MessageHeader>,
    /// Its number in the message, UNH being 1; 0 outside.
    pub in_message: u64,
}

/// Looks on while an interchange is read.
pub trait Visit {
    /// A segment of the interchange, service segments included. Not called for what stands before
    /// UNB or after UNZ.
    fn segment(&mut self, at: &Position<'_>, segment: &Segment<'_>);
    /// A piece of an object (UNO to UNP).
    fn object(&mut self, _bytes: &[u8], _offset: u64) {}
}

/// Nobody looks on.
impl Visit for () {
    fn segment(&mut self, _: &Position<'_>, _: &Segment<'_>) {}
}

/// Something wrong with a segment of a message, found by a [`Check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code CONTRL would carry.
    pub code: FaultCode,
    /// Whether it refuses the message.
    pub severity: Severity,
    /// Whether it is about what the message says: a rule or a code that was agreed on, or a code list.
    pub content: bool,
    /// The element, counted from 1; 0 for the segment as a whole.
    pub element: u32,
    /// The component, counted from 1; 0 for the element as a whole.
    pub component: u32,
    /// The tag of a segment that should have stood before this one.
    pub missing: Option<String>,
    /// The groups of segments around it.
    pub group: String,
    /// What should have stood there.
    pub expected: Option<String>,
    /// What stands there.
    pub found: Option<String>,
}

impl Fault {
    /// Of the segment as a whole.
    #[must_use]
    pub fn new(code: FaultCode, severity: Severity) -> Self {
        Self {
            code,
            severity,
            content: false,
            element: 0,
            component: 0,
            missing: None,
            group: String::new(),
            expected: None,
            found: None,
        }
    }

    /// At an element and component.
    #[must_use]
    pub fn at(self, element: u32, component: u32) -> Self {
        Self { element, component, ..self }
    }
}

/// Checks what stands in messages while their interchange is read.
pub trait Check: std::fmt::Debug + Send {
    /// A message begins; whether there is anything to check it against.
    fn begin(&mut self, header: &Header, message: &MessageHeader) -> bool;
    /// A segment of that message after UNH, UNT included.
    fn segment(&mut self, segment: &Segment<'_>, faults: &mut Vec<Fault>);
}

/// Reads an interchange that arrives in pieces.
#[derive(Debug)]
pub struct Reader {
    tokens: Tokenizer,
    judge: Judge,
}

impl Reader {
    /// Before the first byte.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let tokens = Tokenizer::of(options.limits, options.characters);
        Self { tokens, judge: Judge::new(options, None) }
    }

    /// Before the first byte; messages are checked too.
    #[must_use]
    pub fn checking(options: Options, check: Box<dyn Check>) -> Self {
        let tokens = Tokenizer::of(options.limits, options.characters);
        Self { tokens, judge: Judge::new(options, Some(check)) }
    }

    /// Reads a whole source, in constant memory.
    ///
    /// # Errors
    /// What the source says.
    pub fn read(mut self, source: &mut dyn Read, visit: &mut dyn Visit) -> std::io::Result<Report> {
        let mut piece = vec![0; 64 * 1024];
        loop {
            match source.read(&mut piece) {
                Ok(0) => return Ok(self.finish(visit)),
                Ok(n) => self.push(piece.get(..n).unwrap_or_default(), visit),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The next piece, of any size.
    pub fn push(&mut self, bytes: &[u8], visit: &mut dyn Visit) {
        self.judge.report.bytes += bytes.len() as u64;
        if self.judge.stopped {
            return;
        }
        let judge = &mut self.judge;
        if let Err(broken) = self.tokens.push(bytes, &mut |token| judge.token(&token, visit)) {
            self.judge.broken(broken);
        }
    }

    /// The end of the interchange.
    pub fn finish(mut self, visit: &mut dyn Visit) -> Report {
        if !self.judge.stopped {
            let judge = &mut self.judge;
            if let Err(broken) = self.tokens.finish(&mut |token| judge.token(&token, visit)) {
                self.judge.broken(broken);
            }
        }
        self.judge.finish()
    }
}

/// Reads a whole source, in constant memory.
///
/// # Errors
/// What the source says; everything wrong with the interchange is in the report.
pub fn read(source: &mut dyn Read, options: Options, visit: &mut dyn Visit) -> std::io::Result<Report> {
    Reader::new(options).read(source, visit)
}

/// Reads an interchange held in memory.
#[must_use]
pub fn read_bytes(bytes: &[u8], options: Options) -> Report {
    let mut reader = Reader::new(options);
    reader.push(bytes, &mut ());
    reader.finish(&mut ())
}
