//! The desk for one partner: what was agreed and who has signed, whether it works in production or in test, how
//! much crosses day by day, how long answers take, how much is refused and why. Tests are counted apart from
//! everything else.

mod mode;

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{AgreementId, Did, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::agreements::Standing;
use corridor_exchange::service::Acting;
use corridor_exchange::{Exchange, Side};
use corridor_proof::{Flow, Kind};
use corridor_storage::{Migration, Tx};
use serde::Serialize;

pub use self::mode::{Mode, Setting, Tests, set};
pub(crate) use self::mode::{setting, taken};
use crate::books;
use crate::desk::EDIFACT;
use crate::edifact::FaultCode;

/// What the desk for partners adds to the tables.
pub(crate) const MIGRATION: Migration = Migration {
    version: 7,
    name: "partners and tests",
    sql: "
ALTER TABLE interchange ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
CREATE TABLE trade_partner (
    participant TEXT NOT NULL,
    partner TEXT NOT NULL,
    mode TEXT NOT NULL,
    tests TEXT NOT NULL,
    changed INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (participant, partner)
);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM trade_partner) >= 0
        AND (SELECT COUNT(*) FROM interchange WHERE test > 1) = 0 THEN 1 ELSE 0 END",
};

/// How many days volumes look back.
pub const DAYS: u64 = 30;
/// The most documents that latencies and refusals are taken of, the newest: enough for a p95 that does not jump.
pub const SAMPLE: u32 = 500;
/// The most causes that are told.
const CAUSES: usize = 10;
const DAY: i64 = 86_400_000;

/// An agreement as the desk shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Agreed {
    /// Its identifier.
    pub id: AgreementId,
    /// Counted from 1 in the order in which agreements with this partner begin.
    pub version: usize,
    /// What it is for, in each language.
    pub purpose: corridor_base::Words,
    /// From when it is in force.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
    /// Whether what crosses under it is for real or a test.
    pub flow: Flow,
    /// Where it stands.
    pub standing: Standing,
    /// Whether it is in force now.
    pub in_force: bool,
    /// When it came into the books.
    pub recorded: Timestamp,
    /// Who has signed.
    pub signed: Vec<Did>,
}

/// What crossed on one day of UTC (TM-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// The day: `2026-11-22`.
    pub day: String,
    /// Interchanges sent.
    pub sent: u64,
    /// Interchanges received.
    pub received: u64,
}

/// How long something takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Of how many that is said.
    pub number: usize,
    /// Half of them took no longer, in milliseconds.
    pub median: u64,
    /// Of twenty, nineteen took no longer.
    pub p95: u64,
}

impl Latency {
    /// By the nearest rank; nothing of nothing.
    #[must_use]
    pub fn of(mut all: Vec<u64>) -> Option<Self> {
        all.sort_unstable();
        let rank = |share: usize| all.get((all.len() * share).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { number: all.len(), median: rank(50)?, p95: rank(95)? })
    }
}

/// How much of a kind was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Sent or received.
    pub side: Side,
    /// The kind of message.
    pub kind: String,
    /// Interchanges with it.
    pub number: u64,
    /// Those that were refused, in whole or in part: by CONTRL, APERAK or CUSRES.
    pub refused: u64,
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Sent or received.
    pub side: Side,
    /// How often.
    pub number: u64,
    /// Why, in the reader's language.
    pub why: String,
}

/// Everything of one partner.
#[derive(Clone, Debug, Serialize)]
pub struct PartnerDesk {
    /// The partner.
    pub partner: Did,
    /// What is set for it, where an agreement leaves that open.
    pub setting: Setting,
    /// What was agreed, newest first.
    pub agreements: Vec<Agreed>,
    /// Day by day, oldest first.
    pub volumes: Vec<Volume>,
    /// How many tests crossed in these days.
    pub tests: u64,
    /// From handing in to the acknowledgement of the transport.
    pub acknowledged: Option<Latency>,
    /// From handing in to the CONTRL that judges it.
    pub answered: Option<Latency>,
    /// What was refused, kind by kind.
    pub refused: Vec<Refused>,
    /// The causes, the most frequent first.
    pub causes: Vec<Cause>,
}

