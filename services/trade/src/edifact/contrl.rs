//! CONTRL, the syntax and service report (ISO 9735-4): made for an interchange that was read, and
//! read back by the one who sent it.
//!
//! An interchange of syntax 1 to 3 is answered with `CONTRL:D:3:UN` in its own syntax version, one
//! of syntax 4 with `CONTRL:4:1:UN`. The segments used (UCI, UCF, UCM, UCS, UCD) have the same
//! layout in both as far as we fill them. The answer keeps the syntax identifier of the subject,
//! because it repeats the subject's identities byte for byte.
//!
//! What is reported: an error of the interchange refuses it (UCI 4, with the first such error);
//! otherwise the interchange is acknowledged (UCI 7) except the groups (UCF 4) and messages (UCM 4)
//! named. When there are more refused messages than can be named, the interchange is refused as a
//! whole (code 18): an acknowledgement by silence would be false. A CONTRL is never answered.

use std::io::Read;

use corridor_base::{ErrorCode, Lang, Problem, Timestamp};
use serde::Serialize;

use super::charset::Value;
use super::envelope::{
    GroupHeader, Header, MessageHeader, Options, Party, Position, Report, Verdict, Visit, read,
};
use super::fault::{FaultCode, Finding, Level, Place};
use super::token::{Delimiters, Segment, number};
use super::write::Writer;

/// What an answer says of its subject (0083).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// 4: this level and all below are refused (6 in older lists).
    Rejected,
    /// 7: this level is acknowledged, and below all that is not refused (1, 2, 3, 5 in older lists).
    Acknowledged,
    /// 8: received; acceptance or refusal follows.
    Received,
}

impl Action {
    fn parse(value: &[u8]) -> Option<Self> {
        match value {
            b"4" | b"6" => Some(Self::Rejected),
            b"1" | b"2" | b"3" | b"5" | b"7" => Some(Self::Acknowledged),
            b"8" => Some(Self::Received),
            _ => None,
        }
    }

    fn code(self) -> &'static [u8] {
        match self {
            Self::Rejected => b"4",
            Self::Acknowledged => b"7",
            Self::Received => b"8",
        }
    }

    /// In one language.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let key = match self {
            Self::Rejected => "action-rejected",
            Self::Acknowledged => "action-acknowledged",
            Self::Received => "action-received",
        };
        crate::messages().text(lang, key, &[])
    }
}

/// What the answering side decides.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    /// The control reference of the answer, 1 to 14 characters, unique for its sender.
    pub reference: &'a str,
    /// The time of the answer; UNB gets it in UTC (TM-1).
    pub now: Timestamp,
    /// Says only that the interchange was received (action 8), whatever was found inside messages.
    pub receipt_only: bool,
}

/// Why there is no CONTRL for an interchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It holds CONTRL itself.
    HoldsContrl,
    /// It names no sender, recipient or reference; tell the partner by other means.
    Unaddressable,
}

/// The CONTRL interchange that answers what was read.
///
/// # Errors
/// [`NoAnswer`] when none may or can be given.
pub fn answer(report: &Report, answering: &Answering<'_>) -> Result<Vec<u8>, NoAnswer> {
    let header = report.header.as_ref().ok_or(NoAnswer::Unaddressable)?;
    if report.verdict() == Verdict::Unreadable {
        return Err(NoAnswer::Unaddressable);
    }
    if report.holds_contrl {
        return Err(NoAnswer::HoldsContrl);
    }
    let version = if header.version == 0 { 3 } else { header.version };
    let mut writer = Writer::new(Delimiters::default_of(version), header.charset);
    write_unb(&mut writer, header, version, answering.reference, answering.now);
    let identifier: [&[u8]; 4] =
        if version < 4 { [b"CONTRL", b"D", b"3", b"UN"] } else { [b"CONTRL", b"4", b"1", b"UN"] };
    writer.segment("UNH", &[&[b"1"], &identifier]);
    let whole = report.interchange_error();
    if let Some(finding) = whole {
        let tag = Some(finding.place.tag.as_str()).filter(|t| matches!(*t, "UNA" | "UNB" | "UNZ"));
        write_uci(&mut writer, header, Action::Rejected, Some((finding.code, tag, &finding.place)));
    } else if answering.receipt_only {
        write_uci(&mut writer, header, Action::Received, None);
    } else if report.refused_left_out {
        write_uci(
            &mut writer,
            header,
            Action::Rejected,
            Some((FaultCode::UNSPECIFIED, None, &Place::default())),
        );
    } else {
        write_uci(&mut writer, header, Action::Acknowledged, None);
        write_refused(&mut writer, report);
    }
    // UNT counts itself.
    let count = (writer.segments() + 1).to_string();
    writer.segment("UNT", &[&[count.as_bytes()], &[b"1"]]);
    writer.segment("UNZ", &[&[b"1"], &[answering.reference.as_bytes()]]);
    Ok(writer.into_bytes())
}

