//! Words in the reader's language, as templates ask for them: `{{ t.get("key").and("n", count) }}`.

use std::fmt;
use std::sync::OnceLock;

use corridor_base::messages::{Catalogue, Source};
use corridor_base::{Lang, message_source};

/// What the frame and the components say.
pub const CONSOLE: Source = message_source!("console");

/// Where words are looked up, and in which language.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    catalogue: &'static Catalogue,
    /// The language.
    pub lang: Lang,
}

impl Text {
    /// The words of this catalogue in this language.
    #[must_use]
    pub const fn new(catalogue: &'static Catalogue, lang: Lang) -> Self {
        Self { catalogue, lang }
    }

    /// The message of this key; what it speaks of is said with [`Phrase::and`].
    #[must_use]
    pub fn get(&self, key: &str) -> Phrase {
        Phrase { text: *self, key: key.to_owned(), args: Vec::new() }
    }

    /// Whether there is such a message.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.catalogue.has(self.lang, key)
    }

    /// The message of this key, or else this word: for words of an open set, a kind, a type of act.
    #[must_use]
    pub fn or(&self, key: &str, word: &str) -> String {
        if self.has(key) { self.get(key).to_string() } else { word.to_owned() }
    }
}

/// A message on its way to be said.
#[derive(Clone, Debug)]
pub struct Phrase {
    text: Text,
    key: String,
    args: Vec<(&'static str, String)>,
}

impl Phrase {
    /// Says what a variable of the message stands for. A whole number takes part in plural rules.
    #[must_use]
    pub fn and(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<(&str, &str)> = self.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        f.write_str(&self.text.catalogue.text(self.text.lang, &self.key, &args))
    }
}

impl From<Phrase> for String {
    fn from(phrase: Phrase) -> Self {
        phrase.to_string()
    }
}

/// The words of the frame and the components.
#[must_use]
pub fn text(lang: Lang) -> Text {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    Text::new(CATALOGUE.get_or_init(|| Catalogue::new(&[CONSOLE])), lang)
}
