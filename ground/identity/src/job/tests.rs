//! What is pulled and checked, against real listeners on this machine.

use std::sync::Mutex;

use super::*;
use crate::directory::tests::{World, world};
use crate::edge::{Hosted, router};
use crate::testing::*;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use corridor_base::{Clock as _, SeededRandom};
use corridor_net::{Allow, ClientOptions, Listen, serve};
use corridor_proof::{ListedParticipant, Signed};
use corridor_storage::{ActPage, Store};

const OPERATOR: &str = "did:web:operator.jp";

fn client() -> Client {
    let allow: Vec<Allow> = vec!["localhost".parse().unwrap()];
    Client::new(&ClientOptions { allow, system_roots: false, ..ClientOptions::default() }).unwrap()
}

/// Serves a router on this machine for as long as the test runs; answers the port.
async fn listen(router: Router) -> u16 {
    let listen = Listen::plain(([127, 0, 0, 1], 0).into());
    let server = serve(listen, router, std::future::pending()).await.unwrap();
    server.address().port()
}

struct Node {
    world: World,
    store: Store,
    directory: Arc<Directory>,
}

async fn node() -> Node {
    let world = world();
    let store = world.store();
    let directory = Arc::new(world.directory(&store).await);
    Node { world, store, directory }
}

impl Node {
    fn refresher(&self, sources: &[String], keyrings: Vec<Arc<Keyring>>) -> Refresher {
        let sources = sources.iter().map(|s| s.parse().unwrap()).collect();
        Refresher::new(self.directory.clone(), client(), sources, keyrings)
    }
}

/// For each source: how many statements were new, or why none.
fn news(pulled: &[Pulled]) -> Vec<Result<usize, ErrorCode>> {
    let count = |a: &Vec<Accepted>| a.iter().filter(|a| !matches!(a, Accepted::Held { .. })).count();
    pulled.iter().map(|p| p.outcome.as_ref().map(count).map_err(Problem::code)).collect()
}

#[tokio::test]
async fn lists_and_recognitions_are_pulled_from_another_node() {
    let theirs = node().await;
    let list = first("JP", vec![participant("did:web:a.jp", 1)]);
    let recognised = recognition(("JP", 1), ("KR", 1), start(), start().plus(VALID));
    let foreign = first("KR", vec![]);
    for bytes in [list.bytes(), recognised.bytes(), foreign.bytes()] {
        theirs.directory.accept(bytes, start()).await.unwrap();
    }
    let port = listen(router(theirs.directory.clone(), Vec::<Hosted>::new())).await;
    let ours = node().await;
    let at = |path: &str| format!("http://localhost:{port}/trust/{path}");
    // The list of KR comes before the recognition that makes it acceptable.
    let sources = [at("lists/KR"), at("lists/JP"), at("recognitions"), at("lists/US")];
    let refresher = ours.refresher(&sources, vec![]);
    let missing = Err(ErrorCode::PartnerAnswer);
    assert_eq!(news(&refresher.pull().await), [Ok(1), Ok(1), Ok(1), missing]);
    assert_eq!(ours.directory.lists(start()), theirs.directory.lists(start()));
    assert_eq!(news(&refresher.pull().await), [Ok(0), Ok(0), Ok(0), missing]);
    theirs.directory.accept(next(&list, vec![]).bytes(), start()).await.unwrap();
    assert_eq!(news(&refresher.pull().await), [Ok(0), Ok(1), Ok(0), missing]);
    assert_eq!(ours.directory.lists(start())[0].number, 2);
}

/// A source that answers what the test says.
async fn source(answer: Arc<Mutex<Vec<u8>>>) -> u16 {
    let said = |State(answer): State<Arc<Mutex<Vec<u8>>>>| async move { answer.lock().unwrap().clone() };
    listen(Router::new().route("/note", get(said)).route("/p/did.json", get(said)).with_state(answer)).await
}

