//! Numbers, sizes and amounts of money. All three languages group by thousands with commas.

use corridor_base::Lang;

/// A whole number with its thousands apart: `1,234,567`.
#[must_use]
pub fn number(value: u64) -> String {
    group(&value.to_string())
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in bytes, in decimal units (IEC 80000-13 keeps KiB for 1,024): `1.2 MB`. Below a kilobyte the
/// bytes are counted.
#[must_use]
pub fn size(lang: Lang, bytes: u64) -> String {
    const UNITS: &[&str] = &["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return match lang {
            Lang::En if bytes == 1 => "1 byte".to_owned(),
            Lang::En => format!("{bytes} bytes"),
            Lang::Ja => format!("{bytes} バイト"),
            Lang::Ko => format!("{bytes}바이트"),
        };
    }
    // In tenths of the unit, rounded down: a size is never shown larger than it is.
    let mut unit = 1000u64;
    let mut name = "kB";
    for next in UNITS.iter().skip(1) {
        if bytes / unit < 1000 {
            break;
        }
        unit = unit.saturating_mul(1000);
        name = next;
    }
    let (whole, tenth) = (bytes / unit, bytes % unit / (unit / 10));
    if whole >= 100 || tenth == 0 {
        format!("{whole}\u{a0}{name}")
    } else {
        format!("{whole}.{tenth}\u{a0}{name}")
    }
}

/// An amount of money: the digits as they were declared (`1234.50`, with a point), and the currency
/// (ISO 4217). The currency is always said: two countries, two kinds of yen and won on one page.
#[must_use]
pub fn amount(lang: Lang, digits: &str, currency: &str) -> String {
    let (sign, rest) = digits.strip_prefix('-').map_or(("", digits), |rest| ("\u{2212}", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    if whole.is_empty() || !whole.bytes().chain(fraction.unwrap_or("0").bytes()).all(|b| b.is_ascii_digit()) {
        // Not a number: shown as it was declared.
        return format!("{currency} {digits}");
    }
    let value = match fraction {
        Some(fraction) if !fraction.is_empty() => format!("{sign}{}.{fraction}", group(whole)),
        _ => format!("{sign}{}", group(whole)),
    };
    let unit = match (lang, currency) {
        (Lang::Ja, "JPY") => Some("円"),
        (Lang::Ja, "KRW") => Some("ウォン"),
        (Lang::Ja, "USD") => Some("米ドル"),
        (Lang::Ko, "JPY") => Some("엔"),
        (Lang::Ko, "KRW") => Some("원"),
        (Lang::Ko, "USD") => Some("달러"),
        _ => None,
    };
    match unit {
        Some(unit) => format!("{value}{unit}"),
        None => format!("{currency} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let check = |value: u64, expect: &str| assert_eq!(number(value), expect);
        check(0, "0");
        check(999, "999");
        check(1000, "1,000");
        check(1_234_567, "1,234,567");
        check(u64::MAX, "18,446,744,073,709,551,615");
    }

    #[test]
    fn sizes_are_never_shown_larger_than_they_are() {
        let check =
            |bytes: u64, expect: &str| assert_eq!(size(Lang::En, bytes).replace('\u{a0}', " "), expect);
        check(0, "0 bytes");
        check(1, "1 byte");
        check(999, "999 bytes");
        check(1000, "1 kB");
        check(1999, "1.9 kB");
        check(999_999, "999 kB");
        check(1_000_000, "1 MB");
        check(1_250_000, "1.2 MB");
        check(16 << 30, "17.1 GB");
        check(u64::MAX, "18.4 EB");
        assert_eq!(size(Lang::Ja, 12), "12 バイト");
        assert_eq!(size(Lang::Ko, 12), "12바이트");
    }

    #[test]
    fn an_amount_names_its_currency() {
        let check = |lang: Lang, digits: &str, currency: &str, expect: &str| {
            assert_eq!(amount(lang, digits, currency), expect);
        };
        check(Lang::En, "1234.50", "USD", "USD 1,234.50");
        check(Lang::Ja, "1234567", "JPY", "1,234,567円");
        check(Lang::Ko, "1234567", "KRW", "1,234,567원");
        check(Lang::Ko, "-12.", "EUR", "EUR \u{2212}12");
        check(Lang::En, "1O0", "JPY", "JPY 1O0");
        check(Lang::En, "", "JPY", "JPY ");
    }
}
