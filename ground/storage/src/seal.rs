//! Sealing: what is personal lies on the disk only under a key that is destroyed with the person's own
//! (LG-3). Two forms, both XChaCha20-Poly1305 (RFC 8439 with the nonce of
//! draft-irtf-cfrg-xchacha-03, so that nonces may be chosen at random):
//!
//! - a *value*, for a column: version, seal, nonce, ciphertext. Its nonce follows from key, place and
//!   text, so that a unit of work that runs again writes the same; who reads the disk learns at most
//!   that the same text stands in the same place again.
//! - *content*, for a file: a head (version, seal), then chunks of [`CHUNK`] bytes, the last one shorter,
//!   each with a random nonce before it. A chunk is bound to its number and to whether it is the last,
//!   so that none can be moved, dropped or cut off, and any can be found by its place alone: reading from
//!   any byte, and going on where an upload stopped, costs one chunk.
//!
//! Both are bound to the participant (PA-1), to the seal, and to where they belong.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use corridor_base::{Did, ErrorCode, Problem, Random, Result};
use corridor_proof::erasure::mac;
use zeroize::Zeroizing;

/// How much content one chunk holds, in bytes.
pub const CHUNK: usize = 64 << 10;

/// The version of both forms.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Version and seal, at the beginning of both forms.
pub(crate) const HEAD: usize = 17;
/// What a chunk takes on the disk beyond what it holds.
const OVER: usize = NONCE + TAG;

/// The name of a seal: 128 random bits, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealId([u8; 16]);

impl SealId {
    /// A new one.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        Self(random.bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SealId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for SealId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let number = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        number.map(|n| Self(n.to_be_bytes())).ok_or_else(|| broken("the name of a seal"))
    }
}

/// One key, made of those of all persons that something is about: when one of them is erased, nobody
/// opens it any more. Forgets the key when it is dropped.
#[derive(Clone)]
pub struct Seal(Arc<Inner>);

struct Inner {
    id: SealId,
    owner: Did,
    key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({})", self.0.id)
    }
}

/// What cannot be opened: altered, or of another place.
fn broken(what: &str) -> Problem {
    Problem::new(ErrorCode::StorageFailed).with("why", format!("{what} is altered, or not where it belongs"))
}

impl Seal {
    /// The seal of this name and key. Those of persons come from [`crate::Tx::unseal`].
    #[must_use]
    pub fn new(id: SealId, owner: Did, key: [u8; 32]) -> Self {
        Self(Arc::new(Inner { id, owner, key: Zeroizing::new(key) }))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SealId {
        self.0.id
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.key.as_slice().try_into().unwrap_or(&[0; 32].into()))
    }

    /// Whose, under which seal, where, and which part of it: no two run together alike.
    fn bound_to(&self, form: &[u8], place: &str, part: &[u8]) -> Vec<u8> {
        let owner = self.0.owner.as_str().as_bytes();
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
        [form, self.0.id.bytes(), &length(owner), owner, &length(place.as_bytes()), place.as_bytes(), part]
            .concat()
    }

    fn head(&self) -> [u8; HEAD] {
        let mut head = [VERSION; HEAD];
        if let Some(rest) = head.get_mut(1..) {
            rest.copy_from_slice(self.0.id.bytes());
        }
        head
    }

