//! Typed statements: a signed note whose first line names the type and version, and whose rest is
//! one JSON object. A type or a field that is not known is refused: nothing unsaid gets signed.

use std::fmt;
use std::sync::Arc;

use corridor_base::{Digest, ErrorCode, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::{PublicKey, Signer};
use crate::note::Note;

/// A body that can be signed.
pub trait Statement: Serialize + DeserializeOwned {
    /// Type and version, the first line of the note: `corridor/envelope/v1`.
    const KIND: &'static str;
    /// Whether people read it in a file: then the JSON is indented.
    const INDENTED: bool = false;
    /// The largest accepted note, in bytes.
    const MAX: usize;

    /// What the type alone cannot say: lengths, order, counts.
    ///
    /// # Errors
    /// `malformed`, naming the field.
    fn check(&self) -> Result<(), Problem>;
}

/// A statement with the very bytes that were signed.
#[derive(Clone)]
pub struct Signed<T> {
    body: T,
    note: Note,
    bytes: Arc<[u8]>,
}

impl<T: Statement> Signed<T> {
    /// Writes the statement down and signs it.
    ///
    /// # Errors
    /// `malformed` when the body breaks a rule of its type; what a signer says.
    pub fn new(body: T, signers: &[&dyn Signer]) -> Result<Self, Problem> {
        body.check()?;
        let json =
            if T::INDENTED { serde_json::to_string_pretty(&body) } else { serde_json::to_string(&body) };
        let json = json.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        let mut note = Note::new(format!("{}\n{json}\n", T::KIND))?;
        for signer in signers {
            note.sign(*signer)?;
        }
        let bytes = note.to_bytes().into();
        Ok(Self { body, note, bytes })
    }

    /// Reads a statement. Signatures are not judged here: ask [`Signed::signed_by`].
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > T::MAX {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", T::KIND)
                .with("limit", format!("{} bytes", T::MAX)));
        }
        let note = Note::parse(bytes)?;
        let (kind, json) = note.text().split_once('\n').unwrap_or_default();
        if kind != T::KIND {
            return Err(Problem::new(ErrorCode::UnknownVersion)
                .with("what", "statement")
                .with("expected", T::KIND)
                .with("found", kind));
        }
        let body: T = serde_json::from_str(json)
            .map_err(|e| Problem::new(ErrorCode::Malformed).with("what", T::KIND).with("why", e))?;
        body.check()?;
        let bytes = bytes.into();
        Ok(Self { body, note, bytes })
    }

    /// The same statement with one more signature.
    ///
    /// # Errors
    /// What the signer says.
    pub fn countersigned(mut self, signer: &dyn Signer) -> Result<Self, Problem> {
        self.note.sign(signer)?;
        self.bytes = self.note.to_bytes().into();
        Ok(self)
    }

    /// What it says.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// Whether this key, under this name, signed it.
    pub fn signed_by(&self, name: &str, key: &PublicKey) -> bool {
        self.note.signed_by(name, key)
    }

    /// The names under which it carries signatures, judged or not.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.note.signatures().iter().map(|l| l.name.as_str())
    }

    /// The note as it was read or made, with its signatures.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of what was signed: the same whoever has signed so far.
    pub fn digest(&self) -> Digest {
        Digest::of(self.note.text().as_bytes())
    }
}

impl<T: fmt::Debug> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("body", &self.body).finish_non_exhaustive()
    }
}

/// A short field of a statement: not longer than `most` characters, nothing unprintable.
///
/// # Errors
/// `malformed`, naming the field.
pub(crate) fn check_text(what: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(refuse(what, &format!("1 to {most} printable characters expected")));
    }
    Ok(())
}

/// A refusal of one field.
pub(crate) fn refuse(what: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}
