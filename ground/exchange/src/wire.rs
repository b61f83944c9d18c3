//! The wire between two nodes, version 1 (EX-5): two requests, their headers and their answers.
//!
//! `POST /exchange/v1/deliveries` carries the envelope, and behind it the content when that is
//! small; header `envelope-length` says where one ends and the other begins. The answer is
//! - `200` with the acknowledgement: the document is durable here, now or already;
//! - `202` with `{"offset": N}`: the envelope is accepted, send the content from byte N (in the body,
//!   because the signature of an answer covers its content);
//! - a problem (RFC 9457).
//!
//! `PATCH /exchange/v1/deliveries/{id}?recipient=DID` with `upload-offset: N` carries a piece of
//! the content, of at most [`PIECE`] bytes; the answers are the same.
//!
//! Requests and answers are signed (RFC 9421) with the participants' keys.

use serde::{Deserialize, Serialize};

/// Where a delivery begins.
pub const DELIVERIES: &str = "/exchange/v1/deliveries";
/// The length of the envelope within the body, in bytes.
pub const ENVELOPE_LENGTH: &str = "envelope-length";
/// The byte a piece begins at (as in the IETF's resumable uploads).
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Notes are text.
pub const NOTE: &str = "text/plain; charset=utf-8";
/// Envelope and content in one body.
pub const DELIVERY: &str = "application/vnd.corridor.delivery";
/// A piece of content.
pub const PIECE_TYPE: &str = "application/octet-stream";

/// Content up to this size travels with its envelope and lives in the database row; larger content
/// goes in pieces and lives in a blob. 64 KiB: one round trip and one commit for nearly every EDI
/// message, and rows that a database still likes.
pub const INLINE: usize = 64 << 10;
/// The largest piece, in bytes. Held in memory on both sides while it is signed and checked.
pub const PIECE: usize = 1 << 20;
/// The largest body of a `POST`: an envelope and inline content.
pub const MAX_DELIVERY: usize = INLINE + (8 << 10);

/// The answer that asks for content.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SendFrom {
    /// The first byte wanted.
    pub offset: u64,
}

/// The path of a delivery whose content is being sent.
#[must_use]
pub fn pieces(id: corridor_base::EnvelopeId, recipient: &corridor_base::Did) -> String {
    // `%` of an encoded port has to be encoded once more to stand in a query.
    format!("{DELIVERIES}/{id}?recipient={}", recipient.as_str().replace('%', "%25"))
}
