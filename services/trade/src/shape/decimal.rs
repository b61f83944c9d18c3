//! Decimal numbers as messages write them, added up exactly. Money is never a binary fraction.

use std::fmt;

/// Digits and where the point stands among them: `units` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    scale: u32,
}

/// The most digits after the point.
const FINEST: u32 = 18;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// Reads `-12.50`; nothing for what is no number, or too long to count with.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all(whole) || !all(part) || (digits.contains('.') && part.is_empty()) {
            return None;
        }
        let scale = u32::try_from(part.len()).ok().filter(|scale| *scale <= FINEST)?;
        let units: i128 = format!("{whole}{part}").parse().ok()?;
        Some(Self { units: if negative { units.checked_neg()? } else { units }, scale })
    }

    /// The sum; nothing when it is too large.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let raised = |value: Self| value.units.checked_mul(10i128.checked_pow(scale - value.scale)?);
        Some(Self { units: raised(self)?.checked_add(raised(other)?)?, scale })
    }

    /// Whether both say the same, however many zeros they end with.
    #[must_use]
    pub fn same(self, other: Self) -> bool {
        let bare = |value: Self| {
            let (mut units, mut scale) = (value.units, value.scale);
            while scale > 0 && units % 10 == 0 {
                units /= 10;
                scale -= 1;
            }
            (units, scale)
        };
        bare(self) == bare(other)
    }

    /// How many digits after the point say something.
    #[must_use]
    pub fn fraction(self) -> u32 {
        let (mut units, mut scale) = (self.units, self.scale);
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        scale
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.units.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, part) = padded.split_at(padded.len() - scale);
        let sign = if self.units < 0 { "-" } else { "" };
        if part.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_are_exact() {
        let check = |values: &[&str], expect: Option<&str>| {
            let sum = values.iter().try_fold(Decimal::ZERO, |sum, v| sum.plus(Decimal::parse(v)?));
            assert_eq!(sum.map(|s| s.to_string()).as_deref(), expect, "{values:?}");
        };
        check(&["0.1", "0.2"], Some("0.3"));
        check(&["1250000", "-50000"], Some("1200000"));
        check(&["-0.05"], Some("-0.05"));
        check(&["1", "0.005"], Some("1.005"));
        for wrong in ["", "-", "1.", ".5", "1e3", "1,5", "１", &"9".repeat(60)] {
            check(&[wrong], None);
        }
        assert!(Decimal::parse("10.50").unwrap().same(Decimal::parse("10.5").unwrap()));
        assert!(!Decimal::parse("10.50").unwrap().same(Decimal::parse("10.05").unwrap()));
        assert_eq!(Decimal::parse("10.50").unwrap().fraction(), 1);
    }

    proptest! {
        /// What is written is read as the same, and the order of adding does not matter.
        #[test]
        fn numbers_come_back(a in "-?[0-9]{1,15}(\\.[0-9]{1,6})?", b in "-?[0-9]{1,15}(\\.[0-9]{1,6})?") {
            let (a, b) = (Decimal::parse(&a).unwrap(), Decimal::parse(&b).unwrap());
            prop_assert!(Decimal::parse(&a.to_string()).unwrap().same(a));
            prop_assert!(a.plus(b).unwrap().same(b.plus(a).unwrap()));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = Decimal::parse(&text).and_then(|d| d.plus(d));
        }
    }
}
