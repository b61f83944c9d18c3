//! Documents of the shipped mappings, shown, filled in, compared and made ready.

use std::sync::Arc;

use corridor_base::{Lang, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::mapping::{self, Document, Item, Record};
use crate::rules::Shelf;

fn document(json: &str) -> Document {
    mapping::documents(&mut json.as_bytes()).unwrap().remove(0)
}

fn order() -> Document {
    document(
        r#"{"number":"PO-7","function":"original","date":"2026-11-20","buyer_name":"Hakata Trading","supplier_name":"Dongnae Parts",
            "currency":"KRW","total":"1500000","lines":[
            {"item":"A-1","hs":"8409910000","description":"Pistons","quantity":"100","unit":"PCE","price":"10000","amount":"1000000"},
            {"item":"A-2","description":"Rings","quantity":"50","unit":"PCE","price":"10000","amount":"500000"}]}"#,
    )
}

fn made(mapping: &str, document: &Document, codes: &CodeTable) -> Ready {
    let now = Timestamp::parse("2026-11-28T09:00:00.000Z").unwrap();
    let syntax = syntax_for(&document.record, None);
    let envelope = envelope(("KRFWD:ZZ", "JPTRADE:ZZ"), "REF1", syntax, now, false).unwrap();
    ready(by_name(mapping).unwrap(), document, &envelope, codes, &Arc::new(Shelf::default())).unwrap()
}

/// A field that is called by its bare name in Japanese was forgotten in the table of words.
#[test]
fn every_field_of_every_mapping_has_its_words() {
    fn look(mapping: &str, items: &[Item], list: Option<&str>, bare: &mut Vec<String>) {
        for item in items {
            match item {
                Item::Segment(template) => {
                    for (slot, source) in &template.set {
                        let mapping::Source::Field(field) = source else { continue };
                        let label = field_label(list, &field.field, Some((&template.segment, *slot))).words();
                        if label.ja == label.en || label.ko == label.en {
                            bare.push(format!("{mapping}: {}", field.field));
                        }
                        for word in field.codes.values().filter(|word| word_label(word).is_none()) {
                            bare.push(format!("{mapping}: {} = {word}", field.field));
                        }
                    }
                }
                Item::Group(group) => {
                    let label = list_label(&group.each).words();
                    if label.ja == label.en {
                        bare.push(format!("{mapping}: list {}", group.each));
                    }
                    look(mapping, &group.segments, Some(&group.each), bare);
                }
            }
        }
    }
    let mut bare = Vec::new();
    for mapping in shipped() {
        look(&mapping.mapping, &mapping.segments, None, &mut bare);
    }
    assert!(bare.is_empty(), "write these into fields.ftl: {bare:#?}");
    assert_eq!(shipped().len(), mapping::NAMES.len());
}

#[test]
fn labels_are_put_together_in_each_language() {
    let check = |list: Option<&str>, field: &str, expect: [&str; 3]| {
        let label = field_label(list, field, None).words();
        assert_eq!([label.ja.as_str(), label.ko.as_str(), label.en.as_str()], expect);
    };
    check(None, "buyer_name", ["買主の名称", "매수인 상호", "Buyer: Name"]);
    check(None, "number", ["文書番号", "문서번호", "Document number"]);
    check(Some("containers"), "number", ["コンテナ番号", "컨테이너번호", "Container number"]);
    check(None, "strange_thing", ["strange thing"; 3]);
}

#[test]
fn a_cargo_report_is_shown_whole() {
    let shown = sheets(crate::SAMPLE, &Shown::default()).unwrap();
    assert_eq!((shown.sheets.len(), shown.unmapped.len()), (1, 0));
    let sheet = &shown.sheets[0];
    assert_eq!((sheet.message.as_str(), sheet.title.ko.is_empty()), ("CUSCAR", false));
    let consignments = sheet.level.lists.iter().find(|l| l.list == "consignments").unwrap();
    assert_eq!(consignments.items.len(), 5);
    let fullness = sheet.level.lists.iter().find(|l| l.list == "containers").unwrap();
    let full = fullness.items[0].entries.iter().find(|e| e.field == "fullness").unwrap();
    assert_eq!(full.meaning.as_ref().map(|m| m.ja.as_str()), Some("実入り"));
}

