//! One newtype an identifier: parsed at the edge, never validated again.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Clock, ErrorCode, Problem, Random};

fn malformed(what: &'static str, text: &str) -> Problem {
    let shown: String = text.chars().take(120).collect();
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", shown)
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as it was read.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Problem;
            fn from_str(text: &str) -> Result<Self, Problem> {
                if ($valid)(text) { Ok(Self(text.into())) } else { Err(malformed($what, text)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_newtype! {
    /// A decentralised identifier of the method `web` (did:web, W3C CCG draft): how a participant
    /// is known. At most 255 bytes; the domain is a name, never an IP address.
    Did, "DID (did:web:NAME)", valid_did
}

text_newtype! {
    /// A DID URL with a fragment, naming one key of a participant: `did:web:example.jp#k1`.
    KeyId, "key id (did:web:NAME#KEY)", |text: &str| match text.split_once('#') {
        Some((did, key)) => valid_did(did) && valid_label(key, 64),
        None => false,
    }
}

text_newtype! {
    /// An ISO 3166-1 alpha-2 country code in capitals: `JP`, `KR`.
    Country, "country (ISO 3166-1 alpha-2)", |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

impl Did {
    /// The participant's key of this name.
    ///
    /// # Errors
    /// `malformed` when the name is not 1 to 64 letters, digits, `-` or `_`.
    pub fn key(&self, name: &str) -> Result<KeyId, Problem> {
        format!("{self}#{name}").parse()
    }

    /// The last part of the identifier, for people and for file names: letters, digits, `-`, `_`
    /// and `.` only, whatever the DID holds.
    #[must_use]
    pub fn short(&self) -> String {
        let last = self.0.rsplit(':').next().unwrap_or_default();
        last.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
    }
}

impl EnvelopeId {
    /// The identifier that follows from a digest (UUID version 8, RFC 9562): whoever makes the same
    /// answer to the same document again, after a crash or on another replica, gives it the same
    /// number (EX-4).
    #[must_use]
    pub fn derived(from: &crate::Digest) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = from.0;
        Self(uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid())
    }

    /// As [`EnvelopeId::derived`], and it begins as this one does, which is with a time in milliseconds when this
    /// one is of version 7: an answer stands beside what it answers, in every index, among what is new. A number
    /// without order costs a page of each index for each document.
    #[must_use]
    pub fn beside(&self, from: &crate::Digest) -> Self {
        let [a, b, c, d, e, f, ..] = *self.0.as_bytes();
        Self::begun([a, b, c, d, e, f], from)
    }

    /// As [`EnvelopeId::beside`] one of this time, where the time follows from the document as the digest does: the
    /// number is a function of both (EX-4). It orders, and says nothing of when anything happened.
    #[must_use]
    pub fn at(time: crate::Timestamp, from: &crate::Digest) -> Self {
        let [_, _, a, b, c, d, e, f] = time.millis().to_be_bytes();
        Self::begun([a, b, c, d, e, f], from)
    }

    fn begun([a, b, c, d, e, f]: [u8; 6], from: &crate::Digest) -> Self {
        let [g, h, i, j, k, l, m, n, o, p, ..] = from.0;
        Self(uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid())
    }

    /// As [`EnvelopeId::beside`], of several that follow one another: they stand in their order, the first 4,095.
    #[must_use]
    pub fn nth_beside(&self, place: u64, from: &crate::Digest) -> Self {
        let mut ordered = *from;
        let [high, low] = u16::try_from(place).unwrap_or(0xfff).min(0xfff).to_be_bytes();
        let [first, second, ..] = &mut ordered.0;
        (*first, *second) = (high, low);
        self.beside(&ordered)
    }

    /// The identifier that follows from a key that somebody chose, and from the digest of whose key it is: the
    /// same again for the same key (EX-4). A key that is a UUID of version 7 itself lends its time to it; any other
    /// text is as good a key, and its documents lie scattered in the books.
    #[must_use]
    pub fn keyed(key: &str, from: &crate::Digest) -> Self {
        match key.parse::<Self>() {
            Ok(timed) if timed.0.get_version_num() == 7 => timed.beside(from),
            _ => Self::derived(from),
        }
    }

    /// With which time it begins, in milliseconds: those of version 7 with when they were made, [`EnvelopeId::at`] with
    /// what it was told, what stands beside either with the same, and any other with no time at all. For order alone.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let [a, b, c, d, e, f, ..] = *self.0.as_bytes();
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

impl KeyId {
    /// Whose key it is.
    #[must_use]
    pub fn did(&self) -> Did {
        Did(self.0.split('#').next().unwrap_or_default().into())
    }
}

fn valid_label(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// did:web: a domain name with an optional percent-encoded port, then path segments.
fn valid_did(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("did:web:") else { return false };
    if text.len() > 255 {
        return false;
    }
    let mut parts = rest.split(':');
    let host = parts.next().unwrap_or_default();
    let (name, port) = match host.split_once("%3A") {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let labels_ok = name
        .split('.')
        .all(|label| valid_label(label, 63) && !label.starts_with('-') && !label.ends_with('-'));
    let is_address = name.split('.').next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let port_ok = port.is_none_or(|p| p.parse::<u16>().is_ok_and(|n| n != 0 && n.to_string() == p));
    let paths_ok = parts.all(|p| {
        (1..=63).contains(&p.len())
            && p != "."
            && p != ".."
            && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    });
    labels_ok && !is_address && port_ok && paths_ok
}

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new one (UUID version 7, RFC 9562: ordered by time, and within a millisecond as
            /// [`Random::place`] has it).
            pub fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
                let millis = u64::try_from(clock.now().millis()).unwrap_or(0);
                let mut rest: [u8; 10] = random.bytes();
                let place = random.place(millis, u16::from_be_bytes([rest[0], rest[1]]));
                rest[..2].copy_from_slice(&place.to_be_bytes());
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
            }
        }

        impl FromStr for $name {
            type Err = Problem;
            fn from_str(text: &str) -> Result<Self, Problem> {
                // One identifier has one spelling: hyphenated, lower case.
                match uuid::Uuid::try_parse(text) {
                    Ok(id) if id.hyphenated().to_string() == text => Ok(Self(id)),
                    _ => Err(malformed($what, text)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

uuid_newtype! {
    /// One act: something that happened and matters.
    ActId, "act id"
}
uuid_newtype! {
    /// One envelope, chosen by its sender; with the sender it makes every delivery idempotent (EX-4).
    EnvelopeId, "envelope id"
}
uuid_newtype! {
    /// One agreement between participants.
    AgreementId, "agreement id"
}
uuid_newtype! {
    /// One entry of the outbox.
    DeliveryId, "delivery id"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: bool) {
        assert_eq!(text.parse::<Did>().is_ok(), expect, "{text}");
    }

    #[test]
    fn did_web_is_a_name_with_an_optional_port_and_path() {
        check("did:web:example.jp", true);
        check("did:web:localhost%3A7081:participants:kr-forwarder", true);
        check("did:web:example.jp:a.b_c-d", true);
        check("did:web:127.0.0.1", false);
        check("did:web:127.0.0.1%3A80", false);
        check("did:web:example.jp%3A0", false);
        check("did:web:example.jp%3A080", false);
        check("did:web:example.jp%3a80", false);
        check("did:web:example.jp:..", false);
        check("did:web:example.jp:%2e%2e", false);
        check("did:web:example.jp:", false);
        check("did:web:", false);
        check("did:key:z6Mk", false);
        check("did:web:exa mple.jp", false);
        check("did:web:-a.jp", false);
        check(&format!("did:web:{}", "a.".repeat(130)), false);
    }

    #[test]
    fn what_has_a_time_begins_with_it_and_what_stands_beside_it_too() {
        let (digest, other) = (crate::Digest::of(b"x"), crate::Digest::of(b"y"));
        let check = |text: &str| {
            let time = crate::Timestamp::parse(text).unwrap();
            let id = EnvelopeId::at(time, &digest);
            assert_eq!(i64::try_from(id.millis()), Ok(time.millis()), "{text}");
            assert_eq!(id.beside(&other).millis(), id.millis(), "{text}");
            assert_eq!(id, EnvelopeId::at(time, &digest), "{text}");
            assert_ne!(id, EnvelopeId::at(time, &other), "{text}");
            assert_eq!(id.to_string().parse::<EnvelopeId>().ok(), Some(id), "{text}");
        };
        check("1970-01-01T00:00:00.000Z");
        check("2026-11-22T09:15:00.000Z");
        check("9999-12-30T22:00:00.000Z");
        assert_ne!(EnvelopeId::derived(&digest).millis(), EnvelopeId::derived(&other).millis());
    }

    #[test]
    fn what_follows_one_another_stands_beside_what_it_answers_in_its_order() {
        let answered = EnvelopeId::new(&crate::SystemClock, &crate::OsRandom);
        let answer = |place: u64| {
            let digest = crate::Digest::of(place.to_string().as_bytes());
            answered.nth_beside(place, &digest)
        };
        let check = |place: u64, next: u64, ordered: bool| {
            let (one, other) = (answer(place), answer(next));
            assert_eq!((one.millis(), other.millis()), (answered.millis(), answered.millis()));
            assert_ne!(one, other, "{place} {next}");
            assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()), "{place} {next}");
            assert!(!ordered || one < other, "{place} {next}");
        };
        (0..300).for_each(|place| check(place, place + 1, true));
        check(4_094, 4_095, true);
        check(4_095, u64::MAX, false);
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        let id = ActId::new(&crate::SystemClock, &crate::OsRandom);
        assert_eq!(id.to_string().parse::<ActId>().ok(), Some(id));
        assert!(id.to_string().to_uppercase().parse::<ActId>().is_err());
        assert!(format!("{{{id}}}").parse::<ActId>().is_err());
    }
}
