//! How values are compared: texts without regard to case, patterns with two wildcards, decimal numbers digit by
//! digit. None takes longer than the product of the two lengths, whatever a pattern says.

use std::cmp::Ordering;

/// As texts are compared.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a text fits a pattern, both folded: `*` is any run of characters, `?` is one. Every prefix of the
/// pattern is held against the text at once, so that nothing is tried twice.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    // reached[n]: the first n characters of the pattern fit what was read of the text.
    let mut reached = vec![false; pattern.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    through_stars(&pattern, &mut reached);
    for c in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate() {
            if !reached.get(at).copied().unwrap_or_default() {
                continue;
            }
            let to = match wanted {
                '*' => at,
                '?' => at + 1,
                wanted if *wanted == c => at + 1,
                _ => continue,
            };
            if let Some(place) = next.get_mut(to) {
                *place = true;
            }
        }
        through_stars(&pattern, &mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

/// A star may also stand for nothing.
fn through_stars(pattern: &[char], reached: &mut [bool]) {
    for (at, c) in pattern.iter().enumerate() {
        let here = reached.get(at).copied().unwrap_or_default();
        if let Some(next) = reached.get_mut(at + 1).filter(|_| *c == '*' && here) {
            *next = true;
        }
    }
}

/// A decimal number in its parts: whether it is below nothing, the digits before the point, those behind it.
fn parts(number: &str) -> Option<(bool, &str, &str)> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let sound = !whole.is_empty() && all(whole) && all(part) && (!digits.contains('.') || !part.is_empty());
    if !sound || number.len() > 40 {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    Some((negative && !(whole.is_empty() && part.is_empty()), whole, part))
}

/// Which of two decimal numbers is greater; nothing when one is none. Exact: amounts are no floats.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let ((a_below, a_whole, a_part), (b_below, b_whole, b_part)) = (parts(a)?, parts(b)?);
    let size = a_whole.len().cmp(&b_whole.len()).then(a_whole.cmp(b_whole)).then(a_part.cmp(b_part));
    Some(match (a_below, b_below) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        let check = |pattern: &str, text: &str, expect: bool| {
            assert_eq!(fits(&folded(pattern), &folded(text)), expect, "{pattern} {text}");
        };
        check("*textile*", "MOKRYEON TEXTILE CO.", true);
        check("textile", "MOKRYEON TEXTILE CO.", false);
        check("jp???", "JPHKT", true);
        check("jp??", "JPHKT", false);
        check("*", "", true);
        check("?", "", false);
        check("**a**", "banana", true);
        check("花火*", "花火 10本", true);
        check("", "", true);
        check("", "a", false);
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let (pattern, text) = ("*a".repeat(64), "a".repeat(512) + "b");
        assert!(!fits(&pattern, &text));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let check = |a: &str, b: &str, expect: Option<Ordering>| {
            assert_eq!(compare(a, b), expect, "{a} {b}");
            assert_eq!(compare(b, a), expect.map(Ordering::reverse), "{b} {a}");
        };
        check("10", "9", Some(Ordering::Greater));
        check("10.50", "10.5", Some(Ordering::Equal));
        check("0.1", "0.09", Some(Ordering::Greater));
        check("-2", "-10", Some(Ordering::Greater));
        check("-0", "0.00", Some(Ordering::Equal));
        check("007", "7", Some(Ordering::Equal));
        check("99999999999999999999", "100000000000000000000", Some(Ordering::Less));
        for wrong in ["", "-", ".5", "5.", "1e3", "1,5", "+1"] {
            check(wrong, "1", None);
        }
    }

    /// The obvious way, which tries everything.
    fn slowly(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(('*', rest)), None) => slowly(rest, text),
            (Some(('*', rest)), Some((_, later))) => slowly(rest, text) || slowly(pattern, later),
            (Some(_), None) => false,
            (Some((p, rest)), Some((t, later))) => (*p == '?' || p == t) && slowly(rest, later),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_as_if_everything_were_tried(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(fits(&pattern, &text), slowly(&p, &t));
        }

        #[test]
        fn whole_numbers_are_compared_as_the_machine_does(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(compare(&a.to_string(), &b.to_string()), Some(a.cmp(&b)));
        }

        #[test]
        fn any_text_is_compared_without_a_panic(a in any::<String>(), b in any::<String>()) {
            let _ = (compare(&a, &b), fits(&folded(&a), &folded(&b)));
        }
    }
}
