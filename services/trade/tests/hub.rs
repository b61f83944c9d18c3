//! The folder that a participant shares with a hub: what is dropped is sent once, what arrives is written, what
//! cannot be sent is explained, and a crash between any two steps loses nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::disallowed_methods, reason = "files that a test drops need not be durable")]

#[path = "../../../ground/exchange/tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use common::{Setup, World, content};
use corridor_base::{Did, EnvelopeId, ErrorCode, OsRandom, Problem, Result, SystemClock};
use corridor_exchange::{DocumentFilter, DocumentRow, Draft, Exchange, Service, Side, State};
use corridor_storage::Unit;
use corridor_trade::hub::{Hub, Probe, Seen};
use corridor_trade::{Desk, Library, SAMPLE, SCHEMA};

/// The desk of a node on which everyone has a folder.
struct Everyone(Arc<Library>);

impl Everyone {
    fn desk(&self, us: &Did) -> Desk {
        let desk = Desk::new(Arc::new(SystemClock), Arc::new(OsRandom), self.0.clone());
        desk.with_folders(BTreeSet::from([us.clone()]))
    }
}

#[async_trait]
impl Service for Everyone {
    fn name(&self) -> &'static str {
        "trade"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["edifact"]
    }

    async fn document(&self, exchange: &Exchange, us: &Did, document: DocumentRow) -> Result<Unit> {
        self.desk(us).document(exchange, us, document).await
    }

    async fn erased(&self, exchange: &Exchange, us: &Did, side: Side, id: EnvelopeId) -> Result<Unit> {
        self.desk(us).erased(exchange, us, side, id).await
    }
}

