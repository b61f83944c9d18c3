//! The colours of every page, light and dark, as names with a meaning. The style sheet begins with this
//! table, and a test computes the contrast of every pair that stands on each other (WCAG 2.2, 1.4.3 and
//! 1.4.11).
//!
//! Hues and steps follow the palette of Japan's Digital Agency (`@digital-go-jp/design-tokens`, MIT),
//! which was made for the same contrast; the choice of pairs and all of the dark theme are our own.

use std::fmt::Write as _;

/// A colour with a meaning.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its name in the style sheet, after `--`.
    pub name: &'static str,
    /// On light ground, `#rrggbb`.
    pub light: &'static str,
    /// On dark ground.
    pub dark: &'static str,
}

const fn token(name: &'static str, light: &'static str, dark: &'static str) -> Token {
    Token { name, light, dark }
}

/// All of them.
pub const TOKENS: &[Token] = &[
    // Grounds, from the back to the front.
    token("canvas", "#f5f6f8", "#101318"),
    token("surface", "#ffffff", "#191d24"),
    token("sunken", "#eceef2", "#0b0d11"),
    token("hover", "#eef2fb", "#232936"),
    // Text.
    token("ink", "#1a1a1c", "#f1f3f5"),
    token("ink-2", "#414349", "#cdd1d8"),
    token("ink-3", "#5c5f66", "#a6acb7"),
    // Lines: the first only divides, the second shows where a control is.
    token("line", "#d8dbe0", "#333a45"),
    token("line-strong", "#767b85", "#8a92a0"),
    // What can be followed or pressed.
    token("accent", "#0017c1", "#a9c0fb"),
    token("accent-strong", "#00118f", "#c5d7fb"),
    token("accent-soft", "#e8f1fe", "#1d2a4d"),
    token("on-accent", "#ffffff", "#05103a"),
    // States, each with a soft ground for its words.
    token("good", "#115a36", "#71c598"),
    token("good-soft", "#e6f5ec", "#0f2a1c"),
    token("wait", "#6e5600", "#ffd43d"),
    token("wait-soft", "#fbf5e0", "#2d2709"),
    token("bad", "#a90000", "#ff9696"),
    token("bad-soft", "#fdeeee", "#3a1618"),
    token("info", "#00428c", "#97d3ff"),
    token("info-soft", "#e9f4fd", "#0e2840"),
    token("idle", "#4d5057", "#c3c8d0"),
    token("idle-soft", "#eef0f2", "#2a303a"),
    // What has the focus: a ring, and a halo that separates it from any ground.
    token("focus", "#000000", "#ffffff"),
    token("halo", "#ffd43d", "#6e5600"),
];

/// The head of the style sheet: the colours for light and dark, by the device or by the reader's choice.
#[must_use]
pub fn style() -> String {
    let mut out = String::new();
    let mut block = |selector: &str, scheme: &str, dark: bool| {
        let _ = write!(out, "{selector}{{color-scheme:{scheme};");
        for token in TOKENS {
            let _ = write!(out, "--{}:{};", token.name, if dark { token.dark } else { token.light });
        }
        out.push_str("}\n");
    };
    block(":root", "light", false);
    block(":root[data-theme=dark]", "dark", true);
    let mut device =
        String::from("@media (prefers-color-scheme:dark){:root[data-theme=device]{color-scheme:dark;");
    for token in TOKENS {
        let _ = write!(device, "--{}:{};", token.name, token.dark);
    }
    device.push_str("}}\n");
    out + &device
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let digits = colour.strip_prefix('#').unwrap();
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn check(front: &str, ground: &str, least: f64) {
        let find = |name: &str| TOKENS.iter().find(|t| t.name == name).unwrap();
        let (front, ground) = (find(front), find(ground));
        for (theme, a, b) in [("light", front.light, ground.light), ("dark", front.dark, ground.dark)] {
            let found = contrast(a, b);
            assert!(
                found >= least,
                "{} on {} in {theme}: {found:.2} is less than {least}",
                front.name,
                ground.name
            );
        }
    }

    #[test]
    fn contrast_is_computed_as_wcag_does() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.001);
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    }

    #[test]
    fn words_can_be_read_on_every_ground_they_stand_on() {
        for ground in ["canvas", "surface", "sunken", "hover", "accent-soft"] {
            for ink in ["ink", "ink-2", "ink-3", "accent", "accent-strong"] {
                check(ink, ground, 4.5);
            }
        }
        for state in ["good", "wait", "bad", "info", "idle"] {
            for ground in [format!("{state}-soft"), "surface".to_owned(), "canvas".to_owned()] {
                check(state, &ground, 4.5);
            }
            check("ink", &format!("{state}-soft"), 4.5);
            check("accent", &format!("{state}-soft"), 4.5);
        }
        check("on-accent", "accent", 4.5);
        check("on-accent", "accent-strong", 4.5);
        check("on-accent", "bad", 4.5);
    }

    #[test]
    fn controls_and_the_focus_can_be_seen() {
        for ground in ["canvas", "surface", "sunken", "hover"] {
            check("line-strong", ground, 3.0);
            check("focus", ground, 3.0);
        }
        check("focus", "halo", 3.0);
    }
}
