//! What the page of the ledger shows, and what it makes of what strangers wrote.

use super::*;
use crate::pages::evidence::tests::{holds, viewer};
use corridor_base::{Lang, SeededRandom};
use corridor_proof::{SecretKey, Signer as _, VerifierKey};

const HOSTILE: &str = "<script>alert(1)</script>";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-28T05:05:00.000Z")
}

fn sheet() -> Sheet {
    Sheet {
        origin: "node.example/log".to_owned(),
        key: HOSTILE.to_owned(),
        leaves: 0,
        waiting: 0,
        covered: 0,
        pending_since: None,
        witnesses: Vec::new(),
        mirrors: Vec::new(),
        copied: 0,
        shown: 0,
        alarms: Vec::new(),
        others: Vec::new(),
        held: None,
        restored: None,
        span: Span::Day,
        growth: vec![(at("2026-11-28T04:00:00.000Z"), 0), (now(), 0)],
        recent: Vec::new(),
        now: now(),
    }
}

fn check(sheet: &Sheet, expect: &[&str]) {
    for lang in Lang::ALL {
        let viewer = viewer(*lang);
        let html = page(&viewer, sheet).html(&viewer);
        holds(&html, expect);
        assert!(!html.contains("<script>alert"), "something of another's became markup: {html}");
    }
}

#[test]
fn an_empty_ledger_is_well_and_says_how_it_fills() {
    check(&sheet(), &["notice good", "class=\"empty\"", "corridor log checkpoint"]);
}

#[test]
fn a_ledger_at_work_shows_its_growth_and_who_has_cosigned() {
    let witness = |state: WitnessState, own: bool| WitnessRow {
        name: HOSTILE.to_owned(),
        country: Some("KR".to_owned()),
        own,
        state,
        last: Some(at("2026-11-28T05:00:00.000Z")),
    };
    let good = WitnessState { size: Some(5000), ..WitnessState::default() };
    let late = WitnessState { size: Some(4000), ..WitnessState::default() };
    let dead = WitnessState {
        failures: Failures { in_a_row: 3, last_error: Some(HOSTILE.to_owned()), ..Failures::default() },
        ..WitnessState::default()
    };
    let mut mirror = MirrorState::default();
    mirror.size = Some(4999);
    let row = CheckpointRow {
        size: 5000,
        root: "root".to_owned(),
        time: now(),
        complete: false,
        copied: Some(true),
        countries: vec![Cosigned { country: "JP".to_owned(), by: Vec::new() }],
    };
    let sheet = Sheet {
        leaves: 5000,
        covered: 4000,
        pending_since: Some(at("2026-11-28T04:05:00.000Z")),
        witnesses: vec![witness(good, false), witness(late, true), witness(dead, false)],
        mirrors: vec![(HOSTILE.to_owned(), mirror)],
        growth: vec![
            (at("2026-11-28T04:00:00.000Z"), 3000),
            (at("2026-11-28T05:00:00.000Z"), 4500),
            (now(), 5000),
        ],
        recent: vec![row],
        ..sheet()
    };
    // What was added, not how much there is.
    check(&sheet, &["notice wait", "5,000", "1,500", "badge bad", "badge wait", "13:00"]);
}

#[test]
fn an_alarm_and_a_restoration_come_first() {
    let alarm =
        Alarm { id: Digest::of(b"evidence"), origin: HOSTILE.to_owned(), time: now(), evidence: Vec::new() };
    let href = format!("/console/ledger/alarms/{}", alarm.id);
    check(&Sheet { alarms: vec![alarm], ..sheet() }, &["notice bad", &href]);
    let why = Problem::new(ErrorCode::LogHeld).with("what", HOSTILE).with("why", HOSTILE);
    let restored = Restored { taken: now(), time: now() };
    check(
        &Sheet { held: Some(vec![why]), restored: Some(restored), ..sheet() },
        &["notice bad", "badge bad", "&lt;script&gt;alert(1)"],
    );
}

#[test]
fn other_logs_have_their_key_and_are_checked_one_by_one() {
    let secret = SecretKey::generate("node.example/logs/x", &SeededRandom::new(1)).unwrap();
    let log = |name: &str, standing: Standing| OtherLog {
        name: name.to_owned(),
        origin: HOSTILE.to_owned(),
        key: VerifierKey::note("node.example/logs/x", secret.public().clone()),
        entries: 1234,
        standing,
    };
    check(&sheet(), &["corridor log checkpoint"]);
    let all = [("a", Standing::Open), ("b", Standing::Held), ("acts-1", Standing::Ended)];
    let others = all.map(|(name, standing)| log(name, standing)).to_vec();
    let expect = ["badge good", "badge wait", "badge idle", "1,234", "node.exa", "value=\"acts-1\""];
    check(&Sheet { others, ..sheet() }, &expect);
}

#[test]
fn hours_and_days_begin_in_the_zone_of_the_node() {
    let dates = dates(&viewer(Lang::Ja));
    let check = |span: Span, count: usize, first: &str, last: &str| {
        let found = ends(dates, span, now());
        assert_eq!((found.len(), found[0], found[count - 2]), (count, at(first), at(last)));
        assert_eq!(found[count - 1], now());
    };
    check(Span::Day, 25, "2026-11-27T06:00:00.000Z", "2026-11-28T05:00:00.000Z");
    // A civil day of Japan begins at 15:00 UTC of the day before.
    check(Span::Month, 31, "2026-10-29T15:00:00.000Z", "2026-11-27T15:00:00.000Z");
}
