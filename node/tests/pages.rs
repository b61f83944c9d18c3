//! The pages of the console, asked as a browser asks: what strangers wrote never becomes markup, what goes
//! wrong is a page in the reader's language, a form does once what it says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use axum::body::Body;
use axum::http::Request;
use common::{Answer, CONTENT, World};
use corridor_exchange::{Draft, Side};
use corridor_node::access::{self, Role, Who};
use futures::{StreamExt, stream};
use tower::ServiceExt;

const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";

/// A page as a browser with these cookies gets it.
async fn page(world: &World, token: Option<&str>, path: &str, cookies: &str) -> Answer {
    let session = token.map(|session| format!("{session}; ")).unwrap_or_default();
    let request = Request::builder().uri(path).header("accept", "text/html");
    let request = request.header("cookie", format!("{session}{cookies}"));
    world.give(request.body(Body::empty()).unwrap()).await
}

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// Every element that is opened is closed, in order; attributes are quoted. Not a parser of HTML, but
/// enough for what our own templates write.
fn well_formed(html: &str) -> Result<(), String> {
    const VOID: &[&str] = &["!doctype", "meta", "link", "input", "br", "hr", "img"];
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let (mut end, mut quoted) = (None, false);
        for (place, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = Some(place);
                    break;
                }
                '<' if !quoted => return Err(format!("< inside of a tag: {rest:.80}")),
                _ => {}
            }
        }
        let end = end.ok_or_else(|| format!("a tag does not end: {rest:.80}"))?;
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
        let name = name.to_lowercase();
        if let Some(closed) = tag.strip_prefix('/') {
            let last = open.pop().unwrap_or_default();
            if last != closed.trim() {
                return Err(format!("</{closed}> closes <{last}>"));
            }
        } else if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

#[test]
fn a_page_that_is_not_well_formed_is_found() {
    let check = |html: &str, expect: bool| assert_eq!(well_formed(html).is_ok(), expect, "{html}");
    check("<!DOCTYPE html><p class=\"a>b\">x<br></p>", true);
    check("<p><b></p></b>", false);
    check("<p>", false);
    check("</p>", false);
    check("<p title=\"x>", false);
    check("<svg><use href=\"#a\"/></svg>", true);
}

