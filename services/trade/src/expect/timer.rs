//! The life of one expectation. Pure: the time, what the transport says and what came are passed in, and what
//! is to be done is given back.
//!
//! ```text
//!            due, may be sent again: SendAgain
//!             ┌───┐
//!             │   ▼
//!  begun ──► waiting ──due──► overdue: Escalate
//!             │  │              │  │
//!             │  └── refused ─► void ◄── refused, waived
//!             └─ answered ─► answered ◄─ answered (late)
//! ```

use std::time::Duration;

use corridor_base::Timestamp;
use serde::Serialize;

/// Where an expectation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The answer may still come in time, or the document is on its way again.
    Waiting,
    /// It did not come, however often the document was sent: people have to look.
    Overdue,
    /// It came.
    Answered,
    /// It is waited for no more: the document was refused, or somebody decided so.
    Void,
}

impl Standing {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Waiting, Self::Overdue, Self::Answered, Self::Void];

    /// The word in tables, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Overdue => "overdue",
            Self::Answered => "answered",
            Self::Void => "void",
        }
    }

    /// The standing of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|standing| standing.as_str() == word)
    }
}

/// One expectation in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Timer {
    /// Where it stands.
    pub standing: Standing,
    /// How long the answer may take.
    #[serde(skip)]
    pub within: Duration,
    /// How often the document may be sent again.
    pub resend: u32,
    /// How often it was.
    pub again: u32,
    /// Until when the answer was to come: what comes after this is late.
    pub promised: Timestamp,
    /// When it is looked at next; nothing unless it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When the document was last sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_again: Option<Timestamp>,
    /// When people were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated: Option<Timestamp>,
    /// When the answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
}

/// What the transport says of the document when its answer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// It has never been acknowledged yet.
    UnderWay,
    /// The partner acknowledged it at this time, for the first time.
    Delivered(Timestamp),
    /// It was given up on.
    Failed,
    /// The partner refused it, or it is not there any more.
    Gone,
}

/// What happens to an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer came.
    Answered,
    /// It is looked at.
    Looked(Transport),
    /// It is looked at, and no agreement lets the document be sent again.
    Forbidden,
    /// What was sent is refused as a whole, or somebody decided to wait no longer.
    Ended,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nothing.
    Nothing,
    /// The document is sent again.
    SendAgain,
    /// People are told.
    Escalate,
}

impl Timer {
    /// Begins to wait.
    #[must_use]
    pub fn begun(now: Timestamp, within: Duration, resend: u32) -> Self {
        let due = now.plus(within);
        Self {
            standing: Standing::Waiting,
            within,
            resend,
            again: 0,
            promised: due,
            due: Some(due),
            sent_again: None,
            escalated: None,
            answered: None,
        }
    }

    /// What an event makes of it, and what is to be done.
    #[must_use]
    pub fn on(self, now: Timestamp, event: Event) -> (Self, Deed) {
        match (self.standing, event) {
            (Standing::Answered, _) => (self, Deed::Nothing),
            // Even what nobody waits for any more is noted when it comes.
            (_, Event::Answered) => {
                let answered = Self { standing: Standing::Answered, answered: Some(now), due: None, ..self };
                (answered, Deed::Nothing)
            }
            (Standing::Waiting | Standing::Overdue, Event::Ended) => {
                (Self { standing: Standing::Void, due: None, ..self }, Deed::Nothing)
            }
            (Standing::Waiting, Event::Looked(transport)) if self.due.is_some_and(|due| due <= now) => {
                self.looked(now, transport)
            }
            (Standing::Waiting, Event::Forbidden) => self.overdue(now),
            _ => (self, Deed::Nothing),
        }
    }

    fn looked(self, now: Timestamp, transport: Transport) -> (Self, Deed) {
        match transport {
            // Nothing is missing while the partner does not have it.
            Transport::UnderWay => (self.waits(now.plus(self.within)), Deed::Nothing),
            Transport::Delivered(at) if self.again == 0 && at.plus(self.within) > now => {
                (self.waits(at.plus(self.within)), Deed::Nothing)
            }
            Transport::Delivered(_) if self.again < self.resend => {
                let due = Some(now.plus(self.within));
                (Self { again: self.again + 1, sent_again: Some(now), due, ..self }, Deed::SendAgain)
            }
            Transport::Delivered(_) | Transport::Failed => self.overdue(now),
            Transport::Gone => (Self { standing: Standing::Void, due: None, ..self }, Deed::Nothing),
        }
    }

    /// Waits until then. Until the document is sent again that is what was promised.
    fn waits(self, due: Timestamp) -> Self {
        let promised = if self.again == 0 { due } else { self.promised };
        Self { due: Some(due), promised, ..self }
    }

    fn overdue(self, now: Timestamp) -> (Self, Deed) {
        let overdue = Self { standing: Standing::Overdue, escalated: Some(now), due: None, ..self };
        (overdue, Deed::Escalate)
    }

