//! Which logs this node knows and who must have cosigned them (LG-2), derived from the trust lists:
//! a C2SP tlog-policy, so that others can use the same file. One witness of each country that is
//! trusted now; a node's witness has its log's operator, so it never counts for that log.

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{Country, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::merkle::print_hash;
use corridor_proof::policy::MAX_LINES;
use corridor_proof::{ListedLedger, Policy, Succession, VerifierKey};

use crate::view::View;

/// What the lists name, as it will stand in the policy.
#[derive(Default)]
struct Draft<'a> {
    logs: Vec<Entry<'a>>,
    witnesses: Vec<Entry<'a>>,
    /// Logs that have ended; they are among the logs.
    ended: Vec<&'a Succession>,
    /// Who holds a key: of one key under two names only the first counts.
    owners: BTreeMap<&'a [u8], &'a str>,
    /// In which country an operator is: the first list that says so counts.
    operators: BTreeMap<&'a str, &'a Country>,
}

struct Entry<'a> {
    country: &'a Country,
    operator: &'a str,
    key: &'a VerifierKey,
    url: &'a str,
}

impl<'a> Draft<'a> {
    /// Whether this operator may hold this key; a clash with what stands already is passed over, so
    /// that one country's list cannot make the policy of another unreadable.
    fn claim(&mut self, entry: &Entry<'a>) -> bool {
        let known = *self.operators.entry(entry.operator).or_insert(entry.country);
        if known != entry.country {
            tracing::warn!(
                operator = entry.operator,
                "two countries name one log or anchor: the first counts"
            );
            return false;
        }
        match self.owners.get(entry.key.bytes()) {
            Some(owner) if *owner != entry.key.name() => {
                tracing::warn!(key = entry.key.name(), %owner, "one key under two names: the first counts");
                false
            }
            Some(_) => false,
            None => self.owners.insert(entry.key.bytes(), entry.key.name()).is_none(),
        }
    }

    fn log(&mut self, entry: Entry<'a>) -> bool {
        let taken = self.logs.len() < MAX_LINES && self.claim(&entry);
        if taken {
            self.logs.push(entry);
        }
        taken
    }

    /// A log that has ended, run by who runs the one that goes on.
    fn ended(&mut self, country: &'a Country, operator: &'a str, succession: &'a Succession) {
        let (key, origin) = (&succession.log, succession.log.name());
        let clash = self.logs.iter().any(|log| log.key.name() == origin);
        if !clash && self.log(Entry { country, operator, key, url: "" }) {
            self.ended.push(succession);
        }
    }

    fn witness(&mut self, entry: Entry<'a>, most: usize) {
        let of_country = self.witnesses.iter().filter(|w| w.country == entry.country).count();
        if of_country < most && self.claim(&entry) {
            self.witnesses.push(entry);
        }
    }
}

impl View {
    /// The policy at this instant: the logs of all participants that the lists in use name (the first
    /// 256, our own country's before others'), the witnesses of their nodes and of the anchors (of
    /// each country an equal part of 256, the anchor's first), and one of each country as quorum.
    ///
    /// A country without any witness stands among the countries and not in the quorum, which has no
    /// words for it: receipts stay pending for it.
    ///
    /// # Errors
    /// `internal` when the lists cannot be put into words of a policy after all.
    pub fn policy(&self, now: Timestamp) -> Result<Policy> {
        let text = self.policy_text(now, None);
        Policy::parse(text.as_bytes()).map_err(|e| Problem::new(ErrorCode::Internal).with("why", e))
    }

    /// The policy for others to use, as text. For one log alone it leaves out what others have no
    /// words for: the witness of the log's own operator.
    #[must_use]
    pub fn policy_text(&self, now: Timestamp, log: Option<&str>) -> String {
        let countries = self.countries(now);
        let draft = self.draft(now, countries.len());
        let logs: Vec<&Entry<'_>> =
            draft.logs.iter().filter(|l| log.is_none_or(|origin| l.key.name() == origin)).collect();
        // The operator of a node is called after the origin of its log, which may have ended since.
        let operator =
            log.and_then(|log| draft.logs.iter().find(|l| l.key.name() == log)).map(|l| l.operator);
        let others = |w: &&Entry<'_>| log.is_none() || operator != Some(w.operator);
        let mut witnesses: Vec<&Entry<'_>> = draft.witnesses.iter().filter(others).collect();
        witnesses.sort_by_key(|w| (w.country, w.operator, w.key.name()));
        let named = |s: &&&Succession| log.is_none_or(|origin| s.log.name() == origin);
        write(&countries, &logs, &witnesses, &draft.ended.iter().filter(named).copied().collect::<Vec<_>>())
    }

