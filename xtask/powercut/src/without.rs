//! Proof that the cuts would notice a sync that is missing: each class of syncs is switched off until it has been
//! missed, and everything that is kept must have been missed by one of them.

use std::collections::BTreeSet;
use std::time::Instant;

use corridor_powercut::format::Op;
use corridor_powercut::runs::{self, NOT_MISSED};

/// After how many failures a class has been missed for sure.
const ENOUGH: usize = 3;

/// What is kept, and how a check says that it is not as it was promised. Tiles are rows that are written in one
/// commit with the checkpoint over them, and a log is asked for each tree that it signed by way of its tiles.
const KEPT: [(&str, &[&str]); 6] = [
    ("units", &["unit"]),
    ("entries", &["the entry"]),
    ("checkpoints", &["the log acts", "the log raw"]),
    ("blobs", &["the blob", "the row of blob"]),
    ("uploads", &["the upload"]),
    ("files", &["the file", "the key file"]),
];

/// Switches each class of syncs off: each must be missed, and by all of them all that is kept.
///
/// # Errors
/// When the record contradicts itself, or a check cannot be made.
pub(crate) fn each(operations: &[Op<'_>], cuts: usize, seed: u64) -> Result<usize, String> {
    let (start, mut failed, mut missed, mut checked) = (Instant::now(), 0, BTreeSet::new(), 0);
    println!("{:<36} {:>6} {:>8} {:>9}  missed", "without the sync of", "syncs", "checked", "failures");
    for (class, times) in runs::classes(operations)? {
        let outcome = runs::search_without(operations, &class, cuts, seed, ENOUGH)?;
        let wrong: Vec<&str> = outcome.failures.iter().flat_map(|f| &f.wrong).map(String::as_str).collect();
        let of = kinds(&wrong);
        let names = of.iter().copied().collect::<Vec<_>>().join(", ");
        println!("{class:<36} {times:>6} {:>8} {:>9}  {names}", outcome.checked, outcome.failures.len());
        missed.extend(of);
        checked += outcome.checked;
        let reason = NOT_MISSED.iter().find(|(c, _)| *c == class).map(|(_, reason)| *reason);
        match (outcome.failures.first(), reason) {
            (Some(failure), None) => {
                let first = failure.wrong.first().map_or("", String::as_str);
                println!("  such as: cut {}, {}: {first}", failure.cut, failure.variant);
            }
            (None, Some(reason)) => println!("  not missed: {reason}"),
            (Some(_), Some(_)) => {
                println!("  FAILED: missed after all: take it out of NOT_MISSED");
                failed += 1;
            }
            (None, None) => {
                println!("  FAILED: nobody misses it: drop the sync, or give the reason in NOT_MISSED");
                failed += 1;
            }
        }
    }
    for (kind, _) in KEPT.iter().filter(|(kind, _)| !missed.contains(kind)) {
        println!("  FAILED: no sync that was switched off has lost {kind}: the checks are blind to them");
        failed += 1;
    }
    println!("without syncs: {checked} directories checked, {:.1} s", start.elapsed().as_secs_f64());
    Ok(failed)
}

/// What of [`KEPT`] these sentences are about.
fn kinds(wrong: &[&str]) -> BTreeSet<&'static str> {
    let said = |words: &[&str]| wrong.iter().any(|w| words.iter().any(|word| w.contains(word)));
    KEPT.iter().filter(|(_, words)| said(words)).map(|(kind, _)| *kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wrong: &[&str], expect: &[&str]) {
        assert_eq!(kinds(wrong).into_iter().collect::<Vec<_>>(), expect, "{wrong:?}");
    }

    #[test]
    fn what_is_missed_is_told_by_its_kind() {
        check(&[], &[]);
        check(&["the store does not open: file is not a database"], &[]);
        check(
            &["the acknowledged unit 0 is gone", "the log acts of size 3: not-found"],
            &["checkpoints", "units"],
        );
        check(&["participant 1: the blob r0-u0: not-found"], &["blobs"]);
        check(&["participant 0: the upload r2-u5 has 0 bytes, 17151 were there"], &["uploads"]);
        check(&["the key file is gone, version 8 was there"], &["files"]);
    }
}
