//! Text to be copied: a command, a statement, a key.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::{Markup, Viewer};

/// Text to be copied. The script puts a button to it; without one it can be marked and copied.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"sample\" data-copy=\"{{ copy }}\" data-copied=\"{{ copied }}\"><pre tabindex=\"0\" aria-label=\"{{ label }}\"><code>{{ text }}</code></pre></div>",
    ext = "html"
)]
pub struct Sample {
    copy: String,
    copied: String,
    label: String,
    text: Markup,
}

impl Sample {
    /// This text; `label` says what it is.
    #[must_use]
    pub fn new(viewer: &Viewer, label: impl Into<String>, text: impl Into<String>) -> Self {
        let t = viewer.text();
        Self {
            copy: t.get("copy").into(),
            copied: t.get("copied").into(),
            label: label.into(),
            text: Markup::command(&text.into()),
        }
    }
}

impl HtmlSafe for Sample {}

impl From<Sample> for Markup {
    fn from(sample: Sample) -> Self {
        Self::of(&sample)
    }
}
