//! What people read, in Japanese, Korean and English, from Fluent files (projectfluent.org).
//! Each crate brings its own files; a program puts them together in one [`Catalogue`].

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Problem, particle};

/// A reader's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
}

impl Lang {
    /// All of them; every message exists in each.
    pub const ALL: &'static [Self] = &[Self::En, Self::Ja, Self::Ko];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
            Self::Ko => "ko",
        }
    }

    /// What stands between the things of a list.
    #[must_use]
    pub const fn comma(self) -> &'static str {
        match self {
            Self::En | Self::Ko => ", ",
            Self::Ja => "、",
        }
    }

    /// The first language of an `Accept-Language` header (RFC 9110, 12.5.4) or of a POSIX locale
    /// (`ja_JP.UTF-8`) that is one of ours; English otherwise. Weights are honoured.
    #[must_use]
    pub fn prefer(header: &str) -> Self {
        let mut best = (0u32, Self::En);
        for (place, item) in header.split(',').take(32).enumerate() {
            let mut parts = item.trim().split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts
                .find_map(|p| p.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
            let Ok(lang) = tag.split(['-', '_', '.']).next().unwrap_or_default().parse::<Self>() else {
                continue;
            };
            // Weight first, then the earlier place in the header.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
            let score =
                ((weight.clamp(0.0, 1.0) * 1000.0) as u32) * 64 + (32 - u32::try_from(place).unwrap_or(32));
            if weight > 0.0 && score > best.0 {
                best = (score, lang);
            }
        }
        best.1
    }
}

impl FromStr for Lang {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL.iter().copied().find(|l| l.tag() == text).ok_or_else(|| {
            Problem::new(ErrorCode::Malformed).with("what", "language (en, ja, ko)").with("why", text)
        })
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// One set of messages as Fluent text, in all three languages.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// English.
    pub en: &'static str,
    /// Japanese.
    pub ja: &'static str,
    /// Korean.
    pub ko: &'static str,
}

/// Includes `messages/{en,ja,ko}/NAME.ftl` of the crate that calls it.
#[macro_export]
macro_rules! message_source {
    ($name:literal) => {
        $crate::messages::Source {
            en: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/messages/en/", $name, ".ftl")),
            ja: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/messages/ja/", $name, ".ftl")),
            ko: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/messages/ko/", $name, ".ftl")),
        }
    };
}

/// The texts of the table of errors.
pub const ERRORS: Source = message_source!("errors");

/// Messages that can be looked up by key.
pub struct Catalogue {
    bundles: Vec<(Lang, FluentBundle<FluentResource>)>,
}

impl Catalogue {
    /// Puts sources together. A key that is missing or a file that does not parse shows up as
    /// `?key`; `cargo xtask tidy` finds both before anyone sees it.
    #[must_use]
    pub fn new(sources: &[Source]) -> Self {
        let bundle = |lang: Lang| {
            let tag = lang.tag().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![tag]);
            // No bidi isolation marks: they garble terminals and log files.
            bundle.set_use_isolating(false);
            for source in sources {
                let text = match lang {
                    Lang::En => source.en,
                    Lang::Ja => source.ja,
                    Lang::Ko => source.ko,
                };
                let resource =
                    FluentResource::try_new(text.to_owned()).unwrap_or_else(|(partial, _)| partial);
                bundle.add_resource_overriding(resource);
            }
            (lang, bundle)
        };
        Self { bundles: Lang::ALL.iter().copied().map(bundle).collect() }
    }

    /// The message of this key.
    #[must_use]
    pub fn text(&self, lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
        self.find(lang, key, None, args)
    }

    /// An attribute of the message of this key.
    #[must_use]
    pub fn attribute(&self, lang: Lang, key: &str, attribute: &str, args: &[(&str, &str)]) -> String {
        self.find(lang, key, Some(attribute), args)
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, lang: Lang, key: &str) -> bool {
        self.bundle(lang).is_some_and(|b| b.has_message(key))
    }

    fn bundle(&self, lang: Lang) -> Option<&FluentBundle<FluentResource>> {
        self.bundles.iter().find(|(l, _)| *l == lang).map(|(_, b)| b)
    }

    fn find(&self, lang: Lang, key: &str, attribute: Option<&str>, args: &[(&str, &str)]) -> String {
        let missing = || format!("?{key}");
        let Some(bundle) = self.bundle(lang) else { return missing() };
        let Some(message) = bundle.get_message(key) else { return missing() };
        let pattern = match attribute {
            None => message.value(),
            Some(name) => message.get_attribute(name).map(|a| a.value()),
        };
        let Some(pattern) = pattern else { return missing() };
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set(*name, value_of(value));
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
        if lang == Lang::Ko { particle::chosen(text) } else { text }
    }
}

/// Text that spells a whole number as Fluent would print it takes part in plural rules; all other
/// text stays as it is (`007` and `1e5` are names, not numbers).
fn value_of(text: &str) -> FluentValue<'_> {
    match text.parse::<u32>() {
        Ok(number) if number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Catalogue")
    }
}

/// The texts of the table of errors, ready to be looked up.
pub fn errors() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::new(&[ERRORS]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expect: Lang) {
        assert_eq!(Lang::prefer(header), expect, "{header}");
    }

    #[test]
    fn the_reader_s_language_is_the_heaviest_of_ours() {
        check("ja", Lang::Ja);
        check("ko-KR,ko;q=0.9,en;q=0.8", Lang::Ko);
        check("fr, ja;q=0.5, en;q=0.7", Lang::En);
        check("zh", Lang::En);
        check("ja;q=0, ko;q=0.1", Lang::Ko);
        check("ja_JP.UTF-8", Lang::Ja);
        check("", Lang::En);
        check(&"x,".repeat(10_000), Lang::En);
    }
}
