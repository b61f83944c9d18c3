//! The provider of single sign-on says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0):
//! what came in by it ends at once, and who lies ends nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::browser::{Browser, to};
use common::provider::Provider;
use common::{Answer, Engine, World, on_both_engines};
use corridor_node::access::Role;
use serde_json::{Value, json};

on_both_engines! {
    what_ends_at_the_provider_ends_here
    a_second_factor_of_ours_does_not_loosen_a_session_from_the_providers
}

async fn world_on(engine: Engine, enough: bool) -> Option<(World, Provider)> {
    let provider = Provider::start().await;
    let change = |config: &mut _| provider.configure(config, |settings| settings.assurance.provider = enough);
    let world = World::on(engine, change).await?;
    Some((world, provider))
}

/// Somebody signs on; their session at the provider has this name.
async fn sign_on<'a>(
    world: &'a World,
    provider: &Provider,
    (subject, name): (&str, &str),
    session: &str,
) -> Browser<'a> {
    let mut browser = Browser::new(world);
    {
        let mut told = provider.told();
        told.now = world.node.now();
        told.says =
            json!({"sub": subject, "preferred_username": name, "groups": ["officers"], "sid": session});
    }
    let asked = browser.get("/console/sign-on").await;
    let back = provider.sign_in(&to(&asked));
    let answer = browser.get(&back).await;
    assert_eq!(answer.status, 303, "{}", browser.page);
    browser
}

/// Whether a browser is still signed in.
async fn is_in(browser: &mut Browser<'_>) -> bool {
    browser.get("/console/account").await.status == 200
}

/// What a provider sends: a form, without anything that a browser has.
async fn send(world: &World, token: &str) -> Answer {
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let request = Request::builder().method("POST").uri("/console/sign-on/logout");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    world.give(request.body(Body::from(body)).unwrap()).await
}

async fn what_ends_at_the_provider_ends_here(engine: Engine) {
    let Some((world, provider)) = world_on(engine, true).await else { return };
    let kim = ("u-1", "kim.minji");
    let mut office = sign_on(&world, &provider, kim, "s-1").await;
    let mut home = sign_on(&world, &provider, kim, "s-2").await;
    let mut sato = sign_on(&world, &provider, ("u-2", "sato.hana"), "s-3").await;
    assert!(is_in(&mut office).await && is_in(&mut home).await && is_in(&mut sato).await);

    // One session there, one here; the token counts once.
    let token = provider.logout_token(&json!({"sub": "u-1", "sid": "s-1", "jti": "t-1"}));
    let answer = send(&world, &token).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(!is_in(&mut office).await && is_in(&mut home).await && is_in(&mut sato).await);
    let mut office = sign_on(&world, &provider, kim, "s-1").await;
    assert_eq!(send(&world, &token).await.code(), "malformed");
    assert!(is_in(&mut office).await, "a token that is sent again ends nothing");

    // A session and a person that do not belong together, and whom nobody knows: nothing ends, nothing is told.
    for about in [
        json!({"sub": "u-2", "sid": "s-1", "jti": "t-2"}),
        json!({"sub": "u-9", "sid": "s-1", "jti": "t-3"}),
        json!({"sid": "s-9", "jti": "t-4"}),
    ] {
        assert_eq!(send(&world, &provider.logout_token(&about)).await.status, 200, "{about}");
        assert!(is_in(&mut office).await && is_in(&mut sato).await, "{about}");
    }
    // A session alone, then all of a person's.
    assert_eq!(send(&world, &provider.logout_token(&json!({"sid": "s-3", "jti": "t-5"}))).await.status, 200);
    assert!(!is_in(&mut sato).await && is_in(&mut office).await);
    assert_eq!(send(&world, &provider.logout_token(&json!({"sub": "u-1", "jti": "t-6"}))).await.status, 200);
    assert!(!is_in(&mut office).await && !is_in(&mut home).await);

    // Each end is an act that names the provider.
    let token = world.token(&world.customs, Role::Auditor).await;
    let acts = world.ask("GET", "/api/v1/acts?limit=1000", Some(&token), "").await.json();
    let ended = acts["items"].as_array().unwrap().iter().filter(|act| act["type"] == "session-revoked");
    assert_eq!(ended.count(), 4);
    world.running.stop().await;
}

