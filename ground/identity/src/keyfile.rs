//! One secret key in one file: who it belongs to, since when, and a sum over all of it, so that a
//! cut or altered file is refused by name and never signs under a key nobody knows.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, Problem, Result, Timestamp};
use corridor_proof::{PublicKey, SecretKey, Signer as _};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::files;

/// The format, the first member of the file.
const FORMAT: &str = "corridor/key/v1";
/// The largest key file read, in bytes.
const MAX: usize = 4096;

/// A key as it stands in its file.
#[derive(Debug)]
pub(crate) struct KeyFile {
    /// The key, under the name it signs with.
    pub(crate) key: SecretKey,
    /// When it was made.
    pub(crate) created: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    name: String,
    created: Timestamp,
    public: PublicKey,
    seed: String,
    sum: Digest,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// The sum over the whole file. The seed has 256 random bits, so its digest gives nothing away.
fn sum(name: &str, created: Timestamp, seed: &[u8; 32]) -> Digest {
    let text = Zeroizing::new([format!("{FORMAT}\n{name}\n{created}\n").as_bytes(), seed].concat());
    Digest::of(&text)
}

impl KeyFile {
    /// Writes the file, mode 0600, durably (EX-3).
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let seed = self.key.seed();
        let wire = Wire {
            format: FORMAT.to_owned(),
            name: self.key.name().to_owned(),
            created: self.created,
            public: self.key.public().clone(),
            seed: STANDARD.encode(seed.as_slice()),
            sum: sum(self.key.name(), self.created, &seed),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX));
        serde_json::to_writer_pretty(&mut *bytes, &wire).map_err(|e| files::refuse(path, e))?;
        bytes.push(b'\n');
        files::write(path, &bytes, files::SECRET)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// `file-mode` when group or others may read it; `file-failed` when it is cut, altered or
    /// belongs to another name.
    pub(crate) fn read(path: &Path, name: &str) -> Result<Self> {
        let bytes = files::read_secret(path, MAX)?;
        // The text of the error could repeat the seed: say where, not what.
        let cut = |e: serde_json::Error| {
            files::refuse(path, format!("no whole key file (line {}, column {})", e.line(), e.column()))
        };
        let wire: Wire = serde_json::from_slice(&bytes).map_err(cut)?;
        let altered = || files::refuse(path, "the key file was altered");
        let mut seed = Zeroizing::new([0; 32]);
        let decoded = Zeroizing::new(STANDARD.decode(&wire.seed).map_err(|_| altered())?);
        if decoded.len() != seed.len() || wire.format != FORMAT {
            return Err(altered());
        }
        seed.copy_from_slice(&decoded);
        let key = SecretKey::from_seed(&wire.name, &seed).map_err(|_: Problem| altered())?;
        if wire.sum != sum(&wire.name, wire.created, &seed) || *key.public() != wire.public {
            return Err(altered());
        }
        if wire.name != name {
            return Err(files::refuse(path, format!("it holds the key {}, not {name}", wire.name)));
        }
        Ok(Self { key, created: wire.created })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn written() -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k1.key");
        let key = SecretKey::generate("a#k1", &SeededRandom::new(1)).unwrap();
        KeyFile { key, created: Timestamp::EPOCH }.write(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (dir, path, bytes)
    }

    #[test]
    fn every_altered_byte_is_refused_by_the_name_of_the_file() {
        let (_dir, path, bytes) = written();
        let whole = KeyFile::read(&path, "a#k1").unwrap();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            files::write(&path, &altered, files::SECRET).unwrap();
            match KeyFile::read(&path, "a#k1") {
                // White space between members carries nothing.
                Ok(same) => assert_eq!(*same.key.seed(), *whole.key.seed(), "byte {position}"),
                Err(problem) => assert_eq!(problem.arg("path"), path.to_str(), "byte {position}"),
            }
        }
    }

    #[test]
    fn a_cut_file_and_another_s_key_are_refused() {
        let (_dir, path, bytes) = written();
        assert!(KeyFile::read(&path, "a#k2").unwrap_err().arg("why").unwrap().contains("not a#k2"));
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 2] {
            files::write(&path, &bytes[..cut], files::SECRET).unwrap();
            assert!(
                KeyFile::read(&path, "a#k1").unwrap_err().arg("why").unwrap().contains("no whole key file")
            );
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("k1.key");
            files::write(&path, &bytes, files::SECRET).unwrap();
            prop_assert!(KeyFile::read(&path, "a#k1").is_err());
        }
    }
}
