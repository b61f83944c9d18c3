//! What happened to one thing, in the order in which it happened.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Tone;
use crate::Markup;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, as the page writes it; nothing for what is still to come.
    pub at: Markup,
    /// What happened.
    pub title: String,
    /// How it went.
    pub tone: Tone,
    /// What more there is to know.
    pub body: Markup,
}

/// What happened, from the first to the last.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<ol class=\"timeline\">{% for event in events %}<li class=\"{{ event.tone.as_str() }}\">{{ event.tone.icon() }}<div><p class=\"event-title\">{{ event.title }}</p>{% if !event.at.is_empty() %}<p class=\"event-at\">{{ event.at }}</p>{% endif %}{{ event.body }}</div></li>{% endfor %}</ol>",
    ext = "html"
)]
pub struct Timeline {
    /// The events.
    pub events: Vec<Event>,
}

impl HtmlSafe for Timeline {}

impl From<Timeline> for Markup {
    fn from(timeline: Timeline) -> Self {
        Self::of(&timeline)
    }
}
