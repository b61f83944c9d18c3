//! The layouts that come with the program: the headers of NACCS, as public field lists give them. No real
//! message was at hand, so they say that they are unverified; copy one and strike that out when one was.

use corridor_base::{ErrorCode, Problem, Result};

use super::Layout;

/// Their names.
pub const NAMES: &[&str] = &["naccs-input", "naccs-output"];

/// The file of this name, and a document of it as JSON.
fn files(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "naccs-input" => Some((
            include_str!("../../../mappings/fixed/naccs-input.json"),
            include_str!("../../../mappings/samples/naccs-input.json"),
        )),
        "naccs-output" => Some((
            include_str!("../../../mappings/fixed/naccs-output.json"),
            include_str!("../../../mappings/samples/naccs-output.json"),
        )),
        _ => None,
    }
}

/// A layout that comes with the program, and its text.
///
/// # Errors
/// `not-found`.
pub fn named(name: &str) -> Result<(Layout, &'static str)> {
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("mapping {name}"));
    let (text, _) = files(name).ok_or_else(missing)?;
    Ok((Layout::parse(text.as_bytes())?, text))
}

/// A document of this layout that says everything it has columns for, as JSON; every name in it is invented.
#[must_use]
pub fn sample(name: &str) -> Option<&'static str> {
    files(name).map(|(_, sample)| sample)
}
