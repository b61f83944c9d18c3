//! What is held, in figures: how each list stands, and which recognition counts.

use std::sync::Arc;

use corridor_base::{Country, Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::{HeldList, HeldRecognition, View};

/// How a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is used.
    InForce,
    /// It has expired and is used because a new one may be late.
    Grace,
    /// It has expired, its grace too: nothing new is accepted.
    Closed,
    /// Nobody whom this node trusts now vouches for the anchor that signed it.
    Unrecognised,
}

/// A list that is held, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSummary {
    /// Whose list.
    pub country: Country,
    /// Its number.
    pub number: u64,
    /// The digest of what was signed.
    pub digest: Digest,
    /// When it was signed.
    pub issued: Timestamp,
    /// Until when it stands.
    pub expires: Timestamp,
    /// From when nothing new is accepted under it.
    pub closes: Timestamp,
    /// When it came into use here.
    pub accepted: Timestamp,
    /// How many participants it names and does not mark as removed.
    pub participants: usize,
    /// How it stands now.
    pub standing: Standing,
}

/// A recognition that is held, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognitionSummary {
    /// The two countries.
    pub countries: [Country; 2],
    /// Their anchors, `NAME+HASH+KEY`, in the same order.
    pub anchors: [String; 2],
    /// The digest of what was signed.
    pub digest: Digest,
    /// From when.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
    /// Whether it is the one that counts now.
    pub in_force: bool,
}

impl View {
    /// The newest list of each country, in figures.
    #[must_use]
    pub fn lists(&self, now: Timestamp) -> Vec<ListSummary> {
        let summary = |held: &Arc<HeldList>| {
            let list = held.signed.body();
            ListSummary {
                country: list.country.clone(),
                number: list.number,
                digest: held.signed.digest(),
                issued: list.issued,
                expires: list.expires,
                closes: list.closes(),
                accepted: held.accepted,
                participants: list.participants.iter().filter(|p| p.removed.is_none()).count(),
                standing: self.standing(held, now),
            }
        };
        self.lists.values().map(summary).collect()
    }

    /// The recognitions, in figures, earliest first.
    #[must_use]
    pub fn recognitions(&self, now: Timestamp) -> Vec<RecognitionSummary> {
        let summary = |held: &Arc<HeldRecognition>| {
            let body = held.signed.body();
            let in_force = self.recognition(&held.other.country, now).is_some_and(|r| Arc::ptr_eq(r, held));
            RecognitionSummary {
                countries: body.countries.each_ref().map(|c| c.country.clone()),
                anchors: body.countries.each_ref().map(|c| c.anchor.clone()),
                digest: held.signed.digest(),
                from: body.from,
                until: body.until,
                in_force,
            }
        };
        let mut out: Vec<_> = self.recognitions.iter().map(summary).collect();
        out.sort_by_key(|r| (r.from, r.digest));
        out
    }
}
