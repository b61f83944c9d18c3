//! What the page of an instant shows: how it is asked for, and what was valid then.

use super::super::tests::{now, summary};
use super::*;
use crate::pages::evidence::tests::{holds, viewer};
use corridor_base::Lang;
use corridor_identity::Standing;

#[test]
fn a_civil_day_and_time_of_the_zone_name_an_instant() {
    let viewer = viewer(Lang::Ja);
    let check = |day: &str, time: &str, expect: std::result::Result<&str, ErrorCode>| {
        let some = |text: &str| Some(text.to_owned());
        let then = Then { day: some(day), time: some(time), who: None };
        let found = instant(&viewer, &then, now()).map(|at| at.to_string()).map_err(|p| p.code());
        assert_eq!(found.as_deref().map_err(|code| *code), expect, "{day} {time}");
    };
    check("", "", Ok("2026-11-28T05:00:00.000Z"));
    check("2026-11-27", "09:00", Ok("2026-11-27T00:00:00.000Z"));
    check("2026-11-27", "", Ok("2026-11-27T14:59:59.999Z"));
    check("2026-11-28", "", Ok("2026-11-28T05:00:00.000Z"));
    check("2026-02-30", "", Err(ErrorCode::Malformed));
    check("2026-11-28", "25:00", Err(ErrorCode::Malformed));
    check("<script>", "", Err(ErrorCode::Malformed));
}

#[test]
fn what_was_valid_then_is_shown_or_that_nothing_was() {
    let as_of = AsOf {
        at: now(),
        lists: vec![corridor_identity::ListAsOf {
            list: summary("JP", Standing::InForce, "2026-12-30T00:00:00.000Z"),
            act: Some("01a202d1-1410-7277-af3b-57e537a54c6a".parse().unwrap()),
        }],
        recognitions: Vec::new(),
        successions: Vec::new(),
        participant: None,
    };
    let check = |found: Option<&AsOf>, expect: &[&str]| {
        for lang in Lang::ALL {
            let viewer = viewer(*lang);
            holds(&page(&viewer, now(), None, found, now()).html(&viewer), expect);
        }
    };
    check(None, &["class=\"empty\"", "corridor trust at 2026-11-28T05:00:00.000Z"]);
    check(Some(&as_of), &["1,234", "badge good", "01a202d1"]);
}
