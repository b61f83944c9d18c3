//! One condition of a rule, and how conditions hold of a document.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use corridor_base::Did;
use serde::{Deserialize, Serialize};

use super::text::{compare, fits, folded};
use crate::mapping::{Record, Shape};

/// The field that is no message's own: who sent it, by its DID.
pub const PARTNER: &str = "partner";
/// The longest value and pattern.
const LONGEST: usize = 128;
/// The most values of one condition.
const MOST: usize = 500;

/// A condition: a field, and exactly one test of it; of numbers both ends of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field: `gross_weight`, `items.hs`, `partner`.
    pub field: String,
    /// It is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<String>,
    /// It is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// It begins with one of these: a chapter or heading of the Harmonized System.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Vec<String>>,
    /// It fits this pattern: `*` any run of characters, `?` any one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// A number, this or greater.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
    /// A number greater than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<String>,
    /// A number, this or smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<String>,
    /// A number smaller than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
    /// It is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// This office has never seen it before in this field: a new partner, a new consignee.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_time: bool,
}

/// What rules are held against.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The kind of message.
    pub message: &'a str,
    /// Who sent it.
    pub partner: &'a Did,
    /// The document, by the mapping.
    pub record: &'a Record,
    /// What was seen before this document: field and value, as [`party_value`] writes it.
    pub known: &'a BTreeSet<(String, String)>,
}

/// Whether new values of a field can be told from known ones: a party's identifier or name.
pub(crate) fn is_party(field: &str) -> bool {
    const PARTIES: &[&str] =
        &["consignee", "importer", "consignor", "exporter", "declarant", "notify", "sender", "carrier"];
    let name = field.rsplit('.').next().unwrap_or(field);
    let party = name.strip_suffix("_id").or_else(|| name.strip_suffix("_name"));
    field == PARTNER || party.is_some_and(|party| PARTIES.contains(&party))
}

/// A party as it is told from others: without regard to case and to how words are spaced.
pub(crate) fn party_value(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().chars().take(200).collect()
}

/// The parties that a document names, at most so many: field and value.
pub(crate) fn values(record: &Record, most: usize) -> BTreeSet<(String, String)> {
    fn walk(record: &Record, path: &str, most: usize, into: &mut BTreeSet<(String, String)>) {
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (name, value) in record.fields.iter().filter(|(name, _)| is_party(name)) {
            if into.len() < most {
                into.insert((at(name), party_value(value)));
            }
        }
        for (list, items) in &record.lists {
            items.iter().for_each(|item| walk(item, &at(list), most, into));
        }
    }
    let mut found = BTreeSet::new();
    walk(record, "", most, &mut found);
    found
}

/// Whether all of them hold.
pub(super) fn all(conditions: &[Condition], facts: &Facts<'_>) -> bool {
    let (own, rest): (Vec<&Condition>, Vec<&Condition>) = conditions.iter().partition(|c| c.field == PARTNER);
    let partner = facts.partner.as_str();
    let of_partner = |c: &&Condition| {
        let key = (PARTNER.to_owned(), party_value(partner));
        c.holds(Some(partner), || !facts.known.contains(&key))
    };
    let wanted: Vec<(&str, &Condition)> = rest.into_iter().map(|c| (c.field.as_str(), c)).collect();
    own.iter().all(of_partner) && within(&wanted, facts.record, facts)
}

/// Whether conditions hold of a document or an item: those on its own fields, and for each of its lists all
/// conditions below it of one item. Where there is no item only what asks for nothing to be there holds.
fn within(wanted: &[(&str, &Condition)], record: &Record, facts: &Facts<'_>) -> bool {
    let mut below: BTreeMap<&str, Vec<(&str, &Condition)>> = BTreeMap::new();
    for (path, condition) in wanted {
        if let Some((list, rest)) = path.split_once('.') {
            below.entry(list).or_default().push((rest, condition));
            continue;
        }
        let value = record.fields.get(*path).map(String::as_str);
        let new = || {
            let key = (condition.field.clone(), party_value(value.unwrap_or_default()));
            !facts.known.contains(&key)
        };
        if !condition.holds(value, new) {
            return false;
        }
    }
    let none = [Record::default()];
    below.iter().all(|(list, wanted)| {
        let items = record.lists.get(*list).map_or(none.as_slice(), Vec::as_slice);
        items.iter().any(|item| within(wanted, item, facts))
    })
}

