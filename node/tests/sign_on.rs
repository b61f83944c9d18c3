//! Single sign-on against a little provider: as people meet it, and as somebody meets it who means no good.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use common::browser::{Browser, to};
use common::provider::Provider;
use common::{Engine, World, on_both_engines};
use corridor_base::ErrorCode;
use corridor_node::access::Role;
use corridor_node::people::totp::Seed;
use corridor_node::people::{Account, By, Identity};
use corridor_node::sign_on::{Issuer, Settings};
use corridor_storage::ActPage;
use serde_json::{Value, json};

on_both_engines! {
    somebody_new_comes_in_by_the_button_and_may_what_their_groups_say
    whom_nobody_knows_is_let_in_only_as_the_configuration_says
    an_attempt_is_of_one_browser_once_and_not_for_long
    a_person_links_and_unlinks_their_own_account_alone
}

/// A node and its provider.
async fn world(change: impl FnOnce(&mut Settings)) -> (World, Provider) {
    world_on(Engine::Sqlite, change).await.unwrap()
}

async fn world_on(engine: Engine, change: impl FnOnce(&mut Settings)) -> Option<(World, Provider)> {
    let provider = Provider::start().await;
    let world = World::on(engine, |config| provider.configure(config, change)).await?;
    Some((world, provider))
}

/// Goes by the button as far as the way back, and says where that leads.
async fn way(browser: &mut Browser<'_>, provider: &Provider, next: &str) -> String {
    provider.told().now = browser.world.node.now();
    let asked =
        browser.get(&corridor_console::component::address("/console/sign-on", &[("next", next)])).await;
    assert_eq!(asked.status, 303, "{}", browser.page);
    provider.sign_in(&to(&asked))
}

/// The whole of it: where it ends, or why not.
async fn sign_on(browser: &mut Browser<'_>, provider: &Provider) -> String {
    let back = way(browser, provider, "").await;
    ended(browser, &back).await
}

/// Where a way back ends, or the code of what is wrong with it, whose text is on the page.
async fn ended(browser: &mut Browser<'_>, back: &str) -> String {
    let answer = browser.get(back).await;
    if answer.status == 303 {
        return to(&answer);
    }
    let found = ErrorCode::ALL.iter().find(|code| browser.page.contains(&code.page()));
    let code = found.unwrap_or_else(|| panic!("{}: {}", answer.status, browser.page));
    assert_eq!(answer.status, code.status());
    code.to_string()
}

async fn roles(world: &World, name: &str) -> Vec<(Role, bool)> {
    let account = world.node.people.account_named(&name.parse().unwrap()).await.unwrap();
    let grants = world.node.people.grants(&account.id).await.unwrap();
    grants.into_iter().map(|g| (g.role, g.by_sign_on)).collect()
}

/// The acts of this type, as their openings have them.
async fn acts(world: &World, kind: &str, field: &str) -> Vec<String> {
    let page = ActPage { limit: 1000, ..ActPage::default() };
    let acts = world.node.exchange.store().acts(&world.customs, page).await.unwrap();
    let mut found = Vec::new();
    for act in acts.iter().filter(|act| act.kind == kind) {
        let token = world.token(&world.customs, Role::Auditor).await;
        let shown = world.ask("GET", &format!("/api/v1/acts/{}", act.id), Some(&token), "").await.json();
        found.push(shown["fields"][field].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned());
    }
    found
}

