//! What a CONTRL says, as values and in words.

use corridor_base::Lang;
use serde::Serialize;

use super::super::charset::Value;
use super::super::envelope::{Header, Party, Verdict};
use super::super::fault::FaultCode;
use super::Action;

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
        parts.join(lang.comma())
    }
}
