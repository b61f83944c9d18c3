//! What fields, lists and words of a mapping are called, in whichever of the three languages.

use corridor_base::{Lang, Words};

use crate::mapping::Slot;

/// Whose fields stand in blocks: `buyer_name`, `buyer_city`.
const WHOSE: &[&str] = &[
    "buyer",
    "seller",
    "supplier",
    "delivery",
    "consignor",
    "consignee",
    "notify",
    "carrier",
    "forwarder",
    "exporter",
    "importer",
    "declarant",
    "sender",
    "recipient",
    "shipper",
    "invoicee",
    "agent",
    "payer",
    "warehouse",
    "manufacturer",
    "operator",
    "terminal",
];

fn key(kind: &str, name: &str) -> String {
    format!("{kind}-{}", name.replace('_', "-"))
}

fn known(key: &str) -> bool {
    crate::messages().has(Lang::En, key)
}

fn say(lang: Lang, key: &str) -> String {
    crate::messages().text(lang, key, &[])
}

/// What something is called: found once, and said in the language of whoever reads it, or in all three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(Called);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Called {
    /// By a message of its own.
    Known(String),
    /// By whose it is and what it is.
    Whose { whose: String, what: String },
    /// By the words of the tree: the element, in its segment where that has a name.
    Placed { segment: Option<String>, element: String },
    /// By its bare name, which nobody has said in words.
    Bare(String),
    /// An entry of a list: `item 2`.
    Entry { list: String, number: String },
    /// Something of an entry.
    Within { field: Box<Label>, entry: Box<Label> },
}

impl Label {
    fn known(key: String) -> Option<Self> {
        known(&key).then_some(Self(Called::Known(key)))
    }

    fn bare(name: &str) -> Self {
        Self(Called::Bare(name.replace(['_', '-'], " ")))
    }

    /// In one language.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let put = |key: &str, args: &[(&str, &str)]| crate::messages().text(lang, key, args);
        match &self.0 {
            Called::Known(key) => say(lang, key),
            Called::Whose { whose, what } => {
                put("label-of", &[("whose", &say(lang, whose)), ("what", &say(lang, what))])
            }
            Called::Placed { segment: Some(segment), element } => {
                format!("{} · {}", say(lang, segment), say(lang, element))
            }
            Called::Placed { segment: None, element } => say(lang, element),
            Called::Bare(name) => name.clone(),
            Called::Entry { list, number } => {
                let name = list_label(list).say(lang);
                put("list-entry", &[("list", list), ("name", &name), ("number", number)])
            }
            Called::Within { field, entry } => {
                put("field-of", &[("field", &field.say(lang)), ("entry", &entry.say(lang))])
            }
        }
    }

    /// In all three.
    #[must_use]
    pub fn words(&self) -> Words {
        Words::of(|lang| self.say(lang))
    }
}

/// What a field is called: by its list and name, by its name, by whose it is and what, by the place it has in
/// its segment, or else by its bare name.
#[must_use]
pub fn field_label(list: Option<&str>, field: &str, place: Option<(&str, Slot)>) -> Label {
    let own = list.and_then(|list| Label::known(key("field", &format!("{list}-{field}"))));
    let named = own.or_else(|| Label::known(key("field", field))).or_else(|| by_whose(field));
    named.or_else(|| by_place(place)).unwrap_or_else(|| Label::bare(field))
}

/// By whose it is and what.
fn by_whose(field: &str) -> Option<Label> {
    WHOSE.iter().find_map(|whose| {
        let what = field.strip_prefix(whose)?.strip_prefix('_')?;
        let (whose, what) = (key("whose", whose), key("what", what));
        (known(&whose) && known(&what)).then_some(Label(Called::Whose { whose, what }))
    })
}

/// By the words of the tree: the element, in its segment.
fn by_place(place: Option<(&str, Slot)>) -> Option<Label> {
    let (tag, slot) = place?;
    let component = format!("element-{tag}-{}-{}", slot.element, slot.component);
    let element =
        [component, format!("element-{tag}-{}", slot.element)].into_iter().find(|key| known(key))?;
    let segment = Some(format!("segment-{tag}")).filter(|segment| known(segment));
    Some(Label(Called::Placed { segment, element }))
}

/// What a list is called.
#[must_use]
pub fn list_label(list: &str) -> Label {
    Label::known(key("list", list)).unwrap_or_else(|| Label::bare(list))
}

/// An entry of a list: `item 2`.
#[must_use]
pub fn list_entry(list: &str, number: &str) -> Label {
    Label(Called::Entry { list: list.to_owned(), number: number.to_owned() })
}

/// A field by its path, as one says it: `items.2.hs` is the HS code of item 2. Nothing where this is the path of no
/// field that has a name.
#[must_use]
pub fn path_label(path: &str) -> Option<Label> {
    let path = path.to_ascii_lowercase();
    let parts: Vec<&str> = path.split('.').collect();
    let (field, lists) = parts.split_last()?;
    let entries = lists.chunks(2).map(|pair| match pair {
        [list, number] if known(&key("list", list)) && number.parse::<u32>().is_ok() => {
            Some((*list, *number))
        }
        _ => None,
    });
    let entries: Vec<(&str, &str)> = entries.collect::<Option<_>>()?;
    let named = field_label(entries.last().map(|(list, _)| *list), field, None);
    if matches!(named.0, Called::Bare(_)) {
        return None;
    }
    let within = |field: Label, (list, number): &(&str, &str)| {
        Label(Called::Within { field: Box::new(field), entry: Box::new(list_entry(list, number)) })
    };
    Some(entries.iter().rev().fold(named, within))
}

/// What a word that a mapping puts for a code means; nothing where it has no word here.
#[must_use]
pub fn word_label(word: &str) -> Option<Label> {
    Label::known(key("word", word))
}
