//! Lists as tables: with a caption, filters in the address, pages, and a stacked layout on phones in
//! which every cell says its column.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Empty, Field};
use crate::{Markup, Text, Viewer};

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Whether it holds numbers, which stand to the right.
    pub number: bool,
    /// What it is called in each card of a phone, where the heading would be too long to be repeated.
    pub card: Option<String>,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: false, card: None }
    }

    /// A column of numbers.
    #[must_use]
    pub fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: true, card: None }
    }

    /// A shorter name for the cards of a phone.
    #[must_use]
    pub fn card(mut self, name: impl Into<String>) -> Self {
        self.card = Some(name.into());
        self
    }

    fn label(&self) -> &str {
        self.card.as_deref().unwrap_or(&self.title)
    }
}

/// A row: as many cells as there are columns. The first names the row, and holds the link to its page.
#[derive(Clone, Debug, Default)]
pub struct Row(pub Vec<Markup>);

/// A list.
#[derive(Clone, Debug, Template)]
#[template(path = "table.html")]
pub struct Table {
    /// What it lists; read aloud, and shown above it.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// What stands there when there are none.
    pub empty: Empty,
    /// How to reach the rest.
    pub paging: Option<Paging>,
}

impl Table {
    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (usize, &'a Column, &'a Markup)> {
        self.columns.iter().zip(&row.0).enumerate().map(|(at, (column, cell))| (at, column, cell))
    }
}

impl HtmlSafe for Table {}

impl From<Table> for Markup {
    fn from(table: Table) -> Self {
        Self::of(&table)
    }
}

/// How to reach the pages before and after this one. Lists are read from the newest on, by a place and
/// not by a number: what comes in meanwhile moves nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "paging.html")]
pub struct Paging {
    t: Text,
    first: Option<String>,
    next: Option<String>,
}

impl Paging {
    /// The pages of the list at this path, with these parameters beside the place; `place` is where this
    /// page began, `next` where the following one does.
    #[must_use]
    pub fn new(
        viewer: &Viewer,
        path: &str,
        kept: &[(&str, &str)],
        place: (&str, bool),
        next: Option<&str>,
    ) -> Self {
        let (name, began) = place;
        let first = began.then(|| address(path, kept));
        let next = next.map(|next| {
            let mut all = kept.to_vec();
            all.push((name, next));
            address(path, &all)
        });
        Self { t: viewer.text(), first, next }
    }
}

impl HtmlSafe for Paging {}

impl From<Paging> for Markup {
    fn from(paging: Paging) -> Self {
        Self::of(&paging)
    }
}

/// A path with a query; parameters without a value are left out.
#[must_use]
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        out.push_str(&percent(value));
    }
    out
}

/// A value as it stands in a path or a query (RFC 3986, 2.3): all but unreserved characters encoded.
#[must_use]
pub fn percent(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What narrows a list: a form that is sent by `GET`, so that a filtered list has an address.
#[derive(Clone, Debug, Template)]
#[template(path = "filters.html")]
pub struct Filters {
    t: Text,
    action: String,
    fields: Vec<Field>,
    narrowed: bool,
    looks_up: bool,
}

impl Filters {
    /// Filters of the list at this path. `narrowed` says whether any of them is in use.
    #[must_use]
    pub fn new(viewer: &Viewer, action: &str, fields: Vec<Field>, narrowed: bool) -> Self {
        Self { t: viewer.text(), action: action.to_owned(), fields, narrowed, looks_up: false }
    }

    /// They name one thing that is looked up, and narrow no list.
    #[must_use]
    pub fn looks_up(mut self) -> Self {
        self.looks_up = true;
        self
    }
}

impl HtmlSafe for Filters {}

impl From<Filters> for Markup {
    fn from(filters: Filters) -> Self {
        Self::of(&filters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_was_asked_and_no_more() {
        let check = |query: &[(&str, &str)], expect: &str| assert_eq!(address("/a", query), expect);
        check(&[], "/a");
        check(&[("q", "")], "/a");
        check(&[("q", "税 &=?#"), ("s", "b")], "/a?q=%E7%A8%8E%20%26%3D%3F%23&s=b");
    }
}
