//! How an interchange begins: the service string advice (UNA), the delimiters of level B, or neither.

use super::learn::LEVEL_B_UNB;
use super::{BrokenKind, Delimiters, Phase, Tokenizer};

impl Tokenizer {
    /// Reads the service string advice if there is one; `false` when more bytes are needed to know.
    pub(super) fn read_una(&mut self) -> Result<bool, BrokenKind> {
        if !self.skip_blanks() {
            if self.finished {
                self.phase = Phase::Between;
            }
            return Ok(self.finished);
        }
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        // ISO 10646 in two octets, with a mark of their order or without: read on, every second byte would be an error.
        if let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'U', ..] | [b'U', 0, ..] = rest {
            return Err(BrokenKind::TwoBytes);
        }
        if rest.len() < 2 && !self.finished {
            return Ok(false);
        }
        let Some(advice) = rest.strip_prefix(b"UNA") else {
            let undecided = b"UNA".starts_with(rest) || LEVEL_B_UNB.starts_with(rest);
            if undecided && rest.len() < LEVEL_B_UNB.len() && !self.finished {
                return Ok(false);
            }
            if rest.starts_with(LEVEL_B_UNB) {
                self.take_delimiters(Delimiters::LEVEL_B);
            }
            self.phase = Phase::Between;
            return Ok(true);
        };
        let Some(six) = advice.first_chunk::<6>() else {
            return if self.finished { Err(BrokenKind::UnaCut) } else { Ok(false) };
        };
        let advised = Delimiters::from_una(*six).ok_or(BrokenKind::UnaInvalid)?;
        self.advised = true;
        self.start += 9;
        self.at = self.start;
        self.take_delimiters(advised);
        self.phase = Phase::Between;
        Ok(true)
    }
}
