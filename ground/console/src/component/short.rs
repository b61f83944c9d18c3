//! A long identifier, cut in the middle, with the whole of it one step away: for a mouse, a keyboard and
//! a screen reader alike.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// An identifier that opens to its whole.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<details class=\"short\"><summary><code>{{ cut }}</code></summary><code>{{ whole }}</code></details>",
    ext = "html"
)]
pub struct Short {
    cut: String,
    whole: String,
}

impl Short {
    /// Eight characters of each end.
    #[must_use]
    pub fn new(whole: impl std::fmt::Display) -> Self {
        let whole = whole.to_string();
        Self { cut: crate::format::short(&whole, 8, 8), whole }
    }

    /// A participant, by its host.
    #[must_use]
    pub fn did(did: &corridor_base::Did) -> Self {
        Self { cut: crate::format::did(did), whole: did.to_string() }
    }
}

impl HtmlSafe for Short {}

impl From<Short> for Markup {
    fn from(short: Short) -> Self {
        if short.cut == short.whole { Self::code(short.whole) } else { Self::of(&short) }
    }
}
