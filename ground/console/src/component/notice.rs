//! Something that the reader should know now: what came of what they did, what is wrong with the node.

use askama::Template;
use askama::filters::HtmlSafe;
use corridor_base::{Lang, Problem};

use super::Tone;
use crate::{Markup, text};

/// A notice.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"notice {{ tone.as_str() }}\" role=\"{% if tone == Tone::Bad %}alert{% else %}status{% endif %}\">{{ tone.icon() }}<div><p class=\"notice-title\">{{ title }}</p>{{ body }}</div></div>",
    ext = "html"
)]
pub struct Notice {
    tone: Tone,
    title: String,
    body: Markup,
}

impl Notice {
    /// A notice of one sentence.
    #[must_use]
    pub fn new(tone: Tone, title: impl Into<String>) -> Self {
        Self { tone, title: title.into(), body: Markup::none() }
    }

    /// With more below it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Markup>) -> Self {
        self.body = body.into();
        self
    }

    /// A problem: what went wrong, on what, what to do, its code, and the page that explains it.
    #[must_use]
    pub fn problem(lang: Lang, problem: &Problem) -> Self {
        let said = problem.text(lang);
        let code = problem.code();
        let help = Markup::link(&help(code.as_str()), text(lang).get("problem-help").and("code", code));
        let body = Markup::paragraph(said.detail).and(Markup::paragraph(said.remedy));
        Self::new(Tone::Bad, said.title).body(body.and(help))
    }
}

/// The page that explains an error.
#[must_use]
pub fn help(code: &str) -> String {
    format!("{}/errors/{code}", crate::path::HELP)
}

impl HtmlSafe for Notice {}

impl From<Notice> for Markup {
    fn from(notice: Notice) -> Self {
        Self::of(&notice)
    }
}
