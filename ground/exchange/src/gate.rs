//! The one gate: who are you (signature, trust list) → which agreement → does it allow this now.
//! Everything that comes from a partner passes here before anything is done for it.

use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_identity::KeyRecord;
use corridor_net::signature::{Unverified, Verified};
use corridor_proof::{Envelope, Signed};

use crate::Exchange;

/// A partner whose signature on a request was found good.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who calls.
    pub(crate) did: Did,
    verified: Verified,
}

impl Caller {
    /// Whether this is the body that was signed.
    pub(crate) fn signed(&self, body: &[u8]) -> Result<()> {
        self.verified.covers_body(&Digest::of(body))
    }

    /// A number in a header field that the signature covers.
    pub(crate) fn number(&self, name: &'static str) -> Result<u64> {
        let number = self.verified.field(name).and_then(|value| value.parse().ok());
        number.ok_or_else(|| {
            Problem::new(ErrorCode::Malformed).with("what", "signed header field").with("why", name)
        })
    }
}

impl Exchange {
    /// Judges who makes a request: its signature verifies with a key that a trust list names and
    /// that is valid now (ID-1), it is recent, and it was not used before. All of this stands in the
    /// head of the request: of a stranger's body not one byte is read.
    ///
    /// # Errors
    /// `signature-missing`, `signature-invalid`, `clock-skew`, `replayed`, `participant-unknown`,
    /// `participant-removed`, `key-unknown`, `key-not-valid`, `trust-list-…`, `recognition-missing`.
    pub(crate) fn caller(&self, unverified: Unverified) -> Result<Caller> {
        let now = self.0.clock.now();
        let key = self.0.directory.key_at(unverified.key_id(), now, now)?;
        let verified = unverified.verify(&key, now, self.0.limits.max_skew)?;
        // Last, so that only the true signer can use up a nonce.
        self.0.nonces.take(&verified, now)?;
        Ok(Caller { did: verified.key_id().did(), verified })
    }

    /// Judges the envelope that a caller delivers: it is the caller's own, and good by itself.
    ///
    /// # Errors
    /// `forbidden`, those of [`Exchange::judge_signed`].
    pub(crate) fn judge_envelope(&self, caller: &Caller, envelope: &Signed<Envelope>) -> Result<()> {
        if caller.did != envelope.body().sender {
            return Err(Problem::new(ErrorCode::Forbidden).with("what", "delivering for another participant"));
        }
        self.judge_signed(envelope)
    }

    /// Judges the envelope itself: for somebody hosted here, signed by a listed key of its sender, not from
    /// the future.
    ///
    /// # Errors
    /// `wrong-recipient`, `signature-invalid`, `clock-skew`, `too-large`.
    pub(crate) fn judge_signed(&self, envelope: &Signed<Envelope>) -> Result<()> {
        let body = envelope.body();
        let now = self.0.clock.now();
        self.keyring(&body.recipient)?;
        let listed = self.0.directory.participant(&body.sender, now)?;
        let signed = listed
            .participant
            .keys
            .iter()
            .any(|k| k.covers(now) && envelope.signed_by(k.id.as_str(), &k.key));
        if !signed {
            let key = envelope.signers().next().unwrap_or("none").to_owned();
            return Err(Problem::new(ErrorCode::SignatureInvalid)
                .with("what", "envelope")
                .with("who", &body.sender)
                .with("key", key));
        }
        let ahead = body.time.since(now);
        if ahead > self.0.limits.max_skew {
            return Err(Problem::new(ErrorCode::ClockSkew)
                .with("skew", ahead.as_secs())
                .with("limit", self.0.limits.max_skew.as_secs())
                .with("at", body.time));
        }
        if body.size > self.0.limits.max_size {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "document")
                .with("limit", format!("{} bytes", self.0.limits.max_size)));
        }
        Ok(())
    }

    /// Whether an envelope is from us, signed by a key that we have or had. One that the keyring lost with the disk is in
    /// the trust list still.
    pub(crate) fn signed_by_us(&self, us: &Did, envelope: &Signed<Envelope>) -> Result<bool> {
        let signs = |key: &KeyRecord| envelope.signed_by(key.id.as_str(), &key.public);
        let ours = self.keyring(us)?.keys().iter().any(signs);
        let listed = || {
            self.0.directory.participant(us, self.0.clock.now()).is_ok_and(|found| {
                found.participant.keys.iter().any(|k| envelope.signed_by(k.id.as_str(), &k.key))
            })
        };
        Ok(envelope.body().sender == *us && (ours || listed()))
    }
}
