//! Amounts of money in a document: which currency, how many decimals it may have, what lines add up to and
//! whether the document says the same. Decimal arithmetic, never binary fractions.

use corridor_base::Words;
use serde::Serialize;

use super::decimal::Decimal;
use super::label::{field_label, list_label};
use super::sheet::is_money;
use crate::mapping::{Form, Item, Mapping, Record, Slot, Source, Template};

/// Currencies (ISO 4217) without decimals; and those with three.
const WHOLE: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
const THIRDS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// How many decimals an amount of this currency may have (ISO 4217, minor unit).
#[must_use]
pub fn decimals(currency: &str) -> u32 {
    match currency {
        c if WHOLE.contains(&c) => 0,
        c if THIRDS.contains(&c) => 3,
        _ => 2,
    }
}

/// What amounts of an item are, and the amount of the document that is their sum: the qualifiers of MOA (5025).
const SUMS: &[(&str, &str)] = &[("203", "79"), ("38", "39"), ("124", "176")];

/// A sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Of what: the list.
    pub list: Words,
    /// Which of its amounts.
    pub label: Words,
    /// What they add up to.
    pub sum: String,
    /// In which currency; nothing where none is said.
    pub currency: Option<String>,
    /// What the document says that they add up to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<String>,
    /// Whether that is so; nothing where the document does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
}

/// An amount that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// Where it stands.
    pub place: String,
    /// What it says.
    pub value: String,
    /// In which currency.
    pub currency: String,
    /// How many decimals that has.
    pub decimals: u32,
}

/// The currency of an amount: the one of its own segment, of its item, of the document.
pub(super) fn currency_of(template: &Template, record: &Record, root: &Record) -> Option<String> {
    let own = template.set.get(&Slot { element: 1, component: 3 });
    let own = match own {
        Some(Source::Field(field)) if template.segment == "MOA" => record.fields.get(&field.field).cloned(),
        Some(Source::Fixed(code)) if template.segment == "MOA" => Some(code.clone()),
        _ => None,
    };
    own.or_else(|| record.fields.get("currency").cloned()).or_else(|| root.fields.get("currency").cloned())
}

/// The field of an amount, and its qualifier.
fn amount(template: &Template) -> Option<(&str, &str)> {
    let (first, second) = (Slot { element: 1, component: 1 }, Slot { element: 1, component: 2 });
    match (template.segment.as_str(), template.set.get(&first), template.set.get(&second)) {
        ("MOA", Some(Source::Fixed(code)), Some(Source::Field(field))) if field.form == Form::Number => {
            Some((&field.field, code))
        }
        _ => None,
    }
}

/// What the amounts of each list add up to.
#[must_use]
pub fn totals(mapping: &Mapping, root: &Record) -> Vec<Total> {
    let mut found = Vec::new();
    for item in &mapping.segments {
        let Item::Group(group) = item else { continue };
        let Some(items) = root.lists.get(&group.each) else { continue };
        for inner in &group.segments {
            let Item::Segment(template) = inner else { continue };
            let Some((field, code)) = amount(template) else { continue };
            found.extend(total(mapping, root, &group.each, items, template, (field, code)));
        }
    }
    found
}

fn total(
    mapping: &Mapping,
    root: &Record,
    list: &str,
    items: &[Record],
    template: &Template,
    (field, code): (&str, &str),
) -> Option<Total> {
    let mut sum = Decimal::ZERO;
    let mut currencies: Vec<Option<String>> = Vec::new();
    let mut any = false;
    for item in items {
        let Some(value) = item.fields.get(field) else { continue };
        // What is no number is shown as it stands, and not added to anything.
        sum = sum.plus(Decimal::parse(value)?)?;
        any = true;
        currencies.push(currency_of(template, item, root));
    }
    currencies.dedup();
    // Yen and won do not add up.
    let currency = match currencies.as_slice() {
        [one] if any => one.clone(),
        _ => return None,
    };
    let stated = SUMS.iter().find(|(of, _)| *of == code).and_then(|(_, whole)| {
        let header = mapping.segments.iter().filter_map(|item| match item {
            Item::Segment(template) => amount(template),
            Item::Group(_) => None,
        });
        let (field, _) = header.into_iter().find(|(_, code)| code == whole)?;
        root.fields.get(field).cloned()
    });
    let agrees = stated.as_ref().map(|said| Decimal::parse(said).is_some_and(|said| said.same(sum)));
    let label = field_label(Some(list), field, Some((&template.segment, Slot { element: 1, component: 2 })));
    let (list, label) = (list_label(list).words(), label.words());
    Some(Total { list, label, sum: sum.to_string(), currency, stated, agrees })
}

/// Amounts with more decimals than their currency has.
#[must_use]
pub fn doubts(mapping: &Mapping, root: &Record) -> Vec<Doubt> {
    let mut found = Vec::new();
    look(&mapping.segments, root, root, "", &mut found);
    found
}

fn look(items: &[Item], root: &Record, record: &Record, path: &str, found: &mut Vec<Doubt>) {
    for item in items {
        match item {
            Item::Segment(template) => {
                for (slot, source) in &template.set {
                    let Source::Field(field) = source else { continue };
                    // A price for a unit may be finer than money is paid.
                    if template.segment != "MOA" || !is_money(&template.segment, *slot) {
                        continue;
                    }
                    let Some(value) = record.fields.get(&field.field) else { continue };
                    let Some(currency) = currency_of(template, record, root) else { continue };
                    let most = decimals(&currency);
                    if Decimal::parse(value).is_some_and(|value| value.fraction() > most) {
                        let place = format!("{path}{}", field.field);
                        found.push(Doubt { place, value: value.clone(), currency, decimals: most });
                    }
                }
            }
            Item::Group(group) => {
                for (at, item) in record.lists.get(&group.each).into_iter().flatten().enumerate() {
                    let path = format!("{path}{}[{}].", group.each, at + 1);
                    look(&group.segments, root, item, &path, found);
                }
            }
        }
    }
}
