//! Passwords: Argon2id (RFC 9106), 19 MiB, two passes, one lane, which is the setting that OWASP's
//! Password Storage Cheat Sheet names first for Argon2id with little memory. RFC 9106 would rather have
//! 64 MiB where memory allows it; here a password never opens anything by itself, a node shall fit a
//! small machine, and the settings stand in each hash, so that they can grow: a hash of other settings
//! is made again at the next sign-in.
//!
//! Two are worked on at once, each on a thread of its own, some dozens wait, the others are asked to
//! come back: sign-in takes 38 MiB at most, however many knock.

use std::sync::{Arc, OnceLock};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use corridor_base::{ErrorCode, Problem, Random, Result};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Memory of one hash, in KiB.
const MEMORY: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// The most of each that a stored hash may ask for.
const MOST: (u32, u32, u32) = (1 << 20, 16, 16);
/// Bytes of salt and of hash (RFC 9106, 3.1).
const SALT: usize = 16;
const HASH: usize = 32;

/// How many hashes are worked on at once, and how many wait.
const AT_ONCE: usize = 2;
const WAITING: usize = 64;

/// The shortest and the longest password, in characters (NIST SP 800-63B, 3.1.1).
pub const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// Long ones that everybody tries, without spaces and in lower case.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890123",
    "12345678901234",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "passwordpassword",
    "password1234",
    "password12345",
    "administrator",
    "administrator1",
    "letmeinletmein",
    "welcome12345",
    "iloveyou1234",
    "abcdefghijkl",
    "corridorcorridor",
    "correcthorsebatterystaple",
    "dkagh12345678",
];

/// A password as it was typed; forgotten in memory when it goes.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes what was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The same once more, for hashing what was just checked.
    pub(super) fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    /// Whether it may be set: long enough, not a common one, not the account's name. No demands for
    /// classes of characters (NIST SP 800-63B, 3.1.1.2): they make passwords worse.
    ///
    /// # Errors
    /// `password-refused`.
    pub fn fits(&self, name: &str) -> Result<()> {
        let refuse = || Err(Problem::new(ErrorCode::PasswordRefused).with("limit", SHORTEST));
        let length = self.0.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return refuse();
        }
        let plain: Zeroizing<String> =
            Zeroizing::new(self.0.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect());
        let few = plain.chars().collect::<std::collections::BTreeSet<_>>().len() < 5;
        if few || COMMON.contains(&plain.as_str()) || (name.len() > 3 && plain.contains(name)) {
            return refuse();
        }
        Ok(())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// A hash with its settings, in the PHC string format: `$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`.
struct Stored {
    params: (u32, u32, u32),
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    fn text(&self) -> String {
        let (m, t, p) = self.params;
        let encode = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
        format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", encode(&self.salt), encode(&self.hash))
    }

    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$m=")?;
        let mut parts = rest.splitn(3, '$');
        let (params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let (m, rest) = params.split_once(",t=")?;
        let (t, p) = rest.split_once(",p=")?;
        let params: (u32, u32, u32) = (m.parse().ok()?, t.parse().ok()?, p.parse().ok()?);
        let salt = STANDARD_NO_PAD.decode(salt).ok()?;
        let hash = STANDARD_NO_PAD.decode(hash).ok()?;
        let bounded = params.0 <= MOST.0 && params.1 <= MOST.1 && params.2 <= MOST.2;
        (bounded && salt.len() == SALT && hash.len() == HASH).then_some(Self { params, salt, hash })
    }
}

fn internal(why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::Internal).with("why", format!("password hash: {why}"))
}

fn derive(password: &Password, params: (u32, u32, u32), salt: &[u8]) -> Result<[u8; HASH]> {
    let params = Params::new(params.0, params.1, params.2, Some(HASH)).map_err(internal)?;
    let mut hash = [0; HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.0.as_bytes(), salt, &mut hash)
        .map_err(internal)?;
    Ok(hash)
}

/// Whether a password was the right one, and whether its hash should be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It was wrong, or there is none.
    Wrong,
    /// It was right.
    Right,
    /// It was right, and the hash is of settings that are no longer ours.
    RightButOld,
}

/// Makes and checks hashes, so many at once.
pub struct Hasher {
    random: Arc<dyn Random>,
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash that an account without one is checked against, so that it takes as long.
    nobody: OnceLock<String>,
}

