//! What a timeline says of expectations: until when an answer is waited for, that the document was sent again,
//! that the answer is overdue, by how much it was late. What is alike of several messages is said once.

use std::collections::BTreeMap;
use std::time::Duration;

use corridor_base::{Lang, Timestamp};

use super::books::Expected;
use super::timer::Standing;

/// The most messages that one line names.
const NAMED: usize = 5;
/// The most that is told of one document.
const TOLD: usize = 40;

/// Something that happened to an expectation, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When; of what is waited for, until when.
    pub time: Timestamp,
    /// `waiting`, `sent-again`, `overdue` or `late`.
    pub what: &'static str,
    /// The answer it is about.
    pub answer: String,
    /// Which messages, and by how much the answer was late.
    pub lines: Vec<String>,
}

/// What there is to tell of the expectations of one document, in the order of time.
#[must_use]
pub fn told(all: &[Expected], lang: Lang) -> Vec<Told> {
    let mut alike: BTreeMap<(Timestamp, &'static str, &str), Vec<&Expected>> = BTreeMap::new();
    for one in all {
        let timer = &one.timer;
        let waiting = timer.due.filter(|_| timer.standing == Standing::Waiting).map(|at| (at, "waiting"));
        let late = timer.answered.filter(|_| timer.late_by().is_some()).map(|at| (at, "late"));
        let sent_again = timer.sent_again.map(|at| (at, "sent-again"));
        let overdue = timer.escalated.map(|at| (at, "overdue"));
        for (time, what) in [waiting, late, sent_again, overdue].into_iter().flatten() {
            alike.entry((time, what, &one.answer)).or_default().push(one);
        }
    }
    let line = |((time, what, answer), of): ((Timestamp, &'static str, &str), Vec<&Expected>)| {
        let mut lines: Vec<String> = of.iter().filter(|e| e.message > 0).take(NAMED).map(named).collect();
        if of.len() > NAMED {
            let more = (of.len() - NAMED).to_string();
            lines.push(crate::messages().text(lang, "expect-more", &[("number", &more)]));
        }
        let late = of.iter().filter_map(|e| e.timer.late_by()).max().filter(|_| what == "late");
        lines.extend(late.map(|by| {
            let time = span(lang, by);
            crate::messages().text(lang, "expect-late", &[("time", &time)])
        }));
        Told { time, what, answer: answer.to_owned(), lines }
    };
    alike.into_iter().take(TOLD).map(line).collect()
}

fn named(one: &&Expected) -> String {
    format!("{} {}", one.kind, one.number).trim_end().to_owned()
}

/// A time in its two largest units, in words: `2 h 5 min`.
#[must_use]
pub fn span(lang: Lang, time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [("span-d", 86_400, u64::MAX), ("span-h", 3600, 24), ("span-m", 60, 60), ("span-s", 1, 60)];
    let mut parts = Vec::new();
    for (key, length, most) in units {
        let number = (seconds / length) % most;
        if number > 0 && parts.len() < 2 {
            parts.push(crate::messages().text(lang, key, &[("number", &number.to_string())]));
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() {
        parts.push(crate::messages().text(lang, "span-s", &[("number", "0")]));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units() {
        let check = |seconds: u64, expect: [&str; 3]| {
            let found = Lang::ALL.iter().map(|lang| span(*lang, Duration::from_secs(seconds)));
            assert_eq!(found.collect::<Vec<_>>(), expect);
        };
        assert_eq!(Lang::ALL, &[Lang::En, Lang::Ja, Lang::Ko]);
        check(0, ["0 s", "0秒", "0초"]);
        check(59, ["59 s", "59秒", "59초"]);
        check(7500, ["2 h 5 min", "2時間 5分", "2시간 5분"]);
        check(7205, ["2 h", "2時間", "2시간"]);
        check(200_000, ["2 d 7 h", "2日 7時間", "2일 7시간"]);
    }
}
