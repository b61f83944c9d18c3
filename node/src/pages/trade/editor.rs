//! A document as a form to be filled in, made of its mapping: groups that repeat, code lists where a directory
//! is loaded, what is wrong beside each field. "Add a line" is a button that sends the form: no script is
//! needed (UI-1).

use std::collections::{BTreeMap, BTreeSet};

use corridor_console::component::{Choice, Editor, Field, Kind, Labels, Slip, Suggestions};
use corridor_console::{Markup, Viewer};
use corridor_trade::directory::{Content, Directory};
use corridor_trade::mapping::{Form, Group, Item, Mapping, Record};
use corridor_trade::shape::{
    Label, MOST_ITEMS, Place, Remark, field_label, list_at, list_label, places, word_label,
};

use super::super::form::Fields;
use super::super::text;
use super::sheet::Languages;

/// What the names of fields of the document begin with.
const FIELD: &str = "f.";
/// The longest code list that a page carries.
const CODES: usize = 250;

/// What was typed, as a record; what has no place in the mapping is passed over, since only our own form is
/// taken.
pub(super) fn typed(mapping: &Mapping, fields: &Fields) -> Record {
    let values = fields.all().filter_map(|(name, value)| Some((name.strip_prefix(FIELD)?, value)));
    let mut record = Record::default();
    // One by one: a name that is not ours leaves the others as they are.
    let known = values.filter(|(path, _)| corridor_trade::shape::fill(mapping, [(*path, "")]).is_ok());
    if let Ok(filled) = corridor_trade::shape::fill(mapping, known) {
        record = filled;
    }
    record
}

/// Adds an item to a list, or takes one away, as a button said: `add:lines`, `remove:lines[2]`.
pub(super) fn change(mapping: &Mapping, record: &mut Record, what: &str) {
    if let Some(list) = what.strip_prefix("add:").filter(|list| list_at(mapping, list).is_some())
        && let Some(items) = record.list_mut(list)
        && items.len() < MOST_ITEMS
    {
        items.push(Record::default());
    }
    if let Some((list, at)) =
        what.strip_prefix("remove:").and_then(|item| item.strip_suffix(']')?.rsplit_once('['))
        && let Ok(at) = at.parse::<usize>()
        && list_at(mapping, list).is_some()
        && let Some(items) = record.list_mut(list)
        && (1..=items.len()).contains(&at)
    {
        items.remove(at - 1);
    }
}

/// A form in the making.
pub(super) struct Filling<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) mapping: &'a Mapping,
    /// Code lists, where the directory of the mapping is loaded.
    pub(super) directory: Option<&'a Directory>,
    /// What is wrong, by place.
    pub(super) remarks: &'a [Remark],
    /// Fields of the document that are asked for elsewhere.
    pub(super) hides: &'a [&'a str],
    /// Where the form goes.
    pub(super) action: String,
}

