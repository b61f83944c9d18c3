//! People who sign in as people do: a one-time link, a password, an authenticator whose codes are computed
//! here.

use corridor_base::{Clock, SystemClock};
use corridor_node::people::totp::Seed;
use zeroize::Zeroizing;

use super::driver::{Browser, ENTER};
use super::world::World;

/// A password that is long enough.
pub(crate) const PASSWORD: &str = "pine tree before the harbour";

/// Somebody with an account.
pub(crate) struct Person {
    name: String,
    seed: Seed,
}

impl Person {
    /// Makes an account at a node and sets it up in this browser, which is then signed in. `look` is shown
    /// each page on the way.
    pub(crate) fn enrol(
        browser: &Browser,
        world: &World,
        node: &str,
        (name, role): (&str, &str),
        mut look: impl FnMut(&Browser, &str),
    ) -> Self {
        let made = world.corridor(node, &["user", "add", name, "--role", role, "--link"]);
        browser.go(made["link"].as_str().unwrap_or_else(|| panic!("no link in {made}")));
        look(browser, "link");
        browser.find("main form button").click();
        browser.find("#new-password").write(PASSWORD);
        browser.find("#again").write(PASSWORD);
        look(browser, "setup");
        browser.find("main form button").click();
        browser.find("#code");
        let seed = Seed::of(Zeroizing::new(base32(&browser.find("main pre").text())));
        look(browser, "authenticator");
        browser.find("#code").write(&seed.now(SystemClock.now()));
        browser.find("main form button").click();
        browser.until("recovery codes", || {
            browser.all("#code").is_empty() && !browser.all("main pre").is_empty()
        });
        look(browser, "codes");
        browser.find("main a.button").click();
        browser.until("the first page", || browser.address().ends_with("/console"));
        browser.settled();
        Self { name: name.to_owned(), seed }
    }

    /// Signs out, as the menu of the person offers it.
    pub(crate) fn sign_out(&self, browser: &Browser) {
        browser.find("details:has(form[action='/console/sign-out']) > summary").click();
        browser.find("form[action='/console/sign-out'] button").click();
        browser.until("the session's end", || browser.address().contains("sign"));
    }

    /// Signs in, by keyboard alone: each field takes the focus in its turn.
    pub(crate) fn sign_in(&self, browser: &Browser, site: &str) {
        browser.go(&format!("{site}/console/sign-in"));
        browser.tab_to("name");
        browser.keys(&self.name);
        browser.tab_to("password");
        browser.keys(PASSWORD);
        browser.keys(ENTER);
        browser.find("#code");
        browser.tab_to("code");
        // A code counts once: the next one, which is good already.
        let next = corridor_base::Timestamp::from_millis(SystemClock.now().millis() + 30_000);
        browser.keys(&self.seed.now(next));
        browser.keys(ENTER);
        browser.until("the first page", || browser.address().ends_with("/console"));
        browser.settled();
    }
}

/// The bytes of RFC 4648 base 32, as authenticators are given their seed.
fn base32(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = 0u32;
    let mut held = 0u32;
    let mut bytes = Vec::new();
    for place in text.chars().filter_map(|c| LETTERS.find(c.to_ascii_uppercase())) {
        held = held << 5 | u32::try_from(place).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

#[test]
fn seeds_are_read_as_authenticators_read_them() {
    let check = |text: &str, expect: &[u8]| assert_eq!(base32(text), expect, "{text}");
    check("MZXW6YTBOI", b"foobar");
    check("mzxw 6ytb", b"fooba");
    check("", b"");
}
