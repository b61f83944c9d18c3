//! Time is passed in, so that a node can run under a test's clock. Instants are UTC (TM-1).

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ErrorCode, Problem};

/// An instant in UTC, in milliseconds since 1970-01-01T00:00:00Z (TM-1). Written as RFC 3339 with
/// three fractional digits, `2026-11-22T09:25:00.000Z`, and no other form is accepted back, so that
/// one instant has one spelling in signed bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest instant that has a spelling: 9999-12-30T22:00:00Z.
    pub const MAX: Self = Self(253_402_207_200_000);
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the epoch; values without a spelling are clamped to those that have one.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 {
            Self(0)
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as RFC 9421 writes `created`.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0 / 1000
    }

    /// This instant and a duration more.
    #[must_use]
    pub fn plus(self, more: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(more.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant and a duration less.
    #[must_use]
    pub fn minus(self, less: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(less.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Reads the one spelling.
    ///
    /// # Errors
    /// `malformed` when the text is not `YYYY-MM-DDTHH:MM:SS.mmmZ` naming a real instant.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let refuse = || Problem::new(ErrorCode::Malformed).with("what", "timestamp").with("why", text);
        let parsed: jiff::Timestamp = text.parse().map_err(|_| refuse())?;
        let this = Self::from_millis(parsed.as_millisecond());
        if this.to_string() == text { Ok(this) } else { Err(refuse()) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The instant it is now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that stands where a test put it.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at `at`.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Moves to `at`.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<i64>) {
        assert_eq!(Timestamp::parse(text).ok().map(Timestamp::millis), expect, "{text}");
    }

    #[test]
    fn one_instant_has_one_spelling() {
        check("1970-01-01T00:00:00.000Z", Some(0));
        check("2026-11-22T09:25:00.123Z", Some(1_795_339_500_123));
        check("2026-11-22T09:25:00Z", None);
        check("2026-11-22t09:25:00.123z", None);
        check("2026-11-22T18:25:00.123+09:00", None);
        check("2026-02-30T00:00:00.000Z", None);
        check("", None);
    }

    #[test]
    fn extremes_still_have_a_spelling() {
        for at in [
            Timestamp::EPOCH,
            Timestamp::MAX,
            Timestamp::from_millis(i64::MIN),
            Timestamp::from_millis(i64::MAX),
        ] {
            assert_eq!(Timestamp::parse(&at.to_string()).map(Timestamp::millis).ok(), Some(at.millis()));
        }
    }
}
