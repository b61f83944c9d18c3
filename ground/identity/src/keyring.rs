//! A participant's keys. Each lives in a file of its own; one of them is current and signs, older
//! ones stay for the DID document and for history (ID-1), a newer one waits until the trust list
//! pins it.
//!
//! The seam for keys that never leave a device (PKCS#11) is [`Signer`]: the keyring gives out
//! `Arc<dyn Signer>` and nothing outside it sees a seed, so that a key whose file names a token
//! instead of holding a seed changes this module alone.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use corridor_base::{Clock, Did, Digest, ErrorCode, KeyId, Problem, Random, Result, Timestamp};
use corridor_proof::{PublicKey, SecretKey, Signer};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::keyfile::KeyFile;

/// The most keys of one participant; the trust list holds no more either.
pub const MAX_KEYS: usize = 100;
/// The file that names the current key once there has been a rotation.
const CURRENT: &str = "current";

/// What a key is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It signed once; kept so that what it signed can be judged.
    Retired,
    /// It signs.
    Current,
    /// It is made and waits until the trust list pins it.
    Pending,
}

/// One key of a participant, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its name.
    pub id: KeyId,
    /// The key that checks its signatures.
    pub public: PublicKey,
    /// When it was made, by this node's clock.
    pub created: Timestamp,
    /// What it is good for now.
    pub state: KeyState,
}

/// The keys of one participant.
pub struct Keyring {
    did: Did,
    path: PathBuf,
    state: ArcSwap<State>,
    /// Held while files change, so that two rotations at once make two keys.
    writing: Mutex<()>,
}

struct State {
    /// In the order of their numbers.
    keys: Vec<Held>,
    /// Which of them signs.
    current: usize,
}

#[derive(Clone)]
struct Held {
    number: u32,
    id: KeyId,
    created: Timestamp,
    signer: Arc<dyn Signer>,
}

impl Keyring {
    /// The directory of this participant's keys under the one of all keys: readable by people, and
    /// apart even where two identifiers end alike.
    #[must_use]
    pub fn directory(all: &Path, did: &Did) -> PathBuf {
        let sum = Digest::of(did.as_str().as_bytes()).to_string();
        let short: String = sum.chars().take(8).collect();
        all.join(format!("{}-{short}", did.short()))
    }

    /// Opens the participant's keys under `all`, or makes the first.
    ///
    /// # Errors
    /// `file-mode` when group or others may read a key or its directory; `file-failed` naming the
    /// file that is cut, altered, missing or another participant's.
    pub fn open_or_create(all: &Path, did: &Did, clock: &dyn Clock, random: &dyn Random) -> Result<Self> {
        files::private_directory(all)?;
        let path = Self::directory(all, did);
        files::private_directory(&path)?;
        if numbers(&path)?.is_empty() {
            if path.join(CURRENT).exists() {
                return Err(files::refuse(&path, "its keys are gone: bring them back from a backup"));
            }
            make(&path, did, 1, clock, random)?;
        }
        let state = ArcSwap::from_pointee(State::read(&path, did)?);
        Ok(Self { did: did.clone(), path, state, writing: Mutex::new(()) })
    }

    /// Whose keys these are.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Where they lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that signs now; its name is the key id, `did:web:example.jp#k1`.
    #[must_use]
    pub fn current(&self) -> Arc<dyn Signer> {
        self.state.load().current().signer.clone()
    }

    /// The id of the key that signs now.
    #[must_use]
    pub fn current_id(&self) -> KeyId {
        self.state.load().current().id.clone()
    }

