//! Finds service characters 64 bytes at a time: the comparisons of a block become vector instructions
//! by themselves, and its 64 answers one number, so that plain data is passed over at the speed of
//! memory and each service character costs a few instructions, however dense they stand.

use super::delimiters::Delimiters;

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
    /// Where the block of `mask` begins.
    block: usize,
    /// What was found in it and not yet given.
    mask: u64,
    /// Where the next block begins.
    next: usize,
}

impl Cursor {
    /// From this place on.
    pub(super) fn new(wanted: Wanted, at: usize) -> Self {
        Self { wanted, block: at, mask: 0, next: at }
    }

    /// Looks for other bytes from this place on.
    pub(super) fn restart(&mut self, delimiters: &Delimiters, at: usize) {
        *self = Self::new(Wanted::of(delimiters), at);
    }

    /// Goes on from a place after those given.
    pub(super) fn pass(&mut self, at: usize) {
        if at >= self.next {
            (self.block, self.mask, self.next) = (at, 0, at);
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
                self.next += BLOCK;
            } else if rest.is_empty() {
                return None;
            } else {
                // No service character is 0.
                let mut block = [0; BLOCK];
                block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                self.mask = self.wanted.among(&block);
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
            let mut cursor = Cursor::new(Wanted::of(&delimiters), from);
            let first = cursor.find(&bytes);
            prop_assert_eq!(first, (from..bytes.len()).find(plain));
            cursor.restart(&delimiters, from);
            cursor.pass(pass);
            let mut found = Vec::new();
            while let Some(at) = cursor.find(&bytes) {
                found.push(at);
            }
            prop_assert_eq!(found, expect);
        }
    }
}
