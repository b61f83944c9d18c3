//! People: from the account that is made, over the link, to the session; and what must not work.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::time::Duration;

use common::{Engine, World, on_both_engines};
use corridor_base::{ErrorCode, Problem};
use corridor_exchange::{DocumentFilter, Side};
use corridor_node::access::Role;
use corridor_node::people::password::Password;
use corridor_node::people::signin::Visitor;
use corridor_node::people::totp::Seed;
use corridor_node::people::{Account, Acts, By, Found, Gift, Opened, Stage, Standing};
use corridor_storage::ActPage;

const WORDS: &str = "seven blue kites";

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn by() -> By {
    By::reader("test")
}

fn visitor() -> Visitor {
    Visitor { address: Some("192.0.2.7".parse().unwrap()), known: None, agent: "a test".to_owned() }
}

fn code<T>(result: Result<T, Problem>) -> Option<ErrorCode> {
    result.err().map(|p| p.code())
}

async fn standing(world: &World, opened: &Opened) -> Standing {
    match world.node.people.session(&opened.cookie).await.unwrap() {
        Found::Standing(standing) => *standing,
        Found::Expired(_) => panic!("the session has expired"),
        Found::Nothing => panic!("there is no such session"),
    }
}

async fn stands(world: &World, cookie: &str) -> bool {
    matches!(world.node.people.session(cookie).await.unwrap(), Found::Standing(_))
}

on_both_engines! {
    a_code_and_a_recovery_code_count_once
    who_keeps_guessing_is_slowed_down_and_the_owner_is_not
    a_session_ends_when_idle_when_old_and_when_it_is_told_to
    after_a_reset_a_link_asks_for_what_is_left
    a_session_acts_by_one_grant_of_its_own_account
    an_administrator_takes_over_nobody_who_acts_for_another
    an_officer_of_a_department_sees_and_sends_what_is_its_business
}

/// An account with password and authenticator, set up by a link.
async fn set_up(world: &World, name: &str) -> (Account, Seed, Opened, Vec<String>) {
    let people = &world.node.people;
    let account = world.user(name, &world.customs).await;
    let link = people.make_link(&account.id, &by()).await.unwrap();
    let secret = link.address.rsplit('/').next().unwrap().to_owned();
    let opened = people.use_link(&secret, "a test").await.unwrap().unwrap();
    let at = standing(world, &opened).await;
    assert_eq!(at.session.stage, Stage::Setup);
    let opened = people.set_up_password(&at, password(WORDS)).await.unwrap();
    let at = standing(world, &opened).await;
    let offer = people.offer_totp(&account.id).unwrap();
    let (codes, opened) =
        people.set_totp(&at, &offer.sealed, &offer.seed.now(world.node.now())).await.unwrap();
    assert_eq!(standing(world, &opened).await.session.stage, Stage::Full);
    assert_eq!(code(people.use_link(&secret, "").await), Some(ErrorCode::LinkInvalid));
    (account, offer.seed, opened, codes)
}

/// Signs in at a moment when the authenticator shows a code that was not used.
async fn sign_in(world: &World, name: &str, seed: &Seed) -> Opened {
    world.clock.advance(Duration::from_secs(60));
    let people = &world.node.people;
    let opened = people.begin(name, password(WORDS), &visitor()).await.unwrap();
    let at = standing(world, &opened).await;
    let done = people.second(&at, &seed.now(world.node.now()), &visitor()).await.unwrap();
    assert!(!stands(world, &opened.cookie).await, "the session from before the second factor is gone");
    done.opened
}

async fn a_code_and_a_recovery_code_count_once(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let (_, seed, _, codes) = set_up(&world, "kim.minji").await;
    world.clock.advance(Duration::from_secs(60));
    let now = seed.now(world.node.now());
    let second = async |text: &str| {
        let opened = people.begin("Kim.Minji ", password(WORDS), &visitor()).await.unwrap();
        let at = standing(&world, &opened).await;
        code(people.second(&at, text, &visitor()).await)
    };
    assert_eq!(second(&now).await, None);
    assert_eq!(second(&now).await, Some(ErrorCode::SecondFactorFailed));
    assert_eq!(second(&codes[0].to_uppercase().replace('-', " ")).await, None);
    assert_eq!(second(&codes[0]).await, Some(ErrorCode::SecondFactorFailed));
    assert_eq!(second(&codes[1]).await, None);
    assert_eq!(second("000000").await, Some(ErrorCode::SecondFactorFailed));
    world.running.stop().await;
}

