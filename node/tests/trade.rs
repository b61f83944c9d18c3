//! The desks of trade, asked as people ask: documents as forms in three languages, made and sent, kept as
//! drafts, made many at once; the trader's list; what was refused, and its amendment; codes of partners.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use common::{Answer, World};
use corridor_base::EnvelopeId;
use corridor_node::access::Role;
use serde_json::{Value, json};

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The forwarder's officer: a session for pages and a token for the API.
struct Desk {
    world: World,
    cookie: String,
    token: String,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let cookie = world.session(&world.forwarder, Role::Officer).await;
        let token = world.token(&world.forwarder, Role::Officer).await;
        Self { world, cookie, token }
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.world.page("GET", path, &self.cookie, &[]).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, html(&answer));
        html(&answer)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.world.csrf(&self.cookie);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(form);
        self.world.page("POST", path, &self.cookie, &all).await
    }

    /// A form with a file.
    async fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &str)) -> Answer {
        let csrf = self.world.csrf(&self.cookie);
        let mut body = String::new();
        for (name, value) in std::iter::once(&("csrf", csrf.as_str())).chain(fields) {
            body.push_str(&format!(
                "--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        let (name, content) = file;
        body.push_str(&format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
        ));
        let request =
            Request::post(path).header("accept", "text/html").header("sec-fetch-site", "same-origin");
        let request = request.header("cookie", &self.cookie);
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        self.world.give(request.body(Body::from(body)).unwrap()).await
    }

    async fn api(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.world.ask(method, path, Some(&self.token), &body).await
    }

    /// Asks until it is so.
    async fn until(&self, path: &str, what: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..3000 {
            let found = self.api("GET", path, &Value::Null).await.json();
            if what(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path}: {}", self.api("GET", path, &Value::Null).await.json());
    }

    fn to(&self) -> String {
        self.world.customs.to_string()
    }
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", html(answer));
    answer.headers["location"].to_str().unwrap().to_owned()
}

fn order(number: &str) -> Value {
    json!({ "number": number, "function": "original", "date": "2026-11-22", "buyer_name": "Hakata Trading",
        "supplier_name": "Dongnae Parts", "currency": "KRW", "total": "1500000",
        "lines": [{ "item": "A-1", "hs": "8409910000", "quantity": "10", "unit": "PCE", "amount": "1500000" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_shown_as_a_form_in_three_languages_or_in_one() {
    let desk = Desk::new().await;
    let path = format!("/console/outbox/{}/form", desk.world.document);
    let shown = desk.get(&path).await;
    for text in ["船荷証券番号", "선하증권번호", "Bill of lading", "DNFW26111001"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let one = desk.get(&format!("{path}?labels=ko")).await;
    assert!(one.contains("선하증권번호") && !one.contains("船荷証券番号"), "{one}");
    let api =
        desk.api("GET", &format!("/api/v1/trade/forms/out/{}", desk.world.document), &Value::Null).await;
    assert_eq!(api.json()["sheets"][0]["message"], "CUSCAR", "{}", api.json());
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stowage_plan_is_a_picture_and_a_table() {
    let desk = Desk::new().await;
    let id = desk.world.send(corridor_trade::STOWAGE_SAMPLE).await;
    let shown = desk.get(&format!("/console/outbox/{id}/form")).await;
    assert!(shown.contains("role=\"img\"") && shown.contains("<pattern id=\"bay-002-0\""), "{shown}");
    // Every container stands in the picture, in the table and in the form.
    let count = shown.matches("CRRU1001370").count();
    assert_eq!(count, 3, "{shown}");
    let one = desk.get(&format!("/console/outbox/{id}/form?bay=005")).await;
    assert!(one.contains("UN 1263 (3)") && !one.contains("CRRU1001370"), "{one}");
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_filled_in_looked_at_and_sent_without_a_script() {
    let desk = Desk::new().await;
    let to = desk.to();
    let path = "/console/trade/new/orders";
    let form = desk.get(path).await;
    assert!(form.contains("name=\"f.lines[1].item\"") && form.contains("value=\"add:lines\""), "{form}");
    // A line is added by sending the form; what was typed stays.
    let more =
        desk.post(path, &[("f.number", "PO-77"), ("f.lines[1].item", "A-1"), ("do", "add:lines")]).await;
    let more = html(&more);
    assert!(more.contains("value=\"PO-77\"") && more.contains("name=\"f.lines[2].item\""), "{more}");
    let less =
        desk.post(path, &[("f.lines[1].item", "A-1"), ("f.lines[2].item", "A-2"), ("do", "remove:lines[1]")]);
    let less = html(&less.await);
    assert!(less.contains("value=\"A-2\"") && !less.contains("name=\"f.lines[2].item\""), "{less}");
    // What is wrong stands beside its field.
    let wrong = html(&desk.post(path, &[("to", &to), ("f.date", "yesterday"), ("do", "preview")]).await);
    assert!(wrong.contains("id=\"f.date-error\"") && wrong.contains("id=\"f.number-error\""), "{wrong}");
    let fields = [
        ("to", to.as_str()),
        ("f.number", "PO-77"),
        ("f.function", "original"),
        ("f.date", "2026-11-22"),
        ("f.currency", "KRW"),
        ("f.total", "1500000"),
        ("f.lines[1].item", "A-1"),
        ("f.lines[1].amount", "1500000"),
        ("key", "one-order"),
    ];
    let with = |what: &'static str| fields.iter().copied().chain([("do", what)]).collect::<Vec<_>>();
    let looked = html(&desk.post(path, &with("preview")).await);
    assert!(looked.contains("BGM+220+PO-77+9") && looked.contains("value=\"send\""), "{looked}");
    let sent = location(&desk.post(path, &with("send")).await);
    let again = location(&desk.post(path, &with("send")).await);
    assert_eq!(sent, again, "the same form sends once");
    let id = sent.split(['/', '?']).nth(3).unwrap().to_owned();
    let shown = desk.get(&format!("/console/outbox/{id}/form")).await;
    assert!(
        shown.contains("PO-77") && shown.contains("₩1,500,000") || shown.contains("1,500,000"),
        "{shown}"
    );
    desk.until("/api/v1/trade/transactions", |found| {
        found["items"].as_array().is_some_and(|all| all.iter().any(|t| t["number"] == "PO-77"))
    })
    .await;
    assert!(desk.get("/console/trade").await.contains("PO-77"));
    // It is found by the beginning of its number too, in small letters, and not by its end.
    let found = "/console/trade?reference=PO-77";
    for path in ["/console/search?q=PO-77", "/console/search?q=po-7", "/console/trade?reference=PO-"] {
        let shown = desk.get(path).await;
        assert!(shown.contains(found), "{path}: {shown}");
    }
    for path in ["/console/search?q=O-77", "/console/search?q=PO", "/console/trade?reference=PO-8"] {
        let shown = desk.get(path).await;
        assert!(!shown.contains(found), "{path}: {shown}");
    }
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_and_templates_are_kept_and_deleted() {
    let desk = Desk::new().await;
    let path = "/console/trade/new/orders";
    let kept = location(&desk.post(path, &[("f.number", "PO-9"), ("name", "下書き"), ("do", "save")]).await);
    assert!(desk.get(&kept).await.contains("value=\"PO-9\""), "{kept}");
    location(&desk.post(path, &[("f.number", "PO-T"), ("name", "Monthly"), ("do", "template")]).await);
    let list = desk.get("/console/trade/new").await;
    assert!(list.contains("下書き") && list.contains("Monthly"), "{list}");
    let drafts = desk.api("GET", "/api/v1/trade/drafts", &Value::Null).await.json();
    let templates = desk.api("GET", "/api/v1/trade/drafts?template=true", &Value::Null).await.json();
    assert_eq!(
        (drafts["items"].as_array().unwrap().len(), templates["items"].as_array().unwrap().len()),
        (1, 1)
    );
    // What a template begins is another document.
    let template = templates["items"][0]["id"].as_str().unwrap();
    assert!(desk.get(&format!("{path}?draft={template}")).await.contains("name=\"draft\" value=\"\""));
    let draft = drafts["items"][0]["id"].as_str().unwrap();
    location(&desk.post("/console/trade/drafts/remove", &[("id", draft)]).await);
    let gone = desk.api("GET", &format!("/api/v1/trade/drafts/{draft}"), &Value::Null).await;
    assert_eq!(gone.code(), "not-found");
    let check = async |body: Value, expect: &str| {
        assert_eq!(desk.api("POST", "/api/v1/trade/drafts", &body).await.code(), expect, "{body}");
    };
    check(json!({ "mapping": "orders", "name": "", "document": {} }), "malformed").await;
    check(json!({ "mapping": "nothing", "name": "x", "document": {} }), "not-found").await;
    check(json!({ "mapping": "orders", "name": "x", "document": [] }), "malformed").await;
    // What is about persons lies in no draft; a list without anybody in it does.
    let nobody = json!({ "voyage": "V1", "list_kind": "crew", "arrival": "2026-11-30T09:00" });
    let mut list = nobody.clone();
    list["persons"] = json!([{ "person_kind": "crew-member", "surname": "HONG" }]);
    check(json!({ "mapping": "paxlst", "name": "x", "document": list }), "malformed").await;
    let kept = json!({ "mapping": "paxlst", "name": "x", "document": nobody });
    assert_eq!(desk.api("POST", "/api/v1/trade/drafts", &kept).await.json()["mapping"], "paxlst");
    // And it is not sent in the clear.
    let mut body = json!({ "mapping": "paxlst", "to": desk.to(), "documents": [list] });
    let made = desk.api("POST", "/api/v1/trade/preview", &body).await.json();
    assert_eq!(made["items"][0]["right"], json!(false), "{made}");
    assert_eq!(made["items"][0]["remarks"][0]["place"], "persons[1].surname", "{made}");
    body["subjects"] = json!(["sailor 7"]);
    let made = desk.api("POST", "/api/v1/trade/preview", &body).await.json();
    assert_eq!(made["items"][0]["right"], json!(true), "{made}");
    check(
        json!({ "mapping": "orders", "name": "x", "document": { "remarks": "x".repeat(300_000) } }),
        "too-large",
    )
    .await;
    desk.world.running.stop().await;
}

/// A department sees the drafts of its own partners.
#[tokio::test(flavor = "multi_thread")]
async fn a_department_keeps_to_its_partners() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let body = json!({ "mapping": "orders", "name": "x", "partner": desk.to(), "document": {} });
    let saved = desk.api("POST", "/api/v1/trade/drafts", &body).await.json();
    world.department(&world.forwarder, "other", &["edifact"], &[&world.stranger]).await;
    let gift =
        corridor_node::people::Gift { role: Role::Officer, department: Some("other".parse().unwrap()) };
    let token = world.node.tokens.create_for(&world.forwarder, gift, "", None).await.unwrap().0.text();
    let ask = async |method: &str, path: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        world.ask(method, path, Some(&token), &body).await
    };
    let listed = ask("GET", "/api/v1/trade/drafts", &Value::Null).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 0, "{listed}");
    let one = format!("/api/v1/trade/drafts/{}", saved["id"].as_str().unwrap());
    assert_eq!(ask("GET", &one, &Value::Null).await.code(), "not-found");
    assert_eq!(ask("DELETE", &one, &Value::Null).await.code(), "not-found");
    let codes = format!("/api/v1/trade/codes/{}", desk.to().replace('%', "%25"));
    assert_eq!(ask("GET", &codes, &Value::Null).await.code(), "not-found");
    let make = json!({ "mapping": "orders", "to": desk.to(), "documents": [order("PO-1")] });
    for path in ["/api/v1/trade/preview", "/api/v1/trade/documents"] {
        assert_eq!(ask("POST", path, &make).await.code(), "forbidden", "{path}");
    }
    let form = format!("/api/v1/trade/forms/out/{}", world.document);
    assert_eq!(ask("GET", &form, &Value::Null).await.code(), "not-found");
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_documents_are_looked_at_by_row_and_the_right_ones_sent() {
    let desk = Desk::new().await;
    let to = desk.to();
    let csv = "number,date,currency,total,lines.item,lines.amount\n\
        PO-1,2026-11-22,KRW,300,A,100\nPO-1,2026-11-22,KRW,300,B,200\nPO-2,22.11.2026,KRW,5,A,5\nPO-3,2026-11-23,JPY,7,A,7\n";
    let fields = [("mapping", "orders"), ("to", to.as_str())];
    let looked = html(&desk.upload("/console/trade/bulk", &fields, ("orders.csv", csv)).await);
    assert!(looked.contains("PO-1") && looked.contains("Row 4: date"), "{looked}");
    let value = |name: &str| {
        let (_, rest) = looked.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        let raw = rest.split('"').next().unwrap();
        raw.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&#39;", "'")
    };
    let (key, documents) = (value("key"), value("documents"));
    let fields = [
        ("mapping", "orders"),
        ("to", to.as_str()),
        ("key", key.as_str()),
        ("documents", documents.as_str()),
        ("do", "send"),
    ];
    let sent = html(&desk.upload("/console/trade/bulk", &fields, ("", "")).await);
    assert_eq!(sent.matches("href=\"/console/outbox/").count(), 2, "{sent}");
    let list = desk.api("GET", "/api/v1/outbox?limit=10", &Value::Null).await.json();
    let names: Vec<&str> =
        list["items"].as_array().unwrap().iter().filter_map(|d| d["name"].as_str()).collect();
    assert!(names.contains(&"orders-PO-1.edi") && names.contains(&"orders-PO-3.edi"), "{names:?}");
    assert!(!names.contains(&"orders-PO-2.edi"), "{names:?}");
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_a_partner_come_in_as_csv_and_go_into_what_is_made() {
    let desk = Desk::new().await;
    let to = desk.to();
    let fields = [("of", to.as_str())];
    let csv = "kind,ours,theirs\nhs,8409910000,840991\nunit,PCE,=NMB\n";
    // The same file again changes nothing; the log has the change.
    for _ in 0..2 {
        location(&desk.upload("/console/trade/codes", &fields, ("codes.csv", csv)).await);
    }
    let auditor = desk.world.token(&desk.world.forwarder, Role::Auditor).await;
    let path = format!("/api/v1/acts?subject={}", to.replace('%', "%25"));
    let acts = desk.world.ask("GET", &path, Some(&auditor), "").await.json();
    let set = acts["items"].as_array().unwrap().iter().filter(|act| act["type"] == "partner-codes-set");
    assert_eq!(set.count(), 1, "{acts}");
    let shown = desk.get(&format!("/console/trade/codes?partner={}", to.replace('%', "%25"))).await;
    assert!(shown.contains("840991"), "{shown}");
    let file = desk.get(&format!("/console/trade/codes/file?partner={}", to.replace('%', "%25"))).await;
    assert_eq!(file, "kind,ours,theirs\r\nhs,8409910000,840991\r\nunit,PCE,'=NMB\r\n");
    let body = json!({ "mapping": "orders", "to": to, "documents": [order("PO-1")] });
    let made = desk.api("POST", "/api/v1/trade/preview", &body).await.json();
    let one = &made["items"][0];
    assert_eq!(
        (one["right"].as_bool(), one["replaced"].as_array().unwrap().len()),
        (Some(true), 2),
        "{made}"
    );
    assert!(one["edifact"].as_str().unwrap().contains("PIA+1+840991:HS'"), "{made}");
    // What is sent with the partner's codes shows ours beside them, in the form and in the API.
    let sent = desk.api("POST", "/api/v1/trade/documents", &body).await.json();
    let id = sent["items"][0]["sent"].as_str().unwrap();
    let form = desk.api("GET", &format!("/api/v1/trade/forms/out/{id}"), &Value::Null).await.json();
    let line = &form["sheets"][0]["lists"][0]["items"][0]["entries"];
    let hs = line.as_array().unwrap().iter().find(|entry| entry["field"] == "hs").unwrap();
    assert_eq!((&hs["value"], &hs["ours"]), (&json!("840991"), &json!(["8409910000"])), "{form}");
    let page = desk.get(&format!("/console/outbox/{id}/form")).await;
    assert!(page.contains("840991") && page.contains("8409910000"), "{page}");
    for (field, value) in
        [("documents", json!([[]])), ("sender", json!("x".repeat(42))), ("syntax", json!("UNOC"))]
    {
        let mut body = body.clone();
        body[field] = value;
        assert_eq!(desk.api("POST", "/api/v1/trade/preview", &body).await.code(), "malformed", "{field}");
    }
    let wrong = desk.upload("/console/trade/codes", &fields, ("codes.csv", "kind,ours\nhs,1")).await;
    assert!(html(&wrong).contains("/help/errors/malformed"), "{}", html(&wrong));
    desk.world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_amended_and_leaves_the_queue_when_that_is_answered() {
    let desk = Desk::new().await;
    // Order by an interchange whose trailer does not count right.
    let wrong = "UNB+UNOC:3+FWD:ZZ+CUS:ZZ+261122:0915+R1'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-500+9'\
        DTM+137:20261122:102'UNS+S'CNT+2:0'UNT+6+1'UNZ+2+R1'";
    let id: EnvelopeId = desk.world.send(wrong.as_bytes().to_vec().leak()).await;
    let queue =
        desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(|i| !i.is_empty())).await;
    let first = &queue["items"][0];
    assert_eq!(
        (first["envelope"].as_str(), first["cause"].as_str()),
        (Some(id.to_string().as_str()), Some("contrl"))
    );
    assert_eq!(first["number"], "PO-500");
    assert!(!first["lines"].as_array().unwrap().is_empty(), "{queue}");
    for (query, expect) in [("?cause=cusres", 0), ("?cause=contrl", 1), ("?limit=1", 1)] {
        let found = desk.api("GET", &format!("/api/v1/trade/rejects{query}"), &Value::Null).await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), expect, "{query}");
    }
    assert!(desk.get("/console/trade/rejects").await.contains("PO-500"));
    let path = format!("/console/trade/rejects/{id}");
    let form = desk.get(&path).await;
    assert!(
        form.contains("value=\"PO-500\"")
            && form.contains("amend_as-original\" name=\"amend_as\" value=\"original\" checked"),
        "{form}"
    );
    let text = desk.get(&format!("{path}?view=text")).await;
    assert!(text.contains("UNZ+2+R1"), "{text}");
    // As the form, looked at and sent.
    let fields =
        [("f.number", "PO-500"), ("f.date", "2026-11-23"), ("amend_as", "original"), ("key", "amendment-1")];
    let with = |what: &'static str| fields.iter().copied().chain([("do", what)]).collect::<Vec<_>>();
    let looked = html(&desk.post(&path, &with("preview")).await);
    assert!(looked.contains("BGM+220+PO-500+9") && looked.contains("value=\"send\""), "{looked}");
    let sent = location(&desk.post(&path, &with("send")).await);
    let amendment = sent.split(['/', '?']).nth(3).unwrap().to_owned();
    desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(Vec::is_empty)).await;
    let timeline = desk.api("GET", "/api/v1/trade/timeline?reference=PO-500", &Value::Null).await.json();
    let entry = timeline["documents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["envelope"] == amendment.as_str())
        .unwrap();
    assert_eq!(entry["amends"]["amended"].as_str(), Some(id.to_string().as_str()), "{timeline}");
    // The ordered stage stands on what was sent last.
    let stands = desk.api("GET", "/api/v1/trade/transactions", &Value::Null).await.json();
    let order = stands["items"].as_array().unwrap().iter().find(|t| t["number"] == "PO-500").unwrap();
    assert_eq!(order["stages"][0], json!(["ordered", "done"]), "{stands}");
    desk.world.running.stop().await;
}

/// What is sent anew as a document of its own puts right what was refused, as an amendment does.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_and_made_anew_leaves_the_queue() {
    let desk = Desk::new().await;
    let wrong = "UNB+UNOC:3+FWD:ZZ+CUS:ZZ+261122:0915+R3'UNH+1+CUSDEC:D:08A:UN'BGM+929+DECL-700+9'\
        DOC+705+BL-700-1'UNT+4+1'UNZ+2+R3'";
    desk.world.send(wrong.as_bytes().to_vec().leak()).await;
    desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(|i| !i.is_empty())).await;
    let send = async |number: &str, bill: &str, reference: &str| {
        desk.world.clock.advance(Duration::from_secs(60));
        let right = format!(
            "UNB+UNOC:3+FWD:ZZ+CUS:ZZ+261122:0915+{reference}'UNH+1+CUSDEC:D:08A:UN'BGM+929+{number}+9'\
             DOC+705+{bill}'UNT+4+1'UNZ+1+{reference}'"
        );
        desk.world.send(right.into_bytes().leak()).await;
        let timeline = format!("/api/v1/trade/timeline?reference={number}");
        let read = |t: &Value| {
            t["documents"].as_array().is_some_and(|d| d.iter().any(|d| d["syntax"] == "accepted"))
        };
        desk.until(&timeline, read).await;
    };
    // A declaration of other goods puts nothing right.
    send("DECL-701", "BL-700-2", "R4").await;
    let queue = desk.api("GET", "/api/v1/trade/rejects", &Value::Null).await.json();
    assert_eq!(queue["items"][0]["number"], "DECL-700", "{queue}");
    send("DECL-702", "BL-700-1", "R5").await;
    desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(Vec::is_empty)).await;
    let stands = desk.api("GET", "/api/v1/trade/transactions", &Value::Null).await.json();
    let one = stands["items"].as_array().unwrap().iter().find(|t| t["number"] == "BL-700-1").unwrap();
    assert_eq!(one["stages"][3], json!(["declared", "done"]), "{stands}");
    desk.world.running.stop().await;
}

/// Of an interchange with several messages one after the other is put right in the form; they go together, or one alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_interchange_is_amended_message_by_message() {
    let desk = Desk::new().await;
    let order = |n: u32| {
        format!("UNH+{n}+ORDERS:D:08A:UN'BGM+220+PO-70{n}+9'DTM+137:20261122:102'UNS+S'CNT+2:0'UNT+6+{n}'")
    };
    let wrong = format!("UNB+UNOC:3+FWD:ZZ+CUS:ZZ+261122:0915+R1'{}{}UNZ+9+R1'", order(1), order(2));
    let id: EnvelopeId = desk.world.send(wrong.into_bytes().leak()).await;
    desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(|i| !i.is_empty())).await;
    let path = format!("/console/trade/rejects/{id}");
    let first = desk.get(&format!("{path}?view=form")).await;
    assert!(first.contains("value=\"PO-701\"") && first.contains("value=\"message:2\""), "{first}");
    let whole = desk.get(&format!("{path}?view=text")).await;
    assert!(whole.contains("PO-701") && whole.contains("PO-702"), "{whole}");
    // Put right, and on to the second: what was put right in the first is kept.
    let text = html_text(&first, "edifact");
    let fields = |number: &'static str, at: &'static str, text: &str| {
        [
            ("f.number", number),
            ("f.date", "2026-11-25"),
            ("amend_as", "original"),
            ("key", "amend-2"),
            ("message", at),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .chain([("edifact".to_owned(), text.to_owned())])
        .collect::<Vec<_>>()
    };
    let post = async |mut all: Vec<(String, String)>, more: &[(&str, &str)]| {
        all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        desk.post(&path, &all).await
    };
    let wrong = html(&post(fields("", "1", &text), &[("do", "message:2")]).await);
    assert!(wrong.contains("f.number-error"), "{wrong}");
    let second = html(&post(fields("PO-711", "1", &text), &[("do", "message:2")]).await);
    assert!(second.contains("value=\"PO-702\"") && second.contains("PO-711"), "{second}");
    let text = html_text(&second, "edifact");
    let alone = html(&post(fields("PO-712", "2", &text), &[("alone", "yes"), ("do", "preview")]).await);
    // The other stands in what the form carries along, and not in what would be sent.
    let times = |what: &str| alone.matches(what).count();
    assert_eq!((times("BGM+220+PO-712+9"), times("BGM+220+PO-711+9")), (1, 1), "{alone}");
    let sent = location(&post(fields("PO-712", "2", &text), &[("do", "send")]).await);
    let sent = sent.split(['/', '?']).nth(3).unwrap().to_owned();
    desk.until("/api/v1/trade/rejects", |q| q["items"].as_array().is_some_and(Vec::is_empty)).await;
    let form = desk.api("GET", &format!("/api/v1/trade/forms/out/{sent}"), &Value::Null).await.json();
    let numbers: Vec<&str> =
        form["sheets"].as_array().unwrap().iter().map(|s| s["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["PO-711", "PO-712"], "{form}");
    // The same over the API: one message with the others, or alone.
    for (alone, expect) in [(false, 2), (true, 1)] {
        let document = json!({ "number": "PO-799", "date": "2026-11-25" });
        let body = json!({ "function": "replacement", "document": document, "message": 2, "alone": alone });
        let made = desk.api("POST", &format!("/api/v1/trade/rejects/{id}/amend"), &body).await.json();
        let text = made["edifact"].as_str().unwrap();
        assert_eq!((text.matches("UNH+").count(), text.contains("PO-799")), (expect, true), "{made}");
    }
    desk.world.running.stop().await;
}

/// The value of a field that is not shown, with its lines.
fn html_text(page: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let at = page.find(&begin).unwrap_or_else(|| panic!("no {name}: {page}")) + begin.len();
    page[at..].split('"').next().unwrap().replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_its_invoice_stand_side_by_side() {
    let desk = Desk::new().await;
    let invoice = json!({ "number": "I-1", "date": "2026-11-25", "order": "PO-600", "buyer_name": "Hakata Trading",
        "seller_name": "Other Parts", "currency": "KRW", "lines_total": "1400000",
        "lines": [{ "item": "A-1", "quantity": "9", "unit": "PCE", "amount": "1400000" }] });
    let mut sent = Vec::new();
    for (mapping, document) in [("orders", order("PO-600")), ("invoic", invoice)] {
        let body = json!({ "mapping": mapping, "to": desk.to(), "documents": [document] });
        let made = desk.api("POST", "/api/v1/trade/documents", &body).await.json();
        sent.push(made["items"][0]["sent"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned());
    }
    let path = format!("/console/trade/compare?first=out/{}&second=out/{}", sent[0], sent[1]);
    let shown = desk.get(&path).await;
    for text in ["Dongnae Parts", "Other Parts", "Differs", "Same"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let only = desk.get(&format!("{path}&only=differs")).await;
    assert!(!only.contains("Hakata Trading"), "{only}");
    let auditor = desk.world.session(&desk.world.forwarder, Role::Auditor).await;
    let refused = desk.world.page("GET", &path, &auditor, &[]).await;
    assert_eq!(refused.status.as_u16(), 403);
    desk.world.running.stop().await;
}
