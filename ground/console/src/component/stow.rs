//! One bay of a ship, drawn by the server: rows from port to starboard, tiers from the top down, in every
//! place the container, a letter and a pattern for where it goes ashore. Nothing needs a pointer or colour;
//! the same stands in a table beside it.

use std::borrow::Borrow;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

/// How many patterns there are; a letter tells apart what shares one.
const PATTERNS: usize = 8;
const WIDTH: usize = 132;
const HEIGHT: usize = 52;
const LEFT: usize = 44;
const TOP: usize = 26;
const GAP: usize = 14;

/// A container in the drawing.
#[derive(Clone, Debug)]
pub struct StowBox {
    /// Its row, as a place among the rows of the bay.
    pub row: usize,
    /// Its tier, as a place among the tiers of the bay.
    pub tier: usize,
    /// Its number.
    pub container: String,
    /// The letter of its port.
    pub letter: String,
    /// Which port, counted from 0: the pattern follows from it.
    pub port: usize,
    /// What more there is to know, in few characters.
    pub note: String,
}

/// A bay.
#[derive(Clone, Debug, Template)]
#[template(path = "stow.html")]
pub struct Bay {
    /// Makes the names of patterns its own where a page has several bays.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What is drawn, for those who do not see it.
    pub says: String,
    /// What its rows are called, from port to starboard.
    pub rows: Vec<String>,
    /// What its tiers are called, from the top down.
    pub tiers: Vec<String>,
    /// How many of them are on deck: a line divides them from those below.
    pub deck: usize,
    /// What stands in it.
    pub boxes: Vec<StowBox>,
    /// The words for port and starboard.
    pub sides: (String, String),
}

/// A pattern with the letter and the name of its port.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<ul class=\"stow-key\">{% for (at, letter, name) in ports %}<li><svg viewBox=\"0 0 32 24\" aria-hidden=\"true\" focusable=\"false\"><defs>{{ self.drawn(at) }}</defs><rect class=\"stow-ground\" width=\"32\" height=\"24\"/><rect class=\"stow-box\" width=\"32\" height=\"24\" fill=\"url(#key-{{ at }})\"/></svg><strong>{{ letter }}</strong> {{ name }}</li>{% endfor %}</ul>",
    ext = "html"
)]
pub struct StowKey {
    /// Which port, its letter, its name.
    pub ports: Vec<(usize, String, String)>,
}

impl StowKey {
    fn drawn(&self, port: &usize) -> Markup {
        pattern(*port, "key")
    }
}

impl HtmlSafe for StowKey {}

impl From<StowKey> for Markup {
    fn from(key: StowKey) -> Self {
        Self::of(&key)
    }
}

/// The pattern of a port: lines and dots in the colour of text, thin enough to be written over.
fn pattern(port: usize, id: &str) -> Markup {
    #[derive(Template)]
    #[template(
        source = "<pattern id=\"{{ id }}-{{ port }}\" width=\"10\" height=\"10\" patternUnits=\"userSpaceOnUse\"><path class=\"stow-line\" d=\"{{ path }}\"/></pattern>",
        ext = "html"
    )]
    struct Pattern<'a> {
        id: &'a str,
        port: usize,
        path: &'a str,
    }
    let path = match port % PATTERNS {
        0 => "M0 10L10 0",
        1 => "M0 5H10",
        2 => "M5 0V10",
        3 => "M0 0L10 10",
        4 => "M0 5H10M5 0V10",
        5 => "M0 10L10 0M0 0L10 10",
        6 => "M4 5H6",
        _ => "M0 8L5 2L10 8",
    };
    Markup::of(&Pattern { id, port, path })
}

impl Bay {
    fn width(&self) -> usize {
        LEFT + self.rows.len() * WIDTH + 8
    }

    fn height(&self) -> usize {
        TOP + self.tiers.len() * HEIGHT + GAP + 26
    }

    fn left(&self, row: impl Borrow<usize>) -> usize {
        LEFT + row.borrow() * WIDTH
    }

    fn middle(&self, row: impl Borrow<usize>) -> usize {
        self.left(row) + WIDTH / 2
    }

    /// Beside the pattern, which stands at the left of a container.
    fn beside(&self, row: impl Borrow<usize>) -> usize {
        self.left(row) + 74
    }

    fn top(&self, tier: impl Borrow<usize>) -> usize {
        let tier = *tier.borrow();
        let below = tier >= self.deck && self.deck > 0;
        TOP + tier * HEIGHT + if below { GAP } else { 0 }
    }

    fn deck_line(&self) -> usize {
        TOP + self.deck * HEIGHT + GAP / 2
    }

    fn has_line(&self) -> bool {
        self.deck > 0 && self.deck < self.tiers.len()
    }

    fn patterns(&self) -> Markup {
        let mut ports: Vec<usize> = self.boxes.iter().map(|b| b.port).collect();
        ports.sort_unstable();
        ports.dedup();
        Markup::join(ports.into_iter().map(|port| pattern(port, &self.id)))
    }

    fn places(&self) -> Vec<(usize, usize)> {
        let taken = |row: usize, tier: usize| self.boxes.iter().any(|b| b.row == row && b.tier == tier);
        let all = (0..self.tiers.len()).flat_map(|tier| (0..self.rows.len()).map(move |row| (row, tier)));
        all.filter(|(row, tier)| !taken(*row, *tier)).collect()
    }
}

impl HtmlSafe for Bay {}

impl From<Bay> for Markup {
    fn from(bay: Bay) -> Self {
        Self::of(&bay)
    }
}