/// The party as S002 and S003 spell it.
fn party(party: &Party) -> [&[u8]; 4] {
    [party.id.bytes(), party.qualifier.bytes(), party.internal.bytes(), party.internal_sub.bytes()]
}

/// The header of an answer: the subject's, turned round.
pub(super) fn write_unb(writer: &mut Writer, header: &Header, version: u8, reference: &str, now: Timestamp) {
    // `2026-11-22T09:25:00.000Z`
    let now = now.to_string();
    let digits: String = now.chars().filter(char::is_ascii_digit).collect();
    let date = digits.get(if version < 4 { 2..8 } else { 0..8 }).unwrap_or_default();
    let time = digits.get(8..12).unwrap_or_default();
    let test: &[u8] = if header.test { b"1" } else { b"" };
    writer.segment(
        "UNB",
        &[
            &[header.syntax.bytes(), version.to_string().as_bytes()],
            &party(&header.recipient),
            &party(&header.sender),
            &[date.as_bytes(), time.as_bytes()],
            &[reference.as_bytes()],
            &[],
            &[],
            &[],
            &[],
            &[],
            &[test],
        ],
    );
    // UNB and UNZ are not counted by UNT.
    writer.restart_count();
}

/// Code, service segment and position (S011) at the end of UCI, UCF and UCM.
type Fault<'a> = (FaultCode, Option<&'a str>, &'a Place);

fn write_uci(writer: &mut Writer, header: &Header, action: Action, fault: Option<Fault<'_>>) {
    let fault = FaultFields::new(fault);
    writer.segment(
        "UCI",
        &[
            &[header.reference.bytes()],
            &party(&header.sender),
            &party(&header.recipient),
            &[action.code()],
            &[&fault.code],
            &[&fault.tag],
            &[&fault.element, &fault.component],
        ],
    );
}

#[derive(Default)]
struct FaultFields {
    code: Vec<u8>,
    tag: Vec<u8>,
    element: Vec<u8>,
    component: Vec<u8>,
}

impl FaultFields {
    fn new(fault: Option<Fault<'_>>) -> Self {
        let Some((code, tag, place)) = fault else { return Self::default() };
        let mut fields = Self { code: code.to_string().into_bytes(), ..Self::default() };
        if let Some(tag) = tag {
            fields.tag = tag.as_bytes().to_vec();
            (fields.element, fields.component) = position(place);
        }
        fields
    }
}

/// S011: the tag is position 1 (0098); a component is given where there is one (0104).
fn position(place: &Place) -> (Vec<u8>, Vec<u8>) {
    if place.element == 0 {
        return (Vec::new(), Vec::new());
    }
    let component = if place.component == 0 { String::new() } else { place.component.to_string() };
    ((place.element + 1).to_string().into_bytes(), component.into_bytes())
}

/// Groups and messages that are refused: messages outside groups first (segment group 1), then each
/// group with its messages (segment groups 3 and 4).
fn write_refused(writer: &mut Writer, report: &Report) {
    for message in report.refused_messages.iter().filter(|m| m.group == 0) {
        write_ucm(writer, report, message);
    }
    for group in &report.refused_groups {
        let broken = write_ucf(writer, report, group);
        if !broken {
            for message in report.refused_messages.iter().filter(|m| m.group == group.index) {
                write_ucm(writer, report, message);
            }
        }
    }
}

