//! Signed notes (C2SP signed-note 1.0): a text, a blank line, and one line a signature. They read
//! well, carry several signatures, and the bytes that were signed are the bytes that are kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{ErrorCode, Problem};

use crate::key::{PublicKey, Signer};

/// The largest note read: a trust list of ten thousand participants fits.
pub const MAX_NOTE: usize = 16 << 20;
/// The most signature lines read (C2SP: "implementations MAY reject notes with too many").
pub const MAX_SIGNATURES: usize = 100;

/// The start of every signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Under which name it was made.
    pub name: String,
    /// The key hash that goes with the name.
    pub hash: [u8; 4],
    /// The signature, 64 bytes for Ed25519; other algorithms have other lengths.
    pub signature: Vec<u8>,
}

/// A text with its signatures. Signatures of unknown keys are kept and ignored, as the
/// specification asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// Whether this may name a key: not empty, no white space, no plus sign.
#[must_use]
pub fn valid_name(name: &str) -> bool {
    (1..=512).contains(&name.len()) && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    /// `malformed` when the text is empty, does not end in a newline, or holds control characters
    /// other than newline.
    pub fn new(text: String) -> Result<Self, Problem> {
        if !text.ends_with('\n') || text.len() > MAX_NOTE {
            return Err(refuse("the text does not end in a newline, or is too long"));
        }
        if text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(refuse("the text holds control characters"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_NOTE {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "signed note")
                .with("limit", format!("{MAX_NOTE} bytes")));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
        // The last blank line parts the text from its signatures.
        let (text, lines) =
            whole.rsplit_once("\n\n").ok_or_else(|| refuse("no blank line before the signatures"))?;
        let mut note = Self::new(format!("{text}\n"))?;
        note.signatures = signature_lines(lines)?;
        Ok(note)
    }

    /// The text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature.
    ///
    /// # Errors
    /// What the signer says.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), Problem> {
        let signature = signer.sign(self.text.as_bytes())?;
        let hash = signer.public().note_hash(signer.name());
        self.add(SignatureLine { name: signer.name().to_owned(), hash, signature: signature.to_vec() })
    }

    /// Adds a signature made elsewhere, unless it is there already. It is not judged.
    ///
    /// # Errors
    /// `malformed` when the note has [`MAX_SIGNATURES`].
    pub fn add(&mut self, line: SignatureLine) -> Result<(), Problem> {
        if self.signatures.contains(&line) {
            return Ok(());
        }
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(refuse("too many signatures"));
        }
        self.signatures.push(line);
        Ok(())
    }

    /// The same text with those of its signatures that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&SignatureLine) -> bool) -> Self {
        let signatures = self.signatures.iter().filter(|line| keep(line)).cloned().collect();
        Self { text: self.text.clone(), signatures }
    }

    /// Whether this key, under this name, signed the text. A second line under the same name and
    /// hash that does not verify spoils the first: a note must not mean two things.
    #[must_use]
    pub fn signed_by(&self, name: &str, key: &PublicKey) -> bool {
        let hash = key.note_hash(name);
        let mut lines = self.signatures.iter().filter(|l| l.name == name && l.hash == hash).peekable();
        lines.peek().is_some()
            && lines.all(|line| match line.signature.as_slice().try_into() {
                Ok(signature) => key.verifies(self.text.as_bytes(), signature),
                Err(_) => false,
            })
    }

    /// The note as it is sent and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\n", self.text);
        for line in &self.signatures {
            out.push_str(&line.to_string());
        }
        out.into_bytes()
    }
}

/// The line as it stands in a note and in a witness's answer, with its newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = [self.hash.as_slice(), &self.signature].concat();
        writeln!(f, "{DASH}{} {}", self.name, STANDARD.encode(payload))
    }
}

/// Reads signature lines: the end of a note, or what a witness answers (C2SP tlog-witness).
///
/// # Errors
/// `malformed` when there are none or more than [`MAX_SIGNATURES`], or one is broken.
pub fn signature_lines(text: &str) -> Result<Vec<SignatureLine>, Problem> {
    let text = text.strip_suffix('\n').ok_or_else(|| refuse("the last signature line is cut"))?;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        if lines.len() == MAX_SIGNATURES {
            return Err(refuse("too many signatures"));
        }
        lines.push(signature_line(line)?);
    }
    Ok(lines)
}

