//! Checkpoints (C2SP tlog-checkpoint): a log says how large it is and with which root, in a signed note
//! of three lines. Witnesses add their cosignatures to the same note.

use std::fmt;

use corridor_base::{Digest, ErrorCode, Problem};

use crate::cosignature::{Finding, VerifierKey};
use crate::key::Signer;
use crate::merkle::{Tree, parse_hash, parse_number, print_hash};
use crate::note::{Note, SignatureLine};
use crate::statement::refuse;

/// The largest checkpoint read, in bytes: a hundred ML-DSA-44 cosignatures fit.
pub const MAX_CHECKPOINT: usize = 512 << 10;
/// The longest text of a checkpoint, in bytes.
pub const MAX_TEXT: usize = 16 << 10;
/// The longest origin, in bytes: what an ML-DSA-44 cosignature can name (C2SP tlog-cosignature).
pub const MAX_ORIGIN: usize = 255;

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: its name, as a rule its address without the scheme.
    pub origin: String,
    /// Its size and root.
    pub tree: Tree,
    /// Lines beyond the third, which mean nothing to others. Our logs write none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint of a log, without extension lines.
    ///
    /// # Errors
    /// `malformed` when the origin is empty, too long, or no line.
    pub fn new(origin: &str, tree: Tree) -> Result<Self, Problem> {
        let checkpoint = Self { origin: origin.to_owned(), tree, extensions: Vec::new() };
        // Reading back what is printed is the test of the origin.
        if Self::parse(&checkpoint.to_string())? == checkpoint { Ok(checkpoint) } else { Err(bad("origin")) }
    }

    /// Reads the text of a checkpoint. It has one spelling.
    ///
    /// # Errors
    /// `malformed`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_TEXT {
            return Err(bad("too long"));
        }
        let mut lines = text.strip_suffix('\n').ok_or_else(|| bad("the last line is cut"))?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(bad("origin, size and root expected"));
        };
        if !(1..=MAX_ORIGIN).contains(&origin.len()) || text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(bad("1 to 255 printable bytes of origin expected"));
        }
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(bad("an empty line"));
        }
        let tree = Tree { size: parse_number(size)?, root: parse_hash(root)? };
        Ok(Self { origin: origin.to_owned(), tree, extensions })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.tree.size, print_hash(&self.tree.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn bad(why: &str) -> Problem {
    refuse("checkpoint", why)
}

/// A checkpoint with its signatures: the log's, and those of witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs a checkpoint as its log. It is the caller who never signs two of one size with different
    /// roots.
    ///
    /// # Errors
    /// `malformed` when the signer's name is not the origin; what the signer says.
    pub fn sign(checkpoint: Checkpoint, signer: &dyn Signer) -> Result<Self, Problem> {
        if signer.name() != checkpoint.origin {
            return Err(bad("the log's key is named after its origin"));
        }
        let mut note = Note::new(checkpoint.to_string())?;
        note.sign(signer)?;
        Ok(Self { checkpoint, note })
    }

    /// Reads a signed checkpoint. Signatures are not judged here: ask [`SignedCheckpoint::signed_by`].
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_CHECKPOINT {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "checkpoint")
                .with("limit", format!("{MAX_CHECKPOINT} bytes")));
        }
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// What it says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// The log's size and root.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.checkpoint.tree
    }

    /// The note, with its signature lines.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// What is to be found of this key's signature.
    #[must_use]
    pub fn signed_by(&self, key: &VerifierKey) -> Finding {
        key.find(&self.note)
    }

    /// Adds the signature lines of witnesses. They are not judged.
    ///
    /// # Errors
    /// `malformed` when there are too many.
    pub fn add(&mut self, lines: impl IntoIterator<Item = SignatureLine>) -> Result<(), Problem> {
        lines.into_iter().try_for_each(|line| self.note.add(line))
    }

    /// The same checkpoint with no other signatures than those of these keys, so that what is kept
    /// and passed on does not grow by what strangers add.
    #[must_use]
    pub fn only(&self, keys: &[&VerifierKey]) -> Self {
        let known =
            |line: &SignatureLine| keys.iter().any(|k| k.name() == line.name && k.hash() == line.hash);
        Self { checkpoint: self.checkpoint.clone(), note: self.note.filtered(known) }
    }

    /// The note as it is served, sent and stored; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// The digest of what was signed: the same whoever has signed so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.note.text().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;
    use crate::merkle::leaf_hash;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    const ROOT: &str = "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=";

    /// The tree of golang.org/x/mod/sumdb/tlog's tests.
    #[test]
    fn the_tree_note_of_sumdb_is_read_and_printed() {
        let text = format!("go.sum database tree\n123456789012\n{ROOT}\n");
        let checkpoint = Checkpoint::parse(&text).unwrap();
        assert_eq!(checkpoint.tree, Tree { size: 123_456_789_012, root: leaf_hash(b"hello world") });
        assert_eq!(checkpoint.to_string(), text);
        assert_eq!(Checkpoint::new("go.sum database tree", checkpoint.tree).unwrap(), checkpoint);
    }

    /// A checkpoint that the Go checksum database published in January 2023.
    #[test]
    fn a_checkpoint_of_sum_golang_org_verifies() {
        let bytes = "go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n\u{2014} sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n";
        let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8".parse().unwrap();
        let signed = SignedCheckpoint::parse(bytes.as_bytes()).unwrap();
        assert_eq!(signed.signed_by(&key), Finding::Valid { time: None });
        let other = SignedCheckpoint::parse(bytes.replace("15067302", "15067303").as_bytes()).unwrap();
        assert_eq!(other.signed_by(&key), Finding::Invalid);
        assert_eq!(signed.to_bytes(), bytes.as_bytes());
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let check =
            |text: &str, expect: bool| assert_eq!(Checkpoint::parse(text).is_ok(), expect, "{text:?}");
        check(&format!("a\n0\n{ROOT}\n"), true);
        check(&format!("a\n0\n{ROOT}\nextension\nanother\n"), true);
        check(&format!("a\n0\n{ROOT}"), false);
        check(&format!("a\n0\n{ROOT}\n\n"), false);
        check(&format!("a\n0\n{ROOT}\n\nextension\n"), false);
        check(&format!("\n0\n{ROOT}\n"), false);
        check(&format!("a\n00\n{ROOT}\n"), false);
        check(&format!("a\n-1\n{ROOT}\n"), false);
        check(&format!("a\n0x1\n{ROOT}\n"), false);
        check(&format!("a\n9223372036854775808\n{ROOT}\n"), false);
        check(&format!("a\r\n0\r\n{ROOT}\r\n"), false);
        check("a\n0\n\n", false);
        check("a\n0\nAAAA\n", false);
        check("a\n0\n", false);
        check("", false);
        check("\n\n\n", false);
        check(&format!("{}\n0\n{ROOT}\n", "a".repeat(256)), false);
        check(&format!("a\n0\n{ROOT}\n{}", "x\n".repeat(MAX_TEXT)), false);
    }

    #[test]
    fn a_log_signs_under_its_own_name() {
        let key = SecretKey::generate("example.jp/log", &SeededRandom::new(1)).unwrap();
        let checkpoint = Checkpoint::new("example.jp/log", Tree::empty()).unwrap();
        let signed = SignedCheckpoint::sign(checkpoint.clone(), &key).unwrap();
        let verifier = VerifierKey::note("example.jp/log", key.public().clone());
        assert_eq!(signed.signed_by(&verifier), Finding::Valid { time: None });
        assert_eq!(SignedCheckpoint::parse(&signed.to_bytes()).unwrap(), signed);
        assert!(SignedCheckpoint::sign(Checkpoint { origin: "other".into(), ..checkpoint }, &key).is_err());
        for origin in ["", "a\nb", &"a".repeat(256)] {
            assert!(Checkpoint::new(origin, Tree::empty()).is_err(), "{origin:?}");
        }
    }

    #[test]
    fn what_strangers_added_is_dropped() {
        let key = SecretKey::generate("example.jp/log", &SeededRandom::new(1)).unwrap();
        let alone =
            SignedCheckpoint::sign(Checkpoint::new("example.jp/log", Tree::empty()).unwrap(), &key).unwrap();
        let mut more = alone.clone();
        let stranger = |n: u8| SignatureLine { name: "stranger".into(), hash: [n; 4], signature: vec![n] };
        more.add((0..99).map(stranger)).unwrap();
        assert!(more.add([stranger(99)]).is_err());
        more.add([stranger(98)]).unwrap();
        assert_eq!(more.only(&[&VerifierKey::note("example.jp/log", key.public().clone())]), alone);
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_alike(text in "[ -~]{0,9}\n[0-9]{0,3}\n(TszzRgjTG6xce\\+z2AG31kAXYKBgQVtCSCE40HmuwBb0=)?\n([a-z\n]{0,5}\n)?") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_string(), text);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(signed) = SignedCheckpoint::parse(&bytes) {
                prop_assert_eq!(signed.to_bytes(), bytes);
            }
        }
    }
}