async fn somebody_new_comes_in_by_the_button_and_may_what_their_groups_say(engine: Engine) {
    let Some((world, provider)) = world_on(engine, |_| {}).await else { return };
    let mut browser = Browser::new(&world);
    browser.get("/console/sign-in").await;
    assert!(browser.page.contains("Sign in with Customs account"), "{}", browser.page);
    let asked = to(&browser.get("/console/inbox?state=received").await);
    assert_eq!(asked, "/console/sign-in?next=%2Fconsole%2Finbox%3Fstate%3Dreceived");
    let back = way(&mut browser, &provider, "/console/inbox?state=received").await;
    assert_eq!(ended(&mut browser, &back).await, "/console/inbox?state=received");
    assert!(browser.cookie("corridor_sign_on_0").is_none());
    assert_eq!(browser.get("/console/inbox").await.status, 200);
    assert!(browser.page.contains("김민지"));
    assert_eq!(roles(&world, "kim.minji").await, [(Role::Officer, true)]);
    assert_eq!(acts(&world, "signed-in", "method").await, ["sign-on"]);
    assert_eq!(acts(&world, "identity-linked", "issuer").await, [provider.issuer.as_str()]);

    // An administrator gives something more; the provider's groups change; the next sign-in follows them.
    let account = world.node.people.account_named(&"kim.minji".parse().unwrap()).await.unwrap();
    let gift = corridor_node::people::Gift { role: Role::Operator, department: None };
    world.node.people.give(&world.customs, &account.id, gift, &By::reader("test")).await.unwrap();
    provider.told().says["groups"] = json!(["auditors", "others"]);
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    let mut found = roles(&world, "kim.minji").await;
    found.sort_by_key(|(role, _)| role.as_str());
    assert_eq!(found, [(Role::Auditor, true), (Role::Operator, false)]);
    provider.told().says["groups"] = json!([]);
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    assert_eq!(roles(&world, "kim.minji").await, [(Role::Operator, false)]);

    // Whoever is disabled stays out, whatever the provider says.
    world.node.people.disable(&account.id, &By::reader("test")).await.unwrap();
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "account-disabled");
    assert!(to(&browser.get("/console/inbox").await).starts_with("/console/sign-in"));
    world.running.stop().await;
}

