//! Acts with their whole unit of work, without HTTP.

use std::path::Path;
use std::time::Duration;

use corridor_bench::process::used;
use corridor_bench::report::{Better, Row};
use corridor_bench::{Result, limits, progress};

use crate::Arguments;
use crate::open::Open;

/// Units of work that record one act each, numbered and integrated as in a node.
pub(super) async fn acts(arguments: &Arguments, home: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let time = Duration::from_secs(arguments.seconds);
    for &clients in &arguments.clients {
        let (mut rates, mut per_cpu) = (Vec::new(), Vec::new());
        for run in 0..arguments.runs {
            let folder = home.join(format!("acts-{clients}-{run}"));
            let open = Open::acts(&folder).await?;
            let before = used(std::process::id());
            let rate = limits::units_in(&open.store, clients, time).await?;
            let cpu = used(std::process::id()).zip(before).map_or(0.0, |(after, before)| after - before);
            progress(&format!(
                "acts, {clients} clients: {rate:.0}/s, {cpu:.1} s of processor in {:.1} s",
                time.as_secs_f64()
            ));
            rates.push(rate);
            per_cpu.push(rate * time.as_secs_f64() / cpu);
            open.close().await;
        }
        let name = format!("acts with their unit of work, {clients} clients");
        let note = "in one process, no HTTP: an act sealed, its leaf and a delivery in one unit, and the delivery taken out \
            again; durable; tiles and checkpoints made meanwhile";
        rows.push(Row::new(&name, "1/s", Better::Higher, &rates, note));
        let name = format!("acts a second of processor time, {clients} clients");
        rows.push(Row::new(&name, "1/s", Better::Higher, &per_cpu, "the same; clients included"));
    }
    Ok(rows)
}
