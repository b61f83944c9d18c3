//! What stands where there is nothing yet: what would stand here, and how it gets here.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Icon;
use crate::Markup;

/// An empty place.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"empty\">{{ icon }}<p class=\"empty-title\">{{ title }}</p>{% if !text.is_empty() %}<p>{{ text }}</p>{% endif %}{{ action }}</div>",
    ext = "html"
)]
pub struct Empty {
    icon: Icon,
    title: String,
    text: String,
    action: Markup,
}

impl Empty {
    /// Nothing here; `text` says how something gets here.
    #[must_use]
    pub fn new(icon: Icon, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { icon, title: title.into(), text: text.into(), action: Markup::none() }
    }

    /// With what to do about it.
    #[must_use]
    pub fn action(mut self, action: impl Into<Markup>) -> Self {
        self.action = action.into();
        self
    }
}

impl HtmlSafe for Empty {}

impl From<Empty> for Markup {
    fn from(empty: Empty) -> Self {
        Self::of(&empty)
    }
}
