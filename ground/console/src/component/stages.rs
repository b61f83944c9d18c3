//! Where something stands on its way from its first stage to its last: as a picture for the page of that thing, and
//! as a small row of signs with one sentence for a list of many.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Tone;
use crate::Markup;

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How it went.
    pub tone: Tone,
    /// What it is called.
    pub word: String,
    /// How it stands.
    pub stands: String,
    /// When that came to be, as the page writes it; nothing where it has not.
    pub at: Markup,
}

/// Stages in their order, small.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"stages\">{% if !says.is_empty() %}<p>{{ says }}</p>{% endif %}<ol aria-label=\"{{ label }}\">{% for stage in stages %}<li class=\"{{ stage.tone.as_str() }}\" title=\"{{ stage.word }}: {{ stage.stands }}\">{{ stage.tone.icon() }}<span class=\"away\">{{ stage.word }}: {{ stage.stands }}</span></li>{% endfor %}</ol></div>",
    ext = "html"
)]
pub struct Stages {
    /// Stages of what.
    pub label: String,
    /// Where it is now, in a sentence.
    pub says: String,
    /// They.
    pub stages: Vec<Stage>,
}

impl HtmlSafe for Stages {}

impl From<Stages> for Markup {
    fn from(stages: Stages) -> Self {
        Self::of(&stages)
    }
}

/// Something that is waited for.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Whether there is time.
    pub tone: Tone,
    /// On whom.
    pub who: String,
    /// For what.
    pub what: Markup,
    /// Until when, if that was said.
    pub until: Markup,
}

/// On whom something waits, and for what.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<ul class=\"waits\">{% for wait in waits %}<li class=\"{{ wait.tone.as_str() }}\">{{ wait.tone.icon() }}<p><strong>{{ wait.who }}</strong><span class=\"line\">{{ wait.what }}{% if !wait.until.is_empty() %} <span class=\"quiet\">{{ wait.until }}</span>{% endif %}</span></p></li>{% endfor %}</ul>",
    ext = "html"
)]
pub struct Waits {
    /// They.
    pub waits: Vec<Wait>,
}

impl HtmlSafe for Waits {}

impl From<Waits> for Markup {
    fn from(waits: Waits) -> Self {
        Self::of(&waits)
    }
}

/// Stages in their order, as a picture: a line from the first to the last, with a sign, a word and a time at each.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"journey {{ tone.as_str() }}\"><p class=\"journey-says\">{{ tone.icon() }}<span>{{ says }}</span></p><ol aria-label=\"{{ label }}\">{% for stage in stages %}<li class=\"{{ stage.tone.as_str() }}\">{{ stage.tone.icon() }}<span class=\"journey-word\">{{ stage.word }}</span><span class=\"journey-stands\">{{ stage.stands }}</span>{% if !stage.at.is_empty() %}<span class=\"journey-at\">{{ stage.at }}</span>{% endif %}</li>{% endfor %}</ol></div>",
    ext = "html"
)]
pub struct Journey {
    /// Stages of what.
    pub label: String,
    /// Where it is now, in a sentence.
    pub says: String,
    /// What that means for the reader.
    pub tone: Tone,
    /// They.
    pub stages: Vec<Stage>,
}

impl HtmlSafe for Journey {}

impl From<Journey> for Markup {
    fn from(journey: Journey) -> Self {
        Self::of(&journey)
    }
}
