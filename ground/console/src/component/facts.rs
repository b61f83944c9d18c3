//! What is known of one thing, as names and values.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// A list of facts.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<dl class=\"facts\">{% for (name, value) in facts %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>",
    ext = "html"
)]
pub struct Facts {
    facts: Vec<(String, Markup)>,
}

impl Facts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<Markup>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// One more, of plain text.
    #[must_use]
    pub fn text(self, name: impl Into<String>, value: impl std::fmt::Display) -> Self {
        self.fact(name, Markup::text(value))
    }

    /// One more, if it is known.
    #[must_use]
    pub fn known(self, name: impl Into<String>, value: Option<impl Into<Markup>>) -> Self {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }
}

impl HtmlSafe for Facts {}

impl From<Facts> for Markup {
    fn from(facts: Facts) -> Self {
        Self::of(&facts)
    }
}
