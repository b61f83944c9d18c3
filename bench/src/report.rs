//! Results as the benches write them: ours, the peer's and the limit in one row, ratios always "ours
//! is so many times better".

use std::path::Path;

use corridor_storage::durable;
use serde::Serialize;

use crate::{Result, told};

/// What was measured several times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

impl Spread {
    /// Of these values, rounded to three digits that matter; zeroes of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| rounded(sorted.get(place).copied().unwrap_or_default());
        let last = sorted.len().saturating_sub(1);
        Self { median: at(last / 2), min: at(0), max: at(last) }
    }
}

/// The value in the middle, as it is.
fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// What another program does with the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it reached.
    #[serde(flatten)]
    pub spread: Spread,
}

/// What the machine allows at most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// What sets it.
    pub name: String,
    /// How much.
    pub median: f64,
}

/// Whether more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is.
    Higher,
    /// Less is.
    Lower,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// In what.
    pub unit: String,
    /// Whether more is better.
    pub better: Better,
    /// What we reached.
    pub ours: Spread,
    /// What a peer reached.
    pub peer: Option<Peer>,
    /// What the machine allows.
    pub limit: Option<Limit>,
    /// How many times better than the peer.
    pub ratio_peer: Option<f64>,
    /// How many times better than the limit; below one, as a rule.
    pub ratio_limit: Option<f64>,
    /// How it was measured, and what to know about it.
    pub note: String,
    /// What we reached, run by run.
    #[serde(skip)]
    runs: Vec<f64>,
}

impl Row {
    /// A figure of ours alone.
    #[must_use]
    pub fn new(name: &str, unit: &str, better: Better, values: &[f64], note: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            better,
            ours: Spread::of(values),
            peer: None,
            limit: None,
            ratio_peer: None,
            ratio_limit: None,
            note: note.into(),
            runs: values.to_vec(),
        }
    }

    /// How many times better ours is. The machine is not equally fast all the time: of what was measured in
    /// turns each run of ours is held against theirs beside it, and the middle of that counts.
    fn ratio(&self, theirs: &[f64]) -> Option<f64> {
        let better = |(ours, theirs): (&f64, &f64)| match self.better {
            Better::Higher => ours / theirs,
            Better::Lower => theirs / ours,
        };
        let ratio = if theirs.len() == self.runs.len() {
            middle(&self.runs.iter().zip(theirs).map(better).collect::<Vec<_>>())
        } else {
            better((&middle(&self.runs), &middle(theirs)))
        };
        Some(rounded(ratio)).filter(|ratio| ratio.is_finite())
    }

    /// Beside what a peer reached, when it ran.
    #[must_use]
    pub fn beside(mut self, name: &str, version: &str, values: &[f64]) -> Self {
        if values.is_empty() {
            return self;
        }
        self.ratio_peer = self.ratio(values);
        self.peer =
            Some(Peer { name: name.to_owned(), version: version.to_owned(), spread: Spread::of(values) });
        self
    }

    /// With what the machine allows.
    #[must_use]
    pub fn limited(self, name: &str, limit: f64) -> Self {
        self.limited_in_turns(name, &[limit])
    }

    /// The same, measured in turns with ours.
    #[must_use]
    pub fn limited_in_turns(mut self, name: &str, limits: &[f64]) -> Self {
        self.ratio_limit = self.ratio(limits);
        self.limit = Some(Limit { name: name.to_owned(), median: Spread::of(limits).median });
        self
    }
}

/// Writes the rows of an area, and says them.
///
/// # Errors
/// As [`write`].
pub fn finish(area: &str, commit: &str, rows: Vec<Row>, output: &Path) -> Result {
    for row in &rows {
        crate::progress(&format!("{}: {} {}", row.name, row.ours.median, row.unit));
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    write(output, &Report { area: area.to_owned(), commit: commit.to_owned(), cores, rows })
}

/// All figures of one area, from one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Of what.
    pub area: String,
    /// Of which version of the program.
    pub commit: String,
    /// On how many cores.
    pub cores: usize,
    /// The figures.
    pub rows: Vec<Row>,
}

/// Writes a result as JSON that is read well in a diff.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, result: &impl Serialize) -> Result {
    let json = serde_json::to_string_pretty(result).map_err(told("JSON"))?;
    durable::write_file(path, format!("{json}\n").as_bytes(), 0o644).map_err(told(path.display()))
}

/// Three digits that matter: more would be noise.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_say_how_many_times_better() {
        let check = |better, ours: f64, limit: f64, expect: f64| {
            let row = Row::new("a", "b", better, &[ours], "").limited("c", limit);
            assert_eq!(row.ratio_limit, Some(expect), "{row:?}");
        };
        check(Better::Higher, 500.0, 1000.0, 0.5);
        check(Better::Lower, 20.0, 5.0, 0.25);
    }

    #[test]
    fn what_is_measured_in_turns_is_held_against_what_stood_beside_it() {
        let check = |ours: &[f64], theirs: &[f64], expect: f64| {
            let row = Row::new("a", "b", Better::Higher, ours, "").beside("c", "1", theirs);
            assert_eq!(row.ratio_peer, Some(expect), "{row:?}");
        };
        check(&[30.0, 20.0, 10.0], &[10.0, 10.0, 5.0], 2.0);
        check(&[30.0, 12.0, 10.0], &[10.0, 4.0, 5.0], 3.0);
        check(&[30.0, 20.0, 10.0], &[10.0, 5.0], 4.0);
    }

    #[test]
    fn a_peer_that_did_not_run_is_not_told_of() {
        let row = Row::new("a", "b", Better::Lower, &[2.0], "");
        assert_eq!(row.clone().beside("c", "1", &[]), row);
        let beside = row.beside("c", "1", &[8.0, 6.0]);
        assert_eq!((beside.ratio_peer, beside.peer.map(|p| p.spread.max)), (Some(3.0), Some(8.0)));
    }

    #[test]
    fn a_spread_has_a_middle_and_ends() {
        let expect = Spread { median: 2.0, min: 1.0, max: 31_400.0 };
        assert_eq!(Spread::of(&[31_415.9, 1.0, 2.0]), expect);
        assert_eq!(Spread::of(&[]), Spread { median: 0.0, min: 0.0, max: 0.0 });
        assert_eq!(rounded(0.012_345), 0.012_3);
    }
}
