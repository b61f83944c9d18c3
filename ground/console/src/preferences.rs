//! How a reader wants pages: language, light or dark, years in eras. Kept in cookies, so that a choice
//! holds before anyone has signed in, too.

use corridor_base::Lang;
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};

/// For how long a choice is kept, in seconds: a year.
const KEPT: u32 = 31_536_000;
/// The cookies.
const LANG: &str = "corridor_lang";
const THEME: &str = "corridor_theme";
const ERAS: &str = "corridor_eras";

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    Device,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Device, Self::Light, Self::Dark];

    /// The word in the cookie and in the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The message that names it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Device => "theme-device",
            Self::Light => "theme-light",
            Self::Dark => "theme-dark",
        }
    }

    /// The theme of this word; as the device says, when there is none.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.iter().copied().find(|t| t.as_str() == word).unwrap_or_default()
    }
}

/// How a reader wants pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// In which language.
    pub lang: Lang,
    /// Light or dark.
    pub theme: Theme,
    /// Whether years are also counted in Japanese eras.
    pub eras: bool,
}

impl Preferences {
    /// What the request says: its cookies first, then `Accept-Language`, then the node's own language.
    #[must_use]
    pub fn of_request(headers: &HeaderMap, fallback: Lang) -> Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let lang = cookie(headers, LANG).and_then(|word| word.parse().ok());
        Self {
            lang: lang.unwrap_or_else(|| accepted.map_or(fallback, Lang::prefer)),
            theme: cookie(headers, THEME).map(Theme::of).unwrap_or_default(),
            eras: cookie(headers, ERAS) == Some("yes"),
        }
    }

    /// The values of the `Set-Cookie` headers that keep these; `secure` when the page came over TLS. Nothing
    /// in them is secret: they say how a page looks.
    #[must_use]
    pub fn to_cookies(self, secure: bool) -> [String; 3] {
        let secure = if secure { "; Secure" } else { "" };
        let keep = |name: &str, value: &str| {
            format!("{name}={value}; Path=/; Max-Age={KEPT}; SameSite=Lax; HttpOnly{secure}")
        };
        [
            keep(LANG, self.lang.tag()),
            keep(THEME, self.theme.as_str()),
            keep(ERAS, if self.eras { "yes" } else { "no" }),
        ]
    }
}

/// The value of a cookie (RFC 6265, 5.4); the first, when there are several.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().take(16).filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).take(64).filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_counts_before_what_the_browser_says() {
        let check = |cookies: &str, accepted: &str, expect: (Lang, Theme, bool)| {
            let mut headers = HeaderMap::new();
            if !cookies.is_empty() {
                headers.insert(COOKIE, cookies.parse().unwrap());
            }
            if !accepted.is_empty() {
                headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            }
            let found = Preferences::of_request(&headers, Lang::Ja);
            assert_eq!((found.lang, found.theme, found.eras), expect, "{cookies} {accepted}");
        };
        check("", "", (Lang::Ja, Theme::Device, false));
        check("", "ko", (Lang::Ko, Theme::Device, false));
        check("corridor_lang=en", "ko", (Lang::En, Theme::Device, false));
        check("a=b; corridor_theme=dark; corridor_eras=yes", "", (Lang::Ja, Theme::Dark, true));
        check("corridor_lang=xx; corridor_theme=\"><script>", "en", (Lang::En, Theme::Device, false));
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let chosen = Preferences { lang: Lang::Ko, theme: Theme::Light, eras: true };
        let pairs = chosen.to_cookies(false).map(|c| c.split(';').next().unwrap().to_owned()).join("; ");
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, pairs.parse().unwrap());
        assert_eq!(Preferences::of_request(&headers, Lang::En), chosen);
    }
}
