//! Messages against a small directory of our own and guides to it.

use std::sync::Arc;

use super::*;
use crate::directory::{self, Directory};
use crate::edifact::{Options, Reader, Report, Severity, Verdict};

fn directory() -> Directory {
    Directory::load(&directory::tests::small()).unwrap()
}

fn shelf(guide: Option<&str>) -> Arc<Shelf> {
    let mut shelf = Shelf::default();
    shelf.add(Arc::new(directory()));
    if let Some(json) = guide {
        shelf.add_guide(&Guide::parse(json.as_bytes()).unwrap()).unwrap();
    }
    Arc::new(shelf)
}

fn report(shelf: Arc<Shelf>, codes: CodePolicy, syntax: &str, body: &str) -> Report {
    let unreleased = body.replace("??", "").replace("?'", "");
    let segments = unreleased.matches('\'').count() + 2;
    let date = if syntax.ends_with('4') { "20261122" } else { "261122" };
    let text =
        format!("UNB+{syntax}+A+B+{date}:0915+R'UNH+1+TESTER:D:99Z:UN'{body}UNT+{segments}+1'UNZ+1+R'");
    let mut reader = Reader::checking(Options::default(), Box::new(Checker::new(shelf, Policy { codes })));
    // Byte by byte: what is found does not depend on how the bytes arrive.
    for byte in text.as_bytes().chunks(1) {
        reader.push(byte, &mut ());
    }
    reader.finish(&mut ())
}

/// `code tag segment group element:component`, a warning with a `~`.
fn found(report: &Report) -> String {
    let each = report.findings.iter().map(|f| {
        let mark = if f.severity == Severity::Warning { "~" } else { "" };
        let p = &f.place;
        format!("{mark}{} {}{} {} {}:{}", f.code, p.tag, p.in_message, p.group, p.element, p.component)
    });
    each.collect::<Vec<_>>().join(", ")
}

fn check(body: &str, expect: &str) {
    let report = report(shelf(None), CodePolicy::Refuse, "UNOC:3", body);
    assert_eq!((report.checked, found(&report).as_str()), (1, expect), "{body}");
}

#[test]
fn messages_in_order() {
    check("BGM+1'UNS+D'", "");
    check(
        "BGM+1+N+9'DTM+1:X:2'DTM+2'NAD+CA+X:1:9'LOC+1+A'MOA+1:12.50:KRW'DTM+1'NAD+CB'MOA+2'MOA+3'UNS+S'MOA+1'",
        "",
    );
    check("NAD+CA'UNS+D'", "13 BGM1  0:0");
    check("BGM+1'", "13 UNS2  0:0");
    check("BGM+1'DTM+1'DTM+1'DTM+1'UNS+D'", "35 DTM5  0:0");
    check("BGM+1'NAD+A'NAD+A'NAD+A'UNS+D'", "36 NAD5 SG1 0:0");
    check("BGM+1'NAD+A'MOA+1'MOA+1'MOA+1'MOA+1'UNS+D'", "36 MOA7 SG1/SG2 0:0");
    check("BGM+1'LOC+1'UNS+D'", "13 NAD2 SG1 0:0");
    check("BGM+1'RFF+1'UNS+D'", "15 RFF3  0:0");
    // After the section control money is the message's own, before it the party's.
    check("BGM+1'UNS+D'MOA+1'", "");
    check("BGM+1'NAD+A'MOA+1'UNS+D'MOA+1'MOA+1'", "35 MOA7  0:0");
    check("BGM+1'MOA+1'", "13 UNS2  0:0");
}

