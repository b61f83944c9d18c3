//! Who must have cosigned (C2SP tlog-policy), and the rule of the corridor beside it (LG-2): at least
//! one of each country, never the log's own operator, each operator once.
//!
//! A policy is a file that every tool of tlog-policy reads. What that format has no words for stands in
//! comment lines whose first word is `#corridor`; they are read here, never passed over:
//!
//! ```text
//! log example.jp/log+7b4e0d5c+AS…
//! witness anchor-jp anchor.example.jp/w1+0d1f52e9+BP…
//! witness anchor-kr anchor.example.kr/w1+c01a6f33+BK…
//! group both all anchor-jp anchor-kr
//! quorum both
//! #corridor countries JP KR
//! #corridor log example.jp/log JP customs-jp
//! #corridor witness anchor-jp JP anchor-jp
//! #corridor witness anchor-kr KR anchor-kr
//! #corridor ended old.example.jp/log 70 8sPZ… example.jp/log
//! ```

mod text;

use std::collections::BTreeSet;

use corridor_base::{Country, Timestamp};

use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::{Finding, VerifierKey, is_ahead};
use crate::merkle::Tree;
use crate::verdict::{Check, CheckName, State};

/// The largest policy read, in bytes.
pub const MAX_POLICY: usize = 1 << 20;
/// The most logs, witnesses, groups, and members of a group.
pub const MAX_LINES: usize = 256;
/// The first word of a comment that is read here.
const OURS: &str = "#corridor";

/// Who runs a log or a witness, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// The country.
    pub country: Country,
    /// The name by which the policy tells operators apart.
    pub name: String,
}

/// A log that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its key, named after its origin.
    pub key: VerifierKey,
    /// Where it is read.
    pub url: Option<String>,
    /// Who runs it.
    pub operator: Option<Operator>,
}

/// A witness that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is asked.
    pub url: Option<String>,
    /// Who runs it.
    pub operator: Option<Operator>,
}

/// A log that has ended, and which goes on in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The origin of the log.
    pub origin: String,
    /// The last state that is known of it.
    pub last: Tree,
    /// The origin of the log that goes on.
    pub successor: String,
}

/// So many of these.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: usize,
    members: Vec<Member>,
}

/// A witness or a group, by its place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// Which logs are known, which witnesses, and who of them must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    /// `None` is the quorum that asks for nobody.
    quorum: Option<Member>,
    countries: Vec<Country>,
    ended: Vec<Ended>,
    /// Judges as a browser does, which cannot check ML-DSA-44.
    browser: bool,
}

/// What was found of one witness's cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Counted {
        /// The time it says, in seconds since 1970, if it says one: it counts all the same, and for no time.
        time: Option<u64>,
        /// Whether that lies so far ahead of the clock that it says nothing of when.
        ahead: bool,
    },
    /// It verifies and does not count: the log's own operator made it (LG-2).
    OwnOperator,
    /// It verifies and does not count: its operator has been counted already.
    CountedAlready,
    /// It is there and does not verify.
    Invalid,
    /// It is there, of an algorithm that is not checked here.
    NotChecked,
    /// It is not there.
    Absent,
}

/// How a checkpoint stands under a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether a log that the policy knows signed it.
    pub log: Finding,
    /// Each witness of the policy, by name, in its order.
    pub witnesses: Vec<(String, Standing)>,
    /// Each check, with the witnesses that are missing or wrong: log signature, cosignatures, each
    /// country, quorum.
    pub checks: Vec<Check>,
    /// When the log has ended: where, and which goes on in its place. What was cosigned stands all the
    /// same, and if it lies beyond the end, whoever said where the log ended did not know of it.
    pub ended: Option<Ended>,
}

impl Policy {
    /// The same policy, judging as the script in a browser does: what that cannot check is not checked.
    #[must_use]
    pub fn as_in_a_browser(self) -> Self {
        Self { browser: true, ..self }
    }

    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The countries that must each have cosigned.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// The logs that have ended.
    #[must_use]
    pub fn ended(&self) -> &[Ended] {
        &self.ended
    }