#[test]
fn what_has_no_place_is_told_and_what_no_mapping_reads_too() {
    let edi = b"UNB+UNOC:3+A+B+261122:0930+7'UNH+1+ORDERS:D:08A:UN'BGM+220+PO-1+9'DTM+137:20261122:102'ALI+JP'UNS+S'UNT+6+1'UNH+2+WASDIS:D:08A:UN'BGM+1'UNT+3+2'UNZ+2+7'";
    let shown = sheets(edi, &Shown::default()).unwrap();
    assert_eq!((shown.sheets.len(), shown.unmapped.as_slice()), (1, ["WASDIS".to_owned()].as_slice()));
    assert!(shown.unplaced.iter().any(|loss| loss.value.starts_with("ALI")), "{:?}", shown.unplaced);
}

#[test]
fn sums_are_held_against_what_the_document_says() {
    let mapping = by_name("orders").unwrap();
    let check = |total: &str, expect: Option<bool>| {
        let mut document = order();
        document.record.fields.insert("total".to_owned(), total.to_owned());
        let found = totals(mapping, &document.record);
        let found: Vec<_> = found.iter().map(|t| (t.sum.as_str(), t.currency.as_deref(), t.agrees)).collect();
        assert_eq!(found, [("1500000", Some("KRW"), expect)]);
    };
    check("1500000", Some(true));
    check("1500000.00", Some(true));
    check("1400000", Some(false));
    check("", Some(false));
}

#[test]
fn won_and_yen_have_no_decimals() {
    let check = |currency: &str, amount: &str, expect: bool| {
        let mut document = order();
        document.record.fields.insert("currency".to_owned(), currency.to_owned());
        document.record.fields.insert("total".to_owned(), amount.to_owned());
        document.record.lists.clear();
        let made = made("orders", &document, &CodeTable::default());
        assert_eq!(made.is_right(), expect, "{amount} {currency}: {:?}", made.remarks);
    };
    check("KRW", "1500000", true);
    check("KRW", "1500000.50", false);
    check("JPY", "1500000.00", true);
    check("JPY", "0.5", false);
    check("USD", "10.55", true);
    check("USD", "10.555", false);
    check("KWD", "10.555", true);
}

#[test]
fn a_document_is_made_and_read_back() {
    let made = made("orders", &order(), &CodeTable::default());
    assert!(made.is_right(), "{:?}", made.remarks);
    assert!(made.text().contains("BGM+220+PO-7+9'\n"), "{}", made.text());
    let back = sheets(&made.bytes, &Shown::default()).unwrap();
    assert!(back.unplaced.is_empty(), "{:?}", back.unplaced);
    assert_eq!(back.sheets[0].number, "PO-7");
    assert!(back.sheets[0].totals.iter().any(|t| t.agrees == Some(true)));
}

#[test]
fn everything_that_is_wrong_is_told_at_its_field() {
    let wrong = document(
        r#"{"date":"28.11.2026","function":"odd","buyer_name":"0123456789012345678901234567890123456789",
            "lines":[{"item":"A"},{"quantity":"ten"}]}"#,
    );
    let made = made("orders", &wrong, &CodeTable::default());
    let places: Vec<&str> = made.remarks.iter().filter(|r| r.wrong).map(|r| r.place.as_str()).collect();
    assert_eq!(places, ["number", "function", "date", "buyer_name", "lines[2].quantity"]);
    assert!(!made.is_right());
    for lang in Lang::ALL {
        assert!(made.remarks.iter().all(|r| !r.text.get(*lang).starts_with('?')), "{:?}", made.remarks);
    }
}

