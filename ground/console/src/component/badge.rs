//! How something stands, as a sign and a word together: colour is never the only sign.

use askama::Template;
use askama::filters::HtmlSafe;
use corridor_base::Lang;

use super::Icon;
use crate::{Markup, text};

/// What a state means for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done, in force, complete.
    Good,
    /// Under way; nothing to do.
    Wait,
    /// Something must be done.
    Bad,
    /// Good to know.
    Info,
    /// Over, or not yet begun.
    Idle,
}

impl Tone {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Good, Self::Wait, Self::Bad, Self::Info, Self::Idle];

    /// Its class in the style sheet.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Wait => "wait",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Idle => "idle",
        }
    }

    /// Its sign.
    #[must_use]
    pub const fn icon(self) -> Icon {
        match self {
            Self::Good => Icon::Good,
            Self::Wait => Icon::Wait,
            Self::Bad => Icon::Bad,
            Self::Info => Icon::Info,
            Self::Idle => Icon::Idle,
        }
    }
}

/// A state.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<span class=\"badge {{ tone.as_str() }}\">{{ tone.icon() }}<span>{{ word }}</span></span>",
    ext = "html"
)]
pub struct Badge {
    /// What it means.
    pub tone: Tone,
    /// The word.
    pub word: String,
}

impl Badge {
    /// A state with this word.
    #[must_use]
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }
}

impl HtmlSafe for Badge {}

impl From<Badge> for Markup {
    fn from(badge: Badge) -> Self {
        Self::of(&badge)
    }
}

/// A country, and whether a witness of it has cosigned.
#[derive(Clone, Debug)]
pub struct CountryBadge {
    /// The country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether it has cosigned.
    pub cosigned: bool,
}

impl CountryBadge {
    /// The badge in one language.
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> Markup {
        let t = text(lang);
        let country = country_name(lang, &self.country);
        let (tone, key) = match self.cosigned {
            true => (Tone::Good, "country-cosigned"),
            false => (Tone::Wait, "country-pending"),
        };
        let said = t.get(key).and("country", &country).to_string();
        match said.strip_prefix(&country) {
            Some(rest) => Markup::of(&OfCountry { tone, country: &country, rest }),
            None => Badge::new(tone, said).into(),
        }
    }
}

/// In a list the sign and the name say enough of what is well; who listens hears all of it.
#[derive(Template)]
#[template(
    source = "<span class=\"badge {{ tone.as_str() }}\">{{ tone.icon() }}<span>{{ country }}<span class=\"badge-rest\">{{ rest }}</span></span></span>",
    ext = "html"
)]
struct OfCountry<'a> {
    tone: Tone,
    country: &'a str,
    rest: &'a str,
}

/// The name of a country; its code when it has none here.
#[must_use]
pub fn country_name(lang: Lang, country: &str) -> String {
    text(lang).or(&format!("country-{country}"), country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_says_its_word_and_escapes_it() {
        let badge = Markup::from(Badge::new(Tone::Bad, "<b>"));
        assert!(badge.as_str().contains("<span>&#60;b&#62;</span>"), "{badge}");
        assert!(badge.as_str().contains("#bad\""), "{badge}");
        let check = |lang: Lang, cosigned: bool, expect: &str| {
            let badge = CountryBadge { country: "KR".to_owned(), cosigned }.in_language(lang);
            assert!(badge.as_str().contains(expect), "{badge}");
        };
        check(Lang::En, true, "Republic of Korea<span class=\"badge-rest\">: cosigned</span>");
        check(Lang::Ja, false, "韓国<span class=\"badge-rest\">：連署待ち</span>");
        check(Lang::Ko, true, "대한민국<span class=\"badge-rest\">: 연서됨</span>");
        assert_eq!(country_name(Lang::Ja, "XX"), "XX");
    }
}
