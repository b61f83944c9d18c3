//! Who must have cosigned (C2SP tlog-policy), and the rule of the corridor beside it (LG-2): at least
//! one of each country, never the log's own operator, each operator once.
//!
//! A policy is a file that every tool of tlog-policy reads. What that format has no words for stands in
//! comment lines that begin with `#corridor` and are read here, never passed over:
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

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use corridor_base::{Country, ErrorCode, Problem, Timestamp};

use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::{Finding, VerifierKey, is_ahead};
use crate::merkle::{Tree, parse_hash, parse_number, print_hash};
use crate::statement::refuse;
use crate::verdict::{Check, CheckName, State};

/// The largest policy read, in bytes.
pub const MAX_POLICY: usize = 1 << 20;
/// The most logs, witnesses, groups, and members of a group.
pub const MAX_LINES: usize = 256;
/// How a comment begins that is read here.
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
        /// The time it says, in seconds since 1970.
        time: u64,
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
    /// country that the policy asks for had done so; `None` until then. A time ahead of the clock is no time.
    #[must_use]
    pub fn cosigned_at(&self, judgement: &Judgement) -> Option<Timestamp> {
        let first = |country: Option<&Country>| {
            let pairs = self.witnesses.iter().zip(&judgement.witnesses);
            let of = pairs.filter(|(w, _)| {
                country.is_none_or(|c| w.operator.as_ref().is_some_and(|o| o.country == *c))
            });
            let times = of.filter_map(|(_, (_, standing))| match standing {
                Standing::Counted { time, ahead: false } => {
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
                Finding::Valid { time: Some(time) } => {
                    if operator.is_some_and(|name| !counted.insert(name)) {
                        Standing::CountedAlready
                    } else {
                        Standing::Counted { time, ahead: now.is_some_and(|now| is_ahead(time, now)) }
                    }
                }
                Finding::Valid { time: None } | Finding::NotChecked => Standing::NotChecked,
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

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// `malformed`, naming the line; `too-large`; what a key's own form says.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_POLICY {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "witness policy")
                .with("limit", format!("{MAX_POLICY} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        if text.bytes().any(|b| (b < b' ' && b != b'\t' && b != b'\n') || b == 0x7f) {
            return Err(bad("it holds control characters"));
        }
        let mut reader = Reader::default();
        for (number, line) in text.split('\n').enumerate() {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|w| !w.is_empty()).collect();
            reader.line(&words).map_err(|p| p.with("line", number + 1))?;
        }
        reader.finish()
    }
}

fn bad(why: &str) -> Problem {
    refuse("witness policy", why)
}

/// A policy as it is read, line by line.
#[derive(Default)]
struct Reader {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Option<Member>>,
    names: BTreeMap<String, Member>,
    grouped: BTreeSet<Member>,
    countries: Option<Vec<Country>>,
    ended: Vec<Ended>,
    log_operators: BTreeMap<String, Operator>,
    witness_operators: BTreeMap<String, Operator>,
}

impl Reader {
    fn line(&mut self, words: &[&str]) -> Result<(), Problem> {
        match words {
            [] => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            [OURS, "countries", countries @ ..] => self.countries(countries),
            [OURS, "log", origin, country, operator] => {
                place(&mut self.log_operators, origin, country, operator)
            }
            [OURS, "witness", name, country, operator] => {
                place(&mut self.witness_operators, name, country, operator)
            }
            [OURS, "ended", origin, size, root, successor] => self.ended(origin, size, root, successor),
            [first, ..] if first.starts_with('#') && !first.starts_with(OURS) => Ok(()),
            _ => Err(bad("a line that is not known")),
        }
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), Problem> {
        let key: VerifierKey = key.parse()?;
        if self.logs.len() == MAX_LINES || self.logs.iter().any(|l| l.key.bytes() == key.bytes()) {
            return Err(bad("too many logs, or a key twice"));
        }
        self.logs.push(Log { key, url: url.map(str::to_owned), operator: None });
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), Problem> {
        let key: VerifierKey = key.parse()?;
        if !key.cosigns() {
            return Err(bad("a witness's key is of type 4 or 6"));
        }
        if self.witnesses.len() == MAX_LINES || self.witnesses.iter().any(|w| w.key.bytes() == key.bytes()) {
            return Err(bad("too many witnesses, or a key twice"));
        }
        self.name(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness {
            name: name.to_owned(),
            key,
            url: url.map(str::to_owned),
            operator: None,
        });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), Problem> {
        if self.groups.len() == MAX_LINES || members.len() > MAX_LINES {
            return Err(bad("too many groups, or members of one"));
        }
        let mut found = Vec::new();
        for member in members {
            let member =
                *self.names.get(*member).ok_or_else(|| bad("a member that is not defined before"))?;
            if !self.grouped.insert(member) {
                return Err(bad("a member that is in a group already"));
            }
            found.push(member);
        }
        let threshold = match threshold {
            "any" => 1,
            "all" => found.len(),
            number => number.parse().ok().filter(|n: &usize| n.to_string() == number).unwrap_or(0),
        };
        if !(1..=found.len()).contains(&threshold) {
            return Err(bad("a threshold from 1 to the number of members expected"));
        }
        self.name(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name: name.to_owned(), threshold, members: found });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), Problem> {
        let quorum = match name {
            "none" => None,
            name => Some(*self.names.get(name).ok_or_else(|| bad("a quorum that is not defined before"))?),
        };
        if self.quorum.replace(quorum).is_some() { Err(bad("a second quorum")) } else { Ok(()) }
    }

    /// Witnesses and groups share their names; words of the format are none.
    fn name(&mut self, name: &str, member: Member) -> Result<(), Problem> {
        let taken =
            ["none", "any", "all"].contains(&name) || self.names.insert(name.to_owned(), member).is_some();
        if taken || name.len() > 255 { Err(bad("a name that is taken or too long")) } else { Ok(()) }
    }

    fn countries(&mut self, countries: &[&str]) -> Result<(), Problem> {
        let parsed: Vec<Country> = countries.iter().map(|c| c.parse()).collect::<Result<_, _>>()?;
        if parsed.is_empty() || !parsed.is_sorted_by(|a, b| a < b) {
            return Err(bad("countries, ordered by code, each once, expected"));
        }
        if self.countries.replace(parsed).is_some() { Err(bad("a second line of countries")) } else { Ok(()) }
    }

    fn ended(&mut self, origin: &str, size: &str, root: &str, successor: &str) -> Result<(), Problem> {
        let last = Tree { size: parse_number(size)?, root: parse_hash(root)? };
        let twice = self.ended.iter().any(|e| e.origin == origin || e.successor == successor);
        if twice || origin == successor || self.ended.len() == MAX_LINES {
            return Err(bad("a log that ends twice, or goes on for two"));
        }
        let (origin, successor) = (origin.to_owned(), successor.to_owned());
        self.ended.push(Ended { origin, last, successor });
        Ok(())
    }

    /// Everything is read: give everyone an operator and see that nothing is left over.
    fn finish(mut self) -> Result<Policy, Problem> {
        let quorum = self.quorum.ok_or_else(|| bad("no quorum"))?;
        let mut everywhere = BTreeMap::new();
        for operator in self.log_operators.values().chain(self.witness_operators.values()) {
            if everywhere.insert(&operator.name, &operator.country).is_some_and(|c| *c != operator.country) {
                return Err(bad("an operator in two countries"));
            }
        }
        let known: BTreeSet<&str> = self.logs.iter().map(|l| l.key.name()).collect();
        let mut named = self.log_operators.keys().chain(self.ended.iter().map(|ended| &ended.origin));
        let unknown_log = named.any(|origin| !known.contains(origin.as_str()));
        let unknown_witness =
            self.witness_operators.keys().any(|n| !matches!(self.names.get(n), Some(Member::Witness(_))));
        if unknown_log || unknown_witness {
            return Err(bad("an operator of a log or witness that is not defined"));
        }
        let log_keys: BTreeSet<&[u8]> = self.logs.iter().map(|l| l.key.bytes()).collect();
        if self.witnesses.iter().any(|w| log_keys.contains(w.key.bytes())) {
            return Err(bad("a log's key is a witness's key"));
        }
        for log in &mut self.logs {
            log.operator = self.log_operators.get(log.key.name()).cloned();
        }
        for witness in &mut self.witnesses {
            witness.operator = self.witness_operators.get(&witness.name).cloned();
        }
        let nameless = self.logs.iter().any(|l| l.operator.is_none())
            || self.witnesses.iter().any(|w| w.operator.is_none());
        if self.countries.is_some() && nameless {
            return Err(bad("where countries are named, every log and witness has its operator"));
        }
        let countries = self.countries.unwrap_or_default();
        let (logs, witnesses, groups, ended) = (self.logs, self.witnesses, self.groups, self.ended);
        Ok(Policy { logs, witnesses, groups, quorum, countries, ended, browser: false })
    }
}

fn place(
    operators: &mut BTreeMap<String, Operator>,
    of: &str,
    country: &str,
    operator: &str,
) -> Result<(), Problem> {
    let operator = Operator { country: country.parse()?, name: operator.to_owned() };
    if operators.insert(of.to_owned(), operator).is_some() { Err(bad("a second operator")) } else { Ok(()) }
}

/// The file: every tool of tlog-policy reads it.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: &Option<String>| url.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
        for log in &self.logs {
            writeln!(f, "log {}{}", log.key, url(&log.url))?;
        }
        for witness in &self.witnesses {
            writeln!(f, "witness {} {}{}", witness.name, witness.key, url(&witness.url))?;
        }
        for group in &self.groups {
            write!(f, "group {} {}", group.name, group.threshold)?;
            group.members.iter().try_for_each(|m| write!(f, " {}", self.name_of(*m)))?;
            writeln!(f)?;
        }
        writeln!(f, "quorum {}", self.quorum.map_or("none", |q| self.name_of(q)))?;
        if !self.countries.is_empty() {
            write!(f, "{OURS} countries")?;
            self.countries.iter().try_for_each(|c| write!(f, " {c}"))?;
            writeln!(f)?;
        }
        let mut told = BTreeSet::new();
        for log in &self.logs {
            let (origin, Some(o)) = (log.key.name(), &log.operator) else { continue };
            if told.insert(origin) {
                writeln!(f, "{OURS} log {origin} {} {}", o.country, o.name)?;
            }
        }
        for witness in &self.witnesses {
            let Some(o) = &witness.operator else { continue };
            writeln!(f, "{OURS} witness {} {} {}", witness.name, o.country, o.name)?;
        }
        for Ended { origin, last, successor } in &self.ended {
            writeln!(f, "{OURS} ended {origin} {} {} {successor}", last.size, print_hash(&last.root))?;
        }
        Ok(())
    }
}

