//! A policy as it is written, line by line: read whole or refused, and printed so that every tool of tlog-policy
//! reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use corridor_base::{Country, ErrorCode, Problem};

use super::{Ended, Group, Log, MAX_LINES, MAX_POLICY, Member, OURS, Operator, Policy, Witness};
use crate::cosignature::VerifierKey;
use crate::merkle::{Tree, parse_hash, parse_number, print_hash};
use crate::statement::refuse;

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
