//! Receipts as COSE has them (RFC 9942, section 5.2: RFC9162_SHA256), for tools that read no C2SP: a
//! COSE_Sign1 by the log's key over the root, which is left out and comes from the proof. What the leaf
//! is, such a receipt does not carry: the act comes beside it.
//!
//! ```text
//! 18([ << {1: -8, 4: 'ORIGIN+KEYHASH', 395: 1} >>,
//!      {396: {-1: [ << [tree size, leaf index, [path]] >> ]}, "c2sp.org/tlog-checkpoint": 'the note'},
//!      null, signature ])
//! ```
//!
//! COSE has no place for what witnesses say, so our own receipts carry the cosigned checkpoint under a
//! label that others pass over; with it this file is judged as strictly as the other (LG-2). The bytes
//! signed here begin with 0x84, which no text does: no signature of one kind passes for the other.

use corridor_base::{Digest, ErrorCode, Problem, Timestamp};

use crate::act::Act;
use crate::cbor::{self, Value, Writer};
use crate::checkpoint::{MAX_CHECKPOINT, SignedCheckpoint};
use crate::cosignature::{Finding, VerifierKey};
use crate::key::{PublicKey, Signer};
use crate::merkle::{MAX_PROOF, MAX_SIZE, Tree, leaf_hash, path_root};
use crate::policy::Policy;
use crate::receipt::LogProof;
use crate::statement::refuse;
use crate::verdict::{Check, CheckName, State};

/// The largest receipt read, in bytes.
pub const MAX_COSE: usize = MAX_CHECKPOINT + (64 << 10);
/// The most inclusion proofs in one receipt.
const MAX_INCLUSIONS: usize = 16;
/// COSE_Sign1 (RFC 9052, section 4.2).
const SIGN1: u64 = 18;
/// The algorithm: EdDSA, and Ed25519 by its own name (RFC 9053, 2.2; RFC 9864, 2.2).
const EDDSA: &[i128] = &[-8, -19];
/// Header labels (RFC 9052, 3.1; RFC 9942, section 4): alg, crit, kid, vds, vdp.
const ALG: i128 = 1;
const CRIT: i128 = 2;
const KID: i128 = 4;
const VDS: i128 = 395;
const VDP: i128 = 396;
/// The verifiable data structure RFC9162_SHA256, and its inclusion proofs (RFC 9942, section 5).
const RFC9162_SHA256: i128 = 1;
const INCLUSION: i128 = -1;
/// Where our receipts carry the checkpoint with its cosignatures.
const CHECKPOINT: &str = "c2sp.org/tlog-checkpoint";

/// One inclusion proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The size of the tree.
    pub tree_size: u64,
    /// The leaf's index.
    pub leaf_index: u64,
    /// The hashes from the leaf to the root.
    pub path: Vec<Digest>,
}

impl Inclusion {
    /// The root that the proof leads to from this leaf.
    #[must_use]
    pub fn root(&self, leaf: &Digest) -> Option<Digest> {
        path_root(self.leaf_index, self.tree_size, leaf, &self.path)
    }
}

/// A COSE receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoseReceipt {
    protected: Vec<u8>,
    algorithm: i128,
    kid: Option<Vec<u8>>,
    inclusions: Vec<Inclusion>,
    checkpoint: Option<SignedCheckpoint>,
    signature: Vec<u8>,
    bytes: Vec<u8>,
}

impl CoseReceipt {
    /// The receipt of a proof, signed by the log: only for a root that it has signed in the proof's
    /// checkpoint already, so that nothing new is said (LG-1).
    ///
    /// # Errors
    /// `malformed` when the checkpoint is not the signer's; what the signer says.
    pub fn sign(proof: &LogProof, signer: &dyn Signer) -> Result<Self, Problem> {
        let key = VerifierKey::note(signer.name(), signer.public().clone());
        let checkpoint = &proof.checkpoint;
        let signed = matches!(checkpoint.signed_by(&key), Finding::Valid { .. });
        if !signed || checkpoint.origin() != signer.name() {
            return Err(bad("its checkpoint is not signed by the same key"));
        }
        let protected = Writer::default().map(3).number(1).negative(7);
        let protected = protected.number(4).bytes(kid_of(&key).as_bytes()).number(395).number(1).finish();
        let signature = signer.sign(&to_be_signed(&protected, &checkpoint.tree().root))?;
        let inclusion = Writer::default().array(3).number(checkpoint.tree().size).number(proof.index);
        let inclusion = inclusion.array(proof.hashes.len());
        let inclusion = proof.hashes.iter().fold(inclusion, |w, hash| w.bytes(&hash.0)).finish();
        let out = Writer::default().tag(SIGN1).array(4).bytes(&protected);
        let out = out.map(2).number(396).map(1).negative(0).array(1).bytes(&inclusion);
        let out = out.text(CHECKPOINT).bytes(&checkpoint.to_bytes()).null().bytes(&signature);
        Self::parse(&out.finish())
    }