    /// How the log of this origin has ended, if it has.
    #[must_use]
    pub fn ended_log(&self, origin: &str) -> Option<&Ended> {
        self.ended.iter().find(|ended| ended.origin == origin)
    }

    /// The log that this one goes on for.
    #[must_use]
    pub fn predecessor(&self, origin: &str) -> Option<&Ended> {
        self.ended.iter().find(|ended| ended.successor == origin)
    }

    /// The logs of this origin: one, or one a key while a key is being replaced.
    pub fn logs_of(&self, origin: &str) -> impl Iterator<Item = &Log> {
        self.logs.iter().filter(move |log| log.key.name() == origin)
    }

    /// Whether a log that the policy knows signed this checkpoint. One line that does not verify
    /// spoils the note.
    #[must_use]
    pub fn log_finding(&self, checkpoint: &SignedCheckpoint) -> Finding {
        let mut found = Finding::Absent;
        for log in self.logs_of(checkpoint.origin()) {
            match checkpoint.signed_by(&log.key) {
                Finding::Invalid => return Finding::Invalid,
                valid @ Finding::Valid { .. } => found = valid,
                Finding::NotChecked if found == Finding::Absent => found = Finding::NotChecked,
                _ => {}
            }
        }
        found
    }

    /// Judges a checkpoint. Without a clock no time is called ahead of it.
    #[must_use]
    pub fn judge(&self, checkpoint: &SignedCheckpoint, now: Option<Timestamp>) -> Judgement {
        let log = self.log_finding(checkpoint);
        let standings = self.standings(checkpoint, now);
        let mut checks = vec![log_check(log, checkpoint.origin()), self.cosignatures_check(&standings)];
        checks.extend(self.countries.iter().map(|country| self.country_check(country, &standings)));
        checks.push(self.quorum_check(&standings));
        let witnesses = self.witnesses.iter().map(|w| w.name.clone()).zip(standings).collect();
        Judgement { log, witnesses, checks, ended: self.ended_log(checkpoint.origin()).cloned() }
    }

    /// When the checkpoint of this judgement was cosigned: the end of the second in which a witness of each
    /// country that the policy asks for had done so; `None` until then. A time ahead of the clock is no time, and
    /// who says none says nothing of when.
    #[must_use]
    pub fn cosigned_at(&self, judgement: &Judgement) -> Option<Timestamp> {
        let first = |country: Option<&Country>| {
            let pairs = self.witnesses.iter().zip(&judgement.witnesses);
            let of = pairs.filter(|(w, _)| {
                country.is_none_or(|c| w.operator.as_ref().is_some_and(|o| o.country == *c))
            });
            let times = of.filter_map(|(_, (_, standing))| match standing {
                Standing::Counted { time: Some(time), ahead: false } => {
                    i64::try_from(time.checked_mul(1000)?.checked_add(999)?).ok()
                }
                _ => None,
            });
            times.min()
        };
        let times = match self.countries.as_slice() {
            [] => vec![first(None)?],
            countries => countries.iter().map(|c| first(Some(c))).collect::<Option<Vec<_>>>()?,
        };
        times.into_iter().max().map(Timestamp::from_millis)
    }

