//! Interchanges as data for programs that do not read EDIFACT: a line of JSON a segment and back, and a
//! row of CSV a value; objects of declared length in pieces as base64. Streaming both ways; what is written
//! is read again as the same segments.

use std::io::{BufRead, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{ErrorCode, Problem, Result};
use serde::{Deserialize, Serialize};

use super::charset::Charset;
use super::csv::cell;
use super::envelope::{Options, Position, Report, Visit, read};
use super::token::{Delimiters, Part, Segment, number};
use super::write::Writer;

/// The longest line of JSON read.
const LINE: usize = 1 << 20;

/// One segment: `{"tag": "NAD", "elements": [[["CA"]], [["KMTC", "172", "20"]]]}`: elements, their
/// repetitions, their components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The tag.
    pub tag: String,
    /// Elements, repetitions, components, as text.
    #[serde(default)]
    pub elements: Vec<Vec<Vec<String>>>,
    /// Counted from 1 in its message; 0 outside.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub in_message: u64,
    /// The length of an object that is its last element; its bytes follow as [`Piece`]s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u64>,
}

/// The next bytes of an object of declared length: `{"bytes": "JVBERi0="}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// As base64.
    pub bytes: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Line {
    fn of(at: &Position<'_>, segment: &Segment<'_>) -> Self {
        let tag = segment.charset().text(&segment.tag());
        let elements = segment.nested(Part::text);
        Self { tag, elements, in_message: at.in_message, object: segment.inline }
    }

    /// How many bytes of an object follow it: as its last element, or after UNO (ISO 9735-8, 0810).
    fn declares(&self, version: u8) -> u64 {
        let said = || self.elements.get(3)?.first()?.first().and_then(|length| number(length.as_bytes()));
        self.object.or_else(|| said().filter(|_| self.tag == "UNO" && version >= 4)).unwrap_or(0)
    }
}

/// Where lines go, and what went wrong with that.
struct Out<'a> {
    out: &'a mut dyn Write,
    failed: Option<std::io::Error>,
    csv: bool,
    message: u64,
    /// The segment shown last.
    number: u64,
}

impl Visit for Out<'_> {
    fn segment(&mut self, at: &Position<'_>, segment: &Segment<'_>) {
        if self.failed.is_some() {
            return;
        }
        (self.message, self.number) = (at.message.map_or(0, |m| m.index), segment.number);
        let line = Line::of(at, segment);
        let done = if self.csv { self.rows(segment.number, &line) } else { self.line(&line) };
        self.failed = done.err();
    }

    fn object(&mut self, bytes: &[u8], _: u64) {
        if self.failed.is_none() {
            let bytes = STANDARD.encode(bytes);
            let done = match self.csv {
                true => writeln!(self.out, "{},{},0,object,0,1,1,{bytes}\r", self.message, self.number),
                false => serde_json::to_string(&Piece { bytes })
                    .map_err(std::io::Error::other)
                    .and_then(|text| writeln!(self.out, "{text}")),
            };
            self.failed = done.err();
        }
    }
}

impl Out<'_> {
    fn line(&mut self, line: &Line) -> std::io::Result<()> {
        let text = serde_json::to_string(line).map_err(std::io::Error::other)?;
        writeln!(self.out, "{text}")
    }

    fn rows(&mut self, number: u64, line: &Line) -> std::io::Result<()> {
        for (e, element) in line.elements.iter().enumerate() {
            for (r, repetition) in element.iter().enumerate() {
                for (c, value) in repetition.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
                    let place = format!("{},{number},{}", self.message, line.in_message);
                    let tag = cell(&line.tag);
                    writeln!(self.out, "{place},{tag},{},{},{},{}\r", e + 1, r + 1, c + 1, cell(value))?;
                }
            }
        }
        Ok(())
    }
}

/// Writes each segment as a line of JSON.
///
/// # Errors
/// What the source or the writer says.
pub fn to_json(source: &mut dyn Read, options: Options, out: &mut dyn Write) -> std::io::Result<Report> {
    convert(source, options, Out { out, failed: None, csv: false, message: 0, number: 0 })
}

/// Writes each value as a row of CSV (RFC 4180), under a row of names.
///
/// # Errors
/// What the source or the writer says.
pub fn to_csv(source: &mut dyn Read, options: Options, out: &mut dyn Write) -> std::io::Result<Report> {
    write!(out, "message,segment,in_message,tag,element,repetition,component,value\r\n")?;
    convert(source, options, Out { out, failed: None, csv: true, message: 0, number: 0 })
}

fn convert(source: &mut dyn Read, options: Options, mut out: Out<'_>) -> std::io::Result<Report> {
    let report = read(source, options, &mut out)?;
    out.failed.map_or(Ok(report), Err)
}

/// Writes an interchange from lines of JSON, in the characters and syntax version that its UNB names and
/// with the usual service characters.
///
/// # Errors
/// `malformed`, naming the line: no segment, a text that the characters of UNB do not have, no UNB first, an
/// object of another length than was declared.
pub fn from_json(source: &mut dyn BufRead, out: &mut dyn Write) -> Result<u64> {
    let mut making = Making::default();
    let (mut number, mut text) = (0u64, String::new());
    loop {
        text.clear();
        let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e);
        let mut limited = (&mut *source).take(LINE as u64 + 1);
        let read = limited.read_line(&mut text).map_err(failed)?;
        number += u64::from(read > 0);
        let refuse = |why: String| {
            Problem::new(ErrorCode::Malformed).with("what", format!("line {number}")).with("why", why)
        };
        if read > LINE {
            return Err(refuse(format!("more than {LINE} bytes")));
        }
        if read == 0 {
            making.whole().map_err(refuse)?;
            return Ok(number);
        }
        if !text.trim().is_empty() {
            let made = making.take(&text).map_err(refuse)?;
            out.write_all(&made).map_err(failed)?;
        }
    }
}

