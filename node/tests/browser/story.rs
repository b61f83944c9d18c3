//! What an official does in a day: signs in, follows a document, and shows that it arrived; by keyboard
//! alone, and without a script on a phone (UI-1).

use base64::Engine as _;
use corridor_base::Lang;
use corridor_node::texts::texts;

use super::driver::{Browser, ENTER, TAB};
use super::judge::{self, WIDTHS};
use super::people::Person;
use super::world::{World, world};

fn word(lang: Lang, key: &str) -> String {
    texts().text(lang, key, &[])
}

/// Clicks the first link with this in its address.
fn follow(browser: &Browser, part: &str) {
    browser.find(&format!("main a[href*='{part}']")).click();
    browser.until(&format!("a page at {part}"), || browser.address().contains(part));
}

/// A receipt of the document that the forwarder sent, as a file; and the same with one byte changed.
fn receipts(world: &World, id: &str) -> [String; 2] {
    let (whole, altered) =
        (world.file(&format!("{id}.tlog-proof")), world.file(&format!("{id}-altered.tlog-proof")));
    world.corridor("forwarder", &["receipt", id, "--output", whole.to_str().unwrap()]);
    let mut bytes = std::fs::read(&whole).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
    std::fs::write(&altered, bytes).unwrap();
    [whole, altered].map(|path| path.to_str().unwrap().to_owned())
}

/// The cargo report of the demo: the oldest of its name, since other tests send more.
fn sent(world: &World) -> String {
    let listed = world.corridor("forwarder", &["outbox", "list"]);
    let report = listed["items"].as_array().unwrap().iter().rfind(|item| item["name"] == "cuscar.edi");
    report.unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_document_is_followed_from_the_outbox_to_a_receipt_verified_in_the_browser() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    let mut wrong = Vec::new();
    judge::bring_axe(&browser);
    // The pages on the way in are seen in passing only, so that they are judged here.
    let person = Person::enrol(&browser, world, "forwarder", ("minsu", "officer"), |browser, page| {
        for width in WIDTHS {
            browser.size(width, 900);
            wrong.extend(judge::axe(browser, judge::ALL).into_iter().map(|w| format!("{page} {width}: {w}")));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    person.sign_out(&browser);
    person.sign_in(&browser, &site);
    browser.find("nav.side a[href='/console/outbox']").click();
    follow(&browser, &format!("/console/outbox/{}", sent(world)));
    follow(&browser, "/console/receipts/");
    browser.find("[data-verify-start]:not([hidden])").click();
    let passed = word(Lang::En, "verify-outcome-passed");
    browser.until(&passed, || browser.text().contains(&passed));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn everything_is_reached_by_keyboard_alone() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    let person = Person::enrol(&browser, world, "forwarder", ("jiwoo", "officer"), |_, _| {});
    person.sign_out(&browser);
    person.sign_in(&browser, &site);
    // The first stop leads past the navigation.
    browser.keys(TAB);
    assert_eq!(browser.focused().attribute("href").as_deref(), Some("#main"));
    browser.keys(ENTER);
    // The focus is there at once, and stays with whoever goes on.
    assert!(browser.holds("document.activeElement.id === 'main'"));
    browser.keys(TAB);
    assert!(
        browser
            .holds("document.activeElement.id !== 'main' && document.activeElement.closest('main') !== null")
    );
    // The language is changed, and the page stays the one it was.
    browser.go(&format!("{site}/console/outbox"));
    browser.tab_until("the languages", |b| {
        b.value("document.activeElement.tagName") == "SUMMARY"
            && b.value("!!document.activeElement.parentNode.querySelector('[name=lang]')") == true
    });
    browser.keys(ENTER);
    browser.tab_until("Korean", |b| b.value("document.activeElement.value") == "ko");
    browser.keys(ENTER);
    // The address is the same before and after: the next page is there when it says so itself, and whole when keys
    // reach it.
    browser.until("Korean", || browser.holds("document.documentElement.lang === 'ko'"));
    browser.settled();
    assert!(browser.address().ends_with("/console/outbox"));
    let document = format!("/console/outbox/{}", sent(world));
    // A document is opened; wherever the focus is, it can be seen.
    browser.tab_until("a document", |b| {
        assert_ne!(
            b.value(HIDDEN),
            true,
            "the focus cannot be seen: {}",
            b.value("document.activeElement.outerHTML")
        );
        b.value("document.activeElement.getAttribute('href')").as_str().is_some_and(|h| h.contains(&document))
    });
    browser.keys(ENTER);
    browser.until("the document", || browser.address().contains(&document));
}

/// Whether what has the focus looks as if it had not.
const HIDDEN: &str =
    "(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
    return e !== document.body && e.id !== 'main' && (r.width === 0 || s.outlineStyle === 'none'); })()";

#[test]
fn the_same_is_done_without_a_script_on_a_phone() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    let person = Person::enrol(&browser, world, "forwarder", ("seoyeon", "officer"), |_, _| {});
    person.sign_out(&browser);
    browser.javascript(false);
    browser.size(WIDTHS[0], 844);
    person.sign_in(&browser, &site);
    let id = sent(world);
    browser.go(&format!("{site}/console/outbox/{id}"));
    follow(&browser, "/content");
    browser.until("the document", || browser.text().contains("CUSCAR"));
    // Whoever cannot let the browser check uploads the file.
    for (file, outcome) in receipts(world, &id).iter().zip(["passed", "failed"]) {
        browser.go(&format!("{site}/console/verify"));
        browser.find("#file").write(file);
        browser.find("main form button[type=submit]").click();
        let expect = word(Lang::En, &format!("verify-outcome-{outcome}"));
        browser.until(&expect, || browser.text().contains(&expect));
    }
}

