//! Messages against a directory: any segments in any order are placed without end or panic, however the
//! bytes arrive.
#![no_main]
use std::sync::{Arc, OnceLock};

use corridor_trade::directory::{
    Component, Content, Directory, Element, Kind, MessageSpec, Node, Representation, SegmentSpec, What,
};
use corridor_trade::edifact::{Options, Reader};
use corridor_trade::rules::{Checker, CodePolicy, Policy, Shelf};
use libfuzzer_sys::fuzz_target;

/// A message with groups in groups, and one segment for all its rows.
fn shelf() -> Arc<Shelf> {
    static SHELF: OnceLock<Arc<Shelf>> = OnceLock::new();
    let made = || {
        let row = |tag: &[u8; 3], mandatory, repeat, end| Node {
            position: 0,
            what: What::Segment(*tag),
            mandatory,
            repeat,
            depth: 0,
            end,
        };
        let group = |repeat, end| Node { what: What::Group(1), ..row(b"AAA", false, repeat, end) };
        let nodes = vec![
            row(b"UNH", true, 1, 1),
            row(b"AAA", true, 2, 2),
            group(3, 9),
            row(b"BBB", true, 1, 4),
            row(b"CCC", false, 9, 5),
            group(2, 9),
            row(b"DDD", true, 1, 7),
            row(b"AAA", false, 1, 8),
            row(b"EEE", true, 2, 9),
            row(b"UNS", true, 1, 10),
            row(b"CCC", false, 1, 11),
            row(b"UNT", true, 1, 12),
        ];
        let form = |kind, length| Representation { kind, variable: true, length };
        let component = |code: &str, mandatory, kind| Component {
            code: code.to_owned(),
            name: String::new(),
            mandatory,
            representation: form(kind, 3),
        };
        let composite = vec![
            component("1001", true, Kind::Alphanumeric),
            component("1131", false, Kind::Numeric),
            component("3055", false, Kind::Alphabetic),
        ];
        let element = |content, repeat| Element {
            position: 10,
            code: "C001".to_owned(),
            name: String::new(),
            mandatory: false,
            repeat,
            content,
        };
        let elements = vec![element(Content::Composite(composite), 2), element(Content::Simple(form(Kind::Numeric, 2)), 1)];
        let spec = SegmentSpec { name: String::new(), function: String::new(), elements, dependencies: vec![] };
        let mut directory = Directory { version: "D".into(), release: "99Z".into(), ..Directory::default() };
        for tag in ["AAA", "BBB", "CCC", "DDD", "EEE"] {
            directory.segments.insert(tag.to_owned(), spec.clone());
        }
        directory.codes.insert("1001".to_owned(), [("1".to_owned(), String::new())].into());
        let message = MessageSpec { kind: "TESTER".into(), name: String::new(), nodes };
        directory.messages.insert("TESTER".to_owned(), message);
        let mut shelf = Shelf::default();
        shelf.add(Arc::new(directory));
        Arc::new(shelf)
    };
    Arc::clone(SHELF.get_or_init(made))
}

fuzz_target!(|bytes: &[u8]| {
    let report = |size: usize| {
        let check = Checker::new(shelf(), Policy { codes: CodePolicy::Refuse });
        let mut reader = Reader::checking(Options::default(), Box::new(check));
        reader.push(b"UNB+UNOC:3+A+B+261122:0915+R'UNH+1+TESTER:D:99Z:UN'", &mut ());
        for piece in bytes.chunks(size) {
            reader.push(piece, &mut ());
        }
        reader.finish(&mut ())
    };
    let (whole, pieces) = (report(usize::MAX), report(3));
    assert_eq!(whole.findings, pieces.findings);
    assert_eq!(whole.errors, pieces.errors);
});
