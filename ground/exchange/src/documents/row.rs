//! A document as a row of the books: which book, how far it has come, what is known of it.

use std::fmt;
use std::str::FromStr;

use corridor_base::problem::ProblemDocument;
use corridor_base::{
    AgreementId, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp,
};
use corridor_proof::{Acknowledgement, Envelope, Kind, Signed};
use corridor_storage::{Row, Seal, SealId, Tx};
use serde::Serialize;

/// Which book a document stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Received: the inbox.
    In,
    /// Sent: the outbox.
    Out,
}

/// How far a document has come.
///
/// Out: `sending` → `delivered` | `refused` | `failed`; `failed` → `sending` when handed in again.
/// In: `receiving` → `received`. Either way `erased` is the end, from whatever state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Ours, on its way.
    Sending,
    /// Ours, acknowledged by the partner.
    Delivered,
    /// Ours, refused by the partner for good.
    Refused,
    /// Ours, given up on: a dead letter, which can be sent again.
    Failed,
    /// A partner's, its content still coming in.
    Receiving,
    /// A partner's, durable and acknowledged.
    Received,
    /// About a person whose data were erased: nothing of it is left but that it crossed.
    Erased,
}

macro_rules! spelled {
    ($name:ident { $($variant:ident = $text:literal),* }) => {
        impl $name {
            /// The word in the database, in JSON and on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl FromStr for $name {
            type Err = Problem;
            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(Problem::new(ErrorCode::Malformed).with("what", concat!(stringify!($name), " of a document")).with("why", text)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

spelled!(Side { In = "in", Out = "out" });
spelled!(State {
    Sending = "sending", Delivered = "delivered", Refused = "refused", Failed = "failed",
    Receiving = "receiving", Received = "received", Erased = "erased"
});

/// One document in a participant's books, without its content.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentRow {
    /// The envelope's identifier.
    pub id: EnvelopeId,
    /// In which book.
    pub side: Side,
    /// The other participant.
    pub partner: Did,
    /// What it is.
    pub kind: Kind,
    /// Under which agreement it crossed.
    pub agreement: AgreementId,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256; absent when it is about persons and cannot be opened (any more).
    pub sha256: Option<Digest>,
    /// The name its sender gave it.
    pub name: Option<String>,
    /// The envelope it answers.
    pub answers: Option<EnvelopeId>,
    /// How far it has come.
    pub state: State,
    /// Why it was refused or given up on, or what went wrong last.
    pub problem: Option<ProblemDocument>,
    /// When it came into the book.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
    /// The seal under which everything personal of it lies, when it is about persons.
    #[serde(skip)]
    pub seal: Option<SealId>,
    /// The envelope as it was signed; see [`DocumentRow::envelope`].
    #[serde(skip)]
    pub signed: Option<Signed<Envelope>>,
    /// The partner's acknowledgement, or ours.
    #[serde(skip)]
    pub acknowledgement: Option<Signed<Acknowledgement>>,
    #[serde(skip)]
    pub(crate) blob: Option<String>,
    #[serde(skip)]
    pub(crate) delivery: Option<DeliveryId>,
    /// The seal, opened, while all of its keys are here.
    #[serde(skip)]
    pub(crate) opened: Option<Seal>,
}

/// Where something sealed of a document belongs.
pub(crate) fn place(side: Side, id: EnvelopeId, what: &str) -> String {
    format!("document/{side}/{id}/{what}")
}

impl DocumentRow {
    /// When its sender signed it, by the sender's clock: what one sender says stands in this order, in whichever it
    /// arrived. Of what cannot be opened (any more), when it came into the book.
    #[must_use]
    pub fn stated(&self) -> Timestamp {
        self.signed.as_ref().map_or(self.created, |signed| signed.body().time)
    }

    /// Reads one row of `select!`.
    pub(super) fn from_row(tx: &mut Tx<'_>, row: &Row) -> Result<Self> {
        let (id, side, state) = (row.text(0)?.parse()?, row.text(1)?.parse()?, row.text(3)?.parse()?);
        let seal: Option<SealId> = row.opt_text(15)?.map(str::parse).transpose()?;
        let opened = match seal.filter(|_| state != State::Erased).map(|seal| tx.unseal(seal)).transpose() {
            Err(problem) if problem.code() == ErrorCode::SubjectKeyMissing => None,
            found => found?,
        };
        let readable = state != State::Erased && seal.is_some() == opened.is_some();
        let open = |what: &str, bytes: &[u8]| match &opened {
            Some(seal) => seal.open(&place(side, id, what), bytes),
            None => Ok(bytes.to_vec()),
        };
        let (mut signed, mut acknowledgement) = (None, None);
        if readable {
            signed = Some(Signed::<Envelope>::parse(&open("statement", row.bytes(7)?)?)?);
            let answer = row.opt_bytes(8)?.map(|bytes| open("acknowledgement", bytes)).transpose()?;
            acknowledgement = answer.map(|bytes| Signed::parse(&bytes)).transpose()?;
        }
        Ok(Self {
            id,
            side,
            partner: row.text(2)?.parse()?,
            kind: row.text(11)?.parse()?,
            agreement: row.text(12)?.parse()?,
            size: row.size(13)?,
            sha256: signed.as_ref().map(|s| s.body().sha256),
            name: signed.as_ref().and_then(|s| s.body().name.clone()),
            answers: row.opt_text(14)?.map(str::parse).transpose()?,
            state,
            problem: row.opt_text(4)?.and_then(|json| serde_json::from_str(json).ok()),
            created: Timestamp::from_millis(row.int(5)?),
            updated: Timestamp::from_millis(row.int(6)?),
            acknowledgement,
            blob: row.opt_text(9)?.map(str::to_owned),
            delivery: row.opt_text(10)?.map(str::parse).transpose()?,
            seal,
            signed,
            opened,
        })
    }

    /// The envelope as it was signed.
    ///
    /// # Errors
    /// `subject-erased`; `subject-key-missing` when the document is about persons whose keys are not here.
    pub fn envelope(&self) -> Result<&Signed<Envelope>> {
        self.signed.as_ref().ok_or_else(|| match self.state {
            State::Erased => erased(self.id),
            _ => Problem::new(ErrorCode::SubjectKeyMissing),
        })
    }

    /// Under what acts and rows about this document are sealed; `None` when it is about no persons.
    #[must_use]
    pub fn opened(&self) -> Option<&Seal> {
        self.opened.as_ref()
    }

    /// Whether it is about persons whose keys did not come back with it from a backup.
    pub(crate) fn is_closed(&self) -> bool {
        self.signed.is_none() && self.state != State::Erased
    }
}

/// What was about a person who was erased.
pub(crate) fn erased(id: EnvelopeId) -> Problem {
    Problem::new(ErrorCode::SubjectErased).with("what", format!("document {id}"))
}

/// A problem with nothing of the document in it, which may be personal: its code, and whom and what it
/// is about.
pub(crate) fn bare(problem: &Problem) -> Problem {
    let kept = ["who", "partner", "id", "at", "limit", "skew", "country", "list"];
    kept.into_iter().fold(Problem::new(problem.code()), |bare, name| match problem.arg(name) {
        Some(value) => bare.with(name, value),
        None => bare,
    })
}