    /// Reads a receipt. Nothing is judged: ask [`CoseReceipt::verifies`] or [`judge`].
    ///
    /// # Errors
    /// `malformed`, `too-large`, `unknown-version` when the data structure is not RFC9162_SHA256.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_COSE {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "COSE receipt")
                .with("limit", format!("{MAX_COSE} bytes")));
        }
        let Value::Tagged(SIGN1, message) = cbor::parse(bytes)? else { return Err(bad("no COSE_Sign1")) };
        let Some([protected, unprotected, Value::Null, signature]) = message.array() else {
            return Err(bad("protected, unprotected, null, signature expected"));
        };
        let (Some(protected), Some(signature)) = (protected.bytes(), signature.bytes()) else {
            return Err(bad("protected header and signature are byte strings"));
        };
        let header = cbor::parse(protected)?;
        if header.get(&Value::Number(CRIT)).is_some() {
            return Err(bad("it has critical headers that are not known here"));
        }
        structure(&header)?;
        let number = |label| header.get(&Value::Number(label)).and_then(Value::number);
        Ok(Self {
            algorithm: number(ALG).ok_or_else(|| bad("no algorithm"))?,
            kid: header.get(&Value::Number(KID)).and_then(Value::bytes).map(<[u8]>::to_vec),
            inclusions: inclusions(unprotected)?,
            checkpoint: checkpoint(unprotected)?,
            protected: protected.to_vec(),
            signature: signature.to_vec(),
            bytes: bytes.to_vec(),
        })
    }

    /// The file; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The inclusion proofs.
    #[must_use]
    pub fn inclusions(&self) -> &[Inclusion] {
        &self.inclusions
    }

    /// The cosigned checkpoint, when it carries one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.checkpoint.as_ref()
    }

    /// Whether its signature is of an algorithm that is checked here: Ed25519.
    #[must_use]
    pub fn checkable(&self) -> bool {
        EDDSA.contains(&self.algorithm)
    }

    /// The proof by which this key signed that the leaf is in its log.
    #[must_use]
    pub fn verifies(&self, leaf: &Digest, key: &PublicKey) -> Option<&Inclusion> {
        let signature = self.signature.as_slice().try_into().ok().filter(|_| self.checkable())?;
        let mut proofs = self.inclusions.iter();
        proofs.find(|p| {
            p.root(leaf).is_some_and(|root| key.verifies(&to_be_signed(&self.protected, &root), signature))
        })
    }

    /// The key of the policy that its key id names, when that is of an algorithm that can sign COSE.
    fn key_in<'a>(&self, policy: &'a Policy) -> Option<&'a VerifierKey> {
        let named = |key: &&VerifierKey| self.kid.as_deref() == Some(kid_of(key).as_bytes());
        policy.logs().iter().map(|log| &log.key).find(named)
    }
}

/// Whether a file begins as a tagged COSE_Sign1 does.
#[must_use]
pub fn is_tagged(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xd2, 0x84])
}

/// Checks a receipt, offline: form, act, inclusion, log signature, and, when it carries the checkpoint,
/// all that the policy asks of that one. `entry` is the act, which a COSE receipt does not carry.
#[must_use]
pub fn judge(
    bytes: &[u8],
    policy: Option<&Policy>,
    entry: Option<&[u8]>,
    now: Option<Timestamp>,
) -> Vec<Check> {
    let receipt = match CoseReceipt::parse(bytes) {
        Ok(receipt) => receipt,
        Err(why) => return vec![failed(CheckName::Form, &why)],
    };
    let mut checks = vec![Check::of(CheckName::Form, true)];
    let unchecked = |name, why: &str| Check::new(name, State::NotChecked, vec![why.to_owned()]);
    match entry.map(Act::parse) {
        None => checks.push(unchecked(CheckName::Act, "no act")),
        Some(Err(why)) => {
            checks.push(failed(CheckName::Act, &why));
            return checks;
        }
        Some(Ok(act)) => {
            let about = vec![format!("{} v{}", act.kind, act.version)];
            checks.push(Check::new(CheckName::Act, State::Passed, about));
        }
    }
    let leaf = entry.map(leaf_hash);
    checks.push(match &leaf {
        None => unchecked(CheckName::Inclusion, "no act"),
        Some(leaf) => Check::of(CheckName::Inclusion, receipt.leads(leaf)),
    });
    let Some(policy) = policy else {
        let names = [CheckName::LogSignature, CheckName::Cosignatures, CheckName::Quorum];
        checks.extend(names.map(|name| unchecked(name, "no policy")));
        return checks;
    };
    checks.push(receipt.signature_check(policy, leaf.as_ref()));
    match &receipt.checkpoint {
        None => {
            checks.push(unchecked(CheckName::Cosignatures, "no cosignatures"));
            let countries = policy.countries().iter().cloned().map(CheckName::Country);
            checks.extend(countries.map(|name| unchecked(name, "no cosignatures")));
            checks.push(unchecked(CheckName::Quorum, "no cosignatures"));
        }
        Some(checkpoint) => merge(&mut checks, policy.judge(checkpoint, now).checks),
    }
    checks
}

