//! A participant's own mappings: documents are made and shown by them in the console and by the API, and nobody
//! else's desk knows them (PA-1). What messages are checked against is changed in the same way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use axum::body::Body;
use axum::http::Request;
use common::{Answer, World};
use corridor_node::access::Role;
use corridor_trade::Library;
use serde_json::{Value, json};

/// An order with a field that the one which comes with the program does not have.
const OWN: &str = r#"{ "mapping": "short-order", "version": 1, "message": "ORDERS", "release": "08A",
    "title": { "en": "Short order", "ja": "簡易発注", "ko": "간이 발주" },
    "segments": [
        { "segment": "BGM", "set": { "1.1": "220", "2.1": { "field": "number", "required": true },
            "3.1": { "field": "function", "codes": { "9": "original", "5": "replacement", "1": "cancellation" } } } },
        { "segment": "PAI", "set": { "1.3": { "field": "payment_channel" } } } ] }"#;

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// A world whose forwarder has a mapping of its own.
#[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
async fn world() -> World {
    let world = World::new().await;
    let folder = Library::own_mappings(&world.node.config.data, &world.forwarder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("short-order.json"), OWN).unwrap();
    // One that cannot be used stops nothing.
    std::fs::write(folder.join("wrong.json"), "{}").unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_made_by_ones_own_mapping_in_the_console() {
    let world = world().await;
    let cookie = world.session(&world.forwarder, Role::Officer).await;
    let kinds = html(&world.page("GET", "/console/trade/new", &cookie, &[]).await);
    assert!(kinds.contains("Short order") && kinds.contains("간이 발주"), "{kinds}");
    let path = "/console/trade/new/short-order";
    let form = html(&world.page("GET", path, &cookie, &[]).await);
    assert!(form.contains("name=\"f.payment_channel\""), "{form}");
    let (csrf, to) = (world.csrf(&cookie), world.customs.to_string());
    let fields = |what: &'static str| {
        [
            ("csrf", csrf.as_str()),
            ("to", &to),
            ("f.number", "PO-900"),
            ("f.function", "original"),
            ("f.payment_channel", "42"),
            ("key", "own-order"),
            ("do", what),
        ]
    };
    let looked = html(&world.page("POST", path, &cookie, &fields("preview")).await);
    assert!(looked.contains("PAI+::42") && looked.contains("value=\"send\""), "{looked}");
    let draft = world.page("POST", path, &cookie, &fields("save")).await;
    assert_eq!(draft.status.as_u16(), 303, "{}", html(&draft));
    let sent = world.page("POST", path, &cookie, &fields("send")).await;
    let id = sent.headers["location"].to_str().unwrap().split(['/', '?']).nth(3).unwrap().to_owned();
    // Shown by the mapping that has a place for all it says, or by the one that is asked for.
    let shown = async |query: &str| {
        html(&world.page("GET", &format!("/console/outbox/{id}/form{query}"), &cookie, &[]).await)
    };
    let best = shown("").await;
    assert!(best.contains("Short order PO-900 (ORDERS)") && best.contains("mapping=orders\""), "{best}");
    let other = shown("?mapping=orders").await;
    assert!(other.contains("Purchase order PO-900 (ORDERS)") && other.contains("PAI+::42"), "{other}");
    assert!(!other.contains("Short order PO-900"), "{other}");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_made_by_ones_own_mapping_by_the_api() {
    let world = world().await;
    let token = world.token(&world.forwarder, Role::Officer).await;
    let body = json!({ "mapping": "short-order", "to": world.customs,
        "documents": [{ "number": "PO-901", "function": "original", "payment_channel": "42" }] });
    let ask = async |method: &str, path: &str, token: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        world.ask(method, path, Some(token), &body).await
    };
    let made = ask("POST", "/api/v1/trade/documents", &token, &body).await.json();
    let one = &made["items"][0];
    assert_eq!((&one["right"], &one["form"]["mapping"]), (&json!(true), &json!("short-order")), "{made}");
    let id = one["sent"].as_str().unwrap();
    for (query, expect, whole) in [
        ("", "short-order", true),
        ("?mapping=short-order", "short-order", true),
        ("?mapping=orders", "orders", false),
    ] {
        let path = format!("/api/v1/trade/forms/out/{id}{query}");
        let shown = ask("GET", &path, &token, &Value::Null).await.json();
        assert_eq!(shown["sheets"][0]["mapping"], expect, "{shown}");
        assert_eq!(shown["unplaced"].as_array().unwrap().is_empty(), whole, "{shown}");
        let fitting: Vec<&str> =
            shown["fitting"].as_array().unwrap().iter().filter_map(|f| f["mapping"].as_str()).collect();
        assert_eq!(fitting, ["short-order", "orders"], "{shown}");
    }
    let path = format!("/api/v1/trade/forms/out/{id}?mapping=nonsense");
    let unknown = ask("GET", &path, &token, &Value::Null).await;
    assert_eq!(unknown.status.as_u16(), 404);
    // It is an amendment's form too.
    let amend = json!({ "function": "replacement", "mapping": "short-order",
        "document": { "number": "PO-901", "payment_channel": "41" } });
    let path = format!("/api/v1/trade/rejects/{id}/amend");
    let amended = ask("POST", &path, &token, &amend).await.json();
    assert!(amended["edifact"].as_str().unwrap().contains("PAI+::41"), "{amended}");
    // Another participant of the same node has no such mapping.
    let theirs = world.token(&world.customs, Role::Officer).await;
    let body =
        json!({ "mapping": "short-order", "to": world.forwarder, "documents": [{ "number": "PO-902" }] });
    let refused = ask("POST", "/api/v1/trade/preview", &theirs, &body).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (404, "not-found"));
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mappings_are_listed_added_and_removed_by_the_api() {
    let world = World::new().await;
    let officer = world.token(&world.forwarder, Role::Officer).await;
    let administrator = world.token(&world.forwarder, Role::Administrator).await;
    let ask = async |method: &str, path: &str, token: &str, body: &str| {
        world.ask(method, &format!("/api/v1/trade/mappings{path}"), Some(token), body).await
    };
    let named = |list: &Value, name: &str| -> Vec<(bool, bool)> {
        let items = list["items"].as_array().unwrap().iter().filter(|row| row["mapping"] == name);
        items.map(|row| (row["own"] == true, row["doubt"].is_object())).collect()
    };
    let all = ask("GET", "", &officer, "").await.json();
    assert_eq!((named(&all, "orders"), named(&all, "short-order")), (vec![(false, false)], vec![]), "{all}");
    // Fixed columns that nobody has held against a real message say so.
    let columns = all["items"].as_array().unwrap().iter().find(|row| row["doubt"].is_object()).unwrap();
    let shown = ask("GET", &format!("/{}", columns["mapping"].as_str().unwrap()), &officer, "").await.json();
    assert!(shown["file"]["layout"].is_string() && shown["fields"]["lines"].is_array(), "{shown}");
    let refused = ask("POST", "", &officer, OWN).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "forbidden"));
    let added = ask("POST", "", &administrator, OWN).await;
    assert_eq!((added.status.as_u16(), &added.json()["own"]), (200, &json!(true)));
    let all = ask("GET", "", &officer, "").await.json();
    assert_eq!(
        (named(&all, "short-order"), &all["items"][0]["title"]["ko"]),
        (vec![(true, false)], &json!("간이 발주"))
    );
    let shown = ask("GET", "/short-order", &officer, "").await.json();
    assert_eq!(shown["file"]["segments"][1]["segment"], "PAI", "{shown}");
    assert!(shown["fields"].to_string().contains("payment_channel"), "{shown}");
    // It is made by from now on, and by nobody else.
    let body = |to: &corridor_base::Did| {
        json!({ "mapping": "short-order", "to": to, "documents": [{ "number": "PO-903" }] }).to_string()
    };
    let path = "/api/v1/trade/preview";
    let made = world.ask("POST", path, Some(&officer), &body(&world.customs)).await.json();
    assert_eq!(made["items"][0]["form"]["mapping"], "short-order", "{made}");
    let theirs = world.token(&world.customs, Role::Officer).await;
    assert!(named(&ask("GET", "", &theirs, "").await.json(), "short-order").is_empty());
    assert_eq!(ask("GET", "/short-order", &theirs, "").await.status.as_u16(), 404);
    for wrong in ["", "{}", "[]", &OWN.replace("PAI", "BGM"), &OWN.replace("short-order", "../out")] {
        let refused = ask("POST", "", &administrator, wrong).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "malformed"), "{wrong}");
    }
    // The same text again changes nothing.
    assert_eq!(ask("POST", "", &administrator, OWN).await.status.as_u16(), 200);
    assert_eq!(ask("DELETE", "/short-order", &administrator, "").await.status.as_u16(), 204);
    for gone in ["short-order", "orders", "nothing"] {
        let refused = ask("DELETE", &format!("/{gone}"), &administrator, "").await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (404, "not-found"), "{gone}");
    }
    assert!(named(&ask("GET", "", &officer, "").await.json(), "short-order").is_empty());
    // The log has who changed what, and the digest of its text.
    let auditor = world.token(&world.forwarder, Role::Auditor).await;
    let acts = world.ask("GET", "/api/v1/acts?subject=short-order", Some(&auditor), "").await.json();
    let mut changes: Vec<[&str; 3]> = acts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| {
            ["type", "change", "digest"]
                .map(|name| act[name].as_str().or(act["fields"][name].as_str()).unwrap())
        })
        .collect();
    let digest = corridor_base::Digest::of(OWN.as_bytes()).to_string();
    // The clock of the test stands still, and of one instant either may come first.
    changes.sort_unstable();
    assert_eq!(
        changes,
        [["mapping-changed", "added", digest.as_str()], ["mapping-changed", "removed", digest.as_str()]],
        "{acts}"
    );
    assert!(acts["items"][0]["fields"]["by"].as_str().is_some_and(|by| !by.is_empty()), "{acts}");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_methods, reason = "a test reads a sample")]
