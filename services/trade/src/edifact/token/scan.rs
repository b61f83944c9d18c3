//! Finds service characters 64 bytes at a time: the comparisons of a block become vector instructions
//! by themselves, and its 64 answers one number, so that plain data is passed over at the speed of
//! memory and each service character costs a few instructions, however dense they stand. In the same
//! pass it sees whether all bytes of a block are usual ones, so that few segments are looked through
//! again for characters that may not stand in them.

use super::delimiters::Delimiters;
use crate::edifact::charset::{in_level_a, in_level_b};

/// Which bytes are usual: allowed in data, whatever else the character set allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usual {
    /// Those of level A.
    LevelA,
    /// Those of level B.
    LevelB,
    /// Printable ASCII.
    Printable,
}

/// What a block holds beside usual bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// Anything but line breaks.
    pub(super) odd: bool,
    /// Line breaks.
    pub(super) breaks: bool,
}

impl Beside {
    fn and(self, other: Self) -> Self {
        Self { odd: self.odd | other.odd, breaks: self.breaks | other.breaks }
    }

    fn of(block: &[u8; BLOCK], usual: impl Fn(u8) -> bool) -> Self {
        let (mut odd, mut breaks) = (0u8, 0u8);
        for byte in block {
            let line = (*byte == b'\r') | (*byte == b'\n');
            odd |= u8::from(!(usual(*byte) | line));
            breaks |= u8::from(line);
        }
        Self { odd: odd != 0, breaks: breaks != 0 }
    }
}

impl Usual {
    fn beside(self, block: &[u8; BLOCK]) -> Beside {
        match self {
            Self::LevelA => Beside::of(block, in_level_a),
            Self::LevelB => Beside::of(block, in_level_b),
            Self::Printable => Beside::of(block, |byte| (0x20..0x7f).contains(&byte)),
        }
    }
}

/// Bytes looked at together.
const BLOCK: usize = 64;

/// The bytes looked for. What is not in use repeats the terminator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted([u8; 5]);

impl Wanted {
    pub(super) fn of(delimiters: &Delimiters) -> Self {
        let end = delimiters.terminator;
        let or_end = |byte: Option<u8>| byte.unwrap_or(end);
        Self([
            delimiters.component,
            delimiters.element,
            end,
            or_end(delimiters.release),
            or_end(delimiters.repetition),
        ])
    }

    /// Bit `i` says whether byte `i` is one of them.
    fn among(self, block: &[u8; BLOCK]) -> u64 {
        let [a, b, c, d, e] = self.0;
        let mut found = [0u8; BLOCK];
        for (found, byte) in found.iter_mut().zip(block) {
            *found = u8::from(*byte == a)
                | u8::from(*byte == b)
                | u8::from(*byte == c)
                | u8::from(*byte == d)
                | u8::from(*byte == e);
        }
        let (eights, _) = found.as_chunks::<8>();
        eights.iter().rev().fold(0, |mask, eight| mask << 8 | gathered(*eight))
    }
}

/// Eight bytes of 0 or 1 as eight bits: the multiplication moves the bit of byte `i` to bit `56 + i`.
fn gathered(eight: [u8; 8]) -> u64 {
    u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// How far a buffer was looked through. Holds for that buffer alone: start anew when bytes move or
/// come to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    wanted: Wanted,
    usual: Usual,
    /// Of the block of `mask`.
    block_beside: Beside,
    /// Of all blocks in which the segment stands that is being read.
    beside: Beside,
    /// Where the block of `mask` begins.
    block: usize,
    /// What was found in it and not yet given.
    mask: u64,
    /// Where the next block begins.
    next: usize,
}

impl Cursor {
    /// From this place on.
    pub(super) fn new(wanted: Wanted, usual: Usual, at: usize) -> Self {
        let none = Beside::default();
        Self { wanted, usual, block_beside: none, beside: none, block: at, mask: 0, next: at }
    }

    /// Looks for other bytes from this place on.
    pub(super) fn restart(&mut self, delimiters: &Delimiters, usual: Usual, at: usize) {
        *self = Self { beside: self.beside, ..Self::new(Wanted::of(delimiters), usual, at) };
    }

    /// A segment begins here.
    pub(super) fn begin(&mut self, at: usize) {
        self.beside = if at < self.next { self.block_beside } else { Beside::default() };
    }

    /// What may stand in the segment that is being read, or close to it, beside usual bytes.
    pub(super) fn beside(&self) -> Beside {
        self.beside
    }

    /// Goes on from a place after those given.
    pub(super) fn pass(&mut self, at: usize) {
        if at >= self.next {
            // What is passed over was not seen.
            self.beside.odd |= at > self.next;
            (self.block, self.mask, self.next) = (at, 0, at);
            self.block_beside = Beside::default();
        } else {
            self.mask &= u64::MAX << at.saturating_sub(self.block);
        }
    }

    /// The place of the next one.
    #[inline]
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        while self.mask == 0 {
            let rest = bytes.get(self.next..).unwrap_or_default();
            self.block = self.next;
            if let Some(block) = rest.first_chunk::<BLOCK>() {
                self.mask = self.wanted.among(block);
                self.block_beside = self.usual.beside(block);
                self.beside = self.beside.and(self.block_beside);
                self.next += BLOCK;
            } else if rest.is_empty() {
                return None;
            } else {
                // No service character is 0.
                let mut block = [0; BLOCK];
                block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                self.mask = self.wanted.among(&block);
                block.iter_mut().skip(rest.len()).for_each(|fill| *fill = b' ');
                self.block_beside = self.usual.beside(&block);
                self.beside = self.beside.and(self.block_beside);
                self.next += rest.len();
            }
        }
        let at = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_look_at_every_byte_finds(
            bytes in proptest::collection::vec(prop_oneof![Just(b'+'), Just(b'?'), Just(b'*'), any::<u8>()], 0..300),
            from in 0usize..70,
            pass in 0usize..200,
        ) {
            let delimiters = Delimiters { repetition: None, ..Delimiters::default_of(4) };
            let plain = |at: &usize| b"+:'?".contains(&bytes[*at]);
            let expect: Vec<usize> = (from.max(pass)..bytes.len()).filter(plain).collect();
            let mut cursor = Cursor::new(Wanted::of(&delimiters), Usual::LevelB, from);
            cursor.begin(from);
            let first = cursor.find(&bytes);
            prop_assert_eq!(first, (from..bytes.len()).find(plain));
            // What is not usual in the bytes looked through was seen.
            let until = first.map_or(bytes.len(), |at| at + 1);
            let seen = bytes.get(from..until).unwrap_or_default();
            let line = |b: &u8| matches!(b, b'\r' | b'\n');
            prop_assert!(cursor.beside().odd || seen.iter().all(|b| in_level_b(*b) || line(b)));
            prop_assert!(cursor.beside().breaks || !seen.iter().any(line));
            cursor.restart(&delimiters, Usual::Printable, from);
            cursor.pass(pass);
            let mut found = Vec::new();
            while let Some(at) = cursor.find(&bytes) {
                found.push(at);
            }
            prop_assert_eq!(found, expect);
        }
    }
}
