//! The CONTRL that answers an interchange.

use corridor_base::Timestamp;

use super::super::charset::{BadCharacter, Charset, Value};
use super::super::envelope::{GroupHeader, Header, MessageHeader, Party, Report, Verdict};
use super::super::fault::{FaultCode, Finding, Level, Place};
use super::super::token::Delimiters;
use super::super::write::Writer;
use super::Action;

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
    /// It names no sender, recipient or reference, or none that an answer may repeat; tell the partner by
    /// other means.
    Unaddressable,
}

/// The CONTRL interchange that answers what was read.
///
/// # Errors
/// [`NoAnswer`] when none may or can be given.
pub fn answer(report: &Report, answering: &Answering<'_>) -> Result<Vec<u8>, NoAnswer> {
    let header = report.header.as_ref().ok_or(NoAnswer::Unaddressable)?;
    if report.verdict() == Verdict::Unreadable || !can_address(report, header) {
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
    } else if report.refused_left_out || !can_name(report, header.charset) {
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

/// Whether what UNB says of itself and of the two ends may stand in an answer: one that repeats what is too long
/// there, or a control character, would be refused itself.
fn can_address(report: &Report, header: &Header) -> bool {
    let of = |party: &Party| party_values(party).iter().all(|value| can_stand(value, header.charset));
    !is_too_long(report, "UNB", &[1, 2, 3, 5])
        && can_stand(&header.syntax, header.charset)
        && can_stand(&header.reference, header.charset)
        && of(&header.sender)
        && of(&header.recipient)
}

/// Whether the refused groups and messages can be named; if not, the interchange is refused as a whole.
fn can_name(report: &Report, charset: Charset) -> bool {
    let groups = report.refused_groups.iter().flat_map(|g| {
        [&g.reference, &g.sender.id, &g.sender.qualifier, &g.recipient.id, &g.recipient.qualifier]
    });
    let messages = report
        .refused_messages
        .iter()
        .flat_map(|m| [&m.reference, &m.kind, &m.version, &m.release, &m.agency, &m.association]);
    groups.chain(messages).all(|value| can_stand(value, charset))
        && !is_too_long(report, "UNG", &[2, 3, 5])
        && !is_too_long(report, "UNH", &[1, 2])
}

fn is_too_long(report: &Report, tag: &str, elements: &[u32]) -> bool {
    let is = |f: &Finding| {
        f.code == FaultCode::TOO_LONG && f.place.tag == tag && elements.contains(&f.place.element)
    };
    report.findings.iter().any(is)
}

fn can_stand(value: &Value, charset: Charset) -> bool {
    !matches!(charset.check(value.bytes()), Some((_, BadCharacter::Control)))
}

fn party_values(party: &Party) -> [&Value; 4] {
    [&party.id, &party.qualifier, &party.internal, &party.internal_sub]
}

/// The party as S002 and S003 spell it.
fn party(party: &Party) -> [&[u8]; 4] {
    party_values(party).map(Value::bytes)
}

/// The header of an answer: the subject's, turned round.
pub(in crate::edifact) fn write_unb(
    writer: &mut Writer,
    header: &Header,
    version: u8,
    reference: &str,
    now: Timestamp,
) {
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
