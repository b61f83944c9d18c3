//! Keys of logs and witnesses, and what a witness signs (C2SP tlog-cosignature v1): that at a time it
//! saw this state of the log and no state that contradicts it. Ed25519 and ML-DSA-44 are checked here; what
//! a browser cannot check, ML-DSA-44, is reported as not checked on demand, so that both can be compared.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, ErrorCode, Problem, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::key::{PublicKey, Signer};
use crate::merkle::MAX_SIZE;
use crate::note::{Note, SignatureLine, valid_name};
use crate::statement::refuse;

/// The length of an ML-DSA-44 public key (FIPS 204, table 2).
pub const ML_DSA_44_KEY: usize = 1312;
/// The length of an ML-DSA-44 signature (FIPS 204, table 2).
pub const ML_DSA_44_SIGNATURE: usize = 2420;
/// How far a witness's clock may be ahead of ours, in seconds, before its time says nothing.
pub const MAX_AHEAD: u64 = 300;

/// A key that signs checkpoints, under its name, as a verifier key of a signed note writes it:
/// `NAME+HASH+KEY`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: Arc<str>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    /// Type 1: Ed25519 over the note's text.
    Note(PublicKey),
    /// Type 4: Ed25519 over a time and the note's text.
    Cosignature(PublicKey),
    /// Type 6: ML-DSA-44 over a time and the log's state.
    MlDsa44(Arc<[u8]>),
}

/// What was found of one key's signature in a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No line of this key.
    Absent,
    /// It signed. A cosignature says when, in seconds since 1970; of several, the earliest.
    Valid {
        /// The time that a cosignature says: none of a log's signature, nor of an ML-DSA-44 cosignature with the
        /// time 0, whose cosigner does not say that it saw nothing larger (C2SP tlog-cosignature).
        time: Option<u64>,
    },
    /// There is a line of this key that does not verify, so the note is not to be trusted
    /// (C2SP signed-note: "clients SHOULD reject the whole note").
    Invalid,
    /// There is a line of this key, of an algorithm that is not checked here.
    NotChecked,
}

impl VerifierKey {
    /// A key that signs notes (type 1): that of a log.
    #[must_use]
    pub fn note(name: &str, key: PublicKey) -> Self {
        Self { name: name.into(), material: Material::Note(key) }
    }

    /// A key that cosigns checkpoints (type 4): that of a witness.
    #[must_use]
    pub fn cosignature(name: &str, key: PublicKey) -> Self {
        Self { name: name.into(), material: Material::Cosignature(key) }
    }

    /// A key of ML-DSA-44 that cosigns checkpoints (type 6).
    #[must_use]
    pub fn ml_dsa(name: &str, key: &[u8; ML_DSA_44_KEY]) -> Self {
        Self { name: name.into(), material: Material::MlDsa44(key.as_slice().into()) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key hash that stands in a signature line (C2SP signed-note, "Signatures").
    #[must_use]
    pub fn hash(&self) -> [u8; 4] {
        let digest = Digest::of(&[self.name.as_bytes(), b"\n", &self.typed()].concat());
        let [a, b, c, d, ..] = digest.0;
        [a, b, c, d]
    }

    /// The key itself, without name and type: two verifier keys of the same bytes are one key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.material {
            Material::Note(key) | Material::Cosignature(key) => key.as_bytes(),
            Material::MlDsa44(key) => key,
        }
    }

    /// Whether it cosigns, which is what witnesses do; other keys sign as a log.
    #[must_use]
    pub fn cosigns(&self) -> bool {
        !matches!(self.material, Material::Note(_))
    }

    /// Looks for this key's signature.
    #[must_use]
    pub fn find(&self, note: &Note) -> Finding {
        self.find_with(note, true)
    }

    /// The same; without `ml_dsa`, as a browser has it: such a line is looked at and not checked.
    #[must_use]
    pub fn find_with(&self, note: &Note, ml_dsa: bool) -> Finding {
        let hash = self.hash();
        let lines = note.signatures().iter().filter(|l| l.hash == hash && *l.name == *self.name);
        let found = lines.map(|line| self.judge(note.text(), &line.signature, ml_dsa));
        found.reduce(Finding::and).unwrap_or(Finding::Absent)
    }

