//! What it costs to derive a log of acts from its leaves again, and whether an act costs more in a long one.

use std::path::Path;
use std::time::{Duration, Instant};

use corridor_bench::report::{Better, Row, Spread};
use corridor_bench::{Result, limits, progress, told};
use corridor_ledger::fsck;
use corridor_storage::ACTS;

use crate::Arguments;
use crate::open::Open;

/// How many clients record acts meanwhile, and for how long before it is seen how many there are.
const CLIENTS: usize = 256;
const LOOK: Duration = Duration::from_millis(200);

/// The log is checked when it has a tenth of its acts, and when it has all.
pub(super) async fn fsck(arguments: &Arguments, home: &Path) -> Result<Vec<Row>> {
    let open = Open::acts(&home.join("fsck")).await?;
    let tenth = checked(&open, arguments.acts / 10, arguments.runs).await?;
    let all = checked(&open, arguments.acts, arguments.runs).await?;
    open.close().await;
    let name = format!("log fsck of {} acts: time an act", arguments.acts);
    let note = "leaves hashed, tiles and checkpoints derived from them and compared, acts without a leaf sought, \
        the row of each act held against its bytes; in one process, files in the page cache";
    let limit = Spread::of(&tenth).median;
    Ok(vec![Row::new(&name, "µs", Better::Lower, &all, note).limited("a tenth of the acts", limit)])
}

/// Lets the log grow to so many acts and checks it, so often; the time for each act, in microseconds.
async fn checked(open: &Open, acts: u64, runs: usize) -> Result<Vec<f64>> {
    let mut size = 0;
    while size < acts {
        limits::units_in(&open.store, CLIENTS, LOOK).await?;
        size = open.store.sequenced(ACTS).await.map_err(told("leaves"))?.next;
    }
    open.integrated(size).await?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let begun = Instant::now();
        let report = fsck::check(&open.log).await.map_err(told("fsck"))?;
        let time = begun.elapsed().as_secs_f64();
        if let Some(difference) = report.difference {
            return Err(format!("fsck: {difference}"));
        }
        progress(&format!("fsck: {} acts in {time:.2} s", report.leaves));
        times.push(time * 1e6 / report.leaves as f64);
    }
    Ok(times)
}
