//! The outbox: deliveries that leave after the commit of the unit of work that asked for them
//! (EX-2), and what people see of them: waiting, or given up on and waiting for a person.

use corridor_base::{DeliveryId, Did, ErrorCode, Problem, Result, Timestamp};


/// The largest body of a delivery in bytes; what is larger is a blob that the body names.
pub const MAX_BODY: usize = 1 << 20;

/// The longest name of a queue, in bytes.
pub const MAX_QUEUE: usize = 300;

/// The most rows one page of deliveries holds.
pub const MAX_PAGE: u32 = 1000;

/// A delivery as a unit of work asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Chosen by the caller; the same id again changes nothing (EX-4).
    pub id: DeliveryId,
    /// To whom: a partner's DID, or `service:NAME`. A queue that fails delays no other.
    pub queue: String,
    /// What is delivered, in the words of whoever delivers it.
    pub kind: String,
    /// What it is about, for people and for the deliverer: an envelope's id, say.
    pub subject: String,
    /// What the deliverer needs beside; at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// A delivery on its way, or waiting, or given up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose it is.
    pub participant: Did,
    /// Its identifier.
    pub id: DeliveryId,
    /// To whom.
    pub queue: String,
    /// What is delivered.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What the deliverer needs beside; empty in lists.
    pub body: Vec<u8>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried and failed.
    pub attempts: u32,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it may be tried next; while somebody is at it, when that claim ends.
    pub due: Timestamp,
    /// What the last failure said, if there was one.
    pub last_error: Option<String>,
}

/// Where a delivery stands. One that is done is there no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits for its turn, or is on its way.
    Pending,
    /// Given up on: a person decides whether it is sent again.
    Dead,
}

impl DeliveryState {
    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dead => "dead",
        }
    }
}

impl std::str::FromStr for DeliveryState {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "pending" => Ok(Self::Pending),
            "dead" => Ok(Self::Dead),
            _ => Err(Problem::new(ErrorCode::Malformed).with("what", "delivery state").with("why", text)),
        }
    }
}

/// Which deliveries to list, oldest first.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those after this one.
    pub after: Option<DeliveryId>,
    /// How many at most; 0 means 100; never more than [`MAX_PAGE`].
    pub limit: u32,
}
