//! The guides: Markdown of `docs/guide`, built into the program and made into pages once.

use std::sync::OnceLock;

use corridor_base::Lang;

use super::markdown::{self, Rendered};

/// The Markdown of one guide in each language.
#[derive(Debug)]
pub struct Source {
    /// Its name in addresses: `install`.
    pub name: &'static str,
    /// English, Japanese, Korean.
    texts: [&'static str; 3],
}

macro_rules! guides {
    ($($name:literal)*) => {
        /// All guides, in the order in which a new reader needs them.
        pub const GUIDES: &[Source] = &[$(Source {
            name: $name,
            texts: [
                include_str!(concat!("../../../docs/guide/en/", $name, ".md")),
                include_str!(concat!("../../../docs/guide/ja/", $name, ".md")),
                include_str!(concat!("../../../docs/guide/ko/", $name, ".md")),
            ],
        }),*];
    };
}

guides! { "install" "connect" "operate" "verify" "service" }

impl Source {
    /// The Markdown in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &'static str {
        let [en, ja, ko] = self.texts;
        match lang {
            Lang::En => en,
            Lang::Ja => ja,
            Lang::Ko => ko,
        }
    }
}

/// One guide as a page shows it.
#[derive(Debug)]
pub struct Guide {
    /// Its name in addresses.
    pub name: &'static str,
    /// Title, contents and body.
    pub page: Rendered,
}

/// The guides in one language.
#[must_use]
pub fn all(lang: Lang) -> &'static [Guide] {
    static PAGES: OnceLock<Vec<(Lang, Vec<Guide>)>> = OnceLock::new();
    let pages = PAGES.get_or_init(|| {
        let rendered = |lang: Lang| {
            GUIDES
                .iter()
                .map(|s| Guide { name: s.name, page: markdown::render(lang, s.text(lang)) })
                .collect()
        };
        Lang::ALL.iter().map(|lang| (*lang, rendered(*lang))).collect()
    });
    pages.iter().find(|(of, _)| *of == lang).map_or(&[], |(_, guides)| guides.as_slice())
}

/// The guide of this name.
#[must_use]
pub fn find(lang: Lang, name: &str) -> Option<&'static Guide> {
    all(lang).iter().find(|guide| guide.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_has_the_same_chapters_in_each_language() {
        let chapters = |lang: Lang, name: &str| -> Vec<String> {
            find(lang, name).unwrap().page.chapters.iter().map(|c| c.id.clone()).collect()
        };
        for guide in GUIDES {
            let expect = chapters(Lang::En, guide.name);
            assert!(
                expect.len() >= 4 && expect.iter().all(|id| !id.is_empty()),
                "{}: {expect:?}",
                guide.name
            );
            for lang in Lang::ALL {
                assert_eq!(chapters(*lang, guide.name), expect, "{} {lang}", guide.name);
                assert!(!find(*lang, guide.name).unwrap().page.title.is_empty());
            }
        }
    }

    #[test]
    fn commands_are_the_same_in_each_language() {
        let code = |text: &str| -> Vec<String> {
            let mut parts = text.split("```").skip(1).step_by(2);
            parts.by_ref().map(str::to_owned).collect()
        };
        for guide in GUIDES {
            for lang in Lang::ALL {
                assert_eq!(code(guide.text(*lang)), code(guide.text(Lang::En)), "{} {lang}", guide.name);
            }
        }
    }
}
