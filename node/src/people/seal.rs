//! What lies sealed at rest: secrets that must come back in the clear (the seed of an authenticator,
//! the form of an expired session) are encrypted under `people.key` in the directory of keys, which
//! is kept apart from the data. Neither the database nor a backup without keys gives them away.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use corridor_base::{ErrorCode, Problem, Random, Result};
use zeroize::Zeroizing;

/// Seals, opens, and makes marks that only this node can make.
pub struct Sealer {
    key: LessSafeKey,
    marks: hmac::Key,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

fn internal(why: &'static str) -> Problem {
    Problem::new(ErrorCode::Internal).with("why", why)
}

impl Sealer {
    /// From the 32 bytes of the key file, of which one key each is made for sealing and for marks.
    ///
    /// # Errors
    /// `internal`, which does not happen with keys of these lengths.
    pub fn new(seed: &[u8; 32]) -> Result<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, seed);
        let sealing = hmac::sign(&root, b"corridor/people/seal/v1");
        let marks = hmac::sign(&root, b"corridor/people/mark/v1");
        let key = UnboundKey::new(&AES_256_GCM, sealing.as_ref()).map_err(|_| internal("sealing key"))?;
        Ok(Self { key: LessSafeKey::new(key), marks: hmac::Key::new(hmac::HMAC_SHA256, marks.as_ref()) })
    }

    /// A sealer with keys of its own, for what strangers can make a node seal as often as they like: how often a
    /// key was used for that says nothing about the others.
    ///
    /// # Errors
    /// `internal`, which does not happen with keys of these lengths.
    pub fn apart(&self, purpose: &str) -> Result<Self> {
        Self::new(&self.mark(&[b"apart", purpose.as_bytes()]))
    }

    /// Seals a secret for one place: it opens for the same `place` alone (AES-256-GCM, a random nonce
    /// of 96 bits first). Some thousand secrets a node are far from where random nonces repeat.
    ///
    /// # Errors
    /// `internal`, which does not happen for what fits memory.
    pub fn seal(&self, place: &str, secret: &[u8], random: &dyn Random) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = secret.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| internal("sealing"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this place; `None` for anything else.
    #[must_use]
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// A mark of these parts that nobody without the key can make (HMAC-SHA256). The lengths of the
    /// parts are in it, so that no two lists of parts have one mark.
    #[must_use]
    pub fn mark(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.marks);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn sealer(seed: u8) -> Sealer {
        Sealer::new(&[seed; 32]).unwrap()
    }

    proptest! {
        #[test]
        fn only_the_same_key_and_place_open(secret in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..240, seed: u64) {
            let sealed = sealer(1).seal("totp a", &secret, &SeededRandom::new(seed)).unwrap();
            let opened = sealer(1).open("totp a", &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), &secret[..]);
            prop_assert!(sealer(1).open("totp b", &sealed).is_none());
            prop_assert!(sealer(2).open("totp a", &sealed).is_none());
            let mut altered = sealed.clone();
            let place = cut % altered.len();
            altered[place] ^= 1;
            prop_assert!(sealer(1).open("totp a", &altered).is_none());
            prop_assert!(sealer(1).open("totp a", &sealed[..place]).is_none());
        }
    }

    #[test]
    fn what_is_sealed_apart_opens_apart() {
        let apart = |purpose: &str| sealer(1).apart(purpose).unwrap();
        let sealed = apart("a").seal("p", b"secret", &SeededRandom::new(1)).unwrap();
        assert_eq!(apart("a").open("p", &sealed).unwrap().as_slice(), b"secret");
        assert!(apart("b").open("p", &sealed).is_none() && sealer(1).open("p", &sealed).is_none());
    }

    #[test]
    fn marks_tell_their_parts_apart() {
        let mark = |parts: &[&[u8]]| sealer(1).mark(parts);
        assert_eq!(mark(&[b"a", b"bc"]), mark(&[b"a", b"bc"]));
        assert_ne!(mark(&[b"a", b"bc"]), mark(&[b"ab", b"c"]));
        assert_ne!(mark(&[b"a"]), sealer(2).mark(&[b"a"]));
    }
}