#[test]
fn values_in_form() {
    check("BGM'UNS+D'", "13 BGM2  1:0");
    check("BGM+++9'UNS+D'", "13 BGM2  1:0");
    check("BGM+1234'UNS+D'", "39 BGM2  1:1");
    check("BGM+1+ABCDEFGHIJK+9'UNS+D'", "39 BGM2  2:1");
    check("BGM+1+O?'H?+?:AB??'UNS+D'", "48 BGM2  2:0");
    check("BGM+1+O?'H?+?:AB??+9'UNS+D'", "");
    check("BGM+1+N'UNS+D'", "48 BGM2  2:0");
    check("BGM+1++99'UNS+D'", "39 BGM2  3:1");
    check("BGM+1+N+9+X'UNS+D'", "16 BGM2  4:0");
    check("BGM+1:2:3'UNS+D'", "16 BGM2  1:2");
    check("BGM+1'DTM+:X'UNS+D'", "13 DTM3  1:1");
    check("BGM+1'NAD+A+:1:9'UNS+D'", "13 NAD3 SG1 2:1");
    check("BGM+1'NAD+A'MOA+1:123456'UNS+D'", "39 MOA4 SG1/SG2 1:2");
    check("BGM+1'NAD+A'MOA+1:-123.45'UNS+D'", "");
    check("BGM+1'NAD+A'MOA+1:.5:KR1'UNS+D'", "38 MOA4 SG1/SG2 1:2, 37 MOA4 SG1/SG2 1:3");
    check("BGM+1'NAD+A'MOA+1:5:KR'UNS+D'", "40 MOA4 SG1/SG2 1:3");
    check("BGM+1'UNS+X'", "12 UNS3  1:1");
    // Before syntax 4 an element that repeats stands twice, one after the other.
    check("BGM+1'NAD+A'LOC+1+A+B+USE'UNS+D'", "");
    check("BGM+1'NAD+A'LOC+1+A+B+US'UNS+D'", "40 LOC4 SG1 4:1");
    let four = |body: &str| found(&report(shelf(None), CodePolicy::Refuse, "UNOC:4", body));
    assert_eq!(four("BGM+1'NAD+A'LOC+1+A*B+USE'UNS+D'"), "");
    assert_eq!(four("BGM+1'NAD+A'LOC+1+A*B*A+USE'UNS+D'"), "35 LOC4 SG1 2:0");
    assert_eq!(four("BGM+1'NAD+A'LOC+1+A*B+US'UNS+D'"), "40 LOC4 SG1 3:1");
}

#[test]
fn codes_in_their_lists() {
    check("BGM+3'UNS+D'", "12 BGM2  1:1");
    check("BGM+1'NAD+A'LOC+1+C'UNS+D'", "12 LOC4 SG1 2:1");
    // Another list is named, or another keeper: whether the code is in it cannot be known here.
    check("BGM+1'NAD+A'LOC+1+C:139:6'UNS+D'", "");
    check("BGM+1'NAD+A'LOC+1+C::9'UNS+D'", "");
    check("BGM+1'NAD+A'LOC+1+C::6'UNS+D'", "12 LOC4 SG1 2:1");
    let with = |codes| {
        let report = report(shelf(None), codes, "UNOC:3", "BGM+3'UNS+D'");
        (report.verdict(), found(&report))
    };
    assert_eq!(with(CodePolicy::Warn), (Verdict::Accepted, "~12 BGM2  1:1".to_owned()));
    assert_eq!(with(CodePolicy::Ignore), (Verdict::Accepted, String::new()));
}

const GUIDE: &str = r#"{ "guide": "G", "directory": "D.99Z", "message": "TESTER", "closed": true,
    "rows": { "DTM": { "use": "required", "at_most": 1 },
              "SG1/NAD": { "elements": { "1": { "codes": ["CA", "CB"] }, "2.1": { "use": "required", "longest": 3 } } },
              "BGM": { "elements": { "3": { "use": "forbidden" } } },
              "SG1/LOC": { "use": "optional" } },
    "needs": [ { "row": "SG1/NAD", "element": "1", "is": ["CA"], "say": "the carrier" } ],
    "rules": [ { "row": "SG1/NAD", "when": { "1": ["CB"] }, "then": { "2.3": { "use": "required", "codes": ["9"] } } } ] }"#;

