//! A short crash run: both nodes killed a few times under load, and restored from a backup, nothing lost,
//! nothing twice, no log forked. The long one is `cargo xtask crash`.
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use corridor_bench::crash::{self, Plan, Side};
use corridor_bench::process;
use corridor_bench::world::{Engine, Setup};
use postgres::{Client, NoTls};

/// The program of this build; built when a test of this crate alone is run.
fn program() -> PathBuf {
    process::program().unwrap_or_else(|_| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "--quiet", "-p", "corridor-node"]).status();
        assert!(built.unwrap().success(), "the program is not here and does not build");
        process::program().unwrap()
    })
}

fn check(engine: Engine, kills: u64, seed: u64, lost: &[Side]) {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup {
        program: program(),
        folder: folder.path().to_owned(),
        engine,
        counted: false,
        witnessed: true,
    };
    let plan = Plan {
        setup,
        kills,
        database_kills: 0,
        seed,
        clients: 4,
        pause: 100,
        largest: 1 << 20,
        lost: lost.to_vec(),
        age: Duration::from_secs(3),
        together: false,
        spare: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(crash::run(&plan, None)).unwrap();
    assert!(report.is_good() && report.documents > 0 && report.entries > 0, "{report:#?}");
    assert_eq!(report.kills_sender + report.kills_recipient, kills);
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    check(Engine::Sqlite, 6, 1, &[Side::Recipient, Side::Sender]);
}

#[test]
fn whoever_loses_the_disk_first() {
    check(Engine::Sqlite, 2, 3, &[Side::Sender, Side::Recipient]);
}

#[test]
fn nothing_acknowledged_is_lost_on_postgresql() {
    let Ok(server) = std::env::var("CORRIDOR_TEST_POSTGRES") else {
        println!("not run: CORRIDOR_TEST_POSTGRES names no server");
        return;
    };
    let mut client = Client::connect(&server, NoTls).unwrap();
    let names = ["kr", "jp"].map(|country| format!("crash_{country}_{}", std::process::id()));
    let urls = names.clone().map(|name| {
        client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        url.to_string()
    });
    check(Engine::Postgres(urls), 4, 2, &[]);
    for name in names {
        client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    }
}
