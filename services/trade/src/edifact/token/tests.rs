//! The tokenizer on bytes right, wrong, cut and hostile.

use super::*;

/// Tokens as text: `TAG+<element>:<component>*<repetition>`, objects as `[bytes]`, and how it ended.
fn show(pieces: &[&[u8]], limits: Limits) -> String {
    let mut shown = String::new();
    let mut each = |token: Token<'_>| match token {
        Token::Segment(s) => {
            let mut before = (0, 1);
            for part in s.parts() {
                let between = if part.element != before.0 {
                    "+"
                } else if part.repetition != before.1 {
                    "*"
                } else if part.component > 1 {
                    ":"
                } else {
                    ""
                };
                before = (part.element, part.repetition);
                shown.push_str(between);
                shown.push_str(&format!("<{}>", String::from_utf8_lossy(&part.value())));
            }
            shown.push_str(&format!("@{} ", s.offset));
        }
        Token::Object { bytes, .. } => shown.push_str(&String::from_utf8_lossy(bytes)),
    };
    let mut tokenizer = Tokenizer::new(limits);
    let pushed = pieces.iter().try_for_each(|p| tokenizer.push(p, &mut each));
    let end = match pushed.and_then(|()| tokenizer.finish(&mut each)) {
        Ok(()) => "end".to_owned(),
        Err(broken) => broken.to_string(),
    };
    shown + &end
}

fn check(input: &[u8], expect: &str) {
    assert_eq!(show(&[input], Limits::default()), expect);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(show(&bytes, Limits::default()), expect, "byte by byte");
}

#[test]
fn segments_of_all_syntaxes() {
    check(b"", "end");
    check(b" \r\n\t", "end");
    check(b"BGM+785+A:B'", "<BGM>+<785>+<A>:<B>@0 end");
    check(b"BGM++:B+'\r\n X'", "<BGM>+<>+<>:<B>+<>@0 <X>@12 end");
    check(b"A+O?'HARA?+?:??'", "<A>+<O'HARA+:?>@0 end");
    // A tag with nesting (ISO 9735:1988, 8.2).
    check(b"LIN:1:2+X'", "<LIN>:<1>:<2>+<X>@0 end");
    // Repetition belongs to syntax 4 alone, whatever UNA says.
    check(b"UNA:+.?*'UNB+UNOC:4'A+1*2:3'", "<UNB>+<UNOC>:<4>@9 <A>+<1>*<2>:<3>@20 end");
    check(b"UNB+UNOC:4'A+1*2'", "<UNB>+<UNOC>:<4>@0 <A>+<1>*<2>@11 end");
    check(b"UNA:+.?*'UNB+UNOC:3'A+1*2'", "<UNB>+<UNOC>:<3>@9 <A>+<1*2>@20 end");
    check(b"UNA:+.? 'UNB+UNOC:4'A+1*2'", "<UNB>+<UNOC>:<4>@9 <A>+<1*2>@20 end");
    // Other service characters; no release character at all; a line break that ends segments.
    check(b"UNA=*.? ~\nUNB*UNOA=3~A*?~=B~", "<UNB>+<UNOA>:<3>@10 <A>+<~>:<B>@21 end");
    check(b"UNA:+.  'A+B?'", "<A>+<B?>@9 end");
    check(b"UNA:+.? \nA+B\nC+D\n", "<A>+<B>@9 <C>+<D>@13 end");
    // Wrapped lines.
    check(b"UN\r\nB+UNOC:3+AB\nCD'", "<UNB>+<UNOC>:<3>+<ABCD>@0 end");
}

#[test]
fn service_characters_that_cannot_work() {
    check(b"UNA", "UnaCut in segment 0 at byte 0");
    check(b"UNA:+.?", "UnaCut in segment 0 at byte 0");
    check(b"UNA::.? '", "UnaInvalid in segment 0 at byte 0");
    check(b"UNAA+.? '", "UnaInvalid in segment 0 at byte 0");
    check(b"UNA:+.+ '", "UnaInvalid in segment 0 at byte 0");
    check(b"\nUNA:+.? \xff", "UnaInvalid in segment 0 at byte 1");
}

