//! Views of one thing beside each other, as links: each has an address, and none needs a script.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// Views of one thing.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<nav class=\"tabs\" aria-label=\"{{ label }}\"><ul>{% for (title, href) in links %}<li><a href=\"{{ href }}\" data-swap{% if href.as_str() == here.as_str() %} aria-current=\"page\"{% endif %}>{{ title }}</a></li>{% endfor %}</ul></nav>",
    ext = "html"
)]
pub struct Tabs {
    /// What they are views of.
    pub label: String,
    /// Title and address of each.
    pub links: Vec<(String, String)>,
    /// The address of the one shown.
    pub here: String,
}

impl HtmlSafe for Tabs {}

impl From<Tabs> for Markup {
    fn from(tabs: Tabs) -> Self {
        Self::of(&tabs)
    }
}