#[test]
fn characters_decide_the_syntax() {
    let mut document = order();
    assert_eq!(syntax_for(&document.record, None), ("UNOC", "3"));
    document.record.fields.insert("buyer_name".to_owned(), "博多貿易".to_owned());
    assert_eq!(syntax_for(&document.record, None), ("UNOY", "4"));
    let made = made("orders", &document, &CodeTable::default());
    assert!(made.is_right(), "{:?}", made.remarks);
    assert!(made.text().contains("博多貿易"));
}

#[test]
fn characters_agreed_on_are_written_whatever_unb_names() {
    let guided = |characters: &str| {
        let mut shelf = Shelf::default();
        let directory = crate::directory::Directory::load(&crate::directory::tests::small()).unwrap();
        shelf.add(Arc::new(directory));
        let guide = format!(
            r#"{{"guide":"agreed","directory":"D.99Z","message":"TESTER","characters":"{characters}"}}"#
        );
        shelf.add_guide(&crate::rules::Guide::parse(guide.as_bytes()).unwrap()).unwrap();
        Arc::new(shelf)
    };
    let check = |characters: &str, name: &str, begins: &str, holds: Option<&[u8]>| {
        let mut document = order();
        document.record.fields.insert("buyer_name".to_owned(), name.to_owned());
        let shelf = guided(characters);
        let syntax = syntax_for(&document.record, shelf.characters());
        let now = Timestamp::from_millis(1_795_339_500_123);
        let envelope = envelope(("KRFWD:ZZ", "JPTRADE:ZZ"), "REF1", syntax, now, false).unwrap();
        let codes = CodeTable::default();
        let made = ready(by_name("orders").unwrap(), &document, &envelope, &codes, &shelf).unwrap();
        assert_eq!(made.is_right(), holds.is_some(), "{characters} {:?}", made.remarks);
        let Some(holds) = holds else { return };
        let found = made.bytes.windows(holds.len()).any(|w| w == holds);
        assert!(made.bytes.starts_with(begins.as_bytes()) && found, "{characters} {}", made.text());
        assert!(made.text().contains(name), "{}", made.text());
    };
    check("KECA", "무역", "UNB+KECA:4+", Some(b"+\xb9\xab\xbf\xaa"));
    check("UNOX", "무역", "UNB+UNOX:3+", Some(b"+\x1b$)C\x0e9+?*\x0f"));
    check("SHIFT_JIS", "ソ水", "UNB+UNOC:3+", Some(b"+\x83\x5c\x90\x85"));
    check("WINDOWS-1252", "“München”", "UNB+UNOC:3+", Some(b"+\x93M\xfcnchen\x94"));
    check("UNOK", "Ğ", "UNB+UNOK:3+", Some(b"+\xd0"));
    check("KECA", "😀", "", None);
}

