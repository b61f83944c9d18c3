//! What is written in columns comes back as it was, or it is told.

use proptest::prelude::*;

use super::super::document::{Document, Record, documents};
use super::*;

const SMALL: &str = r#"{ "layout": "small", "version": 1, "title": {}, "characters": "SHIFT_JIS", "longest": 400,
    "header": [ { "field": "procedure", "bytes": 5, "required": true }, { "bytes": 2 },
                { "length": true, "bytes": 6, "align": "right", "fill": "zero" } ],
    "lines": [ { "field": "name", "bytes": 8 }, { "field": "amount", "bytes": 6, "align": "right", "fill": "zero" },
               { "each": "items", "at_most": 3, "lines": [ { "field": "hs", "bytes": 6 }, { "field": "count", "bytes": 3, "align": "right" } ] },
               { "field": "remarks", "bytes": 10 } ] }"#;

fn small() -> Layout {
    Layout::parse(SMALL.as_bytes()).unwrap()
}

fn document(json: &str) -> Document {
    documents(&mut json.as_bytes()).unwrap().remove(0)
}

fn told(losses: &super::super::Losses) -> Vec<String> {
    losses.told.iter().map(|l| format!("{:?} {} {}", l.why, l.place, l.value)).collect()
}

#[test]
fn columns_are_counted_in_bytes() {
    let check = |json: &str, expect: &str, losses: &[&str]| {
        let (written, lost) = write(&small(), None, &document(json)).unwrap();
        let text = encoding_rs::SHIFT_JIS.decode(&written).0.replace("\r\n", "|");
        assert_eq!(
            (text.as_str(), told(&lost)),
            (expect, losses.iter().map(|l| (*l).to_owned()).collect()),
            "{json}"
        );
    };
    check(
        r#"{"envelope":{"procedure":"IDA"},"name":"水産","amount":"120","items":[{"hs":"848210","count":"7"}],"remarks":"OK"}"#,
        "IDA    000084|水産    |000120|848210|  7|      |   |      |   |OK        |",
        &[],
    );
    check(
        r#"{"envelope":{"procedure":"IDA","x":"1"},"name":"カエデ水産","amount":"012","remarks":"OK ","more":"y"}"#,
        "IDA    000084|        |      |      |   |      |   |      |   |          |",
        &[
            "Field envelope.x 1",
            "Field more y",
            "Length name カエデ水産",
            "Form amount 012",
            "Form remarks OK ",
        ],
    );
    check(
        r#"{"envelope":{"procedure":"IDA"},"name":"무역","items":[{"hs":"1"},{"hs":"2"},{},{"hs":"4"},{}]}"#,
        "IDA    000084|        |      |1     |   |2     |   |      |   |          |",
        &["Characters name 무역", "Nothing items[5] ", "Count items[4] "],
    );
    let missing = write(&small(), None, &document(r#"{"name":"A"}"#)).unwrap_err().to_string();
    assert!(missing.contains("envelope.procedure"), "{missing}");
}

#[test]
fn what_does_not_fit_is_told_where_it_stands() {
    let check = |text: &str, expect: Result<&[&str], &str>| {
        let bytes = encoding_rs::SHIFT_JIS.encode(&text.replace('|', "\r\n")).0.into_owned();
        match (read(&small(), None, &mut bytes.as_slice()), expect) {
            (Ok((_, losses)), Ok(expect)) => assert_eq!(told(&losses), expect, "{text}"),
            (Err(problem), Err(why)) => assert!(problem.to_string().contains(why), "{problem}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    };
    check("IDA    000015|", Ok(&[]));
    check(
        "IDA    000083|水産    |000120|848210|  7|      |   |      |   |OK        |",
        Ok(&["Count line 1 length 000083"]),
    );
    check("IDA  XX000015|", Ok(&["Value line 1 XX"]));
    check("IDA    000022|水産 |", Ok(&["Length line 2 name 水産"]));
    check("IDA    000025|水産\u{1}   |", Ok(&["Characters line 2 name 水産⟨01⟩"]));
    check(
        "IDA    000087|水産    |000120|848210|  7|      |   |      |   |OK        |X|",
        Ok(&["Segment line 11 X"]),
    );
    check("IDA    000015", Ok(&["Count line 1 length 000015"]));
    check("", Err("0 bytes, 13 expected"));
    check("IDA", Err("3 bytes, 13 expected"));
    check(&"A".repeat(500), Err("400 bytes"));
}

#[test]
fn layouts_that_cannot_work_are_refused() {
    let check = |from: &str, to: &str, expect: &str| {
        assert!(SMALL.contains(from), "{from}");
        let refused = Layout::parse(SMALL.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(refused.contains(expect), "{refused}");
    };
    check("SHIFT_JIS", "KLINGON", "KLINGON");
    check("SHIFT_JIS", "UNOX", "characters");
    check("\"bytes\": 5", "\"bytes\": 0", "bytes expected");
    check("\"name\"", "\"items\"", "a name twice");
    check("\"at_most\": 3", "\"at_most\": 0", "items expected");
    check("\"align\": \"right\", \"fill\": \"zero\" } ],", "\"fill\": \"zero\" } ],", "before a number");
    check("\"version\": 1", "\"version\": 1, \"colour\": 2", "line 1");
    check("\"longest\": 400", "\"longest\": 0", "longest");
}

/// The headers as they are shipped: 398 bytes and CR LF, and in doubt in every language.
#[test]
fn the_headers_of_naccs_are_as_long_as_they_are_said_to_be() {
    for name in NAMES {
        let (layout, text) = named(name).unwrap();
        assert_eq!((layout.layout.as_str(), layout.header_bytes(), layout.longest), (*name, 398, 700_000));
        for lang in Lang::ALL {
            assert!(
                layout.doubt(*lang).is_some_and(|d| !d.is_empty()) && layout.title(*lang) != layout.layout
            );
        }
        assert!(Layout::parse(text.as_bytes()).is_ok());
        let document = document(sample(name).unwrap());
        let columns = layout.header.iter().filter_map(|c| c.field.as_ref());
        columns.for_each(|field| assert!(document.envelope.contains_key(field), "{name} {field}"));
        for agreed in [None, Charset::named("UTF-8"), Charset::named("EUC-JP")] {
            let (written, losses) = write(&layout, agreed, &document).unwrap();
            assert_eq!(told(&losses), Vec::<String>::new());
            assert_eq!(written.get(398..400), Some(END));
            assert_eq!(
                written.get(392..398).map(|l| String::from_utf8_lossy(l).into_owned()),
                Some(format!("{:06}", written.len()))
            );
            let (back, losses) = read(&layout, agreed, &mut written.as_slice()).unwrap();
            assert_eq!((back, told(&losses)), (document.clone(), vec![]));
        }
    }
    assert!(named("nonsense").is_err() && sample("nonsense").is_none());
}

/// A value that a column of so many bytes may hold, or not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ -~ァ-ン一-十]{0,6}", 1 => "\\PC{0,8}", 1 => "[0-9]{1,7}"]
}

fn any() -> impl Strategy<Value = Document> {
    let field = |names: &'static [&'static str]| {
        prop::collection::btree_map(prop::sample::select(names), value(), 0..4).prop_map(|map| {
            map.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)).collect()
        })
    };
    let items = prop::collection::vec(field(&["hs", "count"]), 0..5);
    (field(&["name", "amount", "remarks"]), items, "[A-Z]{1,5}").prop_map(|(fields, items, procedure)| {
        let items: Vec<Record> =
            items.into_iter().map(|fields| Record { fields, ..Record::default() }).collect();
        let lists =
            if items.is_empty() { BTreeMap::new() } else { BTreeMap::from([("items".to_owned(), items)]) };
        Document {
            envelope: BTreeMap::from([("procedure".to_owned(), procedure)]),
            record: Record { fields, lists },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is not told comes back; what is written is read without a word, and written again to the byte.
    #[test]
    fn documents_come_back(document in any(), utf8 in any_bool()) {
        let agreed = utf8.then(|| Charset::named("UTF-8").unwrap());
        let layout = small();
        let (written, losses) = write(&layout, agreed, &document).unwrap();
        let (back, again) = read(&layout, agreed, &mut written.as_slice()).unwrap();
        prop_assert_eq!(told(&again), Vec::<String>::new());
        if losses.is_none() {
            prop_assert_eq!(&back, &document);
        }
        for (name, value) in &document.record.fields {
            prop_assert!(back.record.fields.get(name) == Some(value) || losses.told.iter().any(|l| l.place == *name));
        }
        let (same, none) = write(&layout, agreed, &back).unwrap();
        prop_assert_eq!((same, told(&none)), (written, vec![]));
    }

    /// Any bytes are refused or read, and what was read can be written.
    #[test]
    fn garbage_is_read_or_refused(bytes in prop::collection::vec(prop_oneof![Just(b' '), Just(b'\r'), Just(b'\n'), any_byte()], 0..120), header in any_bool()) {
        let layout = small();
        let bytes = if header { [b"IDA    000015\r\n".as_slice(), &bytes].concat() } else { bytes };
        if let Ok((document, losses)) = read(&layout, None, &mut bytes.as_slice()) {
            let Ok((written, more)) = write(&layout, None, &document) else { return Ok(()) };
            let lengths = |l: &String| l.starts_with("Count");
            if told(&losses).iter().all(lengths) && told(&more).is_empty() {
                let (again, _) = read(&layout, None, &mut written.as_slice()).unwrap();
                prop_assert_eq!(again, document);
            }
        }
        let (naccs, _) = named("naccs-input").unwrap();
        let _ = read(&naccs, None, &mut bytes.as_slice());
        let _ = Layout::parse(&bytes);
    }
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

fn any_byte() -> impl Strategy<Value = u8> {
    proptest::num::u8::ANY
}
