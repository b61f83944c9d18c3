//! Every endpoint against every role, no token, a wrong token, and the tokens of another participant
//! (AC-1, PA-1). The table is authorization.toml; this file only goes through it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::collections::BTreeSet;

use common::World;
use corridor_base::Did;
use corridor_node::access::{self, Role};
use corridor_storage::ActPage;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    endpoint: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    method: String,
    path: String,
    roles: Vec<String>,
    #[serde(default)]
    of_node: bool,
    secret: Option<String>,
    no_secret: Option<String>,
}

impl Endpoint {
    fn is_open(&self) -> bool {
        self.roles == ["anyone"]
    }

    /// Whoever has signed in.
    fn is_personal(&self) -> bool {
        self.roles == ["person"]
    }

    fn admits(&self, role: Role) -> bool {
        self.roles.iter().any(|r| r == role.as_str())
    }

    /// What the owner of a thing says with the request.
    fn body(&self) -> &'static str {
        let role = self.path.ends_with("/grant") || self.path.ends_with("/revoke");
        match () {
            () if role => r#"{"role":"auditor"}"#,
            () if self.path == "/api/v1/users/{name}/sign-on" && self.method == "POST" => {
                r#"{"subject":"a"}"#
            }
            () if self.path == "/console/users/{id}" => "do=sign-out",
            () if self.path.ends_with("/amend") => AMENDMENT,
            () if self.path == "/api/v1/trade/customs/{id}/decision" => r#"{"decision":"release"}"#,
            () if self.path == "/console/customs/{id}" => "decision=release",
            () => "",
        }
    }

    /// The path with names in it that stand for nothing.
    fn at(&self, id: &str) -> String {
        let id = if self.path.contains("tokens") && id == NOTHING { "0123456789abcdef01234567" } else { id };
        let id = if self.path.contains("/users/") && id == NOTHING { "nobody" } else { id };
        let named = if self.path.contains("/users/") { id } else { "nothing" };
        let path = self.path.replace("{secret}", "nothing").replace("{name}", named);
        path.replace("{id}", id)
            .replace("{did}", "did:web:nobody.example.jp")
            .replace("{country}", "KR")
            .replace("{side}", "in")
    }
}

const AMENDMENT: &str = r#"{"function":"replacement","edifact":"UNB+UNOC:3+A+B+261122:0930+7'UNH+1+ORDERS:D:08A:UN'BGM+220+1+9'UNT+3+1'UNZ+1+7'"}"#;

const NOTHING: &str = "01a202d1-1410-7277-af3b-57e537a54c6a";

fn table() -> Vec<Endpoint> {
    toml::from_str::<Table>(include_str!("authorization.toml")).unwrap().endpoint
}

#[test]
fn the_table_holds_every_endpoint_and_nothing_else() {
    let named: Vec<String> = table().iter().map(|e| format!("{} {}", e.method, e.path)).collect();
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "an endpoint stands twice");
    let document = serde_json::to_value(corridor_node::api::document()).unwrap();
    // Pages stand in no OpenAPI document; what no rule covers is not reached.
    let pages = access::RULES.iter().filter(|rule| !rule.path.starts_with("/api/"));
    let mut documented: BTreeSet<String> =
        pages.map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|k| k.len() <= 6 && *k != "servers") {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), documented);
}

/// What one call is refused with: `unauthenticated`, `forbidden`, or nothing of the two.
async fn judged(world: &World, endpoint: &Endpoint, token: Option<&str>) -> String {
    if endpoint.path == "/console/live" {
        // It does not end by itself: only its head is looked at.
        return match world.status(&endpoint.path, token).await {
            401 => "unauthenticated".to_owned(),
            403 => "forbidden".to_owned(),
            _ => String::new(),
        };
    }
    let api = !endpoint.path.starts_with("/console");
    let body = if endpoint.method == "POST" && api { "{}" } else { "" };
    let code = world.ask(&endpoint.method, &endpoint.at(NOTHING), token, body).await.code();
    if ["unauthenticated", "forbidden"].contains(&code.as_str()) { code } else { String::new() }
}