#[test]
fn a_shipment_is_found_by_its_number_and_a_case_is_held_without_a_script_on_a_phone() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("customs"));
    let person = Person::enrol(&browser, world, "customs", ("kenta", "officer"), |_, _| {});
    person.sign_out(&browser);
    browser.javascript(false);
    browser.size(WIDTHS[0], 844);
    person.sign_in(&browser, &site);
    // The bill of lading of the demo's cargo report leads to the transaction, and that to the desk.
    browser.find("#find").write("DNFW26111001");
    browser.keys(ENTER);
    browser.until("what was found", || browser.address().contains("/console/search"));
    follow(&browser, "/console/trade?reference=");
    browser.until("where it stands", || browser.text().contains(&word(Lang::En, "desk-stands")));
    follow(&browser, "/console/customs");
    browser.go(&format!("{site}/console/customs?state=waiting"));
    browser.find("main .table tbody th a").click();
    browser.until("a case", || browser.address().contains("/console/customs/"));
    browser.find("#decision-hold").click();
    browser.find("#reason").write("Papers of the carrier are missing");
    browser.find("main form button.main").click();
    let done = word(Lang::En, "customs-decided-how");
    browser.until(&done, || browser.text().contains(&done));
}

/// Who prints a receipt gets one sheet of A4, with the code on it.
#[test]
fn a_printed_receipt_is_one_sheet() {
    let Some(browser) = Browser::open() else { return };
    let (world, site) = (world(), world().site("forwarder"));
    Person::enrol(&browser, world, "forwarder", ("yuna", "officer"), |_, _| {});
    browser.go(&format!("{site}/console/receipts/{}/print", sent(world)));
    assert!(browser.holds("document.querySelectorAll('figure svg').length === 1"), "{}", browser.text());
    let told = serde_json::json!({ "preferCSSPageSize": true, "printBackground": true });
    let printed = browser.chromium("Page.printToPDF", told);
    let pdf = base64::engine::general_purpose::STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    let sheets =
        pdf.match_indices("/Type /Page").filter(|(at, found)| !pdf[at + found.len()..].starts_with('s'));
    assert_eq!(sheets.count(), 1);
}