impl Policy {
    fn name_of(&self, member: Member) -> &str {
        let name = match member {
            Member::Witness(i) => self.witnesses.get(i).map(|w| &w.name),
            Member::Group(i) => self.groups.get(i).map(|g| &g.name),
        };
        name.map_or("none", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of type 1, as logs have it.
    const NOTE_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    /// Three keys of witnesses.
    fn keys() -> [String; 3] {
        use crate::SecretKey;
        use crate::key::Signer;
        [1u8, 2, 3].map(|n| {
            let key = SecretKey::from_seed("k", &[n; 32]).unwrap();
            VerifierKey::cosignature(&format!("w{n}.example/w"), key.public().clone()).to_string()
        })
    }

    fn check(text: &str, expect: Result<(), &str>) {
        let [a, b, c] = keys();
        let text = text.replace("KEY1", &a).replace("KEY2", &b).replace("KEY3", &c);
        let got = Policy::parse(text.as_bytes());
        match (expect, got) {
            (Ok(()), Ok(policy)) => assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy),
            (Err(why), Err(problem)) => {
                assert!(problem.arg("why").unwrap_or_default().contains(why), "{text}: {problem:?}");
            }
            (expect, got) => panic!("{text}: {got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn the_format_of_tlog_policy_is_read() {
        check("quorum none\n", Ok(()));
        check("quorum none", Ok(()));
        check(&format!("log {NOTE_KEY} https://sum.golang.org/\nquorum none\n"), Ok(()));
        check(&format!("log {NOTE_KEY}\nlog {NOTE_KEY}\nquorum none\n"), Err("twice"));
        check("witness a KEY1\nquorum a\n", Ok(()));
        check("\n # a comment\n\twitness  a\tKEY1 https://a.example/ \n\nquorum a\n#\n#c", Ok(()));
        check(
            "witness a KEY1\nwitness b KEY2\nwitness c KEY3\ngroup g 2 a b\ngroup h all g c\nquorum h\n",
            Ok(()),
        );
        check("witness \u{c704} KEY1\ngroup g any \u{c704}\nquorum g\n", Ok(()));
    }

    #[test]
    fn what_is_not_of_the_format_is_refused() {
        check("", Err("no quorum"));
        check("quorum a\n", Err("not defined"));
        check("quorum none\nquorum none\n", Err("second quorum"));
        check("witness a KEY1\nwitness a KEY2\nquorum a\n", Err("taken"));
        check("witness a KEY1\nwitness b KEY1\nquorum a\n", Err("twice"));
        check("witness none KEY1\nquorum none\n", Err("taken"));
        check("witness a KEY1\ngroup a any a\nquorum a\n", Err("taken"));
        check("group g any g\nquorum g\n", Err("not defined"));
        check("group g any\nquorum g\n", Err("threshold"));
        for threshold in ["0", "2", "-1", "+1", "01", "1.0", "ALL", ""] {
            check(&format!("witness a KEY1\ngroup g {threshold} a\nquorum g\n"), Err(""));
        }
        check("witness a KEY1\ngroup g all a a\nquorum g\n", Err("already"));
        check("witness a KEY1\ngroup g all a\ngroup h all a\nquorum h\n", Err("already"));
        check("witness a KEY1 https://a.example/ #comment\nquorum a\n", Err("not known"));
        check("witness a KEY1\r\nquorum a\n", Err("control"));
        check("bystander a KEY1\nquorum none\n", Err("not known"));
        check(&format!("witness a {NOTE_KEY}\nquorum a\n"), Err("type 4 or 6"));
        check("witness a w.example/w+00000000+AAAA\nquorum a\n", Err(""));
        check(&format!("log {}\nquorum none\n", "x".repeat(5000)), Err(""));
        let many: String = (0..300).map(|n| format!("group g{n} any g{}\n", n - 1)).collect();
        check(&format!("witness g-1 KEY1\n{many}quorum none\n"), Err("too many"));
    }

    #[test]
    fn our_lines_are_read_whole_or_refused() {
        let of = |lines: &str| format!("witness a KEY1\nwitness b KEY2\nquorum a\n{lines}\n");
        check(&of("#corridor countries JP KR\n#corridor witness a JP x\n#corridor witness b KR y"), Ok(()));
        check(&of("#corridor witness a JP x"), Ok(()));
        check(&of("#corridor countries JP KR\n#corridor witness a JP x"), Err("its operator"));
        check(&of("#corridor countries KR JP"), Err("ordered"));
        check(&of("#corridor countries JP JP"), Err("ordered"));
        check(&of("#corridor countries"), Err("ordered"));
        check(&of("#corridor countries jp"), Err(""));
        check(&of("#corridor countries JP\n#corridor countries KR"), Err("second"));
        check(&of("#corridor witness a JP x\n#corridor witness a KR y"), Err("second operator"));
        check(&of("#corridor witness a JP x\n#corridor witness b KR x"), Err("two countries"));
        check(&of("#corridor witness c JP x"), Err("not defined"));
        check(&of("#corridor log example.jp/log JP x"), Err("not defined"));
        let root = print_hash(&corridor_base::Digest::of(b"r"));
        let ended = |line: &str| format!("log {NOTE_KEY}\n{}", of(&line.replace("ROOT", &root)));
        check(&ended("#corridor ended sum.golang.org 7 ROOT new.example/log"), Ok(()));
        check(&ended("#corridor ended other.example 7 ROOT new.example/log"), Err("not defined"));
        check(&ended("#corridor ended sum.golang.org 07 ROOT new.example/log"), Err(""));
        check(&ended("#corridor ended sum.golang.org 7 AAAA new.example/log"), Err(""));
        check(&ended("#corridor ended sum.golang.org 7 ROOT"), Err("not known"));
        check(&ended("#corridor ended sum.golang.org 7 ROOT sum.golang.org"), Err("twice"));
        let twice = "#corridor ended sum.golang.org 7 ROOT a\n#corridor ended sum.golang.org 7 ROOT b";
        check(&ended(twice), Err("twice"));
        check(&of("#corridor wittness a JP x"), Err("not known"));
        check(&of("#corridors"), Err("not known"));
        check(&of("# corridor: a comment like any other"), Ok(()));
    }
}
