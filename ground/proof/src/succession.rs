//! Successions: what a country's anchor says when a log of one of its institutions cannot go on, because
//! leaves that others have seen are lost. It names the last state that anybody can show of the log, and
//! the new log that goes on in its place. Whatever was proved under the old log stays proved; nothing is
//! signed under its key any more (LG-1).

use corridor_base::{Country, Digest, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::{Finding, VerifierKey};
use crate::merkle::Tree;
use crate::statement::{Statement, check_text, refuse};
use crate::trust::MAX_LEDGER_NAME;

/// The largest checkpoint that a succession holds, in bytes: four ML-DSA-44 cosignatures among others.
pub const MAX_LAST: usize = 16 << 10;

/// A log ends, and another goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// Whose anchor says so.
    pub country: Country,
    /// The log that ends: its key, named after its origin.
    pub log: VerifierKey,
    /// The last checkpoint that is known of it, as the log signed it, with the cosignatures it has.
    pub last: String,
    /// The log that goes on: its key, named after its origin.
    pub successor: VerifierKey,
    /// Why, for people.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl Succession {
    /// The last checkpoint.
    ///
    /// # Errors
    /// `malformed`, `too-large`; none of one that was checked.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, Problem> {
        SignedCheckpoint::parse(self.last.as_bytes())
    }

    /// Size and root at which the log ends; those of the empty log when its checkpoint cannot be read,
    /// which is none that was checked.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.checkpoint().map_or_else(|_| Tree::empty(), |last| last.tree())
    }

    /// The digest of what an anchor signs to say this.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        Digest::of(format!("{}\n{json}\n", Self::KIND).as_bytes())
    }
}

impl Statement for Succession {
    const KIND: &'static str = "corridor/succession/v1";
    const INDENTED: bool = true;
    const MAX: usize = 64 << 10;

    fn check(&self) -> Result<(), Problem> {
        for key in [&self.log, &self.successor] {
            if key.cosigns() || key.name().len() > MAX_LEDGER_NAME {
                return Err(refuse(
                    "succession: log",
                    "a key of type 1 with a name of at most 200 bytes expected",
                ));
            }
        }
        if self.log.name() == self.successor.name() || self.log.bytes() == self.successor.bytes() {
            return Err(refuse("succession: successor", "another origin and another key expected"));
        }
        check_text("succession: why", &self.why, 500)?;
        if self.last.len() > MAX_LAST {
            return Err(refuse("succession: last", "a checkpoint of at most 16 KiB expected"));
        }
        let last = self.checkpoint()?;
        let signed = matches!(last.signed_by(&self.log), Finding::Valid { .. });
        if last.origin() != self.log.name() || !signed {
            return Err(refuse("succession: last", "a checkpoint that this log signed expected"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::cosignature::cosign;
    use crate::key::{SecretKey, Signer};
    use crate::statement::Signed;
    use proptest::prelude::*;

    const GOLDEN: &str = include_str!("../golden/succession.note");

    fn secret(name: &str, seed: u8) -> SecretKey {
        SecretKey::from_seed(name, &[seed; 32]).unwrap()
    }

    fn log(name: &str, seed: u8) -> VerifierKey {
        VerifierKey::note(name, secret(name, seed).public().clone())
    }

    fn last(name: &str, seed: u8) -> SignedCheckpoint {
        let tree = Tree { size: 7, root: Digest::of(b"root") };
        SignedCheckpoint::sign(Checkpoint::new(name, tree).unwrap(), &secret(name, seed)).unwrap()
    }

    /// A succession whose checkpoint two countries cosigned.
    fn succession() -> Succession {
        let mut last = last("a.jp/log", 1);
        for (name, seed) in [("anchor.jp/w", 3), ("anchor.kr/w", 4)] {
            let line = cosign(&last, &secret(name, seed), Timestamp::from_millis(1_795_339_500_000)).unwrap();
            last.add([line]).unwrap();
        }
        Succession {
            country: "JP".parse().unwrap(),
            log: log("a.jp/log", 1),
            last: String::from_utf8(last.to_bytes()).unwrap(),
            successor: log("a.jp/log/2", 2),
            why: "the disk and the mirrors were lost in the storm of 22 November".to_owned(),
            at: Timestamp::from_millis(1_795_339_600_000),
        }
    }

    /// LG-4: the statement of this version is read for good. `CORRIDOR_BLESS=1` writes the file when there
    /// is none.
    #[test]
    fn the_golden_statement_is_read_and_printed_alike() {
        let signed = Signed::new(succession(), &[&secret("trust.example.jp/anchor", 9)]).unwrap();
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/succession.note");
        if std::env::var("CORRIDOR_BLESS").is_ok_and(|v| v == "1") && GOLDEN.is_empty() {
            #[allow(clippy::disallowed_methods, reason = "a test writes what the repository commits")]
            std::fs::write(&file, signed.bytes()).unwrap();
        }
        let golden = Signed::<Succession>::parse(GOLDEN.as_bytes()).unwrap();
        assert_eq!((golden.body(), golden.bytes()), (&succession(), signed.bytes()));
        assert_eq!(golden.body().digest(), golden.digest());
        assert_eq!(golden.body().tree().size, 7);
        let anchor = secret("trust.example.jp/anchor", 9);
        assert!(golden.signed_by(anchor.name(), anchor.public()));
        assert!(!golden.signed_by(anchor.name(), secret("x", 8).public()));
    }

    #[test]
    fn what_is_no_succession_is_refused() {
        let check = |change: &dyn Fn(&mut Succession), expect: &str| {
            let mut body = succession();
            change(&mut body);
            let problem = body.check().unwrap_err();
            assert!(format!("{problem:?}").contains(expect), "{problem:?}");
        };
        assert!(succession().check().is_ok());
        check(&|s| s.log = VerifierKey::cosignature("a.jp/log", secret("k", 1).public().clone()), "type 1");
        check(&|s| s.successor = log(&"a".repeat(201), 2), "200");
        check(&|s| s.successor = log("a.jp/log", 2), "another origin");
        check(&|s| s.successor = log("a.jp/log/2", 1), "another key");
        check(&|s| s.why.clear(), "why");
        check(&|s| s.why = "a\nb".to_owned(), "why");
        check(&|s| s.last.clear(), "note");
        check(&|s| s.last = "x".repeat(MAX_LAST + 1), "16 KiB");
        // Another size, another log, another key.
        check(&|s| s.last = s.last.replacen("\n7\n", "\n6\n", 1), "this log signed");
        check(&|s| s.last = String::from_utf8(last("b.jp/log", 1).to_bytes()).unwrap(), "this log signed");
        check(&|s| s.last = String::from_utf8(last("a.jp/log", 5).to_bytes()).unwrap(), "this log signed");
        check(&|s| s.log = log("a.jp/log", 5), "this log signed");
    }

    proptest! {
        #[test]
        fn an_altered_byte_is_refused_or_another_statement(at in 0usize..4000, byte in any::<u8>()) {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            let at = at % bytes.len();
            if bytes[at] != byte {
                bytes[at] = byte;
                let anchor = secret("trust.example.jp/anchor", 9);
                if let Ok(signed) = Signed::<Succession>::parse(&bytes) {
                    let good = signed.signed_by(anchor.name(), anchor.public());
                    prop_assert!(!good || signed.digest() == succession().digest());
                }
            }
        }
    }
}
