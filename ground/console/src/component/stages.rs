//! Where something stands on its way: a small row of stages, each with a word and a sign.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Badge, Tone};
use crate::Markup;

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How it went.
    pub tone: Tone,
    /// What it is called.
    pub word: String,
    /// How it stands, for those who do not see the sign.
    pub stands: String,
}

/// Stages in their order.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<ol class=\"stages\" aria-label=\"{{ label }}\">{% for stage in stages %}<li>{{ self.badge(stage) }}<span class=\"away\"> {{ stage.stands }}</span></li>{% endfor %}</ol>",
    ext = "html"
)]
pub struct Stages {
    /// Stages of what.
    pub label: String,
    /// They.
    pub stages: Vec<Stage>,
}

impl Stages {
    fn badge(&self, stage: &Stage) -> Badge {
        Badge::new(stage.tone, stage.word.clone())
    }
}

impl HtmlSafe for Stages {}

impl From<Stages> for Markup {
    fn from(stages: Stages) -> Self {
        Self::of(&stages)
    }
}
