//! Ed25519 keys (RFC 8032): how they are written, made and checked.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, ErrorCode, Problem, Random};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// An Ed25519 signature, 64 bytes.
pub type Signature = [u8; 64];

/// The multicodec prefix of an Ed25519 public key (multiformats table, `0xed` as varint).
const MULTICODEC_ED25519: [u8; 2] = [0xed, 0x01];

/// An Ed25519 public key, written in multibase base58btc with its multicodec prefix as
/// Multikey has it: `z6Mk…` (W3C Controlled Identifiers 1.0, 2.2.2).
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// From the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// `malformed` when they are no point of the curve, not its one spelling, or a point of small order,
    /// under which one signature would hold for many messages.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Problem> {
        match ed25519_dalek::VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() && reduced(bytes) => Ok(Self(key)),
            _ => Err(Problem::new(ErrorCode::Malformed)
                .with("what", "Ed25519 public key")
                .with("why", "not a usable point")),
        }
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether this key made this signature of this message. Strict: malleable signatures and
    /// points of small order are refused, so that one message has one signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    /// The key hash of a signed note (C2SP signed-note, "Signatures"): the first four bytes of
    /// SHA-256 over the name, a newline, the algorithm byte 1 and the key.
    #[must_use]
    pub fn note_hash(&self, name: &str) -> [u8; 4] {
        let digest = Digest::of(&[name.as_bytes(), &[b'\n', 1], self.as_bytes().as_slice()].concat());
        let [a, b, c, d, ..] = digest.0;
        [a, b, c, d]
    }

    /// The verifier key of a signed note, `NAME+HASH+KEY` (C2SP signed-note, "Verifier keys").
    #[must_use]
    pub fn vkey(&self, name: &str) -> String {
        let hash: String = self.note_hash(name).iter().map(|b| format!("{b:02x}")).collect();
        format!("{name}+{hash}+{}", STANDARD.encode([&[1], self.as_bytes().as_slice()].concat()))
    }

    /// Reads a verifier key: the name and the key.
    ///
    /// # Errors
    /// `malformed` when a part is missing, the hash does not belong to the key, or the algorithm is
    /// not Ed25519.
    pub fn from_vkey(text: &str) -> Result<(String, Self), Problem> {
        let refuse =
            |why: &str| Problem::new(ErrorCode::Malformed).with("what", "verifier key").with("why", why);
        // The key is base64 and may itself hold `+`.
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refuse("NAME+HASH+KEY expected"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| refuse("the key is not base64"))?;
        let key = match bytes.split_first() {
            Some((1, rest)) => {
                let rest: &[u8; 32] = rest.try_into().map_err(|_| refuse("the key is not 32 bytes"))?;
                Self::from_bytes(rest)?
            }
            _ => return Err(refuse("the algorithm is not Ed25519")),
        };
        if !crate::note::valid_name(name)
            || key.vkey(name) != format!("{name}+{hash}+{}", STANDARD.encode(&bytes))
        {
            return Err(refuse("the hash does not belong to the key"));
        }
        Ok((name.to_owned(), key))
    }
}

/// Whether the y coordinate is less than 2²⁵⁵ − 19 (RFC 8032, 5.1.3), which not every library asks.
fn reduced(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff)
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [MULTICODEC_ED25519.as_slice(), self.as_bytes()].concat();
        write!(f, "z{}", bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let refuse = || {
            Problem::new(ErrorCode::Malformed).with("what", "public key (Multikey z6Mk…)").with("why", text)
        };
        // 34 bytes in base58 are at most 47 digits: refuse more before decoding, which is quadratic.
        let digits = text.strip_prefix('z').filter(|d| d.len() <= 48).ok_or_else(refuse)?;
        let bytes = bs58::decode(digits).into_vec().map_err(|_| refuse())?;
        let key: &[u8; 32] = bytes
            .strip_prefix(MULTICODEC_ED25519.as_slice())
            .and_then(|k| k.try_into().ok())
            .ok_or_else(refuse)?;
        Self::from_bytes(key)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Something that signs under one name: a key in a file today, a token behind PKCS#11 later, which
/// is why signing may fail.
pub trait Signer: Send + Sync {
    /// The name signatures are made under: a key id of a participant, or an anchor's name.
    fn name(&self) -> &str;
    /// The key that checks them.
    fn public(&self) -> &PublicKey;
    /// Signs.
    ///
    /// # Errors
    /// `internal` when the device that holds the key does not answer.
    fn sign(&self, message: &[u8]) -> Result<Signature, Problem>;
}

/// An Ed25519 secret key held in memory, under a name. Wiped when dropped; never printed.
pub struct SecretKey {
    name: String,
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// A new key.
    ///
    /// # Errors
    /// `malformed` when the name cannot stand in a signed note.
    pub fn generate(name: &str, random: &dyn Random) -> Result<Self, Problem> {
        Self::from_seed(name, &Zeroizing::new(random.bytes()))
    }

    /// The key of this seed (RFC 8032, 5.1.5).
    ///
    /// # Errors
    /// `malformed` when the name cannot stand in a signed note.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, Problem> {
        if !crate::note::valid_name(name) {
            return Err(Problem::new(ErrorCode::Malformed).with("what", "key name").with("why", name));
        }
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes())?;
        Ok(Self { name: name.to_owned(), key, public })
    }

    /// The seed, for writing it to a key file.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }
}

impl Signer for SecretKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, Problem> {
        Ok(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, {})", self.name, self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;

    #[test]
    fn a_key_is_written_as_a_multikey_and_as_a_vkey() {
        let key = SecretKey::generate("example.jp/k1", &SeededRandom::new(1)).unwrap();
        let text = key.public().to_string();
        assert!(text.starts_with("z6Mk"), "{text}");
        assert_eq!(text.parse::<PublicKey>().unwrap(), *key.public());
        let (name, public) = PublicKey::from_vkey(&key.public().vkey("example.jp/k1")).unwrap();
        assert_eq!((name.as_str(), &public), ("example.jp/k1", key.public()));
    }

    /// The key of the go.dev checksum database, a vkey others have been reading for years.
    #[test]
    fn the_vkey_of_sum_golang_org_is_read() {
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let (name, key) = PublicKey::from_vkey(text).unwrap();
        assert_eq!(key.vkey(&name), text);
    }

    #[test]
    fn keys_of_small_order_and_broken_spellings_are_refused() {
        assert!(PublicKey::from_bytes(&[0; 32]).is_err());
        let mut one = [0; 32];
        one[0] = 1;
        assert!(PublicKey::from_bytes(&one).is_err());
        for text in ["", "z", "z6Mk", "m6Mk", &format!("z{}", "1".repeat(100_000))] {
            assert!(text.parse::<PublicKey>().is_err());
        }
        for text in [
            "",
            "a+b",
            "a+00000000+AAAA",
            "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        ] {
            assert!(PublicKey::from_vkey(text).is_err(), "{text}");
        }
    }
}
