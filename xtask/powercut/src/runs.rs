//! Many cuts of one recorded run, each left in several variants and checked on as many threads as
//! there are cores; and the same with one class of syncs switched off at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::check::check;
use crate::claims::Claims;
use crate::disk::{Disk, Image, VARIANTS, Variant};
use crate::format::Op;
use crate::record::{scratch, write_image};

/// Classes of syncs that may be switched off without losing anything, and why they are there all the
/// same. Every other class must be missed when it is gone; one that stands here and is missed too
/// has to be taken out.
pub const NOT_MISSED: &[(&str, &str)] = &[(
    "file data/.corridor.sqlite.part",
    "the database begins as an empty file, and an empty file has no contents to lose; the sync comes with \
     writing files whole",
)];

/// A cut after which something was not as promised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// How many operations had been done.
    pub cut: usize,
    /// What chance was left to do, in words.
    pub variant: String,
    /// What is wrong.
    pub wrong: Vec<String>,
}

/// What became of many cuts.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many directories were opened and compared.
    pub checked: usize,
    /// The cuts that lost something, in their order.
    pub failures: Vec<Failure>,
    /// How long it took.
    pub took: Duration,
}

/// What is looked at.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// Where chance starts.
    pub seed: u64,
    /// The cuts, ascending.
    pub cuts: &'a [usize],
    /// A class of syncs that is switched off.
    pub without: Option<&'a str>,
    /// How often each cut is left to chance.
    pub torn: usize,
    /// After how many failures to stop.
    pub enough: usize,
}

