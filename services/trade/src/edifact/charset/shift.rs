//! Where bytes of several to a character stand, so that none of them is taken for a delimiter.

use super::Charset;

/// Which character set ISO 2022 bytes are in at one place. Bytes of a two-byte set look like
/// service characters (カ is 25 2B, and 2B is `+`), so the state is followed before any delimiter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shift {
    /// One byte a character: delimiters count.
    #[default]
    Single,
    /// Two bytes a character, until SI or an escape sequence.
    Double,
    /// Inside an escape sequence, from the state before it; what was seen so far in order.
    Escape {
        /// Whether the set before the sequence was a two-byte one.
        double: bool,
        /// `$` was seen: a two-byte set is being named.
        multi: bool,
        /// `)`, `*` or `+` was seen: a set is named but not switched to.
        aside: bool,
    },
}

impl Shift {
    /// The state after one more byte of text in these characters, and whether that byte can be a
    /// delimiter.
    #[inline]
    pub(crate) fn step(self, charset: Charset, byte: u8) -> (Self, bool) {
        match (charset, self) {
            (Charset::Iso2022, _) => self.shifted(byte),
            // A first byte of two: what follows it is its second half, whatever it looks like.
            (Charset::ShiftJis, Self::Single) if matches!(byte, 0x81..=0x9f | 0xe0..=0xfc) => {
                (Self::Double, false)
            }
            (Charset::ShiftJis, Self::Double) => (Self::Single, false),
            _ => (Self::Single, true),
        }
    }

    fn shifted(self, byte: u8) -> (Self, bool) {
        match (self, byte) {
            (Self::Escape { double, multi, aside }, _) => (Self::escape(double, multi, aside, byte), false),
            (now, 0x1b) => (Self::Escape { double: now == Self::Double, multi: false, aside: false }, false),
            (_, 0x0e) => (Self::Double, false),
            (_, 0x0f) => (Self::Single, false),
            (now, _) => (now, now == Self::Single),
        }
    }

    /// ECMA-35 (ISO 2022), section 13: intermediate bytes 20 to 2F, then one final byte.
    fn escape(double: bool, multi: bool, aside: bool, byte: u8) -> Self {
        match byte {
            b'$' => Self::Escape { double, multi: true, aside },
            b')' | b'*' | b'+' => Self::Escape { double, multi, aside: true },
            0x20..=0x2f => Self::Escape { double, multi, aside },
            _ if aside && !double => Self::Single,
            _ if aside || multi => Self::Double,
            _ => Self::Single,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_state_hides_delimiters() {
        let delimiters = |bytes: &[u8]| {
            let mut shift = Shift::default();
            let mut plain = Vec::new();
            for (at, b) in bytes.iter().enumerate() {
                let (next, counts) = shift.step(Charset::Iso2022, *b);
                shift = next;
                if counts {
                    plain.push(at);
                }
            }
            (plain, shift)
        };
        assert_eq!(delimiters(b"+\x1b$B%+\x1b(B+"), (vec![0, 9], Shift::Single));
        assert_eq!(delimiters(b"\x1b$)C+\x0e9+\x0f+"), (vec![4, 9], Shift::Single));
        assert_eq!(delimiters(b"\x1b$(D%+").1, Shift::Double);
    }
}