#[test]
fn codes_of_a_partner_are_put_for_ours() {
    let table =
        CodeTable::from_csv("kind,ours,theirs\nhs,8409910000,840991\nunit,PCE,'=NMB\nunlocode,KRPUS,PUS\n");
    let table = table.unwrap();
    let made = made("orders", &order(), &table);
    let found: Vec<_> =
        made.replaced.iter().map(|r| (r.place.as_str(), r.ours.as_str(), r.theirs.as_str())).collect();
    assert_eq!(
        found,
        [
            ("lines[1].hs", "8409910000", "840991"),
            ("lines[1].unit", "PCE", "=NMB"),
            ("lines[2].unit", "PCE", "=NMB"),
        ]
    );
    assert!(made.text().contains("PIA+1+840991:HS'"), "{}", made.text());
    assert!(table.to_csv().contains("unit,PCE,'=NMB\r\n"), "{}", table.to_csv());
    assert_eq!(CodeTable::from_csv(&table.to_csv()).unwrap(), table);
    for wrong in [
        "",
        "a,b,c",
        "kind,ours,theirs\nxx,1,2",
        "kind,ours,theirs\nhs,1",
        "kind,ours,theirs\nhs,,2",
        "kind,ours,theirs\nhs,1,2\nhs,1,3",
    ] {
        assert!(CodeTable::from_csv(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_form_fills_a_record_and_refuses_what_it_does_not_know() {
    let mapping = by_name("cuscar").unwrap();
    let record = fill(
        mapping,
        [("number", " M1 "), ("consignments[2].goods[1].hs", "8409"), ("consignments[1].bill_of_lading", "")],
    );
    let record = record.unwrap();
    assert_eq!(record.fields["number"], "M1");
    assert_eq!(record.lists["consignments"].len(), 2);
    assert_eq!(record.pruned().lists["consignments"].len(), 1);
    for wrong in [
        "nothing",
        "consignments[0].value",
        "consignments[201].value",
        "consignments[x].value",
        "goods[1].hs",
        "",
        "a.b",
        "consignments[1].",
        "consignments[1",
    ] {
        assert_eq!(fill(mapping, [(wrong, "x")]), Err(BadPath(wrong.to_owned())));
    }
    assert!(list_at(mapping, "consignments[1].goods").is_some());
    assert!(list_at(mapping, "goods").is_none());
    let mut record = record;
    record.list_mut("consignments[2].goods").unwrap().push(Record::default());
    assert_eq!(record.lists["consignments"][1].lists["goods"].len(), 2);
}

#[test]
fn an_order_and_its_invoice_are_compared() {
    let invoice = document(
        r#"{"number":"I-1","date":"2026-11-25","order":"PO-7","buyer_name":"Hakata Trading","seller_name":"Dongnae Parts Co",
            "currency":"KRW","lines_total":"1500000.0","lines":[
            {"item":"A-2","quantity":"50","unit":"PCE","amount":"500000"},
            {"item":"A-1","quantity":"90","unit":"PCE","amount":"900000"},{"item":"A-3","quantity":"1"}]}"#,
    );
    let one = sheet(by_name("orders").unwrap(), &order(), &Shown::default());
    let other = sheet(by_name("invoic").unwrap(), &invoice, &Shown::default());
    let pairs = compare(&one, &other);
    let check = |group: &str, field: &str, expect: Side| {
        let of = |entry: &Option<Entry>| entry.as_ref().is_some_and(|e| e.field == field);
        let found = pairs.iter().find(|p| p.group.en == group && (of(&p.first) || of(&p.second)));
        assert_eq!(found.map(|p| p.side), Some(expect), "{group} {field}");
    };
    check("", "order", Side::Same);
    check("", "buyer_name", Side::Same);
    check("", "supplier_name", Side::Differs);
    check("Lines 1", "quantity", Side::Differs);
    check("Lines 2", "quantity", Side::Same);
    check("Lines 3", "item", Side::Second);
}

proptest! {
    /// What a form says comes back as the fields of the form.
    #[test]
    fn a_form_comes_back(values in prop::collection::btree_map(
        (prop::sample::select(vec!["item", "quantity", "description"]), 1usize..5), "[a-zA-Z0-9]{1,8}", 0..10)) {
        let mapping = by_name("orders").unwrap();
        let named: Vec<(String, String)> =
            values.iter().map(|((field, at), value)| (format!("lines[{at}].{field}"), value.clone())).collect();
        let record = fill(mapping, named.iter().map(|(n, v)| (n.as_str(), v.as_str()))).unwrap();
        let items = list_at(mapping, "lines").unwrap();
        let mut found = Vec::new();
        for (at, item) in record.lists.get("lines").into_iter().flatten().enumerate() {
            let path = format!("lines[{}].", at + 1);
            let fields = places(items, Some("lines"), item, &path);
            found.extend(fields.into_iter().filter(|p| !p.value.is_empty()).map(|p| (p.path, p.value)));
        }
        found.sort();
        let mut named = named;
        named.sort();
        prop_assert_eq!(found, named);
    }

    /// Whatever names a form brings, filling it in gives a record or says which name is wrong.
    #[test]
    fn no_name_of_a_form_panics(path in "\\PC{0,30}|([a-z]{1,6}(\\[[0-9]{0,4}\\])?\\.?){0,4}") {
        let mapping = by_name("cuscar").unwrap();
        let _ = fill(mapping, [(path.as_str(), "x")]);
        let _ = Record::default().list_mut(&path);
        let _ = list_at(mapping, &path);
    }

    /// Any bytes are shown as far as they can be read.
    #[test]
    fn nothing_that_is_shown_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = sheets(&bytes, &Shown::default()).unwrap();
        let _ = stowage::stowage(&mut &*bytes).unwrap();
    }
}

/// Ours for theirs and theirs for ours; what has no translation, or several, stays and is told.
#[test]
fn codes_are_translated_both_ways() {
    let table = |csv: &str| CodeTable::from_csv(csv).unwrap();
    let check = |csv: &str, to: Option<&str>, told: &[(&str, bool)], back: Option<&str>| {
        let (codes, orders) = (table(csv), by_name("orders").unwrap());
        let hs = |record: &Record| record.lists["lines"][0].fields["hs"].clone();
        let mut record = order().record;
        let there = codes.apply(orders, &mut record);
        assert_eq!(hs(&record), to.unwrap_or("8409910000"), "{csv}");
        assert_eq!(there.replaced.len(), usize::from(to.is_some()), "{csv}");
        let ours = codes.ours().apply(orders, &mut record);
        assert_eq!(hs(&record), back.unwrap_or("840991"), "{csv}");
        let all = [there.losses(1), ours.losses(1)];
        let told_of: Vec<(&str, bool)> = all
            .iter()
            .flat_map(|losses| &losses.told)
            .map(|loss| (loss.value.as_str(), loss.why == crate::mapping::Why::Ambiguous))
            .collect();
        assert_eq!(told_of, told, "{csv}");
    };
    let ours = Some("8409910000");
    check("kind,ours,theirs\nhs,8409910000,840991\n", Some("840991"), &[], ours);
    // Theirs is the coarser list: it stays as it is.
    let coarse = "kind,ours,theirs\nhs,8409910000,840991\nhs,8409919000,840991\n";
    check(coarse, Some("840991"), &[("840991", true)], None);
    check("kind,ours,theirs\nhs,1,2\n", None, &[("8409910000", false), ("8409910000", false)], ours);
    // A table without goods codes says nothing of them.
    check("kind,ours,theirs\nunlocode,KRPUS,JPHKT\n", None, &[], ours);
    // In a form both stand beside each other.
    let codes = table(coarse);
    let mut theirs = order();
    assert_eq!(codes.apply(by_name("orders").unwrap(), &mut theirs.record).replaced.len(), 1);
    let known = codes.ours();
    let shown =
        sheet(by_name("orders").unwrap(), &theirs, &Shown { codes: Some(&known), ..Shown::default() });
    let entry = shown.level.lists[0].items[0].entries.iter().find(|e| e.field == "hs").unwrap();
    assert_eq!(
        (entry.value.as_str(), entry.ours.as_slice()),
        ("840991", ["8409910000", "8409919000"].map(str::to_owned).as_slice())
    );
}

/// What is about persons is said by the mapping, field by field.
#[test]
fn a_document_is_about_a_person_where_its_mapping_says_so() {
    let check = |mapping: &str, json: &str, expect: Option<&str>| {
        let found = by_name(mapping).unwrap().about_a_person(&document(json).record);
        assert_eq!(found.as_deref(), expect, "{mapping} {json}");
    };
    check("orders", r#"{"number":"PO-1","buyer_name":"Hakata Trading"}"#, None);
    check("paxlst", r#"{"voyage":"V1","vessel_name":"X"}"#, None);
    check("paxlst", r#"{"voyage":"V1","persons":[{"person_kind":"crew-member"}]}"#, None);
    check(
        "paxlst",
        r#"{"persons":[{"person_kind":"passenger"},{"surname":"HONG"}]}"#,
        Some("persons[2].surname"),
    );
    check(
        "paxlst",
        r#"{"persons":[{"documents":[{"document_kind":"passport","number":"M1"}]}]}"#,
        Some("persons[1].documents[1].number"),
    );
}