/// One group; whether it is refused itself.
fn write_ucf(writer: &mut Writer, report: &Report, group: &GroupHeader) -> bool {
    let error = report.errors_at(Level::Group(group.index)).next();
    let action = if error.is_some() { Action::Rejected } else { Action::Acknowledged };
    let fault = FaultFields::new(error.map(|f| service_fault(f, &["UNG", "UNE"])));
    writer.segment(
        "UCF",
        &[
            &[group.reference.bytes()],
            &[group.sender.id.bytes(), group.sender.qualifier.bytes()],
            &[group.recipient.id.bytes(), group.recipient.qualifier.bytes()],
            &[action.code()],
            &[&fault.code],
            &[&fault.tag],
            &[&fault.element, &fault.component],
        ],
    );
    error.is_some()
}

fn service_fault<'a>(finding: &'a Finding, tags: &[&str]) -> Fault<'a> {
    let tag = Some(finding.place.tag.as_str()).filter(|t| tags.contains(t));
    (finding.code, tag, &finding.place)
}

/// The most segment errors listed for one message (segment groups 2 and 5 repeat 999 times).
const SEGMENT_ERRORS: usize = 999;

fn write_ucm(writer: &mut Writer, report: &Report, message: &MessageHeader) {
    let errors: Vec<&Finding> = report.errors_at(Level::Message(message.index)).collect();
    let own = |f: &&&Finding| matches!(f.place.tag.as_str(), "UNH" | "UNT");
    let service = errors.iter().find(own).map(|f| service_fault(f, &["UNH", "UNT"]));
    // Every error of this message may have been one too many to keep.
    let unkept = errors.is_empty().then(Place::default);
    let fault = service.or(unkept.as_ref().map(|place| (FaultCode::UNSPECIFIED, None, place)));
    let fault = FaultFields::new(fault);
    writer.segment(
        "UCM",
        &[
            &[message.reference.bytes()],
            &[
                message.kind.bytes(),
                message.version.bytes(),
                message.release.bytes(),
                message.agency.bytes(),
                message.association.bytes(),
            ],
            &[Action::Rejected.code()],
            &[&fault.code],
            &[&fault.tag],
            &[&fault.element, &fault.component],
        ],
    );
    for finding in errors.iter().filter(|f| !own(f)).take(SEGMENT_ERRORS) {
        write_ucs(writer, finding);
    }
}

fn write_ucs(writer: &mut Writer, finding: &Finding) {
    let segment = finding.place.in_message.to_string();
    let code = finding.code.to_string();
    if finding.place.element == 0 {
        writer.segment("UCS", &[&[segment.as_bytes()], &[code.as_bytes()]]);
        return;
    }
    writer.segment("UCS", &[&[segment.as_bytes()]]);
    let (element, component) = position(&finding.place);
    writer.segment("UCD", &[&[code.as_bytes()], &[&element, &component]]);
}

/// A CONTRL that was read.
#[derive(Clone, Debug, Serialize)]
pub struct Contrl {
    /// Who sent the answer, to whom, under which reference.
    pub header: Header,
    /// The control reference of the interchange it answers.
    pub reference: Value,
    /// The sender of the interchange it answers.
    pub sender: Party,
    /// The recipient of the interchange it answers.
    pub recipient: Party,
    /// What became of the interchange.
    pub action: Action,
    /// The error in its UNA, UNB or UNZ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Reported>,
    /// Groups spoken of.
    pub groups: Vec<GroupAnswer>,
    /// Messages spoken of, in groups or not.
    pub messages: Vec<MessageAnswer>,
    /// Segments of the answer that were not kept because there are too many.
    pub left_out: u64,
}

/// An error with its position, as CONTRL reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// The code (0085).
    pub code: FaultCode,
    /// The service segment it is in; empty when the position is in a segment named otherwise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// The element, counted from 1 after the tag; 0 for the segment as a whole.
    pub element: u32,
    /// The component, counted from 1; 0 for the element as a whole.
    pub component: u32,
}

/// What became of a group (UCF).
#[derive(Clone, Debug, Serialize)]
pub struct GroupAnswer {
    /// The group reference.
    pub reference: Value,
    /// What became of it.
    pub action: Action,
    /// The error in its UNG or UNE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Reported>,
}