/// The desk for one partner.
///
/// # Errors
/// `not-found` when nothing was ever agreed with it, or it is no business of whoever asks; those of the store.
pub async fn partner(exchange: &Exchange, acting: &Acting, partner: &Did, lang: Lang) -> Result<PartnerDesk> {
    let us = &acting.participant;
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("partner {partner}"));
    let agreements = agreed(exchange, us, partner).await?;
    if agreements.is_empty() || !acting.scope.admits(&EDIFACT.parse::<Kind>()?, partner) {
        return Err(missing());
    }
    let now = exchange.now();
    let first_day = now.millis().div_euclid(DAY) - i64::try_from(DAYS).unwrap_or(30) + 1;
    let whom = partner.clone();
    let read = move |tx: &mut Tx<'_>| gathered(tx, &whom, first_day, lang);
    let found = exchange.store().read(us, read).await?;
    let delivered = exchange.delivered_to(us, partner, &EDIFACT.parse()?, SAMPLE).await?;
    let real = delivered.into_iter().filter(|document| !found.tests.contains(&document.id));
    let took = real.map(|document| document.took).collect();
    Ok(PartnerDesk {
        partner: partner.clone(),
        setting: found.setting,
        agreements,
        volumes: found.volumes,
        tests: found.number_of_tests,
        acknowledged: Latency::of(took),
        answered: Latency::of(found.answered),
        refused: found.refused,
        causes: found.causes,
    })
}

impl PartnerDesk {
    /// What the agreements in force say of test and production, the newest first.
    pub fn flows(&self) -> impl Iterator<Item = Flow> {
        self.agreements.iter().filter(|agreed| agreed.in_force).map(|agreed| agreed.flow)
    }
}

async fn agreed(exchange: &Exchange, us: &Did, partner: &Did) -> Result<Vec<Agreed>> {
    let now = exchange.now();
    let mut rows = exchange.agreements(us).await?;
    rows.retain(|row| &row.partner == partner);
    rows.sort_by_key(|row| (row.terms.from, row.recorded));
    let signed = |row: &corridor_exchange::agreements::AgreementRow| {
        let names = row.statement.signers().map(|name| name.split('#').next().unwrap_or(name));
        let mut all: Vec<Did> = names.filter_map(|name| name.parse().ok()).collect();
        all.sort();
        all.dedup();
        all
    };
    let agreed = rows.iter().zip(1..).map(|(row, version)| Agreed {
        id: row.terms.id,
        version,
        purpose: row.terms.purpose.clone(),
        from: row.terms.from,
        until: row.terms.until,
        flow: row.terms.flow,
        standing: row.standing,
        in_force: row.in_force(now),
        recorded: row.recorded,
        signed: signed(row),
    });
    let mut all: Vec<Agreed> = agreed.collect();
    all.reverse();
    Ok(all)
}

/// What the books of the desk say.
struct Gathered {
    setting: Setting,
    volumes: Vec<Volume>,
    tests: BTreeSet<EnvelopeId>,
    number_of_tests: u64,
    answered: Vec<u64>,
    refused: Vec<Refused>,
    causes: Vec<Cause>,
}

fn gathered(tx: &mut Tx<'_>, partner: &Did, first_day: i64, lang: Lang) -> Result<Gathered> {
    let setting = setting(tx, partner)?;
    let (volumes, number_of_tests) = volumes(tx, partner, first_day)?;
    let tests = tx.query(
        "SELECT envelope FROM interchange WHERE participant = $1 AND partner = $2 AND side = 'out' AND test = 1
         ORDER BY created DESC LIMIT 1000",
        &[partner.as_str().into()],
    )?;
    let tests = tests.iter().map(|row| row.parse(0)).collect::<Result<_>>()?;
    let Newest { answered, refused, causes } = of_the_newest(tx, partner, lang)?;
    Ok(Gathered { setting, volumes, tests, number_of_tests, answered, refused, causes })
}