    /// How each witness stands. Of an operator with several witnesses the first that verifies counts.
    fn standings(&self, checkpoint: &SignedCheckpoint, now: Option<Timestamp>) -> Vec<Standing> {
        let logs = self.logs_of(checkpoint.origin()).filter_map(|l| l.operator.as_ref());
        let own: BTreeSet<&str> = logs.map(|o| o.name.as_str()).collect();
        let (mut counted, mut standings) = (BTreeSet::new(), Vec::new());
        for witness in &self.witnesses {
            let operator = witness.operator.as_ref().map(|o| o.name.as_str());
            let own = operator.is_some_and(|name| own.contains(name));
            standings.push(match witness.key.find_with(checkpoint.note(), !self.browser) {
                Finding::Absent => Standing::Absent,
                Finding::Invalid => Standing::Invalid,
                _ if own => Standing::OwnOperator,
                Finding::Valid { time } => {
                    if operator.is_some_and(|name| !counted.insert(name)) {
                        Standing::CountedAlready
                    } else {
                        let ahead = time.zip(now).is_some_and(|(time, now)| is_ahead(time, now));
                        Standing::Counted { time, ahead }
                    }
                }
                Finding::NotChecked => Standing::NotChecked,
            });
        }
        standings
    }

    fn cosignatures_check(&self, standings: &[Standing]) -> Check {
        let wrong = self.named(standings, |_, standing| standing == Standing::Invalid);
        let state = if wrong.is_empty() { State::Passed } else { State::Failed };
        Check::new(CheckName::Cosignatures, state, wrong)
    }

    fn country_check(&self, country: &Country, standings: &[Standing]) -> Check {
        let of = |w: &Witness| w.operator.as_ref().is_some_and(|o| o.country == *country);
        let counted = self.named(standings, |w, s| of(w) && matches!(s, Standing::Counted { .. }));
        let unchecked = self.named(standings, |w, s| of(w) && s == Standing::NotChecked);
        let name = CheckName::Country(country.clone());
        if !counted.is_empty() {
            Check::new(name, State::Passed, counted)
        } else if !unchecked.is_empty() {
            Check::new(name, State::NotChecked, unchecked)
        } else {
            Check::new(name, State::Pending, self.named(standings, |w, s| of(w) && s == Standing::Absent))
        }
    }

    fn quorum_check(&self, standings: &[Standing]) -> Check {
        let counted = |s: &Standing| matches!(s, Standing::Counted { .. });
        let maybe = |s: &Standing| counted(s) || *s == Standing::NotChecked;
        let state = if self.reached(standings, counted) {
            State::Passed
        } else if self.reached(standings, maybe) {
            State::NotChecked
        } else {
            State::Pending
        };
        let missing = match state {
            State::Passed => Vec::new(),
            State::NotChecked => self.named(standings, |_, s| s == Standing::NotChecked),
            _ => self.named(standings, |_, s| s == Standing::Absent),
        };
        Check::new(CheckName::Quorum, state, missing)
    }

    fn named(&self, standings: &[Standing], wanted: impl Fn(&Witness, Standing) -> bool) -> Vec<String> {
        let pairs = self.witnesses.iter().zip(standings);
        pairs.filter(|(w, s)| wanted(w, **s)).map(|(w, _)| w.name.clone()).collect()
    }

    /// Whether the quorum is reached by the witnesses that `counts` lets count. A group refers only to
    /// groups before it, so one pass decides all.
    fn reached(&self, standings: &[Standing], counts: impl Fn(&Standing) -> bool) -> bool {
        let mut groups: Vec<bool> = Vec::new();
        let holds = |groups: &[bool], member: Member| match member {
            Member::Witness(i) => standings.get(i).is_some_and(&counts),
            Member::Group(i) => groups.get(i).copied().unwrap_or(false),
        };
        for group in &self.groups {
            let count = group.members.iter().filter(|m| holds(&groups, **m)).count();
            groups.push(count >= group.threshold);
        }
        self.quorum.is_none_or(|quorum| holds(&groups, quorum))
    }
}

fn log_check(found: Finding, origin: &str) -> Check {
    let state = match found {
        Finding::Valid { .. } => State::Passed,
        Finding::NotChecked => State::NotChecked,
        Finding::Absent | Finding::Invalid => State::Failed,
    };
    Check::new(CheckName::LogSignature, state, vec![origin.to_owned()])
}

#[cfg(test)]
mod tests;