/// Moments to cut at: before and after each sync and after each acknowledgement, and others by chance;
/// so many in all, ascending.
#[must_use]
pub fn cuts(operations: &[Op<'_>], count: usize, seed: u64) -> Vec<usize> {
    let mut around = Vec::new();
    for (i, op) in operations.iter().enumerate() {
        match op {
            Op::Sync { .. } => around.extend([i, i + 1]),
            Op::Acknowledge { .. } => around.push(i + 1),
            _ => {}
        }
    }
    choose(around, operations.len(), count, &mut Chance::new(&[seed, 1]))
}

/// Moments soon after a sync of this class, when its absence may show for a short time only; at most so
/// many, ascending.
///
/// # Errors
/// When the record contradicts itself.
pub fn soon_after(operations: &[Op<'_>], class: &str, count: usize, seed: u64) -> Result<Vec<usize>, String> {
    let mut disk = Disk::new(None);
    let mut soon = BTreeSet::new();
    for (i, op) in operations.iter().enumerate() {
        if let Op::Sync { node, .. } = op
            && disk.class(*node) == class
        {
            soon.extend(i + 1..operations.len().min(i + SOON));
        }
        disk.apply(op)?;
    }
    let (mut soon, mut chance) = (soon.into_iter().collect::<Vec<_>>(), Chance::new(&[seed, 2]));
    while soon.len() > count {
        soon.swap_remove(chance.below(soon.len()));
    }
    soon.sort_unstable();
    Ok(soon)
}

/// How many operations after a sync its absence is looked for in particular.
const SOON: usize = 10;

/// Four fifths from `good`, as far as it goes; the rest from everywhere.
fn choose(mut good: Vec<usize>, end: usize, count: usize, chance: &mut Chance) -> Vec<usize> {
    let mut chosen = BTreeSet::from([end]);
    while chosen.len() < count - count / 5 && !good.is_empty() {
        chosen.insert(good.swap_remove(chance.below(good.len())));
    }
    while chosen.len() < count.min(end) {
        chosen.insert(chance.below(end + 1));
    }
    chosen.into_iter().collect()
}

/// Switches one class of syncs off and makes about so many cuts: half of them soon after where the syncs
/// were (where there are few of those, each is left to chance more often), half as [`cuts`] has them.
///
/// # Errors
/// As [`search`].
pub fn search_without(
    operations: &[Op<'_>],
    class: &str,
    count: usize,
    seed: u64,
    enough: usize,
) -> Result<Outcome, String> {
    let half = count / 2;
    let soon = soon_after(operations, class, half, seed)?;
    let torn = (VARIANTS.len() * half / soon.len().max(1)).saturating_sub(VARIANTS.len() - 1).clamp(1, 20);
    let first = Search { seed, cuts: &soon, without: Some(class), torn, enough };
    let mut outcome = search(operations, &first)?;
    if outcome.failures.len() < enough {
        let cuts = cuts(operations, half, seed);
        let rest = search(operations, &Search { cuts: &cuts, torn: 1, ..first })?;
        outcome.checked += rest.checked;
        outcome.failures.extend(rest.failures);
        outcome.took += rest.took;
    }
    Ok(outcome)
}

/// Every class of syncs in the run, and how often it occurs.
///
/// # Errors
/// When the record contradicts itself.
pub fn classes(operations: &[Op<'_>]) -> Result<BTreeMap<String, usize>, String> {
    let mut disk = Disk::new(None);
    let mut found = BTreeMap::new();
    for op in operations {
        if let Op::Sync { node, .. } = op {
            *found.entry(disk.class(*node)).or_default() += 1;
        }
        disk.apply(op)?;
    }
    Ok(found)
}

/// One directory to check.
struct Left {
    cut: usize,
    variant: String,
    image: Image,
    claims: Arc<Claims>,
}

/// Makes all the cuts and checks what they leave.
///
/// # Errors
/// When the record contradicts itself, or a check cannot be made.
pub fn search(operations: &[Op<'_>], search: &Search<'_>) -> Result<Outcome, String> {
    let start = Instant::now();
    let folder = scratch()?;
    let (sender, receiver) = sync_channel(4);
    let receiver = Mutex::new(receiver);
    let failed = AtomicUsize::new(0);
    let mut outcome = Outcome::default();
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let work = || worker(&receiver, folder.path(), &failed);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let produced = produce(operations, search, &sender, &failed);
        drop(sender);
        for worker in workers {
            let (checked, failures) = worker.join().map_err(|_| "a check panicked".to_owned())??;
            outcome.checked += checked;
            outcome.failures.extend(failures);
        }
        produced
    })?;
    outcome.failures.sort();
    outcome.took = start.elapsed();
    Ok(outcome)
}

/// The variants of one cut, the one by chance so many times.
fn variants(torn: usize) -> impl Iterator<Item = (Variant, u64)> {
    let more = (1..torn as u64).map(|luck| (Variant::Torn, luck));
    VARIANTS.into_iter().map(|variant| (variant, 0)).chain(more)
}

/// Goes through the run once and hands out what each cut leaves.
fn produce(
    operations: &[Op<'_>],
    search: &Search<'_>,
    sender: &SyncSender<Left>,
    failed: &AtomicUsize,
) -> Result<(), String> {
    let mut disk = Disk::new(search.without);
    let mut claims = Claims::default();
    let mut done = 0;
    for cut in search.cuts {
        for op in operations.get(done..*cut).unwrap_or_default() {
            disk.apply(op)?;
            if let Op::Acknowledge { text } = op {
                claims.hear(text)?;
            }
        }
        done = *cut;
        let said = Arc::new(claims.clone());
        for (variant, luck) in variants(search.torn) {
            if failed.load(Ordering::Relaxed) >= search.enough {
                return Ok(());
            }
            let image = disk.cut(variant, &mut Chance::new(&[search.seed, *cut as u64, luck]));
            let variant = if luck > 0 { format!("{variant:?}{luck}") } else { format!("{variant:?}") };
            // The workers are gone only when one of them has failed, and says so itself.
            let _ = sender.send(Left { cut: *cut, variant, image, claims: said.clone() });
        }
    }
    Ok(())
}

type Found = Result<(usize, Vec<Failure>), String>;

fn worker(receiver: &Mutex<Receiver<Left>>, folder: &Path, failed: &AtomicUsize) -> Found {
    let mut found = (0, Vec::new());
    loop {
        let left = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(left) = left else { return Ok(found) };
        let place = folder.join(format!("{}-{}", left.cut, left.variant));
        std::fs::create_dir(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        write_image(&left.image, &place)?;
        let wrong = check(&place, &left.claims)?;
        found.0 += 1;
        if !wrong.is_empty() {
            failed.fetch_add(1, Ordering::Relaxed);
            found.1.push(Failure { cut: left.cut, variant: left.variant, wrong });
        }
        std::fs::remove_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_around_what_matters_and_as_many_as_asked_for() {
        let write = Op::Write { node: 1, at: 0, bytes: b"x" };
        let mut operations = vec![write; 100];
        operations[50] = Op::Sync { node: 1, data: false };
        operations[60] = Op::Acknowledge { text: b"x" };
        for count in [1, 10, 50, 200] {
            let found = cuts(&operations, count, 7);
            assert_eq!(found.len(), count.min(100), "{count}");
            assert!(found.is_sorted() && found.contains(&100));
        }
        let found = cuts(&operations, 10, 7);
        assert!([50, 51, 61].iter().all(|cut| found.contains(cut)), "{found:?}");
    }
}
