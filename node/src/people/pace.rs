//! How fast somebody may try to sign in. Nothing is ever locked: a lock would let a stranger keep an
//! officer out. After some failures each further attempt has to wait, longer and longer up to a
//! bound, and is told for how long. A browser that signed in to the account before is counted apart from
//! strangers (OWASP's device cookies), so that their failures do not slow it down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};

/// How many counts are kept.
const COUNTS: usize = 20_000;
/// After how long without an attempt a count begins anew.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// How often a refusal of names that do not exist is written down: anyone could fill the log.
const UNKNOWN_EVERY: Duration = Duration::from_secs(1);

/// Whose attempts are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Strangers' at one account name, which need not exist.
    Name(Digest),
    /// Those of a browser that signed in to the account before.
    Browser(Digest),
    /// Those of one address: a whole /64 of IPv6, which is what one customer gets.
    Address([u8; 8]),
}

impl Whose {
    /// Strangers' attempts at a name, however it is spelled.
    #[must_use]
    pub fn name(text: &str) -> Self {
        Self::Name(Digest::of(text.trim().to_ascii_lowercase().as_bytes()))
    }

    /// Attempts from an address.
    #[must_use]
    pub fn address(ip: IpAddr) -> Self {
        let mut block = [0; 8];
        match ip.to_canonical() {
            IpAddr::V4(v4) => block[4..].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => block.iter_mut().zip(v6.octets()).for_each(|(to, from)| *to = from),
        }
        Self::Address(block)
    }

    /// How many attempts are free, and the longest wait in seconds. An office behind one address has many
    /// people in it.
    const fn bounds(&self) -> (u32, u64) {
        match self {
            Self::Name(_) | Self::Browser(_) => (6, 300),
            Self::Address(_) => (60, 60),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: u32,
    last: Timestamp,
}

/// The counts of one process.
#[derive(Default)]
pub struct Pace {
    counts: Mutex<HashMap<Whose, Count>>,
    unknown: Mutex<Option<Timestamp>>,
}

impl Pace {
    /// Counts an attempt before it is made, so that many at once do not all go before the first
    /// failure, or says how long to wait.
    ///
    /// # Errors
    /// `slow-down`, with the seconds to wait; such an attempt is not counted.
    pub fn attempt(&self, whose: &[Whose], now: Timestamp) -> Result<()> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = whose.iter().filter_map(|w| counts.get(w).map(|c| wait(w, c, now))).max().unwrap_or(0);
        if wait > 0 {
            return Err(Problem::new(ErrorCode::SlowDown).with("limit", wait));
        }
        for one in whose {
            make_room(&mut counts, now);
            let count = counts.entry(one.clone()).or_insert(Count { attempts: 0, last: now });
            if now.since(count.last) >= FORGOTTEN {
                count.attempts = 0;
            }
            *count = Count { attempts: count.attempts.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// The attempt was a good one: the account's count begins anew, the address's does not count it.
    pub fn succeeded(&self, whose: &[Whose]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for one in whose {
            match one {
                Whose::Address(_) => {
                    if let Some(count) = counts.get_mut(one) {
                        count.attempts = count.attempts.saturating_sub(2);
                    }
                }
                _ => drop(counts.remove(one)),
            }
        }
    }

    /// Whether a refusal of a name that does not exist is written down now.
    pub fn writes_down_unknown(&self, now: Timestamp) -> bool {
        let mut last = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.since(last) >= UNKNOWN_EVERY);
        if due {
            *last = Some(now);
        }
        due
    }
}

/// The seconds left to wait: 1, 2, 4 … after the last attempt.
fn wait(whose: &Whose, count: &Count, now: Timestamp) -> u64 {
    let (free, longest) = whose.bounds();
    let since = now.since(count.last);
    if count.attempts < free || since >= FORGOTTEN {
        return 0;
    }
    let whole = 1u64.checked_shl(count.attempts - free).unwrap_or(longest).min(longest);
    let left = Duration::from_secs(whole).saturating_sub(since);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// When there are too many counts, the old ones go, and if that is not enough those that slow nobody
/// down yet: filling the table forgets no count that matters before all that do not.
fn make_room(counts: &mut HashMap<Whose, Count>, now: Timestamp) {
    if counts.len() < COUNTS {
        return;
    }
    counts.retain(|_, c| now.since(c.last) < FORGOTTEN);
    if counts.len() >= COUNTS {
        counts.retain(|w, c| c.attempts >= w.bounds().0);
    }
    if counts.len() >= COUNTS {
        counts.retain(|w, _| !matches!(w, Whose::Address(_)));
    }
    if counts.len() >= COUNTS {
        counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_795_339_500_000 + seconds * 1000)
    }

    fn waits(pace: &Pace, whose: &Whose, now: i64) -> u64 {
        match pace.attempt(std::slice::from_ref(whose), at(now)) {
            Ok(()) => 0,
            Err(problem) => problem.arg("limit").unwrap().parse().unwrap(),
        }
    }

    #[test]
    fn after_some_failures_each_further_attempt_waits_longer_up_to_a_bound() {
        let (pace, kim) = (Pace::default(), Whose::name("kim"));
        for _ in 0..6 {
            assert_eq!(waits(&pace, &kim, 0), 0);
        }
        assert_eq!(waits(&pace, &kim, 0), 1);
        assert_eq!(waits(&pace, &Whose::name(" KIM "), 0), 1);
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(waits(&pace, &kim, now + wait - 1), 1, "after {now}");
            now += wait;
            assert_eq!(waits(&pace, &kim, now), 0, "at {now}");
        }
        assert_eq!(waits(&pace, &kim, now + 3600), 0);
        assert_eq!(waits(&pace, &kim, now + 3600), 0);
    }

    #[test]
    fn strangers_do_not_slow_down_a_browser_that_is_known() {
        let (pace, kim) = (Pace::default(), Whose::name("kim"));
        for _ in 0..7 {
            waits(&pace, &kim, 0);
        }
        assert_eq!(waits(&pace, &Whose::Browser(Digest::of(b"kim's")), 0), 0);
    }

    #[test]
    fn success_begins_anew() {
        let (pace, kim) = (Pace::default(), Whose::name("kim"));
        for _ in 0..6 {
            waits(&pace, &kim, 0);
        }
        pace.succeeded(std::slice::from_ref(&kim));
        assert_eq!(waits(&pace, &kim, 0), 0);
    }

    #[test]
    fn an_address_is_a_block_of_one_customer() {
        let block = |text: &str| Whose::address(text.parse().unwrap());
        assert_eq!(block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::9"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_eq!(block("192.0.2.1"), block("::ffff:192.0.2.1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
    }

    #[test]
    fn filling_the_table_does_not_forget_who_is_slowed_down() {
        let (pace, kim) = (Pace::default(), Whose::name("kim"));
        for _ in 0..7 {
            waits(&pace, &kim, 0);
        }
        for n in 0..COUNTS + 10 {
            waits(&pace, &Whose::name(&n.to_string()), 0);
        }
        assert!(waits(&pace, &kim, 0) > 0);
        assert!(pace.counts.lock().unwrap().len() <= COUNTS);
    }
}
