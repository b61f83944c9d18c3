//! Pages that stay open: what comes in shows by itself, and whoever is reading, pointing or typing meanwhile
//! loses nothing.

use corridor_trade::SAMPLE;

use super::driver::Browser;
use super::people::Person;
use super::world::{World, world};

/// A cargo report of its own, whose numbers begin with these four letters; customs send it to the forwarder.
fn send(world: &World, letters: &str) {
    let mut report = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let numbers = [
        ("DN2611220000", "11220000"),
        ("DNFW2611", "2611"),
        ("DNFWD-M-2611", "D-M-2611"),
        ("HBLN2611", "B2611"),
    ];
    for (from, to) in numbers {
        report = report.replace(from, &format!("{letters}{to}"));
    }
    assert_ne!(report.as_bytes(), SAMPLE);
    world.send_edifact(&format!("{letters}.edi"), report.as_bytes());
}

/// What has the focus, and what stands in it.
fn held(browser: &Browser) -> String {
    browser.value("(e => e.outerHTML + (e.value || ''))(document.activeElement)").to_string()
}

/// Waits until a part of the page shows this.
fn until(browser: &Browser, part: &str, letters: &str) {
    browser
        .until(&format!("{letters} in {part}"), || browser.value(&shown(part)).to_string().contains(letters));
}

fn shown(part: &str) -> String {
    format!("document.querySelector('{part}').innerText")
}

/// Opens a page, puts the focus on something, writes there, and waits for what comes in.
fn check(
    browser: &Browser,
    site: &str,
    (path, part): (&str, &str),
    (field, text): (&str, &str),
    letters: &str,
) {
    browser.go(&format!("{site}{path}"));
    browser.find(field).write(text);
    let before = held(browser);
    assert!(before.contains(text), "{before}");
    send(world(), letters);
    until(browser, part, letters);
    assert_eq!(held(browser), before, "{path}");
}

#[test]
fn what_comes_in_shows_by_itself_and_takes_nothing_from_whoever_types() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    Person::enrol(&browser, world, "forwarder", ("haneul", "officer"), |_, _| {});
    check(&browser, &site, ("/console/trade", "#latest"), ("#reference", "half writ"), "LIVA");
    check(&browser, &site, ("/console", "#transactions"), ("#find", "half writ"), "LIVB");
    check(&browser, &site, ("/console/inbox", "#documents"), ("#find", "half writ"), "LIVC");
}

#[test]
fn a_list_keeps_the_place_of_whoever_points_into_it() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    Person::enrol(&browser, world, "forwarder", ("narae", "officer"), |_, _| {});
    browser.go(&format!("{site}/console/inbox"));
    // By keyboard on the first document: it is the same one when another stands above it.
    browser.run("document.querySelector('#documents tbody a').focus()");
    let before = held(&browser);
    send(world, "LIVD");
    until(&browser, "#documents", "LIVD");
    assert_eq!(held(&browser), before);
    let first = browser.value("document.querySelector('#documents tbody a') === document.activeElement");
    assert_eq!(first, false, "the new one stands above it");
    // A click beside a link puts the focus on the list, which goes on living.
    browser.find("#documents caption").click();
    send(world, "LIVE");
    until(&browser, "#documents", "LIVE");
    // What is selected, to be copied, stays so.
    browser.run("getSelection().selectAllChildren(document.querySelector('#documents tbody a'))");
    let marked = browser.value("getSelection().toString()");
    send(world, "LIVF");
    until(&browser, "#documents", "LIVF");
    assert_ne!(marked, "");
    assert_eq!(browser.value("getSelection().toString()"), marked);
}