#[tokio::test]
async fn what_does_not_verify_leaves_the_last_good_list_in_use() {
    let ours = node().await;
    let list = first("JP", vec![participant("did:web:a.jp", 1)]);
    let answer = Arc::new(Mutex::new(list.bytes().to_vec()));
    let source = format!("http://localhost:{}/note", source(answer.clone()).await);
    let refresher = ours.refresher(&[source, "http://10.0.0.1/note".to_owned()], vec![]);
    let closed = Err(ErrorCode::AddressRefused);
    assert_eq!(news(&refresher.pull().await), [Ok(1), closed]);
    let check = async |bytes: Vec<u8>, expect: ErrorCode| {
        *answer.lock().unwrap() = bytes;
        assert_eq!(news(&refresher.pull().await), [Err(expect), closed]);
        assert_eq!(ours.directory.lists(start())[0].digest, list.digest());
    };
    let forged = Signed::new(next(&list, vec![]).body().clone(), &[&anchor("JP", 2).1]).unwrap();
    check(forged.bytes().to_vec(), ErrorCode::TrustListInvalid).await;
    check(b"<html>".to_vec(), ErrorCode::Malformed).await;
    check(b"{\"recognitions\":[\"x\"]}".to_vec(), ErrorCode::Malformed).await;
    check(b"{}".to_vec(), ErrorCode::PartnerAnswer).await;
    check(vec![b' '; TrustList::MAX + 1], ErrorCode::TooLarge).await;
    let many = RecognitionNotes { recognitions: vec![String::new(); MAX_RECOGNITIONS + 1] };
    check(serde_json::to_vec(&many).unwrap(), ErrorCode::PartnerAnswer).await;
}

#[tokio::test]
async fn a_pending_key_signs_after_the_pull_that_pins_it_and_the_job_ends_when_told() {
    let ours = node().await;
    let keys = ours.world.dir.path().join("keys");
    let keyring = Arc::new(
        Keyring::open_or_create(&keys, &did(OPERATOR), &*ours.world.clock, &SeededRandom::new(1)).unwrap(),
    );
    let made = ours.directory.rotate_key(&keyring).await.unwrap();
    let keys = keyring.keys().into_iter();
    let listed = |k: crate::KeyRecord| corridor_proof::ListedKey {
        id: k.id,
        key: k.public,
        from: start(),
        until: None,
        void_after: None,
    };
    let us = ListedParticipant { keys: keys.map(listed).collect(), ..participant(OPERATOR, 1) };
    let answer = Arc::new(Mutex::new(first("JP", vec![us]).bytes().to_vec()));
    let source = format!("http://localhost:{}/note", source(answer).await);
    let refresher = ours.refresher(&[source], vec![keyring.clone()]);
    let (stop, stopped) = watch::channel(false);
    let job = tokio::spawn(async move { refresher.run(Intervals::default(), stopped).await });
    let patience = Duration::from_secs(60);
    let taken_up = async {
        while keyring.current_id() != made.id {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, taken_up).await.unwrap();
    stop.send(true).unwrap();
    tokio::time::timeout(patience, job).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_partner_s_document_is_held_against_the_list() {
    let ours = node().await;
    let document = Arc::new(Mutex::new(Vec::new()));
    let partner = format!("did:web:localhost%3A{}:p", source(document.clone()).await);
    let listed = participant(&partner, 1);
    ours.directory.accept(first("JP", vec![listed.clone()]).bytes(), start()).await.unwrap();
    let shown = |seed: u64, endpoint: &str| {
        let key = key(&partner, "k1", seed);
        let keys = vec![crate::DocumentKey { id: key.id, key: key.key, in_use: true }];
        DidDocument { did: did(&partner), keys, endpoint: Some(endpoint.to_owned()), ledger: None }
            .to_bytes()
            .unwrap()
    };
    let verify = async |bytes: Vec<u8>| {
        *document.lock().unwrap() = bytes;
        verify_partner(&ours.directory, &client(), &did(OPERATOR), &did(&partner)).await
    };
    let reports = async || {
        let page = ActPage { limit: 100, ..ActPage::default() };
        let acts = ours.store.acts(&did(OPERATOR), page).await.unwrap();
        acts.iter().filter(|a| a.kind == DID_MISMATCH_REPORTED.name).count()
    };
    assert!(verify(shown(1, &listed.endpoint)).await.unwrap().into_result().unwrap().is_empty());
    assert_eq!(verify(shown(1, "https://else.where")).await.unwrap().into_result().unwrap().len(), 1);
    assert_eq!(reports().await, 0);
    let check = verify(shown(2, &listed.endpoint)).await.unwrap();
    assert!(check.reported.is_some());
    assert_eq!(check.into_result().unwrap_err().code(), ErrorCode::DidMismatch);
    assert_eq!(reports().await, 1);
    assert_eq!(verify(b"not a document".to_vec()).await.unwrap_err().code(), ErrorCode::PartnerAnswer);
    assert_eq!(verify(vec![b' '; did::MAX_DOCUMENT + 1]).await.unwrap_err().code(), ErrorCode::TooLarge);
    let stranger =
        verify_partner(&ours.directory, &client(), &did(OPERATOR), &did("did:web:localhost%3A1")).await;
    assert_eq!(stranger.unwrap_err().code(), ErrorCode::ParticipantUnknown);
    assert_eq!(ours.world.clock.now(), start());
}
