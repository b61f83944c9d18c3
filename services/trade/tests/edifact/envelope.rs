//! The envelope: headers and trailers, groups, messages, packages, counts and references.

use std::io::Read;

use corridor_trade::edifact::contrl::answer;
use corridor_trade::edifact::envelope::{Position, Visit, read, read_bytes};
use corridor_trade::edifact::{Charset, Options, Segment, Verdict};

use crate::{LARGE, MESSAGE, WRONG, answering, around, errors};

fn check(input: &str, verdict: Verdict, expect: &[&str]) {
    let report = read_bytes(input.as_bytes(), Options::default());
    assert_eq!(
        (report.verdict(), errors(&report)),
        (verdict, expect.iter().map(|s| (*s).to_owned()).collect()),
        "{input}"
    );
}

#[test]
fn right_interchanges() {
    use Verdict::Accepted;
    check(&around(MESSAGE, 1), Accepted, &[]);
    check(&format!("UNA:+.? '\n{}", around(MESSAGE, 1).replace('\'', "'\r\n")), Accepted, &[]);
    check("UNB+UNOC:4+A+B+20261122:0915+R'UNH+1+CUSRES:D:08A:UN'BGM+1'UNT+3+1'UNZ+1+R'", Accepted, &[]);
    let grouped = format!("UNG+CUSCAR+A+B+261122:0915+G1+UN+D:08A'{MESSAGE}UNE+1+G1'");
    check(&around(&grouped, 1), Accepted, &[]);
    let package = "UNO+P1+1:X+13:application/pdf+5'a'b?cUNP+5+P1'";
    check(&format!("UNB+UNOC:4+A+B+20261122:0915+R'{MESSAGE}{package}UNZ+2+R'"), Accepted, &[]);
    check(std::str::from_utf8(corridor_trade::SAMPLE).unwrap(), Accepted, &[]);
    check(std::str::from_utf8(LARGE).unwrap(), Accepted, &[]);
    // A form of date that belongs to the other syntax, and security segments, only warn or pass.
    check("UNB+KECA:4+A+B+261122:0915+R'UNH+1+X:1:1:XX'BGM'UNT+3+1'UNZ+1+R'", Accepted, &[]);
    check(&around(&format!("USH+1'{MESSAGE}UST+1'"), 1), Accepted, &[]);
}

#[test]
fn when_it_was_prepared() {
    let check = |unb: &str, expect: Option<&str>| {
        let report = read_bytes(format!("UNB+{unb}+R'UNZ+0+R'").as_bytes(), Options::default());
        let found = report.header.and_then(|header| header.prepared()).map(|at| at.to_string());
        assert_eq!(found.as_deref(), expect, "{unb}");
    };
    check("UNOC:3+A+B+261122:0915", Some("2026-11-22T09:15:00.000Z"));
    check("UNOC:4+A+B+20261122:2359", Some("2026-11-22T23:59:00.000Z"));
    for wrong in ["UNOC:3+A+B+261322:0915", "UNOC:3+A+B+261122:2460", "UNOC:3+A+B+20261122:0915"] {
        check(wrong, None);
    }
    for wrong in ["UNOC:4+A+B+261122:0915", "UNOC:3+A+B+261122", "UNOC:3+A+B", "UNOC:3+A+B+2611é2:0915"] {
        check(wrong, None);
    }
}

