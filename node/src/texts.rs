//! The texts of this program in three languages, put together with the table of errors.

use std::sync::OnceLock;

use corridor_base::messages::{ERRORS, Source};
use corridor_base::{Catalogue, Lang, message_source};
use corridor_ledger::receipt::page::ACTS;

/// What every configuration key means; the key of a text is the path of the key with `-` for `.`.
pub const CONFIG: Source = message_source!("config");
/// What the command line says.
pub const CLI: Source = message_source!("cli");

/// The story that `corridor demo` tells.
pub const DEMO: Source = message_source!("demo");

/// What `corridor verify` says of evidence.
pub const VERIFY: Source = message_source!("verify");

/// What the documentation says around the guides.
pub const HELP: Source = message_source!("help");

/// What the pages about evidence say: receipts, verification, the ledger, trust, the doctor, the promises.
pub const EVIDENCE: Source = message_source!("evidence");

/// What the pages of the console say.
pub const PAGES: Source = message_source!("pages");

/// What the desks of trade say.
pub const DESKS: Source = message_source!("desks");

/// What the door of the console and the pages about people say.
pub const PEOPLE: Source = message_source!("people");

/// All texts of the program.
pub fn texts() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        Catalogue::new(&[ERRORS, ACTS, CONFIG, CLI, DEMO, VERIFY, HELP, EVIDENCE, PAGES, PEOPLE, DESKS])
    })
}

/// One text of the command line.
#[must_use]
pub fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    texts().text(lang, key, args)
}
