//! The index of a chain, and the statement by which its exporter vouches for it.

use std::collections::BTreeMap;

use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::Statement;
use serde::{Deserialize, Serialize};

use super::zip::Files;

/// Who exported the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The exporter, whose key signs.
    pub participant: Did,
    /// The SHA-256 of `index.json`.
    pub index: Digest,
}

impl Statement for Chain {
    const KIND: &'static str = "corridor/chain/v1";
    const MAX: usize = 8 << 10;

    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// What a chain holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The version of this form: 1.
    pub version: u32,
    /// The number that was asked for.
    pub reference: String,
    /// The exporter.
    pub participant: Did,
    /// When something last happened to one of the documents.
    pub until: Timestamp,
    /// The documents, oldest first.
    pub documents: Vec<Indexed>,
    /// Documents of which nothing is left to be shown.
    pub absent: Vec<Absent>,
    /// What happened, oldest first.
    pub events: Vec<Happened>,
    /// Whether the transaction has more documents than these.
    pub more: bool,
    /// Every other file but the signed statement, by name.
    pub files: BTreeMap<String, Member>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// A document of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indexed {
    /// Its folder: `documents/001`.
    pub folder: String,
    /// The envelope.
    pub envelope: EnvelopeId,
    /// Who sent it.
    pub sender: Did,
    /// To whom.
    pub recipient: Did,
    /// The envelope it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<EnvelopeId>,
    /// The messages in it.
    pub messages: Vec<String>,
    /// When it came into the exporter's books.
    pub created: Timestamp,
    /// How far it came in transport.
    pub transport: String,
    /// What reading it said (CONTRL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax: Option<String>,
    /// What the institution made of it (APERAK, CUSRES).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<String>,
    /// Whether its content is here: of what came back after a restoration only the envelope is.
    pub content: bool,
    /// The acts about it.
    pub acts: Vec<Proven>,
}

/// An act about a document, and its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// What its files are called, below the folder of its document: `receipts/1`.
    pub file: String,
    /// Whose act.
    pub by: Did,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// Whether its receipt is here: there is none before a checkpoint holds the act.
    pub receipt: bool,
    /// Whether that receipt was complete for the exporter.
    pub complete: bool,
}

/// A document of which nothing is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The envelope.
    pub envelope: EnvelopeId,
    /// With whom it was exchanged.
    pub partner: Did,
    /// `erased`, or `keys-missing` when it is about persons whose keys are not here.
    pub why: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happened {
    /// When.
    pub time: Timestamp,
    /// What: the words of the timeline, `answer-rejected` for an answer that refuses.
    pub what: String,
    /// The document it happened to; of an answer, the answer.
    pub envelope: EnvelopeId,
    /// The messages.
    pub messages: Vec<String>,
    /// What an answer says, in each language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<String, Vec<String>>,
}

impl Index {
    /// The files with the index among them, which names each of them by its digest.
    ///
    /// # Errors
    /// `internal`.
    pub(super) fn close(&mut self, files: &mut Files) -> Result<Digest> {
        let member = |bytes: &Vec<u8>| Member { sha256: Digest::of(bytes), size: bytes.len() as u64 };
        self.files = files.iter().map(|(name, bytes)| (name.clone(), member(bytes))).collect();
        let mut json =
            serde_json::to_vec_pretty(self).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        json.push(b'\n');
        let digest = Digest::of(&json);
        files.insert(super::INDEX.to_owned(), json);
        Ok(digest)
    }
}