#[test]
fn wrong_counts_and_references() {
    use Verdict::{PartlyRejected, Rejected};
    check(&around("UNH+1+A:D:1:UN'BGM+1'UNT+4+1'", 1), Rejected, &["29 M1 UNT 4/3 1:0"]);
    check(&around("UNH+1+A:D:1:UN'BGM+1'UNT+3+2'", 1), Rejected, &["28 M1 UNT 4/3 2:0"]);
    check(&around("UNH+1+A:D:1:UN'BGM+1'UNT+x+1'", 1), Rejected, &["12 M1 UNT 4/3 1:0"]);
    check(&around("UNH+1+A:D:1:UN'BGM+1'UNT'", 1), Rejected, &["13 M1 UNT 4/3 1:0", "13 M1 UNT 4/3 2:0"]);
    check(&around(MESSAGE, 2), Rejected, &["29 I UNZ 5/0 1:0"]);
    check(&around(MESSAGE, 1).replace("UNZ+1+R1", "UNZ+1+R2"), Rejected, &["28 I UNZ 5/0 2:0"]);
    let two = format!("{MESSAGE}UNH+2+CUSCAR:D:08A:UN'BGM+1'UNT+9+2'");
    check(&around(&two, 2), PartlyRejected, &["29 M2 UNT 7/3 1:0"]);
    check(&around(&format!("{MESSAGE}{MESSAGE}"), 2), PartlyRejected, &["26 M2 UNH 5/1 1:0"]);
    check(&around("UNG+CUSCAR+A+B+261122:0915+G1+UN+D:08A'UNE+0+G1'", 1), Rejected, &["32 G1 UNE 3/0 0:0"]);
    let grouped = format!("UNG+CUSRES+A+B+261122:0915+G1+UN+D:08A'{MESSAGE}UNE+2+G2'");
    check(&around(&grouped, 1), Rejected, &["31 M1 UNH 3/1 2:1", "29 G1 UNE 6/0 1:0", "28 G1 UNE 6/0 2:0"]);
    check(std::str::from_utf8(WRONG).unwrap(), Rejected, &["29 M1 UNT 119/118 1:0", "28 I UNZ 120/0 2:0"]);
}

#[test]
fn what_is_cut_unclosed_or_out_of_place() {
    use Verdict::{PartlyRejected, Rejected, Unreadable};
    let unb = "UNB+UNOB:3+A+B+261122:0915+R1'";
    check("", Unreadable, &["13 I UNB 0/0 0:0"]);
    check("UNA:+.", Unreadable, &["13 I UNA 0/0 0:0"]);
    check("UNA+++++'", Unreadable, &["20 I UNA 0/0 0:0"]);
    check("hello, world", Unreadable, &["13 I  1/0 0:0"]);
    check("hello'world'", Unreadable, &["13 I UNB 1/0 0:0"]);
    check("UIB+UNOA:4'", Unreadable, &["13 I UNB 1/0 0:0"]);
    check(unb, Rejected, &["13 I UNZ 1/0 0:0"]);
    check(&format!("{unb}{MESSAGE}"), Rejected, &["13 I UNZ 4/0 0:0"]);
    check(&format!("{unb}UNH+1+A:D:1:UN'BGM+1'"), Rejected, &["13 M1 UNT 3/0 0:0", "13 I UNZ 3/0 0:0"]);
    check(
        &format!("{unb}UNH+1+A:D:1:UN'BGM+1?'"),
        Rejected,
        &["13 I  3/2 0:0", "13 M1 UNT 2/0 0:0", "13 I UNZ 2/0 0:0"],
    );
    check(&format!("{unb}UNZ+0+R1'"), Rejected, &["32 I UNZ 2/0 0:0"]);
    check(&around("UNH+1+A:D:1:UN'UNT+2+1'", 1), Rejected, &["32 M1 UNT 3/2 0:0"]);
    check(&around(&format!("UNH+0+A:D:1:UN'BGM'{MESSAGE}"), 2), PartlyRejected, &["13 M1 UNT 4/3 0:0"]);
    check(
        &around(&format!("BGM+1'DTM'UNT+2+1'{MESSAGE}"), 1),
        Rejected,
        &["33 I BGM 2/0 0:0", "13 I UNH 4/0 0:0"],
    );
    let open = format!("UNG+CUSCAR+A+B+261122:0915+G1+UN+D:08A'{MESSAGE}");
    check(&around(&open, 1), Rejected, &["13 G1 UNE 6/0 0:0"]);
    check(
        &around(&format!("{open}UNG+CUSCAR+A+B+261122:0915+G2+UN+D:08A'UNE+0+G2'"), 2),
        Rejected,
        &["13 G1 UNE 6/0 0:0", "32 G2 UNE 7/0 0:0"],
    );
    check(
        &around(&format!("{open}UNE+1+G1'{MESSAGE}"), 1),
        Rejected,
        &["30 I UNH 7/0 0:0", "26 M2 UNH 7/1 1:0"],
    );
    check(&around(&format!("{MESSAGE}UNE+1+G1'"), 1), Rejected, &["13 I UNG 5/0 0:0"]);
    // What is still open when the bytes end is named, each.
    check(&format!("{unb}{open}"), Rejected, &["13 G1 UNE 5/0 0:0", "13 I UNZ 5/0 0:0"]);
    let group = |reference: &str| format!("UNG+CUSCAR+A+B+261122:0915+{reference}+UN+D:08A'");
    check(
        &format!("{unb}{}{}", group("G1"), group("G2")),
        Rejected,
        &["13 G1 UNE 3/0 0:0", "13 G2 UNE 3/0 0:0", "13 I UNZ 3/0 0:0"],
    );
    check(
        "UNB+UNOC:4+A+B+20261122:0915+R'UNO+P1+1:X+13:application/pdf+5'a'b?c",
        Rejected,
        &["13 P1 UNP 2/0 0:0", "13 I UNZ 2/0 0:0"],
    );
    check(&format!("{}UNH+2+A:D:1:UN'", around(MESSAGE, 1)), Rejected, &["33 I UNH 6/0 0:0"]);
    check(&format!("{}\u{0}\u{0}", around(MESSAGE, 1)), Rejected, &["33 I  6/0 0:0"]);
    check(&format!("{unb}{MESSAGE}{unb}"), Rejected, &["13 I UNZ 5/0 0:0", "15 I UNB 5/0 0:0"]);
}

