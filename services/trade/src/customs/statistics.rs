//! What risk rules do: how many messages each has seen, how many it hit, and what was decided of those, month by
//! month. Tests are no part of it. A rule that is always released after a hit costs work and finds nothing.

use std::collections::BTreeMap;

use corridor_base::{Result, Timestamp};
use corridor_exchange::Exchange;
use corridor_exchange::service::Acting;
use corridor_storage::Tx;
use serde::Serialize;

use super::cases::month;
use super::risk::{Action, books};
use super::state::State;

/// The most months looked back at.
pub const MONTHS: u64 = 36;

/// Numbers of one rule in one month, or in all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// Messages it was held against.
    pub seen: u64,
    /// Those it hit.
    pub hits: u64,
    /// Hit, and not decided yet.
    pub waiting: u64,
    /// Hit, and released.
    pub released: u64,
    /// Hit, and kept back.
    pub held: u64,
    /// Hit, and to be examined.
    pub inspection: u64,
    /// Hit, and refused.
    pub rejected: u64,
    /// Hit, and replaced or cancelled by its sender.
    pub withdrawn: u64,
}

impl Counts {
    fn count(&mut self, state: State, number: u64) {
        self.hits += number;
        *match state {
            State::Waiting => &mut self.waiting,
            State::Released => &mut self.released,
            State::Held => &mut self.held,
            State::Inspection => &mut self.inspection,
            State::Rejected => &mut self.rejected,
            State::Replaced | State::Cancelled => &mut self.withdrawn,
        } += number;
    }

    fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.hits += other.hits;
        self.waiting += other.waiting;
        self.released += other.released;
        self.held += other.held;
        self.inspection += other.inspection;
        self.rejected += other.rejected;
        self.withdrawn += other.withdrawn;
    }
}

/// What one version of a rule did.
#[derive(Clone, Debug, Serialize)]
pub struct OfRule {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: u32,
    /// What it is called, in each language; empty for what no rule says.
    pub title: BTreeMap<String, String>,
    /// What it asks for.
    pub action: Option<Action>,
    /// Month by month, oldest first: `2026-11`.
    pub months: BTreeMap<String, Counts>,
    /// All of them together.
    pub total: Counts,
}

/// The months up to this one, oldest first.
fn months(now: Timestamp, number: u64) -> Vec<String> {
    let this = month(now);
    let (year, of_year) = this.split_once('-').unwrap_or(("1970", "01"));
    let last = year.parse::<u64>().unwrap_or(1970) * 12 + of_year.parse::<u64>().unwrap_or(1) - 1;
    let name = |at: u64| format!("{:04}-{:02}", at / 12, at % 12 + 1);
    (last.saturating_sub(number.saturating_sub(1))..=last).map(name).collect()
}

/// What the rules of a participant did in so many months up to this one.
///
/// # Errors
/// Those of the store.
pub async fn statistics(exchange: &Exchange, acting: &Acting, number: u64) -> Result<Vec<OfRule>> {
    let months = months(exchange.now(), number.clamp(1, MONTHS));
    exchange.store().read(&acting.participant, move |tx| gathered(tx, &months)).await
}

fn gathered(tx: &mut Tx<'_>, months: &[String]) -> Result<Vec<OfRule>> {
    let from = months.first().cloned().unwrap_or_default();
    let mut all: BTreeMap<(String, u32), BTreeMap<String, Counts>> = BTreeMap::new();
    let mut of = |rule: &str, version: i64, month: &str, change: &dyn Fn(&mut Counts)| {
        let empty = || months.iter().map(|month| (month.clone(), Counts::default())).collect();
        let key = (rule.to_owned(), u32::try_from(version).unwrap_or(0));
        if let Some(counts) = all.entry(key).or_insert_with(empty).get_mut(month) {
            change(counts);
        }
    };
    let seen = tx.query(
        "SELECT rule, version, month, seen FROM risk_seen WHERE participant = $1 AND month >= $2
         ORDER BY month LIMIT 100000",
        &[from.as_str().into()],
    )?;
    for row in &seen {
        let number = row.size(3)?;
        of(row.text(0)?, row.int(1)?, row.text(2)?, &|counts| counts.seen += number);
    }
    let hits = tx.query(
        "SELECT h.rule, h.version, h.month, c.state, COUNT(*) FROM customs_hit AS h
         JOIN customs_case AS c ON c.participant = $1 AND c.envelope = h.envelope AND c.message = h.message
         WHERE h.participant = $1 AND h.month >= $2 AND h.month <> 'test'
         GROUP BY h.rule, h.version, h.month, c.state LIMIT 100000",
        &[from.as_str().into()],
    )?;
    for row in &hits {
        let (state, number): (State, u64) = (row.parse(3)?, row.size(4)?);
        of(row.text(0)?, row.int(1)?, row.text(2)?, &|counts| counts.count(state, number));
    }
    // A rule that is on and has seen nothing yet stands there with nothing.
    let kept = books::list(tx)?;
    for on in kept.iter().filter_map(|kept| Some((kept, kept.on?))) {
        of(&on.0.rule.rule, i64::from(on.1), "", &|_| {});
    }
    let named = |(rule, version): (String, u32), months: BTreeMap<String, Counts>| {
        let known = kept.iter().find(|kept| kept.rule.rule == rule);
        let mut total = Counts::default();
        months.values().for_each(|counts| total.add(counts));
        OfRule {
            title: known.map(|kept| kept.rule.title.clone()).unwrap_or_default(),
            action: known.map(|kept| kept.rule.action),
            rule,
            version,
            months,
            total,
        }
    };
    Ok(all.into_iter().map(|(key, months)| named(key, months)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_back_over_the_year() {
        let now = Timestamp::parse("2026-02-28T23:59:59.999Z").unwrap();
        assert_eq!(months(now, 4), ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(months(now, 1), ["2026-02"]);
    }
}
