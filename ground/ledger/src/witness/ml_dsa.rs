//! Cosigning with ML-DSA-44 (FIPS 204; C2SP tlog-cosignature), which also stands against quantum
//! computers. It goes beside Ed25519, never in its place: browsers cannot check such a line, and of one
//! operator one line counts. Behind a setting, because each cosignature is
//! 3.3 kB in every checkpoint from then on.

use corridor_base::{ErrorCode, Problem, Result, Timestamp};
use corridor_proof::checkpoint::MAX_ORIGIN;
use corridor_proof::cosignature::ml_dsa_message;
use corridor_proof::note::{SignatureLine, valid_name};
use corridor_proof::{SignedCheckpoint, VerifierKey};
use ml_dsa::{KeyExport as _, Keypair as _, MlDsa44, SignatureEncoding as _, SigningKey};

/// An ML-DSA-44 key of a witness, held in memory. Wiped when dropped; never printed.
pub struct MlDsaKey {
    name: String,
    key: SigningKey<MlDsa44>,
    public: VerifierKey,
}

impl MlDsaKey {
    /// The key of this seed (FIPS 204, algorithm 6), under the witness's name.
    ///
    /// # Errors
    /// `malformed` when the name cannot stand in a signed note or is longer than 255 bytes.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self> {
        if !valid_name(name) || name.len() > MAX_ORIGIN {
            return Err(Problem::new(ErrorCode::Malformed).with("what", "key name").with("why", name));
        }
        let key = SigningKey::<MlDsa44>::from_seed(&(*seed).into());
        let public = VerifierKey::ml_dsa(name, &key.verifying_key().to_bytes().into());
        Ok(Self { name: name.to_owned(), key, public })
    }

    /// The key that checks its cosignatures (type 6).
    #[must_use]
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// Cosigns a checkpoint. It is the caller who has checked that the log is consistent, and made that
    /// durable.
    ///
    /// # Errors
    /// `malformed` when the clock stands at 1970.
    pub fn cosign(&self, checkpoint: &SignedCheckpoint, now: Timestamp) -> Result<SignatureLine> {
        let time = u64::try_from(now.seconds()).unwrap_or(0);
        if time == 0 {
            let why = "the clock is not set";
            return Err(Problem::new(ErrorCode::Malformed)
                .with("what", "time of a cosignature")
                .with("why", why));
        }
        // Never: names are checked when a key is made, origins when they are read.
        let none = || Problem::new(ErrorCode::Internal).with("why", "a name too long for a cosignature");
        let message = ml_dsa_message(&self.name, time, checkpoint.checkpoint()).ok_or_else(none)?;
        let signature = ml_dsa::Signer::<ml_dsa::Signature<MlDsa44>>::sign(&self.key, &message);
        let signature = [time.to_be_bytes().as_slice(), signature.to_bytes().as_slice()].concat();
        Ok(SignatureLine { name: self.name.clone(), hash: self.public.hash(), signature })
    }
}

impl std::fmt::Debug for MlDsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MlDsaKey({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use corridor_proof::cosignature::Finding;

    #[test]
    fn a_cosignature_is_made_and_read_as_the_specification_has_it() {
        let key = MlDsaKey::from_seed("witness.example/pq", &[7; 32]).unwrap();
        let log = FakeLog::new("log.example/log", 5);
        let mut checkpoint = log.checkpoint(5);
        let line = key.cosign(&checkpoint, START).unwrap();
        let mut other = log.checkpoint(4);
        other.add([line.clone()]).unwrap();
        assert_eq!(other.signed_by(key.public()), Finding::Invalid);
        checkpoint.add([line]).unwrap();
        let time = u64::try_from(START.seconds()).ok();
        assert_eq!(checkpoint.signed_by(key.public()), Finding::Valid { time });
        assert!(key.cosign(&checkpoint, Timestamp::EPOCH).is_err());
        assert!(MlDsaKey::from_seed("a b", &[7; 32]).is_err());
        assert!(MlDsaKey::from_seed(&"a".repeat(256), &[7; 32]).is_err());
    }

    #[tokio::test]
    async fn a_witness_with_two_keys_answers_two_lines() {
        let ground = ground();
        let log = FakeLog::new("log.example/log", 5);
        let witness = ground.witness("w", vec![log.known(None)]).await;
        witness.also_cosign(MlDsaKey::from_seed("w-pq", &[7; 32]).unwrap()).unwrap();
        assert!(witness.also_cosign(MlDsaKey::from_seed("w-pq", &[8; 32]).unwrap()).is_err());
        let answer = witness.add_checkpoint(&log.request(0, 5).to_bytes()).await.unwrap();
        let super::super::Answer::Cosigned(lines) = answer else { panic!("refused") };
        assert_eq!(lines.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["w", "w-pq"]);
    }
}
