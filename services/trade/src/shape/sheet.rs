//! A document as fields and tables with labels, in the order of its mapping. What the mapping has no place
//! for stands beside it, nothing is hidden.

use corridor_base::Words;
use std::io;

use serde::Serialize;

use super::codes::{CodeKind, Ours};
use super::label::{field_label, list_label, word_label};
use super::mappings::Mappings;
use super::money::{Total, currency_of, totals};
use crate::directory::{Content, Directory};
use crate::edifact::{Options, Report};
use crate::mapping::{Document, Field, Form, Item, Loss, Mapping, Record, Slot, Source, Template, Why};

/// Code lists, where a directory is loaded.
pub type Lookup<'a> = Option<&'a Directory>;

/// How documents are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// What codes mean.
    pub directory: Lookup<'a>,
    /// Which of our codes stand for the partner's.
    pub codes: Option<&'a Ours>,
    /// How the interchange is read: in the characters that were agreed.
    pub options: Options,
    /// By which mappings; those that come with the program when left out.
    pub mappings: Option<&'a Mappings>,
    /// The name of the one that is asked for, where several fit.
    pub asked: &'a str,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "nature", content = "currency")]
pub enum Nature {
    /// Text, or a code.
    Text,
    /// A number.
    Number,
    /// An amount of money, and its currency where that is said.
    Amount(Option<String>),
    /// A civil date.
    Date,
    /// A local date and time.
    Time,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The field.
    pub field: String,
    /// Where it stands: `lines[2].amount`.
    pub place: String,
    /// What it is called.
    pub label: Words,
    /// What it says.
    pub value: String,
    /// What that means, where it is a code that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Words>,
    /// Our codes for it, where it is one of the partner's; several where the partner's list is the coarser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ours: Vec<String>,
    /// What it is.
    #[serde(flatten)]
    pub nature: Nature,
}

/// Values of one level, and the lists in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The values that are there.
    pub entries: Vec<Entry>,
    /// The lists that are there.
    pub lists: Vec<List>,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List {
    /// Its name.
    pub list: String,
    /// What it is called.
    pub label: Words,
    /// Its items.
    pub items: Vec<Level>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// The mapping it was read by.
    pub mapping: String,
    /// The kind of message.
    pub message: String,
    /// What it is.
    pub title: Words,
    /// Its own number.
    pub number: String,
    /// What it says.
    #[serde(flatten)]
    pub level: Level,
    /// Sums of what it says, and whether they are what it says they are.
    pub totals: Vec<Total>,
}

/// The documents of an interchange, and what of it stands in none.
#[derive(Debug, Serialize)]
pub struct Sheets {
    /// One for each message that a mapping fits.
    pub sheets: Vec<Sheet>,
    /// What has no place in them.
    pub unplaced: Vec<Loss>,
    /// How much more has none.
    pub more: u64,
    /// Kinds of message that no mapping fits.
    pub unmapped: Vec<String>,
    /// What reading it found.
    #[serde(skip)]
    pub report: Report,
}

/// What a code of this place means, or which codes there are.
pub(super) fn codes_at<'d>(
    lookup: Lookup<'d>,
    tag: &str,
    slot: Slot,
) -> Option<&'d std::collections::BTreeMap<String, String>> {
    let directory = lookup?;
    let element = directory.segments.get(tag)?.elements.get(slot.element as usize - 1)?;
    let code = match &element.content {
        Content::Simple(_) => &element.code,
        Content::Composite(components) => &components.get(slot.component as usize - 1)?.code,
    };
    directory.codes.get(code)
}

impl Nature {
    pub(super) fn of(template: &Template, slot: Slot, field: &Field, record: &Record, root: &Record) -> Self {
        match field.form {
            Form::Number if is_money(&template.segment, slot) => {
                Self::Amount(currency_of(template, record, root))
            }
            Form::Number => Self::Number,
            Form::Date => Self::Date,
            Form::Time => Self::Time,
            Form::Text => Self::Text,
        }
    }
}