    fn draft(&self, now: Timestamp, countries: usize) -> Draft<'_> {
        let most = (MAX_LINES / countries.max(1)).max(1);
        let (mut draft, lists) = (Draft::default(), self.in_use(now));
        for (list, anchor) in lists {
            let country = &list.country;
            let present = list.participants.iter().filter(|p| p.removed.is_none_or(|at| at > now));
            let ledgers: Vec<&ListedLedger> = present.filter_map(|p| p.ledger.as_ref()).collect();
            for ledger in &ledgers {
                let (key, url) = (&ledger.log, ledger.log_url.as_str());
                draft.log(Entry { country, operator: ledger.origin(), key, url });
            }
            for witness in &list.witnesses {
                let (key, url) = (&witness.key, witness.url.as_str());
                draft.witness(Entry { country, operator: &anchor.name, key, url }, most);
            }
            for ledger in &ledgers {
                let (operator, url) = (ledger.origin(), ledger.witness_url.as_str());
                // The first before the second, which not everybody can check.
                for key in std::iter::once(&ledger.witness).chain(&ledger.ml_dsa) {
                    draft.witness(Entry { country, operator, key, url }, most);
                }
            }
        }
        // After those that go on, of all countries: nobody ends the log of another.
        for (list, _) in self.in_use(now) {
            for succession in &list.successions {
                draft.ended(&list.country, list.goes_on_as(succession.log.name()), succession);
            }
        }
        draft.logs.sort_by_key(|l| (l.country, l.key.name()));
        draft.ended.sort_by_key(|s| s.log.name());
        draft
    }
}

fn write(
    countries: &[Country],
    logs: &[&Entry<'_>],
    witnesses: &[&Entry<'_>],
    ended: &[&Succession],
) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    let names = names(countries, witnesses);
    logs.iter().for_each(|l| line(format!("log {} {}", l.key, l.url).trim_end().to_owned()));
    witnesses.iter().zip(&names).for_each(|(w, name)| line(format!("witness {name} {} {}", w.key, w.url)));
    let mut groups = Vec::new();
    for country in countries {
        let members = witnesses.iter().zip(&names).filter(|(w, _)| w.country == country);
        let members: String = members.map(|(_, name)| format!(" {name}")).collect();
        if members.is_empty() {
            line(format!("# incomplete: no witness of {country} is known"));
        } else {
            line(format!("group {} any{members}", group(country)));
            groups.push(group(country));
        }
    }
    match groups.is_empty() {
        true => line("quorum none".to_owned()),
        false => {
            line(format!("group {EACH} all {}", groups.join(" ")));
            line(format!("quorum {EACH}"));
        }
    }
    if !countries.is_empty() {
        let codes: Vec<&str> = countries.iter().map(Country::as_str).collect();
        line(format!("#corridor countries {}", codes.join(" ")));
    }
    let mut told = BTreeSet::new();
    for log in logs.iter().filter(|l| told.insert(l.key.name())) {
        line(format!("#corridor log {} {} {}", log.key.name(), log.country, log.operator));
    }
    for (witness, name) in witnesses.iter().zip(&names) {
        line(format!("#corridor witness {name} {} {}", witness.country, witness.operator));
    }
    for succession in ended {
        let (origin, last, successor) =
            (succession.log.name(), succession.tree(), succession.successor.name());
        line(format!("#corridor ended {origin} {} {} {successor}", last.size, print_hash(&last.root)));
    }
    text
}

/// The group of all countries.
const EACH: &str = "each-country";

fn group(country: &Country) -> String {
    format!("country-{country}")
}

/// A witness is called after its key, so that a policy and a signature line say the same; of several
/// keys of one name, as while one is replaced, the later ones get a number.
fn names(countries: &[Country], witnesses: &[&Entry<'_>]) -> Vec<String> {
    let mut taken: BTreeSet<String> = ["none", "any", "all", EACH].map(str::to_owned).into();
    taken.extend(countries.iter().map(group));
    let mut out = Vec::new();
    for witness in witnesses {
        let mut name = witness.key.name().to_owned();
        for number in 2.. {
            if taken.insert(name.clone()) {
                break;
            }
            name = format!("{}#{number}", witness.key.name());
        }
        out.push(name);
    }
    out
}

#[cfg(test)]
mod tests;
