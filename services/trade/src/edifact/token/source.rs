//! A whole source as tokens: files, pipes, what arrives.

use std::io::Read;

use super::{Broken, Limits, PIECE, Token, Tokenizer};

/// Why a source could not be read through.
#[derive(Debug)]
pub enum ReadFailed {
    /// The source gave an error.
    Io(std::io::Error),
    /// The bytes are not EDIFACT from some place on.
    Broken(Broken),
}

/// All tokens of a source, in constant memory.
///
/// # Errors
/// What the source says, or [`Broken`].
pub fn tokenize(
    source: &mut dyn Read,
    limits: Limits,
    each: &mut dyn FnMut(Token<'_>),
) -> Result<(), ReadFailed> {
    let mut tokenizer = Tokenizer::new(limits);
    let mut piece = vec![0; PIECE];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return tokenizer.finish(each).map_err(ReadFailed::Broken),
            Ok(n) => tokenizer.push(piece.get(..n).unwrap_or_default(), each).map_err(ReadFailed::Broken)?,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(ReadFailed::Io(e)),
        }
    }
}
