//! The handle a unit of work holds: statements of one participant in one transaction.

use corridor_base::{DeliveryId, Did, Result, Timestamp};
use corridor_proof::SealedAct;

use crate::outbox::NewDelivery;
use crate::value::{Row, Value};

/// One transaction of one participant (PA-1). `$1` is always the participant, bound by the handle;
/// the parameters given are `$2` and on.
///
/// A statement that fails ends the unit: what follows fails too and nothing is committed, whatever
/// the unit answers, because PostgreSQL goes on after no error. Ask first, or write `ON CONFLICT`.
pub struct Tx<'a> {
    participant: &'a Did,
    now: Timestamp,
}

impl Tx<'_> {
    /// Whose unit it is.
    #[must_use]
    pub fn participant(&self) -> &Did {
        self.participant
    }

    /// The one instant of this unit.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Changes rows; answers how many.
    ///
    /// # Errors
    /// `already-exists` when a unique key is taken; `internal` when the statement is not scoped to
    /// the participant (PA-1) or this is a reading handle; `malformed` for a text with NUL in it;
    /// `storage-full`, `storage-failed`, `storage-conflict`.
    pub fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64> {
        let _ = (sql, params);
        todo!()
    }

    /// Asks for rows, or changes some and asks for them (`RETURNING`).
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn query(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>> {
        let _ = (sql, params);
        todo!()
    }

    /// Asks for at most one row.
    ///
    /// # Errors
    /// As [`Tx::execute`]; `internal` when there are more rows than one.
    pub fn query_one(&mut self, sql: &'static str, params: &[Value]) -> Result<Option<Row>> {
        let _ = (sql, params);
        todo!()
    }

    /// Records the act with its opening (EX-2).
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn record(&mut self, act: &SealedAct) -> Result<()> {
        let _ = act;
        todo!()
    }

    /// Puts a delivery in the outbox; it leaves after the commit (EX-2). A delivery that is there
    /// already under the same id stays as it is (EX-4).
    ///
    /// # Errors
    /// As [`Tx::execute`]; `too-large` when body or queue exceed what the outbox takes.
    pub fn enqueue(&mut self, delivery: &NewDelivery) -> Result<()> {
        let _ = delivery;
        todo!()
    }

    /// Sends a delivery that was given up on once more, from the start. Answers whether there was
    /// one in that state.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn resend(&mut self, id: DeliveryId) -> Result<bool> {
        let _ = id;
        todo!()
    }
}