    fn judge(&self, text: &str, signature: &[u8], ml_dsa: bool) -> Finding {
        match &self.material {
            Material::Note(key) => match signature.try_into() {
                Ok(signature) if key.verifies(text.as_bytes(), signature) => Finding::Valid { time: None },
                _ => Finding::Invalid,
            },
            Material::Cosignature(key) => judge_cosignature(key, text, signature),
            Material::MlDsa44(key) => match split_time(signature) {
                Some((_, rest)) if rest.len() != ML_DSA_44_SIGNATURE => Finding::Invalid,
                Some(_) if !ml_dsa => Finding::NotChecked,
                Some((time, rest)) => judge_ml_dsa(key, &self.name, text, time, rest),
                None => Finding::Invalid,
            },
        }
    }

    fn typed(&self) -> Vec<u8> {
        let kind = match self.material {
            Material::Note(_) => 1,
            Material::Cosignature(_) => 4,
            Material::MlDsa44(_) => 6,
        };
        [&[kind], self.bytes()].concat()
    }
}

impl Finding {
    /// Several lines of one key: one that does not verify spoils all, and of times the earliest holds.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid, _) | (_, Self::Invalid) => Self::Invalid,
            (Self::Valid { time: a }, Self::Valid { time: b }) => {
                Self::Valid { time: a.into_iter().chain(b).min() }
            }
            (one, _) => one,
        }
    }
}

/// Whether a cosignature's time lies so far ahead of `now` that it says nothing of when. What it says
/// of the log still holds.
#[must_use]
pub fn is_ahead(time: u64, now: Timestamp) -> bool {
    let now = u64::try_from(now.seconds()).unwrap_or(0);
    time > now.saturating_add(MAX_AHEAD)
}

/// Cosigns a checkpoint: the line for the answer to whoever asked (C2SP tlog-cosignature, Ed25519).
/// It is the caller who has checked that the log is consistent, and made that durable.
///
/// # Errors
/// `malformed` when the clock stands at 1970; what the signer says.
pub fn cosign(
    checkpoint: &SignedCheckpoint,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<SignatureLine, Problem> {
    let time = u64::try_from(now.seconds()).unwrap_or(0);
    if time == 0 {
        return Err(refuse("cosignature", "a time expected: the clock is not set"));
    }
    let signature = signer.sign(&message(time, checkpoint.note().text()))?;
    let key = VerifierKey::cosignature(signer.name(), signer.public().clone());
    let signature = [time.to_be_bytes().as_slice(), &signature].concat();
    Ok(SignatureLine { name: signer.name().to_owned(), hash: key.hash(), signature })
}

/// What an Ed25519 cosigner signs.
fn message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// A time of at most 2⁶³ − 1, and the signature after it.
fn split_time(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, rest) = signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    (time <= MAX_SIZE).then_some((time, rest))
}

/// What begins every message that an ML-DSA-44 cosigner signs.
const ML_DSA_LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// What an ML-DSA-44 cosigner signs (C2SP tlog-cosignature, "ML-DSA-44 signed message"): of a checkpoint, the
/// subtree from the first leaf to the last. `None` when the name is longer than the message has room for.
#[must_use]
pub fn ml_dsa_message(name: &str, time: u64, checkpoint: &Checkpoint) -> Option<Vec<u8>> {
    let text = |text: &str| Some([&[u8::try_from(text.len()).ok()?], text.as_bytes()].concat());
    let mut out = ML_DSA_LABEL.to_vec();
    out.extend(text(name)?);
    out.extend(time.to_be_bytes());
    out.extend(text(&checkpoint.origin)?);
    out.extend(0u64.to_be_bytes());
    out.extend(checkpoint.tree.size.to_be_bytes());
    out.extend(checkpoint.tree.root.0);
    Some(out)
}

fn judge_ml_dsa(key: &[u8], name: &str, text: &str, time: u64, signature: &[u8]) -> Finding {
    use ml_dsa::{KeyInit as _, MlDsa44, Verifier as _};
    let verifies = || {
        let message = ml_dsa_message(name, time, &Checkpoint::parse(text).ok()?)?;
        let key = ml_dsa::VerifyingKey::<MlDsa44>::new_from_slice(key).ok()?;
        let signature = ml_dsa::Signature::<MlDsa44>::try_from(signature).ok()?;
        key.verify(&message, &signature).ok()
    };
    match verifies() {
        // Zero is for who says nothing of when.
        Some(()) => Finding::Valid { time: (time != 0).then_some(time) },
        None => Finding::Invalid,
    }
}