    /// All keys in the order in which they were made.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyRecord> {
        let state = self.state.load();
        let record = |(i, k): (usize, &Held)| KeyRecord {
            id: k.id.clone(),
            public: k.signer.public().clone(),
            created: k.created,
            state: match i.cmp(&state.current) {
                std::cmp::Ordering::Less => KeyState::Retired,
                std::cmp::Ordering::Equal => KeyState::Current,
                std::cmp::Ordering::Greater => KeyState::Pending,
            },
        };
        state.keys.iter().enumerate().map(record).collect()
    }

    /// Makes a new key. It is pending, and the old one goes on signing, until [`Keyring::activate`]
    /// finds the new one in the trust list: a key that partners do not know yet helps nobody.
    ///
    /// # Errors
    /// `already-exists` when there are 100 keys; `file-failed`, `storage-full`.
    pub fn rotate(&self, clock: &dyn Clock, random: &dyn Random) -> Result<KeyRecord> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = numbers(&self.path)?;
        if numbers.len() >= MAX_KEYS {
            return Err(Problem::new(ErrorCode::AlreadyExists)
                .with("what", format!("{MAX_KEYS} keys of {}", self.did)));
        }
        let next = numbers.last().map_or(1, |n| n.saturating_add(1));
        make(&self.path, &self.did, next, clock, random)?;
        self.state.store(Arc::new(State::read(&self.path, &self.did)?));
        let made = self.keys().pop();
        made.ok_or_else(|| files::refuse(&self.path, "the key just made is gone"))
    }

    /// Takes the newest pending key that `pinned` knows as the current one, and says which; `None`
    /// when nothing changes. `pinned` is [`crate::View::pins`] of the trust lists held.
    ///
    /// # Errors
    /// `file-failed`, `storage-full`: then the old key goes on signing.
    pub fn activate(&self, pinned: impl Fn(&KeyId, &PublicKey) -> bool) -> Result<Option<KeyId>> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state.load_full();
        let pending = state.keys.iter().enumerate().skip(state.current + 1).rev();
        let Some((current, key)) = pending.into_iter().find(|(_, k)| pinned(&k.id, k.signer.public())) else {
            return Ok(None);
        };
        // On disk first: after a crash the node must not fall back to a key the list has ended.
        files::write(&self.path.join(CURRENT), format!("{}\n", label(key.number)).as_bytes(), files::SECRET)?;
        self.state.store(Arc::new(State { keys: state.keys.clone(), current }));
        Ok(Some(key.id.clone()))
    }

    /// Reads the files again, when another process may have made or activated a key.
    ///
    /// # Errors
    /// As [`Keyring::open_or_create`]; then the keys held go on as they were.
    pub fn reload(&self) -> Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.store(Arc::new(State::read(&self.path, &self.did)?));
        Ok(())
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("did", &self.did).field("keys", &self.keys()).finish_non_exhaustive()
    }
}

impl State {
    fn read(path: &Path, did: &Did) -> Result<Self> {
        files::private_directory(path)?;
        let mut keys = Vec::new();
        for number in numbers(path)? {
            let id = did.key(&label(number))?;
            let KeyFile { key, created } = KeyFile::read(&file(path, number), id.as_str())?;
            keys.push(Held { number, id, created, signer: Arc::new(key) });
        }
        let named = path.join(CURRENT);
        let current = if named.exists() {
            let text = files::read(&named, 64)?;
            keys.iter().position(|k| text.as_slice() == format!("{}\n", label(k.number)).as_bytes())
        } else {
            (!keys.is_empty()).then_some(0)
        };
        match current {
            Some(current) => Ok(Self { keys, current }),
            None => Err(files::refuse(&named, "it names no key that is here")),
        }
    }

    fn current(&self) -> &Held {
        #[allow(clippy::indexing_slicing, reason = "`current` is an index into `keys`, which only grows")]
        &self.keys[self.current]
    }
}

fn label(number: u32) -> String {
    format!("k{number}")
}

fn file(path: &Path, number: u32) -> PathBuf {
    path.join(format!("k{number}.key"))
}

fn make(path: &Path, did: &Did, number: u32, clock: &dyn Clock, random: &dyn Random) -> Result<()> {
    let key = SecretKey::generate(did.key(&label(number))?.as_str(), random)?;
    KeyFile { key, created: clock.now() }.write(&file(path, number))
}

