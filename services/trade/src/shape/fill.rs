//! A record from the fields of a form and back: every value has a name that says where it stands,
//! `consignments[1].goods[2].hs`, the same that losses are told by, so that what is wrong stands beside its
//! field.

use crate::mapping::{Field, Item, Mapping, Record, Slot, Source};

/// The most items of one list in a form.
pub const MOST_ITEMS: usize = 200;

/// A name that no field of the mapping has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath(pub String);

/// One step of a name: a list and the place in it, counted from 1.
type Step<'a> = (&'a str, usize);

fn steps(path: &str) -> Option<(Vec<Step<'_>>, &str)> {
    let mut parts: Vec<&str> = path.split('.').collect();
    let field = parts.pop().filter(|field| !field.is_empty())?;
    let step = |part: &str| {
        let (list, rest) = part.split_once('[')?;
        let at: usize = rest.strip_suffix(']')?.parse().ok()?;
        (1..=MOST_ITEMS).contains(&at).then_some((list.len(), at))
    };
    let mut found = Vec::new();
    for part in &parts {
        let (length, at) = step(part)?;
        found.push((part.get(..length)?, at));
    }
    Some((found, field))
}

/// Whether a mapping has a place of this name.
fn has(items: &[Item], steps: &[Step<'_>], field: &str) -> bool {
    match steps.split_first() {
        None => items.iter().any(|item| match item {
            Item::Segment(template) => template.fields().any(|f| f.field == field),
            Item::Group(_) => false,
        }),
        Some(((list, _), rest)) => group(items, list).is_some_and(|items| has(items, rest, field)),
    }
}

/// The segments of a list.
fn group<'m>(items: &'m [Item], list: &str) -> Option<&'m [Item]> {
    items.iter().find_map(|item| match item {
        Item::Group(group) if group.each == list => Some(group.segments.as_slice()),
        _ => None,
    })
}

/// The segments of the list at this name, `consignments[1].goods`; nothing where the mapping has none.
#[must_use]
pub fn list_at<'m>(mapping: &'m Mapping, path: &str) -> Option<&'m [Item]> {
    let (steps, last) = steps(path)?;
    let mut items = mapping.segments.as_slice();
    for (list, _) in steps {
        items = group(items, list)?;
    }
    group(items, last)
}

/// The record that these values of a form say. Items stand in the order of their numbers, and one is there
/// when the form has a field of it, empty or not.
///
/// # Errors
/// The name that the mapping does not have.
pub fn fill<'a>(
    mapping: &Mapping,
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Record, BadPath> {
    let mut root = Record::default();
    for (path, value) in values {
        let refuse = || BadPath(path.chars().take(120).collect());
        let (steps, field) = steps(path).ok_or_else(refuse)?;
        if !has(&mapping.segments, &steps, field) {
            return Err(refuse());
        }
        let mut record = &mut root;
        for (list, at) in steps {
            let items = record.lists.entry(list.to_owned()).or_default();
            if items.len() < at {
                items.resize(at, Record::default());
            }
            record = items.get_mut(at - 1).ok_or_else(refuse)?;
        }
        let value = value.trim();
        if !value.is_empty() {
            record.fields.insert(field.to_owned(), value.to_owned());
        }
    }
    Ok(root)
}

/// A field of a form: where it stands, in which list, in which segment, and what it says now.
#[derive(Clone, Debug)]
pub struct Place<'m> {
    /// `lines[2].item`.
    pub path: String,
    /// The innermost list.
    pub list: Option<&'m str>,
    /// The tag of its segment.
    pub segment: &'m str,
    /// Its place there.
    pub slot: Slot,
    /// The field.
    pub field: &'m Field,
    /// What it says.
    pub value: String,
}

/// The fields of one level of a mapping, in its order, with what a record says in them.
pub fn places<'m>(items: &'m [Item], list: Option<&'m str>, record: &Record, path: &str) -> Vec<Place<'m>> {
    let mut found = Vec::new();
    for item in items {
        let Item::Segment(template) = item else { continue };
        for (slot, source) in &template.set {
            let Source::Field(field) = source else { continue };
            found.push(Place {
                path: format!("{path}{}", field.field),
                list,
                segment: &template.segment,
                slot: *slot,
                field,
                value: record.fields.get(&field.field).cloned().unwrap_or_default(),
            });
        }
    }
    found
}

impl Record {
    /// Without items that say nothing, as a form leaves them.
    #[must_use]
    pub fn pruned(&self) -> Self {
        let mut record = Self { fields: self.fields.clone(), ..Self::default() };
        for (name, items) in &self.lists {
            let kept: Vec<Self> = items.iter().map(Self::pruned).filter(|item| !item.is_blank()).collect();
            if !kept.is_empty() {
                record.lists.insert(name.clone(), kept);
            }
        }
        record
    }

    fn is_blank(&self) -> bool {
        self.fields.is_empty() && self.lists.values().flatten().all(Self::is_blank)
    }

    /// The list at this name, `consignments[1].goods`: where an item is added.
    pub fn list_mut(&mut self, path: &str) -> Option<&mut Vec<Self>> {
        let (steps, list) = steps(path)?;
        let mut record = self;
        for (list, at) in steps {
            record = record.lists.get_mut(list)?.get_mut(at - 1)?;
        }
        Some(record.lists.entry(list.to_owned()).or_default())
    }
}