#[test]
fn guides_narrow_a_message() {
    let check = |body: &str, expect: &str| {
        let report = report(shelf(Some(GUIDE)), CodePolicy::Warn, "UNOC:3", body);
        assert_eq!(found(&report), expect, "{body}");
    };
    check("BGM+1'DTM+1'NAD+CA+X'UNS+D'", "");
    check("BGM+1'NAD+CA+X'UNS+D'", "13 DTM2  0:0");
    check("BGM+1'DTM+1'DTM+1'NAD+CA+X'UNS+D'", "35 DTM4  0:0");
    check("BGM+1'DTM+1'NAD+CC+X'UNS+D'", "12 NAD4 SG1 1:1, 13 NAD5 SG1 0:0");
    check("BGM+1'DTM+1'NAD+CA'UNS+D'", "13 NAD4 SG1 2:0");
    check("BGM+1'DTM+1'NAD+CA+WXYZ'UNS+D'", "39 NAD4 SG1 2:1");
    check("BGM+1++9'DTM+1'NAD+CA+X'UNS+D'", "15 BGM2  3:0");
    check("BGM+1'DTM+1'NAD+CA+X'MOA+1'UNS+D'", "15 MOA5  0:0");
    check("BGM+1'DTM+1'NAD+CA+X'LOC+1'NAD+CB+X'UNS+D'", "13 NAD6 SG1 2:3");
    check("BGM+1'DTM+1'NAD+CA+X'NAD+CB+X::5'UNS+D'", "12 NAD5 SG1 2:3");
    check("BGM+1'DTM+1'UNS+D'", "13 NAD4 SG1 0:0");
}

#[test]
fn guides_that_do_not_fit_are_refused() {
    let check = |from: &str, to: &str, expect: &str| {
        let json = GUIDE.replace(from, to);
        let mut shelf = Shelf::default();
        shelf.add(Arc::new(directory()));
        let refused = Guide::parse(json.as_bytes()).and_then(|guide| shelf.add_guide(&guide));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(expect), "{refused}");
    };
    check("\"SG1/LOC\"", "\"SG1/XYZ\"", "SG1/XYZ: no such row in D.99Z TESTER");
    check("D.99Z", "D.98Z", "directory D.98Z is not loaded");
    check("\"longest\": 3", "\"longest\": 30", "30 characters, an..17 in the directory");
    check("\"2.1\"", "\"2.9\"", "SG1/NAD 2.9: no such component");
    check("\"2.1\"", "\"x\"", "\"x\" is no element");
    check(
        "\"BGM\": { \"elements\"",
        "\"BGM\": { \"use\": \"forbidden\", \"elements\"",
        "BGM: mandatory in the directory",
    );
    check(
        "\"3\": { \"use\": \"forbidden\" }",
        "\"1\": { \"codes\": [\"1\", \"7\"] }",
        "not in the code list: 7",
    );
    check("\"at_most\": 1", "\"at_most\": 5", "DTM: 5 times, 2 in the directory");
    check("\"closed\": true", "\"open\": true", "unknown field");
    check("{ \"guide\"", "[ \"guide\"", "line 1");
}

#[test]
fn what_breaks_under_another_directory_is_named() {
    let guide = Guide::parse(GUIDE.as_bytes()).unwrap();
    let old = directory();
    assert!(breaks(&guide, &old, &old).is_empty());
    let mut new = directory();
    let message = new.messages.get_mut("TESTER").unwrap();
    // The place is gone, and the time may be given once only.
    message.nodes.remove(5);
    for node in &mut message.nodes {
        node.end -= usize::from(node.end > 5);
    }
    message.nodes[2].repeat = 1;
    let found: Vec<String> =
        breaks(&guide, &old, &new).into_iter().map(|c| format!("{}: {}", c.what, c.how)).collect();
    assert_eq!(
        found,
        [
            "guide G: SG1/LOC: no such row in D.99Z TESTER",
            "message TESTER: DTM was C2, is C1",
            "message TESTER: SG1/LOC gone or moved",
            "segment LOC: gone",
        ][..found.len()]
    );
    assert!(found.len() >= 3, "{found:?}");
}

