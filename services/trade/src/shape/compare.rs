//! Two documents of a chain side by side: the same fields in one table, what differs marked. An order says
//! supplier where the invoice says seller; lines are set against each other by their product number, or else
//! by their place.

use corridor_base::Words;
use serde::Serialize;

use super::decimal::Decimal;
use super::sheet::{Entry, Level, Nature, Sheet};

/// The most rows.
const MOST: usize = 2_000;

/// What a field is called in another document of the chain.
const ALIKE: &[(&str, &str)] =
    &[("supplier", "seller"), ("exporter", "seller"), ("importer", "buyer"), ("shipper", "consignor")];

/// How the two stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Both say the same.
    Same,
    /// They differ.
    Differs,
    /// Only the first says it.
    First,
    /// Only the second says it.
    Second,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// In which item of which list; empty for the document itself.
    pub group: Words,
    /// What it is called.
    pub label: Words,
    /// What the first says.
    pub first: Option<Entry>,
    /// What the second says.
    pub second: Option<Entry>,
    /// How that stands.
    pub side: Side,
}

/// What a field is set against.
fn family(field: &str) -> String {
    for (from, to) in ALIKE {
        if let Some(rest) = field.strip_prefix(from).filter(|rest| rest.starts_with('_')) {
            return format!("{to}{rest}");
        }
    }
    field.to_owned()
}

/// The rows. A document's own number, date and function are never the same in two, and not set against each
/// other: the number of the one is looked for in what the other refers to.
#[must_use]
pub fn compare(first: &Sheet, second: &Sheet) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let alone = |entry: &Entry| {
        first.message != second.message
            && matches!(entry.field.as_str(), "number" | "date" | "function" | "issued")
    };
    let own = |level: &Level| Level {
        entries: level.entries.iter().filter(|e| !alone(e)).cloned().collect(),
        lists: Vec::new(),
    };
    refers(first, second, &mut pairs);
    level(&Words::default(), &own(&first.level), &own(&second.level), &mut pairs);
    lists(&Words::default(), &first.level, &second.level, &mut pairs);
    pairs.truncate(MOST);
    pairs
}

/// The invoice names the order: that is the first thing to look at.
fn refers(first: &Sheet, second: &Sheet, pairs: &mut Vec<Pair>) {
    let named = match first.message.as_str() {
        "ORDERS" => "order",
        "INVOIC" => "invoice",
        "CUSDEC" => "declaration",
        _ => return,
    };
    let number = first.level.entries.iter().find(|e| e.field == "number");
    let reference = second.level.entries.iter().find(|e| e.field == named);
    if let (Some(number), Some(reference)) = (number, reference) {
        pairs.push(pair(&Words::default(), Some(number.clone()), Some(reference.clone())));
    }
}

fn level(group: &Words, first: &Level, second: &Level, pairs: &mut Vec<Pair>) {
    let mut rest: Vec<&Entry> = second.entries.iter().collect();
    for entry in &first.entries {
        let at = rest.iter().position(|other| family(&other.field) == family(&entry.field));
        let other = at.map(|at| rest.remove(at).clone());
        pairs.push(pair(group, Some(entry.clone()), other));
    }
    pairs.extend(rest.into_iter().map(|entry| pair(group, None, Some(entry.clone()))));
}

fn lists(group: &Words, first: &Level, second: &Level, pairs: &mut Vec<Pair>) {
    let names = first.lists.iter().chain(&second.lists).map(|list| (&list.list, &list.label));
    let mut seen: Vec<&String> = Vec::new();
    let none = Vec::new();
    for (name, label) in names {
        if seen.contains(&name) || pairs.len() >= MOST {
            continue;
        }
        seen.push(name);
        let items = |level: &Level| level.lists.iter().find(|l| l.list == *name).map(|l| l.items.clone());
        let (ours, theirs) = (items(first).unwrap_or(none.clone()), items(second).unwrap_or(none.clone()));
        for (number, (one, other)) in matched(ours, theirs).into_iter().enumerate() {
            let group = Words::of(|lang| {
                format!("{} {} {}", group.get(lang), label.get(lang), number + 1).trim().to_owned()
            });
            level(&group, &one, &other, pairs);
            lists(&group, &one, &other, pairs);
        }
    }
}

/// Items by their product number or container, and those without one by their place.
fn matched(first: Vec<Level>, second: Vec<Level>) -> Vec<(Level, Level)> {
    let key = |level: &Level| {
        let of = |name: &str| level.entries.iter().find(|e| e.field == name).map(|e| e.value.clone());
        of("item").or_else(|| of("container")).or_else(|| of("number")).or_else(|| of("hs"))
    };
    let mut rest: Vec<Option<Level>> = second.into_iter().map(Some).collect();
    let mut pairs: Vec<(Level, Level)> = Vec::new();
    let mut unmatched: Vec<usize> = Vec::new();
    for (at, item) in first.into_iter().enumerate() {
        let wanted = key(&item);
        let found = wanted.as_ref().and_then(|wanted| {
            rest.iter_mut().find(|other| other.as_ref().and_then(key).as_ref() == Some(wanted))
        });
        let other = found.and_then(Option::take);
        if other.is_none() {
            unmatched.push(at);
        }
        pairs.push((item, other.unwrap_or_default()));
    }
    let mut left: Vec<Level> = rest.into_iter().flatten().collect();
    for at in unmatched {
        let Some((one, other)) = pairs.get_mut(at) else { continue };
        // Two that both have a number, and different ones, are two things.
        let place = left.iter().position(|candidate| key(one).is_none() || key(candidate).is_none());
        if let Some(place) = place {
            *other = left.remove(place);
        }
    }
    pairs.extend(left.into_iter().map(|other| (Level::default(), other)));
    pairs
}

fn pair(group: &Words, first: Option<Entry>, second: Option<Entry>) -> Pair {
    let side = match (&first, &second) {
        (Some(one), Some(other)) if same(one, other) => Side::Same,
        (Some(_), Some(_)) => Side::Differs,
        (Some(_), None) => Side::First,
        _ => Side::Second,
    };
    let label = first.as_ref().or(second.as_ref()).map(|entry| entry.label.clone()).unwrap_or_default();
    Pair { group: group.clone(), label, first, second, side }
}

/// Numbers are the same however they are written; amounts only in the same currency.
fn same(one: &Entry, other: &Entry) -> bool {
    let numbers = || Some(Decimal::parse(&one.value)?.same(Decimal::parse(&other.value)?));
    match (&one.nature, &other.nature) {
        (Nature::Amount(a), Nature::Amount(b)) => a == b && numbers().unwrap_or(one.value == other.value),
        (Nature::Number, Nature::Number) => numbers().unwrap_or(one.value == other.value),
        _ => one.value == other.value,
    }
}
