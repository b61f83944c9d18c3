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
//! `POST /exchange/v1/together?recipient=DID` carries several small documents, each with its content whole: the
//! lengths of envelope and content in four bytes each, the highest first, then the two, and so on
//! ([`DELIVERIES_TOGETHER`], at most [`MOST_TOGETHER`] and [`MAX_TOGETHER`] bytes). The answer is `200` with
//! `{"items": […]}`, what became of each in their order: `{"acknowledged": NOTE}`, or `{"refused": PROBLEM}`. A request
//! that breaks off or holds more is refused as a whole. A node that does not know it answers 404, and gets them one
//! by one.
//!
//! `POST /exchange/v1/receipts` asks for the partner's receipts of documents that crossed between the two
//! ([`AskReceipts`]); the answer is [`Receipts`].
//!
//! `POST /exchange/v1/again` asks the partner to send once more what it delivered to the caller since an
//! instant ([`AskAgain`]); the answer is [`SentAgain`], and the documents come as they did before.
//!
//! `POST /exchange/v1/acknowledged` asks the partner for the envelopes that it acknowledged to the caller since
//! an instant ([`AskAcknowledged`]); the answer is [`Acknowledged`], with the acts that the caller had given about
//! them. A node that does not know it answers 404.
//!
//! `POST /exchange/v1/erasures` asks the partner to destroy what it holds about a person
//! ([`AskErasure`]); the answer is a signed note, [`corridor_proof::ErasureAcknowledgement`]. It needs an
//! agreement between the two that was ever in force: who has copies has the duty, in force or not.
//!
//! Of a document about persons (its envelope names some) a piece that is not the last holds at least
//! 64 KiB; what goes beyond a multiple of that is asked for again.
//!
//! Requests and answers are signed (RFC 9421) with the participants' keys.

use corridor_base::{ActId, Did, EnvelopeId, Timestamp};
use corridor_proof::{Handle, Opening};
use serde::{Deserialize, Serialize};

/// Where a delivery begins.
pub const DELIVERIES: &str = "/exchange/v1/deliveries";
/// Where a partner that was restored from a backup asks for what was delivered to it since.
pub const AGAIN: &str = "/exchange/v1/again";
/// Where such a partner asks for what it had sent itself.
pub const ACKNOWLEDGED: &str = "/exchange/v1/acknowledged";
/// Where erasure is asked for.
pub const ERASURES: &str = "/exchange/v1/erasures";
/// Where several small documents are delivered.
pub const TOGETHER: &str = "/exchange/v1/together";
/// Where receipts are asked for.
pub const RECEIPTS: &str = "/exchange/v1/receipts";
/// The length of the envelope within the body, in bytes.
pub const ENVELOPE_LENGTH: &str = "envelope-length";
/// The byte a piece begins at (as in the IETF's resumable uploads).
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Notes are text.
pub const NOTE: &str = "text/plain; charset=utf-8";
/// Envelope and content in one body.
pub const DELIVERY: &str = "application/vnd.corridor.delivery";
/// Several documents in one body.
pub const DELIVERIES_TOGETHER: &str = "application/vnd.corridor.deliveries";
/// The most documents of such a body.
pub const MOST_TOGETHER: usize = 64;
/// The largest such body, in bytes, and the largest answer to one.
pub const MAX_TOGETHER: usize = 1 << 20;
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
pub fn pieces(id: EnvelopeId, recipient: &Did) -> String {
    format!("{DELIVERIES}/{id}?{}", for_whom(recipient))
}

/// The path of several deliveries at once.
#[must_use]
pub fn together(recipient: &Did) -> String {
    format!("{TOGETHER}?{}", for_whom(recipient))
}

fn for_whom(recipient: &Did) -> String {
    // `%` of an encoded port has to be encoded once more to stand in a query.
    format!("recipient={}", recipient.as_str().replace('%', "%25"))
}

/// The most documents asked about at once.
pub const MAX_ASKED: usize = 100;
/// The largest question for receipts, in bytes.
pub const MAX_QUESTION: usize = 16 << 10;
/// The largest answer with receipts, in bytes: what does not fit is asked for again.
pub const MAX_RECEIPTS: usize = 2 << 20;

/// What is asked of a partner, about documents that crossed between the two.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskReceipts {
    /// Whose receipts: the participant that is asked.
    pub of: Did,
    /// Documents that the asking one sent.
    pub sent: Vec<EnvelopeId>,
    /// Documents that it received.
    pub received: Vec<EnvelopeId>,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipts {
    /// One entry an act; documents that are not in the books, or have no act yet, have none.
    pub items: Vec<ReceiptItem>,
}

/// One act about one document, with what opens it: both know what happened, and each holds what lets it
/// show so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReceiptItem {
    /// Which document.
    pub envelope: EnvelopeId,
    /// Whether the asking one sent it.
    pub sent: bool,
    /// The act, in its very bytes.
    pub act: String,
    /// What opens it.
    pub opening: Opening,
    /// The receipt, once it is complete.
    pub receipt: Option<String>,
    /// The checks that are not passed yet, by name.
    pub missing: Vec<String>,
}

/// What a partner that was restored from a backup asks about what it had sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskAcknowledged {
    /// Who received it.
    pub of: Did,
    /// What was received from this instant on, by the receiver's clock.
    pub since: Timestamp,
    /// And after this document of that instant; empty for all of it. A node that does not know this asks by time alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// And before this one, when the answer is asked to go on.
    pub until: Option<Timestamp>,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The documents, oldest first.
    pub items: Vec<AcknowledgedItem>,
    /// Up to which instant of the receiver, to be given back when there is more.
    pub until: Timestamp,
    /// From where on there is more.
    pub next: Option<Timestamp>,
    /// After which document of that instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<String>,
}

/// One document that was acknowledged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcknowledgedItem {
    /// The envelope as its sender signed it.
    pub envelope: String,
    /// The acknowledgement as the receiver signed it.
    pub acknowledgement: String,
    /// The sender's acts about it, as far as the receiver was ever given them; a node that does not know this
    /// tells none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<GivenAct>,
}

/// An act that its maker had given to a partner, and may have lost since.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenAct {
    /// The act, in its very bytes.
    pub act: String,
    /// What opens it.
    pub opening: Opening,
}

/// What is asked of a partner that may hold copies of what is about a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskErasure {
    /// Who is to erase.
    pub of: Did,
    /// The act of the one who asks; the same again gets the same answer (EX-4).
    pub erasure: ActId,
    /// What the two call the person.
    pub handle: Handle,
}

/// What a partner that was restored from a backup asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskAgain {
    /// Who is to send again.
    pub of: Did,
    /// What was delivered from this instant on.
    pub since: Timestamp,
    /// And before this one, when the answer is asked to go on.
    pub until: Option<Timestamp>,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentAgain {
    /// How many documents are on their way once more.
    pub queued: u64,
    /// Up to which instant of the sender, to be given back when there is more.
    pub until: Timestamp,
    /// From where on there is more.
    pub next: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-5: what a build before this one answers is read, and what this one answers such a build reads.
    #[test]
    fn an_item_without_acts_is_one_of_an_older_build() {
        let old = r#"{"envelope":"a","acknowledgement":"b"}"#;
        let item: AcknowledgedItem = serde_json::from_str(old).unwrap();
        assert!(item.acts.is_empty());
        assert_eq!(serde_json::to_string(&item).unwrap(), old);
    }
}