#[test]
fn a_contrl_names_the_place() {
    let report = report(shelf(None), CodePolicy::Refuse, "UNOC:3", "BGM+3'NAD+A'MOA+1:5:KR'UNS+D'");
    let answering = crate::edifact::Answering {
        reference: "C1",
        now: corridor_base::Timestamp::EPOCH,
        receipt_only: false,
    };
    let contrl = String::from_utf8(crate::edifact::answer(&report, &answering).unwrap()).unwrap();
    assert!(contrl.contains("UCM+1+TESTER:D:99Z:UN+4'UCS+2'UCD+12+2:1'UCS+4'UCD+40+2:3'"), "{contrl}");
    for lang in corridor_base::Lang::ALL {
        assert!(report.findings[1].text(*lang).contains("SG1/SG2"), "{}", report.findings[1].text(*lang));
    }
}

#[test]
fn messages_without_rules_are_not_judged() {
    let text = "UNB+UNOC:3+A+B+261122:0915+R'UNH+1+OTHERS:D:99Z:UN'XYZ'UNT+3+1'UNH+2+TESTER:D:98Z:UN'XYZ'UNT+3+2'UNZ+2+R'";
    let checker = Checker::new(shelf(None), Policy::default());
    let mut reader = Reader::checking(Options::default(), Box::new(checker));
    reader.push(text.as_bytes(), &mut ());
    let report = reader.finish(&mut ());
    assert_eq!((report.checked, report.verdict()), (0, Verdict::Accepted));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn segments() -> impl Strategy<Value = String> {
        let one = proptest::sample::select(vec![
            "BGM+1'",
            "BGM+3+A+9'",
            "DTM+1'",
            "NAD+CA+X:1:9'",
            "NAD'",
            "LOC+1+A+B+USE'",
            "LOC+1+C'",
            "MOA+1:1.5'",
            "MOA+1:x'",
            "UNS+D'",
            "RFF+1'",
            "UNH+2+TESTER:D:99Z:UN'",
            "UNT+3+1'",
            "'",
            "+:+'",
            "MOA+?'?+:??'",
        ]);
        proptest::collection::vec(one, 0..30).prop_map(|all| all.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// However segments stand and arrive, the same is found, and every finding has words.
        #[test]
        fn anything_is_judged_alike(body in segments(), size in 1usize..9, guided in any::<bool>()) {
            let text = format!("UNB+UNOC:3+A+B+261122:0915+R'UNH+1+TESTER:D:99Z:UN'{body}UNT+3+1'UNZ+1+R'");
            let shelf = shelf(guided.then_some(GUIDE));
            let read = |size: usize| {
                let check = Checker::new(Arc::clone(&shelf), Policy { codes: CodePolicy::Refuse });
                let mut reader = Reader::checking(Options::default(), Box::new(check));
                text.as_bytes().chunks(size).for_each(|piece| reader.push(piece, &mut ()));
                reader.finish(&mut ())
            };
            let (whole, pieces) = (read(text.len()), read(size));
            prop_assert_eq!(&whole.findings, &pieces.findings);
            for finding in &whole.findings {
                prop_assert!(!finding.text(corridor_base::Lang::Ko).is_empty());
            }
        }

        /// A directory that was damaged anywhere is loaded or refused, never more.
        #[test]
        fn damaged_directories_do_no_harm(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
            let mut zip = directory::tests::small();
            for (at, byte) in changes {
                let at = at % zip.len();
                zip[at] = byte;
            }
            if let Ok(directory) = Directory::load(&zip) {
                Shelf::default().add(Arc::new(directory));
            }
        }
    }
}
