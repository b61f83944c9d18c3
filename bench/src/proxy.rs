//! Stands between two nodes and counts: how many bytes of content went over, and how many of them
//! for the first time. It reads the heads of requests (HTTP/1.1 with a content length, which is
//! what nodes speak) and changes nothing.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{Result, told};

/// What went over so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes of pieces of content.
    pub content: u64,
    /// How far the furthest piece reached.
    pub furthest: u64,
}

/// A listener that hands everything on.
pub struct Proxy {
    port: u16,
    to: Arc<AtomicU16>,
    counted: Arc<Mutex<Counted>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens on this port of this machine.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn listen(port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(told(port))?;
        let (to, counted) = (Arc::new(AtomicU16::new(0)), Arc::new(Mutex::default()));
        let (target, counter) = (to.clone(), counted.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(pass(socket, target.load(Ordering::Relaxed), counter.clone()));
            }
        });
        Ok(Self { port, to, counted, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Hands on to this port from now on.
    pub fn lead_to(&self, port: u16) {
        self.to.store(port, Ordering::Relaxed);
    }

    /// What went over so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, port: u16, counter: Arc<Mutex<Counted>>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((mut from, mut back), (mut answers, mut to)) = (client.into_split(), server.into_split());
    let there = async move {
        let (mut reader, mut buffer) = (Reader::default(), vec![0u8; 64 << 10]);
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let some = buffer.get(..read).unwrap_or_default();
            if to.write_all(some).await.is_err() {
                break;
            }
            // Counted once it was handed on.
            reader.read(some, &mut counter.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    let again = async move {
        let _ = tokio::io::copy(&mut answers, &mut back).await;
    };
    // Either end closes both.
    tokio::select! { () = there => {} () = again => {} }
}

/// Follows the requests of one connection.
#[derive(Default)]
struct Reader {
    head: Vec<u8>,
    /// Bytes of the body still to come.
    body: u64,
    /// Where in the document the next byte of the body belongs, when it is a piece of one.
    at: Option<u64>,
}

impl Reader {
    fn read(&mut self, mut bytes: &[u8], counted: &mut Counted) {
        while !bytes.is_empty() {
            if self.body > 0 {
                let here = usize::try_from(self.body).unwrap_or(usize::MAX).min(bytes.len());
                self.body -= here as u64;
                bytes = bytes.get(here..).unwrap_or_default();
                if let Some(at) = &mut self.at {
                    *at += here as u64;
                    counted.content += here as u64;
                    counted.furthest = counted.furthest.max(*at);
                }
                continue;
            }
            let (first, rest) = bytes.split_at(1);
            self.head.extend_from_slice(first);
            bytes = rest;
            if self.head.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
                self.body = field(&head, "content-length").unwrap_or(0);
                self.at = field(&head, "upload-offset");
                self.head.clear();
            }
        }
    }
}

fn field(head: &str, name: &str) -> Option<u64> {
    let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cuts: usize) {
        let stream = b"POST /d HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPATCH /d/1 HTTP/1.1\r\nUpload-Offset: 5\r\n\
            Content-Length: 4\r\n\r\nwxyzPATCH /d/1 HTTP/1.1\r\ncontent-length: 2\r\nupload-offset: 7\r\n\r\nyz";
        let (mut reader, mut counted) = (Reader::default(), Counted::default());
        for some in stream.chunks(cuts) {
            reader.read(some, &mut counted);
        }
        assert_eq!(counted, Counted { content: 6, furthest: 9 }, "{cuts}");
    }

    #[test]
    fn pieces_are_counted_however_the_stream_is_cut() {
        for cuts in [1, 2, 3, 7, 64, 1000] {
            check(cuts);
        }
    }
}