    /// Seals a value for this place.
    ///
    /// # Errors
    /// `internal`: never, of what fits memory.
    pub fn close(&self, place: &str, value: &[u8]) -> Result<Vec<u8>> {
        let bound = self.bound_to(b"corridor/sealed-value/v1\0", place, b"");
        let nonce = mac(self.0.key.as_slice(), &[b"nonce\0", &mac(&bound, &[value])]);
        let mut sealed = self.head().to_vec();
        self.encrypt(&nonce, &bound, value, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// `storage-failed` when it was altered, is of another place, or of another seal.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let rest = sealed.strip_prefix(&self.head()).ok_or_else(|| broken(place))?;
        let bound = self.bound_to(b"corridor/sealed-value/v1\0", place, b"");
        self.decrypt(&bound, rest).ok_or_else(|| broken(place))
    }

    /// Content that is kept in this place.
    #[must_use]
    pub fn content(&self, place: &str) -> Content {
        Content { seal: self.clone(), place: place.into() }
    }

    fn encrypt(&self, nonce: &[u8], bound: &[u8], plain: &[u8], into: &mut Vec<u8>) -> Result<()> {
        let fault = || Problem::new(ErrorCode::Internal).with("why", "sealing");
        let nonce = nonce.get(..NONCE).and_then(|n| <&XNonce>::try_from(n).ok()).ok_or_else(fault)?;
        let payload = Payload { msg: plain, aad: bound };
        let sealed = self.cipher().encrypt(nonce, payload).map_err(|_| fault())?;
        into.extend_from_slice(nonce);
        into.extend_from_slice(&sealed);
        Ok(())
    }

    fn decrypt(&self, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let nonce = <&XNonce>::try_from(nonce).ok()?;
        self.cipher().decrypt(nonce, Payload { msg: sealed, aad: bound }).ok()
    }
}

/// Content in chunks. Places in it are places in the content, unless they are said to be in the file.
#[derive(Clone, Debug)]
pub struct Content {
    seal: Seal,
    place: Arc<str>,
}

impl Content {
    /// Seals the next piece, which begins at `start`: a multiple of [`CHUNK`]. A piece that is not the
    /// last holds whole chunks; the last may end anywhere, and only it may be empty, at the very start.
    /// What comes back goes to the end of the file.
    ///
    /// # Errors
    /// `internal` for a piece that begins or ends elsewhere.
    pub fn close(&self, start: u64, piece: &[u8], last: bool, random: &dyn Random) -> Result<Vec<u8>> {
        let chunk = CHUNK as u64;
        let whole = piece.len().is_multiple_of(CHUNK) && !piece.is_empty();
        let fits = if last { !piece.is_empty() || start == 0 } else { whole };
        if !start.is_multiple_of(chunk) || !fits {
            return Err(Problem::new(ErrorCode::Internal).with("why", "a piece that is no whole chunks"));
        }
        let mut sealed = Vec::with_capacity(HEAD + piece.len() + OVER * (piece.len() / CHUNK + 1));
        if start == 0 {
            sealed.extend_from_slice(&self.seal.head());
        }
        let count = piece.len().div_ceil(CHUNK).max(1);
        let mut chunks = piece.chunks(CHUNK);
        for i in 0..count {
            let bound = self.bound_to(start / chunk + i as u64, last && i + 1 == count);
            let nonce: [u8; NONCE] = random.bytes();
            self.seal.encrypt(&nonce, &bound, chunks.next().unwrap_or_default(), &mut sealed)?;
        }
        Ok(sealed)
    }

    fn bound_to(&self, number: u64, last: bool) -> Vec<u8> {
        let part = [&number.to_be_bytes()[..], &[u8::from(last)]].concat();
        self.seal.bound_to(b"corridor/sealed-content/v1\0", &self.place, &part)
    }

    /// How much content a file of this length holds that is still being written: whole chunks.
    #[must_use]
    pub fn written(file: u64) -> u64 {
        file.saturating_sub(HEAD as u64) / (CHUNK + OVER) as u64 * CHUNK as u64
    }

    /// How much content a whole file of this length holds.
    ///
    /// # Errors
    /// `storage-failed` when no content makes a file of this length.
    pub fn length(&self, file: u64) -> Result<u64> {
        let chunks = file.checked_sub(HEAD as u64).filter(|n| *n >= OVER as u64);
        let chunks = chunks.ok_or_else(|| broken(&self.place))?;
        let count = chunks.div_ceil((CHUNK + OVER) as u64);
        let length = chunks.checked_sub(count * OVER as u64).ok_or_else(|| broken(&self.place))?;
        // A last chunk without content only stands alone.
        let fits = length.div_ceil(CHUNK as u64).max(1) == count;
        if fits { Ok(length) } else { Err(broken(&self.place)) }
    }

    /// Where in the file the chunk lies that holds this byte, and where in the content it begins.
    #[must_use]
    pub fn place_of(at: u64) -> (u64, u64) {
        let number = at / CHUNK as u64;
        (HEAD as u64 + number * (CHUNK + OVER) as u64, number * CHUNK as u64)
    }

    /// Opens chunks that follow one another, the first of which begins at `start` of content that is
    /// `length` bytes long.
    ///
    /// # Errors
    /// `storage-failed` when they were altered, moved or cut off.
    pub fn open(&self, start: u64, chunks: &[u8], length: u64) -> Result<Vec<u8>> {
        let mut plain = Vec::with_capacity(chunks.len());
        let first = start / CHUNK as u64;
        let last = length.saturating_sub(1) / CHUNK as u64;
        for (number, chunk) in (first..).zip(chunks.chunks(CHUNK + OVER)) {
            let bound = self.bound_to(number, number == last);
            plain.extend(self.seal.decrypt(&bound, chunk).ok_or_else(|| broken(&self.place))?);
        }
        Ok(plain)
    }

    /// Opens a file that is in memory, whole.
    ///
    /// # Errors
    /// `storage-failed` when it was altered, cut off, or is of another place or seal.
    pub fn open_whole(&self, file: &[u8]) -> Result<Vec<u8>> {
        let chunks = file.strip_prefix(&self.seal.head()).ok_or_else(|| broken(&self.place))?;
        let length = self.length(file.len() as u64)?;
        self.open(0, chunks, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn seal(n: u8) -> Seal {
        let owner = "did:web:example.jp:clinic".parse().unwrap();
        Seal::new(SealId([n; 16]), owner, [n; 32])
    }

    /// Content of this length in pieces of so many chunks.
    fn file(content: &Content, plain: &[u8], pieces: usize) -> Vec<u8> {
        let random = SeededRandom::new(plain.len() as u64);
        let mut file = Vec::new();
        let mut at = 0;
        loop {
            let end = (at + pieces * CHUNK).min(plain.len());
            let last = end == plain.len();
            file.extend(content.close(at as u64, &plain[at..end], last, &random).unwrap());
            at = end;
            if last {
                return file;
            }
        }
    }

    fn plain(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 7 % 251) as u8).collect()
    }