/// Whether a place holds an amount of money: MOA 5004, PRI 5118.
pub(super) fn is_money(tag: &str, slot: Slot) -> bool {
    matches!(tag, "MOA" | "PRI") && slot == Slot { element: 1, component: 2 }
}

/// A document as a sheet.
#[must_use]
pub fn sheet(mapping: &Mapping, document: &Document, shown: &Shown<'_>) -> Sheet {
    let record = &document.record;
    let laying = Laying { shown: *shown, root: record };
    Sheet {
        mapping: mapping.mapping.clone(),
        message: mapping.message.clone(),
        title: Words::of(|lang| mapping.title(lang).to_owned()),
        number: record.fields.get("number").cloned().unwrap_or_default(),
        level: laying.level(&mapping.segments, None, record, ""),
        totals: totals(mapping, record),
    }
}

struct Laying<'a> {
    shown: Shown<'a>,
    root: &'a Record,
}

impl Laying<'_> {
    fn level(&self, items: &[Item], list: Option<&str>, record: &Record, path: &str) -> Level {
        let mut level = Level::default();
        for item in items {
            match item {
                Item::Segment(template) => self.segment(template, list, record, path, &mut level),
                Item::Group(group) => {
                    let Some(found) = record.lists.get(&group.each) else { continue };
                    let one = |(at, item): (usize, &Record)| {
                        let path = format!("{path}{}[{}].", group.each, at + 1);
                        self.level(&group.segments, Some(&group.each), item, &path)
                    };
                    let items = found.iter().enumerate().map(one).collect();
                    level.lists.push(List {
                        list: group.each.clone(),
                        label: list_label(&group.each).words(),
                        items,
                    });
                }
            }
        }
        level
    }

    fn segment(
        &self,
        template: &Template,
        list: Option<&str>,
        record: &Record,
        path: &str,
        level: &mut Level,
    ) {
        for (slot, source) in &template.set {
            let Source::Field(field) = source else { continue };
            let Some(value) = record.fields.get(&field.field) else { continue };
            let by_word =
                (!field.codes.is_empty()).then(|| word_label(value)).flatten().map(|word| word.words());
            let by_list = || {
                let codes = codes_at(self.shown.directory, &template.segment, *slot)?;
                codes.get(value).map(|name| Words::same(name))
            };
            let kind = CodeKind::of(template, *slot).filter(|_| field.codes.is_empty());
            let ours = self.shown.codes.zip(kind).map(|(codes, kind)| codes.of(kind, value).to_vec());
            level.entries.push(Entry {
                field: field.field.clone(),
                place: format!("{path}{}", field.field),
                label: field_label(list, &field.field, Some((&template.segment, *slot))).words(),
                value: value.clone(),
                meaning: by_word.or_else(by_list),
                ours: ours.unwrap_or_default(),
                nature: Nature::of(template, *slot, field, record, self.root),
            });
        }
    }
}

/// Every message of an interchange that a mapping fits, as a sheet.
///
/// # Errors
/// What the source says.
pub fn sheets(bytes: &[u8], shown: &Shown<'_>) -> io::Result<Sheets> {
    let report = crate::edifact::read_bytes(bytes, shown.options);
    let (mut found, mut unplaced, mut more, mut unmapped) = (Vec::new(), Vec::new(), 0, Vec::new());
    let shipped = Mappings::default();
    let mappings = shown.mappings.unwrap_or(&shipped);
    for kind in report.kinds.keys() {
        let Some((mapping, read)) = mappings.read(kind, shown.asked, shown.options, bytes)? else {
            unmapped.push(kind.clone());
            continue;
        };
        found.extend(read.documents.iter().map(|document| {
            let at = document.envelope.get("message").cloned().unwrap_or_default();
            (at, sheet(&mapping, document, shown))
        }));
        // What belongs to messages of another kind is told where those are read.
        unplaced.extend(read.losses.told.into_iter().filter(|loss| loss.why != Why::Message));
        more += read.losses.more;
    }
    unplaced.dedup();
    Ok(Sheets {
        sheets: found.into_iter().map(|(_, sheet)| sheet).collect(),
        unplaced,
        more,
        unmapped,
        report,
    })
}
