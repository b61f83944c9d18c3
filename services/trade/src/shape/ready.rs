//! A document made ready to be sent: with the partner's codes, written as an interchange, read again and
//! checked against directory and guide. What is wrong stands at its field, in the three languages.

use std::sync::Arc;

use corridor_base::{ErrorCode, Lang, Problem, Result, Words};
use serde::Serialize;

use super::codes::{CodeTable, Replaced, Translated};
use super::money::{doubts, totals};
use super::text::segments;
use crate::edifact::{Charset, Options, Reader, Severity};
use crate::mapping::{self, Document, Envelope, Field, Form, Item, Mapping, Record, Why};
use crate::rules::{Checker, Policy, Shelf};

/// The most findings told of one document.
const TOLD: usize = 200;

/// Something about a document that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The field, `lines[2].item`; empty when it is about the whole.
    pub place: String,
    /// What.
    pub text: Words,
    /// Whether it must be put right before the document can be sent.
    pub wrong: bool,
}

/// A document as it would be sent.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// The interchange; empty while it cannot be written.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// The document with the partner's codes.
    #[serde(skip)]
    pub document: Document,
    /// The partner's codes that were put for ours.
    pub replaced: Vec<Replaced>,
    /// What is wrong or odd.
    pub remarks: Vec<Remark>,
    /// Messages that were checked against a directory or guide.
    pub checked: u64,
    /// How it is read: in the characters agreed on.
    #[serde(skip)]
    pub options: Options,
}

impl Ready {
    /// Whether it can be sent.
    #[must_use]
    pub fn is_right(&self) -> bool {
        !self.bytes.is_empty() && !self.remarks.iter().any(|remark| remark.wrong)
    }

    /// The interchange as text, a segment a line.
    #[must_use]
    pub fn text(&self) -> String {
        segments(&self.bytes, self.options)
    }
}

/// The characters (UNB 0001) and syntax version a document asks for: those agreed on; or else those that every
/// system knows where they are enough, or else Unicode.
#[must_use]
pub fn syntax_for(record: &Record, agreed: Option<Charset>) -> (&'static str, &'static str) {
    if let Some(agreed) = agreed {
        return agreed.syntax();
    }
    let latin = Charset::of(b"UNOC");
    if fits(record, latin) { ("UNOC", "3") } else { ("UNOY", "4") }
}

fn fits(record: &Record, charset: Charset) -> bool {
    record.fields.values().all(|value| writable(charset, value))
        && record.lists.values().flatten().all(|item| fits(item, charset))
}

fn writable(charset: Charset, value: &str) -> bool {
    let bytes = charset.bytes(value).filter(|_| !value.chars().any(char::is_control));
    bytes.is_some_and(|bytes| charset.check(&bytes).is_none() && charset.text(&bytes) == value)
}

/// Makes a document ready. `envelope` is what UNB says where the document does not. It is written, read again and
/// checked in the characters that the guides agree on.
///
/// # Errors
/// `malformed` when the envelope cannot be written.
pub fn ready(
    mapping: &Mapping,
    document: &Document,
    envelope: &Envelope,
    codes: &CodeTable,
    shelf: &Arc<Shelf>,
) -> Result<Ready> {
    let mut document = Document { envelope: document.envelope.clone(), record: document.record.pruned() };
    let Translated { replaced, untranslated } = codes.apply(mapping, &mut document.record);
    let said = |name: &str| {
        let own = document.envelope.get(name).filter(|_| !envelope.overrules);
        own.or_else(|| envelope.fields.get(name)).map_or("UNOC", String::as_str)
    };
    let (syntax, options) = (said("syntax").to_owned(), shelf.options());
    let charset = options.characters.unwrap_or_else(|| Charset::of(syntax.as_bytes()));
    let mut checking = Checking { charset, syntax: &syntax, remarks: Vec::new() };
    checking.level(&mapping.segments, &document.record, "");
    checking.money(mapping, &document.record);
    let mut remarks = checking.remarks;
    remarks.extend(untranslated.into_iter().map(|one| Remark {
        place: one.place,
        text: say("ready-untranslated", &[("code", &one.code)]),
        wrong: false,
    }));
    if remarks.iter().any(|remark| remark.wrong) {
        remarks.truncate(TOLD);
        return Ok(Ready { bytes: Vec::new(), document, replaced, remarks, checked: 0, options });
    }
    let envelope = Envelope { characters: options.characters, ..envelope.clone() };
    let (bytes, losses) = mapping::write(mapping, std::slice::from_ref(&document), &envelope)?;
    remarks.extend(losses.told.iter().map(|loss| Remark {
        place: loss.place.clone(),
        text: match loss.why {
            Why::Field => say("ready-unknown", &[]),
            why => Words::of(|lang| why.text(lang)),
        },
        wrong: true,
    }));
    let mut reader = Reader::checking(options, Box::new(Checker::new(Arc::clone(shelf), Policy::default())));
    reader.push(&bytes, &mut ());
    let report = reader.finish(&mut ());
    remarks.extend(report.findings.iter().map(|finding| Remark {
        place: String::new(),
        text: Words::of(|lang| finding.text(lang)),
        wrong: finding.severity == Severity::Error,
    }));
    remarks.truncate(TOLD);
    Ok(Ready { bytes, document, replaced, remarks, checked: report.checked, options })
}