#[test]
fn wrong_service_segments() {
    use Verdict::{Rejected, Unreadable};
    let with = |unb: &str| format!("{unb}'{MESSAGE}UNZ+1+R1'");
    check(&with("UNB+UNOA:9+A+B+261122:0915+R1"), Rejected, &["2 I UNB 1/0 1:2"]);
    check(&with("UNB+UNOA:3+A+B+261322:0915+R1"), Rejected, &["12 I UNB 1/0 4:1"]);
    check(&with("UNB+UNOA:3+A+B+261122:2460+R1"), Rejected, &["12 I UNB 1/0 4:2"]);
    check(&with("UNB+UNOA:3+A+B+260229:0000+R1"), Rejected, &["12 I UNB 1/0 4:1"]);
    check(&with("UNB+UNOA:3++B+261122:0915+R1"), Unreadable, &["13 I UNB 1/0 2:1"]);
    check(&with("UNB+UNOA:3+A+B+261122:0915"), Unreadable, &["13 I UNB 1/0 5:1", "28 I UNZ 5/0 2:0"]);
    check(&with("UNB+UNOA:3+A+B+261122:0915+R1+++++++1"), Rejected, &["16 I UNB 1/0 0:0"]);
    let long = format!("UNB+UNOA:3+{}+B+261122:0915+R1", "A".repeat(36));
    check(&with(&long), Rejected, &["39 I UNB 1/0 2:1"]);
    check(&around("UNH+1+CUSCAR:D'BGM'UNT+3+1'", 1), Rejected, &["13 M1 UNH 2/1 2:3", "13 M1 UNH 2/1 2:4"]);
    check(&around("UNH+1+A:D:1:UN'bgm+1''UNT+4+1'", 1), Rejected, &["12 M1 bgm 3/2 0:0", "13 M1  4/3 0:0"]);
    check(&around("UNH+1+A:D:1:UN'FTX+A:\u{0}B'UNT+3+1'", 1), Rejected, &["21 M1 FTX 3/2 1:2"]);
    let test = "UNB+UNOA:3+A+B+261122:0915+R1++++++1";
    check(&with(test), Verdict::Accepted, &[]);
    let report = read_bytes(with(test).as_bytes(), Options { accept_test: false, ..Options::default() });
    assert_eq!(errors(&report), ["25 I UNB 1/0 11:0"]);
    let umlaut = around("UNH+1+A:D:1:UN'FTX+M\u{fc}'UNT+3+1'", 1);
    let lenient = read_bytes(umlaut.as_bytes(), Options::default());
    assert_eq!((lenient.verdict(), lenient.warnings), (Verdict::Accepted, 1));
    let strict = read_bytes(umlaut.as_bytes(), Options { strict_characters: true, ..Options::default() });
    assert_eq!(errors(&strict), ["21 M1 FTX 3/2 1:1"]);
}

