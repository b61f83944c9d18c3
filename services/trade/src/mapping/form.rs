//! How a field is spelt in a message and in a document. What does not have its form is not guessed at.

use serde::{Deserialize, Serialize};

/// The form of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The same text.
    #[default]
    Text,
    /// A decimal number; the decimal mark of the interchange, a point in documents. Digits are kept as they
    /// are: 10.50 is not 10.5.
    Number,
    /// A civil date (TM-1): CCYYMMDD (2379 is 102), `2026-11-22` in documents.
    Date,
    /// A local date and time (TM-1): CCYYMMDDHHMM (2379 is 203), `2026-11-22T09:15` in documents.
    Time,
}

impl Form {
    /// The value of a document, from that of a message.
    #[must_use]
    pub fn read(self, value: &str, mark: char) -> Option<String> {
        match self {
            Self::Text => Some(value.to_owned()),
            Self::Number => {
                let value = if mark == ',' { value.replace(',', ".") } else { value.to_owned() };
                is_number(&value).then_some(value)
            }
            Self::Date => {
                let (y, m, d) = (value.get(..4)?, value.get(4..6)?, value.get(6..)?);
                civil(&format!("{y}-{m}-{d}"))
            }
            Self::Time => {
                let (date, time) = (value.get(..8)?, value.get(8..)?);
                let date = Self::Date.read(date, mark)?;
                let (hour, minute) = (time.get(..2)?, time.get(2..)?);
                clock(&format!("{hour}:{minute}")).map(|time| format!("{date}T{time}"))
            }
        }
    }

    /// The value of a message, from that of a document.
    #[must_use]
    pub fn write(self, value: &str) -> Option<String> {
        match self {
            Self::Text => Some(value.to_owned()),
            Self::Number => is_number(value).then(|| value.to_owned()),
            Self::Date => civil(value).map(|date| date.replace('-', "")),
            Self::Time => {
                let (date, time) = value.split_once('T')?;
                Some(format!("{}{}", Self::Date.write(date)?, clock(time)?.replace(':', "")))
            }
        }
    }
}

/// Digits with at most one point among them, and a sign before them.
pub(super) fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    value.len() <= 40 && all(whole) && all(part)
}

/// A day that exists, in exactly this form.
fn civil(date: &str) -> Option<String> {
    let bytes = date.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        date.get(range).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok()
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then(|| date.to_owned())
}

/// A minute that exists, in exactly this form.
fn clock(time: &str) -> Option<String> {
    let (hour, minute) = time.split_once(':')?;
    let number = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        two.then(|| text.parse::<u32>().ok()).flatten()
    };
    (number(hour)? < 24 && number(minute)? < 60).then(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_form_or_none() {
        let check = |form: Form, message: &str, document: Option<&str>| {
            assert_eq!(form.read(message, '.').as_deref(), document, "{form:?} {message}");
            if let Some(document) = document {
                assert_eq!(form.write(document).as_deref(), Some(message), "{form:?} {document}");
            }
        };
        check(Form::Text, " x ", Some(" x "));
        check(Form::Number, "10.50", Some("10.50"));
        check(Form::Number, "-7", Some("-7"));
        for wrong in ["", "-", "1.", ".5", "1e9", "1,5", "+1", "１"] {
            check(Form::Number, wrong, None);
        }
        check(Form::Date, "20240229", Some("2024-02-29"));
        for wrong in ["20230229", "2024022", "202402290", "2024-2-9", "２０２４0229", "20241301"] {
            check(Form::Date, wrong, None);
        }
        check(Form::Time, "202611220915", Some("2026-11-22T09:15"));
        for wrong in ["202611222415", "2026112209", "20261122091500"] {
            check(Form::Time, wrong, None);
        }
        assert_eq!(Form::Number.read("1,5", ',').as_deref(), Some("1.5"));
    }
}
