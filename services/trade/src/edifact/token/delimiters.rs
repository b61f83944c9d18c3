//! The service characters of an interchange (ISO 9735-1): what separates, releases and ends.

use serde::Serialize;

/// The service characters of an interchange (ISO 9735-1, UNA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Delimiters {
    /// Between components.
    pub component: u8,
    /// Between elements.
    pub element: u8,
    /// The decimal mark.
    pub decimal: u8,
    /// Takes the meaning from the byte after it.
    pub release: Option<u8>,
    /// Between repetitions of an element (syntax 4).
    pub repetition: Option<u8>,
    /// Ends a segment.
    pub terminator: u8,
}

impl Delimiters {
    /// The control characters of level B (ISO 9735:1988, 5.2), which need no release.
    pub const LEVEL_B: Self = Self {
        component: 0x1f,
        element: 0x1d,
        decimal: b'.',
        release: None,
        repetition: None,
        terminator: 0x1c,
    };

    /// Without UNA, in a syntax version: `:+.? '`, and `*` for repetition from version 4.
    #[must_use]
    pub fn default_of(version: u8) -> Self {
        let repetition = (version >= 4).then_some(b'*');
        Self {
            component: b':',
            element: b'+',
            decimal: b'.',
            release: Some(b'?'),
            repetition,
            terminator: b'\'',
        }
    }

    /// The six characters after `UNA`; `None` when they cannot be told apart, or are letters,
    /// digits or not ASCII.
    #[must_use]
    pub fn from_una(six: [u8; 6]) -> Option<Self> {
        let [component, element, decimal, release, repetition, terminator] = six;
        let release = (release != b' ').then_some(release);
        let mut used = vec![component, element, terminator];
        used.extend(release);
        let usable = |b: &u8| b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, 0 | b' ');
        let distinct = (1..used.len()).all(|i| !used[..i].contains(&used[i]));
        if !distinct || !used.iter().all(usable) {
            return None;
        }
        // Reserved before syntax 4, and often filled with something: what cannot be a repetition
        // separator is none.
        let repetition = (usable(&repetition) && !used.contains(&repetition)).then_some(repetition);
        Some(Self { component, element, decimal, release, repetition, terminator })
    }

    /// `UNA` and its six characters.
    #[must_use]
    pub fn una(&self) -> [u8; 9] {
        let (release, repetition) = (self.release.unwrap_or(b' '), self.repetition.unwrap_or(b' '));
        [b'U', b'N', b'A', self.component, self.element, self.decimal, release, repetition, self.terminator]
    }

    pub(super) fn classes(&self) -> [u8; 256] {
        let mut table = [PLAIN; 256];
        table[usize::from(self.component)] = COMPONENT;
        table[usize::from(self.element)] = ELEMENT;
        table[usize::from(self.terminator)] = TERMINATOR;
        for (byte, class) in [(self.release, RELEASE), (self.repetition, REPETITION)] {
            if let Some(byte) = byte {
                table[usize::from(byte)] = class;
            }
        }
        table
    }
}

pub(crate) const PLAIN: u8 = 0;
pub(crate) const ELEMENT: u8 = 1;
pub(crate) const REPETITION: u8 = 2;
pub(crate) const COMPONENT: u8 = 3;
pub(crate) const RELEASE: u8 = 4;
pub(crate) const TERMINATOR: u8 = 5;
