//! The connections that read from SQLite. Whoever asks while one of them is free reads right there: to wake up
//! another thread and be woken by it costs more than most questions, and a page asks many. Everybody else
//! queues up for the reading threads, which borrow from here as well.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use corridor_base::{ErrorCode, Problem};

use crate::sqlite::{self, Connection};
use crate::worker::{Job, Message, Shared, SharedQueue, next};

/// Connections that read, lent to whoever reads.
pub(crate) struct Readers {
    free: Mutex<Free>,
    told: Condvar,
}

struct Free {
    connections: Vec<Connection>,
    /// How many reading threads there still are: without any, what comes back is not lent again.
    threads: usize,
    /// How many of them wait for a connection: nobody is woken up, which asks the system, when there is nobody.
    waiting: usize,
}

/// A connection to read with, which goes back when this is dropped.
pub(crate) struct Lent<'a> {
    of: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    /// Lends these connections for as long as one of so many reading threads lives.
    pub(crate) fn new(connections: Vec<Connection>, threads: usize) -> Self {
        Self { free: Mutex::new(Free { connections, threads, waiting: 0 }), told: Condvar::new() }
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, if one is free.
    pub(crate) fn lend(&self) -> Option<Lent<'_>> {
        let connection = self.free().connections.pop()?;
        Some(Lent { of: self, connection: Some(connection) })
    }

    /// The life of a reading thread.
    pub(crate) fn serve(&self, queue: &SharedQueue, shared: &Shared) {
        while let Some(message) = next(queue) {
            let (Message::Read(job) | Message::Write(job)) = message else { continue };
            self.wait().read(job, shared);
        }
        let mut free = self.free();
        free.threads = free.threads.saturating_sub(1);
        if free.threads == 0 {
            free.connections.clear();
        }
    }

    /// Waits until a connection is free.
    fn wait(&self) -> Lent<'_> {
        let lent = |free: &mut Free| free.connections.is_empty();
        let mut free = self.free();
        free.waiting += 1;
        let mut free = self.told.wait_while(free, lent).unwrap_or_else(PoisonError::into_inner);
        free.waiting -= 1;
        Lent { of: self, connection: free.connections.pop() }
    }
}

impl Lent<'_> {
    /// Does one job.
    pub(crate) fn read(mut self, job: Box<dyn Job>, shared: &Shared) {
        match &mut self.connection {
            Some(connection) => sqlite::read(connection, job, shared),
            None => job.finish(Err(Problem::new(ErrorCode::ShuttingDown))),
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let mut free = self.of.free();
        if free.threads > 0 {
            free.connections.push(connection);
            if free.waiting > 0 {
                self.of.told.notify_one();
            }
        }
    }
}