async fn who_keeps_guessing_is_slowed_down_and_the_owner_is_not(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let (_, seed, ..) = set_up(&world, "kim.minji").await;
    world.clock.advance(Duration::from_secs(60));
    let opened = people.begin("kim.minji", password(WORDS), &visitor()).await.unwrap();
    let at = standing(&world, &opened).await;
    let done = people.second(&at, &seed.now(world.node.now()), &visitor()).await.unwrap();
    let stranger = Visitor { address: Some("198.51.100.1".parse().unwrap()), ..visitor() };
    for name in ["kim.minji", "nobody.here"] {
        for _ in 0..6 {
            let found = code(people.begin(name, password("wrong wrong wrong"), &stranger).await);
            assert_eq!(found, Some(ErrorCode::SignInFailed), "{name}");
        }
        let found = code(people.begin(name, password("wrong wrong wrong"), &stranger).await);
        assert_eq!(found, Some(ErrorCode::SlowDown), "{name}");
    }
    let known = Visitor { known: Some(done.known), ..visitor() };
    assert!(people.begin("kim.minji", password(WORDS), &known).await.is_ok());
    let acts =
        world.node.exchange.store().acts(&world.customs, ActPage { limit: 1000, ..ActPage::default() });
    let acts = acts.await.unwrap();
    let count = |kind: &str| acts.iter().filter(|a| a.kind == kind).count();
    // Six at the account; of the name that does not exist only one, because they came within a second.
    assert_eq!((count("signed-in"), count("sign-in-refused")), (2, 7));
    world.running.stop().await;
}

async fn a_session_ends_when_idle_when_old_and_when_it_is_told_to(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let (account, seed, first, _) = set_up(&world, "kim.minji").await;
    let second = sign_in(&world, "kim.minji", &seed).await;
    assert_eq!(people.sessions(&account.id).await.unwrap().len(), 2);
    // Idle.
    for _ in 0..4 {
        world.clock.advance(Duration::from_secs(20 * 60));
        assert!(stands(&world, &second.cookie).await);
    }
    assert!(matches!(people.session(&first.cookie).await.unwrap(), Found::Expired(id) if id == account.id));
    // Old.
    for _ in 0..33 {
        world.clock.advance(Duration::from_secs(20 * 60));
        people.session(&second.cookie).await.unwrap();
    }
    assert!(matches!(people.session(&second.cookie).await.unwrap(), Found::Expired(_)));
    // Told to.
    let (third, fourth) =
        (sign_in(&world, "kim.minji", &seed).await, sign_in(&world, "kim.minji", &seed).await);
    people.end_session(&account.id, &third.id, &by()).await.unwrap();
    assert!(!stands(&world, &third.cookie).await && stands(&world, &fourth.cookie).await);
    let changed =
        people.change_password(&standing(&world, &fourth).await, password("nine red boats")).await.unwrap();
    assert!(!stands(&world, &fourth.cookie).await && stands(&world, &changed.cookie).await);
    people.disable(&account.id, &by()).await.unwrap();
    assert!(!stands(&world, &changed.cookie).await);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(
        code(people.begin("kim.minji", password("nine red boats"), &visitor()).await),
        Some(ErrorCode::SignInFailed)
    );
    world.running.stop().await;
}

