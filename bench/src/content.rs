//! Contents of documents: different for every number, the same again for the same number, and of no
//! pattern that anything on the way could squeeze.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use corridor_base::Digest;
use corridor_base::digest::Hasher;
use http_body::{Body, Frame, SizeHint};

/// How much of a long content is made at once, in bytes.
const CHUNK: usize = 256 << 10;

/// Numbers from a seed (SplitMix64: Steele, Lea, Flood, 2014), for loads that can be repeated.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }
}

fn fill(chance: &mut Chance, size: usize) -> Bytes {
    let mut out = Vec::with_capacity(size + 8);
    while out.len() < size {
        out.extend_from_slice(&chance.number().to_le_bytes());
    }
    out.truncate(size);
    out.into()
}

/// The content of this number, of this many bytes.
#[must_use]
pub fn small(number: u64, size: usize) -> Bytes {
    fill(&mut Chance::new(number.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ size as u64), size)
}

/// A content that does not fit in memory, made as it is read. Remembers its digest.
pub struct Long {
    chance: Chance,
    left: u64,
}

impl Long {
    /// So many bytes from a seed.
    #[must_use]
    pub fn new(seed: u64, size: u64) -> Self {
        Self { chance: Chance::new(seed), left: size }
    }

    fn piece(&mut self) -> Option<Bytes> {
        let size = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        self.left -= size as u64;
        (size > 0).then(|| fill(&mut self.chance, size))
    }

    /// The SHA-256 of the whole content.
    #[must_use]
    pub fn digest(seed: u64, size: u64) -> Digest {
        let (mut content, mut hasher) = (Self::new(seed, size), Hasher::new());
        while let Some(piece) = content.piece() {
            hasher.update(&piece);
        }
        hasher.finish()
    }
}

/// An interchange that does not fit in memory, made as it is read: messages of one length, each with
/// its number, so that the size is known beforehand.
pub struct Interchange {
    messages: u64,
    next: u64,
}

const UNB: &str = "UNB+UNOA:3+KRFWD001:ZZ+JPCUSTOMS:ZZ+261122:1200+BENCH1'";
/// Between UNH and UNT: a cargo report of eight consignments.
const CONSIGNMENT: &str = "CNI+1+KRPUSJP0001:785'LOC+9+KRPUS:139:6'LOC+11+JPOSA:139:6'\
                           NAD+CN+++OSAKA TRADING CO:NAMBA 1 2 3'GID+1+100:CT'FTX+AAA+++MACHINE PARTS'MEA+AAE+G+KGM:12000'";
const CONSIGNMENTS: usize = 8;

impl Interchange {
    /// As many messages as fit in so many bytes.
    #[must_use]
    pub fn of(size: u64) -> Self {
        let around = (UNB.len() + Self::last(0).len()) as u64;
        let messages = size.saturating_sub(around) / Self::message(0).len() as u64;
        Self { messages, next: 0 }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        (UNB.len() + Self::last(0).len()) as u64 + self.messages * Self::message(0).len() as u64
    }

    fn message(number: u64) -> String {
        let body = CONSIGNMENT.repeat(CONSIGNMENTS);
        let segments = 3 + CONSIGNMENTS * 7;
        format!("UNH+{number:010}+CUSCAR:D:96B:UN'BGM+785+{number:010}+9'{body}UNT+{segments}+{number:010}'")
    }

    fn last(messages: u64) -> String {
        // Six digits, the most that UNZ has room for, whatever the number.
        format!("UNZ+{messages:06}+BENCH1'")
    }

    fn piece(&mut self) -> Option<Bytes> {
        let mut out = String::with_capacity(CHUNK + 4096);
        if self.next == 0 {
            out.push_str(UNB);
        }
        while out.len() < CHUNK && self.next < self.messages {
            self.next += 1;
            out.push_str(&Self::message(self.next));
        }
        if self.next == self.messages {
            self.next += 1;
            out.push_str(&Self::last(self.messages));
        }
        (!out.is_empty()).then(|| out.into())
    }
}

impl Body for Interchange {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(self.piece().map(|piece| Ok(Frame::data(piece))))
    }
}

impl Body for Long {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(self.piece().map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_repeat_and_differ() {
        assert_eq!(small(7, 1000), small(7, 1000));
        assert_ne!(small(7, 1000), small(8, 1000));
        assert_eq!((small(1, 0).len(), small(1, 13).len()), (0, 13));
        assert_eq!(Long::digest(1, 600_000), Long::digest(1, 600_000));
        assert_ne!(Long::digest(1, 600_000), Long::digest(2, 600_000));
        let mut interchange = Interchange::of(600_000);
        let size = interchange.size();
        let made: usize = std::iter::from_fn(|| interchange.piece()).map(|p| p.len()).sum();
        assert_eq!(made as u64, size);
        let mut long = Long::new(1, 600_000);
        let pieces: Vec<usize> = std::iter::from_fn(|| long.piece()).map(|p| p.len()).collect();
        assert_eq!(pieces.iter().sum::<usize>(), 600_000);
    }
}
