//! A document as a form: names in Japanese, Korean and English side by side, lists as tables, sums, what has
//! no place in the form, and a stowage plan as a picture.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use corridor_base::{EnvelopeId, Lang, Words};
use corridor_console::component::{
    Badge, Button, Column, Command, Empty, Icon, Labels, Notice, Paging, Row, Section, Sheet as Paper,
    SheetTable, Table, Tabs, Tone, address,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_exchange::Side;
use corridor_trade::mapping::Loss;
use corridor_trade::shape::{Entry, Level, List, Nature, Sheet, Total};
use serde::Deserialize;

use super::super::documents::{self, Book};
use super::super::{dates, text};
use super::stowage;
use crate::access::Caller;
use crate::api::documents::Document;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::trade::forms::{self, Fitting};
use crate::api::{inbox, outbox};
use crate::node::Node;

/// How many items of a list a page shows.
const ITEMS: usize = 50;
/// Items of more lists than this many are closed at first.
const OPEN: usize = 5;
/// How many things without a place a page shows.
const UNPLACED: usize = 200;

/// Which part, and in which languages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Part {
    /// Which message, counted from 1.
    message: usize,
    /// From which item of its lists on.
    from: usize,
    /// `all`, `ja`, `ko` or `en`.
    labels: String,
    /// Which bay of a stowage plan.
    bay: String,
    /// By which mapping, where several fit.
    mapping: String,
}

/// In which languages names are written: the reader's first.
#[derive(Clone)]
pub(super) struct Languages(Vec<Lang>);

impl Languages {
    pub(super) fn of(viewer: &Viewer, asked: &str) -> Self {
        if let Ok(one) = asked.parse::<Lang>() {
            return Self(vec![one]);
        }
        let rest = [Lang::Ja, Lang::Ko, Lang::En].into_iter().filter(|lang| *lang != viewer.lang());
        Self(std::iter::once(viewer.lang()).chain(rest).collect())
    }

    pub(super) fn labels(&self, words: &Words) -> Labels {
        Labels::new(self.0.iter().map(|lang| (*lang, words.get(*lang).to_owned())))
    }

    /// All but the first.
    pub(super) fn rest(&self) -> Vec<Lang> {
        self.0.iter().skip(1).copied().collect()
    }
}

/// A received document as a form.
pub(in crate::pages) async fn received(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    Ask(part): Ask<Part>,
) -> Answer<Response> {
    let detail = inbox::show(State(node.0.clone()), caller.clone(), Named(id), Ask::default()).await?.0;
    page(&node, &caller, &viewer, &detail.document, &part).await
}

/// A sent document as a form.
pub(in crate::pages) async fn sent(
    node: State<Arc<Node>>,
    caller: Caller,
    viewer: Viewer,
    Named(id): Named<EnvelopeId>,
    Ask(part): Ask<Part>,
) -> Answer<Response> {
    let detail = outbox::show(State(node.0.clone()), caller.clone(), Named(id), Ask::default()).await?.0;
    page(&node, &caller, &viewer, &detail.document, &part).await
}