/// The numbers of the key files, ascending; other files are not looked at.
fn numbers(path: &Path) -> Result<Vec<u32>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|e| files::refuse(path, e))? {
        let name = entry.map_err(|e| files::refuse(path, e))?.file_name();
        let number =
            name.to_str().and_then(|n| n.strip_prefix('k')?.strip_suffix(".key")?.parse::<u32>().ok());
        // One number has one spelling: `k01.key` is no key.
        if let Some(number) = number.filter(|n| name.to_str() == Some(&format!("k{n}.key"))) {
            out.push(number);
        }
    }
    if out.len() > MAX_KEYS {
        return Err(files::refuse(path, format!("more than {MAX_KEYS} keys")));
    }
    out.sort_unstable();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::{FixedClock, SeededRandom};
    use std::os::unix::fs::PermissionsExt as _;

    fn did() -> Did {
        "did:web:example.jp:customs".parse().unwrap()
    }

    fn open(all: &Path, seed: u64) -> Result<Keyring> {
        Keyring::open_or_create(all, &did(), &FixedClock::at(Timestamp::EPOCH), &SeededRandom::new(seed))
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_same_directory_gives_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("data/keys");
        let first = open(&all, 1).unwrap();
        assert_eq!(first.current().name(), "did:web:example.jp:customs#k1");
        assert_eq!(first.keys(), open(&all, 2).unwrap().keys());
        assert_eq!(mode(first.path()), 0o700);
        assert_eq!(mode(&first.path().join("k1.key")), 0o600);
        assert!(
            first
                .path()
                .ends_with(format!("customs-{}", &Digest::of(did().as_str().as_bytes()).to_string()[..8]))
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("keys");
        let path = open(&all, 1).unwrap().path().to_owned();
        let check = |open_to_others: &Path, closed: u32, loose: u32| {
            set_mode(open_to_others, loose);
            let problem = open(&all, 1).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::FileMode);
            assert_eq!(problem.arg("path"), open_to_others.to_str());
            set_mode(open_to_others, closed);
            assert!(open(&all, 1).is_ok());
        };
        check(&path.join("k1.key"), 0o600, 0o640);
        check(&path.join("k1.key"), 0o600, 0o604);
        check(&path, 0o700, 0o750);
        check(&all, 0o700, 0o755);
    }

    #[test]
    fn a_new_key_waits_until_it_is_pinned_and_the_old_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (clock, random) = (FixedClock::at(Timestamp::EPOCH), SeededRandom::new(7));
        let keyring = open(dir.path().join("keys").as_path(), 1).unwrap();
        let states = |k: &Keyring| k.keys().into_iter().map(|k| k.state).collect::<Vec<_>>();
        let made = keyring.rotate(&clock, &random).unwrap();
        assert_eq!((made.id.as_str(), made.state), ("did:web:example.jp:customs#k2", KeyState::Pending));
        assert_eq!(keyring.current_id().as_str(), "did:web:example.jp:customs#k1");
        assert_eq!(keyring.activate(|_, _| false).unwrap(), None);
        assert_eq!(open(&dir.path().join("keys"), 3).unwrap().keys(), keyring.keys());
        assert_eq!(
            keyring.activate(|id, key| *id == made.id && *key == made.public).unwrap(),
            Some(made.id.clone())
        );
        assert_eq!(states(&keyring), [KeyState::Retired, KeyState::Current]);
        assert_eq!(keyring.activate(|_, _| true).unwrap(), None, "an older key never comes back");
        let again = open(&dir.path().join("keys"), 4).unwrap();
        assert_eq!((again.keys(), again.current_id()), (keyring.keys(), made.id));
    }

    #[test]
    fn another_process_s_rotation_is_seen_after_a_reload() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("keys");
        let (one, two) = (open(&all, 1).unwrap(), open(&all, 1).unwrap());
        one.rotate(&FixedClock::at(Timestamp::EPOCH), &SeededRandom::new(2)).unwrap();
        one.activate(|_, _| true).unwrap();
        assert_eq!(two.keys().len(), 1);
        two.reload().unwrap();
        assert_eq!(two.keys(), one.keys());
    }

    #[test]
    fn lost_keys_are_named_and_never_replaced_in_silence() {
        let dir = tempfile::tempdir().unwrap();
        let all = dir.path().join("keys");
        let keyring = open(&all, 1).unwrap();
        keyring.rotate(&FixedClock::at(Timestamp::EPOCH), &SeededRandom::new(2)).unwrap();
        keyring.activate(|_, _| true).unwrap();
        std::fs::remove_file(keyring.path().join("k2.key")).unwrap();
        assert!(open(&all, 1).unwrap_err().arg("path").unwrap().ends_with("current"));
        std::fs::remove_file(keyring.path().join("k1.key")).unwrap();
        assert!(open(&all, 1).unwrap_err().arg("why").unwrap().contains("gone"));
    }
}