    /// By how much the answer was late; nothing when it was not, or is not there.
    #[must_use]
    pub fn late_by(&self) -> Option<Duration> {
        self.answered.filter(|at| *at > self.promised).map(|at| at.since(self.promised))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    /// What becomes of an expectation of one hour, sent again this often, by events at their minutes.
    fn check(resend: u32, events: &[(i64, Event)], standing: Standing, deeds: &[Deed]) -> Timer {
        let mut timer = Timer::begun(at(0), HOUR, resend);
        let mut done = Vec::new();
        for (minute, event) in events {
            let deed;
            (timer, deed) = timer.on(at(*minute), *event);
            if deed != Deed::Nothing {
                done.push(deed);
            }
        }
        assert_eq!((timer.standing, done.as_slice()), (standing, deeds), "{events:?}");
        timer
    }

    #[test]
    fn an_answer_is_waited_for_asked_for_and_missed() {
        let looked = |minute: i64| (minute, Event::Looked(Transport::Delivered(at(0))));
        check(0, &[looked(59)], Standing::Waiting, &[]);
        check(0, &[looked(60)], Standing::Overdue, &[Deed::Escalate]);
        check(0, &[looked(60), looked(61)], Standing::Overdue, &[Deed::Escalate]);
        check(1, &[looked(60), looked(61)], Standing::Waiting, &[Deed::SendAgain]);
        check(1, &[looked(60), looked(120)], Standing::Overdue, &[Deed::SendAgain, Deed::Escalate]);
        let in_time = check(1, &[(59, Event::Answered), looked(60)], Standing::Answered, &[]);
        assert_eq!(in_time.late_by(), None);
        let asked = check(1, &[looked(60), (75, Event::Answered)], Standing::Answered, &[Deed::SendAgain]);
        assert_eq!(asked.late_by(), Some(HOUR / 4));
        let missed = check(0, &[looked(60), (180, Event::Answered)], Standing::Answered, &[Deed::Escalate]);
        assert_eq!(missed.late_by(), Some(HOUR * 2));
    }

    #[test]
    fn the_time_runs_from_the_acknowledgement() {
        let under_way = (60, Event::Looked(Transport::UnderWay));
        let waits = check(0, &[under_way], Standing::Waiting, &[]);
        assert_eq!((waits.due, waits.promised), (Some(at(120)), at(120)));
        let late = |minute: i64| (minute, Event::Looked(Transport::Delivered(at(90))));
        let waits = check(0, &[under_way, late(120)], Standing::Waiting, &[]);
        assert_eq!((waits.due, waits.promised), (Some(at(150)), at(150)));
        check(0, &[under_way, late(120), late(150)], Standing::Overdue, &[Deed::Escalate]);
        check(1, &[(60, Event::Looked(Transport::Failed))], Standing::Overdue, &[Deed::Escalate]);
        check(1, &[(60, Event::Looked(Transport::Gone))], Standing::Void, &[]);
        check(1, &[(60, Event::Forbidden)], Standing::Overdue, &[Deed::Escalate]);
    }

    #[test]
    fn what_is_refused_is_not_waited_for() {
        check(1, &[(5, Event::Ended), (60, Event::Looked(Transport::Failed))], Standing::Void, &[]);
        check(1, &[(5, Event::Ended), (6, Event::Answered)], Standing::Answered, &[]);
    }

    fn transports() -> impl Strategy<Value = Transport> {
        prop_oneof![
            Just(Transport::UnderWay),
            (0i64..2000).prop_map(|minute| Transport::Delivered(at(minute))),
            Just(Transport::Failed),
            Just(Transport::Gone),
        ]
    }

    fn events() -> impl Strategy<Value = Event> {
        prop_oneof![
            2 => Just(Event::Answered),
            20 => transports().prop_map(Event::Looked),
            1 => Just(Event::Forbidden),
            1 => Just(Event::Ended),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_it_holds_together(
            resend in 0u32..5,
            steps in proptest::collection::vec((0i64..200, events()), 0..40),
        ) {
            let mut timer = Timer::begun(at(0), HOUR, resend);
            let (mut sent, mut told, mut now) = (0, 0, 0);
            for (pause, event) in steps {
                now += pause;
                let before = timer;
                let deed;
                (timer, deed) = timer.on(at(now), event);
                sent += u32::from(deed == Deed::SendAgain);
                told += u32::from(deed == Deed::Escalate);
                prop_assert_eq!((timer.again, told), (sent, u32::from(timer.escalated.is_some())));
                prop_assert!(sent <= resend && told <= 1);
                // Looked at again exactly while it waits, and never in the past.
                prop_assert_eq!(timer.due.is_some(), timer.standing == Standing::Waiting);
                prop_assert!(timer.due.is_none_or(|due| due > before.due.unwrap_or(due)
                    || Some(due) == before.due));
                prop_assert!(timer.promised >= before.promised);
                if before.again > 0 {
                    prop_assert_eq!(timer.promised, before.promised);
                }
                if before.standing == Standing::Answered {
                    prop_assert_eq!(timer, before);
                }
                prop_assert_eq!(timer.answered.is_some(), timer.standing == Standing::Answered);
                prop_assert!(timer.late_by().is_none_or(|late| !late.is_zero()));
            }
        }

        /// One that is delivered and never answered is sent again as often as was agreed, and told once.
        #[test]
        fn silence_ends_in_people(resend in 0u32..10, pause in 1i64..90) {
            let mut timer = Timer::begun(at(0), HOUR, resend);
            let (mut sent, mut told) = (0, 0);
            for step in 1..2000 {
                let deed;
                (timer, deed) = timer.on(at(step * pause), Event::Looked(Transport::Delivered(at(0))));
                sent += u32::from(deed == Deed::SendAgain);
                told += u32::from(deed == Deed::Escalate);
            }
            prop_assert_eq!((sent, told, timer.standing), (resend, 1, Standing::Overdue));
        }
    }
}