async fn after_a_reset_a_link_asks_for_what_is_left(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let (account, seed, opened, _) = set_up(&world, "kim.minji").await;
    let link = async || {
        let made = people.make_link(&account.id, &by()).await.unwrap();
        made.address.rsplit('/').next().unwrap().to_owned()
    };
    // An account that has both is opened by no link.
    assert!(people.use_link(&link().await, "").await.unwrap().is_none());
    people.reset_password(&account.id, &by()).await.unwrap();
    assert!(!stands(&world, &opened.cookie).await);
    // A new password, and then the authenticator there is.
    let opened = people.use_link(&link().await, "").await.unwrap().unwrap();
    let at = standing(&world, &opened).await;
    let offer = people.offer_totp(&account.id).unwrap();
    let taken = people.set_totp(&at, &offer.sealed, &offer.seed.now(world.node.now())).await;
    assert_eq!(code(taken), Some(ErrorCode::Forbidden), "the authenticator cannot be replaced by a link");
    let opened = people.set_up_password(&at, password("nine red boats")).await.unwrap();
    let at = standing(&world, &opened).await;
    assert_eq!(at.session.stage, Stage::Second);
    world.clock.advance(Duration::from_secs(60));
    people.second(&at, &seed.now(world.node.now()), &visitor()).await.unwrap();
    // The password there is, and then a new authenticator.
    people.reset_second_factor(&account.id, &by()).await.unwrap();
    let opened = people.use_link(&link().await, "").await.unwrap().unwrap();
    let at = standing(&world, &opened).await;
    let taken = people.set_totp(&at, &offer.sealed, &offer.seed.now(world.node.now())).await;
    assert_eq!(code(taken), Some(ErrorCode::Forbidden), "not before the password");
    assert_eq!(
        code(people.set_up_password(&at, password("wrong wrong wrong")).await),
        Some(ErrorCode::SignInFailed)
    );
    let opened = people.set_up_password(&at, password("nine red boats")).await.unwrap();
    let at = standing(&world, &opened).await;
    assert!(people.set_totp(&at, &offer.sealed, &offer.seed.now(world.node.now())).await.is_ok());
    // A link that is not used in time, and one that an account was disabled after.
    let late = link().await;
    world.clock.advance(Duration::from_secs(61 * 60));
    assert_eq!(code(people.link_of(&late).await), Some(ErrorCode::LinkInvalid));
    world.running.stop().await;
}

async fn a_session_acts_by_one_grant_of_its_own_account(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let (account, _, opened, _) = set_up(&world, "kim.minji").await;
    let other = world.user("sato", &world.stranger).await;
    let give = async |who: &corridor_base::Did, account: &Account, role: Role| {
        people.give(who, &account.id, Gift { role, department: None }, &by()).await.unwrap()
    };
    let ours = give(&world.customs, &account, Role::Auditor).await;
    let theirs = give(&world.stranger, &other, Role::Administrator).await;
    let at = standing(&world, &opened).await;
    assert!(people.acting(&at).await.unwrap().is_none());
    let acts = |grant: &corridor_node::people::Grant, holder| Acts { holder, grant: grant.id.clone() };
    for wrong in [
        acts(&theirs, world.stranger.clone()),
        acts(&theirs, world.customs.clone()),
        acts(&ours, world.stranger.clone()),
    ] {
        assert_eq!(code(people.act_by(&at, wrong).await), Some(ErrorCode::NotFound));
    }
    let next = people.act_by(&at, acts(&ours, world.customs.clone())).await.unwrap();
    assert!(!stands(&world, &opened.cookie).await, "the identifier changes with what it may do");
    let at = standing(&world, &next).await;
    assert_eq!(people.acting(&at).await.unwrap().unwrap().grant, ours);
    people.revoke(&world.customs, &account.id, &ours.id, &by()).await.unwrap();
    assert!(people.acting(&at).await.unwrap().is_none(), "a grant that was taken back counts no more");
    world.running.stop().await;
}

async fn an_administrator_takes_over_nobody_who_acts_for_another(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let people = &world.node.people;
    let account = world.user("kim.minji", &world.stranger).await;
    let governed = async |who: &corridor_base::Did| code(people.governed_by(who, &account.name).await);
    assert_eq!(governed(&world.stranger).await, None);
    assert_eq!(governed(&world.customs).await, None, "the operator of the node");
    assert_eq!(governed(&world.forwarder).await, Some(ErrorCode::NotFound));
    let gift = Gift { role: Role::Officer, department: None };
    people.give(&world.forwarder, &account.id, gift, &by()).await.unwrap();
    assert_eq!(governed(&world.stranger).await, Some(ErrorCode::Forbidden));
    assert_eq!(governed(&world.forwarder).await, Some(ErrorCode::Forbidden));
    world.running.stop().await;
}

