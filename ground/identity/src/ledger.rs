//! The keys of a node's ledger: one signs the checkpoints of its log, one cosigns the logs of others,
//! one says of which it holds a copy. Three keys, because a witness that signed with the log's key
//! would be the log saying so twice, and having seen a checkpoint is less than holding what is below it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corridor_base::{Clock, Problem, Random, Result};
use corridor_proof::{ListedLedger, SecretKey, Signer, VerifierKey};

use zeroize::Zeroizing;

use crate::files;
use crate::keyfile::KeyFile;

/// The file of the log's key.
const LOG: &str = "log.key";
/// The file of the key of a log that is to go on in place of this one, once the anchor has said so.
const NEXT: &str = "log.next.key";
/// The most logs that went on one for the other.
const MAX_LOGS: u32 = 100;
/// The file of the mirror's key.
const MIRROR: &str = "mirror.key";
/// The file of a witness's key.
const WITNESS: &str = "witness.key";
/// The file of a witness's second key.
const ML_DSA: &str = "witness-ml-dsa-44.key";
/// The file of the seed that seals the secrets of people.
const PEOPLE: &str = "people.key";
/// The file that shows a witness's verifier key to people.
const WITNESS_PUBLIC: &str = "witness.vkey";

/// The keys of one node's ledger.
#[derive(Clone)]
pub struct LedgerKeys {
    /// Signs checkpoints; its name is the log's origin.
    pub log: Arc<dyn Signer>,
    /// Cosigns the logs of others; its name is the origin and `/witness`.
    pub witness: Arc<dyn Signer>,
    /// Says that the logs of others are copied here; its name is the origin and `/mirror`.
    pub mirror: Arc<dyn Signer>,
    /// What checks the second key of the witness (ML-DSA-44), where it cosigns with one.
    pub ml_dsa: Option<VerifierKey>,
}

impl LedgerKeys {
    /// The key that checks the log's checkpoints.
    #[must_use]
    pub fn log_key(&self) -> VerifierKey {
        VerifierKey::note(self.log.name(), self.log.public().clone())
    }

    /// The key that checks what the node cosigns.
    #[must_use]
    pub fn witness_key(&self) -> VerifierKey {
        VerifierKey::cosignature(self.witness.name(), self.witness.public().clone())
    }

    /// What the trust list is to say of a node that partners reach under this URL (without trailing
    /// slash): its log at `/log`, its witness at `/witness`, its mirror at `/mirror`.
    #[must_use]
    pub fn listed(&self, public_url: &str) -> ListedLedger {
        ListedLedger {
            log: self.log_key(),
            log_url: format!("{public_url}/log"),
            witness: self.witness_key(),
            ml_dsa: self.ml_dsa.clone(),
            witness_url: format!("{public_url}/witness"),
            mirror_url: Some(format!("{public_url}/mirror")),
        }
    }
}

impl std::fmt::Debug for LedgerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerKeys")
            .field("log", &self.log_key())
            .field("witness", &self.witness_key())
            .finish()
    }
}

/// The keys of the ledger of this origin under `all`, the directory of all keys: `log.key`,
/// `witness.key` and `mirror.key`. They are made at the first start, and never again: a log that goes on under another
/// key is another log.
///
/// # Errors
/// `file-mode` when group or others may read a key or the directory; `file-failed` when a key is cut,
/// altered, of another origin, or gone; `malformed` when the origin cannot name a key.
pub fn ledger_keys(all: &Path, origin: &str, clock: &dyn Clock, random: &dyn Random) -> Result<LedgerKeys> {
    ledger_keys_of(all, origin, newest_log(all), clock, random)
}

