//! An interchange of any size that is never held in memory: the sample's cargo report again and again,
//! with counts and references that are right.

use std::io::Read;

/// Bytes as they are read.
pub struct Endless {
    message: Vec<u8>,
    segments: usize,
    left: u64,
    number: u64,
    piece: Vec<u8>,
    at: usize,
    closed: bool,
}

impl Endless {
    /// An interchange of this many bytes, and what its last message needs.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let text = String::from_utf8_lossy(corridor_trade::SAMPLE).replace('\n', "");
        let from = text.find("BGM+").unwrap_or(0);
        let until = text.find("UNT+").unwrap_or(text.len());
        let message = text.get(from..until).unwrap_or_default().as_bytes().to_vec();
        let terminators =
            message.windows(2).filter(|w| matches!(w, [before, b'\''] if *before != b'?')).count();
        let piece = b"UNA:+.? 'UNB+UNOB:3+DONGNAEFWD:ZZ+JPCUSTOMS:ZZ+261122:0915+1'".to_vec();
        Self { message, segments: terminators + 2, left: bytes, number: 0, piece, at: 0, closed: false }
    }

    fn refill(&mut self) {
        self.piece.clear();
        self.at = 0;
        if self.left == 0 {
            if !self.closed {
                self.closed = true;
                self.piece.extend_from_slice(format!("UNZ+{}+1'", self.number).as_bytes());
            }
            return;
        }
        self.number += 1;
        let number = self.number;
        self.piece.extend_from_slice(format!("UNH+{number}+CUSCAR:D:08A:UN'").as_bytes());
        self.piece.extend_from_slice(&self.message);
        self.piece.extend_from_slice(format!("UNT+{}+{number}'", self.segments).as_bytes());
        self.left = self.left.saturating_sub(self.piece.len() as u64);
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.piece.len() {
            self.refill();
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let count = into.len().min(rest.len());
        into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.at += count;
        Ok(count)
    }
}