async fn page(
    node: &Node,
    caller: &Caller,
    viewer: &Viewer,
    document: &Document,
    part: &Part,
) -> Answer<Response> {
    let t = text(viewer.lang());
    let (book, base) = (Book::of(document.side), format!("{}/form", documents::path(document)));
    let shown = forms::shown(node, caller, document.side, document.id, &part.mapping).await?;
    let languages = Languages::of(viewer, &part.labels);
    let mut body =
        documents::tabs(viewer, document, "/form").and(Notice::new(Tone::Info, t.get("content-recorded")));
    if let Some(plan) = &shown.stowage {
        body = body.and(stowage::picture(viewer, plan, &base, &part.bay));
    }
    let at = part.message.clamp(1, shown.sheets.sheets.len().max(1));
    // Whoever looks at one bay has the rest of the message on the page before.
    if let Some(sheet) = shown.sheets.sheets.get(at - 1).filter(|_| part.bay.is_empty()) {
        let kept = kept(part);
        let message = part.message.to_string();
        let place = [("labels", part.labels.as_str()), ("message", &message)];
        body = body
            .and(fitting(viewer, &base, &place, &shown.fitting, (&sheet.message, &sheet.mapping)))
            .and(choice(viewer, &base, part));
        body = body.and(one(viewer, &languages, sheet, part.from));
        body = body.and(around(viewer, &base, &kept, at, shown.sheets.sheets.len(), part.from, sheet));
    } else if shown.stowage.is_none() {
        let content =
            Button::new(t.get("document-content"), format!("{}/content", documents::path(document)));
        body = body.and(Empty::new(Icon::Trade, t.get("form-none"), t.get("form-none-how")).action(content));
    }
    if !shown.sheets.unmapped.is_empty() && !shown.sheets.sheets.is_empty() {
        let kinds = super::kinds(viewer, &shown.sheets.unmapped);
        body = body.and(Notice::new(Tone::Info, t.get("form-unmapped").and("kinds", kinds)));
    }
    if part.bay.is_empty() {
        body = body.and(unplaced(viewer, &shown.sheets.unplaced, shown.sheets.more));
    }
    let side = document.side.as_str();
    let path = format!("/api/v1/trade/forms/{side}/{}", document.id);
    let command = Command::new(viewer, &format!("trade form {side} {}", document.id), "GET", &path, None);
    let page = Page::new(t.get("form-title").and("name", documents::name(document)), body.and(command))
        .below(book.title(viewer), book.path)
        .below(documents::name(document), documents::path(document));
    Ok(page.answer(viewer))
}

fn kept(part: &Part) -> Vec<(&'static str, String)> {
    vec![("labels", part.labels.clone()), ("mapping", part.mapping.clone())]
}

/// All languages, or one.
fn choice(viewer: &Viewer, base: &str, part: &Part) -> Tabs {
    let t = text(viewer.lang());
    let message = if part.message > 1 { part.message.to_string() } else { String::new() };
    let to = |labels: &str| {
        let kept =
            [("labels", labels), ("message", &message), ("bay", &part.bay), ("mapping", &part.mapping)];
        address(base, &kept)
    };
    let links = [
        ("all", t.get("form-all-languages").to_string()),
        ("ja", "日本語".into()),
        ("ko", "한국어".into()),
        ("en", "English".into()),
    ];
    let here = if part.labels.is_empty() { "all" } else { part.labels.as_str() };
    Tabs {
        label: t.get("form-languages").into(),
        links: links.into_iter().map(|(labels, title)| (title, to(labels))).collect(),
        here: to(here),
    }
}

/// By which mapping a message is shown, where several fit it.
pub(super) fn fitting(
    viewer: &Viewer,
    base: &str,
    kept: &[(&str, &str)],
    all: &[Fitting],
    (message, here): (&str, &str),
) -> Markup {
    let to = |mapping: &str| address(base, &[kept, &[("mapping", mapping)]].concat());
    let fit = all.iter().filter(|one| one.message == message);
    let links: Vec<(String, String)> =
        fit.map(|one| (one.title.get(viewer.lang()).to_owned(), to(&one.mapping))).collect();
    if links.len() < 2 {
        return Markup::none();
    }
    Tabs { label: text(viewer.lang()).get("form-mapping").into(), links, here: to(here) }.into()
}

/// One document.
pub(super) fn one(viewer: &Viewer, languages: &Languages, sheet: &Sheet, from: usize) -> Markup {
    let t = text(viewer.lang());
    let laying = Laying { viewer, languages, from };
    let number = if sheet.number.is_empty() { String::new() } else { format!(" {}", sheet.number) };
    let title = format!("{}{number} ({})", sheet.title.get(viewer.lang()), sheet.message);
    let mut body = Markup::from(Section::new(title, laying.fields(&sheet.level)).card());
    if let Some(sums) = sums(viewer, languages, &sheet.totals) {
        body = body.and(Section::new(t.get("form-totals"), sums));
    }
    for list in &sheet.level.lists {
        body = body.and(Section::new(list.label.get(viewer.lang()), laying.list(list, 0)));
    }
    body
}

/// How values are laid out.
struct Laying<'a> {
    viewer: &'a Viewer,
    languages: &'a Languages,
    from: usize,
}