/// The same, of a certain one of the logs that went on one for the other, counted from 1.
///
/// # Errors
/// As [`ledger_keys`]; `file-failed` when there is no key of that log.
pub fn ledger_keys_of(
    all: &Path,
    origin: &str,
    number: u32,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<LedgerKeys> {
    files::private_directory(all)?;
    let (log, witness) = (all.join(LOG), all.join(WITNESS));
    // The log's key is made first, so a witness's key alone was left behind by a loss.
    if witness.exists() && !log.exists() {
        return Err(files::refuse(&log, "the key of the log is gone: bring it back from a backup"));
    }
    let log = match number {
        1 => open_or_make(&log, origin, clock, random)?,
        number => {
            let key = KeyFile::read(&log_file(all, number), &successor_origin(origin, number))?.key;
            Arc::new(key) as Arc<dyn Signer>
        }
    };
    Ok(LedgerKeys {
        ml_dsa: None,
        log,
        witness: open_or_make(&witness, &format!("{origin}/witness"), clock, random)?,
        mirror: open_or_make(&all.join(MIRROR), &format!("{origin}/mirror"), clock, random)?,
    })
}

/// The file of the key of a node's log: the first, or one that went on in place of the one before.
fn log_file(all: &Path, number: u32) -> PathBuf {
    match number {
        1 => all.join(LOG),
        number => all.join(format!("log.{number}.key")),
    }
}

fn newest_log(all: &Path) -> u32 {
    (2..=MAX_LOGS).take_while(|number| log_file(all, *number).exists()).last().unwrap_or(1)
}

/// The origin of a log that goes on in place of the one before: the second is called `ORIGIN/2`.
fn successor_origin(origin: &str, number: u32) -> String {
    match number {
        1 => origin.to_owned(),
        number => format!("{origin}/{number}"),
    }
}

/// The key of the log that is to go on in place of today's, when that one cannot: made when there is none,
/// and not used before the anchor has said so ([`take_up_next`]).
///
/// # Errors
/// As [`ledger_keys`].
pub fn next_log_key(all: &Path, origin: &str, clock: &dyn Clock, random: &dyn Random) -> Result<VerifierKey> {
    files::private_directory(all)?;
    let number = newest_log(all).saturating_add(1);
    if number > MAX_LOGS {
        return Err(files::refuse(all, "too many logs went on one for the other"));
    }
    let origin = successor_origin(origin, number);
    let key = open_or_make(&all.join(NEXT), &origin, clock, random)?;
    Ok(VerifierKey::note(&origin, key.public().clone()))
}

/// Whether the key of this log is here: of one that went on, or one that is to go on.
#[must_use]
pub fn has_log_key(all: &Path, origin: &str, log: &VerifierKey) -> bool {
    let newest = newest_log(all);
    let files = (1..=newest).map(|number| (log_file(all, number), number));
    let next = (all.join(NEXT), newest.saturating_add(1));
    files.chain([next]).any(|(path, number)| holds(&path, origin, number, log).unwrap_or(false))
}

/// Whether this file holds the key of this log.
fn holds(path: &Path, origin: &str, number: u32, log: &VerifierKey) -> Result<bool> {
    let name = successor_origin(origin, number);
    Ok(path.exists() && VerifierKey::note(&name, KeyFile::read(path, &name)?.key.public().clone()) == *log)
}

/// The key that [`next_log_key`] has made is the log's from now on. Done once, however often it is asked.
///
/// # Errors
/// `file-failed` when it is not the key of this log: it is gone, or another one.
pub fn take_up_next(all: &Path, origin: &str, log: &VerifierKey) -> Result<()> {
    let newest = newest_log(all);
    for number in 1..=newest {
        if holds(&log_file(all, number), origin, number, log)? {
            return Ok(());
        }
    }
    let number = newest.saturating_add(1);
    let (from, to) = (all.join(NEXT), log_file(all, number));
    if !holds(&from, origin, number, log).unwrap_or(false) {
        return Err(files::refuse(&from, format!("it does not hold the key of the log {}", log.name())));
    }
    corridor_storage::durable::rename(&from, &to)
}

/// Whether there are keys of a ledger under `all`: for who must not make any by looking.
#[must_use]
pub fn has_ledger_keys(all: &Path) -> bool {
    all.join(LOG).exists() && all.join(WITNESS).exists()
}

/// Whether a log beside the log of acts has a key: without one it has signed nothing yet.
#[must_use]
pub fn has_key_of_log(all: &Path, name: &str) -> bool {
    all.join(format!("log-{name}.key")).exists()
}

/// The key of a log beside the log of acts, in `log-NAME.key`; made at the first start, and never again.
///
/// # Errors
/// As [`ledger_keys`].
pub fn log_key(
    all: &Path,
    name: &str,
    origin: &str,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Arc<dyn Signer>> {
    files::private_directory(all)?;
    open_or_make(&all.join(format!("log-{name}.key")), origin, clock, random)
}

/// The seed of the witness's ML-DSA-44 key, in `witness-ml-dsa-44.key`; made when there is none. The file
/// is one of 32 random bytes like any other here, and names the Ed25519 key of the same seed, which
/// nobody uses.
///
/// # Errors
/// As [`ledger_keys`].
pub fn ml_dsa_seed(
    all: &Path,
    name: &str,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Zeroizing<[u8; 32]>> {
    files::private_directory(all)?;
    Ok(open_or_make_key(&all.join(ML_DSA), name, clock, random)?.seed())
}

/// The seed under which a node seals the secrets of its people (authenticators, recovery codes), in
/// `people.key`; made when there is none. As with [`ml_dsa_seed`], nobody signs with it.
///
/// # Errors
/// As [`ledger_keys`].
pub fn people_seed(all: &Path, clock: &dyn Clock, random: &dyn Random) -> Result<Zeroizing<[u8; 32]>> {
    files::private_directory(all)?;
    Ok(open_or_make_key(&all.join(PEOPLE), "people", clock, random)?.seed())
}

/// The key of a witness that stands alone, as an anchor runs it: `witness.key` in this directory, and
/// beside it `witness.vkey`, the verifier key that the trust list names. Made when there is none.
///
/// # Errors
/// As [`ledger_keys`].
pub fn witness_key(
    directory: &Path,
    name: &str,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Arc<dyn Signer>> {
    files::private_directory(directory)?;
    let signer = open_or_make(&directory.join(WITNESS), name, clock, random)?;
    let vkey = format!("{}\n", VerifierKey::cosignature(name, signer.public().clone()));
    let public = directory.join(WITNESS_PUBLIC);
    if std::fs::read(&public).ok().as_deref() != Some(vkey.as_bytes()) {
        files::write(&public, vkey.as_bytes(), files::PUBLIC)?;
    }
    Ok(signer)
}

/// The key of the mirror beside a witness that stands alone, in `mirror.key`; its name is the witness's and
/// `/mirror`. Made when there is none.
///
/// # Errors
/// As [`ledger_keys`].
pub fn mirror_key(
    directory: &Path,
    witness: &str,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Arc<dyn Signer>> {
    files::private_directory(directory)?;
    open_or_make(&directory.join(MIRROR), &format!("{witness}/mirror"), clock, random)
}

fn open_or_make(path: &Path, name: &str, clock: &dyn Clock, random: &dyn Random) -> Result<Arc<dyn Signer>> {
    Ok(Arc::new(open_or_make_key(path, name, clock, random)?))
}

fn open_or_make_key(path: &Path, name: &str, clock: &dyn Clock, random: &dyn Random) -> Result<SecretKey> {
    if !path.exists() {
        let key = SecretKey::generate(name, random)?;
        KeyFile { key, created: clock.now() }.write(path)?;
    }
    let key: Result<KeyFile, Problem> = KeyFile::read(path, name);
    Ok(key?.key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use corridor_base::{ErrorCode, FixedClock, SeededRandom, Timestamp};

    const ORIGIN: &str = "localhost:7080/log";

    fn open(all: &Path, origin: &str, seed: u64) -> Result<LedgerKeys> {
        ledger_keys(all, origin, &FixedClock::at(Timestamp::EPOCH), &SeededRandom::new(seed))
    }

    #[test]
    fn they_are_made_once_and_named_after_the_origin() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("keys");
        let made = open(&all, ORIGIN, 1).unwrap();
        let again = open(&all, ORIGIN, 2).unwrap();
        assert_eq!((made.log_key(), made.witness_key()), (again.log_key(), again.witness_key()));
        assert_eq!((made.log.name(), made.witness.name()), (ORIGIN, "localhost:7080/log/witness"));
        assert!(!made.log_key().cosigns() && made.witness_key().cosigns());
        assert_ne!(made.log_key().bytes(), made.witness_key().bytes());
        for file in [LOG, WITNESS, MIRROR] {
            assert_eq!(std::fs::metadata(all.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let listed = made.listed("http://localhost:7080");
        assert_eq!(listed.origin(), ORIGIN);
        assert_eq!(listed.witness_url, "http://localhost:7080/witness");
    }

    #[test]
    fn another_origin_and_a_lost_key_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("keys");
        open(&all, ORIGIN, 1).unwrap();
        assert_eq!(open(&all, "other.example/log", 1).unwrap_err().code(), ErrorCode::FileFailed);
        std::fs::remove_file(all.join(LOG)).unwrap();
        assert!(open(&all, ORIGIN, 1).unwrap_err().arg("why").unwrap().contains("gone"));
        assert_eq!(open(&dir.path().join("new"), "a b", 1).unwrap_err().code(), ErrorCode::Malformed);
    }

    #[test]
    fn a_witness_that_stands_alone_shows_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        let (clock, name) = (FixedClock::at(Timestamp::EPOCH), "trust.example.jp/witness");
        let made = witness_key(&path, name, &clock, &SeededRandom::new(1)).unwrap();
        let again = witness_key(&path, name, &clock, &SeededRandom::new(2)).unwrap();
        assert_eq!(made.public(), again.public());
        let shown = std::fs::read_to_string(path.join(WITNESS_PUBLIC)).unwrap();
        let key: VerifierKey = shown.trim_end().parse().unwrap();
        assert_eq!(key, VerifierKey::cosignature(name, made.public().clone()));
    }
}
