//! What the recorded process said: one line each, in the record at its place in the order. A line
//! tells what is durable from now on, or (`begin`) what may change from now on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use corridor_base::{Digest, Result};

use crate::story::internal;

/// Where the recorded process says what is durable.
pub struct Teller(Mutex<File>);

impl Teller {
    /// Opens the file.
    ///
    /// # Errors
    /// `internal`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(internal)?;
        Ok(Self(Mutex::new(file)))
    }

    /// Says one line, at once.
    ///
    /// # Errors
    /// `internal`.
    pub fn say(&self, line: impl std::fmt::Display) -> Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{line}\n").as_bytes()).map_err(internal)
    }
}

/// Whether something that was said to be there must still be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there.
    There,
    /// It is being taken away: it may be there or not.
    Leaving,
    /// It is gone and must not come back.
    Gone,
}

/// Participant and name.
pub type Owned = (usize, String);

/// Everything that was said up to a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The store was opened, so its schema is there.
    pub opened: bool,
    /// The newest version of the key file that was said to be durable.
    pub key: u64,
    /// Further files written whole, by name.
    pub files: BTreeMap<String, State>,
    /// Units of work that were acknowledged: participant and number.
    pub notes: BTreeSet<(usize, u64)>,
    /// Units that were refused, and must not be there.
    pub refused: BTreeSet<(usize, u64)>,
    /// Uploads and how far they came; `None` once they are being finished.
    pub staged: BTreeMap<Owned, Option<u64>>,
    /// Blobs.
    pub blobs: BTreeMap<Owned, State>,
    /// Rows that refer to blobs.
    pub rows: BTreeMap<Owned, State>,
    /// Checkpoints that were signed: of which log and size, and the root.
    pub signed: BTreeMap<(String, u64), Digest>,
    /// Entries of the raw log, by the numbers that were answered.
    pub entries: BTreeMap<u64, String>,
}

impl Claims {
    /// Takes in what was written to the file at once.
    ///
    /// # Errors
    /// When it is not what [`Teller`] writes.
    pub fn hear(&mut self, text: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(text).map_err(|e| e.to_string())?;
        text.lines().try_for_each(|line| self.line(line).ok_or_else(|| format!("not understood: {line}")))
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').collect();
        let owned = |participant: &str, name: &str| Some((participant.parse().ok()?, name.to_owned()));
        match words[..] {
            ["opened"] => self.opened = true,
            ["key", version] => self.key = version.parse().ok()?,
            ["file", name] => set(&mut self.files, name.to_owned(), State::There),
            ["begin", "remove", name] => set(&mut self.files, name.to_owned(), State::Leaving),
            ["removed", name] => set(&mut self.files, name.to_owned(), State::Gone),
            ["note", p, number] => {
                self.notes.insert((p.parse().ok()?, number.parse().ok()?));
            }
            ["refused", p, number] => {
                self.refused.insert((p.parse().ok()?, number.parse().ok()?));
            }
            ["staged", p, name, length] => {
                self.staged.insert(owned(p, name)?, Some(length.parse().ok()?));
            }
            ["begin", "finish", p, name] => {
                self.staged.insert(owned(p, name)?, None);
            }
            ["blob", p, name] => set(&mut self.blobs, owned(p, name)?, State::There),
            ["row", p, name] => set(&mut self.rows, owned(p, name)?, State::There),
            ["begin", "unrefer", p, name] => set(&mut self.rows, owned(p, name)?, State::Leaving),
            ["unreferred", p, name] => {
                set(&mut self.rows, owned(p, name)?, State::Gone);
                set(&mut self.blobs, owned(p, name)?, State::Leaving);
            }
            ["signed", log, size, root] => {
                let (size, root) = (size.parse().ok()?, root.parse().ok()?);
                // Of one size there is one root (LG-1).
                if self.signed.insert((log.to_owned(), size), root).is_some_and(|other| other != root) {
                    return None;
                }
            }
            ["entry", number, name] => {
                self.entries.insert(number.parse().ok()?, name.to_owned());
            }
            _ => return None,
        }
        Some(())
    }
}

fn set<K: Ord>(map: &mut BTreeMap<K, State>, key: K, state: State) {
    map.insert(key, state);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        let mut claims = Claims::default();
        claims.hear(b"key 1\nnote 0 7\nkey 2\nstaged 1 u-1 300\n").unwrap();
        claims.hear(b"begin finish 1 u-1\nblob 1 u-1\nrow 1 u-1\nbegin unrefer 1 u-1\n").unwrap();
        assert_eq!((claims.key, claims.notes.contains(&(0, 7))), (2, true));
        let upload = (1, "u-1".to_owned());
        assert_eq!(claims.staged.get(&upload), Some(&None));
        assert_eq!(claims.rows.get(&upload), Some(&State::Leaving));
        assert_eq!(claims.blobs.get(&upload), Some(&State::There));
        assert!(claims.hear(b"note 0\n").is_err());
        let signed = |root: u8| format!("signed acts 3 {}\n", Digest([root; 32])).into_bytes();
        claims.hear(&[signed(1), signed(1)].concat()).unwrap();
        assert!(claims.hear(&signed(2)).is_err(), "two roots of one size");
    }
}
