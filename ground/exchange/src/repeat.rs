//! What sending a document again means, under the same envelope. The partner takes it as the one it has and
//! answers with the acknowledgement it gave before (EX-4). But who sends again misses something: so the
//! partner gives its own answers to that document again too, and tells its service once more where there
//! are none. Nothing is sent again because it is sent again: an answer that comes twice is answered from
//! the books of whoever gets it, which answers no answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use corridor_base::{DeliveryId, Did, EnvelopeId, Problem, Result, Timestamp};
use corridor_proof::{SealedAct, act};
use corridor_storage::Tx;

use crate::documents::{self, DocumentRow, Step};
use crate::{Exchange, Side, State, service, submit};

/// What comes again sooner than this only missed its acknowledgement, or is asked for too often.
const SOON: Duration = Duration::from_secs(60);
/// How many repetitions are remembered.
const REMEMBERED: usize = 10_000;

/// When a repetition was last heeded, so that a partner that repeats itself costs little: by whom, from
/// whom, which envelope. Each process remembers for itself.
#[derive(Default)]
pub(crate) struct Repeats(Mutex<HashMap<(Did, Did, EnvelopeId), Timestamp>>);

impl Repeats {
    fn heeds(&self, us: &Did, row: &DocumentRow, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.retain(|_, at| now.since(*at) < SOON);
        }
        if all.len() >= REMEMBERED {
            return false;
        }
        let before = all.get(&(us.clone(), row.partner.clone(), row.id)).copied();
        if before.is_some_and(|at| now.since(at) < SOON) {
            return false;
        }
        all.insert((us.clone(), row.partner.clone(), row.id), now);
        true
    }
}

/// A document of ours that goes to its partner once more.
pub struct Again {
    row: DocumentRow,
    delivery: DeliveryId,
    record: SealedAct,
}

impl Exchange {
    /// Gets a document of ours ready to be sent once more. `by` stands in the act as who wants it.
    ///
    /// # Errors
    /// `internal`.
    pub fn again(&self, us: &Did, row: DocumentRow, by: &str) -> Result<Again> {
        let fields = [("envelope", row.id.to_string()), ("reader", by.to_owned())];
        let record = self.seal(us, &act::DOCUMENT_RESENT, &fields)?;
        Ok(Again { row, delivery: DeliveryId::new(&*self.0.clock, &*self.0.random), record })
    }

    /// Queues it under its own envelope, as far as its agreement still allows that (EX-1); false when it is
    /// neither delivered nor given up on, or its content is not here any more, so that there is nothing to repeat.
    ///
    /// # Errors
    /// Those of the gate; `subject-erased`; those of the store.
    pub fn send_again_in(&self, tx: &mut Tx<'_>, again: &Again) -> Result<bool> {
        let Again { row, delivery, record } = again;
        self.0.agreements.permits(tx, row.envelope()?.body(), &row.partner)?;
        if !documents::has_content(tx, row)? {
            return Ok(false);
        }
        let (from, step) = ([State::Delivered, State::Failed], Step::to(State::Sending, row.opened()));
        if !documents::advance(tx, Side::Out, &row.partner, row.id, &from, &step)? {
            return Ok(false);
        }
        // One that was given up on lies in the outbox still.
        if let Some(dead) = row.delivery {
            tx.withdraw(dead)?;
        }
        documents::queued(tx, row, *delivery)?;
        tx.enqueue(&submit::delivery(&row.partner, row.id, *delivery))?;
        tx.record_under(record, row.opened())?;
        Ok(true)
    }

    /// A document that we have acknowledged came again. What follows from it is told to nobody: the
    /// acknowledgement is given in any case.
    pub(crate) async fn heard_again(&self, us: &Did, row: DocumentRow) {
        let now = self.0.clock.now();
        if row.state != State::Received
            || now.since(row.updated) < SOON
            || !self.0.repeats.heeds(us, &row, now)
        {
            return;
        }
        let (partner, id) = (row.partner.clone(), row.id);
        if let Err(problem) = self.repeat_answers(us, row).await {
            tracing::warn!(%partner, envelope = %id, code = %problem.code(), "what came again is not answered again");
        }
    }

    async fn repeat_answers(&self, us: &Did, row: DocumentRow) -> Result<()> {
        let answers = self.answers(us, Side::Out, row.id).await?;
        let ours: Vec<DocumentRow> = answers.into_iter().filter(|a| a.partner == row.partner).collect();
        if ours.is_empty() {
            let Some(told) = service::tell(self, Side::In, &row.kind, row.id) else { return Ok(()) };
            return self.0.store.write(us, move |tx| tx.enqueue(&told)).await;
        }
        let who = row.partner.to_string();
        let repeated = ours.into_iter().filter(|a| a.signed.is_some());
        let again: Vec<Again> = repeated.map(|answer| self.again(us, answer, &who)).collect::<Result<_>>()?;
        let exchange = self.clone();
        let unit = move |tx: &mut Tx<'_>| {
            for one in &again {
                allowed(exchange.send_again_in(tx, one))?;
            }
            Ok(())
        };
        self.0.store.write(us, unit).await
    }
}

/// What no agreement allows any more stays where it is.
pub(crate) fn allowed(sent: Result<bool>) -> Result<bool> {
    match sent {
        Err(problem) if is_refusal(&problem) => Ok(false),
        sent => sent,
    }
}

/// Whether this problem is that something may not be sent, and not that it could not be tried.
#[must_use]
pub fn is_refusal(problem: &Problem) -> bool {
    problem.code().status() < 500
}
