//! Bytes cut anywhere: any split gives the same tokens and the same report, and an interchange that ends too
//! early is never accepted.

use corridor_base::Lang;
use corridor_trade::edifact::contrl::{answer, read_contrl};
use corridor_trade::edifact::envelope::{Reader, read_bytes};
use corridor_trade::edifact::tree::{Page, tree};
use corridor_trade::edifact::{
    Charset, Delimiters, Level, Limits, Options, Severity, Token, Tokenizer, Verdict, Writer,
};
use proptest::prelude::*;

use crate::{answering, samples};

/// Everything a tokenizer says of a split input: segments, objects (joined) and the end.
fn tokens(bytes: &[u8], cuts: &[usize]) -> (Vec<String>, Vec<u8>, String) {
    let limits = Limits { segment: 200, delimiters: 40 };
    let mut tokenizer = Tokenizer::new(limits);
    let (mut segments, mut object) = (Vec::new(), Vec::new());
    let mut each = |token: Token<'_>| match token {
        Token::Segment(s) => {
            segments.push(format!("{} {} {:?}", s.number, s.offset, s.parts().collect::<Vec<_>>()))
        }
        Token::Object { bytes, .. } => object.extend_from_slice(bytes),
    };
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut from = 0;
    let mut result = Ok(());
    for until in cuts.into_iter().chain([bytes.len()]) {
        result = result.and_then(|()| tokenizer.push(&bytes[from..until], &mut each));
        from = until;
    }
    let end = result.and_then(|()| tokenizer.finish(&mut each));
    (segments, object, format!("{end:?}"))
}

/// Bytes that look like EDIFACT often enough.
fn edifact_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"UNA:+.?*'",
        b"UNA:+.? '",
        b"UNA=*.!~\n",
        b"UNB+UNOC:4+A+B+20261122:0915+R'",
        b"UNB+UNOX:3+A+B+261122:0915+R'",
        b"UNB+UNOX:4+A:ZZ+B+20261122:0915+R'",
        b"UNB+KECA:4+A+B+261122:0915+R'",
        b"UNG+X+A+B+261122:0915+G'",
        b"UNH+1+CUSCAR:D:08A:UN'",
        b"UNH+1+CONTRL:D:3:UN'",
        b"UCI+R+A+B+7'",
        b"UCM+1+A:D:1:UN+4+12+UNH+2:1'",
        b"UCS+3+13'",
        b"UCD+12+2:1'",
        b"UNT+3+1'",
        b"UNE+1+G'",
        b"UNZ+1+R'",
        b"UNO+1+2+3+7'",
        b"UNB+KECA:3+A+B+261122:0915+R'BIN+5+",
        b"BIN+3+",
        b"UNP+7+1'",
        b"BGM+785",
        b"?'",
        b"?",
        b"'",
        b"+",
        b":",
        b"*",
        b"\r\n",
        b"\0",
        b"\x1b$B%+",
        b"\x1b(B",
        b"\x1b$)C",
        b"\x0e9+?*",
        b"\x0f",
        b"\xb9\xab",
        b"\xff",
        b"text",
        b" ",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_tokens(bytes in edifact_like(), cuts in proptest::collection::vec(any::<usize>(), 0..12)) {
        let whole = tokens(&bytes, &[]);
        prop_assert_eq!(&tokens(&bytes, &cuts), &whole);
        let everywhere: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(&tokens(&bytes, &everywhere), &whole);
    }

    #[test]
    fn any_split_gives_the_same_report(bytes in edifact_like(), size in 1usize..20) {
        let whole = read_bytes(&bytes, Options::default());
        let mut reader = Reader::new(Options::default());
        for piece in bytes.chunks(size) {
            reader.push(piece, &mut ());
        }
        let split = reader.finish(&mut ());
        prop_assert_eq!(serde_json::to_string(&split).unwrap(), serde_json::to_string(&whole).unwrap());
    }

    #[test]
    fn nothing_panics(bytes in prop_oneof![edifact_like(), proptest::collection::vec(any::<u8>(), 0..400)]) {
        let report = read_bytes(&bytes, Options { findings: 3, listed: 2, strict_characters: true, ..Options::default() });
        for lang in Lang::ALL {
            let _ = report.problem(*lang);
            for finding in &report.findings {
                prop_assert!(!finding.text(*lang).contains("?syntax"));
            }
        }
        let _ = read_contrl(&mut bytes.as_slice());
        let page = Page { skip: 1, segments: 5, text: 300 };
        let (tree, _) = tree(&mut bytes.as_slice(), Options::default(), page, Lang::Ja).unwrap();
        let _ = (tree.lines(Lang::Ja), serde_json::to_string(&tree).unwrap());
        // Whatever is answered is itself a right interchange that is read back.
        if let Ok(reply) = answer(&report, &answering()) {
            let back = read_bytes(&reply, Options::default());
            // Its identities may be wrong, because the subject's were: then that alone is found.
            let own = back.findings.iter().filter(|f| f.severity == Severity::Error);
            prop_assert!(own.filter(|f| f.level != Level::Interchange).count() == 0, "{:?}", String::from_utf8_lossy(&reply));
        }
    }

    #[test]
    fn what_is_written_is_read_again(values in proptest::collection::vec(proptest::collection::vec(
        proptest::collection::vec(0x20u8..=0xff, 0..6), 1..4), 1..6), una in any::<bool>()) {
        let delimiters = if una { Delimiters::from_una(*b"|^,\\~!").unwrap() } else { Delimiters::default_of(4) };
        let mut writer = Writer::new(delimiters, Charset::Latin1);
        writer.advice();
        writer.segment("UNB", &[&[b"UNOC", b"4"]]);
        let elements: Vec<Vec<&[u8]>> = values.iter().map(|e| e.iter().map(Vec::as_slice).collect()).collect();
        let slices: Vec<&[&[u8]]> = elements.iter().map(Vec::as_slice).collect();
        writer.segment("ABC", &slices);
        let written = writer.into_bytes();
        let mut tokenizer = Tokenizer::new(Limits::default());
        let mut seen = 0;
        tokenizer.push(&written, &mut |token| {
            let Token::Segment(s) = token else { panic!("object") };
            seen += 1;
            for (e, element) in values.iter().enumerate() {
                for (c, value) in element.iter().enumerate() {
                    if s.number == 2 {
                        let (e, c) = (u32::try_from(e).unwrap() + 1, u32::try_from(c).unwrap() + 1);
                        assert_eq!(s.value(e, c).as_ref(), value.as_slice());
                    }
                }
            }
        }).unwrap();
        prop_assert_eq!(seen, 2);
    }
}

