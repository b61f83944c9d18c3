//! What a database thread does with a unit of work, whichever engine it serves.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use corridor_base::{Clock, Did, ErrorCode, Problem, Random, Result};
use tokio::sync::{mpsc, oneshot};

use crate::dispatcher::Hub;
use crate::leaves::Leaves;
use crate::metrics::Metrics;
use crate::tx::{AfterCommit, Engine, Fault, Tx};

/// What the threads of one store share.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) hub: Hub,
    pub(crate) metrics: Metrics,
    pub(crate) leaves: Leaves,
    /// Why the last commit failed, if it did.
    trouble: Mutex<Option<Problem>>,
}

impl Shared {
    pub(crate) fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let hub = Hub::new(&*random);
        let (metrics, leaves) = (Metrics::default(), Leaves::new(&*random));
        Self { clock, random, hub, metrics, leaves, trouble: Mutex::new(None) }
    }

    pub(crate) fn trouble(&self) -> Option<Problem> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers how the last commit went.
    pub(crate) fn commit_went(&self, problem: Option<&Problem>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = problem.cloned();
    }
}

/// A unit of work on its way through a thread, its type forgotten.
pub(crate) trait Job: Send {
    fn participant(&self) -> &Did;
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Answers the one who asked. On success the last `run` succeeded and its changes are durable.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// A unit of work with what it answers.
pub(crate) struct Work<T, F> {
    pub(crate) participant: Did,
    pub(crate) unit: F,
    pub(crate) answer: Option<T>,
    pub(crate) reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Work<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    /// A unit to hand over, and where its answer comes.
    pub(crate) fn of(participant: &Did, unit: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, receiver) = oneshot::channel();
        (Box::new(Self { participant: participant.clone(), unit, answer: None, reply }), receiver)
    }
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send,
{
    fn participant(&self) -> &Did {
        &self.participant
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.answer = Some((self.unit)(tx)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<()>) {
        let Self { answer, reply, .. } = *self;
        let answer = outcome.and_then(|()| {
            answer.ok_or_else(|| Problem::new(ErrorCode::Internal).with("why", "a unit without an answer"))
        });
        // Whoever asked may have gone away: the unit counts all the same.
        let _ = reply.send(answer);
    }
}

/// What a thread is told.
pub(crate) enum Message {
    Write(Box<dyn Job>),
    Read(Box<dyn Job>),
    /// Finish what is queued and end.
    Stop,
}

/// A queue that several threads take from.
pub(crate) type SharedQueue = Arc<Mutex<mpsc::Receiver<Message>>>;

/// The next message for one of several threads; `None` when the queue is closed and empty.
pub(crate) fn next(queue: &SharedQueue) -> Option<Message> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match queue.blocking_recv() {
            Some(Message::Stop) => queue.close(),
            other => return other,
        }
    }
}

/// The units that wait at the head of the queue and write, up to so many. Where writing and reading
/// threads are one, the two have queues of their own all the same.
pub(crate) fn more(queue: &SharedQueue, most: usize) -> Vec<Box<dyn Job>> {
    let mut found = Vec::new();
    // Another thread that waits for its first message holds the lock: then nothing waits.
    let Ok(mut queue) = queue.try_lock() else { return found };
    while found.len() < most {
        match queue.try_recv() {
            Ok(Message::Write(job)) => found.push(job),
            Ok(Message::Stop) => queue.close(),
            _ => break,
        }
    }
    found
}

/// One run of a unit, not committed yet.
pub(crate) struct Attempt {
    pub(crate) outcome: Result<(), Fault>,
    pub(crate) after: Vec<AfterCommit>,
    /// How many leaves it added.
    pub(crate) leaves: u64,
}

/// Runs the unit once. A panic in it is its own failure, not the thread's.
pub(crate) fn attempt(job: &mut dyn Job, engine: Engine<'_>, shared: &Shared, reads_only: bool) -> Attempt {
    let participant = job.participant().clone();
    let mut tx = Tx::new(engine, &participant, shared.clock.now(), &shared.hub, reads_only);
    let said = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)))
        .unwrap_or_else(|_| Err(Problem::new(ErrorCode::Internal).with("why", "a unit of work panicked")));
    let (fault, after, leaves) = tx.end();
    let outcome = match (fault, said) {
        (Some(fault), _) => Err(fault),
        (None, Err(problem)) => Err(Fault::plain(problem)),
        (None, Ok(())) => Ok(()),
    };
    Attempt { outcome, after, leaves }
}
