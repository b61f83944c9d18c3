//! What the page of receipts shows: pending, complete, of a document and of an act alone.

use super::*;
use crate::pages::evidence::tests::{holds, order, viewer};
use corridor_base::Lang;

const ID: &str = "01a202d1-1410-7277-af3b-57e537a54c6a";
const HOSTILE: &str = "<script>alert(1)</script>";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_841_159_000 + seconds * 1000)
}

fn entry(kind: &str, seconds: i64, cosigned: &[(&str, bool)], has_receipt: bool) -> Entry {
    let country = |(country, there): &(&str, bool)| Cosigned {
        country: (*country).to_owned(),
        by: there.then(|| (HOSTILE.to_owned(), Some(at(seconds + 2)))).into_iter().collect(),
    };
    Entry {
        act: ID.parse().unwrap(),
        kind: kind.to_owned(),
        time: at(seconds),
        place: has_receipt.then(|| (HOSTILE.to_owned(), 1233, 5678)),
        countries: cosigned.iter().map(country).collect(),
        has_receipt,
    }
}

fn document(side: Side) -> Document {
    Document {
        side,
        partner: "did:web:partner.example.kr".parse().unwrap(),
        partner_name: HOSTILE.to_owned(),
        kind: "edifact".to_owned(),
        name: Some(HOSTILE.to_owned()),
        size: 1_234_567,
        sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        agreement: HOSTILE.to_owned(),
    }
}

fn check(document: Option<Document>, ours: Vec<Entry>, theirs: Vec<Entry>, complete: bool, expect: &[&str]) {
    let sheet = Sheet {
        id: ID.parse().unwrap(),
        document,
        ours,
        theirs,
        signatures: Vec::new(),
        complete,
        now: at(3600),
    };
    for lang in Lang::ALL {
        let viewer = viewer(*lang);
        let html = page(&viewer, &sheet).html(&viewer);
        order(&html, expect);
        assert!(!html.contains("<script>alert"), "something of a partner's became markup: {html}");
        holds(&html, &["/console/verifier/verify.", "corridor receipt"]);
    }
}

#[test]
fn a_complete_receipt_says_so_and_can_be_had_in_every_form() {
    let both: &[(&str, bool)] = &[("JP", true), ("KR", true)];
    let ours = vec![entry("document-submitted", 0, both, true)];
    let theirs = vec![entry("document-received", 1, both, true)];
    let file = format!("/console/receipts/{ID}/file?act={ID}");
    let expect = [
        "notice good",
        "class=\"timeline\"",
        "badge good",
        &file,
        "print?act=",
        "cose?act=",
        "id=\"theirs\"",
    ];
    check(Some(document(Side::Out)), ours, theirs, true, &expect);
}

#[test]
fn a_pending_receipt_says_which_country_is_missing_and_since_when() {
    let one: &[(&str, bool)] = &[("JP", true), ("KR", false)];
    let ours = vec![entry("document-received", 0, one, true)];
    // An hour has passed since the act.
    let expect = ["notice wait", "<p", "1", "badge good", "badge wait"];
    check(Some(document(Side::In)), ours, Vec::new(), false, &expect);
    let viewer = viewer(Lang::En);
    let sheet = Sheet {
        id: ID.parse().unwrap(),
        document: Some(document(Side::In)),
        ours: vec![entry("document-received", 0, one, true)],
        theirs: Vec::new(),
        signatures: Vec::new(),
        complete: false,
        now: at(3600),
    };
    let html = page(&viewer, &sheet).html(&viewer);
    holds(&html, &["The cosignature of Republic of Korea is missing since 28 Nov 2026", "(1 hour ago)"]);
}

#[test]
fn an_act_without_a_place_offers_no_file() {
    let none: &[(&str, bool)] = &[("JP", false), ("KR", false)];
    let sheet = |has: bool| Sheet {
        id: ID.parse().unwrap(),
        document: None,
        ours: vec![entry("act-of-tomorrow", 0, none, has)],
        theirs: Vec::new(),
        signatures: Vec::new(),
        complete: false,
        now: at(5),
    };
    let viewer = viewer(Lang::Ko);
    let html = page(&viewer, &sheet(false)).html(&viewer);
    // A type that this build does not know is shown as it is (LG-4).
    holds(&html, &["act-of-tomorrow", "notice wait"]);
    assert!(!html.contains("/file?act="), "a file is offered that does not exist");
    assert!(page(&viewer, &sheet(true)).html(&viewer).contains("/file?act="));
}
