//! The console in a real browser: every page in three languages, on a phone and on a desk, in the light and
//! in the dark, judged by axe; and the tasks of an official from sign-in to a verified receipt, also by
//! keyboard alone and without JavaScript (UI-1). `cargo xtask test` brings the browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stdout, reason = "a test says that it did not run")]

mod driver;
mod judge;
mod live;
mod pages;
mod people;
mod sign_on;
mod story;
mod world;

use corridor_base::Lang;
use driver::Browser;
use people::Person;
use world::world;

/// A transaction as whoever ordered and booked sees it: from order to release.
const WHOLE: &str = "/console/trade/whole";
/// The number of the purchase that the demo tells of.
const PURCHASE: &str = "PO-2611-0007";

/// Every page in one language: first as a stranger sees it, then as somebody who has signed in.
fn check(lang: Lang) {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("customs"));
    browser.go(&format!("{site}/console/help"));
    browser.cookie("corridor_lang", lang.tag());
    judge::bring_axe(&browser);
    let mut titles: Vec<(String, String)> = Vec::new();
    let mut wrong = Vec::new();
    for open in [true, false] {
        if !open {
            let name = format!("judge-{lang}");
            Person::enrol(&browser, world, "customs", (&name, "administrator"), |_, _| {});
        }
        for rule in pages::pages(open) {
            let path = pages::address(world, rule);
            let (title, found) = judge::judge(&browser, lang, &site, (rule, &path));
            wrong.extend(found);
            if let Some((other, _)) = titles.iter().find(|(_, of)| *of == title) {
                wrong.push(format!("{path} {lang}: {other} is called {title}, too"));
            }
            titles.push((path, title));
        }
        for (rule, path) in pages::views(world, open) {
            wrong.extend(judge::judge(&browser, lang, &site, (rule, &path)).1);
        }
        for (rule, path, (field, value)) in pages::answers(world, open) {
            wrong.extend(judge::judge_answer(&browser, lang, &site, (rule, &path), (field, &value)).1);
        }
    }
    if pages::wanted(WHOLE) {
        let (name, site) = (format!("judge-{lang}"), world.site("forwarder"));
        Person::enrol(&browser, world, "forwarder", (&name, "officer"), |_, _| {});
        // What other tests send stands above the purchase of the demo.
        let path = format!("/console/trade?reference={PURCHASE}");
        wrong.extend(judge::judge(&browser, lang, &site, (WHOLE, &path)).1);
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_page_is_light_and_for_everyone_in_english() {
    check(Lang::En);
}

#[test]
fn every_page_is_light_and_for_everyone_in_japanese() {
    check(Lang::Ja);
}

#[test]
fn every_page_is_light_and_for_everyone_in_korean() {
    check(Lang::Ko);
}

#[test]
fn a_passkey_is_added_and_signs_in_by_itself() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("customs"));
    browser.authenticator();
    Person::enrol(&browser, world, "customs", ("with.a.passkey", "administrator"), |_, _| {});
    browser.go(&format!("{site}/console/account/passkeys"));
    browser.find("#label").write("税関のノートパソコン");
    browser.find("#password").write(people::PASSWORD);
    browser.find("form[data-passkey=create] button").click();
    browser.until("the passkey in the list", || browser.text().contains("税関のノートパソコン"));
    browser.until("its button", || !browser.all("form[action$='/passkeys/remove'] button").is_empty());
    browser.chromium("Network.clearBrowserCookies", serde_json::json!({}));
    browser.go(&format!("{site}/console/sign-in?next=/console/account"));
    browser.find("form[data-passkey=get] button").click();
    browser.until("the account", || browser.address().ends_with("/console/account"));
    assert!(browser.text().contains("with.a.passkey"));
}

/// Serves one page to whoever asks, whatever they ask for.
fn serve(page: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
                Content-Security-Policy: default-src 'self'; style-src 'none'";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    site
}

#[test]
fn the_judge_finds_what_is_wrong_with_a_page() {
    let Some(browser) = Browser::open() else { return };
    let site = serve(
        "<!doctype html><html lang=en><title>a</title><h1>a</h1><p style='color: red'>?no-text</p>\
         <img src=1 width=600 height=9><img src=2><img src=3><img src=4><img src=5><img src=6></html>",
    );
    judge::bring_axe(&browser);
    let (title, wrong) = judge::judge(&browser, Lang::Ja, &site, ("/", "/"));
    assert_eq!(title, "a");
    let wrong = wrong.join("\n");
    for expect in [
        "requests: ",
        "lang is \"en\"",
        "?no-text",
        "1280 light: image-alt (critical)",
        "390 light: image-alt (critical)",
        "390: 218 pixels wider than the screen",
        "Content Security Policy",
    ] {
        assert!(wrong.contains(expect), "{expect} was not found:\n{wrong}");
    }
}