/// The checkpoint's checks after those of COSE; of the two log signatures the worse one counts.
fn merge(checks: &mut Vec<Check>, of_checkpoint: Vec<Check>) {
    for check in of_checkpoint {
        match checks.iter_mut().find(|c| c.name == check.name) {
            Some(ours) if check.state == State::Failed => *ours = check,
            Some(_) => {}
            None => checks.push(check),
        }
    }
}

impl CoseReceipt {
    /// Whether a proof leads from the leaf to the carried checkpoint, or, without one, to any root: the
    /// signature then says which.
    fn leads(&self, leaf: &Digest) -> bool {
        self.inclusions.iter().any(|p| match (&self.checkpoint, p.root(leaf)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(c), Some(root)) => c.tree() == Tree { size: p.tree_size, root },
        })
    }

    fn signature_check(&self, policy: &Policy, leaf: Option<&Digest>) -> Check {
        let kid = String::from_utf8_lossy(self.kid.as_deref().unwrap_or_default()).into_owned();
        let about = |state| Check::new(CheckName::LogSignature, state, vec![kid.clone()]);
        let Some(key) = self.key_in(policy) else { return about(State::Failed) };
        if self.checkpoint.as_ref().is_some_and(|c| c.origin() != key.name()) {
            return about(State::Failed);
        }
        let key = <&[u8; 32]>::try_from(key.bytes()).ok().and_then(|k| PublicKey::from_bytes(k).ok());
        match (key, leaf) {
            (Some(key), Some(leaf)) if self.checkable() => {
                about(if self.verifies(leaf, &key).is_some() { State::Passed } else { State::Failed })
            }
            _ => about(State::NotChecked),
        }
    }
}

fn failed(name: CheckName, why: &Problem) -> Check {
    let why = why.arg("why").unwrap_or(why.code().as_str()).to_owned();
    Check::new(name, State::Failed, vec![why])
}

/// How a key is named: as a verifier key is, without the key itself.
fn kid_of(key: &VerifierKey) -> String {
    format!("{}+{:08x}", key.name(), u32::from_be_bytes(key.hash()))
}

/// The Sig_structure (RFC 9052, section 4.4).
fn to_be_signed(protected: &[u8], root: &Digest) -> Vec<u8> {
    Writer::default().array(4).text("Signature1").bytes(protected).bytes(&[]).bytes(&root.0).finish()
}

fn structure(header: &Value<'_>) -> Result<(), Problem> {
    let found = header.get(&Value::Number(VDS)).and_then(Value::number);
    if found == Some(RFC9162_SHA256) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::UnknownVersion)
        .with("what", "COSE receipt")
        .with("expected", "verifiable data structure 1 (RFC9162_SHA256)")
        .with("found", found.map_or("none".to_owned(), |f| f.to_string())))
}

fn inclusions(header: &Value<'_>) -> Result<Vec<Inclusion>, Problem> {
    let proofs = header.get(&Value::Number(VDP)).and_then(|p| p.get(&Value::Number(INCLUSION)));
    let proofs = proofs.and_then(Value::array).ok_or_else(|| bad("no inclusion proofs"))?;
    if !(1..=MAX_INCLUSIONS).contains(&proofs.len()) {
        return Err(bad("1 to 16 inclusion proofs expected"));
    }
    proofs.iter().map(inclusion).collect()
}

fn inclusion(proof: &Value<'_>) -> Result<Inclusion, Problem> {
    let wrong = || bad("an inclusion proof that is not [tree size, leaf index, [hashes]]");
    let proof = cbor::parse(proof.bytes().ok_or_else(wrong)?)?;
    let Some([size, index, path]) = proof.array() else { return Err(wrong()) };
    let number = |value: &Value<'_>| {
        value.number().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= MAX_SIZE).ok_or_else(wrong)
    };
    let (tree_size, leaf_index) = (number(size)?, number(index)?);
    let hash = |value: &Value<'_>| value.bytes().and_then(|b| b.try_into().ok()).map(Digest);
    let path = path.array().filter(|p| p.len() <= MAX_PROOF).ok_or_else(wrong)?;
    let path: Option<Vec<Digest>> = path.iter().map(hash).collect();
    if leaf_index >= tree_size {
        return Err(bad("a leaf index beyond the tree"));
    }
    Ok(Inclusion { tree_size, leaf_index, path: path.ok_or_else(wrong)? })
}

fn checkpoint(header: &Value<'_>) -> Result<Option<SignedCheckpoint>, Problem> {
    let Some(note) = header.get(&Value::Text(CHECKPOINT)) else { return Ok(None) };
    SignedCheckpoint::parse(note.bytes().ok_or_else(|| bad("a checkpoint that is no byte string"))?).map(Some)
}

fn bad(why: &str) -> Problem {
    refuse("COSE receipt", why)
}
