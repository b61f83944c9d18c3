//! What people are shown.

use corridor_base::Lang;
use corridor_trade::edifact::Options;
use corridor_trade::edifact::tree::{Page, tree};

use crate::LARGE;

#[test]
fn the_tree_is_readable_in_three_languages() {
    let lines = |lang| {
        let (tree, _) =
            tree(&mut { corridor_trade::SAMPLE }, Options::default(), Page::default(), lang).unwrap();
        tree.lines(lang)
    };
    let en = lines(Lang::En);
    assert_eq!(en[1], "Cargo report to customs 1 (CUSCAR D.08A UN)");
    assert!(en.contains(&"  BGM  What document this is  Document: Cargo manifest | Number: DNFWD-M-2611-0042 | Function: Original".to_owned()), "{en:#?}");
    let released = en.iter().find(|l| l.contains("O'HARA SHOJI K.K.")).unwrap();
    assert!(released.starts_with("  NAD  Party: name and address  Role: Consignee"), "{released}");
    assert!(lines(Lang::Ja).iter().any(|l| l.contains("荷受人")));
    assert!(lines(Lang::Ko).iter().any(|l| l.contains("수하인")));
    // No key without a text, in any language, shows up.
    for lang in Lang::ALL {
        assert!(
            lines(*lang)
                .iter()
                .all(|l| !l.contains("?element") && !l.contains("?segment") && !l.contains("{$"))
        );
    }
}

#[test]
fn the_tree_comes_in_pages() {
    let page = |skip, segments| {
        let page = Page { skip, segments, ..Page::default() };
        tree(&mut { LARGE }, Options::default(), page, Lang::En).unwrap().0
    };
    let first = page(0, 10);
    assert_eq!((first.before, first.shown, first.after), (0, 10, 1244));
    let middle = page(700, 20);
    assert_eq!((middle.before, middle.shown, middle.after), (700, 20, 534));
    let json = serde_json::to_value(&middle).unwrap();
    assert_eq!(json["nodes"][0]["node"], "message");
    assert_eq!(json["nodes"][0]["nodes"][0]["number"], 701);
    let past = page(5_000, 20);
    assert_eq!((past.before, past.shown, past.after), (1254, 0, 0));
    let narrow = Page { skip: 0, segments: 500, text: 100 };
    let (narrow, _) = tree(&mut { LARGE }, Options::default(), narrow, Lang::En).unwrap();
    assert!(narrow.shown < 5 && narrow.shown + narrow.after == 1254);
}

#[test]
fn objects_are_shown_by_their_beginning() {
    let check = |bin: &[u8], expect: &str| {
        let text =
            [b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'".as_slice(), bin, b"'UNT+3+1'UNZ+1+R'"].concat();
        let (tree, _) = tree(&mut text.as_slice(), Options::default(), Page::default(), Lang::En).unwrap();
        let lines = tree.lines(Lang::En);
        assert!(lines.iter().any(|line| line.trim() == expect), "{lines:#?}");
    };
    check(b"BIN+17+FWB/16\r\n180-1'234", "BIN  Attached object  17 | [17 B] FWB/16 ⏎ 180-1'234");
    check(b"BIN+4+\xb9\xab\xbf\xaa", "BIN  Attached object  4 | [4 B] 무역");
    check(b"BIN+3+\x00\x01\x02", "BIN  Attached object  3 | [3 B]");
}
