//! A policy as it is written, line by line: read whole or refused, and printed so that every tool of tlog-policy
//! reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use corridor_base::{Country, ErrorCode, Problem};

use super::{Ended, Group, Log, MAX_LINES, MAX_POLICY, Member, OURS, Operator, Policy, Witness};
use crate::cosignature::VerifierKey;
use crate::merkle::{Tree, parse_hash, parse_number, print_hash};
use crate::statement::refuse;

/// The longest name of a witness or group as it is shown, in bytes: any key name of a signed note may be one.
const MAX_NAME: usize = 512;
/// How our lines begin, as octets.
const OURS_WORD: &[u8] = OURS.as_bytes();

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
        if bytes.iter().any(|b| (*b < b' ' && *b != b'\t' && *b != b'\n') || *b == 0x7f) {
            return Err(bad("it holds control characters"));
        }
        let mut reader = Reader::default();
        for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
            let words = line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
            let words: Vec<&[u8]> = words.collect();
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
    /// Whether a name was not UTF-8, and whether one was that holds the mark such names are shown by.
    opaque: bool,
    marked: bool,
}

/// A word that must be text: whatever it is to be read as is made of nothing else.
fn text<'a>(word: &'a &[u8]) -> Result<&'a str, Problem> {
    std::str::from_utf8(word).map_err(|_| bad("a word that is not UTF-8"))
}

fn texts<'a>(words: &'a [&[u8]]) -> Result<Vec<&'a str>, Problem> {
    words.iter().map(text).collect()
}

/// Where somebody is reached. Octets of an address that are not UTF-8 are written as addresses write them.
fn address(word: &[u8]) -> String {
    let escaped = |b: &u8| if b.is_ascii() { char::from(*b).to_string() } else { format!("%{b:02X}") };
    std::str::from_utf8(word).map_or_else(|_| word.iter().map(escaped).collect(), str::to_owned)
}

impl Reader {
    fn line(&mut self, words: &[&[u8]]) -> Result<(), Problem> {
        match words {
            [] => Ok(()),
            [b"log", key] => self.log(text(key)?, None),
            [b"log", key, url] => self.log(text(key)?, Some(address(url))),
            [b"witness", name, key] => self.witness(name, text(key)?, None),
            [b"witness", name, key, url] => self.witness(name, text(key)?, Some(address(url))),
            [b"group", name, threshold, members @ ..] => self.group(name, text(threshold)?, members),
            [b"quorum", name] => self.quorum(name),
            [OURS_WORD, ours @ ..] => self.ours(ours),
            // Everybody else's comments are nothing to us, also those that begin alike.
            [first, ..] if first.starts_with(b"#") => Ok(()),
            _ => Err(bad("a line that is not known")),
        }
    }

    /// What follows `#corridor`: read, never passed over (LG-2).
    fn ours(&mut self, words: &[&[u8]]) -> Result<(), Problem> {
        match words {
            [b"countries", countries @ ..] => self.countries(&texts(countries)?),
            [b"log", origin, country, operator] => {
                place(&mut self.log_operators, text(origin)?, text(country)?, text(operator)?)
            }
            [b"witness", name, country, operator] => {
                let name = self.shown(name)?;
                place(&mut self.witness_operators, &name, text(country)?, text(operator)?)
            }
            [b"ended", origin, size, root, successor] => {
                self.ended(text(origin)?, text(size)?, text(root)?, text(successor)?)
            }
            _ => Err(bad("a line that is not known")),
        }
    }

    /// A name as text. Names are octets (C2SP tlog-policy, "Character set"): one that is not UTF-8 is shown with
    /// each octet from 0x80 on as `⟨XX⟩`. Where that is done, no other name may look so.
    fn shown(&mut self, name: &[u8]) -> Result<String, Problem> {
        let octet = |b: &u8| if b.is_ascii() { char::from(*b).to_string() } else { format!("⟨{b:02X}⟩") };
        let shown = match std::str::from_utf8(name) {
            Ok(text) => text.to_owned(),
            Err(_) => name.iter().map(octet).collect(),
        };
        let opaque = shown.as_bytes() != name;
        self.opaque |= opaque;
        self.marked |= !opaque && shown.contains('⟨');
        if shown.len() > MAX_NAME { Err(bad("a name that is too long")) } else { Ok(shown) }
    }

    fn log(&mut self, key: &str, url: Option<String>) -> Result<(), Problem> {
        let key: VerifierKey = key.parse()?;
        if self.logs.len() == MAX_LINES || self.logs.iter().any(|l| l.key.bytes() == key.bytes()) {
            return Err(bad("too many logs, or a key twice"));
        }
        self.logs.push(Log { key, url, operator: None });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &str, url: Option<String>) -> Result<(), Problem> {
        let name = self.shown(name)?;
        let key: VerifierKey = key.parse()?;
        if !key.cosigns() {
            return Err(bad("a witness's key is of type 4 or 6"));
        }
        if self.witnesses.len() == MAX_LINES || self.witnesses.iter().any(|w| w.key.bytes() == key.bytes()) {
            return Err(bad("too many witnesses, or a key twice"));
        }
        self.name(&name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness { name, key, url, operator: None });
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &str, members: &[&[u8]]) -> Result<(), Problem> {
        if self.groups.len() == MAX_LINES || members.len() > MAX_LINES {
            return Err(bad("too many groups, or members of one"));
        }
        let mut found = Vec::new();
        for member in members {
            let member = self.shown(member)?;
            let member =
                *self.names.get(&member).ok_or_else(|| bad("a member that is not defined before"))?;
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
        let name = self.shown(name)?;
        self.name(&name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name, threshold, members: found });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), Problem> {
        let name = self.shown(name)?;
        let quorum = match name.as_str() {
            "none" => None,
            name => Some(*self.names.get(name).ok_or_else(|| bad("a quorum that is not defined before"))?),
        };
        if self.quorum.replace(quorum).is_some() { Err(bad("a second quorum")) } else { Ok(()) }
    }

    /// Witnesses and groups share their names; words of the format are none.
    fn name(&mut self, name: &str, member: Member) -> Result<(), Problem> {
        let taken =
            ["none", "any", "all"].contains(&name) || self.names.insert(name.to_owned(), member).is_some();
        if taken { Err(bad("a name that is taken")) } else { Ok(()) }
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
        if self.opaque && self.marked {
            return Err(bad("names that are not UTF-8 beside names that hold ⟨"));
        }
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
