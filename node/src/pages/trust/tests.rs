//! What the page of trust lists shows: standing, expiry, recognitions.

use super::*;
use crate::pages::evidence::tests::{holds, viewer};
use corridor_base::{Digest, Lang};

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-11-28T05:00:00.000Z")
}

pub(super) fn summary(country: &str, state: Standing, expires: &str) -> ListSummary {
    ListSummary {
        country: country.parse().unwrap(),
        number: 1234,
        digest: Digest::of(b"list"),
        issued: at("2026-11-01T00:00:00.000Z"),
        expires: at(expires),
        closes: at("2027-01-01T00:00:00.000Z"),
        accepted: at("2026-11-01T00:00:00.000Z"),
        participants: 2,
        standing: state,
    }
}

#[test]
fn lists_say_how_they_stand_and_when_they_end() {
    let check = |lists: Vec<ListSummary>, findings: Vec<Finding>, expect: &[&str]| {
        for lang in Lang::ALL {
            let viewer = viewer(*lang);
            let sheet = Sheet {
                anchors: Vec::new(),
                lists: lists.clone(),
                recognitions: Vec::new(),
                findings: findings.clone(),
                now: now(),
            };
            holds(&page(&viewer, &sheet, None, None).html(&viewer), expect);
        }
    };
    let wrong = Finding {
        check: "trust".to_owned(),
        about: "KR".to_owned(),
        status: Status::Wrong,
        detail: "<b>expired".to_owned(),
        remedy: "import".to_owned(),
    };
    check(vec![], vec![], &["class=\"empty\"", "corridor trust import FILE"]);
    check(
        vec![summary("JP", Standing::InForce, "2026-12-30T00:00:00.000Z")],
        vec![],
        &["badge good", "1,234"],
    );
    // Two weeks before its end a list in force is said to end soon.
    check(
        vec![summary("JP", Standing::InForce, "2026-12-01T00:00:00.000Z")],
        vec![],
        &["badge good", "badge wait"],
    );
    check(
        vec![summary("KR", Standing::Closed, "2026-11-01T00:00:00.000Z")],
        vec![wrong],
        &["badge bad", "notice bad", "&#60;b&#62;expired"],
    );
}
