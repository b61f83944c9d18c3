//! Agreements in the console: drawn up with expected answers in a form that needs no script, read before they are
//! signed, countersigned, and kept to: what both signed decides what becomes of a test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use axum::body::Body;
use axum::http::Request;
use common::{Answer, World};
use corridor_node::access::Role;
use serde_json::{Value, json};

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", html(answer));
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// A form with a file, or with what is hidden in it.
async fn upload(world: &World, cookie: &str, parts: &[(&str, &str)]) -> Answer {
    let csrf = world.csrf(cookie);
    let mut body = String::new();
    for (name, value) in std::iter::once(&("csrf", csrf.as_str())).chain(parts) {
        let file = if *name == "file" { "; filename=\"a.txt\"" } else { "" };
        body.push_str(&format!(
            "--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("--x--\r\n");
    let request = Request::post("/console/agreements/accept").header("accept", "text/html");
    let request = request.header("sec-fetch-site", "same-origin").header("cookie", cookie);
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    world.give(request.body(Body::from(body)).unwrap()).await
}

/// The value of a field that is not shown.
fn hidden(page: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let at = page.find(&begin).unwrap_or_else(|| panic!("no {name}: {page}")) + begin.len();
    page[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_drawn_up_read_countersigned_and_kept_to() {
    let world = World::new().await;
    let ours = world.session(&world.forwarder, Role::Administrator).await;
    let theirs = world.session(&world.customs, Role::Administrator).await;
    let did = world.customs.to_string().replace('%', "%25");
    let path = format!("/console/partners/{did}/agreement");
    let post = async |fields: &[(&str, &str)]| {
        let csrf = world.csrf(&ours);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        world.page("POST", &path, &ours, &all).await
    };
    let form = html(&world.page("GET", &path, &ours, &[]).await);
    assert!(form.contains("answer-1-message") && !form.contains("answer-2-message"), "{form}");
    let mut fields = vec![
        ("purpose-en", "Cargo reports"),
        ("kinds", "edifact"),
        ("direction", "both"),
        ("size", "1048576"),
        ("days", "365"),
        ("flow", "production"),
        ("answer-1-message", "cuscar"),
        ("answer-1-answer", "CUSRES"),
        ("answer-1-time", "2"),
        ("answer-1-unit", "h"),
        ("answer-1-resend", "1"),
    ];
    // One more line, and what was typed is kept.
    let more = html(&post(&[fields.as_slice(), &[("do", "add")]].concat()).await);
    assert!(more.contains("answer-2-message") && more.contains("value=\"cuscar\""), "{more}");
    // What is wrong stands beside its field, and nothing is signed.
    let wrong: &[(&str, &str)] = &[
        ("answer-2-message", "CONTRL"),
        ("answer-2-answer", "CUSRES"),
        ("answer-2-time", "99"),
        ("answer-2-unit", "d"),
        ("answer-2-resend", ""),
        ("do", "propose"),
    ];
    let told = post(&[fields.as_slice(), wrong].concat()).await;
    assert_eq!(told.status.as_u16(), 400);
    assert!(html(&told).contains("answer-2-message-error"), "{}", html(&told));
    fields.extend([("answer-2-message", ""), ("aperak", "CUSDEC"), ("codes", "yes"), ("do", "propose")]);
    let at = location(&post(&fields).await);
    let id = at.split(['/', '?']).nth(3).unwrap().to_owned();
    let token = world.token(&world.forwarder, Role::Administrator).await;
    let api = format!("/api/v1/agreements/{id}");
    let found = world.ask("GET", &api, Some(&token), "").await.json();
    assert_eq!(found["expects"], json!([{"message":"CUSCAR","answer":"CUSRES","within":7200,"resend":1}]));
    assert_eq!(found["aperak"], json!([{"message":"CUSDEC","codes":"refuse"}]));
    assert_eq!((found["flow"].as_str(), found["standing"].as_str()), (Some("production"), Some("proposed")));
    for lang in ["en", "ja", "ko"] {
        let cookies = format!("{ours}; corridor_lang={lang}");
        let shown = html(&world.page("GET", &at, &cookies, &[]).await);
        assert!(shown.contains("CUSCAR") && shown.contains("CUSRES") && shown.contains("CUSDEC"), "{shown}");
    }
    let file = world.page("GET", &format!("/console/agreements/{id}/file"), &ours, &[]).await;
    let note = html(&file);
    assert_eq!(Some(note.as_str()), found["statement"].as_str());
    // The partner reads it before anything is signed, with the answers that are promised and the flow.
    let read = html(&upload(&world, &theirs, &[("file", &note)]).await);
    assert!(
        read.contains("CUSCAR") && read.contains("2 h") && read.contains("Production, no tests"),
        "{read}"
    );
    let customs = world.token(&world.customs, Role::Administrator).await;
    assert_eq!(world.ask("GET", &api, Some(&customs), "").await.code(), "not-found");
    let note = hidden(&read, "note");
    location(&upload(&world, &theirs, &[("note", &note), ("do", "sign")]).await);
    let signed = world.ask("GET", &api, Some(&customs), "").await.json();
    assert_eq!((signed["standing"].as_str(), signed["in_force"].as_bool()), (Some("concluded"), Some(true)));
    // And it comes back.
    let back = html(&upload(&world, &ours, &[("file", signed["statement"].as_str().unwrap())]).await);
    location(&upload(&world, &ours, &[("note", &hidden(&back, "note")), ("do", "sign")]).await);
    // Something that is no agreement, or one between others, is told and signed by nobody.
    for wrong in ["no agreement", ""] {
        let told = upload(&world, &theirs, &[("file", wrong)]).await;
        assert!(html(&told).contains("/help/errors/"), "{}", html(&told));
    }
    // The agreement that runs longest is the new one, or the one of the tests' world leaves tests open: a test goes
    // under that one.
    let order = json!({ "number": "PO-1", "function": "original", "date": "2026-11-22" });
    let body = json!({ "mapping": "orders", "to": world.customs, "documents": [order], "test": true });
    let preview =
        async || world.ask("POST", "/api/v1/trade/preview", Some(&token), &body.to_string()).await.json();
    let told = |made: &Value| {
        let remarks = made["items"][0]["remarks"].as_array().cloned().unwrap_or_default();
        remarks.iter().any(|remark| remark["text"]["en"].as_str().is_some_and(|t| t.contains("no tests")))
    };
    assert!(!told(&preview().await));
    // Who decides ends it on its page, after a question; from then on nothing goes under it, and it is not ended again.
    let path = format!("/console/agreements/{}", world.agreement);
    let button = format!("action=\"{path}/end\"");
    let auditor = world.session(&world.forwarder, Role::Auditor).await;
    let shown = async |cookie: &str| html(&world.page("GET", &path, cookie, &[]).await);
    assert!(shown(&ours).await.contains(&button) && !shown(&auditor).await.contains(&button));
    let csrf = world.csrf(&ours);
    let ended = world.page("POST", &format!("{path}/end"), &ours, &[("csrf", &csrf)]).await;
    assert_eq!(location(&ended), format!("{path}?done=ended"));
    assert!(!shown(&ours).await.contains(&button));
    let made = preview().await;
    assert!(told(&made) && made["items"][0]["right"] == json!(false), "{made}");
    world.running.stop().await;
}
