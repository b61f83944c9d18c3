//! Real files of others.

use corridor_base::Lang;
use corridor_trade::edifact::envelope::read_bytes;
use corridor_trade::edifact::tree::{Page, tree};
use corridor_trade::edifact::{Limits, Options, Severity, Token, Tokenizer, Verdict};

/// Real files of others: segments as counted by pydifact 0.2.3 (by hand, November 2026), messages,
/// and what we find. Where pydifact could not read a file its count is `None`, and says why.
#[test]
fn real_files_of_others() {
    let Some(data) = crate::data() else { return };
    use Verdict::{Accepted, Rejected, Unreadable};
    let dir = data.join("edifact-samples");
    let mut read_files = 0;
    for (name, pydifact, ours, messages, verdict, expect) in [
        ("cen-invoic/EDIFACT_EXAMPLE0.TXT", Some(39), 39, 1, Rejected, "29"),
        ("cen-invoic/EDIFACT_EXAMPLE0a.TXT", Some(36), 36, 1, Rejected, "29"),
        ("cen-invoic/EDIFACT_EXAMPLE1.TXT", Some(173), 173, 1, Rejected, "28"),
        // pydifact takes the object between UNO and UNP for a segment.
        ("cen-invoic/EDIFACT_EXAMPLE2.TXT", None, 143, 1, Rejected, "29 28"),
        ("cen-invoic/EDIFACT_EXAMPLE3.TXT", Some(45), 45, 1, Rejected, "28"),
        ("cen-invoic/EDIFACT_EXAMPLE4.TXT", Some(62), 62, 1, Rejected, "28"),
        ("cen-invoic/EDIFACT_EXAMPLE5.TXT", None, 141, 1, Rejected, "29 28"),
        ("cen-invoic/EDIFACT_EXAMPLE6.TXT", Some(43), 43, 1, Rejected, "28"),
        ("cen-invoic/EDIFACT_EXAMPLE7.TXT", Some(51), 51, 1, Rejected, "28"),
        ("cen-invoic/EDIFACT_EXAMPLE8.TXT", Some(121), 121, 1, Rejected, "28"),
        ("cen-invoic/EDIFACT_EXAMPLE9.TXT", Some(42), 42, 1, Rejected, "28"),
        ("php-edifact/D95BBAPLIE.edi", Some(32), 32, 1, Accepted, ""),
        ("php-edifact/D95BCOARRI.edi", Some(272), 272, 2, Accepted, ""),
        ("php-edifact/D96ADESADV.edi", Some(23), 23, 1, Accepted, ""),
        ("php-edifact/example.edi", Some(15), 15, 1, Accepted, ""),
        ("php-edifact/exampleMulti.edi", Some(28), 28, 2, Accepted, ""),
        ("php-edifact/example_multiline.edi", Some(9), 9, 1, Rejected, "12 12 29"),
        ("php-edifact/example_order_error.edi", Some(601), 601, 1, Accepted, ""),
        ("php-edifact/example_order_ok.edi", Some(601), 601, 1, Accepted, ""),
        ("php-edifact/example_release_character.edi", Some(25), 25, 1, Rejected, "29"),
        ("php-edifact/example_utf8.edi", Some(23), 23, 1, Accepted, ""),
        ("php-edifact/example_wrapped.edi", Some(15), 15, 1, Accepted, ""),
        ("smooks/bad-paxlst.txt", Some(21), 21, 1, Rejected, "29"),
        ("smooks/d96a-invoic-1.edi", Some(185), 1, 0, Unreadable, "13"),
        ("smooks/invoic.txt", Some(38), 38, 1, Accepted, ""),
        ("smooks/paxlst.txt", Some(20), 20, 1, Accepted, ""),
        ("smooks/recadv.txt", Some(26), 26, 1, Accepted, ""),
        ("staedi/empty-segment-example.edi", Some(7), 7, 1, Accepted, ""),
        ("staedi/empty-segment-loop-example.edi", Some(16), 16, 1, Accepted, ""),
        ("staedi/invoic_d93a_una.edi", Some(30), 30, 1, Accepted, ""),
        ("staedi/invoic_d97b.edi", Some(26), 26, 1, Accepted, ""),
        ("staedi/invoic_d97b_bad.edi", Some(27), 27, 1, Accepted, ""),
        ("staedi/invoic_d97b_una.edi", Some(26), 26, 1, Accepted, ""),
        ("staedi/issue106/null-pointer-example.edi", Some(11), 11, 1, Accepted, ""),
        ("staedi/issue122/baplie-test.edi", Some(21), 21, 1, Accepted, ""),
        // pydifact keeps the line breaks of wrapping in the tag.
        ("staedi/issue128/wrapped_invoic_d97b.edi", None, 26, 1, Accepted, ""),
        ("staedi/issue128/wrapped_invoic_d97b_una.edi", None, 26, 1, Accepted, ""),
        ("staedi/issue174/other_dialect_term_segments.edi", Some(6), 6, 1, Accepted, ""),
        ("staedi/orders-with-group.edi", Some(22), 22, 1, Rejected, "39 29"),
        ("staedi/pnrgov.edi", Some(87), 87, 1, Accepted, ""),
        ("../unox/keca-euckr-muyeok.edi", Some(6), 6, 1, Accepted, ""),
        ("../unox/unox-iso2022jp-katakana.edi", Some(6), 6, 1, Accepted, ""),
        ("../unox/unox-iso2022kr-muyeok.edi", Some(6), 6, 1, Accepted, ""),
    ] {
        let bytes = std::fs::read(dir.join(name)).unwrap();
        let report = read_bytes(&bytes, Options::default());
        let codes: Vec<String> = report
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .map(|f| f.code.to_string())
            .collect();
        let found = (report.segments, report.messages, report.verdict(), codes.join(" "));
        assert_eq!(found, (ours, messages, verdict, expect.to_owned()), "{name}: {:#?}", report.findings);
        let mut tokens = 0;
        let mut tokenizer = Tokenizer::new(Limits::default());
        let mut each = |token: Token<'_>| tokens += u32::from(matches!(token, Token::Segment(_)));
        tokenizer.push(&bytes, &mut each).unwrap();
        tokenizer.finish(&mut each).unwrap();
        assert!(pydifact.is_none_or(|n| n == tokens), "{name}: {tokens} segments");
        read_files += 1;
    }
    assert_eq!(read_files, 43);
    let text = |name: &str| {
        let mut bytes = std::fs::File::open(dir.join(name)).unwrap();
        let (tree, _) = tree(&mut bytes, Options::default(), Page::default(), Lang::En).unwrap();
        tree.lines(Lang::En).join("\n")
    };
    assert!(text("../unox/keca-euckr-muyeok.edi").contains("무역"));
    assert!(text("../unox/unox-iso2022kr-muyeok.edi").contains("무역"));
    assert!(text("../unox/unox-iso2022jp-katakana.edi").contains("カエデ水産"));
}
