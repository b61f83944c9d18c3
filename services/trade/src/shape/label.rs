//! What fields, lists and words of a mapping are called, in the three languages at once.

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

/// What a field is called: by its list and name, by its name, by whose it is and what, by the place it has in
/// its segment, or else by its bare name.
#[must_use]
pub fn field_label(list: Option<&str>, field: &str, place: Option<(&str, Slot)>) -> Words {
    let own = list.map(|list| key("field", &format!("{list}-{field}"))).filter(|key| known(key));
    let own = own.or_else(|| Some(key("field", field)).filter(|key| known(key)));
    if let Some(own) = own {
        return Words::of(|lang| say(lang, &own));
    }
    for whose in WHOSE {
        let Some(what) = field.strip_prefix(whose).and_then(|rest| rest.strip_prefix('_')) else { continue };
        let (whose, what) = (key("whose", whose), key("what", what));
        if known(&whose) && known(&what) {
            return Words::of(|lang| {
                let args = [("whose", say(lang, &whose)), ("what", say(lang, &what))];
                let args: Vec<(&str, &str)> =
                    args.iter().map(|(name, text)| (*name, text.as_str())).collect();
                crate::messages().text(lang, "label-of", &args)
            });
        }
    }
    by_place(place).unwrap_or_else(|| Words::same(&field.replace(['_', '-'], " ")))
}

/// By the words of the tree: the element, in its segment.
fn by_place(place: Option<(&str, Slot)>) -> Option<Words> {
    let (tag, slot) = place?;
    let component = format!("element-{tag}-{}-{}", slot.element, slot.component);
    let element =
        [component, format!("element-{tag}-{}", slot.element)].into_iter().find(|key| known(key))?;
    let segment = format!("segment-{tag}");
    Some(Words::of(|lang| match known(&segment) {
        true => format!("{} · {}", say(lang, &segment), say(lang, &element)),
        false => say(lang, &element),
    }))
}

/// What a list is called.
#[must_use]
pub fn list_label(list: &str) -> Words {
    let key = key("list", list);
    if known(&key) { Words::of(|lang| say(lang, &key)) } else { Words::same(&list.replace(['_', '-'], " ")) }
}

/// An entry of a list: `item 2`.
#[must_use]
pub fn list_entry(list: &str, number: &str) -> Words {
    Words::of(|lang| {
        let name = list_label(list);
        let args = [("list", list), ("name", name.get(lang)), ("number", number)];
        crate::messages().text(lang, "list-entry", &args)
    })
}

/// A field by its path, as one says it: `items.2.hs` is the HS code of item 2. Nothing where this is the path of no
/// field that has a name.
#[must_use]
pub fn path_words(path: &str) -> Option<Words> {
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
    if named == Words::same(&field.replace(['_', '-'], " ")) {
        return None;
    }
    let within = |field: Words, (list, number): &(&str, &str)| {
        let entry = list_entry(list, number);
        Words::of(|lang| {
            let args = [("field", field.get(lang)), ("entry", entry.get(lang))];
            crate::messages().text(lang, "field-of", &args)
        })
    };
    Some(entries.iter().rev().fold(named, within))
}

/// What a word that a mapping puts for a code means; nothing where it has no word here.
#[must_use]
pub fn word_label(word: &str) -> Option<Words> {
    let key = key("word", word);
    known(&key).then(|| Words::of(|lang| say(lang, &key)))
}