/// What became of a message (UCM).
#[derive(Clone, Debug, Serialize)]
pub struct MessageAnswer {
    /// The reference of its group; `None` outside groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Value>,
    /// The message reference.
    pub reference: Value,
    /// The kind of message.
    pub kind: Value,
    /// What became of it.
    pub action: Action,
    /// The error in its UNH or UNT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Reported>,
    /// Errors in its segments.
    pub segments: Vec<SegmentAnswer>,
}

/// Errors in one segment (UCS, UCD).
#[derive(Clone, Debug, Serialize)]
pub struct SegmentAnswer {
    /// The segment, counted from 1 in the message.
    pub segment: u64,
    /// The error of the segment as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<FaultCode>,
    /// Errors of its elements.
    pub elements: Vec<Reported>,
}

impl Contrl {
    /// What became of the interchange, in one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let refused = self.groups.iter().any(|g| g.action == Action::Rejected)
            || self.messages.iter().any(|m| m.action == Action::Rejected);
        match self.action {
            Action::Rejected => Verdict::Rejected,
            Action::Acknowledged | Action::Received if refused => Verdict::PartlyRejected,
            Action::Acknowledged | Action::Received => Verdict::Accepted,
        }
    }

    /// Line by line for people: what is answered, what became of it, every error with its place.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let words = crate::messages();
        let first = [("reference", self.reference.text()), ("action", &self.action.text(lang))];
        let mut lines = vec![words.text(lang, "contrl-interchange", &first)];
        lines.extend(self.error.as_ref().map(|e| e.line(lang)));
        for group in &self.groups {
            let args = [("reference", group.reference.text()), ("action", &group.action.text(lang))];
            lines.push(words.text(lang, "contrl-group", &args));
            lines.extend(group.error.as_ref().map(|e| e.line(lang)));
        }
        for message in &self.messages {
            let (reference, kind) = (message.reference.text(), message.kind.text());
            let args = [("reference", reference), ("kind", kind), ("action", &message.action.text(lang))];
            lines.push(words.text(lang, "contrl-message", &args));
            lines.extend(message.error.as_ref().map(|e| e.line(lang)));
            for segment in &message.segments {
                let whole =
                    segment.code.map(|code| Reported { code, tag: String::new(), element: 0, component: 0 });
                for error in whole.iter().chain(&segment.elements) {
                    let number = segment.segment.to_string();
                    let args = [("number", number.as_str()), ("what", &error.line(lang))];
                    lines.push(words.text(lang, "contrl-segment", &args));
                }
            }
        }
        lines
    }
}

impl Reported {
    /// Code, words and place in one line.
    #[must_use]
    pub fn line(&self, lang: Lang) -> String {
        let words = crate::messages();
        let args = [("code", self.code.to_string()), ("what", self.code.text(lang))];
        let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let mut parts = vec![words.text(lang, "contrl-error", &args)];
        if !self.tag.is_empty() {
            parts.push(self.tag.clone());
        }
        for (key, number) in [("place-element", self.element), ("place-component", self.component)] {
            if number > 0 {
                parts.push(words.text(lang, key, &[("number", &number.to_string())]));
            }
        }
        parts.join(", ")
    }
}

/// The most groups, messages and errors of a CONTRL that are kept.
const KEPT: usize = 10_000;

/// Reads an interchange of CONTRL messages; each answers one interchange.
///
/// # Errors
/// `interchange-invalid` when it cannot be read, is wrong itself, or holds no CONTRL.
pub fn read_contrl(source: &mut dyn Read) -> Result<Vec<Contrl>, Problem> {
    let mut collector = Collector { found: Vec::new(), kept: 0, wrong: None };
    let report = read(source, Options::default(), &mut collector)
        .map_err(|e| Problem::new(ErrorCode::InterchangeInvalid).with("what", "CONTRL").because(e))?;
    if let Some(problem) = report.problem(Lang::En) {
        return Err(problem);
    }
    if let Some(problem) = collector.wrong {
        return Err(problem);
    }
    if collector.found.is_empty() {
        return Err(Problem::new(ErrorCode::InterchangeInvalid)
            .with("what", "UCI")
            .with("why", "no CONTRL in it"));
    }
    Ok(collector.found)
}