impl Laying<'_> {
    fn fields(&self, level: &Level) -> Paper {
        let row = |entry: &Entry| (self.languages.labels(&entry.label), value(self.viewer, entry));
        Paper { rows: level.entries.iter().map(row).collect() }
    }

    /// A table, where items are of one level and few values; else one below the other.
    fn list(&self, list: &List, depth: usize) -> Markup {
        let from = if depth == 0 { self.from.min(list.items.len()) } else { 0 };
        let shown = list.items.iter().enumerate().skip(from).take(ITEMS);
        let mut names: Vec<(&str, &Words, bool)> = Vec::new();
        for entry in list.items.iter().flat_map(|item| &item.entries) {
            if !names.iter().any(|(field, ..)| *field == entry.field) {
                let number = matches!(entry.nature, Nature::Number | Nature::Amount(_));
                names.push((&entry.field, &entry.label, number));
            }
        }
        let flat = names.len() <= 9 && list.items.iter().all(|item| item.lists.is_empty());
        let mut body = if flat { self.table(list, &names, shown) } else { self.nested(list, shown, depth) };
        let left = list.items.len().saturating_sub(from + ITEMS);
        if left > 0 || from > 0 {
            let t = text(self.viewer.lang());
            let place = t.get("form-part").and("first", format::number(from as u64 + 1));
            let place = place.and("last", format::number((from + ITEMS).min(list.items.len()) as u64));
            body = body.and(Markup::paragraph(place.and("all", format::number(list.items.len() as u64))));
        }
        body
    }

    fn table<'l>(
        &self,
        list: &List,
        names: &[(&str, &Words, bool)],
        shown: impl Iterator<Item = (usize, &'l Level)>,
    ) -> Markup {
        let number = Words::of(|lang| text(lang).get("form-row").into());
        let mut columns = vec![(self.languages.labels(&number), false)];
        columns.extend(names.iter().map(|(_, label, number)| (self.languages.labels(label), *number)));
        let row = |(at, item): (usize, &Level)| {
            let cell = |(field, ..): &(&str, &Words, bool)| {
                let entry = item.entries.iter().find(|entry| entry.field == *field);
                entry.map_or_else(|| Markup::text("–"), |entry| value(self.viewer, entry))
            };
            std::iter::once(Markup::text(at + 1)).chain(names.iter().map(cell)).collect()
        };
        let caption = self.languages.labels(&list.label).into();
        SheetTable { caption, columns, rows: shown.map(row).collect() }.into()
    }

    fn nested<'l>(
        &self,
        list: &List,
        shown: impl Iterator<Item = (usize, &'l Level)>,
        depth: usize,
    ) -> Markup {
        #[derive(askama::Template)]
        #[template(
            source = "<details class=\"nested\"{% if open %} open{% endif %}><summary>{{ title }} {{ number }}</summary>{{ inner }}</details>",
            ext = "html"
        )]
        struct Nested {
            title: Labels,
            number: usize,
            open: bool,
            inner: Markup,
        }
        let open = list.items.len() <= OPEN;
        let item = |(at, item): (usize, &Level)| {
            let mut inner = Markup::from(Section::new("", self.fields(item)).card());
            for list in &item.lists {
                inner = inner.and(self.list(list, depth + 1));
            }
            Markup::of(&Nested { title: self.languages.labels(&list.label), number: at + 1, open, inner })
        };
        Markup::join(shown.map(item))
    }
}

/// A value as people write it.
pub(super) fn value(viewer: &Viewer, entry: &Entry) -> Markup {
    let lang = viewer.lang();
    let plain = match &entry.nature {
        Nature::Amount(Some(currency)) => format::amount(lang, &entry.value, currency),
        Nature::Date | Nature::Time => dates(viewer).local(&entry.value),
        _ => entry.value.clone(),
    };
    // Codes are read beside what they mean; the words of our own mappings (`original`) stand in English only.
    let of_mapping = |plain: &str| plain.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let said = match &entry.meaning {
        Some(meaning) if of_mapping(&plain) => Markup::text(meaning.get(lang)),
        Some(meaning) if matches!(entry.nature, Nature::Text) => {
            Markup::text(meaning.get(lang)).and(Markup::text(" ")).and(Markup::quiet(format!("({plain})")))
        }
        _ => Markup::text(plain),
    };
    if entry.ours.is_empty() {
        return said;
    }
    let ours = text(lang).get("form-ours").and("code", entry.ours.join(", "));
    Markup::lines([said, Markup::quiet(ours)])
}

