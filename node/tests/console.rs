//! The door of the console as a browser meets it, and as somebody meets it who means no good.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::browser::{Browser, to};
use common::{WORDS, World};
use corridor_node::access::Role;
use corridor_node::people::totp::Seed;
use corridor_node::people::{Account, By, Gift};

/// An account that was set up in a browser, by its link.
async fn set_up(world: &World, name: &str, role: Role) -> (Account, Seed) {
    let account = world.user(name, &world.customs).await;
    let by = By::reader("test");
    world.node.people.give(&world.customs, &account.id, Gift { role, department: None }, &by).await.unwrap();
    let link = world.node.people.make_link(&account.id, &by).await.unwrap().address;
    let path = link.split_once("/console").map(|(_, rest)| format!("/console{rest}")).unwrap();
    let mut browser = Browser::new(world);
    // A program that looks at links in messages uses up nothing.
    for _ in 0..2 {
        assert_eq!(browser.get(&path).await.status, 200);
    }
    assert_eq!(to(&browser.post(&path, &[]).await), "/console/setup");
    browser.get("/console/setup").await;
    let weak =
        browser.post("/console/setup/password", &[("new-password", "short"), ("again", "short")]).await;
    assert_eq!(weak.status, 422);
    let differ =
        browser.post("/console/setup/password", &[("new-password", WORDS), ("again", "other")]).await;
    assert_eq!(differ.status, 400);
    let fields = [("new-password", WORDS), ("again", WORDS)];
    assert_eq!(to(&browser.post("/console/setup/password", &fields).await), "/console/setup");
    browser.get("/console/setup").await;
    assert!(browser.page.contains("<svg") && !browser.page.contains("otpauth"));
    let offer = URL_SAFE_NO_PAD.decode(browser.field("offer").unwrap()).unwrap();
    let seed = world.node.people.offered_totp(&account.id, &offer).unwrap();
    let offer = URL_SAFE_NO_PAD.encode(&offer);
    let wrong = browser.post("/console/setup/authenticator", &[("offer", &offer), ("code", "000000")]).await;
    assert_eq!(wrong.status, 401);
    let code = seed.now(world.node.now());
    let done = browser.post("/console/setup/authenticator", &[("offer", &offer), ("code", &code)]).await;
    assert_eq!(done.status, 200, "{}", browser.page);
    assert_eq!(browser.get("/console/account").await.status, 200);
    assert!(browser.page.contains(name));
    assert_eq!(browser.get(&path).await.status, 403, "the link is used up");
    (account, seed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_in_by_a_link_and_then_by_password_and_code() {
    let world = World::new().await;
    let (_, seed) = set_up(&world, "kim.minji", Role::Administrator).await;
    let mut browser = Browser::new(&world);
    let asked = browser.get("/console/users?x=1&y=2").await;
    assert_eq!(to(&asked), "/console/sign-in?next=%2Fconsole%2Fusers%3Fx%3D1%26y%3D2");
    let done = browser.sign_in("Kim.Minji", &seed, "/console/users?x=1&y=2").await;
    assert_eq!(to(&done), "/console/users?x=1&y=2");
    assert_eq!(browser.get("/console/users").await.status, 200);
    for page in [
        "/console/account/name",
        "/console/account/password",
        "/console/account/authenticator",
        "/console/account/codes",
        "/console/acting",
        "/console/users/kim.minji",
        "/console/users/new/account",
        "/console/settings",
        "/console/settings/department",
    ] {
        assert_eq!(browser.get(page).await.status, 200, "{page}");
        // Words without a translation show up as ?key.
        assert!(!browser.page.contains(">?"), "{page}: {}", browser.page);
    }
    browser.get("/console/account").await;
    assert_eq!(to(&browser.post("/console/sign-out", &[]).await), "/console/signed-out");
    assert_eq!(browser.cookie("corridor_session_0"), None);
    assert!(to(&browser.get("/console/users").await).starts_with("/console/sign-in?next="));
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere_after_signing_in() {
    let world = World::new().await;
    let (_, seed) = set_up(&world, "kim.minji", Role::Officer).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/console/\r\nset-cookie: a=b",
        "javascript:alert(1)",
    ] {
        let mut browser = Browser::new(&world);
        let done = browser.sign_in("kim.minji", &seed, next).await;
        assert_eq!((done.status.as_u16(), to(&done).as_str()), (303, "/console"), "{next:?}");
        assert!(!done.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("a=b")));
    }
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &seed, "").await;
    browser.get("/console/account").await;
    let choice = browser
        .post("/console/acting", &[("participant", world.customs.as_str()), ("back", "//evil.example")])
        .await;
    assert_eq!(to(&choice), "/console");
    let language =
        browser.post("/console/preferences", &[("lang", "ja"), ("back", "https://evil.example")]).await;
    assert_eq!(to(&language), "/console");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_planted_is_worth_nothing() {
    let world = World::new().await;
    let (_, seed) = set_up(&world, "kim.minji", Role::Officer).await;
    let mut mallory = Browser::new(&world);
    mallory.get("/console/sign-in").await;
    let visit = mallory.cookie("corridor_visit_0").unwrap().to_owned();
    let mut kim = Browser::new(&world);
    kim.cookies =
        vec![("corridor_visit_0".to_owned(), visit.clone()), ("corridor_session_0".to_owned(), visit)];
    kim.get("/console/sign-in").await;
    let csrf = kim.field("csrf").unwrap();
    world.clock.advance(Duration::from_secs(60));
    kim.send("/console/sign-in", &[("csrf", &csrf), ("name", "kim.minji"), ("password", WORDS)]).await;
    let half = kim.cookie("corridor_session_0").unwrap().to_owned();
    let code = seed.now(world.node.now());
    kim.post("/console/sign-in/second", &[("code", &code)]).await;
    let full = kim.cookie("corridor_session_0").unwrap().to_owned();
    assert_ne!(half, full);
    for planted in [mallory.cookies(), format!("corridor_session_0={half}")] {
        let answer = world.page("GET", "/console/account", &planted, &[]).await;
        assert!(to(&answer).starts_with("/console/sign-in"), "{planted}");
    }
    // Half way is nowhere: before the second factor there is no page but that of the second factor.
    let mut half = Browser::new(&world);
    half.get("/console/sign-in").await;
    half.post("/console/sign-in", &[("name", "kim.minji"), ("password", WORDS)]).await;
    assert!(half.cookie("corridor_session_0").is_some());
    for page in ["/console/account", "/console/acting", "/console/users", "/console/setup"] {
        assert!(to(&half.get(page).await).starts_with("/console/sign-in"), "{page}");
    }
    // Another choice, another identifier.
    kim.get("/console/account").await;
    kim.post("/console/acting", &[("participant", world.customs.as_str())]).await;
    assert_ne!(kim.cookie("corridor_session_0").unwrap(), full);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_counts_with_the_token_of_its_own_session_alone() {
    let world = World::new().await;
    let (kim, seed) = set_up(&world, "kim.minji", Role::Administrator).await;
    set_up(&world, "sato", Role::Administrator).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &seed, "").await;
    browser.get("/console/account/name").await;
    let right = browser.field("csrf").unwrap();
    let mut other = Browser::new(&world);
    other.get("/console/sign-in").await;
    let visits = other.field("csrf").unwrap();
    other.sign_in("kim.minji", &seed, "").await;
    other.get("/console/account").await;
    let others = other.field("csrf").unwrap();
    let name = "Mallory";
    for wrong in ["", "x", &visits, &others, &right.to_uppercase()] {
        let sent = [("csrf", wrong), ("display", name), ("language", "en")];
        let answer = browser.send("/console/account/name", &sent).await;
        assert_eq!(answer.status, 403, "{wrong}");
    }
    assert_eq!(
        browser.send("/console/account/name", &[("display", name), ("language", "en")]).await.status,
        403
    );
    let account = world.node.people.account(&kim.id).await.unwrap();
    assert_ne!(account.display, name);
    // From another site, whatever it brings.
    let cookies = browser.cookies();
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let request = axum::http::Request::post("/console/account/name")
            .header("cookie", &cookies)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(header, value)
            .body(format!("csrf={right}&display={name}&language=en").into())
            .unwrap();
        assert_eq!(world.give(request).await.code(), "form-refused", "{header}: {value}");
    }
    let sent = [("csrf", right.as_str()), ("display", "Kim 김"), ("language", "ko")];
    assert_eq!(browser.send("/console/account/name", &sent).await.status, 200);
    assert_eq!(world.node.people.account(&kim.id).await.unwrap().display, "Kim 김");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_after_the_session_ended_is_kept_for_the_same_person() {
    let world = World::new().await;
    let (_, kim) = set_up(&world, "kim.minji", Role::Administrator).await;
    let (_, sato) = set_up(&world, "sato", Role::Administrator).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &kim, "").await;
    browser.get("/console/users/new/account").await;
    let form = [("name", "new.person"), ("display", "신규 <b>"), ("language", "ko")];
    world.clock.advance(Duration::from_secs(31 * 60));
    let answer = browser.post("/console/users", &form).await;
    assert_eq!(answer.status, 401);
    let kept = browser.field("kept").unwrap();
    let login = browser.page.clone();
    // Another person gets nothing of it.
    for (name, seed, comes_back) in [("sato", &sato, false), ("kim.minji", &kim, true)] {
        world.clock.advance(Duration::from_secs(60));
        browser.page.clone_from(&login);
        browser.cookies.retain(|(n, _)| n == "corridor_visit_0");
        let fields = [("name", name), ("password", WORDS), ("kept", &kept)];
        browser.post("/console/sign-in", &fields).await;
        let code = seed.now(world.node.now());
        let answer = browser.post("/console/sign-in/second", &[("code", &code), ("kept", &kept)]).await;
        assert_eq!(answer.status.is_success(), comes_back, "{name}");
    }
    assert!(
        browser.page.contains("신규 &lt;b&gt;") || browser.page.contains("신규 &#60;b&#62;"),
        "{}",
        browser.page
    );
    let sent = browser.post("/console/users", &form).await;
    assert_eq!(sent.status, 200);
    assert!(world.node.people.account_named(&"new.person".parse().unwrap()).await.is_ok());
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_an_earlier_session_is_shown_and_not_done() {
    let world = World::new().await;
    let (_, kim) = set_up(&world, "kim.minji", Role::Administrator).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &kim, "").await;
    browser.get("/console/users/new/account").await;
    // In another tab the person signs in anew.
    let earlier = browser.field("csrf").unwrap();
    browser.cookies.retain(|(name, _)| name == "corridor_visit_0");
    browser.sign_in("kim.minji", &kim, "").await;
    let form = [("name", "new.person"), ("display", "신규 <b>"), ("language", "ko")];
    let sent = [&[("csrf", earlier.as_str())], &form[..]].concat();
    assert_eq!(browser.send("/console/users", &sent).await.status, 403, "{}", browser.page);
    let named = "new.person".parse().unwrap();
    assert!(world.node.people.account_named(&named).await.is_err());
    for (field, value) in [("name", "new.person"), ("language", "ko")] {
        assert_eq!(browser.field(field).as_deref(), Some(value), "{}", browser.page);
    }
    assert!(!browser.page.contains("<b>") && browser.page.contains("신규"), "{}", browser.page);
    // From here it is sent like any other; one that brings no token at all is not even shown.
    assert_eq!(browser.send("/console/users", &form).await.status, 403);
    assert!(!browser.page.contains("신규"), "{}", browser.page);
    browser.send("/console/users", &sent).await;
    assert_eq!(browser.post("/console/users", &form).await.status, 200);
    assert!(world.node.people.account_named(&named).await.is_ok());
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_that_cannot_be_is_shown_again_as_it_was_typed() {
    let world = World::new().await;
    let (_, kim) = set_up(&world, "kim.minji", Role::Administrator).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &kim, "").await;
    browser.get("/console/settings/department").await;
    let typed = |id: &'static str, partner: &'static str| {
        let names = [("name-ja", "輸出管理課"), ("name-ko", "수출관리과"), ("name-en", "Export control")];
        [&[("id", id), ("kinds", "edifact"), ("partners", partner)], &names[..]].concat()
    };
    for (id, partner, said) in [
        ("Export", "did:web:a.example", "This cannot be an identifier"),
        ("export", "a.example", "A DID begins with did:"),
    ] {
        let answer = browser.post("/console/settings", &typed(id, partner)).await;
        assert_eq!(answer.status, 400, "{}", browser.page);
        let page = &browser.page;
        assert!(
            [said, id, partner, "輸出管理課", "수출관리과", "edifact"].iter().all(|s| page.contains(s)),
            "{page}"
        );
    }
    assert_eq!(browser.post("/console/settings", &typed("export", "did:web:a.example")).await.status, 200);
    assert_eq!(world.node.people.departments(&world.customs).await.unwrap().len(), 1);
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_participant_that_is_not_theirs() {
    let world = World::new().await;
    let (kim, seed) = set_up(&world, "kim.minji", Role::Administrator).await;
    let theirs = world.user("their.person", &world.stranger).await;
    let grant = Gift { role: Role::Officer, department: None };
    let grant =
        world.node.people.give(&world.stranger, &theirs.id, grant, &By::reader("test")).await.unwrap();
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &seed, "").await;
    browser.get("/console/account").await;
    for (participant, grant) in [
        (world.stranger.as_str(), ""),
        (world.stranger.as_str(), grant.id.as_str()),
        (world.customs.as_str(), grant.id.as_str()),
        ("did:web:nobody.example", ""),
    ] {
        let answer = browser.post("/console/acting", &[("participant", participant), ("grant", grant)]).await;
        assert_eq!(answer.status, 404, "{participant} {grant}");
        browser.get("/console/account").await;
    }
    // A person of two participants acts for one at a time.
    let gift = Gift { role: Role::Administrator, department: None };
    world.node.people.give(&world.forwarder, &kim.id, gift, &By::reader("test")).await.unwrap();
    browser.get("/console/account").await;
    assert_eq!(
        to(&browser.post("/console/acting", &[("participant", world.forwarder.as_str())]).await),
        "/console"
    );
    assert_eq!(browser.get("/console/users/their.person").await.status, 404);
    assert_eq!(browser.get("/console/users").await.status, 200);
    assert!(!browser.page.contains("their.person"));
    // The session's cookie opens nothing of the API.
    let request = axum::http::Request::get("/api/v1/inbox").header("cookie", browser.cookies());
    assert_eq!(world.give(request.body(axum::body::Body::empty()).unwrap()).await.code(), "unauthenticated");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_the_door_is_not_said_and_looks_alike() {
    let world = World::new().await;
    set_up(&world, "kim.minji", Role::Officer).await;
    let mut pages = Vec::new();
    for (name, password) in
        [("kim.minji", "wrong wrong wrong"), ("nobody.here", WORDS), ("<script>", WORDS), ("", "")]
    {
        let mut browser = Browser::new(&world);
        browser.get("/console/sign-in").await;
        let answer = browser.post("/console/sign-in", &[("name", name), ("password", password)]).await;
        assert_eq!(answer.status, 401, "{name}");
        assert!(
            !browser.page.contains("<script>") && !browser.page.contains(password) || password.is_empty()
        );
        let csrf = browser.field("csrf").unwrap();
        pages.push(browser.page.replace(&csrf, "").replace(&format!("value=\"{name}\""), "value=\"\""));
    }
    assert_eq!(pages[0], pages[1]);
    world.running.stop().await;
}