fn refuse(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "signed note").with("why", why)
}

fn signature_line(line: &str) -> Result<SignatureLine, Problem> {
    let rest =
        line.strip_prefix(DASH).ok_or_else(|| refuse("a signature line does not begin with an em dash"))?;
    let (name, payload) =
        rest.split_once(' ').ok_or_else(|| refuse("a signature line lacks its signature"))?;
    if !valid_name(name) {
        return Err(refuse("a signature line has no usable name"));
    }
    let payload = STANDARD.decode(payload).map_err(|_| refuse("a signature is not base64"))?;
    let (hash, signature) = payload.split_at_checked(4).ok_or_else(|| refuse("a signature is too short"))?;
    let hash = hash.try_into().map_err(|_| refuse("a signature is too short"))?;
    if signature.is_empty() {
        return Err(refuse("a signature is too short"));
    }
    Ok(SignatureLine { name: name.to_owned(), hash, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn key(n: u64) -> SecretKey {
        SecretKey::generate(&format!("signer-{n}"), &SeededRandom::new(n)).unwrap()
    }

    fn note() -> Note {
        let mut note = Note::new("first line\n\nafter a blank line\n".into()).unwrap();
        note.sign(&key(1)).unwrap();
        note.sign(&key(2)).unwrap();
        note
    }

    fn check(bytes: &str, expect: &str) {
        let got = Note::parse(bytes.as_bytes())
            .err()
            .and_then(|p| p.arg("why").map(str::to_owned))
            .unwrap_or_default();
        assert!(got.contains(expect), "{bytes:?}: {got}");
    }

    #[test]
    fn a_note_survives_the_wire_and_knows_its_signers() {
        let back = Note::parse(&note().to_bytes()).unwrap();
        assert_eq!(back, note());
        assert!(back.signed_by("signer-1", key(1).public()));
        assert!(back.signed_by("signer-2", key(2).public()));
        assert!(!back.signed_by("signer-1", key(2).public()));
        assert!(!back.signed_by("signer-3", key(1).public()));
    }

    /// The example of the specification (C2SP signed-note 1.0), signed by "PeterNeumann".
    #[test]
    fn the_example_of_go_s_note_package_verifies() {
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let (name, key) =
            PublicKey::from_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
                .unwrap();
        assert!(Note::parse(text.as_bytes()).unwrap().signed_by(&name, &key));
    }

    #[test]
    fn broken_notes_are_refused_by_name() {
        check("", "blank line");
        check("text\n", "blank line");
        check("text\n\n", "cut");
        check("text\n\n\n", "cut");
        check("text\n\n- a AAAAAAA=\n", "em dash");
        check("text\n\n\u{2014} a\n", "lacks");
        check("text\n\n\u{2014} a b+c AAAAAAA=\n", "base64");
        check("text\n\n\u{2014} a+b AAAAAAAA\n", "name");
        check("text\n\n\u{2014} a !\n", "base64");
        check("text\n\n\u{2014} a AAAA\n", "short");
        check("te\u{1}xt\n\n\u{2014} a AAAAAAAA\n", "control");
        check(&format!("text\n\n{}", "\u{2014} a AAAAAAAA\n".repeat(101)), "too many");
    }

    #[test]
    fn a_second_line_that_does_not_verify_spoils_the_first() {
        let mut note = note();
        let mut bad = note.signatures[0].clone();
        bad.signature[0] ^= 1;
        note.signatures.push(bad);
        assert!(!note.signed_by("signer-1", key(1).public()));
    }

    proptest! {
        #[test]
        fn any_altered_byte_is_noticed(at in 0usize..200, bit in 0u8..8) {
            let mut bytes = note().to_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(back) = Note::parse(&bytes) {
                prop_assert!(!(back.signed_by("signer-1", key(1).public()) && back.signed_by("signer-2", key(2).public())));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(note) = Note::parse(&bytes) {
                prop_assert_eq!(Note::parse(&note.to_bytes()).unwrap(), note);
            }
        }
    }
}