async fn a_second_factor_of_ours_does_not_loosen_a_session_from_the_providers(engine: Engine) {
    let Some((world, provider)) = world_on(engine, false).await else { return };
    let mut browser = sign_on(&world, &provider, ("u-1", "kim.minji"), "s-1").await;
    // Halfway, at the authenticator: it ends like any other.
    assert_eq!(browser.get("/console/setup").await.status, 200);
    let halfway = provider.logout_token(&json!({"sid": "s-1", "jti": "t-1"}));
    assert_eq!(send(&world, &halfway).await.status, 200);
    assert_ne!(browser.get("/console/setup").await.status, 200);
    let mut browser = sign_on(&world, &provider, ("u-1", "kim.minji"), "s-2").await;
    browser.get("/console/setup").await;
    let kim = world.node.people.account_named(&"kim.minji".parse().unwrap()).await.unwrap();
    let offer = browser.field("offer").unwrap();
    let seed = world.node.people.offered_totp(&kim.id, &URL_SAFE_NO_PAD.decode(&offer).unwrap()).unwrap();
    let code = seed.now(world.node.now());
    let answer = browser.post("/console/setup/authenticator", &[("offer", &offer), ("code", &code)]).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", browser.page);
    assert!(is_in(&mut browser).await);
    let out = provider.logout_token(&json!({"sid": "s-2", "jti": "t-2"}));
    assert_eq!(send(&world, &out).await.status, 200);
    assert!(!is_in(&mut browser).await);
    world.running.stop().await;
}

/// What is sent is refused with 400, and whoever is in stays in.
async fn check(world: &World, token: &str, kim: &mut Browser<'_>) {
    let answer = send(world, token).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"), "{token}");
    assert!(is_in(kim).await, "{token}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_ends_nothing() {
    let (world, provider) = world_on(Engine::Sqlite, true).await.unwrap();
    let mut kim = sign_on(&world, &provider, ("u-1", "kim.minji"), "s-1").await;
    let seconds = world.node.now().millis() / 1000;
    let about = |changes: Value| {
        let mut all = json!({"sub": "u-1", "sid": "s-1"});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        provider.logout_token(&all)
    };
    for changes in [
        json!({"iss": "https://evil.example"}),
        json!({"aud": "other"}),
        json!({"iat": seconds + 61}),
        json!({"iat": seconds - 700}),
        json!({"exp": seconds - 61}),
        json!({"events": {}}),
        json!({"nonce": "n"}),
        json!({"jti": null}),
        json!({"sub": null, "sid": null}),
    ] {
        check(&world, &about(changes), &mut kim).await;
    }
    let whole = about(json!({}));
    check(&world, &whole[..whole.len() - 4], &mut kim).await;
    check(&world, "", &mut kim).await;
    check(&world, "a.b.c", &mut kim).await;
    for head in
        [json!({"alg": "none"}), json!({"alg": "HS256", "kid": "k1"}), json!({"alg": "EdDSA", "kid": "k9"})]
    {
        provider.told().head = head;
        check(&world, &about(json!({})), &mut kim).await;
    }
    provider.told().head = Provider::honest().1;
    // An ID token is none, and a logout token is no ID token.
    provider.told().says["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let mut id_token = about(json!({"nonce": "n", "sid": "s-1"}));
    check(&world, &id_token, &mut kim).await;
    id_token = about(json!({}));
    assert_eq!(send(&world, &id_token).await.status, 200);
    assert!(!is_in(&mut kim).await);
    // Where there is no single sign-on there is nothing to end.
    let without = World::new().await;
    assert_eq!(send(&without, &id_token).await.status, 404);
    without.running.stop().await;
    world.running.stop().await;
}
