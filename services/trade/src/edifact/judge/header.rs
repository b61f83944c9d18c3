//! UNB: who sends what to whom, in which syntax and characters.

use super::super::charset::{Charset, Value};
use super::super::envelope::{Acknowledgement, Header, Party, Visit};
use super::super::fault::{FaultCode, Level, Severity};
use super::super::token::{Segment, number};
use super::Judge;
use super::said::{may, must};

impl Judge {
    pub(super) fn first(&mut self, s: &Segment<'_>, tag: &[u8], visit: &mut dyn Visit) {
        if tag != b"UNB" {
            let mut place = self.place(s, 0, 0);
            place.tag = "UNB".to_owned();
            let found = s.charset().text(tag.get(..32).unwrap_or(tag));
            self.add(
                Severity::Error,
                Level::Interchange,
                FaultCode::MISSING,
                place,
                Some("UNB".into()),
                Some(found),
            );
            self.stopped = true;
            return;
        }
        self.interchange_header(s);
        self.characters(s);
        self.show(s, visit);
    }

    pub(super) fn interchange_header(&mut self, s: &Segment<'_>) {
        let level = Level::Interchange;
        self.charset = s.charset();
        let syntax = self.field(s, level, must(1, 1, 4));
        let version = match s.value(1, 2).as_ref() {
            [digit @ b'1'..=b'4'] => digit - b'0',
            _ => {
                self.differs(level, FaultCode::SYNTAX_NOT_SUPPORTED, s, (1, 2), "1-4", &s.value(1, 2));
                0
            }
        };
        if self.charset == Charset::Unknown {
            self.warn(
                level,
                FaultCode::SYNTAX_NOT_SUPPORTED,
                self.place(s, 1, 1),
                Some(syntax.text().to_owned()),
            );
        }
        let inside = if version >= 4 { 35 } else { 14 };
        let sender = self.party(s, level, 2, inside);
        let recipient = self.party(s, level, 3, inside);
        let (date, time) = self.date_and_time(s, version);
        let reference = self.field(s, level, must(5, 1, 14));
        let test = !matches!(s.value(11, 1).as_ref(), b"" | b"0");
        let header = Header {
            syntax,
            version,
            delimiters: *s.delimiters(),
            charset: self.charset,
            sender,
            recipient,
            date,
            time,
            reference,
            application: self.field(s, level, may(7, 1, 14)),
            acknowledgement: match s.value(9, 1).as_ref() {
                b"1" => Acknowledgement::Asked,
                b"2" => Acknowledgement::ReceiptOnly,
                _ => Acknowledgement::NotAsked,
            },
            agreement: self.field(s, level, may(10, 1, 35)),
            test,
        };
        if test && !self.options.accept_test {
            self.error(level, FaultCode::TEST_NOT_SUPPORTED, self.place(s, 11, 0));
        }
        if s.elements() > 11 {
            self.error(level, FaultCode::TOO_MANY_CONSTITUENTS, self.place(s, 0, 0));
        }
        self.report.header = Some(header);
    }

    pub(super) fn party(&mut self, s: &Segment<'_>, level: Level, element: u32, inside: usize) -> Party {
        Party {
            id: self.field(s, level, must(element, 1, 35)),
            qualifier: self.field(s, level, may(element, 2, 4)),
            internal: self.field(s, level, may(element, 3, inside)),
            internal_sub: self.field(s, level, may(element, 4, 35)),
        }
    }

    /// S004: yymmdd before syntax 4, yyyymmdd from it. Many write the other form; that is a warning.
    pub(super) fn date_and_time(&mut self, s: &Segment<'_>, version: u8) -> (Value, Value) {
        let level = Level::Interchange;
        let (date, time) = (self.field(s, level, must(4, 1, 8)), self.field(s, level, must(4, 2, 4)));
        let form = if version >= 4 { "yyyymmdd" } else { "yymmdd" };
        if !date.is_empty() && !real_date(date.bytes()) {
            self.differs(level, FaultCode::INVALID_VALUE, s, (4, 1), form, date.bytes());
        } else if !date.is_empty() && date.bytes().len() != form.len() {
            self.warn(level, FaultCode::INVALID_VALUE, self.place(s, 4, 1), Some(date.text().to_owned()));
        }
        if !time.is_empty() && !real_time(time.bytes()) {
            self.differs(level, FaultCode::INVALID_VALUE, s, (4, 2), "hhmm", time.bytes());
        }
        (date, time)
    }
}

/// yymmdd or yyyymmdd naming a day that exists.
fn real_date(date: &[u8]) -> bool {
    if !matches!(date.len(), 6 | 8) {
        return false;
    }
    let Some(all) = number(date) else { return false };
    let (year, month, day) = (all / 10_000, all / 100 % 100, all % 100);
    let leap = year % 4 == 0 && (date.len() == 6 || year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// hhmm naming a minute that exists.
fn real_time(time: &[u8]) -> bool {
    time.len() == 4 && number(time).is_some_and(|t| t / 100 < 24 && t % 100 < 60)
}
