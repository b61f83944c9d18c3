//! Somebody who has an account: made on the command line, let in by a one-time link, with a password and an
//! authenticator, as a person would do it.

use corridor_base::{Clock as _, SystemClock};
use corridor_node::people::totp::Seed;

use super::driver::Browser;
use super::world::World;

pub(crate) const WORDS: &str = "seven blue kites";

/// Comes in by a link, as an administrator of customs: the browser is signed in then.
pub(crate) fn enter(browser: &Browser, world: &World, name: &str) {
    let added = ["user", "add", name, "--display", name, "--role", "administrator", "--link"];
    let user = world.corridor("customs", &added);
    browser.go(user["link"].as_str().unwrap());
    browser.find("main button[type=submit]").click();
    browser.find("#new-password").write(WORDS);
    browser.find("#again").write(WORDS);
    browser.find("main button[type=submit]").click();
    browser.find("#code");
    let seed = seed(&browser.find(".sample code").text());
    let code = seed.now(SystemClock.now());
    browser.find("#code").write(&code);
    browser.find("main button[type=submit]").click();
    browser.find("a.button.main[href='/console']").click();
    browser.until("the first page", || browser.address().ends_with("/console"));
}

/// The seed as an authenticator reads what is typed into it (RFC 4648, 6).
fn seed(text: &str) -> Seed {
    let value = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap() as u64;
    let letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let blocks = letters.chunks(8).map(|block| block.iter().fold(0, |sum, c| sum << 5 | value(*c)));
    let bytes: Vec<u8> = blocks.flat_map(|block| block.to_be_bytes()[3..].to_vec()).collect();
    Seed::of(bytes.into())
}
