//! Witnesses and mirrors that do not do what they are asked are asked again, ever more patiently, until
//! they do (LG-2); and what keeps them from it is said when it begins, not each time.

use std::time::Duration;

use corridor_base::{ErrorCode, Problem, Timestamp};

/// The longest pause before somebody is asked again who does not know the log: the next trust list tells.
const STRANGER: Duration = Duration::from_secs(5);

/// How somebody failed since it last did as it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How often in a row.
    pub in_a_row: u32,
    /// When it is asked again.
    pub not_before: Option<Timestamp>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// It does not know this log (404): it will, once it has taken in the list that names it.
    pub stranger: bool,
}

impl Failures {
    /// Whether it is left alone for now.
    pub(crate) fn waits(&self, now: Timestamp) -> bool {
        self.not_before.is_some_and(|at| now < at)
    }

    /// It failed once more: the pause starts at `first`, and each failure doubles it up to `longest`. True when
    /// it is another failure than the last one.
    pub(crate) fn add(
        &mut self,
        problem: &Problem,
        now: Timestamp,
        first: Duration,
        longest: Duration,
    ) -> bool {
        self.stranger = problem.code() == ErrorCode::LogUnknown;
        let longest = if self.stranger { longest.min(STRANGER) } else { longest };
        let pause = first.saturating_mul(1u32 << self.in_a_row.min(20)).min(longest);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.not_before = Some(now.plus(pause));
        let before = self.last_error.replace(problem.to_string());
        before != self.last_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_news_once() {
        let (mut failures, now) = (Failures::default(), Timestamp::from_millis(0));
        let mut check = |code: ErrorCode, pause: u64, news: bool| {
            let problem = Problem::new(code);
            let said = failures.add(&problem, now, Duration::from_secs(1), Duration::from_secs(60));
            assert_eq!(
                (said, failures.not_before),
                (news, Some(now.plus(Duration::from_secs(pause)))),
                "{code}"
            );
        };
        for (pause, news) in [(1, true), (2, false), (4, false), (8, false)] {
            check(ErrorCode::PartnerUnreachable, pause, news);
        }
        for (pause, news) in [(5, true), (5, false)] {
            check(ErrorCode::LogUnknown, pause, news);
        }
        check(ErrorCode::PartnerUnreachable, 60, true);
    }
}
