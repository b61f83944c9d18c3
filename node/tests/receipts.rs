//! Receipts over the API: of both sides of a document, of one act, as data, as a file, on paper, in COSE.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use common::{Answer, World};
use corridor_base::Did;
use corridor_node::access::Role;
use corridor_proof::evidence::{self, FileKind};
use corridor_proof::receipt::Receipt;
use corridor_proof::verdict::State;
use serde_json::Value;

async fn get(world: &World, who: &Did, path: &str) -> Answer {
    let token = world.token(who, Role::Officer).await;
    world.ask("GET", &format!("/api/v1/receipts/{path}"), Some(&token), "").await
}

/// Asks until what is answered is as wanted: the log and the partners take a moment.
async fn until(world: &World, who: &Did, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..3000 {
        let answer = get(world, who, path).await;
        if wanted(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answer = get(world, who, path).await;
    panic!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
}

fn kinds(receipts: &Value) -> Vec<&str> {
    receipts.as_array().unwrap().iter().map(|r| r["type"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_shown_as_far_as_it_goes_in_every_form() {
    let world = World::new().await;
    let (customs, id) = (world.customs.clone(), world.document.to_string());
    until(&world, &customs, &format!("{id}/file"), |a| a.status.is_success()).await;
    let shown = get(&world, &customs, &id).await.json();
    assert_eq!(shown["document"]["id"], id);
    assert_eq!(kinds(&shown["ours"]), ["document-received"]);
    // Nobody has cosigned, and nobody else than the log's own operator is there to.
    assert_eq!(
        (shown["complete"].as_bool(), shown["ours"][0]["state"].as_str()),
        (Some(false), Some("pending"))
    );
    assert!(!shown["ours"][0]["missing"].as_array().unwrap().is_empty(), "{shown:#}");
    // Both signatures are good, and no cosigned checkpoint says since when.
    let what: Vec<_> =
        shown["signatures"].as_array().unwrap().iter().map(|s| (&s["what"], &s["good"])).collect();
    assert_eq!(what, [(&Value::from("envelope"), &true.into()), (&"acknowledgement".into(), &true.into())]);
    assert!(shown["signatures"][0]["recorded"].is_null());
    let of_sender = get(&world, &world.forwarder, &id).await.json();
    assert_eq!(kinds(&of_sender["ours"]), ["document-submitted", "document-acknowledged"]);
    // The act alone, by its own number.
    let act = shown["ours"][0]["act"].as_str().unwrap();
    let alone = get(&world, &customs, act).await.json();
    assert_eq!((alone["document"].is_null(), kinds(&alone["ours"])), (true, vec!["document-received"]));
    // The file, on paper, in COSE.
    let file = get(&world, &customs, &format!("{act}/file")).await.body;
    let receipt = Receipt::parse(&file).unwrap();
    assert_eq!(receipt.act().id.to_string(), act);
    let judged = evidence::judge(&file, None, None, None);
    assert_eq!((judged.kind, judged.outcome()), (Some(FileKind::Receipt), State::NotChecked));
    let page = get(&world, &customs, &format!("{id}/page")).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(String::from_utf8(page.body).unwrap().contains("<svg"));
    let cose = get(&world, &customs, &format!("{id}/cose")).await.body;
    let judged = evidence::judge(&cose, None, receipt.proof().extra.as_deref(), None);
    assert_eq!((judged.kind, judged.outcome()), (Some(FileKind::CoseReceipt), State::NotChecked));
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_so() {
    let world = World::new().await;
    let customs = world.customs.clone();
    let check = async |path: &str, expect: &str| {
        let answer = get(&world, &customs, path).await;
        assert_eq!(answer.code(), expect, "{path}: {}", answer.status);
    };
    check("0192f0c1-2345-7abc-8def-0123456789ab", "not-found").await;
    check("0192f0c1-2345-7abc-8def-0123456789ab/file", "not-found").await;
    check("no-number", "malformed").await;
    check(&format!("{}/pdf", world.document), "not-found").await;
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_receipts_are_listed_and_those_that_wait_by_themselves() {
    let world = World::new().await;
    let second = world.send(corridor_trade::SAMPLE).await.to_string();
    let first = world.document.to_string();
    until(&world, &world.customs, &format!("{second}/file"), |a| a.status.is_success()).await;
    let list = async |who: &Did, query: &str| {
        let token = world.token(who, Role::Auditor).await;
        let answer = world.ask("GET", &format!("/api/v1/receipts{query}"), Some(&token), "").await;
        assert!(answer.status.is_success(), "{query}: {}", answer.code());
        let answer = answer.json();
        let ids: Vec<String> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["document"]["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, answer)
    };
    let (all, answer) = list(&world.customs, "").await;
    // What customs received, and what they answered meanwhile.
    assert!(all.contains(&first) && all.contains(&second), "{answer:#}");
    let of =
        |id: &str| answer["items"].as_array().unwrap().iter().find(|i| i["document"]["id"] == id).unwrap();
    assert_eq!(
        (of(&second)["complete"].as_bool(), kinds(&of(&second)["ours"])),
        (Some(false), vec!["document-received"])
    );
    assert!(of(&second)["ours"][0]["receipt"].is_null(), "a list holds no files");
    // Nobody has cosigned: all of them wait.
    assert_eq!(list(&world.customs, "?pending=true").await.0, all);
    // One at a time, each once, newest first.
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let (ids, answer) = list(&world.customs, &format!("?limit=1{next}")).await;
        paged.extend(ids);
        match answer["next"].as_str() {
            Some(place) => next = format!("&before={place}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    assert_eq!(list(&world.stranger, "").await.0, Vec::<String>::new());
    world.running.stop().await;
}