async fn an_officer_of_a_department_sees_and_sends_what_is_its_business(engine: Engine) {
    let Some(world) = World::on(engine, |_| {}).await else { return };
    let customs = &world.customs;
    world.department(customs, "export", &["edifact"], &[&world.forwarder]).await;
    world.department(customs, "health", &["line-list"], &[]).await;
    world.department(customs, "other", &["edifact"], &[&world.stranger]).await;
    let token = async |department: &str| {
        let gift = Gift { role: Role::Officer, department: Some(department.parse().unwrap()) };
        world.node.tokens.create_for(customs, gift, "", None).await.unwrap().0.text()
    };
    let id = world.document;
    // The trade desk hears of documents a moment later.
    let auditor = world.token(customs, Role::Auditor).await;
    for _ in 0..3000 {
        let listed = world.ask("GET", "/api/v1/trade/interchanges", Some(&auditor), "").await.json();
        if !listed["items"].as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (department, sees) in [("export", true), ("health", false), ("other", false)] {
        let token = token(department).await;
        let ask = async |method: &str, path: &str| world.ask(method, path, Some(&token), "x").await;
        let listed = ask("GET", "/api/v1/inbox").await.json()["items"].as_array().unwrap().len();
        assert_eq!(listed > 0, sees, "{department}");
        let listed = ask("GET", "/api/v1/trade/interchanges").await.json()["items"].as_array().unwrap().len();
        assert_eq!(listed > 0, sees, "{department}");
        let expect = if sees { 200 } else { 404 };
        for path in [
            format!("/api/v1/inbox/{id}"),
            format!("/api/v1/inbox/{id}/content"),
            format!("/api/v1/receipts/{id}"),
            format!("/api/v1/trade/interchanges/in/{id}"),
        ] {
            assert_eq!(ask("GET", &path).await.status, expect, "{department} {path}");
        }
        let to = world.forwarder.to_string().replace('%', "%25");
        let send = format!("/api/v1/outbox?to={to}&kind=edifact");
        assert_eq!(ask("POST", &send).await.code() == "forbidden", !sees, "{department}");
        for path in ["/api/v1/acts", "/api/v1/tokens", "/api/v1/users"] {
            assert_eq!(ask("GET", path).await.code(), "forbidden", "{department} {path}");
        }
    }
    // Neither a token nor a person of a department that is gone sees everything instead.
    let token = token("export").await;
    world.node.people.remove_department(customs, &"export".parse().unwrap(), &by()).await.unwrap();
    assert_eq!(world.ask("GET", "/api/v1/inbox", Some(&token), "").await.code(), "unauthenticated");
    let all = world.node.exchange.documents(
        customs,
        Side::In,
        DocumentFilter { limit: 10, ..DocumentFilter::default() },
    );
    assert!(!all.await.unwrap().is_empty());
    let gift = Gift { role: Role::Auditor, department: Some("health".parse().unwrap()) };
    assert_eq!(code(world.node.tokens.create_for(customs, gift, "", None).await), Some(ErrorCode::Malformed));
    world.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_stand_nowhere_in_the_clear() {
    let world = World::new().await;
    let (account, seed, opened, codes) = set_up(&world, "kim.minji").await;
    let link = world.node.people.make_link(&account.id, &by()).await.unwrap().address;
    let pick = |text: &str| text.rsplit(['~', '/']).next().unwrap().to_owned();
    let secrets: Vec<Vec<u8>> = vec![
        WORDS.into(),
        seed.bytes().to_vec(),
        corridor_node::people::totp::base32(seed.bytes()).into(),
        pick(&opened.cookie).into(),
        pick(&link).into(),
        codes[0].clone().into(),
        codes[0].replace('-', "").into(),
    ];
    let data = world.node.config.data.clone();
    world.running.stop().await;
    let mut looked = 0;
    let mut folders = vec![data];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked += bytes.len();
            for secret in &secrets {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_slice());
                assert!(!found, "{} holds {:?}", path.display(), String::from_utf8_lossy(secret));
            }
        }
    }
    assert!(looked > 100_000, "{looked}");
}
