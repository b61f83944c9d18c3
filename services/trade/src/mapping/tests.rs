//! Mappings are bidirectional: what comes back is what went, or it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::document::{Document, Record};
use super::*;
use crate::directory::Directory;
use crate::edifact::{Options, Reader, Severity, Verdict, read_bytes};
use crate::rules::{Checker, CodePolicy, Policy, Shelf};

fn mapping(segments: &str) -> Result<Mapping> {
    let text = format!(
        r#"{{ "mapping": "m", "version": 1, "message": "ORDERS", "release": "08A", "title": {{}}, "segments": {segments} }}"#
    );
    Mapping::parse(text.as_bytes())
}

fn envelope() -> Envelope {
    let fields =
        [("sender", "A"), ("recipient", "B"), ("date", "261122"), ("time", "0930"), ("reference", "7")];
    Envelope {
        fields: fields.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        overrules: false,
        characters: None,
    }
}

#[test]
fn a_mapping_that_can_be_read_in_two_ways_is_refused() {
    let check = |segments: &str, expect: Option<&str>| {
        let refused = mapping(segments).err().map(|p| p.to_string());
        match expect {
            None => assert_eq!(refused, None, "{segments}"),
            Some(why) => {
                assert!(refused.as_deref().is_some_and(|r| r.contains(why)), "{segments}: {refused:?}")
            }
        }
    };
    let segment = |tag: &str, set: &str| format!(r#"{{ "segment": "{tag}", "set": {{ {set} }} }}"#);
    let (a, b) = (r#""1.1": "A", "1.2": { "field": "a" }"#, r#""1.1": "B", "1.2": { "field": "b" }"#);
    let list = |items: &[String]| format!("[{}]", items.join(","));
    let each = |items: &[String]| format!(r#"{{ "each": "list", "segments": {} }}"#, list(items));
    check(&list(&[segment("DTM", a), segment("DTM", b)]), None);
    check(&list(&[segment("DTM", a), segment("DTM", r#""1.2": { "field": "b" }"#)]), Some("two ways"));
    check(&list(&[segment("DTM", a), segment("RFF", a)]), Some("twice"));
    let lin = segment("LIN", r#""1.1": { "count": "here" }"#);
    check(&list(&[each(&[lin.clone(), segment("DTM", a)]), segment("DTM", a)]), Some("two ways"));
    check(&list(&[segment("DTM", a), each(&[lin.clone(), segment("DTM", a)])]), None);
    check(&list(&[each(&[lin.clone(), lin.clone()])]), Some("two ways"));
    check(&list(&[each(&[each(std::slice::from_ref(&lin))])]), Some("begins with a segment"));
    check(&list(&[segment("UNH", a)]), Some("no segment of a message"));
    // A qualifier that is a field with codes tells segments apart as a fixed one does.
    let coded = r#""1.1": { "field": "kind", "codes": { "B": "b", "C": "c" } }, "1.2": { "field": "value" }"#;
    check(&list(&[segment("LOC", a), segment("LOC", coded)]), None);
    check(
        &list(&[segment("LOC", coded), segment("LOC", r#""1.1": "C", "1.2": { "field": "x" }"#)]),
        Some("two ways"),
    );
    check(
        &list(&[
            segment("LOC", coded),
            each(&[segment("LOC", r#""1.1": { "field": "k", "codes": { "D": "d" } }"#)]),
        ]),
        Some("two ways"),
    );
    check(&list(&[segment("CNT", r#""1.1": { "count": "lines" }"#)]), Some("nothing to count"));
    check(&list(&[segment("BGM", r#""1": "220""#)]), Some("2.1"));
    check("[]", Some("empty"));
    check(r#"[{ "segment": "BGM", "sett": {} }]"#, Some("line"));
}

#[test]
fn shipped_mappings_are_right() {
    for name in NAMES {
        let (mapping, _) = named(name).unwrap();
        assert_eq!(&mapping.mapping, name);
        for lang in corridor_base::Lang::ALL {
            assert_ne!(mapping.title(*lang), mapping.mapping, "{name}: a title in each language");
        }
        assert!(mapping.table.is_some());
    }
    assert!(named("nonsense").is_err());
}

/// What was read, and each loss as `why place value`.
fn mapped(mapping: &Mapping, interchange: &str) -> (Vec<Document>, Vec<String>) {
    let mapped = read(mapping, &mut interchange.as_bytes()).unwrap();
    let losses = mapped.losses.told.iter().map(|l| format!("{:?} {} {}", l.why, l.place, l.value)).collect();
    (mapped.documents, losses)
}

#[test]
fn what_does_not_survive_is_told() {
    let (orders, _) = named("orders").unwrap();
    let check = |body: &str, expect: &[&str]| {
        let count = body.matches('\'').count() + 2;
        let text = format!("UNB+UNOC:3+A+B+261122:0930+7'UNH+1+ORDERS:D:08A:UN'{body}UNT+{count}+1'UNZ+1+7'");
        let (_, losses) = mapped(&orders, &text);
        assert_eq!(losses, expect, "{body}");
    };
    let (head, tail) = ("BGM+220+P1+9'DTM+137:20261122:102'", "UNS+S'CNT+2:0'");
    check(&format!("{head}{tail}"), &[]);
    check(&format!("{head}LIN+1++X:EN'QTY+21:5:PCE'UNS+S'CNT+2:1'"), &[]);
    check(&format!("{head}ALI+KR'{tail}"), &["Segment 5 ALI ALI+KR"]);
    check(&format!("{head}FTX+AAI+1++A:B'{tail}"), &["Value 5 FTX 2.1 1", "Value 5 FTX 4.2 B"]);
    check("BGM+220+P1+7'DTM+137:20261122:102'UNS+S'CNT+2:0'", &["Code 3 BGM 3.1 7"]);
    check("BGM+220+P1'DTM+137:20261322:102'UNS+S'CNT+2:0'", &["Form 4 DTM 1.2 20261322"]);
    check(&format!("{head}DTM+137:20261123:102'{tail}"), &["Segment 5 DTM DTM+137:20261123:102"]);
    check(&format!("{head}UNS+S'CNT+2:4'"), &["Count 6 CNT 1.1.2 4"].map(|_| "Count 6 CNT 1.2 4"));
    check(&format!("{head}LIN+7'UNS+S'CNT+2:1'"), &["Count 5 LIN 1.1 7"]);
    check(&format!("{head}CNT+2:0'"), &["Added UNS "]);
    check(&format!("{head}RFF+CT:'{tail}"), &["Nothing 5 RFF RFF+CT:"]);
    check(&format!("DTM+137:20261122:102'BGM+220+P1'{tail}"), &["Order 4 BGM BGM+220+P1"]);
    check(
        &format!("BGM+220+{}'DTM+137:20261122:102'{tail}", "9".repeat(36)),
        &[&format!("Length 3 BGM 2.1 {}", "9".repeat(36))],
    );
}

#[test]
fn what_has_no_place_in_the_message_is_told() {
    let (orders, _) = named("orders").unwrap();
    let check = |json: &str, expect: Result<&[&str], &str>| {
        let documents = documents(&mut json.as_bytes()).unwrap();
        let written = super::write(&orders, &documents, &envelope());
        match (written, expect) {
            (Ok((_, losses)), Ok(expect)) => {
                let told: Vec<String> =
                    losses.told.iter().map(|l| format!("{:?} {} {}", l.why, l.place, l.value)).collect();
                assert_eq!(told, expect, "{json}");
            }
            (Err(problem), Err(why)) => assert!(problem.to_string().contains(why), "{problem}"),
            (written, _) => panic!("{json}: {written:?}"),
        }
    };
    check(r#"{"number":"P1","date":"2026-11-22","lines":[{"item":"X","price":12.5}]}"#, Ok(&[]));
    check(r#"{"date":"2026-11-22"}"#, Err("number"));
    check(
        r#"{"number":"P1","date":"2026-11-22","colour":"red","lines":[{"item":"X","size":"L"}],"notes":[{"a":"b"}]}"#,
        Ok(&["Field colour red", "Field notes (1)", "Field lines[1].size L"]),
    );
    check(r#"{"number":"P1","date":"22/11/2026"}"#, Ok(&["Form date 22/11/2026"]));
    check(r#"{"number":"P1","date":"2026-11-22","function":"new"}"#, Ok(&["Code function new"]));
    check(r#"{"number":"P1","date":"2026-11-22","remarks":"水産"}"#, Ok(&["Characters remarks 水産"]));
    check(r#"{"number":"P1","date":"2026-11-22","remarks":"a\nb"}"#, Ok(&["Characters remarks a\nb"]));
}

#[test]
fn our_cargo_report_survives_whole() {
    let (cuscar, _) = named("cuscar").unwrap();
    let mapped = read(&cuscar, &mut &*crate::SAMPLE).unwrap();
    assert_eq!(mapped.losses.told, []);
    assert_eq!(mapped.documents[0].record.lists["consignments"].len(), 5);
    let (back, losses) = super::write(&cuscar, &mapped.documents, &Envelope::default()).unwrap();
    assert!(losses.is_none(), "{losses:?}");
    let plain = |bytes: &[u8]| {
        let text: Vec<u8> = bytes.iter().copied().filter(|b| *b != b'\n').collect();
        String::from_utf8(text).unwrap().replace("UNA:+.? '", "")
    };
    assert_eq!(plain(&back), plain(crate::SAMPLE));
}

/// Directories as UNECE published them, where they are.
fn published() -> Option<Arc<Shelf>> {
    let folder = std::env::var_os("CORRIDOR_DATA").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let mut shelf = Shelf::default();
    for name in ["d96a", "d00a", "d01b", "d08a"] {
        let Ok(zip) = std::fs::read(folder.join(format!("trade/untdid/{name}.zip"))) else {
            println!("not run: no {name}.zip (set CORRIDOR_DATA)");
            return None;
        };
        shelf.add(Arc::new(Directory::load(&zip).unwrap()));
    }
    // What ships and terminals exchange keeps to D.95B, whose tables D.96A has unchanged.
    shelf.set_default("D.96A");
    Some(Arc::new(shelf))
}

/// The sample of a mapping.
fn sampled(name: &str) -> Document {
    documents(&mut sample(name).unwrap().as_bytes()).unwrap().remove(0)
}

/// Places of a shape that a record says nothing for.
fn silent(shape: &Shape, record: &Record, path: &str) -> Vec<String> {
    let fields = shape.fields.iter().filter(|field| !record.fields.contains_key(&field.field));
    let mut found: Vec<String> = fields.map(|field| format!("{path}{}", field.field)).collect();
    for (list, shape) in &shape.lists {
        match record.lists.get(list).and_then(|items| items.first()) {
            Some(item) => found.extend(silent(shape, item, &format!("{path}{list}."))),
            None => found.push(format!("{path}{list}")),
        }
    }
    found
}

/// JSON to a message and back, to rows and back, and against the directory that the mapping names.
#[test]
fn the_sample_of_each_message_says_everything_and_survives() {
    let shelf = published();
    for name in NAMES {
        let (mapping, _) = named(name).unwrap();
        let document = sampled(name);
        assert_eq!(silent(&mapping.shape(), &document.record, ""), Vec::<String>::new(), "{name}");
        let (written, losses) = super::write(&mapping, std::slice::from_ref(&document), &envelope()).unwrap();
        assert_eq!(losses.told, [], "{name}");
        let back = read(&mapping, &mut written.as_slice()).unwrap();
        assert_eq!(
            (back.losses.told.as_slice(), &back.documents[0].record),
            ([].as_slice(), &document.record),
            "{name}"
        );
        let mut rows = Vec::new();
        let losses = to_table(&mapping, std::slice::from_ref(&document), &mut rows).unwrap();
        let (again, more) = from_table(&mapping, &mut rows.as_slice()).unwrap();
        assert_eq!((again.len(), more.told.as_slice()), (1, [].as_slice()), "{name}");
        for (field, value) in &document.record.fields {
            let told = losses.told.iter().any(|loss| loss.place == *field);
            assert!(told || again[0].record.fields.get(field) == Some(value), "{name} {field}");
        }
        let Some(shelf) = &shelf else { continue };
        let check = Checker::new(Arc::clone(shelf), Policy { codes: CodePolicy::Warn });
        let mut reader = Reader::checking(Options::default(), Box::new(check));
        reader.push(&written, &mut ());
        let report = reader.finish(&mut ());
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|f| f.text(corridor_base::Lang::En)).collect();
        assert_eq!(
            (report.checked, errors),
            (1, vec![]),
            "{name}\n{}",
            latin1(&written).replace('\'', "'\n")
        );
    }
}

/// What a real file comes to: how many documents, and how much of them has no place.
#[test]
fn real_files_are_read_and_what_is_lost_is_told() {
    let data = std::env::var_os("CORRIDOR_DATA").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let check = |name: &str, file: &str, expect: &str| {
        let Ok(bytes) = std::fs::read(data.join("trade/edifact-samples").join(file)) else {
            println!("not run: no {file} (set CORRIDOR_DATA)");
            return;
        };
        let mapped = read(&named(name).unwrap().0, &mut bytes.as_slice()).unwrap();
        let lists = mapped.documents.iter().flat_map(|d| d.record.lists.values());
        let items: usize = lists.map(Vec::len).sum();
        let mut why: BTreeMap<String, usize> = BTreeMap::new();
        mapped.losses.told.iter().for_each(|l| *why.entry(format!("{:?}", l.why)).or_default() += 1);
        let why: Vec<String> = why.iter().map(|(why, n)| format!("{why} {n}")).collect();
        let told =
            format!("{} {} {} of {}", mapped.documents.len(), items, why.join(" "), mapped.report.segments);
        assert_eq!(told, expect, "{file}: {:#?}", mapped.losses.told);
    };
    check("baplie", "php-edifact/D95BBAPLIE.edi", "1 3 Segment 2 Value 1 of 32");
    check("baplie", "staedi/issue122/baplie-test.edi", "1 1 Segment 4 Value 7 of 21");
    check("coarri", "php-edifact/D95BCOARRI.edi", "2 21 Value 2 of 272");
    check("desadv", "php-edifact/D96ADESADV.edi", "1 1 Code 1 Count 2 Segment 3 Value 6 of 23");
    check("paxlst", "smooks/paxlst.txt", "1 0 Added 1 Segment 16 Value 1 of 20");
    check("invoic", "smooks/invoic.txt", "1 2 Added 1 Nothing 3 Order 1 Segment 20 Value 10 of 38");
    check("invoic", "staedi/invoic_d97b.edi", "1 2 Added 1 Segment 10 Value 1 of 26");
    check("orders", "php-edifact/example_order_ok.edi", "1 146 Segment 151 Value 123 of 601");
    check("orders", "staedi/orders-with-group.edi", "1 1 Added 1 Segment 10 Value 6 of 22");
}

/// UNOC, character by character.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Segments without their terminators.
fn segments(text: &str) -> Vec<String> {
    let (mut all, mut one, mut released) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '\'' if !released => all.push(std::mem::take(&mut one)),
            c => one.push(c),
        }
        released = c == '?' && !released;
    }
    all
}

/// A value of this form; nothing of it is lost in UNOC.
fn value(field: &Field) -> BoxedStrategy<String> {
    if !field.codes.is_empty() {
        return prop::sample::select(field.codes.values().cloned().collect::<Vec<_>>()).boxed();
    }
    let longest = field.longest.unwrap_or(35).min(35);
    match field.form {
        Form::Text => pattern(&format!("[ -~À-ÿ]{{1,{longest}}}")),
        Form::Number if longest < 6 => pattern(&format!("[0-9]{{1,{longest}}}")),
        Form::Number => pattern("-?[0-9]{1,3}(\\.[0-9])?"),
        Form::Date => {
            (1900u32..2100, 1u32..13, 1u32..29).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")).boxed()
        }
        Form::Time => (1900u32..2100, 1u32..13, 1u32..29, 0u32..24, 0u32..60)
            .prop_map(|(y, m, d, h, n)| format!("{y}-{m:02}-{d:02}T{h:02}:{n:02}"))
            .boxed(),
    }
}

fn pattern(regex: &str) -> BoxedStrategy<String> {
    proptest::string::string_regex(regex).unwrap().boxed()
}

/// Any document that a mapping has places for.
fn record(shape: &Shape) -> BoxedStrategy<Record> {
    let fields: Vec<BoxedStrategy<Option<(String, String)>>> = shape
        .fields
        .iter()
        .map(|field| {
            let name = field.field.clone();
            let some = value(field).prop_map(move |value| Some((name.clone(), value)));
            if field.required { some.boxed() } else { prop_oneof![Just(None), some].boxed() }
        })
        .collect();
    let lists: Vec<BoxedStrategy<(String, Vec<Record>)>> = shape
        .lists
        .iter()
        .map(|(name, shape)| {
            let name = name.clone();
            prop::collection::vec(record(shape), 0..3).prop_map(move |items| (name.clone(), items)).boxed()
        })
        .collect();
    (fields, lists)
        .prop_map(|(fields, lists)| Record {
            fields: fields.into_iter().flatten().collect(),
            lists: lists.into_iter().filter(|(_, items)| !items.is_empty()).collect(),
        })
        .boxed()
}

fn any_document() -> impl Strategy<Value = (&'static str, Record)> {
    prop::sample::select(NAMES).prop_flat_map(|name| {
        let shape = named(name).unwrap().0.shape();
        record(&shape).prop_map(move |record| (name, record))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever a mapping has places for comes back as it was, and the message holds together.
    #[test]
    fn documents_come_back((name, record) in any_document()) {
        let (mapping, _) = named(name).unwrap();
        let document = Document { envelope: BTreeMap::new(), record };
        let (written, losses) = super::write(&mapping, std::slice::from_ref(&document), &envelope()).unwrap();
        prop_assert_eq!(losses.told, vec![]);
        let report = read_bytes(&written, Options::default());
        prop_assert_eq!(report.verdict(), Verdict::Accepted, "{:?}", report.findings);
        let back = read(&mapping, &mut written.as_slice()).unwrap();
        prop_assert_eq!(back.losses.told, vec![], "{}", String::from_utf8_lossy(&written));
        prop_assert_eq!(&back.documents[0].record, &document.record);
        // As JSON too.
        let json = document.to_json().to_string();
        prop_assert_eq!(documents(&mut json.as_bytes()).unwrap(), vec![document]);
    }

    /// When nothing is told, what is written back is what was read; whatever is changed in a message, each
    /// value of it is in the document or is told.
    #[test]
    fn what_is_not_told_survives(
        (name, record) in any_document(),
        at in any::<prop::sample::Index>(),
        change in 0..4,
        more in "[A-Z]{3}(\\+[A-Z0-9:]{0,6}){0,3}",
    ) {
        let (mapping, _) = named(name).unwrap();
        let document = Document { envelope: BTreeMap::new(), record };
        let (written, _) = super::write(&mapping, &[document], &envelope()).unwrap();
        let text = latin1(&written);
        let mut segments = segments(&text);
        // Between UNH and UNT.
        let from = 2 + at.index(segments.len() - 4);
        prop_assume!(!more.starts_with("UN"));
        match change {
            0 => segments.insert(from, more),
            1 => drop(segments.remove(from)),
            2 => {
                let last = segments.len() - 3;
                segments.swap(from, last);
            }
            _ => segments[from].push_str("+Z:Z"),
        }
        let changed = format!("{}'", segments.join("'"));
        let changed_bytes: Vec<u8> = changed.chars().map(|c| c as u8).collect();
        let mapped = read(&mapping, &mut changed_bytes.as_slice()).unwrap();
        let back = super::write(&mapping, &mapped.documents, &Envelope::default());
        let Ok((back, _)) = back else { return Ok(()) };
        if mapped.losses.is_none() {
            let bare = |text: &str| {
                let kept = super::tests::segments(text).into_iter();
                let kept = kept.filter(|s| !s.starts_with("UNT") && !s.starts_with("UNZ"));
                kept.map(|s| s.trim_end_matches(['+', ':']).to_owned()).collect::<Vec<_>>()
            };
            prop_assert_eq!(bare(&latin1(&back)), bare(&changed));
        }
    }

    /// Rows come back as the documents they were made of when nothing is told.
    #[test]
    fn rows_come_back((name, record) in any_document(), other in any_document()) {
        let (mapping, _) = named(name).unwrap();
        let mut all = vec![Document { envelope: BTreeMap::new(), record }];
        if other.0 == name {
            all.push(Document { envelope: BTreeMap::new(), record: other.1 });
        }
        let mut rows = Vec::new();
        let losses = to_table(&mapping, &all, &mut rows).unwrap();
        let (back, again) = from_table(&mapping, &mut rows.as_slice()).unwrap();
        prop_assert_eq!(again.told, vec![]);
        if losses.is_none() {
            prop_assert_eq!(&back, &all);
        }
        // What has a column and is not told is there in either case.
        let (first, told) = (&all[0].record, &losses.told);
        for (name, value) in &first.fields {
            let kept = back.first().and_then(|d| d.record.fields.get(name)) == Some(value);
            prop_assert!(kept || told.iter().any(|l| l.place == *name || l.why == Why::Row), "{} {}", name, value);
        }
    }

    /// Nothing that is handed in as a mapping, as documents or as rows ends the program.
    #[test]
    fn garbage_is_refused(text in "\\PC{0,60}", cut in any::<prop::sample::Index>(), json in any::<bool>()) {
        let (orders, whole) = named("orders").unwrap();
        let at = cut.index(whole.len());
        let cut = format!("{}{text}{}", whole.get(..at).unwrap_or_default(), whole.get(at..).unwrap_or_default());
        let _ = Mapping::parse(cut.as_bytes());
        let _ = Mapping::parse(text.as_bytes());
        let start = if json { "{\"lines\":[" } else { "number,lines.item\n" };
        let text = format!("{start}{text}");
        let _ = documents(&mut text.as_bytes());
        let _ = from_table(&orders, &mut text.as_bytes());
        let mapped = read(&orders, &mut text.as_bytes()).unwrap();
        prop_assert!(mapped.documents.is_empty());
    }
}
