//! What to do with a list or a recognition that has come: it is judged by its signatures and by what is held, and
//! a country never goes back.

use std::fmt;

use corridor_base::{Country, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Recognition, Signed, Succession, TrustList};

use super::{View, far_end};

/// The highest number of a list: one a second for thirty years.
const MAX_NUMBER: u64 = 1_000_000_000;

/// What to do with a list that has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    New,
    Held,
    /// Its number is lower than that of the one held: refused, unless it is found to conflict.
    Older,
    /// Same number, other digest: refused, and kept as evidence.
    Conflicting,
}

pub(crate) fn list_old(country: &Country, found: u64, expected: u64) -> Problem {
    Problem::new(ErrorCode::TrustListOld)
        .with("country", country)
        .with("found", found)
        .with("expected", expected)
}

pub(crate) fn list_invalid(country: &Country, why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::TrustListInvalid).with("country", country).with("why", why)
}

pub(super) fn recognition_invalid(country: &Country, why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::RecognitionInvalid).with("country", country).with("why", why)
}

pub(super) fn recognition_missing(country: &Country) -> Problem {
    Problem::new(ErrorCode::RecognitionMissing).with("country", country)
}

impl View {
    /// Judges a list that has come, by its signature and by the newest one of its country that is
    /// held: a country never goes back.
    ///
    /// # Errors
    /// `recognition-missing`, `trust-list-invalid`.
    pub(crate) fn weigh_list(&self, signed: &Signed<TrustList>, now: Timestamp) -> Result<Weighed> {
        let list = signed.body();
        let anchors = self.anchors(&list.country, now);
        if anchors.is_empty() {
            return Err(recognition_missing(&list.country));
        }
        if !anchors.iter().any(|a| signed.signed_by(&a.name, &a.key)) {
            let names: Vec<&str> = anchors.iter().map(|a| a.name.as_str()).collect();
            return Err(list_invalid(&list.country, format!("not signed by {}", names.join(", "))));
        }
        for succession in &list.successions {
            if let Some(why) = self.foreign(&list.country, succession) {
                return Err(list_invalid(&list.country, why));
            }
        }
        if list.number > MAX_NUMBER {
            return Err(list_invalid(&list.country, format!("a number above {MAX_NUMBER}")));
        }
        let held = self.lists.get(&list.country).map(|h| (h.signed.body().number, h.signed.digest()));
        weigh_number(signed, held)
    }

    /// Why a country cannot end this log: another country vouches for it, or it has another key.
    fn foreign(&self, country: &Country, succession: &Succession) -> Option<String> {
        let origin = succession.log.name();
        for (other, held) in &self.lists {
            let list = held.signed.body();
            let ledgers = list.participants.iter().filter_map(|p| p.ledger.as_ref().map(|l| &l.log));
            let known = ledgers.chain(list.successions.iter().map(|s| &s.log));
            for log in known.filter(|log| log.name() == origin || log.bytes() == succession.log.bytes()) {
                if other != country {
                    return Some(format!("the succession of {origin}, which {other} vouches for"));
                }
                // That it goes on already under this origin with another key is no ground to end it.
                if log.name() == origin && *log != succession.log {
                    return Some(format!(
                        "the succession of {origin}, which list {} names with another key",
                        list.number
                    ));
                }
            }
        }
        None
    }

    /// Judges a recognition that has come.
    ///
    /// # Errors
    /// `recognition-invalid`.
    pub(crate) fn weigh_recognition(&self, signed: &Signed<Recognition>, now: Timestamp) -> Result<Weighed> {
        let other = far_end(&self.pinned, signed)?;
        if self.recognitions.iter().any(|r| r.signed.digest() == signed.digest()) {
            return Ok(Weighed::Held);
        }
        if signed.body().until <= now {
            return Err(recognition_invalid(&other.country, format!("it ended at {}", signed.body().until)));
        }
        Ok(Weighed::New)
    }
}

/// Judges the number of a list against the newest one held, given by number and digest.
///
/// # Errors
/// `trust-list-invalid` when it does not follow the one held.
pub(crate) fn weigh_number(signed: &Signed<TrustList>, held: Option<(u64, Digest)>) -> Result<Weighed> {
    let list = signed.body();
    let Some((number, digest)) = held else { return Ok(Weighed::New) };
    match list.number.cmp(&number) {
        std::cmp::Ordering::Less => Ok(Weighed::Older),
        std::cmp::Ordering::Equal if digest == signed.digest() => Ok(Weighed::Held),
        std::cmp::Ordering::Equal => Ok(Weighed::Conflicting),
        std::cmp::Ordering::Greater
            if list.number.checked_sub(1) == Some(number) && list.previous != Some(digest) =>
        {
            Err(list_invalid(
                &list.country,
                format!("list {} does not follow list {number} as it is here", list.number),
            ))
        }
        std::cmp::Ordering::Greater => Ok(Weighed::New),
    }
}