fn judge_cosignature(key: &PublicKey, text: &str, signature: &[u8]) -> Finding {
    let parts = split_time(signature).and_then(|(time, rest)| Some((time, rest.try_into().ok()?)));
    match parts {
        // Only for ML-DSA-44 does the specification give zero a meaning: here it is a clock that is not set.
        Some((time, signature)) if time != 0 && key.verifies(&message(time, text), signature) => {
            Finding::Valid { time: Some(time) }
        }
        _ => Finding::Invalid,
    }
}

impl FromStr for VerifierKey {
    type Err = Problem;

    /// Reads `NAME+HASH+KEY` (C2SP signed-note, "Verifier keys"); it has one spelling.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let bad = |why: &str| refuse("verifier key", why);
        if text.len() > 4096 {
            return Err(bad("too long"));
        }
        // The key is base64 and may itself hold `+`.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("NAME+HASH+KEY expected"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| bad("the key is not base64"))?;
        let ed25519 = |key: &[u8]| match key.try_into() {
            Ok(key) => PublicKey::from_bytes(key),
            Err(_) => Err(bad("the key is not 32 bytes")),
        };
        let material = match bytes.split_first() {
            Some((1, key)) => Material::Note(ed25519(key)?),
            Some((4, key)) => Material::Cosignature(ed25519(key)?),
            Some((6, key)) if key.len() == ML_DSA_44_KEY => Material::MlDsa44(key.into()),
            _ => {
                return Err(Problem::new(ErrorCode::UnknownVersion)
                    .with("what", "verifier key")
                    .with("expected", "Ed25519 (1, 4) or ML-DSA-44 (6)")
                    .with("found", format!("type {}", bytes.first().copied().unwrap_or_default())));
            }
        };
        let key = Self { name: name.into(), material };
        if valid_name(name) && key.to_string() == text {
            Ok(key)
        } else {
            Err(bad("the hash does not belong to the key"))
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = u32::from_be_bytes(self.hash());
        write!(f, "{}+{hash:08x}+{}", self.name, STANDARD.encode(self.typed()))
    }
}

