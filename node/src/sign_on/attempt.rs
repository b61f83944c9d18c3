//! One attempt to sign on, from the button to the way back. Nothing of it is kept: the `state` that travels by
//! the provider is sealed for the one browser that was given the cookie of the attempt, with the time, and
//! nonce and PKCE verifier are made of it under the key of the node. A `state` that came back is used up by a
//! unit of work, so it comes back once.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Random, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::people::{AccountId, Sealer};

/// How long one may take at the provider.
pub const GOOD: Duration = Duration::from_secs(10 * 60);
/// What the key of states is for.
const PURPOSE: &str = "sign-on state";
/// The longest `state`, in characters.
const LONGEST: usize = 4096;

/// What is remembered on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began, in milliseconds.
    at: i64,
    /// Where it leads in the end.
    pub next: String,
    /// The account that an identity is to be linked to, when this is not about signing in.
    pub link: Option<String>,
}

impl Attempt {
    /// One that begins now.
    #[must_use]
    pub fn new(now: Timestamp, next: &str, link: Option<&AccountId>) -> Self {
        // Whoever comes from an address that is very long goes on from the first page.
        let next = if next.len() <= 1000 { next } else { "" };
        Self { at: now.millis(), next: next.to_owned(), link: link.map(ToString::to_string) }
    }

    /// The `state` of it, for the browser that holds this cookie.
    ///
    /// # Errors
    /// `internal`.
    pub fn state(&self, sealer: &Sealer, cookie: &str, random: &dyn Random) -> Result<String> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Ok(URL_SAFE_NO_PAD.encode(sealer.apart(PURPOSE)?.seal(&place(cookie), &text, random)?))
    }

    /// What a `state` says that was given to the browser with this cookie and is still good.
    #[must_use]
    pub fn open(sealer: &Sealer, cookie: &str, state: &str, now: Timestamp) -> Option<Self> {
        if state.len() > LONGEST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
        let text = sealer.apart(PURPOSE).ok()?.open(&place(cookie), &sealed)?;
        let attempt: Self = serde_json::from_slice(&text).ok()?;
        let age = now.millis().checked_sub(attempt.at)?;
        let good = (0..i64::try_from(GOOD.as_millis()).unwrap_or(i64::MAX)).contains(&age);
        good.then_some(attempt)
    }
}

fn place(cookie: &str) -> String {
    format!("sign-on {cookie}")
}

/// What the ID token must bring back.
#[must_use]
pub fn nonce(sealer: &Sealer, state: &str) -> String {
    URL_SAFE_NO_PAD.encode(sealer.mark(&[b"sign-on nonce", state.as_bytes()]))
}

/// What shows the provider that the code comes from where the attempt began (RFC 7636, 4.1).
#[must_use]
pub fn verifier(sealer: &Sealer, state: &str) -> String {
    URL_SAFE_NO_PAD.encode(sealer.mark(&[b"sign-on verifier", state.as_bytes()]))
}

/// What the provider is told of it before: S256 (RFC 7636, 4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    fn sealer(seed: u8) -> Sealer {
        Sealer::new(&[seed; 32]).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_795_339_500_000 + seconds * 1000)
    }

    #[test]
    fn a_state_is_good_for_one_browser_for_ten_minutes() {
        let attempt = Attempt::new(at(0), "/console/inbox", None);
        let state = attempt.state(&sealer(1), "cookie", &SeededRandom::new(1)).unwrap();
        let check = |seed: u8, cookie: &str, state: &str, seconds: i64, expect: bool| {
            let found = Attempt::open(&sealer(seed), cookie, state, at(seconds));
            assert_eq!(found.is_some(), expect, "{seed} {cookie} {seconds}");
            assert!(found.is_none_or(|found| found == attempt));
        };
        check(1, "cookie", &state, 0, true);
        check(1, "cookie", &state, 599, true);
        check(1, "cookie", &state, 600, false);
        check(1, "cookie", &state, -1, false);
        check(1, "other", &state, 0, false);
        check(1, "", &state, 0, false);
        check(2, "cookie", &state, 0, false);
        check(1, "cookie", &format!("{state}A"), 0, false);
        check(1, "cookie", &state[..state.len() - 4], 0, false);
        check(1, "cookie", "", 0, false);
        check(1, "cookie", &"A".repeat(5000), 0, false);
    }

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn nonce_and_verifier_are_two_secrets() {
        let (nonce, verifier) = (nonce(&sealer(1), "s"), verifier(&sealer(1), "s"));
        assert!(nonce != verifier && nonce.len() == 43 && verifier.len() == 43);
        assert_ne!(nonce, super::nonce(&sealer(2), "s"));
        assert_ne!(nonce, super::nonce(&sealer(1), "t"));
    }

    proptest! {
        #[test]
        fn arbitrary_states_never_open(state in ".{0,200}") {
            prop_assert!(Attempt::open(&sealer(1), "cookie", &state, at(0)).is_none());
        }
    }
}
