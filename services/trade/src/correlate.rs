//! Which sent interchange a CONTRL answers, and what state that puts it in. Pure: the facts of what
//! was sent are passed in, and what follows is given back to be stored.

use corridor_base::Lang;
use serde::{Deserialize, Serialize};

use crate::edifact::{Action, Contrl, Header, Party, Verdict};

/// The facts of an interchange that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its sender.
    pub sender: Party,
    /// Its recipient.
    pub recipient: Party,
    /// Its control reference.
    pub reference: Vec<u8>,
    /// How many messages and packages it holds, if that is known: tells "some refused" from "all
    /// refused".
    pub messages: Option<u64>,
}

impl Sent {
    /// The facts in a header that was read.
    #[must_use]
    pub fn of(header: &Header, messages: Option<u64>) -> Self {
        Self {
            sender: header.sender.clone(),
            recipient: header.recipient.clone(),
            reference: header.reference.bytes().to_vec(),
            messages,
        }
    }
}

/// What is known of a sent interchange from its answers. A receipt in transport is not here: it
/// says that bytes arrived, not what an institution makes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// No answer yet.
    #[default]
    Sent,
    /// The partner says it was received.
    Received,
    /// All of it is accepted.
    Accepted,
    /// Some messages are refused.
    PartlyRejected,
    /// All of it is refused.
    Rejected,
}

impl State {
    /// In one language.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let key = match self {
            Self::Sent => "state-sent",
            Self::Received => "state-received",
            Self::Accepted => "state-accepted",
            Self::PartlyRejected => "state-partly-rejected",
            Self::Rejected => "state-rejected",
        };
        crate::messages().text(lang, key, &[])
    }

    /// Whether a verdict was given.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Sent | Self::Received)
    }
}

/// What an answer does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The state is now this.
    Moves(State),
    /// It was known already: the same answer again, or a receipt after the verdict.
    Stays,
    /// The verdict differs from the one given before; that one stands, and people must look.
    Contradicts(State),
}

/// The next state after an answer.
#[must_use]
pub fn advance(now: State, answer: State) -> Step {
    match (now, answer) {
        (now, answer) if now == answer => Step::Stays,
        (_, State::Sent) => Step::Stays,
        (now, State::Received) if now.is_final() => Step::Stays,
        (now, answer) if now.is_final() => Step::Contradicts(answer),
        (_, answer) => Step::Moves(answer),
    }
}

/// The state a CONTRL asks for, given the interchange it answers.
#[must_use]
pub fn answered(contrl: &Contrl, sent: &Sent) -> State {
    let refused = contrl.messages.iter().filter(|m| m.action == Action::Rejected).count() as u64;
    match contrl.verdict() {
        Verdict::Rejected | Verdict::Unreadable => State::Rejected,
        Verdict::PartlyRejected if sent.messages.is_some_and(|all| refused >= all) => State::Rejected,
        Verdict::PartlyRejected => State::PartlyRejected,
        Verdict::Accepted if contrl.action == Action::Received => State::Received,
        Verdict::Accepted => State::Accepted,
    }
}

/// What a CONTRL answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The interchange at this place in the list; the answer came from the party it was sent to.
    One(usize),
    /// The interchange at this place, but the answer came from another party: a hub, or a fraud.
    FromOther(usize),
    /// Nothing that was sent.
    None,
    /// More than one: the references are not unique.
    Several,
}

/// Finds the interchange that a CONTRL answers: the same reference, sender and recipient
/// (ISO 9735-4, UCI). A qualifier that one side leaves out is no difference; internal addresses are
/// for routing and are not compared.
#[must_use]
pub fn find(contrl: &Contrl, sent: &[Sent]) -> Found {
    let fits = |s: &Sent| {
        s.reference == contrl.reference.bytes()
            && same(&s.sender, &contrl.sender)
            && same(&s.recipient, &contrl.recipient)
    };
    let mut fitting = sent.iter().enumerate().filter(|(_, s)| fits(s));
    match (fitting.next(), fitting.next()) {
        (None, _) => Found::None,
        (Some(_), Some(_)) => Found::Several,
        (Some((at, s)), None) if same(&s.recipient, &contrl.header.sender) => Found::One(at),
        (Some((at, _)), None) => Found::FromOther(at),
    }
}

fn same(a: &Party, b: &Party) -> bool {
    let open = a.qualifier.is_empty() || b.qualifier.is_empty();
    a.id == b.id && (open || a.qualifier == b.qualifier)
}