impl Condition {
    /// Whether it holds of a value; `new` says whether it was never seen before.
    fn holds(&self, value: Option<&str>, new: impl Fn() -> bool) -> bool {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return self.missing };
        if self.missing || (self.first_time && !new()) {
            return false;
        }
        let text = folded(value);
        let same = |other: &String| folded(other) == text;
        let begins = |with: &String| text.starts_with(&folded(with));
        let number = |bound: &Option<String>, fits: fn(Ordering) -> bool| {
            bound.as_ref().is_none_or(|bound| compare(value, bound).is_some_and(fits))
        };
        self.equals.as_ref().is_none_or(same)
            && self.one_of.as_ref().is_none_or(|all| all.iter().any(same))
            && self.prefix.as_ref().is_none_or(|all| all.iter().any(begins))
            && self.like.as_ref().is_none_or(|pattern| fits(&folded(pattern), &text))
            && number(&self.at_least, Ordering::is_ge)
            && number(&self.above, Ordering::is_gt)
            && number(&self.at_most, Ordering::is_le)
            && number(&self.below, Ordering::is_lt)
    }

    pub(super) fn asks_for_history(&self) -> bool {
        self.first_time
    }

    /// What is wrong with it: in which part, and why. `shapes` are what its messages hold.
    pub(super) fn check(&self, shapes: &[Shape]) -> Result<(), (String, String)> {
        let wrong = |part: &str, why: String| Err((format!(", {part}"), why));
        if self.field != PARTNER && !shapes.iter().any(|shape| has(shape, &self.field)) {
            let known: BTreeSet<String> = shapes.iter().flat_map(fields).collect();
            let near = known.iter().min_by_key(|name| apart(name, &self.field));
            let near = near.map(|name| format!("; the nearest is {name}")).unwrap_or_default();
            return wrong("field", format!("no field of this name{near}"));
        }
        let range = [&self.at_least, &self.above, &self.at_most, &self.below];
        let tests = [
            self.equals.is_some(),
            self.one_of.is_some(),
            self.prefix.is_some(),
            self.like.is_some(),
            range.iter().any(|bound| bound.is_some()),
            self.missing,
            self.first_time,
        ];
        if tests.iter().filter(|test| **test).count() != 1 {
            let why = "exactly one of equals, one_of, prefix, like, missing, first_time, or a range expected";
            return wrong("test", why.to_owned());
        }
        let doubled = (self.at_least.is_some() && self.above.is_some())
            || (self.at_most.is_some() && self.below.is_some());
        if doubled {
            return wrong("range", "one lower and one upper end at most expected".to_owned());
        }
        let odd = range.into_iter().flatten().find(|bound| compare(bound, "0").is_none());
        if let Some(bound) = odd {
            return wrong("range", format!("{bound}: a decimal number expected"));
        }
        if self.first_time && !is_party(&self.field) {
            return wrong("first_time", "partner, or the _id or _name of a party expected".to_owned());
        }
        let lists = [("one_of", &self.one_of), ("prefix", &self.prefix)];
        let single = [("equals", &self.equals), ("like", &self.like)];
        let lists = lists.into_iter().filter_map(|(name, list)| Some((name, list.as_ref()?.as_slice())));
        let single = single.into_iter().filter_map(|(n, one)| Some((n, std::slice::from_ref(one.as_ref()?))));
        for (name, all) in lists.chain(single) {
            if all.is_empty() || all.len() > MOST {
                return wrong(name, format!("1 to {MOST} values expected"));
            }
            let odd = |text: &&String| text.trim().is_empty() || text.chars().count() > LONGEST;
            if all.iter().any(|text| odd(&text)) {
                return wrong(name, format!("values of 1 to {LONGEST} characters expected"));
            }
        }
        Ok(())
    }
}

/// Whether documents of this shape have a field at this path.
fn has(shape: &Shape, path: &str) -> bool {
    match path.split_once('.') {
        Some((list, rest)) => shape.lists.get(list).is_some_and(|items| has(items, rest)),
        None => shape.has(path),
    }
}

/// The paths of all fields.
fn fields(shape: &Shape) -> Vec<String> {
    let own = shape.fields.iter().map(|field| field.field.clone());
    let below = shape
        .lists
        .iter()
        .flat_map(|(list, items)| fields(items).into_iter().map(move |field| format!("{list}.{field}")));
    own.chain(below).collect()
}

/// How far two names are apart: letters put in, taken out or changed (Levenshtein).
fn apart(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, ca) in a.chars().enumerate() {
        let mut next = vec![at + 1];
        for (place, (cb, pair)) in b.iter().zip(row.windows(2)).enumerate() {
            let [diagonal, above] = pair else { continue };
            let left = next.get(place).copied().unwrap_or_default();
            next.push((diagonal + usize::from(ca != *cb)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