#[test]
fn bytes_that_end_too_early() {
    check(b"BGM+785", "CutInSegment in segment 1 at byte 7");
    check(b"A'BGM+785?", "<A>@0 CutInSegment in segment 2 at byte 10");
    check(b"A'BGM+785?'", "<A>@0 CutInSegment in segment 2 at byte 11");
    check(b"UNB+UNOX:3'A+\x1b$B%+'", "<UNB>+<UNOX>:<3>@0 CutInSegment in segment 2 at byte 19");
    check(b"UNB+UNOX:3'A+\x1b", "<UNB>+<UNOX>:<3>@0 CutInSegment in segment 2 at byte 14");
    check(
        b"UNB+UNOC:4'UNO+1+2+3+9'12'45",
        "<UNB>+<UNOC>:<4>@0 <UNO>+<1>+<2>+<3>+<9>@11 12'45CutInObject in segment 2 at byte 28",
    );
    let bin = |bytes: &str, end: &str| {
        let input = format!("UNB+KECA:3'BIN+4+{bytes}");
        check(input.as_bytes(), &format!("<UNB>+<KECA>:<3>@0 <BIN>+<4>@11 {bytes}{end}"));
    };
    bin("", "CutInObject in segment 2 at byte 17");
    bin("a'b", "CutInObject in segment 2 at byte 20");
    bin("a'b'", "CutInObject in segment 2 at byte 21");
    check(b"UNB+KECA:3'BIN+3+a'b'c'", "<UNB>+<KECA>:<3>@0 <BIN>+<3>@11 a'b<c>@21 end");
    check(b"UNB+KECA:3'BIN+2+a'b'", "<UNB>+<KECA>:<3>@0 <BIN>+<2>@11 a'ObjectRunsOn in segment 2 at byte 19");
}

#[test]
fn what_only_looks_like_a_delimiter() {
    // カエデ水産 holds + and ?; 무역 holds +, ? and *.
    check(
        b"UNB+UNOX:3'N+\x1b$B%+%(%G?e;:\x1b(B+X'",
        "<UNB>+<UNOX>:<3>@0 <N>+<\u{1b}$B%+%(%G?e;:\u{1b}(B>+<X>@11 end",
    );
    check(
        b"UNB+UNOX:4'N+\x1b$)C\x0e9+?*\x0f*Y'",
        "<UNB>+<UNOX>:<4>@0 <N>+<\u{1b}$)C\u{e}9+?*\u{f}>*<Y>@11 end",
    );
    check(b"UNB+UNOX:3'N+?+\x1b$B?+\x1b(B??'", "<UNB>+<UNOX>:<3>@0 <N>+<+\u{1b}$B?+\u{1b}(B?>@11 end");
    check(
        b"UNB+UNOC:4'UNO+1+2+3+4'a'+?UNP+4+1'",
        "<UNB>+<UNOC>:<4>@0 <UNO>+<1>+<2>+<3>+<4>@11 a'+?<UNP>+<4>+<1>@27 end",
    );
    // Before syntax 4 there is no UNO; KTNET carries what is no EDIFACT in BIN.
    check(b"UNB+KECA:3'BIN+6+a'b?+c'X'", "<UNB>+<KECA>:<3>@0 <BIN>+<6>@11 a'b?+c<X>@24 end");
    check(b"UNB+KECA:3'BI\nN+2+''''X'", "<UNB>+<KECA>:<3>@0 <BIN>+<2>@11 ''<>@21 <X>@22 end");
    check(b"UNB+KECA:3'BIN+0+'X'", "<UNB>+<KECA>:<3>@0 <BIN>+<0>@11 <X>@18 end");
    check(b"UNB+KECA:3'BIN+5'BIN+A+5'", "<UNB>+<KECA>:<3>@0 <BIN>+<5>@11 <BIN>+<A>+<5>@17 end");
    check(b"UNB+KECA:3'BIN+2:1+a'", "<UNB>+<KECA>:<3>@0 <BIN>+<2>:<1>+<a>@11 end");
    check(b"UNB+UNOA:3'BIN+2+a'b'", "<UNB>+<UNOA>:<3>@0 <BIN>+<2>+<a>@11 <b>@19 end");
    check(b"UNB+UNOC:3'UNO+1+2+3+4'a'", "<UNB>+<UNOC>:<3>@0 <UNO>+<1>+<2>+<3>+<4>@11 <a>@23 end");
}

#[test]
fn level_b_as_it_was_written() {
    check(b"UNB\x1dUNOB\x1f3\x1dA'B\x1cBGM\x1d785?\x1c", "<UNB>+<UNOB>:<3>+<A'B>@0 <BGM>+<785?>@15 end");
    check(b"UNB\x1d", "CutInSegment in segment 1 at byte 4");
    check(b"UN", "CutInSegment in segment 1 at byte 2");
    check(b"UNB", "CutInSegment in segment 1 at byte 3");
}