struct Collector {
    found: Vec<Contrl>,
    kept: usize,
    wrong: Option<Problem>,
}

impl Visit for Collector {
    fn segment(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        if at.message.is_none_or(|m| m.kind.bytes() != b"CONTRL") || self.wrong.is_some() {
            return;
        }
        let tag = s.tag();
        if tag.as_ref() == b"UCI" {
            return self.interchange(at, s);
        }
        if !matches!(tag.as_ref(), b"UCF" | b"UCM" | b"UCS" | b"UCD") {
            return;
        }
        let Some(current) = self.found.last_mut() else { return };
        if self.kept >= KEPT {
            current.left_out += 1;
            return;
        }
        self.kept += 1;
        if !current.add(tag.as_ref(), s) {
            self.refuse(s);
        }
    }
}

impl Collector {
    fn interchange(&mut self, at: &Position<'_>, s: &Segment<'_>) {
        let (Some(action), true) = (Action::parse(&s.value(4, 1)), self.found.len() < 1000) else {
            return self.refuse(s);
        };
        self.found.push(Contrl {
            header: at.header.clone(),
            reference: value(s, 1, 1),
            sender: party_of(s, 2),
            recipient: party_of(s, 3),
            action,
            error: reported(s, 5),
            groups: Vec::new(),
            messages: Vec::new(),
            left_out: 0,
        });
    }

    fn refuse(&mut self, s: &Segment<'_>) {
        let what = s.charset().text(&s.tag());
        let why = s.charset().text(s.raw().get(..200).unwrap_or(s.raw()));
        self.wrong = Some(Problem::new(ErrorCode::InterchangeInvalid).with("what", what).with("why", why));
    }
}

impl Contrl {
    /// Takes in one segment; `false` when it says nothing that can be understood.
    fn add(&mut self, tag: &[u8], s: &Segment<'_>) -> bool {
        match tag {
            b"UCF" => {
                let Some(action) = Action::parse(&s.value(4, 1)) else { return false };
                self.groups.push(GroupAnswer { reference: value(s, 1, 1), action, error: reported(s, 5) });
            }
            b"UCM" => {
                let Some(action) = Action::parse(&s.value(3, 1)) else { return false };
                self.messages.push(MessageAnswer {
                    group: self.groups.last().map(|g| g.reference.clone()),
                    reference: value(s, 1, 1),
                    kind: value(s, 2, 1),
                    action,
                    error: reported(s, 4),
                    segments: Vec::new(),
                });
            }
            b"UCS" => {
                let (Some(message), Some(segment)) = (self.messages.last_mut(), number(&s.value(1, 1)))
                else {
                    return false;
                };
                let code = FaultCode::parse(&s.value(2, 1));
                message.segments.push(SegmentAnswer { segment, code, elements: Vec::new() });
            }
            _ => {
                let segment = self.messages.last_mut().and_then(|m| m.segments.last_mut());
                let (Some(segment), Some(code)) = (segment, FaultCode::parse(&s.value(1, 1))) else {
                    return false;
                };
                let (element, component) = position_of(s, 2);
                segment.elements.push(Reported { code, tag: String::new(), element, component });
            }
        }
        true
    }
}

fn value(s: &Segment<'_>, element: u32, component: u32) -> Value {
    Value::new(&s.value(element, component), s.charset())
}

fn party_of(s: &Segment<'_>, element: u32) -> Party {
    Party {
        id: value(s, element, 1),
        qualifier: value(s, element, 2),
        internal: value(s, element, 3),
        internal_sub: value(s, element, 4),
    }
}

/// The error, tag and position that start at this element.
fn reported(s: &Segment<'_>, element: u32) -> Option<Reported> {
    let code = FaultCode::parse(&s.value(element, 1))?;
    let tag = s.value(element + 1, 1);
    let tag = s.charset().text(tag.get(..3).unwrap_or(&tag));
    let (place, component) = position_of(s, element + 2);
    Some(Reported { code, tag, element: place, component })
}

fn position_of(s: &Segment<'_>, element: u32) -> (u32, u32) {
    let read =
        |component| number(&s.value(element, component)).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    (read(1).saturating_sub(1), read(2))
}
