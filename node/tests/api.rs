//! The API over one exchange: what it promises beyond who may call it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use common::{CONTENT, World};
use corridor_base::{Clock as _, Digest, OsRandom};
use corridor_node::access::Role;
use corridor_node::api;
use corridor_proof::verdict::State;
use corridor_proof::{Policy, Signer as _, VerifierKey, listed};
use serde_json::{Value, json};
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_said_in_the_reader_s_language() {
    let world = World::new().await;
    let ask = async |language: &str| {
        let request = Request::get("/api/v1/inbox").header("accept-language", language);
        world.give(request.body(Body::empty()).unwrap()).await
    };
    for (language, tag) in [("ja", "ja"), ("ko-KR, en;q=0.5", "ko"), ("fr", "en")] {
        let answer = ask(language).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["content-language"], tag);
        assert!(answer.headers.contains_key("www-authenticate"));
        assert_eq!(answer.headers["cache-control"], "no-store");
        let lang = tag.parse().unwrap();
        let text = corridor_base::Problem::new(corridor_base::ErrorCode::Unauthenticated).text(lang);
        assert_eq!(answer.json()["title"], text.title);
    }
    world.running.stop().await;
}

/// A request by an administrator of the forwarder, and the problem it must come to.
async fn check(world: &World, method: &str, path: &str, body: &str, status: u16, code: &str) {
    let token = world.token(&world.forwarder, Role::Administrator).await;
    let answer = world.ask(method, path, Some(&token), body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{method} {path} {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_problem_of_the_one_table() {
    let world = World::new().await;
    let did = "did:web:localhost%253A1:x";
    check(&world, "GET", "/nothing", "", 404, "not-found").await;
    check(&world, "GET", "/api/v1/inbox/", "", 404, "not-found").await;
    check(&world, "PUT", "/api/v1/inbox", "", 405, "method-not-allowed").await;
    check(&world, "BREW", "/api/v1/inbox", "", 405, "method-not-allowed").await;
    check(&world, "GET", "/api/v1/inbox/none", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox/%ff", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox?limit=0", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox?limit=x", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox?colour=red", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox?state=lost", "", 400, "malformed").await;
    check(&world, "GET", "/api/v1/inbox?before=1", "", 400, "malformed").await;
    check(&world, "POST", "/api/v1/outbox?kind=edifact", "", 400, "malformed").await;
    check(&world, "POST", &format!("/api/v1/outbox?to={did}&kind=edifact"), "x", 403, "participant-unknown")
        .await;
    check(&world, "POST", "/api/v1/tokens", "{", 400, "malformed").await;
    check(&world, "POST", "/api/v1/tokens", "x", 400, "malformed").await;
    check(&world, "POST", "/api/v1/tokens", "{\"role\": \"king\"}", 400, "malformed").await;
    check(&world, "POST", "/api/v1/tokens", "{\"role\": \"officer\", \"x\": 1}", 400, "malformed").await;
    check(&world, "POST", "/api/v1/tokens", "{\"role\": \"officer\", \"days\": 0}", 400, "malformed").await;
    let large = format!("{{\"role\": \"{}\"}}", "x".repeat(api::extract::MAX_JSON));
    check(&world, "POST", "/api/v1/tokens", &large, 413, "too-large").await;
    check(&world, "POST", "/api/v1/agreements/accept", "x", 400, "malformed").await;
    check(&world, "DELETE", "/api/v1/tokens/0123456789abcdef01234567", "", 404, "not-found").await;
    world.running.stop().await;
}

async fn send(world: &World, token: &str, key: &str, name: &str, content: &'static [u8]) -> (u16, Value) {
    let to = world.customs.as_str().replace('%', "%25");
    let request = Request::post(format!("/api/v1/outbox?to={to}&kind=edifact&name={name}"))
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", key);
    let answer = world.give(request.body(Body::from(content)).unwrap()).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_sends_once() {
    let world = World::new().await;
    let token = world.token(&world.forwarder, Role::Officer).await;
    let (status, first) = send(&world, &token, "key-1", "a.edi", CONTENT).await;
    assert_eq!((status, first["size"].as_u64()), (201, Some(CONTENT.len() as u64)));
    let (status, again) = send(&world, &token, "key-1", "a.edi", CONTENT).await;
    assert_eq!((status, &again["id"]), (201, &first["id"]));
    let (status, other) = send(&world, &token, "key-1", "a.edi", b"UNA:+.? 'other").await;
    assert_eq!((status, other["code"].as_str()), (409, Some("envelope-conflict")));
    let (_, second) = send(&world, &token, "key-2", "a.edi", CONTENT).await;
    assert_ne!(second["id"], first["id"]);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_whole_and_leaves_who_read_it() {
    let world = World::new().await;
    let token = world.token(&world.customs, Role::Officer).await;
    let path = format!("/api/v1/inbox/{}", world.document);
    let detail = world.ask("GET", &path, Some(&token), "").await.json();
    assert_eq!(detail["sha256"], Digest::of(CONTENT).to_string());
    assert!(detail["envelope"].as_str().unwrap().starts_with("corridor/envelope/v1\n"));
    assert!(detail["acknowledgement"].as_str().unwrap().starts_with("corridor/acknowledgement/v1\n"));
    let content = world.ask("GET", &format!("{path}/content"), Some(&token), "").await;
    assert_eq!(content.body, CONTENT);
    assert!(content.headers.contains_key("repr-digest"));
    let auditor = world.token(&world.customs, Role::Auditor).await;
    let acts = world.ask("GET", "/api/v1/acts?limit=1000", Some(&auditor), "").await.json();
    let read: Vec<&Value> =
        acts["items"].as_array().unwrap().iter().filter(|a| a["type"] == "document-read").collect();
    let reader = token.split('_').nth(1).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(
        (read[0]["fields"]["reader"].as_str(), read[0]["verified"].as_bool()),
        (Some(reader), Some(true))
    );
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_until_it_is_revoked_or_has_expired() {
    let world = World::new().await;
    let administrator = world.token(&world.customs, Role::Administrator).await;
    let order = json!({ "role": "officer", "label": "customs system", "days": 1 }).to_string();
    let make = async || {
        let answer = world.ask("POST", "/api/v1/tokens", Some(&administrator), &order).await;
        assert_eq!(answer.status, 201);
        let made = answer.json();
        (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
    };
    let status =
        async |secret: &str| world.ask("GET", "/api/v1/inbox", Some(secret), "").await.status.as_u16();
    let (id, revoked) = make().await;
    let (_, expiring) = make().await;
    assert_eq!((status(&revoked).await, status(&expiring).await), (200, 200));
    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(world.ask("DELETE", &path, Some(&administrator), "").await.status, 204);
    assert_eq!((status(&revoked).await, status(&expiring).await), (401, 200));
    assert_eq!(
        world.ask("DELETE", &path, Some(&administrator), "").await.status,
        204,
        "revoking again is no error"
    );
    world.clock.advance(Duration::from_secs(86_400));
    assert_eq!(status(&expiring).await, 401);
    let all = world.ask("GET", "/api/v1/tokens", Some(&administrator), "").await;
    let text = String::from_utf8(all.body).unwrap();
    // The secret may hold a `_` itself: a piece of a letter or two would be found anywhere.
    let secret = revoked.splitn(3, '_').nth(2).unwrap();
    assert!(!text.contains(secret), "a secret is in the list");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_trust_list_makes_the_node_not_ready() {
    let world = World::new().await;
    let ready = async || world.ask("GET", "/health/ready", None, "").await;
    assert_eq!(
        (ready().await.status.as_u16(), ready().await.json()["trust_lists"]["JP"].as_u64()),
        (200, Some(4))
    );
    // 30 days and a grace of 72 hours.
    world.clock.advance(Duration::from_secs(32 * 86_400));
    assert_eq!(ready().await.status, 200);
    world.clock.advance(Duration::from_secs(2 * 86_400));
    assert_eq!((ready().await.status.as_u16(), ready().await.code().as_str()), (503, "trust-list-expired"));
    assert_eq!(world.ask("GET", "/health/live", None, "").await.status, 200);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_routes_and_never_names() {
    let world = World::new().await;
    let token = world.token(&world.customs, Role::Officer).await;
    // A question nobody understands is refused, and counted without what it held.
    let path = format!("/api/v1/inbox/{}?colour={token}", world.document);
    world.ask("GET", &path, Some(&token), "").await;
    let text = String::from_utf8(world.ask("GET", "/metrics", None, "").await.body).unwrap();
    let request = "corridor_http_requests_total{listener=\"api\",method=\"GET\",route=\"/api/v1/inbox/{id}\",status=\"400\"} 1";
    for line in [
        request,
        "corridor_invariant_broken_total{id=\"EX-3\"} 0",
        "corridor_outbox_dead 0",
        "corridor_log_alarms 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("corridor_storage_units_committed_total"), "{text}");
    for secret in [world.document.to_string(), token, world.customs.to_string()] {
        assert!(!text.contains(&secret), "{text}");
    }
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_when_the_list_pins_them() {
    let mut world = World::new().await;
    let token = world.token(&world.customs, Role::Administrator).await;
    let made = world.ask("POST", "/api/v1/keys", Some(&token), "").await.json();
    assert_eq!(made["state"], "pending");
    let keyring = world.node.exchange.keyring(&world.customs).unwrap().clone();
    let endpoint = world.node.config.public_url.as_str();
    let document = corridor_identity::DidDocument::of(&keyring, endpoint);
    let names = corridor_base::Words::same("Customs");
    let admission =
        corridor_identity::Admission::from_document(&document, names, None, Duration::from_secs(60)).unwrap();
    let clock = world.clock.clone();
    let list = world.anchor.admit(&admission, &*clock).unwrap().bytes().to_vec();
    let list = String::from_utf8(list).unwrap();
    let answer = world.ask("POST", "/api/v1/trust", Some(&token), &list).await;
    assert_eq!((answer.status.as_u16(), answer.json()["accepted"].as_str()), (200, Some("list")));
    assert_eq!(keyring.current_id().as_str(), made["id"].as_str().unwrap());
    world.running.stop().await;
}

/// The list of now with its proof, as `corridor trust at now --country JP --output FILE` writes it, is judged
/// without the node.
async fn proved(world: &World, token: &str, number: u64) {
    let mut file = Value::Null;
    for _ in 0..3000 {
        file = world.ask("GET", "/api/v1/trust/lists/JP", Some(token), "").await.json();
        if !file["receipt"].is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(file["number"].as_u64(), Some(number));
    let policy = world.ask("GET", "/api/v1/trust/policy", Some(token), "").await.json();
    let policy = Policy::parse(policy["policy"].as_str().unwrap().as_bytes()).unwrap();
    let anchor = world.anchor.anchor_key();
    let anchors = [(anchor.name.clone(), anchor.key.clone())];
    let older = world.node.exchange.directory().list(&anchor.country, number - 2).await.unwrap().unwrap();
    let check = |what: &str, change: &dyn Fn(&mut Value), anchors: &[_], expect: [&str; 3]| {
        let mut changed = file.clone();
        change(&mut changed);
        let judged = listed::judge(changed.to_string().as_bytes(), Some(&policy), anchors, None);
        let state = |name: &str| {
            let found = judged.checks.iter().find(|check| check.name.to_string() == name);
            found.map_or(String::new(), |check| {
                serde_json::to_value(check.state).unwrap().as_str().unwrap().to_owned()
            })
        };
        assert_eq!(
            ["inclusion", "opening", "anchor-signature"].map(state),
            expect,
            "{what}: {:?}",
            judged.checks
        );
        // Nobody has cosigned here: whatever else fails, it does not pass.
        assert_ne!(judged.outcome(), State::Passed);
    };
    let (good, bad) = ("passed", "failed");
    check("as it is", &|_| (), &anchors, [good, good, good]);
    check("nobody's key is known", &|_| (), &[], [good, good, "not-checked"]);
    let stranger = [(
        anchors[0].0.clone(),
        world.node.exchange.keyring(&world.customs).unwrap().current().public().clone(),
    )];
    check("another anchor", &|_| (), &stranger, [good, good, bad]);
    let other = String::from_utf8_lossy(&older.bytes).into_owned();
    check("an older list", &|file| file["statement"] = other.clone().into(), &anchors, [good, bad, good]);
    check(
        "another number",
        &|file| file["opened"]["number"]["value"] = "99".into(),
        &anchors,
        [good, bad, good],
    );
    let salt = |file: &mut Value| file["opened"]["number"]["salt"] = Digest::of(b"x").to_string().into();
    check("another salt", &salt, &anchors, [good, bad, good]);
    check(
        "one field less",
        &|file| drop(file["opened"].as_object_mut().unwrap().remove("country")),
        &anchors,
        [good, bad, good],
    );
    check("no list", &|file| file["statement"] = "x".into(), &anchors, ["", "", ""]);
    check("no receipt", &|file| file["receipt"] = "x".into(), &anchors, ["", bad, good]);
}

/// ID-1: lists, keys and the policy of any instant, with the acts that recorded them.
#[tokio::test(flavor = "multi_thread")]
async fn every_instant_is_answered_as_it_was() {
    let mut world = World::new().await;
    let token = world.token(&world.customs, Role::Auditor).await;
    let before = world.clock.now();
    let who = world.customs.as_str().replace('%', "%25");
    let at = |at: corridor_base::Timestamp| format!("/api/v1/trust/at?who={who}&at={at}");
    let policy = world.ask("GET", "/api/v1/trust/policy", Some(&token), "").await.json();
    assert!(
        policy["policy"].as_str().unwrap().contains("# incomplete: no witness of JP is known"),
        "{policy}"
    );

    // The office takes up the ledger of the node and a witness of its own.
    world.clock.advance(Duration::from_secs(60));
    let url = world.node.config.public_url.as_str();
    let ledger = world.node.ledger.keys.listed(url);
    let document =
        corridor_identity::DidDocument::of(world.node.exchange.keyring(&world.customs).unwrap(), url);
    let document = document.with_ledger(Some(ledger.clone()));
    let names = corridor_base::Words::same("Customs");
    let admission =
        corridor_identity::Admission::from_document(&document, names, None, Duration::ZERO).unwrap();
    let clock = world.clock.clone();
    world.anchor.admit(&admission, &*clock).unwrap();
    let key = corridor_proof::SecretKey::generate("trust.example.jp/witness", &OsRandom).unwrap();
    let key = VerifierKey::cosignature(key.name(), key.public().clone());
    let witness = corridor_proof::ListedWitness {
        name: "main".to_owned(),
        key,
        url: "https://w.example.jp".to_owned(),
        mirror_url: None,
    };
    let list = world.anchor.add_witness(&witness, &*clock).unwrap();
    let (number, digest, bytes) = (list.body().number, list.digest().to_string(), list.bytes().to_vec());
    world.node.import(&bytes).await.unwrap();

    let now = world.ask("GET", &at(world.clock.now()), Some(&token), "").await.json();
    assert_eq!(
        (now["lists"][0]["number"].as_u64(), now["lists"][0]["digest"].as_str()),
        (Some(number), Some(&*digest))
    );
    assert_eq!(now["participant"]["log"], ledger.log.to_string());
    assert_eq!(now["participant"]["keys"][0]["valid"], true);
    // The act is one that the auditor can be shown, and opens to the digest of the list.
    let act = format!("/api/v1/acts/{}", now["lists"][0]["act"].as_str().unwrap());
    let act = world.ask("GET", &act, Some(&token), "").await.json();
    assert_eq!(
        (act["type"].as_str(), act["fields"]["statement"].as_str()),
        (Some("trust-list-accepted"), Some(&*digest))
    );
    let own = format!("/api/v1/acts/{}", now["participant"]["keys"][0]["act"].as_str().unwrap());
    assert_eq!(world.ask("GET", &own, Some(&token), "").await.json()["type"], "participant-created");

    let then = world.ask("GET", &at(before), Some(&token), "").await.json();
    assert_eq!(then["lists"][0]["number"].as_u64(), Some(number - 2));
    assert!(then["participant"]["log"].is_null(), "{then}");
    proved(&world, &token, number).await;
    // Another participant is told what the list says, and nothing of our acts (PA-1).
    let stranger = world.token(&world.stranger, Role::Auditor).await;
    let told = world.ask("GET", &at(before), Some(&stranger), "").await.json();
    assert!(told["participant"]["keys"][0]["act"].is_null(), "{told}");

    let ask =
        async |query: &str| world.ask("GET", &format!("/api/v1/trust/policy{query}"), Some(&token), "").await;
    let whole = ask("").await.json();
    let whole = Policy::parse(whole["policy"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!((whole.logs().len(), whole.witnesses().len()), (1, 2));
    let one = ask(&format!("?log={}", ledger.origin())).await.json();
    let one = Policy::parse(one["policy"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(one.witnesses().iter().map(|w| &w.key).collect::<Vec<_>>(), [&witness.key]);
    assert_eq!(ask("?log=nobody.example/log").await.code(), "not-found");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_at_once_are_asked_to_come_back() {
    let world = World::with(|config| config.api_requests = 1).await;
    let token = world.token(&world.forwarder, Role::Officer).await;
    // An upload that does not end yet holds the one place, from when its content is asked for.
    let (hold, body) = tokio::sync::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
    let asked = std::sync::Arc::new(tokio::sync::Notify::new());
    let pieces = futures::stream::unfold((body, asked.clone()), |(mut body, asked)| async move {
        asked.notify_one();
        body.recv().await.map(|piece| (piece, (body, asked)))
    });
    let to = world.customs.as_str().replace('%', "%25");
    let upload = Request::post(format!("/api/v1/outbox?to={to}&kind=edifact"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from_stream(pieces))
        .unwrap();
    let upload = tokio::spawn(world.router.clone().oneshot(upload));
    asked.notified().await;
    let refused = world.ask("GET", "/api/v1/inbox", Some(&token), "").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "overloaded"));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(world.ask("GET", "/health/ready", None, "").await.status, 200, "health always has a place");
    hold.send(Ok(bytes::Bytes::from_static(CONTENT))).await.unwrap();
    drop(hold);
    assert_eq!(upload.await.unwrap().unwrap().status(), 201);
    assert_eq!(world.ask("GET", "/api/v1/inbox", Some(&token), "").await.status, 200);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_listener_shows_what_is_public_and_nothing_else() {
    let world = World::new().await;
    let router = corridor_node::public::router(&world.node).unwrap();
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    };
    let (status, document) = ask("/customs/did.json").await;
    assert_eq!(status, 200);
    let document = corridor_identity::DidDocument::parse(&document).unwrap();
    assert_eq!(
        (document.did, document.ledger.unwrap().origin()),
        (world.customs.clone(), &*world.node.config.ledger_origin)
    );
    assert_eq!(ask("/trust/lists/JP").await.1, world.anchor.newest().bytes());
    for path in ["/metrics", "/health/live", "/api/v1/openapi.json", "/api/v1/inbox", "/nobody/did.json"] {
        assert_eq!(ask(path).await.0, 404, "{path}");
    }
    world.running.stop().await;
}