impl Serialize for VerifierKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifierKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({}+{:08x})", self.name, u32::from_be_bytes(self.hash()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;
    use crate::checkpoint::Checkpoint;
    use crate::merkle::Tree;
    use corridor_base::SeededRandom;

    const NOW: Timestamp = Timestamp::from_millis(1_795_339_500_000);

    fn key(name: &str) -> SecretKey {
        SecretKey::generate(name, &SeededRandom::new(name.len() as u64)).unwrap()
    }

    fn witness() -> VerifierKey {
        VerifierKey::cosignature("witness", key("witness").public().clone())
    }

    fn cosigned() -> SignedCheckpoint {
        let mut signed =
            SignedCheckpoint::sign(Checkpoint::new("log", Tree::empty()).unwrap(), &key("log")).unwrap();
        let line = cosign(&signed, &key("witness"), NOW).unwrap();
        signed.add([line]).unwrap();
        signed
    }

    /// A checkpoint signed and cosigned by transparency-dev/formats (Go), with Ed25519 and ML-DSA-44.
    #[test]
    fn what_the_go_implementation_cosigned_is_verified() {
        let signed = SignedCheckpoint::parse(include_bytes!("../golden/cosignature/cosigned.note")).unwrap();
        let keys: Vec<VerifierKey> =
            include_str!("../golden/cosignature/vkeys.txt").lines().map(|l| l.parse().unwrap()).collect();
        let [log, ed25519, ml_dsa] = keys.as_slice() else { panic!("three keys") };
        assert_eq!(signed.signed_by(log), Finding::Valid { time: None });
        assert_eq!(signed.signed_by(ed25519), Finding::Valid { time: Some(1_795_345_769) });
        let Finding::Valid { time: Some(time) } = signed.signed_by(ml_dsa) else { panic!("ML-DSA-44") };
        assert!(time.abs_diff(1_795_345_769) < 60, "{time}");
        assert_eq!(ml_dsa.find_with(signed.note(), false), Finding::NotChecked);
        // Each byte of it counts, and so do the log's name and state.
        let place = signed.note().signatures().iter().position(|l| l.hash == ml_dsa.hash()).unwrap();
        let line = &signed.note().signatures()[place];
        for at in (0..line.signature.len()).step_by(191) {
            let mut altered = line.clone();
            altered.signature[at] ^= 1;
            let mut note = signed.only(&[log]);
            note.add([altered]).unwrap();
            assert_eq!(note.signed_by(ml_dsa), Finding::Invalid, "{at}");
        }
        for (from, to) in [("\n", "x\n"), ("\n1", "\n2")] {
            let text = signed.note().text().replacen(from, to, 1);
            let mut note = Note::new(text.clone()).unwrap();
            note.add(line.clone()).unwrap();
            assert!(text == signed.note().text() || ml_dsa.find(&note) == Finding::Invalid, "{text}");
        }
        assert!(!log.cosigns() && ed25519.cosigns() && ml_dsa.cosigns());
        let texts: Vec<String> = keys.iter().map(VerifierKey::to_string).collect();
        assert_eq!(texts.join("\n") + "\n", include_str!("../golden/cosignature/vkeys.txt"));
    }

    #[test]
    fn a_cosignature_says_who_and_when() {
        let signed = cosigned();
        assert_eq!(signed.signed_by(&witness()), Finding::Valid { time: Some(1_795_339_500) });
        // The same key as a log's key is another key hash; another name likewise.
        let public = key("witness").public().clone();
        assert_eq!(signed.signed_by(&VerifierKey::note("witness", public.clone())), Finding::Absent);
        assert_eq!(signed.signed_by(&VerifierKey::cosignature("other", public)), Finding::Absent);
        assert!(cosign(&signed, &key("witness"), Timestamp::EPOCH).is_err());
    }

    #[test]
    fn the_earliest_of_several_times_holds_and_a_wrong_line_spoils_all() {
        let mut signed = cosigned();
        let earlier = cosign(&signed, &key("witness"), Timestamp::from_millis(1_000_000)).unwrap();
        signed.add([earlier.clone()]).unwrap();
        assert_eq!(signed.signed_by(&witness()), Finding::Valid { time: Some(1000) });
        let mut wrong = earlier;
        wrong.signature[70] ^= 1;
        signed.add([wrong]).unwrap();
        assert_eq!(signed.signed_by(&witness()), Finding::Invalid);
    }

    #[test]
    fn times_and_lengths_out_of_bounds_are_refused() {
        let check = |signature: Vec<u8>, expect: Finding| {
            let mut signed =
                SignedCheckpoint::sign(Checkpoint::new("log", Tree::empty()).unwrap(), &key("log")).unwrap();
            signed
                .add([SignatureLine { name: "witness".into(), hash: witness().hash(), signature }])
                .unwrap();
            assert_eq!(signed.signed_by(&witness()), expect);
        };
        let sign = |time: u64| {
            let signature = key("witness").sign(&message(time, cosigned().note().text())).unwrap();
            [time.to_be_bytes().as_slice(), &signature].concat()
        };
        check(sign(1), Finding::Valid { time: Some(1) });
        check(sign(MAX_SIZE), Finding::Valid { time: Some(MAX_SIZE) });
        check(sign(0), Finding::Invalid);
        check(sign(1 << 63), Finding::Invalid);
        check(sign(1)[..71].to_vec(), Finding::Invalid);
        check([sign(1), vec![0]].concat(), Finding::Invalid);
        check(vec![1], Finding::Invalid);
        // Another time than was signed.
        check([2u64.to_be_bytes().as_slice(), &sign(1)[8..]].concat(), Finding::Invalid);
        assert!(!is_ahead(1_795_339_500 + MAX_AHEAD, NOW) && is_ahead(1_795_339_501 + MAX_AHEAD, NOW));
        assert!(is_ahead(u64::MAX, NOW));
    }

    #[test]
    fn a_verifier_key_has_one_spelling() {
        let text = witness().to_string();
        assert_eq!(text.parse::<VerifierKey>().unwrap(), witness());
        let hash = text.split('+').nth(1).unwrap();
        for bad in [
            "",
            "a",
            "a+b",
            "a+b+",
            "a+b+AAAA",
            &format!(" {text}"),
            &format!("{text}\n"),
            &format!("{text}="),
            &text.replace("witness", "witnes"),
            &text.replace("witness", ""),
            &text.replace(hash, "00000000"),
            &text.replace(hash, &hash.to_uppercase()).replace("+B", "+C"),
            &"a".repeat(5000),
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{bad:?}");
        }
    }
}