/// KTNET carries what is no EDIFACT as `BIN+<length>+<bytes>`.
#[test]
fn objects_in_syntax_3() {
    use Verdict::{Accepted, Rejected};
    let with = |bin: &str| format!("UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'{bin}UNT+3+1'UNZ+1+R'");
    check(&with("BIN+5+a'b?+'"), Accepted, &[]);
    check(&with("BIN+0+'"), Accepted, &[]);
    check(&with("BIN+4+a'b?+'"), Rejected, &["29 I  3/3 0:0", "13 M1 UNT 3/0 0:0", "13 I UNZ 3/0 0:0"]);
    check(&with("BIN+6+a'b?+'"), Rejected, &["29 I  3/3 0:0", "13 M1 UNT 3/0 0:0", "13 I UNZ 3/0 0:0"]);
    check(&with("BIN+999+a'"), Rejected, &["13 I  3/3 0:0", "13 M1 UNT 3/0 0:0", "13 I UNZ 3/0 0:0"]);
    check(&with("BIN+x+a'"), Rejected, &["12 M1 BIN 3/2 1:1"]);
    // A long one passes in pieces, whatever stands in it.
    let long = "UNZ+1+R'".repeat(100_000);
    check(&with(&format!("BIN+{}+{long}'", long.len())), Accepted, &[]);
}

#[test]
fn characters_that_partners_agreed_on() {
    let bytes = b"UNB+UNOC:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'FTX+\x95\x5c'UNT+3+1'UNZ+1+R'";
    let read = |characters| {
        let mut seen = Texts::default();
        let options = Options { characters, strict_characters: true, ..Options::default() };
        let report = read(&mut &bytes[..], options, &mut seen).unwrap();
        (report.verdict(), seen.0)
    };
    assert_eq!(read(None).0, Verdict::Rejected);
    assert_eq!(read(Charset::named("SHIFT_JIS")), (Verdict::Accepted, vec!["表".to_owned()]));
    // What is labelled UNOC and is a page of Windows is said, and read when it is agreed on.
    assert_eq!(read(Charset::named("WINDOWS-1252")), (Verdict::Accepted, vec!["•\\".to_owned()]));
}

/// The first element of each FTX.
#[derive(Default)]
struct Texts(Vec<String>);

impl Visit for Texts {
    fn segment(&mut self, _: &Position<'_>, segment: &Segment<'_>) {
        if segment.tag().as_ref() == b"FTX" {
            self.0.extend(segment.part(1, 1).map(|part| part.text()));
        }
    }
}

#[test]
fn findings_are_bounded_and_counted() {
    let mut text = String::from("UNB+UNOB:3+A+B+261122:0915+R1'");
    for n in 0..2_000 {
        text.push_str(&format!("UNH+{n}+A:D:1:UN'BGM+1'UNT+4+{n}'"));
    }
    text.push_str("UNZ+2000+R1'");
    let report = read_bytes(text.as_bytes(), Options { findings: 10, listed: 20, ..Options::default() });
    assert_eq!((report.findings.len(), report.errors, report.listed.len()), (10, 2_000, 20));
    assert_eq!((report.refused, report.refused_messages.len(), report.refused_left_out), (2_000, 20, true));
    // What cannot be named is not acknowledged by silence.
    let reply = String::from_utf8(answer(&report, &answering()).unwrap()).unwrap();
    assert!(reply.contains("UCI+R1+A+B+4+18'"), "{reply}");
}

/// An interchange as long as wished that is never held in memory.
struct Long {
    left: u64,
    number: u64,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Long {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.piece.len() {
            self.at = 0;
            self.piece = match self.left {
                0 if self.number == 0 => Vec::new(),
                0 => {
                    let end = format!("UNZ+{}+R1'", std::mem::take(&mut self.number));
                    end.into_bytes()
                }
                _ => {
                    self.left -= 1;
                    self.number += 1;
                    let text =
                        "FTX+AAA+++ELECTRONIC PARTS ?+ ACCESSORIES?: HS 8542.31:INVOICE NO. A-77'".repeat(20);
                    format!("UNH+{0}+CUSCAR:D:08A:UN'{text}UNT+22+{0}'", self.number).into_bytes()
                }
            };
        }
        let n = into.len().min(self.piece.len() - self.at);
        into[..n].copy_from_slice(&self.piece[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[test]
fn a_long_interchange_is_judged_in_one_pass() {
    let head = b"UNB+UNOA:3+A+B+261122:0915+R1'".to_vec();
    let mut long = Long { left: 10_000, number: 0, piece: head, at: 0 };
    let report = read(&mut long, Options::default(), &mut ()).unwrap();
    assert_eq!((report.verdict(), report.messages, report.listed.len()), (Verdict::Accepted, 10_000, 500));
    assert!(report.bytes > 14_000_000 && report.references_compared);
}
