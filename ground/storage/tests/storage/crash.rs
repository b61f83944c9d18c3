//! What was acknowledged survives: kill -9, a lost server, a full disk.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use corridor_base::{ErrorCode, OsRandom, SystemClock};
use corridor_storage::{Database, Options, Store, Tx};

use crate::common::{Place, TABLES, block, child, server, sql, told};
use crate::outbox::effects;

const CHILD: &str = "CORRIDOR_TEST_KILLED";

fn note(id: String) -> impl FnMut(&mut Tx<'_>) -> corridor_base::Result<u64> + Send + 'static {
    move |tx| {
        let sql = "INSERT INTO counter (participant, id, n) VALUES ($1, $2, 1)";
        tx.execute(sql, &[id.clone().into()])
    }
}

fn options(at: &str) -> Options {
    if at.starts_with("postgres") {
        return Place::at(at, 0).options.clone();
    }
    Options::directory(Path::new(at))
}

fn open(at: &str) -> Store {
    Store::open(options(at), &[&TABLES], Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()
}

/// Writes from eight tasks and says on its output what was acknowledged, until it is killed.
fn write_until_killed(at: &str) {
    block(async {
        let (store, a) = (open(at), "did:web:example.jp:a-0".parse().unwrap());
        let one = async |task: usize| {
            for i in 0.. {
                let id = format!("{}-{task}-{i}", std::process::id());
                if store.write(&a, note(id.clone())).await.is_ok() {
                    println!("acknowledged {id}");
                }
            }
        };
        futures::future::join_all((0..8).map(one)).await;
    });
}

fn kill_and_count(at: &str, rounds: u32) {
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let mut victim = child("crash::what_was_acknowledged_survives_kill", &[(CHILD, at)]);
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut seen = 0;
        while seen < 20 + 37 * round {
            let line = lines.next().unwrap().unwrap();
            seen += u32::from(line.contains("acknowledged "));
            acknowledged.extend(line.split_once("acknowledged ").map(|(_, id)| id.to_owned()));
        }
        victim.kill().unwrap();
        // What it said before it died counts too.
        let rest = lines.map_while(Result::ok);
        acknowledged.extend(rest.filter_map(|l| l.split_once("acknowledged ").map(|(_, id)| id.to_owned())));
        victim.wait().unwrap();
    }
    block(async {
        let (store, a) = (open(at), "did:web:example.jp:a-0".parse().unwrap());
        let found = effects(&store, &a).await;
        // The last line of a victim may be torn: it is the start of an id.
        let lost: Vec<&String> = acknowledged
            .iter()
            .filter(|id| !found.contains_key(*id) && !found.keys().any(|key| key.starts_with(*id)))
            .collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        store.write(&a, note("afterwards".to_owned())).await.unwrap();
    });
}

#[test]
fn what_was_acknowledged_survives_kill() {
    if let Some(at) = told(CHILD) {
        return write_until_killed(&at);
    }
    let folder = tempfile::tempdir().unwrap();
    kill_and_count(folder.path().to_str().unwrap(), 4);
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    kill_and_count(&place.url(), 2);
}

/// Stands between a store and its server, and cuts the line at a COMMIT when it is told to.
struct Proxy {
    url: String,
    /// How many more COMMITs are cut; and whether the server still gets them.
    cuts: Arc<Mutex<(u32, bool)>>,
    cut: Arc<AtomicUsize>,
}

impl Proxy {
    fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("@").unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}@{}/{database}", listener.local_addr().unwrap());
        let this = Self { url, cuts: Arc::new(Mutex::new((0, false))), cut: Arc::default() };
        let (server, cuts, cut) = (server.to_owned(), this.cuts.clone(), this.cut.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).unwrap();
                let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut answers, &mut back);
                    let _ = back.shutdown(std::net::Shutdown::Both);
                });
                let (cuts, cut) = (cuts.clone(), cut.clone());
                std::thread::spawn(move || forward(client, server, &cuts, &cut));
            }
        });
        this
    }
}

