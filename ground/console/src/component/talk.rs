//! What two sides said to each other, in order: what the reader's own institution sent stands at one edge, what it
//! received at the other, so that who has the word is seen before anything is read.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Badge;
use crate::Markup;

/// One thing that was said.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whether the reader's institution said it.
    pub ours: bool,
    /// From whom to whom.
    pub who: Markup,
    /// When, as the page writes it.
    pub at: Markup,
    /// What.
    pub title: Markup,
    /// How it stands: of what, and how.
    pub marks: Vec<(String, Badge)>,
    /// What more there is to know.
    pub body: Markup,
}

/// All of it.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<ol class=\"talk\">{% for turn in turns %}<li{% if turn.ours %} class=\"ours\"{% endif %}><p class=\"talk-who\"><span>{{ turn.who }}</span> <span class=\"quiet\">{{ turn.at }}</span></p><div class=\"talk-said\"><p class=\"talk-title\">{{ turn.title }}</p>{{ turn.body }}{% if !turn.marks.is_empty() %}<dl class=\"talk-marks\">{% for (of, badge) in turn.marks %}<div><dt>{{ of }}</dt><dd>{{ badge }}</dd></div>{% endfor %}</dl>{% endif %}</div></li>{% endfor %}</ol>",
    ext = "html"
)]
pub struct Talk {
    /// What was said, the first first.
    pub turns: Vec<Turn>,
}

impl HtmlSafe for Talk {}

impl From<Talk> for Markup {
    fn from(talk: Talk) -> Self {
        Self::of(&talk)
    }
}