/// What is said of a value about a person in a document that names nobody whom it is about.
#[must_use]
pub fn person_unnamed(place: String) -> Remark {
    Remark { place, text: say("ready-person", &[]), wrong: true }
}

/// What is said of a test that the agreement takes none of.
#[must_use]
pub fn test_refused() -> Remark {
    Remark { place: String::new(), text: say("ready-test", &[]), wrong: true }
}

fn say(key: &str, args: &[(&str, &str)]) -> Words {
    Words::of(|lang: Lang| crate::messages().text(lang, key, args))
}

/// What the fields of a document must keep to, so that people hear of all of it at once and not of the first.
struct Checking<'a> {
    charset: Charset,
    syntax: &'a str,
    remarks: Vec<Remark>,
}

impl Checking<'_> {
    fn level(&mut self, items: &[Item], record: &Record, path: &str) {
        for item in items {
            match item {
                Item::Segment(template) => {
                    for field in template.fields() {
                        let place = format!("{path}{}", field.field);
                        if let Some(text) = self.field(field, record.fields.get(&field.field)) {
                            self.remarks.push(Remark { place, text, wrong: true });
                        }
                    }
                }
                Item::Group(group) => {
                    for (at, item) in record.lists.get(&group.each).into_iter().flatten().enumerate() {
                        let path = format!("{path}{}[{}].", group.each, at + 1);
                        self.level(&group.segments, item, &path);
                    }
                }
            }
        }
    }

    /// What is wrong with a value.
    fn field(&self, field: &Field, value: Option<&String>) -> Option<Words> {
        let Some(value) = value else {
            return field.required.then(|| say("ready-missing", &[]));
        };
        if !field.codes.is_empty() {
            let known = field.codes.values().any(|word| word == value);
            return (!known).then(|| say("ready-code", &[]));
        }
        let Some(written) = field.form.write(value) else {
            return Some(say(
                match field.form {
                    Form::Number => "ready-form-number",
                    Form::Date => "ready-form-date",
                    Form::Time => "ready-form-time",
                    Form::Text => "ready-form-text",
                },
                &[],
            ));
        };
        if !writable(self.charset, &written) {
            return Some(say("ready-characters", &[("syntax", self.syntax)]));
        }
        let longest = field.longest.filter(|longest| written.chars().count() > *longest)?;
        Some(say("ready-length", &[("most", &longest.to_string())]))
    }

    fn money(&mut self, mapping: &Mapping, root: &Record) {
        for doubt in doubts(mapping, root) {
            let args = [("currency", doubt.currency.as_str()), ("n", &doubt.decimals.to_string())];
            self.remarks.push(Remark { place: doubt.place, text: say("ready-decimals", &args), wrong: true });
        }
        for total in totals(mapping, root).into_iter().filter(|total| total.agrees == Some(false)) {
            let stated = total.stated.unwrap_or_default();
            let text = Words::of(|lang| {
                let args =
                    [("sum", total.sum.as_str()), ("stated", &stated), ("label", total.label.get(lang))];
                crate::messages().text(lang, "ready-total", &args)
            });
            self.remarks.push(Remark { place: String::new(), text, wrong: false });
        }
    }
}

/// The envelope of what one participant sends to another.
///
/// # Errors
/// `malformed` for a syntax that is none: `UNOC:3` is one.
pub fn envelope(
    (sender, recipient): (&str, &str),
    reference: &str,
    syntax: (&str, &str),
    now: corridor_base::Timestamp,
    test: bool,
) -> Result<Envelope> {
    if Charset::of(syntax.0.as_bytes()) == Charset::Unknown || !matches!(syntax.1, "3" | "4") {
        let said = format!("{}:{}", syntax.0, syntax.1);
        return Err(Problem::new(ErrorCode::Malformed).with("what", "syntax").with("why", said));
    }
    let mut fields: std::collections::BTreeMap<String, String> = mapping::prepared(now, syntax.1).into();
    let mut set = |name: &str, value: &str| drop(fields.insert(name.to_owned(), value.to_owned()));
    for (name, party) in [("sender", sender), ("recipient", recipient)] {
        let (id, qualifier) = party.rsplit_once(':').unwrap_or((party, ""));
        set(name, id);
        if !qualifier.is_empty() {
            set(&format!("{name}_qualifier"), qualifier);
        }
    }
    set("reference", reference);
    set("syntax", syntax.0);
    set("syntax_version", syntax.1);
    if test {
        set("test", "1");
    }
    Ok(Envelope { fields, overrules: false, characters: None })
}