async fn whom_nobody_knows_is_let_in_only_as_the_configuration_says(engine: Engine) {
    let refusing = world_on(engine, |settings| settings.creates = false).await;
    let Some((refusing, provider)) = refusing else { return };
    assert_eq!(sign_on(&mut Browser::new(&refusing), &provider).await, "sign-on-unlinked");
    // An account of the same name is nobody's who only has the name.
    let account = refusing.user("kim.minji", &refusing.customs).await;
    assert_eq!(sign_on(&mut Browser::new(&refusing), &provider).await, "sign-on-unlinked");
    let token = refusing.token(&refusing.customs, Role::Administrator).await;
    let place = "/api/v1/users/kim.minji/sign-on";
    let link = refusing.ask("POST", place, Some(&token), r#"{"subject":"u-1"}"#).await;
    assert_eq!(link.status, 204);
    let listed = refusing.ask("GET", place, Some(&token), "").await.json();
    assert_eq!(listed["items"], json!([{"issuer": provider.issuer, "subject": "u-1"}]));
    assert_eq!(sign_on(&mut Browser::new(&refusing), &provider).await, "/console");
    let other = refusing.user("sato", &refusing.customs).await;
    let taken =
        refusing.ask("POST", "/api/v1/users/sato/sign-on", Some(&token), r#"{"subject":"u-1"}"#).await;
    assert_eq!(taken.code(), "already-exists");
    assert!(refusing.node.people.identities(&other.id).await.unwrap().is_empty());
    let mut browser = Browser::new(&refusing);
    sign_on(&mut browser, &provider).await;
    assert_eq!(refusing.ask("DELETE", place, Some(&token), "").await.status, 204);
    assert!(to(&browser.get("/console/account").await).starts_with("/console/sign-in"), "its sessions end");
    assert_eq!(sign_on(&mut Browser::new(&refusing), &provider).await, "sign-on-unlinked");
    assert!(refusing.node.people.grants(&account.id).await.unwrap().is_empty());
    refusing.running.stop().await;

    let (creating, provider) = world_on(engine, |_| {}).await.unwrap();
    // Without a role, without a name that fits, or with a name that is taken there is no new account.
    creating.user("sato", &creating.customs).await;
    for says in [
        json!({"sub": "u-2", "preferred_username": "lee", "groups": []}),
        json!({"sub": "u-2", "preferred_username": "이", "groups": ["officers"]}),
        json!({"sub": "u-2", "groups": ["officers"]}),
        json!({"sub": "u-2", "preferred_username": "sato", "groups": ["officers"]}),
    ] {
        provider.told().says = says.clone();
        assert_eq!(sign_on(&mut Browser::new(&creating), &provider).await, "sign-on-unlinked", "{says}");
    }
    assert_eq!(creating.node.people.accounts().await.unwrap().len(), 1);
    assert_eq!(acts(&creating, "sign-in-refused", "code").await.first().unwrap(), "sign-on-unlinked");
    creating.running.stop().await;
}

/// What an attempt ends with when the provider says this, and that nobody is in afterwards.
async fn check(world: &World, provider: &Provider, lie: impl FnOnce(&Provider), expect: &str) {
    let mut browser = Browser::new(world);
    let back = way(&mut browser, provider, "").await;
    lie(provider);
    assert_eq!(ended(&mut browser, &back).await, expect);
    assert!(browser.cookie("corridor_session_0").is_none());
    let before = Provider::honest();
    let mut told = provider.told();
    (told.says, told.head, told.userinfo) = (before.0, before.1, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_provider_is_not_believed() {
    let (world, provider) = world(|_| {}).await;
    let says = |name: &'static str, value: Value| move |p: &Provider| p.told().says[name] = value;
    let head = |value: Value| move |p: &Provider| p.told().head = value;
    let seconds = world.node.now().millis() / 1000;
    let failed = "sign-on-failed";
    check(&world, &provider, head(json!({"alg": "none"})), failed).await;
    check(&world, &provider, head(json!({"alg": "HS256", "kid": "k1"})), failed).await;
    check(&world, &provider, head(json!({"alg": "RS256", "kid": "k1"})), failed).await;
    check(&world, &provider, head(json!({"alg": "EdDSA", "kid": "k9"})), failed).await;
    check(&world, &provider, says("nonce", json!("other")), failed).await;
    check(&world, &provider, says("iss", json!("https://evil.example")), failed).await;
    check(&world, &provider, says("aud", json!("other")), failed).await;
    check(&world, &provider, says("aud", json!(["corridor node", "other"])), failed).await;
    check(&world, &provider, says("sub", json!(null)), failed).await;
    check(&world, &provider, says("exp", json!(seconds - 61)), "sign-on-clock").await;
    check(&world, &provider, says("iat", json!(seconds + 61)), "sign-on-clock").await;
    check(&world, &provider, says("pad", json!("x".repeat(40_000))), failed).await;
    check(&world, &provider, says("pad", json!("x".repeat(400_000))), failed).await;
    // What is said at the userinfo endpoint is of the same person, or of nobody.
    let userinfo = |sub: &'static str| {
        move |p: &Provider| {
            let mut told = p.told();
            told.says = json!({"sub": "u-1"});
            told.userinfo =
                Some(json!({"sub": sub, "preferred_username": "kim.minji", "groups": ["officers"]}));
        }
    };
    check(&world, &provider, userinfo("u-2"), failed).await;
    assert!(world.node.people.accounts().await.unwrap().is_empty());
    let mut browser = Browser::new(&world);
    let back = way(&mut browser, &provider, "").await;
    userinfo("u-1")(&provider);
    assert_eq!(ended(&mut browser, &back).await, "/console");
    assert_eq!(roles(&world, "kim.minji").await, [(Role::Officer, true)]);
    world.running.stop().await;
}

async fn an_attempt_is_of_one_browser_once_and_not_for_long(engine: Engine) {
    let Some((world, provider)) = world_on(engine, |_| {}).await else { return };
    let expired = "sign-on-expired";
    // Back twice.
    let mut kim = Browser::new(&world);
    let back = way(&mut kim, &provider, "").await;
    let cookies = kim.cookies.clone();
    assert_eq!(ended(&mut kim, &back).await, "/console");
    let mut again = Browser::new(&world);
    again.cookies = cookies;
    assert_eq!(ended(&mut again, &back).await, expired);
    // In another browser, which is at its own attempt or at none: nobody is signed in as somebody else.
    let mut mallory = Browser::new(&world);
    let planted = way(&mut mallory, &provider, "").await;
    let mut victim = Browser::new(&world);
    assert_eq!(ended(&mut victim, &planted).await, expired);
    way(&mut victim, &provider, "").await;
    assert_eq!(ended(&mut victim, &planted).await, expired);
    // Late.
    let late = way(&mut mallory, &provider, "").await;
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(ended(&mut mallory, &late).await, expired);
    // A state that nobody gave out, none, and another's code under one's own state.
    for query in ["", "?code=a", "?state=a&code=b", "?state=&code="] {
        assert_eq!(ended(&mut mallory, &format!("/console/sign-on/back{query}")).await, expired, "{query}");
    }
    let (mut one, mut two) = (Browser::new(&world), Browser::new(&world));
    let (first, second) = (way(&mut one, &provider, "").await, way(&mut two, &provider, "").await);
    let part = |back: &str, name: &str| {
        let url = url::Url::parse(&format!("http://a{back}")).unwrap();
        url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned()
    };
    let mixed = first.replace(&part(&first, "code"), &part(&second, "code"));
    assert_eq!(ended(&mut one, &mixed).await, "sign-on-failed", "the verifier is another's");
    // The answer names its issuer (RFC 9207), and nothing twice.
    for (from, into) in [("&iss=", "&oss="), ("&iss=http", "&iss=https"), ("&iss=", "&iss=x&iss=")] {
        let mut browser = Browser::new(&world);
        let back = way(&mut browser, &provider, "").await.replacen(from, into, 1);
        assert_eq!(ended(&mut browser, &back).await, "sign-on-failed", "{back}");
    }
    // Two tabs of one browser.
    let mut tabs = Browser::new(&world);
    let (first, second) = (way(&mut tabs, &provider, "").await, way(&mut tabs, &provider, "").await);
    let cookies = tabs.cookies.clone();
    assert_eq!(ended(&mut tabs, &second).await, "/console");
    tabs.cookies = cookies;
    assert_eq!(ended(&mut tabs, &first).await, "/console");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere_and_a_planted_session_is_worth_nothing() {
    let (world, provider) = world(|_| {}).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/console/\r\na: b",
    ] {
        let mut browser = Browser::new(&world);
        let back = way(&mut browser, &provider, next).await;
        assert_eq!(ended(&mut browser, &back).await, "/console", "{next:?}");
    }
    let mut mallory = Browser::new(&world);
    sign_on(&mut mallory, &provider).await;
    let session = mallory.cookie("corridor_session_0").unwrap().to_owned();
    let mut kim = Browser::new(&world);
    kim.cookies = vec![("corridor_session_0".to_owned(), session.clone())];
    provider.told().says["sub"] = json!("u-2");
    provider.told().says["preferred_username"] = json!("sato");
    assert_eq!(sign_on(&mut kim, &provider).await, "/console");
    assert_ne!(kim.cookie("corridor_session_0").unwrap(), session);
    assert_eq!(world.standing(&session).await.account.name.as_str(), "kim.minji");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_refuses_is_said_in_three_languages() {
    let (world, provider) = world(|_| {}).await;
    for (lang, title) in [
        ("en", "did not let you through"),
        ("ja", "サインインが完了しませんでした"),
        ("ko", "로그인이 완료되지 않았습니다"),
    ] {
        let mut browser = Browser::new(&world);
        browser.get("/console/sign-in").await;
        browser.post("/console/preferences", &[("lang", lang)]).await;
        let state = way(&mut browser, &provider, "").await;
        let state = state.split_once("state=").unwrap().1.split('&').next().unwrap();
        let issuer = corridor_console::component::percent(&provider.issuer);
        let refused = format!(
            "/console/sign-on/back?state={state}&error=access_denied&error_description=%3Cb%3E&iss={issuer}"
        );
        assert_eq!(ended(&mut browser, &refused).await, "sign-on-denied");
        assert!(browser.page.contains(title) && browser.page.contains("access_denied"), "{}", browser.page);
        assert!(!browser.page.contains("<b>") && !browser.page.contains(">?"));
        for code in
            ["sign-on-denied", "sign-on-expired", "sign-on-clock", "sign-on-failed", "sign-on-unlinked"]
        {
            assert_eq!(browser.get(&format!("/console/help/errors/{code}")).await.status, 200, "{code}");
        }
    }
    // A provider that is not there, and one that is another.
    let away = World::with(|config| {
        provider.configure(config, |settings| {
            settings.issuer = Issuer::parse("http://127.0.0.1:9").unwrap();
        });
        config.allow.push("127.0.0.1:9".parse().unwrap());
    })
    .await;
    assert_eq!(ended(&mut Browser::new(&away), "/console/sign-on").await, "sign-on-unreachable");
    away.running.stop().await;
    provider.told().describes = json!({"issuer": "https://evil.example"});
    let (other, _) = (World::with(|config| provider.configure(config, |_| {})).await, ());
    let mut browser = Browser::new(&other);
    assert_eq!(ended(&mut browser, "/console/sign-on").await, "sign-on-failed");
    assert_eq!(ended(&mut browser, "/console/sign-on").await, "sign-on-failed");
    assert_eq!(provider.asked("description"), 2, "a provider that fails is left alone for a while");
    let token = other.token(&other.customs, Role::Administrator).await;
    let findings = other.ask("GET", "/api/v1/doctor", Some(&token), "").await.json();
    let found = findings["items"].as_array().unwrap().iter().find(|f| f["check"] == "sign-on").unwrap();
    assert!(
        found["status"] == "wrong" && found["detail"].as_str().unwrap().contains("evil.example"),
        "{found}"
    );
    other.running.stop().await;
    world.running.stop().await;
}

/// An account with password and authenticator, linked to the provider's person.
async fn linked(world: &World, provider: &Provider) -> (Account, Seed) {
    let account = world.user("kim.minji", &world.customs).await;
    let people = &world.node.people;
    let by = By::reader("test");
    let link = people.make_link(&account.id, &by).await.unwrap().address;
    let opened = people.use_link(link.rsplit('/').next().unwrap(), "test").await.unwrap().unwrap();
    let password = corridor_node::people::password::Password::new(common::WORDS.to_owned());
    let opened = people.set_up_password(&world.standing(&opened.cookie).await, password).await.unwrap();
    let offer = people.offer_totp(&account.id).unwrap();
    let code = offer.seed.now(world.node.now());
    people.set_totp(&world.standing(&opened.cookie).await, &offer.sealed, &code).await.unwrap();
    let identity = Identity::new(&provider.issuer, "u-1").unwrap();
    people.link_identity(&account.id, &identity, &by).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    (account, offer.seed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_asked_for_here_unless_the_operator_says_otherwise() {
    let (world, provider) = world(|settings| {
        settings.assurance.amr = vec!["mfa".to_owned()];
    })
    .await;
    let (_, seed) = linked(&world, &provider).await;
    // The provider says that it has asked for two.
    provider.told().says["amr"] = json!(["pwd", "mfa"]);
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    // It does not: the code of the authenticator is asked for, and nothing opens before.
    provider.told().says["amr"] = json!(["pwd"]);
    let mut browser = Browser::new(&world);
    let back = way(&mut browser, &provider, "/console/outbox").await;
    let second = ended(&mut browser, &back).await;
    assert_eq!(second, "/console/sign-in/second?next=%2Fconsole%2Foutbox");
    assert!(to(&browser.get("/console/outbox").await).starts_with("/console/sign-in"));
    let mut browser = Browser::new(&world);
    let back = way(&mut browser, &provider, "/console/outbox").await;
    let second = ended(&mut browser, &back).await;
    browser.get(&second).await;
    let next = browser.field("next").unwrap().replace("&#38;", "&");
    let wrong = browser.post("/console/sign-in/second", &[("code", "000000"), ("next", &next)]).await;
    assert_eq!(wrong.status, 401);
    let code = seed.now(world.node.now());
    let done = browser.post("/console/sign-in/second", &[("code", &code), ("next", &next)]).await;
    assert_eq!(to(&done), "/console/outbox");
    let methods = acts(&world, "signed-in", "method").await;
    assert_eq!(methods.iter().filter(|method| *method == "sign-on").count(), 2, "{methods:?}");
    // Somebody who has no second factor sets one before anything else.
    provider.told().says["sub"] = json!("u-2");
    provider.told().says["preferred_username"] = json!("sato");
    let mut browser = Browser::new(&world);
    assert_eq!(sign_on(&mut browser, &provider).await, "/console/setup");
    assert!(to(&browser.get("/console/outbox").await).starts_with("/console/sign-in"));
    let mut browser = Browser::new(&world);
    sign_on(&mut browser, &provider).await;
    browser.get("/console/setup").await;
    let offer = browser.field("offer").unwrap();
    let sato = world.node.people.account_named(&"sato".parse().unwrap()).await.unwrap();
    let sealed = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &offer).unwrap();
    let seed = world.node.people.offered_totp(&sato.id, &sealed).unwrap();
    let code = seed.now(world.node.now());
    let done = browser.post("/console/setup/authenticator", &[("offer", &offer), ("code", &code)]).await;
    assert_eq!(done.status, 200, "{}", browser.page);
    assert_eq!(browser.get("/console/outbox").await.status, 200);
    assert_eq!(acts(&world, "signed-in", "method").await.iter().filter(|m| *m == "sign-on").count(), 3);
    world.running.stop().await;
}

async fn a_person_links_and_unlinks_their_own_account_alone(engine: Engine) {
    let Some((world, provider)) = world_on(engine, |settings| settings.creates = false).await else { return };
    let (account, seed) = linked(&world, &provider).await;
    let people = &world.node.people;
    people.unlink_identities(&account.id, None, &By::reader("test")).await.unwrap();
    let mut browser = Browser::new(&world);
    browser.sign_in("kim.minji", &seed, "").await;
    browser.get("/console/account/sign-on").await;
    assert!(browser.page.contains("No identity is linked"));
    let wrong = browser.post("/console/account/sign-on", &[("password", "wrong wrong wrong")]).await;
    assert_eq!(wrong.status, 401);
    let asked = browser.post("/console/account/sign-on", &[("password", common::WORDS)]).await;
    assert_eq!(asked.status, 200, "{}", browser.page);
    let (_, rest) = browser.page.split_once(&format!("href=\"{}/authorize", provider.issuer)).unwrap();
    let place = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    provider.told().now = world.node.now();
    let back = provider.sign_in(&format!("{}/authorize{place}", provider.issuer));
    // In the hands of somebody else who is signed in it links nothing.
    let mut other = Browser::new(&world);
    other.cookies = browser.cookies.clone();
    let sato = world.user("sato", &world.customs).await;
    let cookie = world.enter(&sato).await.cookie;
    other.cookies.retain(|(name, _)| name != "corridor_session_0");
    other.cookies.push(("corridor_session_0".to_owned(), cookie));
    assert_eq!(ended(&mut other, &back).await, "sign-on-expired");
    assert!(people.identities(&sato.id).await.unwrap().is_empty());
    // For the right one it does; the way back was used up, so it is gone once more.
    browser.get("/console/account/sign-on").await;
    browser.post("/console/account/sign-on", &[("password", common::WORDS)]).await;
    let (_, rest) = browser.page.split_once(&format!("href=\"{}/authorize", provider.issuer)).unwrap();
    let place = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let back = provider.sign_in(&format!("{}/authorize{place}", provider.issuer));
    assert_eq!(ended(&mut browser, &back).await, "/console/account/sign-on");
    browser.get("/console/account/sign-on").await;
    assert!(browser.page.contains("u-1") && browser.page.contains(&provider.issuer));
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    let done = browser.post("/console/account/sign-on/remove", &[]).await;
    assert_eq!(to(&done), "/console/account/sign-on");
    assert!(people.identities(&account.id).await.unwrap().is_empty());
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "sign-on-unlinked");
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_single_sign_on_is_alone_there_is_no_other_way_in() {
    let (world, provider) = world(|settings| settings.alone = true).await;
    let mut browser = Browser::new(&world);
    browser.get("/console/sign-in").await;
    assert!(!browser.page.contains("name=\"password\"") && !browser.page.contains("data-passkey"));
    browser.get("/console/help").await;
    let csrf = world.csrf(&format!("a={}", browser.cookie("corridor_visit_0").unwrap()));
    for path in ["/console/sign-in", "/console/sign-in/passkey"] {
        let fields = [("csrf", csrf.as_str()), ("name", "kim.minji"), ("password", common::WORDS)];
        assert_eq!(browser.send(path, &fields).await.status, 403, "{path}");
    }
    let account = world.user("sato", &world.customs).await;
    let made = world.node.people.make_link(&account.id, &By::reader("test")).await;
    assert_eq!(made.err().map(|p| p.code()), Some(ErrorCode::Forbidden));
    assert_eq!(sign_on(&mut browser, &provider).await, "/console");
    browser.get("/console/account/sign-on").await;
    assert_eq!(browser.post("/console/account/sign-on/remove", &[]).await.status, 403);
    // Out here, and with one more press out there, too.
    browser.get("/console/account").await;
    assert_eq!(to(&browser.post("/console/sign-out", &[]).await), "/console/signed-out?provider=yes");
    browser.get("/console/signed-out?provider=yes").await;
    assert!(
        browser.page.contains(&format!("{}/logout?client_id=corridor+node", provider.issuer)),
        "{}",
        browser.page
    );
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_fetched_when_a_token_names_one_and_not_too_often() {
    let (world, provider) = world(|_| {}).await;
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    assert_eq!((provider.asked("keys"), provider.asked("description")), (1, 1));
    {
        let mut told = provider.told();
        told.keys.insert(0, ("k2".to_owned(), [2; 32]));
        told.head = json!({"alg": "EdDSA", "kid": "k2"});
    }
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "sign-on-failed", "asked a moment ago");
    assert_eq!(provider.asked("keys"), 1);
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    assert_eq!(provider.asked("keys"), 2);
    for _ in 0..3 {
        provider.told().head = json!({"alg": "EdDSA", "kid": "unknown"});
        assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "sign-on-failed");
    }
    assert_eq!(provider.asked("keys"), 2);
    world.clock.advance(Duration::from_secs(3601));
    provider.told().head = json!({"alg": "EdDSA", "kid": "k2"});
    assert_eq!(sign_on(&mut Browser::new(&world), &provider).await, "/console");
    assert_eq!((provider.asked("keys"), provider.asked("description")), (3, 2));
    world.running.stop().await;
}