#[test]
fn the_values_of_a_segment_are_nested_as_they_stand() {
    let check = |input: &[u8], expect: &str| {
        let mut shown = String::new();
        let mut tokenizer = Tokenizer::new(Limits::default());
        let mut each = |token: Token<'_>| {
            if let Token::Segment(s) = token {
                shown = format!("{:?}", s.nested(Part::text));
            }
        };
        tokenizer.push(input, &mut each).unwrap();
        assert_eq!(shown, expect);
    };
    check(b"A'", "[]");
    check(b"A+'", r#"[[[""]]]"#);
    check(b"A:1+B'", r#"[[["B"]]]"#);
    check(b"A++B:'", r#"[[[""]], [["B", ""]]]"#);
    check(b"UNB+UNOC:4'A+1*2:3**+?*'", r#"[[["1"], ["2", "3"], [""], [""]], [["*"]]]"#);
    check(b"UNB+UNOC:3'A+1*2:3'", r#"[[["1*2", "3"]]]"#);
}

#[test]
fn characters_that_partners_agreed_on_hold_from_the_first_byte() {
    let check = |agreed: &str, input: &[u8], expect: &str| {
        for size in [1, 2, 1000] {
            let mut tokenizer = Tokenizer::of(Limits::default(), Charset::named(agreed));
            let mut shown = Vec::new();
            let mut each = |token: Token<'_>| {
                if let Token::Segment(s) = token {
                    shown.push(s.parts().map(|p| p.text()).collect::<Vec<_>>().join("|"));
                }
            };
            input.chunks(size).for_each(|piece| tokenizer.push(piece, &mut each).unwrap());
            tokenizer.finish(&mut each).unwrap();
            assert_eq!(shown.join(" "), expect, "{agreed}, pieces of {size}");
        }
    };
    // 表 is 95 5C, ソ is 83 5C: a partner whose release character is 5C needs the shift state.
    check("SHIFT_JIS", b"UNA:+.\\ 'UNB+UNOA:3+\x95\x5c'A+\x83\x5c+x'", "UNB|UNOA|3|表 A|ソ|x");
    check("WINDOWS-1252", b"UNB+UNOC:3'A+\x93x\x94'", "UNB|UNOC|3 A|“x”");
    check("UTF-8", "UNB+UNOC:3'A+水'".as_bytes(), "UNB|UNOC|3 A|水");
    check("CP949", b"UNB+UNOA:3'A+\x8c\x63'", "UNB|UNOA|3 A|똠");
}

#[test]
fn bounds_hold_at_the_same_place_however_the_bytes_arrive() {
    let limits = Limits { segment: 10, delimiters: 3 };
    let check = |input: &[u8], expect: &str| {
        for size in [1, 2, 3, 7, 1000] {
            let pieces: Vec<&[u8]> = input.chunks(size).collect();
            assert_eq!(show(&pieces, limits), expect, "pieces of {size}");
        }
    };
    check(b"0123456789'", "<0123456789>@0 end");
    check(b"A'01234567890'", "<A>@0 SegmentTooLong in segment 2 at byte 12");
    check(b"A'0123456789", "<A>@0 CutInSegment in segment 2 at byte 12");
    check(b"A+++'B++++'", "<A>+<>+<>+<>@0 TooManyParts in segment 2 at byte 9");
    check(b"A+++012345678901+'", "SegmentTooLong in segment 1 at byte 10");
    check(b"UNB+UNOX:3'01234567890'", "<UNB>+<UNOX>:<3>@0 SegmentTooLong in segment 2 at byte 21");
}

#[test]
fn a_long_interchange_is_read_in_constant_memory() {
    let mut tokenizer = Tokenizer::new(Limits::default());
    let piece = b"FTX+AAA+++SOME TEXT?: A+B:C:D'".repeat(3_000);
    let mut segments = 0;
    for _ in 0..60 {
        tokenizer.push(&piece, &mut |_| segments += 1).unwrap();
    }
    assert_eq!(segments, 180_000);
    assert!(tokenizer.held() < 512 * 1024, "{}", tokenizer.held());
}

#[test]
fn a_segment_of_100_mb_is_refused_at_the_limit() {
    let mut tokenizer = Tokenizer::new(Limits::default());
    let piece = vec![b'A'; 1024 * 1024];
    let mut last = Ok(());
    for _ in 0..100 {
        last = tokenizer.push(&piece, &mut |_| panic!("no token"));
    }
    assert_eq!(last, Err(Broken { kind: BrokenKind::SegmentTooLong, offset: 65_536, segment: 1 }));
    assert!(tokenizer.held() < 512 * 1024, "{}", tokenizer.held());
}

/// Two bytes a character are refused as what they are, with a mark of their order or without.
#[test]
fn unicode_in_two_bytes_is_refused() {
    let wide = |text: &str, big: bool, mark: bool| {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    for (big, mark) in [(true, true), (true, false), (false, true), (false, false)] {
        for text in ["UNA:+.? 'UNB+UNOY:4+A", "UNB+UNOY:4+A"] {
            check(&wide(text, big, mark), "TwoBytes in segment 0 at byte 0");
        }
    }
    check(b"U", "CutInSegment in segment 1 at byte 1");
}