impl Filling<'_> {
    /// The fields of a document.
    pub(super) fn body(&self, record: &Record) -> Markup {
        let mut lists = BTreeSet::new();
        let legend = Markup::text(self.mapping.title(self.viewer.lang()));
        let top = Slip {
            legend,
            fields: self.fields(&self.mapping.segments, None, record, "", &mut lists),
            ..Slip::default()
        };
        let more = self.groups(&self.mapping.segments, record, "", &mut lists);
        Markup::from(top).and(more).and(self.suggestions(&lists))
    }

    /// What is wrong, summed up above the form.
    pub(super) fn told(&self, mut editor: Editor) -> Editor {
        for remark in self.remarks.iter().filter(|remark| remark.wrong && !remark.place.is_empty()) {
            let field = remark.place.rsplit('.').next().unwrap_or_default();
            let list = remark.place.rsplit_once('.').and_then(|(rest, _)| {
                rest.rsplit('.').next().and_then(|last| last.split_once('[')).map(|(list, _)| list)
            });
            let label = field_label(list, field, None);
            let (name, lang) = (format!("{FIELD}{}", remark.place), self.viewer.lang());
            editor = editor.wrong(&name, label.say(lang), remark.text.get(lang));
        }
        editor
    }

    fn fields(
        &self,
        items: &[Item],
        list: Option<&str>,
        record: &Record,
        path: &str,
        lists: &mut BTreeSet<String>,
    ) -> Vec<Field> {
        let shown = places(items, list, record, path).into_iter();
        let shown = shown.filter(|place| !self.hides.contains(&place.path.as_str()));
        shown.map(|place| self.field(&place, lists)).collect()
    }

    fn field(&self, place: &Place<'_>, lists: &mut BTreeSet<String>) -> Field {
        let lang = self.viewer.lang();
        let label = field_label(place.list, &place.field.field, Some((place.segment, place.slot)));
        let name = format!("{FIELD}{}", place.path);
        let mut field =
            Field::new(&name, label.say(lang)).value(&place.value).also(others(self.viewer, &label));
        field = match place.field.form {
            _ if !place.field.codes.is_empty() => field.kind(Kind::Select(self.words(place))),
            Form::Number => field.kind(Kind::Decimal),
            Form::Date => field.kind(Kind::Date),
            Form::Time => field.kind(Kind::Moment),
            Form::Text if place.field.longest.is_some_and(|longest| longest > 150) => field.kind(Kind::Lines),
            Form::Text => field,
        };
        if let Some(longest) = place.field.longest.and_then(|longest| u32::try_from(longest).ok()) {
            field = field.at_most(longest);
        }
        if place.field.form == Form::Text
            && place.field.codes.is_empty()
            && let Some(list) = self.list_of(place)
        {
            field = field.suggestions(&format!("codes-{list}"));
            lists.insert(list.to_owned());
        }
        if place.field.required {
            field = field.required(self.viewer);
        }
        let wrong = self.remarks.iter().find(|remark| remark.wrong && remark.place == place.path);
        match wrong {
            Some(remark) => field.error(remark.text.get(lang)),
            None => field,
        }
    }

    fn words(&self, place: &Place<'_>) -> Vec<Choice> {
        let lang = self.viewer.lang();
        let word = |(code, word): (&String, &String)| {
            let label = word_label(word).map_or_else(|| word.clone(), |label| label.say(lang));
            Choice::new(word.clone(), format!("{label} ({code})"))
        };
        std::iter::once(Choice::new("", "–")).chain(place.field.codes.iter().map(word)).collect()
    }

    /// The data element of a place whose code list a page can carry.
    fn list_of(&self, place: &Place<'_>) -> Option<&str> {
        let segment = self.directory?.segments.get(place.segment)?;
        let element = segment.elements.get(place.slot.element as usize - 1)?;
        let code = match &element.content {
            Content::Simple(_) => &element.code,
            Content::Composite(components) => &components.get(place.slot.component as usize - 1)?.code,
        };
        let short = self.directory?.codes.get(code).is_some_and(|codes| codes.len() <= CODES);
        short.then_some(code.as_str())
    }

    fn suggestions(&self, lists: &BTreeSet<String>) -> Markup {
        let codes = |list: &String| -> BTreeMap<String, String> {
            self.directory.and_then(|d| d.codes.get(list)).cloned().unwrap_or_default()
        };
        let one = |list: &String| {
            let codes = codes(list).into_iter().collect();
            Suggestions { name: format!("codes-{list}"), codes }.into()
        };
        Markup::join(lists.iter().map(one))
    }

    fn groups(&self, items: &[Item], record: &Record, path: &str, lists: &mut BTreeSet<String>) -> Markup {
        let mut body = Markup::none();
        for item in items {
            if let Item::Group(group) = item {
                body = body.and(self.group(group, record, path, lists));
            }
        }
        body
    }

    fn group(&self, group: &Group, record: &Record, path: &str, lists: &mut BTreeSet<String>) -> Slip {
        let t = text(self.viewer.lang());
        let lang = self.viewer.lang();
        let name = list_label(&group.each).say(lang);
        let list = format!("{path}{}", group.each);
        let found = record.lists.get(&group.each);
        let mut more = Markup::none();
        for (at, item) in found.into_iter().flatten().enumerate() {
            let here = format!("{list}[{}]", at + 1);
            let inner = format!("{here}.");
            let legend = format!("{name} {}", at + 1);
            let remove = t.get("make-remove").and("what", &legend).to_string();
            let slip = Slip {
                id: format!("item.{here}"),
                legend: Markup::text(&legend),
                fields: self.fields(&group.segments, Some(&group.each), item, &inner, lists),
                more: self.groups(&group.segments, item, &inner, lists),
                presses: vec![(format!("remove:{here}"), remove, format!("{}#list.{list}", self.action))],
            };
            more = more.and(slip);
        }
        let next = found.map_or(0, Vec::len) + 1;
        let add = t.get("make-add").and("what", &name).to_string();
        let to = format!("{}#item.{list}[{next}]", self.action);
        Slip {
            id: format!("list.{list}"),
            legend: Markup::from(Labels::new([(lang, name)])),
            fields: Vec::new(),
            more,
            presses: if next <= MOST_ITEMS { vec![(format!("add:{list}"), add, to)] } else { Vec::new() },
        }
    }
}

/// A name in the languages that are not the reader's.
fn others(viewer: &Viewer, label: &Label) -> Labels {
    let own = label.say(viewer.lang());
    let all = Languages::of(viewer, "").rest();
    Labels::new(all.into_iter().map(|lang| (lang, label.say(lang))).filter(|(_, text)| *text != own))
}

/// What was typed, as fields that are not shown: a preview brings it back.
pub(super) fn hidden(mapping: &Mapping, record: &Record) -> Vec<(String, String)> {
    let mut found = Vec::new();
    keep(&mapping.segments, None, record, "", &mut found);
    found
}

fn keep(items: &[Item], list: Option<&str>, record: &Record, path: &str, found: &mut Vec<(String, String)>) {
    for place in places(items, list, record, path) {
        if !place.value.is_empty() {
            found.push((format!("{FIELD}{}", place.path), place.value));
        }
    }
    for item in items {
        let Item::Group(group) = item else { continue };
        for (at, inner) in record.lists.get(&group.each).into_iter().flatten().enumerate() {
            let path = format!("{path}{}[{}].", group.each, at + 1);
            keep(&group.segments, Some(&group.each), inner, &path, found);
        }
    }
}