fn forward(mut client: TcpStream, mut server: TcpStream, cuts: &Mutex<(u32, bool)>, cut: &AtomicUsize) {
    let mut piece = [0; 16384];
    while let Ok(read) = client.read(&mut piece) {
        let some = &piece[..read];
        let cuts_now = {
            let mut cuts = cuts.lock().unwrap();
            let now = cuts.0 > 0 && some.windows(7).any(|w| w == b"COMMIT\0");
            cuts.0 -= u32::from(now);
            now.then_some(cuts.1)
        };
        if let Some(reaches_server) = cuts_now {
            cut.fetch_add(1, Ordering::SeqCst);
            // The answer must not come back either.
            let _ = client.shutdown(std::net::Shutdown::Both);
            if reaches_server {
                let _ = server.write_all(some);
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = server.shutdown(std::net::Shutdown::Both);
            return;
        }
        if read == 0 || server.write_all(some).is_err() {
            let _ = server.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// The line goes dead at the worst moment: the unit is neither done twice nor forgotten.
#[test]
fn a_commit_without_an_answer_is_found_out() {
    let Some(server) = server() else { return };
    for reaches_server in [true, false] {
        let place = Place::postgres(&server);
        let proxy = Proxy::before(&place.url());
        let behind = Place::at(&proxy.url, 0);
        block(async {
            let (store, a) = (behind.open(), behind.did("a"));
            *proxy.cuts.lock().unwrap() = (3, reaches_server);
            for i in 0..6 {
                // Not idempotent on purpose: a second run would be seen.
                let add = |tx: &mut Tx<'_>| {
                    let sql = "INSERT INTO counter (participant, id, n) VALUES ($1, 'c', 1) \
                               ON CONFLICT (participant, id) DO UPDATE SET n = counter.n + 1";
                    tx.execute(sql, &[])
                };
                store.write(&a, add).await.unwrap();
                assert_eq!(effects(&store, &a).await.get("c"), Some(&(i + 1)));
            }
            assert_eq!(proxy.cut.load(Ordering::SeqCst), 3);
        });
    }
}

#[test]
fn a_server_that_throws_everybody_out_is_come_back_to() {
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    block(async {
        let (store, a) = (place.open(), place.did("a"));
        for i in 0..3 {
            store.write(&a, note(format!("before {i}"))).await.unwrap();
            let name = place.url().rsplit_once('/').unwrap().1.to_owned();
            sql(
                &server,
                &format!(
                    "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = '{name}'"
                ),
            );
            store.write(&a, note(format!("after {i}"))).await.unwrap();
            store.health().await.unwrap();
        }
        assert_eq!(effects(&store, &a).await.len(), 6);
    });
}

/// A small file system of its own, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            println!("not run: disk full (needs the right to mount a tmpfs)");
        }
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

fn big(id: u32) -> impl FnMut(&mut Tx<'_>) -> corridor_base::Result<u64> + Send + 'static {
    move |tx| {
        let sql = "INSERT INTO note (participant, id, n, bytes) VALUES ($1, $2, 1, $3)";
        tx.execute(sql, &[id.to_string().into(), vec![7u8; 60_000].into()])
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount("6m") else { return };
    block(async {
        let options = Options::directory(disk.0.path());
        assert!(matches!(options.database, Database::Sqlite(_)));
        let store = Store::open(options, &[&TABLES], Arc::new(SystemClock), Arc::new(OsRandom)).unwrap();
        let a = "did:web:example.jp:a".parse().unwrap();
        let ballast = disk.0.path().join("ballast");
        #[allow(clippy::disallowed_methods, reason = "a file that takes room")]
        std::fs::write(&ballast, vec![0; 2 << 20]).unwrap();
        let (mut kept, mut refused) = (Vec::new(), 0);
        for id in 0..100 {
            match store.write(&a, big(id)).await {
                Ok(_) => kept.push(id),
                Err(problem) => {
                    assert_eq!(problem.code(), ErrorCode::StorageFull, "{problem}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 0 && !kept.is_empty());
        assert_eq!(store.health().await.unwrap_err().code(), ErrorCode::StorageFull);
        let mut upload = store.blobs().staging(&a, "x").await.unwrap();
        let mut problem = None;
        for _ in 0..8 {
            let (at, piece) = (upload.length(), bytes::Bytes::from(vec![1; 1 << 20]));
            problem = upload.append(at, piece).await.err();
            assert_eq!(store.blobs().staged(&a, "x").await.unwrap(), upload.length());
            if problem.is_some() {
                break;
            }
        }
        assert_eq!(problem.map(|p| p.code()), Some(ErrorCode::StorageFull));
        let put = store.blobs().put(&a, &"y".parse().unwrap(), vec![1; 5 << 20].into()).await;
        assert_eq!(put.unwrap_err().code(), ErrorCode::StorageFull);
        assert_eq!(
            store.blobs().size(&a, &"y".parse().unwrap()).await.unwrap_err().code(),
            ErrorCode::NotFound
        );
        upload.discard().await.unwrap();
        std::fs::remove_file(&ballast).unwrap();
        store.write(&a, big(1000)).await.unwrap();
        store.health().await.unwrap();
        kept.push(1000);
        let count = |tx: &mut Tx<'_>| {
            let row = tx.query_one("SELECT COUNT(*) FROM note WHERE participant = $1", &[])?;
            row.map_or(Ok(0), |row| row.size(0))
        };
        assert_eq!(store.read(&a, count).await.unwrap(), kept.len() as u64);
    });
}