/// What a tokenizer says of bytes in pieces, as one number: files are many and long.
fn told(bytes: &[u8], cuts: &[usize]) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut tokenizer = Tokenizer::new(Limits::default());
    let mut seen = DefaultHasher::new();
    let mut each = |token: Token<'_>| match token {
        Token::Segment(s) => {
            (s.number, s.offset, s.inline, s.raw(), s.elements()).hash(&mut seen);
        }
        Token::Object { bytes, .. } => bytes.iter().for_each(|b| b.hash(&mut seen)),
    };
    let (mut from, mut end) = (0, Ok(()));
    for until in cuts.iter().copied().chain([bytes.len()]) {
        end = end.and_then(|()| tokenizer.push(&bytes[from..until], &mut each));
        from = until;
    }
    let end = end.and_then(|()| tokenizer.finish(&mut each));
    format!("{end:?}").hash(&mut seen);
    seen.finish()
}

/// Every byte offset of every short file: inside release pairs, escape sequences, objects, line ends, UNA;
/// of long ones, pieces of every size that does not fit them.
#[test]
fn every_cut_of_every_file_gives_the_same_tokens() {
    let mut cuts = 0;
    for (path, bytes) in samples() {
        let whole = told(&bytes, &[]);
        let short = bytes.len() < 1_000;
        for at in 0..=bytes.len() * usize::from(short) {
            assert_eq!(told(&bytes, &[at]), whole, "{} at {at}", path.display());
            cuts += 1;
        }
        for size in [1, 2, 3, 7, 61] {
            let all: Vec<usize> = (1..=bytes.len() / size).map(|piece| piece * size).collect();
            assert_eq!(told(&bytes, &all), whole, "{} in pieces of {size}", path.display());
        }
    }
    assert!(cuts > 1_000, "{cuts}");
}

#[test]
fn what_ends_too_early_is_never_accepted() {
    for (path, bytes) in samples().into_iter().filter(|(_, bytes)| bytes.len() < 1_000) {
        let whole = bytes.trim_ascii_end();
        for at in 0..whole.len() {
            let report = read_bytes(&whole[..at], Options::default());
            assert_ne!(report.verdict(), Verdict::Accepted, "{} cut at {at}", path.display());
        }
    }
}