async fn check(world: &World, endpoint: &Endpoint, who: &Did, role: Role, expect: &str) {
    let token = world.key(&endpoint.path, who, role).await;
    let found = judged(world, endpoint, Some(&token)).await;
    if endpoint.path.ends_with("/sign-out") {
        world.forget_sessions().await;
    }
    assert_eq!(found, expect, "{} {} by {role} of {who}", endpoint.method, endpoint.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_lets_in_its_roles_and_nobody_else() {
    let world = World::new().await;
    let wrong = format!("corridor_0123456789abcdef01234567_{}", "A".repeat(43));
    let mut strangers = world.token(&world.customs, Role::Administrator).await;
    // The right identifier with another secret.
    strangers.replace_range(strangers.len() - 1.., if strangers.ends_with('A') { "E" } else { "A" });
    let nobodys = format!("corridor_session_0=0123456789abcdef~{}", "A".repeat(43));
    // A token of the API opens no page, and a session nothing of the API.
    let token = world.token(&world.customs, Role::Administrator).await;
    let bearer = format!("corridor_session_0={token}");
    for endpoint in &table() {
        let page = endpoint.path.starts_with("/console");
        let keys = if page {
            [None, Some(nobodys.as_str()), Some(bearer.as_str()), Some("")]
        } else {
            [None, Some(wrong.as_str()), Some(strangers.as_str()), Some("")]
        };
        for token in keys {
            let expect = if endpoint.is_open() { "" } else { "unauthenticated" };
            assert_eq!(judged(&world, endpoint, token).await, expect, "{endpoint:?} with {token:?}");
        }
        for role in Role::ALL {
            let free = endpoint.is_open() || endpoint.is_personal();
            let own = if free || endpoint.admits(*role) { "" } else { "forbidden" };
            check(&world, endpoint, &world.customs, *role, own).await;
            let other = if endpoint.of_node { "forbidden" } else { own };
            check(&world, endpoint, &world.stranger, *role, other).await;
        }
    }
    world.running.stop().await;
}

/// What belongs to the customs, by the name the table gives it; the forwarder's for what was sent.
async fn things(world: &World, kind: &str) -> (Did, String) {
    let (customs, forwarder) = (world.customs.clone(), world.forwarder.clone());
    match kind {
        "received" => (customs, world.document.to_string()),
        "sent" => (forwarder, world.document.to_string()),
        "case" => {
            // The desk hears of documents a moment later.
            let path = format!("/api/v1/trade/customs/{}", world.document);
            let token = world.token(&customs, Role::Officer).await;
            for _ in 0..3000 {
                if world.ask("GET", &path, Some(&token), "").await.status.is_success() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            (customs, world.document.to_string())
        }
        "agreement" => (customs, world.agreement.to_string()),
        "act" => {
            let acts = world.node.exchange.store().acts(&customs, ActPage::default()).await.unwrap();
            (customs, acts[0].id.to_string())
        }
        "receipt" => {
            // Once a checkpoint holds it; pending as it is, it can be had.
            let path = format!("/api/v1/receipts/{}/file", world.document);
            let token = world.token(&customs, Role::Auditor).await;
            for _ in 0..3000 {
                if world.ask("GET", &path, Some(&token), "").await.status.is_success() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            (customs, world.document.to_string())
        }
        "user" => (customs.clone(), world.user("kim.minji", &customs).await.name.to_string()),
        "department" => {
            world.department(&customs, "export", &["edifact"], &[]).await;
            (customs, "export".to_owned())
        }
        "erasure" => {
            let unit = |tx: &mut corridor_storage::Tx<'_>| {
                tx.subject_or_new(None, "case 4711", &corridor_base::OsRandom).map(|_| ())
            };
            world.node.exchange.store().write(&customs, unit).await.unwrap();
            let erased = world.node.exchange.erase(&customs, "case 4711", "token").await.unwrap();
            (customs, erased.id.to_string())
        }
        "draft" => {
            let key = world.token(&customs, Role::Officer).await;
            let body = r#"{"mapping":"orders","name":"PO-7","document":{"number":"PO-7"}}"#;
            let saved = world.ask("POST", "/api/v1/trade/drafts", Some(&key), body).await.json();
            (customs, saved["id"].as_str().unwrap().to_owned())
        }
        "token" => {
            let (_, row) = world.node.tokens.create(&customs, Role::Auditor, "", None).await.unwrap();
            (customs, row.id.to_string())
        }
        other => panic!("{other}: no such thing"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_one_participant_does_not_exist_for_another() {
    let world = World::new().await;
    for endpoint in table() {
        let Some(kind) = &endpoint.secret else {
            let told = endpoint.no_secret.is_some()
                || !["{id}", "/users/{name}"].iter().any(|p| endpoint.path.contains(p));
            assert!(told, "{}: say what is secret", endpoint.path);
            continue;
        };
        let (owner, id) = things(&world, kind).await;
        let path = endpoint.at(&id);
        let token = world.key(&path, &world.stranger, Role::Administrator).await;
        let answer = world.ask(&endpoint.method, &path, Some(&token), endpoint.body()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "not-found"),
            "{path} by a stranger"
        );
        if endpoint.path.ends_with("/revoke") {
            continue; // No role was given: it is not found for its owner either.
        }
        if endpoint.path.ends_with("/sign-on") && endpoint.method != "GET" {
            continue; // There is no provider, and no identity.
        }
        let token = world.key(&path, &owner, Role::Administrator).await;
        let answer = world.ask(&endpoint.method, &path, Some(&token), endpoint.body()).await;
        if endpoint.path.ends_with("/resend") {
            let found = (answer.status.as_u16(), answer.code());
            assert_eq!(found, (409, "not-given-up".to_owned()), "{path} by its owner");
            continue;
        }
        // A form that was taken leads back to what it was about, and not to the door.
        let led = answer.headers.get("location").and_then(|to| to.to_str().ok());
        let taken = led.is_some_and(|to| to.starts_with("/console/agreements/"));
        let done = answer.status.is_success() || answer.status.as_u16() == 303 && taken;
        assert!(done, "{path} by its owner: {} {}", answer.status, answer.code());
    }
    world.running.stop().await;
}