    #[test]
    fn values_open_where_they_belong_and_nowhere_else() {
        let sealed = seal(1).close("document/name", "患者 4711".as_bytes()).unwrap();
        assert_eq!(seal(1).open("document/name", &sealed).unwrap(), "患者 4711".as_bytes());
        assert_eq!(seal(1).close("document/name", "患者 4711".as_bytes()).unwrap(), sealed);
        assert_ne!(seal(1).close("document/other", "患者 4711".as_bytes()).unwrap()[17..41], sealed[17..41]);
        let check = |seal: &Seal, place: &str, sealed: &[u8]| {
            assert_eq!(seal.open(place, sealed).unwrap_err().code(), ErrorCode::StorageFailed);
        };
        check(&seal(1), "document/other", &sealed);
        check(&seal(2), "document/name", &sealed);
        let stranger = "did:web:example.jp:other".parse().unwrap();
        check(&Seal::new(SealId([1; 16]), stranger, [1; 32]), "document/name", &sealed);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            check(&seal(1), "document/name", &altered);
            check(&seal(1), "document/name", &sealed[..at]);
        }
    }

    #[test]
    fn every_length_at_a_border_is_read_back() {
        let content = seal(3).content("blob");
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
            let plain = plain(length);
            for pieces in [1, 2, 16] {
                let file = file(&content, &plain, pieces);
                assert_eq!(content.length(file.len() as u64).unwrap(), length as u64);
                assert!(content.open_whole(&file).unwrap() == plain, "{length} in {pieces}");
            }
        }
    }

    #[test]
    fn pieces_that_are_no_whole_chunks_are_refused() {
        let (content, random) = (seal(3).content("blob"), SeededRandom::new(1));
        let check = |start: u64, piece: usize, last: bool, expect: bool| {
            let made = content.close(start, &plain(piece), last, &random);
            assert_eq!(made.is_ok(), expect, "{start} {piece} {last}");
        };
        check(0, CHUNK, false, true);
        check(0, 0, true, true);
        check(CHUNK as u64, 0, true, false);
        check(0, 0, false, false);
        check(0, CHUNK + 1, false, false);
        check(1, CHUNK, false, false);
    }

    #[test]
    fn chunks_cannot_be_moved_dropped_or_cut_off() {
        let content = seal(3).content("blob");
        let file = file(&content, &plain(3 * CHUNK + 5), 16);
        let (one, two) = (HEAD + CHUNK + OVER, HEAD + 2 * (CHUNK + OVER));
        let check = |file: &[u8]| assert!(content.open_whole(file).is_err());
        // Swapped, doubled, one left out, and every end at a border.
        check(&[&file[..HEAD], &file[one..two], &file[HEAD..one], &file[two..]].concat());
        check(&[&file[..one], &file[HEAD..one], &file[one..]].concat());
        check(&[&file[..one], &file[two..]].concat());
        check(&[&file, &file[two..]].concat());
        for end in [0, 1, HEAD, HEAD + OVER, one, two, file.len() - 1] {
            check(&file[..end]);
        }
        assert!(seal(3).content("other").open_whole(&file).is_err());
        assert!(seal(4).content("blob").open_whole(&file).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        /// Read from any byte on, content is what it was.
        #[test]
        fn content_is_read_from_any_byte(length in 0usize..200_000, pieces in 1usize..4, from in any::<prop::sample::Index>()) {
            let (content, plain) = (seal(5).content("blob"), plain(length));
            let file = file(&content, &plain, pieces);
            let at = from.index(length + 1).min(length.saturating_sub(1));
            let (place, start) = Content::place_of(at as u64);
            let opened = content.open(start, &file[place as usize..], length as u64).unwrap();
            prop_assert!(opened[at - start as usize..] == plain[at..]);
        }

        /// Any bit flipped and any end cut off is refused.
        #[test]
        fn what_was_altered_is_refused(length in 0usize..150_000, bit in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
            let content = seal(6).content("blob");
            let file = file(&content, &plain(length), 2);
            prop_assert!(content.open_whole(&file[..end.index(file.len())]).is_err());
            let mut altered = file;
            let bit = bit.index(altered.len() * 8);
            altered[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(content.open_whole(&altered).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = seal(7).open("x", &bytes);
            let _ = seal(7).content("x").open_whole(&bytes);
            let _ = seal(7).content("x").open(0, &bytes, u64::MAX);
        }
    }
}