impl Hasher {
    /// With this randomness for salts.
    #[must_use]
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self {
            random,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            nobody: OnceLock::new(),
        }
    }

    /// Runs one after the other, two at once, on a thread where blocking is allowed.
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let overloaded = |_| Problem::new(ErrorCode::Overloaded);
        let place = self.waiting.clone().try_acquire_owned().map_err(overloaded)?;
        let turn = self.at_once.clone().acquire_owned().await.map_err(internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            // Held until the memory is given back, also when the caller has gone away.
            drop((turn, place));
            done
        });
        done.await.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?
    }

    /// The hash of a password that may be set.
    ///
    /// # Errors
    /// `overloaded`.
    pub async fn hash(&self, password: Password) -> Result<String> {
        let salt: [u8; SALT] = self.random.bytes();
        self.turn(move || {
            let params = (MEMORY, PASSES, LANES);
            let hash = derive(&password, params, &salt)?;
            Ok(Stored { params, salt: salt.to_vec(), hash: hash.to_vec() }.text())
        })
        .await
    }

    /// Checks a password. Without a hash (an account that does not exist, or has no password) as much
    /// work is done, and the answer is `Wrong`.
    ///
    /// # Errors
    /// `overloaded`.
    pub async fn check(&self, password: Password, stored: Option<String>) -> Result<Checked> {
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody().to_owned());
        let found = self
            .turn(move || {
                let Some(stored) = Stored::parse(&stored) else { return Err(internal("not one of ours")) };
                let hash = derive(&password, stored.params, &stored.salt)?;
                let right: bool = hash.ct_eq(&stored.hash).into();
                Ok((right, stored.params == (MEMORY, PASSES, LANES)))
            })
            .await?;
        Ok(match found {
            (true, true) if exists => Checked::Right,
            (true, false) if exists => Checked::RightButOld,
            _ => Checked::Wrong,
        })
    }

    fn nobody(&self) -> &str {
        self.nobody.get_or_init(|| {
            let salt: [u8; SALT] = self.random.bytes();
            let hash: [u8; HASH] = self.random.bytes();
            Stored { params: (MEMORY, PASSES, LANES), salt: salt.to_vec(), hash: hash.to_vec() }.text()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn easy_passwords_are_refused() {
        let check =
            |text: &str, expect: bool| assert_eq!(password(text).fits("kim-minji").is_ok(), expect, "{text}");
        check("seven blue kites", true);
        check("税関の窓から海が見える朝", true);
        check("short", false);
        check("elevenchars", false);
        check(&"x".repeat(129), false);
        check("aaaaaaaaaaaaaaaa", false);
        check("Password1234", false);
        check("Kim-Minji loves tea", false);
        check(&"가나다라마바사아자차카타파하".repeat(9), true);
    }

    /// A vector of the reference implementation (phc-winner-argon2, `test.c`, version 0x13): RFC 9106
    /// has its own only with a secret and associated data.
    #[test]
    fn the_hash_is_argon2id() {
        let hash = derive(&password("password"), (65_536, 2, 1), b"somesalt").unwrap();
        assert_eq!(hex(&hash), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_is() {
        let hasher = Hasher::new(Arc::new(SeededRandom::new(1)));
        let hash = hasher.hash(password("seven blue kites")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let check = async |text: &str, stored: Option<&str>, expect: Checked| {
            assert_eq!(hasher.check(password(text), stored.map(str::to_owned)).await.unwrap(), expect);
        };
        check("seven blue kites", Some(&hash), Checked::Right).await;
        check("seven blue kite", Some(&hash), Checked::Wrong).await;
        check("seven blue kites", None, Checked::Wrong).await;
        let old = Stored {
            params: (8 * 1024, 1, 1),
            salt: vec![7; SALT],
            hash: derive(&password("seven blue kites"), (8 * 1024, 1, 1), &[7; SALT]).unwrap().to_vec(),
        };
        check("seven blue kites", Some(&old.text()), Checked::RightButOld).await;
        assert!(
            hasher
                .check(password("x"), Some("$argon2id$v=19$m=4000000000,t=1,p=1$x$y".to_owned()))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_is_asked_to_come_back() {
        let hasher = Hasher::new(Arc::new(SeededRandom::new(1)));
        let _all = hasher.waiting.clone().acquire_many_owned(u32::try_from(WAITING).unwrap()).await.unwrap();
        let problem = hasher.hash(password("seven blue kites")).await.unwrap_err();
        assert_eq!(problem.code(), ErrorCode::Overloaded);
    }

    proptest! {
        #[test]
        fn arbitrary_hashes_never_panic(text in "\\$argon2id\\$v=19\\$m=[0-9]{0,11},t=[0-9]{0,3},p=[0-9]{0,3}\\$[A-Za-z0-9+/]{0,30}\\$.{0,50}") {
            if let Some(stored) = Stored::parse(&text) {
                prop_assert!(stored.params.0 <= MOST.0);
            }
        }
    }
}
