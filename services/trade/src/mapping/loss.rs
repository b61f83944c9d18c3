//! What did not survive a mapping: each value that has no place on the other side, with where it stood.

use corridor_base::Lang;
use serde::Serialize;

/// The most losses told; those beyond are counted.
const TOLD: usize = 10_000;
/// The most characters of a value told.
const SHOWN: usize = 200;

/// Why something did not survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The mapping has no place for this message.
    Message,
    /// The mapping has no place for this segment.
    Segment,
    /// The mapping has no place for this value.
    Value,
    /// The mapping has no field, list or column of this name.
    Field,
    /// The value does not have the form of the field.
    Form,
    /// The code has no word, or the word has no code.
    Code,
    /// The characters of the message do not have it.
    Characters,
    /// It is longer than the message has room for.
    Length,
    /// The number that is there is not the one that is counted.
    Count,
    /// The segment stands in another order than the mapping has.
    Order,
    /// The segment says nothing.
    Nothing,
    /// It was not there; the mapping puts it there.
    Added,
    /// The envelope of another document holds for this one too.
    Envelope,
    /// The row cannot be told from the one of another document.
    Row,
    /// The partner's table of codes has none for it.
    Untranslated,
    /// The partner's code stands for several of ours.
    Ambiguous,
}

impl Why {
    /// In one language.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let key = match self {
            Self::Message => "loss-message",
            Self::Segment => "loss-segment",
            Self::Value => "loss-value",
            Self::Field => "loss-field",
            Self::Form => "loss-form",
            Self::Code => "loss-code",
            Self::Characters => "loss-characters",
            Self::Length => "loss-length",
            Self::Count => "loss-count",
            Self::Order => "loss-order",
            Self::Nothing => "loss-nothing",
            Self::Added => "loss-added",
            Self::Envelope => "loss-envelope",
            Self::Row => "loss-row",
            Self::Untranslated => "loss-untranslated",
            Self::Ambiguous => "loss-ambiguous",
        };
        crate::messages().text(lang, key, &[])
    }
}

/// One thing that did not survive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Why.
    pub why: Why,
    /// The document or message, counted from 1.
    pub document: u64,
    /// Where it stood: `segment 4 (NAD) 3.1`, `lines[2].item`.
    pub place: String,
    /// What stood there. It may be personal data: for the parties, not for logs.
    pub value: String,
}

impl Loss {
    /// One line for people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let document = self.document.to_string();
        let why = self.why.text(lang);
        let args =
            [("document", document.as_str()), ("place", &self.place), ("value", &self.value), ("why", &why)];
        crate::messages().text(lang, "loss", &args)
    }
}

/// What did not survive, as much as is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Losses {
    /// In the order of reading.
    pub told: Vec<Loss>,
    /// Losses beyond those told.
    pub more: u64,
}

impl Losses {
    pub(crate) fn add(&mut self, why: Why, document: u64, place: impl Into<String>, value: &str) {
        if self.told.len() >= TOLD {
            self.more += 1;
            return;
        }
        let value = value.chars().take(SHOWN).collect();
        self.told.push(Loss { why, document, place: place.into(), value });
    }

    /// Whether everything survived.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.told.is_empty()
    }

    /// Those of another step after these.
    pub fn extend(&mut self, other: Self) {
        self.more += other.more;
        for loss in other.told {
            if self.told.len() < TOLD {
                self.told.push(loss);
            } else {
                self.more += 1;
            }
        }
    }
}
