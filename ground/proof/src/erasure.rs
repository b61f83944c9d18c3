//! Erasure of what is personal (LG-3): how two nodes name a person to each other without saying who it
//! is, how an act says that a key was destroyed so that only a holder of that key can recognise it, and
//! what a partner answers once it has destroyed its own.

use std::fmt;
use std::str::FromStr;

use corridor_base::{ActId, Did, Digest, Problem, Timestamp};
use hmac::{KeyInit, Mac};
use serde::{Deserialize, Serialize};

use crate::act::{Commitment, commit, field_salt};
use crate::statement::{Statement, refuse};

/// The most persons that one document names.
pub const MAX_SUBJECTS: usize = 64;

/// What two nodes call a person: 128 random bits, made for the two and for nobody else, written as 32
/// lower-case hexadecimal digits. It says nothing, and two partners cannot compare theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(pub [u8; 16]);

impl FromStr for Handle {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let wrong = || refuse("handle of a subject", "32 lower-case hexadecimal digits expected");
        if text.len() != 32 || !text.bytes().all(digit) {
            return Err(wrong());
        }
        u128::from_str_radix(text, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| wrong())
    }
}

impl TryFrom<String> for Handle {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.to_string()
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// 32 bytes that follow from key material (HKDF with HMAC-SHA-256, RFC 5869, one block of output).
#[must_use]
pub fn derive(salt: &[u8], material: &[u8], info: &[u8]) -> [u8; 32] {
    mac(&mac(salt, &[material]), &[info, &[1]])
}

/// HMAC-SHA-256 over the parts, one after the other.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so this never fails; zeros would open nothing.
    let Ok(mut mac) = hmac::Hmac::<sha2::Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// What an act that says "this key was destroyed" commits to, and with which salt. Both follow from the
/// key, one way: who still holds it, in an old copy, recognises the act by its bytes alone; to everybody
/// else they are as random as any other commitment.
pub struct KeyMark {
    /// The salt of the act.
    pub salt: [u8; 32],
    /// The value of its field `key`, 64 hexadecimal digits.
    pub value: String,
}

impl KeyMark {
    /// The mark of this key.
    #[must_use]
    pub fn of(key: &[u8; 32]) -> Self {
        let value = Digest(derive(b"", key, b"corridor/erased-key/v1")).to_string();
        Self { salt: derive(b"", key, b"corridor/erased-key/salt/v1"), value }
    }

    /// What the field `key` of the act holds.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        commit("key", &self.value, &field_salt(&self.salt, "key"))
    }
}

/// "What we held of this person is gone": the answer to a request for erasure, given once the key is
/// destroyed, and given again, byte for byte, for the same request (EX-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureAcknowledgement {
    /// The act of the one who asked.
    pub erasure: ActId,
    /// Who asked.
    pub requester: Did,
    /// Who held copies; their key signs.
    pub holder: Did,
    /// How many documents can no longer be read.
    pub documents: u64,
    /// The digest of the holder's own act, which its log holds; absent when it held nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Digest>,
    /// When, by the holder's clock.
    pub time: Timestamp,
}

impl Statement for ErasureAcknowledgement {
    const KIND: &'static str = "corridor/erasure-acknowledgement/v1";
    const MAX: usize = 8 << 10;

    fn check(&self) -> Result<(), Problem> {
        if self.requester == self.holder {
            return Err(refuse("erasure acknowledgement: holder", "requester and holder are the same"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::{Act, SUBJECT_ERASED};
    use corridor_base::{FixedClock, SeededRandom};

    /// RFC 5869, A.1 and A.3, of whose output the first block is compared.
    #[test]
    fn derivation_is_that_of_the_rfc() {
        let check = |material: &[u8], salt: &[u8], info: &[u8], expect: &str| {
            assert_eq!(hex::encode(derive(salt, material, info)), expect);
        };
        let salt: Vec<u8> = (0..13).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        check(&[0x0b; 22], &salt, &info, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
        check(&[0x0b; 22], b"", b"", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }

    #[test]
    fn only_the_key_recognises_its_act() {
        let clock = FixedClock::at(Timestamp::EPOCH);
        let who: Did = "did:web:example.jp:clinic".parse().unwrap();
        let mark = KeyMark::of(&[7; 32]);
        let fields = [("key", mark.value.as_str()), ("by", "token")];
        let sealed =
            Act::seal_with(&SUBJECT_ERASED, &who, &fields, mark.salt, &clock, &SeededRandom::new(1)).unwrap();
        let act = Act::parse(&sealed.bytes).unwrap();
        assert_eq!(act.fields.get("key"), Some(&mark.commitment()));
        assert_ne!(act.fields.get("key"), Some(&KeyMark::of(&[8; 32]).commitment()));
        assert!(act.opened_by(&sealed.opening));
        assert!(!String::from_utf8(sealed.bytes).unwrap().contains(&mark.value));
    }

    #[test]
    fn a_handle_has_one_spelling() {
        let check = |text: &str, expect: bool| assert_eq!(text.parse::<Handle>().is_ok(), expect, "{text}");
        check("00000000000000000000000000000001", true);
        check("0000000000000000000000000000000A", false);
        check("+0000000000000000000000000000001", false);
        check("0001", false);
        check("", false);
        let handle: Handle = "0123456789abcdef0123456789abcdef".parse().unwrap();
        assert_eq!(handle.to_string(), "0123456789abcdef0123456789abcdef");
    }
}