/// What amounts add up to.
pub(super) fn sums(viewer: &Viewer, languages: &Languages, totals: &[Total]) -> Option<Markup> {
    let t = text(viewer.lang());
    let money = |value: &str, total: &Total| match &total.currency {
        Some(currency) => format::amount(viewer.lang(), value, currency),
        None => value.to_owned(),
    };
    let row = |total: &Total| {
        let badge = match total.agrees {
            Some(true) => Badge::new(Tone::Good, t.get("form-total-agrees")).into(),
            Some(false) => Badge::new(Tone::Bad, t.get("form-total-differs")).into(),
            None => Markup::text("–"),
        };
        let stated = total.stated.as_ref().map_or_else(|| "–".to_owned(), |stated| money(stated, total));
        let name = Words::of(|lang| format!("{}: {}", total.list.get(lang), total.label.get(lang)));
        Row(vec![
            languages.labels(&name).into(),
            Markup::text(money(&total.sum, total)),
            Markup::text(stated),
            badge,
        ])
    };
    if totals.is_empty() {
        return None;
    }
    let table = Table {
        caption: t.get("form-totals-caption").into(),
        columns: vec![
            Column::new(t.get("form-totals-of")),
            Column::number(t.get("form-sum")),
            Column::number(t.get("form-stated")),
            Column::new(t.get("form-check")),
        ],
        rows: totals.iter().map(row).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    Some(table.into())
}

/// What has no place in the form: nothing is hidden.
pub(super) fn unplaced(viewer: &Viewer, losses: &[Loss], more: u64) -> Markup {
    let t = text(viewer.lang());
    if losses.is_empty() {
        return Markup::none();
    }
    let row = |loss: &Loss| {
        Row(vec![
            Markup::text(&loss.place),
            Markup::code(&loss.value),
            Markup::text(loss.why.text(viewer.lang())),
        ])
    };
    let table = Table {
        caption: t.get("form-unplaced-how").into(),
        columns: ["form-place", "form-says", "form-why"].map(|key| Column::new(t.get(key))).into(),
        rows: losses.iter().take(UNPLACED).map(row).collect(),
        empty: Empty::new(Icon::Trade, "", ""),
        paging: None,
    };
    let left = more + losses.len().saturating_sub(UNPLACED) as u64;
    let mut body = Markup::from(table);
    if left > 0 {
        body = body.and(Markup::paragraph(t.get("form-unplaced-more").and("n", left)));
    }
    Section::new(t.get("form-unplaced"), body).into()
}

/// How to reach the other messages, and the rest of long lists.
fn around(
    viewer: &Viewer,
    base: &str,
    kept: &[(&'static str, String)],
    at: usize,
    all: usize,
    from: usize,
    sheet: &Sheet,
) -> Markup {
    let t = text(viewer.lang());
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let message = at.to_string();
    let mut with = kept.clone();
    with.push(("message", &message));
    let longest = sheet.level.lists.iter().map(|list| list.items.len()).max().unwrap_or(0);
    let next = (from + ITEMS).to_string();
    let rest = (longest > from + ITEMS).then_some(next.as_str());
    let mut body = Markup::none();
    if rest.is_some() || from > 0 {
        body = body.and(Paging::new(viewer, base, &with, ("from", from > 0), rest));
    }
    let mut links = Vec::new();
    let to = |at: usize| {
        let mut query = kept.clone();
        let at = at.to_string();
        query.push(("message", &at));
        address(base, &query)
    };
    if at > 1 {
        links.push(Button::new(t.get("form-message-before"), to(at - 1)).icon(Icon::Back).into());
    }
    if at < all {
        links.push(Button::new(t.get("form-message-after"), to(at + 1)).icon(Icon::Next).into());
    }
    if !links.is_empty() {
        let place = t.get("form-message").and("n", at).and("all", all);
        body = body.and(Markup::paragraph(place)).and(Markup::join(links));
    }
    body
}

/// The side in a path of the API.
pub(super) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::In => "in",
        Side::Out => "out",
    }
}