/// Ends the work once after a step, as a crash would.
#[derive(Default)]
struct Crash(Mutex<Option<&'static str>>);

impl Probe for Crash {
    fn after(&self, step: &'static str) -> Result<()> {
        let mut at = self.0.lock().unwrap();
        if *at == Some(step) {
            *at = None;
            return Err(Problem::new(ErrorCode::ShuttingDown));
        }
        Ok(())
    }
}

struct Shared {
    world: World,
    folder: tempfile::TempDir,
    crash: Arc<Crash>,
    hub: Hub,
    seen: Seen,
}

async fn shared() -> Shared {
    let services: Vec<Arc<dyn Service>> = vec![Arc::new(Everyone(Arc::new(Library::default())))];
    let mut world = World::with(Setup { services, schemas: vec![&SCHEMA], ..Setup::default() }).await;
    world.kr.dispatch();
    world.jp.dispatch();
    let folder = tempfile::tempdir().unwrap();
    let crash = Arc::new(Crash::default());
    let names = vec![("JPCUSTOMS".to_owned(), world.jp.us.clone())];
    let hub = Hub::new(world.kr.us.clone(), folder.path().join("hub"), names);
    let hub = hub.probed(crash.clone());
    hub.prepare().unwrap();
    Shared { world, folder, crash, hub, seen: Seen::default() }
}

impl Shared {
    fn path(&self, place: &str) -> PathBuf {
        self.folder.path().join("hub").join(place)
    }

    fn drop(&self, place: &str, bytes: &[u8]) {
        let path = self.path(&format!("out/{place}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    async fn look(&mut self) -> (usize, usize) {
        self.hub.look(&self.world.kr.exchange, &mut self.seen).await.unwrap()
    }

    /// The process ended and began again: nothing is remembered.
    async fn restarted(&mut self) {
        self.seen = Seen::default();
        self.look().await;
        self.look().await;
    }

    /// What Japan has received, by its content.
    async fn received(&self, expect: usize) -> Vec<Vec<u8>> {
        let jp = &self.world.jp;
        let listed = async || {
            let filter = DocumentFilter { limit: 100, ..DocumentFilter::default() };
            let all = jp.exchange.documents(&jp.us, Side::In, filter).await.unwrap();
            all.into_iter().filter(|d| d.name.as_deref() != Some("CONTRL.edi")).collect::<Vec<_>>()
        };
        for _ in 0..3000 {
            if listed().await.len() >= expect {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Once more, in case there is one too many.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut found = Vec::new();
        for document in listed().await {
            found.push(content(jp, Side::In, document.id).await);
        }
        assert_eq!(found.len(), expect);
        found
    }
}

fn message(recipient: &str, number: &str) -> Vec<u8> {
    format!("UNB+UNOA:3+DONGNAEFWD+{recipient}+261122:0915+{number}'UNH+1+CUSDEC:D:08A:UN'BGM+929+{number}+9'UNT+3+1'UNZ+1+{number}'").into_bytes()
}

#[tokio::test]
async fn what_is_dropped_is_sent_once_it_stands_still() {
    let mut shared = shared().await;
    let edi = message("JPCUSTOMS", "D1");
    shared.drop("a.edi", &edi[..40]);
    shared.drop("b.edi.part", &edi);
    shared.drop(".hidden", &edi);
    assert_eq!(shared.look().await, (0, 0));
    // Somebody goes on writing: another size.
    shared.drop("a.edi", &edi);
    assert_eq!(shared.look().await, (0, 0));
    assert_eq!(shared.look().await, (1, 0));
    assert_eq!(shared.names("out"), [".hidden", "b.edi.part"]);
    let sent = shared.names("sent");
    assert_eq!(sent.len(), 1);
    let (id, name) = sent[0].split_at(36);
    assert_eq!(name, "-a.edi");
    assert_eq!(shared.world.kr.settled(id.parse().unwrap()).await.state, State::Delivered);
    assert_eq!(shared.received(1).await, [edi.as_slice()]);
    // Renamed into its place, it is another file. The same again under its name is the same document.
    std::fs::rename(shared.path("out/b.edi.part"), shared.path("out/b.edi")).unwrap();
    shared.drop("a.edi", &edi);
    shared.restarted().await;
    assert_eq!(shared.names("sent").len(), 2);
    shared.received(2).await;
}

#[tokio::test]
async fn the_partner_is_named_by_the_file_or_by_its_folder() {
    let mut shared = shared().await;
    shared.drop("JPCUSTOMS/c.edi", &message("SOMEBODY", "D3"));
    shared.drop(
        "sample.edi",
        &String::from_utf8(SAMPLE.to_vec()).unwrap().replace("JPSOMEBODY", "JPCUSTOMS").into_bytes(),
    );
    shared.restarted().await;
    assert_eq!((shared.names("sent").len(), shared.names("refused").len()), (2, 0));
    shared.received(2).await;
}

/// Shift_JIS whose second bytes look like the release character of its UNA: only in the characters agreed on is
/// it an interchange.
#[tokio::test]
async fn a_file_is_read_in_the_characters_agreed_on() {
    let mut shared = shared().await;
    let edi = b"UNA:+.\\ 'UNB+UNOA:3+DONGNAEFWD+JPCUSTOMS+261122:0915+S1'UNH+1\x83\x5c+CUSDEC:D:08A:UN'BGM+929+S1+9'\
        UNT+3+1\x83\x5c'UNZ+1+S1'";
    shared.drop("before.edi", edi);
    shared.restarted().await;
    assert_eq!((shared.names("sent").len(), shared.names("refused").len()), (0, 2));
    let data = tempfile::tempdir().unwrap();
    let (directories, guides) =
        (Library::directories(data.path()), Library::guides(data.path(), &shared.world.kr.us));
    for folder in [&directories, &guides] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/d99z.zip");
    std::fs::copy(sample, directories.join("d99z.zip")).unwrap();
    let guide = r#"{"guide":"sjis","directory":"D.99Z","message":"TESTER","characters":"SHIFT_JIS"}"#;
    std::fs::write(guides.join("sjis.json"), guide).unwrap();
    shared.hub = shared.hub.reading(Arc::new(Library::at(data.path())));
    shared.drop("after.edi", edi);
    shared.restarted().await;
    assert_eq!((shared.names("sent").len(), shared.names("refused").len()), (1, 2));
    assert_eq!(shared.received(1).await, [edi.as_slice()]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_moved_beside_its_reason() {
    let mut shared = shared().await;
    let wrong_count = String::from_utf8(message("JPCUSTOMS", "D1")).unwrap().replace("UNZ+1", "UNZ+7");
    let refused: [(&str, Vec<u8>, &str); 4] = [
        ("garbage.edi", b"not edi".to_vec(), "EDIFACT"),
        ("nobody.edi", message("NOBODY", "D2"), "NOBODY"),
        ("count.edi", wrong_count.into_bytes(), "UNZ"),
        ("STRANGER/d.edi", message("JPCUSTOMS", "D3"), "STRANGER"),
    ];
    for (place, bytes, _) in &refused {
        shared.drop(place, bytes);
    }
    shared.restarted().await;
    for (place, bytes, why) in &refused {
        let name = place.rsplit('/').next().unwrap();
        assert_eq!(&std::fs::read(shared.path(&format!("refused/{name}"))).unwrap(), bytes);
        let told = std::fs::read_to_string(shared.path(&format!("refused/{name}.txt"))).unwrap();
        assert_eq!(told.lines().map(|l| &l[..4]).collect::<Vec<_>>(), ["[en]", "[ja]", "[ko]"], "{told}");
        assert!(told.lines().all(|line| line.contains(why)), "{told}");
    }
    // One of the same name does not replace it.
    shared.drop("garbage.edi", b"other");
    shared.restarted().await;
    assert_eq!(std::fs::read(shared.path("refused/2-garbage.edi")).unwrap(), b"other");
    assert_eq!(shared.hub.examine().unwrap(), 5);
    shared.received(0).await;
}

#[tokio::test]
async fn a_crash_between_any_two_steps_sends_once_and_loses_nothing() {
    for step in ["read", "handed in", "moved"] {
        let mut shared = shared().await;
        let edi = message("JPCUSTOMS", "D1");
        shared.drop("a.edi", &edi);
        *shared.crash.0.lock().unwrap() = Some(step);
        shared.restarted().await;
        assert!(shared.crash.0.lock().unwrap().is_none(), "{step} was reached");
        shared.restarted().await;
        assert_eq!((shared.names("out").len(), shared.names("sent").len()), (0, 1), "{step}");
        assert_eq!(shared.received(1).await, [edi], "{step}");
    }
    for step in ["told", "refused"] {
        let mut shared = shared().await;
        shared.drop("a.edi", b"garbage");
        *shared.crash.0.lock().unwrap() = Some(step);
        shared.restarted().await;
        shared.restarted().await;
        assert_eq!(shared.names("refused"), ["a.edi", "a.edi.txt"], "{step}");
        assert!(shared.names("out").is_empty(), "{step}");
    }
}

#[tokio::test]
async fn what_arrives_is_written_whole_and_once() {
    for step in [None, Some("written"), Some("noted")] {
        let mut shared = shared().await;
        let (kr, jp) = (&shared.world.kr, &shared.world.jp);
        let edi = message("DONGNAEFWD", "R1");
        let draft = |subjects: &[&str]| Draft {
            id: None,
            to: kr.us.clone(),
            kind: "edifact".parse().unwrap(),
            agreement: Some(shared.world.agreement),
            name: None,
            answers: None,
            subjects: subjects.iter().map(|s| (*s).to_owned()).collect(),
        };
        let id = jp.hand_in(draft(&[]), &edi).await.unwrap();
        // What is about persons stays in the node.
        let person = jp.hand_in(draft(&["driver 1"]), &message("DONGNAEFWD", "R2")).await.unwrap();
        for wanted in [id, person] {
            kr.reaches(Side::In, wanted, |state| state == State::Received).await;
            for _ in 0..3000 {
                let find = move |tx: &mut corridor_storage::Tx<'_>| {
                    corridor_trade::books::find(tx, Side::In, wanted)
                };
                if kr.exchange.store().read(&kr.us, find).await.unwrap().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        *shared.crash.0.lock().unwrap() = step;
        shared.look().await;
        shared.look().await;
        let names = shared.names("in");
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(names[0].ends_with(&format!("Z-{id}.edi")), "{names:?}");
        assert_eq!(std::fs::read(shared.path("in").join(&names[0])).unwrap(), edi);
        // The hub takes it away: it does not come again.
        std::fs::remove_file(shared.path("in").join(&names[0])).unwrap();
        assert_eq!(shared.look().await, (0, 0), "{step:?}");
        assert!(shared.names("in").is_empty());
    }
}
