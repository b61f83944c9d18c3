//! How far something has come. It is true when the page is made; a page that lives says so anew.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// Progress.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"progress\"><span id=\"{{ id }}-label\">{{ label }}</span><progress aria-labelledby=\"{{ id }}-label\" max=\"{{ whole }}\"{% if let Some(done) = done %} value=\"{{ done }}\"{% endif %}></progress></div>",
    ext = "html"
)]
pub struct Progress {
    /// Its name in the page.
    pub id: String,
    /// What comes how far, in words: the bar alone says nothing.
    pub label: String,
    /// How much is done; `None` when nobody knows.
    pub done: Option<u64>,
    /// How much there is.
    pub whole: u64,
}

impl HtmlSafe for Progress {}

impl From<Progress> for Markup {
    fn from(progress: Progress) -> Self {
        Self::of(&progress)
    }
}