async fn guides_and_directories_are_listed_added_and_removed_by_the_api() {
    let world = World::new().await;
    let administrator = world.token(&world.forwarder, Role::Administrator).await;
    let officer = world.token(&world.forwarder, Role::Officer).await;
    let operator = world.token(&world.node.config.operator.did, Role::Administrator).await;
    let ask = async |method: &str, path: &str, token: &str, body: &[u8]| {
        let request = Request::builder().method(method).uri(format!("/api/v1/trade/{path}"));
        let request = request.header("authorization", format!("Bearer {token}"));
        world.give(request.body(Body::from(body.to_vec())).unwrap()).await
    };
    let guide = br#"{"guide":"the carrier","directory":"D.99Z","message":"TESTER"}"#;
    // Its directory must be there first.
    let refused = ask("POST", "guides", &administrator, guide).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "guide-invalid"));
    let zip = include_bytes!("../../services/trade/samples/d99z.zip");
    let broken = ask("POST", "directories", &operator, b"PK").await;
    assert_eq!((broken.status.as_u16(), broken.code().as_str()), (422, "directory-invalid"));
    // The same again changes nothing.
    for _ in 0..2 {
        let added = ask("POST", "directories", &operator, zip).await;
        assert_eq!((added.status.as_u16(), &added.json()["name"]), (200, &json!("D.99Z")));
        assert_eq!(ask("POST", "guides", &administrator, guide).await.status.as_u16(), 200);
    }
    let listed = ask("GET", "directories", &officer, b"").await.json();
    let digest = corridor_base::Digest::of(zip).to_string();
    assert_eq!((&listed["items"][0]["digest"], &listed["items"][1]), (&json!(digest), &Value::Null));
    let listed = ask("GET", "guides", &officer, b"").await.json();
    assert_eq!((&listed["items"][0]["guide"], &listed["items"][1]), (&json!("the carrier"), &Value::Null));
    // Nobody else has it (PA-1).
    let theirs = world.token(&world.customs, Role::Administrator).await;
    assert_eq!(ask("GET", "guides", &theirs, b"").await.json()["items"], json!([]));
    for (method, path, body) in [
        ("POST", "guides", &b"{}"[..]),
        ("POST", "guides", br#"{"guide":"x","directory":"D.99Z","message":"TESTER","partner":"nobody"}"#),
    ] {
        let refused = ask(method, path, &administrator, body).await;
        assert_eq!(refused.status.as_u16() / 100, 4, "{}", refused.json());
    }
    assert_eq!(ask("DELETE", "guides/the%20carrier", &theirs, b"").await.status.as_u16(), 404);
    assert_eq!(ask("DELETE", "guides/the%20carrier", &administrator, b"").await.status.as_u16(), 204);
    assert_eq!(ask("DELETE", "guides/the%20carrier", &administrator, b"").await.status.as_u16(), 404);
    // The log of each has who changed what, and the digest of the file.
    let acts = async |token: &str, about: &str| -> Vec<(String, String)> {
        let path = format!("/api/v1/acts?subject={about}");
        let acts = world.ask("GET", &path, Some(token), "").await.json();
        let told = acts["items"].as_array().unwrap().iter().map(|act| {
            assert!(act["fields"]["by"].as_str().is_some_and(|by| !by.is_empty()), "{act}");
            let change = act["fields"]["change"].as_str().unwrap_or_default();
            (format!("{} {change}", act["type"].as_str().unwrap()), act["fields"]["digest"].to_string())
        });
        let mut told: Vec<_> = told.collect();
        // The clock of the test stands still, and of one instant either may come first.
        told.sort_unstable();
        told
    };
    let of = |what: &str, file: &[u8]| (what.to_owned(), json!(corridor_base::Digest::of(file)).to_string());
    let guides = acts(&administrator, "the%20carrier").await;
    assert_eq!(guides, [of("guide-changed added", guide), of("guide-changed removed", guide)]);
    assert_eq!(acts(&operator, "D.99Z").await, [of("directory-added ", zip)]);
    world.running.stop().await;
}
