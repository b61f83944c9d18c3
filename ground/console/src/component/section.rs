//! A part of a page under a heading, and how parts stand beside each other.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// A part of a page.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<section{% if !id.is_empty() %} id=\"{{ id }}\"{% endif %}{% if live %} data-live{% endif %}>{% if !title.is_empty() %}<h2>{{ title }}</h2>{% endif %}{% if card %}<div class=\"card\">{{ body }}</div>{% else %}{{ body }}{% endif %}</section>",
    ext = "html"
)]
pub struct Section {
    title: String,
    body: Markup,
    id: String,
    live: bool,
    card: bool,
}

impl Section {
    /// A part under this heading.
    #[must_use]
    pub fn new(title: impl Into<String>, body: impl Into<Markup>) -> Self {
        Self { title: title.into(), body: body.into(), id: String::new(), live: false, card: false }
    }

    /// On a ground of its own.
    #[must_use]
    pub fn card(mut self) -> Self {
        self.card = true;
        self
    }

    /// It can be linked to by this name.
    #[must_use]
    pub fn named(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// It is asked for again when something has changed; it needs a name that its page has once.
    #[must_use]
    pub fn live(mut self, id: &str) -> Self {
        self.live = true;
        self.named(id)
    }
}

impl HtmlSafe for Section {}

impl From<Section> for Markup {
    fn from(section: Section) -> Self {
        Self::of(&section)
    }
}

/// Two parts beside each other, the first the wider; below each other where there is no room.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<div class=\"two\"><div class=\"stack\">{{ wide }}</div><div class=\"stack\">{{ narrow }}</div></div>",
    ext = "html"
)]
pub struct Columns {
    /// The wider.
    pub wide: Markup,
    /// The other.
    pub narrow: Markup,
}

impl HtmlSafe for Columns {}

impl From<Columns> for Markup {
    fn from(columns: Columns) -> Self {
        Self::of(&columns)
    }
}

/// Numbers that matter, side by side, each leading to what it counts.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<ul class=\"cards\">{% for count in counts %}<li class=\"count\"><span class=\"number\">{{ count.number }}</span><a href=\"{{ count.href }}\">{{ count.title }}</a>{% if !count.state.is_empty() %}<span>{{ count.state }}</span>{% endif %}</li>{% endfor %}</ul>",
    ext = "html"
)]
pub struct Counts {
    /// The numbers.
    pub counts: Vec<Count>,
}

/// A number that matters.
#[derive(Clone, Debug)]
pub struct Count {
    /// The number, as it is written.
    pub number: String,
    /// Of what.
    pub title: String,
    /// Where they are listed.
    pub href: String,
    /// How that stands.
    pub state: Markup,
}

impl HtmlSafe for Counts {}

impl From<Counts> for Markup {
    fn from(counts: Counts) -> Self {
        Self::of(&counts)
    }
}

/// More for those who want it, closed at first.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<details class=\"more\"><summary>{{ title }}</summary><div class=\"stack\">{{ body }}</div></details>",
    ext = "html"
)]
pub struct More {
    /// What it is.
    pub title: String,
    /// It.
    pub body: Markup,
}

impl HtmlSafe for More {}

impl From<More> for Markup {
    fn from(more: More) -> Self {
        Self::of(&more)
    }
}
