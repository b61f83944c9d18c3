//! A text in the three languages of the corridor: a name, a purpose, a label.

use serde::{Deserialize, Serialize};

use crate::Lang;

/// A text in three languages. In signed statements it stands as this type writes itself: `{"en","ja","ko"}`, in
/// this order, all three and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
    /// Korean.
    pub ko: String,
}

impl Words {
    /// As each language says it.
    #[must_use]
    pub fn of(say: impl Fn(Lang) -> String) -> Self {
        Self { en: say(Lang::En), ja: say(Lang::Ja), ko: say(Lang::Ko) }
    }

    /// The same text in all three languages.
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self::of(|_| text.to_owned())
    }

    /// In one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
            Lang::Ko => &self.ko,
        }
    }

    /// All three.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [self.en.as_str(), &self.ja, &self.ko].into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_stays_as_it_was_written() {
        let words = Words { en: "Office".to_owned(), ja: "事務所".to_owned(), ko: "사무소".to_owned() };
        let text = r#"{"en":"Office","ja":"事務所","ko":"사무소"}"#;
        assert_eq!(serde_json::to_string(&words).unwrap(), text);
        assert_eq!(serde_json::from_str::<Words>(text).unwrap(), words);
    }

    #[test]
    fn all_three_and_nothing_else() {
        for wrong in [r#"{"en":"a","ja":"b"}"#, r#"{"en":"a","ja":"b","ko":"c","zh":"d"}"#] {
            assert!(serde_json::from_str::<Words>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_language_gets_its_own() {
        let words = Words::of(|lang| lang.tag().to_owned());
        for lang in Lang::ALL.iter().copied() {
            assert_eq!(words.get(lang), lang.tag());
        }
        assert_eq!(words.all().collect::<Vec<_>>(), ["en", "ja", "ko"]);
    }
}