/// What crossed day by day, and how many of all were tests. A question a day, each a piece of an index: one for all
/// days would sort them.
fn volumes(tx: &mut Tx<'_>, partner: &Did, first_day: i64) -> Result<(Vec<Volume>, u64)> {
    let (mut volumes, mut number_of_tests) = (Vec::new(), 0);
    for day in first_day..first_day + i64::try_from(DAYS).unwrap_or(30) {
        let row = tx.query_one(
            "SELECT COUNT(CASE WHEN side = 'out' AND test = 0 THEN 1 END),
                COUNT(CASE WHEN side = 'in' AND test = 0 THEN 1 END), COUNT(CASE WHEN test = 1 THEN 1 END)
             FROM interchange WHERE participant = $1 AND partner = $2 AND created >= $3 AND created < $4",
            &[partner.as_str().into(), (day * DAY).into(), ((day + 1) * DAY).into()],
        )?;
        let count = |at: usize| row.as_ref().map_or(Ok(0), |row| row.size(at));
        let name: String = Timestamp::from_millis(day * DAY).to_string().chars().take(10).collect();
        volumes.push(Volume { day: name, sent: count(0)?, received: count(1)? });
        number_of_tests += count(2)?;
    }
    Ok((volumes, number_of_tests))
}

/// What the newest interchanges say.
struct Newest {
    /// How long the answers to ours took, in milliseconds.
    answered: Vec<u64>,
    refused: Vec<Refused>,
    causes: Vec<Cause>,
}

