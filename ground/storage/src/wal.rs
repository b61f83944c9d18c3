//! Moves what was committed from SQLite's log into the database beside the writer, so that nobody
//! waits for the two fsyncs and the copying of a checkpoint (<https://sqlite.org/wal.html>, 2.3).
//!
//! Often and little, because the disk is shared with the writer's own fsyncs: with documents coming
//! at 1,000 a second the slowest in a hundred took 171 ms when the log was moved every 3 s, 42 ms at
//! 500 ms, 33 ms at 50 ms.
//!
//! A checkpoint beside a busy writer never quite catches up, and the log begins anew only when one
//! has. So when the log has grown long the thread asks the writer, who moves the few pages that came
//! meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sqlite::Connection;

/// How long commits gather before the log is moved.
const GATHER: Duration = Duration::from_millis(50);

/// From so many pages of 4 KiB on the log is to begin anew.
const LONG: i64 = 4000;

/// What the writer and the thread say to each other.
#[derive(Debug, Default)]
pub(crate) struct Wal {
    long: AtomicBool,
    news: Mutex<News>,
    told: Condvar,
}

/// What the thread has not seen yet.
#[derive(Debug, Default)]
struct News {
    committed: bool,
    ended: bool,
}

impl Wal {
    /// The writer's part, after each commit.
    pub(crate) fn committed(&self, writer: &Connection) {
        if self.long.swap(false, Ordering::Relaxed) {
            // What cannot be moved now is moved next time; commits do not depend on it.
            let _ = writer.checkpoint();
        }
        self.tell(|news| !std::mem::replace(&mut news.committed, true));
    }

    /// Lets the thread end.
    pub(crate) fn end(&self) {
        self.tell(|news| !std::mem::replace(&mut news.ended, true));
    }

    /// Wakes the thread when it is news to it.
    fn tell(&self, what: impl FnOnce(&mut News) -> bool) {
        if what(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.told.notify_one();
        }
    }

    /// The life of the thread.
    pub(crate) fn keep_short(&self, connection: &Connection) {
        while self.wait() {
            // A move that fails is made up for by the next; a broken disk is told by the commits.
            let pages = connection.checkpoint().unwrap_or_default();
            self.long.store(pages >= LONG, Ordering::Relaxed);
        }
    }

    /// Waits until commits have gathered; false at the end.
    fn wait(&self) -> bool {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = |news: &mut News| !news.committed && !news.ended;
        let news = self.told.wait_while(news, quiet).unwrap_or_else(PoisonError::into_inner);
        let gathered = self.told.wait_timeout_while(news, GATHER, |news| !news.ended);
        let mut news = gathered.unwrap_or_else(PoisonError::into_inner).0;
        news.committed = false;
        !news.ended
    }
}
