//! Names and values as a form on paper has them: the names in every language side by side, for two people
//! who read two languages and look at one document.

use askama::Template;
use askama::filters::HtmlSafe;
use corridor_base::Lang;

use crate::Markup;

/// A name in one or more languages, the reader's own first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    source = "{% for (lang, text) in texts %}<span class=\"said\" lang=\"{{ lang.tag() }}\">{{ text }}</span>{% endfor %}",
    ext = "html"
)]
pub struct Labels {
    texts: Vec<(Lang, String)>,
}

impl Labels {
    /// These texts. One that says what another before it says is left out.
    #[must_use]
    pub fn new(texts: impl IntoIterator<Item = (Lang, String)>) -> Self {
        let mut kept: Vec<(Lang, String)> = Vec::new();
        for (lang, text) in texts {
            if !kept.iter().any(|(_, known)| *known == text) {
                kept.push((lang, text));
            }
        }
        Self { texts: kept }
    }

    fn first(&self) -> &str {
        self.texts.first().map_or("", |(_, text)| text)
    }
}

impl HtmlSafe for Labels {}

impl From<Labels> for Markup {
    fn from(labels: Labels) -> Self {
        Self::of(&labels)
    }
}

/// Names and values, one below the other.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<dl class=\"sheet\">{% for (name, value) in rows %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>",
    ext = "html"
)]
pub struct Sheet {
    /// Names and values.
    pub rows: Vec<(Labels, Markup)>,
}

impl HtmlSafe for Sheet {}

impl From<Sheet> for Markup {
    fn from(sheet: Sheet) -> Self {
        Self::of(&sheet)
    }
}

/// Things of one kind as a table whose columns are called so.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<div class=\"table-wrap\" tabindex=\"0\"><table class=\"table sheet-table\" role=\"table\"><caption>{{ caption }}</caption><thead role=\"rowgroup\"><tr role=\"row\">{% for (labels, number) in columns %}<th scope=\"col\" role=\"columnheader\"{% if number %} class=\"number\"{% endif %}>{{ labels }}</th>{% endfor %}</tr></thead><tbody role=\"rowgroup\">{% for row in rows %}<tr role=\"row\">{% for (at, number, name, cell) in self.cells(row) %}{% if at == 0 %}<th scope=\"row\" role=\"rowheader\">{{ cell }}</th>{% else %}<td role=\"cell\"{% if number %} class=\"number\"{% endif %} data-label=\"{{ name }}\"><span>{{ cell }}</span></td>{% endif %}{% endfor %}</tr>{% endfor %}</tbody></table></div>",
    ext = "html"
)]
pub struct SheetTable {
    /// What it lists.
    pub caption: Markup,
    /// What its columns are called, and whether they hold numbers; the first names the row.
    pub columns: Vec<(Labels, bool)>,
    /// Its rows.
    pub rows: Vec<Vec<Markup>>,
}

impl SheetTable {
    fn cells<'a>(&'a self, row: &'a [Markup]) -> impl Iterator<Item = (usize, bool, &'a str, &'a Markup)> {
        let cells = self.columns.iter().zip(row).enumerate();
        cells.map(|(at, ((labels, number), cell))| (at, *number, labels.first(), cell))
    }
}

impl HtmlSafe for SheetTable {}

impl From<SheetTable> for Markup {
    fn from(table: SheetTable) -> Self {
        Self::of(&table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_once_in_each_language_that_has_another_word() {
        let check = |texts: &[(Lang, &str)], expect: &str| {
            let labels = Labels::new(texts.iter().map(|(lang, text)| (*lang, (*text).to_owned())));
            assert_eq!(Markup::from(labels).as_str(), expect);
        };
        check(
            &[(Lang::Ja, "品名"), (Lang::Ko, "품명"), (Lang::En, "<Description>")],
            "<span class=\"said\" lang=\"ja\">品名</span><span class=\"said\" lang=\"ko\">품명</span>\
             <span class=\"said\" lang=\"en\">&#60;Description&#62;</span>",
        );
        check(&[(Lang::Ja, "VGM"), (Lang::En, "VGM")], "<span class=\"said\" lang=\"ja\">VGM</span>");
    }
}