/// An interchange that is made of lines.
#[derive(Default)]
struct Making {
    writer: Option<Writer>,
    version: u8,
    /// Bytes of an object that were declared and have not come yet.
    left: u64,
}

impl Making {
    /// What a line becomes.
    fn take(&mut self, text: &str) -> std::result::Result<Vec<u8>, String> {
        let line: Line = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(why) => {
                let piece: Piece = serde_json::from_str(text).map_err(|_| why.to_string())?;
                return self.piece(&piece);
            }
        };
        self.whole()?;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let (writer, version) = begin(&line)?;
                self.version = version;
                self.writer.insert(writer)
            }
        };
        writer.line(&line)?;
        self.left = line.declares(self.version);
        Ok(writer.take())
    }

    fn piece(&mut self, piece: &Piece) -> std::result::Result<Vec<u8>, String> {
        let bytes = STANDARD.decode(&piece.bytes).map_err(|e| e.to_string())?;
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or("more bytes than were declared")?;
        let Some(writer) = &mut self.writer else { return Ok(Vec::new()) };
        writer.object(&bytes);
        Ok(writer.take())
    }

    fn whole(&self) -> std::result::Result<(), String> {
        if self.left == 0 { Ok(()) } else { Err(format!("{} bytes of an object are missing", self.left)) }
    }
}

/// The writer that UNB asks for, and the syntax version.
fn begin(unb: &Line) -> std::result::Result<(Writer, u8), String> {
    let said = |component: usize| {
        unb.elements.first().and_then(|e| e.first()).and_then(|r| r.get(component)).map_or("", String::as_str)
    };
    let version = match said(1) {
        "1" | "2" | "3" => 3,
        "4" => 4,
        other => return Err(format!("syntax version {other:?}")),
    };
    let charset = Charset::of(said(0).as_bytes());
    if unb.tag != "UNB" || charset == Charset::Unknown {
        return Err("the first segment is no UNB that names characters".to_owned());
    }
    Ok((Writer::new(Delimiters::default_of(version), charset), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(interchange: &[u8], json: &str) {
        let mut lines = Vec::new();
        to_json(&mut &*interchange, Options::default(), &mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        assert!(lines.contains(json), "{lines}");
        let mut back = Vec::new();
        from_json(&mut lines.as_bytes(), &mut back).unwrap();
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(interchange));
    }

    #[test]
    fn segments_go_to_json_and_back() {
        let sample: Vec<u8> = crate::SAMPLE.iter().copied().filter(|b| *b != b'\n').collect();
        let bare = sample.strip_prefix(b"UNA:+.? '").unwrap_or(&sample);
        check(bare, r#"{"tag":"BGM","#);
        check(
            b"UNB+UNOC:4+A+B+20261122:0915+R'UNH+1+X:D:1:UN'FTX+A*B:C+M\xfcnchen ?+'UNT+3+1'UNZ+1+R'",
            r#"{"tag":"FTX","elements":[[["A"],["B","C"]],[["München +"]]],"in_message":2}"#,
        );
        check("UNB+KECA:3+A+B+261122:0915+R'UNZ+0+R'".as_bytes(), r#""tag":"UNZ""#);
        check(
            b"UNB+UNOX:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'FTX+\x1b$B%+%(%G?e;:\x1b(B+X'UNT+3+1'UNZ+1+R'",
            "カエデ水産",
        );
        check(b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'FTX+\xb9\xab\xbf\xaa'UNT+3+1'UNZ+1+R'", "무역");
        // Objects of declared length, whatever bytes they hold.
        check(b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'BIN+4+a'\xff+'UNT+3+1'UNZ+1+R'", r#""object":4"#);
        check(b"UNB+KECA:3+A+B+261122:0915+R'UNH+1+X:D:1:UN'BIN+0+'BIN+3'UNT+4+1'UNZ+1+R'", r#""object":0"#);
        check(b"UNB+UNOC:4+A+B+20261122:0915+R'UNO+1+2+3+4'\0'?+UNP+4+1'UNZ+1+R'", r#"{"bytes":"ACc/Kw=="}"#);
    }

    #[test]
    fn what_cannot_be_written_is_refused_by_line() {
        let check = |lines: &str, expect: &str| {
            let refused = from_json(&mut lines.as_bytes(), &mut Vec::new()).unwrap_err().to_string();
            assert!(refused.contains(expect), "{refused}");
        };
        let unb = r#"{"tag":"UNB","elements":[[["UNOC","3"]]]}"#;
        check(r#"{"tag":"BGM"}"#, "line 1");
        check(&format!("{unb}\n{{\"tag\":\"BGM\",\"elements\":[[[\"水\"]]]}}"), "line 2");
        check(&format!("{unb}\n{{\"tag\":\"B+M\"}}"), "line 2");
        check(&format!("{unb}\n{{\"tag\":\"BGM\",\"elements\":[[[\"A\"],[\"B\"]]]}}"), "syntax 4");
        check("[]", "line 1");
        let bin = "{\"tag\":\"BIN\",\"elements\":[[[\"3\"]]],\"object\":3}";
        check(&format!("{unb}\n{bin}"), "3 bytes of an object are missing");
        check(&format!("{unb}\n{bin}\n{{\"tag\":\"BGM\"}}"), "line 3");
        check(&format!("{unb}\n{bin}\n{{\"bytes\":\"AAAAAA==\"}}"), "more bytes than were declared");
        check(&format!("{unb}\n{bin}\n{{\"bytes\":\"A\"}}"), "line 3");
        check("{\"bytes\":\"AAAA\"}", "more bytes");
    }
}
