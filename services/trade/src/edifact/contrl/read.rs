//! Reads CONTRL.

use std::io::Read;

use corridor_base::{ErrorCode, Lang, Problem};

use super::super::charset::Value;
use super::super::envelope::{Options, Party, Position, Visit, read};
use super::super::fault::FaultCode;
use super::super::token::{Segment, number};
use super::{Action, Contrl, GroupAnswer, MessageAnswer, Reported, SegmentAnswer};

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
