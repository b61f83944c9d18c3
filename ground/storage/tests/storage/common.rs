//! Where a test's data live, and how one test runs on every engine.

use std::future::Future;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use corridor_base::{ActId, Clock, DeliveryId, Did, OsRandom, SystemClock};
use corridor_proof::{Act, SealedAct, act};
use corridor_storage::{Database, Migration, NewDelivery, Options, Schema, Store};

/// The tables of the tests.
pub(crate) static TABLES: Schema = Schema {
    name: "test",
    migrations: &[Migration {
        version: 1,
        name: "notes and counters",
        sql: "
            CREATE TABLE note (participant TEXT NOT NULL, id TEXT NOT NULL, n INTEGER, words TEXT, bytes BLOB,
                PRIMARY KEY (participant, id));
            CREATE TABLE counter (participant TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL,
                PRIMARY KEY (participant, id));
        ",
        verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM counter WHERE n < 0) = 0 THEN 1 ELSE 0 END",
    }],
};

/// One place to store things, gone with the value.
pub(crate) struct Place {
    pub(crate) options: Options,
    folder: tempfile::TempDir,
    /// The URL of the server and the name of the database, when this process is to drop it.
    dropped: Option<(String, String)>,
    /// Keeps the participants of two processes on one database apart.
    slot: u32,
}

const SERVER: &str = "CORRIDOR_TEST_POSTGRES";
const CHILD_URL: &str = "CORRIDOR_TEST_CHILD_URL";

/// The server that tests may make databases on.
pub(crate) fn server() -> Option<String> {
    let url = std::env::var(SERVER).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("not run: PostgreSQL ({SERVER} is not set)");
    }
    url
}

/// What a child process was told, if this is one.
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn with_database(server: &str, name: &str) -> String {
    let (before, _) = server.rsplit_once('/').unwrap();
    format!("{before}/{name}")
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { options: Options::directory(folder.path()), folder, dropped: None, slot: 0 }
    }

    /// A new database on the server.
    pub(crate) fn postgres(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("corridor_test_{}_{count}", std::process::id());
        sql(server, &format!("CREATE DATABASE {name}"));
        let mut place = Self::at(&with_database(server, &name), 0);
        place.dropped = Some((server.to_owned(), name));
        place
    }

    /// A database that is there.
    pub(crate) fn at(url: &str, slot: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::directory(folder.path());
        options.database = Database::Postgres(url.to_owned());
        options.connections = 3;
        Self { options, folder, dropped: None, slot }
    }

    pub(crate) fn url(&self) -> String {
        match &self.options.database {
            Database::Postgres(url) => url.clone(),
            Database::Sqlite(path) => path.display().to_string(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn open(&self) -> Store {
        self.open_at(Arc::new(SystemClock))
    }

    pub(crate) fn open_at(&self, clock: Arc<dyn Clock>) -> Store {
        Store::open(self.options.clone(), &[&TABLES], clock, Arc::new(OsRandom)).unwrap()
    }

    pub(crate) fn did(&self, name: &str) -> Did {
        format!("did:web:example.jp:{name}-{}", self.slot).parse().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.dropped {
            sql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Runs SQL on a server, from a thread of its own.
pub(crate) fn sql(url: &str, sql: &str) -> Vec<String> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
            let answer = client.simple_query(sql).unwrap();
            let rows = answer.into_iter().filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                _ => None,
            });
            rows.collect()
        });
        run.join().unwrap()
    })
}

/// An own copy of this test program that runs one test with these variables set.
pub(crate) fn child(test: &str, told: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command.envs(told.iter().copied());
    command.spawn().unwrap()
}

/// Runs a test on SQLite, on PostgreSQL, and as two processes at once on one PostgreSQL. `test` is
/// its full name: the second process is told by it what to run.
pub(crate) fn everywhere<F, R>(test: &str, body: F)
where
    F: Fn(Place) -> R,
    R: Future<Output = ()>,
{
    if let Some(url) = told(CHILD_URL) {
        return block(body(Place::at(&url, 1)));
    }
    block(body(Place::sqlite()));
    let Some(server) = server() else { return };
    block(body(Place::postgres(&server)));
    let shared = Place::postgres(&server);
    let second = child(test, &[(CHILD_URL, &shared.url())]);
    block(body(Place::at(&shared.url(), 0)));
    succeed(second);
}

/// Waits for a child and wants it to have done what it was told.
pub(crate) fn succeed(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "the second process failed: {text}");
    text
}

pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// An act of this participant.
pub(crate) fn act(participant: &Did) -> SealedAct {
    let fields = [("key", "a"), ("replaces", "b")];
    Act::seal(&act::KEY_ROTATED, participant, &fields, &SystemClock, &OsRandom).unwrap()
}

pub(crate) fn delivery(queue: &str, subject: &str) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::new(&SystemClock, &OsRandom),
        queue: queue.to_owned(),
        kind: "test".to_owned(),
        subject: subject.to_owned(),
        body: subject.as_bytes().to_vec(),
    }
}

pub(crate) fn act_id() -> ActId {
    ActId::new(&SystemClock, &OsRandom)
}