/// Every page below `/console` that needs no name, or one that is known here.
fn addresses(world: &World, act: &str) -> Vec<String> {
    let pages = access::RULES.iter().filter(|r| r.method == "GET" && r.path.starts_with("/console"));
    let other = ["/console/live", "/console/assets/{name}"];
    let other = |path: &str| other.contains(&path) || path.ends_with("/file") || path.ends_with("/cose");
    let did = world.forwarder.to_string().replace('%', "%25");
    pages
        .filter(|r| r.who != Who::Anyone && !other(r.path))
        .map(|r| {
            let id = match r.path {
                path if path.contains("acts") => act.to_owned(),
                path if path.contains("agreements") => world.agreement.to_string(),
                _ => world.document.to_string(),
            };
            r.path.replace("{id}", &id).replace("{did}", &did)
        })
        .filter(|path| !path.contains('{'))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_lives_leaves_no_trace_when_it_is_asked_for_again() {
    let world = World::new().await;
    let token = world.key("/console", &world.customs, Role::Administrator).await;
    let store = world.node.exchange.store();
    let acts = store.acts(&world.customs, Default::default()).await.unwrap();
    let mut live = 0;
    for path in addresses(&world, &acts[0].id.to_string()) {
        let mut changed = store.leaves_changed();
        // What the world does meanwhile comes to an end; what the page does would come each time.
        let mut quiet = false;
        for _ in 0..5 {
            changed.borrow_and_update();
            if !html(&page(&world, Some(&token), &path, "").await).contains("data-live-source") {
                quiet = true;
                break;
            }
            live += 1;
            quiet = !changed.has_changed().unwrap();
            if quiet {
                break;
            }
        }
        assert!(
            quiet,
            "{path} records each time that it was asked for, and would ask for itself without end"
        );
    }
    assert!(live > 8, "{live} pages live");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_wrote_never_becomes_markup() {
    let world = World::new().await;
    let draft = Draft {
        id: None,
        to: world.customs.clone(),
        kind: "edifact".parse().unwrap(),
        agreement: None,
        name: Some(HOSTILE.replace('/', "|")),
        answers: None,
        subjects: Vec::new(),
    };
    let content = stream::iter([Ok(HOSTILE.into())]);
    let id = world.node.exchange.submit(&world.forwarder, draft, content).await.unwrap();
    for _ in 0..6000 {
        if world.node.exchange.document(&world.customs, Side::In, id).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let token = world.key("/console", &world.customs, Role::Administrator).await;
    let acts = world.node.exchange.store().acts(&world.customs, Default::default()).await.unwrap();
    let mut paths = addresses(&world, &acts[0].id.to_string());
    paths.push(format!("/console/inbox/{id}"));
    paths.push(format!("/console/inbox/{id}/content"));
    for hostile in ["/console/search?q=", "/console/acts?subject=", "/console/inbox?kind="] {
        paths.push(format!(
            "{hostile}%3Cscript%3Ealert('x')%3C%2Fscript%3E%22%3E%3Cimg%20src%3Dx%20onerror%3D"
        ));
    }
    for path in paths.iter().filter(|path| !path.starts_with("/console/outbox/0")) {
        for lang in ["en", "ja", "ko"] {
            let answer = page(&world, Some(&token), path, &format!("corridor_lang={lang}")).await;
            let html = html(&answer);
            assert!(answer.headers.contains_key("content-security-policy"), "{path}: {}", answer.status);
            assert!(!html.contains("<script>") && !html.contains("<img"), "{path}");
            assert!(
                !html.contains(" style=") && !html.contains(" onclick="),
                "{path}: inline style or script"
            );
            well_formed(&html).unwrap_or_else(|why| panic!("{path} in {lang}: {why}"));
            assert!(!html.contains(">?"), "{path} in {lang}: a message is missing");
            // A sheet of paper says it in three languages at once.
            let sheet = path.ends_with("/print");
            assert!(sheet || html.contains(&format!("<html lang=\"{lang}\"")), "{path}");
        }
    }
    let inbox = html(&page(&world, Some(&token), "/console/inbox", "").await);
    assert!(inbox.contains("&#60;script&#62;") || inbox.contains("&lt;script&gt;"), "{inbox}");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_a_page_for_a_browser_and_a_document_for_a_program() {
    let world = World::new().await;
    let token = world.key("/console", &world.customs, Role::Auditor).await;
    let check = async |path: &str, token: Option<&str>, lang: &str, status: u16, expect: &str| {
        let answer = page(&world, token, path, &format!("corridor_lang={lang}")).await;
        let html = html(&answer);
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(html.starts_with("<!DOCTYPE html>") && html.contains(expect), "{path}: {html}");
        well_formed(&html).unwrap();
    };
    check("/console/nothing", Some(&token), "en", 404, "/help/errors/not-found").await;
    check("/console/nothing", None, "ja", 404, "<html lang=\"ja\"").await;
    check("/console/inbox/nothing", Some(&token), "ko", 400, "/help/errors/malformed").await;
    check("/console/inbox?state=lost", Some(&token), "en", 400, "/help/errors/malformed").await;
    check("/console/outbox/send", Some(&token), "en", 403, "/help/errors/forbidden").await;
    let program = world.ask("GET", "/console/nothing", Some(&token), "").await;
    assert_eq!(program.code(), "not-found");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_no_content_and_an_officer_no_acts() {
    let world = World::new().await;
    let check = async |role: Role, path: &str, there: &[&str], not_there: &[&str]| {
        let token = world.key("/console", &world.customs, role).await;
        let html = html(&page(&world, Some(&token), path, "corridor_lang=en").await);
        for text in there {
            assert!(html.contains(text), "{role} on {path} misses {text}");
        }
        for text in not_there {
            assert!(!html.contains(text), "{role} on {path} sees {text}");
        }
    };
    let one = format!("/console/inbox/{}", world.document);
    check(Role::Officer, &one, &["/content", "/file", "cuscar.edi"], &["/console/acts"]).await;
    check(Role::Auditor, &one, &["/console/acts", "cuscar.edi"], &["/content", "/file"]).await;
    check(Role::Operator, "/console", &["/console/partners"], &["/console/acts", "/console/outbox/send"])
        .await;
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_of_language_is_kept_and_leads_back() {
    let world = World::new().await;
    let check = async |body: &str, expect: &str, cookie: &str| {
        let request = Request::post("/console/preferences")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()));
        let answer = world.give(request.unwrap()).await;
        assert_eq!(answer.status.as_u16(), 303, "{body}");
        assert_eq!(answer.headers["location"], expect, "{body}");
        let cookies: Vec<&str> =
            answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(cookies.iter().any(|c| c.starts_with(cookie)), "{body}: {cookies:?}");
    };
    check(
        "lang=ko&back=%2Fconsole%2Finbox%3Fstate%3Dreceived",
        "/console/inbox?state=received",
        "corridor_lang=ko",
    )
    .await;
    check("theme=dark&back=https%3A%2F%2Fevil.example", "/console", "corridor_theme=dark").await;
    check("eras=yes&back=%2F%2Fevil.example", "/console", "corridor_eras=yes").await;
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_found_by_name_and_by_state_by_those_who_may_see_it() {
    let world = World::new().await;
    let check = async |who: &corridor_base::Did, path: &str, expect: bool| {
        let session = world.session(who, Role::Officer).await;
        let answer = page(&world, Some(&session), path, "corridor_lang=en").await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert_eq!(html(&answer).contains(">cuscar.edi<"), expect, "{path} by {who}");
    };
    let id = world.document;
    check(&world.customs, "/console/search?q=CUSC", true).await;
    check(&world.customs, &format!("/console/search?q={id}"), true).await;
    check(&world.customs, "/console/search?q=%25", false).await;
    check(&world.customs, "/console/search?q=Forwarder", false).await;
    check(&world.stranger, "/console/search?q=cuscar", false).await;
    check(&world.customs, "/console/inbox?state=received", true).await;
    check(&world.customs, "/console/inbox?state=receiving&kind=", false).await;
    check(&world.customs, "/console/outbox", false).await;
    world.running.stop().await;
}

/// A form with a file, as a browser sends it.
fn multipart(fields: &[(&str, &str)], file: (&str, &[u8])) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(
        format!("--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\n", file.0)
            .bytes(),
    );
    body.extend(file.1);
    body.extend(b"\r\n--B--\r\n");
    ("multipart/form-data; boundary=B".to_owned(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_sent_once_however_often_the_form_is() {
    let world = World::new().await;
    let token = world.key("/console", &world.forwarder, Role::Officer).await;
    let form = html(&page(&world, Some(&token), "/console/outbox/send", "corridor_lang=en").await);
    assert!(form.contains("enctype=\"multipart/form-data\"") && form.contains("name=\"key\""), "{form}");
    let to = world.customs.to_string();
    let send = async |key: &str, to: &str, file: (&str, &[u8])| {
        let csrf = world.csrf(&token);
        let fields = [("csrf", csrf.as_str()), ("key", key), ("to", to), ("kind", "edifact"), ("name", "")];
        let (kind, body) = multipart(&fields, file);
        let request = Request::post("/console/outbox/send")
            .header("cookie", &token)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header("content-type", kind)
            .body(Body::from(body));
        world.give(request.unwrap()).await
    };
    // Larger than what a framework takes as a rule, smaller than the agreement allows.
    let content = "UNA:+.? '".repeat(100_000);
    let first = send("k1", &to, ("C:\\fakepath\\申告.edi", content.as_bytes())).await;
    assert_eq!(first.status.as_u16(), 303, "{}", html(&first));
    let place = first.headers["location"].to_str().unwrap().to_owned();
    let again = send("k1", &to, ("C:\\fakepath\\申告.edi", content.as_bytes())).await;
    assert_eq!(again.headers["location"], place.as_str());
    let shown = html(&page(&world, Some(&token), &place, "corridor_lang=en").await);
    assert!(shown.contains("申告.edi") && shown.contains("The document was handed in"), "{shown}");
    let empty = send("k2", &to, ("", b"")).await;
    assert_eq!(empty.status.as_u16(), 400);
    assert!(html(&empty).contains("value=\"k2\""), "what was typed is kept");
    let nobody = send("k3", "did:web:nobody.example", ("a", b"x")).await;
    assert_eq!(nobody.status.as_u16(), 403, "{}", html(&nobody));
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_by_browsers_and_pages_are_not() {
    let world = World::new().await;
    let token = world.key("/console", &world.customs, Role::Officer).await;
    let answer = page(&world, Some(&token), "/console", "").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let html = html(&answer);
    let at = html.find("/console/assets/console.").unwrap();
    let path: String = html[at..].chars().take_while(|c| *c != '"').collect();
    let style = page(&world, None, &path, "").await;
    assert_eq!(style.status.as_u16(), 200);
    assert_eq!(style.headers["cache-control"], "public, max-age=31536000, immutable");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_told_that_something_changed_and_nothing_else() {
    let world = World::new().await;
    let session = world.session(&world.customs, Role::Officer).await;
    let request = Request::get("/console/live").header("cookie", session);
    let response = world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    world.send(CONTENT).await;
    let told = tokio::time::timeout(std::time::Duration::from_secs(60), events.next()).await;
    let told = told.unwrap().unwrap().unwrap();
    let lines: Vec<&str> = std::str::from_utf8(&told).unwrap().lines().filter(|l| !l.is_empty()).collect();
    assert_eq!(lines, ["event: changed", "data: leaves"]);
    // A node that stops does not wait for pages that are open.
    let stopping = tokio::time::timeout(std::time::Duration::from_secs(20), world.running.stop());
    let (stopped, _) = tokio::join!(stopping, async { while events.next().await.is_some() {} });
    stopped.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_named_in_no_address_and_erased_after_a_question() {
    let world = World::new().await;
    let who = "患者 <b>7</b>";
    let draft = Draft {
        id: None,
        to: world.forwarder.clone(),
        kind: "edifact".parse().unwrap(),
        agreement: None,
        name: Some("hanako.edi".to_owned()),
        answers: None,
        subjects: vec![who.to_owned()],
    };
    let content = stream::iter([Ok(CONTENT.into())]);
    let id = world.node.exchange.submit(&world.customs, draft, content).await.unwrap();
    let admin = world.key("/console", &world.customs, Role::Administrator).await;
    let auditor = world.key("/console", &world.customs, Role::Auditor).await;
    let post = async |cookie: &str, path: &str, fields: &[(&str, &str)]| {
        let csrf = world.csrf(cookie);
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let cookie = format!("{cookie}; corridor_lang=en");
        let answer = world.page("POST", path, &cookie, &fields).await;
        (answer.status.as_u16(), html(&answer), answer)
    };
    // The list names it, as a button and not as a link.
    let list = html(&page(&world, Some(&admin), "/console/subjects", "corridor_lang=en").await);
    let escaped = "患者 &#60;b&#62;7&#60;/b&#62;";
    assert!(list.contains(&format!("value=\"{escaped}\"")), "{list}");
    assert!(!list.contains("href=\"/console/subjects/show"), "{list}");
    // An auditor sees erasures, and whom they ask for, and no list of persons.
    let list = html(&page(&world, Some(&auditor), "/console/subjects", "corridor_lang=en").await);
    assert!(!list.contains(escaped) && list.contains("action=\"/console/subjects/access\""), "{list}");
    // Somebody reads the document; the record says who.
    let path = format!("/console/outbox/{id}/content");
    assert_eq!(page(&world, Some(&admin), &path, "").await.status.as_u16(), 200);
    let (status, report, _) = post(&auditor, "/console/subjects/access", &[("subject", who)]).await;
    assert_eq!(status, 200);
    let written = "患者 &lt;b&gt;7&lt;/b&gt;";
    for expect in [written, "金 民智 김민지", &format!("/console/receipts/{id}"), "corridor access report"]
    {
        assert!(report.contains(expect), "{expect} is missing in {report}");
    }
    well_formed(&report).unwrap();
    let (status, nobody, _) = post(&auditor, "/console/subjects/access", &[("subject", "nobody")]).await;
    assert!(status == 404 && nobody.contains("value=\"nobody\""), "{nobody}");
    // The receipt of what is about a person does not say its name.
    let receipt = html(&page(&world, Some(&auditor), &format!("/console/receipts/{id}"), "").await);
    assert!(!receipt.contains("hanako.edi"), "{receipt}");
    let (status, shown, _) = post(&admin, "/console/subjects/show", &[("subject", who)]).await;
    assert!(status == 200 && shown.contains("action=\"/console/subjects/erase\""), "{shown}");
    assert!(shown.contains(&format!("/console/outbox/{id}")), "{shown}");
    well_formed(&shown).unwrap();
    // Another reference than the one that is shown erases nothing.
    let wrong = [("subject", who), ("again", "患者 8")];
    let (status, shown, _) = post(&admin, "/console/subjects/erase", &wrong).await;
    assert!(status == 400 && shown.contains("Nothing was erased"), "{shown}");
    assert!(world.node.exchange.person(&world.customs, who).await.is_ok());
    let (status, _, answer) =
        post(&admin, "/console/subjects/erase", &[("subject", who), ("again", who)]).await;
    assert_eq!(status, 303);
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    assert!(place.starts_with("/console/subjects/erasures/"), "{place}");
    let erased = page(&world, Some(&admin), &place, "corridor_lang=en").await;
    assert!(html(&erased).contains("are erased here"), "{}", html(&erased));
    let (status, ..) = post(&admin, "/console/subjects/show", &[("subject", who)]).await;
    assert_eq!(status, 404);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sends_a_document_about_persons_sealed() {
    let world = World::new().await;
    let token = world.key("/console", &world.forwarder, Role::Officer).await;
    let (to, csrf) = (world.customs.to_string(), world.csrf(&token));
    let persons = "case 4711\r\n 患者 7 \r\n\r\ncase 4711";
    let fields =
        [("csrf", csrf.as_str()), ("key", "k"), ("to", &to), ("kind", "edifact"), ("subjects", persons)];
    let (kind, body) = multipart(&fields, ("a.edi", CONTENT));
    let request = Request::post("/console/outbox/send").header("cookie", &token);
    let request = request.header("sec-fetch-site", "same-origin").header("content-type", kind);
    let answer = world.give(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", html(&answer));
    let found = world.node.exchange.persons(&world.forwarder, "", 10).await.unwrap();
    let found: Vec<&str> = found.iter().map(|s| s.reference.as_str()).collect();
    assert_eq!(found, ["case 4711", "患者 7"]);
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    let shown = html(&page(&world, Some(&token), &place, "corridor_lang=en").await);
    assert!(shown.contains("About persons") && !shown.contains("a.edi"), "{shown}");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_problem_leads_somewhere_on_the_public_listener_too() {
    let world = World::new().await;
    let router = corridor_node::public::router(&world.node).unwrap();
    let check = async |path: &str, status: u16, expect: &[&str]| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for part in expect {
            assert!(text.contains(part), "{path} misses {part}: {text}");
        }
        text
    };
    for code in corridor_base::ErrorCode::ALL {
        let html =
            check(&code.page(), 200, &["lang=\"ja\"", "lang=\"ko\"", "lang=\"en\"", code.as_str()]).await;
        well_formed(&html).unwrap();
    }
    check("/console/help/errors/%3Cscript%3E", 404, &["not-found"]).await;
    // Nothing else of the console is there.
    check("/console", 404, &["not-found"]).await;
    check("/console/help", 404, &["not-found"]).await;
    world.running.stop().await;
}