/// How soon the newest interchanges were answered, which of them were refused, and why.
fn of_the_newest(tx: &mut Tx<'_>, partner: &Did, lang: Lang) -> Result<Newest> {
    let mut kinds: BTreeMap<(&'static str, String), (u64, u64)> = BTreeMap::new();
    let mut causes: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    let mut answered = Vec::new();
    let answers = told(tx, partner)?;
    let rows = tx.query(
        "SELECT side, envelope, summary, verdict, state, updated - created FROM interchange
         WHERE participant = $1 AND partner = $2 AND test = 0 ORDER BY created DESC LIMIT $3",
        &[partner.as_str().into(), SAMPLE.into()],
    )?;
    for row in &rows {
        let side = row.parse::<Side>(0)?;
        let (summary, verdict, state) = (row.text(2)?, row.text(3)?, row.text(4)?);
        let of_verdict = side == Side::In && verdict != "accepted";
        let of_state = side == Side::Out && matches!(state, "rejected" | "partly-rejected");
        if of_state || side == Side::Out && state == "accepted" {
            answered.push(u64::try_from(row.int(5)?).unwrap_or(0));
        }
        let told = match answers.is_empty() {
            true => None,
            false => answers.get(&(side.as_str(), row.text(1)?.to_owned())),
        };
        let refused = of_verdict || of_state || told.is_some();
        for kind in books::kinds(summary) {
            let counts = kinds.entry((side.as_str(), kind)).or_default();
            counts.0 += 1;
            counts.1 += u64::from(refused);
        }
        let mut why: Vec<String> = Vec::new();
        if of_verdict {
            why.extend(found(&serde_json::from_str(summary).unwrap_or_default(), lang));
        }
        why.extend(told.into_iter().flatten().filter_map(|told| cause(told, lang)));
        why.sort();
        why.dedup();
        for why in why {
            *causes.entry((side.as_str(), why)).or_default() += 1;
        }
    }
    let side = |word: &str| if word == "out" { Side::Out } else { Side::In };
    let refused = kinds.into_iter().map(|((word, kind), (number, refused))| Refused {
        side: side(word),
        kind,
        number,
        refused,
    });
    let causes = causes.into_iter().map(|((word, why), number)| Cause { side: side(word), number, why });
    let mut causes: Vec<Cause> = causes.collect();
    causes.sort_by(|a, b| b.number.cmp(&a.number).then_with(|| a.why.cmp(&b.why)));
    causes.truncate(CAUSES);
    Ok(Newest { answered, refused: refused.collect(), causes })
}

type Told = BTreeMap<(&'static str, String), Vec<(bool, crate::trail::Told)>>;

/// What refusing answers said, by the interchange they answer.
fn told(tx: &mut Tx<'_>, partner: &Did) -> Result<Told> {
    let rows = tx.query(
        "SELECT side, answered, told, kind FROM interchange_answer
         WHERE participant = $1 AND partner = $2 AND answered IS NOT NULL
            AND outcome IN ('rejected', 'partly-rejected')
         ORDER BY created DESC LIMIT 2000",
        &[partner.as_str().into()],
    )?;
    let mut all = Told::new();
    for row in &rows {
        let side = crate::trail::other(row.parse::<Side>(0)?);
        let told = serde_json::from_str(row.text(2)?).unwrap_or_default();
        let contrl = row.text(3)? == "CONTRL";
        // What our own CONTRL says follows from what reading found.
        if !contrl || side == Side::Out {
            all.entry((side.as_str(), row.text(1)?.to_owned())).or_default().push((contrl, told));
        }
    }
    Ok(all)
}

/// The first reason that an answer gives, without what is only of this one document.
fn cause((contrl, told): &(bool, crate::trail::Told), lang: Lang) -> Option<String> {
    let lines = told.get(lang.tag())?;
    // A CONTRL goes from the interchange down to the segment; the others begin with what they come to.
    let line = if *contrl { lines.last()? } else { lines.get(1).or_else(|| lines.first())? };
    // Where it is stands at the end, and differs from document to document: after a dash, and of a CONTRL in
    // parentheses.
    let what = match contrl {
        true => line.rsplit_once(" (").or_else(|| line.rsplit_once('（')),
        false => line.rsplit_once(" — "),
    };
    let what = what.map_or(line.as_str(), |(what, _)| what);
    Some(what.chars().take(160).collect())
}

/// What reading found, by code and segment.
fn found(summary: &serde_json::Value, lang: Lang) -> Vec<String> {
    let findings = summary.get("findings").and_then(serde_json::Value::as_array);
    let errors = findings.into_iter().flatten().filter(|f| f.get("severity").is_some_and(|s| s == "error"));
    let text = |finding: &serde_json::Value| {
        let code = u16::try_from(finding.get("code")?.as_u64()?).ok()?;
        let tag = finding.pointer("/place/tag").and_then(serde_json::Value::as_str).unwrap_or_default();
        Some(format!("{code}: {} {tag}", FaultCode(code).text(lang)).trim().to_owned())
    };
    errors.filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_what_is_there() {
        let check = |all: Vec<u64>, expect: Option<(u64, u64)>| {
            assert_eq!(Latency::of(all.clone()).map(|l| (l.median, l.p95)), expect, "{all:?}");
        };
        check(vec![], None);
        check(vec![7], Some((7, 7)));
        check(vec![3, 1, 2], Some((2, 3)));
        check((1..=100).rev().collect(), Some((50, 95)));
        check((1..=20).collect(), Some((10, 19)));
    }

    #[test]
    fn a_cause_says_what_and_not_where() {
        let told = |contrl: bool, line: &str| {
            (contrl, crate::trail::Told::from([("en".to_owned(), vec!["first".to_owned(), line.to_owned()])]))
        };
        let check = |contrl: bool, line: &str, expect: &str| {
            assert_eq!(cause(&told(contrl, line), Lang::En).unwrap(), expect);
        };
        check(false, "E12: NO SUCH HS CODE (EX WORKS) — 2 1", "E12: NO SUCH HS CODE (EX WORKS)");
        check(true, "29 too few (UNZ)", "29 too few");
        check(true, "29 too few（UNZ）", "29 too few");
        check(false, "plain", "plain");
        assert_eq!(cause(&told(false, "x"), Lang::Ko), None);
    }
}
